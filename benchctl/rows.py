"""Rows on their way from a procedure to a run's file."""

import struct
import threading
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

import numpy as np
from pymeasure.units import ureg

from benchctl.errors import BenchError, Stopped, unknown
from benchctl.stimulus import FloatArray
from benchctl.store import Column, columns_of

#: Rows at which a block closes.
ROWS: Final = 4096
#: Rows handed over at a time where one call brings more.
SLICE: Final = 16 * ROWS


class Table:
    """The declared columns: what `Procedure.record` is given, made into arrays."""

    def __init__(self, columns: list[Column]) -> None:
        self.slugs = tuple(column.slug for column in columns)
        self.in_order = _in_order(self.slugs)

    def arrays(self, columns: Mapping[str, Any]) -> dict[str, FloatArray]:
        """Return every column as a float64 array of one length, scalars repeated.

        Raises:
            BenchError: naming the column that is missing, unknown, too long, or no number.
        """
        self.check_names(columns)
        arrays = {slug: _floats(slug, columns[slug]) for slug in self.slugs}
        lengths = {slug: len(a) for slug, a in arrays.items() if a.ndim}
        most = max(lengths.values(), default=1)
        for slug, length in lengths.items():
            if length != most:
                raise BenchError(f"record: column '{slug}' has {length} rows, others have {most}")
        return {slug: a if a.ndim else np.full(most, a) for slug, a in arrays.items()}

    def check_names(self, columns: Mapping[str, Any]) -> None:
        """Refuse a column that was not declared, or a row without one that was."""
        for name in columns:
            if name not in self.slugs:
                raise BenchError(f"record: {unknown('column', name, self.slugs)}")
        for slug in self.slugs:
            if slug not in columns:
                raise BenchError(f"record: column '{slug}' is missing; give NaN where unobserved")


class RowBlock:
    """Gathers rows and delivers them in order, from whichever thread closes the block."""

    def __init__(
        self,
        columns: list[Column],
        store: Callable[[dict[str, FloatArray]], None],
        announce: Callable[[dict[str, FloatArray]], None],
        stopping: Callable[[], bool],
    ) -> None:
        self.lock = threading.RLock()
        self.failure: BenchError | None = None
        self._table = Table(columns)
        self._store = store
        self._announce = announce
        self._stopping = stopping
        self._width = len(columns)
        self._pack = struct.Struct(f"={self._width}d").pack_into
        self._stride = 8 * self._width
        # A procedure without columns still needs somewhere to pack nothing.
        self._grid = np.empty((ROWS, max(1, self._width)))
        self._bytes = self._grid.data.cast("B")
        self._filled = 0
        self._full = ROWS

    def record(self, columns: Mapping[str, Any]) -> None:
        """Take one row of scalars, or many rows of arrays.

        Raises:
            BenchError: the columns are not the declared ones, or the file failed.
            Stopped: the run was asked to stop; the rows were taken.
        """
        try:
            row = self._table.in_order(columns)
            if len(columns) != self._width:
                self._table.check_names(columns)
            with self.lock:
                self._pack(self._bytes, self._filled * self._stride, *row)
                self._filled += 1
        except (KeyError, struct.error, TypeError):
            # Arrays, or an error worth a better text.
            self.add(self._table.arrays(columns))
        if self._filled >= self._full:
            self._turn()

    def add(self, arrays: dict[str, FloatArray]) -> None:
        """Take many rows; the arrays are of one length."""
        rows = len(next(iter(arrays.values()), ()))
        with self.lock:
            if self._filled + rows >= ROWS:
                self.flush()
            if rows >= ROWS:
                for start in range(0, rows, SLICE):
                    self._hand_over({s: a[start : start + SLICE] for s, a in arrays.items()})
                return
            for index, array in enumerate(arrays.values()):
                self._grid[self._filled : self._filled + rows, index] = array
            self._filled += rows

    def interrupt(self) -> None:
        """Make the next `record` notice the stop; takes no lock, so a signal handler may call."""
        self._full = 0

    def flush(self) -> None:
        """Deliver what gathered.

        Raises:
            BenchError: the file failed, now or earlier, or a value is infinite.
        """
        with self.lock:
            if not self._filled:
                return
            rows = np.ascontiguousarray(self._grid[: self._filled, : self._width].T)
            self._hand_over(dict(zip(self._table.slugs, rows, strict=True)))

    def flush_quietly(self) -> None:
        """Deliver what gathered; a failure waits in `failure` for the procedure's thread."""
        try:
            self.flush()
        except BenchError:
            self.interrupt()

    def fail(self, failure: BenchError) -> None:
        """Refuse all further rows because of `failure`."""
        self.failure = self.failure or failure
        self.interrupt()

    def _turn(self) -> None:
        self.flush()
        if self.failure is not None:
            raise self.failure
        if self._stopping():
            raise Stopped("the run was asked to stop")

    def _hand_over(self, arrays: dict[str, FloatArray]) -> None:
        """Store rows, then tell of them; those before an infinite value are kept."""
        good = _finite_rows(arrays)
        kept = {slug: array[:good] for slug, array in arrays.items()}
        try:
            if self.failure is not None:
                raise self.failure
            # Interrupted in here, the rows stay gathered and are stored once more: the file
            # then writes them to the same place.
            if good:
                self._store(kept)
            self._filled = 0
            if good:
                self._announce(kept)
            if good < min(map(len, arrays.values()), default=0):
                raise _infinity(arrays, good)
        except BenchError as failure:
            self._filled = 0
            self.failure = failure
            raise


class StockRows:
    """PyMeasure's ``emit``, for procedures that know nothing of benchctl."""

    def __init__(
        self,
        procedure: Any,
        block: RowBlock,
        progress: Callable[[float], None],
        message: Callable[[str], None],
    ) -> None:
        self._columns = columns_of(procedure)
        self._units = procedure.parse_columns(procedure.DATA_COLUMNS)
        self._block = block
        self._progress = progress
        self._message = message

    def emit(self, topic: str, record: Any) -> None:
        """Take what PyMeasure's Worker takes; topics it ignores are ignored here too.

        As there, a column that a record lacks is NaN, and a record's other keys are dropped.

        Raises:
            BenchError: a value is no number, or the file failed.
        """
        if topic == "progress":
            self._progress(float(record) / 100)
        elif topic == "error":
            self._message(str(record))
        elif topic in ("results", "batch results"):
            rows = {c.slug: self._magnitude(c.title, record.get(c.title)) for c in self._columns}
            try:
                self._block.record(rows)
            except Stopped:
                return  # a stock procedure asks should_stop() itself

    def _magnitude(self, title: str, value: Any) -> Any:
        """Return the number in the column's unit; PyMeasure takes "5 mV" and pint quantities."""
        if value is None:
            return np.nan
        if isinstance(value, str):
            value = ureg.Quantity(value)
        if hasattr(value, "m_as"):
            return value.m_as(self._units.get(title, "dimensionless"))
        return value


def _in_order(slugs: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return a fast function from a row by slug to its values in order."""
    if len(slugs) > 1:
        return itemgetter(*slugs)
    return lambda columns: tuple(columns[slug] for slug in slugs)


def _floats(slug: str, value: object) -> FloatArray:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty((0, 0))  # ragged
    if array.dtype.kind not in "fiub" or array.ndim > 1:
        raise BenchError(f"record: column '{slug}' takes real numbers, got {value!r:.60}")
    return array.astype(np.float64, copy=False)


def _finite_rows(arrays: Mapping[str, FloatArray]) -> int:
    """Return how many rows come before the first infinite value."""
    rows = min(map(len, arrays.values()), default=0)
    for array in arrays.values():
        infinite = np.isinf(array)
        if infinite.any():
            rows = min(rows, int(infinite.argmax()))
    return rows


def _infinity(arrays: Mapping[str, FloatArray], row: int) -> BenchError:
    slug = next(slug for slug, array in arrays.items() if np.isinf(array[row]))
    return BenchError(f"record: column '{slug}' is infinite; give NaN where unobserved")
