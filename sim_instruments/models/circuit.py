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

Ramps are such sweeps where nothing yields and no limit is near, and staircases otherwise
(`holding`).

What else is around the device, and how it ages, is bound into the same loop where it is asked for
(`network`, `ageing`); their numbers and their state are a third array, `c`. The loop over segments
is in `playing`; the tuples that its functions pass on are in `values`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim_instruments.models.compiled import Array, Flags, Rng, bind, kernel
from sim_instruments.models.holding import RAMP_STEP, _hold, _hold_swept
from sim_instruments.models.playing import loop
from sim_instruments.models.values import LoadLine, Packed, Point, Supply

__all__ = ["RAMP_STEP", "Array", "Flags", "Kernels", "Rng", "bind", "kernel", "specialise"]

CLOSE = 3e-5
"""V, a Newton step so short is the last: the current is right to 1e-8 of itself, or 1e-6 where it
grows as steeply as that of a contact, by e in kT/q"""
NEAR = 5e-4
"""of the current; a Newton step that changes it so little is the last too: what is left is 1e-7 of
it where it grows exponentially, up to ten times that where it was ohmic and begins to"""
BATTERY = 0.1
"""V, how far from 0 V a device's own voltage may lie"""

# What the templates' free names stand for is bound by `specialise`.
current: Any = None
step: Any = None
rest: Any = None
root: Any = None
in_compliance: Any = None
solve: Any = None
network: Any = None
pause: Any = None


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
    hold: Callable[..., Any]
    meter: Callable[..., Any]


def _root(
    line: LoadLine, level: float, guess: float, x: Array, p: Array
) -> tuple[float, float, float]:
    """Return (v, i, g) on `line`, the source at `level`: Newton, kept inside a bracket."""
    low, high = min(level, 0.0) - BATTERY, max(level, 0.0) + BATTERY
    v = min(max(guess, low), high)
    i, g = current(v, x, p)
    for _ in range(100):
        f = (line.a * v - line.c) + line.b * i
        if f > 0.0:
            high = v
        else:
            low = v
        slope = line.a + line.b * g
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


def _in_compliance(most: float, level: float, guess: float, x: Array, p: Array) -> Point:
    """Return where the device takes `most`, which is all the source gives."""
    v, _i, g = root(LoadLine(0.0, 1.0, most), level, guess, x, p)
    return Point(v, most, g, 1.0 / g, True)


def _solve(
    level: float, limit: float, resistance: float, guess: float, x: Array, p: Array
) -> Point:
    """Return where source and device meet, the source set to `level`."""
    if resistance > 0.0:
        v, i, g = root(LoadLine(1.0, resistance, level), level, guess, x, p)
    else:
        v = level
        i, g = current(v, x, p)
    if abs(i) <= limit:
        return Point(v, i, g, resistance / (1.0 + resistance * g), False)
    limited: Point = in_compliance(math.copysign(limit, i), level, guess, x, p)
    return limited


def _move(point: Point, h: float, device: Packed) -> float:
    """Let the device move; return the time taken."""
    v, i, g, give, _limited = point
    return float(step(v, i, g, give, h, device.x, device.p, device.rng))


def _pause(h: float, device: Packed) -> None:
    """Let the device rest."""
    rest(h, device.x, device.p, device.rng)


def _idle(h: float, supply: Supply, device: Packed) -> None:
    """Let the device rest, nothing around it that keeps a charge."""
    pause(h, device)


def _network(level: float, supply: Supply, guess: float, device: Packed) -> Point:
    """Return where source and device meet, the source set to `level`."""
    point: Point = solve(level, supply.limit, supply.resistance, guess, device.x, device.p)
    return point


def _meter(
    level: float, supply: Supply, guess: float, device: Packed
) -> tuple[float, float, float, bool]:
    """Return (device voltage, source voltage, current, limited)."""
    v, i, _g, _give, limited = network(level, supply, guess, device)
    return v, v + i * supply.resistance if limited else level, i, limited


def _look(v: float, x: Array, p: Array) -> float:
    """Return the current at device voltage `v`."""
    return float(current(v, x, p)[0])


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
    limited = bind(_in_compliance, module, root=root)
    solve = bind(_solve, module, current=current, root=root, in_compliance=limited)
    look = bind(_look, module, counted=True, current=current)
    network = bind(_network, module, solve=solve)
    pause = bind(_pause, module, rest=rest)
    move = bind(_move, module, step=step)
    hold = bind(_hold, module, network=network, move=move, pause=pause)
    if sweep is not None:
        hold = bind(_hold_swept, module, current=current, sweep=kernel(sweep), hold=hold)
    meter = bind(_meter, module, network=network)
    play = loop(module, idle=bind(_idle, module, pause=pause), hold=hold, meter=meter,
                observe=observe)  # fmt: skip
    return Kernels(look, play, current, step, rest, observe, solve, hold, meter)
