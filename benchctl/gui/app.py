"""Opening the window."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from benchctl import plugins
from benchctl.errors import unknown
from benchctl.gui.binding import leave_sources_unread
from benchctl.gui.session import Session
from benchctl.gui.slot import BenchSlot
from benchctl.gui.window import Window
from benchctl.simulated_device import as_text


def main(
    bench_path: str | Path | None = None,
    simulate: bool = False,
    procedure: str | None = None,
    model: str | None = None,
    model_parameters: Mapping[str, str] = {},
) -> int:
    """Open the window and return when it has closed.

    Args:
        bench_path: a bench.toml; None for the built-in simulated bench.
        simulate: run that bench against simulated copies of its instruments.
        procedure: the one to begin with; None for the last one used.
        model: of the simulated device, instead of the bench's.
        model_parameters: of the model, as text.

    Raises:
        ConfigError: no such procedure or model.
    """
    names = plugins.names("procedure")
    if procedure is not None and procedure not in names:
        raise unknown("procedure", procedure, names)
    if model is not None:
        plugins.load("model", model)
    app = application()
    path = Path(bench_path) if bench_path is not None else None
    slot = BenchSlot(path, simulate=simulate, model=model, parameters=as_text(model_parameters))
    window = make_window(slot, procedure=procedure or "")
    window.show()
    heartbeat = close_on_signals(window)
    code = app.exec()
    heartbeat.stop()
    return code


def application() -> QApplication:
    """Return the one application of this process."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    leave_sources_unread()
    app.setApplicationName("benchctl")
    app.setApplicationDisplayName("benchctl")
    return app


def make_window(
    slot: BenchSlot, *, procedure: str = "", settings: QSettings | None = None
) -> Window:
    """Return a window that begins to load once it has been painted."""
    if settings is None:
        settings = QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "benchctl", "window"
        )
    window = Window(Session(slot), settings, procedure=procedure)
    window.installEventFilter(_FirstPaint(window))
    return window


def close_on_signals(window: Window) -> QTimer:
    """Close the window safely on SIGINT and SIGTERM; keep the timer that is returned."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.stop_and_close())
    # Python looks at signals between its own instructions, so it must get to run some.
    heartbeat = QTimer(window, interval=200)
    heartbeat.timeout.connect(lambda: None)
    heartbeat.start()
    return heartbeat


class _FirstPaint(QObject):
    """Starts the slow imports when the window can be seen."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._seen = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Paint and not self._seen:
            self._seen = True
            QTimer.singleShot(0, self._begin)
        return False

    def _begin(self) -> None:
        self._window.painted.emit()
        self._window.session.load()
