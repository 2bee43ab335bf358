"""The left side of the window: which procedure, its form, where files go, Start and Stop."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from benchctl.config import defaults_for
from benchctl.gui.form import Form
from benchctl.gui.labels import ElidedLabel
from benchctl.gui.picker import Picker

#: Milliseconds of peace before an edited form is looked at.
PAUSE = 150


class Panel(QWidget):
    """Everything a person sets before Start."""

    edited = Signal()
    """the form has changed, and no longer says what was last looked at"""
    settled = Signal()
    """nothing has changed for a moment"""

    def __init__(self) -> None:
        super().__init__()
        self.out = Path("runs")
        self.procedures: Mapping[str, Any] = {}
        self.form: Form | None = None
        self._typed: dict[str, dict[str, Any]] = {}
        self._defaults: dict[str, Any] = {}
        self._peace = QTimer(self, singleShot=True, interval=PAUSE)
        self._peace.timeout.connect(self.settled)
        self.picker = Picker()
        self.picker.picked.connect(self._pick)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.reset = QPushButton("Defaults")
        self.reset.setToolTip("Put every field back to its default")
        self.reset.clicked.connect(self._forget)
        self._folder = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._folder.setProperty("role", "muted")
        self._browse = QPushButton("Folder …")
        self._browse.setToolTip("Choose where run files go")
        self._browse.clicked.connect(self._choose_folder)
        self.reason = QLabel()
        self.reason.setProperty("role", "muted")
        self.reason.setWordWrap(True)
        self.start = QPushButton("Start")
        self.start.setProperty("role", "start")
        self.start.setToolTip("Ctrl+Return")
        self.stop = QPushButton("Stop")
        self.stop.setProperty("role", "stop")
        self.stop.setToolTip("Esc")
        self._build()
        self.put_folder(self.out)

    @property
    def chosen(self) -> Any:
        """The class of the chosen procedure, or None."""
        return self.procedures.get(self.picker.name)

    def offer(self, procedures: Mapping[str, Any], chosen: str) -> None:
        """List the procedures and choose one."""
        self.procedures = procedures
        self.picker.offer(procedures, chosen)

    def choose(self, name: str) -> None:
        """Choose another procedure."""
        self.picker.choose(name)

    def put_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Take what the bench file says in place of the procedures' own defaults."""
        if defaults != self._defaults:
            self._defaults = dict(defaults)
            self._pick(self.picker.name)

    def put_folder(self, out: Path) -> None:
        """Send run files to `out` from now on."""
        self.out = out
        self._folder.say(f"Files go to {out}", str(out.resolve()))

    def lock(self, busy: bool) -> None:
        """Freeze everything but Stop while a run is under way."""
        for widget in (self.picker, self._scroll, self.reset, self._browse):
            widget.setEnabled(not busy)

    def explain(self, reason: str, *, wrong: bool = False) -> None:
        """Say why Start cannot be pressed; nothing where it can."""
        self.reason.setText(reason)
        self.reason.setProperty("role", "error" if wrong else "muted")
        self.reason.style().polish(self.reason)
        self.reason.setVisible(bool(reason))

    def _build(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self._scroll)
        files = QHBoxLayout()
        files.addWidget(self.reset, 1)
        files.addWidget(self._browse, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 2)
        buttons.addWidget(self.stop, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.picker)
        layout.addWidget(card, 1)
        layout.addWidget(self._folder)
        layout.addLayout(files)
        layout.addWidget(self.reason)
        layout.addLayout(buttons)

    def _pick(self, name: str) -> None:
        procedure = self.procedures.get(name)
        if procedure is None:
            return
        names = procedure().parameter_objects()
        defaults = defaults_for(name, self._defaults)
        known = {n: v for n, v in defaults.items() if n in names}
        self.form = Form(procedure, known | self._typed.get(name, {}))
        self.form.changed.connect(self._edit)
        self._scroll.setWidget(self.form)
        self.edited.emit()
        self.settled.emit()

    def _edit(self) -> None:
        if self.form is not None:
            self._typed[self.picker.name] = self.form.values()
        self.edited.emit()
        self._peace.start()

    def _forget(self) -> None:
        self._typed.pop(self.picker.name, None)
        self._pick(self.picker.name)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Where run files go", str(self.out))
        if chosen:
            self.put_folder(Path(chosen))
