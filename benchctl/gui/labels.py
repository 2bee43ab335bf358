"""A label that never is half a word: what has no room is elided, and whole in the tool tip."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class ElidedLabel(QLabel):
    """One line of text, as much of it as there is room for."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._mode = mode
        self.whole = ""
        """the text, seen or not"""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str, hint: str = "") -> None:
        """Show `text`, and `hint` (or the text itself) where the mouse rests."""
        self.whole = text
        self.setToolTip(hint or text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Elide anew."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the height of a line, whether or not there is text."""
        return QSize(0, self.fontMetrics().height() + 2)

    def _fit(self) -> None:
        margins = self.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        self.setText(self.fontMetrics().elidedText(self.whole, self._mode, room))
