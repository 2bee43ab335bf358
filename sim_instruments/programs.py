"""What a source is told to play, and what came of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim_instruments.load import GatedPlayed
from sim_instruments.models.circuit import Array, Flags


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One value per recorded segment and pass."""

    time: Array
    """s of virtual time, at the end of the segment"""
    voltage: Array
    """V at the source"""
    current: Array
    """A"""
    limited: Flags
    """True where the source was in compliance"""
    gate_current: Array
    """A, into the third terminal; 0 where there is none"""

    @classmethod
    def of(cls, taken: Sequence[tuple[float, float, float, bool]]) -> "Samples":
        """Return rows of (s, V, A, limited) as columns, the third terminal not driven."""
        times, volts, amperes, limited = zip(*taken, strict=True)
        nothing = np.zeros(len(taken))
        return cls(np.array(times), np.array(volts), np.array(amperes),
                   np.array(limited, dtype=bool), nothing)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bias:
    """A static drive."""

    voltage: float = 0.0
    limit: float = math.inf
    resistance: float = 0.0


REST = Bias()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Segments, arrays of one length."""

    voltage: Array
    """V"""
    duration: Array
    """s, the hold"""
    ramp: Array
    """s, the way there"""
    gate: Array | None
    """V at the third terminal"""
    gate_start: float
    """V there before"""
    gate_limit: float = math.inf
    """A, which what drives it may give"""

    @property
    def whole(self) -> Array:
        """Seconds each segment takes."""
        return self.duration + self.ramp

    def unfelt(self, gate_current: Array) -> list[str]:
        """Return what is to be said where the third terminal's source gave more than its limit."""
        if np.abs(gate_current).max(initial=0.0) <= self.gate_limit:
            return []
        return [
            f"the source at the third terminal reached its limit of {self.gate_limit:g} A, which "
            "what it drives did not feel: states and other currents are those without that limit"
        ]

    def late(self, lost: float, ends: Array, passes: int) -> tuple["Program", Flags]:
        """Return `passes` of it without the first `lost` seconds, and which segments are gone."""
        whole = np.tile(self.whole, passes)
        left = np.clip(times_of(0.0, ends, float(ends[-1]), passes) - lost, 0.0, whole)
        hold = np.minimum(left, np.tile(self.duration, passes))
        gate = None if self.gate is None else np.tile(self.gate, passes)
        voltage = np.tile(self.voltage, passes)
        first = replace(self, voltage=voltage, duration=hold, ramp=left - hold, gate=gate)
        return first, left == 0.0


def silent(levels: Array) -> GatedPlayed:
    """Return what a port reads that reaches nothing."""
    nothing = np.zeros(levels.size)
    return GatedPlayed(levels, nothing, np.zeros(levels.size, dtype=bool), nothing.copy())


def floats(values: Array) -> Array:
    """Return what the kernels take."""
    return np.ascontiguousarray(values, dtype=np.float64)


def times_of(began: float, ends: Array, period: float, count: int) -> Array:
    """Return when each segment of each pass ends."""
    if count == 1:
        return began + ends
    return (began + np.arange(count)[:, None] * period + ends).ravel()
