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

What else is around the device, and how it ages, is bound into the same loop where it is asked for
(`network`, `ageing`); their numbers and their state are a third array, `c`.
"""

import hashlib
import math
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import platformdirs
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

RAMP_STEP = 5e-3
"""V, the coarsest staircase a ramp is resolved into"""
CLOSE = 3e-5
"""V, a Newton step so short is the last: the current is right to 1e-8 of itself, or 1e-6 where it
grows as steeply as that of a contact, by e in kT/q"""
FINEST = 1e-12
"""of a hold, the shortest step that is still halved to meet the limit"""
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
        f = a * v + b * i - c
        if f > 0.0:
            high = v
        else:
            low = v
        slope = a + b * g
        new = v - f / slope if slope > 0.0 else low - 1.0
        if not low <= new <= high:
            new = 0.5 * (low + high)
        move = new - v
        v = new
        if abs(move) < CLOSE:
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


def _hold(
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
    """Hold the source at `level` for `duration`; return the device voltage at the end.

    Where nothing yields, a step may be as long as the hold: one that runs into the limit unseen is
    taken back (`spare` has room for the state) and taken in halves.
    """
    if level == 0.0:
        pause(duration, x, p, c, rng)
        return 0.0
    left = longest = duration
    taken = 0.0
    watched = False
    while left > 0.0 or watched:
        v, i, g, give, limited = network(level, limit, resistance, guess, x, p, c)
        if watched and limited and abs(level) - abs(v) > RAMP_STEP and taken > FINEST * duration:
            take_back(x, c, spare)
            left += taken
            longest = 0.5 * taken
            watched = False
            continue
        guess = v
        watched = left > 0.0 and not limited and resistance == 0.0 and limit < math.inf
        if watched:
            remember(x, c, spare)
        elif left <= 0.0:
            break
        taken = move(v, i, g, give, min(left, longest), x, p, c, rng)
        left -= taken
        longest = duration if limited else 2.0 * longest
    return guess


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
        if ramp[s] > 0.0:
            steps = max(1, math.ceil(abs(target - level) / RAMP_STEP))
            before = guess
            for k in range(steps):
                middle = level + (target - level) * (k + 0.5) / steps
                now = hold(middle, ramp[s] / steps, limit, resistance, guess, x, p, c, rng, spare)
                # Steps are alike, so what a step changed is where to look in the next one.
                guess = 2.0 * now - before
                before = now
            guess = before
        if duration[s] > 0.0:
            guess = hold(target, duration[s], limit, resistance, guess, x, p, c, rng, spare)
        level = target
        if at + s < out_voltage.size:
            guess, volts, i, limited = meter(target, limit, resistance, guess, x, p, c)
            out_voltage[at + s] = volts
            out_current[at + s] = i if limited else observe(i, x, p, rng)
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
        hold(0.0, before, limit, resistance, 0.0, x, p, c, rng, spare)
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


@cache
def _folder(*module_files: str) -> str:
    """Return the cache folder for kernels made from these sources.

    numba looks for changes only in the file a function stands in; a kernel also depends on this
    file and on the siblings of both, so their digest names the folder.
    """
    folders = {Path(file).parent for file in (__file__, *module_files)}
    sources = {path for folder in folders for path in folder.glob("*.py")}
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    root_folder = Path(platformdirs.user_cache_dir("benchctl", appauthor=False))
    return str(root_folder / "kernels" / digest.hexdigest()[:16])


@contextmanager
def _cached_beside(*module_files: str) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = _folder(*module_files)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def kernel(
    function: Kernel, *, counted: bool = False, parts: tuple[Callable[..., Any], ...] = ()
) -> Kernel:
    """Compile `function` on first call; it releases the GIL and is kept on disk where possible.

    `counted` kernels are called from Python. The others are called from kernels only and do not
    count references to arrays they merely pass on, which would cost more than the physics. `parts`
    are the kernels it is bound to: the cached code goes when a source of theirs changes.
    """
    modules = sorted({f.__module__ for f in (function, *parts)})
    files = [sys.modules[module].__file__ or __file__ for module in modules]
    options = {"nogil": True, "error_model": "numpy", "forceinline": not counted, "_nrt": counted}
    with _cached_beside(*files):
        try:
            compiled: Kernel = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba's word for a cache folder that cannot be written
            compiled = numba.njit(**options)(function)
    return compiled


def bind(
    template: Any, module: str, *, label: str = "", counted: bool = False, **kernels: Any
) -> Any:
    """Return `template` compiled for `module`, its free names bound to `kernels`.

    One template bound more than once in one module needs a `label` (an identifier) each time.
    """
    name = f"{module.rpartition('.')[2]}{template.__name__}{label}"
    copy = types.FunctionType(template.__code__, {**template.__globals__, **kernels}, name)
    copy.__qualname__ = name
    copy.__module__ = module
    return kernel(copy, counted=counted, parts=tuple(kernels.values()))


def _remember(x: Array, c: Array, spare: Array) -> None:
    """Keep the whole state for `take_back`."""
    for k in range(x.size):
        spare[k] = x[k]
    for k in range(c.size):
        spare[x.size + k] = c[k]


def _take_back(x: Array, c: Array, spare: Array) -> None:
    """Give the state back what was remembered."""
    for k in range(x.size):
        x[k] = spare[k]
    for k in range(c.size):
        c[k] = spare[x.size + k]


remember = kernel(_remember)
take_back = kernel(_take_back)


def specialise(
    module: str,
    *,
    current: Callable[..., Any],
    step: Callable[..., Any],
    rest: Callable[..., Any],
    observe: Callable[..., Any],
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
