r"""High-entropy-alloy memristor: eight sub-filaments whose barriers the composition decides.

No compact model of such a device is public; oxides of the same kind are forming-free, multilevel
and tuned by composition [R: Nano-Micro Lett. 18:41 (2025), doi:10.1007/s40820-025-01891-1, and
Advanced Materials 2023, doi:10.1002/adma.202302979, abstracts]. This one is built from first
principles; every number is a design choice [D] unless tagged. V > 0 sets, V < 0 resets.

**Composition** — fractions `c` of five cations, normalised to 1. Every barrier moves with them, and
each of the M = 8 sub-filaments, in its own surroundings, has its own::

    E_k = E + sum_i S_i (c_i - 0.2) + disorder S_mix/S_max N(0, 1),   S_mix = -R sum c ln c
    S   = sensitivity (-1, -1/2, 0, +1/2, +1) for cu, al, ni, co, x

At 2 eV, 1 % of Cu instead of Ni is -20 meV: 2.17 times the rate at 300 K, 1/2.17 of the retention,
60 mV less to set (``dE/lever`` at 1.5 nm; 55 mV in a ramp, where the lever grows on the way) [C].
Outside 5-35 % of each element an alloy is not a high-entropy one [M]: such are refused.

**Sub-filament** — one coordinate `u`: the gap is ``-u`` where it is negative, the radius of the
bridge ``u`` where it is positive::

    du/dt = 2 v0 exp(-E_k/kT) sinh(q b lever V/kT),   E = growth_energy (V > 0), loss_energy (V < 0)
    lever = a0/t_ox (gamma0 - beta gap^3),            T = T_ambient + R_th |V I|
    b     = lateral for a bridge that grows wider, 1 for everything else
    bridge:  G = G_0 n,  n = max(1, round((u/0.25 nm)^2)) to 3, above it not rounded
    gap:     I = G_0 y [(1 - s) V + s V_0 sinh(V/V_0)],   y = exp(u/g_0),  s = (1 - y)^2

so that a gap meets the quantum ``G_0 = 77.5 uS`` at contact, at any voltage.

**Pruning** — without a signal surface tension dissolves bridges (Gibbs-Thomson) and diffusion
widens gaps, both with the square root of time, in one closed form for any rest::

    u |u| falls by 2 k_s t,   k_s = A exp(-E_d/kT)

Thin bridges vanish first: 3.8e7 s for 0.6 nm, 4.2e8 s for 2 nm at 300 K [C]; the disorder of the
barriers (a factor of 3.2 either way) makes that a tendency, rank correlation 0.7 [C].

**Heat** — above 600 K the alloy decomposes (2 eV): copper gathers in the filaments, barriers fall
by up to `segregation_shift` and the disorder goes. It does not come back, and is warned of.

**Spread** — between devices: composition (Dirichlet; 0.2 % are 7 meV, 21 mV to set [C]), disorder,
widest gap. Between cycles, drawn at each change of polarity above 0.2 V: barriers and widest gap. A
stroke ``u`` has a standard deviation ``step_spread sqrt(u)``; readings have a relative noise.

**On the default bench** [C: 40 devices, 50 cycles, no set or reset failed] — `set-reset` as it
stands (+2.9/-2.0 V, 1 us behind 2 kOhm: 350 and 1.6 uS) or +2.4/-1.8 V (170 uS); on a source-meter
+1.8/-1.2 V, 1 ms, 100 uA (80 uS) or 300 uA. `multilevel` and `iv-sweep` as they stand: levels from
5 to 200 uS, sets at 1.1 V. Read at V > 0: -0.1 V empties it in minutes.

**Valid** for |V| to 3 V (`warnings` says so beyond), 250-450 K, 10 ns and more. **Not modelled**:
random telegraph noise, capacitance, a temperature of each filament, coarsening of one at the cost
of another.
"""

import math

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models import alloy
from sim_instruments.models.ageing import OFF, ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.hea_parameters import HeaParameters

QUANTUM = 7.748092e-5
"""S, 2 e^2/h"""
ATOM = 0.25
"""nm, radius of a bridge of one quantum"""
M = 8
EVENT = 0.2  # V; a lower voltage of the other polarity begins no new cycle [D]
SOFT, SHORTEST = 0.01, 1e-4
"""V the circuit may give way in one sub-step, unless in less than this way (nm)"""
SMALL_SQUARE = 0.05
"""nm^2 of dissolution in one sub-step"""
PAST = 1e-5
"""nm, how far behind an edge of the conductance a sub-step may land"""
UNSEEN, AT_END = 1e-6, 1e-3  # nm: a move too small to bend anything, as good as at the end
SHARE = 0.8
"""of the room, what the first slope may use: the slope half-way is steeper in a runaway"""
TOO_HIGH = 3.0
"""V across it; the model holds up to there"""
NO_HOTTER = 700.0
"""K, dissolution is no faster at more: numbers only"""
EDGES = (0.0, ATOM * math.sqrt(1.5), ATOM * math.sqrt(2.5), ATOM * math.sqrt(3.0))
"""nm, where the law of the conductance changes"""

# Slots of the parameter array after the temperature (lengths in nm).
SPEED, E_GROWTH, E_LOSS, LATERAL, LEVER, LEVER_BEND, GAP0, V0, HEAT, WIDEST, TOP = range(1, 12)
DISSOLVE, E_DISSOLVE, SEG_SHIFT, CYCLE_E, CYCLE_OFF, STEP_SPREAD = range(12, 18)
READ_NOISE, LARGEST, MEAN_E, LOCAL_E = 18, 19, 20, 21  # LOCAL_E: M of them
# Slots of the state array: M coordinates, M barriers of this half cycle, M rates, then:
BARRIER, RATE = M, 2 * M
OHMIC, TUNNEL, POLARITY, BOTTOM, SEGREGATED, HOTTEST, HIGHEST = range(3 * M, 3 * M + 7)


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    up = math.exp(v / p[V0])
    down = 1.0 / up
    tunnel = 0.5 * x[TUNNEL]
    return x[OHMIC] * v + tunnel * p[V0] * (up - down), x[OHMIC] + tunnel * (up + down)


@kernel
def _settle(x: Array, p: Array) -> None:
    """Add up what the current takes from the sub-filaments."""
    ohmic = tunnel = 0.0
    for k in range(M):
        if x[k] < 0.0:
            y = math.exp(x[k] / p[GAP0])
            bent = (1.0 - y) * (1.0 - y)
            ohmic += y * (1.0 - bent)
            tunnel += y * bent
        else:
            quanta = (x[k] / ATOM) ** 2
            ohmic += quanta if quanta > 3.0 else max(1.0, math.floor(quanta + 0.5))
    x[OHMIC] = QUANTUM * ohmic
    x[TUNNEL] = QUANTUM * tunnel


@kernel
def _slope(v: float, sinh: float, u: float, p: Array) -> float:
    """Return dI/du (A/nm) of a sub-filament at `v`; `sinh` is V_0 sinh(v/V_0)."""
    if u >= 0.0:
        return float(QUANTUM * 2.0 * u / (ATOM * ATOM) * v) if u >= EDGES[3] else 0.0
    y = math.exp(u / p[GAP0])
    bent = (1.0 - y) * (1.0 - y)
    turn = 2.0 * y * (1.0 - y)
    return float(QUANTUM * y / p[GAP0] * ((1.0 - bent + turn) * v + (bent - turn) * sinh))


@kernel
def _begin_cycle(polarity: float, x: Array, p: Array, rng: Rng) -> None:
    """Draw this half cycle's barriers, relative to the mean one, and its widest gap."""
    x[POLARITY] = polarity
    for k in range(M):
        x[BARRIER + k] = p[LOCAL_E + k] + p[CYCLE_E] * rng.standard_normal()
    if polarity < 0.0:
        x[BOTTOM] = -p[WIDEST] + p[GAP0] * p[CYCLE_OFF] * rng.standard_normal()


@kernel
def _offset(k: int, x: Array, p: Array) -> float:
    """Return by how much the barriers of sub-filament `k` differ from the named ones, eV."""
    mixed = 1.0 - x[SEGREGATED]
    return float(p[MEAN_E] + mixed * x[BARRIER + k] - (1.0 - mixed) * p[SEG_SHIFT])


@kernel
def _rate(v: float, kelvin: float, u: float, offset: float, p: Array) -> float:
    """Return du/dt in nm/s."""
    kt = alloy.BOLTZMANN * kelvin
    gap = -min(u, 0.0)
    push = (p[LEVER] - p[LEVER_BEND] * gap * gap * gap) * abs(v)
    if v > 0.0 and u >= 0.0:
        push *= p[LATERAL]
    wall = (p[E_GROWTH] if v > 0.0 else p[E_LOSS]) + offset
    ahead = math.exp(min(0.0, (push - wall) / kt))
    return math.copysign(float(p[SPEED] * ahead * -math.expm1(-2.0 * push / kt)), v)


@kernel
def _dissolution(kelvin: float, k: int, x: Array, p: Array) -> float:
    """Return 2 k_s of sub-filament `k` in nm^2/s."""
    kt = alloy.BOLTZMANN * min(kelvin, NO_HOTTER)
    return 2.0 * float(p[DISSOLVE]) * math.exp(-(p[E_DISSOLVE] + _offset(k, x, p)) / kt)


@kernel
def _room(rate: float, u: float, x: Array, p: Array) -> float:
    """Return how far a sub-filament may move in one sub-step the way `rate` goes."""
    room = min(p[LARGEST], p[TOP] - u if rate > 0.0 else u - x[BOTTOM])
    if rate > 0.0 and room < AT_END:  # dissolution takes a little back at every sub-step
        return 0.0
    for edge in EDGES if rate > 0.0 else EDGES[::-1]:
        if (u < edge) == (rate > 0.0):
            return float(min(room, abs(edge - u) + PAST))
    return float(room)


@kernel
def _held(v: float, kelvin: float, k: int, x: Array, p: Array) -> bool:
    """Return whether growth keeps sub-filament `k` at its largest radius."""
    if v <= 0.0 or p[TOP] - x[k] >= AT_END:
        return False
    growth = 2.0 * x[k] * _rate(v, kelvin, x[k], _offset(k, x, p), p)
    return bool(growth > _dissolution(kelvin, k, x, p))


@kernel
def _dissolve(h: float, v: float, kelvin: float, x: Array, p: Array) -> None:
    """Let `h` seconds of pruning pass."""
    for k in range(M):
        if _held(v, kelvin, k, x, p):
            continue
        square = x[k] * abs(x[k]) - _dissolution(kelvin, k, x, p) * h
        x[k] = max(math.copysign(math.sqrt(abs(square)), square), min(x[BOTTOM], x[k]))


@kernel
def _decompose(h: float, kelvin: float, x: Array, p: Array) -> None:
    """Let `h` seconds of decomposition pass."""
    x[HOTTEST] = max(x[HOTTEST], kelvin)
    x[SEGREGATED] += (1.0 - x[SEGREGATED]) * -math.expm1(-alloy.decomposition(kelvin) * h)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    _dissolve(h, 0.0, p[AMBIENT], x, p)
    _decompose(h, p[AMBIENT], x, p)
    _settle(x, p)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) >= EVENT and math.copysign(1.0, v) != x[POLARITY]:
        _begin_cycle(math.copysign(1.0, v), x, p, rng)
    x[HIGHEST] = max(x[HIGHEST], abs(v))
    kelvin = p[AMBIENT] + p[HEAT] * abs(v * i)
    sinh = p[V0] * math.sinh(v / p[V0])
    fastest = climb = 0.0
    for k in range(M):
        rate = _rate(v, kelvin, x[k], _offset(k, x, p), p)
        room = _room(rate, x[k], x, p)
        if room <= 0.0:
            rate = 0.0
        elif abs(rate) * h > SHARE * room:
            h = SHARE * room / abs(rate)
        fastest = max(fastest, abs(rate))
        climb += rate * _slope(v, sinh, x[k], p)
        x[RATE + k] = rate
    h = _shorten(h, v, give * abs(climb), fastest, kelvin, x, p)
    if fastest * h > UNSEEN:
        middle = v - 0.5 * give * climb * h
        power = abs(middle * (i + 0.5 * h * climb * (1.0 - give * g)))
        _move(middle, p[AMBIENT] + p[HEAT] * power, h, x, p, rng)
    else:
        for k in range(M):
            x[k] += x[RATE + k] * h
    _dissolve(h, v, kelvin, x, p)
    _decompose(h, kelvin, x, p)
    _settle(x, p)
    return h


@kernel
def _shorten(
    h: float, v: float, yielding: float, fastest: float, kelvin: float, x: Array, p: Array
) -> float:
    """Return a time in which circuit, dissolution and decomposition change little."""
    if yielding * h > SOFT:
        h = max(SOFT / yielding, min(h, SHORTEST / fastest))
    for k in range(M):
        dissolution = _dissolution(kelvin, k, x, p)
        if dissolution * h > SMALL_SQUARE and x[k] > x[BOTTOM] and not _held(v, kelvin, k, x, p):
            h = SMALL_SQUARE / dissolution
    if kelvin > alloy.DECOMPOSES and x[SEGREGATED] < 0.99:
        h = min(h, 0.05 / alloy.decomposition(kelvin))
    return h


@kernel
def _move(v: float, kelvin: float, h: float, x: Array, p: Array, rng: Rng) -> None:
    """Move every sub-filament by its rate half-way, noise included."""
    for k in range(M):
        rate = x[RATE + k]
        if rate == 0.0:
            continue
        half = 0.5 * rate * h
        middle = x[k] + half
        if (middle < 0.0) != (x[k] < 0.0):
            middle = x[k]
        move = _rate(v, kelvin, middle, _offset(k, x, p), p) * h
        room = _room(rate, x[k], x, p)
        if abs(move) > room:
            move = math.copysign(room, move)
        elif p[STEP_SPREAD] > 0.0:
            move += p[STEP_SPREAD] * math.sqrt(abs(move)) * rng.standard_normal()
        x[k] = min(p[TOP], max(min(x[BOTTOM], x[k]), x[k] + move))


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Hea(Device):
    """A high-entropy-alloy memristor of eight sub-filaments."""

    name = "hea"
    PARAMETERS = HeaParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "one temperature for all sub-filaments, following power at once",
        "rest and pruning in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.5, 1.5, 1e-6),
        (Rule(ON, TOP, 0.5), Rule(OFF, WIDEST, 0.0, lambda p: -p[GAP0]),
         Rule(VOLTAGE, LEVER, -1.0), Rule(VOLTAGE, LEVER_BEND, -1.0),
         *(Rule(SPREAD, slot) for slot in (CYCLE_E, CYCLE_OFF, STEP_SPREAD))),
        window=lambda p: (p[TOP] / ATOM) ** 2 * math.exp(p[WIDEST] / p[GAP0]),
    )  # fmt: skip
    parameters: HeaParameters
    composition: dict[str, float]
    """Fractions of this very device."""

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        nm = 1e9
        parts = np.array([getattr(q, element) for element in alloy.ELEMENTS])
        fractions = alloy.fractions_of(parts, q.gradient * q.wafer_radius**2)
        fractions = alloy.one_of(fractions, q.spread_composition, self.rng)
        self.composition = dict(zip(alloy.ELEMENTS, fractions.tolist(), strict=True))
        off, *local = self.rng.standard_normal(1 + M)
        barriers = q.disorder * alloy.mixing(fractions) * np.array(local)
        widest = q.widest_gap * nm - q.tunnel_length * nm * q.spread_off * off
        lever = q.hop / q.oxide
        bend = lever * q.gap_factor
        if lever * q.field_factor <= bend * (widest + 0.2) ** 3:
            raise ValueError("hea needs field_factor > gap_factor (widest_gap/nm)^3")
        p = np.array(
            [
                ROOM, q.speed * nm, q.growth_energy, q.loss_energy, q.lateral,
                lever * q.field_factor, bend,
                q.tunnel_length * nm, q.tunnel_voltage, q.thermal_resistance, widest,
                q.largest_radius * nm, q.dissolution * nm * nm, q.dissolution_energy,
                q.segregation_shift, q.cycle_energy, q.cycle_off,
                q.step_spread * math.sqrt(nm), q.read_noise, q.largest_step * nm,
                alloy.barrier_shift(fractions, q.sensitivity), *barriers,
            ]
        )  # fmt: skip
        x = np.zeros(HIGHEST + 1)
        x[:M] = -min(q.gap * nm, widest)
        x[BARRIER : BARRIER + M] = barriers
        x[BOTTOM] = -widest
        _settle(x, p)
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Gap and radius of each sub-filament in m (one of them 0), and how far decomposed."""
        found = {}
        for k, u in enumerate(self._x[:M].tolist(), 1):
            found[f"gap_{k}"] = max(0.0, -u) * 1e-9
            found[f"radius_{k}"] = max(0.0, u) * 1e-9
        return found | {"decomposed": float(self._x[SEGREGATED])}

    @property
    def warnings(self) -> list[str]:
        """What took this device out of the range of its model."""
        beyond = self._beyond(float(self._x[HIGHEST]), TOO_HIGH)
        if self._x[HOTTEST] <= alloy.DECOMPOSES:
            return beyond
        hot = f"hea: it reached {self._x[HOTTEST]:.0f} K, where the alloy decomposes"
        return [*beyond, f"{hot} ({100 * self._x[SEGREGATED]:.1f} % so far): a guess from there on"]
