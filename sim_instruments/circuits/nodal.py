r"""The lines of a crossbar and the node voltages on them: sparse nodal analysis.

Every crossing is two nodes, one on its row, one on its column; the cell hangs between them. Rows
are driven at their left end (before column 0), columns at their lower end (after the last row);
one `resistance` lies between neighbouring crossings and between the driver and the first one::

    sum over wires (V_n - V_m)/R  +-  I_cell(V_row, V_column)  =  (V_drive - V_n)/R_drive

At each node, that is Kirchhoff's current law (`sim_instruments.circuits.newton` solves it). Where
`resistance` is 0 all crossings of a line are one node; a line driven through no resistance at all
is no unknown. A line driven at NaN floats: nothing but `INSULATION` and its cells hold it.

**A source on several lines** (`sim_instruments.circuits.drive.Source`) is one more node, from where
each line has its own way. As long as it gives less than its limit it holds that node, or pulls it
through its resistance; else it pushes its limit into it. What it gives grows with the node's
voltage, so only one of the two can be.

**Not modelled**: line capacitance and inductance (voltages follow the drivers at once), coupling
between lines, leakage between neighbours.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sim_instruments.circuits.drive import Drive, Source
from sim_instruments.circuits.newton import ENDLESS, EXACT, Aim, Cells, Kept, Network, matrix
from sim_instruments.models.circuit import BATTERY, Array, Flags

INSULATION = 1.0 / ENDLESS
"""S to ground, of a line that nobody drives [D]"""
STIFF = 1e5
"""of a cell's V/I; more than that is a current source to it (and loses digits)"""
TINY = 1e-30
"""A; no current"""
State = tuple[Array, float, dict[tuple[object, ...], Kept]]
"""V at each node, the sign of what a source in compliance pushes, factors of each network"""
KEPT = 2
"""ways of driving the lines whose factors are kept: a source in compliance and not"""


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
    slope_below: Array
    """S, and downwards with that of the column"""
    residual: float
    """A, the largest by which a node misses Kirchhoff's law"""
    network: Network
    """that was solved"""
    source: float = math.nan
    """V, where the source's lines meet, behind its resistance; NaN without a source"""
    given: float = 0.0
    """A, by the source"""
    limited: bool = False
    """whether the source is in compliance"""


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
        self._node = int(self.low[-1]) + 1  # of a source on several lines
        self._ends = np.concatenate([
            self.high.reshape(self.shape)[:, 0], self.low.reshape(self.shape)[-1]])  # fmt: skip
        self._to_driver = np.repeat([source + resistance, sense + resistance], self.shape)
        self._wires = self._between_crossings()
        self._voltage = np.zeros(self._node + 1)
        self._networks: dict[tuple[object, ...], Network] = {}
        self._nobody = np.zeros(rows + columns, dtype=bool)
        self._pushing = 0.0  # the sign of what a source in compliance pushed last

    def _between_crossings(self) -> sparse.csc_array:
        size = self._node + 1
        if self._resistance == 0.0:
            return sparse.csc_array((size, size))
        high, low = self.high.reshape(self.shape), self.low.reshape(self.shape)
        one = np.concatenate([high[:, :-1].ravel(), low[:-1].ravel()])
        other = np.concatenate([high[:, 1:].ravel(), low[1:].ravel()])
        g = np.full(one.size, 1.0 / self._resistance)
        return matrix([(one, one, g), (other, other, g), (one, other, -g), (other, one, -g)], size)

    def forget(self) -> None:
        """Drop what was kept of earlier solutions."""
        self._networks.clear()
        self._voltage[:] = 0.0

    def snapshot(self) -> State:
        """Return where the lines stand and what is known of them, for `restore`."""
        factors = {key: network.snapshot() for key, network in self._networks.items()}
        return self._voltage.copy(), self._pushing, factors

    def restore(self, kept: State) -> None:
        """Go back to a snapshot; networks that were not there yet keep their factors."""
        self._voltage, self._pushing, factors = kept
        for key, known in factors.items():
            if key in self._networks:
                self._networks[key].restore(known)

    def offered(self, drive: Drive, found: Solution) -> Array:
        """Return the resistance (Ohm) that each cell sees between its two lines.

        To a chosen cell all else is that, linearised. For the others it is guessed: a driven line
        is the way to its driver, as if no other cell drew current, a floating one the other cells
        on it in parallel.
        """
        rows, columns = self.shape
        g = found.slope.reshape(self.shape)
        lines = np.concatenate([g.sum(axis=1), g.sum(axis=0)])
        way = np.where(np.isfinite(drive.lines), self._to_driver, np.nan)
        if drive.source is not None:
            at, r = drive.source.lines, drive.source.resistance
            behind = 1.0 / r if r > 0.0 and not found.limited else INSULATION
            shared = 0.0 if r == 0.0 and not found.limited else behind + lines[at].sum()
            way[at] = self._to_driver[at] + (_parallel(shared - lines[at]) if shared else 0.0)
        steps_right = self._resistance * np.arange(columns)
        steps_down = self._resistance * np.arange(rows)[::-1, None]
        along_row = np.where(np.isfinite(way[:rows, None]), way[:rows, None] + steps_right,
                             _parallel(lines[:rows, None] - g))  # fmt: skip
        along_column = np.where(np.isfinite(way[rows:]), way[rows:] + steps_down,
                                _parallel(lines[rows:] - g))  # fmt: skip
        all_of_them = (along_row + along_column).ravel()
        all_of_them[found.network.chosen] = found.network.offered(found.slope, found.slope_below)
        return np.asarray(np.minimum(all_of_them, STIFF / np.maximum(found.slope, INSULATION)))

    def solve(self, drive: Drive, cells: Cells, aim: Aim = EXACT) -> Solution:
        """Return where the array stands with its lines driven so, as closely as asked for.

        Raises:
            ArithmeticError: no solution was found.
        """
        source = drive.source
        if source is None:
            return self._certain(drive, cells, aim, None)
        if self._pushing and source.limit < math.inf:
            sign = self._pushing
            most = source.level - sign * source.limit * source.resistance
            found = self._pushed(drive, source, cells, aim, sign, most)
            if found is not None:
                return found
        r = source.resistance
        found = self._certain(drive, cells, aim, (1.0 / r, source.level / r) if r > 0.0 else None)
        self._pushing = 0.0
        if abs(found.given) > source.limit:
            self._pushing = math.copysign(1.0, found.given)
            return self._certain(drive, cells, aim, (0.0, self._pushing * source.limit))
        return found

    def _pushed(
        self, drive: Drive, source: Source, cells: Cells, aim: Aim, sign: float, most: float
    ) -> Solution | None:
        """Return what is with the source still at its limit, None where that takes over `most` V.

        None as well where a guess on the way is beyond.
        """

        def beyond(voltage: Array) -> bool:
            return bool(sign * (voltage[self._node] - most) > 0.0)

        if beyond(self._voltage):
            return None
        return self._solved(drive, cells, aim, (0.0, sign * source.limit), beyond)

    def _certain(
        self, drive: Drive, cells: Cells, aim: Aim, norton: tuple[float, float] | None
    ) -> Solution:
        found = self._solved(drive, cells, aim, norton)
        assert found is not None  # nothing makes it leave
        return found

    def _solved(
        self,
        drive: Drive,
        cells: Cells,
        aim: Aim,
        norton: tuple[float, float] | None,
        leave: Callable[[Array], bool] | None = None,
    ) -> Solution | None:
        """Return where the array stands; see `Network.solve` for `leave`.

        The source is a conductance and a current into its node (`norton`, S and A), or, where that
        is None, holds its lines.
        """
        source = drive.source
        levels, shared = drive.lines, self._nobody
        if source is not None:
            levels = np.where(source.lines, source.level, levels)
            shared = source.lines if norton else shared
        driven = np.isfinite(levels) & ~shared
        conductance, push = norton or (0.0, 0.0)
        network = self._network(driven, shared, conductance)
        network.choose(drive.chosen)
        voltage, pull = self._voltage.copy(), np.zeros(self._node + 1)
        stiff = driven & (self._to_driver == 0.0)
        voltage[self._ends[stiff]] = levels[stiff]
        soft = driven & ~stiff
        pull[self._ends[soft]] = levels[soft] / self._to_driver[soft]
        pull[self._node] = push
        level = np.where(np.isfinite(levels), levels, 0.0)
        bounds = level.min(initial=0.0) - BATTERY, level.max(initial=0.0) + BATTERY
        guess = network.solve(voltage, pull, bounds, cells, leave, aim)
        if guess is None:
            return None
        self._voltage = guess.voltage
        if source is not None and norton is None:
            self._voltage[self._node] = source.level
        joined = shared & (self._to_driver == 0.0)
        self._voltage[self._ends[joined]] = self._voltage[self._node]
        high, low = self._voltage[network.high], self._voltage[network.low]
        found = Solution(high, low, guess.current, guess.by_high, guess.by_low, guess.miss, network)
        if source is None:
            return found
        given = push if conductance == 0.0 and norton else self.into(source.lines, guess.current)
        return replace(found, source=float(self._voltage[self._node]), given=given,
                       limited=norton is not None and conductance == 0.0)  # fmt: skip

    def into(self, lines: Flags, current: Array) -> float:
        """Return the current (A) that `lines` (rows, then columns) pass on to the cells."""
        each = current.reshape(self.shape)
        rows = self.shape[0]
        return float(each.sum(axis=1)[lines[:rows]].sum() - each.sum(axis=0)[lines[rows:]].sum())

    def _network(self, driven: Flags, shared: Flags, conductance: float) -> Network:
        """Return the network for one way of driving the lines, the last ones kept."""
        key = (driven.tobytes(), shared.tobytes(), conductance)
        network = self._networks.pop(key, None) or self._joined(driven, shared, conductance)
        self._networks[key] = network
        while len(self._networks) > KEPT:
            del self._networks[next(iter(self._networks))]
        return network

    def _joined(self, driven: Flags, shared: Flags, conductance: float) -> Network:
        """Put the drivers into the wires; tell nodes held by one from unknown ones."""
        direct = self._to_driver == 0.0
        ends, node = self._ends, self._node
        place = np.arange(node + 1)
        place[ends[shared & direct]] = node
        free = place == np.arange(node + 1)
        free[ends[driven & direct]] = False
        free[node] = bool(shared.any())
        to_ground = np.full(driven.size, INSULATION)
        soft, led = driven & ~direct, shared & ~direct
        to_ground[soft] = 1.0 / self._to_driver[soft]
        lone = ~(shared | (driven & direct))
        one, other = ends[led], np.full(np.count_nonzero(led), node)
        g = 1.0 / self._to_driver[led]
        last, own = np.array([node]), np.array([conductance + INSULATION])
        wires = self._wires + matrix(
            [(ends[lone], ends[lone], to_ground[lone]), (one, one, g), (other, other, g),
             (one, other, -g), (other, one, -g), (last, last, own)],
            node + 1,
        )  # fmt: skip
        return Network(wires.tocsc(), np.flatnonzero(free), place[self.high], place[self.low])


def _parallel(conductance: Array) -> Array:
    return np.asarray(1.0 / np.maximum(conductance, INSULATION))
