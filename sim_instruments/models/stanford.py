r"""Stanford-PKU RRAM model v1.0 (HfO2): the gap between a filament and its electrode.

Jiang et al., nanoHUB doi:10.4231/D37H1DN48 [R: rram_v_1_0_0.va]; preset `ugr`: University of
Granada's HfO2, doi:10.1063/5.0055982 [R: LabL4/stanford_rram_model_l4_mod]::

    I     = I0 exp(-g/g0) sinh(V/V0)
    T     = T_ambient + |V I| R_th
    gamma = gamma0 - beta (g/1 nm)^alpha,   0 where gamma |V|/t_ox < F_min
    dg/dt = -v0 exp(-Ea/kT) sinh(gamma (a0/t_ox) V/kT),   g_min <= g <= g_max

V > 0 sets (closes the gap). The second generation, where the filament also grows in width, is the
model `stanford_width`.

**Noise.** The published model adds white noise to dg/dt, whose effect depends on the time step.
Here it is a diffusion: while the gap moves, a time ``dt`` adds a standard deviation of ``gap_noise
sqrt(dt)/(1 + exp((T_crit - T)/T_smth))`` [D; the published amplitude of 0.02 has no time step to go
with it]. A second part grows with the stroke instead of the time, as in `gap_filament`.

**Numerics.** The gap goes in strides of at most ``g0/20`` (and such that the device voltage moves
at most 2 mV); in each the logarithm of the rate is linear between both ends, so a stride is closed
form whatever its length in time. Temperature follows power at once. At rest ``sinh(0) = 0``.

**Spread** [D]: current and switching voltages (through gamma) between devices, log-normal; readings
have a relative noise.

**Valid** with a current limit and |V| up to about 2 V (`hfox`), 3 V (`ugr`). Without a limit an on
device heats up beyond reason: `warnings` says so above 1500 K. The field threshold decides where
both sets switch: ``F_min t_ox/gamma`` is 1.39 V for an off `hfox` and 1.05 V for an on one; `ugr`
resets only as far as it allows (a gap of 0.31 nm at -1 V). **Not modelled**: retention (a gap at
rest stays), forming, the 0.1 ns of heating.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.load_line import glide, scattered, stride_within
from sim_instruments.models.parameters import Bound, Choice

BOLTZMANN = 8.617333e-5
"""eV/K"""
TOO_HOT = 1500.0
"""K, where the model has left what it was made for [D]"""

_HFOX = {
    "gap_scale": 0.25e-9, "voltage_scale": 0.25, "speed": 10.0, "current_scale": 1e-3,
    "gap_factor": 0.8, "field_factor": 16.0, "gap_power": 3.0, "activation": 0.6, "hop": 0.25e-9,
    "oxide": 12e-9, "least_field": 1.4e9, "thermal_resistance": 2.1e3, "noise_temperature": 450.0,
    "noise_width": 500.0, "gap_noise": 2e-11, "smallest_gap": 0.2e-9, "largest_gap": 1.7e-9,
    "gap": 1.7e-9,
}  # fmt: skip
PRESETS = {
    "hfox": _HFOX,
    "ugr": {**_HFOX, "gap_scale": 0.0443025e-9, "voltage_scale": 1.3254, "speed": 7.8302919e5,
            "current_scale": 0.1206, "gap_factor": 22.260869565, "field_factor": 2.096,
            "oxide": 1e-9, "gap_noise": 0.0, "smallest_gap": 5e-14, "largest_gap": 0.425e-9,
            "gap": 0.284225e-9},
}  # fmt: skip

# Slots of the parameter array after the temperature (lengths in nm).
I0, G0, V0, SPEED, BETA, GAMMA0, ALPHA, EA, HOP, F_MIN, HEAT, T_CRIT, T_SMOOTH = range(1, 14)
GAP_NOISE, STEP_SPREAD, G_MIN, G_MAX, STRIDE, READ_NOISE = range(14, 20)
# Slots of the state array.
GAP, HOTTEST = range(2)


@dataclass(frozen=True, slots=True)
class StanfordParameters:
    """Parameters of `Stanford`, SI."""

    preset: Annotated[str, Choice(PRESETS)] = "hfox"
    """the published set that fills in what is not given [R, gap_noise aside]"""
    gap_scale: Annotated[float, Bound("m", 1e-12, 5e-9)] = 0.25e-9
    """m, g0"""
    voltage_scale: Annotated[float, Bound("V", 0.01, 10.0)] = 0.25
    """V, V0"""
    speed: Annotated[float, Bound("m/s", 1e-6, 1e9)] = 10.0
    """m/s, v0"""
    current_scale: Annotated[float, Bound("A", 1e-9, 10.0)] = 1e-3
    """A, I0"""
    gap_factor: Annotated[float, Bound("", 0.0, 100.0)] = 0.8
    """beta"""
    field_factor: Annotated[float, Bound("", 0.1, 100.0)] = 16.0
    """gamma0"""
    gap_power: Annotated[float, Bound("", 0.5, 6.0)] = 3.0
    """alpha"""
    activation: Annotated[float, Bound("eV", 0.1, 3.0)] = 0.6
    """eV, Ea"""
    hop: Annotated[float, Bound("m", 0.05e-9, 1e-9)] = 0.25e-9
    """m, a0"""
    oxide: Annotated[float, Bound("m", 0.2e-9, 100e-9)] = 12e-9
    """m, t_ox"""
    least_field: Annotated[float, Bound("V/m", 0.0, 1e11)] = 1.4e9
    """V/m, F_min: below it nothing moves"""
    thermal_resistance: Annotated[float, Bound("K/W", 0.0, 1e8)] = 2.1e3
    """K/W, R_th"""
    noise_temperature: Annotated[float, Bound("K", 1.0, 5000.0)] = 450.0
    """K, T_crit: half of `gap_noise`"""
    noise_width: Annotated[float, Bound("K", 1.0, 5000.0)] = 500.0
    """K, T_smth"""
    gap_noise: Annotated[float, Bound("m/s^0.5", 0.0, 1e-3)] = 2e-11
    """m/s^0.5, 0.02 nm in a second [D]"""
    smallest_gap: Annotated[float, Bound("m", 0.0, 20e-9)] = 0.2e-9
    """m, g_min"""
    largest_gap: Annotated[float, Bound("m", 0.0, 20e-9)] = 1.7e-9
    """m, g_max"""
    gap: Annotated[float, Bound("m", 0.0, 20e-9)] = 1.7e-9
    """m, of the fresh device; off in `hfox` [D], as published in `ugr` [R]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_voltage: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of the switching voltages between devices [D: 3-5 %]"""
    step_spread: Annotated[float, Bound("m^0.5", 0.0, 1e-5)] = 0.6e-6
    """m^0.5, standard deviation of a stroke of 1 m; 0.019 nm for one of 1 nm [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [R: 0.5-2 % for RRAM]"""


@kernel
def _conduct(v: float, gap: float, p: Array) -> tuple[float, float]:
    up = math.exp(v / p[V0])
    down = 1.0 / up
    scale = 0.5 * p[I0] * math.exp(-gap / p[G0])
    return scale * (up - down), scale * (up + down) / p[V0]


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return _conduct(v, x[GAP], p)


@kernel
def _rate(v: float, i: float, gap: float, p: Array) -> float:
    """Return dg/dt in nm/s; the field is over its threshold."""
    kt = BOLTZMANN * (p[AMBIENT] + p[HEAT] * abs(v * i))
    gamma = max(0.0, p[GAMMA0] - p[BETA] * gap ** p[ALPHA])
    push = min(gamma * p[HOP] * v / kt, 600.0) if v > 0.0 else max(gamma * p[HOP] * v / kt, -600.0)
    return float(-p[SPEED] * math.exp(-p[EA] / kt) * math.sinh(push))


@kernel
def _room(v: float, gap: float, p: Array) -> float:
    """Return how far (nm) the gap may still go: to its end, or where the field is too low."""
    gamma = p[GAMMA0] - p[BETA] * gap ** p[ALPHA]
    if gamma * abs(v) < p[F_MIN]:
        return 0.0
    if v > 0.0:
        return max(0.0, float(gap - p[G_MIN]))
    end = p[G_MAX]
    if p[F_MIN] > 0.0 and p[BETA] > 0.0:
        end = min(end, ((p[GAMMA0] - p[F_MIN] / abs(v)) / p[BETA]) ** (1.0 / p[ALPHA]))
    return max(0.0, float(end - gap))


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    gap = x[GAP]
    kelvin = p[AMBIENT] + p[HEAT] * abs(v * i)
    x[HOTTEST] = max(x[HOTTEST], kelvin)
    room = _room(v, gap, p)
    if room < 1e-9 * p[STRIDE]:
        return h
    near = _rate(v, i, gap, p)
    stride = min(room, stride_within(p[STRIDE], give, i / p[G0]))
    if abs(near) * h < 1e-6 * stride:
        move, taken = near * h, h
    else:
        ahead = gap + math.copysign(stride, near)
        yielded = v + give * (i - _conduct(v, ahead, p)[0])
        far = _rate(yielded, _conduct(yielded, ahead, p)[0], ahead, p)
        move, taken = glide(near, far, stride, h)
    if abs(move) < room:
        move = scattered(move, p[STEP_SPREAD], rng)
        if p[GAP_NOISE] > 0.0:
            warm = 1.0 + math.exp((p[T_CRIT] - kelvin) / p[T_SMOOTH])
            move += p[GAP_NOISE] * math.sqrt(taken) / warm * rng.standard_normal()
    x[GAP] = min(p[G_MAX], max(p[G_MIN], gap + move))
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Stanford(Device):
    """The Stanford-PKU filament model: one gap, Joule heat, a field threshold."""

    name = "stanford"
    PARAMETERS = StanfordParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "temperature follows power at once",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.6, 1.6, 1e-6),
        (Rule(ON, G_MIN, 0.0, lambda p: -p[G0]), Rule(OFF, G_MAX, 0.0, lambda p: -p[G0]),
         Rule(VOLTAGE, GAMMA0, -1.0), Rule(VOLTAGE, BETA, -1.0), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: math.exp((p[G_MAX] - p[G_MIN]) / p[G0]),
    )  # fmt: skip
    parameters: StanfordParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if not q.smallest_gap <= q.gap <= q.largest_gap or q.smallest_gap == q.largest_gap:
            raise ValueError("stanford needs smallest_gap <= gap <= largest_gap, not all the same")
        scale, ease = np.exp(
            np.array([q.spread_conductance, q.spread_voltage]) * self.rng.standard_normal(2)
        )
        nm = 1e9
        p = np.array(
            [
                ROOM, q.current_scale * scale, q.gap_scale * nm, q.voltage_scale, q.speed * nm,
                q.gap_factor * ease, q.field_factor * ease, q.gap_power, q.activation,
                q.hop / q.oxide, q.least_field * q.oxide, q.thermal_resistance,
                q.noise_temperature, q.noise_width, q.gap_noise * nm, q.step_spread * math.sqrt(nm),
                q.smallest_gap * nm, q.largest_gap * nm, q.gap_scale * nm / 20.0, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.gap * nm, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """The gap in m."""
        return {"gap": float(self._x[GAP]) * 1e-9}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        hottest = float(self._x[HOTTEST])
        if hottest <= TOO_HOT:
            return []
        return [f"stanford: the filament reached {hottest:.0f} K, the model holds up to 1500 K"]
