"""The bench's thread: whatever touches an instrument runs there, one thing after another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


class BenchThread(QObject):
    """Runs work in its own thread and brings the outcome back to the window's."""

    _ready = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bench")
        self._ready.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Do `work` there, then call `done` with its result, or `failed`, here."""

        def task() -> None:
            try:
                result = work()
            except BaseException as error:
                # SystemExit from a plug-in must not end the thread that switches outputs off.
                self._ready.emit(partial(failed, error))
            else:
                self._ready.emit(partial(done, result))

        self._executor.submit(task)

    def close(self) -> None:
        """Wait for what is under way, then end the thread."""
        self._executor.shutdown(wait=True)

    def _deliver(self, call: Callable[[], None]) -> None:
        call()
