"""Keysight B2900 source-meters (B2901, B2902, B2911, B2912; A and B): list sweeps on two channels.

Channel 1 is the device, channel 2 a third terminal. A program is one list per channel, stepped by
the trigger timers; one ``INIT`` starts both, one binary block brings all readings back, and the
status of each tells whether it was taken in compliance. A pass begins on the arm timer.

Inside the instrument a sweep ends at 0 V (``:FUNC:TRIG:CONT`` off), then the output goes off. Off
is 0 V at 100 µA here (``ZERO``): the other ways open a relay [M: user's guide 6-13], which a
write-verify would wear out.

PyMeasure 0.16 has no driver of it to build upon.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from pymeasure.instruments import Instrument, SCPIMixin
from pymeasure.instruments.validators import strict_discrete_set, strict_range

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Capabilities, Clock
from benchctl.stimulus import FloatArray, Readings
from drivers.conversation import Conversation
from drivers.keysight_b2900_setup import (
    COMPLIANCES,
    CURRENT_RANGES,
    LIST,
    LONGEST,
    PLC,
    RESOLUTION,
    SHORTEST,
    Setup,
    aperture_in,
    set_up,
)
from drivers.list_sweep import Memory, smallest

ONE_CHANNEL: Final = ("B2901", "B2911")
TWO_CHANNELS: Final = ("B2902", "B2912")
LINES: Final = 14
"""digital lines [R]"""
IN_COMPLIANCE: Final = 0b110
"""of the status element [M: B2900 SCPI 1-14]"""
OVERFLOW: Final = 1e37
"""a reading beyond is not one [M: B2900 SCPI 1-12]"""
NO_ERRORS: Final = b"+0"
"""as ``:SYST:ERR:COUN?`` answers it [R]"""
LONGEST_MESSAGE: Final = 4000
"""characters [DESIGN]"""
WINDOW: Final = (-210.0, 210.0)
"""V"""


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
        values=WINDOW,
    )
    gate_voltage = Instrument.control(
        ":SOUR2:VOLT?",
        ":SOUR2:VOLT %.9g",
        """Control the voltage channel 2 sources outside sweeps (float in V).""",
        validator=strict_range,
        values=WINDOW,
    )
    compliance_current = Instrument.control(
        ":SENS1:CURR:PROT?",
        ":SENS1:CURR:PROT %.9g",
        """Control the largest current channel 1 gives (float in A).""",
        validator=strict_range,
        values=COMPLIANCES,
    )
    gate_compliance_current = Instrument.control(
        ":SENS2:CURR:PROT?",
        ":SENS2:CURR:PROT %.9g",
        """Control the largest current channel 2 gives (float in A).""",
        validator=strict_range,
        values=COMPLIANCES,
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
        values=(8e-6, 2),
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
        self.capabilities = Capabilities(
            voltage=WINDOW,
            shortest=SHORTEST + point_overhead,
            longest=LONGEST,
            resolution=RESOLUTION,
            edge=30e-6,  # [DESIGN: what the shortest step leaves for it]
            segments=LIST,
            measures=True,
            current=COMPLIANCES,
            gate=WINDOW,
        )
        self._wire = Conversation(self.adapter, name)
        self._memory: Memory[Setup] = Memory()
        self._channels = 0  # unknown
        self._lines: dict[int, bool] = {}
        self._forget()

    def _forget(self) -> None:
        """Take nothing for granted: the next program is sent whole."""
        self._ready = False
        self._sent: dict[int, str] = {}

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments; a B2901 or B2911 has no gate."""
        answer = self._wire.identity(*TWO_CHANNELS, *ONE_CHANNEL)
        self._channels = 1 if any(model in answer.upper() for model in ONE_CHANNEL) else 2
        gate = WINDOW if self._channels == 2 else None
        self.capabilities = replace(self.capabilities, gate=gate)
        return answer

    def prepare(self) -> None:
        """Outputs off, 0 V, lists stepped by timers, no waiting of its own, readings as doubles."""
        self._forget()
        if not self._channels:
            self.identify()
        channels = "".join(
            f":OUTP{c}:OFF:MODE ZERO;:OUTP{c}:ON:AUTO 0;:SOUR{c}:FUNC:MODE VOLT;"
            f":SOUR{c}:FUNC:SHAP DC;:SOUR{c}:FUNC:TRIG:CONT 0;:SOUR{c}:VOLT 0;"
            f":SOUR{c}:VOLT:RANG:AUTO 0;:SOUR{c}:VOLT:MODE LIST;:SOUR{c}:WAIT 0;:SENS{c}:WAIT 0;"
            f':SENS{c}:FUNC "VOLT","CURR";:SENS{c}:CURR:APER:AUTO 0;'
            f":TRIG{c}:SOUR TIM;:ARM{c}:SOUR TIM;"
            for c in range(1, self._channels + 1)
        )
        self._wire.command(
            f"*RST;*CLS;{self._outputs(self._lines)}{channels}"
            ":FORM REAL,64;:FORM:BORD NORM;:FORM:ELEM:SENS VOLT,CURR,STAT"
        )
        self._ready = True

    def safe(self) -> None:
        """Outputs off now, whatever was going on."""
        self._forget()
        channels = range(1, (self._channels or 2) + 1)
        self._wire.silence(
            ";".join(f":ABOR:ALL (@{c});:OUTP{c} 0;:SOUR{c}:VOLT 0" for c in channels)
        )

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._setup(program)

    def play(self, program: Program) -> Readings:
        """Send what has changed, trigger once, read one block and the count of errors."""
        if self.limits is not None:
            self.limits.check(program, program.compliance)
        try:
            if not self._ready:
                self.prepare()
            setup = self._setup(program)
            self._upload(setup)
            return self._run(setup)
        except InstrumentError:
            self._forget()
            self._wire.complain()
            raise

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) told from 0: 6.5 digits at 1 PLC [MEM]."""
        aperture = aperture_in(self._setup(program).dwell - self.point_overhead)
        return smallest(CURRENT_RANGES, program.compliance, aperture / PLC, 1e-6)

    def set_line(self, line: int, high: bool) -> None:
        """Set digital line 1 to 14; it is made an output first."""
        if not 1 <= line <= LINES:
            raise CapabilityError(f"{self.name} has digital lines 1 to {LINES}, not {line}")
        wanted = {**self._lines, line: high}
        try:
            self._wire.command(self._outputs(wanted, new=line not in self._lines))
        except InstrumentError:
            self._forget()
            self._lines.pop(line, None)
            raise
        self._lines = wanted

    @staticmethod
    def _outputs(lines: dict[int, bool], *, new: bool = True) -> str:
        """Return what sets `lines`, first the pattern, so that a new output is right at once."""
        if not lines:
            return ""
        pattern = sum(1 << line - 1 for line, high in lines.items() if high)
        kinds = "".join(f":SOUR:DIG:EXT{line}:FUNC DIO;" for line in lines) if new else ""
        return f":SOUR:DIG:DATA {pattern};{kinds}"

    def _setup(self, program: Program) -> Setup:
        if self.capabilities.gate is None:
            program.refuse_gate(self.name)
        key, known = self._memory.get(program)
        return known or self._memory.put(key, set_up(program, self.point_overhead, self.name))

    def _upload(self, setup: Setup) -> None:
        """Send the parts that have changed."""
        fresh = {n: part for n, part in enumerate(setup.parts) if part != self._sent.get(n)}
        for part in fresh:
            self._sent.pop(part, None)  # half a list may arrive: whoever interrupts, it goes again
        for message in _messages(fresh.values()):
            self._wire.send(message)
        self._sent.update(fresh)

    def _run(self, setup: Setup) -> Readings:
        """Trigger, and make readings of the block."""
        began = self.clock.now()
        elapsed = setup.dwell * setup.points
        if not setup.fetched:
            self._accept(self._wire.ask(setup.run, elapsed).encode("ascii", "replace"))
            return self._readings(setup, began, np.empty((setup.points, setup.channels, 3)))
        size = str(24 * setup.points * setup.channels).encode()
        head = b"#%d%b" % (len(size), size)
        wanted = len(NO_ERRORS) + 1 + len(head) + int(size) + 1
        answer = self._wire.ask_bytes(setup.run, wanted, elapsed)
        errors, _, block = answer.partition(b";")
        if not block.startswith(head):
            raise self._wire.garbled(answer)
        self._accept(errors)
        values = np.frombuffer(block, ">f8", 3 * setup.points * setup.channels, len(head))
        return self._readings(setup, began, values.reshape(setup.points, setup.channels, 3))

    def _accept(self, errors: bytes) -> None:
        """Take the count of errors; where there are any, raise them."""
        if errors == NO_ERRORS:
            return
        if not errors[1:].isdigit():
            raise self._wire.garbled(errors)
        self._wire.accept(self._wire.ask(":SYST:ERR?"))

    def _readings(self, setup: Setup, began: float, table: FloatArray) -> Readings:
        """Return the readings that were asked for; the timer tells when they were taken."""
        times: FloatArray = began + setup.dwell * np.arange(1.0, setup.points + 1)
        if setup.kept is not None:
            table, times = table[setup.kept], times[setup.kept]
        table = table.astype(np.float64)
        # Not a number passes no comparison, so garbage is caught as well.
        if not bool((np.abs(table) < OVERFLOW).all()):
            raise InstrumentError(
                f"{self.name} measured beyond its range; check the wiring, and that nothing else "
                "drives the device"
            )
        limited = ((table[:, :, 2].astype(np.int64) & IN_COMPLIANCE) != 0).any(axis=1)
        gate = table[:, 1, 1].copy() if setup.channels == 2 else None
        return Readings(times, table[:, 0, 0].copy(), table[:, 0, 1].copy(), limited, gate)


def _messages(parts: Iterable[str]) -> Iterator[str]:
    """Yield the commands of `parts` in messages that are not too long."""
    waiting: list[str] = []
    length = 0
    for command in (command for part in parts for command in part.split(";")):
        if waiting and length + len(command) > LONGEST_MESSAGE:
            yield ";".join(waiting)
            waiting, length = [], 0
        waiting.append(command)
        length += len(command) + 1
    if waiting:
        yield ";".join(waiting)
