"""Spike-timing-dependent plasticity: the window and its fit."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import NORMAL, Estimate, student

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Branch:
    """dW = amplitude exp(-|dt|/tau) on one side of the window."""

    amplitude: Estimate
    """signed: a potentiating branch is above 0"""
    tau: Estimate
    """s"""
    covariance: tuple[float, float, float]
    """of (ln |amplitude|, ln tau): both variances, then the covariance"""


@dataclass(frozen=True, slots=True)
class Window:
    """Both branches of a window."""

    plus: Branch
    """dt > 0, post after pre"""
    minus: Branch
    """dt < 0"""
    r_squared: float
    """of both branches together"""
    asymmetry: Estimate
    """A+ tau+ / (A- tau-), the ratio of the areas; above 1 favours potentiation"""


def window(delay: ArrayLike, change: ArrayLike) -> Window:
    """Fit A+ exp(-dt/tau+) for dt > 0 and -A- exp(dt/tau-) for dt < 0, with 95 % intervals.

    Args:
        delay: s, post minus pre; 0 belongs to neither branch.
        change: dG/G.
    """
    dt, w = np.asarray(delay, dtype=float), np.asarray(change, dtype=float)
    known = np.isfinite(dt) & np.isfinite(w) & (dt != 0)
    dt, w = dt[known], w[known]
    plus, minus = branch(dt[dt > 0], w[dt > 0]), branch(-dt[dt < 0], w[dt < 0])
    model = np.where(dt > 0, _model(np.abs(dt), plus), _model(np.abs(dt), minus))
    return Window(plus, minus, _r_squared(w, model), _asymmetry(plus, minus))


def branch(delay: FloatArray, change: FloatArray) -> Branch:
    """Fit one side: `delay` > 0 (s), three points or more at two delays or more."""
    if delay.size < 3 or np.unique(delay).size < 2:
        return _unknown("needs 3 points at 2 delays or more")
    if not np.any(change):
        return _unknown("the conductance did not change")
    from scipy.optimize import OptimizeWarning, curve_fit

    unit, scale = float(np.median(delay)), float(change[np.argmax(np.abs(change))])
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            best, covariance = curve_fit(
                lambda t, a, b: a * np.exp(-t * np.exp(-b)),
                delay / unit,
                change / scale,
                p0=(1.0, 0.0),
                bounds=([-1e3, -7.0], [1e3, 7.0]),
            )
    except (RuntimeError, OptimizeWarning):
        return _unknown("an exponential does not describe these points")
    return _branch(best, covariance, unit, scale, delay.size - 2)


def _branch(
    best: FloatArray, covariance: FloatArray, unit: float, scale: float, degrees: int
) -> Branch:
    a, b = float(best[0]), float(best[1])
    deviation = np.sqrt(np.diag(covariance))
    if a == 0 or not np.isfinite(deviation).all() or abs(b) > 6.9:
        return _unknown("an exponential does not describe these points")
    t = student(degrees)
    ends = sorted(float(scale * (a + side * t * deviation[0])) for side in (-1, 1))
    spread = min(t * float(deviation[1]), 50.0)
    tau = unit * math.exp(b)
    return Branch(
        Estimate(scale * a, (ends[0], ends[1])),
        Estimate(tau, (tau * math.exp(-spread), tau * math.exp(spread))),
        (
            float(covariance[0, 0]) / a**2,
            float(covariance[1, 1]),
            float(covariance[0, 1]) / a,
        ),
    )


def _unknown(note: str) -> Branch:
    nothing = Estimate(math.nan, note=note)
    return Branch(nothing, nothing, (math.nan, math.nan, math.nan))


def _model(delay: FloatArray, fitted: Branch) -> FloatArray:
    return np.asarray(fitted.amplitude.value * np.exp(-delay / fitted.tau.value))


def _r_squared(measured: FloatArray, model: FloatArray) -> float:
    known = np.isfinite(model)
    if known.sum() < 3:
        return math.nan
    total = float(((measured[known] - measured[known].mean()) ** 2).sum())
    return math.nan if total == 0 else 1 - float(((measured - model)[known] ** 2).sum()) / total


def _asymmetry(plus: Branch, minus: Branch) -> Estimate:
    bottom = -minus.amplitude.value * minus.tau.value
    value = plus.amplitude.value * plus.tau.value / bottom if bottom else math.nan
    if not math.isfinite(value):
        return Estimate(math.nan, note="one branch of the window could not be fitted")
    if value <= 0:
        return Estimate(value, note="both branches have the same sign")
    variance = sum(b.covariance[0] + b.covariance[1] + 2 * b.covariance[2] for b in (plus, minus))
    half = min(NORMAL * math.sqrt(max(variance, 0.0)), 50.0)
    return Estimate(value, (value * math.exp(-half), value * math.exp(half)))
