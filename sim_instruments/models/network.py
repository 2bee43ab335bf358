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
from functools import cache
from typing import Annotated, Any

import numpy as np

from sim_instruments.models.ageing import _move_aged, _pause_aged
from sim_instruments.models.circuit import (
    BATTERY,
    RAMP_STEP,
    Array,
    Kernels,
    Rng,
    _hold,
    _meter,
    _move,
    _network,
    _pause,
    _root,
    bind,
    current,
    kernel,
    loop,
    move,
    network,
    pause,
    root,
    stair,
)
from sim_instruments.models.parameters import Bound
from sim_instruments.models.square_law import drop as square_law_drop
from sim_instruments.models.state_copy import remember, take_back

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

# What the templates' free names stand for, those from `circuit` too, is bound by `around`.
root_behind: Any = None
across: Any = None
dash: Any = None
hold_level: Any = None
follow: Any = None


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
    level: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> tuple[float, float, float, float]:
    """Return (v, i, g, r) where ``v + R i + drop(i) = level``; `r` is the slope of ``R i + drop``.

    Newton, kept inside a bracket.
    """
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


def _network_behind(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> tuple[float, float, float, float, bool]:
    """Return (device voltage, current, slope, give, limited), the transistor in series."""
    v, i, g, r = root_behind(level, resistance, guess, x, p, c)
    if abs(i) <= limit:
        return v, i, g, r / (1.0 + r * g), False
    most = math.copysign(limit, i)
    low, high = min(level, 0.0) - BATTERY, max(level, 0.0) + BATTERY
    v, i, g = root(0.0, 1.0, most, low, high, min(max(v, low), high), x, p)
    return v, most, g, 1.0 / g, True


def _meter_behind(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited), the transistor in series."""
    v, i, _g, _give, limited = network(level, limit, resistance, guess, x, p, c)
    return v, v + drop(i, c)[0] + i * resistance if limited else level, i, limited


def _across(v: float, guess: float, x: Array, p: Array, c: Array) -> Any:
    """Return (device voltage, current, slope, series slope) with the device on the node."""
    i, g = current(v, x, p)
    return v, i, g, 0.0


def _across_behind(v: float, guess: float, x: Array, p: Array, c: Array) -> Any:
    """Return (device voltage, current, slope, series slope) behind the transistor."""
    return root_behind(v, 0.0, guess, x, p, c)


@kernel
def _supply(level: float, v: float, i: float, limit: float, resistance: float
            ) -> tuple[float, float, bool]:  # fmt: skip
    """Return (current into the node, its fall per volt of the node, limited) of the source."""
    if resistance > 0.0:
        free = (level - v) / resistance
        if abs(free) <= limit:
            return free, 1.0 / resistance, False
        return math.copysign(limit, free), 0.0, True
    if v == level:
        return (i, 0.0, False) if abs(i) <= limit else (math.copysign(limit, i), 0.0, True)
    return math.copysign(limit, level - v), 0.0, True


def _arrive(level: float, v: float, i: float, limited: bool, resistance: float, c: Array) -> None:
    """Put the node where it has no current left, the device being at `v` with `i`."""
    before = abs(c[NODE])
    c[NODE] = v + drop(i, c)[0] if limited else level - resistance * i
    if limited and abs(c[NODE]) < before:
        c[CHARGE] += c[CAPACITANCE] * (before - abs(c[NODE]))
    c[PEAK] = max(c[PEAK], abs(i))


def _dash(
    level: float,
    left: float,
    limit: float,
    resistance: float,
    guess: float,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
) -> tuple[float, float]:
    """Take one step while the node charges; return (device voltage, time), 0 s if it has."""
    v = c[NODE]
    half = 0.5 * c[LEAN]
    guess, i, g, r = across(v + half, guess, x, p, c)
    slope = g / (1.0 + r * g)
    i -= slope * half
    c[PEAK] = max(c[PEAK], abs(i))
    given, fall, limited = _supply(level, v, i, limit, resistance)
    k = max(slope + fall, LEAST)
    tau = c[CAPACITANCE] / k
    away = (given - i) / k
    c[FAST] = 1.0 if abs(away) > SETTLED else 0.0
    if c[FAST] == 0.0:
        return guess, 0.0
    stride = STRIDE
    if limited and away * (level - v) > 0.0:
        # Not past the source, which would then drive it back, and so for ever.
        stride = min(stride, abs(level - v) - 0.5 * resistance * limit)
    h = min(left, ARRIVED * tau)
    if stride < abs(away):
        h = min(h, -tau * math.log1p(-stride / abs(away)))
    taken: float = move(guess, i, g, r / (1.0 + r * g), h, x, p, c, rng)
    c[LEAN] = -away * math.expm1(-taken / tau)
    c[NODE] = v + c[LEAN]
    if stride < STRIDE and abs(level - c[NODE]) < SETTLED:
        c[NODE] = level
    if abs(i) > limit:
        c[CHARGE] += c[CAPACITANCE] * abs(c[LEAN])
    return guess, taken


def _follow(
    level: float,
    left: float,
    limit: float,
    resistance: float,
    guess: float,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
    spare: Array,
) -> tuple[float, float]:
    """Take one step with the node at rest; return (device voltage, time).

    A step in which an ideal source runs into its limit unseen is taken back and taken in halves,
    until the node is slower than that.
    """
    guess, i, g, give, limited = network(level, limit, resistance, guess, x, p, c)
    _arrive(level, guess, i, limited, resistance, c)
    r = drop(i, c)[1]
    fall = 1.0 / resistance if resistance > 0.0 and not limited else 0.0
    tau = c[CAPACITANCE] / max(g / (1.0 + r * g) + fall, LEAST)
    remember(x, c, spare)
    taken: float = move(guess, i, g, give, left, x, p, c, rng)
    if not limited and resistance == 0.0:
        while abs(across(level, guess, x, p, c)[1]) > MUCH * limit and taken > BRIEF * tau:
            take_back(x, c, spare)
            taken = move(guess, i, g, give, 0.5 * taken, x, p, c, rng)
    c[FAST] = 1.0 if taken < FOLLOWS * tau else 0.0
    c[LEAN] = 0.0
    return guess, taken


def _hold_level(
    level: float,
    duration: float,
    limit: float,
    resistance: float,
    guess: float,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
    spare: Array,
) -> float:
    """Hold the source at `level` for `duration`; return the device voltage at the end."""
    left = duration
    taken = 0.0
    c[FAST] = 1.0
    c[LEAN] = 0.0
    while left > 0.0:
        if resistance == 0.0 and limit == math.inf:
            c[NODE] = level
        if level == 0.0 and (abs(c[NODE]) < SETTLED or c[FAST] == 0.0):
            c[NODE] = 0.0
            pause(left, x, p, c, rng)
            return 0.0
        if c[FAST] > 0.0:
            guess, taken = dash(level, left, limit, resistance, guess, x, p, c, rng)
        else:
            guess, taken = follow(level, left, limit, resistance, guess, x, p, c, rng, spare)
        left -= taken
    if c[FAST] == 0.0:
        guess, i, _g, _give, limited = network(level, limit, resistance, guess, x, p, c)
        _arrive(level, guess, i, limited, resistance, c)
    return guess


def _hold_charged(
    start: float,
    target: float,
    ramp: float,
    duration: float,
    limit: float,
    resistance: float,
    guess: float,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
    spare: Array,
) -> float:
    """Take the source from `start` to `target` and hold it there; see `circuit._hold`."""
    steps = max(1, math.ceil(abs(target - start) / RAMP_STEP)) if ramp > 0.0 else 0
    before = guess
    for k in range(steps + 1):
        level, seconds = stair(k, steps, start, target, ramp, duration)
        if 0 < k < steps:
            guess, before = 2.0 * guess - before, guess
        if seconds > 0.0:
            guess = hold_level(level, seconds, limit, resistance, guess, x, p, c, rng, spare)
    return guess


def _meter_charged(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited), charging included."""
    v = c[NODE]
    guess, i, _g, _r = across(v, guess, x, p, c)
    given, _fall, limited = _supply(level, v, i, limit, resistance)
    return guess, v + given * resistance if limited else level, given, limited


@cache
def around(kernels: Kernels, transistor: bool, charged: bool, aged: bool) -> Callable[..., None]:
    """Return the compiled loop of a model's `kernels` in these surroundings."""
    module = kernels.play.py_func.__module__  # type: ignore[attr-defined]  # numba's dispatcher
    label = "Aged" * aged + "Behind" * transistor + "Charged" * charged
    step, rest, current = kernels.step, kernels.rest, kernels.current
    solve, observe = kernels.solve, kernels.observe
    moves, pauses = (_move_aged, _pause_aged) if aged else (_move, _pause)
    move = bind(moves, module, label=label, step=step)
    pause = bind(pauses, module, label=label, rest=rest)
    lost = drop if transistor else no_drop
    if transistor:
        root = bind(_root, module, label=label, current=current)
        behind = bind(_root_behind, module, label=label, current=current, drop=drop)
        network = bind(_network_behind, module, label=label, root=root, root_behind=behind)
        across = bind(_across_behind, module, label=label, root_behind=behind)
        meter = bind(_meter_behind, module, label=label, network=network, drop=drop)
    else:
        network = bind(_network, module, label=label, solve=solve)
        across = bind(_across, module, label=label, current=current)
        meter = bind(_meter, module, label=label, network=network)
    if not charged:
        hold = bind(_hold, module, label=label, network=network, move=move, pause=pause)
        return loop(module, hold=hold, meter=meter, observe=observe, label=label)
    arrive = bind(_arrive, module, label=label, drop=lost)
    parts = {"across": across, "network": network, "move": move, "drop": lost, "_arrive": arrive}
    dash = bind(_dash, module, label=label, across=across, move=move)
    follow = bind(_follow, module, label=label, **parts)
    level = bind(_hold_level, module, label=label, network=network, pause=pause, dash=dash,
                 follow=follow, _arrive=arrive)  # fmt: skip
    hold = bind(_hold_charged, module, label=label, hold_level=level)
    meter = bind(_meter_charged, module, label=label, across=across)
    return loop(module, hold=hold, meter=meter, observe=observe, label=label)
