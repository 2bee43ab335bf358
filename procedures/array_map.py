"""The conductance of every cell of an array."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.spread import Estimate, mean, median, variation
from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.stimulus import Stimulus, read
from procedures.merits import merit


class ArrayMap(Procedure):
    """Read every cell of an array once, or several times over.

    What is read includes whatever the wiring's scheme lets in: sneak paths where the other lines
    float, the whole row where they are grounded or at half the voltage. The scheme "sensed" reads
    a cell alone, up to the resistance of its lines. The result names the scheme, and the voltage of
    the other rows and columns where something held them. A lone device is an array of one.
    """

    SELECTS: ClassVar[bool] = True

    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    repeats = count("Repeats", 1, description="of the whole map")
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Pass",
        "Row",
        "Column",
        "Conductance (S)",
        "In compliance",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("column", "row", "Conductance map", log_y=True, kind="map", by="conductance"),
        Plot("column", "conductance", "Conductance by row", kind="points", by="row"),
    )

    def preview(self) -> Stimulus:
        """Return one read."""
        return read(self.read_voltage, self.read_width)

    def execute(self) -> None:
        """Select cell after cell, row by row."""
        cells, probe = self.dut.cells, self.preview()
        for number in range(1, self.repeats + 1):
            for index, cell in enumerate(cells, 1):
                self.dut.select(cell)
                found = self.dut.play(probe, compliance=self.compliance)
                self.record(**{"pass": number}, row=cell.row, column=cell.column,
                            conductance=found.conductance[0], in_compliance=found.limited[0],
                            time=found.time[0])  # fmt: skip
                self.progress((number - 1 + index / len(cells)) / self.repeats)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return centre, spread between cells, and extremes; a cell at 0 V has no conductance."""
        names = ("row", "column", "conductance")
        row, column, found = (data[name][np.isfinite(data["conductance"])] for name in names)
        if not found.size:
            return {}
        cells = np.unique(np.stack([row, column]), axis=1).T
        each = np.array([found[(row == r) & (column == c)].mean() for r, c in cells])
        return {
            **self._others(),
            "cells": Merit(float(len(cells)), "", "Cells read"),
            "mean": merit(mean(each), "S", "Mean conductance"),
            "median": merit(median(each), "S", "Median conductance"),
            "spread": merit(variation(each), "", "Spread between cells, relative"),
            "lowest": merit(Estimate(float(each.min())), "S", "Lowest conductance"),
            "highest": merit(Estimate(float(each.max())), "S", "Highest conductance"),
        }

    def _others(self) -> dict[str, Merit]:
        """Return what the other lines of an array were at, where something held them."""
        dut = getattr(self, "dut", None)
        if dut is None or dut.wiring.array is None:
            return {}
        level = dut.wiring.array.other_lines(self.read_voltage)
        return {} if level is None else {
            "other_lines": Merit(level, "V", "Other rows and columns during a read")
        }  # fmt: skip
