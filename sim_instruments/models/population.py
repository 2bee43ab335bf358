r"""Many synapses at once: soft-bound steps with write noise, as fast as memory and threads allow.

The update of resistive-processing arrays [R: the SoftBounds device of aihwkit, MIT]: a pulse moves
a weight `w` towards the bound it drives to, by a share of what is left, noisily::

    w <- clip( w + r_d (t - w)(1 + c2c xi), low, high );   t = high (up) or low (down)

`r_d` is `step`, times `down` for pulses down. The bounds and the steps differ between devices, and
xi is new for each pulse and device.

**Noise** — counter-based: the value of pulse `n` in device `d` is a hash of (seed, n, d), nothing
else, so neither threads nor the order of devices nor how a train is cut into calls is seen in it,
and no random state is kept. The hash is 32-bit multiply-xorshift; with `s` the sum of eight of its
bytes, centred and scaled to variance 1, ``xi = s (0.97847 + 0.0075083 s^2)``: an **approximate**
Gaussian with mean 0, variance 1, skew 0 and kurtosis 3 exactly [C]; the tails are right within 2 %
up to 3 sigma, hold two thirds of what they should beyond 4, and end at 5.6 sigma. For questions
about rarer pulses use a `Device`.

**Numerics** — weights are float32: a move below half their spacing (6e-8 just below 1) is lost.
Steps of 1e-3 come within 3e-5 of their bound; steps that would end 1 % of the range before it are
refused. Blocks of devices stay in cache while all pulses of a call pass over them. Memory is the
state, 20 bytes per device (weight, step, two bounds, key), whatever the number of pulses; a call
with its own count for each device takes 4 more while it lasts.

**Threads** take ranges of devices, the calling one too, and it waits for none that has not begun.
A call too small to be worth waking them runs on one, 512 x 512 devices and a single pulse among
them: 0.18 ms, twice what copying the state takes. Four threads need 0.12 ms for it, or 0.22 ms
where others keep the cores busy (AMD EPYC with AVX-512, LLVM 22).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_instruments.models.circuit import kernel
from sim_instruments.models.parameters import Bound, checked

Singles = NDArray[np.float32]
Counts = NDArray[np.int32]

BLOCK = 2048
"""devices whose state fits into the first-level cache"""
FEW = 8
"""devices; so few are pulsed one after the other, not side by side"""
AHEAD = 256
"""pulses whose noise is drawn together for one device"""
WORTH_THREADS = 500_000
"""device-pulses in one call, 0.35 ms of work; waking threads costs some 0.1 ms"""
PIECES = 4
"""ranges per thread: a thread that others disturb takes fewer"""
NEAR = 0.01
"""of the range: so near to its bound a weight still has to move"""

BYTE_SIGMA = (8.0 * (256.0**2 - 1.0) / 12.0) ** 0.5
"""of the sum of eight independent bytes"""
BYTE_MEAN = np.int32(8 * 255 // 2)
LINEAR = np.float32(0.978467790932899 / BYTE_SIGMA)
CUBIC = np.float32(0.00750834292711439 / BYTE_SIGMA**3)
LOW = np.uint32(0x00FF00FF)
HALF = np.uint32(0xFFFF)
GOLDEN = np.uint32(0x9E3779B9)
FIRST, SECOND = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
ONE, ZERO = np.float32(1.0), np.float32(0.0)


@dataclass(frozen=True, slots=True)
class SoftBoundsParameters:
    """Parameters of `Population`; weights are pure numbers."""

    step: Annotated[float, Bound("", 1e-6, 0.5)] = 0.002
    """share of the way left that one pulse goes [R: dw_min of the ReRAM set]"""
    down: Annotated[float, Bound("", 0.01, 100.0)] = 1.0
    """step down over step up"""
    c2c: Annotated[float, Bound("", 0.0, 50.0)] = 0.3
    """relative sigma of one step; Li ECRAM has 0.3, the ReRAM set 3.75 [R]"""
    low: Annotated[float, Bound("", -1e3, 1e3)] = -1.0
    """lower bound [R]"""
    high: Annotated[float, Bound("", -1e3, 1e3)] = 1.0
    """upper bound [R]"""
    start: Annotated[float, Bound("", -1e3, 1e3)] = 0.0
    """weight of all fresh devices, clipped to their bounds"""
    spread_step: Annotated[float, Bound("", 0.0, 1.0)] = 0.1
    """log-normal sigma of the step between devices [D]"""
    spread_bounds: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """sigma of either bound between devices, of the middle range [D; the ReRAM set: 0.3]"""


@kernel
def _mixed(x: Any) -> Any:
    """Return 32 bits in which every bit of `x` counts."""
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * FIRST)
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * SECOND)
    return np.uint32(x ^ (x >> np.uint32(16)))


@kernel
def _age(pulse: int, salt: Any) -> Any:
    """Return what the upper half of the pulse number makes of the seed."""
    return _mixed(np.uint32(np.uint64(pulse) >> np.uint64(32)) ^ salt)


@kernel
def _word(low: Any, age: Any) -> Any:
    """Return the 32 bits all devices share in the pulse whose number ends in `low`."""
    return _mixed(np.uint32(low * GOLDEN) ^ age)


@kernel
def _pairs(x: Any) -> Any:
    """Return two sums of two bytes each, side by side."""
    return np.uint32((x & LOW) + ((x >> np.uint32(8)) & LOW))


@kernel
def _normal(word: Any, key: Any) -> Any:
    """Return the noise of one device in one pulse as float32."""
    x = _mixed(word ^ key)
    pairs = np.uint32(_pairs(x) + _pairs(_mixed(np.uint32(x + GOLDEN))))
    s = np.float32(np.int32((pairs & HALF) + (pairs >> np.uint32(16))) - BYTE_MEAN)
    return s * (LINEAR + CUBIC * (s * s))


@kernel
def _moved(w: Any, target: Any, rate: Any, low: Any, high: Any) -> Any:
    w = w + rate * (target - w)
    return min(max(w, low), high)


def _all_alike(
    weight: Singles, step: Singles, bounds: Singles, key: NDArray[np.uint32], count: int,
    down: Any, noise: Any, pulse: int, salt: Any, first: int, last: int,
) -> None:  # fmt: skip
    """Pulse devices `first` to `last`: all in one pulse, then the next, block by block."""
    share = ONE if count > 0 else down
    way = 1 if count > 0 else 0
    for begin in range(first, last, BLOCK):
        end = min(begin + BLOCK, last)
        w, rate, k = weight[begin:end], step[begin:end], key[begin:end]
        low, high, target = bounds[0, begin:end], bounds[1, begin:end], bounds[way, begin:end]
        for n in range(abs(count)):
            word = _word(np.uint32(pulse + n), _age(pulse + n, salt))
            for d in range(end - begin):
                r = rate[d] * share * (ONE + noise * _normal(word, k[d]))
                w[d] = _moved(w[d], target[d], r, low[d], high[d])


def _each_its_own(
    weight: Singles, step: Singles, bounds: Singles, key: NDArray[np.uint32], counts: Counts,
    down: Any, noise: Any, pulse: int, salt: Any, first: int, last: int,
) -> None:  # fmt: skip
    """Do the same with a count for each device: who has had all of its own moves no more."""
    for begin in range(first, last, BLOCK):
        end = min(begin + BLOCK, last)
        w, rate, k, count = weight[begin:end], step[begin:end], key[begin:end], counts[begin:end]
        low, high = bounds[0, begin:end], bounds[1, begin:end]
        most = np.int32(0)
        for d in range(end - begin):
            most = max(most, abs(count[d]))
        for n in range(most):
            word = _word(np.uint32(pulse + n), _age(pulse + n, salt))
            for d in range(end - begin):
                # Both bounds are read before one is chosen, or this is no vector code.
                least, largest, up = low[d], high[d], count[d] > 0
                r = rate[d] * (ONE if up else down) if np.int32(n) < abs(count[d]) else ZERO
                r = r * (ONE + noise * _normal(word, k[d]))
                w[d] = _moved(w[d], largest if up else least, r, least, largest)


def _one_by_one(
    weight: Singles, step: Singles, bounds: Singles, key: NDArray[np.uint32], counts: Counts,
    down: Any, noise: Any, pulse: int, salt: Any, first: int, last: int,
) -> None:  # fmt: skip
    """Do it to few devices: all pulses of one, then the next."""
    rates = np.empty(AHEAD, np.float32)
    for d in range(first, last):
        count = counts[d]
        rate = step[d] if count > 0 else step[d] * down
        low, high = bounds[0, d], bounds[1, d]
        target = high if count > 0 else low
        w, own = weight[d], key[d]
        done = 0
        while done < abs(count):
            # Up to where the upper half of the pulse number changes.
            first_word = np.uint32(pulse + done)
            size = min(AHEAD, abs(count) - done, 2**32 - int(first_word))
            age = _age(pulse + done, salt)
            for n in range(size):
                word = _word(np.uint32(first_word + np.uint32(n)), age)
                rates[n] = rate * (ONE + noise * _normal(word, own))
            for n in range(size):
                w = _moved(w, target, rates[n], low, high)
            done += size
        weight[d] = w


_alike: Any = kernel(_all_alike, counted=True)
_own: Any = kernel(_each_its_own, counted=True)
_few: Any = kernel(_one_by_one, counted=True)


class Population:
    """Devices with soft bounds, pulsed together.

    Args:
        shape: of the array of devices.
        seed: of spread and noise.
        threads: at most; None takes one per core. The result does not depend on it.
        **parameters: see `SoftBoundsParameters`.

    Raises:
        ValueError: an unknown parameter, one out of its range, a step that float32 loses, or no
            thread at all.
    """

    def __init__(
        self,
        shape: int | Sequence[int],
        seed: int = 0,
        *,
        threads: int | None = None,
        **parameters: float,
    ) -> None:
        self.parameters = q = checked(SoftBoundsParameters, "population", parameters)
        _check(q)
        if threads is not None and threads < 1:
            raise ValueError(f"a population needs 1 thread or more, got {threads}")
        self.threads = threads or os.cpu_count() or 1
        self.shape = tuple(np.atleast_1d(shape).tolist())
        self.pulses = 0
        self._size = int(np.prod(self.shape))
        root = np.random.SeedSequence(seed)
        salt, other = root.generate_state(2, np.uint32)
        self._salt, self._noise = salt, np.float32(q.c2c)
        # A one-to-one map of the index: no two devices share a key.
        self._key = _keys(self._size, other)
        rng = np.random.Generator(np.random.PCG64(root))
        self._step = np.full(self._size, q.step, np.float32)
        self._step *= np.exp(q.spread_step * rng.standard_normal(self._size, np.float32))
        ends = np.array([[q.low], [q.high]], np.float32)
        self._bounds = np.repeat(ends, self._size, axis=1)
        half = 0.5 * (q.high - q.low)
        self._bounds += np.float32(q.spread_bounds * half) * rng.standard_normal(
            (2, self._size), np.float32
        )
        self._bounds.sort(axis=0)
        self._weight = np.clip(np.float32(q.start), *self._bounds)

    @property
    def weights(self) -> Singles:
        """The weights, a view in the shape of the array: writing to it sets them."""
        shaped: Singles = self._weight.reshape(self.shape)
        return shaped

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays this population consists of."""
        arrays = (self._weight, self._step, self._bounds, self._key)
        return sum(a.nbytes for a in arrays)

    def pulse(self, counts: ArrayLike) -> None:
        """Apply pulses: `counts` up (above 0) or down (below 0), one number or one per device.

        Raises:
            ValueError: counts that are no integers or of another shape.
        """
        each = np.asarray(counts)
        if each.dtype.kind not in "iu" or each.shape not in ((), self.shape):
            raise ValueError(
                f"counts must be an integer or integers of shape {self.shape}, "
                f"got {each.dtype} of shape {each.shape}"
            )
        # Of Python's integers: the least int64 has no absolute value.
        most = max(int(each.max(initial=0)), -int(each.min(initial=0)))
        if most >= 2**31:
            raise ValueError(f"at most {2**31 - 1} pulses in one call, got {most}")
        if self._size < FEW:
            self._run(_few, np.full(self._size, each.reshape(-1), np.int32), most)
        elif each.ndim == 0:
            self._run(_alike, int(each), most)
        else:
            self._run(_own, each.astype(np.int32).reshape(-1), most)
        self.pulses += most

    def _run(self, pulsed: Callable[..., None], counts: int | Counts, most: int) -> None:
        """Pulse all devices, at `most` so often, on as many threads as are worth it."""
        given = (
            self._weight, self._step, self._bounds, self._key, counts,
            np.float32(self.parameters.down), self._noise, self.pulses, self._salt,
        )  # fmt: skip
        if self.threads == 1 or self._size < FEW or self._size * most < WORTH_THREADS:
            pulsed(*given, 0, self._size)
            return
        pieces = min(self.threads * PIECES, -(-self._size // BLOCK))
        edges = [self._size * k // pieces for k in range(pieces + 1)]
        # Once it is used up it holds nothing, whoever has yet to find that out.
        parts = iter([(*given, *ends) for ends in pairwise(edges)])

        def take() -> None:
            for part in parts:  # the GIL gives each of them to one thread
                pulsed(*part)

        others = [self._pool.submit(take) for _ in range(self.threads - 1)]
        take()
        for other in others:
            if not other.cancel():
                other.result()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads - 1, thread_name_prefix="population")


def _check(q: SoftBoundsParameters) -> None:
    """Refuse bounds in the wrong order, and steps that are lost where weights are this large."""
    if not q.low < q.high:
        raise ValueError("population needs low < high")
    spacing = float(np.spacing(np.float32(max(abs(q.low), abs(q.high)))))
    least = 0.5 * spacing / (NEAR * (q.high - q.low) * min(1.0, q.down))
    if q.step < least:
        raise ValueError(
            f"population parameter step must be {least:.2g} or more between {q.low:g} and "
            f"{q.high:g}: weights are float32, what a smaller one adds is lost in rounding"
        )


def _keys(size: int, salt: np.uint32) -> NDArray[np.uint32]:
    x = np.arange(size, dtype=np.uint32) ^ salt
    for shift, factor in ((16, FIRST), (15, SECOND)):
        x ^= x >> np.uint32(shift)
        x *= factor
    return x ^ (x >> np.uint32(16))
