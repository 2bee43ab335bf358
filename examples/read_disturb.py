"""A whole procedure in one file: does reading change what is read?

Run it from this folder: ``benchctl run read_disturb:ReadDisturb -p read_voltage=0.3 --seed 1``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.stimulus import Stimulus, pulse, read, wait


class ReadDisturb(Procedure):
    """Set once, then read again and again at the same voltage.

    Without a rest between them the reads are one bias that nothing interrupts.
    """

    set_voltage = quantity("Set voltage", 2.9, "V", -40, 40)
    set_width = quantity("Set width", "1 ms", "s", 1e-9, 100)
    read_voltage = quantity("Read voltage", 0.2, "V", 1e-3, 5)
    read_width = quantity("Read width", "1 ms", "s", 1e-9, 100)
    rest = quantity("Rest", 0, "s", 0, 100, description="after each read")
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)
    repeats = count("Reads", 1000, minimum=2)

    DATA_COLUMNS: ClassVar[list[str]] = ["Read", "Conductance (S)", "Time (s)"]
    PLOTS: ClassVar[tuple[Plot, ...]] = (Plot("read", "conductance", "Read disturb", log_x=True),)

    def reads(self) -> Stimulus:
        """Return all reads."""
        one = read(self.read_voltage, self.read_width) + wait(self.rest)
        reads: Stimulus = one * self.repeats
        return reads

    def preview(self) -> Stimulus:
        """Return all there is: a bias that is held for too long is refused with the rest."""
        return pulse(self.set_voltage, self.set_width) + self.reads()

    def execute(self) -> None:
        """Set, then record the reads block by block."""
        self.dut.play(pulse(self.set_voltage, self.set_width), compliance=self.compliance)
        done = 0
        for block in self.dut.stream(self.reads(), compliance=self.compliance):
            numbers = np.arange(done + 1, done + len(block) + 1)
            self.record(read=numbers, conductance=block.conductance, time=block.time)
            done += len(block)
            self.progress(done / self.repeats)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return how much the conductance changed, relative to its spread."""
        g = data["conductance"]
        tenth = max(1, len(g) // 10)
        change = float(np.mean(g[-tenth:]) / np.mean(g[:tenth]) - 1)
        return {"change": Merit(change, "", "Change, last tenth over first")}
