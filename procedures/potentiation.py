"""Potentiation and depression by identical pulses, on the device or on its gate."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.linearity import branches
from benchctl.analysis.spread import Estimate
from benchctl.procedure import Merit, Plot, Procedure, choice, count, quantity
from benchctl.stimulus import Segment, Stimulus, read, wait
from procedures.merits import merit

UP, DOWN = 1, -1


class Potentiation(Procedure):
    """Give pulses of one kind, then as many of the other, and read after each.

    With "Pulses on" at "gate" the pulses go to a third terminal while the device rests, and the
    reads to the device: a synaptic transistor. A row with pulse number 0 is the read before a
    branch. Nonlinearity is NeuroSim's label: 0 for a straight branch; where pulses change less
    and less, above 0 for potentiation and below 0 for depression.
    """

    terminal = choice("Pulses on", "device", ["device", "gate"])
    set_voltage = quantity("Potentiating voltage", 2.0, "V", -40, 40)
    reset_voltage = quantity("Depressing voltage", -1.2, "V", -40, 40)
    set_width = quantity("Potentiating width", "1 ms", "s", 1e-9, 100)
    reset_width = quantity("Depressing width", "1 ms", "s", 1e-9, 100)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    rest = quantity(
        "Rest", 0, "s", 0, 1e4, description="between pulse and read: what relaxes has relaxed"
    )
    pulses = count("Pulses in a branch", 50, 2, 100_000)
    cycles = count("Cycles", 3, 1, 100_000)
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Cycle",
        "Branch",
        "Pulse",
        "Conductance (S)",
        "In compliance",
        "Elapsed (s)",
        "Time (s)",
    ]
    CODES: ClassVar[Mapping[str, Mapping[float, str]]] = {
        "branch": {UP: "potentiation", DOWN: "depression"}
    }
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("elapsed", "conductance", "Conductance", kind="points", by="branch"),
        Plot("pulse", "conductance", "All branches", kind="points", by="branch"),
    )

    def pulse(self, direction: int) -> Stimulus:
        """Return one pulse of a branch, and the read after it."""
        voltage = self.set_voltage if direction == UP else self.reset_voltage
        width = self.set_width if direction == UP else self.reset_width
        top = Segment(voltage, width)
        if self.terminal == "gate":
            top = Segment(0.0, width, gate=voltage)
        probe = read(self.read_voltage, self.read_width)
        return Stimulus((top,)) + wait(self.rest) + probe

    def branch(self, direction: int) -> Stimulus:
        """Return the read before a branch, and all its pulses and reads."""
        whole: Stimulus = (
            read(self.read_voltage, self.read_width) + self.pulse(direction) * self.pulses
        )
        return whole

    def preview(self) -> Stimulus:
        """Return one cycle."""
        return self.branch(UP) + self.branch(DOWN)

    def execute(self) -> None:
        """Play branch after branch."""
        began: float | None = None
        for cycle in range(1, self.cycles + 1):
            for direction in (UP, DOWN):
                done = 0
                branch = self.branch(direction)
                for block in self.dut.stream(branch, compliance=self.compliance):
                    if not len(block):
                        continue
                    began = float(block.time[0]) if began is None else began
                    self.record(
                        cycle=cycle, branch=direction, pulse=np.arange(done, done + len(block)),
                        conductance=block.conductance, in_compliance=block.limited,
                        elapsed=block.time - began, time=block.time,
                    )  # fmt: skip
                    done += len(block)
                    share = (done / branch.measured + (direction == DOWN)) / 2
                    self.progress((cycle - 1 + share) / self.cycles)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return range, nonlinearity of both branches, asymmetry and spread of whole cycles."""
        reads = self.pulses + 1
        up, down = (data["conductance"][data["branch"] == d] for d in (UP, DOWN))
        whole = min(up.size, down.size) // reads
        if whole == 0:
            return {}
        found = branches(
            up[: whole * reads].reshape(whole, reads), down[: whole * reads].reshape(whole, reads)
        )
        return {
            "lowest": Merit(found.lowest, "S", "Lowest conductance, mean of cycles"),
            "highest": Merit(found.highest, "S", "Highest conductance, mean of cycles"),
            "dynamic_range": Merit(found.dynamic_range, "", "Dynamic range, highest over lowest"),
            "potentiation_nonlinearity": merit(
                found.potentiation, "", "Nonlinearity of potentiation, NeuroSim's label"
            ),
            "depression_nonlinearity": merit(
                found.depression, "", "Nonlinearity of depression, NeuroSim's label"
            ),
            "linearity": merit(found.linearity, "", "R² of potentiation against pulse number"),
            "asymmetry": merit(
                Estimate(found.asymmetry), "", "Largest distance of the branches, of the range"
            ),
            "step_variation": Merit(
                found.variation, "", "Cycle-to-cycle deviation of a step, of the range"
            ),
        }
