"""Cells and lines together: where all of them stand, and how they live through a pulse.

A pulse is lived through in pieces. In each, every cell sees its lines as a source behind their
resistance, all cells at once; then the lines are solved anew. Where a cell is found more than the
tolerance from where it was believed, the piece is taken back (cells, random streams and lines) and
divided; where one is found `ASTRAY` on the way to the solution, this is not sought to the end.

The largest pieces, above `COARSE`, ask all cells to be where they were believed; smaller ones only
those that move. So pieces stop growing there until no cell is in the way.
"""

from dataclasses import dataclass

import numpy as np

from sim_instruments.circuits.drive import Drive
from sim_instruments.circuits.newton import EXACT, Aim
from sim_instruments.circuits.nodal import Lines, Solution
from sim_instruments.circuits.population import Bias, Population
from sim_instruments.models.circuit import Array

PATIENCE = 4096
"""pieces of one pulse; what is not found in so many is followed to `SHORTEST` only"""
SHORTEST = 1.0 / 1024.0
"""of a pulse: what the cells do to each other is not followed any finer"""
COARSE = 1.0 / 8.0
"""of a pulse: and what is done to cells that do not move is not followed any finer than that: that
much earlier or later is to a rate with 3 % per mV what 4 mV are"""
STILL = 1e-3
"""of its current; a cell that changes by less in `COARSE` of a pulse, at its pace, does not move"""
CLOSE = 1e-7
"""of the largest current of a cell: what may be missing at a node while cells move; microvolts
where `tolerance` is millivolts"""
SETTLED = 5e-3
"""times `tolerance`: voltages that are that close are close enough as well"""
FINEST = 1e-12
"""of a pulse, the shortest piece in which a source may run into its limit, or be in it"""
ASTRAY = 16.0
"""times `tolerance`; a piece in which a cell is so far off is divided by as much"""
EASY = 0.25
"""times `tolerance`; after less than that the next piece may be four times as long"""


class _AstrayError(Exception):
    """Cells are found far from where they were believed."""


@dataclass(slots=True)
class _Belief:
    """What the cells were believed to see at the end of a piece."""

    voltage: Array
    """V"""
    allowed: Array
    """V, how far off each may be"""
    looks: int = 0
    """how often it was checked"""

    def excess(self, voltage: Array) -> float:
        """Return how far off the cells are, allowed 1."""
        return float((np.abs(voltage - self.voltage) / self.allowed).max())

    def check(self, voltage: Array) -> None:
        """Raise where a guess is far off; the first is where the lines were before."""
        self.looks += 1
        if self.looks > 1 and self.excess(voltage) > ASTRAY:
            raise _AstrayError


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of a pulse, tried."""

    bias: Bias
    """what every cell sees after it"""
    found: Solution | None
    """where the lines are then; None where that was far from what was believed"""
    watched: bool
    """whether the source was in compliance, or about to be"""
    excess: float
    """how far off the cells are that count, allowed 1"""
    anyone: float
    """and all of them"""


class Coupled:
    """The cells of an array and its lines.

    Args:
        cells: devices, row by row.
        lines: that they hang between.
        tolerance: V, how far a cell may be from where it was believed before a pulse is divided.
    """

    def __init__(self, cells: Population, lines: Lines, tolerance: float) -> None:
        self._cells, self._lines, self._tolerance = cells, lines, tolerance
        self._close = Aim(CLOSE, SETTLED * tolerance)
        self._device = np.zeros(lines.shape[0] * lines.shape[1])

    def solved(
        self, drive: Drive, aim: Aim = EXACT, belief: _Belief | None = None
    ) -> tuple[Bias, Solution]:
        """Return voltages and currents of all cells under `drive`; nothing moves.

        Raises:
            _AstrayError: where there is a `belief`, and cells are far from it.
        """
        gate = np.tile(drive.gates, self._lines.shape[0])

        def cells(high: Array, low: Array) -> tuple[Array, Array, Array]:
            if belief:
                belief.check(high - low)
            return self._cells.look(high, low, gate, self._device)

        found = self._lines.solve(drive, cells, aim)
        return Bias(found.high, found.low, gate, self._device.copy(), found.current), found

    def hold(self, drive: Drive, duration: float) -> None:
        """Hold all lines at `drive` for `duration` (s); every cell feels what it gets."""
        bias, found = self.solved(drive, self._close)
        left = trial = duration
        tried = 0
        while left > 0.0:
            h = min(trial, left)
            tried += 1
            finest = FINEST if tried <= PATIENCE else SHORTEST
            kept = self._cells.snapshot(), self._lines.snapshot()
            piece = self._lived(drive, bias, found, (h, duration), finest)
            shortest = (finest if piece.watched else SHORTEST) * duration
            if piece.found is None or (piece.excess > 1.0 and h > shortest):
                self._cells.restore(kept[0])
                self._lines.restore(kept[1])
                trial = max(h * min(0.5, max(0.5 / piece.excess, 1.0 / ASTRAY)), shortest)
                continue
            bias, found = piece.bias, piece.found
            left -= h
            trial = h * (4.0 if piece.excess < EASY else 1.0)
            if piece.anyone > EASY:
                trial = min(trial, max(h, COARSE * duration))

    def _lived(
        self, drive: Drive, bias: Bias, found: Solution, times: tuple[float, float], finest: float
    ) -> _Piece:
        """Let all cells live for the first of `times`, of a pulse that takes the second (s).

        One that is as short as can be is solved to the end, wherever that is; with the source in
        compliance, or about to be, `finest` of a pulse is that short.
        """
        believed = self._cells.advance(bias, self._lines.offered(drive, found), times[0])
        now = self._cells.look(bias.high, bias.low, bias.gate, bias.device.copy())[0]
        share = times[0] / times[1]
        belief = _Belief(believed, self._allowed(bias.current, now, share))
        limited = found.limited or self._overrun(drive, now)
        try:
            short = share <= (finest if limited else SHORTEST)
            after, then = self.solved(drive, self._close, None if short else belief)
        except _AstrayError:
            return _Piece(bias, None, limited, ASTRAY, ASTRAY)
        across = then.high - then.low
        anyone = float(np.abs(across - believed).max()) / self._tolerance
        return _Piece(after, then, found.limited or then.limited, belief.excess(across), anyone)

    def _overrun(self, drive: Drive, current: Array) -> bool:
        """Return whether the source would give more than its limit to cells with this current."""
        source = drive.source
        return source is not None and abs(self._lines.into(source.lines, current)) > source.limit

    def _allowed(self, before: Array, now: Array, share: float) -> Array:
        """Return by how much each cell may be (V) from where it was believed.

        In a small `share` of a pulse cells that hardly moved may be anywhere: those of which the
        current (A), where they were, is `now` much what it was `before`.
        """
        allowed = np.full(now.size, self._tolerance)
        if share <= COARSE:
            most = STILL * share / COARSE * np.abs(before)
            allowed[np.abs(now - before) <= most] = np.inf
        return allowed
