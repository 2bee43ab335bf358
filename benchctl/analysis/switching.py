"""Current-voltage loops, forming, and the two states of a pulsed cycle."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate, median, robust_variation, variation

FloatArray = NDArray[np.float64]

NO_SWITCHING = 0.1
"""A conductance that changes by less than this fraction over a half-loop did not switch."""


@dataclass(frozen=True, slots=True)
class HalfLoop:
    """One polarity of a double sweep, 0 V to the peak and back."""

    before: float
    """S at the read voltage on the way out"""
    after: float
    """S at the read voltage on the way back"""
    voltage: float
    """V where the state changed; NaN when it did not"""
    area: float
    """W, the loop's area in the current-voltage plane"""
    limited: bool
    """the source was at its compliance somewhere"""

    @property
    def direction(self) -> int:
        """+1 where the half-loop sets, -1 where it resets, 0 where nothing happened."""
        if not (self.before > 0 and self.after > 0):
            return 0
        change = math.log(self.after / self.before)
        return 0 if abs(change) < math.log1p(NO_SWITCHING) else int(math.copysign(1, change))


def half_loop(
    programmed: FloatArray,
    voltage: FloatArray,
    current: FloatArray,
    limited: FloatArray,
    read_voltage: float,
) -> HalfLoop | None:
    """Return the figures of one polarity, or None when it holds under 3 points.

    Args:
        programmed: V, what the source was told; its largest magnitude is the turning point.
        voltage: V at the source's terminals (below the programmed one at compliance).
        current: A.
        limited: 1 where the source was at its compliance.
        read_voltage: V, magnitude at which the two states are compared.
    """
    if programmed.size < 3:
        return None
    size = np.abs(programmed)
    peak = int(np.argmax(size))
    with np.errstate(divide="ignore", invalid="ignore"):
        conductance = np.where(voltage == 0, np.nan, current / voltage)
    before = _at(size[: peak + 1], conductance[: peak + 1], read_voltage)
    after = _at(size[peak:][::-1], conductance[peak:][::-1], read_voltage)
    loop = HalfLoop(before, after, math.nan, _area(voltage, current), bool(np.nansum(limited) > 0))
    if loop.direction == 0:
        return loop
    where = (_steepest if loop.direction > 0 else _largest_current)(
        conductance[: peak + 1], current[: peak + 1]
    )
    at = math.nan if where is None else float(programmed[where])
    return HalfLoop(before, after, at, loop.area, loop.limited)


def _at(size: FloatArray, conductance: FloatArray, read_voltage: float) -> float:
    known = np.isfinite(conductance) & (size > 0)
    if not known.any() or read_voltage > size[known].max():
        return math.nan
    return float(np.interp(read_voltage, size[known], conductance[known]))


def _steepest(conductance: FloatArray, current: FloatArray) -> int | None:
    """Set: the sample that ends the largest step of ln G on the way out."""
    del current
    positive = np.where(conductance > 0, conductance, np.nan)
    step = np.diff(np.log(positive))
    return None if not np.isfinite(step).any() else int(np.nanargmax(step)) + 1


def _largest_current(conductance: FloatArray, current: FloatArray) -> int | None:
    """Reset: the sample of largest |I| on the way out, beyond which the state gives way."""
    del conductance
    return int(np.nanargmax(np.abs(current)))


def _area(voltage: FloatArray, current: FloatArray) -> float:
    return 0.5 * abs(float(np.sum(voltage * np.roll(current, -1) - np.roll(voltage, -1) * current)))


def halves(
    programmed: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    limited: ArrayLike,
    read_voltage: float,
) -> tuple[HalfLoop | None, HalfLoop | None]:
    """Return the positive and the negative half of one double sweep."""
    p, v, i, held = (np.asarray(c, dtype=float) for c in (programmed, voltage, current, limited))
    up, down = p > 0, p < 0
    at = abs(read_voltage)
    return (
        half_loop(p[up], v[up], i[up], held[up], at),
        half_loop(p[down], v[down], i[down], held[down], at),
    )


def pinch(voltage: ArrayLike, current: ArrayLike) -> Estimate:
    """Return |I| where V crosses 0, as a fraction of the largest |I|.

    A memristor stores no energy, so its loop goes through the origin: the fraction is 0 but for
    noise and offset. A battery's or a capacitor's loop is open there.
    """
    v, i = np.asarray(voltage, dtype=float), np.asarray(current, dtype=float)
    top = np.nanmax(np.abs(i), initial=0.0)
    near = np.abs(v) <= 1e-3 * np.nanmax(np.abs(v), initial=0.0)
    if top == 0 or not near.any():
        return Estimate(math.nan, note="no current, or no point at 0 V")
    return Estimate(float(np.nanmax(np.abs(i[near]))) / float(top))


@dataclass(frozen=True, slots=True)
class States:
    """Two states over many cycles."""

    high: Estimate
    """S after set, median"""
    low: Estimate
    """S after reset, median"""
    ratio: Estimate
    """high / low, median of the cycles' own ratios"""
    high_variation: Estimate
    """standard deviation over mean, cycle to cycle"""
    low_variation: Estimate
    high_robust: Estimate
    """1.4826 MAD over median"""
    low_robust: Estimate
    failed: int
    """observed cycles whose ratio is below the one asked for"""
    observed: int
    worst_ratio: float
    """5 % of the high state over 95 % of the low state"""


def states(set_conductance: ArrayLike, reset_conductance: ArrayLike, least_ratio: float) -> States:
    """Return the statistics of a set/reset train; cycles with a NaN were not observed."""
    high, low = (np.asarray(c, dtype=float) for c in (set_conductance, reset_conductance))
    seen = np.isfinite(high) & np.isfinite(low)
    high, low = high[seen], low[seen]
    return States(
        median(high),
        median(low),
        median(ratio(high, low)),
        variation(high),
        variation(low),
        robust_variation(high),
        robust_variation(low),
        int(np.count_nonzero(~(ratio(high, low) >= least_ratio))),
        int(high.size),
        float(ratio(_percentile(high, 5), _percentile(low, 95))[0]),
    )


def ratio(high: FloatArray, low: FloatArray) -> FloatArray:
    """Return high / low; infinite where the low state is not above 0, NaN where neither is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(low > 0, high / low, np.where(high > 0, np.inf, np.nan))
    return np.asarray(value, dtype=float)


def _percentile(values: FloatArray, percent: float) -> FloatArray:
    return np.array([np.percentile(values, percent) if values.size else math.nan])
