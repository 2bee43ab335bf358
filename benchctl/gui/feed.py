"""The run's observer: keeps what the window will pull, and never waits for the window."""

from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Any

from numpy.typing import NDArray

from benchctl.gui.live import LiveTable


class RunFeed:
    """What one run has said so far; written by the bench's thread, read by the window's."""

    def __init__(self, table: LiveTable) -> None:
        self.table = table
        self.fraction = 0.0
        self.eta: float | None = None
        """s, None while unknown"""
        self.begun = False
        """whether the file is there and the procedure goes on"""
        self._made = monotonic()
        self._messages: deque[str] = deque(maxlen=1000)

    def started(self, run: Any) -> None:
        """Note that the run goes on."""
        self.begun = True
        self._messages.append(f"Started; the file grows at {run.path}")

    def rows(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Take rows that are safe on disk."""
        self.table.append(columns)

    def progress(self, fraction: float, eta: float | None) -> None:
        """Take how much is done, 0..1, and the seconds left."""
        self.fraction, self.eta = fraction, eta

    def message(self, text: str) -> None:
        """Take a line for the log."""
        self._messages.append(text)

    def finished(self, result: Any) -> None:
        """Note how it ended; the result itself comes from `Run.execute`."""
        self.eta = None
        if result.status == "finished":
            self.fraction = 1.0

    @property
    def waited(self) -> float:
        """Seconds since the run was asked for."""
        return monotonic() - self._made

    def take_messages(self) -> list[str]:
        """Return the lines that have not been taken yet."""
        taken = []
        while self._messages:
            taken.append(self._messages.popleft())
        return taken
