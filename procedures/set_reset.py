"""Pulsed set and reset, every cycle observed."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.spread import PROBABILITIES, mean, quantiles
from benchctl.analysis.switching import states
from benchctl.procedure import Merit, Plot, count
from procedures.cycling import Cycling
from procedures.merits import merit, resolved
from procedures.steps import whole_cycles


class SetReset(Cycling):
    """Set, read, reset, read, in one open-loop program.

    Both states are read in every cycle. Where the bench can measure inside the pulse, the row
    says whether the pulse ran into compliance; where it cannot (a generator's fast pulse) that
    is NaN, not "no".
    """

    cycles = count("Cycles", 100)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Cycle",
        "Set conductance (S)",
        "Reset conductance (S)",
        "In compliance",
        "Reset in compliance",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "cycle", ("set_conductance", "reset_conductance"), "States", log_y=True, kind="points"
        ),
        Plot("set_conductance", "reset_conductance", "State pairs", True, True, "points"),
    )

    def execute(self) -> None:
        """Play all cycles as one stimulus and record them block by block."""
        cycle = self.cycle()
        blocks = self.dut.stream(cycle.observed * self.cycles, compliance=self.compliance)
        done = 0
        for block in whole_cycles(blocks, cycle.readings):
            columns = cycle.columns(block)
            rows = len(columns["time"])
            self.record(cycle=np.arange(done + 1, done + rows + 1), **columns)
            done += rows
            self.progress(done / self.cycles)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return both states, their ratio and spread, the failed cycles and the compliance."""
        resolution = resolved(self, (self.preview(), self.compliance))
        found = states(
            data["set_conductance"],
            data["reset_conductance"],
            self.least_ratio,
            resolution / abs(self.read_voltage),
        )
        limited = mean(data["in_compliance"])
        unseen = "" if np.isfinite(limited.value) else "the bench cannot measure in this pulse"
        return {
            "set_conductance": merit(found.high, "S", "Set conductance"),
            "reset_conductance": merit(found.low, "S", "Reset conductance"),
            "on_off_ratio": merit(found.ratio, "", "ON/OFF ratio"),
            "worst_case_ratio": merit(
                found.worst_ratio, "", "ON/OFF, 5 % of set over 95 % of reset"
            ),
            "set_spread": merit(found.high_variation, "", "Set spread, cycle to cycle"),
            "reset_spread": merit(found.low_variation, "", "Reset spread, cycle to cycle"),
            "set_spread_robust": merit(found.high_robust, "", "Set spread, from the MAD"),
            "reset_spread_robust": merit(found.low_robust, "", "Reset spread, from the MAD"),
            "set_distribution": _distribution(data["set_conductance"], "Set"),
            "reset_distribution": _distribution(data["reset_conductance"], "Reset"),
            "failed_cycles": Merit(
                float(found.failed), "", "Failed cycles", None, f"of {found.observed} observed"
            ),
            "set_in_compliance": Merit(
                limited.value, "", "Share of set pulses in compliance", None, unseen
            ),
        }


def _distribution(values: NDArray[Any], state: str) -> Merit:
    at = ", ".join(f"{100 * p:g}" for p in PROBABILITIES)
    rounded = [float(f"{q:.4g}") for q in quantiles(values)]
    return Merit(rounded, "S", f"{state} conductance, cumulative", None, f"at {at} %")
