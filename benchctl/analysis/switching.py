"""Current-voltage loops, forming, and the two states of a pulsed cycle."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate, median, robust_variation, variation
from benchctl.quantities import show

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

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
    smallest: float = math.nan
    """S that the source-meter tells from 0 at the read voltage, where that is known"""

    @property
    def direction(self) -> int:
        """+1 where the half-loop sets, -1 where it resets, 0 where nothing happened.

        A state that reads 0 or less counts as the smallest the source-meter resolves.
        """
        before, after = (g if g > 0 else self.smallest for g in (self.before, self.after))
        if not (before > 0 and after > 0) or math.isnan(self.before + self.after):
            return 0
        change = math.log(after / before)
        return 0 if abs(change) < math.log1p(NO_SWITCHING) else int(math.copysign(1, change))


def half_loop(
    programmed: FloatArray,
    voltage: FloatArray,
    current: FloatArray,
    limited: FloatArray,
    read_voltage: float,
    resolution: float = math.nan,
) -> HalfLoop | None:
    """Return the figures of one polarity, or None when it holds under 3 points.

    Args:
        programmed: V, what the source was told; its largest magnitude is the turning point.
        voltage: V at the source's terminals (below the programmed one at compliance).
        current: A.
        limited: 1 where the source was at its compliance.
        read_voltage: V, magnitude at which the two states are compared.
        resolution: A, the smallest current told from 0, where that is known.
    """
    if programmed.size < 3:
        return None
    size = np.abs(programmed)
    peak = int(np.argmax(size))
    with np.errstate(divide="ignore", invalid="ignore"):
        conductance = np.where(voltage == 0, np.nan, current / voltage)
    before = _at(size[: peak + 1], conductance[: peak + 1], read_voltage)
    after = _at(size[peak:][::-1], conductance[peak:][::-1], read_voltage)
    held = bool(np.nansum(limited) > 0)
    area, least = _area(voltage, current), resolution / read_voltage
    loop = HalfLoop(before, after, math.nan, area, held, least)
    if loop.direction == 0:
        return loop
    with np.errstate(divide="ignore"):
        unresolved = np.where(voltage == 0, np.nan, resolution / np.abs(voltage))
    seen = np.where(np.abs(current) < resolution, unresolved, conductance)
    where = (_steepest if loop.direction > 0 else _largest_current)(
        seen[: peak + 1], current[: peak + 1]
    )
    at = math.nan if where is None else float(programmed[where])
    return replace(loop, voltage=at)


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
    resolution: float = math.nan,
) -> tuple[HalfLoop | None, HalfLoop | None]:
    """Return the positive and the negative half of one double sweep."""
    p, v, i, held = (np.asarray(c, dtype=float) for c in (programmed, voltage, current, limited))
    up, down = p > 0, p < 0
    at = abs(read_voltage)
    return (
        half_loop(p[up], v[up], i[up], held[up], at, resolution),
        half_loop(p[down], v[down], i[down], held[down], at, resolution),
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
    """observed cycles whose ratio is below the one asked for, or not shown to reach it"""
    observed: int
    worst_ratio: Estimate
    """5 % of the high state over 95 % of the low state"""


def states(
    set_conductance: ArrayLike,
    reset_conductance: ArrayLike,
    least_ratio: float,
    smallest: float = math.nan,
) -> States:
    """Return the statistics of a set/reset train; cycles with a NaN were not observed.

    `smallest` (S) is what the source-meter tells from 0, where that is known.
    """
    high, low = (np.asarray(c, dtype=float) for c in (set_conductance, reset_conductance))
    seen = np.isfinite(high) & np.isfinite(low)
    high, low = high[seen], low[seen]
    least, unresolved = resolved_ratio(high, low, smallest)
    return States(
        median(high),
        median(low),
        on_off(high, low, smallest),
        variation(high),
        variation(low),
        robust_variation(high),
        robust_variation(low),
        int(np.count_nonzero(~(least >= least_ratio))),
        int(high.size),
        _worst_ratio(high, low, _floor(low, smallest) if unresolved.any() else math.nan),
    )


def on_off(high: ArrayLike, low: ArrayLike, smallest: float = math.nan) -> Estimate:
    """Return the median of high / low, or a lower bound where too many low states read 0.

    A low state that reads 0 or less is below what the source-meter resolves: its ratio is at least
    that of `smallest` (S), or of the largest negative reading where that is more.
    """
    g, h = np.asarray(high, dtype=float), np.asarray(low, dtype=float)
    least, unresolved = resolved_ratio(g, h, smallest)
    if not unresolved.any():
        return median(least)
    known = least[~np.isnan(least)]
    text = f"in {unresolved.sum()} of {known.size} cycles the low state reads 0 or less"
    middle = float(np.median(known))
    # However large they are, those that are not resolved do not move a median below them.
    most = np.where(unresolved, math.inf, least)[~np.isnan(least)]
    if float(np.median(most)) == middle < math.inf:
        return Estimate(middle, None, text)
    floor = _floor(h, smallest)
    if not floor > 0:
        return Estimate(math.nan, note=f"{text}, and how little is resolved is not known")
    return Estimate(middle, None, f"lower bound: {text} and counts as {show(floor, 'S', 3)}")


def resolved_ratio(
    high: FloatArray, low: FloatArray, smallest: float
) -> tuple[FloatArray, BoolArray]:
    """Return the least high / low may be, and where that is because low reads 0 or less."""
    value, floor = ratio(high, low), _floor(low, smallest)
    unresolved = np.isinf(value)
    if floor > 0:
        value = np.where(unresolved, high / floor, value)
    return value, unresolved


def _floor(low: FloatArray, smallest: float) -> float:
    """Return the conductance (S) below which a low state is not resolved; NaN if unknown."""
    negative = -float(np.nanmin(low, initial=0.0))
    return float(np.nanmax([smallest, negative])) if negative > 0 else smallest


def _worst_ratio(high: FloatArray, low: FloatArray, floor: float) -> Estimate:
    top, bottom = float(_percentile(high, 5)[0]), float(_percentile(low, 95)[0])
    if bottom > 0 or not floor > 0:
        return Estimate(float(ratio(np.array([top]), np.array([bottom]))[0]))
    return Estimate(
        top / floor, None, f"lower bound: the low state counts as {show(floor, 'S', 3)}"
    )


def ratio(high: FloatArray, low: FloatArray) -> FloatArray:
    """Return high / low; infinite where the low state is not above 0, NaN where neither is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(low > 0, high / low, np.where(high > 0, np.inf, np.nan))
    return np.asarray(value, dtype=float)


def _percentile(values: FloatArray, percent: float) -> FloatArray:
    return np.array([np.percentile(values, percent) if values.size else math.nan])
