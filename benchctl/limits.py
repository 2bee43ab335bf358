"""What the DUT may be given. Checked when a stimulus is compiled and again at the driver."""

from dataclasses import dataclass

from benchctl.errors import ConfigError, LimitExceeded
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Capabilities
from benchctl.stimulus import Stimulus


@dataclass(frozen=True, slots=True)
class Limits:
    """The voltage window and the largest current of one DUT."""

    voltage: tuple[float, float] = (-2.0, 2.0)
    """V"""
    current: float = 1e-3
    """A"""

    def __post_init__(self) -> None:
        """Refuse a window that does not hold 0 V, and a current that is none."""
        low, high = self.voltage
        if not low <= 0 <= high:
            raise ConfigError(f"limits.voltage must include 0 V, got {low} V to {high} V")
        if not self.current > 0:
            raise ConfigError(f"limits.current must be above 0 A, got {self.current} A")

    def check(self, what: Stimulus | Program, compliance: float) -> None:
        """Refuse a voltage or a compliance beyond the limits.

        Raises:
            LimitExceeded: naming the value and the limit.
        """
        if isinstance(what, Stimulus):
            low, high = what.extremes
        else:
            low, high = float(what.voltage.min(initial=0)), float(what.voltage.max(initial=0))
        for value in (low, high):
            if not self.voltage[0] <= value <= self.voltage[1]:
                raise LimitExceeded(
                    f"{show(value, 'V')} is outside the DUT's limits of "
                    f"{show(self.voltage[0], 'V')} to {show(self.voltage[1], 'V')}; "
                    "lower the voltage, or widen [dut] limits if the device can bear it"
                )
        if not 0 < compliance <= self.current:
            raise LimitExceeded(
                f"a compliance of {show(compliance, 'A')} is outside the DUT's limit of "
                f"{show(self.current, 'A')}; lower it, or widen [dut] limits"
            )

    def check_unlimited(self, program: Program, source: Capabilities, series: float) -> None:
        """Refuse a source without compliance whose resistance alone allows too much current.

        The worst case is a shorted device: |V| / (source resistance + `series`, Ohm).

        Raises:
            LimitExceeded: naming the current and the series resistance that would do.
        """
        peak = float(abs(program.voltage).max(initial=0))
        resistance = source.resistance + series
        if peak <= self.current * resistance:
            return
        raise LimitExceeded(
            f"nothing but {show(resistance, 'Ohm')} limits the current of a {show(peak, 'V')} "
            f"pulse, and a shorted device would draw more than {show(self.current, 'A')}; fit a "
            f"series resistor of {show(peak / self.current - source.resistance, 'Ohm')} or more "
            "and name it in [wiring] series_resistance"
        )
