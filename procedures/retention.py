"""Retention: program levels, then read them on a logarithmic schedule."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.retention import TEN_YEARS, drift, extrapolate, schedule
from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Merit, Plot, choice, count, quantities_list, quantity
from benchctl.quantities import show
from benchctl.stimulus import read
from benchctl.wiring import Cell
from procedures.merits import merit
from procedures.programming import Programming
from procedures.steps import Ladder, last, write_verify


class Retention(Programming):
    """Program every cell of the bench to a level, read the cells in turn, then the next level.

    Each cell's time counts from the end of its own last programming pulse (from the read that found
    it at the level, where it needed none). Reads are made at the read
    voltage only; in between the device rests at 0 V. The drift law of each level is chosen from
    five by the corrected Akaike criterion and extrapolated to ten years; how far that reaches
    beyond the last read is said with it.
    """

    SELECTS: ClassVar[bool] = True

    levels = quantities_list("Levels", "5 uS, 20 uS, 80 uS", "S", 1e-12, 10)
    level_order = choice("Level order", "ascending", ["ascending", "descending", "as listed"])
    duration = quantity("Duration", "1e4 s", "s", 1e-3, "100 y")
    first_read = quantity("First read", "1 s", "s", 1e-6, 1e6)
    reads_per_decade = count("Reads per decade", 8, 1, 1000)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Row",
        "Column",
        "Target (S)",
        "Reached",
        "Elapsed (s)",
        "Conductance (S)",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("elapsed", "conductance", "Retention", True, True, "points", by="target"),
    )

    def targets(self) -> list[float]:
        """Return the levels in the order they are measured."""
        if self.level_order == "as listed":
            return list(self.levels)
        return sorted(self.levels, reverse=self.level_order == "descending")

    def check(self, dut: Dut) -> None:
        """Refuse a schedule that ends before it begins as well."""
        if self.first_read > self.duration:
            raise ConfigError(
                f"first_read: {show(self.first_read, 's')} is later than the duration, "
                f"{show(self.duration, 's')}"
            )
        super().check(dut)

    def execute(self) -> None:
        """Measure level after level on all cells."""
        ladder = self.ladder()
        targets = self.targets()
        for number, target in enumerate(targets):
            programmed = {cell: self._program(cell, target, ladder) for cell in self.dut.cells}
            self._watch(target, programmed, number / len(targets), 1 / len(targets))

    def _program(self, cell: Cell, target: float, ladder: Ladder) -> tuple[float, bool]:
        """Bring `cell` to `target`; return when its last pulse ended, and whether it got there."""
        self.dut.select(cell)
        end = last(write_verify(self.dut, target, self.tolerance, ladder, self.attempts))
        return end.pulsed, end.verdict == "reached"

    def _watch(
        self, target: float, programmed: dict[Cell, tuple[float, bool]], done: float, share: float
    ) -> None:
        """Read every cell on its own schedule, whichever is due next."""
        times = schedule(self.first_read, self.duration, self.reads_per_decade)
        due = sorted((start + t, cell) for cell, (start, _) in programmed.items() for t in times)
        probe = read(self.read_voltage, self.read_width)
        for number, (when, cell) in enumerate(due, 1):
            self.dut.wait(max(0.0, when - self.dut.clock.now()))
            self.dut.select(cell)
            readings = self.dut.play(probe, compliance=self.compliance)
            start, reached = programmed[cell]
            self.record(
                row=cell.row,
                column=cell.column,
                target=target,
                reached=reached,
                elapsed=float(readings.time[0]) - start,
                conductance=float(readings.conductance[0]),
                time=float(readings.time[0]),
            )
            self.progress(done + share * number / len(due))

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return, for each level, the drift law, what is left at the end, and after ten years."""
        targets = np.unique(data["target"])
        merits = {
            "levels_reached": Merit(
                float(np.unique(data["target"][data["reached"] == 1]).size),
                "",
                "Levels reached",
                None,
                f"of {targets.size}",
            )
        }
        for number, target in enumerate(targets, 1):
            rows = data["target"] == target
            merits |= _level(number, float(target), {k: v[rows] for k, v in data.items()})
        return merits


def _level(number: int, target: float, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
    elapsed, relative = data["elapsed"], _relative(data)
    law = drift(elapsed, relative)
    first, end = (float(elapsed.min()), float(elapsed.max())) if elapsed.size else (1.0, 1.0)
    parameters = ", ".join(f"{p:.4g}" for p in law.parameters)
    name = f"level {show(target, 'S')}"
    return {
        f"drift_law_{number}": Merit(
            law.name, "", f"Drift law, {name}", None, law.note or f"parameters {parameters}"
        ),
        f"drift_per_decade_{number}": Merit(
            _per_decade(elapsed, relative), "", f"Relative change per decade, {name}"
        ),
        f"left_at_end_{number}": merit(
            extrapolate(law, elapsed, relative, at=end, since=first),
            "",
            f"Left at the last read, {name}",
            f"after {show(end, 's', 3)}",
        ),
        f"left_after_10_years_{number}": merit(
            extrapolate(law, elapsed, relative, at=TEN_YEARS, since=first),
            "",
            f"Left after 10 years, {name}",
            f"{law.name} law",
        ),
    }


def _relative(data: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return every read over the first of its own cell, NaN where that one saw nothing."""
    relative = np.full(data["conductance"].shape, math.nan)
    cells = np.stack([data["row"], data["column"]])
    for cell in np.unique(cells, axis=1).T:
        rows = np.flatnonzero((cells == cell[:, None]).all(axis=0))
        first = data["conductance"][rows[0]]
        if first > 0:
            relative[rows] = data["conductance"][rows] / first
    return relative


def _per_decade(time: NDArray[Any], relative: NDArray[Any]) -> float:
    known = np.isfinite(relative) & (time > 0)
    if np.unique(time[known]).size < 2:
        return math.nan
    return float(np.polyfit(np.log10(time[known]), relative[known], 1)[0])
