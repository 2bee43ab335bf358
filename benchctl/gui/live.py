"""What the plots are drawn from: curves, clouds of points and maps that grow row by row."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchctl.gui.scatter import Scatter
from benchctl.gui.series import CAPACITY, DRAWN, Series
from benchctl.stimulus import FloatArray

if TYPE_CHECKING:
    # It brings PyMeasure, which the first picture of the window does not wait for.
    from benchctl.procedure import Plot

#: Tiles of a map, along either side.
MOST_TILES: Final = 1024
#: Curves of one `by` column that are kept; the oldest give way.
MOST_GROUPS: Final = 12


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
        self._series: dict[Any, dict[str, Series | Scatter]] = {}
        self.zeros = 0
        """values of 0 that a log axis has no place for"""

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
        values, index, first, last = _distinct(rows[self.spec.by])
        newest = np.argsort(last)[-self._groups :]
        for number in newest[np.argsort(first[newest])]:
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
            members = {slug: self._empty() for slug in self.columns}
            self._series[group] = members
        x = self._drawable(self.spec.x, rows, self.spec.log_x)
        for slug, series in members.items():
            series.append(x, self._drawable(slug, rows, self.spec.log_y))

    def _empty(self) -> Series | Scatter:
        if self.spec.kind == "points":
            return Scatter(self._capacity, log_x=self.spec.log_x)
        return Series(self._capacity)

    def _drawable(self, slug: str, rows: Mapping[str, NDArray[Any]], log: bool) -> FloatArray:
        """Return a column as floats; on a log axis the magnitude, and nothing for 0."""
        values = np.asarray(rows[slug], dtype=np.float64)
        if not log:
            return values
        if (values < 0).any():
            self.folded.add(slug)
        self.zeros += int((values == 0).sum())
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
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return the distinct values, each row's index into them, each value's first and last row."""
    values, first, index = np.unique(np.asarray(column), return_index=True, return_inverse=True)
    last = np.zeros(len(values), dtype=np.intp)
    np.maximum.at(last, index, np.arange(len(index)))
    return values, index, first, last


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
