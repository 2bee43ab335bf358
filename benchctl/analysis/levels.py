"""Programmed levels: how near, how far apart, how many can be told from each other."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate, mean, median, proportion

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SEPARATION: Final = 6.0
"""Standard deviations between neighbouring levels, 3 on each side: about 0.27 % of reads err."""


@dataclass(frozen=True, slots=True)
class Level:
    """What programming one target achieved."""

    target: float
    """S"""
    achieved: Estimate
    """S, mean of the tries that reached it"""
    error: Estimate
    """median of |achieved - target| / target, of the same"""
    spread: float
    """S, standard deviation of the same; NaN for one value"""
    missed: Estimate
    """S, mean of the tries that did not: where they were left is no level"""
    attempts: Estimate
    """pulses, mean of all tries"""
    success: Estimate
    """share of the tries that ended inside the band, Wilson's interval"""


def levels(
    target: ArrayLike, achieved: ArrayLike, attempts: ArrayLike, reached: ArrayLike
) -> list[Level]:
    """Return one `Level` per distinct target (arrays of one entry per try), lowest first."""
    columns = [np.asarray(c, dtype=float) for c in (target, achieved, attempts, reached)]
    known = np.isfinite(columns[0]) & np.isfinite(columns[1])
    wanted, got, tries, done = (c[known] for c in columns)
    return [
        _level(float(t), got[wanted == t], tries[wanted == t], done[wanted == t] == 1)
        for t in np.unique(wanted)
    ]


def _level(target: float, got: FloatArray, tries: FloatArray, done: BoolArray) -> Level:
    return Level(
        target,
        mean(got[done]),
        median(np.abs(got[done] / target - 1)),
        _deviation(got[done]),
        mean(got[~done]),
        mean(tries),
        proportion(int(done.sum()), done.size),
    )


def _deviation(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else math.nan


def distinguishable(
    conductance: ArrayLike, deviation: ArrayLike, separation: float = SEPARATION
) -> Estimate:
    """Return how many levels fit between the lowest and the highest one.

    N = 1 + floor( integral dG / (k sigma(G)) ), k = `separation`; sigma is interpolated linearly
    between the measured levels.

    Args:
        conductance: S, the levels' means.
        deviation: S, their standard deviations: programming, read noise and drift together.
        separation: k, standard deviations from one level to the next.
    """
    g, sigma = np.asarray(conductance, dtype=float), np.asarray(deviation, dtype=float)
    known = np.isfinite(g) & np.isfinite(sigma)
    order = np.argsort(g[known], kind="stable")
    g, sigma = g[known][order], sigma[known][order]
    if g.size < 2:
        return Estimate(math.nan, note="needs 2 levels, each programmed twice or more")
    if (sigma <= 0).any():
        return Estimate(math.nan, note="a level without any spread: more repeats are needed")
    steps = sum(_spaces(g[i : i + 2], sigma[i : i + 2]) for i in range(g.size - 1)) / separation
    return Estimate(float(1 + math.floor(steps + 1e-9)))


def _spaces(g: FloatArray, sigma: FloatArray) -> float:
    """Integrate dG/sigma exactly over one interval of linear sigma."""
    width, a, b = float(g[1] - g[0]), float(sigma[0]), float(sigma[1])
    return width / a if math.isclose(a, b, rel_tol=1e-9) else width * math.log(b / a) / (b - a)


def pulse_energy(voltage: float, width: float, before: float, after: float) -> float:
    """Return V^2 (G_before + G_after)/2 t (J), the trapezoid over one pulse [R].

    An estimate: the conductance is the one at the read voltage, not the one in the pulse.
    """
    return voltage**2 * (before + after) / 2 * width
