"""What procedures that set and reset a device over and over have in common."""

from benchctl.procedure import Procedure, quantity
from benchctl.stimulus import Stimulus
from procedures.steps import Cycle


class Cycling(Procedure):
    """The pulses and reads of a cycle, as parameters."""

    set_voltage = quantity("Set voltage", 2.9, "V", -40, 40)
    reset_voltage = quantity("Reset voltage", -2.0, "V", -40, 40)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    set_width = quantity("Set width", "1 us", "s", 1e-9, 100)
    reset_width = quantity("Reset width", "1 us", "s", 1e-9, 100)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    compliance = quantity(
        "Compliance", "100 uA", "A", 1e-12, 10,
        description="of the source-meter; a generator's pulse has only its series resistor",
    )  # fmt: skip
    least_ratio = quantity(
        "Smallest ON/OFF ratio", 3, "", 1, 1e9, description="a cycle below it counts as failed"
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
        """Return one observed cycle."""
        return self.cycle().observed
