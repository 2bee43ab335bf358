"""One segment played: the source goes to a level and holds it while the device moves.

A ramp is a staircase, or as many of the model's sweeps as there are sides of 0 V.
"""

import math
from typing import Any

from sim_instruments.models.compiled import kernel
from sim_instruments.models.state_copy import remember, take_back
from sim_instruments.models.values import Packed, Point, Segment, Supply

RAMP_STEP = 5e-3
"""V, the coarsest staircase a ramp is resolved into, where it is none of a model's sweeps"""
HALVINGS = 40
"""of a step to meet the limit, after which it is met: a current may also jump"""

# What the templates' free names stand for is bound by `circuit` and `network`.
current: Any = None
sweep: Any = None
network: Any = None
move: Any = None
pause: Any = None
hold: Any = None


@kernel
def stairs(segment: Segment) -> int:
    """Return into how many stairs the ramp is resolved."""
    if segment.ramp <= 0.0:
        return 0
    return max(1, math.ceil(abs(segment.target - segment.start) / RAMP_STEP))


@kernel
def stair(k: int, steps: int, segment: Segment) -> tuple[float, float]:
    """Return (level, s) of stair `k` of a ramp in `steps`, after which it stays at the target."""
    if k < steps:
        level = segment.start + (segment.target - segment.start) * (k + 0.5) / steps
        return level, segment.ramp / steps
    return segment.target, segment.duration


@kernel
def overran(point: Point, level: float, supply: Supply, taken: float, brief: float) -> bool:
    """Return whether the step `taken` at `level` ran into the limit, not in a hop of its noise."""
    if not point.limited or taken <= brief:
        return False
    # What is left to the device where the limit is met.
    met = abs(level) - supply.resistance * supply.limit
    return met - abs(point.v) > RAMP_STEP


def _hold(segment: Segment, supply: Supply, guess: float, device: Packed) -> float:
    """Take the source through `segment`; return the device voltage at the end.

    A step may be as long as its stair. One that runs into the limit unseen is taken back when the
    next look finds it there, and taken in halves. A step no longer than the
    last one in compliance stays: a noisy device hops across the limit all the time, in steps that
    are as long where the limit holds.

    One loop over plain numbers: what it keeps in tuples costs up to a third more per stair.
    """
    steps, before = stairs(segment), guess
    watching = supply.limit < math.inf
    watched = False
    k = at = -1
    halvings = 0
    level = left = was = had = taken = longest = brief = 0.0
    while True:
        if left <= 0.0 and k < steps:
            k += 1
            level, left = stair(k, steps, segment)
            longest = left
            if 0 < k < steps:
                # Stairs are alike, so what one changed is where to look in the next one.
                guess, before = 2.0 * guess - before, guess
            elif k == 0 and segment.start != 0.0:
                # The device has the same share of another level, roughly.
                guess *= level / segment.start
            if level == 0.0:
                if left > 0.0:
                    pause(left, device)
                    guess = left = 0.0
                watched = False
        if left <= 0.0 and not watched:
            if k < steps:
                continue
            return guess
        point = network(level, supply, guess, device)
        if watched and overran(point, was, supply, taken, brief) and halvings < HALVINGS:
            take_back(device)
            halvings += 1
            k, level, left = at, was, had
            longest = brief if brief > 0.0 else 0.5 * taken
            watched = False
            continue
        guess = point.v
        if left <= 0.0:
            return guess
        if k != at or point.limited:
            brief, halvings = 0.0, 0
        watched = watching and not point.limited
        if watched:
            remember(device)
        at, was, had = k, level, left
        taken = move(point, min(left, longest), device)
        left -= taken
        longest *= 2.0
        if point.limited:
            brief, longest = taken, left


def _hold_swept(segment: Segment, supply: Supply, guess: float, device: Packed) -> float:
    """Do what `_hold` does, in as few of the model's sweeps as there are sides of 0 V.

    Before and after a sweep the current at its highest voltage must be within the limit: then all
    of it was. A sweep after which it is not is taken back, and that side is left to the staircase.
    """
    start, target, ramp, duration = segment
    x, p, limit = device.x, device.p, supply.limit
    while ramp > 0.0 and supply.resistance == 0.0 and start != target:
        end = 0.0 if start * target < 0.0 else target
        seconds = ramp * ((end - start) / (target - start))
        highest = start if abs(start) > abs(end) else end
        if limit < math.inf:
            if abs(current(highest, x, p)[0]) > limit:
                break
            remember(device)
        sweep(start, end, seconds, x, p, device.rng)
        if limit < math.inf and abs(current(highest, x, p)[0]) > limit:
            take_back(device)
            break
        start = guess = end
        ramp -= seconds
    return float(hold(Segment(start, target, ramp, duration), supply, guess, device))
