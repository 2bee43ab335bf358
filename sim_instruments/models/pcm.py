r"""Phase-change memory: pulses melt and crystallise, what was written is random and drifts.

**Statistics** — measured on phase-change arrays and published as formulas [R: IBM/aihwkit,
`inference/noise/pcm.py` and `hermes.py`, MIT; preset `aihwkit`: Nandakumar et al., ICECS 2019,
doi:10.1109/ICECS46596.2019.8964852, an array of a million devices; `hermes`: Le Gallo et al., Nat.
Electron. 2023, doi:10.1038/s41928-023-01010-1, one device per weight]. With ``g = G/G_max`` of what
was aimed at::

    G_prog = max(G + sigma_prog(g) xi1, ~0);   nu = |mu_nu(g) + sigma_nu(g) xi2|
    G(t)   = G_prog ((t + t0)/t0)^-nu          t since the last programming
    a reading: G(t) (1 + Q_s(g) sqrt(ln((t + t0 + t_r)/(2 t_r))) xi3)

with sigma_prog in uS, for `aihwkit`::

    sigma_prog = 0.26348 + 1.9650 g - 1.1731 g^2
    mu_nu      = clip(-0.0155 ln g + 0.0244, 0.049, 0.1)
    sigma_nu   = clip(-0.0125 ln g - 0.0059, 0.008, 0.045)
    Q_s        = min(0.0088/max(g^0.65, 1e-3), 0.2)

and for `hermes` (the clipped laws below g = 0.0945, 0.3039 and 0.1591)::

    sigma_prog = 0.15781817 + 2.32443916 g - 2.16310839 g^2 + 0.68841818 g^3
    mu_nu      = clip(-0.0387 ln g - 0.0182, 0.072, 0.13), -0.0436 g^2 - 0.0126 g + 0.0736
    sigma_nu   = clip(-0.0120 ln g - 0.0023, 0.0124, 0.04), -0.0165 g^2 + 0.0116 g + 0.0104
    Q_s        = clip(-0.0078 ln g + 0.0038, 0.0179, 0.04),
                 0.0664 g^3 - 0.1352 g^2 + 0.0768 g + 0.0088

xi1 and xi2 belong to the programmed state: they, and the time, are forgotten as ``exp(-|du|/0.02)``
[D] when the amorphous fraction `u` changes under a pulse.

**Pulses** [D, constants M] — the amorphous fraction `u` decides,
``ln G = (1-u) ln G_max + u ln G_min`` and ``I = G [(1-u) V + u V_n sinh(V/V_n)]``. Above
``V_th = max(1.2 V u, 0.6 V)`` the cell switches to ``I = G V_h + (V - V_h)/R_dyn`` until V falls
below ``V_h``. The heat of it makes the cell ``T_hot = T_amb + R_th I^2 R_dyn`` at its hottest,
falling to ``T(u) = T_amb + (T_hot - T_amb)(1 - kappa u)`` at the amorphous edge, with kappa such
that with ``T_hot = T_full`` (1400 K) the edge of all is at ``T_melt`` (900 K):

* what is hotter than T_melt melts at once, and is amorphous if it is quenched;
* elsewhere the edge crystallises, ``du/dt = -v(T(u))``: above 600 K
  ``v = exp(-((T - 750 K)/100 K)^2)/60 ns``, below 500 K ``v = exp(-(Ea/k)(1/T - 1/450 K))/100 s``
  with Ea = 2.3 eV, in between the logarithm is interpolated. So a falling edge slower than some
  20 ns loses part of a RESET, and rest crystallises by Arrhenius: ten years at 359 K [C].

Programming is unipolar: SET takes a weaker pulse, RESET a strong short one, of either sign; tools
that want polarities may use V > 0 for one and V < 0 for the other. Behind 2 kOhm, with the
defaults: SET 1.9 V 1 us, partial SET 2 V 5 ns, RESET 2.8 V 50 ns with edges of a few ns.

Two choices differ from the design this is built on: the melt fraction follows the same temperature
profile as growth, which is linear in `u` (a melt fraction linear in T_hot would leave the edge of a
RESET cell too cold for any SET), and ``V_n = 0.21 V_th`` (with 0.1 V u the off current at threshold
would exceed the on current).

**Spread** [D]: threshold and thermal resistance between devices, log-normal.

**Valid** for |V| up to about 3.5 V (behind a resistance or compliance), 250-400 K, pulses of 5 ns
and more; T_hot above 2000 K is a warning. **Not modelled**: heat capacity (some ns), nucleation and
its incubation, drift of the threshold, temperature dependence of drift and of G, voids.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models import ageing
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.parameters import Bound, Choice, Value

BOLTZMANN = 8.617333e-5
"""eV/K"""
GLASS = 430.0
"""K; colder than this a pulse is over, and what it wrote is drawn [M]"""
REFERENCE = 450.0
"""K, where the crystallisation time is given"""
ACTIVATED = 500.0
"""K; colder than this crystallisation is thermally activated"""
SMALL = 0.01
"""largest change of u in one sub-step"""
FORGETTING = 0.02
"""change of u that e-folds what is known of the programmed state [D]"""
LEAST = 1e-4
"""of G_max; less conductance than this is none [D]"""
HOT = 2000.0
"""K"""

PRESETS: Mapping[str, Mapping[str, Value]] = {
    "aihwkit": {},
    "hermes": {"highest": 10.35e-6, "conductance": 10.35e-6, "drift_time": 200.0,
               "read_time": 512e-9},
}  # fmt: skip

# Slots of the parameter array after the temperature.
HERMES, G_MAX, LN_RATIO, V_PER_U, V_LEAST, V_HOLD, R_DYN, R_TH, MELT, FULL = range(1, 11)
BEST, BROAD, SPEED, ACTIVATION, COLD_TIME, BEND, T0, T_READ, PROGRAM, DRIFT, READ_NOISE = range(
    11, 22
)
# Slots of the state array: amorphous fraction, whether switched on, the two normal draws, time
# since programming, conductance now, relative noise now, |change of u| since the draws, hottest.
U, ON, XI_G, XI_NU, THETA, G, NOISE, MOVED, HOTTEST = range(9)


@dataclass(frozen=True, slots=True)
class PcmParameters:
    """Parameters of `Pcm`, SI."""

    preset: Annotated[str, Choice(PRESETS)] = "aihwkit"
    """whose statistics [R]"""
    conductance: Annotated[float, Bound("S", 1e-9, 1e-2)] = 25e-6
    """S, what the fresh device was programmed to, just now"""
    highest: Annotated[float, Bound("S", 1e-7, 1e-2)] = 25e-6
    """S, G_max: fully crystalline [R]"""
    ratio: Annotated[float, Bound("", 10.0, 1e5)] = 1000.0
    """G_max/G_min, crystalline over fully amorphous [D]"""
    drift_time: Annotated[float, Bound("s", 1e-6, 1e6)] = 20.0
    """s, t0 [R]"""
    read_time: Annotated[float, Bound("s", 1e-9, 1.0)] = 250e-9
    """s, t_r [R]"""
    program_noise: Annotated[float, Bound("", 0.0, 10.0)] = 1.0
    """scales sigma_prog"""
    drift: Annotated[float, Bound("", 0.0, 10.0)] = 1.0
    """scales nu"""
    read_noise: Annotated[float, Bound("", 0.0, 10.0)] = 1.0
    """scales Q_s"""
    threshold: Annotated[float, Bound("V", 0.1, 20.0)] = 1.2
    """V, V_th of a fully amorphous cell, proportional to u [D]"""
    least_threshold: Annotated[float, Bound("V", 0.05, 10.0)] = 0.6
    """V, V_th of a crystalline cell: a read stays below [D]"""
    hold_voltage: Annotated[float, Bound("V", 0.01, 5.0)] = 0.3
    """V, V_h left across a cell that has switched [D]"""
    on_resistance: Annotated[float, Bound("Ohm", 10.0, 1e6)] = 1e3
    """Ohm of a cell that has switched [D]"""
    heater: Annotated[float, Bound("Ohm", 0.0, 1e6)] = 4e3
    """Ohm in series with it; R_dyn is the sum of both [D]"""
    thermal_resistance: Annotated[float, Bound("K/W", 1e4, 1e9)] = 2e6
    """K/W, R_th: T_melt at 300 uW [D]"""
    melt_temperature: Annotated[float, Bound("K", 500.0, 2000.0)] = 900.0
    """K [M]"""
    full_temperature: Annotated[float, Bound("K", 600.0, 5000.0)] = 1400.0
    """K; all is molten [D]"""
    best_temperature: Annotated[float, Bound("K", 400.0, 2000.0)] = 750.0
    """K, of fastest crystallisation [M]"""
    growth_width: Annotated[float, Bound("K", 10.0, 500.0)] = 100.0
    """K, how far from it growth falls e-fold [D]"""
    growth_time: Annotated[float, Bound("s", 1e-10, 1e-3)] = 60e-9
    """s to crystallise a fully amorphous cell at best [D]"""
    growth_energy: Annotated[float, Bound("eV", 0.5, 4.0)] = 2.3
    """eV, Ea of slow crystallisation [M]"""
    cold_time: Annotated[float, Bound("s", 1e-3, 1e9)] = 100.0
    """s to crystallise at 450 K: 10 years at 86 C [M: the usual claim for GST]"""
    spread_threshold: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of V_th between devices [D]"""
    spread_heating: Annotated[float, Bound("", 0.0, 0.5)] = 0.03
    """log-normal sigma of R_th between devices [D]"""


@kernel
def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


@kernel
def _programming(g: float, p: Array) -> float:
    """Return sigma_prog in S."""
    if p[HERMES] > 0.5:
        poly = 0.15781817 + g * (2.32443916 + g * (-2.16310839 + g * 0.68841818))
        return max(poly, 0.0) * float(p[G_MAX]) / 10.35
    return max(0.26348 + g * (1.9650 - 1.1731 * g), 0.0) * float(p[G_MAX]) / 25.0


@kernel
def _drifting(g: float, p: Array) -> tuple[float, float]:
    """Return (mu_nu, sigma_nu)."""
    ln = math.log(max(g, 1e-7))
    if p[HERMES] < 0.5:
        return _clip(-0.0155 * ln + 0.0244, 0.049, 0.1), _clip(-0.0125 * ln - 0.0059, 0.008, 0.045)
    mean = -0.0436 * g * g - 0.0126 * g + 0.0736
    if g < 0.0945:
        mean = _clip(-0.0387 * ln - 0.0182, 0.072, 0.13)
    sigma = -0.0165 * g * g + 0.0116 * g + 0.0104
    if g < 0.3039:
        sigma = _clip(-0.0120 * ln - 0.0023, 0.0124, 0.04)
    return mean, sigma


@kernel
def _flicker(g: float, p: Array) -> float:
    """Return Q_s."""
    if p[HERMES] < 0.5:
        return min(0.0088 / max(math.pow(g, 0.65), 1e-3), 0.2)
    if g < 0.1591:
        return _clip(-0.0078 * math.log(max(g, 1e-7)) + 0.0038, 0.0179, 0.04)
    return 0.0664 * g**3 - 0.1352 * g * g + 0.0768 * g + 0.0088


@kernel
def _settle(x: Array, p: Array) -> None:
    """Set conductance and relative noise from the fraction, the draws and the time."""
    g = math.exp(-x[U] * p[LN_RATIO])
    written = p[G_MAX] * g + p[PROGRAM] * _programming(g, p) * x[XI_G]
    written = max(written, LEAST * p[G_MAX])
    mean, sigma = _drifting(g, p)
    late = x[THETA] + p[T0]
    x[G] = written * math.exp(-p[DRIFT] * abs(mean + sigma * x[XI_NU]) * math.log(late / p[T0]))
    decades = math.log((late + p[T_READ]) / (2.0 * p[T_READ]))
    x[NOISE] = p[READ_NOISE] * _flicker(written / p[G_MAX], p) * math.sqrt(max(decades, 0.0))


@kernel
def _threshold(x: Array, p: Array) -> float:
    return max(float(p[V_PER_U] * x[U]), float(p[V_LEAST]))


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    if x[ON] > 0.5:
        over = abs(v) - p[V_HOLD]
        if over <= 0.0:
            return x[G] * v, x[G]
        return math.copysign(x[G] * p[V_HOLD] + over / p[R_DYN], v), 1.0 / p[R_DYN]
    bend = p[BEND] * _threshold(x, p)
    up = math.exp(v / bend)
    down = 1.0 / up
    i = x[G] * ((1.0 - x[U]) * v + x[U] * bend * 0.5 * (up - down))
    return i, x[G] * ((1.0 - x[U]) + x[U] * 0.5 * (up + down))


@kernel
def _slow(kelvin: float, p: Array) -> float:
    """Return the logarithm of the rate of thermally activated crystallisation in 1/s."""
    away = 1.0 / REFERENCE - 1.0 / kelvin
    return float(p[ACTIVATION]) / BOLTZMANN * away - math.log(p[COLD_TIME])


@kernel
def _growth(kelvin: float, p: Array) -> float:
    """Return how fast `u` falls at the edge's temperature, in 1/s."""
    if kelvin >= p[MELT]:
        return 0.0
    warm = max(p[BEST] - 1.5 * p[BROAD], ACTIVATED + 10.0)
    away = (max(kelvin, warm) - p[BEST]) / p[BROAD]
    bell = math.log(p[SPEED]) - away * away
    if kelvin >= warm:
        return math.exp(bell)
    if kelvin <= ACTIVATED:
        return math.exp(_slow(kelvin, p))
    share = (kelvin - ACTIVATED) / (warm - ACTIVATED)
    return math.exp(_slow(ACTIVATED, p) * (1.0 - share) + bell * share)


@kernel
def _forget(x: Array, p: Array, rng: Rng) -> None:
    """Draw anew what is random in the programmed state, as far as the pulse changed it."""
    kept = math.exp(-x[MOVED] / FORGETTING)
    fresh = math.sqrt(1.0 - kept * kept)
    x[XI_G] = kept * x[XI_G] + fresh * rng.standard_normal()
    x[XI_NU] = kept * x[XI_NU] + fresh * rng.standard_normal()
    x[THETA] *= kept
    x[MOVED] = 0.0


@kernel
def _wait(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let `h` seconds pass at ambient temperature, in closed form."""
    if x[MOVED] > 0.0:
        _forget(x, p, rng)
    x[THETA] += h
    x[U] = max(0.0, x[U] - _growth(p[AMBIENT], p) * h)
    _settle(x, p)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if x[ON] < 0.5 and abs(v) > _threshold(x, p):
        x[ON] = 1.0
        return 0.0
    if x[ON] > 0.5 and abs(v) < p[V_HOLD]:
        x[ON] = 0.0
    heat = i * i * p[R_DYN] if x[ON] > 0.5 else v * i
    hotter = p[R_TH] * heat
    hot = p[AMBIENT] + hotter
    x[HOTTEST] = max(x[HOTTEST], hot)
    if hot < GLASS:
        _wait(h, x, p, rng)
        return h
    falling = (p[FULL] - p[MELT]) / (p[FULL] - p[AMBIENT])
    molten = _clip((1.0 - (p[MELT] - p[AMBIENT]) / hotter) / falling, 0.0, 1.0)
    before = x[U]
    if before <= molten:
        x[U] = molten
    else:
        rate = _growth(p[AMBIENT] + hotter * (1.0 - falling * before), p)
        # Two slopes, so that a sub-step is exact to second order.
        h = min(h, SMALL / max(rate, 1e-30))
        middle = before - 0.5 * rate * h
        rate = _growth(p[AMBIENT] + hotter * (1.0 - falling * middle), p)
        x[U] = max(molten, before - rate * h)
    x[MOVED] += abs(x[U] - before)
    if x[U] != before:
        _settle(x, p)
    return h


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    x[ON] = 0.0
    _wait(h, x, p, rng)


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(max(0.0, 1.0 + x[NOISE] * rng.standard_normal()))


class Pcm(Device):
    """A phase-change memory cell."""

    name = "pcm"
    PARAMETERS = PcmParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "temperature follows power at once",
        "drift, rest and slow crystallisation in closed form",
        "noise of each reading drawn by itself, of the size accumulated since programming",
    )
    WEAR = ageing.Wear(
        *(2.1, 2.1, 50e-9),
        (ageing.Rule(ageing.ON, G_MAX), ageing.Rule(ageing.ON, LN_RATIO, 0.0, lambda p: 1.0),
         ageing.Rule(ageing.OFF, LN_RATIO, 0.0, lambda p: -1.0),
         ageing.Rule(ageing.SPREAD, PROGRAM)),
        window=lambda p: math.exp(p[LN_RATIO]),
        why="heat sets it, not a voltage",
    )  # fmt: skip
    parameters: PcmParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        amorphous = math.log(q.highest / q.conductance) / math.log(q.ratio)
        if not -1e-9 <= amorphous <= 1.0 + 1e-9:
            raise ValueError("pcm needs highest/ratio <= conductance <= highest")
        if not q.best_temperature < q.melt_temperature < q.full_temperature:
            raise ValueError("pcm needs best_temperature < melt_temperature < full_temperature")
        if not q.hold_voltage < q.least_threshold:
            raise ValueError("pcm needs hold_voltage < least_threshold")
        ease, heating = np.exp(
            np.array([q.spread_threshold, q.spread_heating]) * self.rng.standard_normal(2)
        )
        p = np.array(
            [
                ROOM, float(q.preset == "hermes"), q.highest, math.log(q.ratio),
                q.threshold * ease, q.least_threshold, q.hold_voltage, q.on_resistance + q.heater,
                q.thermal_resistance * heating, q.melt_temperature, q.full_temperature,
                q.best_temperature, q.growth_width, 1.0 / q.growth_time, q.growth_energy,
                q.cold_time, 0.21, q.drift_time, q.read_time, q.program_noise, q.drift,
                q.read_noise,
            ]
        )  # fmt: skip
        x = np.zeros(HOTTEST + 1)
        x[U] = min(max(amorphous, 0.0), 1.0)
        x[[XI_G, XI_NU]] = self.rng.standard_normal(2)
        _settle(x, p)
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Amorphous fraction (0 to 1), conductance in S, time since programming in s."""
        x = self._x
        return {"amorphous": float(x[U]), "conductance": float(x[G]), "age": float(x[THETA])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[HOTTEST] <= HOT:
            return []
        return [f"pcm: the cell reached {self._x[HOTTEST]:.0f} K, where a real one is destroyed"]
