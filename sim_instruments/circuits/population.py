r"""Many devices of one model as arrays: one row of state, parameters and random stream per cell.

The kernels are templates over a range of cells, bound to a model's own `current`, `step`, `rest`
and `observe` (`sim_instruments.models.circuit`), so every model is a population without a line of
its own. A cell is what hangs between a high and a low line: the device, and below it the access
transistor where the array has them. While a cell moves, the lines are a Thevenin source to it::

    V_device + V_transistor = V_cell + R (I_before - I)

with R what the lines of this cell offer; what others change meanwhile, the crossbar looks after.

**Threads**: ranges of cells go to a pool of threads, the kernels release the GIL. A cell draws
from its own stream only, so a run gives the same bits on any number of threads. Measured with 4096
full strokes of `gap_filament`: 6.7 ms on one thread, with `prange` as well. On four threads of a
machine that was busy otherwise the pool took 6.6 ms (0.7 ms where nothing moved), `prange` 16 ms
(12 ms), because its threads spin; its default threading layer must not be called from several
threads either. Hence the pool. Below `WORTH_THREADS` cells one thread does it all.

**Memory**: state and stream of each cell, and each packed parameter row once, however many cells
have it: the table of a `jart_vcm` (1.85 MB) is one for all cells of the same parameters.
"""

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_instruments.circuits.streams import Words, handle, seeded, stream
from sim_instruments.circuits.transistor import THRESHOLD, channel
from sim_instruments.load import ROOM
from sim_instruments.models.circuit import BATTERY, Array, Kernels, bind
from sim_instruments.models.device import Device

Places = NDArray[np.intp]

UNBIASED = 1e-6
"""V; a cell below it rests, in closed form"""
WORTH_THREADS = 1024
"""cells"""
WORTH_POOL = 1e-3
"""s; cells that were faster the last time are not worth waking threads: nothing depends on it"""
PIECES = 4
"""ranges per thread: cells that switch take longer, and lie together"""

# What the templates' free names stand for is bound by `_compiled`.
current: Any = None
step: Any = None
rest: Any = None
observe: Any = None
solve: Any = None
meet: Any = None


def _meet(
    total: float, w: float, resistance: float, guess: float, x: Array, p: Array, t: Array
) -> tuple[float, float, float, float, float, float]:
    """Return (device voltage, current, give, device slope, channel slopes with u and with w).

    `total` stands across resistance, device and transistor; without one (`t` empty) the channel
    is a short: its slopes are infinite and 0.
    """
    if t.size == 0:
        v, i, g, give, _limited = solve(total, math.inf, resistance, guess, x, p)
        return v, i, give, g, math.inf, 0.0
    low = min(total, 0.0) - BATTERY
    high = max(total, 0.0) + BATTERY
    v = min(max(guess, low), high)
    i, g = current(v, x, p)
    for _ in range(100):
        through, by_u, by_w = channel(total - resistance * i - v, w, t)
        f = i - through
        if f > 0.0:
            high = v
        else:
            low = v
        slope = g + by_u * (1.0 + resistance * g)
        new = v - f / slope if slope > 0.0 else low - 1.0
        if not low <= new <= high:
            new = 0.5 * (low + high)
        move = new - v
        v = new
        if abs(move) < 1e-6:
            # The current of one more Newton step, right to some 1e-11 of itself.
            i += g * move
            break
        i, g = current(v, x, p)
    open_end = resistance + 1.0 / by_u if by_u > 0.0 else math.inf
    give = open_end / (1.0 + open_end * g) if open_end < math.inf else 1.0 / g
    return v, i, give, g, by_u, by_w


def _look(
    high: Array,
    low: Array,
    gate: Array,
    device: Array,
    i: Array,
    by_high: Array,
    by_low: Array,
    x: Array,
    rows: Array,
    which: Places,
    t: Array,
) -> None:
    """Write each cell's device voltage, current and slopes with its high and its low line.

    `device` is the guess as well; `by_low` is positive where a higher low line draws less. The
    parameters of cell k are row ``which[k]`` of `rows`.
    """
    for k in range(high.size):
        p = rows[which[k]]
        w = gate[k] - t[THRESHOLD] - low[k] if t.size > 0 else 0.0
        v, now, _give, g, by_u, by_w = meet(high[k] - low[k], w, 0.0, device[k], x[k], p, t)
        device[k] = v
        i[k] = now
        share = 1.0 if t.size == 0 else g / (g + by_u) if g + by_u > 0.0 else 0.0
        by_high[k] = g if t.size == 0 else by_u * share
        by_low[k] = by_high[k] + by_w * share


def _advance(
    first: int,
    last: int,
    duration: float,
    high: Array,
    low: Array,
    gate: Array,
    resistance: Array,
    device: Array,
    i: Array,
    end: Array,
    x: Array,
    rows: Array,
    which: Places,
    t: Array,
    streams: Words,
) -> None:
    """Let cells `first` to `last` live for `duration`; write the cell voltage they end with."""
    for k in range(first, last):
        rng = stream(streams, k)
        p = rows[which[k]]
        total = high[k] - low[k] + resistance[k] * i[k]
        end[k] = high[k] - low[k]
        if abs(total) < UNBIASED:
            rest(duration, x[k], p, rng)
            continue
        w = gate[k] - t[THRESHOLD] - low[k] if t.size > 0 else 0.0
        v = device[k]
        left = duration
        while left > 0.0:
            v, now, give, g, _u, _w = meet(total, w, resistance[k], v, x[k], p, t)
            left -= step(v, now, g, give, left, x[k], p, rng)
        v, now, give, g, _u, _w = meet(total, w, resistance[k], v, x[k], p, t)
        end[k] = total - resistance[k] * now


def _rest_all(duration: float, x: Array, rows: Array, which: Places, streams: Words) -> None:
    for k in range(x.shape[0]):
        rest(duration, x[k], rows[which[k]], stream(streams, k))


def _observe_all(i: Array, x: Array, rows: Array, which: Places, streams: Words) -> None:
    """Replace each cell's current by what a meter sees of it."""
    for k in range(x.shape[0]):
        i[k] = observe(i[k], x[k], rows[which[k]], stream(streams, k))


@dataclass(frozen=True, slots=True)
class PopulationKernels:
    """A model's templates over cells."""

    look: Callable[..., None]
    advance: Callable[..., None]
    rest: Callable[..., None]
    observe: Callable[..., None]


@cache
def _compiled(kernels: Kernels, model: str) -> PopulationKernels:
    """Return the templates bound to the kernels of `model`."""
    meeting = bind(_meet, __name__, label=model, channel=channel, current=kernels.current,
                   solve=kernels.solve)  # fmt: skip
    return PopulationKernels(
        bind(_look, __name__, label=model, counted=True, meet=meeting),
        bind(_advance, __name__, label=model, counted=True, meet=meeting, step=kernels.step,
             rest=kernels.rest),
        bind(_rest_all, __name__, label=model, counted=True, rest=kernels.rest),
        bind(_observe_all, __name__, label=model, counted=True, observe=kernels.observe),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bias:
    """What every cell sees, arrays of one length: a solved state of the lines around it."""

    high: Array
    """V, its high line"""
    low: Array
    """V, its low line"""
    gate: Array
    """V, its transistor's gate; without transistors of no account"""
    device: Array
    """V across the device itself"""
    current: Array
    """A"""


class Population:
    """Cells of one model.

    Args:
        make: makes the fresh device of cell k, the same one every time.
        seeds: of the cells' noise, one per cell.
        transistor: the packed transistor, empty for none.
        threads: at most this many work at once; None is one per processor.

    Raises:
        ValueError: no thread at all.
    """

    def __init__(
        self,
        make: Callable[[int], Device],
        seeds: Sequence[np.random.SeedSequence],
        transistor: Array,
        threads: int | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"a population needs 1 thread or more, got {threads}")
        first = make(0)
        self._make = make
        self._kernels = _compiled(first.KERNELS, first.name)
        self._transistor = transistor
        self.temperature = ROOM
        states: list[Array] = []

        def parameters() -> Iterator[Array]:
            for k in range(len(seeds)):
                x, p, _ = make(k).parts()
                states.append(x)
                yield p

        self._p, self._which = _once(parameters())
        self.x = np.array(states)
        self._words = seeded(seeds)
        self._streams = handle(self._words)
        count = threads or os.cpu_count() or 1
        self._ranges = self._split(count if len(seeds) >= WORTH_THREADS else 1)
        self._slow = False  # how long the cells took last
        self._pool = ThreadPoolExecutor(count) if len(self._ranges) > 1 else None

    def _split(self, threads: int) -> list[tuple[int, int]]:
        pieces = 1 if threads == 1 else PIECES * threads
        edges = np.linspace(0, len(self.x), pieces + 1).astype(int).tolist()
        return list(pairwise(edges))

    def warm(self, temperature: float) -> None:
        """Take all cells to another ambient temperature in K."""
        if temperature != self.temperature:
            rows = (self._make(k).parts(temperature)[1] for k in range(len(self.x)))
            self._p, self._which = _once(rows)
            self.temperature = temperature

    def device(self, k: int) -> Device:
        """Return a device that is as cell `k` is now; what happens to it stays with it."""
        device = self._make(k)
        device.parts(self.temperature)[0][:] = self.x[k]
        return device

    def alone(self, voltage: float) -> Array:
        """Return each device's current (A) with `voltage` directly across it."""
        across = np.full(len(self.x), voltage)
        nothing = np.zeros_like(across)
        current, by_high, by_low = np.empty((3, across.size))
        self._kernels.look(across, nothing, nothing, across.copy(), current, by_high, by_low,
                           self.x, self._p, self._which, np.zeros(0))  # fmt: skip
        return current

    def look(
        self, high: Array, low: Array, gate: Array, device: Array
    ) -> tuple[Array, Array, Array]:
        """Return current (A) and its slopes (S) with the high and, downwards, the low line.

        `device` holds guesses of the device voltages, and is overwritten with these.
        """
        out = np.empty((3, high.size))
        self._kernels.look(high, low, gate, device, *out, self.x, self._p, self._which,
                           self._transistor)  # fmt: skip
        return out[0], out[1], out[2]

    def advance(self, bias: Bias, resistance: Array, duration: float) -> Array:
        """Let `duration` pass for all cells; return the voltage across each at the end.

        `resistance` (Ohm) is what the lines of each cell offer to it, see the module's text.
        """
        end = np.empty(resistance.size)

        def one(ends: tuple[int, int]) -> None:
            self._kernels.advance(
                *ends, duration, bias.high, bias.low, bias.gate, resistance, bias.device,
                bias.current, end, self.x, self._p, self._which, self._transistor, self._streams,
            )  # fmt: skip

        began = perf_counter()
        if self._pool is None or not self._slow:
            one((0, len(self.x)))
        else:
            list(self._pool.map(one, self._ranges))
        self._slow = perf_counter() - began > WORTH_POOL
        return end

    def rest(self, duration: float) -> None:
        """Let `duration` pass without bias, in closed form."""
        self._kernels.rest(duration, self.x, self._p, self._which, self._streams)

    def observed(self, current: Array) -> Array:
        """Return what a meter sees of each cell's current (A), noise included."""
        seen = current.copy()
        self._kernels.observe(seen, self.x, self._p, self._which, self._streams)
        return seen

    def snapshot(self) -> tuple[Array, Words]:
        """Return all that moves, for `restore`."""
        return self.x.copy(), self._words.copy()

    def restore(self, kept: tuple[Array, Words]) -> None:
        """Go back to a snapshot, random streams included."""
        self.x[:], self._words[:] = kept


def _once(rows: Iterable[Array]) -> tuple[Array, Places]:
    """Return the distinct ones of `rows`, and which of them each is.

    Raises:
        ValueError: rows of different lengths.
    """
    distinct: list[Array] = []
    same: dict[int, int] = {}
    equal: dict[bytes, int] = {}
    which = []
    for row in rows:
        place = same.get(id(row), -1)
        if place < 0 or distinct[place] is not row:
            place = equal.setdefault(hashlib.blake2b(row.tobytes()).digest(), len(distinct))
            if place == len(distinct):
                distinct.append(row)
                same[id(row)] = place
        which.append(place)
    if len({row.size for row in distinct}) > 1:
        raise ValueError("these parameters cannot differ between cells of one array")
    return np.array(distinct), np.array(which, dtype=np.intp)
