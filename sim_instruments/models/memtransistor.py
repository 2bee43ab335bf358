r"""Two-dimensional memtransistor: a memristive channel whose gate sets current and thresholds.

The threshold law of VTEAM with soft ends, and a gate [D, all of it]; `x` goes from 0 (off) to
1 (on), ``D = V_g - V_g0``::

    I     = m(V_g) G_off^(1-x) G_on^x V_nl sinh(V/V_nl);   m = 10^(D/S), at most 4 decades each way
    dx/dt = +k_set   (V/V_set' - 1)^a_set     (1 - x)   for V > V_set'   = V_set - k_g D
    dx/dt = -k_reset (V/V_reset' - 1)^a_reset x         for V < V_reset' = -V_reset - k_g D

A gate voltage moves both thresholds the same way (``k_g = 0.05 V/V``), so that a positive one eases
the set and hinders the reset; neither threshold comes closer to 0 V than a tenth of its own value.
Drain pulses write, V > 0 sets; at ``V_g = 0`` this is a two-terminal device. The MoS2
memtransistors that it stands for take 10-40 V over a long channel [M: Sangwan et al., Nature 554,
500 (2018), doi:10.1038/nature25747]; the defaults are scaled to 1-4 V.

**Numerics.** At constant device voltage the rest of the way shrinks by an exact exponential. Behind
a resistance or in compliance `x` goes in strides by which the device voltage moves at most 2 mV.

**Spread** [D]: conductance, rates and thresholds between devices, log-normal; a small change ``dx``
has a standard deviation ``step_spread sqrt(|dx|)``, and at an end of the way, where all changes
lead to the same, nothing of it is left, into however many segments a hold is cut. Readings have a
relative noise. The gate insulator leaks like a resistor.

**Valid** for |V| up to three times a threshold (more is a warning), 250-400 K. **Not modelled**:
temperature, retention (the state stays as it is at rest), hysteresis of the gate itself, gate
capacitance, saturation of the channel, asymmetry of its Schottky contacts.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.gated import GATE, Gated, specialise_gated
from sim_instruments.models.load_line import glide, scattered, stride_within
from sim_instruments.models.parameters import Bound

MOST_DECADES = 4.0
"""by which the gate raises or lowers the current [D]"""
LEAST = 0.1
"""of its own value, that a threshold keeps however the gate shifts it [D]"""
FARTHEST = 3.0
"""times its threshold, above which the power law is no longer believed [D]"""
STRIDE = 0.02
"""the largest change of x in one stride along a load line"""

# Slots of the parameter array after the temperature.
G_OFF, FOLDS, V_NL, GATE_ZERO, PER_DECADE, SHIFT, V_SET, V_RESET = range(1, 9)
SET_RATE, RESET_RATE, SET_POWER, RESET_POWER, LEAK, STEP_SPREAD, READ_NOISE = range(9, 16)
# Slots of the state array after the gate: position, largest voltage over its threshold.
X, FAR = 1, 2


@dataclass(frozen=True, slots=True)
class MemtransistorParameters:
    """Parameters of `Memtransistor`, SI."""

    position: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """x of the fresh device; 0 is off [D]"""
    conductance_off: Annotated[float, Bound("S", 1e-15, 1.0)] = 10e-9
    """S, G_off at V_g0 [D]"""
    conductance_on: Annotated[float, Bound("S", 1e-15, 1.0)] = 1e-6
    """S, G_on at V_g0 [D: two decades]"""
    bend_voltage: Annotated[float, Bound("V", 0.1, 100.0)] = 2.0
    """V, V_nl [D]"""
    gate_reference: Annotated[float, Bound("V", -100.0, 100.0)] = 0.0
    """V, V_g0: where thresholds and conductances are as given [D]"""
    gate_decade: Annotated[float, Bound("V", 0.05, 1000.0)] = 10.0
    """V, S: gate voltage per decade of current [D]"""
    gate_shift: Annotated[float, Bound("", -1.0, 1.0)] = 0.05
    """V/V, k_g: how far a threshold moves per volt of gate [D]"""
    set_threshold: Annotated[float, Bound("V", 0.01, 100.0)] = 1.5
    """V, V_set [D]"""
    reset_threshold: Annotated[float, Bound("V", 0.01, 100.0)] = 1.5
    """V, V_reset: the device resets below minus this [D]"""
    set_rate: Annotated[float, Bound("1/s", 0.0, 1e12)] = 30.0
    """1/s, k_set: rate at twice the threshold; 3 V, 1 ms is 3 % of the way [D]"""
    reset_rate: Annotated[float, Bound("1/s", 0.0, 1e12)] = 30.0
    """1/s, k_reset [D]"""
    set_power: Annotated[float, Bound("", 0.1, 20.0)] = 3.0
    """a_set [D: that of VTEAM]"""
    reset_power: Annotated[float, Bound("", 0.1, 20.0)] = 3.0
    """a_reset [D]"""
    gate_leak: Annotated[float, Bound("S", 0.0, 1e-3)] = 1e-12
    """S, of the gate insulator [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of both rates between devices [D]"""
    spread_threshold: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of both thresholds between devices [D: 3-5 %]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of small changes of x that add up to 1 [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    decades = (x[GATE] - p[GATE_ZERO]) / p[PER_DECADE]
    decades = min(MOST_DECADES, max(-MOST_DECADES, decades))
    g = p[G_OFF] * math.exp(p[FOLDS] * x[X] + math.log(10.0) * decades)
    up = math.exp(v / p[V_NL])
    down = 1.0 / up
    return g * p[V_NL] * 0.5 * (up - down), g * 0.5 * (up + down)


@kernel
def _thresholds(gate: float, p: Array) -> tuple[float, float]:
    """Return (set, reset) thresholds in V, above and below 0."""
    shift = p[SHIFT] * (gate - p[GATE_ZERO])
    set_at = max(LEAST * p[V_SET], p[V_SET] - shift)
    return set_at, min(-LEAST * p[V_RESET], -p[V_RESET] - shift)


@kernel
def _drive(v: float, x: Array, p: Array) -> float:
    """Return the rate in 1/s at which the rest of the way shrinks, below 0 in a reset."""
    set_at, reset_at = _thresholds(x[GATE], p)
    if v > set_at:
        return float(p[SET_RATE] * (v / set_at - 1.0) ** p[SET_POWER])
    if v < reset_at:
        return float(-p[RESET_RATE] * (v / reset_at - 1.0) ** p[RESET_POWER])
    return 0.0


@kernel
def _left(position: float, drive: float) -> float:
    """Return what is left of the way."""
    return 1.0 - position if drive > 0.0 else position


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    drive = _drive(v, x, p)
    left = _left(x[X], drive)
    if drive == 0.0 or left == 0.0:
        return h
    set_at, reset_at = _thresholds(x[GATE], p)
    x[FAR] = max(x[FAR], v / (set_at if v > 0.0 else reset_at))
    if give > 0.0:
        slope = i * p[FOLDS]
        forward = math.copysign(min(left, stride_within(STRIDE, give, slope)), drive)
        ahead = _drive(v - give * slope * forward, x, p) * _left(x[X] + forward, drive)
        move, taken = glide(drive * left, ahead, abs(forward), h)
    else:
        move, taken = math.copysign(left * -math.expm1(-abs(drive) * h), drive), h
    # The rest of the way shrinks, and with it what scattered on the way so far.
    lasting = p[STEP_SPREAD] * math.sqrt(max(1.0 - abs(move) / left, 0.0))
    x[X] = min(1.0, max(0.0, x[X] + scattered(move, lasting, rng)))
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


def _observe_gate(v: float, x: Array, p: Array, rng: Rng) -> float:
    return float(p[LEAK] * x[GATE] * (1.0 + p[READ_NOISE] * rng.standard_normal()))


class Memtransistor(Gated):
    """A two-dimensional memristive channel with a gate."""

    name = "memtransistor"
    PARAMETERS = MemtransistorParameters
    KERNELS = specialise_gated(__name__, current=_current, step=_step, rest=_rest,
                               observe=_observe, observe_gate=_observe_gate)  # fmt: skip
    APPROXIMATIONS = (
        "exact at constant device voltage",
        "no loss at rest",
        "the gate's source is ideal, its insulator a resistor",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(3.0, 3.0, 1e-3),
        (Rule(OFF, G_OFF), Rule(OFF, FOLDS, 0.0, lambda p: -1.0),
         Rule(ON, FOLDS, 0.0, lambda p: 1.0), Rule(VOLTAGE, V_SET), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: math.exp(p[FOLDS]),
        why="at V_g = 0 only: driven at its gate it does not wear",
    )  # fmt: skip
    parameters: MemtransistorParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.conductance_off >= q.conductance_on:
            raise ValueError("memtransistor needs conductance_off < conductance_on")
        scale, pace, threshold = np.exp(
            np.array([q.spread_conductance, q.spread_rate, q.spread_threshold])
            * self.rng.standard_normal(3)
        )
        p = np.array(
            [
                ROOM, q.conductance_off * scale, math.log(q.conductance_on / q.conductance_off),
                q.bend_voltage, q.gate_reference, q.gate_decade, q.gate_shift,
                q.set_threshold * threshold, q.reset_threshold * threshold, q.set_rate * pace,
                q.reset_rate * pace, q.set_power, q.reset_power, q.gate_leak, q.step_spread,
                q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([0.0, q.position, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """Position x, 0 (off) to 1 (on), and low-voltage conductance in S with the gate at 0 V."""
        return {"position": float(self._x[X]), "conductance": self.current(1e-3) / 1e-3}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[FAR] <= FARTHEST:
            return []
        return [f"memtransistor: driven at {self._x[FAR]:.1f} times its threshold, at most "
                f"{FARTHEST:g} are believed"]  # fmt: skip
