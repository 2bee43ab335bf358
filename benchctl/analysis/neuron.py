"""Spikes in a sampled current: when they come, how regular they are, what makes them come."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

FIRE, REARM = 0.5, 0.25
"""of the way from the resting to the largest current: rising through the first begins a spike, and
it has to fall through the second before the next (a detector without that gap counts noise)"""
RESTING = 5.0
"""percentile of the current that stands for rest"""


CONTRAST = 0.02
"""of the largest current, and"""
CLEAR = 6.0
"""times the change from sample to sample: a current that rises less than either has no spikes. A
sawtooth has to be sampled seven times in a cycle"""
SWINGS = 0.1
"""of the largest current: with less than this there is nothing to resolve"""


def thresholds(current: ArrayLike, fire: float = FIRE, rearm: float = REARM) -> tuple[float, float]:
    """Return (fire, rearm) in A, as shares of the way from rest to the peak of a typical spike.

    The charging current an input begins with is left out: all before the current has first come
    half-way down. The first spikes may be larger than all others, so the peak is the median one.
    Both are not a number where the current hardly rises (`CONTRAST`, `CLEAR`).
    """
    i, low, span, noise = _swing(current)
    if not span > max(CONTRAST * abs(low + span), CLEAR * noise):
        return math.nan, math.nan
    peaks = _peaks(i, low + 0.1 * span, low + 0.05 * span)
    high = float(np.median(peaks)) if peaks.size else low + span
    return low + fire * (high - low), low + rearm * (high - low)


def resolved(current: ArrayLike, swings: float = SWINGS) -> bool:
    """Tell whether spikes could be seen: a current that swings from sample to sample hides them.

    With less than `swings` of the largest current there is nothing to resolve.
    """
    _, low, span, noise = _swing(current)
    return not CLEAR * noise >= span > swings * abs(low + span)


def hiding(level: ArrayLike, count: ArrayLike, currents: Sequence[ArrayLike]) -> NDArray[np.bool_]:
    """Tell which inputs may have fired unseen: of `level`, with `count` spikes in `currents`.

    Beside those that are not `resolved`, an input that seems silent above one that is not: what
    fires on the smaller fires faster on the larger. And one above an input that fires, where the
    current swings ever so little: of spikes faster than the samples only a ripple is left.
    """
    x, n = np.abs(np.asarray(level, dtype=float)), np.asarray(count, dtype=float)
    hidden = ~np.array([resolved(each) for each in currents], dtype=bool)
    ripple = ~np.array([resolved(each, CONTRAST) for each in currents], dtype=bool)
    above_hidden = x > x[hidden].min(initial=math.inf)
    above_firing = x > x[n > 0].min(initial=math.inf)
    found: NDArray[np.bool_] = hidden | ((n == 0) & (above_hidden | (above_firing & ripple)))
    return found


def _swing(current: ArrayLike) -> tuple[FloatArray, float, float, float]:
    """Return the settled current, its rest, how far it rises, its change from sample to sample."""
    i = np.asarray(current, dtype=float)
    i = i[np.isfinite(i)]
    if i.size < 2:
        return i, math.nan, math.nan, math.nan
    low = float(np.percentile(i, RESTING))
    i = i[np.argmax(i < 0.5 * (low + float(i.max()))) :]
    noise = float(np.median(np.abs(np.diff(i)))) / 0.954 if i.size > 1 else 0.0
    return i, low, float(i.max()) - low, noise


def _peaks(i: FloatArray, over: float, under: float) -> FloatArray:
    """Return the largest current of each excursion above `over` that ends below `under`."""
    begins = spikes(np.arange(i.size), i, over, under).astype(int)
    return np.array([part.max() for part in np.split(i, begins)[1:]])


def spikes(time: ArrayLike, current: ArrayLike, fire: float, rearm: float) -> FloatArray:
    """Return when spikes begin (s): the samples at which `current` has risen through `fire` (A).

    After each the current has to fall below `rearm` (A). A trace that begins above `fire` has not
    risen through it.
    """
    t, i = np.asarray(time, dtype=float), np.asarray(current, dtype=float)
    if not (math.isfinite(fire) and rearm <= fire):
        return np.empty(0)
    found, armed = [], bool(i.size and i[0] < fire)
    # Only samples that cross a threshold matter, and these are few.
    for k in np.flatnonzero((i > fire) | (i < rearm)).tolist():
        if armed and i[k] > fire:
            found.append(t[k])
            armed = False
        elif i[k] < rearm:
            armed = True
    return np.array(found)


@dataclass(frozen=True, slots=True)
class Firing:
    """What one input did; NaN where there are too few spikes to tell."""

    count: int
    rate: float
    """spikes per s"""
    latency: float
    """s to the first spike"""
    interval: float
    """s, mean between spikes"""
    variation: float
    """standard deviation of the intervals over their mean: 0 a clock, 1 a Poisson process"""
    shortest: float
    """s, the shortest interval: an upper bound of the refractory time"""
    adaptation: float
    """last interval over the first: above 1 the neuron tires, below 1 it is sensitised"""


def firing(begins: ArrayLike, duration: float) -> Firing:
    """Return what `begins` (s from when the input came) say of an input of `duration` (s)."""
    t = np.asarray(begins, dtype=float)
    gaps = np.diff(t)
    few = math.nan
    return Firing(
        t.size,
        t.size / duration,
        float(t[0]) if t.size else few,
        float(gaps.mean()) if gaps.size else few,
        float(gaps.std(ddof=1) / gaps.mean()) if gaps.size > 1 else few,
        float(gaps.min()) if gaps.size else few,
        float(gaps[-1] / gaps[0]) if gaps.size > 1 else few,
    )


def rheobase(level: ArrayLike, count: ArrayLike) -> tuple[float, float]:
    """Return (largest level without a spike below, smallest level with one); NaN where unknown.

    The rheobase lies between the two.
    """
    x, n = np.asarray(level, dtype=float), np.asarray(count, dtype=float)
    if not (n > 0).any():
        return (float(x.max()) if x.size else math.nan), math.nan
    fires = float(x[n > 0].min())
    silent = x[(n == 0) & (x < fires)]
    return (float(silent.max()) if silent.size else math.nan), fires
