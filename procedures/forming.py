"""Electroforming of a fresh device."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.typing import NDArray

from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.quantities import show
from benchctl.stimulus import Stimulus, pulse, read, wait

RAMPING, VOLATILE, FORMED, ALREADY = 0, 1, 2, 3


class Forming(Procedure):
    """Raise the voltage pulse by pulse, under compliance, until the conductance jumps and stays.

    After each pulse the device is read at once. A jump is read again after the hold time: what
    has fallen back was volatile, and the ramp goes on; what is still there is formed, and the
    voltage is never raised again. A device that showed volatile jumps on the way (ions that move
    before they settle) then gets some more of the same pulse, so that the level outlasts more
    than the hold time. A device that conducts from the start is left as it is.
    """

    PRISTINE: ClassVar[bool] = True

    start_voltage = quantity("First voltage", 0.5, "V", -40, 40)
    stop_voltage = quantity("Largest voltage", 3.4, "V", -40, 40, description="its sign forms")
    step = quantity("Voltage step", "50 mV", "V", 1e-4, 5)
    set_width = quantity("Pulse width", "50 ms", "s", 1e-9, 100)
    compliance = quantity("Compliance", "300 uA", "A", 1e-12, 10)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    read_width = quantity("Read width", "20 ms", "s", 1e-9, 100)
    jump = quantity("Jump", 5, "", 1.1, 1e9, description="conductance over the fresh device's")
    hold_time = quantity("Hold time", "10 s", "s", 0, 1e9)
    formed_conductance = quantity(
        "Formed from", "0.15 uS", "S", 0, 10, description="conductance that needs no forming"
    )
    consolidation = count("Further pulses for a volatile device", 100, 0, 1000)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Pulse",
        "Pulse voltage (V)",
        "Pulse current (A)",
        "In compliance",
        "Conductance (S)",
        "Held conductance (S)",
        "State",
        "Time (s)",
    ]
    CODES: ClassVar[Mapping[str, Mapping[float, str]]] = {
        "state": {
            RAMPING: "ramping", VOLATILE: "volatile jump", FORMED: "formed",
            ALREADY: "formed already",
        }
    }  # fmt: skip
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        # Linear: most source-meters read 0 of a fresh device, for which a log axis has no place.
        Plot("pulse_voltage", ("conductance", "held_conductance"), "Forming", kind="points"),
        Plot("pulse_voltage", "pulse_current", "Current in the pulse", log_y=True),
        Plot("pulse_voltage", "state", "State after the pulse", kind="points"),
    )

    def voltages(self) -> list[float]:
        """Return the ramp's voltages."""
        start, stop = abs(self.start_voltage), abs(self.stop_voltage)
        count = max(0, math.floor((stop - start) / self.step + 1e-9)) + 1
        return [
            math.copysign(round(min(start + k * self.step, stop), 9), self.stop_voltage)
            for k in range(count)
        ]

    def shot(self, voltage: float) -> Stimulus:
        """Return one pulse, measured where the bench can, and its read."""
        measure = hasattr(self, "dut") and self.dut.measures(self.set_width)
        probe = read(self.read_voltage, self.read_width)
        return pulse(voltage, self.set_width, measure=measure) + probe

    def preview(self) -> Stimulus:
        """Return the whole ramp, as if the device never formed."""
        shots = (self.shot(v) + wait(self.read_width) for v in self.voltages())
        return Stimulus(tuple(item for shot in shots for item in shot.items))

    def check(self, dut: Dut) -> None:
        """Refuse a ramp that does not climb as well."""
        if self.stop_voltage == 0 or abs(self.start_voltage) > abs(self.stop_voltage):
            raise ConfigError(
                f"start_voltage: the pulses must grow from {show(abs(self.start_voltage), 'V')} to "
                f"the largest voltage, not to {show(abs(self.stop_voltage), 'V')}"
            )
        super().check(dut)

    def execute(self) -> None:
        """Ramp until formed; then hold still."""
        fresh = self.dut.read(self.read_voltage, width=self.read_width, compliance=self.compliance)
        formed = fresh >= self.formed_conductance
        self._row(0, 0.0, (math.nan, math.nan, fresh), math.nan, ALREADY if formed else RAMPING)
        if formed:
            return
        voltages, volatile = self.voltages(), False
        for number, voltage in enumerate(voltages, 1):
            seen = self._apply(voltage)
            state, held = self._judge(seen[2], fresh)
            self._row(number, voltage, seen, held, state)
            self.progress(number / len(voltages))
            volatile |= state == VOLATILE
            if state == FORMED:
                if volatile:
                    self._consolidate(number, voltage)
                return

    def _apply(self, voltage: float) -> tuple[float, float, float]:
        """Give one pulse; return its current, whether it was limited, and the read after it."""
        readings = self.dut.play(self.shot(voltage), compliance=self.compliance)
        conductance = float(readings.conductance[-1])
        if len(readings) == 1:
            return math.nan, math.nan, conductance
        return float(readings.current[0]), float(readings.limited[0]), conductance

    def _judge(self, conductance: float, fresh: float) -> tuple[int, float]:
        """Return the state after a pulse, and the conductance after the hold time."""
        threshold = max(self.jump * fresh, self.formed_conductance)
        if conductance < threshold:
            return RAMPING, math.nan
        self.dut.wait(self.hold_time)
        held = self.dut.read(self.read_voltage, width=self.read_width, compliance=self.compliance)
        return (FORMED if held >= threshold else VOLATILE), held

    def _consolidate(self, number: int, voltage: float) -> None:
        """Repeat the pulse that formed, never a higher one."""
        for extra in range(1, self.consolidation + 1):
            self._row(number + extra, voltage, self._apply(voltage), math.nan, FORMED)

    def _row(
        self, number: int, voltage: float, seen: tuple[float, float, float], held: float, state: int
    ) -> None:
        self.record(
            pulse=number,
            pulse_voltage=voltage,
            pulse_current=seen[0],
            in_compliance=seen[1],
            conductance=seen[2],
            held_conductance=held,
            state=state,
            time=self.dut.clock.now(),
        )

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return the outcome, the forming voltage, and the conductance before and after."""
        if not data["state"].size:
            return {"outcome": Merit("nothing was observed", "", "Outcome")}
        state, conductance = data["state"], data["conductance"]
        formed = state == FORMED
        outcome = (
            "already formed" if state[0] == ALREADY else "formed" if formed.any() else "not formed"
        )
        voltage = float(data["pulse_voltage"][formed][0]) if formed.any() else math.nan
        notes = {
            "already formed": "the device conducted from the start; nothing was applied",
            "formed": "",
            "not formed": "no jump that lasted up to the largest voltage",
        }
        limited = data["in_compliance"][formed]
        return {
            "outcome": Merit(outcome, "", "Outcome", None, notes[outcome]),
            "formed": Merit(outcome != "not formed", "", "Device is formed"),
            "forming_voltage": Merit(
                voltage, "V", "Forming voltage", None, f"steps of {show(self.step, 'V')}"
            ),
            "conductance_before": Merit(
                float(conductance[0]),
                "S",
                "Conductance before",
                None,
                "" if conductance[0] > 0 else "below what the source-meter resolves",
            ),
            "conductance_after": Merit(float(conductance[-1]), "S", "Conductance after"),
            "in_compliance": Merit(
                bool(limited.size and limited[0] == 1), "", "Compliance held the forming pulse"
            ),
            "volatile_pulses": Merit(
                float((state == VOLATILE).sum()), "", "Pulses whose jump fell back"
            ),
        }
