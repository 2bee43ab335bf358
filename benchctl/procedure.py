"""A measurement: what it asks for, what it applies to the `Dut`, what it records, what it means.

One file, one subclass of `Procedure`. The declarations at the top of the class make the command
line, the form in the window, the docs page, the file header and the plots.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import numpy as np
import pymeasure.experiment
from numpy.typing import NDArray
from pymeasure.units import ureg

import benchctl
from benchctl.errors import BenchError, ConfigError, Stopped, unknown
from benchctl.parameters import choice, count, quantities_list, quantity, switch
from benchctl.rows import Table
from benchctl.stimulus import Stimulus, Trace
from benchctl.store import Column, columns_of

if TYPE_CHECKING:
    from benchctl.bench import Bench
    from benchctl.dut import Dut

__all__ = [
    "Merit",
    "Plot",
    "Procedure",
    "Sink",
    "choice",
    "count",
    "quantities_list",
    "quantity",
    "switch",
]

# A procedure looks its columns' units up. The registry builds itself at the first look-up, and a
# second thread that comes meanwhile finds half of it; an import has one thread.
ureg.parse_units("V")


@dataclass(frozen=True, slots=True)
class Plot:
    """One live plot; `x`, `y` and `by` are column slugs."""

    x: str
    y: str | tuple[str, ...]
    title: str = ""
    log_x: bool = False
    log_y: bool = False
    kind: Literal["line", "points", "map"] = "line"
    """a map has a tile at each whole `x` and `y`"""
    by: str = ""
    """one curve per value of this column; the colour of a map, on a log scale with `log_y`"""


@dataclass(frozen=True, slots=True)
class Merit:
    """One figure of merit."""

    value: float | str | bool | list[float]
    unit: str = ""
    title: str = ""
    interval: tuple[float, float] | None = None
    """confidence interval, in `unit`"""
    note: str = ""


class Sink(Protocol):
    """Where a procedure's rows go."""

    def record(self, columns: Mapping[str, Any]) -> None:
        """Take one row of scalars, or many rows of arrays."""
        ...

    def record_trace(self, trace: Trace) -> None:
        """Take a waveform that belongs to the last row."""
        ...

    def progress(self, fraction: float) -> None:
        """Take how much is done, 0..1."""
        ...


class Procedure(pymeasure.experiment.Procedure):
    """Base of every benchctl procedure; runs under `Run` and under PyMeasure's own ``Worker``."""

    PRISTINE: ClassVar[bool] = False
    """the recipe wants a fresh device; the built-in simulated bench then gives one"""
    SELECTS: ClassVar[bool] = False
    """the recipe goes through the cells of an array by itself"""
    PLOTS: ClassVar[tuple[Plot, ...]] = ()
    DATA_COLUMNS: ClassVar[list[str]] = []
    CODES: ClassVar[Mapping[str, Mapping[float, str]]] = {}
    """words for the numbers of a column (by slug) that has words for values"""

    dut: "Dut"
    rng: np.random.Generator
    """what the procedure draws from; a run seeds it, so that the same seed gives the same rows"""
    _parameters: dict[str, Any]

    def __init__(self, **values: Any) -> None:
        super().__init__()
        # PyMeasure sorts by name; forms and headers read better as declared.
        self._parameters = {name: self._parameters[name] for name in self.parameter_names()}
        self._sink: Sink = _Emitter(self)
        self._bench: Bench | None = None
        self.rng = np.random.default_rng()
        for name, value in values.items():
            self._known(name)
            setattr(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        parameter = self._parameters.get(name)
        if parameter is not None and (value is not None or parameter.is_set()):
            parameter.value = value
            value = parameter.value
        super().__setattr__(name, value)

    @classmethod
    def parameter_names(cls) -> list[str]:
        """Return the parameters' names as declared: a class's own before its bases'."""
        names: dict[str, None] = {}
        for klass in cls.__mro__:
            for name, value in vars(klass).items():
                if isinstance(value, pymeasure.experiment.Parameter):
                    names[name] = None
        return [n for n in names if isinstance(getattr(cls, n), pymeasure.experiment.Parameter)]

    @classmethod
    def columns(cls) -> list[Column]:
        """Return the columns a run of this procedure has."""
        return columns_of(cls)

    @classmethod
    def parse_parameters(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return `values` (numbers, or text with units) as the SI values a procedure holds.

        Raises:
            ConfigError: an unknown name, another unit, out of bounds.
        """
        procedure = cls(**values)
        return {name: getattr(procedure, name) for name in values}

    def _known(self, name: str) -> None:
        if name not in self._parameters:
            raise unknown("parameter", name, self._parameters)

    def bind(self, dut: "Dut", sink: Sink, rng: np.random.Generator) -> None:
        """Give the procedure what it works with; `Run` does this before `startup`."""
        self.dut = dut
        self.rng = rng
        self._sink = sink

    def startup(self) -> None:
        """Open the default bench where nobody gave one: under PyMeasure's own ``Worker``."""
        if hasattr(self, "dut"):
            return
        self._bench = benchctl.open_bench(pristine=self.PRISTINE)
        self.dut = self._bench.dut
        self.dut.should_stop = self.should_stop
        self.check(self.dut)
        # The Worker takes any exception for a failure; a stop that was asked for is none. It
        # calls `execute` of the object, which mypy wants left as the class has it.
        self.execute = _until_stopped(self.execute)  # type: ignore[method-assign]

    def execute(self) -> None:
        """Make the measurement."""

    def shutdown(self) -> None:
        """Outputs off, and the bench closed where `startup` opened it."""
        if self._bench is None:
            return
        bench, self._bench = self._bench, None
        del self.dut
        try:
            failures = bench.safe()
        finally:
            bench.close()
        if failures:
            raise BenchError("; ".join(map(str, failures)))

    def preview(self) -> Stimulus:
        """Return what is applied first, or one representative cycle."""
        return Stimulus()

    def check(self, dut: "Dut") -> None:
        """Refuse what `dut` cannot be given; a run asks before it makes or sends anything.

        Raises:
            ConfigError: the DUT is an array, and nobody chose the cell this procedure measures; or
                parameters contradict one another.
            LimitExceeded, CapabilityError: what is previewed, or asked for besides, is refused.
        """
        if not self.SELECTS:
            dut.need_cell()
        if getattr(self, "read_voltage", None) == 0:
            raise ConfigError("read_voltage: a conductance cannot be read at 0 V")
        dut.check(self.preview(), compliance=getattr(self, "compliance", None))

    def record(self, **columns: Any) -> None:
        """Add rows, by column slug: scalars are one row, arrays of one length are many.

        A scalar among arrays is repeated. Every column must be given; NaN says "not observed".

        Raises:
            BenchError: a column too many or too few, lengths that differ, or no number.
            Stopped: the run was asked to stop.
        """
        self._sink.record(columns)

    def record_trace(self, trace: Trace) -> None:
        """Add a waveform that belongs to the last recorded row."""
        self._sink.record_trace(trace)

    def progress(self, fraction: float) -> None:
        """Say how much is done, 0..1."""
        self._sink.progress(fraction)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return the figures of merit of `data` (slug to array), by name."""
        return {}


class _Emitter:
    """Sends rows the PyMeasure way, under full column names."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure
        self._columns = procedure.columns()
        self._table = Table(self._columns)

    def record(self, columns: Mapping[str, Any]) -> None:
        arrays = self._table.arrays(columns)
        if any(np.ndim(value) for value in columns.values()):
            batch = {c.title: arrays[c.slug] for c in self._columns}
            self._procedure.emit("batch results", batch)
        else:
            # Plain floats: PyMeasure writes "nan" for most other types of number.
            row = {c.title: float(arrays[c.slug][0]) for c in self._columns}
            self._procedure.emit("results", row)
        if self._procedure.should_stop():
            raise Stopped("the run was asked to stop")

    def record_trace(self, trace: Trace) -> None:
        self._procedure.emit("trace", trace)  # PyMeasure has no place for one and drops it

    def progress(self, fraction: float) -> None:
        self._procedure.emit("progress", 100 * fraction)


def _until_stopped(execute: Callable[[], None]) -> Callable[[], None]:
    def stoppable() -> None:
        try:
            execute()
        except Stopped:
            return

    return stoppable
