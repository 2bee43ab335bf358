r"""Linear ion drift (TiO2, HP): two resistors in series, the border between them drifts.

Strukov et al., Nature 453, 80 (2008), doi:10.1038/nature06932; the windows after Joglekar and Wolf,
Eur. J. Phys. 30, 661 (2009), doi:10.1088/0143-0807/30/4/001, and others [M]; parameters as MemTorch
has them [R: coreylammie/MemTorch]. `x` from 0 (off) to 1 (on) is the doped share of the thickness
`D`::

    I     = V/R,  R = R_on x + R_off (1 - x)
    dx/dt = mu R_on/D^2 I W(x)

    W = 1                                   window "none"
      = 1 - (2x - 1)^(2p)                   "joglekar"
      = 1 - (x - 1)^(2p) for I < 0, 1 - x^(2p) for I > 0      "biolek"
      = j (1 - ((x - 0.5)^2 + 0.75)^p)      "prodromakis"

V > 0 sets. Without a window `x` follows the charge, and R the flux ``phi = int V dt`` [C]:
``R^2 = R0^2 - 2 (R_off - R_on) mu R_on/D^2 phi``, held between R_on and R_off.

**Numerics.** Without a window and without resistance in series that closed form is the update;
otherwise `x` goes in strides of at most 1/100 (less where a window is steep) by which the device
voltage moves at most 2 mV.

**The edges.** Joglekar's and Prodromakis' windows are zero at both ends whatever the sign of the
current: a device driven there stays, the known defect of these windows. One second at 1 V does
that. Biolek's window lets go.

**Spread** [D]: conductance and mobility between devices, log-normal; every change ``dx`` has a
standard deviation ``step_spread sqrt(|dx|)``; readings have a relative noise.

**Valid** as a teaching model: there is no threshold, so every read moves the state (at 0.1 V and 1
ms by 7e-5 of the range from x = 0.1, by 1e-3 from 0.95, where the window lets it). **Not
modelled**: the nonlinear drift of real devices, temperature, retention (the state stays at rest),
forming.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.load_line import glide, scattered, stride_within
from sim_instruments.models.parameters import Bound, Choice

WINDOWS = ("none", "joglekar", "biolek", "prodromakis")
NONE, JOGLEKAR, BIOLEK, PRODROMAKIS = range(4)

# Slots of the parameter array after the temperature.
R_ON, R_OFF, MOBILITY, WINDOW, POWER, HEIGHT, STRIDE, STEP_SPREAD, READ_NOISE = range(1, 10)


@dataclass(frozen=True, slots=True)
class LinearDriftParameters:
    """Parameters of `LinearDrift`, SI."""

    window: Annotated[str, Choice(WINDOWS)] = "biolek"
    """what slows the border down at the ends"""
    power: Annotated[float, Bound("", 1.0, 50.0)] = 2.0
    """p of the window; Prodromakis' goes negative nowhere for any [D]"""
    height: Annotated[float, Bound("", 0.01, 100.0)] = 1.0
    """j of Prodromakis' window [D]"""
    on_resistance: Annotated[float, Bound("Ohm", 1e-3, 1e12)] = 100.0
    """Ohm, R_on [R MemTorch]"""
    off_resistance: Annotated[float, Bound("Ohm", 1e-3, 1e15)] = 16e3
    """Ohm, R_off [R MemTorch]"""
    thickness: Annotated[float, Bound("m", 1e-10, 1e-3)] = 10e-9
    """m, D [R MemTorch]"""
    mobility: Annotated[float, Bound("m^2/(V s)", 1e-24, 1e-3)] = 1e-14
    """m2/(V s), mu [R MemTorch]"""
    position: Annotated[float, Bound("", 0.0, 1.0)] = 0.1
    """x of the fresh device [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of the mobility between devices [D]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of a change of x by 1 [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _resistance(x: float, p: Array) -> float:
    return float(p[R_OFF] - (p[R_OFF] - p[R_ON]) * x)


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    g = 1.0 / _resistance(x[0], p)
    return v * g, g


@kernel
def _window(x: float, i: float, p: Array) -> float:
    kind = p[WINDOW]
    if kind == NONE:
        return 1.0
    if kind == JOGLEKAR:
        base = abs(2.0 * x - 1.0)
    elif kind == BIOLEK:
        base = x if i > 0.0 else 1.0 - x
    else:
        return max(0.0, float(p[HEIGHT] * (1.0 - ((x - 0.5) ** 2 + 0.75) ** p[POWER])))
    return max(0.0, float(1.0 - abs(base) ** (2.0 * p[POWER])))


@kernel
def _by_flux(x: float, v: float, h: float, p: Array) -> tuple[float, float]:
    """Return (move, time) of at most `h` s at constant voltage without a window, exactly.

    The time is that to the end of the way, where it comes to that.
    """
    span = p[R_OFF] - p[R_ON]
    before, end = _resistance(x, p), p[R_ON] if v > 0.0 else p[R_OFF]
    by_second = 2.0 * span * p[MOBILITY] * v
    reached = float((before * before - end * end) / by_second)
    if reached <= h:
        return (1.0 if v > 0.0 else 0.0) - x, max(reached, 0.0)
    return float((before - math.sqrt(before * before - by_second * h)) / span), h


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    here, lasting = x[0], 1.0
    near = p[MOBILITY] * i * _window(here, i, p)
    if near == 0.0 or (here >= 1.0 and near > 0.0) or (here <= 0.0 and near < 0.0):
        return h
    if give == 0.0 and p[WINDOW] == NONE:
        move, taken = _by_flux(here, v, h, p)
    else:
        slope = i * g * (p[R_OFF] - p[R_ON])
        forward = math.copysign(stride_within(p[STRIDE], give, slope), near)
        # Not beyond the end, where the window is nought.
        forward = min(1.0 - here, max(-here, forward))
        ahead = here + forward
        yielded = (v - give * slope * forward) / _resistance(ahead, p)
        far = p[MOBILITY] * yielded * _window(ahead, i, p)
        move, taken = glide(near, far, abs(forward), h)
        if forward == 1.0 - here or forward == -here:
            # Towards the end the rest of the way shrinks, and with it what scattered on the way.
            lasting = min(1.0, max(0.0, 1.0 - (1.0 - far / near) * move / forward))
    x[0] = min(1.0, max(0.0, here + scattered(move, p[STEP_SPREAD] * math.sqrt(lasting), rng)))
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class LinearDrift(Device):
    """The linear ion drift memristor, with the usual windows."""

    name = "linear_drift"
    PARAMETERS = LinearDriftParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "no threshold: every read moves the state",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.0, 1.0, 0.1),
        (Rule(ON, R_ON, -1.0), Rule(OFF, R_OFF, -1.0), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: p[R_OFF] / p[R_ON],
        why="there is no switching voltage: any voltage moves the state",
    )
    parameters: LinearDriftParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.on_resistance >= q.off_resistance:
            raise ValueError("linear_drift needs on_resistance < off_resistance")
        scale, pace = np.exp(
            np.array([q.spread_conductance, q.spread_rate]) * self.rng.standard_normal(2)
        )
        # Scaled with R_on, so that the mobility alone sets how far a charge goes.
        mobility = q.mobility * pace * q.on_resistance / q.thickness**2
        p = np.array(
            [
                ROOM, q.on_resistance / scale, q.off_resistance / scale, mobility,
                float(WINDOWS.index(q.window)), q.power, q.height, 0.02 / max(q.power, 2.0),
                q.step_spread, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.position])

    @property
    def state(self) -> dict[str, float]:
        """The doped share x, 0 to 1, and the resistance in Ohm."""
        x = float(self._x[0])
        return {"x": x, "resistance": float(_resistance(x, self._p))}
