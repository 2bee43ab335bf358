"""The loop over segments and passes, the one way into a compiled circuit."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sim_instruments.models.compiled import Rng, bind, kernel
from sim_instruments.models.values import Packed, Record, Seen, Segment, Segments, Supply

# What the templates' free names stand for is bound by `loop`.
meter: Any = None
observe: Any = None
idle: Any = None
hold: Any = None
pick: Any = None
note: Any = None
one_pass: Any = None


@kernel
def within(i: float, limit: float) -> tuple[float, bool]:
    """Return (current, limited) of what noise asks for: a source gives no more than its limit."""
    return (i, False) if abs(i) <= limit else (math.copysign(limit, i), True)


@kernel
def segment(s: int, start: float, segments: Segments) -> Segment:
    """Return segment `s`, the source being at `start` before."""
    return Segment(start, segments.voltage[s], segments.ramp[s], segments.duration[s])


@kernel
def write(n: int, seen: Seen, record: Record, guess: float, device: Packed) -> None:
    """Record what was seen; `guess` is the device voltage."""
    record.voltage[n] = seen.voltage
    record.current[n] = seen.current
    record.limited[n] = seen.limited


def _one_pass(
    at: int, start: float, segments: Segments, supply: Supply, guess: float, record: Record,
    device: Packed,
) -> float:  # fmt: skip
    """Play all segments once and record from `at` on, where the record is that long.

    Returns the device voltage at the end; `start` and `guess` are source and device before.
    """
    for s in range(segments.voltage.size):
        guess = hold(pick(s, start, segments), supply, guess, device)
        start = segments.voltage[s]
        if at + s < record.voltage.size:
            guess, volts, i, limited = meter(start, supply, guess, device)
            if not limited:
                i, limited = within(observe(i, device.x, device.p, device.rng), supply.limit)
            note(at + s, Seen(volts, i, limited), record, guess, device)
    return guess


def _play(
    before: float, given: Any, count: int, drive: Any, record: Any, state: Any, rng: Rng
) -> None:
    """Rest for `before` seconds, then play all segments `count` times.

    From Python come plain tuples of what `Segments`, `Supply`, `Record` and `Packed` hold: named
    ones take 2 us more to unpack, a random stream in one of them 30 us. The record is empty, or has
    room for one value per segment and pass.
    """
    segments, supply = Segments(*given), Supply(*drive)
    x, p, c = state
    device = Packed(x, p, c, rng, np.empty(x.size + c.size))
    if before > 0.0:
        idle(before, supply, device)
    start = guess = segments.start
    for k in range(count):
        guess = one_pass(k * segments.voltage.size, start, segments, supply, guess,
                         Record(*record), device)  # fmt: skip
        start = segments.voltage[-1]


def loop(
    module: str,
    *,
    idle: Callable[..., Any],
    hold: Callable[..., Any],
    meter: Callable[..., Any],
    observe: Callable[..., Any],
    label: str = "",
) -> Callable[..., None]:
    """Return the compiled loop over segments around a circuit's `hold` and `meter`."""
    one_pass = bind(_one_pass, module, label=label, pick=segment, hold=hold, meter=meter,
                    observe=observe, note=write)  # fmt: skip
    play: Callable[..., None] = bind(
        _play, module, label=label, counted=True, idle=idle, one_pass=one_pass
    )
    return play
