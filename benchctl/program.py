"""A `Program` is what one upload to one instrument holds: segments as arrays, and a count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchctl.errors import CapabilityError
from benchctl.stimulus import BoolArray, FloatArray, Segment


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Segments (arrays of equal length), played `count` times, starting and ending at 0 V."""

    voltage: FloatArray
    """V"""
    duration: FloatArray
    """s, the hold"""
    ramp: FloatArray
    """s, the way there"""
    measure: BoolArray
    count: int
    compliance: float
    """A; the source must not give more, where it can limit at all"""
    gate: FloatArray | None = None
    """V at the third terminal, which ramps together with `voltage`; None where nothing drives it"""
    gate_compliance: float = 0.0
    """A; what drives the third terminal must not give more"""

    @classmethod
    def of(cls, segments: Sequence[Segment], count: int, compliance: float) -> "Program":
        """Return the program of `segments`, the third terminal aside."""
        return cls(
            np.array([s.voltage for s in segments]),
            np.array([s.duration for s in segments]),
            np.array([s.ramp for s in segments]),
            np.array([s.measure for s in segments], dtype=bool),
            count,
            compliance,
        )

    @property
    def period(self) -> float:
        """Seconds one pass takes."""
        return float(self.duration.sum() + self.ramp.sum())

    @property
    def elapsed(self) -> float:
        """Seconds all passes take."""
        return self.period * self.count

    @property
    def holds(self) -> bool:
        """Whether a bias is held through all passes: playing them apart would interrupt it.

        It is where each pass begins at the level the last one ended at, and never comes to 0 V.
        """
        if self.count < 2 or not self.voltage.size or self.voltage[0] != self.voltage[-1]:
            return False
        return bool((self.voltage * self.voltage[0] > 0).all())

    def refuse_gate(self, who: str) -> None:
        """Refuse a program that drives a third terminal, for a source with one channel.

        Raises:
            CapabilityError: naming the source.
        """
        if self.gate is not None:
            raise CapabilityError(
                f"{who} has one channel and cannot drive a third terminal in step; "
                "use a source-meter with two"
            )

    def on_grid(self, shortest: float, resolution: float, most: int, who: str) -> "Grid":
        """Return the program as equal time steps, for a source that has one dwell per list.

        The step is the longest that divides every segment exactly (to `resolution`). Ramps
        become staircases of that step, the only ramp such a source has.

        Raises:
            CapabilityError: the step would be under `shortest`, or one pass longer than `most`.
        """
        ticks = np.rint(np.concatenate([self.duration, self.ramp]) / resolution).astype(np.int64)
        exact = np.isclose(ticks * resolution, np.concatenate([self.duration, self.ramp]),
                           rtol=1e-9, atol=resolution * 1e-6)  # fmt: skip
        if not exact.all():
            raise CapabilityError(f"{who} resolves {resolution:g} s; round the widths to that")
        step = math.gcd(*ticks.tolist())
        if step * resolution < shortest * (1 - 1e-9):
            raise CapabilityError(
                f"{who} needs steps of at least {shortest:g} s, and the longest step that divides "
                f"every segment is {step * resolution:g} s; lengthen the widths, or make them "
                "multiples of one another"
            )
        hold, slope = np.split(ticks // step, 2)
        total = int(hold.sum() + slope.sum())
        if total > most:
            raise CapabilityError(
                f"{who} holds {most} steps in a list, the stimulus needs {total} of "
                f"{step * resolution:g} s; make the widths more alike"
            )
        last = np.cumsum(hold + slope) - 1
        kept = np.zeros(total, dtype=bool)
        kept[last[self.measure]] = True
        gate = None if self.gate is None else _stairs(self.gate, slope, hold)
        return Grid(_stairs(self.voltage, slope, hold), step * resolution, kept, gate)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A program in equal steps."""

    levels: FloatArray
    """V, one per step"""
    dwell: float
    """s per step"""
    kept: BoolArray
    """True for the steps whose reading was asked for"""
    gate: FloatArray | None = None
    """V at the third terminal, one per step"""


def _stairs(targets: FloatArray, slope: NDArray[np.int64], hold: NDArray[np.int64]) -> FloatArray:
    """Return levels that reach each target in `slope` equal steps and stay for `hold`."""
    before = np.concatenate([[0.0], targets[:-1]])
    return np.concatenate(
        [
            np.concatenate([np.linspace(a, b, n + 1)[1:], np.full(h, b)])
            for a, b, n, h in zip(before, targets, slope, hold, strict=True)
        ]
    )
