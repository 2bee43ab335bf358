"""The state of the run in one word, how far it is, and how long it will take."""

from enum import Enum
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from benchctl.quantities import show

#: Seconds of preparation that need no explanation.
PATIENCE: Final = 2.0


class State(Enum):
    """What is going on; the word is what the window says."""

    OPENING = "opening"
    """the bench is being opened or looked at"""
    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self in (State.RUNNING, State.STOPPING)


class StatusLine(QWidget):
    """A badge with the state, a progress bar, and the figures beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.badge = QLabel()
        self.badge.setProperty("role", "badge")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.figures = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(12)
        layout.addWidget(self.badge)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.figures)

    def show_state(self, state: State) -> None:
        """Say what is going on."""
        self.badge.setText(state.value.upper())
        self.badge.setProperty("kind", state.value)
        self.badge.style().polish(self.badge)
        self.bar.setEnabled(state.busy)

    def show_progress(self, fraction: float, eta: float | None, rows: int) -> None:
        """Say how far the run is: 0..1, seconds left or None, rows so far."""
        self.bar.setValue(round(1000 * fraction))
        parts = [f"{fraction:.0%}", f"{rows:,} row{'' if rows == 1 else 's'}"]
        if eta is not None:
            parts.append(f"{duration(eta)} left")
        self.figures.setText("   ".join(parts))

    def show_preparing(self, waited: float, *, simulated: bool) -> None:
        """Say that nothing is applied yet, and after `waited` seconds what may take so long."""
        long = simulated and waited > PATIENCE
        why = ": a simulation is compiled when it is first used" if long else ""
        self.figures.setText(f"Preparing{why} …")

    def clear(self) -> None:
        """Say nothing about progress."""
        self.bar.setValue(0)
        self.figures.setText("")


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> duration(0.4), duration(75), duration(7260), duration(200000)
    ('1 s', '1 min 15 s', '2 h 1 min', '2.315 d')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return show(float(whole), "s")
