"""Drift laws: which one the reads follow, and what it says about ten years.

Every law is written for the conductance relative to the first read, r(t):

* ``constant``     r = a
* ``log-time``     r = a - b ln t
* ``power``        r = a t^-b
* ``exponential``  r = a exp(-t/b)
* ``stretched``    r = a exp(-(t/b)^c)

The law is chosen by the corrected Akaike criterion, so a parameter more must earn its place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate

FloatArray = NDArray[np.float64]

TEN_YEARS: Final = 3.1556952e8
"""s"""
FAR: Final = 3.0
"""Decades beyond the last read from which an extrapolation is no evidence."""


@dataclass(frozen=True, slots=True)
class Law:
    """A fitted drift law."""

    name: str
    parameters: tuple[float, ...]
    deviation: float
    """of the residuals, relative"""
    note: str = ""

    def __call__(self, time: ArrayLike) -> FloatArray:
        """Return r(t) at `time` (s, above 0)."""
        t = np.asarray(time, dtype=float)
        if not self.parameters:
            return np.full_like(t, math.nan)
        return np.asarray(_LAWS[self.name](t, *self.parameters))


def _constant(t: FloatArray, a: float) -> FloatArray:
    return np.full_like(t, a)


def _log_time(t: FloatArray, a: float, b: float) -> FloatArray:
    return np.asarray(a - b * np.log(t))


def _power(t: FloatArray, a: float, b: float) -> FloatArray:
    return np.asarray(a * t**-b)


def _exponential(t: FloatArray, a: float, b: float) -> FloatArray:
    return np.asarray(a * np.exp(-t / b))


def _stretched(t: FloatArray, a: float, b: float, c: float) -> FloatArray:
    return np.asarray(a * np.exp(-((t / b) ** c)))


_LAWS: Final[dict[str, Callable[..., FloatArray]]] = {
    "constant": _constant,
    "log-time": _log_time,
    "power": _power,
    "exponential": _exponential,
    "stretched": _stretched,
}


def drift(time: ArrayLike, relative: ArrayLike) -> Law:
    """Return the law that describes `relative` (conductance over the first read) best.

    Args:
        time: s since programming, above 0.
        relative: r at those times; NaN is left out.
    """
    t, r = _observed(time, relative)
    if t.size < 4 or np.unique(t).size < 3:
        value = (float(r.mean()),) if r.size else ()
        return Law("constant", value, math.nan, "needs 4 reads at 3 times to tell drift laws apart")
    fits = {name: best for name in _LAWS if (best := _fit(name, t, r)) is not None}
    residuals = {n: _LAWS[n](t, *p) - r for n, p in fits.items()}
    chosen = min(fits, key=lambda n: _criterion(residuals[n], len(fits[n])))
    degrees = max(t.size - len(fits[chosen]), 1)
    return Law(chosen, fits[chosen], math.sqrt(float((residuals[chosen] ** 2).sum()) / degrees))


def _observed(time: ArrayLike, relative: ArrayLike) -> tuple[FloatArray, FloatArray]:
    t, r = np.asarray(time, dtype=float), np.asarray(relative, dtype=float)
    known = np.isfinite(t) & np.isfinite(r) & (t > 0)
    return t[known], r[known]


def _criterion(residual: FloatArray, parameters: int) -> float:
    """Return AICc; the noise is a parameter too, and no fit is better than double precision."""
    n, k = residual.size, parameters + 1
    noise = max(float((residual**2).mean()), 1e-20)
    small = 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf
    return n * math.log(noise) + 2 * k + small


def _fit(name: str, t: FloatArray, r: FloatArray) -> tuple[float, ...] | None:
    """Return the least-squares parameters of one law, or None where it cannot be fitted."""
    if name == "constant":
        return (float(r.mean()),)
    if name == "log-time":
        slope, start = np.polyfit(np.log(t), r, 1)
        return float(start), -float(slope)
    if not (r > 0).all() or t.size < 5:
        return None
    return _fit_curve(name, t, r)


def _fit_curve(name: str, t: FloatArray, r: FloatArray) -> tuple[float, ...] | None:
    """Fit the laws that are curved in their parameters; times enter the fit as logarithms."""
    from scipy.optimize import least_squares

    slope, start = np.polyfit(np.log(t), np.log(r), 1)
    first, last = math.log(float(t.min())), math.log(float(t.max()))
    span = (first - 5.0, last + 12.0)
    top = float(r.max())
    options: dict[str, tuple[list[tuple[float, ...]], tuple[list[float], list[float]]]] = {
        "power": ([(math.exp(start), -slope)], ([0.0, -5.0], [np.inf, 5.0])),
        "exponential": (
            [(top, last - 1.0), (top, last + 2.0)],
            ([0.0, span[0]], [np.inf, span[1]]),
        ),
        "stretched": (
            [(top, last, 0.5), (top, last + 3.0, 0.3)],
            ([0.0, span[0], 0.05], [np.inf, span[1], 2.0]),
        ),
    }
    starts, bounds = options[name]
    law = _LAWS[name]
    tries = [
        least_squares(lambda p: law(t, *_natural(name, p)) - r, p0, bounds=bounds, x_scale="jac")
        for p0 in starts
        if all(lo <= p <= hi for p, lo, hi in zip(p0, *bounds, strict=True))
    ]
    if not tries:
        return None
    best = min(tries, key=lambda found: float(found.cost))
    return tuple(float(p) for p in _natural(name, best.x))


def _natural(name: str, p: FloatArray) -> tuple[float, ...]:
    """Return a law's own parameters from the fitted ones, in which a time is its logarithm."""
    return (p[0], p[1]) if name == "power" else (p[0], math.exp(p[1]), *p[2:])


def extrapolate(
    law: Law,
    time: ArrayLike,
    relative: ArrayLike,
    *,
    at: float = TEN_YEARS,
    resamples: int = 200,
    seed: int = 0,
) -> Estimate:
    """Return r(`at`) with the bootstrap interval of the residuals; says how far beyond the data.

    The interval holds if the law does. Its note gives the decades between the last read and
    `at`; beyond `FAR` of them it says that this is no evidence.
    """
    t, r = _observed(time, relative)
    if t.size == 0 or not law.parameters:
        return Estimate(math.nan, note="nothing was observed")
    value = float(law(at))
    note = _distance(float(t.max()), at)
    if law.note:
        return Estimate(value, note=f"{law.note}; {note}".strip("; "))
    residual = (r - law(t)) * math.sqrt(t.size / max(t.size - len(law.parameters), 1))
    rng = np.random.default_rng(seed)
    ends = []
    for _ in range(resamples):
        fitted = _fit(law.name, t, law(t) + rng.choice(residual, t.size))
        if fitted is not None:
            ends.append(float(_LAWS[law.name](np.array(at), *fitted)))
    if len(ends) < resamples / 2:
        return Estimate(value, note=f"the bootstrap did not converge; {note}".strip("; "))
    low, high = np.percentile(ends, [2.5, 97.5])
    return Estimate(value, (float(low), float(high)), note)


def _distance(last: float, at: float) -> str:
    decades = math.log10(at / last)
    if decades <= 0.01:
        return ""
    text = f"extrapolated {decades:.1f} decades beyond the last read"
    return f"{text}: too far to be evidence" if decades > FAR else text


def schedule(first: float, last: float, per_decade: int) -> FloatArray:
    """Return read times (s), logarithmic from `first` to `last`, both included."""
    if last <= first:
        return np.array([first])
    points = max(2, math.ceil(math.log10(last / first) * per_decade - 1e-9) + 1)
    return np.geomspace(first, last, points)
