"""One run without a window: parameters in, progress on the way, figures of merit at the end."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchctl import plugins
from benchctl.bench import Bench, built_in_bench, open_bench
from benchctl.config import defaults_for, read_config
from benchctl.errors import ConfigError, unknown
from benchctl.headings import spoken
from benchctl.procedure import Procedure
from benchctl.quantities import show
from benchctl.report import print_merits
from benchctl.run import Run, RunResult
from benchctl.simulated_device import as_text
from benchctl.wiring import Cell


def run_once(
    name: str,
    parameters: Mapping[str, str],
    *,
    bench: Path | None = None,
    simulate: bool = False,
    seed: int | None = None,
    cell: tuple[int, int] | None = None,
    model: str | None = None,
    model_parameters: Mapping[str, str] = {},
    out: Path | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> int:
    """Run a procedure once and return the exit code.

    Args:
        name: of the procedure, or ``package.module:Class``.
        parameters: of the procedure, as text.
        bench: a bench.toml; None for the built-in simulated bench.
        simulate: run the file's bench simulated.
        seed: of the simulated device.
        cell: (row, column) in an array.
        model: of the simulated device, instead of the bench's.
        model_parameters: of the model, as text.
        out: a folder, or a path ending in ``.h5``.
        as_json: end with one line of JSON.
        quiet: say nothing unless it fails.

    Raises:
        ConfigError: an unknown procedure, parameter, unit or bench key; nothing was opened.
    """
    kind = find_procedure(name)
    make(kind, parameters)  # refuse a wrong parameter before any instrument is touched
    procedure = make(kind, parameters, _defaults(name, kind, bench or built_in_bench()))
    pristine = getattr(kind, "PRISTINE", False)
    with open_bench(
        bench, simulate=simulate, seed=seed, pristine=pristine,
        model=model, parameters=as_text(model_parameters), procedures={name: kind},
    ) as opened:  # fmt: skip
        if cell is not None:
            opened.dut.choose(Cell(*cell))
        say = Quiet() if quiet or as_json else Progress()
        run = Run(procedure, opened, out=out, observers=[say], seed=seed)
        run.check()
        if isinstance(procedure, Procedure):
            say.message(_announce(procedure, opened))
        with stop_on_signals(run):
            result = run.execute()
    if as_json:
        sys.stdout.write(json.dumps(_summary(result), allow_nan=False) + "\n")
    elif not quiet:
        print_merits(result.analysis)
        sys.stdout.write(f"{result.status}: {result.rows} rows in {result.file}\n")
    if result.error:
        sys.stderr.write(f"benchctl: {result.error}\n")
    return int(result.exit_code)


def find_procedure(name: str) -> Any:
    """Return the procedure class `name`: an installed one, or ``package.module:Class``.

    Raises:
        ConfigError: no such procedure, module or class.
    """
    if ":" not in name:
        return plugins.load("procedure", name)
    module_name, _, class_name = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = import_module(module_name)
    except Exception as error:
        # Its code is the user's: say what is wrong and where, in one line.
        raise ConfigError(f"cannot import {module_name}: {_defect(error)}") from None
    finally:
        sys.path.pop(0)
    kind = getattr(module, class_name, None)
    if not (isinstance(kind, type) and hasattr(kind, "DATA_COLUMNS")):
        raise ConfigError(f"{module_name} has no PyMeasure procedure named '{class_name}'")
    return kind


def _defect(error: Exception) -> str:
    """Return what stopped a module from being imported, and in which line."""
    if isinstance(error, ImportError | SyntaxError):
        return str(error)
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"


def make(kind: Any, parameters: Mapping[str, Any], defaults: Mapping[str, Any] = {}) -> Any:
    """Return a procedure with the bench's defaults, then `parameters`, applied.

    Defaults for parameters this procedure has not are passed over: a bench serves many.
    """
    procedure = kind()
    known = procedure.parameter_objects()
    chosen = {k: v for k, v in defaults.items() if k in known} | dict(parameters)
    if isinstance(procedure, Procedure):
        return kind(**chosen)

    for key, value in chosen.items():
        if key not in known:
            raise unknown("parameter", key, known)
        try:
            known[key].value = value
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{key}: {error}") from None
        setattr(procedure, key, known[key].value)
    return procedure


def _defaults(name: str, kind: Any, path: Path) -> dict[str, Any]:
    """Return what a bench.toml says of the parameters of a procedure, each checked.

    Raises:
        ConfigError: names the file, and the parameter whose value cannot be.
    """
    defaults = defaults_for(name, read_config(path).defaults)
    try:
        make(kind, {}, defaults)
    except ConfigError as error:
        raise ConfigError(f"{path}: [defaults] {error}") from None
    return defaults


class Progress:
    """Tells a person how far the run is: a bar on a terminal, a line now and then elsewhere."""

    _EVERY = 5.0

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = monotonic() + (0.0 if self._live else self._EVERY)
        self._rows = 0

    def started(self, run: Run) -> None:
        """Begin."""

    def rows(self, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Count."""
        self._rows += len(next(iter(columns.values()), ()))

    def progress(self, fraction: float, eta: float | None) -> None:
        """Show how much is done."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + (0.1 if self._live else self._EVERY)
        left = f", {show(eta, 's', 2)} left" if eta is not None else ""
        rows = f", {self._rows} rows" if self._rows else ""
        text = f"{100 * fraction:5.1f} %{rows}{left}"
        if self._live:
            done = round(30 * fraction)
            sys.stderr.write(f"\r{'█' * done}{'░' * (30 - done)} {text}\033[K")
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def finished(self, result: RunResult) -> None:
        """Leave the line clean."""
        if self._live:
            sys.stderr.write("\r\033[K")

    def message(self, text: str) -> None:
        """Pass a remark on."""
        sys.stderr.write(text + "\n")


class Quiet(Progress):
    """Tells nothing."""

    def progress(self, fraction: float, eta: float | None) -> None:
        """Say nothing."""

    def finished(self, result: RunResult) -> None:
        """Say nothing."""

    def message(self, text: str) -> None:
        """Say nothing."""


def _announce(procedure: Procedure, bench: Bench) -> str:
    """Return what is about to happen, before anything is applied."""
    stimulus = procedure.preview()
    plan = bench.dut.check(stimulus, compliance=getattr(procedure, "compliance", None))
    low, high = stimulus.extremes
    where = "simulated bench" if bench.simulated else "bench"
    wear = {"relay operations": plan.relay_operations, "matrix contacts": plan.contacts}
    worn = "".join(f", {count} {what}" for what, count in wear.items() if count)
    name = spoken(bench.name).removesuffix(" bench")
    return (
        f"{where} {name}, device {bench.dut.label}: first stimulus {show(low, 'V')} to "
        f"{show(high, 'V')}, {show(plan.duration, 's')}, {plan.segments} segments{worn}"
    )


@contextmanager
def stop_on_signals(run: Run) -> Iterator[None]:
    """Stop the run, outputs off, on Ctrl-C, SIGTERM, SIGHUP and Windows' Ctrl-Break."""
    asked: set[int] = set()

    def stop(number: int, frame: FrameType | None) -> None:
        run.stop()
        if number in asked:  # a second one means: now
            signal.default_int_handler(number, frame)
        asked.add(number)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, n) for n in names if hasattr(signal, n)]
    # Under nohup a run outlives its terminal.
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) == signal.SIG_IGN:
        numbers.remove(hang_up)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(result: RunResult) -> dict[str, Any]:
    return {
        "file": str(result.file) if result.file else None,
        "status": result.status,
        "rows": result.rows,
        "analysis": result.analysis,
        "error": result.error,
    }
