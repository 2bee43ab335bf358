r"""Analog Nb2O5/Al2O3 bilayer memristor (NaMLab): area-type, self-rectifying, no threshold.

Schroedter et al., doi:10.1109/MOCAST54814.2022.9837726 [R: SchroedterR/Memristor, Apache-2.0]. The
state `x` scales the conductance, and the current moves it::

    I     = V G(x, V)
    G     = Ar x exp(Br sgn(V) sqrt(|V|/x)) + As x exp(-Bs sgn(V) sqrt|V|)
    dx/dt = c1 [exp(c2 x V G - e^((x - x_off) w_c)) - exp(-c3 x V G - e^(-(x - x_on) w_c))]

V > 0 raises `x`, V < 0 lowers it. **What that looks like depends on the read** [C]: near 0 V and
below it the current is proportional to `x`, so V > 0 sets (a factor of 2.8 between both ends at
-0.3 V); at +0.1 V the ends differ by less than 20 %, because ``x exp(Br sqrt(V/x))`` is flat there;
above it the current falls with `x` (a factor of 11 at +1 V), which is why the publication calls the
upper end off. Read at V < 0 for the polarity of the other models.

**Numerics.** Strides of at most 0.002 in x, ten times shorter near the ends, in each of which the
logarithm of the rate is linear. **At rest** only the ends act: with ``z = (x - x_off) w_c``,
``dz/dt = -c1 w_c (1 - exp(-e^z))``, and the same at the other end. In between nothing moves, so a
level away from the ends by more than some 20/w_c keeps for years; one driven into an end comes back
by 1/w_c per e-fold of time. Solved in closed form (a series of the integral, inverted by Newton).

**Spread** [D]: conductance and rates between devices, log-normal; every change ``dx`` has a
standard deviation ``step_spread sqrt(|dx|/(x_off - x_on))`` of the range; readings have a relative
noise.

**Valid** for |V| up to 4 V (`warnings` says so beyond), room temperature; slow at 1 V (hours),
milliseconds at 4 V. Stands in for area-type organic and 2D devices too [D]. **Not modelled**:
temperature, diffusion back of levels between the ends, forming (it needs none).
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
AR, AS, BR, BS, C1, C2, C3, WALL, LOW, HIGH, STEP_SPREAD, READ_NOISE = range(1, 13)
# Slots of the state array: x and the highest voltage.
HIGHEST = 1

LONGEST, SHORTEST = 2e-3, 2e-4
"""strides of x"""
MOST = 600.0
"""the largest exponent taken"""
TOO_HIGH = 4.0
"""V, where the model ends"""


@dataclass(frozen=True, slots=True)
class AnalogBilayerParameters:
    """Parameters of `AnalogBilayer`, SI; all [R] are the published set."""

    reverse_scale: Annotated[float, Bound("S", 1e-15, 1e-2)] = 4.7447e-8
    """S, Ar [R]"""
    forward_scale: Annotated[float, Bound("S", 1e-15, 1e-2)] = 1.1253e-8
    """S, As [R]"""
    reverse_bend: Annotated[float, Bound("1/V^0.5", 0.0, 20.0)] = 2.6831
    """1/V^0.5, Br [R]"""
    forward_bend: Annotated[float, Bound("1/V^0.5", 0.0, 20.0)] = 9.3348
    """1/V^0.5, Bs [R]"""
    rate: Annotated[float, Bound("1/s", 0.0, 1e6)] = 2.9457e-4
    """1/s, c1 [R]"""
    set_drive: Annotated[float, Bound("1/A", 0.0, 1e9)] = 57414.0
    """1/A, c2 [R]"""
    reset_drive: Annotated[float, Bound("1/A", 0.0, 1e9)] = 11103.0
    """1/A, c3 [R]"""
    wall: Annotated[float, Bound("", 100.0, 1e4)] = 1000.0
    """w_c, steepness of the ends [R]"""
    lowest: Annotated[float, Bound("", 0.01, 0.98)] = 0.1
    """x_on as published, the lower end [R]"""
    highest: Annotated[float, Bound("", 0.02, 1.0)] = 0.284
    """x_off as published, the upper end [R]"""
    position: Annotated[float, Bound("", 0.01, 1.0)] = 0.15
    """x of the fresh device [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the current between devices [D: 5 %]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of the rate between devices [D]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of a change by the whole range, of the range [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _conduct(v: float, x: float, p: Array) -> tuple[float, float]:
    size = math.sqrt(abs(v))
    sign = math.copysign(1.0, v)
    bent = sign * p[BR] * size / math.sqrt(x)
    straight = -sign * p[BS] * size
    reverse = p[AR] * x * math.exp(min(bent, MOST))
    forward = p[AS] * x * math.exp(min(straight, MOST))
    # dI/dV = G + V dG/dV, and both exponents grow as sqrt|V|.
    slope = reverse * (1.0 + 0.5 * bent) + forward * (1.0 + 0.5 * straight)
    return v * (reverse + forward), slope


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return _conduct(v, x[0], p)


@kernel
def _rate(i: float, x: float, p: Array) -> float:
    """Return dx/dt in 1/s; V G is the current."""
    drive = x * i
    up = p[C2] * drive - math.exp(min((x - p[HIGH]) * p[WALL], MOST))
    down = -p[C3] * drive - math.exp(min((p[LOW] - x) * p[WALL], MOST))
    return float(p[C1] * (math.exp(min(up, MOST)) - math.exp(min(down, MOST))))


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) > x[HIGHEST]:
        x[HIGHEST] = abs(v)
    here = x[0]
    near = _rate(i, here, p)
    forward = math.copysign(1e-7, near)
    slope = (_conduct(v, here + forward, p)[0] - i) / forward
    wall = min(abs(here - p[LOW]), abs(p[HIGH] - here))
    stride = stride_within(min(LONGEST, max(SHORTEST, 0.1 * wall)), give, slope)
    forward = math.copysign(stride, near)
    yielded = v - give * slope * forward
    far = _rate(_conduct(yielded, here + forward, p)[0], here + forward, p)
    move, taken = glide(near, far, stride, h)
    if here + move == here:
        return h  # in balance: what is left of the rate is rounding
    x[0] = max(1e-3, here + scattered(move, p[STEP_SPREAD], rng))
    return taken


@kernel
def _elapsed(z: float) -> float:
    """Return the integral of ``dz/(1 - exp(-e^z))`` from somewhere to `z` <= 0."""
    m = math.exp(z)
    square = m * m
    tail = 1.0 / 12.0 + square * (-1.0 / 2160.0 + square * (1.0 / 151200.0 - square / 8467200.0))
    return 0.5 * z - 1.0 / m + m * tail


@kernel
def _ebbed(z: float, s: float) -> float:
    """Return z after `s` of ``dz/ds = -(1 - exp(-e^z))``."""
    while z > 0.0 and s > 0.0:
        part = min(s, 0.05)
        half = z - 0.5 * part * (1.0 - math.exp(-math.exp(z)))
        z -= part * (1.0 - math.exp(-math.exp(half)))
        s -= part
    if s <= 0.0 or z < -30.0:
        return z
    target = _elapsed(z) - s
    z = -math.log(math.exp(-z) + s)
    for _ in range(50):
        move = (target - _elapsed(z)) * -math.expm1(-math.exp(z))
        z += move
        if abs(move) < 1e-14:
            break
    return z


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    pace = p[C1] * p[WALL] * h
    if x[0] > 0.5 * (p[LOW] + p[HIGH]):
        x[0] = p[HIGH] + _ebbed((x[0] - p[HIGH]) * p[WALL], pace) / p[WALL]
    else:
        x[0] = p[LOW] - _ebbed((p[LOW] - x[0]) * p[WALL], pace) / p[WALL]


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class AnalogBilayer(Device):
    """An analog, self-rectifying oxide bilayer."""

    name = "analog_bilayer"
    PARAMETERS = AnalogBilayerParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(4.0, 4.0, 1e-2),
        (Rule(ON, HIGH), Rule(OFF, LOW), Rule(SPREAD, STEP_SPREAD)),
        window=lambda p: p[HIGH] / p[LOW],
        why="there is no switching voltage: the current moves the state, at any voltage",
    )
    parameters: AnalogBilayerParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if not q.lowest <= q.position <= q.highest or q.lowest == q.highest:
            raise ValueError("analog_bilayer needs lowest <= position <= highest, not all the same")
        scale, pace = np.exp(
            np.array([q.spread_conductance, q.spread_rate]) * self.rng.standard_normal(2)
        )
        p = np.array(
            [
                ROOM, q.reverse_scale * scale, q.forward_scale * scale, q.reverse_bend,
                q.forward_bend, q.rate * pace, q.set_drive / scale, q.reset_drive / scale, q.wall,
                q.lowest, q.highest, q.step_spread * math.sqrt(q.highest - q.lowest), q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.position, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """The position x."""
        return {"x": float(self._x[0])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self._beyond(float(self._x[HIGHEST]), TOO_HIGH)
