r"""VO2 thermal neuristor: an insulator that turns metal when warm, with hysteresis.

The published model of VO2 spiking devices [R: Qiu, Zhang, Di Ventra, Advanced Materials 2024,
doi:10.1002/adma.202306818; parameters: gabebere/single-neuristor, MIT], its hysteresis with nearly
closed minor loops::

    I = V/R(T);    C_th dT/dt = V I - S_e (T - T_b)
    R = R_0 exp(E/T) g(T) + R_m
    g = 1/2 + 1/2 tanh( beta (delta w/2 + T_c - T - T_pr P((T - T_r)/T_pr)) )
    P(z) = (1 - sin(gamma z)) (1 + tanh(pi^2 - 2 pi z)) / 2

`delta` is +1 while it warms, -1 while it cools. Where the temperature turns round by more than
0.01 K, `T_r` is where it turned and `T_pr` what makes `g` go on without a jump. `T` in `R` is kept
within 305-370 K [R].

The sample sits on a stage that is `stage` above ambient: at 300 K the default gives the published
325 K. Below about 305 K of base temperature no bias of a few volts makes it fire. R(T), warming and
cooling [C]: 51.8/46.6 kOhm at 325 K, 39.5/17.2 kOhm at 330 K, 22.3/2.88 kOhm at 335 K,
4.77/1.39 kOhm at 340 K. Both polarities are alike.

**Spread** [D]: resistance and heat loss between devices, log-normal; transition temperature,
normal. Readings have a relative noise.

**Numerics**: exact exponential of the linearised heat equation along the circuit's load line, 0.1 K
at most in one sub-step; a settled device takes one sub-step for any duration.

**Valid** for a base of 305-345 K, 1 ns and more; a warning where the film passes 370 K. **Not
modelled**: domains (the transition is one curve), device capacitance, neighbours warming each
other, the published white noise of the heat (its thermodynamic part is 0.2 mK), wear.
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

LARGEST = 0.1
"""K, largest change in one sub-step"""
NUDGE = 0.01
"""K, for the slope of R(T)"""
REVERSAL = 0.01
"""K, a turn smaller than this is none [R]"""
COLDEST, WARMEST = 305.0, 370.0
"""K, the range the curve was fitted in [R]"""

# Slots of the parameter array after the temperature.
R_0, ENERGY, R_M, HYSTERESIS, T_C, SHARPNESS, WAVE, C_TH, S_E, STAGE, READ_NOISE = range(1, 12)
# Slots of the state array: temperature, direction, last extreme, T_r, T_pr (K), resistance (Ohm),
# the highest temperature ever (K).
T, DELTA, EXTREME, T_R, T_PR, OHMS, HOTTEST = range(7)


@dataclass(frozen=True, slots=True)
class Vo2Parameters:
    """Parameters of `Vo2`, SI."""

    insulator: Annotated[float, Bound("Ohm", 1e-6, 1e3)] = 5.35882879e-3
    """Ohm, R_0 [R]"""
    insulator_energy: Annotated[float, Bound("K", 500.0, 2e4)] = 5220.47417
    """K, E [R]"""
    metal_resistance: Annotated[float, Bound("Ohm", 1.0, 1e6)] = 262.5 * 4.90025335
    """Ohm, R_m [R] = 1286.3 [C]"""
    hysteresis: Annotated[float, Bound("K", 0.1, 40.0)] = 7.19357
    """K, w [R]"""
    transition: Annotated[float, Bound("K", 310.0, 365.0)] = 332.806
    """K, T_c [R]"""
    sharpness: Annotated[float, Bound("1/K", 0.01, 5.0)] = 0.252796
    """1/K, beta [R]"""
    waviness: Annotated[float, Bound("", 0.0, 1.5)] = 0.956270
    """gamma, shape of minor loops [R]"""
    heat_capacity: Annotated[float, Bound("J/K", 1e-16, 1e-3)] = 49.6278e-12
    """J/K, C_th [R]; with S_e a time constant of 241 ns [C]"""
    heat_loss: Annotated[float, Bound("W/K", 1e-8, 1.0)] = 0.205587e-3
    """W/K, S_e [R]"""
    stage: Annotated[float, Bound("K", -50.0, 60.0)] = 25.0
    """K, how far the heated stage is above ambient [R: base of 325 K]"""
    spread_resistance: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of R_0 and R_m between devices [D]"""
    spread_heat: Annotated[float, Bound("", 0.0, 0.5)] = 0.03
    """log-normal sigma of S_e between devices [D]"""
    spread_transition: Annotated[float, Bound("K", 0.0, 5.0)] = 0.2
    """K, sigma of T_c between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.002
    """relative noise of one reading [D]"""


@kernel
def _insulating(kelvin: float, x: Array, p: Array) -> float:
    """Return g, the insulating share, on the branch the film is on."""
    shift = 0.0
    if abs(x[T_PR]) > 1e-9:
        z = (kelvin - x[T_R]) / x[T_PR]
        closeness = (
            0.5 * (1.0 - math.sin(p[WAVE] * z)) * (1.0 + math.tanh(math.pi**2 - math.tau * z))
        )
        shift = x[T_PR] * closeness
    middle = x[DELTA] * p[HYSTERESIS] / 2.0 + p[T_C] - kelvin - shift
    return 0.5 + 0.5 * math.tanh(float(p[SHARPNESS] * middle))


@kernel
def _resistance(kelvin: float, x: Array, p: Array) -> float:
    kelvin = min(max(kelvin, COLDEST), WARMEST)
    return float(p[R_0] * math.exp(p[ENERGY] / kelvin) * _insulating(kelvin, x, p) + p[R_M])


@kernel
def _warm_to(kelvin: float, x: Array, p: Array) -> None:
    """Take the film to `kelvin` without turning on the way; begin a new branch if it has turned."""
    x[T] = kelvin
    x[HOTTEST] = max(x[HOTTEST], kelvin)
    inside = min(max(kelvin, COLDEST), WARMEST)
    ahead = (inside - x[EXTREME]) * x[DELTA]
    if ahead >= 0.0:
        x[EXTREME] = inside
    elif ahead < -REVERSAL:
        share = 2.0 * _insulating(x[EXTREME], x, p) - 1.0
        kept = math.atanh(min(max(share, -1.0 + 1e-12), 1.0 - 1e-12))
        x[DELTA] = -x[DELTA]
        x[T_R] = x[EXTREME]
        x[T_PR] = x[DELTA] * p[HYSTERESIS] / 2.0 + p[T_C] - kept / p[SHARPNESS] - x[T_R]
        x[EXTREME] = inside
    x[OHMS] = _resistance(kelvin, x, p)


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return v / x[OHMS], 1.0 / x[OHMS]


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    speed = (v * v * g - p[S_E] * (x[T] - p[0] - p[STAGE])) / p[C_TH]
    # What 1 K more does to current and power, the source giving way.
    nudge = math.copysign(NUDGE, speed)
    more = -v * g * (_resistance(x[T] + nudge, x, p) - x[OHMS]) / (nudge * x[OHMS])
    back = give * more
    more -= g * back
    rate = (v * more - v * g * back - p[S_E]) / p[C_TH]
    taken = min(h, time_to(LARGEST, abs(speed), rate))
    _warm_to(x[T] + speed * grown(rate, taken), x, p)
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    base = p[0] + p[STAGE]
    _warm_to(base + (x[T] - base) * math.exp(-h * p[S_E] / p[C_TH]), x, p)


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Vo2(Device):
    """A VO2 film that heats itself through its transition, volatile, with hysteresis."""

    name = "vo2"
    PARAMETERS = Vo2Parameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "one temperature, one transition curve",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="its states are phases of a crystal, which loses no atoms")
    parameters: Vo2Parameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        ohms, heat, kelvin = self.rng.standard_normal(3)
        scale = math.exp(q.spread_resistance * ohms)
        p = np.array(
            [
                ROOM, q.insulator * scale, q.insulator_energy, q.metal_resistance * scale,
                q.hysteresis, q.transition + q.spread_transition * kelvin, q.sharpness, q.waviness,
                q.heat_capacity, q.heat_loss * math.exp(q.spread_heat * heat), q.stage,
                q.read_noise,
            ]
        )  # fmt: skip
        x = np.zeros(HOTTEST + 1)
        x[DELTA] = 1.0
        x[EXTREME] = COLDEST
        _warm_to(ROOM + q.stage, x, p)
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """The temperature in K, and the resistance in Ohm it gives on this branch."""
        return {"temperature": float(self._x[T]), "resistance": float(self._x[OHMS])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far."""
        if self._x[HOTTEST] <= WARMEST:
            return []
        hottest = float(self._x[HOTTEST])
        return [f"vo2: it reached {hottest:.0f} K, R(T) is known to {WARMEST:.0f} K"]
