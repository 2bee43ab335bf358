r"""Ferroelectric transistor: gate pulses switch domains, which shift the threshold of a channel.

Domains switch by nucleation-limited kinetics, each with its own activation and offset field, after
C. Alessandri et al., IEEE EDL 39, 1780 (2018), doi:10.1109/LED.2018.2872124 [M]; the laws are those
of `sim_instruments.models.ferroelectric_domains`::

    tau_i = tau_0 exp( (E_a,i/|E - E_off,i|)^alpha 300 K/T );   E = V_g C_il/((C_il + C_fe) t_fe)
    V_T   = V_T0 - (MW/2) w(N) <s> (1 - depolarisation log10(1 + theta/1 s))
    I_D   = 2 n k Ut^2 [F((V_g - V_T)/(2 n Ut)) - F((V_g - V_T - n V_d)/(2 n Ut))] + G_leak V_d
    F(u)  = ln^2(1 + e^u)

with the published set [R: boltma/Scalable-FeFET, FeFET: Pr = 25 uC/cm2, t_fe = 8 nm, t_il = 1 nm,
eps = 28, tau_0 = 19 ns, alpha = 3, beta = 2, E_a ~ N(2.3, 0.4) MV/cm, 20 domains] and MW = 1.2 V
[D]. The field is that of a capacitive divider [D]: trapped charge is taken to compensate the
polarisation (uncompensated, 25 uC/cm2 over 1 nm of oxide would be 7 V). V_g > 0 poles up, lowers
the threshold and sets; the drain only reads. The channel is normally on [D], so that it can be read
with the gate at 0 V, as a two-terminal device is.

**Ageing** [D/M]: `N` counts full cycles (a polarisation that moves up and down once), ``w`` wakes
up by `wake_up` over the decades to 1e4 cycles and loses `fatigue` per decade beyond `fatigue_from`.
Imprint: a field ``imprint <s> log10(1 + t/1 s)`` holds the domains where they are, `t` since the
polarisation last changed its sign; it is what a write then meets. Retention: `theta` is the time
since the last write, a field above a quarter of the mean activation.

**PUND** — a gate reading is the mean displacement current since the reading before: the sum of
current times duration is the charge. What flows while all terminals stand at exactly 0 V is not
seen.

**Preset hzo** stands for the HZO row of NeuroSim [R: 32 states, R_on 559.28 kOhm, ON/OFF 45,
nonlinearity 1.75/1.46, +3.65 V/-2.95 V 75 ns on average, C2C < 0.5 %]: pulses of 75 ns rising from
2.85 V to 4.45 V up and from 2.1 V to 3.8 V down [M: Jerry et al., IEDM 2017,
doi:10.1109/IEDM.2017.8268338]. With the published divider and activations the first of these pulses
moves a third of the window (nonlinearity 6), so interlayer, spread of activation and offset are
chosen for the row, threshold and gain for its resistances [D]. Mean and scatter of twelve devices,
read at 0.1 V with the gate at 0 V [C]: nonlinearity 1.70 +- 0.11 and 1.52 +- 0.12, R_on 562 kOhm,
ON/OFF 47 +- 5, and a step scatters from cycle to cycle by 0.36 % of the range.

**Spread** [D]: threshold, gain and activation between devices; which domain switches when is random
in every cycle. Readings have a relative noise.

**Valid** to 4 MV/cm in the film (breakdown: a warning), 250-400 K, ns to years. **Not modelled**:
interaction of domains, polarisation in the voltage divider, charge trapping that shifts the
threshold against the polarisation, drain voltage as part of the gate's, gate leakage, recovery.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.device import AMBIENT
from sim_instruments.models.ferroelectric_domains import (
    BASE,
    COUNT,
    fresh_domains,
    switch_domains,
)
from sim_instruments.models.gated import GATE, Gated, specialise_gated
from sim_instruments.models.parameters import Bound, Choice, Value

VACUUM = 8.8541878e-12
"""F/m"""
BOLTZMANN = 8.617333e-5
"""eV/K"""
BREAKDOWN = 4.0
"""MV/cm [M]"""
WRITE = 0.25
"""of the mean activation; a stronger field begins the time since the last write anew [D]"""
GROWING = 0.1
"""of the time since the film last turned over: imprint hardly grows in that part of a rest"""
AWAKE = 4.0
"""decades of cycles over which a film wakes up [M]"""

# Slots of the parameter array after those of the domains.
PER_VOLT, V_ZERO, HALF, GAIN, SLOPE, LEAK, FULL, CAPACITANCE, LOSS, READ_NOISE = range(5, 15)
WRITE_FIELD, WAKE, FATIGUE, TIRED, IMPRINTING = range(15, 20)
# Slots of the state array after the gate: mean direction, threshold, time since the last write,
# charge and time since the gate was read, charge then, largest field, full cycles, imprint field,
# time since the polarisation changed its sign, that sign, and the sign of the write going on.
MEAN, V_T, THETA, CHARGE, WINDOW, SEEN, STRONGEST, CYCLES, IMPRINT, SETTLED, SIDE = range(1, 12)
WRITING = 12

HZO: dict[str, Value] = {
    "domains": 2000.0, "interlayer": 1.75e-9, "activation_spread": 5.7e7, "offset": 1.48e7,
    "window": 1.0, "threshold": -0.557, "gain": 1.785e-6, "cycles": 1e5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FefetParameters:
    """Parameters of `Fefet`, SI; activation and offset fields in V/m."""

    preset: Annotated[str, Choice({"published": {}, "hzo": HZO})] = "published"
    """the published set of 20 domains [R], or one that behaves as NeuroSim's HZO row [D]"""
    polarization: Annotated[float, Bound("", -1.0, 1.0)] = -1.0
    """mean direction of the fresh device's domains; -1 is the off state [D]"""
    domains: Annotated[float, Bound("", 1.0, 5000.0)] = 20.0
    """how many, rounded [R]"""
    thickness: Annotated[float, Bound("m", 1e-9, 50e-9)] = 8e-9
    """m, t_fe of the ferroelectric [R]"""
    interlayer: Annotated[float, Bound("m", 0.0, 10e-9)] = 1e-9
    """m, t_il of the oxide below it [R]"""
    permittivity: Annotated[float, Bound("", 1.0, 1000.0)] = 28.0
    """eps of the ferroelectric [R]"""
    interlayer_permittivity: Annotated[float, Bound("", 1.0, 100.0)] = 3.9
    """eps of the oxide: SiO2 [M]"""
    area: Annotated[float, Bound("m2", 1e-16, 1e-6)] = 1e-12
    """m2 of the gate: 1 um square [D]"""
    remanent: Annotated[float, Bound("C/m2", 1e-3, 1.0)] = 0.25
    """C/m2, Pr: 25 uC/cm2 [R]"""
    attempt_time: Annotated[float, Bound("s", 1e-13, 1e-3)] = 1.9e-8
    """s, tau_0 [R]"""
    field_power: Annotated[float, Bound("", 0.5, 6.0)] = 3.0
    """alpha [R]"""
    dose_power: Annotated[float, Bound("", 0.5, 6.0)] = 2.0
    """beta [R]"""
    activation: Annotated[float, Bound("V/m", 1e7, 2e9)] = 2.3e8
    """V/m, mean of E_a [R]"""
    activation_spread: Annotated[float, Bound("V/m", 0.0, 1e9)] = 4e7
    """V/m, sigma of E_a between domains [R]"""
    offset: Annotated[float, Bound("V/m", -2e8, 2e8)] = 0.0
    """V/m, mean offset field [D]"""
    spread_offset: Annotated[float, Bound("V/m", 0.0, 2e8)] = 1e7
    """V/m, sigma of the offset field between domains [D]"""
    window: Annotated[float, Bound("V", 0.0, 10.0)] = 1.2
    """V, MW between the thresholds of a fresh film [D]"""
    threshold: Annotated[float, Bound("V", -10.0, 10.0)] = -0.6
    """V, V_T0 [D]"""
    gain: Annotated[float, Bound("A/V2", 1e-12, 1.0)] = 10e-6
    """A/V2, k [D]"""
    slope_factor: Annotated[float, Bound("", 1.0, 5.0)] = 1.3
    """n: 60 mV/decade times this [D]"""
    leak: Annotated[float, Bound("S", 0.0, 1e-3)] = 1e-12
    """S between drain and source, whatever the gate [D]"""
    depolarisation: Annotated[float, Bound("", 0.0, 0.1)] = 0.01
    """polarisation lost per decade of seconds [D]"""
    cycles: Annotated[float, Bound("", 0.0, 1e15)] = 0.0
    """full cycles the fresh device has behind it [D]"""
    wake_up: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """gain of window and charge over the first 1e4 cycles [D/M]"""
    fatigue: Annotated[float, Bound("", 0.0, 1.0)] = 0.1
    """loss of window and charge per decade of cycles [D/M]"""
    fatigue_from: Annotated[float, Bound("", 1.0, 1e15)] = 1e8
    """cycles from which it tires [D; M: 1e6-1e10]"""
    imprint: Annotated[float, Bound("V/m", 0.0, 1e8)] = 2e6
    """V/m per decade of seconds in one direction [D]"""
    spread_threshold: Annotated[float, Bound("V", 0.0, 1.0)] = 0.03
    """V, sigma of V_T0 between devices [D]"""
    spread_gain: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of k between devices [D]"""
    spread_activation: Annotated[float, Bound("", 0.0, 0.5)] = 0.02
    """log-normal sigma of all activation fields between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _softplus(u: float) -> tuple[float, float]:
    """Return ``ln(1 + e^u)`` and its slope."""
    small = math.exp(-abs(u))
    slope = 1.0 / (1.0 + small) if u > 0.0 else small / (1.0 + small)
    return max(u, 0.0) + math.log1p(small), slope


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    ut = BOLTZMANN * p[AMBIENT]
    low, _ = _softplus((x[GATE] - x[V_T]) / (2.0 * p[SLOPE] * ut))
    high, slope = _softplus((x[GATE] - x[V_T] - p[SLOPE] * v) / (2.0 * p[SLOPE] * ut))
    scale = 2.0 * p[SLOPE] * p[GAIN] * ut
    i = scale * ut * (low - high) * (low + high)
    return i + p[LEAK] * v, scale * high * slope + p[LEAK]


@kernel
def _settle(x: Array, p: Array) -> None:
    """Set threshold and gate charge from domains, age and time since the write."""
    kept = 1.0 - min(1.0, p[LOSS] * math.log10(1.0 + x[THETA]))
    awake = min(1.0, math.log10(1.0 + x[CYCLES]) / AWAKE)
    tired = p[FATIGUE] * math.log10(max(1.0, x[CYCLES] / p[TIRED]))
    strength = kept * (1.0 + p[WAKE] * awake) * max(0.0, 1.0 - tired) * x[MEAN]
    x[V_T] = p[V_ZERO] - p[HALF] * strength
    x[CHARGE] = p[FULL] * strength + p[CAPACITANCE] * x[GATE]


@kernel
def _imprint(x: Array, p: Array) -> None:
    x[IMPRINT] = p[IMPRINTING] * x[MEAN] * math.log10(1.0 + x[SETTLED])


@kernel
def _feel(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let the domains feel the gate for `h` seconds; a write meets the imprint it began with."""
    field = x[GATE] * p[PER_VOLT]
    writing = math.copysign(1.0, field) if abs(field) > p[WRITE_FIELD] else 0.0
    if writing != x[WRITING]:
        _imprint(x, p)
        x[WRITING] = writing
    changed = switch_domains(field + x[IMPRINT], h, x, p, rng) / p[COUNT]
    x[MEAN] += changed
    x[CYCLES] += 0.25 * abs(changed)
    if x[MEAN] * x[SIDE] < 0.0:
        x[SIDE] = -x[SIDE]
        x[SETTLED] = 0.0
    x[SETTLED] += h
    if writing == 0.0:
        x[THETA] += h
        _imprint(x, p)
    else:
        x[THETA] = 0.0
        x[STRONGEST] = max(x[STRONGEST], abs(field))
    _settle(x, p)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    _feel(h, x, p, rng)
    x[WINDOW] += h
    return h


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    while h > 0.0:
        part = min(h, GROWING * (1.0 + x[SETTLED]))
        _feel(part, x, p, rng)
        h -= part
    x[SEEN] = x[CHARGE]
    x[WINDOW] = 0.0


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


def _observe_gate(v: float, x: Array, p: Array, rng: Rng) -> float:
    mean = (x[CHARGE] - x[SEEN]) / x[WINDOW] if x[WINDOW] > 0.0 else 0.0
    x[SEEN] = x[CHARGE]
    x[WINDOW] = 0.0
    return mean * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Fefet(Gated):
    """A ferroelectric field-effect transistor."""

    name = "fefet"
    PARAMETERS = FefetParameters
    KERNELS = specialise_gated(__name__, current=_current, step=_step, rest=_rest,
                               observe=_observe, observe_gate=_observe_gate)  # fmt: skip
    APPROXIMATIONS = (
        "independent domains, exact at constant gate voltage",
        "the film's share of the gate voltage is that of a capacitive divider",
        "the gate's source is ideal; a gate reading is the mean since the reading before",
        "cycles age the film by the polarisation that they move",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="its gate writes it, and driven at its gate it does not wear")
    parameters: FefetParameters

    def _pack(self) -> tuple[Array, Array]:
        q, rng, n = self.parameters, self.rng, round(self.parameters.domains)
        shift, gain, hard = rng.standard_normal(3)
        mega = 1e-8  # MV/cm per V/m
        film = q.thickness / q.permittivity
        stack = film + q.interlayer / q.interlayer_permittivity
        p = np.zeros(BASE + 2 * n)
        p[: IMPRINTING + 1] = (
            ROOM, n, math.log(q.attempt_time), q.field_power, q.dose_power,
            mega * film / (stack * q.thickness), q.threshold + q.spread_threshold * shift,
            0.5 * q.window, q.gain * math.exp(q.spread_gain * gain), q.slope_factor, q.leak,
            q.remanent * q.area, VACUUM * q.area / stack, q.depolarisation, q.read_noise,
            WRITE * q.activation * mega, q.wake_up, q.fatigue, q.fatigue_from, q.imprint * mega,
        )  # fmt: skip
        fields = q.activation + q.activation_spread * rng.standard_normal(n)
        fields *= math.exp(q.spread_activation * hard)
        p[BASE : BASE + n] = mega * np.maximum(fields, 0.1 * q.activation)
        p[BASE + n :] = mega * (q.offset + q.spread_offset * rng.standard_normal(n))
        x = np.zeros(BASE + 3 * n)
        x[BASE:] = fresh_domains(n, q.polarization, rng)
        x[MEAN] = np.mean(x[BASE : BASE + n])
        x[CYCLES] = q.cycles
        x[SIDE] = math.copysign(1.0, x[MEAN])
        _settle(x, p)
        x[SEEN] = x[CHARGE]
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Mean direction of the domains (-1 to 1), threshold in V, full cycles so far."""
        x = self._x
        return {"polarization": float(x[MEAN]), "threshold": float(x[V_T]),
                "cycles": float(x[CYCLES])}  # fmt: skip

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[STRONGEST] <= BREAKDOWN:
            return []
        return [f"fefet: {self._x[STRONGEST]:.1f} MV/cm in the film, a real one breaks down"]
