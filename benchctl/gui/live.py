"""Curves that grow without end in bounded memory, and are cheap to draw.

A `Series` keeps at most `capacity` points. Its rows are put into buckets in the order they
came, and each bucket keeps its lowest and its highest point; when the buckets run out,
neighbours are merged. No spike is ever lost, x may run back and forth as it does in an
I-V loop, and ten million rows take two megabytes.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchctl.stimulus import FloatArray

if TYPE_CHECKING:
    # It brings PyMeasure, which the first picture of the window does not wait for.
    from benchctl.procedure import Plot

#: Points one curve keeps: 2^16 buckets of two.
CAPACITY: Final = 2 << 16
#: Points one plot draws, all its curves together.
DRAWN: Final = 4000
#: Tiles of a map, along either side.
MOST_TILES: Final = 1024
#: Curves of one `by` column that are kept; the oldest give way.
MOST_GROUPS: Final = 12


class Series:
    """One curve."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Keep at most `capacity` points (a multiple of 4)."""
        self.rows = 0
        self._bucket = 2
        self._size = 0
        self._x = np.empty(capacity)
        self._y = np.empty(capacity)
        self._tail = (np.empty(0), np.empty(0))
        self._rising = True
        self._last = -np.inf

    def append(self, x: FloatArray, y: FloatArray) -> None:
        """Add rows; those with an x or a y that is not finite are left out."""
        seen = np.isfinite(x) & np.isfinite(y)
        if not seen.all():
            x, y = x[seen], y[seen]
        if not len(x):
            return
        self.rows += len(x)
        self._rising = self._rising and bool(x[0] >= self._last and (np.diff(x) >= 0).all())
        self._last = float(x[-1])
        x, y = np.concatenate([self._tail[0], x]), np.concatenate([self._tail[1], y])
        start = 0
        while (full := (len(x) - start) // self._bucket) > 0:
            if self._size == len(self._x):
                self._halve()
                continue
            taken = min(full, (len(self._x) - self._size) // 2)
            stop = start + taken * self._bucket
            self._put(*condense(x[start:stop], y[start:stop], self._bucket))
            start = stop
        self._tail = (x[start:].copy(), y[start:].copy())

    def points(
        self, most: int = DRAWN, view: tuple[float, float] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return x and y to draw, at most `most` points.

        `view` (lowest and highest x in sight) spends them on that part, where x only rises.
        """
        x = np.concatenate([self._x[: self._size], self._tail[0]])
        y = np.concatenate([self._y[: self._size], self._tail[1]])
        if view is not None and self._rising:
            low = max(0, int(np.searchsorted(x, view[0])) - 1)
            high = int(np.searchsorted(x, view[1], side="right")) + 1
            x, y = x[low:high], y[low:high]
        bucket = 2
        # Powers of two keep the buckets, and so the picture, still while the curve grows.
        while 2 * -(-len(x) // bucket) > most:
            bucket *= 2
        if bucket == 2:
            return x, y
        whole = len(x) // bucket * bucket
        a, b = condense(x[:whole], y[:whole], bucket)
        if whole < len(x):
            c, d = condense(x[whole:], y[whole:], len(x) - whole)
            a, b = np.concatenate([a, c]), np.concatenate([b, d])
        return a, b

    def _put(self, x: FloatArray, y: FloatArray) -> None:
        end = self._size + len(x)
        self._x[self._size : end] = x
        self._y[self._size : end] = y
        self._size = end

    def _halve(self) -> None:
        """Merge neighbouring buckets."""
        x, y = condense(self._x, self._y, 4)
        self._size, self._bucket = 0, self._bucket * 2
        self._put(x, y)


def condense(x: FloatArray, y: FloatArray, bucket: int) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and the highest point of each `bucket` rows, in the order of the rows."""
    if bucket < 2 or not len(x):
        return x, y
    values = y.reshape(-1, bucket)
    low, high = values.argmin(axis=1), values.argmax(axis=1)
    first, second = np.minimum(low, high), np.maximum(low, high)
    second[first == second] = bucket - 1  # a flat bucket keeps its two ends
    kept = np.stack([first, second], axis=1) + np.arange(0, len(x), bucket)[:, None]
    return x[kept.ravel()], y[kept.ravel()]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line to draw: which column, which group, and its points."""

    column: str
    group: Any
    x: FloatArray
    y: FloatArray


class LivePlot:
    """All curves of one plot."""

    def __init__(self, spec: "Plot", *, groups: int = MOST_GROUPS) -> None:
        self.spec = spec
        self.columns = (spec.y,) if isinstance(spec.y, str) else tuple(spec.y)
        self.version = 0
        self.truncated = False
        """Whether older groups have given way to newer ones."""
        self.folded: set[str] = set()
        """Columns of which negative values are drawn as their magnitude, on a log axis."""
        self._groups = groups
        self._capacity = CAPACITY if not spec.by else CAPACITY // 8
        self._series: dict[Any, dict[str, Series]] = {}

    @property
    def observed(self) -> bool:
        """Whether there is anything to draw."""
        return any(s.rows for members in self._series.values() for s in members.values())

    def append(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Add rows, given as columns of equal length."""
        self.version += 1
        if not self.spec.by:
            self._extend(None, rows)
            return
        unknown = np.isnan(rows[self.spec.by])
        if unknown.any():
            rows = {slug: column[~unknown] for slug, column in rows.items()}
        values, index, last = _distinct(rows[self.spec.by])
        for number in np.argsort(last)[-self._groups :]:
            chosen = index == number
            group = values[number].item()
            self._extend(group, {slug: rows[slug][chosen] for slug in (self.spec.x, *self.columns)})
        self.truncated = self.truncated or len(values) > self._groups

    def curves(self, view: tuple[float, float] | None = None, most: int = DRAWN) -> list[Curve]:
        """Return what to draw, oldest group first, at most `most` points in all."""
        share = max(8, most // max(1, len(self._series) * len(self.columns)))
        return [
            Curve(slug, group, *series.points(share, view))
            for group, members in self._series.items()
            for slug, series in members.items()
            if series.rows
        ]

    def _extend(self, group: Any, rows: Mapping[str, NDArray[Any]]) -> None:
        members = self._series.get(group)
        if members is None:
            while len(self._series) >= self._groups:
                self._series.pop(next(iter(self._series)))
                self.truncated = True
            members = {slug: Series(self._capacity) for slug in self.columns}
            self._series[group] = members
        x = self._drawable(self.spec.x, rows, self.spec.log_x)
        for slug, series in members.items():
            series.append(x, self._drawable(slug, rows, self.spec.log_y))

    def _drawable(self, slug: str, rows: Mapping[str, NDArray[Any]], log: bool) -> FloatArray:
        """Return a column as floats; on a log axis the magnitude, and nothing for 0."""
        values = np.asarray(rows[slug], dtype=np.float64)
        if not log:
            return values
        if (values < 0).any():
            self.folded.add(slug)
        return np.where(values == 0, np.nan, np.abs(values))


class LiveMap:
    """The newest value at each whole x and y, for a picture of tiles."""

    def __init__(self, spec: "Plot") -> None:
        self.spec = spec
        self.version = 0
        self.values = np.full((0, 0), np.nan)
        """by y and x; NaN where nothing was observed"""

    @property
    def observed(self) -> bool:
        """Whether there is anything to draw."""
        return bool(np.isfinite(self.values).any())

    def append(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Add rows, given as columns of equal length; those beyond `MOST_TILES` are left out."""
        self.version += 1
        spec = self.spec
        slugs = (str(spec.y), spec.x, spec.by)
        y, x, values = (np.asarray(rows[slug], dtype=np.float64) for slug in slugs)
        seen = np.isfinite(values) & (x >= 0) & (x < MOST_TILES) & (y >= 0) & (y < MOST_TILES)
        if not seen.any():
            return
        row, column = y[seen].astype(int), x[seen].astype(int)
        high, wide = self.values.shape
        grown = np.full((max(high, row.max() + 1), max(wide, column.max() + 1)), np.nan)
        grown[:high, :wide] = self.values
        grown[row, column] = values[seen]
        self.values = grown

    def tiles(self) -> FloatArray:
        """Return what is turned into colour: the values; their decades where the scale is log.

        A 0 has no decade: it is given the lowest there is, for a dead cell must not vanish.
        """
        if not self.spec.log_y:
            return self.values
        sizes = np.abs(self.values)
        sound = sizes[sizes > 0]
        lowest = sound.min() if sound.size else 1.0
        decades: FloatArray = np.log10(np.where(sizes == 0, lowest, sizes))
        return decades


def _distinct(
    column: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """Return the distinct values, each row's index into them, and each value's last row."""
    values, index = np.unique(np.asarray(column), return_inverse=True)
    last = np.zeros(len(values), dtype=np.intp)
    np.maximum.at(last, index, np.arange(len(index)))
    return values, index, last


class LiveTable:
    """What the run has recorded so far, as far as the window needs it; safe between threads."""

    def __init__(self, specs: "Sequence[Plot]") -> None:
        self.lock = threading.Lock()
        self.plots = [LiveMap(s) if s.kind == "map" else LivePlot(s) for s in specs]
        self.rows = 0
        self.latest: dict[str, Any] = {}

    def append(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add rows, given as columns of equal length."""
        count = len(next(iter(columns.values()), ()))
        if not count:
            return
        with self.lock:
            self.rows += count
            self.latest = {slug: values[-1] for slug, values in columns.items()}
            for plot in self.plots:
                plot.append(columns)
