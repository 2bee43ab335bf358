"""One run: a procedure on a bench, its rows first to the file, then to whoever watches.

The caller's thread executes the procedure. Rows gather in a block that closes at 4,096 rows or
a quarter of a second, whichever comes first; a second thread sees to the latter, so that rows
are on disk while the procedure sits in a long wait. Observers hear of rows from either thread,
never from both at once.

However the procedure ends, the outputs go off before the file is touched again.
"""

import logging
import platform
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pymeasure.experiment

from benchctl.endings import Status, exit_code, left_on, one_line, qualifications, worse
from benchctl.errors import BenchError, ConfigError, Stopped
from benchctl.interrupts import Interrupts
from benchctl.procedure import Merit, Procedure
from benchctl.rows import RowBlock, StockRows
from benchctl.stimulus import FloatArray, Trace
from benchctl.store import Header, RunFile, columns_of, plain

if TYPE_CHECKING:
    from benchctl.bench import Bench

log = logging.getLogger(__name__)

#: Seconds between looks at the block: with the write itself, a row is on disk within 0.25 s.
FLUSH_EVERY = 0.2
#: Progress is told at most this often (s).
PROGRESS_EVERY = 0.05
_SOFTWARE = ("benchctl", "pymeasure", "pyvisa", "h5py", "numpy")


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended."""

    file: Path
    status: Status
    rows: int
    analysis: dict[str, Any]
    """figures of merit by name, each a mapping with the fields of `procedure.Merit`"""
    error: str | None
    """one line; a finished run has one where its analysis failed"""
    exit_code: int


class Observer(Protocol):
    """Hears what a run does. An observer that raises is dropped; the run goes on."""

    def started(self, run: "Run") -> None:
        """The file is there; nothing was applied yet."""
        ...

    def rows(self, columns: Mapping[str, FloatArray]) -> None:
        """Rows (by slug) are in the file; copy what you keep."""
        ...

    def progress(self, fraction: float, eta: float | None) -> None:
        """So much (0..1) is done, and `eta` seconds are left where that is known."""
        ...

    def finished(self, result: RunResult) -> None:
        """The outputs are off and the file is whole."""
        ...

    def message(self, text: str) -> None:
        """Something a person should read."""
        ...


class Run:
    """One execution of a procedure (benchctl's or PyMeasure's own) on one bench."""

    def __init__(
        self,
        procedure: pymeasure.experiment.Procedure,
        bench: "Bench | None",
        *,
        out: str | Path | None = None,
        observers: Iterable[Observer] = (),
        seed: int | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            procedure: what to execute, its parameters set.
            bench: what to execute it on; None for a stock procedure that brings its own.
            out: a folder, or a file that ends in ``.h5``; ``runs`` by default.
            observers: who hears about it.
            seed: of what the procedure draws; None takes the simulated bench's, or draws one.
        """
        self.procedure = procedure
        self.bench = bench
        self.seed = _seed(bench, seed)
        self.columns = columns_of(procedure)
        self.path = Path(out) if out is not None else Path("runs")
        """the file; until `execute` made it, what was given as `out`"""
        self._observers = list(observers)
        self._telling = threading.RLock()
        # A flag, not an Event: a signal handler that interrupts Event.set() and calls it again
        # would wait for itself.
        self._stopping = False
        self._file: RunFile | None = None
        self._block = RowBlock(self.columns, self._store, self._announce, self.should_stop)
        self._begun = perf_counter()
        self._told = -1.0
        self._interrupts = Interrupts()

    def stop(self) -> None:
        """Ask the run to stop; safe from any thread and from a signal handler."""
        self._stopping = True
        self._block.interrupt()

    def should_stop(self) -> bool:
        """Tell whether the run was asked to stop."""
        return self._stopping

    def check(self) -> None:
        """Refuse, before anything is made or sent, what cannot be run.

        Raises:
            ConfigError: a parameter is not set.
            LimitExceeded, CapabilityError: the procedure's own `check` refuses.
        """
        for name, value in self.procedure.parameter_values().items():
            if value is None:
                raise ConfigError(f"{name}: this parameter has no value yet")
        if isinstance(self.procedure, Procedure) and self.bench is not None:
            self.procedure.check(self.bench.dut)

    def execute(self) -> RunResult:
        """Run the procedure to its end and return how it ended.

        Raises:
            BenchError: nothing was applied: `check` refused it, or the file cannot be made.
        """
        self.check()
        with self._interrupts as interrupts:
            result = self._carry_out()
            interrupts.obeyed = result.status == "stopped"
        return result

    def _carry_out(self) -> RunResult:
        """Measure into a new file and finish that; signals wait outside the procedure's steps."""
        self._leave_cells()
        self._file = self._create()
        self._begun = perf_counter()
        self._bind()
        self._tell("started", self)
        over = threading.Event()
        flusher = threading.Thread(
            target=self._flush_in_time, args=(over,), name="benchctl-flush", daemon=True
        )
        flusher.start()
        try:
            status, error = self._measure()
        except BaseException:
            self._outputs_off()
            raise
        finally:
            over.set()
            flusher.join()
        return self._conclude(self._file, status, error)

    def _create(self) -> RunFile:
        procedure, bench = self.procedure, self.bench
        kind = type(procedure)
        header = Header(
            procedure=_kebab(kind.__name__),
            title=cleandoc(kind.__doc__ or "").partition("\n")[0],
            module=f"{kind.__module__}:{kind.__qualname__}",
            dut=bench.dut.label if bench is not None else "no bench",
            started=_now(),
            run_id=secrets.token_hex(16),
            parameters=procedure.parameter_values(),
            bench=bench.snapshot() if bench is not None else {},
            software={"python": platform.python_version()} | {n: version(n) for n in _SOFTWARE},
            seed=self.seed,
        )
        if self.path.suffix.lower() != ".h5":
            self.path = self.path / header.file_name
        return RunFile.create(self.path, header, self.columns)

    def _leave_cells(self) -> None:
        """Choose no cell where the procedure goes through several: none of them is the run's."""
        through = getattr(self.procedure, "SELECTS", False)
        if self.bench is not None and through and len(self.bench.dut.cells) > 1:
            self.bench.dut.offer_all()

    def _bind(self) -> None:
        """Give the procedure what PyMeasure's Worker or our own base class promises it."""
        procedure = self.procedure
        stock = StockRows(procedure, self._block, self._progress, self._message)
        procedure.emit = stock.emit
        procedure.should_stop = self.should_stop
        procedure.is_last = lambda: True
        procedure.status = procedure.RUNNING
        if self.bench is not None:
            self.bench.dut.should_stop = self.should_stop
        if isinstance(procedure, Procedure) and self.bench is not None:
            sink = _Sink(self._block, self._trace, self._progress)
            procedure.bind(self.bench.dut, sink, np.random.default_rng(self.seed))

    def _measure(self) -> tuple[Status, BaseException | None]:
        """Execute the procedure; whatever happens, the outputs are off on return."""
        error = self._interrupts.attempt(self._go_through)
        error = worse(error, self._interrupts.attempt(self.procedure.shutdown))
        failures = self._outputs_off()
        if self.bench is not None:
            self.bench.dut.should_stop = lambda: False
            self._leave_cells()
        if failures:
            error = left_on(error, "the outputs may still be ON: " + "; ".join(failures))
        # A file that failed while nobody recorded is known to the block alone.
        error = worse(error, self._block.failure)
        if error is None:
            return ("stopped" if self._stopping else "finished"), None
        stopped = isinstance(error, Stopped | KeyboardInterrupt | SystemExit)
        return ("stopped" if stopped else "failed"), error

    def _go_through(self) -> None:
        """Carry the procedure out, start-up first."""
        self.procedure.startup()
        if not self._stopping:
            self._note_metadata()
            self.procedure.execute()

    def _outputs_off(self) -> list[str]:
        """Make the bench safe, however impatient the person at the keyboard is."""
        if self.bench is None:
            return []
        for _ in range(10):
            try:
                return [str(failure) for failure in self.bench.safe()]
            except KeyboardInterrupt:
                continue
            except Exception as error:
                return [one_line(error)]
        return ["interrupted ten times on the way"]

    def _conclude(self, file: RunFile, status: Status, error: BaseException | None) -> RunResult:
        """Store what is left, analyse it, finish the file; the outputs are off."""
        if self._block.failure is None:
            try:
                self._block.flush()
            except Exception as failure:
                status, error = "failed", failure
        text = one_line(error) if status == "failed" and error is not None else None
        if error is not None and status == "failed" and not isinstance(error, BenchError):
            log.error("the procedure failed", exc_info=error)
        analysis, complaint = self._analyze(file, status)
        file.finish(status, analysis, text or complaint, _now())
        codes = {"FINISHED": "finished", "ABORTED": "stopped", "FAILED": "failed"}
        self.procedure.status = next(
            getattr(self.procedure, name) for name, word in codes.items() if word == status
        )
        result = RunResult(
            self.path, status, file.rows, analysis, text or complaint, exit_code(status, error)
        )
        if result.error:
            self._message(result.error)
        self._tell("finished", result)
        return result

    def _analyze(self, file: RunFile, status: Status) -> tuple[dict[str, Any], str | None]:
        """Return the figures of merit; an analysis that fails loses no run.

        However a run ended, and whosever procedure it was, the device model held or did not, and
        cells of an array were read by one scheme or another.
        """
        merits: dict[str, Any] = {}
        procedure = self.procedure
        error = None
        if status != "failed" and file.rows and isinstance(procedure, Procedure):
            error = self._interrupts.attempt(
                lambda: merits.update(_plain(procedure.analyze(file.data)))
            )
        error = worse(
            error, self._interrupts.attempt(lambda: merits.update(_plain(self._qualifications())))
        )
        if error is None:
            return merits, None
        log.warning("the analysis failed", exc_info=error)
        return merits, f"the data are whole, the analysis failed: {one_line(error)}"

    def _qualifications(self) -> dict[str, Merit]:
        """Return what qualifies the figures, whatever the procedure made of the rows."""
        bench = self.bench
        return {} if bench is None else qualifications(bench.dut.wiring.array, bench.warnings())

    def _note_metadata(self) -> None:
        self.procedure.evaluate_metadata()
        metadata = {name: m.value for name, m in self.procedure.metadata_objects().items()}
        if metadata and self._file is not None:
            with self._block.lock:  # rows of the start-up may be on their way to the file
                self._file.note_metadata(metadata)

    def _store(self, columns: dict[str, FloatArray]) -> None:
        if self._file is not None:
            self._file.append(columns)

    def _announce(self, columns: dict[str, FloatArray]) -> None:
        self._tell("rows", columns)

    def _trace(self, trace: Trace) -> None:
        with self._block.lock:
            self._block.flush()
            if self._file is not None:
                self._file.append_trace(trace, max(0, self._file.rows - 1))

    def _progress(self, fraction: float) -> None:
        now = perf_counter()
        if fraction < 1 and now - self._told < PROGRESS_EVERY:
            return
        self._told = now
        done = min(max(fraction, 0.0), 1.0)
        eta = (now - self._begun) * (1 - done) / done if done > 0 else None
        self._tell("progress", done, eta)

    def _message(self, text: str) -> None:
        self._tell("message", text)

    def _tell(self, what: str, *about: Any) -> None:
        with self._telling:
            for observer in list(self._observers):
                try:
                    getattr(observer, what)(*about)
                except Exception:
                    log.exception("%r failed at %s and is dropped", observer, what)
                    self._observers.remove(observer)

    def _flush_in_time(self, over: threading.Event) -> None:
        while not over.wait(FLUSH_EVERY):
            try:
                self._block.flush_quietly()
                if self._file is not None:
                    self._file.sync()
            except BenchError as failure:
                self._block.fail(failure)
            except Exception as error:
                # Whatever it was, nobody else would hear of it, and rows would wait in memory.
                log.exception("the rows cannot be stored")
                self._block.fail(BenchError(f"the rows cannot be stored: {one_line(error)}"))
            if self._block.failure is not None:
                self._stopping = True


class _Sink:
    """Where our own procedures' rows go under a run."""

    def __init__(
        self, block: RowBlock, trace: Callable[[Trace], None], progress: Callable[[float], None]
    ) -> None:
        self.record = block.record
        self.record_trace = trace
        self.progress = progress


def _plain(merits: Mapping[str, Merit]) -> dict[str, Any]:
    return {name: plain(asdict(merit)) for name, merit in merits.items()}


def _seed(bench: "Bench | None", seed: int | None) -> int:
    if seed is None and bench is not None and bench.simulated:
        seed = bench.config.simulation.seed
    if seed is None:
        return secrets.randbits(31)
    if not 0 <= seed < 2**63:
        raise ConfigError(f"seed: expected a whole number from 0 to 2**63 - 1, got {seed}")
    return seed


def _kebab(name: str) -> str:
    """Return a class name as the command line writes it: IVSweep is iv-sweep."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _now() -> str:
    """Return the date and time of day, for people; durations never come from here."""
    return datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251 - see above
