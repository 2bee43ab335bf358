"""Pulsed set and reset, every cycle observed."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.spread import PROBABILITIES, Estimate, mean, quantiles
from benchctl.analysis.switching import states
from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.stimulus import Stimulus
from procedures.merits import merit
from procedures.steps import Cycle, whole_cycles


class SetReset(Procedure):
    """Set, read, reset, read, in one open-loop program.

    Both states are read in every cycle. Where the bench can measure inside the pulse, the row
    says whether the pulse ran into compliance; where it cannot (a generator's fast pulse) that
    is NaN, not "no".
    """

    set_voltage = quantity("Set voltage", 2.9, "V", -40, 40)
    reset_voltage = quantity("Reset voltage", -2.0, "V", -40, 40)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    set_width = quantity("Set width", "1 us", "s", 1e-9, 100)
    reset_width = quantity("Reset width", "1 us", "s", 1e-9, 100)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)
    cycles = count("Cycles", 100)
    least_ratio = quantity(
        "Smallest ON/OFF ratio", 3, "", 1, 1e9, description="a cycle below it counts as failed"
    )

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

    def cycle(self) -> Cycle:
        """Return one cycle, its pulses measured where the bench can."""
        dut = getattr(self, "dut", None)
        return Cycle(
            self.set_voltage,
            self.reset_voltage,
            self.set_width,
            self.reset_width,
            self.read_voltage,
            self.read_width,
            set_measured=dut is not None and dut.measures(self.set_width),
            reset_measured=dut is not None and dut.measures(self.reset_width),
        )

    def preview(self) -> Stimulus:
        """Return one cycle."""
        return self.cycle().observed

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
        found = states(data["set_conductance"], data["reset_conductance"], self.least_ratio)
        limited = mean(data["in_compliance"])
        unseen = "" if np.isfinite(limited.value) else "the bench cannot measure in this pulse"
        return {
            "set_conductance": merit(found.high, "S", "Set conductance"),
            "reset_conductance": merit(found.low, "S", "Reset conductance"),
            "on_off_ratio": merit(found.ratio, "", "ON/OFF ratio"),
            "worst_case_ratio": merit(
                Estimate(found.worst_ratio), "", "ON/OFF, 5 % of set over 95 % of reset"
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
