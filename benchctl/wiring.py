"""What leads from the bench's sources to the device, or to one cell of an array."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from benchctl.errors import CapabilityError
from benchctl.quantities import show
from benchctl.roles import (
    Capabilities,
    DigitalOutput,
    PulseGenerator,
    SourceMeter,
    SwitchMatrix,
)
from benchctl.stimulus import FloatArray, Segment


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One device of an array; a lone device is row 0, column 0."""

    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Relay:
    """A change-over relay: line low, the source-meter is on the device; high, the generator."""

    driver: DigitalOutput
    line: int = 1
    settle: float = 2e-3
    """s, bounce included"""


_INCLUDED: Final = {
    "floating": "the cell and its sneak paths: nobody holds the other rows and columns",
    "grounded": "all cells of the row: the other rows and columns are at ground",
    "half": "the cell and half of each other in its row: other rows and columns are at half the "
    "voltage",
    "sensed": "the cell alone: the current of its column is read, the other rows and columns are "
    "at ground",
}


@dataclass(frozen=True)
class Array:
    """Rows and columns of devices behind a switch matrix."""

    matrix: SwitchMatrix
    rows: int
    columns: int
    scheme: str = "floating"
    """where the other rows and columns are: ``floating``, ``grounded``, or at ``half`` the voltage
    of the device, which the source-meter's second channel then plays. ``sensed``: at ground, and
    the second channel, at 0 V, measures what comes out of the column"""
    first_row: int = 1
    """output that leads to row 0"""
    first_column: int = 1
    """output that leads to column 0"""
    first_gate: int | None = None
    """output that leads to the gates of column 0; None without transistors"""
    gate: float = 0.0
    """V, at the gates of the chosen column"""
    high: int = 1
    low: int = 2
    third: int = 3
    """inputs with the source, its ground, and its second channel"""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, row by row."""
        return tuple(Cell(r, c) for r in range(self.rows) for c in range(self.columns))

    @cached_property
    def lines(self) -> tuple[list[int], list[int]]:
        """Inputs and outputs of the matrix that are in use."""
        inputs = [self.high, self.low]
        if self.first_gate is not None or self.scheme in ("half", "sensed"):
            inputs.append(self.third)
        outputs = [*range(self.first_row, self.first_row + self.rows)]
        outputs += range(self.first_column, self.first_column + self.columns)
        if self.first_gate is not None:
            outputs += range(self.first_gate, self.first_gate + self.columns)
        return inputs, outputs

    def crosspoints(self, cell: Cell) -> set[tuple[int, int]]:
        """Return the (input, output) pairs that connect `cell`, and hold the other lines."""
        held = {"floating": None, "half": self.third}
        other = held.get(self.scheme, self.low)
        closed = {
            (self.high, self.first_row + cell.row),
            (self.third if self.senses else self.low, self.first_column + cell.column),
        }
        if other is not None:
            closed |= {(other, self.first_row + r) for r in range(self.rows) if r != cell.row}
            closed |= {
                (other, self.first_column + c) for c in range(self.columns) if c != cell.column
            }
        if self.first_gate is not None:
            closed |= {
                (self.third if c == cell.column else self.low, self.first_gate + c)
                for c in range(self.columns)
            }
        return closed

    def moves(self, before: Cell | None, cell: Cell) -> int:
        """Return how many contacts open or close to connect `cell`; None before is all open."""
        closed = set() if before is None else self.crosspoints(before)
        return len(closed ^ self.crosspoints(cell))

    @cached_property
    def walk(self) -> int:
        """How many contacts open or close where each cell is connected in turn, row by row."""
        first, last = Cell(0, 0), Cell(0, self.columns - 1)
        beside = self.moves(first, Cell(0, 1)) if self.columns > 1 else 0
        below = self.moves(last, Cell(1, 0)) if self.rows > 1 else 0
        steps = self.rows * (self.columns - 1) * beside + (self.rows - 1) * below
        return self.moves(None, first) + steps

    @property
    def senses(self) -> bool:
        """Whether the second channel measures the column."""
        return self.scheme == "sensed"

    @property
    def access(self) -> str:
        """How one cell is told from the others: the scheme, after 1T1R where transistors do it."""
        return self.scheme if self.first_gate is None else f"1T1R, {self.scheme}"

    def other_lines(self, voltage: float) -> float | None:
        """Return what the other rows and columns are at (V) while a cell is given `voltage` (V).

        None where nobody holds them.
        """
        return {"floating": None, "half": 0.5 * voltage}.get(self.scheme, 0.0)

    @property
    def included(self) -> str:
        """What is in a reading of a cell, for those who did not wire the array."""
        if self.first_gate is not None:
            return (
                f"the cell alone, with its transistor: the gates of its column are at "
                f"{show(self.gate, 'V')}, all others at 0 V"
            )
        return _INCLUDED[self.scheme]

    def metadata(self) -> dict[str, str]:
        """Return what a file's header must tell of it."""
        return {"scheme": self.access, "reading": self.included}

    def gate_levels(self, voltage: FloatArray) -> FloatArray | None:
        """Return what the second channel plays while the cell is given `voltage` (V)."""
        if self.first_gate is not None:
            return np.full(voltage.size, self.gate)
        if self.senses:
            return np.zeros(voltage.size)
        return 0.5 * voltage if self.scheme == "half" else None


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which sources reach the device, and how."""

    source_meter: SourceMeter
    generator: PulseGenerator | None = None
    relay: Relay | None = None
    series_resistance: float = 0.0
    """Ohm, in the path of `generator`"""
    second_channel: bool = False
    """the source-meter's second channel is on the third terminal, or on the matrix"""
    gate: PulseGenerator | None = None
    """on the third terminal"""
    gate_resistance: float = 0.0
    """Ohm, in its path"""
    array: Array | None = None
    shortest: float = field(init=False)
    """s, the shortest segment of the source-meter, with room for rounding"""
    generating: Capabilities | None = field(init=False, default=None)
    """of the generator"""

    def __post_init__(self) -> None:
        """Look the capabilities up once: PyMeasure makes every attribute of a driver slow."""
        shortest = self.source_meter.capabilities.shortest * (1 - 1e-9)
        object.__setattr__(self, "shortest", shortest)
        if self.generator is not None:
            object.__setattr__(self, "generating", self.generator.capabilities)

    def gate_levels(self, piece: Sequence[Segment], voltage: FloatArray) -> FloatArray | None:
        """Return what the third terminal is given in step with `voltage` (V), None for nothing.

        Raises:
            CapabilityError: the stimulus asks for what the wiring has not.
        """
        asked = any(segment.gate is not None for segment in piece)
        if self.array is not None:
            if asked:
                raise CapabilityError(
                    "the second channel serves the lines of the array; leave the gate out of the "
                    "stimulus, [dut.array] gate says what the chosen column gets"
                )
            return self.array.gate_levels(voltage)
        if not asked:
            return None
        if not (self.second_channel or self.gate):
            raise CapabilityError(
                "the bench's wiring reaches no third terminal; leave the gate out of the stimulus, "
                "or name its source in [wiring] gate"
            )
        return np.array([segment.gate or 0.0 for segment in piece])
