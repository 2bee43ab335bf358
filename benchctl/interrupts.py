"""Ctrl-C during a run: it reaches the procedure, and nothing that must be brought to its end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Self

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """Keeps signals back while it is entered, but for the steps that `attempt` takes.

    HDF5 does not survive an exception on its way to the disk, and an output half switched off is
    on. What is kept back is passed on when the next step begins that had none before it, or at the
    end, unless the run was stopped: that is what it asked for. Signals that nobody catches (a
    SIGTERM that ends the process) stay as they are. Outside the main thread, where Python hears no
    signals, all this does nothing.
    """

    def __init__(self) -> None:
        self.obeyed = False
        """whether the run was stopped, so that nothing is left to pass on"""
        self._open = False
        self._begun = False
        self._kept: list[int] = []
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        """Keep back what has a handler of Python's own."""
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Restore the handlers, and pass on what nothing came of."""
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == self._hear:
                signal.signal(number, handler)
        if kind is None and not self.obeyed:
            self._pass_on()

    def attempt(self, step: Callable[[], object]) -> BaseException | None:
        """Take a step that may be interrupted, and return how it failed, None where it did not."""
        try:
            try:
                self._open = True
                if not self._begun:
                    self._begun = True
                    self._pass_on()
                step()
            finally:
                self._open = False
        except BaseException as error:
            self._open = False
            return error
        return None

    def _pass_on(self) -> None:
        while self._kept:
            number = self._kept.pop()
            self._handlers[number](number, None)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._open:
            self._handlers[number](number, frame)
        else:
            self._kept.append(number)
