r"""VTEAM: a voltage-threshold memristor with power-law kinetics, the common fitting target.

Kvatinsky et al., IEEE TCAS-II 62(8), 786 (2015), doi:10.1109/TCSII.2015.2433536 [M]; defaults of
MemTorch [R: coreylammie/MemTorch]. The state `w` from 0 (on) to 1 (off) is the published `x` over
the thickness `d`. VTEAM resets at positive voltage; here V > 0 sets, as in every model of this
bench, so `V` below is minus the published voltage::

    dw/dt = -(k_on/d)  (V/V_set - 1)^a_on            f for V > V_set
    dw/dt = +(k_off/d) (-V/V_reset - 1)^a_off        f for V < -V_reset,  0 between
    I     = V/(R_on + (R_off - R_on) w)              law "linear"
    I     = V exp(-w ln(R_off/R_on))/R_on            law "exponential"
    f     = 1 within 0..1 (window "hard"), or what is left of the way (window "soft")

**Numerics.** At constant device voltage the update is exact: ``w + rate h``, clipped, with the hard
window; the rest of the way shrinks by ``exp(-rate h)`` with the soft one. Of a ramp only the mean
rate counts, which is elementary. Behind a resistance or in compliance `w` goes in strides by which
the device voltage moves at most 2 mV.

**Spread** [D]: conductance, rates and thresholds between devices, log-normal; every change ``dw``
has a standard deviation ``step_spread sqrt(|dw|)``; readings have a relative noise.

**Valid** for what it was fitted to; the defaults are MemTorch's and fast: they set in picoseconds
at 1 V, and with a reset threshold of 20 mV any read below that disturbs (-0.1 V resets the device
within 1.5 us), while reads up to +0.2 V leave it alone. **Not modelled**: temperature, retention
(the state stays as it is at rest), forming.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.load_line import glide, scattered, stride_within
from sim_instruments.models.parameters import Bound, Choice

# Slots of the parameter array after the temperature.
R_ON, R_SPAN, FOLDS, SET_RATE, RESET_RATE, SET_POWER, RESET_POWER = range(1, 8)
V_SET, V_RESET, SOFT, STEP_SPREAD, READ_NOISE = range(8, 13)

STRIDE = 0.02
"""the largest change of w in one stride along a load line"""
LEVEL = 1e-5
"""of an overdrive; a ramp by so little is as good as its middle, to 1e-8; a longer one is exact"""


@dataclass(frozen=True, slots=True)
class VteamParameters:
    """Parameters of `Vteam`, SI."""

    law: Annotated[str, Choice(("linear", "exponential"))] = "linear"
    """how resistance follows the state"""
    window: Annotated[str, Choice(("hard", "soft"))] = "hard"
    """how motion ends: at the ends of the range, or fading all the way"""
    on_resistance: Annotated[float, Bound("Ohm", 1e-3, 1e12)] = 50.0
    """Ohm, R_on [R MemTorch]"""
    off_resistance: Annotated[float, Bound("Ohm", 1e-3, 1e15)] = 1e3
    """Ohm, R_off [R MemTorch]"""
    thickness: Annotated[float, Bound("m", 1e-10, 1e-3)] = 3e-9
    """m, d [R MemTorch]"""
    set_speed: Annotated[float, Bound("m/s", 0.0, 1e9)] = 10.0
    """m/s, minus k_on [R MemTorch]"""
    reset_speed: Annotated[float, Bound("m/s", 0.0, 1e9)] = 5e-4
    """m/s, k_off [R MemTorch]"""
    set_power: Annotated[float, Bound("", 0.1, 20.0)] = 3.0
    """a_on [R MemTorch]"""
    reset_power: Annotated[float, Bound("", 0.1, 20.0)] = 1.0
    """a_off [R MemTorch]"""
    set_threshold: Annotated[float, Bound("V", 1e-3, 20.0)] = 0.2
    """V, minus v_on [R MemTorch]"""
    reset_threshold: Annotated[float, Bound("V", 1e-3, 20.0)] = 0.02
    """V, v_off: the device resets below minus this [R MemTorch]"""
    position: Annotated[float, Bound("", 0.0, 1.0)] = 1.0
    """w of the fresh device; 1 is off [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of both speeds between devices [D]"""
    spread_threshold: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of both thresholds between devices [D: 3-5 %]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of a change of w by 1 [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _conductance(w: float, p: Array) -> float:
    if p[FOLDS] > 0.0:
        return float(math.exp(-p[FOLDS] * w) / p[R_ON])
    return float(1.0 / (p[R_ON] + p[R_SPAN] * w))


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    g = _conductance(x[0], p)
    return v * g, g


@kernel
def _drive(v: float, p: Array) -> float:
    """Return dw/dt without window, in 1/s."""
    if v > p[V_SET]:
        return float(-p[SET_RATE] * (v / p[V_SET] - 1.0) ** p[SET_POWER])
    if v < -p[V_RESET]:
        return float(p[RESET_RATE] * (-v / p[V_RESET] - 1.0) ** p[RESET_POWER])
    return 0.0


@kernel
def _window(w: float, drive: float, p: Array) -> float:
    if p[SOFT] == 0.0:
        return 1.0
    return w if drive < 0.0 else 1.0 - w


@kernel
def _moved(w: float, drive: float, h: float, p: Array) -> float:
    """Return w after `h` seconds at constant drive, exactly."""
    if p[SOFT] == 0.0:
        return min(1.0, max(0.0, w + drive * h))
    if drive < 0.0:
        return w * math.exp(drive * h)
    return 1.0 - (1.0 - w) * math.exp(-drive * h)


@kernel
def _scatter(x: Array, move: float, p: Array, rng: Rng) -> None:
    """Move w, with what lasts of the scatter on the way: under the soft window it shrinks too."""
    spread = p[STEP_SPREAD]
    if p[SOFT] != 0.0 and move != 0.0:
        left = x[0] if move < 0.0 else 1.0 - x[0]
        spread *= math.sqrt(max(1.0 - abs(move) / left, 0.0))
    x[0] = min(1.0, max(0.0, x[0] + scattered(move, spread, rng)))


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    drive = _drive(v, p)
    w = x[0]
    if drive == 0.0 or (w <= 0.0 and drive < 0.0) or (w >= 1.0 and drive > 0.0):
        return h
    if give > 0.0:
        forward = math.copysign(1e-6, drive)
        slope = v * (_conductance(w + forward, p) - g) / forward
        forward = math.copysign(stride_within(STRIDE, give, slope), drive)
        far = _drive(v - give * slope * forward, p) * _window(w + forward, drive, p)
        move, taken = glide(drive * _window(w, drive, p), far, abs(forward), h)
    else:
        end = _moved(w, drive, h, p)
        move, taken = end - w, h
        if p[SOFT] == 0.0 and end == (1.0 if drive > 0.0 else 0.0):
            taken = min(h, move / drive)  # what scattered there is driven on
    _scatter(x, move, p, rng)
    return taken


@kernel
def _mean_power(start: float, end: float, power: float) -> float:
    """Return the mean of ``u^power`` while `u` goes from `start` to `end`; 0 for u below 0."""
    low, high = max(min(start, end), 0.0), max(start, end, 0.0)
    way = abs(end - start)
    if way <= LEVEL * high:
        return float((0.5 * (low + high)) ** power)
    higher = power + 1.0
    return float((high**higher - low**higher) / (higher * way))


def _sweep(start: float, end: float, h: float, x: Array, p: Array, rng: Rng) -> None:
    if start + end > 0.0:
        away, beyond = start / p[V_SET] - 1.0, end / p[V_SET] - 1.0
        drive = -p[SET_RATE] * _mean_power(away, beyond, p[SET_POWER])
    else:
        away, beyond = -start / p[V_RESET] - 1.0, -end / p[V_RESET] - 1.0
        drive = p[RESET_RATE] * _mean_power(away, beyond, p[RESET_POWER])
    end = _moved(x[0], drive, h, p)
    if p[SOFT] == 0.0 and end == (1.0 if drive > 0.0 else 0.0):
        x[0] = end  # what scattered there is driven on
    else:
        _scatter(x, end - x[0], p, rng)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Vteam(Device):
    """A memristor with voltage thresholds and power-law kinetics."""

    name = "vteam"
    PARAMETERS = VteamParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe,
                         sweep=_sweep)  # fmt: skip
    APPROXIMATIONS = (
        "exact at constant device voltage and in even ramps of it",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.0, 1.0, 1e-6),
        (Rule(ON, R_ON, -1.0), Rule(ON, R_SPAN, -1.0, lambda p: -p[R_ON]),
         Rule(OFF, R_SPAN, -1.0, lambda p: p[R_ON] + p[R_SPAN]),
         Rule(ON, FOLDS, 0.0, lambda p: float(p[FOLDS] > 0.0)),
         Rule(OFF, FOLDS, 0.0, lambda p: -float(p[FOLDS] > 0.0)),
         Rule(VOLTAGE, V_SET), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: (p[R_ON] + p[R_SPAN]) / p[R_ON],
    )  # fmt: skip
    parameters: VteamParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.on_resistance >= q.off_resistance:
            raise ValueError("vteam needs on_resistance < off_resistance")
        scale, pace, threshold = np.exp(
            np.array([q.spread_conductance, q.spread_rate, q.spread_threshold])
            * self.rng.standard_normal(3)
        )
        folds = math.log(q.off_resistance / q.on_resistance) if q.law == "exponential" else 0.0
        p = np.array(
            [
                ROOM, q.on_resistance / scale, (q.off_resistance - q.on_resistance) / scale, folds,
                q.set_speed / q.thickness * pace, q.reset_speed / q.thickness * pace, q.set_power,
                q.reset_power, q.set_threshold * threshold, q.reset_threshold * threshold,
                float(q.window == "soft"), q.step_spread, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.position])

    @property
    def state(self) -> dict[str, float]:
        """The position w, 0 (on) to 1 (off), and the resistance in Ohm."""
        w = float(self._x[0])
        return {"w": w, "resistance": 1.0 / float(_conductance(w, self._p))}
