"""Estimates with intervals: centre, spread and proportion of repeated measurements.

All intervals are 95 %, two-sided. Values that are NaN were not observed and are left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

NORMAL: Final = 1.959963984540054
"""Standard normal deviate that leaves 2.5 % above it."""
_EXACT: Final = 1000
"""Above this many values the normal form of the median's ranks is exact to one rank."""
_RESAMPLED: Final = 5000
"""A bootstrap sees at most this many values; thinning more than that only widens its interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its 95 % interval, and what to know about it."""

    value: float
    interval: tuple[float, float] | None = None
    note: str = ""


def finite(values: ArrayLike) -> FloatArray:
    """Return the observed values as a flat array."""
    array: FloatArray = np.asarray(values, dtype=float).ravel()
    return array[np.isfinite(array)]


def student(degrees: int) -> float:
    """Return the deviate of Student's t that leaves 2.5 % above it."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))


def mean(values: ArrayLike) -> Estimate:
    """Return the mean, with Student's interval."""
    x = finite(values)
    if x.size == 0:
        return Estimate(math.nan, note="nothing was observed")
    centre = float(x.mean())
    if x.size == 1:
        return Estimate(centre, note="a single value has no interval")
    half = student(x.size - 1) * float(x.std(ddof=1)) / math.sqrt(x.size)
    return Estimate(centre, (centre - half, centre + half))


def median(values: ArrayLike) -> Estimate:
    """Return the median, with the interval between order statistics (no distribution assumed)."""
    x = np.sort(finite(values))
    if x.size == 0:
        return Estimate(math.nan, note="nothing was observed")
    centre = float(np.median(x))
    below = _ranks(x.size)
    if below < 1:
        return Estimate(centre, note="fewer than 6 values give no 95 % interval of the median")
    return Estimate(centre, (float(x[below - 1]), float(x[x.size - below])))


def _ranks(size: int) -> int:
    """Return the largest m with P(Binomial(size, 1/2) < m) <= 2.5 %."""
    if size > _EXACT:
        return int((size - NORMAL * math.sqrt(size)) / 2)
    from scipy.special import bdtr

    return int(np.searchsorted(bdtr(np.arange(size), size, 0.5), 0.025, side="right"))


def variation(values: ArrayLike) -> Estimate:
    """Return the coefficient of variation, standard deviation over |mean|.

    Its interval is the delta method's with the sample's own third and fourth moments, so that a
    skewed state is not taken for a normal one.
    """
    x = finite(values)
    if x.size < 2:
        return Estimate(math.nan, note="a spread needs 2 values or more")
    centre, deviation = float(x.mean()), float(x.std(ddof=1))
    if centre == 0:
        return Estimate(math.nan, note="the mean is 0, a relative spread has no meaning")
    value = deviation / abs(centre)
    if deviation == 0:
        return Estimate(0.0, (0.0, 0.0), "all values are equal")
    z = (x - x.mean()) / deviation
    skew, kurtosis = float((z**3).mean()), float((z**4).mean())
    signed = deviation / centre
    relative = (signed**2 - signed * skew + (kurtosis - 1) / 4) / x.size
    half = student(x.size - 1) * value * math.sqrt(max(relative, 0.0))
    return Estimate(value, (max(value - half, 0.0), value + half))


def robust_variation(values: ArrayLike, seed: int = 0) -> Estimate:
    """Return 1.4826 MAD over |median|: what the spread is when tails and outliers are ignored."""
    x = finite(values)
    if x.size < 2:
        return Estimate(math.nan, note="a spread needs 2 values or more")

    def statistic(rows: FloatArray) -> FloatArray:
        centre = np.median(rows, axis=-1)
        distance = np.median(np.abs(rows - centre[..., None]), axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1.4826 * distance / np.abs(centre))

    value = float(statistic(x[None, :])[0])
    if not math.isfinite(value):
        return Estimate(math.nan, note="the median is 0, a relative spread has no meaning")
    return Estimate(value, bootstrap(statistic, x, seed=seed))


def bootstrap(
    statistic: Callable[[FloatArray], FloatArray],
    values: FloatArray,
    *,
    resamples: int = 400,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the percentile interval of `statistic` (of rows), or None for under 3 values."""
    if values.size < 3:
        return None
    thin = values[:: math.ceil(values.size / _RESAMPLED)]
    rng = np.random.default_rng(seed)
    results = [
        statistic(thin[rng.integers(0, thin.size, (50, thin.size))]) for _ in range(resamples // 50)
    ]
    low, high = np.nanpercentile(np.concatenate(results), [2.5, 97.5])
    return float(low), float(high)


def proportion(successes: int, total: int) -> Estimate:
    """Return successes / total, with Wilson's interval (sound at 0 and at all of them)."""
    if total <= 0:
        return Estimate(math.nan, note="nothing was observed")
    share, z2 = successes / total, NORMAL**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = NORMAL * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == total else centre + half
    return Estimate(share, (low, high))


PROBABILITIES: Final = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
"""Where `quantiles` reads a cumulative distribution."""


def quantiles(values: ArrayLike) -> list[float]:
    """Return the values at `PROBABILITIES`, from plotting positions (i - 0.3)/(n + 0.4) [R]."""
    x = np.sort(finite(values))
    if x.size == 0:
        return [math.nan] * len(PROBABILITIES)
    positions = (np.arange(1, x.size + 1) - 0.3) / (x.size + 0.4)
    return [float(q) for q in np.interp(PROBABILITIES, positions, x)]
