"""The window: what is chosen on the left, what comes of it on the right."""

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from benchctl.gui import memory
from benchctl.gui import theme as themes
from benchctl.gui.benchbar import BenchBar
from benchctl.gui.feed import RunFeed
from benchctl.gui.labels import ElidedLabel
from benchctl.gui.live import LiveTable
from benchctl.gui.log import LogView
from benchctl.gui.menus import fill_menus
from benchctl.gui.panel import Panel
from benchctl.gui.plots import PlotGrid
from benchctl.gui.preview import Preview
from benchctl.gui.prospect import Prospect
from benchctl.gui.result import ResultView, newest
from benchctl.gui.session import Session
from benchctl.gui.slot import BenchSlot
from benchctl.gui.status import State, StatusLine
from benchctl.headings import Heading, headings_of, plots_of

#: Milliseconds between looks at the live table: 30 a second.
TICK: Final = 33


class Window(QMainWindow):
    """benchctl's window over one `Session`."""

    painted = Signal()
    """the window is on the screen for the first time"""

    def __init__(self, session: Session, settings: QSettings, *, procedure: str = "") -> None:
        super().__init__()
        self.session = session
        self.state = State.OPENING
        self.prospect: Prospect | None = None
        self.settings = settings
        self.theme = themes.LIGHT
        self._wanted = procedure or str(settings.value("procedure", "iv-sweep"))
        self._bench: Any = None
        self._feed: RunFeed | None = None
        self._headings: dict[str, Heading] = {}
        self._closing = False
        self._leaving = False
        self._closed = False
        self.bench_bar = BenchBar()
        self.panel = Panel()
        self.preview = Preview()
        self.plots = PlotGrid()
        self.latest = ElidedLabel()
        self.status = StatusLine()
        self.result = ResultView()
        self.log = LogView()
        self.pages = QTabWidget()
        self.below = QTabWidget()
        self._tick = QTimer(self, interval=TICK, timerType=Qt.TimerType.PreciseTimer)
        self._build()
        fill_menus(self)
        self._connect()
        memory.restore(self)
        self._enter(State.OPENING)
        self.panel.picker.setFocus()

    def open_bench(self, path: Path | None, *, simulate: bool) -> None:
        """Open another bench; the built-in one where `path` is None."""
        if self.state.busy:
            return
        self._bench = None
        self.bench_bar.show_opening(path.stem if path else "")
        self._enter(State.OPENING)
        self.session.open_bench(BenchSlot(path, simulate=simulate))

    def choose_bench(self, *, simulate: bool) -> None:
        """Ask for a bench file and open it."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a bench", "", "Bench (*.toml)")
        if chosen:
            self.open_bench(Path(chosen), simulate=simulate)

    def new_device(self) -> None:
        """Put a new simulated device on the bench."""
        if not self.state.busy and self._bench is not None and self._bench.simulated:
            self._bench = None
            self._enter(State.OPENING)
            self.session.new_device()

    def choose_cell(self, cell: Any) -> None:
        """Measure a `Cell` of the array from now on; all of them where it is None."""
        if not self.state.busy and self._bench is not None:
            self._edited()
            self.session.choose(cell)

    def start(self) -> None:
        """Start what the preview shows."""
        if not self.panel.start.isEnabled() or self.panel.form is None:
            return
        procedure = self.panel.form.build()
        if procedure is None:
            return
        table = LiveTable(plots_of(type(procedure)))
        self._feed = RunFeed(table)
        self._headings = headings_of(type(procedure))
        self.plots.follow(table, self._headings, self.theme)
        self.pages.setCurrentWidget(self._measurement)
        self.below.setCurrentWidget(self.log)
        self.log.say(f"{self.panel.picker.name} starts")
        self.status.clear()
        self.latest.say("")
        self._enter(State.RUNNING)
        self._tick.start()
        self.session.start(procedure, self.panel.out, self._feed)

    def stop(self) -> None:
        """Ask the run to stop."""
        if self.state is State.RUNNING:
            self._enter(State.STOPPING)
            self.log.say("Stop asked for; outputs go off at the end of this block")
            self.session.stop()

    def stop_and_close(self) -> None:
        """Close without asking: outputs off first."""
        self._closing = True
        if self.state.busy:
            self.stop()
        else:
            self.close()

    def set_theme(self, name: str) -> None:
        """Use the "light" or "dark" colours, or the "system"'s."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        chosen = {"light": themes.LIGHT, "dark": themes.DARK}.get(name)
        self.theme = chosen or themes.system_theme(app)
        self.settings.setValue("theme", name)
        themes.apply(app, self.theme)
        self.preview.dress(self.theme)
        self.plots.dress(self.theme)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop a run safely, if the person agrees; then outputs off and away."""
        if self._closed:
            event.accept()
            return
        event.ignore()
        if self.state.busy and not (self._closing or self.agrees_to_stop()):
            return
        self._closing = True
        if self.state.busy:  # the run may have ended while the question stood
            self.stop()
        elif not self._leaving:
            self._leaving = True
            memory.save(self)
            self.panel.setEnabled(False)
            self.log.say("Closing: outputs off, instruments let go")
            self.session.close()

    def agrees_to_stop(self) -> bool:
        """Ask whether the run may be stopped."""
        answer = QMessageBox.question(
            self,
            "A run is under way",
            "Stop the run and close? Outputs go off first, and the rows so far are kept.",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        return answer == QMessageBox.StandardButton.Yes

    def refresh(self) -> None:
        """Show what the run has said since the last look."""
        feed = self._feed
        if feed is None:
            return
        for line in feed.take_messages():
            self.log.say(line)
        self.plots.refresh()
        if feed.begun:
            self.status.show_progress(feed.fraction, feed.eta, feed.table.rows)
        elif self.state.busy:
            simulated = self._bench is None or self._bench.simulated
            self.status.show_preparing(feed.waited, simulated=simulated)
        self.latest.say(newest(feed.table.latest, self._headings))

    def _build(self) -> None:
        self._measurement = QWidget()
        page = QVBoxLayout(self._measurement)
        page.setContentsMargins(4, 4, 4, 6)
        page.addWidget(self.plots, 1)
        page.addWidget(self.latest)
        self.latest.setProperty("role", "muted")
        self.latest.setContentsMargins(10, 0, 10, 0)
        self.pages.addTab(self.preview, "Stimulus")
        self.pages.addTab(self._measurement, "Measurement")
        self.below.addTab(self.log, "Log")
        self.below.addTab(self.result, "Result")
        upper = QWidget()
        stack = QVBoxLayout(upper)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self.pages, 1)
        stack.addWidget(self.status)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self.rows.addWidget(upper)
        self.rows.addWidget(self.below)
        self.rows.setStretchFactor(0, 1)
        self.rows.setSizes([480, 240])
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.columns.addWidget(self.panel)
        self.columns.addWidget(self.rows)
        self.columns.setStretchFactor(1, 1)
        self.columns.setSizes([360, 900])
        for splitter in (self.rows, self.columns):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(10)
        self.panel.setMinimumWidth(320)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self.bench_bar)
        layout.addWidget(self.columns, 1)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        self._tick.timeout.connect(self.refresh)
        self.panel.edited.connect(self._edited)
        self.panel.settled.connect(self._look)
        self.panel.start.clicked.connect(self.start)
        self.panel.stop.clicked.connect(self.stop)
        self.bench_bar.fresh.clicked.connect(self.new_device)
        self.bench_bar.cell.chosen.connect(self.choose_cell)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        session = self.session
        session.procedures_loaded.connect(lambda found: self.panel.offer(found, self._wanted))
        session.bench_opened.connect(self._bench_opened)
        session.bench_failed.connect(self._bench_failed)
        session.cell_chosen.connect(self._cell_chosen)
        session.looked.connect(self._looked)
        session.ended.connect(self._ended)
        session.broke.connect(self._broke)
        session.said.connect(self.log.say)
        session.closed.connect(self._finish_closing)

    def _bench_opened(self, bench: Any) -> None:
        self._bench = bench
        self.bench_bar.show_bench(bench)
        self.panel.put_defaults(bench.defaults)
        if not self.state.busy:
            self._enter(State.IDLE)
            self.status.clear()
            self._unsettle()
            self._look()

    def _cell_chosen(self, bench: Any, failure: str) -> None:
        if failure:
            self.log.say(f"No cell is connected: {failure}")
            self.below.setCurrentWidget(self.log)
        if bench is self._bench and bench is not None:
            self.bench_bar.show_bench(bench)
            self._look()

    def _bench_failed(self, error: str) -> None:
        self._bench = None
        self.bench_bar.show_failure(self.session.path.stem if self.session.path else "", error)
        self.log.say(f"No bench: {error}")
        self._unsettle()
        self.preview.clear("No bench is open.")
        self._enter(State.IDLE)

    def _edited(self) -> None:
        """Leave the last run behind: the form says something else now."""
        if not self.state.busy and self.state is not State.OPENING:
            self._enter(State.IDLE)
            self.status.clear()
        self._unsettle()

    def _unsettle(self) -> None:
        """Forget the preview."""
        self.prospect = None
        self.bench_bar.cell.fit(selects=getattr(self.panel.chosen, "SELECTS", True))
        self._allow()

    def _look(self) -> None:
        """Ask what the form's procedure would do."""
        if self.state.busy or self._leaving or self.panel.form is None:
            return
        procedure = self.panel.form.build()
        if procedure is not None:
            self.session.look(procedure)
        else:
            self.preview.clear("Mend the marked fields to see what would be applied.")
        self._allow()

    def _looked(self, prospect: Prospect) -> None:
        if self.state.busy:
            return
        self.prospect = prospect
        self.preview.show_prospect(prospect, self._besides())
        if self.state in (State.IDLE, State.OPENING):
            self.pages.setCurrentWidget(self.preview)
        self._allow()

    def _besides(self) -> str:
        """Return what the stimulus does not show."""
        cell = self.bench_bar.cell
        if cell.isVisible() and getattr(self.panel.chosen, "SELECTS", False):
            return "One cell gets this." if cell.cell else f"Each of {cell.count} cells gets this."
        if not getattr(self.panel.chosen, "PRISTINE", False):
            return ""
        given = self.session.path is None
        return "Start puts a fresh device on the bench." if given else "It wants a fresh device."

    def _ended(self, result: Any) -> None:
        self._tick.stop()
        self.refresh()
        self.plots.settle()
        self.result.show_result(self.panel.picker.name, result)
        self.below.setCurrentWidget(self.result)
        self.log.say(f"Run {result.status}: {result.file}")
        if result.error:
            self.log.say(result.error)
        self._settle(State(result.status))

    def _broke(self, error: str) -> None:
        self._tick.stop()
        self.result.show_failure(error)
        self.below.setCurrentWidget(self.result)
        self.log.say(f"The run did not begin: {error}")
        self._settle(State.FAILED)

    def _settle(self, state: State) -> None:
        """Enter the state a run ended in."""
        self._enter(state)
        if self._closing:
            self.close()
        else:
            self._unsettle()
            self._look()

    def _enter(self, state: State) -> None:
        self.state = state
        self.status.show_state(state)
        self.panel.lock(state.busy)
        self.bench_bar.allow(free=not state.busy)
        name = self.panel.picker.name
        self.setWindowTitle(f"{name} {state.value} – benchctl" if name else "benchctl")
        self._allow()

    def _allow(self) -> None:
        """Enable Start where it may be pressed, and say why where it may not."""
        reason = self._obstacle()
        self.panel.start.setEnabled(not reason)
        refused = self.prospect is not None and bool(self.prospect.refused)
        self.panel.explain("" if self.state.busy else reason, wrong=refused)
        self.panel.stop.setEnabled(self.state is State.RUNNING)

    def _obstacle(self) -> str:
        if self.state.busy:
            return "A run is under way."
        if self._bench is None:
            return "Waiting for the bench." if self.state is State.OPENING else "No bench is open."
        form = self.panel.form
        if form is not None and any(f.editor.property("wrong") for f in form.fields.values()):
            return "Mend the marked fields first."
        if self.prospect is None:
            return "Checking the stimulus …"
        if self.prospect.refused and self.bench_bar.cell.wanted:
            return "Choose a cell of the array first, at the top."
        return "Refused; see the preview." if self.prospect.refused else ""

    def _follow_system(self) -> None:
        """Change colours with the desktop, unless the person chose some."""
        if str(self.settings.value("theme", "system")) == "system":
            self.set_theme("system")

    def _finish_closing(self) -> None:
        self._closed = True
        # The drivers must be gone before the interpreter takes PyVISA apart.
        self._bench = self.prospect = self.preview.prospect = None
        self.log.detach()
        self.close()
