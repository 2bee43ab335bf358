"""Clouds of points that grow without end in bounded memory, drawn as dense as they are.

The lowest and the highest of each bucket, which serve a line well, would make two bands of a cloud
and leave its middle empty. So a `Scatter` draws a fair sample of the rows, and the extremes of wide
buckets beside it: no outlier is lost, and the middle is where most points are.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchctl.gui.series import CAPACITY, DRAWN, Series
from benchctl.stimulus import FloatArray

#: The first rows are all kept: the first decades of a log axis.
HEAD: Final = 2048
#: Share of the points drawn that are extremes.
EXTREMES: Final = 0.2


class Scatter:
    """One cloud."""

    def __init__(self, capacity: int = CAPACITY, *, log_x: bool = False) -> None:
        """Keep at most `capacity` points; `log_x` spreads those drawn evenly over decades."""
        self._extremes = Series(max(4, capacity // 16 * 4))
        self._x = np.empty(capacity // 2)
        self._y = np.empty(capacity // 2)
        self._head = min(HEAD, capacity // 4)
        self._log = log_x
        self._size = 0
        self._step = 1
        self._skip = 0
        """rows to let pass before the next that is kept"""

    @property
    def rows(self) -> int:
        """How many rows came."""
        return self._extremes.rows

    def append(self, x: FloatArray, y: FloatArray) -> None:
        """Add rows; those with an x or a y that is not finite are left out."""
        self._extremes.append(x, y)
        seen = np.isfinite(x) & np.isfinite(y)
        x, y = x[seen], y[seen]
        while len(x):
            if self._size == len(self._x):
                self._thin()
            room = len(self._x) - self._size
            # The head takes every row; what follows it, every `_step`th.
            taken = slice(self._skip, self._skip + room * self._step, self._step)
            count = len(x[taken])
            self._x[self._size : self._size + count] = x[taken]
            self._y[self._size : self._size + count] = y[taken]
            self._size += count
            used = min(len(x), taken.stop)
            self._skip = self._skip + count * self._step - used
            x, y = x[used:], y[used:]

    def points(
        self, most: int = DRAWN, view: tuple[float, float] | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return x and y to draw, at most `most` points, of the x in `view` where it is given."""
        x, y = _within(view, self._x[: self._size], self._y[: self._size])
        if self._step == 1 and len(x) <= most:
            return x, y
        a, b = _within(view, *self._extremes.points(max(4, int(EXTREMES * most))))
        chosen = self._sample(x, max(1, most - len(a)))
        return np.concatenate([x[chosen], a]), np.concatenate([y[chosen], b])

    def _sample(self, x: FloatArray, most: int) -> slice | NDArray[Any]:
        """Return which of the points are drawn: the same ones, as long as may be, while more come.

        Those that come first to each of many equal steps of a log axis; elsewhere every nth.
        """
        if self._log and len(x) and x[0] > 0 and bool((np.diff(x) >= 0).all()):
            decades = np.log10(x)
            steps = 2.0 ** np.ceil(np.log2(most))
            while True:
                _, first = np.unique(np.floor(decades * steps), return_index=True)
                if len(first) <= most:
                    return first
                steps /= 2
        step = 1
        while -(-len(x) // step) > most:
            step *= 2
        return slice(None, None, step)

    def _thin(self) -> None:
        """Drop every other point behind the head, and keep half as many from now on."""
        kept = np.concatenate([np.arange(self._head), np.arange(self._head, len(self._x), 2)])
        self._x[: len(kept)], self._y[: len(kept)] = self._x[kept], self._y[kept]
        # The last point dropped or kept says how many rows pass until the next.
        self._skip += self._step * ((len(self._x) - self._head) % 2)
        self._size, self._step = len(kept), self._step * 2


def _within(
    view: tuple[float, float] | None, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the points with an x in `view`."""
    if view is None:
        return x, y
    seen = (x >= view[0]) & (x <= view[1])
    return x[seen], y[seen]
