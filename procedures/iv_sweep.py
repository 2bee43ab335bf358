"""Current-voltage double sweep."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.spread import Estimate, median, variation
from benchctl.analysis.switching import HalfLoop, halves, on_off, pinch
from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.stimulus import Segment, Stimulus
from procedures.merits import merit, resolved

MOST = 100_000
"""points up to a peak; no source holds as many"""


class IVSweep(Procedure):
    """Sweep the voltage up and back on both sides of 0 V, each under its own compliance.

    "Voltage" is what the source-meter measured, "Programmed voltage" what it was told: they part
    where the compliance holds the current. Set voltage: the step of the outgoing branch at which
    ln G rises most. Reset voltage: the outgoing branch's largest current. Which polarity sets is
    read from the data.
    """

    set_voltage = quantity("First peak", 2.0, "V", -40, 40)
    reset_voltage = quantity("Second peak", -1.8, "V", -40, 40)
    read_voltage = quantity("Read voltage", 0.1, "V", 1e-6, 5)
    step = quantity("Voltage step", "20 mV", "V", 1e-6, 1)
    rate = quantity("Sweep rate", 1.0, "V/s", 1e-6, 1e6)
    compliance = quantity("Compliance, first polarity", "100 uA", "A", 1e-12, 10)
    reset_compliance = quantity("Compliance, second polarity", "1 mA", "A", 1e-12, 10)
    cycles = count("Cycles", 10)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Cycle",
        "Programmed voltage (V)",
        "Voltage (V)",
        "Current (A)",
        "In compliance",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("voltage", "current", "Current-voltage loop", by="cycle"),
        Plot("voltage", "current", "Current-voltage loop, logarithmic", log_y=True, by="cycle"),
        Plot("programmed_voltage", "current", "Against the programmed voltage", by="cycle"),
    )

    def branch(self, peak: float) -> Stimulus:
        """Return 0, `peak`, 0 as a staircase of measured steps."""
        points = math.ceil(abs(peak) / self.step - 1e-9) + 1
        if points > MOST:
            raise ConfigError(f"step: the sweep would have more than {MOST} points on its way up")
        up = np.linspace(0.0, peak, points).round(9)
        dwell = self.step / self.rate
        levels = [*up.tolist(), *up[-2::-1].tolist()]
        return Stimulus(tuple(Segment(level, dwell, measure=True) for level in levels))

    def preview(self) -> Stimulus:
        """Return one cycle."""
        if self.set_voltage * self.reset_voltage >= 0:
            raise ConfigError(
                "set_voltage and reset_voltage: a double sweep needs a peak on either side of 0 V"
            )
        return self.branch(self.set_voltage) + self.branch(self.reset_voltage)

    def legs(self) -> tuple[tuple[Stimulus, float], ...]:
        """Return each polarity's branch and its compliance (A)."""
        return (
            (self.branch(self.set_voltage), self.compliance),
            (self.branch(self.reset_voltage), self.reset_compliance),
        )

    def check(self, dut: Dut) -> None:
        """Refuse either polarity under its own compliance as well."""
        super().check(dut)
        for stimulus, compliance in self.legs():
            dut.check(stimulus, compliance=compliance)

    def execute(self) -> None:
        """Sweep cycle after cycle; each polarity is one program."""
        legs = self.legs()
        for cycle in range(1, self.cycles + 1):
            for stimulus, compliance in legs:
                readings = self.dut.play(stimulus, compliance=compliance)
                self.record(
                    cycle=cycle,
                    programmed_voltage=np.array([s.voltage for s in stimulus.unroll()]),
                    voltage=readings.voltage,
                    current=readings.current,
                    in_compliance=readings.limited,
                    time=readings.time,
                )
            self.progress(cycle / self.cycles)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return set and reset voltage, ON/OFF, loop area, pinch and compliance."""
        resolution = resolved(self, *self.legs())
        least = resolution / self.read_voltage
        cycles = np.unique(data["cycle"])
        loops = [half for cycle in cycles for half in self._halves(data, cycle, resolution)]
        sets = [h for h in loops if h.direction > 0]
        resets = [h for h in loops if h.direction < 0]
        crossing = pinch(data["programmed_voltage"], data["current"])
        return {
            "set_voltage": _voltage(sets, len(cycles), "Set voltage"),
            "reset_voltage": _voltage(resets, len(cycles), "Reset voltage"),
            "set_voltage_spread": merit(
                variation([h.voltage for h in sets]), "", "Set voltage spread, cycle to cycle"
            ),
            "on_off_ratio": merit(
                on_off([h.after for h in sets], [h.before for h in sets], least),
                "",
                "ON/OFF ratio",
                f"at {self.read_voltage:g} V, after over before a set",
            ),
            "hysteresis_area": merit(
                median([h.area for h in loops]), "W", "Loop area of one polarity"
            ),
            "pinched": Merit(
                bool(crossing.value < 0.01),
                "",
                "Loop goes through the origin",
                None,
                crossing.note or f"|I| at 0 V is {crossing.value:.2g} of the largest",
            ),
            "compliance_reached": Merit(
                bool(np.nansum(data["in_compliance"]) > 0), "", "Compliance was reached"
            ),
        }

    def _halves(
        self, data: Mapping[str, NDArray[Any]], cycle: float, resolution: float
    ) -> list[HalfLoop]:
        rows = data["cycle"] == cycle
        found = halves(
            data["programmed_voltage"][rows],
            data["voltage"][rows],
            data["current"][rows],
            data["in_compliance"][rows],
            self.read_voltage,
            resolution,
        )
        return [half for half in found if half is not None]


def _voltage(loops: list[HalfLoop], cycles: int, title: str) -> Merit:
    if not loops:
        return merit(Estimate(math.nan, note="no cycle switched"), "V", title)
    return merit(
        median([h.voltage for h in loops]), "V", title, f"{len(loops)} of {cycles} cycles switched"
    )
