r"""Yakopcic's generalised memristor: thresholds, exponential drive, motion that fades at the edges.

Equations and the named sets [R: thomastiotto/Memristor-Models; Yakopcic et al., IEEE TCAD 32(8),
1201 (2013), doi:10.1109/TCAD.2013.2252057, the paper itself [M]]. The state `x` from 0 to 1 scales
the current::

    I     = a1 x sinh(b V) for V >= 0,  a2 x sinh(b V) for V < 0
    dx/dt = g(V) f(x)
    g(V)  = Ap (e^V - e^Vp) for V > Vp,  -An (e^-V - e^Vn) for V < -Vn,  0 between
    f(x)  = exp(-ap (x - xp)) (1 - x)/(1 - xp)     going up from xp
          = exp(an (x - (1 - xn))) x/(1 - xn)      going down from 1 - xn
          = 1                                      elsewhere

Volts stand in the exponentials as pure numbers, as published. V > 0 sets (the paper's ``eta = 1``).

**Numerics.** At constant device voltage every update is exact: with ``w = ap (1 - x)`` or
``w = an x`` both fading branches are ``dw/ds = -w e^w``, whose solution is ``E1(w) = E1(w0) + s``
(E1 the exponential integral), so a pulse costs the same whatever its length. So does a ramp: only
the integral of g counts, which is elementary. Behind a resistance or in compliance the state goes
in strides by which the device voltage moves at most 2 mV.

**Spread** [D]: current, rates and thresholds between devices, log-normal; every change ``dx`` has a
standard deviation ``step_spread sqrt(|dx|)``; readings have a relative noise.

**Valid** where the published fits are: |V| up to 1 V (`oblea`, `miao`) or 4 V (`jo`), room
temperature; beyond, `warnings` says so. At the default read of 0.1 V only `miao` moves (its Vp is
0.09 V), by 1e-4 a millisecond. **Not modelled**: temperature, retention (below the thresholds the
state stays as it is, for years), forming.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.load_line import lean, scattered, stride_within
from sim_instruments.models.parameters import Bound, Choice

_OBLEA = {
    "on_current": 0.17, "off_current": 0.17, "bend": 0.05, "set_rate": 4000.0,
    "reset_rate": 4000.0, "set_threshold": 0.16, "reset_threshold": 0.15, "set_fade": 1.0,
    "reset_fade": 5.0, "set_edge": 0.3, "reset_edge": 0.5, "position": 0.11,
}  # fmt: skip
PRESETS = {
    "oblea": _OBLEA,
    "oblea_pulsed": {**_OBLEA, "on_current": 0.097, "off_current": 0.097, "position": 0.001},
    "miao": {**_OBLEA, "on_current": 0.11, "off_current": 0.11, "bend": 0.5, "set_rate": 7.5,
             "reset_rate": 2.0, "set_threshold": 0.09, "reset_threshold": 0.75},
    "jo": {"on_current": 3.7e-7, "off_current": 4.35e-7, "bend": 0.7, "set_rate": 0.005,
           "reset_rate": 0.08, "set_threshold": 1.5, "reset_threshold": 0.5, "set_fade": 1.2,
           "reset_fade": 3.0, "set_edge": 0.2, "reset_edge": 0.5, "position": 0.1},
}  # fmt: skip
"""[R: thomastiotto/Memristor-Models]: Oblea's Ag-chalcogenide, Miao's TaOx, Jo's Ag/a-Si"""

TOO_HIGH = {"oblea": 1.0, "miao": 1.0, "jo": 4.0}
"""V, where the published fits end"""

# Slots of the parameter array after the temperature.
A1, A2, B, AP, AN, VP, VN, EXP_VP, EXP_VN, FADE_UP, FADE_DOWN, XP, XN = range(1, 14)
PACE_UP, PACE_DOWN, STEP_SPREAD, READ_NOISE = range(14, 18)
# Slots of the state array: x and the highest voltage.
HIGHEST = 1

STRIDE = 0.02
"""the largest change of x in one stride along a load line"""
TINY, SMALL = 0.02, 0.3
"""e-folds of fading up to which five terms of one series, or nine of `_bent`, are right to 1e-9"""
STRAIGHT = 0.02
"""e-folds of fading, so few that f is a straight line"""
HARDLY = 0.8
"""of f, is left: as good as a straight line, too"""
SHRINKING = np.array([0.0, *((k - 1.0) / (k * k) for k in range(2, 64))])
"""what takes one term of E1's series to the next, but for -w"""


@dataclass(frozen=True, slots=True)
class YakopcicParameters:
    """Parameters of `Yakopcic`, SI."""

    preset: Annotated[str, Choice(PRESETS)] = "oblea"
    """the published set that fills in what is not given [R]"""
    on_current: Annotated[float, Bound("A", 1e-12, 10.0)] = 0.17
    """A, a1: for V >= 0"""
    off_current: Annotated[float, Bound("A", 1e-12, 10.0)] = 0.17
    """A, a2: for V < 0"""
    bend: Annotated[float, Bound("1/V", 1e-3, 20.0)] = 0.05
    """1/V, b: the current is ohmic well below 1/b"""
    set_rate: Annotated[float, Bound("1/s", 0.0, 1e12)] = 4000.0
    """1/s, Ap"""
    reset_rate: Annotated[float, Bound("1/s", 0.0, 1e12)] = 4000.0
    """1/s, An"""
    set_threshold: Annotated[float, Bound("V", 1e-3, 10.0)] = 0.16
    """V, Vp"""
    reset_threshold: Annotated[float, Bound("V", 1e-3, 10.0)] = 0.15
    """V, Vn: the device resets below minus this"""
    set_fade: Annotated[float, Bound("", 0.0, 10.0)] = 1.0
    """ap: how fast setting fades above `set_edge`"""
    reset_fade: Annotated[float, Bound("", 0.0, 10.0)] = 5.0
    """an: how fast resetting fades below ``1 - reset_edge``"""
    set_edge: Annotated[float, Bound("", 0.0, 0.99)] = 0.3
    """xp"""
    reset_edge: Annotated[float, Bound("", 0.0, 0.99)] = 0.5
    """xn"""
    position: Annotated[float, Bound("", 0.0, 1.0)] = 0.11
    """x0, of the fresh device"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of the rates between devices [D]"""
    spread_threshold: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of both thresholds between devices [D: 3-5 %]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of a change of x by 1 [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _conduct(v: float, x: float, p: Array) -> tuple[float, float]:
    up = math.exp(p[B] * v)
    down = 1.0 / up
    scale = 0.5 * (p[A1] if v >= 0.0 else p[A2])
    return x * (scale * (up - down)), x * (scale * p[B] * (up + down))


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return _conduct(v, x[0], p)


@kernel
def _drive(v: float, p: Array) -> tuple[float, float]:
    """Return g(V) in 1/s and its slope in 1/(V s)."""
    if v > p[VP]:
        slope = p[AP] * math.exp(v)
        return float(slope - p[AP] * p[EXP_VP]), float(slope)
    if v < -p[VN]:
        slope = p[AN] * math.exp(-v)
        return float(p[AN] * p[EXP_VN] - slope), float(slope)
    return 0.0, 0.0


@kernel
def _fading(x: float, drive: float, p: Array) -> tuple[float, float]:
    """Return f(x) and its slope."""
    if drive > 0.0 and x > p[XP]:
        faded = p[PACE_UP] * math.exp(p[FADE_UP] * (1.0 - x))
        return float(faded * (1.0 - x)), float(-faded * (1.0 + p[FADE_UP] * (1.0 - x)))
    if drive < 0.0 and x < p[XN]:
        faded = p[PACE_DOWN] * math.exp(p[FADE_DOWN] * x)
        return float(faded * x), float(faded * (1.0 + p[FADE_DOWN] * x))
    return 1.0, 0.0


@kernel
def _entire(w: float) -> float:
    """Return ``E1(w) + ln w + gamma``, the part of E1 that has a series."""
    term, total, k = w, w, 1
    while abs(term) > 1e-17 * total and k < SHRINKING.size:
        term *= -w * SHRINKING[k]
        total += term
        k += 1
    return total


@kernel
def _bent(w: float, a: float) -> float:
    """Return ``ln w(s)/w(0)`` of ``dw/ds = -w e^w`` where ``a = s e^w``, by a series.

    It is one in ``b``, the solution without the curvature of ``e^w``: its terms fall fast.
    """
    q = w * a
    b = math.log(1.0 + q) / w if w > 1e-3 else a * (1.0 - q * (1 / 2 - q * (1 / 3)))
    c4 = (1 / 24) * (1.0 + w)
    c5 = (1 / 120) * (1.0 + w * (8.0 + w))
    c6 = (1 / 720) * (1.0 + w * (26.0 + w * (23.0 + w)))
    c7 = (1 / 5040) * (1.0 + w * (67.0 + w * (209.0 + w * (54.0 + w))))
    c8 = (1 / 40320) * (1.0 + w * (155.0 + w * (1208.0 + w * (1014.0 + w * (117.0 + w)))))
    c9 = 1.0 + w * (338.0 + w * (5556.0 + w * (11434.0 + w * (4001.0 + w * (244.0 + w)))))
    square = b * b
    late = (c7 - b * c8) + square * ((1 / 362880) * c9)
    early = (1 / 6 - b * c4) + square * ((c5 - b * c6) + square * late)
    return -b * (1.0 + w * square * early)


@kernel
def _kept(w: float, s: float) -> float:
    """Return ``w(s)/w(0)`` of ``dw/ds = -w e^w``."""
    a = s * math.exp(w)
    bent = a * (1.0 + w)
    if bent < TINY:
        third = a * (1.0 + 2.0 * w) * (1 / 3)
        fourth = a * a * (1.0 + w * (7.0 + 6.0 * w)) * (1 / 12)
        fifth = a * a * a * (1.0 + w * (18.0 + w * (46.0 + 24.0 * w))) * (1 / 60)
        y = -a * (1.0 - 0.5 * w * a * (1.0 - third + fourth - fifth))
        return 1.0 + y * (1.0 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120)))))
    if bent < SMALL:
        return math.exp(_bent(w, a))
    # Newton for ln w from below, where it cannot overshoot: E1 is convex in ln w.
    start = _entire(w)
    y = max(-a, -s - start)
    for _ in range(60):
        now = w * math.exp(y)
        move = (_entire(now) - start - s - y) * math.exp(now)
        y += move
        if abs(move) < 1e-9 * abs(y):
            break
    return math.exp(y)


@kernel
def _moved(x: float, drive: float, h: float, p: Array) -> float:
    """Return x after `h` seconds at constant drive, exactly."""
    if drive > 0.0:
        if x < p[XP]:
            if x + drive * h <= p[XP]:
                return x + drive * h
            h -= (p[XP] - x) / drive
            x = p[XP]
        left = 1.0 - x
        return 1.0 - left * _kept(p[FADE_UP] * left, drive * h * p[PACE_UP])
    if x > p[XN]:
        if x + drive * h >= p[XN]:
            return x + drive * h
        h -= (p[XN] - x) / drive
        x = p[XN]
    return x * _kept(p[FADE_DOWN] * x, -drive * h * p[PACE_DOWN])


@kernel
def _paths(left: float, short: float, edge: float, fade: float, pace: float) -> float:
    """Return the integral of ``1/f^2`` over what is left of the way, from `left` to `short`."""
    flat = max(0.0, left - max(edge, short))
    begin = min(left, edge)
    if short >= begin:
        return flat
    a, b = fade * begin, fade * short
    if a < STRAIGHT:  # f is a straight line
        return flat + (begin - short) / (pace * pace * begin * short)
    between = 2.0 * (_entire(2.0 * b) - _entire(2.0 * a) + math.log(a / b))
    curved = math.exp(-2.0 * b) / b - math.exp(-2.0 * a) / a - between
    return flat + fade / (pace * pace) * curved


@kernel
def _lasting(x: float, move: float, drive: float, p: Array) -> float:
    """Return the share of the variance that lasts, of what scattered on a way at constant drive.

    Where f falls, the rest of the way shrinks, and with it what scattered: what is left is
    ``f_end^2`` times the mean of ``1/f^2`` along the way.
    """
    before, after = _fading(x, drive, p)[0], _fading(x + move, drive, p)[0]
    if after > HARDLY * before:
        return after / before
    if after <= 0.0:
        return 0.0
    if drive > 0.0:
        paths = _paths(1.0 - x, 1.0 - x - move, 1.0 - p[XP], p[FADE_UP], p[PACE_UP])
    else:
        paths = _paths(x, x + move, p[XN], p[FADE_DOWN], p[PACE_DOWN])
    return after * after * paths / abs(move)


@kernel
def _scatter(x: Array, move: float, drive: float, p: Array, rng: Rng) -> None:
    """Move x, with what lasts of the scatter on the way."""
    spread = p[STEP_SPREAD]
    if spread > 0.0 and move != 0.0:
        spread *= math.sqrt(_lasting(x[0], move, drive, p))
    x[0] = min(1.0, max(0.0, x[0] + scattered(move, spread, rng)))


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) > x[HIGHEST]:
        x[HIGHEST] = abs(v)
    drive, by_v = _drive(v, p)
    if drive == 0.0:
        return h
    if give > 0.0:
        slope = i / x[0] if x[0] > 0.0 else _conduct(v, 1.0, p)[0]
        fading, by_x = _fading(x[0], drive, p)
        rate = drive * fading
        if rate == 0.0:
            return h
        steep = drive * by_x - give * slope * by_v * fading
        move, taken = lean(abs(rate), steep, stride_within(STRIDE, give, slope), h)
        move = math.copysign(move, rate)
    else:
        move, taken = _moved(x[0], drive, h, p) - x[0], h
    _scatter(x, move, drive, p, rng)
    return taken


@kernel
def _mean_drive(start: float, end: float, rate: float, threshold: float, least: float) -> float:
    """Return the mean of |g| while |V| goes from `start` to `end`; `least` is e^threshold."""
    low, high = max(min(start, end), threshold), max(start, end)
    if high <= low:
        return 0.0
    way = high - low
    foot = math.exp(low) if low > threshold else least
    area = foot * (math.expm1(way) - way) + (foot - least) * way
    return float(rate * area / abs(end - start))


def _sweep(start: float, end: float, h: float, x: Array, p: Array, rng: Rng) -> None:
    x[HIGHEST] = max(x[HIGHEST], abs(start), abs(end))
    if start + end > 0.0:
        drive = _mean_drive(start, end, p[AP], p[VP], p[EXP_VP])
    else:
        drive = -_mean_drive(-start, -end, p[AN], p[VN], p[EXP_VN])
    if drive != 0.0:
        _scatter(x, _moved(x[0], drive, h, p) - x[0], drive, p, rng)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Yakopcic(Device):
    """Yakopcic's generalised threshold memristor, with published parameter sets."""

    name = "yakopcic"
    PARAMETERS = YakopcicParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe,
                         sweep=_sweep)  # fmt: skip
    APPROXIMATIONS = (
        "exact at constant device voltage and in even ramps of it",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(0.5, 0.5, 1e-3),
        (Rule(ON, A1), Rule(ON, A2), Rule(VOLTAGE, VP),
         Rule(VOLTAGE, EXP_VP, weight=lambda p: p[VP] * p[EXP_VP]), Rule(SPREAD, STEP_SPREAD)),
        why="resetting fades and has no end, so that there is no off state to drift: "
            "all conductances fall alike",
        nominal=lambda p: (3.0 * p[VP], 3.0 * p[VN], 1e-3),
    )  # fmt: skip
    parameters: YakopcicParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        scale, pace, threshold = np.exp(
            np.array([q.spread_conductance, q.spread_rate, q.spread_threshold])
            * self.rng.standard_normal(3)
        )
        set_threshold, reset_threshold = q.set_threshold * threshold, q.reset_threshold * threshold
        up, down = 1.0 - q.set_edge, 1.0 - q.reset_edge
        p = np.array(
            [
                ROOM, q.on_current * scale, q.off_current * scale, q.bend, q.set_rate * pace,
                q.reset_rate * pace, set_threshold, reset_threshold, math.exp(set_threshold),
                math.exp(reset_threshold), q.set_fade, q.reset_fade, q.set_edge, down,
                math.exp(-q.set_fade * up) / up, math.exp(-q.reset_fade * down) / down,
                q.step_spread, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.position, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """The position x, 0 to 1."""
        return {"x": float(self._x[0])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self._beyond(float(self._x[HIGHEST]), TOO_HIGH[self.parameters.preset])
