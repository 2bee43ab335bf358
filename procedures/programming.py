"""What procedures that bring a device to a conductance have in common."""

from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Procedure, count, quantity
from benchctl.quantities import show
from benchctl.stimulus import Stimulus, pulse, read
from procedures.steps import Ladder


class Programming(Procedure):
    """The pulses and reads of an incremental-step write-verify, as parameters."""

    tolerance = quantity("Tolerance", 0.05, "", 1e-4, 1, description="half width over the target")
    attempts = count("Attempt budget", 200, description="pulses per try")
    set_voltage = quantity("Largest set voltage", 3.2, "V", -40, 40)
    set_start = quantity("First set voltage", 1.2, "V", -40, 40)
    reset_voltage = quantity("Largest reset voltage", -2.4, "V", -40, 40)
    reset_start = quantity("First reset voltage", -1.2, "V", -40, 40)
    step = quantity("Voltage step", "30 mV", "V", 1e-4, 5)
    set_width = quantity("Set width", "1 us", "s", 1e-9, 100)
    reset_width = quantity("Reset width", "1 us", "s", 1e-9, 100)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    compliance = quantity(
        "Compliance", "100 uA", "A", 1e-12, 10,
        description="of the source-meter; a generator's pulse has only its series resistor",
    )  # fmt: skip

    def ladder(self, lowest: float = 0.0) -> Ladder:
        """Return the pulses a try may use; none resets the device below `lowest` (S)."""
        return Ladder(
            self.set_start,
            self.set_voltage,
            self.reset_start,
            self.reset_voltage,
            self.step,
            self.set_width,
            self.reset_width,
            self.read_voltage,
            self.read_width,
            lowest,
            self.compliance,
        )

    def targets(self) -> list[float]:
        """Return the conductances (S) to be reached."""
        return []

    def check(self, dut: Dut) -> None:
        """Refuse a ladder that does not climb, and targets that cannot be read, as well."""
        ladder = self.ladder()
        super().check(dut)
        for direction, width in ((1, self.set_width), (-1, self.reset_width)):
            smallest = pulse(ladder.smallest(direction), width)
            dut.check(smallest, compliance=self.compliance)
        for target in self.targets():
            current = target * (1 + self.tolerance) * abs(self.read_voltage)
            if current > self.compliance:
                raise ConfigError(
                    f"a level of {show(target, 'S')} gives {show(current, 'A', 3)} at the read "
                    f"voltage, more than the compliance of {show(self.compliance, 'A')}; lower "
                    "read_voltage or the level, or raise compliance"
                )

    def preview(self) -> Stimulus:
        """Return the largest pulse of each polarity, with its read."""
        probe = read(self.read_voltage, self.read_width)
        return (
            pulse(self.set_voltage, self.set_width)
            + probe
            + pulse(self.reset_voltage, self.reset_width)
            + probe
        )
