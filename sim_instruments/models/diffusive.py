r"""Diffusive (Ag) memristor: a volatile filament that forms under bias and dissolves by itself.

The published compact model of the group that built diffusive-memristor neurons, from its netlist
[R: TongWang-USC/Memristor-Model, MIT; Wang T. et al., IEEE TCASAI 1(2) 141 (2024),
doi:10.1109/TCASAI.2024.3484370]. `f` is the filament, `r` the silver that stays near the gap after
it broke; both grow from 0, together at most 1 (what does not fit pushes `f` into `r`)::

    df/dt = s min( |V| mu/(alpha + 1 - f - r) - (gamma1 + beta) f, 1 )
    dr/dt = s ( beta f - gamma2 r )
    x = f + r;   R = R_on x + R_off (exp((1-x)/lambda) - 1)/(exp(1/lambda) - 1);   I = V/R
    rupture: at random moments, s kappa f^m per second, f shrinks by eta f

The netlist is a device of seconds; `s` (`time_scale`) makes it one of milliseconds and is thermally
activated, ``s exp(-(E_a/k)(1/T - 1/300 K))`` [D]. The filament grows for either polarity. `r`
outlives `f` some hundred times: the next firing comes sooner (intrinsic plasticity).

**What it does** [C, s = 1, nothing random]: a ramp of 0.1 V/s turns on at 0.72 V and off at 0.17 V;
on within 1.37 s at 0.8 V and 0.76 s at 1.5 V (growth is capped), never below 0.5 V; 59 uA at 1 V;
0.2 nA at 0.3 V before; after 30 s on (f = 0.545, r = 0.455) below 10 nA within 14 ms.

**Spread** [D]: growth, on and off resistance between devices, log-normal; growth is drawn anew each
time a filament has broken. The random ruptures are the netlist's; the moments they come at do not
depend on sub-steps. Readings have a relative noise.

**Numerics**: exact exponential of the linearised growth, `f` and `x` changing by 0.01 at most in
one sub-step, exact once the gap is bridged; rest is closed form (without ruptures, which would
take some 2 % of what dissolves anyway).

**Valid** for |V| up to about 2 V, 250-400 K. **Not modelled**: the netlist's 10 pF across the
device (part of the circuit, not of the device) and its clamp at 10 mA (a warning here), polarity,
heating, forming, wear.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.exponential import grown, time_to
from sim_instruments.models.parameters import Bound

BOLTZMANN = 8.617333e-5
"""eV/K"""
LARGEST = 0.01
"""largest change of f in one sub-step"""
SLOWEST = 0.005
"""largest change of r in one sub-step"""
SOFT = 1e-2
"""V, by how much the circuit may give way in one sub-step"""
BRIDGED = 1e-12
"""less gap than this is none"""
THIN, THICK = 0.5, 0.95
"""x below and above which a filament has broken and has formed"""
SOON = 1e-2
"""expected ruptures; what is less is now, and the next one is as much later"""
LANDED = 1e-3
"""of a gap; a step that leaves less has closed it"""
CLAMP = 10e-3
"""A, where the netlist clamps [R]"""

# Slots of the parameter array after the temperature.
MU, ALPHA, LEAK, BETA, GAMMA, SPEED, ACTIVATION, R_ON, R_GAP, LENGTH = range(1, 11)
SHRINK, RUPTURE, POWER, CYCLE, READ_NOISE, PACE = range(11, 17)
# Slots of the state array: f, r, conductance (S), expected ruptures until the next, growth in this
# cycle, whether a filament has formed, whether it was clamped.
F, R, G, DUE, EASE, FORMED, CLAMPED = range(7)


@dataclass(frozen=True, slots=True)
class DiffusiveParameters:
    """Parameters of `Diffusive`, SI; the rates are those of the netlist, per its own second."""

    time_scale: Annotated[float, Bound("", 1e-3, 1e12)] = 1e3
    """s, multiplies all rates; 1 is the netlist [R], 1e3 gives firing in milliseconds [D]"""
    growth: Annotated[float, Bound("1/(V s)", 0.1, 1e4)] = 16.0
    """mu [R]"""
    growth_offset: Annotated[float, Bound("", 1e-3, 10.0)] = 0.1
    """alpha; small: the last bit of gap closes in a rush [R]"""
    dissolution: Annotated[float, Bound("1/s", 0.1, 1e4)] = 50.0
    """gamma1, filament lost [R]"""
    residue_rate: Annotated[float, Bound("1/s", 0.0, 100.0)] = 0.35
    """beta, filament turned into residue; other versions of the netlist have 0.2 [R]"""
    residue_loss: Annotated[float, Bound("1/s", 1e-3, 100.0)] = 0.42
    """gamma2, residue lost [R]"""
    on_resistance: Annotated[float, Bound("Ohm", 10.0, 1e8)] = 17e3
    """Ohm, R_on [R]"""
    off_resistance: Annotated[float, Bound("Ohm", 1e5, 1e15)] = 1e10
    """Ohm, R_off [R]"""
    gap_length: Annotated[float, Bound("", 0.02, 1.0)] = 0.1
    """lambda, tunnelling length of the gap [R]"""
    rupture_size: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """eta, 0 for no random ruptures [R]"""
    rupture_rate: Annotated[float, Bound("1/s", 0.0, 1e5)] = 200.0
    """kappa [R]"""
    rupture_power: Annotated[float, Bound("", 0.5, 6.0)] = 2.0
    """m [R]"""
    activation: Annotated[float, Bound("eV", 0.0, 2.0)] = 0.35
    """eV, E_a of all rates [D]"""
    spread_growth: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of mu between devices [D]"""
    spread_on: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of R_on between devices [D]"""
    spread_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.25
    """log-normal sigma of R_off between devices [D: 20-30 %]"""
    cycle_growth: Annotated[float, Bound("", 0.0, 0.5)] = 0.03
    """log-normal sigma of mu between filaments of one device [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _hazard(x: Array, p: Array) -> float:
    """Return the random ruptures expected per second of the netlist."""
    if p[POWER] == 2.0:
        return float(p[RUPTURE] * x[F] * x[F])
    return float(p[RUPTURE] * x[F] ** p[POWER])


@kernel
def _steepness(x: Array, p: Array) -> float:
    """Return d ln(conductance)/dx."""
    gap = float(p[R_GAP] / p[LENGTH]) * math.exp((1.0 - x[F] - x[R]) / p[LENGTH])
    return max(float((gap - p[R_ON]) * x[G]), 0.0)


@kernel
def _settle(f: float, r: float, x: Array, p: Array, rng: Rng) -> None:
    """Set the filament, and what the current takes from it."""
    x[F] = f
    x[R] = r
    filled = f + r
    x[G] = 1.0 / (p[R_ON] * filled + p[R_GAP] * math.expm1((1.0 - filled) / p[LENGTH]))
    if filled > THICK:
        x[FORMED] = 1.0
    elif x[FORMED] > 0.0 and filled < THIN:
        x[FORMED] = 0.0
        x[EASE] = math.exp(p[CYCLE] * rng.standard_normal())


@kernel
def _rupture(before: float, taken: float, x: Array, p: Array, rng: Rng) -> None:
    """Let the filament shrink if its next random rupture came within `taken` (netlist seconds)."""
    x[DUE] -= 0.5 * (before + _hazard(x, p)) * taken
    while x[DUE] <= SOON:
        x[DUE] += rng.standard_exponential()
        _settle(x[F] * (1.0 - p[SHRINK]), x[R], x, p, rng)


@kernel
def _across_gap(
    grow: float, creep: float, v: float, i: float, give: float, left: float, x: Array, p: Array
) -> tuple[float, float, float]:
    """Return (f, r, time) after growth or loss across a gap; time in netlist seconds."""
    f, r = x[F], x[R]
    gap = p[ALPHA] + 1.0 - f - r
    yielding = give * abs(i) * _steepness(x, p)
    steep = float((p[MU] * x[EASE]) * (abs(v) / gap - yielding) / gap) if grow < 1.0 else 0.0
    rate = steep - p[LEAK] if grow < 1.0 else 0.0
    most = min(LARGEST, SOFT / yielding) if yielding > 0.0 else LARGEST
    t = min(left, time_to(most, abs(grow), rate), time_to(SLOWEST, abs(creep), -p[GAMMA]))
    room = 1.0 - f - r
    for _ in range(2):
        # Linear in f and in time, for r goes on changing: exact where the gap does not bend.
        ahead, crept = grown(rate, t), grown(-p[GAMMA], t)
        bow = (ahead - t) / (rate * t) if abs(rate * t) > 1e-6 else 0.5 * t
        drift = steep * creep * crept * bow
        more = min(grow * ahead + drift, t)
        rest = (creep + p[BETA] * (grow * bow + 0.5 * drift)) * crept
        if more + rest <= room or room < BRIDGED:
            break
        t *= room / (more + rest)
    if 0.0 < room - more - rest < LANDED * room:
        more = room - rest
    r = max(r + rest, 0.0)
    return min(max(f + more, 0.0), 1.0 - r), r, t


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return v * x[G], x[G]


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(i) > CLAMP:
        x[CLAMPED] = 1.0
    pace = p[PACE]
    if pace <= 0.0:
        return h  # too cold for a number
    left = h * pace
    noise = _hazard(x, p) if p[SHRINK] > 0.0 else 0.0
    if noise * left > x[DUE]:
        left = x[DUE] / noise
    push = abs(v) * float(p[MU] * x[EASE])
    room = 1.0 - x[F] - x[R]
    grow = min(push / (p[ALPHA] + max(room, 0.0)) - p[LEAK] * x[F], 1.0)
    creep = p[BETA] * x[F] - p[GAMMA] * x[R]
    if room < BRIDGED and grow + creep >= 0.0:
        # What f + r = 1 leaves open: f turns into r until both are in balance.
        rate = p[BETA] + p[GAMMA]
        balance = float(p[GAMMA] / rate)
        if push / p[ALPHA] < p[LEAK] * max(balance, x[F]) + p[GAMMA]:
            left = min(left, time_to(SLOWEST, abs(x[F] - balance) * rate, -rate))
        f = balance + (x[F] - balance) * math.exp(-rate * left)
        _settle(f, 1.0 - f, x, p, rng)
    else:
        f, r, left = _across_gap(grow, creep, v, i, give, left, x, p)
        _settle(f, r, x, p, rng)
    if p[SHRINK] > 0.0:
        _rupture(noise, left, x, p, rng)
    return float(min(left / pace, h))


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    time = h * p[PACE]
    fast, slow = math.exp(-p[LEAK] * time), math.exp(-p[GAMMA] * time)
    r = x[R] * slow + p[BETA] * x[F] * (slow - fast) / (p[LEAK] - p[GAMMA])
    # Through the thin state, so that a broken filament counts as one however long the rest was.
    _settle(x[F] * fast, min(r, 1.0), x, p, rng)


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Diffusive(Device):
    """A diffusive (Ag) memristor, volatile: it turns on under bias and off by itself."""

    name = "diffusive"
    PARAMETERS = DiffusiveParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "sub-steps change the filament by 0.01 at most",
        "rest in closed form, without random ruptures",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="what cycling does to the silver is not modelled")
    parameters: DiffusiveParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        leak = q.dissolution + q.residue_rate
        if leak <= q.residue_loss or q.on_resistance >= q.off_resistance:
            raise ValueError(
                "diffusive needs residue_loss < dissolution and on_resistance < off_resistance"
            )
        growth, on, off = np.exp(
            np.array([q.spread_growth, q.spread_on, q.spread_off]) * self.rng.standard_normal(3)
        )
        p = np.array(
            [
                ROOM, q.growth * growth, q.growth_offset, leak, q.residue_rate, q.residue_loss,
                q.time_scale, q.activation, q.on_resistance * on,
                q.off_resistance * off / math.expm1(1.0 / q.gap_length), q.gap_length,
                q.rupture_size if q.rupture_rate else 0.0, q.rupture_rate, q.rupture_power,
                q.cycle_growth, q.read_noise, q.time_scale,
            ]
        )  # fmt: skip
        x = np.zeros(CLAMPED + 1)
        x[G] = 1.0 / (q.off_resistance * off)
        x[DUE] = self.rng.standard_exponential()
        x[EASE] = math.exp(q.cycle_growth * self.rng.standard_normal())
        return p, x

    def _warm(self, kelvin: float) -> None:
        p = self._p
        p[AMBIENT] = kelvin
        p[PACE] = p[SPEED] * math.exp(-p[ACTIVATION] / BOLTZMANN * (1.0 / kelvin - 1.0 / ROOM))

    @property
    def state(self) -> dict[str, float]:
        """Filament f and residue r (0 to 1), and the conductance they make (S)."""
        return dict(zip(("filament", "residue", "conductance"), self._x[:3].tolist(), strict=True))

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far."""
        if not self._x[CLAMPED]:
            return []
        return [f"diffusive: the current passed {CLAMP * 1e3:g} mA, where the published model ends"]
