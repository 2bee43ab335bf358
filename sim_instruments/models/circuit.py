"""Source, resistance and device: the one compiled loop every device model is played through.

The loop is a template. `specialise` binds it to a model's kernels, so that numba compiles each
model's circuit as one function; no closures, because numba's disk cache cannot hold those.

A model brings four kernels (`x` its state, `p` its parameters, both float64 arrays):

* ``current(v, x, p) -> (i, g)``: current in A and its slope in S at device voltage `v`; `i` grows
  with `v` and crosses zero within 0.1 V of ``v = 0`` (a device may be a small battery);
* ``step(v, i, g, give, h, x, p, rng) -> s``: lets the state move under `v` for at most `h` seconds
  and returns the time taken, short enough that the state changes little. `give` (Ohm) is how the
  circuit yields: a device that would draw ``di`` more at fixed voltage sees ``-give * di``;
* ``rest(h, x, p, rng)``: `h` seconds without bias, in closed form;
* ``observe(i, x, p, rng) -> i``: what a meter reads, noise included.

and may bring a fifth, where its equations have a closed form under a voltage that rises or falls
evenly, as they do where the rate is a function of the voltage times one of the state:

* ``sweep(start, end, h, x, p, rng)``: the device voltage goes from `start` to another `end` in `h`
  seconds, on one side of 0 V; the current at any fixed voltage only rises meanwhile, or only falls.

Ramps are such sweeps where nothing yields and no limit is near, and staircases of `RAMP_STEP`
otherwise.

What else is around the device, and how it ages, is bound into the same loop where it is asked for
(`network`, `ageing`); their numbers and their state are a third array, `c`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim_instruments.models.compiled import Array, Flags, Rng, bind, kernel
from sim_instruments.models.state_copy import remember, take_back

__all__ = ["Array", "Flags", "Kernels", "Rng", "bind", "kernel", "loop", "specialise"]

RAMP_STEP = 5e-3
"""V, the coarsest staircase a ramp is resolved into, where it is none of a model's sweeps"""
CLOSE = 3e-5
"""V, a Newton step so short is the last: the current is right to 1e-8 of itself, or 1e-6 where it
grows as steeply as that of a contact, by e in kT/q"""
NEAR = 5e-4
"""of the current; a Newton step that changes it so little is the last too: what is left is 1e-7 of
it where it grows exponentially, up to ten times that where it was ohmic and begins to"""
HALVINGS = 40
"""of a step to meet the limit, after which it is met: a current may also jump"""
BATTERY = 0.1
"""V, how far from 0 V a device's own voltage may lie"""

# What the template's free names stand for is bound by `specialise`.
current: Any = None
step: Any = None
rest: Any = None
observe: Any = None
root: Any = None
solve: Any = None
move: Any = None
pause: Any = None
network: Any = None
sweep: Any = None
hold: Any = None
meter: Any = None
one_pass: Any = None


@dataclass(frozen=True, slots=True)
class Kernels:
    """A model's compiled functions: two for Python, then the parts other kernels are made from."""

    look: Callable[[float, Array, Array], float]
    play: Callable[..., None]
    current: Callable[..., Any]
    step: Callable[..., Any]
    rest: Callable[..., Any]
    observe: Callable[..., Any]
    solve: Callable[..., Any]


def _root(
    a: float, b: float, c: float, low: float, high: float, guess: float, x: Array, p: Array
) -> tuple[float, float, float]:
    """Return (v, i, g) where ``a v + b i(v) = c``: Newton, kept inside a bracket."""
    v = min(max(guess, low), high)
    i, g = current(v, x, p)
    for _ in range(100):
        f = (a * v - c) + b * i
        if f > 0.0:
            high = v
        else:
            low = v
        slope = a + b * g
        new = v - f / slope if slope > 0.0 else low - 1.0
        near = abs(g * (new - v)) < NEAR * abs(i)
        if not low <= new <= high:
            new, near = 0.5 * (low + high), False
        move = new - v
        v = new
        if near or abs(move) < CLOSE:
            # The current of one more Newton step.
            return v, i + g * move, g
        i, g = current(v, x, p)
    return v, i, g


def _solve(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array
) -> tuple[float, float, float, float, bool]:
    """Return (device voltage, current, slope, give, limited) with the source set to `level`."""
    low = min(level, 0.0) - BATTERY
    high = max(level, 0.0) + BATTERY
    if resistance > 0.0:
        v, i, g = root(1.0, resistance, level, low, high, guess, x, p)
    else:
        v = level
        i, g = current(v, x, p)
    if abs(i) <= limit:
        return v, i, g, resistance / (1.0 + resistance * g), False
    most = math.copysign(limit, i)
    v, i, g = root(0.0, 1.0, most, low, high, min(max(guess, low), high), x, p)
    return v, most, g, 1.0 / g, True


def _move(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, c: Array, rng: Rng
) -> float:
    """Let the device move; return the time taken."""
    taken: float = step(v, i, g, give, h, x, p, rng)
    return taken


def _pause(h: float, x: Array, p: Array, c: Array, rng: Rng) -> None:
    """Let the device rest."""
    rest(h, x, p, rng)


def _network(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> Any:
    """Return (device voltage, current, slope, give, limited) with the source set to `level`."""
    return solve(level, limit, resistance, guess, x, p)


def _meter(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array, c: Array
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited)."""
    v, i, _g, _give, limited = network(level, limit, resistance, guess, x, p, c)
    return v, v + i * resistance if limited else level, i, limited


def _stair(
    k: int, steps: int, start: float, target: float, ramp: float, duration: float
) -> tuple[float, float]:
    """Return (level, s) of stair `k` of a ramp in `steps`, after which it stays at the target."""
    if k < steps:
        return start + (target - start) * (k + 0.5) / steps, ramp / steps
    return target, duration


def _hold(
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
    """Take the source from `start` to `target` and hold it; return the device voltage at the end.

    Where nothing yields, a step may be as long as its stair. One that runs into the limit unseen is
    taken back when the next look finds it there (`spare` has room for the state), and taken in
    halves. A step no longer than the last one in compliance stays: a noisy device hops across the
    limit all the time, in steps that are as long where the limit holds.
    """
    steps = max(1, math.ceil(abs(target - start) / RAMP_STEP)) if ramp > 0.0 else 0
    watching = resistance == 0.0 and limit < math.inf
    watched = False
    k = at = -1
    halved = 0
    level = left = was = had = taken = longest = brief = 0.0
    before = guess
    while True:
        if left <= 0.0 and k < steps:
            k += 1
            level, left = stair(k, steps, start, target, ramp, duration)
            longest = left
            if 0 < k < steps:
                # Stairs are alike, so what one changed is where to look in the next one.
                guess, before = 2.0 * guess - before, guess
            elif k == 0 and start != 0.0:
                # The device has the same share of another level, roughly.
                guess *= level / start
            if level == 0.0:
                if left > 0.0:
                    pause(left, x, p, c, rng)
                    guess = left = 0.0
                watched = False
        if left <= 0.0 and not watched:
            if k < steps:
                continue
            return guess
        v, i, g, give, limited = network(level, limit, resistance, guess, x, p, c)
        overrun = watched and limited and abs(was) - abs(v) > RAMP_STEP
        if overrun and taken > brief and halved < HALVINGS:
            take_back(x, c, spare)
            halved += 1
            k, level, left = at, was, had
            longest = brief if brief > 0.0 else 0.5 * taken
            watched = False
            continue
        guess = v
        if left <= 0.0:
            return guess
        if k != at or limited:
            brief, halved = 0.0, 0
        watched = watching and not limited
        if watched:
            remember(x, c, spare)
        at, was, had = k, level, left
        taken = move(v, i, g, give, min(left, longest), x, p, c, rng)
        left -= taken
        longest *= 2.0
        if limited:
            brief, longest = taken, left


def _hold_swept(
    start: float, target: float, ramp: float, duration: float, limit: float, resistance: float,
    guess: float, x: Array, p: Array, c: Array, rng: Rng, spare: Array,
) -> float:  # fmt: skip
    """Do what `_hold` does, in as few of the model's sweeps as there are sides of 0 V.

    Before and after a sweep the current at its highest voltage must be within the limit: then all
    of it was. A sweep after which it is not is taken back, and that side is left to the staircase.
    """
    while ramp > 0.0 and resistance == 0.0 and start != target:
        end = 0.0 if start * target < 0.0 else target
        seconds = ramp * ((end - start) / (target - start))
        highest = start if abs(start) > abs(end) else end
        if limit < math.inf:
            if abs(current(highest, x, p)[0]) > limit:
                break
            remember(x, c, spare)
        sweep(start, end, seconds, x, p, rng)
        if limit < math.inf and abs(current(highest, x, p)[0]) > limit:
            take_back(x, c, spare)
            break
        start = guess = end
        ramp -= seconds
    held: float = hold(start, target, ramp, duration, limit, resistance, guess,
                       x, p, c, rng, spare)  # fmt: skip
    return held


def _one_pass(
    start: float,
    guess: float,
    voltage: Array,
    duration: Array,
    ramp: Array,
    limit: float,
    resistance: float,
    at: int,
    out_voltage: Array,
    out_current: Array,
    out_limited: Flags,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
    spare: Array,
) -> float:
    """Play all segments once and record into the outputs from `at` on, where they are that long.

    Returns the device voltage at the end; `start` and `guess` are source and device before.
    """
    level = start
    for s in range(voltage.size):
        target = voltage[s]
        guess = hold(level, target, ramp[s], duration[s], limit, resistance, guess,
                     x, p, c, rng, spare)  # fmt: skip
        level = target
        if at + s < out_voltage.size:
            guess, volts, i, limited = meter(target, limit, resistance, guess, x, p, c)
            if not limited:
                i, limited = within(observe(i, x, p, rng), limit)
            out_voltage[at + s] = volts
            out_current[at + s] = i
            out_limited[at + s] = limited
    return guess


def _play(
    before: float,
    start: float,
    voltage: Array,
    duration: Array,
    ramp: Array,
    count: int,
    limit: float,
    resistance: float,
    out_voltage: Array,
    out_current: Array,
    out_limited: Flags,
    x: Array,
    p: Array,
    c: Array,
    rng: Rng,
) -> None:
    """Rest for `before` seconds, then play all segments `count` times from source voltage `start`.

    The outputs are empty, or hold one value per segment and pass: source voltage (V), current (A)
    and whether the source was in compliance, at the end of each segment.
    """
    spare = np.empty(x.size + c.size)
    if before > 0.0:
        hold(0.0, 0.0, 0.0, before, limit, resistance, 0.0, x, p, c, rng, spare)
    guess = start
    for k in range(count):
        guess = one_pass(
            start, guess, voltage, duration, ramp, limit, resistance, k * voltage.size,
            out_voltage, out_current, out_limited, x, p, c, rng, spare,
        )  # fmt: skip
        start = voltage[-1]


def _look(v: float, x: Array, p: Array) -> float:
    """Return the current at device voltage `v`."""
    return float(current(v, x, p)[0])


def _within(i: float, limit: float) -> tuple[float, bool]:
    """Return (current, limited) of what noise asks for: a source gives no more than its limit."""
    return (i, False) if abs(i) <= limit else (math.copysign(limit, i), True)


stair = kernel(_stair)
within = kernel(_within)


def specialise(
    module: str,
    *,
    current: Callable[..., Any],
    step: Callable[..., Any],
    rest: Callable[..., Any],
    observe: Callable[..., Any],
    sweep: Callable[..., Any] | None = None,
) -> Kernels:
    """Return the compiled circuit of the model in `module` (its ``__name__``)."""
    current, step, rest, observe = (kernel(f) for f in (current, step, rest, observe))
    root = bind(_root, module, current=current)
    solve = bind(_solve, module, current=current, root=root)
    look = bind(_look, module, counted=True, current=current)
    network = bind(_network, module, solve=solve)
    move = bind(_move, module, step=step)
    pause = bind(_pause, module, rest=rest)
    hold = bind(_hold, module, network=network, move=move, pause=pause)
    if sweep is not None:
        hold = bind(_hold_swept, module, current=current, sweep=kernel(sweep), hold=hold)
    play = loop(module, hold=hold, meter=bind(_meter, module, network=network), observe=observe)
    return Kernels(look, play, current, step, rest, observe, solve)


def loop(
    module: str,
    *,
    hold: Callable[..., Any],
    meter: Callable[..., Any],
    observe: Callable[..., Any],
    label: str = "",
) -> Callable[..., None]:
    """Return the compiled loop over segments around a circuit's `hold` and `meter`."""
    one_pass = bind(_one_pass, module, label=label, hold=hold, meter=meter, observe=observe)
    play: Callable[..., None] = bind(
        _play, module, label=label, counted=True, hold=hold, one_pass=one_pass
    )
    return play
