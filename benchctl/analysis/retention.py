"""Drift laws: which one the reads follow, and what it says about ten years.

Every law is written for the conductance relative to the first read, r(t):

* ``constant``     r = a
* ``log-time``     r = a - b ln t
* ``power``        r = a t^-b
* ``exponential``  r = a exp(-t/b)
* ``stretched``    r = a exp(-(t/b)^c)

The simplest law that the corrected Akaike criterion does not put clearly behind the best is
chosen, so a parameter more must earn its place. A time constant that lies far beyond the last
read is not determined by the reads; such a law is left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate

FloatArray = NDArray[np.float64]

TEN_YEARS: Final = 3.1556952e8
"""s"""
EXCLUDED: Final = 6.0
"""Difference of AICc that excludes a law: odds of 20 to 1."""
CLEAR: Final = 2.0
"""Difference of AICc that is clear enough to leave a simpler law for a better one."""
REACH: Final = 10.0
"""A time constant beyond this many times the last read is not determined."""
FAR: Final = 3.0
"""Decades beyond the last read from which an extrapolation is no evidence."""
EXPONENTS: Final = (0.05, 2.0)
"""of a stretched exponential: below, it is a constant; at 0 and less it would not decay"""
RESAMPLES: Final = 1000


@dataclass(frozen=True, slots=True)
class Law:
    """A fitted drift law."""

    name: str
    parameters: tuple[float, ...]
    deviation: float
    """of the residuals, relative"""
    note: str = ""
    rivals: tuple["Law", ...] = ()
    """the other laws that the reads do not exclude: less than `EXCLUDED` worse by AICc"""

    def __call__(self, time: ArrayLike) -> FloatArray:
        """Return r(t) at `time` (s, above 0)."""
        t = np.asarray(time, dtype=float)
        if not self.parameters:
            return np.full_like(t, math.nan)
        return np.asarray(_LAWS[self.name](t, *self.parameters))


def _constant(t: FloatArray, a: float) -> FloatArray:
    return np.asarray(a + 0.0 * t)


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
    fits = {name: found for name in _LAWS if (found := _fit(name, t, r)) is not None}
    score = {n: _criterion(_LAWS[n](t, *p) - r, len(p)) for n, p in fits.items()}
    best = min(score.values())
    chosen = next(n for n in _LAWS if n in fits and score[n] - best <= CLEAR)
    rivals = [n for n in fits if n != chosen and score[n] - best < EXCLUDED]
    return replace(
        _law(chosen, fits[chosen], t, r), rivals=tuple(_law(n, fits[n], t, r) for n in rivals)
    )


def _law(name: str, parameters: tuple[float, ...], t: FloatArray, r: FloatArray) -> Law:
    residual = _LAWS[name](t, *parameters) - r
    degrees = max(t.size - len(parameters), 1)
    return Law(name, parameters, math.sqrt(float((residual**2).sum()) / degrees))


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
            ([0.0, span[0], EXPONENTS[0]], [np.inf, span[1], EXPONENTS[1]]),
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
    if name != "power" and best.x[1] > last + math.log(REACH):
        return None
    return tuple(float(p) for p in _natural(name, best.x))


def _natural(name: str, p: FloatArray) -> tuple[float, ...]:
    """Return a law's own parameters from the fitted ones, in which a time is its logarithm."""
    timed = name in ("exponential", "stretched")
    return (p[0], math.exp(p[1]), *p[2:]) if timed else tuple(p)


def _fitted(name: str, natural: tuple[float, ...]) -> FloatArray:
    """Return the parameters a law is fitted in."""
    p = np.array(natural, dtype=float)
    if name in ("exponential", "stretched"):
        p[1] = math.log(p[1])
    return p


def extrapolate(
    law: Law,
    time: ArrayLike,
    relative: ArrayLike,
    *,
    at: float = TEN_YEARS,
    since: float | None = None,
    seed: int = 0,
) -> Estimate:
    """Return r(`at`) with its bootstrap interval, and how far beyond the data that is.

    With `since` (s) it is r(`at`)/r(`since`), both from the law: the noise of a single first
    read then does not scale everything after it. The interval covers every law that the reads do
    not exclude, each with its resampled residuals. The note gives the decades between the last
    read and `at`; beyond `FAR` of them it says that this is no evidence.
    """
    t, r = _observed(time, relative)
    if t.size == 0 or not law.parameters:
        return Estimate(math.nan, note="nothing was observed")
    value = float(_left(law.name, np.array([law.parameters]), at, since)[0])
    notes = [law.note, _distance(float(t.max()), at)]
    if law.note:
        return Estimate(value, note="; ".join(filter(None, notes)))
    if law.rivals:
        notes.append(f"not excluded: {', '.join(rival.name for rival in law.rivals)}")
    ends = [_bootstrap(each, t, r, at, since, seed) for each in (law, *law.rivals)]
    interval = min(low for low, _ in ends), max(high for _, high in ends)
    return Estimate(value, interval, "; ".join(filter(None, notes)))


def _bootstrap(
    law: Law, t: FloatArray, r: FloatArray, at: float, since: float | None, seed: int
) -> tuple[float, float]:
    """Return the percentile interval of one law's extrapolation.

    Each resample moves the fit by one Gauss-Newton step, which is the refit itself for the laws
    that are linear and close to it for the others.
    """
    fitted = _fitted(law.name, law.parameters)
    slopes = np.stack(
        [
            (_at(law.name, fitted + h, t) - _at(law.name, fitted - h, t)) / 2e-5
            for h in 1e-5 * np.eye(fitted.size)
        ],
        axis=1,
    )
    residual = (r - law(t)) * math.sqrt(t.size / max(t.size - fitted.size, 1))
    rng = np.random.default_rng(seed)
    steps = rng.choice(residual, (RESAMPLES, t.size)) @ np.linalg.pinv(slopes).T
    moved = fitted + np.clip(steps, -20.0, 20.0)
    if law.name == "stretched":
        moved[:, 2] = np.clip(moved[:, 2], *EXPONENTS)
    natural = [_natural(law.name, p) for p in moved]
    low, high = np.percentile(_left(law.name, np.array(natural), at, since), [2.5, 97.5])
    return float(low), float(high)


def _at(name: str, fitted: FloatArray, t: FloatArray) -> FloatArray:
    return _LAWS[name](t, *_natural(name, fitted))


def _left(name: str, parameters: FloatArray, at: float, since: float | None) -> FloatArray:
    """Return r(at), or r(at)/r(since), for every row of parameters."""
    value: FloatArray = _LAWS[name](np.array(at), *parameters.T)
    if since is None:
        return value
    first = _LAWS[name](np.array(since), *parameters.T)
    # A law that has lost all by `since` leaves nothing of nothing.
    return np.divide(value, first, out=np.zeros_like(value), where=first != 0)


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
