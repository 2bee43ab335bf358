r"""An array behind a switch matrix: a crossbar that the instruments' programs are played into.

The matrix leads each row, column and gate line to one of three inputs, or to none::

    high   the source: at its level, behind its resistance, within its limit; one for all its lines
    low    ground
    third  a second source, ideal: the unselected lines, or the gates
    none   the line floats (a gate that nobody drives is at 0 V)

What the source gives is read: the sum over all lines on `high`, the noise of their cells included,
after each segment. In compliance it is the limit, and `sim_instruments.circuits.nodal` says where
that leaves the lines; the pieces of a pulse in which a set runs into the limit are halved until
that is seen in time. A line on two inputs at once shorts two sources: that is a warning, and the
line is taken to be on the input with the lower number.

**Ramps** are staircases of `ramp_step` (see `CrossbarParameters`), coarser than a lone device's:
`gap_filament` sets up to half a step late or early.

**Speed** (`benchmarks/bench_crossbar.py`): only factors of the lines are kept between steps, a few
of them; solutions are always exact. **Not modelled**: see `crossbar`; contacts of the matrix, their
leakage and settling, are the matrix' own; gates on `high` follow the level the source is set to,
also in compliance.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from sim_instruments.circuits.crossbar import Crossbar
from sim_instruments.circuits.drive import FLOATING, Drive, Source
from sim_instruments.circuits.nodal import Solution
from sim_instruments.load import ROOM, GatedPlayed, RestingGate
from sim_instruments.models.circuit import Array

NOWHERE, HIGH, LOW, THIRD = range(4)
_ROLES: Final = {HIGH: "high", LOW: "low", THIRD: "third"}
_KINDS: Final = ("row", "column", "gate")


class ArrayOfCells(RestingGate):
    """Devices in rows and columns behind a switch matrix; an `ArrayLoad`.

    Args:
        model: registered name of any two-terminal device model.
        rows: their number.
        columns: their number.
        seed: of all randomness, spread between cells included; None draws one.
        parameters: of the model, for all cells.
        cells: those that differ: each with `row` and `column` (from 0) and `parameters`.
        outputs: of the matrix that lead to the first row, column and gate; None without gates.
        inputs: of the matrix that are `high`, `low` and `third`.
        transistor: None is a passive array; else see `TransistorParameters`, {} for defaults.
        threads: at most this many work at once; None is one per processor.
        **lines: see `CrossbarParameters`.

    Raises:
        ValueError: an unknown model or parameter, one out of its range, or lines that overlap.
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
        outputs: tuple[int, int, int | None],
        inputs: tuple[int, int, int] = (1, 2, 3),
        transistor: Mapping[str, Any] | None = None,
        threads: int | None = None,
        **lines: Any,
    ) -> None:
        if transistor is not None and outputs[2] is None:
            raise ValueError("an array with transistors needs first_gate, the output of its gates")
        self.crossbar = Crossbar(model, rows, columns, seed=seed, parameters=parameters,
                                 cells=cells, transistor=transistor, threads=threads,
                                 **lines)  # fmt: skip
        self._places = _places(outputs, (rows, columns, columns))
        self._roles = _checked_inputs(inputs)
        self._shorts: dict[str, None] = {}
        self._third = 0.0  # V, played last
        self.connect(frozenset())

    @property
    def seed(self) -> int:
        """Of all its randomness."""
        return self.crossbar.seed

    @property
    def warnings(self) -> list[str]:
        """What took cells out of their model's range so far, and lines on two inputs."""
        return [*self.crossbar.warnings, *self._shorts]

    @property
    def overshoot(self) -> tuple[float, float]:
        """No current beyond the source's limit: there is no capacitance to give it."""
        return 0.0, 0.0

    def connect(self, closed: frozenset[tuple[int, int]]) -> None:
        """Take the closed crosspoints (input, output) of the matrix, both from 1.

        Inputs and outputs that are not the array's are of no account.
        """
        rows, columns = self.crossbar.shape
        on = {kind: np.full(size, NOWHERE) for kind, size in
              zip(_KINDS, (rows, columns, columns), strict=True)}  # fmt: skip
        by: dict[int, int] = {}
        for number, output in sorted(closed):
            if number not in self._roles or output not in self._places:
                continue
            kind, index = self._places[output]
            if output in by:
                self._shorts[
                    f"{kind} {index} was on inputs {by[output]} and {number} at once, a short; it "
                    f"was taken to be on {by[output]}"
                ] = None
                continue
            by[output] = number
            on[kind][index] = self._roles[number]
        self._gates = on["gate"]
        self._lines = np.concatenate([on["row"], on["column"]])
        # A column alone on the third input is sensed there, at 0 V: as good as ground.
        sensed = (on["column"] == THIRD) & ((self._lines == THIRD).sum() == 1)
        across, down = on["row"][:, None], np.where(sensed, LOW, on["column"])
        aimed = (across + down == HIGH + LOW) & (across != NOWHERE) & (down != NOWHERE)
        if self.crossbar.transistor:
            aimed &= (on["gate"] == HIGH) | (on["gate"] == THIRD)
        self._chosen = np.flatnonzero(aimed)

    def _drive(self, level: float, third: float, limit: float, resistance: float) -> Drive:
        """Return what the lines are held at with the two sources at these levels (V)."""
        volts = np.array([FLOATING, level, 0.0, third])
        held, gates = volts[self._lines], np.nan_to_num(volts[self._gates])
        rows = self.crossbar.shape[0]
        high = self._lines == HIGH
        source = Source(high, level, limit, resistance) if high.any() else None
        return Drive(held[:rows], held[rows:], gates, source, self._chosen)

    def play_gated(
        self,
        voltage: Array,
        gate: Array,
        duration: Array,
        ramp: Array,
        count: int = 1,
        limit: float = np.inf,
        resistance: float = 0.0,
        temperature: float = ROOM,
        record: bool = True,
        *,
        before: float = 0.0,
        start: float = 0.0,
        gate_start: float = 0.0,
    ) -> GatedPlayed:
        """Play segments (V, V, s, s) of the high and the third input `count` times.

        `limit` and `resistance` are those of the source on `high`; the one on `third` is ideal.
        `before` seconds of rest come first. Recorded is one value per segment and pass; the third
        current is that into all lines on `third`.

        Raises:
            ValueError: arrays of different lengths.
        """
        if not voltage.size == gate.size == duration.size == ramp.size:
            raise ValueError(
                "voltage, gate, duration and ramp must be of one length, got "
                f"{voltage.size}, {gate.size}, {duration.size} and {ramp.size}"
            )
        self.idle(before, temperature)
        segments = np.column_stack([voltage, gate, duration, ramp]).tolist()
        rows = []
        level, third = start, gate_start
        for _ in range(count):
            for target, aim, hold, rise in segments:
                if rise > 0.0:
                    self._ramp((level, third), (target, aim), rise, limit, resistance)
                level, third = target, aim
                drive = self._drive(level, third, limit, resistance)
                if hold > 0.0:
                    self.crossbar.hold(drive, hold)
                if record:
                    rows.append(self._reading(drive, level, limit, resistance))
        self._third = third
        out = np.array(rows).reshape(-1, 4).T
        return GatedPlayed(out[0], out[1], out[2] > 0.0, out[3])

    def _ramp(
        self,
        before: tuple[float, float],
        after: tuple[float, float],
        seconds: float,
        limit: float,
        resistance: float,
    ) -> None:
        """Take both levels along a staircase, each step held at its middle."""
        rises = after[0] - before[0], after[1] - before[1]
        widest = self.crossbar.parameters.ramp_step
        steps = max(1, math.ceil(max(map(abs, rises)) / widest))
        for k in range(steps):
            share = (k + 0.5) / steps
            level, third = before[0] + rises[0] * share, before[1] + rises[1] * share
            self.crossbar.hold(self._drive(level, third, limit, resistance), seconds / steps)

    def _reading(
        self, drive: Drive, level: float, limit: float, resistance: float
    ) -> tuple[float, float, float, float]:
        """Return (V at the source, A, 1 in compliance, A into the third input).

        The noise of the cells is cut off at the `limit`, beyond which a source gives nothing.
        """
        found = self.crossbar.look(drive)
        seen = self.crossbar.observed(found)
        third = self.crossbar.into(self._lines == THIRD, seen)
        if found.limited:
            return found.source + found.given * resistance, found.given, 1.0, third
        current = self.crossbar.into(self._lines == HIGH, seen)
        if abs(current) > limit:
            return level, math.copysign(limit, current), 1.0, third
        return level, current, 0.0, third

    def idle(self, duration: float, temperature: float = ROOM) -> None:
        """Let `duration` seconds pass without bias, in closed form."""
        self.crossbar.temperature = temperature
        if duration > 0.0:
            self.crossbar.rest(duration)

    def look(self, voltage: float, third: float = 0.0) -> Solution:
        """Return voltages and currents of all cells with the two sources there; nothing moves."""
        return self.crossbar.look(self._drive(voltage, third, math.inf, 0.0))

    def current(self, voltage: float) -> float:
        """Return the noise-free current in A into all lines on `high` at `voltage`.

        Nothing changes. Gates on the third input are where they were last, its other lines at 0 V.
        """
        drive = self._drive(voltage, 0.0, math.inf, 0.0)
        gates = np.where(self._gates == THIRD, self._third, drive.gates)
        drive = Drive(drive.rows, drive.columns, gates, drive.source)
        return self.crossbar.into(self._lines == HIGH, self.crossbar.look(drive).current)

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say about it, where its lines are included."""
        rows = self.crossbar.shape[0]
        where = {"rows": self._lines[:rows], "columns": self._lines[rows:], "gates": self._gates}
        on = {name: {kind: np.flatnonzero(roles == role).tolist() for kind, roles in where.items()}
              for role, name in _ROLES.items()}  # fmt: skip
        return {**self.crossbar.metadata(), "connection": on}


def _places(
    outputs: tuple[int, int, int | None], sizes: tuple[int, int, int]
) -> dict[int, tuple[str, int]]:
    """Return kind and index of the line at each output."""
    found: dict[int, tuple[str, int]] = {}
    for kind, first, size in zip(_KINDS, outputs, sizes, strict=True):
        if first is None:
            continue
        if first < 1:
            raise ValueError(f"first_{kind} must be an output of the matrix, from 1; got {first}")
        for index in range(size):
            if first + index in found:
                other, at = found[first + index]
                raise ValueError(
                    f"first_{kind} = {first} leads output {first + index} to {kind} {index}, and "
                    f"it is on {other} {at} already"
                )
            found[first + index] = kind, index
    return found


def _checked_inputs(inputs: tuple[int, int, int]) -> dict[int, int]:
    """Return the role of each input."""
    if min(inputs) < 1 or len(set(inputs)) < len(inputs):
        named = ", ".join(f"{name} = {n}" for name, n in zip(_ROLES.values(), inputs, strict=True))
        raise ValueError(f"the inputs must be three different ones, from 1; got {named}")
    return dict(zip(inputs, _ROLES, strict=True))


def make_array(simulation: Mapping[str, Any], wiring: Mapping[str, Any]) -> ArrayOfCells:
    """Return the array that bench.toml describes.

    Args:
        simulation: `model`, `parameters`, `seed`, `temperature` and `array`: `cells`, `transistor`
            and fields of `CrossbarParameters`.
        wiring: `array`: `rows`, `columns`, `first_row`, `first_column`, `first_gate` (outputs of
            the matrix), `high`, `low` and `third` (its inputs). With gate lines there are
            transistors.

    Raises:
        ValueError: as from `ArrayOfCells`.
    """
    matrix, lines = wiring["array"], dict(simulation.get("array") or {})
    gates, transistor = matrix.get("first_gate"), lines.pop("transistor", None)
    array = ArrayOfCells(
        simulation.get("model", "gap_filament"),
        matrix["rows"],
        matrix["columns"],
        seed=simulation.get("seed"),
        parameters=simulation.get("parameters"),
        cells=lines.pop("cells", ()),
        outputs=(matrix.get("first_row", 1), matrix["first_column"], gates),
        inputs=(matrix.get("high", 1), matrix.get("low", 2), matrix.get("third", 3)),
        transistor={} if transistor is None and gates is not None else transistor,
        **lines,
    )
    array.idle(0.0, simulation.get("temperature", ROOM))
    return array
