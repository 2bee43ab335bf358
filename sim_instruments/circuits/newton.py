r"""Node voltages of a network of wires and nonlinear cells: Newton with factors that are kept.

The cells' slopes make the Jacobian, SuperLU factorises it (minimum degree of A^T + A: 10 ms for the
lines of 64 x 64 cells, and 0.5 ms for a solution). The factors serve, whatever cells and drive do
meanwhile, as long as an iteration reduces the residual by `CHORD` at least, and until slopes have
changed so that they have cost as many iterations as would pay for new ones: reading an array again,
or after small changes, factorises nothing. Node voltages are kept within what the drivers give, and
steps that do not reduce the residual are halved.

**Chosen cells** — the few that are meant to move, up to `MOST_CHOSEN`. What has changed of their
slopes since the factors were made is put in exactly (Woodbury)::

    J = J_0 + sum_k e_k d_k^T;   J^-1 y = z - Z (1 + D^T Z)^-1 D^T z,   z = J_0^-1 y,  Z = J_0^-1 E

with e_k the current of cell k into its two nodes and d_k its change of slopes. So a cell that
switches leaves the factors good, and with d_k = -slopes the same Z tells what resistance the rest
of the network is to this cell.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from sim_instruments.models.circuit import Array

Cells = Callable[[Array, Array], tuple[Array, Array, Array]]
"""high and low line of each cell (V) -> current (A), its slope with high and, downwards, low (S)"""
Index = NDArray[np.intp]
Kept = tuple[Any, Array, Index, Array]
"""factors, the slopes in them, the chosen cells and the answers to their currents"""

ROUNDING = 2e-15
"""of the largest current in a wire"""
CHORD = 0.3
"""old factors that reduce the residual by less are made anew"""
FEW = 2
"""iterations that also fresh factors need"""
WORTH = 20
"""iterations that take as long as making factors [C]"""
OTHER = 0.5
"""of the slope of a cell that is not chosen: factors nearer to all of these are still good"""
ITERATIONS = 200
HALVINGS = 30
MOST_CHOSEN = 8
"""cells; of more than that none is chosen"""
LONE = 1e-9
"""share of a cell's current that others take: one that has less has all for itself"""
ENDLESS = 1e15
"""Ohm, as good as no connection"""
BLOCKS: Final = {"relax": 20, "panel_size": 4}
"""columns that SuperLU takes together: its own choice takes half as long again here [C]"""


@dataclass(frozen=True, slots=True)
class Aim:
    """When voltages are good enough: either of these."""

    missing: float
    """of the largest current of a cell, at any node"""
    settled: float
    """V, what steps that shrink all the time will change yet, as a geometric series"""


EXACT = Aim(1e-10, 0.0)


@dataclass(frozen=True, slots=True)
class Guess:
    """Voltages and what follows from them."""

    voltage: Array
    """V at each node"""
    current: Array
    """A, of each cell"""
    by_high: Array
    """S, slope of that with the voltage of the high node"""
    by_low: Array
    """S, and downwards with that of the low node"""
    missing: Array
    """A, what leaves each node and should not"""
    miss: float
    """A, the largest of it at a node that is not held"""


class Network:
    """Nodes, wires and cells; which nodes are held never changes.

    Args:
        wires: conductances between nodes and from nodes to drivers, as a Laplacian (S).
        free: the nodes that are not held.
        high: node above each cell.
        low: node below it.
    """

    def __init__(self, wires: sparse.csc_array, free: Index, high: Index, low: Index) -> None:
        self.high, self.low = high, low
        self._wires, self._free = wires, free
        self._count = wires.shape[0]
        self._steepest = float(wires.diagonal().max(initial=0.0))
        self._factors: Any = None
        self._fresh = False  # not used yet
        self._wasted = 0  # iterations that fresh factors might have saved
        self._then = np.zeros((2, high.size))  # slopes in the factors
        self._chosen = np.zeros(0, dtype=np.intp)
        self._answer = np.zeros((self._count, 0))  # Z

    @property
    def chosen(self) -> Index:
        """The cells whose surroundings `offered` tells."""
        return self._chosen

    def choose(self, cells: Index) -> None:
        """Follow the slopes of these cells exactly, see the module's text."""
        cells = cells if cells.size <= MOST_CHOSEN else cells[:0]
        if not np.array_equal(cells, self._chosen):
            self._chosen = cells
            self._respond()

    def snapshot(self) -> Kept:
        """Return the factors and what they are good for, for `restore`."""
        return self._factors, self._then, self._chosen, self._answer

    def restore(self, kept: Kept) -> None:
        """Go back to the factors of a snapshot."""
        self._factors, self._then, self._chosen, self._answer = kept
        self._fresh = False

    @property
    def _ends(self) -> tuple[Index, Index]:
        return self.high[self._chosen], self.low[self._chosen]

    def solve(
        self,
        voltage: Array,
        pull: Array,
        bounds: tuple[float, float],
        cells: Cells,
        leave: Callable[[Array], bool] | None = None,
        aim: Aim = EXACT,
    ) -> Guess | None:
        """Return voltages that are as good as `aim`, None as soon as `leave` wants to.

        `voltage` has those of held nodes and guesses of the others, `pull` (A) is what drivers push
        into the nodes, `bounds` (V) enclose what is possible.

        Raises:
            ArithmeticError: no solution was found.
        """
        at = partial(self._guess, pull, cells)
        highest = max(bounds[1], -bounds[0])
        guess = at(voltage)
        left = last = math.inf
        for taken in range(ITERATIONS):
            steepest = max(self._steepest, float(guess.by_high.max(initial=0.0)))
            rounding = ROUNDING * steepest * highest
            most = aim.missing * np.abs(guess.current).max(initial=0.0) + rounding
            if guess.miss <= most or left < aim.settled:
                self._spare(guess, taken)
                return guess
            step = self._step(guess)
            if leave is not None and leave(guess.voltage - step):
                return None
            asked, missed = float(np.abs(step).max()), guess.miss
            guess = self._improved(guess, step, at, bounds)
            shrinks = guess.miss <= CHORD * missed and asked < CHORD * last < math.inf
            left = asked * asked / (last - asked) if shrinks else math.inf
            last = asked
        raise ArithmeticError(f"no solution on the lines: {guess.miss:g} A are left at a node")

    def _spare(self, guess: Guess, taken: int) -> None:
        """Drop factors of other slopes that have cost what new ones would."""
        self._wasted += max(0, taken - FEW)
        if self._wasted <= WORTH:
            return
        self._wasted = 0
        then = self._then[0]
        other = np.abs(guess.by_high - then) > OTHER * then
        other[self._chosen] = False
        if other.any():
            self._factors = None

    def _guess(self, pull: Array, cells: Cells, voltage: Array) -> Guess:
        current, by_high, by_low = cells(voltage[self.high], voltage[self.low])
        missing = self._wires @ voltage - pull
        missing += np.bincount(self.high, current, self._count)
        missing -= np.bincount(self.low, current, self._count)
        miss = float(np.abs(missing[self._free]).max(initial=0.0))
        return Guess(voltage, current, by_high, by_low, missing, miss)

    def _step(self, guess: Guess) -> Array:
        """Return what to take from the voltages."""
        if self._factors is None:
            self._factorise(guess.by_high, guess.by_low)
        step = self._solved(guess.missing)
        if self._chosen.size:
            change = self._changed(guess.by_high, guess.by_low)
            high, low = self._ends
            seen = change[0] * step[high] - change[1] * step[low]
            step -= self._answer @ np.linalg.solve(self._coupling(change), seen)
        return step

    def _improved(
        self, guess: Guess, step: Array, at: Callable[[Array], Guess], bounds: tuple[float, float]
    ) -> Guess:
        """Return the next guess; drop the factors where they did not serve."""
        fresh = self._fresh
        self._fresh = False
        trial = np.clip(guess.voltage - step, *bounds)
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

    def _factorise(self, by_high: Array, by_low: Array) -> None:
        high, low = self.high, self.low
        cells = matrix([(high, high, by_high), (high, low, -by_low),
                        (low, high, -by_high), (low, low, by_low)], self._count)  # fmt: skip
        jacobian = (self._wires + cells).tocsc()[self._free][:, self._free]
        self._factors = splu(jacobian.tocsc(), permc_spec="MMD_AT_PLUS_A", **BLOCKS)
        self._fresh = True
        self._then = np.array([by_high, by_low])
        self._respond()

    def _respond(self) -> None:
        """Find how the nodes respond to a current of each chosen cell."""
        self._answer = np.zeros((self._count, self._chosen.size))
        if self._factors is None:
            return
        for k, (above, below) in enumerate(zip(*self._ends, strict=True)):
            into = np.zeros(self._count)
            into[above] += 1.0
            into[below] -= 1.0
            self._answer[:, k] = self._solved(into)

    def _solved(self, missing: Array) -> Array:
        step = np.zeros(self._count)
        step[self._free] = self._factors.solve(missing[self._free])
        return step

    def _changed(self, by_high: Array, by_low: Array) -> Array:
        """Return how the slopes of the chosen cells differ from those in the factors."""
        now = np.array([by_high[self._chosen], by_low[self._chosen]])
        return np.asarray(now - self._then[:, self._chosen])

    def _coupling(self, change: Array) -> Array:
        """Return 1 + D^T Z for this change of the chosen cells' slopes."""
        high, low = self._ends
        seen = change[0][:, None] * self._answer[high] - change[1][:, None] * self._answer[low]
        return np.asarray(np.eye(len(high)) + seen)

    def offered(self, by_high: Array, by_low: Array) -> Array:
        """Return the resistance (Ohm) of all else between the nodes of each chosen cell.

        The chosen cells have these slopes (S), the others those of the last factors.
        """
        if self._factors is None and self._chosen.size and self._free.size:
            self._factorise(by_high, by_low)
        high, low = self._ends
        change = self._changed(by_high, by_low)
        # The answer to each one's current with all of them as they are now, at its own nodes.
        now = self._answer @ np.linalg.inv(self._coupling(change))
        above, below = now[high].diagonal(), now[low].diagonal()
        own = by_high[self._chosen] * above - by_low[self._chosen] * below
        return np.where(own < 1.0 - LONE, (above - below) / np.maximum(1.0 - own, LONE), ENDLESS)


def matrix(entries: list[tuple[Index, Index, Array]], size: int) -> sparse.csc_array:
    """Return the square matrix with these (rows, columns, values), equal places added up."""
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    return sparse.coo_array((values, (rows, columns)), shape=(size, size)).tocsc()
