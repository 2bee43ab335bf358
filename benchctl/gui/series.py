"""One curve that grows without end in bounded memory, and is cheap to draw.

A `Series` keeps at most `capacity` points. Its rows are put into buckets in the order they
came, and each bucket keeps its lowest and its highest point; when the buckets run out,
neighbours are merged. No spike is ever lost, x may run back and forth as it does in an
I-V loop, and ten million rows take two megabytes.
"""

from typing import Final

import numpy as np

from benchctl.stimulus import FloatArray

#: Points one curve keeps: 2^16 buckets of two.
CAPACITY: Final = 2 << 16
#: Points one plot draws, all its curves together.
DRAWN: Final = 4000


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
