r"""Ferroelectric tunnel junction: polarisation, switched domain by domain, gates a tunnel current.

**Switching**: nucleation-limited, an ensemble of `domains` with the kinetics of
`sim_instruments.models.ferroelectric_domains`, after C. Alessandri et al., IEEE EDL 39, 1780
(2018), doi:10.1109/LED.2018.2872124 [M]::

    tau_i = tau_0 exp( (E_a,i/|V/t_fe - E_off,i|)^alpha 300 K/T );   E_a,i ~ GB2(a, b, p, q)
    P     = Pr <s> (1 - depolarisation log10(1 + theta/1 s))

with the set fitted to HfO2-based capacitors [R: boltma/Scalable-FeFET, MFM set: Pr = 18 uC/cm2,
eps = 50, tau_0 = 0.1 us, alpha = 3.2975, beta = 2, GB2(8, 2 MV/cm, 0.6775, 0.8115)]; thickness,
area and offset are [D]. `theta` is the time since the last voltage above a quarter of the field
that is typical of an activation (a write). V > 0 poles up, which is the high-conductance state.

**Reading** [D] — domains conduct in parallel::

    I = (G_off + (G_on - G_off)(1 + P/Pr)/2) f(V);    f = V_nl sinh(V/V_nl) for |V| < V_x

and above `V_x` the current goes on as a straight line (real junctions pass over to Fowler-Nordheim
tunnelling; ``sinh`` alone would give amperes at a write voltage).

**PUND** — a reading is the tunnel current plus the mean displacement current since the reading
before, ``(A dP + C dV)/dt``, as a meter that integrates over its segments would find: the sum of
current times duration is the charge. Positive-up-negative-down pulses therefore show the switched
charge, ``P - U = 2 Pr A``. A rest ends the mean: what flows while the source stands at exactly 0 V
is not seen. The displacement current is no part of the circuit: it meets neither compliance nor
series resistance.

**Spread** [D]: domains, activation and conductance between devices; which domain switches when is
random in every cycle (a relative scatter of order ``1/sqrt(domains)``). Readings have a relative
noise.

**Valid** for fields up to about 4 MV/cm (breakdown: a warning), 250-400 K, 10 ns to years. **Not
modelled**: wake-up, fatigue and imprint in cycling, interaction of domains, charge injected at the
interface, the depolarising field of a dead layer other than as the logarithm above.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.ferroelectric_domains import (
    BASE,
    COUNT,
    fresh_domains,
    next_switch,
    switch_domains,
)
from sim_instruments.models.parameters import Bound

VACUUM = 8.8541878e-12
"""F/m"""
BREAKDOWN = 4.0
"""MV/cm [M]"""
WRITE = 0.25
"""of the typical activation field; a stronger field begins the time since the last write anew"""
SOFT = 2e-3
"""V, by how much the circuit may give way in one sub-step"""

# Slots of the parameter array after those of the domains.
PER_VOLT, G_OFF, G_SPAN, V_NL, V_X, F_X, SLOPE_X, FULL, CAPACITANCE, LOSS = range(5, 15)
READ_NOISE, WRITE_FIELD = 15, 16
# Slots of the state array: conductance, mean direction, time since the last write, charge and time
# since the last reading, charge then, and the largest field.
G, MEAN, THETA, CHARGE, WINDOW, SEEN, STRONGEST = range(7)


@dataclass(frozen=True, slots=True)
class FtjParameters:
    """Parameters of `Ftj`, SI; activation and offset fields in V/m."""

    polarization: Annotated[float, Bound("", -1.0, 1.0)] = -1.0
    """mean direction of the fresh device's domains; -1 is the off state [D]"""
    domains: Annotated[float, Bound("", 1.0, 5000.0)] = 200.0
    """how many, rounded; the source has 20 for a transistor, 2000 for a capacitor [D]"""
    thickness: Annotated[float, Bound("m", 1e-9, 50e-9)] = 10e-9
    """m, t_fe of the ferroelectric [D]"""
    area: Annotated[float, Bound("m2", 1e-16, 1e-6)] = 1e-8
    """m2; the default is a 100 um square, whose charge a source-meter sees [D]"""
    remanent: Annotated[float, Bound("C/m2", 1e-3, 1.0)] = 0.18
    """C/m2, Pr: 18 uC/cm2 [R]"""
    permittivity: Annotated[float, Bound("", 1.0, 1000.0)] = 50.0
    """eps [R]"""
    attempt_time: Annotated[float, Bound("s", 1e-13, 1e-3)] = 1e-7
    """s, tau_0 [R]"""
    field_power: Annotated[float, Bound("", 0.5, 6.0)] = 3.2975
    """alpha [R]"""
    dose_power: Annotated[float, Bound("", 0.5, 6.0)] = 2.0
    """beta [R]"""
    activation: Annotated[float, Bound("V/m", 1e7, 2e9)] = 2e8
    """V/m, scale b of the GB2 distribution: 2 MV/cm [R]"""
    activation_shape: Annotated[float, Bound("", 1.0, 100.0)] = 8.0
    """a of the GB2 distribution [R]"""
    activation_low: Annotated[float, Bound("", 0.1, 50.0)] = 0.6775
    """p of the GB2 distribution: the tail to low fields [R]"""
    activation_high: Annotated[float, Bound("", 0.1, 50.0)] = 0.8115
    """q of the GB2 distribution: the tail to high fields [R]"""
    offset: Annotated[float, Bound("V/m", -2e8, 2e8)] = 0.0
    """V/m, mean offset field (imprint) [D]"""
    spread_offset: Annotated[float, Bound("V/m", 0.0, 2e8)] = 2e7
    """V/m, sigma of the offset between domains: 0.2 MV/cm [D]; the set has 0.5 [R], with which
    about a tenth of the domains would not stay where they were poled"""
    conductance_on: Annotated[float, Bound("S", 1e-15, 1e-2)] = 10e-9
    """S, all domains up, at low voltage [D]"""
    ratio: Annotated[float, Bound("", 1.01, 1e6)] = 30.0
    """conductance up over down [D: 10-100]"""
    bend_voltage: Annotated[float, Bound("V", 0.02, 100.0)] = 0.15
    """V, V_nl [D]"""
    straight_voltage: Annotated[float, Bound("V", 0.05, 100.0)] = 0.6
    """V, V_x: from here on the current is a straight line [D]"""
    depolarisation: Annotated[float, Bound("", 0.0, 0.1)] = 0.01
    """polarisation lost per decade of seconds [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of conductance between devices [D]"""
    spread_activation: Annotated[float, Bound("", 0.0, 0.5)] = 0.02
    """log-normal sigma of all activation fields between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    over = abs(v) - p[V_X]
    if over > 0.0:
        return math.copysign(x[G] * (p[F_X] + p[SLOPE_X] * over), v), x[G] * p[SLOPE_X]
    up = math.exp(v / p[V_NL])
    down = 1.0 / up
    return x[G] * p[V_NL] * 0.5 * (up - down), x[G] * 0.5 * (up + down)


@kernel
def _settle(v: float, x: Array, p: Array) -> None:
    """Set the conductance and the charge from the domains and the time since the write."""
    kept = 1.0 - min(1.0, p[LOSS] * math.log10(1.0 + x[THETA]))
    x[G] = p[G_OFF] + p[G_SPAN] * 0.5 * (1.0 + kept * x[MEAN])
    x[CHARGE] = p[FULL] * kept * x[MEAN] + p[CAPACITANCE] * v


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    field = v * p[PER_VOLT]
    if give * abs(i) * p[G_SPAN] > SOFT * x[G]:
        h = next_switch(field, h, x, p)
    x[MEAN] += switch_domains(field, h, x, p, rng) / p[COUNT]
    x[THETA] = 0.0 if abs(field) > p[WRITE_FIELD] else x[THETA] + h
    x[WINDOW] += h
    x[STRONGEST] = max(x[STRONGEST], abs(field))
    _settle(v, x, p)
    return h


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    x[MEAN] += switch_domains(0.0, h, x, p, rng) / p[COUNT]
    x[THETA] += h
    _settle(0.0, x, p)
    x[SEEN] = x[CHARGE]
    x[WINDOW] = 0.0


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    if x[WINDOW] > 0.0:
        i += (x[CHARGE] - x[SEEN]) / x[WINDOW]
    x[SEEN] = x[CHARGE]
    x[WINDOW] = 0.0
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Ftj(Device):
    """A ferroelectric tunnel junction."""

    name = "ftj"
    PARAMETERS = FtjParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "independent domains, exact at constant voltage",
        "a reading has the mean displacement current since the reading before",
        "displacement current meets neither compliance nor series resistance",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(2.0, 2.0, 1e-6),
        (Rule(OFF, G_OFF), Rule(OFF, G_SPAN, weight=lambda p: -p[G_OFF]),
         Rule(ON, G_SPAN, weight=lambda p: p[G_OFF] + p[G_SPAN])),
        window=lambda p: 1.0 + p[G_SPAN] / p[G_OFF],
        why="what cycling does to the switching of domains, wake-up and fatigue, is not modelled",
    )  # fmt: skip
    parameters: FtjParameters

    def _pack(self) -> tuple[Array, Array]:
        q, rng, n = self.parameters, self.rng, round(self.parameters.domains)
        scale, hard = np.exp(
            np.array([q.spread_conductance, q.spread_activation]) * rng.standard_normal(2)
        )
        share = np.clip(rng.beta(q.activation_low, q.activation_high, n), 1e-12, 1.0 - 1e-12)
        odds = (share / (1.0 - share)) ** (1.0 / q.activation_shape)
        mega = 1e-8  # MV/cm per V/m
        p = np.zeros(BASE + 2 * n)
        on = q.conductance_on * scale
        u = q.straight_voltage / q.bend_voltage
        p[: WRITE_FIELD + 1] = (
            ROOM, n, math.log(q.attempt_time), q.field_power, q.dose_power, mega / q.thickness,
            on / q.ratio, on * (1.0 - 1.0 / q.ratio), q.bend_voltage, q.straight_voltage,
            q.bend_voltage * math.sinh(u), math.cosh(u), q.remanent * q.area,
            VACUUM * q.permittivity * q.area / q.thickness, q.depolarisation, q.read_noise,
            WRITE * q.activation * mega,
        )  # fmt: skip
        p[BASE : BASE + n] = q.activation * mega * hard * odds
        p[BASE + n :] = mega * (q.offset + q.spread_offset * rng.standard_normal(n))
        x = np.zeros(BASE + 3 * n)
        x[BASE:] = fresh_domains(n, q.polarization, rng)
        x[MEAN] = np.mean(x[BASE : BASE + n])
        _settle(0.0, x, p)
        x[SEEN] = x[CHARGE]
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Mean direction of the domains (-1 to 1) and low-voltage conductance in S."""
        return {"polarization": float(self._x[MEAN]), "conductance": float(self._x[G])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[STRONGEST] <= BREAKDOWN:
            return []
        return [f"ftj: {self._x[STRONGEST]:.1f} MV/cm in the film, a real one breaks down"]
