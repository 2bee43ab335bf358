"""What the DUT may be given. Checked when a stimulus is compiled and again at the driver."""

from dataclasses import dataclass

from benchctl.errors import ConfigError, LimitExceeded
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Capabilities
from benchctl.stimulus import FloatArray, Stimulus


@dataclass(frozen=True, slots=True)
class Limits:
    """The voltage window and the largest current of one DUT."""

    voltage: tuple[float, float] = (-2.0, 2.0)
    """V"""
    current: float = 1e-3
    """A"""
    gate: tuple[float, float] | None = None
    """V, at a third terminal; None takes `voltage`"""
    gate_current: float | None = None
    """A, into a third terminal; None takes `current`"""

    def __post_init__(self) -> None:
        """Refuse a window that does not hold 0 V, and a current that is none."""
        for key, window in (("voltage", self.voltage), ("gate", self.gate_voltage)):
            low, high = window
            if not low <= 0 <= high:
                raise ConfigError(
                    f"limits.{key} must include 0 V, got {show(low, 'V')} to {show(high, 'V')}"
                )
        for key, current in (("current", self.current), ("gate_current", self.gate_compliance)):
            if not current > 0:
                raise ConfigError(f"limits.{key} must be above 0 A, got {show(current, 'A')}")

    @property
    def gate_voltage(self) -> tuple[float, float]:
        """V, lowest and highest at a third terminal."""
        return self.gate or self.voltage

    @property
    def at_the_gate(self) -> "Limits":
        """What a source of its own may give the third terminal."""
        return Limits(self.gate_voltage, self.gate_compliance)

    @property
    def gate_compliance(self) -> float:
        """A, into a third terminal."""
        return self.current if self.gate_current is None else self.gate_current

    def check(self, what: Stimulus | Program, compliance: float) -> None:
        """Refuse a voltage or a compliance beyond the limits.

        Raises:
            LimitExceeded: naming the value and the limit.
        """
        if isinstance(what, Stimulus):
            spans = what.extremes, what.gate_extremes
        else:
            spans = _span(what.voltage), _span(what.gate)
        _refuse_outside(spans[0], self.voltage, "")
        _refuse_outside(spans[1], self.gate_voltage, " at the third terminal")
        if not 0 < compliance <= self.current:
            raise LimitExceeded(
                f"a compliance of {show(compliance, 'A')} is outside the DUT's limit of "
                f"{show(self.current, 'A')}; lower it, or widen [dut] limits"
            )

        if isinstance(what, Program) and what.gate is not None:
            self._check_gate(what.gate_compliance)

    def _check_gate(self, compliance: float) -> None:
        if not 0 < compliance <= self.gate_compliance:
            raise LimitExceeded(
                f"a compliance of {show(compliance, 'A')} at the third terminal is outside the "
                f"DUT's limit of {show(self.gate_compliance, 'A')}; lower it, or widen [dut] limits"
            )

    def check_unlimited(
        self,
        program: Program,
        source: Capabilities,
        series: float,
        *,
        key: str = "series_resistance",
    ) -> None:
        """Refuse a source without compliance whose resistance alone allows too much current.

        The worst case is a shorted device: |V| / (source resistance + `series`, Ohm); `key` of
        ``[wiring]`` says what `series` is.

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
            f"and name it in [wiring] {key}"
        )


def _span(levels: FloatArray | None) -> tuple[float, float]:
    if levels is None:
        return 0.0, 0.0
    return float(levels.min(initial=0)), float(levels.max(initial=0))


def _refuse_outside(span: tuple[float, float], window: tuple[float, float], where: str) -> None:
    for value in span:
        if not window[0] <= value <= window[1]:
            raise LimitExceeded(
                f"{show(value, 'V')}{where} is outside the DUT's limits of "
                f"{show(window[0], 'V')} to {show(window[1], 'V')}; "
                "lower the voltage, or widen [dut] limits if the device can bear it"
            )
