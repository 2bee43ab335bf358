r"""Potentiation and depression by identical pulses: range, nonlinearity, asymmetry.

A branch of `n` pulses is held against

    G(P) = B (1 - exp(-P / A)) + G_min,    B = (G_max - G_min) / (1 - exp(-P_max / A))

(NeuroSim user manual V3, equations 1-3); its label is the largest distance of that curve from the
straight line, ``NL = dev / (0.07 sqrt 2)`` with ``D = 1 - exp(-1/a)``, ``a = A / P_max`` and
``dev = 1/D - a + a ln(a D)``: the closed form of NeuroSim's table.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate

FloatArray = NDArray[np.float64]

SMALLEST, LARGEST = 0.02, 130.0
"""|A / P_max|: beyond the first the curve is a step, beyond the second a straight line"""


def label(a: float) -> float:
    """Return NeuroSim's nonlinearity label of ``a = A / P_max``; its sign is that of `a`."""
    size = abs(a)
    d = -math.expm1(-1.0 / size)
    return math.copysign((1.0 / d - size + size * math.log(size * d)) / (0.07 * math.sqrt(2)), a)


def curve(pulse: FloatArray, a: float) -> FloatArray:
    """Return (G - G_min) / (G_max - G_min) at `pulse` (0 to 1, of P_max)."""
    fraction: FloatArray = np.expm1(-pulse / a) / math.expm1(-1.0 / a)
    return fraction


def nonlinearity(conductance: ArrayLike) -> Estimate:
    """Return the label of one branch, read before its first and after each of its pulses.

    0 is a straight line. A rising branch that changes most at its beginning has a positive label,
    a falling one that does a negative one (the manual's equation 2, fitted as it stands).
    """
    g = np.asarray(conductance, dtype=float)
    if g.size < 4 or not np.isfinite(g).all() or g[0] == g[-1]:
        return Estimate(math.nan, note="needs 3 pulses or more, and a change")
    pulse, share = np.linspace(0.0, 1.0, g.size), (g - g[0]) / (g[-1] - g[0])
    sign = 1.0 if g[-1] > g[0] else -1.0
    # One parameter with two valleys, one a sign: a grid, then a refinement around its best point.
    grid = np.geomspace(SMALLEST, LARGEST, 400)
    tried = np.concatenate([-grid[::-1], grid])
    error = [float(np.square(curve(pulse, a) - share).sum()) for a in tried]
    best = int(np.argmin(error))
    from scipy.optimize import minimize_scalar

    ends = sorted((tried[max(best - 1, 0)], tried[min(best + 1, tried.size - 1)]))
    if ends[0] * ends[1] > 0:
        found = minimize_scalar(
            lambda a: float(np.square(curve(pulse, a) - share).sum()), bounds=ends, method="bounded"
        )
        return Estimate(sign * label(float(found.x)))
    return Estimate(sign * label(float(tried[best])))


@dataclass(frozen=True, slots=True)
class Branches:
    """Figures of the mean potentiation and depression of several cycles."""

    lowest: float
    """S"""
    highest: float
    """S"""
    potentiation: Estimate
    """nonlinearity label"""
    depression: Estimate
    """nonlinearity label"""
    linearity: Estimate
    """R^2 of potentiation against the pulse number"""
    asymmetry: float
    """max over n of |G_p(n) - G_d(N - n)|, over the range"""
    variation: float
    """cycle-to-cycle standard deviation of one pulse's change, over the range"""

    @property
    def dynamic_range(self) -> float:
        """G_max / G_min."""
        return self.highest / self.lowest if self.lowest > 0 else math.nan


def branches(up: ArrayLike, down: ArrayLike) -> Branches:
    """Return the figures of potentiation `up` and depression `down`.

    Args:
        up: S, one row per cycle: before the first pulse, then after each.
        down: S, likewise; a branch ends where the other begins.
    """
    p, d = np.atleast_2d(np.asarray(up, dtype=float)), np.atleast_2d(np.asarray(down, dtype=float))
    rising, falling = p.mean(axis=0), d.mean(axis=0)
    low = float(min(rising.min(), falling.min()))
    high = float(max(rising.max(), falling.max()))
    span = high - low
    common = min(rising.size, falling.size)
    apart = np.abs(rising[:common] - falling[::-1][-common:]).max() if span > 0 else math.nan
    steps = [np.diff(each, axis=1).std(axis=0, ddof=1) for each in (p, d) if len(each) > 1]
    spread = float(np.sqrt(np.mean(np.square(np.concatenate(steps))))) if steps else math.nan
    return Branches(
        low,
        high,
        nonlinearity(rising),
        nonlinearity(falling),
        _linearity(rising),
        float(apart / span) if span > 0 else math.nan,
        spread / span if span > 0 else math.nan,
    )


def _linearity(g: FloatArray) -> Estimate:
    if g.size < 3 or np.ptp(g) == 0:
        return Estimate(math.nan, note="needs 2 pulses or more, and a change")
    return Estimate(float(np.corrcoef(np.arange(g.size), g)[0, 1] ** 2))
