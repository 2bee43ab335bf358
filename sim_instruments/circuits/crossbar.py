r"""Crossbar: devices of one model at the crossings of rows and columns, passive or 1T1R.

::

    y_c = sum_r I_rc(V_rc),  V_rc = V_row(r, c) - V_column(r, c);   ideal lines: y = G^T v

Rows are driven from the left, columns from below (`sim_instruments.circuits.nodal` solves the
lines: `line_resistance` per cell, 2.5 Ohm by default [R: device-models, 2-5 Ohm]), in one of the
schemes of `sim_instruments.circuits.drive`. V > 0 across a cell (row above column) sets. In a
passive array every cell conducts: a floating line reads its sneak paths as well, and half-selected
cells feel, and follow, their share of a pulse. In a 1T1R array (`transistor`) gates run along the
columns, and cells of columns whose gates are off are cut off (`...circuits.transistor`).

**Spread**: each cell is a device of its own, its seed spawned from the array's; a parameter may
be one value or one per cell, so that an array of `iontronic_li` may be formed here and volatile
there. **Noise**: one random stream per cell; a seed gives the same bits on any number of threads.

**Time**: all cells live through a pulse at once, in pieces as short as `tolerance` asks for
(`sim_instruments.circuits.coupled`). That matters where many cells switch together: the rate of
`gap_filament` changes by 3 % per mV [C]. Rest is closed form. Pulses are rectangular.

**Valid** where the model is. **Not modelled**: capacitance of lines and cells (edges, delay,
overshoot), heat passed between cells, drivers and converters (ideal but for their resistance),
time between the rows of a serial read, wear; see also the two modules named above.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike

from sim_instruments.circuits.coupled import SHORTEST, Coupled
from sim_instruments.circuits.drive import Drive, picked
from sim_instruments.circuits.nodal import Lines, Solution
from sim_instruments.circuits.population import Population
from sim_instruments.circuits.transistor import TransistorParameters, packed
from sim_instruments.load import ROOM
from sim_instruments.models import create
from sim_instruments.models.circuit import Array, Flags
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, as_metadata, checked

MOST_CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class CrossbarParameters:
    """Parameters of the lines of a `Crossbar`, SI."""

    line_resistance: Annotated[float, Bound("Ohm", 0.0, 1e6)] = 2.5
    """Ohm, from crossing to crossing [R: 2-5]"""
    source_resistance: Annotated[float, Bound("Ohm", 0.0, 1e9)] = 0.0
    """Ohm, between a row and its driver [D]"""
    sense_resistance: Annotated[float, Bound("Ohm", 0.0, 1e9)] = 0.0
    """Ohm, between a column and its driver or meter [D]"""
    tolerance: Annotated[float, Bound("V", 1e-6, 1.0)] = 2e-3
    """V, how far a cell may be from where it was believed before a pulse is divided (numerics)"""
    ramp_step: Annotated[float, Bound("V", 1e-4, 0.2)] = 20e-3
    """V, the coarsest staircase a ramp is resolved into, where programs are played (numerics)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell, as read through the lines."""

    voltage: float
    """V between the drivers of its row and its column"""
    current: float
    """A in its column, other cells' included"""

    @property
    def conductance(self) -> float:
        """S."""
        return self.current / self.voltage


def _checked_shape(rows: int, columns: int) -> tuple[int, int]:
    if rows < 1 or columns < 1 or rows * columns > MOST_CELLS:
        raise ValueError(
            f"a crossbar needs 1 row and column at least and {MOST_CELLS} cells at most, "
            f"got {rows} x {columns}"
        )
    return rows, columns


class Crossbar:
    """An array of devices.

    Args:
        model: registered name of any two-terminal device model.
        rows: their number.
        columns: their number.
        seed: of all randomness, spread between cells included; None draws one.
        parameters: of the model; each one value, or an array (rows, columns) of them.
        cells: those that differ: each with `row`, `column` and `parameters`, which come first.
        transistor: None is a passive array; else see `TransistorParameters`, {} for defaults.
        temperature: K.
        threads: at most this many work at once; None is one per processor.
        **wiring: see `CrossbarParameters`.

    Raises:
        ValueError: an unknown model or parameter, one out of its range, or an array of wrong shape.
    """

    def __init__(
        self,
        model: str,
        rows: int,
        columns: int,
        *,
        seed: int | None = None,
        parameters: Mapping[str, Any] | None = None,
        cells: Sequence[Mapping[str, Any]] = (),
        transistor: Mapping[str, Any] | None = None,
        temperature: float = ROOM,
        threads: int | None = None,
        **wiring: Any,
    ) -> None:
        self.shape = _checked_shape(rows, columns)
        self.seed = secrets.randbits(32) if seed is None else seed
        self.parameters = checked(CrossbarParameters, "crossbar", wiring)
        self._common, self._own = self._sorted(parameters or {})
        first = {name: values[0] for name, values in self._own.items()}
        self._kind = type(create(model, seed=0, **self._common, **first))
        self._special = self._checked_cells(cells)
        self.transistor = (
            None if transistor is None
            else checked(TransistorParameters, "transistor", dict(transistor))
        )  # fmt: skip
        noise = [np.random.SeedSequence(self.seed, spawn_key=(k, 1)) for k in range(rows * columns)]
        self._cells = Population(self._fresh, noise, packed(self.transistor), threads)
        self._cells.warm(temperature)
        q = self.parameters
        self._lines = Lines(self.shape, q.line_resistance, q.source_resistance, q.sense_resistance)
        self._coupled = Coupled(self._cells, self._lines, q.tolerance)

    def _sorted(self, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Return parameters all cells share, and those each cell has its own of."""
        common, own = {}, {}
        for name, value in parameters.items():
            if isinstance(value, str) or np.ndim(value) == 0:
                common[name] = value
            elif np.shape(value) == self.shape:
                own[name] = np.asarray(value).ravel().tolist()
            else:
                raise ValueError(
                    f"parameter {name} must be one value or an array of shape {self.shape}, "
                    f"got shape {np.shape(value)}"
                )
        return common, own

    def _checked_cells(self, cells: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
        """Return the parameters of the cells that differ, by number of the cell."""
        found: dict[int, dict[str, Any]] = {}
        for cell in cells:
            row, column = cell["row"], cell["column"]
            try:
                k = self._index(row, column)
                given = dict(cell.get("parameters") or {})
                self._kind(seed=0, **self._parameters_of(k) | given)
            except (IndexError, ValueError) as error:
                raise ValueError(f"array cell ({row}, {column}): {error}") from None
            if k in found:
                raise ValueError(f"array cell ({row}, {column}) is there twice")
            found[k] = given
        return found

    def _parameters_of(self, k: int) -> dict[str, Any]:
        return self._common | {name: values[k] for name, values in self._own.items()}

    def _fresh(self, k: int) -> Device:
        """Return the device of cell `k` as it was at the beginning."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(k,))
        seed = int.from_bytes(sequence.generate_state(4).tobytes(), "little")
        return self._kind(seed=seed, **self._parameters_of(k) | self._special.get(k, {}))

    def _index(self, row: int, column: int) -> int:
        rows, columns = self.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise IndexError(f"no cell ({row}, {column}) in an array of {rows} x {columns}")
        return row * columns + column

    @property
    def temperature(self) -> float:
        """Ambient temperature, K."""
        return self._cells.temperature

    @temperature.setter
    def temperature(self, kelvin: float) -> None:
        self._cells.warm(kelvin)

    def cell(self, row: int, column: int) -> Device:
        """Return a device that is as this cell is now; what happens to it stays with it."""
        return self._cells.device(self._index(row, column))

    @property
    def state(self) -> dict[str, Array]:
        """Each named state of the model, SI, shape (rows, columns)."""
        cells = [self._cells.device(k).state for k in range(self.shape[0] * self.shape[1])]
        return {name: np.array([cell[name] for cell in cells]).reshape(self.shape)
                for name in cells[0]}  # fmt: skip

    def conductance(self, voltage: float = 0.1) -> Array:
        """Return I/V (S) of each device alone at `voltage`, without noise; (rows, columns)."""
        return self._cells.alone(voltage).reshape(self.shape) / voltage

    @property
    def warnings(self) -> list[str]:
        """How many cells left their model's range so far, and what one of them says of it."""
        cells = self.shape[0] * self.shape[1]
        found = [said for k in range(cells) if (said := self._cells.device(k).warnings)]
        return [f"{len(found)} of {cells} cells, as: {text}" for text in found[0]] if found else []

    def look(self, drive: Drive) -> Solution:
        """Return voltages and currents of all cells under `drive`; nothing moves."""
        return self._coupled.solved(drive)[1]

    def observed(self, found: Solution) -> Array:
        """Return what a meter would see of each cell's current (A), noise included."""
        return self._cells.observed(found.current)

    def into(self, lines: Flags, current: Array) -> float:
        """Return the current (A) that `lines` (rows, then columns) pass on to the cells."""
        return self._lines.into(lines, current)

    def hold(self, drive: Drive, duration: float) -> None:
        """Hold all lines at `drive` for `duration` (s); every cell feels what it gets."""
        if drive.rests:
            self.rest(duration)
        else:
            self._coupled.hold(drive, duration)

    def rest(self, duration: float) -> None:
        """Let `duration` (s) pass with all lines at 0 V, in closed form."""
        self._cells.rest(duration)

    def program(
        self,
        row: int,
        column: int,
        voltage: float,
        duration: float,
        *,
        scheme: str = "half",
        count: int = 1,
        gap: float = 0.0,
        gate: float | None = None,
    ) -> None:
        """Send `count` rectangular pulses to one cell; the others get what `scheme` leaves them.

        `gap` seconds of rest follow each pulse. With transistors only this column's gates are on,
        at `gate` (V) or as the transistor's parameters say.
        """
        drive = self.pick(row, column, voltage, scheme, gate)
        for _ in range(count):
            self.hold(drive, duration)
            if gap > 0.0:
                self.rest(gap)

    def pick(
        self,
        row: int,
        column: int,
        voltage: float,
        scheme: str = "half",
        gate: float | None = None,
    ) -> Drive:
        """Return the drive that puts `voltage` on one cell, see `program`."""
        self._index(row, column)
        on = self._gate if gate is None else gate
        return picked(self.shape, row, column, voltage, scheme, on)

    @property
    def _gate(self) -> float:
        return self.transistor.gate if self.transistor else 0.0

    def read(
        self,
        row: int,
        column: int,
        voltage: float = 0.1,
        *,
        scheme: str = "grounded",
        duration: float = 0.0,
        noise: bool = True,
    ) -> Reading:
        """Return the current of one cell's column, after `duration` (s) under the read voltage."""
        drive = self.pick(row, column, voltage, scheme)
        return Reading(voltage, float(self._sensed(drive, duration, noise)[column]))

    def multiply(self, voltages: ArrayLike, *, duration: float = 0.0, noise: bool = True) -> Array:
        """Return all column currents (A), rows at `voltages` (V) and columns at 0 V: y = G^T v."""
        rows = np.array(voltages, dtype=float)
        if rows.shape != self.shape[:1]:
            raise ValueError(f"one voltage per row is needed, {self.shape[0]}; got {rows.shape}")
        drive = Drive(rows, np.zeros(self.shape[1]), np.full(self.shape[1], self._gate))
        return self._sensed(drive, duration, noise)

    def _sensed(self, drive: Drive, duration: float, noise: bool) -> Array:
        """Return the current of each column: that of its cells together."""
        if duration > 0.0:
            self.hold(drive, duration)
        found = self.look(drive)
        current = self.observed(found) if noise else found.current
        return np.asarray(current.reshape(self.shape).sum(axis=0))

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say about this array."""
        return {
            "circuit": "crossbar",
            "rows": self.shape[0],
            "columns": self.shape[1],
            "seed": self.seed,
            "model": self._kind.name,
            "parameters": self._common | self._own,
            "cells": [
                {"row": k // self.shape[1], "column": k % self.shape[1], "parameters": given}
                for k, given in self._special.items()
            ],
            "lines": as_metadata(self.parameters),
            "transistor": as_metadata(self.transistor) if self.transistor else None,
            "approximations": [
                *self._kind.APPROXIMATIONS,
                "lines quasi-static, rectangular pulses",
                f"coupling between cells followed to 1/{round(1.0 / SHORTEST)} of a pulse",
            ],
        }
