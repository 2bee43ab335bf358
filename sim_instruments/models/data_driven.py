r"""Data-driven metal-oxide memristor (ArC/Southampton TiOx): resistance moves to where V says.

Messaris et al., arXiv:2012.02267, and eprints.soton.ac.uk/411693; the 2021 set as MemTorch has it
[R: coreylammie/MemTorch, Data_Driven2021]. The state is the resistance R itself::

    dR/dt = s_p(V) (r_p(V) - R)^2 for V > 0,   s_n(V) (R - r_n(V))^2 for V < 0
    s(V)  = A (exp(|V|/t) - 1),   r(V) = a0 + a1 V
    I     = (a/R) sinh(b V)

R moves only towards r(V) and stays in `lowest` to `highest`; from the other side of r(V) it does
not move. V > 0 lowers R (sets). The fitted `t` are negative: ``|V|/t`` makes s saturate at -A.

**Numerics.** At constant device voltage the update is the exact solution ``R(t) = r - e/(1 + s e
t)``, ``e = r - R(0)``; behind a resistance or in compliance R goes in strides by which the device
voltage moves at most 2 mV.

**Spread** [D]: conductance and rates between devices, log-normal; every change dR has a standard
deviation of `step_spread` times the range for a change by the whole range; readings have a relative
noise.

**Valid** around the fitted pulses, |V| from 0.5 to 1.5 V; above, `warnings` says so. There is no
voltage threshold but one in R: a read at +0.1 V pulls an R above r_p = 2632 Ohm down to it within
microseconds, one at -0.1 V lifts an R below r_n = 797 Ohm; levels between keep. **Not modelled**:
temperature, retention, forming.
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
from sim_instruments.models.parameters import Bound

# Slots of the parameter array after the temperature.
SET_RATE, RESET_RATE, SET_BEND, RESET_BEND, SET_BASE, SET_TILT, RESET_BASE = range(1, 8)
RESET_TILT, SCALE, BEND, LOWEST, HIGHEST, STEP_SPREAD, READ_NOISE = range(8, 15)
# Slots of the state array: R and the highest voltage.
MOST_VOLTS = 1

TOO_HIGH = 1.5
"""V, where the fitted pulses end"""
STRIDE = 0.01
"""of the range, the largest change of R in one stride along a load line"""
SHARE = 0.2
"""of the way left, the same"""


@dataclass(frozen=True, slots=True)
class DataDrivenParameters:
    """Parameters of `DataDriven`, SI; all defaults tagged [R] are MemTorch's 2021 set."""

    set_rate: Annotated[float, Bound("1/(Ohm s)", -1e9, 1e9)] = 600.10075
    """1/(Ohm s), A_p [R]"""
    reset_rate: Annotated[float, Bound("1/(Ohm s)", -1e9, 1e9)] = -34.5988399
    """1/(Ohm s), A_n [R]"""
    set_bend: Annotated[float, Bound("V", -100.0, 100.0)] = -0.0212028
    """V, t_p; not 0, and its sign counts [R]"""
    reset_bend: Annotated[float, Bound("V", -100.0, 100.0)] = -0.05343997
    """V, t_n; not 0, and its sign counts [R]"""
    set_base: Annotated[float, Bound("Ohm", -1e9, 1e9)] = 2699.2336
    """Ohm, a0 of r_p [R]"""
    set_tilt: Annotated[float, Bound("Ohm/V", -1e9, 1e9)] = -672.930205
    """Ohm/V, a1 of r_p [R]"""
    reset_base: Annotated[float, Bound("Ohm", -1e9, 1e9)] = 649.413746
    """Ohm, a0 of r_n [R]"""
    reset_tilt: Annotated[float, Bound("Ohm/V", -1e9, 1e9)] = -1474.32358
    """Ohm/V, a1 of r_n [R]"""
    current_scale: Annotated[float, Bound("V", 1e-6, 1e3)] = 0.32046175
    """V, a of the current [R]"""
    bend: Annotated[float, Bound("1/V", 1e-3, 20.0)] = 2.71689828
    """1/V, b of the current [R]"""
    lowest: Annotated[float, Bound("Ohm", 1.0, 1e12)] = 1600.0
    """Ohm [R]"""
    highest: Annotated[float, Bound("Ohm", 1.0, 1e12)] = 3000.0
    """Ohm [R]"""
    resistance: Annotated[float, Bound("Ohm", 1.0, 1e12)] = 2600.0
    """Ohm, of the fresh device; a level that reads of 0.1 V leave alone [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of both rates between devices [D]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of a change by the whole range, of the range [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    up = math.exp(p[BEND] * v)
    down = 1.0 / up
    scale = 0.5 * p[SCALE] / x[0]
    return scale * (up - down), scale * p[BEND] * (up + down)


@kernel
def _pull(v: float, p: Array) -> tuple[float, float]:
    """Return (s, r): how strongly, and to which resistance, `v` pulls."""
    if v > 0.0:
        return float(p[SET_RATE] * math.expm1(v / p[SET_BEND])), float(
            p[SET_BASE] + p[SET_TILT] * v
        )
    pull = p[RESET_RATE] * math.expm1(-v / p[RESET_BEND])
    return float(pull), float(p[RESET_BASE] + p[RESET_TILT] * v)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) > x[MOST_VOLTS]:
        x[MOST_VOLTS] = abs(v)
    pull, target = _pull(v, p)
    way = target - x[0]
    if pull * way <= 0.0:
        return h
    span = p[HIGHEST] - p[LOWEST]
    near = pull * way * way
    if (near > 0.0 and x[0] >= p[HIGHEST]) or (near < 0.0 and x[0] <= p[LOWEST]):
        return h
    if give > 0.0:
        slope = -i / x[0]
        # The end is approached as 1/t: in shares of the way left.
        longest = min(STRIDE * span, SHARE * abs(way))
        forward = math.copysign(stride_within(longest, give, slope), near)
        pull, target = _pull(v - give * slope * forward, p)
        left = target - x[0] - forward
        far = pull * left * left if pull * left > 0.0 else 0.0
        move, taken = glide(near, far, abs(forward), h)
    else:
        move, taken = way - way / (1.0 + pull * way * h), h
    # What is left shrinks as 1/t, and with it, to the fourth power, what scattered on the way.
    kept = max((way - move) / way, 0.0)
    lasting = kept * (1.0 + kept + kept * kept) / 3.0
    move = scattered(move, p[STEP_SPREAD] * math.sqrt(lasting), rng)
    x[0] = min(p[HIGHEST], max(p[LOWEST], x[0] + move))
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class DataDriven(Device):
    """A metal-oxide memristor fitted to data, exact at constant voltage."""

    name = "data_driven"
    PARAMETERS = DataDrivenParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "exact at constant device voltage",
        "no loss at rest",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.2, 1.2, 1e-5),
        (Rule(ON, LOWEST, -1.0), Rule(OFF, HIGHEST, -1.0), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: p[HIGHEST] / p[LOWEST],
        why="there is no switching voltage: any voltage moves the state",
    )
    parameters: DataDrivenParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if not q.lowest <= q.resistance <= q.highest or q.lowest == q.highest:
            raise ValueError("data_driven needs lowest <= resistance <= highest, lowest < highest")
        if q.set_bend == 0.0 or q.reset_bend == 0.0:
            raise ValueError("data_driven needs set_bend and reset_bend other than 0 V")
        scale, pace = np.exp(
            np.array([q.spread_conductance, q.spread_rate]) * self.rng.standard_normal(2)
        )
        p = np.array(
            [
                ROOM, q.set_rate * pace, q.reset_rate * pace, q.set_bend, q.reset_bend, q.set_base,
                q.set_tilt, q.reset_base, q.reset_tilt, q.current_scale * scale, q.bend, q.lowest,
                q.highest, q.step_spread * math.sqrt(q.highest - q.lowest), q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.resistance, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """R of the equations, in Ohm."""
        return {"resistance": float(self._x[0])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self._beyond(float(self._x[MOST_VOLTS]), TOO_HIGH)
