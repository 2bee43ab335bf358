"""What stands around a device: a transistor in series, a capacitance beside it.

    source -- resistance --+-- [transistor] -- device -- ground
                           |
                       capacitance

**Capacitance** — of cable, pads and selector; it charges through the resistance, or with what the
source gives in compliance. A device that sets under a current limit discharges it: for that time
the current through the device exceeds the limit, and no meter at the source shows it. `PEAK` and
`CHARGE` do: the largest device current, and the charge that flowed beyond the limit,
``C (V_before - V_after)``. The node's voltage is taken in steps of `STRIDE`, along the exponential
it would follow with the device's slope; a node that follows at once is solved as if there were no
capacitance, so that long pulses cost what they did. A source at 0 V, or off, discharges the node.

**Transistor** — `sim_instruments.models.square_law`, alike in both polarities: the overdrive is
``V_gate - V_threshold`` of the gate for that polarity. Body effect, and the degeneration of a
reset, are in that number. (In a crossbar the same law follows the voltage of the lines instead.)
Without overdrive 1 TOhm is left.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any

import numpy as np

from sim_instruments.models.ageing import _move_aged, _pause_aged
from sim_instruments.models.circuit import (
    BATTERY,
    Kernels,
    _idle,
    _in_compliance,
    _move,
    _network,
    _pause,
    _root,
)
from sim_instruments.models.compiled import Array, bind, kernel
from sim_instruments.models.holding import _hold, stair, stairs
from sim_instruments.models.parameters import Bound
from sim_instruments.models.playing import loop
from sim_instruments.models.square_law import drop as square_law_drop
from sim_instruments.models.state_copy import remember, take_back
from sim_instruments.models.values import Packed, Point, Segment, Supply

STRIDE = 5e-3
"""V, the largest step of the node while it charges"""
SETTLED = 1e-4
"""V, nearer than this the node has arrived"""
FOLLOWS = 10.0
"""time constants the device must leave the node to be followed"""
ARRIVED = 5.0
"""time constants in which the last step of the node is taken"""
MUCH = 1.01
"""limits: a device that draws more has run past the limit"""
BRIEF = 0.05
"""time constants: a step this short needs not be halved"""
LEAST = 1e-18
"""S, as good as no conductance"""
LEAK = 1e-12
"""S, of a transistor without overdrive [D]"""

# Slots of the third array.
NODE, PEAK, CHARGE, CAPACITANCE, UP, DOWN, GAIN, MODULATION, FAST, LEAN, SIZE = range(11)

# What the templates' free names stand for is bound by `around`.
current: Any = None
move: Any = None
pause: Any = None
network: Any = None
in_compliance: Any = None
root_behind: Any = None
across: Any = None
dash: Any = None
follow: Any = None
hold_level: Any = None


@dataclass(frozen=True, slots=True)
class CircuitParameters:
    """The keys of ``[simulation.circuit]``; by default the device is bare."""

    series_resistance: Annotated[float, Bound("Ohm", 0.0, 1e9)] = 0.0
    """Ohm, between every source and the device, contacts included"""
    capacitance: Annotated[float, Bound("F", 0.0, 1e-3)] = 0.0
    """F, parallel to the device; 10 pF to 100 pF for a probed device behind a cable [MEM]"""
    transistor: bool = False
    """a transistor in series: 1T1R"""
    gate: Annotated[float, Bound("V", -10.0, 10.0)] = 1.2
    """V, at the gate while the source is positive"""
    reset_gate: Annotated[float, Bound("V", -10.0, 10.0)] = 3.3
    """V, at the gate while the source is negative"""
    threshold: Annotated[float, Bound("V", -5.0, 5.0)] = 0.5
    """V, of the transistor [D]"""
    transconductance: Annotated[float, Bound("A/V^2", 1e-9, 1.0)] = 1e-3
    """A/V^2, k = mu C_ox W/L [D: 0.25 mA at 1.2 V]"""
    modulation: Annotated[float, Bound("1/V", 1e-4, 1.0)] = 0.05
    """1/V, lambda: slope in saturation [D]"""

    def packed(self) -> Array:
        """Return the third array of the kernels."""
        c = np.zeros(SIZE)
        c[CAPACITANCE], c[GAIN] = self.capacitance, self.transconductance
        c[UP], c[DOWN] = self.gate - self.threshold, self.reset_gate - self.threshold
        c[MODULATION] = self.modulation
        return c


@kernel
def drop(i: float, c: Array) -> tuple[float, float]:
    """Return (voltage, differential resistance) of the transistor at current `i`."""
    w = c[UP] if i >= 0.0 else c[DOWN]
    return square_law_drop(i, w, c[GAIN], c[MODULATION], LEAK)


@kernel
def no_drop(i: float, c: Array) -> tuple[float, float]:
    """Return what a transistor that is not there leaves."""
    return 0.0, 0.0


def _root_behind(
    level: float, resistance: float, guess: float, device: Packed
) -> tuple[float, float, float, float]:
    """Return (v, i, g, r) where ``v + R i + drop(i) = level``; `r` is the slope of ``R i + drop``.

    Newton, kept inside a bracket.
    """
    x, p, c = device.x, device.p, device.c
    low, high = min(level, 0.0) - BATTERY, max(level, 0.0) + BATTERY
    v = min(max(guess, low), high)
    i, g = current(v, x, p)
    r = resistance
    for _ in range(200):
        lost, slope = drop(i, c)
        r = resistance + slope
        f = v + resistance * i + lost - level
        if f > 0.0:
            high = v
        else:
            low = v
        new = v - f / (1.0 + r * g)
        if not low <= new <= high:
            new = 0.5 * (low + high)
        change = new - v
        v = new
        i, g = current(v, x, p)
        if abs(change) < 1e-15 or (abs(change) < 1e-9 and abs(g * change) <= 1e-9 * abs(i)):
            break
    return v, i, g, r


def _network_behind(level: float, supply: Supply, guess: float, device: Packed) -> Point:
    """Return where source and device meet, the transistor in series."""
    v, i, g, r = root_behind(level, supply.resistance, guess, device)
    if abs(i) <= supply.limit:
        return Point(v, i, g, r / (1.0 + r * g), False)
    most = math.copysign(supply.limit, i)
    limited: Point = in_compliance(most, level, v, device.x, device.p)
    return limited


def _meter_behind(
    level: float, supply: Supply, guess: float, device: Packed
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited), the transistor in series."""
    v, i, _g, _give, limited = network(level, supply, guess, device)
    return v, v + drop(i, device.c)[0] + i * supply.resistance if limited else level, i, limited


def _across(v: float, guess: float, device: Packed) -> Any:
    """Return (device voltage, current, slope, series slope) with the device on the node."""
    i, g = current(v, device.x, device.p)
    return v, i, g, 0.0


def _across_behind(v: float, guess: float, device: Packed) -> Any:
    """Return (device voltage, current, slope, series slope) behind the transistor."""
    return root_behind(v, 0.0, guess, device)


@kernel
def _given(level: float, v: float, i: float, supply: Supply) -> tuple[float, float, bool]:
    """Return (current into the node, its fall per volt of the node, limited) of the source.

    The node is at `v`, and the device takes `i` from it.
    """
    limit, resistance = supply.limit, supply.resistance
    if resistance > 0.0:
        free = (level - v) / resistance
        if abs(free) <= limit:
            return free, 1.0 / resistance, False
        return math.copysign(limit, free), 0.0, True
    if v == level:
        return (i, 0.0, False) if abs(i) <= limit else (math.copysign(limit, i), 0.0, True)
    return math.copysign(limit, level - v), 0.0, True


def _arrive(level: float, point: Point, supply: Supply, c: Array) -> None:
    """Put the node where it has no current left, the device being at `point`."""
    v, i, _g, _give, limited = point
    before = abs(c[NODE])
    c[NODE] = v + drop(i, c)[0] if limited else level - supply.resistance * i
    if limited and abs(c[NODE]) < before:
        c[CHARGE] += c[CAPACITANCE] * (before - abs(c[NODE]))
    c[PEAK] = max(c[PEAK], abs(i))


@kernel
def _charging(away: float, tau: float, stride: float, left: float) -> float:
    """Return the time in which the node, `away` from where it goes, takes no more than a stride."""
    h = min(left, ARRIVED * tau)
    if stride < abs(away):
        h = min(h, -tau * math.log1p(-stride / abs(away)))
    return h


def _dash(
    level: float, left: float, supply: Supply, guess: float, device: Packed
) -> tuple[float, float]:
    """Take one step while the node charges; return (device voltage, time), 0 s if it has."""
    c = device.c
    v, half = c[NODE], 0.5 * c[LEAN]
    guess, i, g, r = across(v + half, guess, device)
    slope = g / (1.0 + r * g)
    i -= slope * half
    c[PEAK] = max(c[PEAK], abs(i))
    given, fall, limited = _given(level, v, i, supply)
    k = max(slope + fall, LEAST)
    tau, away = c[CAPACITANCE] / k, (given - i) / k
    c[FAST] = 1.0 if abs(away) > SETTLED else 0.0
    if c[FAST] == 0.0:
        return guess, 0.0
    stride = STRIDE
    if limited and away * (level - v) > 0.0:
        # Not past the source, which would then drive it back, and so for ever.
        stride = min(stride, abs(level - v) - 0.5 * supply.resistance * supply.limit)
    h = _charging(away, tau, stride, left)
    taken = move(Point(guess, i, g, r / (1.0 + r * g), limited), h, device)
    c[LEAN] = -away * math.expm1(-taken / tau)
    c[NODE] = v + c[LEAN]
    if stride < STRIDE and abs(level - c[NODE]) < SETTLED:
        c[NODE] = level
    if abs(i) > supply.limit:
        c[CHARGE] += c[CAPACITANCE] * abs(c[LEAN])
    return guess, taken


def _follow(
    level: float, left: float, supply: Supply, guess: float, device: Packed
) -> tuple[float, float]:
    """Take one step with the node at rest; return (device voltage, time).

    A step in which an ideal source runs into its limit unseen is taken back and taken in halves,
    until the node is slower than that.
    """
    c, resistance = device.c, supply.resistance
    point = network(level, supply, guess, device)
    guess = point.v
    _arrive(level, point, supply, c)
    r = drop(point.i, c)[1]
    fall = 1.0 / resistance if resistance > 0.0 and not point.limited else 0.0
    tau = c[CAPACITANCE] / max(point.g / (1.0 + r * point.g) + fall, LEAST)
    remember(device)
    taken = move(point, left, device)
    if not point.limited and resistance == 0.0:
        while abs(across(level, guess, device)[1]) > MUCH * supply.limit and taken > BRIEF * tau:
            take_back(device)
            taken = move(point, 0.5 * taken, device)
    c[FAST] = 1.0 if taken < FOLLOWS * tau else 0.0
    c[LEAN] = 0.0
    return guess, taken


def _hold_level(
    level: float, duration: float, supply: Supply, guess: float, device: Packed
) -> float:
    """Hold the source at `level` for `duration`; return the device voltage at the end."""
    c, left, taken = device.c, duration, 0.0
    c[FAST] = 1.0
    c[LEAN] = 0.0
    while left > 0.0:
        if supply.resistance == 0.0 and supply.limit == math.inf:
            c[NODE] = level
        if level == 0.0 and (abs(c[NODE]) < SETTLED or c[FAST] == 0.0):
            c[NODE] = 0.0
            pause(left, device)
            return 0.0
        if c[FAST] > 0.0:
            guess, taken = dash(level, left, supply, guess, device)
        else:
            guess, taken = follow(level, left, supply, guess, device)
        left -= taken
    if c[FAST] == 0.0:
        point = network(level, supply, guess, device)
        guess = point.v
        _arrive(level, point, supply, c)
    return guess


def _hold_charged(segment: Segment, supply: Supply, guess: float, device: Packed) -> float:
    """Take the source through `segment`; return the device voltage at the end."""
    steps, before = stairs(segment), guess
    for k in range(steps + 1):
        level, seconds = stair(k, steps, segment)
        if 0 < k < steps:
            guess, before = 2.0 * guess - before, guess
        if seconds > 0.0:
            guess = hold_level(level, seconds, supply, guess, device)
    return guess


def _idle_charged(h: float, supply: Supply, device: Packed) -> None:
    """Let the device rest, the source at 0 V."""
    hold_level(0.0, h, supply, 0.0, device)


def _meter_charged(
    level: float, supply: Supply, guess: float, device: Packed
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited), charging included."""
    v = device.c[NODE]
    guess, i, _g, _r = across(v, guess, device)
    given, _fall, limited = _given(level, v, i, supply)
    return guess, v + given * supply.resistance if limited else level, given, limited


def _instant(made: Callable[..., Any], kernels: Kernels, transistor: bool) -> tuple[Any, Any, Any]:
    """Return (network, across, meter) of a circuit without regard to a capacitance."""
    current = kernels.current
    if not transistor:
        network = made(_network, solve=kernels.solve)
        return network, made(_across, current=current), kernels.meter
    limited = made(_in_compliance, root=made(_root, current=current))
    behind = made(_root_behind, current=current, drop=drop)
    network = made(_network_behind, root_behind=behind, in_compliance=limited)
    return (network, made(_across_behind, root_behind=behind),
            made(_meter_behind, network=network, drop=drop))  # fmt: skip


def _charged_hold(
    made: Callable[..., Any], lost: Callable[..., Any], *, network: Callable[..., Any],
    across: Callable[..., Any], move: Callable[..., Any], pause: Callable[..., Any],
) -> tuple[Any, Any]:  # fmt: skip
    """Return (idle, hold) beside a capacitance, `lost` being what a transistor takes."""
    arrive = made(_arrive, drop=lost)
    dash = made(_dash, across=across, move=move)
    follow = made(_follow, across=across, network=network, move=move, drop=lost, _arrive=arrive)
    level = made(_hold_level, network=network, pause=pause, dash=dash, follow=follow,
                 _arrive=arrive)  # fmt: skip
    return made(_idle_charged, hold_level=level), made(_hold_charged, hold_level=level)


@cache
def around(kernels: Kernels, transistor: bool, charged: bool, aged: bool) -> Callable[..., None]:
    """Return the compiled loop of a model's `kernels` in these surroundings."""
    module = kernels.play.py_func.__module__  # type: ignore[attr-defined]  # numba's dispatcher
    label = "Aged" * aged + "Behind" * transistor + "Charged" * charged
    made = partial(bind, module=module, label=label)
    network, across, meter = _instant(made, kernels, transistor)
    moves, pauses = (_move_aged, _pause_aged) if aged else (_move, _pause)
    move, pause = made(moves, step=kernels.step), made(pauses, rest=kernels.rest)
    if charged:
        idle, hold = _charged_hold(made, drop if transistor else no_drop, network=network,
                                   across=across, move=move, pause=pause)  # fmt: skip
        meter = made(_meter_charged, across=across)
    else:
        idle = made(_idle, pause=pause)
        hold = made(_hold, network=network, move=move, pause=pause)
    return loop(module, label=label, idle=idle, hold=hold, meter=meter, observe=kernels.observe)
