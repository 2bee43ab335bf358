"""What the lines of a crossbar are held at: the schemes that pick one cell among the others.

The picked row stands at ``V``, the picked column at 0, and the others:

* ``half``: rows and columns at V/2. Cells that share a line with the picked one feel V/2, the
  others nothing.
* ``third``: rows at V/3, columns at 2V/3. Cells that share a line feel V/3, the others -V/3.
* ``floating``: nobody holds them. They settle where the sneak paths leave them.
* ``grounded``: all at 0. Cells of the picked row feel V, so only reads and 1T1R arrays want it; the
  picked column carries the picked cell's current only.
"""

import math
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from sim_instruments.circuits.newton import Index
from sim_instruments.models.circuit import Array, Flags

FLOATING = float("nan")
"""V; held by nobody"""
SCHEMES = {
    "half": (0.5, 0.5),
    "third": (1.0 / 3.0, 2.0 / 3.0),
    "floating": (FLOATING, FLOATING),
    "grounded": (0.0, 0.0),
}
"""level of the other rows and columns, of the voltage across the picked cell"""


def _none() -> Index:
    return np.zeros(0, dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One source on several lines at once: they share what it gives."""

    lines: Flags
    """which ones: rows, then columns"""
    level: float
    """V"""
    limit: float = math.inf
    """A, of either sign: a source that would give more is a current source"""
    resistance: float = 0.0
    """Ohm, between the source and where its lines meet"""


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """Voltages of all lines, V; NaN where nobody holds one."""

    rows: Array
    columns: Array
    gates: Array
    """of the transistors of each column; without transistors of no account"""
    source: Source | None = None
    """drives its lines whatever `rows` and `columns` say of them"""
    chosen: Index = field(default_factory=_none)
    """the cells that are meant to move, row by row; how they are followed, not what happens"""

    @property
    def lines(self) -> Array:
        """Rows, then columns."""
        return np.concatenate([self.rows, self.columns])

    @property
    def rests(self) -> bool:
        """Whether no line is driven anywhere but at 0 V."""
        lines = self.lines
        driven = np.isfinite(lines) & (lines != 0.0)
        if self.source is None:
            return not driven.any()
        return self.source.level == 0.0 and not driven[~self.source.lines].any()


def picked(
    shape: tuple[int, int], row: int, column: int, voltage: float, scheme: str, gate: float
) -> Drive:
    """Return the drive that puts `voltage` on one cell; gates of other columns are at 0.

    Raises:
        ValueError: an unknown scheme.
    """
    if scheme not in SCHEMES:
        near = get_close_matches(scheme, SCHEMES, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown drive scheme '{scheme}'{hint} (known: {', '.join(SCHEMES)})")
    other_rows, other_columns = SCHEMES[scheme]
    rows = np.full(shape[0], other_rows * voltage)
    columns = np.full(shape[1], other_columns * voltage)
    gates = np.zeros(shape[1])
    rows[row], columns[column], gates[column] = voltage, 0.0, gate
    return Drive(rows, columns, gates, chosen=np.array([row * shape[1] + column]))
