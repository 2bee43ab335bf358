"""What the window can ask for, and what it is told: the only place that starts work."""

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from benchctl import plugins
from benchctl.errors import BenchError
from benchctl.gui.feed import RunFeed
from benchctl.gui.prospect import Prospect, look_ahead
from benchctl.gui.slot import BenchSlot
from benchctl.gui.thread import BenchThread
from benchctl.headings import spoken

if TYPE_CHECKING:
    from benchctl.wiring import Cell


class Session(QObject):
    """One bench and the runs made on it, in the bench's own thread."""

    procedures_loaded = Signal(object)
    """name to class"""
    bench_opened = Signal(object)
    bench_failed = Signal(str)
    cell_chosen = Signal(object, str)
    """the bench, whose `Dut` knows which; and why it is none of them, where that failed"""
    looked = Signal(object)
    """the `Prospect` of the latest `look`"""
    ended = Signal(object)
    """the `RunResult`"""
    broke = Signal(str)
    """why a run never began"""
    said = Signal(str)
    closed = Signal()

    def __init__(self, slot: BenchSlot, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slot = slot
        self._thread = BenchThread(self)
        self._revision = 0
        self._run: Any = None
        self._stop = threading.Event()

    @property
    def path(self) -> Path | None:
        """The bench file; None for the built-in bench."""
        return self._slot.path

    def load(self) -> None:
        """Import the procedures, then open the bench."""
        self._thread.submit(
            self._load, self.procedures_loaded.emit, lambda e: self.said.emit(explain(e))
        )
        self.open_bench(self._slot)

    def open_bench(self, slot: BenchSlot) -> None:
        """Open the bench of `slot` in place of the one that is open."""
        before, self._slot = self._slot, slot

        def work() -> None:
            before.close()
            self._opened(slot.open())

        self._thread.submit(work, lambda _: None, lambda e: self.bench_failed.emit(explain(e)))

    def new_device(self) -> None:
        """Open the bench again: its simulated device is a new one."""
        self.open_bench(self._slot)

    def choose(self, cell: "Cell | None") -> None:
        """Connect a cell of the array; offer all of them where it is None."""
        self._revision += 1  # what was asked before was asked of another cell
        self._thread.submit(
            partial(self._slot.choose, cell),
            lambda _: self.cell_chosen.emit(self._slot.bench, ""),
            lambda e: self.cell_chosen.emit(self._slot.bench, explain(e)),
        )

    def look(self, procedure: Any) -> None:
        """Work out what `procedure` would do; only the latest question is answered."""
        self._revision += 1
        revision = self._revision

        def work() -> Prospect | None:
            if revision != self._revision:
                return None
            bench = self._slot.bench
            return look_ahead(procedure, bench.dut if bench is not None else None)

        def done(prospect: Prospect | None) -> None:
            if prospect is not None and revision == self._revision:
                self.looked.emit(prospect)

        self._thread.submit(work, done, lambda e: self.bench_failed.emit(explain(e)))

    def start(self, procedure: Any, out: Path, feed: RunFeed) -> None:
        """Run `procedure` and store it under `out`; `feed` is told what happens."""
        self._stop.clear()
        work = partial(self._execute, procedure, out, feed)
        self._thread.submit(work, self._finish, lambda e: self._break(explain(e)))

    def stop(self) -> None:
        """Ask the run to stop; it does so within one block."""
        self._stop.set()
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Outputs off, instruments let go; `closed` says when."""
        self._thread.submit(self._slot.close, self._closed, self._closed)

    def _load(self) -> Mapping[str, Any]:
        found = {}
        for name in plugins.names("procedure"):
            try:
                found[name] = plugins.load("procedure", name)
            except Exception as error:
                # Somebody's broken plug-in must not hide the others.
                self.said.emit(f"{name} cannot be used: {explain(error)}")
        return found

    def _ready_for(self, procedure: Any) -> Any:
        before = self._slot.bench
        bench = self._slot.ready_for(type(procedure))
        if bench is not before:
            self._opened(bench)
        return bench

    def _opened(self, bench: Any) -> None:
        fresh = " with a fresh device" if self._slot.pristine else ""
        self.said.emit(f"Bench open: {spoken(bench.name)}{fresh}")
        self.bench_opened.emit(bench)

    def _execute(self, procedure: Any, out: Path, feed: RunFeed) -> Any:
        from benchctl.run import Run

        bench = self._ready_for(procedure)
        self._slot.use()
        self._run = Run(procedure, bench, out=out, observers=(feed,))
        if self._stop.is_set():
            self._run.stop()
        try:
            return self._run.execute()
        finally:
            self._slot.leave()

    def _finish(self, result: Any) -> None:
        self._run = None
        self.ended.emit(result)

    def _break(self, error: str) -> None:
        self._run = None
        self.broke.emit(error)

    def _closed(self, _: Any) -> None:
        self._thread.close()
        self.closed.emit()


def explain(error: BaseException) -> str:
    """Return an error as one line; a defect is told apart from what a person can mend."""
    text = str(error) or "no reason given"
    return text if isinstance(error, BenchError) else f"{type(error).__name__}: {text}"
