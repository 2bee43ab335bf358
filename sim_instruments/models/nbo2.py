r"""NbO2 threshold switch: conduction that heats itself, and current that grows while voltage falls.

Poole-Frenkel conduction in series with a contact resistance, and one temperature. Nothing in it
switches; the S-shaped curve comes out of the heat equation [R, abstracts: Slesazeck, RSC Advances
2015, doi:10.1039/C5RA19300A; Funck, Advanced Electronic Materials 2016; Kumar, Nature
Communications 8, 658 (2017), doi:10.1038/s41467-017-00773-4: a first instability near 400 K, the
Mott transition near 1000 K]::

    I = (V_i/R_0) exp(-(E_a - beta sqrt(V_i))/kT) M(T);    V = V_i + I R_s
    C_th dT/dt = I V_i - (T - T_ambient)/R_th(T)
    M = 1 + m_0 share, R_th = R_th0 (1 + h_0 share), share = 1/(1 + exp((T_M - T)/w_M))

No numeric parameters are public: this set is chosen [D]. With it [C]: 0.6 MOhm at no bias;
threshold 1.05 V at 72 uA and 388 K; hold 0.96 V at 0.39 mA and 675 K. A current sweep follows the
whole curve, a voltage sweep jumps at its two extremes. Both polarities are alike.

**Fluctuation**: the temperature of so small a volume is never still,
``sigma_T = T sqrt(k_B/C_th)``, 0.14 K at 388 K [C]; it moves as an Ornstein-Uhlenbeck process and
is the only scatter between cycles. **Spread** [D]: R_0, R_th between devices, log-normal; readings
have a relative noise.

**Numerics**: exact exponential of the linearised heat equation along the circuit's load line, 0.4 %
of T at most in one sub-step; a settled device takes one sub-step for any duration. `branch` gives
the static curve from its own parameter, the temperature, without searching for it.

**Valid** for |V| up to about 2 V, 250-450 K ambient, 10 ps and more. Above 1785 K, where the oxide
would melt, there is a warning. **Not modelled**: a temperature field or filament, device
capacitance, forming, drift, wear; the Mott transition is a smooth step without latent heat or
hysteresis of its own.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.exponential import grown, time_to
from sim_instruments.models.parameters import Bound

BOLTZMANN = 8.617333e-5
"""eV/K"""
JOULES = 1.380649e-23
"""J/K"""
LARGEST = 0.004
"""largest relative change of temperature in one sub-step"""
MELTING = 1785.0
"""K, Nb2O5 [M]"""

# Slots of the parameter array after the temperature.
R_0, BARRIER, LOWERING, R_TH, C_TH, R_S, METAL, WARMTH, T_METAL, WIDTH = range(1, 11)
FLUCTUATION, READ_NOISE = 11, 12
# Slots of the state array: temperature, the highest it ever was (K).
T, HOTTEST = range(2)


@dataclass(frozen=True, slots=True)
class Nbo2Parameters:
    """Parameters of `Nbo2`, SI."""

    barrier: Annotated[float, Bound("eV", 0.05, 1.0)] = 0.22
    """eV, E_a [D]"""
    lowering: Annotated[float, Bound("eV/V^0.5", 0.0, 0.2)] = 0.06
    """eV/V^0.5, beta: the field lowers the barrier [D]"""
    prefactor: Annotated[float, Bound("Ohm", 0.1, 1e6)] = 120.0
    """Ohm, R_0 [D]"""
    thermal_resistance: Annotated[float, Bound("K/W", 1e3, 1e8)] = 1.2e6
    """K/W, R_th [D]"""
    heat_capacity: Annotated[float, Bound("J/K", 1e-19, 1e-9)] = 1e-16
    """J/K, C_th; with R_th a time constant of 0.12 ns [D]"""
    contact_resistance: Annotated[float, Bound("Ohm", 0.0, 1e6)] = 400.0
    """Ohm, R_s [D]"""
    metal_gain: Annotated[float, Bound("", 0.0, 1e4)] = 8.0
    """m_0, conduction gained in the Mott transition; 0 for none [D]"""
    metal_heat: Annotated[float, Bound("", 0.0, 10.0)] = 0.3
    """h_0, thermal resistance gained in it [D; that the metal sheds heat less well: R]"""
    metal_temperature: Annotated[float, Bound("K", 320.0, 2000.0)] = 1080.0
    """K, T_M [R: near 1000 K]"""
    metal_width: Annotated[float, Bound("K", 0.5, 200.0)] = 15.0
    """K, w_M [D]"""
    fluctuation: Annotated[float, Bound("", 0.0, 10.0)] = 1.0
    """of the temperature, relative to thermodynamics; 0 for none"""
    spread_resistance: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of R_0 between devices [D]"""
    spread_heat: Annotated[float, Bound("", 0.0, 0.5)] = 0.03
    """log-normal sigma of R_th between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.002
    """relative noise of one reading [D]"""


@kernel
def _metal(kelvin: float, p: Array) -> float:
    """Return the metallic share, 0 to 1."""
    return 1.0 / (1.0 + math.exp(float((p[T_METAL] - kelvin) / p[WIDTH])))


@kernel
def _inside(v: float, kelvin: float, p: Array) -> tuple[float, float, float]:
    """Return (V_i, I, dI/dV_i) with `v` (not negative) over film and contact."""
    kt = BOLTZMANN * kelvin
    scale = (1.0 + p[METAL] * _metal(kelvin, p)) / p[R_0]
    vi = v
    i = g = 0.0
    # V_i + R_s I(V_i) is convex: Newton from above stays above.
    for _ in range(60):
        root = p[LOWERING] / kt * math.sqrt(vi)
        conductance = scale * math.exp(root - p[BARRIER] / kt)
        i = vi * conductance
        g = conductance * (1.0 + 0.5 * root)
        move = (vi + p[R_S] * i - v) / (1.0 + p[R_S] * g)
        if move < 1e-12 * v:
            break
        vi = max(vi - move, 0.0)
    return vi, i, g


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    _, i, g = _inside(abs(v), x[T], p)
    return math.copysign(i, v) if i > 0.0 else 0.0, g / (1.0 + p[R_S] * g)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    kelvin, ambient = x[T], p[0]
    vi, i, gi = _inside(abs(v), kelvin, p)
    share = _metal(kelvin, p)
    sheds = 1.0 / (p[R_TH] * (1.0 + p[WARMTH] * share))
    sharpness = share * (1.0 - share) / p[WIDTH]
    # What 1 K more does to current, inner voltage and power, contact and source giving way.
    eager = (p[BARRIER] - p[LOWERING] * math.sqrt(vi)) / (BOLTZMANN * kelvin * kelvin)
    more = i * (eager + p[METAL] * sharpness / (1.0 + p[METAL] * share)) / (1.0 + p[R_S] * gi)
    back = give * more
    more -= g * back
    power = more * vi - i * (back + p[R_S] * more)
    worse = (kelvin - ambient) * sheds * p[WARMTH] * sharpness / (1.0 + p[WARMTH] * share)
    rate = (power - sheds + worse) / p[C_TH]
    speed = (i * vi - (kelvin - ambient) * sheds) / p[C_TH]
    strength = p[FLUCTUATION] * kelvin / p[C_TH] * math.sqrt(2.0 * JOULES * sheds)
    largest = LARGEST * kelvin
    taken = min(h, time_to(largest, abs(speed), rate))
    if rate > 0.0 and strength > 0.0:
        # Near a balance that does not hold, fluctuation runs away sooner than what is off it.
        taken = min(taken, time_to((largest / strength) ** 2, 1.0, 2.0 * rate))
    kelvin += speed * grown(rate, taken)
    if strength > 0.0:
        kelvin += strength * math.sqrt(grown(2.0 * rate, taken)) * rng.standard_normal()
    x[T] = max(kelvin, 1.0)
    x[HOTTEST] = max(x[HOTTEST], x[T])
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    left = math.exp(-h / float(p[R_TH] * p[C_TH]))
    x[T] = p[0] + (x[T] - p[0]) * left
    if p[FLUCTUATION] > 0.0:
        strength = p[FLUCTUATION] * p[0] * math.sqrt(JOULES / p[C_TH] * (1.0 - left * left))
        x[T] += strength * rng.standard_normal()


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Nbo2(Device):
    """An NbO2 threshold switch, volatile, with S-shaped negative differential resistance."""

    name = "nbo2"
    PARAMETERS = Nbo2Parameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "one temperature",
        "rest cools with the time constant of the insulator",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="its states are phases of a crystal, which loses no atoms")
    parameters: Nbo2Parameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        resistance, heat = np.exp(
            np.array([q.spread_resistance, q.spread_heat]) * self.rng.standard_normal(2)
        )
        p = np.array(
            [
                ROOM, q.prefactor * resistance, q.barrier, q.lowering,
                q.thermal_resistance * heat, q.heat_capacity, q.contact_resistance, q.metal_gain,
                q.metal_heat, q.metal_temperature, q.metal_width, q.fluctuation, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([ROOM, ROOM])

    @property
    def state(self) -> dict[str, float]:
        """The temperature in K."""
        return {"temperature": float(self._x[T])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far."""
        if self._x[HOTTEST] <= MELTING:
            return []
        hottest = float(self._x[HOTTEST])
        return [f"nbo2: it reached {hottest:.0f} K, the oxide melts at {MELTING:.0f} K"]

    def branch(self, temperature: Array, ambient: float = ROOM) -> tuple[Array, Array]:
        """Return the static (V, A) at each `temperature` (K, above `ambient`): the whole S.

        What holds a temperature needs a power; the voltage inside that makes it is unique.
        """
        kelvin = np.asarray(temperature, dtype=float)
        r0, barrier, lowering, r_th, _, r_s, metal, warmth, t_metal, width = self._p[1:11]
        share = 1.0 / (1.0 + np.exp((t_metal - kelvin) / width))
        power = (kelvin - ambient) / (r_th * (1.0 + warmth * share))
        scale = np.exp(-barrier / (BOLTZMANN * kelvin)) / r0 * (1.0 + metal * share)
        # P = V_i^2 scale exp(b sqrt(V_i)): Newton in ln(V_i), where it is convex.
        inner = np.log(np.sqrt(power / scale))
        for _ in range(60):
            root = lowering / (BOLTZMANN * kelvin) * np.exp(0.5 * inner)
            inner -= (2.0 * inner + root - np.log(power / scale)) / (2.0 + 0.5 * root)
        voltage = np.exp(inner)
        current = power / voltage
        return voltage + current * r_s, current
