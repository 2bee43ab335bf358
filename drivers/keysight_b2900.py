"""Keysight B2900 source-meters (B2901, B2902, B2911, B2912; A and B): list sweeps on two channels.

Channel 1 is the device, channel 2 a third terminal. A program is one list per channel, stepped by
the trigger timers; one ``INIT`` starts both, one binary block brings all readings back, and the
status of each tells whether it was taken in compliance. A pass begins on the arm timer.

Inside the instrument a sweep ends at 0 V (``:FUNC:TRIG:CONT`` off), then the output goes off. Off
is 0 V at 100 µA here (``ZERO``): the other ways open a relay [M: user's guide 6-13], which a
write-verify would wear out.

PyMeasure 0.16 has no driver of it to build upon.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from pymeasure.instruments import Instrument, SCPIMixin
from pymeasure.instruments.validators import strict_discrete_set, strict_range

from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Clock
from benchctl.stimulus import Readings
from drivers.conversation import Conversation
from drivers.digital_lines import DigitalLines
from drivers.keysight_b2900_commands import APERTURE, BOUNDS, PLC, CommandsB2900
from drivers.list_sweep import ListSweep

ONE_CHANNEL: Final = ("B2901", "B2911")
TWO_CHANNELS: Final = ("B2902", "B2912")
LINES: Final = 14
"""digital lines [R]"""
DIGITS: Final = 1e-6
"""6.5, at 1 PLC [MEM]"""


class KeysightB2900(SCPIMixin, Instrument):
    """B2900 as a `SourceMeter` and a `DigitalOutput`; with two channels, the third terminal too.

    A reading is `limited` where either channel was in compliance. Options: `point_overhead` (s,
    what a reading takes beyond its aperture, where your instrument falls behind its timer).
    """

    lines = LINES

    source_voltage = Instrument.control(
        ":SOUR1:VOLT?",
        ":SOUR1:VOLT %.9g",
        """Control the voltage channel 1 sources outside sweeps (float in V).""",
        validator=strict_range,
        values=BOUNDS.window,
    )
    gate_voltage = Instrument.control(
        ":SOUR2:VOLT?",
        ":SOUR2:VOLT %.9g",
        """Control the voltage channel 2 sources outside sweeps (float in V).""",
        validator=strict_range,
        values=BOUNDS.window,
    )
    compliance_current = Instrument.control(
        ":SENS1:CURR:PROT?",
        ":SENS1:CURR:PROT %.9g",
        """Control the largest current channel 1 gives (float in A).""",
        validator=strict_range,
        values=BOUNDS.compliances,
    )
    gate_compliance_current = Instrument.control(
        ":SENS2:CURR:PROT?",
        ":SENS2:CURR:PROT %.9g",
        """Control the largest current channel 2 gives (float in A).""",
        validator=strict_range,
        values=BOUNDS.compliances,
    )
    compliance_tripped = Instrument.measurement(
        ":SENS1:CURR:PROT:TRIP?",
        """Get whether channel 1 is held at its compliance (bool).""",
        values={True: 1, False: 0},
        map_values=True,
    )
    current_range = Instrument.control(
        ":SENS1:CURR:RANG?",
        ":SENS1:CURR:RANG %.9g",
        """Control channel 1's measurement range (float in A); setting it ends autoranging.""",
        validator=strict_range,
        values=(-3.03, 3.03),
    )
    aperture = Instrument.control(
        ":SENS1:CURR:APER?",
        ":SENS1:CURR:APER %.9g",
        """Control channel 1's integration time (float in s, 8e-6 to 2).""",
        validator=strict_range,
        values=(APERTURE, 2),
    )
    source_enabled = Instrument.control(
        ":OUTP1?",
        ":OUTP1 %d",
        """Control whether the output of channel 1 is on (bool).""",
        validator=strict_discrete_set,
        values={True: 1, False: 0},
        map_values=True,
    )
    gate_enabled = Instrument.control(
        ":OUTP2?",
        ":OUTP2 %d",
        """Control whether the output of channel 2 is on (bool).""",
        validator=strict_discrete_set,
        values={True: 1, False: 0},
        map_values=True,
    )
    voltage = Instrument.measurement(
        ":MEAS:VOLT? (@1)",
        """Measure the voltage of channel 1 at the present level (float in V).""",
    )
    current = Instrument.measurement(
        ":MEAS:CURR? (@1)",
        """Measure the current of channel 1 at the present level (float in A).""",
    )
    gate_current = Instrument.measurement(
        ":MEAS:CURR? (@2)",
        """Measure the current of channel 2 at the present level (float in A).""",
    )
    line_frequency = Instrument.measurement(
        ":SYST:LFR?", """Get the power line frequency that is set (float in Hz)."""
    )

    def __init__(
        self,
        adapter: Any,
        name: str = "Keysight B2900",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        point_overhead: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(adapter, name, **options)
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.point_overhead = strict_range(point_overhead, (0.0, 1.0))
        self.capabilities = BOUNDS.capabilities(point_overhead, gate=True)
        self._wire = wire = Conversation(self.adapter, name)
        self._commands = CommandsB2900(wire, clock, name, point_overhead, self.identify)
        lines = DigitalLines(wire, name, LINES, _lines)
        self._sweep = ListSweep(wire, self._commands, lines, limits)

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments; a B2901 or B2911 has no gate."""
        answer = self._wire.identity(*TWO_CHANNELS, *ONE_CHANNEL)
        channels = 1 if any(model in answer.upper() for model in ONE_CHANNEL) else 2
        self.capabilities = replace(
            self.capabilities, gate=BOUNDS.window if channels == 2 else None
        )
        if channels != self._commands.channels:
            self._commands.channels = channels
            self._sweep.forget()
        return answer

    def prepare(self) -> None:
        """Outputs off, 0 V, lists stepped by timers, no waiting of its own, readings as doubles."""
        self._sweep.prepare()

    def safe(self) -> None:
        """Outputs off now, whatever was going on."""
        self._sweep.safe()

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._sweep.translated(program)

    def play(self, program: Program) -> Readings:
        """Send what has changed, trigger once, read one block and the count of errors."""
        return self._sweep.play(program)

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) a reading in `program` tells from 0."""
        (sweep,) = self._sweep.translated(program)
        cycles = self._commands.aperture(sweep.dwell) / PLC
        return BOUNDS.resolution_at(program.compliance, cycles, DIGITS)

    def set_line(self, line: int, high: bool) -> None:
        """Set digital line 1 to 14; it is made an output first."""
        self._sweep.set_line(line, high)


def _lines(levels: Mapping[int, bool], new: Collection[int]) -> str:
    """Return what sets `levels`, first the pattern, so that a new output is right at once."""
    pattern = sum(1 << line - 1 for line, high in levels.items() if high)
    kinds = (f":SOUR:DIG:EXT{line}:FUNC DIO" for line in levels if line in new)
    return ";".join([f":SOUR:DIG:DATA {pattern}", *kinds])
