r"""Stanford-PKU RRAM model v2 (HfO2): a filament that bridges its gap, then grows in width.

RRAM_v_2_0_Beta.va [R: bcrafton/rram], Li et al., doi:10.1109/LED.2013.2293354. The filament has
the width `w` and leaves a gap `x` of the layer L0; V > 0 sets. Through the filament's own
resistance the gap sees Vg::

    I   = Il + J0 pi w^2/4 exp(-x/X_T) sinh(Vg/V_T),   Vg = V - (I - Il) rho (L0 - x)/(pi w^2/4)
        = Il + V pi w^2/(4 rho L0)                     bridged (x = 0) and V > 0
    Il  = J0 pi (W^2 - w^2)/4 exp(-L0/X_T) sinh(V/V_T)         leakage of the layer beside it
    T   = T_ambient + |V I| R_th

    set    dx/dt = -a f exp(-(Ea - alpha Vg/x)/kT)                                       x > 0
           dw/dt = (w_eff + w_eff^2/2w) f exp(-(Ea - alpha V/L0)/kT)          x = 0 and w < W
    reset  dx/dt = a f min[ exp(-(Ei + r Vg)/kT), exp(-Eh/kT) sinh(-alpha_h Vg/(x kT)) ]  x < L0

with both speeds of setting at most 100 m/s, as published. Resetting opens the gap and leaves the
width. `stanford` is the first generation: one gap, a field threshold.

**Numerics.** x and w never move at once; each goes in strides (0.02 nm of gap, 0.05 nm of width,
and such that the device voltage moves at most 2 mV) in which the logarithm of the rate is linear.
Temperature follows power at once.

**Spread** [D]: current and switching voltages (alpha, alpha_h and r) between devices, log-normal;
strokes of x and w have a standard deviation ``step_spread sqrt(stroke)``, which replaces the
published noise on dx/dt and dw/dt, whose effect depends on the time step; readings have a relative
noise.

**Valid** for pulses of nanoseconds to microseconds, |V| up to about 2 V, with a current limit;
`warnings` says when the filament got hotter than 1500 K. There is no threshold: at +0.1 V the gap
closes by some 5 nm/s and a bridged filament widens, so that a sweep of a second sets at any limit,
and only short reads, or reads at V < 0, leave the state. **Not modelled**: retention (at rest
nothing moves), a filament that thins when resetting, forming other than the first set.
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
from sim_instruments.models.parameters import Bound

BOLTZMANN = 8.617333e-5
"""eV/K"""
TOO_HOT = 1500.0
"""K, where the model has left what it was made for [D]"""
FASTEST = 1e11
"""nm/s, most speed of setting [R]"""

# Slots of the parameter array after the temperature (lengths in nm, areas in nm^2).
DENSITY, V_T, X_T, LEAK, RHO, LAYER, WIDEST, SPEED, ATTEMPTS, EA, EH, EI = range(1, 13)
EASE_SET, EASE_HOP, EASE_RESET, EXTENT, HEAT, STEP_SPREAD, READ_NOISE = range(13, 20)
# Slots of the state array.
GAP, WIDTH, HOTTEST = range(3)

GAP_STRIDE, WIDTH_STRIDE = 0.02, 0.05
"""nm"""
THINNEST = 1e-6
"""nm, in place of a gap of 0 in alpha/x"""
NARROWEST = 0.01
"""nm, of a filament"""


@dataclass(frozen=True, slots=True)
class StanfordWidthParameters:
    """Parameters of `StanfordWidth`, SI; all [R] are the published defaults."""

    gap: Annotated[float, Bound("m", 0.0, 100e-9)] = 3e-9
    """m, x of the fresh device: none of the filament yet [R]"""
    width: Annotated[float, Bound("m", 0.01e-9, 100e-9)] = 0.5e-9
    """m, w of the fresh device [R]"""
    layer: Annotated[float, Bound("m", 0.5e-9, 100e-9)] = 3e-9
    """m, L0 [R]"""
    widest: Annotated[float, Bound("m", 0.1e-9, 1e-6)] = 5e-9
    """m, W_CF [R]"""
    extent: Annotated[float, Bound("m", 0.01e-9, 5e-9)] = 0.5e-9
    """m, w_eff, by which the filament widens [R]"""
    hop: Annotated[float, Bound("m", 0.05e-9, 1e-9)] = 0.25e-9
    """m, a [R]"""
    attempts: Annotated[float, Bound("Hz", 1e9, 1e15)] = 1e13
    """Hz, f [R]"""
    vacancy_energy: Annotated[float, Bound("eV", 0.1, 3.0)] = 0.7
    """eV, Ea [R]"""
    hopping_energy: Annotated[float, Bound("eV", 0.1, 3.0)] = 1.12
    """eV, Eh [R]"""
    interface_energy: Annotated[float, Bound("eV", 0.1, 3.0)] = 0.82
    """eV, Ei [R]"""
    release: Annotated[float, Bound("", 0.0, 10.0)] = 1.5
    """r, how the voltage lowers Ei [R]"""
    set_ease: Annotated[float, Bound("m", 0.0, 5e-9)] = 0.75e-9
    """m, alpha, with Z = 1 [R]"""
    reset_ease: Annotated[float, Bound("m", 0.0, 5e-9)] = 0.75e-9
    """m, alpha_h, with Z = 1 [R]"""
    gap_scale: Annotated[float, Bound("m", 0.01e-9, 5e-9)] = 0.4e-9
    """m, X_T [R]"""
    voltage_scale: Annotated[float, Bound("V", 0.01, 10.0)] = 0.4
    """V, V_T [R]"""
    current_density: Annotated[float, Bound("A/m^2", 1e3, 1e18)] = 1e13
    """A/m2, I0 as published [R]"""
    resistivity: Annotated[float, Bound("Ohm m", 1e-9, 1.0)] = 1.9635e-5
    """Ohm m, rho of the filament [R]"""
    thermal_resistance: Annotated[float, Bound("K/W", 0.0, 1e8)] = 5e5
    """K/W, R_th [R]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_voltage: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of the switching voltages between devices [D: 3-5 %]"""
    step_spread: Annotated[float, Bound("m^0.5", 0.0, 1e-5)] = 0.6e-6
    """m^0.5, standard deviation of a stroke of 1 m; 0.019 nm for one of 1 nm [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [R: 0.5-2 % for RRAM]"""


@kernel
def _across(v: float, gap: float, width: float, p: Array) -> tuple[float, float, float]:
    """Return (current, slope, voltage across the gap)."""
    area = 0.25 * math.pi * width * width
    leak = p[LEAK] * (p[WIDEST] * p[WIDEST] - width * width)
    up = math.exp(v / p[V_T])
    i, g = 0.5 * leak * (up - 1.0 / up), 0.5 * leak * (up + 1.0 / up) / p[V_T]
    if gap <= 0.0 and v > 0.0:
        filament = area / (p[RHO] * p[LAYER])
        return i + v * filament, g + filament, v
    series = p[RHO] * (p[LAYER] - gap) / area
    scale = p[DENSITY] * area * math.exp(-gap / p[X_T])
    inner = abs(v)
    if series > 0.0:
        # Newton from above, where it cannot overshoot: sinh is convex.
        inner = min(inner, p[V_T] * math.asinh(inner / (series * scale)))
        for _ in range(50):
            slope = 1.0 + series * scale * math.cosh(inner / p[V_T]) / p[V_T]
            excess = inner + series * scale * math.sinh(inner / p[V_T]) - abs(v)
            inner -= excess / slope
            if abs(excess) < 1e-12 * slope:
                break
    across = scale * math.cosh(inner / p[V_T]) / p[V_T]
    i += math.copysign(scale * math.sinh(inner / p[V_T]), v)
    return i, g + across / (1.0 + series * across), math.copysign(inner, v)


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    i, g, _ = _across(v, x[GAP], x[WIDTH], p)
    return i, g


@kernel
def _rate(v: float, gap: float, width: float, p: Array) -> float:
    """Return dx/dt in nm/s, or dw/dt where the gap is bridged and V > 0."""
    i, _, inner = _across(v, gap, width, p)
    kt = BOLTZMANN * (p[AMBIENT] + p[HEAT] * abs(v * i))
    if v > 0.0 and gap > 0.0:
        barrier = p[EA] - p[EASE_SET] * inner / max(gap, THINNEST)
        return float(-min(FASTEST, p[SPEED] * math.exp(min(-barrier / kt, 600.0))))
    if v > 0.0:
        barrier = p[EA] - p[EASE_SET] * v / p[LAYER]
        extent = p[EXTENT] * (1.0 + 0.5 * p[EXTENT] / width)
        return float(min(FASTEST, extent * p[ATTEMPTS] * math.exp(min(-barrier / kt, 600.0))))
    release = math.exp(min(-(p[EI] + p[EASE_RESET] * inner) / kt, 600.0))
    if gap <= 0.0:
        return float(p[SPEED] * release)
    pull = min(-p[EASE_HOP] * inner / (max(gap, THINNEST) * kt), 600.0)
    return float(p[SPEED] * min(release, math.exp(-p[EH] / kt) * math.sinh(pull)))


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    x[HOTTEST] = max(x[HOTTEST], p[AMBIENT] + p[HEAT] * abs(v * i))
    gap, width = x[GAP], x[WIDTH]
    widens = v > 0.0 and gap <= 0.0
    if widens:
        room, longest = p[WIDEST] - width, WIDTH_STRIDE
    else:
        room, longest = (gap if v > 0.0 else p[LAYER] - gap), GAP_STRIDE
    near = _rate(v, gap, width, p)
    if room <= 0.0 or near == 0.0:
        return h
    nudge = math.copysign(1e-6, near)
    wider, farther = (width + nudge, gap) if widens else (width, gap + nudge)
    slope = (_across(v, farther, wider, p)[0] - i) / nudge if farther > 0.0 or widens else 0.0
    stride = min(room, stride_within(longest, give, slope))
    forward = math.copysign(stride, near)
    wider, farther = (width + forward, gap) if widens else (width, gap + forward)
    yielded = v - give * slope * forward
    far = (
        0.0
        if yielded * v <= 0.0
        else _rate(yielded, max(farther, THINNEST * (not widens)), wider, p)
    )
    move, taken = glide(near, far, stride, h)
    if abs(move) < room:
        move = scattered(move, p[STEP_SPREAD], rng)
    if widens:
        # Chance may take back: without that, the more pieces a hold has the more it would widen.
        x[WIDTH] = min(p[WIDEST], max(NARROWEST, width + move))
    else:
        x[GAP] = min(p[LAYER], max(0.0, gap + move))
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class StanfordWidth(Device):
    """The Stanford-PKU filament model with gap and filament width."""

    name = "stanford_width"
    PARAMETERS = StanfordWidthParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "temperature follows power at once",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.2, 1.2, 1e-6),
        (Rule(ON, RHO, -1.0), Rule(OFF, DENSITY), Rule(OFF, LEAK), Rule(VOLTAGE, EASE_SET, -1.0),
         Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: (
            p[V_T] * math.exp(p[LAYER] / p[X_T]) / (p[RHO] * p[LAYER] * p[DENSITY])
        ),
    )  # fmt: skip
    parameters: StanfordWidthParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.gap > q.layer or q.width > q.widest:
            raise ValueError("stanford_width needs gap <= layer and width <= widest")
        scale, ease = np.exp(
            np.array([q.spread_conductance, q.spread_voltage]) * self.rng.standard_normal(2)
        )
        nm = 1e9
        density = q.current_density / nm**2 * scale
        leak = density * 0.25 * math.pi * math.exp(-q.layer / q.gap_scale)
        p = np.array(
            [
                ROOM, density, q.voltage_scale, q.gap_scale * nm, leak, q.resistivity * nm / scale,
                q.layer * nm, q.widest * nm, q.hop * nm * q.attempts, q.attempts, q.vacancy_energy,
                q.hopping_energy, q.interface_energy, q.set_ease * nm * ease,
                q.reset_ease * nm * ease, q.release * ease, q.extent * nm, q.thermal_resistance,
                q.step_spread * math.sqrt(nm), q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.gap * nm, q.width * nm, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """Gap and width of the filament, in m."""
        return {"gap": float(self._x[GAP]) * 1e-9, "width": float(self._x[WIDTH]) * 1e-9}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        hottest = float(self._x[HOTTEST])
        if hottest <= TOO_HOT:
            return []
        return [
            f"stanford_width: the filament reached {hottest:.0f} K, the model holds up to 1500 K"
        ]
