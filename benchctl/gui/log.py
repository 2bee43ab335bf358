"""The log: what happened, in plain lines with the time of day."""

import logging

from PySide6.QtCore import QObject, Qt, QTime, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

#: Lines kept.
MOST_LINES = 5000
#: PyMeasure's own window and queue are not used: what they miss is nobody's concern here.
_ELSEWHERE = ("pymeasure.experiment", "pymeasure.display")


class LogView(QPlainTextEdit):
    """A page of lines, newest last; Python's warnings land here too."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())  # whoever chose large letters wants them here
        self.setFont(font)
        self.setAccessibleName("Log")
        self._bridge = _Bridge(self)
        self._bridge.said.connect(self.say, Qt.ConnectionType.QueuedConnection)
        self._handler = _Handler(self._bridge)
        logging.getLogger().addHandler(self._handler)

    def say(self, text: str) -> None:
        """Add a line."""
        self.appendPlainText(f"{QTime.currentTime().toString('HH:mm:ss')}  {text}")

    def detach(self) -> None:
        """Stop listening to Python's log."""
        logging.getLogger().removeHandler(self._handler)


class _Bridge(QObject):
    """Carries lines from any thread to the window's."""

    said = Signal(str)


class _Handler(logging.Handler):
    def __init__(self, bridge: _Bridge) -> None:
        super().__init__(level=logging.WARNING)
        self._bridge = bridge

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_ELSEWHERE):
            return
        self._bridge.said.emit(f"{record.levelname.capitalize()}: {record.getMessage()}")
