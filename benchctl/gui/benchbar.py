"""Which bench this is: simulated or real, which device, which instruments answer."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from benchctl.gui.chooser import CellButton
from benchctl.headings import spoken
from benchctl.quantities import show

if TYPE_CHECKING:
    from benchctl.bench import Bench


class BenchBar(QFrame):
    """One line across the top of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.badge = QLabel()
        self.badge.setProperty("role", "badge")
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.details = QLabel()
        self.details.setProperty("role", "muted")
        self.details.setWordWrap(True)
        self.cell = CellButton()
        self.fresh = QPushButton("New device")
        self.fresh.setToolTip("Replace the simulated device with one that nothing was done to")
        self.change = QPushButton("Bench")
        self.change.setToolTip("Open another bench")
        text = QVBoxLayout()
        text.setSpacing(1)
        text.addWidget(self.title)
        text.addWidget(self.details)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 7, 12, 7)
        layout.setSpacing(14)
        layout.addWidget(self.badge)
        layout.addLayout(text, 1)
        layout.addWidget(self.cell)
        layout.addWidget(self.fresh)
        layout.addWidget(self.change)
        self.show_opening("")

    def show_opening(self, name: str) -> None:
        """Say that a bench is being opened."""
        self._say("OPENING", "", name or "Bench", "Asking the instruments who they are …", "muted")
        self.fresh.hide()
        self.cell.hide_array()

    def show_bench(self, bench: "Bench") -> None:
        """Say which bench is open."""
        word, kind = ("SIMULATED", "simulated") if bench.simulated else ("REAL BENCH", "real")
        limits = bench.dut.limits
        low, high = limits.voltage
        label = bench.dut.label
        device = label if label.startswith("device") else f"device {label}"
        title = f"{spoken(bench.name)} · {device}"
        bounds = f"limits {show(low, 'V')} to {show(high, 'V')}, {show(limits.current, 'A')}"
        if limits.gate is not None:
            bounds += f", gate {show(limits.gate[0], 'V')} to {show(limits.gate[1], 'V')}"
        boxes = [f"{name}: {model(text)}" for name, text in bench.identities.items()]
        self._say(word, kind, title, "  ·  ".join([*boxes, bounds]), "muted")
        self.details.setToolTip("\n".join(f"{n}: {t}" for n, t in bench.identities.items()))
        self.fresh.setVisible(bench.simulated)
        array = bench.dut.wiring.array
        if array is not None:
            self.cell.show_array(array, bench.dut.cell if bench.dut.chosen else None)
        else:
            self.cell.hide_array()

    def show_failure(self, name: str, error: str) -> None:
        """Say why there is no bench."""
        self._say("NO BENCH", "failed", name, error, "error")
        self.fresh.hide()
        self.cell.hide_array()

    def allow(self, *, free: bool) -> None:
        """Let nobody change anything while the bench is busy."""
        self.fresh.setEnabled(free)
        self.change.setEnabled(free)
        self.cell.allow(free=free)

    def _say(self, word: str, kind: str, title: str, details: str, role: str) -> None:
        self.badge.setText(word)
        self.badge.setProperty("kind", kind)
        self.title.setText(title)
        self.details.setText(details)
        self.details.setProperty("role", role)
        for label in (self.badge, self.details):
            label.style().polish(label)


def model(identity: str) -> str:
    """Return maker and model of a ``*IDN?`` answer.

    >>> model("KEITHLEY INSTRUMENTS,MODEL 2450,04096331,1.7.12b")
    'Keithley 2450'
    >>> model("who knows")
    'who knows'
    """
    parts = [part.strip() for part in identity.split(",")]
    if len(parts) < 2:
        return identity
    maker = parts[0].split()[0].capitalize() if parts[0] else ""
    return f"{maker} {parts[1].removeprefix('MODEL').strip()}".strip()
