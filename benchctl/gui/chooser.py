"""Choosing a cell of an array: a button that says which, and a grid to click on."""

from typing import Any, Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from benchctl.wiring import Cell

#: Pixels a cell may be wide, and the longer side of the grid aims at.
NARROWEST, WIDEST, ACROSS = 7, 26, 420
#: Pixels beside the grid for the numbers of its rows and columns.
MARGIN: Final = 26
_STEPS: Final = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class CellButton(QPushButton):
    """Says which cell of the array is chosen; a click chooses another. Hidden without an array."""

    chosen = Signal(object)
    """a `Cell`, or None for all of them"""

    def __init__(self) -> None:
        super().__init__()
        self.cell: Cell | None = None
        self.wanted = False
        """whether the procedure cannot do without a cell, and none is chosen"""
        self.popup = CellChooser(self)
        self.popup.picked.connect(self.chosen)
        self.action = QAction("Choose a cell …", self)
        self.action.setShortcut(QKeySequence("Ctrl+L"))
        self.action.triggered.connect(self.open)
        self.clicked.connect(self.open)
        self._selects = False
        self.hide_array()

    @property
    def count(self) -> int:
        """How many cells the array has."""
        return self.popup.grid.count

    def show_array(self, array: Any, cell: Cell | None) -> None:
        """Offer the cells of `array` (with `rows` and `columns`), of which `cell` is chosen."""
        self.cell = cell
        self.popup.offer(array.rows, array.columns, cell)
        self.setVisible(True)
        self.action.setVisible(True)
        self._say()

    def hide_array(self) -> None:
        """Offer nothing: the bench has no array."""
        self.cell, self.wanted = None, False
        self.hide()
        self.action.setVisible(False)

    def fit(self, *, selects: bool) -> None:
        """Take note whether the procedure goes through the cells by itself."""
        self._selects = selects
        self._say()

    def allow(self, *, free: bool) -> None:
        """Let nobody choose while the bench is busy."""
        self.setEnabled(free)
        self.action.setEnabled(free)
        if not free:
            self.popup.hide()

    def open(self) -> None:
        """Show the cells under the button."""
        self.popup.adjustSize()
        self.popup.move(self.mapToGlobal(QPoint(self.width() - self.popup.width(), self.height())))
        self.popup.show()
        self.popup.grid.setFocus()

    def _say(self) -> None:
        self.wanted = self.action.isVisible() and self.cell is None and not self._selects
        if self.cell is not None:
            text = f"Row {self.cell.row}, column {self.cell.column}"
            hint = "The cell that is measured; click to choose another"
        elif self._selects:
            text = f"All {self.count} cells"
            hint = "This procedure goes through the cells by itself; click to choose a single one"
        else:
            text, hint = "Choose a cell …", "The array has many cells; choose the one to measure"
        self.setText(f"{text}  ▾")
        self.setToolTip(f"{hint} ({self.action.shortcut().toString()})")
        self.setProperty("role", "wanted" if self.wanted else "")
        self.style().polish(self)


class CellChooser(QFrame):
    """The array as a grid, with its row and column as numbers beneath."""

    picked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self.grid = CellGrid()
        self.row, self.column = QSpinBox(), QSpinBox()
        self.choose = QPushButton("Choose")
        self.all = QPushButton("All cells")
        self.all.setToolTip("Choose none: procedures that go through the cells take all of them")
        self.choose.clicked.connect(lambda: self._pick(self.grid.marked))
        self.all.clicked.connect(lambda: self._pick(None))
        self.grid.clicked.connect(self._pick)
        self.grid.moved.connect(self._follow)
        for spin, name in ((self.row, "Row"), (self.column, "Column")):
            spin.setAccessibleName(name)
            spin.valueChanged.connect(self._mark)
        self._build()

    def offer(self, rows: int, columns: int, cell: Cell | None) -> None:
        """Show an array of `rows` by `columns`, `cell` chosen."""
        down, across = "s" * (rows != 1), "s" * (columns != 1)
        self._title.setText(f"{rows} row{down} × {columns} column{across}, counted from 0")
        self.grid.shape_as(rows, columns, cell)
        self.row.setMaximum(rows - 1)
        self.column.setMaximum(columns - 1)
        self._follow(self.grid.marked)

    def _build(self) -> None:
        line = QHBoxLayout()
        for text, spin in (("Row", self.row), ("Column", self.column)):
            line.addWidget(QLabel(text))
            line.addWidget(spin)
        line.addWidget(self.choose)
        line.addStretch()
        line.addWidget(self.all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 12)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self.grid, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(line)

    def _pick(self, cell: Cell | None) -> None:
        self.hide()
        self.picked.emit(cell)

    def _mark(self) -> None:
        self.grid.mark(Cell(self.row.value(), self.column.value()))

    def _follow(self, cell: Cell) -> None:
        """Show in numbers what the grid marks."""
        for spin, value in ((self.row, cell.row), (self.column, cell.column)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)


class CellGrid(QWidget):
    """Rows and columns of squares; mouse or arrow keys mark one, a click or Return chooses it."""

    clicked = Signal(object)
    moved = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.marked = Cell()
        self._rows, self._columns = 1, 1
        self._cell: Cell | None = None
        self._side = WIDEST
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Cells of the array")

    @property
    def count(self) -> int:
        """How many cells there are."""
        return self._rows * self._columns

    def shape_as(self, rows: int, columns: int, cell: Cell | None) -> None:
        """Show `rows` by `columns` cells, `cell` chosen."""
        self._rows, self._columns, self._cell = rows, columns, cell
        self._side = min(WIDEST, max(NARROWEST, ACROSS // max(rows, columns)))
        self.marked = cell or Cell()
        self.updateGeometry()
        self.update()

    def mark(self, cell: Cell) -> None:
        """Mark a cell, which is not to choose it."""
        if cell != self.marked:
            self.marked = cell
            self.moved.emit(cell)
            self.update()

    def place(self, cell: Cell) -> QRectF:
        """Return where a cell is drawn."""
        side = self._side
        return QRectF(MARGIN + side * cell.column, MARGIN + side * cell.row, side, side)

    def at(self, point: QPointF) -> Cell | None:
        """Return the cell under a point."""
        column, row = ((int(v) - MARGIN) // self._side for v in (point.x(), point.y()))
        inside = 0 <= row < self._rows and 0 <= column < self._columns
        return Cell(row, column) if inside else None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of the grid with its numbers."""
        return QSize(self._columns, self._rows) * self._side + QSize(MARGIN + 2, MARGIN + 2)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Mark the cell under the mouse."""
        cell = self.at(event.position())
        if cell is not None:
            self.mark(cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the cell under the mouse."""
        cell = self.at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk with the arrow keys, choose with Return."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit(self.marked)
        elif event.key() in _STEPS:
            down, right = _STEPS[Qt.Key(event.key())]
            row, column = self.marked.row + down, self.marked.column + right
            self.mark(Cell(row % self._rows, column % self._columns))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw every cell, the chosen one filled and the marked one framed."""
        painter = QPainter(self)
        palette = self.palette()
        gap = 1.5 if self._side > 12 else 0.5
        for row in range(self._rows):
            for column in range(self._columns):
                square = self.place(Cell(row, column)).adjusted(gap, gap, -gap, -gap)
                chosen = self._cell == Cell(row, column)
                painter.fillRect(square, palette.highlight() if chosen else palette.mid())
        painter.setPen(palette.highlight().color())
        painter.drawRect(self.place(self.marked).adjusted(0, 0, -1, -1))
        painter.setPen(palette.placeholderText().color())
        self._write_numbers(painter)
        painter.end()

    def _write_numbers(self, painter: QPainter) -> None:
        """Number the rows and columns, as many as there is room for."""
        step = 1 if self._side >= 20 else 2 if self._side >= 12 else 8
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
        for column in range(0, self._columns, step):
            square = self.place(Cell(0, column)).translated(0, -MARGIN + 2)
            painter.drawText(square.adjusted(0, 0, 0, MARGIN - self._side - 4), middle, str(column))
        for row in range(0, self._rows, step):
            left = self.place(Cell(row, 0))
            left.setLeft(0)
            left.setWidth(MARGIN - 4)
            painter.drawText(left, middle, str(row))
