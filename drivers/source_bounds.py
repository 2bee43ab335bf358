"""What a source-meter can give: declared once, for its capabilities, refusals and ranges."""

import math
from dataclasses import dataclass

import numpy as np

from benchctl.errors import CapabilityError
from benchctl.program import Grid, Program
from benchctl.quantities import show
from benchctl.roles import Capabilities
from benchctl.stimulus import FloatArray


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers of one kind of instrument that steps through a list."""

    voltage_ranges: tuple[float, ...]
    """V"""
    current_ranges: tuple[float, ...]
    """A, of the measurement"""
    compliances: tuple[float, float]
    """A, smallest and largest"""
    envelope: tuple[tuple[float, float], ...]
    """up to so many V, so many A; the last has the highest voltage"""
    shortest: float
    """s per step, beside what the instrument needs for itself (`overhead`)"""
    longest: float
    """s per step"""
    resolution: float
    """s"""
    edge: float
    """s"""
    steps: int
    """in a list"""
    passes: int
    """of a list"""
    readings: float = math.inf
    """it keeps of a program"""
    sourced: float = 1.05
    """of a voltage range"""
    measured: float = 1.0
    """of a current range"""

    @property
    def window(self) -> tuple[float, float]:
        """Lowest and highest level (V)."""
        return -self.envelope[-1][0], self.envelope[-1][0]

    def capabilities(self, overhead: float, *, gate: bool = False) -> Capabilities:
        """Return what the `Dut` holds a stimulus against; `overhead` is in s per step."""
        return Capabilities(
            voltage=self.window,
            shortest=self.shortest + overhead,
            longest=self.longest,
            resolution=self.resolution,
            edge=self.edge,
            segments=self.steps,
            measures=True,
            current=self.compliances,
            gate=self.window if gate else None,
        )

    def grid(self, program: Program, overhead: float, who: str) -> Grid:
        """Return a program as the equal steps of a list; `overhead` is in s per step.

        Raises:
            CapabilityError: a level, a compliance, a time or a number is beyond the bounds.
        """
        self._refuse(program.voltage, program.compliance, who)
        if program.gate is not None:
            self._refuse(program.gate, program.gate_compliance, who)
        if not 1 <= program.count <= self.passes:
            raise CapabilityError(f"{who} repeats 1 to {self.passes} times, not {program.count}")
        grid = program.on_grid(self.shortest + overhead, self.resolution, self.steps, who)
        readings = len(grid.levels) * program.count
        if readings > self.readings:
            raise CapabilityError(
                f"{who} keeps {self.readings} readings, the program would take {readings}; repeat "
                "it less often, or make its widths more alike"
            )
        if grid.dwell > self.longest:
            raise CapabilityError(
                f"{who} holds a level for {self.longest:g} s at most, not for {grid.dwell:g} s; "
                "hold it in several segments"
            )
        return grid

    def source_range(self, levels: FloatArray) -> float:
        """Return the range (V) that a list of levels (V) is sourced on."""
        return fitting(self.voltage_ranges, float(np.abs(levels).max()) / self.sourced)

    def current_range(self, compliance: float) -> float:
        """Return the range (A) that holds every current up to `compliance` (A)."""
        return fitting(self.current_ranges, compliance / self.measured)

    def resolution_at(self, compliance: float, cycles: float, digits: float) -> float:
        """Return the smallest current (A) told from 0 on the range that holds `compliance` (A).

        `digits` is that over the range for an aperture of one power line cycle or more; a shorter
        one costs the root of its length [DESIGN].
        """
        return self.current_range(compliance) * digits / math.sqrt(min(1.0, cycles))

    def _refuse(self, levels: FloatArray, compliance: float, who: str) -> None:
        """Refuse levels and compliances no setting could give."""
        peak, (lowest, highest) = float(np.abs(levels).max(initial=0.0)), self.compliances
        if peak > self.window[1]:
            raise CapabilityError(
                f"{who} sources {show(self.window[1], 'V')} at most, not {show(peak, 'V')}"
            )
        if not lowest <= compliance <= highest:
            raise CapabilityError(
                f"{who} limits the current to {show(lowest, 'A')} to {show(highest, 'A')}, "
                f"not to {show(compliance, 'A')}"
            )
        most = next(amperes for volts, amperes in self.envelope if peak <= volts)
        if compliance > most:
            raise CapabilityError(
                f"{who} gives {show(most, 'A')} at most at {show(peak, 'V')}; lower the compliance"
            )


def fitting(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest of `ranges` that is at least `value`; the largest if none is."""
    return next((each for each in ranges if value <= each * (1 + 1e-9)), ranges[-1])
