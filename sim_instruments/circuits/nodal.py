r"""The lines of a crossbar and the node voltages on them: sparse nodal analysis.

Every crossing is two nodes, one on its row, one on its column; the cell hangs between them. Rows
are driven at their left end (before column 0), columns at their lower end (after the last row);
one `resistance` lies between neighbouring crossings and between the driver and the first one::

    sum over wires (V_n - V_m)/R  +-  I_cell(V_row, V_column)  =  (V_drive - V_n)/R_drive

At each node, that is Kirchhoff's current law. Where `resistance` is 0 all crossings of a line are
one node; a line driven through no resistance at all is no unknown. A line driven at NaN floats:
nothing but `INSULATION` and its cells hold it.

**Newton**: the cells' slopes make the Jacobian, SuperLU factorises it (minimum degree of A^T + A:
20 ms for 64 x 64, and 0.5 ms for a solution) and the factors are kept. They serve as long as an
iteration reduces the residual by `CHORD` at least, whatever cells and drive do meanwhile: reading
an array again, or after small changes, factorises nothing. Node voltages are kept within what the
drivers give, and steps that do not reduce the residual are halved.

**Not modelled**: line capacitance and inductance (voltages follow the drivers at once), coupling
between lines, leakage between neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from sim_instruments.models.circuit import BATTERY, Array

Cells = Callable[[Array, Array], tuple[Array, Array, Array]]
"""high and low line of each cell (V) -> current (A), its slope with high and, downwards, low (S)"""
Index = NDArray[np.intp]

INSULATION = 1e-15
"""S to ground, of a line that nobody drives [D]"""
RELATIVE = 1e-10
"""of the largest cell current: a residual this small is none"""
ROUNDING = 2e-15
"""of the largest current in a wire"""
CHORD = 0.3
"""old factors that reduce the residual by less are made anew"""
ITERATIONS = 200
HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Solution:
    """Voltages and currents of a whole array, one value per cell (row by row)."""

    high: Array
    """V on the row at each crossing"""
    low: Array
    """V on the column at each crossing"""
    current: Array
    """A from row to column"""
    slope: Array
    """S, of the current with the voltage of the row"""
    residual: float
    """A, the largest by which a node misses Kirchhoff's law"""


@dataclass(frozen=True, slots=True)
class _Guess:
    voltage: Array
    """V at each node"""
    current: Array
    by_high: Array
    by_low: Array
    missing: Array
    """A, what leaves each node and should not"""
    miss: float
    """A, the largest of it at a node that is not held"""


class Lines:
    """The rows and columns of one array, and the last solution found on them.

    Args:
        shape: number of rows and of columns.
        resistance: of the line from crossing to crossing, Ohm.
        source: between the driver of a row and its line, Ohm.
        sense: between the driver (or the meter) of a column and its line, Ohm.
    """

    def __init__(
        self, shape: tuple[int, int], resistance: float, source: float, sense: float
    ) -> None:
        self.shape = rows, columns = shape
        self._resistance = resistance
        row, column = np.indices(self.shape).reshape(2, -1)
        if resistance > 0.0:
            self.high = row * columns + column
            self.low = self.high + rows * columns
        else:
            self.high, self.low = row, rows + column
        self._count = int(self.low[-1]) + 1
        self._ends = np.concatenate([
            self.high.reshape(self.shape)[:, 0], self.low.reshape(self.shape)[-1]])  # fmt: skip
        self._to_driver = np.repeat([source + resistance, sense + resistance], self.shape)
        self._wires = self._between_crossings()
        self._driven = np.zeros(0, dtype=bool)
        self._factors: Any = None

    def _between_crossings(self) -> sparse.csc_array:
        if self._resistance == 0.0:
            return sparse.csc_array((self._count, self._count))
        high, low = self.high.reshape(self.shape), self.low.reshape(self.shape)
        one = np.concatenate([high[:, :-1].ravel(), low[:-1].ravel()])
        other = np.concatenate([high[:, 1:].ravel(), low[1:].ravel()])
        g = np.full(one.size, 1.0 / self._resistance)
        return _matrix([(one, one, g), (other, other, g), (one, other, -g), (other, one, -g)],
                       self._count)  # fmt: skip

    def offered(self, drive: Array, slope: Array) -> Array:
        """Return the resistance (Ohm) that each cell sees in its own two lines.

        Of a driven line it is the way to the driver, as if no other cell drew current; of a
        floating one it is the other cells on it in parallel, with these slopes (S).
        """
        rows, columns = self.shape
        g = slope.reshape(self.shape)
        steps_right = self._resistance * np.arange(columns)
        steps_down = self._resistance * np.arange(rows)[::-1, None]
        along_row = np.where(np.isfinite(drive[:rows, None]),
                             self._to_driver[:rows, None] + steps_right,
                             _parallel(g.sum(axis=1, keepdims=True) - g))  # fmt: skip
        along_column = np.where(np.isfinite(drive[rows:]),
                                self._to_driver[rows:] + steps_down,
                                _parallel(g.sum(axis=0) - g))  # fmt: skip
        return np.asarray(along_row + along_column).ravel()

    def _connect(self, driven: NDArray[np.bool_]) -> None:
        """Tell nodes held by a driver from unknown ones; put the drivers into the wires."""
        self._driven = driven
        stiff = driven & (self._to_driver == 0.0)
        self._held, self._stiff = self._ends[stiff], stiff
        free = np.ones(self._count, dtype=bool)
        free[self._held] = False
        self._free = np.flatnonzero(free)
        self._to_ends = np.full(driven.size, INSULATION)
        soft = driven & ~stiff
        self._to_ends[soft] = 1.0 / self._to_driver[soft]
        self._laplacian = (
            self._wires + _matrix([(self._ends, self._ends, self._to_ends)], self._count)
        ).tocsc()
        self._steepest = float(self._laplacian.diagonal().max(initial=0.0))
        self._voltage = np.zeros(self._count)
        self._factors = None

    def solve(self, drive: Array, cells: Cells) -> Solution:
        """Return where the array stands with its lines driven at `drive` (V: rows, then columns).

        Raises:
            ArithmeticError: no solution was found.
        """
        driven = np.isfinite(drive)
        if not np.array_equal(driven, self._driven):
            self._connect(driven)
        level = np.where(driven, drive, 0.0)
        most, least = level.max(initial=0.0) + BATTERY, level.min(initial=0.0) - BATTERY
        pull = np.zeros(self._count)
        pull[self._ends] = np.where(self._stiff, 0.0, self._to_ends * level)
        self._voltage[self._held] = level[self._stiff]
        at = partial(self._guess, pull, cells)
        rounding = ROUNDING * self._steepest * max(most, -least)
        guess = at(self._voltage)
        for _ in range(ITERATIONS):
            if guess.miss <= RELATIVE * np.abs(guess.current).max() + rounding:
                self._voltage = guess.voltage
                high, low = self._voltage[self.high], self._voltage[self.low]
                return Solution(high, low, guess.current, guess.by_high, guess.miss)
            guess = self._improved(guess, at, least, most)
        raise ArithmeticError(f"no solution on the lines: {guess.miss:g} A are left at a node")

    def _guess(self, pull: Array, cells: Cells, voltage: Array) -> _Guess:
        current, by_high, by_low = cells(voltage[self.high], voltage[self.low])
        missing = self._laplacian @ voltage - pull
        missing += np.bincount(self.high, current, self._count)
        missing -= np.bincount(self.low, current, self._count)
        miss = float(np.abs(missing[self._free]).max(initial=0.0))
        return _Guess(voltage, current, by_high, by_low, missing, miss)

    def _improved(
        self, guess: _Guess, at: Callable[[Array], _Guess], least: float, most: float
    ) -> _Guess:
        """Return the next guess; drop the factors where they did not serve."""
        fresh = self._factors is None
        if fresh:
            self._factors = self._factorised(guess.by_high, guess.by_low)
        step = np.zeros(self._count)
        step[self._free] = self._factors.solve(guess.missing[self._free])
        trial = np.clip(guess.voltage - step, least, most)
        after = at(trial)
        if after.miss <= CHORD * guess.miss:
            return after
        self._factors = None
        if not fresh:
            return after if after.miss < guess.miss else guess
        for _ in range(HALVINGS):
            if after.miss < guess.miss:
                break
            trial = 0.5 * (guess.voltage + trial)
            after = at(trial)
        return after

    def _factorised(self, by_high: Array, by_low: Array) -> Any:
        high, low = self.high, self.low
        cells = _matrix([(high, high, by_high), (high, low, -by_low),
                         (low, high, -by_high), (low, low, by_low)], self._count)  # fmt: skip
        jacobian = (self._laplacian + cells).tocsc()[self._free][:, self._free]
        return splu(jacobian.tocsc(), permc_spec="MMD_AT_PLUS_A")


def _parallel(conductance: Array) -> Array:
    return np.asarray(1.0 / np.maximum(conductance, INSULATION))


def _matrix(entries: list[tuple[Index, Index, Array]], size: int) -> sparse.csc_array:
    """Return the square matrix with these (rows, columns, values), equal places added up."""
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    return sparse.coo_array((values, (rows, columns)), shape=(size, size)).tocsc()
