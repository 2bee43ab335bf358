"""Choosing a procedure: a name, and one line that says what it does."""

from collections.abc import Mapping
from inspect import getdoc
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex


def one_line(procedure: Any) -> str:
    """Return the first line of a procedure's documentation."""
    return (getdoc(procedure) or "").partition("\n")[0]


class Picker(QWidget):
    """A list of procedures."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._box = QComboBox()
        self._box.setItemDelegate(_TwoLines(self._box))
        self._box.setMaxVisibleItems(14)
        self.setFocusProxy(self._box)
        self._box.setAccessibleName("Procedure")
        self._box.currentIndexChanged.connect(self._announce)
        self._about = QLabel("Looking for procedures …")
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._box)
        layout.addWidget(self._about)

    @property
    def name(self) -> str:
        """The procedure that is chosen."""
        return self._box.currentText()

    def offer(self, procedures: Mapping[str, Any], chosen: str) -> None:
        """List `procedures` (name to class) and choose one."""
        self._box.blockSignals(True)
        self._box.clear()
        for name, procedure in procedures.items():
            self._box.addItem(name, one_line(procedure))
        self._box.setCurrentIndex(max(0, self._box.findText(chosen)))
        self._box.blockSignals(False)
        self._box.view().setMinimumWidth(520)
        self._announce(self._box.currentIndex())

    def choose(self, name: str) -> None:
        """Choose a procedure."""
        self._box.setCurrentIndex(self._box.findText(name))

    def _announce(self, index: int) -> None:
        if index >= 0:
            self._about.setText(self._box.itemData(index))
            self.picked.emit(self._box.itemText(index))


class _TwoLines(QStyledItemDelegate):
    """Draws the name, and what it does under it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        size = super().sizeHint(option, index)
        return QSize(size.width(), 2 * size.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        # PySide6's stubs leave the inherited fields of an option out in some releases.
        given: Any = option
        palette: QPalette = given.palette
        area = given.rect.adjusted(8, 3, -8, -3)
        chosen = bool(given.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(given.rect, palette.highlight())
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.setPen(palette.color(role))
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, top, str(index.data()))
        font.setBold(False)
        painter.setFont(font)
        if not chosen:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        about = str(index.data(Qt.ItemDataRole.UserRole) or "")
        metrics = painter.fontMetrics()
        about = metrics.elidedText(about, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, about)
        painter.restore()
