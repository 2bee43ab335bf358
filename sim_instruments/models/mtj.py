r"""Magnetic tunnel junction (STT-MTJ): two states, switched by current, at random.

The whole set is from memory [M], of the textbook kind (thermal activation below the critical
current, Sun's precessional regime above, J. Z. Sun, Phys. Rev. B 62, 570 (2000),
doi:10.1103/PhysRevB.62.570). Free and fixed layer are parallel (P, low resistance) or antiparallel
(AP)::

    R_P  = RA / (pi d^2/4)                       R_AP = R_P (1 + TMR/(1 + (V/V_h)^2))
    j    = |I|/I_c;   I_c = I_c0 for AP to P (V > 0, set), 1.3 I_c0 for P to AP (V < 0, reset)
    rate = exp(-Delta (1 - j))/tau_0                       j < 0.9
    rate = (j - 1)/(tau_D ln(pi/2 sqrt(Delta)))            j > 1.1

The two laws do not meet (the second diverges at ``j = 1``): in between the logarithm of the rate is
interpolated [D], and nowhere does more current switch more slowly. Against the torque the rate is
``exp(-Delta (1 + j))/tau_0``. ``Delta = E_b/kT`` falls as 1/T. The probability to switch in a time
`t` is ``1 - exp(-t rate)``: waiting times are exponential and drawn exactly, so that one nanosecond
and ten years of rest cost the same. With `stability` near 10 the state flips by itself: a p-bit, a
source of random bits.

**Spread** [D]: resistance, TMR, critical current and Delta between devices, log-normal. Between
cycles only the switching itself is random. Readings have a relative noise.

**Valid** for |V| up to about 1.5 V (the barrier breaks down beyond: a warning), pulses of 1 ns and
more, 250-450 K. For comparison, NeuroSim's STT-MTJ row [R]: 1 V/10 ns, 3.5 kOhm, ON/OFF 2.3.
**Not modelled**: incubation (real precessional switching has a delay, the exponential law has
none), back-hopping at high bias, stray and applied fields, TMR falling with temperature, breakdown.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.parameters import Bound

BRIDGE = 0.1
"""half width of the currents between the two laws, of the critical current [D]"""
BREAKDOWN = 1.5
"""V [M]"""
MANY = 100.0
"""flips expected in one segment, from which on only the outcome is drawn"""

# Slots of the parameter array after the temperature, and of the state array.
G_P, TMR, BEND, DELTA, ATTEMPT, DAMPING, CRITICAL, READ_NOISE = 1, 2, 3, 4, 5, 6, 7, 9
PARALLEL, BROKEN = 0, 1


@dataclass(frozen=True, slots=True)
class MtjParameters:
    """Parameters of `Mtj`, SI."""

    parallel: bool = False
    """True gives a device in its low-resistance state"""
    resistance_area: Annotated[float, Bound("Ohm m2", 1e-14, 1e-8)] = 5e-12
    """Ohm m2, RA: 5 Ohm um2 [M]"""
    diameter: Annotated[float, Bound("m", 5e-9, 1e-6)] = 40e-9
    """m, d [M]"""
    magnetoresistance: Annotated[float, Bound("", 0.05, 10.0)] = 1.2
    """TMR at no bias [M]"""
    half_voltage: Annotated[float, Bound("V", 0.1, 10.0)] = 0.5
    """V, V_h: here half of the TMR is left [M]"""
    stability: Annotated[float, Bound("", 3.0, 200.0)] = 60.0
    """Delta at 300 K; 60 keeps a state for ever, about 10 makes a source of random bits [M]"""
    attempt_time: Annotated[float, Bound("s", 1e-12, 1e-6)] = 1e-9
    """s, tau_0 [M]"""
    precession_time: Annotated[float, Bound("s", 1e-12, 1e-6)] = 1e-9
    """s, tau_D [M]"""
    critical_current: Annotated[float, Bound("A", 1e-8, 1e-2)] = 40e-6
    """A, I_c0 from antiparallel to parallel [M]"""
    asymmetry: Annotated[float, Bound("", 0.2, 5.0)] = 1.3
    """critical current from parallel to antiparallel, of the other [M]"""
    spread_resistance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of both resistances between devices [D]"""
    spread_magnetoresistance: Annotated[float, Bound("", 0.0, 0.5)] = 0.03
    """log-normal sigma of the TMR between devices [D]"""
    spread_critical: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the critical currents between devices [D]"""
    spread_stability: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of Delta between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.003
    """relative noise of one reading [D]"""


@kernel
def _conduct(v: float, parallel: bool, p: Array) -> tuple[float, float]:
    """Return the current in A and its slope in S in one of the two states."""
    if parallel:
        return v * float(p[G_P]), float(p[G_P])
    u = v / p[BEND]
    flat = 1.0 + u * u
    share = 1.0 / (1.0 + p[TMR] / flat)
    return v * p[G_P] * share, p[G_P] * share * (1.0 + share * 2.0 * p[TMR] * u * u / (flat * flat))


@kernel
def _rate(i: float, parallel: bool, p: Array) -> float:
    """Return how often per second the state is left under current `i`."""
    delta = p[DELTA] * ROOM / p[AMBIENT]
    # The torque of a positive current is towards parallel.
    j = i / p[CRITICAL] if not parallel else -i / p[CRITICAL + 1]
    low = -delta * max(1.0 - min(j, 1.0 - BRIDGE), 0.0) - math.log(p[ATTEMPT])
    if j <= 1.0 - BRIDGE:
        return math.exp(low)
    over = max(j - 1.0, BRIDGE)
    high = max(low, math.log(over / (p[DAMPING] * math.log(0.5 * math.pi * math.sqrt(delta)))))
    if j >= 1.0 + BRIDGE:
        return math.exp(high)
    return math.exp(low + (high - low) * (j - 1.0 + BRIDGE) / (2.0 * BRIDGE))


@kernel
def _other(v: float, i: float, g: float, give: float, p: Array, parallel: bool) -> float:
    """Return the current the same source and resistance would send through the other state."""
    # give = R/(1 + R g): the line v + R i = const, upright where the source limits.
    stiff = 1.0 - give * g
    if stiff < 1e-9:
        return i
    resistance = give / stiff
    u = v
    for _ in range(20):
        current, slope = _conduct(u, not parallel, p)
        u -= (u - v + resistance * (current - i)) / (1.0 + resistance * slope)
    return _conduct(u, not parallel, p)[0]


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return _conduct(v, x[PARALLEL] > 0.5, p)


@kernel
def _outcome(leave: float, come: float, h: float, x: Array, rng: Rng) -> None:
    """Draw the state after `h` seconds with these rates out of it and back into it."""
    total = leave + come
    stay = (come + leave * math.exp(-total * h)) / total if total > 0.0 else 1.0
    if rng.random() >= stay:
        x[PARALLEL] = 1.0 - x[PARALLEL]


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    parallel = x[PARALLEL] > 0.5
    if abs(v) > BREAKDOWN:
        x[BROKEN] = 1.0
    leave = _rate(i, parallel, p)
    if leave * h > MANY:
        come = _rate(_other(v, i, g, give, p, parallel), not parallel, p)
        if come * h > MANY:
            _outcome(leave, come, h, x, rng)
            return h
    wait = rng.standard_exponential() / leave if leave > 0.0 else h
    if wait >= h:
        return h
    x[PARALLEL] = 0.0 if parallel else 1.0
    return float(wait)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    rate = _rate(0.0, True, p)
    _outcome(rate, rate, h, x, rng)


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Mtj(Device):
    """A magnetic tunnel junction: a stochastic two-state device."""

    name = "mtj"
    PARAMETERS = MtjParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "exponential waiting times, drawn exactly, in the precessional regime too",
        "between 0.9 and 1.1 of the critical current the two laws are interpolated",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="the barrier breaks down at once, it does not drift")
    parameters: MtjParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        spreads = (
            q.spread_resistance, q.spread_magnetoresistance, q.spread_critical, q.spread_stability
        )  # fmt: skip
        scale, ratio, critical, stable = np.exp(np.array(spreads) * self.rng.standard_normal(4))
        area = math.pi / 4.0 * q.diameter**2
        p = np.array(
            [
                ROOM, area / (q.resistance_area * scale), q.magnetoresistance * ratio,
                q.half_voltage, q.stability * stable, q.attempt_time, q.precession_time,
                q.critical_current * critical, q.critical_current * critical * q.asymmetry,
                q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([float(q.parallel), 0.0])

    @property
    def state(self) -> dict[str, float]:
        """Whether the layers are parallel (0 or 1)."""
        return {"parallel": float(self._x[PARALLEL])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[BROKEN] == 0.0:
            return []
        return [f"mtj: more than {BREAKDOWN} V across the barrier, a real one breaks down"]
