"""How a device wears out: damage adds up under stress, its parameters drift, at last it fails.

A stress is the time under one polarity, from when the device voltage passes `EVENT` until it falls
below it, changes its sign, or the device rests. It damages the device by [D, p = 12, q = 0.3]

    d = acceleration * s^q,   s = integral (|V|/V_n)^(p/q) dt / t_n

which for a rectangular pulse is ``(|V|/V_n)^p (t/t_n)^q`` however it is cut into sub-steps. `V_n`,
one for each polarity, and `t_n` are the model's own nominal set and reset: a nominal cycle adds 2.
With the sum `D` the next half cycle has [D, after the directions reported for HfO2]

    off conductance   (1 + D/hrs_scale)^hrs_drift          oxygen is lost
    on conductance    (1 + D/lrs_scale)^-lrs_drift         the filament shrinks
    set voltage       1 - voltage_drift log10(1 + D/voltage_scale)
    cycle spread      1 + spread_growth log10(1 + D/spread_scale)

of what it had; which parameters that are, the model says (`Wear`). Beyond ``D = life (-ln
U)^(1/shape)`` (Weibull) it fails hard: for good, at the end of the next set with the chance
`stuck_high`, else of the next reset. A failed device neither switches nor relaxes.

With `recovery` a pulse of reset polarity of at least `recovery_voltage` times its nominal voltage
takes that share of the sum back when it is over (a half is what was reported to gain two decades of
cycles [R: abstract of Huang et al.]); what has failed hard stays failed.

Cycles that nobody steps are represented (`represent`): damage per cycle is taken as that of the
cycles last stepped, so that `D` grows in closed form up to where the device fails hard, and drift
follows. Of the represented cycles nothing else is felt.

Not modelled: self-healing at rest, early failures apart from the Weibull law, cells that wear
without being stressed, the gate's part in the wear of a three-terminal device: driven at its gate
(`Gated.play_gated`) a device does not wear.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from sim_instruments.models.circuit import Array, kernel
from sim_instruments.models.parameters import Bound
from sim_instruments.models.values import Packed, Point

EVENT = 0.25
"""V, less stresses nothing [D]"""
REAL = 1e-3
"""of a nominal pulse's damage: a lesser stress has not switched the device [D]"""
ON, OFF, VOLTAGE, SPREAD = range(4)
DRIFTS = ("on conductance", "off conductance", "switching voltage", "spread between cycles")
LOWEST = 0.2
"""of the fresh set voltage, the least that is left [D]"""
OPEN = 0.05
"""of the window's decades, what drift leaves open [D]"""
PAST = 1.0 + 1e-9
"""of its life, where the damage of a represented failure ends"""

# Slots of the third array, after those of `network`.
(DAMAGE, SIDE, STRESS, LIFE, FATE, STUCK, SEEN, ACCELERATION, SET_V, RESET_V, WIDTH, POWER,
 TIME_POWER, WINDOW, LAST, MARK, TALLEST, RECOVERY, RECOVERS) = range(16, 35)  # fmt: skip
LAWS = 35
"""four pairs of strength and scale, as ON, OFF, VOLTAGE, SPREAD"""
RULES = 43
"""how many rules, then each one's kind, slot, power, weight, fresh value"""
RULE = 5

# What the templates' free names stand for is bound by `network.around`.
step: Any = None
rest: Any = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What one parameter gains by a factor `f` beside its fresh value: ``w (f^power - 1)``.

    Without a power it is ``w ln f``. Rules of one slot add up.
    """

    kind: int
    """ON, OFF, VOLTAGE or SPREAD"""
    slot: int
    power: float = 1.0
    weight: Callable[[Array], float] | None = None
    """`w` of the packed parameters; None is the fresh value, which makes it ``p f^power``"""
    state: bool = False
    """the slot is one of the state array: for what every device keeps for itself"""


@dataclass(frozen=True, slots=True)
class Wear:
    """What ageing means to a model; an attribute of its class."""

    set_voltage: float
    """V, device voltage of a nominal set"""
    reset_voltage: float
    """V, size of that of a nominal reset"""
    width: float
    """s, of both"""
    rules: tuple[Rule, ...] = ()
    window: Callable[[Array], float] = lambda p: math.inf
    """fresh on over off conductance, of the packed parameters"""
    why: str = ""
    """why what does not drift does not"""
    nominal: Callable[[Array], tuple[float, float, float]] | None = None
    """V, V and s where the packed parameters know better"""

    @property
    def drifts(self) -> tuple[str, ...]:
        """What drifts, in words; nothing does in a model that only fails hard."""
        kinds = {rule.kind for rule in self.rules}
        return tuple(DRIFTS[kind] for kind in sorted(kinds))


NOMINAL = (1.5, 1.5, 1e-6)
"""V, V and s, where a model has no pulse of its own"""


@dataclass(frozen=True, slots=True)
class AgeingParameters:
    """The keys of ``[simulation.ageing]``; off by default."""

    acceleration: Annotated[float, Bound("", 0.0, 1e12)] = 0.0
    """damage per nominal pulse: 0 is off, 1 HfOx, 1e-3 TaOx [R: best reported 1e12 cycles]"""
    voltage_power: Annotated[float, Bound("", 0.0, 40.0)] = 12.0
    """p, damage against voltage [D]"""
    time_power: Annotated[float, Bound("", 0.05, 2.0)] = 0.3
    """q, damage against time [D]"""
    hrs_drift: Annotated[float, Bound("", 0.0, 5.0)] = 0.35
    """decades the high resistance falls per decade of damage [D]"""
    hrs_scale: Annotated[float, Bound("", 1.0, 1e15)] = 1e6
    """damage from where [D]"""
    lrs_drift: Annotated[float, Bound("", 0.0, 5.0)] = 0.05
    """decades the low resistance rises per decade of damage [D]"""
    lrs_scale: Annotated[float, Bound("", 1.0, 1e15)] = 1e6
    """damage from where [D]"""
    voltage_drift: Annotated[float, Bound("", 0.0, 1.0)] = 0.03
    """relative fall of the set voltage per decade of damage [D]"""
    voltage_scale: Annotated[float, Bound("", 1.0, 1e15)] = 1e6
    """damage from where [D]"""
    spread_growth: Annotated[float, Bound("", 0.0, 10.0)] = 0.5
    """relative growth of the spread between cycles per decade of damage [D]"""
    spread_scale: Annotated[float, Bound("", 1.0, 1e15)] = 1e6
    """damage from where [D]"""
    life: Annotated[float, Bound("", 1.0, 1e18)] = 3e9
    """damage at which 63 % of devices have failed hard [D]"""
    life_shape: Annotated[float, Bound("", 0.1, 100.0)] = 1.2
    """Weibull shape of that [D]"""
    stuck_high: Annotated[float, Bound("", 0.0, 1.0)] = 0.7
    """share of hard failures that stay in the low resistance [D]"""
    recovery: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """share of the damage a recovery pulse takes back; 0 is off [R, an abstract: 0.5]"""
    recovery_voltage: Annotated[float, Bound("", 1.0, 10.0)] = 1.3
    """times the nominal reset voltage, from where a pulse recovers [D]"""


def packed(q: AgeingParameters, wear: Wear, x: Array, p: Array, seed: int) -> Array:
    """Return the third array from slot DAMAGE on; the lot of this device is drawn from `seed`."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(2,))))
    c = np.zeros(RULES + 1 + RULE * len(wear.rules))
    c[LIFE] = q.life * rng.exponential() ** (1.0 / q.life_shape)
    c[FATE] = 1.0 if rng.random() < q.stuck_high else -1.0
    c[[ACCELERATION, POWER, TIME_POWER]] = q.acceleration, q.voltage_power, q.time_power
    told = (wear.set_voltage, wear.reset_voltage, wear.width)
    c[[SET_V, RESET_V, WIDTH]] = told if wear.nominal is None else wear.nominal(p)
    c[RECOVERY], c[RECOVERS] = q.recovery, q.recovery_voltage * c[RESET_V]
    c[WINDOW] = math.log(wear.window(p))
    c[LAWS:RULES] = (q.lrs_drift, q.lrs_scale, q.hrs_drift, q.hrs_scale,
                     q.voltage_drift, q.voltage_scale, q.spread_growth, q.spread_scale)  # fmt: skip
    c[RULES] = len(wear.rules)
    for n, rule in enumerate(wear.rules):
        fresh = (x if rule.state else p)[rule.slot]
        weight = fresh if rule.weight is None else rule.weight(p)
        at = RULES + 1 + RULE * n
        # A slot of the state counts from -1 down.
        slot = -1 - rule.slot if rule.state else rule.slot
        c[at : at + RULE] = rule.kind, slot, rule.power, weight, fresh
    return c


def ageing_state(c: Array) -> dict[str, float]:
    """Return damage (nominal pulses) and whether stuck: 1 high, -1 low, 0 not."""
    return {"damage": float(c[DAMAGE]), "stuck": float(c[STUCK])}


@kernel
def _factor(kind: int, c: Array) -> float:
    """Return the logarithm of what has become of on, off, voltage or spread."""
    change = float(c[LAWS + 2 * kind] * math.log1p(c[DAMAGE] / c[LAWS + 2 * kind + 1]))
    if kind == ON:
        return -change
    if kind == OFF:
        lost = c[LAWS] * math.log1p(c[DAMAGE] / c[LAWS + 1])
        return min(change, max(float((1.0 - OPEN) * c[WINDOW] - lost), 0.0))
    change /= math.log(10.0)
    return math.log(max(1.0 - change, LOWEST)) if kind == VOLTAGE else math.log1p(change)


@kernel
def _drift(x: Array, p: Array, c: Array) -> None:
    """Give parameters and state what the damage has left of them."""
    if abs(c[DAMAGE] - c[SEEN]) <= 1e-3 * c[SEEN]:
        return
    c[SEEN] = c[DAMAGE]
    for n in range(int(c[RULES])):
        at = RULES + 1 + RULE * n
        slot = int(c[at + 1])
        if slot < 0:
            x[-1 - slot] = c[at + 4]
        else:
            p[slot] = c[at + 4]
    for n in range(int(c[RULES])):
        at = RULES + 1 + RULE * n
        slot, power = int(c[at + 1]), c[at + 2]
        log = _factor(int(c[at]), c)
        gain = c[at + 3] * (math.expm1(power * log) if power != 0.0 else log)
        if slot < 0:
            x[-1 - slot] += gain
        else:
            p[slot] += gain


@kernel
def _end_stress(x: Array, p: Array, c: Array) -> None:
    """Count the stress that is over, and let the device fail if its time has come."""
    side, c[SIDE] = c[SIDE], 0.0
    dose = c[STRESS] ** c[TIME_POWER]
    c[STRESS] = 0.0
    c[DAMAGE] += c[ACCELERATION] * dose
    if dose > REAL:
        c[LAST] = side
        if c[DAMAGE] > c[LIFE] and side == c[FATE]:
            c[STUCK] = side
    if side < 0.0 and c[TALLEST] >= c[RECOVERS]:
        c[DAMAGE] *= 1.0 - c[RECOVERY]
    c[TALLEST] = 0.0
    _drift(x, p, c)


def represent(cycles: int, like: int, x: Array, p: Array, c: Array) -> None:
    """Let `cycles` more wear the device, each as much as one of those it felt since the last call.

    Those were `like`; without any, this call only marks where they begin.
    """
    if c[SIDE] != 0.0:
        _end_stress(x, p, c)
    if like > 0 and c[STUCK] == 0.0:
        added = cycles * (c[DAMAGE] - c[MARK]) / like
        c[DAMAGE] = max(min(c[DAMAGE] + added, max(c[DAMAGE], PAST * c[LIFE])), 0.0)
        # It fails at the end of a pulse of this polarity: the last represented one, or the next.
        if c[DAMAGE] > c[LIFE] and c[LAST] == c[FATE]:
            c[STUCK] = c[FATE]
        _drift(x, p, c)
    c[MARK] = c[DAMAGE]


def _move_aged(point: Point, h: float, device: Packed) -> float:
    """Let the device move and wear; return the time taken."""
    v, i, g, give, _limited = point
    x, p, c = device.x, device.p, device.c
    side = 0.0 if abs(v) < EVENT else math.copysign(1.0, v)
    if side != c[SIDE] and c[SIDE] != 0.0:
        _end_stress(x, p, c)
    if c[STUCK] != 0.0:
        return h
    taken: float = step(v, i, g, give, h, x, p, device.rng)
    if side != 0.0:
        c[SIDE] = side
        c[TALLEST] = max(c[TALLEST], abs(v))
        ratio = abs(v) / (c[SET_V] if v > 0.0 else c[RESET_V])
        c[STRESS] += ratio ** (c[POWER] / c[TIME_POWER]) * taken / c[WIDTH]
    return taken


def _pause_aged(h: float, device: Packed) -> None:
    """Let the device rest: that ends a stress."""
    x, p, c = device.x, device.p, device.c
    if c[SIDE] != 0.0:
        _end_stress(x, p, c)
    if c[STUCK] == 0.0:
        rest(h, x, p, device.rng)
