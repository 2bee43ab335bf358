"""What a run came to: its figures of merit, its file, and how it ended."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QRect, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from benchctl.headings import Heading, say

#: Share of the width that is the note's, where it needs that much.
NOTE: Final = 0.3
#: Shares of the rest that the columns before it take at most, where there is not enough.
SHARES: Final = (0.42, 0.3, 0.28)
#: Pixels above and below a text in the table, together.
ABOVE: Final = 8
#: The blank between a number and its unit, where no line may end.
UNIT: Final = re.compile(r"(?<=\d) (?=[^\W\d]{1,3}\b|%|Ω)")
HEADINGS = ("Figure of merit", "Value", "Interval", "Note")


class MeritTable(QTableWidget):
    """A table whose texts are whole: long ones are broken into lines, empty columns left out."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Break the lines anew."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Give each column what it needs; where that is too much, its share at most."""
        room = self.viewport().width()
        rows, columns = range(self.rowCount()), range(self.columnCount())
        for column in columns[1:]:
            items = [self.item(row, column) for row in rows]
            self.setColumnHidden(column, not any(item and item.text() for item in items))
        for column in columns[:-1]:
            self.resizeColumnToContents(column)
        figures = [self.columnWidth(column) for column in columns[:-1]]
        note = min(self.sizeHintForColumn(columns[-1]), int(NOTE * room))
        # The last section stretches, and never shrinks by itself.
        self.setColumnWidth(columns[-1], note)
        free = room - note
        for column, width in enumerate(shared(free, figures)):
            self.setColumnWidth(column, width)
        beside = [self._beside(column) for column in columns]
        for row in rows:
            heights = [self._height(row, column, beside[column]) for column in columns]
            self.setRowHeight(row, max(heights) + ABOVE)

    def _beside(self, column: int) -> int:
        """Return how many pixels beside its texts a column has: the style's, and the sheet's."""
        items = [self.item(row, column) for row in range(self.rowCount())]
        widths = [self.fontMetrics().horizontalAdvance(item.text()) for item in items if item]
        # A pixel less: a text measured alone may be a fraction wider than in its place.
        return self.sizeHintForColumn(column) - max(widths, default=0) - 1

    def _height(self, row: int, column: int, beside: int) -> int:
        """Return the height of a text with its lines broken: Qt's own forgets the sheet."""
        item = self.item(row, column)
        if item is None or self.isColumnHidden(column):
            return 0
        inside = QRect(0, 0, self.columnWidth(column) - beside, 10_000)
        lines = self.fontMetrics().boundingRect(inside, Qt.TextFlag.TextWordWrap, item.text())
        return int(lines.height())


def shared(room: int, wanted: Sequence[int]) -> list[int]:
    """Return widths: what is wanted, or each its share, and what one leaves to the others.

    >>> shared(100, [30, 20, 20]), shared(100, [80, 20, 25]), shared(100, [80, 80, 80])
    ([30, 20, 20], [55, 20, 25], [42, 30, 28])
    """
    widths = [min(int(s * room), w) for s, w in zip(SHARES, wanted, strict=True)]
    for number in reversed(range(len(widths))):  # figures of merit before their long names
        widths[number] = min(wanted[number], widths[number] + room - sum(widths))
    return widths


class ResultView(QWidget):
    """A table of figures of merit over the path of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.file: Path | None = None
        self.rows: list[tuple[str, str, str, str]] = []
        self._about = QLabel("No run has ended yet.")
        self._about.setWordWrap(True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = MeritTable(0, len(HEADINGS))
        self.table.setHorizontalHeaderLabels(HEADINGS)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setMinimumSectionSize(22)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setStretchLastSection(True)
        self.folder = QPushButton("Open folder")
        self.folder.clicked.connect(self.open_folder)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the table and the path of the file")
        self.copy.clicked.connect(self.copy_all)
        self._build()
        self._enable()

    def show_result(self, name: str, result: Any) -> None:
        """Show how a run of the procedure `name` ended."""
        self.file = Path(result.file)
        rows = f"{result.rows:,} row{'' if result.rows == 1 else 's'}"
        self.rows = [merit_row(name, merit) for name, merit in (result.analysis or {}).items()]
        ended = f"{name} {result.status}"
        text = f"{ended} with {rows} in {self.file}"
        if result.error:
            text = f"{ended}: {result.error}\nWhat was measured is safe: {rows} in {self.file}"
        self.fill(text, wrong=result.status == "failed")

    def show_failure(self, error: str) -> None:
        """Show why a run never began."""
        self.file, self.rows = None, []
        self.fill(f"Failed: {error}", wrong=True)

    def fill(self, text: str, *, wrong: bool) -> None:
        """Show `text` over the rows."""
        self._about.setText(text)
        self._about.setProperty("role", "error" if wrong else "")
        self._about.style().polish(self._about)
        self.table.setRowCount(len(self.rows))
        for number, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                item = QTableWidgetItem(UNIT.sub("\N{NO-BREAK SPACE}", cell))
                item.setToolTip(cell)
                self.table.setItem(number, column, item)
        self._enable()
        self.table.fit()

    def open_folder(self) -> None:
        """Show the file's folder in the desktop's file browser."""
        if self.file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.file.resolve().parent)))

    def copy_all(self) -> None:
        """Put the table on the clipboard, tab-separated, the path first."""
        lines = [str(self.file), "\t".join(HEADINGS), *("\t".join(row) for row in self.rows)]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._about, 1)
        top.addWidget(self.folder, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addStretch()

    def _enable(self) -> None:
        self.folder.setEnabled(self.file is not None)
        self.copy.setEnabled(self.file is not None)
        self.table.setVisible(bool(self.rows))


def merit_row(name: str, merit: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return title, value, interval and note of one figure of merit.

    >>> merit_row("ratio", {"value": 12.0, "title": "ON/OFF", "interval": [11.0, 13.5]})
    ('ON/OFF', '12', '11 to 13.5', '')
    """
    unit = merit.get("unit") or ""
    title = merit.get("title") or name.replace("_", " ").capitalize()
    interval = merit.get("interval")
    span = " to ".join(_text(end, unit) for end in interval) if interval else ""
    return title, _text(merit.get("value"), unit), span, merit.get("note") or ""


def _text(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not known"
    if isinstance(value, list | tuple):
        return ", ".join(_text(entry, unit) for entry in value)
    return say(value, unit) if isinstance(value, int | float) else str(value)


def newest(row: Mapping[str, Any], headings: Mapping[str, Heading]) -> str:
    """Return the newest row (slug to value) in words.

    >>> newest({"set_conductance": 2e-6}, {"set_conductance": Heading("Set conductance", "S")})
    'Latest:  Set conductance 2 µS'
    """
    parts = []
    for slug, value in row.items():
        head = headings[slug]
        if value == value:  # NaN says "not observed"
            parts.append(f"{head.title} {head.say(value)}")
    return "Latest:  " + "   ".join(parts) if parts else ""
