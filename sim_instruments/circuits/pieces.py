"""A program of a source cut into pieces of constant voltage, whole programs in bounded windows.

A ramp is a staircase, as it is for a device. A hold is one piece; where another circuit takes its
drive from what happens meanwhile, it is as many as `every` asks for, and while the source is at
0 V, where all that is left is to fade, pieces that grow with the time it has been there.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_instruments.models.circuit import RAMP_STEP, Array

WINDOW = 1 << 14
"""pieces played at once"""
EVEN = 64
"""pieces of `every` at the beginning of a rest"""
GROWTH = 0.02
"""of the time at 0 V, how long the pieces of a rest become"""
Indices = NDArray[np.int64]


class Segments(NamedTuple):
    """What the source plays and what is at the third terminal, one value per segment."""

    voltage: Array
    """V"""
    gate: Array
    """V"""
    duration: Array
    """s"""
    ramp: Array
    """s, from the level before"""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """One pass through a program, one value per run of equal pieces; no run takes no time."""

    level: Array
    """V at the source"""
    gate: Array
    """V at the third terminal"""
    length: Array
    """s, of each piece"""
    segment: Indices
    """which it belongs to"""
    read: Array
    """1 for what a reading of the segment is the mean of: its hold, its ramp where there is none"""
    ends: Indices
    """how many pieces there are up to the end of the run"""

    def windows(self, count: int) -> Iterator[tuple[Indices, Indices]]:
        """Yield (run, pass) of every piece of `count` passes, at most `WINDOW` at once."""
        runs = self.ends.size
        size = int(self.ends[-1]) if runs else 0
        for begin in range(0, size * count, WINDOW):
            number, piece = np.divmod(np.arange(begin, min(begin + WINDOW, size * count)), size)
            run = piece if size == runs else np.searchsorted(self.ends, piece, side="right")
            yield run, number


def cut(program: Segments, start: tuple[float, float], every: float = math.inf) -> Pieces:
    """Return the pieces of one pass that begins at `start` (V at the source, V at the gate)."""
    voltage, gate, duration, ramp = program
    before = np.concatenate(([start[0]], voltage[:-1]))
    gate_before = np.concatenate(([start[1]], gate[:-1]))
    farthest = np.maximum(np.abs(voltage - before), np.abs(gate - gate_before))
    steps = np.where(ramp > 0.0, np.maximum(np.ceil(farthest / RAMP_STEP), 1), 0).astype(np.int64)
    segment = np.repeat(np.arange(voltage.size), steps)
    stair = np.arange(segment.size) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (stair + 0.5) / steps[segment]
    ramps = (
        before[segment] + (voltage - before)[segment] * share,
        gate_before[segment] + (gate - gate_before)[segment] * share,
        ramp[segment] / steps[segment], segment, _parts(ramp[segment] / steps[segment], every),
    )  # fmt: skip
    holds = _held(program, every)
    order = np.argsort(np.concatenate((segment, holds[3])), kind="stable")
    level, third, length, owner, parts = (
        np.concatenate(pair)[order] for pair in zip(ramps, holds, strict=True)
    )
    read = (order >= segment.size) | (duration[owner] == 0.0)
    return Pieces(level, third, length / parts, owner, read.astype(float), np.cumsum(parts))


def _parts(length: Array, every: float) -> Indices:
    return np.maximum(np.ceil(length / every * (1.0 - 1e-9)), 1).astype(np.int64)


def _held(program: Segments, every: float) -> tuple[Array, Array, Array, Indices, Indices]:
    """Return level, gate, length, segment and parts of what is held."""
    owner = np.flatnonzero(program.duration > 0.0)
    length = program.duration[owner]
    fading = (program.voltage[owner] == 0.0) & (length > EVEN * every)
    if fading.any():
        rests = {seconds: _fading(seconds, every) for seconds in np.unique(length[fading])}
        lengths = [rests[seconds] if fades else np.array([seconds])
                   for seconds, fades in zip(length, fading, strict=True)]  # fmt: skip
        owner = np.repeat(owner, [each.size for each in lengths])
        fading = np.repeat(fading, [each.size for each in lengths])
        length = np.concatenate(lengths)
    parts = np.where(fading, 1, _parts(length, every))
    return program.voltage[owner], program.gate[owner], length, owner, parts


def _fading(seconds: float, every: float) -> Array:
    """Return the lengths of the pieces of a rest of `seconds`."""
    even = EVEN * every
    edges = np.geomspace(even, seconds, 1 + math.ceil(math.log(seconds / even) / GROWTH))
    return np.diff(np.concatenate((np.arange(EVEN) * every, edges)))
