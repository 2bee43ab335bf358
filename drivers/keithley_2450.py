"""Keithley 2450 SourceMeter, SCPI mode (``*LANG SCPI``).

A program is a list sweep: levels and source settings are stored as the instrument's own
configuration list, one ``INIT`` runs all passes, one binary block brings the readings back. The
sweep turns the output on and leaves it off [MEM].

One point takes source delay + 2 apertures + `OVERHEAD`: with source readback on, the source is
measured immediately before the device [M: 2450 reference 6-77].

PyMeasure's own Keithley2450 is not built upon: it sends commands of the 2400 that the 2450 answers
with -113, and rounds levels to six digits.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pymeasure.instruments import Instrument, SCPIMixin
from pymeasure.instruments.validators import strict_discrete_set, strict_range

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Capabilities, Clock
from benchctl.stimulus import BoolArray, FloatArray, Readings
from drivers.conversation import Conversation
from drivers.list_sweep import Memory, Timing, fitting, held_back, list_commands, smallest, timing

VOLTAGE_RANGES: Final = (0.02, 0.2, 2.0, 20.0, 200.0)
"""V [QC range_vals]"""
CURRENT_RANGES: Final = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""A [QC range_vals]"""
OVER_RANGE: Final = 1.05
"""of a range can be sourced and measured [M: ±210 V on 200 V, ±1.05 A on 1 A]"""
COMPLIANCES: Final = (1e-9, 1.05)
"""A [MEM]"""
HIGH: Final = (21.0, 0.105)
"""V, above it at most that many A: 20 W [MEM]"""
OVERHEAD: Final = 100e-6
"""s per point beyond delay and apertures [MEM: about 1,700 source-measure points a second]"""
FEWEST_CYCLES: Final = 0.01
"""power line cycles per aperture, at least [M: 2450 reference]"""
SLOWEST_LINE: Final = 50.0
"""Hz; the shortest step is given for it, whatever the line"""
SHORTEST: Final = OVERHEAD + 2 * FEWEST_CYCLES / SLOWEST_LINE
LONGEST: Final = 1e4
"""s of source delay [M: 2470 reference 12-92]"""
RESOLUTION: Final = 1e-6
"""s [DESIGN]"""
LIST: Final = 2500
LIST_AT_ONCE: Final = 100
"""values in a list, and per command [M: 2450 reference 6-78, 6-79]"""
LARGEST_COUNT: Final = 268_435_455
"""passes [M: 2470 reference 12-92]"""
READINGS: Final = 6_875_000
"""a buffer holds [PM keithley2450.py]"""
DEFAULT_READINGS: Final = 100_000  # of defbuffer1 [MEM]
BUFFER: Final = '"defbuffer1"'
LINES: Final = 6  # digital [M: 2450 reference 6-19]
OVERFLOW: Final = 1e37
"""a reading beyond is not one [MEM: 9.9e37]"""


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """A program in the instrument's words."""

    settings: str
    levels: str
    sweep: str
    run: str
    readings: int
    """how many the sweep takes"""
    fetched: int
    """how many of them travel"""
    kept: BoolArray | None
    """which of those were asked for; None: all"""
    programmed: FloatArray
    """V, of the readings kept"""
    dwell: float
    tolerance: FloatArray
    """V, by which readback and programmed level may differ"""


class Sweeps:
    """Plays set-ups, and remembers what the instrument has been sent."""

    def __init__(self, wire: Conversation, clock: Clock, name: str) -> None:
        self._wire = wire
        self._clock = clock
        self._name = name
        self._sent: tuple[str, str, str] = ("", "", "")
        self._capacity = DEFAULT_READINGS

    def play(self, setup: Setup, compliance: float) -> Readings:
        """Send what has changed, trigger, return the readings."""
        self._upload(setup)
        return self._run(setup, compliance)

    def _upload(self, setup: Setup) -> None:
        """Send settings, list and sweep as far as they have changed.

        The list captures the source settings of its time, so new settings need a new list, and a
        new list a new sweep.
        """
        parts = []
        if setup.readings > self._capacity:
            parts.append(f":TRAC:POIN {setup.readings},{BUFFER}")
        wanted = (setup.settings, setup.levels, setup.sweep)
        fresh = next((i for i in range(3) if wanted[i] != self._sent[i]), 3)
        parts.extend(wanted[fresh:])
        if parts:
            self._wire.send(";".join(parts))
        self._capacity = max(self._capacity, setup.readings)
        self._sent = wanted

    def _run(self, setup: Setup, compliance: float) -> Readings:
        """Trigger, and make readings of the block."""
        began = self._clock.now()
        elapsed = setup.dwell * setup.readings
        answer = self._wire.ask_bytes(setup.run, 24 * setup.fetched + 5, elapsed)
        errors, _, block = answer.partition(b";")
        if not (errors.isdigit() and block.startswith(b"#0")):
            raise self._wire.garbled(answer)
        if errors != b"0":
            self._wire.accept(self._wire.ask(":SYST:ERR?"))
        table = np.frombuffer(block, "<f8", 3 * setup.fetched, 2).reshape(-1, 3)
        if setup.kept is not None:
            table = table[setup.kept]
        voltage, current, relative = table.T.copy()
        # Not a number passes no comparison, so garbage is caught as well.
        if not bool((np.abs(current) < OVERFLOW).all()):
            raise InstrumentError(
                f"{self._name} measured beyond its range; check the wiring, and that nothing else "
                "drives the device"
            )
        short = np.abs(setup.programmed) - np.abs(voltage)
        limited = held_back(current, short, compliance, setup.tolerance)
        return Readings(began + setup.dwell + relative, voltage, current, limited)


class Keithley2450(SCPIMixin, Instrument):
    """2450 as a `SourceMeter` and a `DigitalOutput`.

    Options: `terminals` ("front" or "rear"), `point_overhead` (s, where your instrument's own
    differs from `OVERHEAD`).
    """

    lines = LINES

    source_voltage = Instrument.control(
        ":SOUR:VOLT?",
        ":SOUR:VOLT %.9g",
        """Control the voltage sourced while the output is on (float in V).""",
        validator=strict_range,
        values=(-210, 210),
    )
    source_voltage_range = Instrument.control(
        ":SOUR:VOLT:RANG?",
        ":SOUR:VOLT:RANG %.9g",
        """Control the source range (float in V); setting it ends autoranging.""",
        validator=strict_range,
        values=(-210, 210),
    )
    source_delay = Instrument.control(
        ":SOUR:VOLT:DEL?",
        ":SOUR:VOLT:DEL %.9g",
        """Control the time between sourcing and measuring (float in s).""",
        validator=strict_range,
        values=(0, LONGEST),
    )
    compliance_current = Instrument.control(
        ":SOUR:VOLT:ILIM?",
        ":SOUR:VOLT:ILIM %.9g",
        """Control the largest current the source gives (float in A).""",
        validator=strict_range,
        values=COMPLIANCES,
    )
    compliance_tripped = Instrument.measurement(
        ":SOUR:VOLT:ILIM:TRIP?",
        """Get whether the source was held at its compliance (bool).""",
        values={True: 1, False: 0},
        map_values=True,
    )
    current_range = Instrument.control(
        ":SENS:CURR:RANG?",
        ":SENS:CURR:RANG %.9g",
        """Control the measurement range (float in A); setting it ends autoranging.""",
        validator=strict_range,
        values=(-1.05, 1.05),
    )
    nplc = Instrument.control(
        ":SENS:CURR:NPLC?",
        ":SENS:CURR:NPLC %.9g",
        """Control the aperture (float in power line cycles, 0.01 to 10).""",
        validator=strict_range,
        values=(FEWEST_CYCLES, 10),
    )
    source_enabled = Instrument.control(
        ":OUTP?",
        ":OUTP %d",
        """Control whether the output is on (bool).""",
        validator=strict_discrete_set,
        values={True: 1, False: 0},
        map_values=True,
    )
    current = Instrument.measurement(
        ":MEAS:CURR?", """Measure the current at the present level (float in A)."""
    )
    line_frequency = Instrument.measurement(
        ":SYST:LFR?", """Get the power line frequency the instrument found (float in Hz)."""
    )
    language = Instrument.measurement(
        "*LANG?", """Get the command set (str); the driver speaks SCPI.""", cast=str
    )

    def __init__(
        self,
        adapter: Any,
        name: str = "Keithley 2450",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        terminals: str = "front",
        point_overhead: float = OVERHEAD,
        **options: Any,
    ) -> None:
        super().__init__(adapter, name, **options)
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.terminals = strict_discrete_set(terminals, ["front", "rear"])
        self.point_overhead = strict_range(point_overhead, (0.0, 1.0))
        self.capabilities = Capabilities(
            voltage=(-210.0, 210.0),
            shortest=SHORTEST - OVERHEAD + point_overhead,
            longest=LONGEST,
            resolution=RESOLUTION,
            edge=100e-6,  # settling on the 20 V range is below 200 µs [M: datasheet p. 4]
            segments=LIST,
            measures=True,
            current=COMPLIANCES,
        )
        self._wire = Conversation(self.adapter, name)
        self._memory: Memory[Setup] = Memory()
        self._line = SLOWEST_LINE
        self._lines: dict[int, bool] = {}
        self._forget()

    def _forget(self) -> None:
        """Take nothing for granted: the next program is sent whole."""
        self._ready = False
        self._sweeps = Sweeps(self._wire, self.clock, self.name)

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments and other command sets."""
        answer = self._wire.identity("2450")
        language = self._wire.ask("*LANG?")
        if language != "SCPI":
            raise InstrumentError(
                f"{self.name} speaks {language}; send it *LANG SCPI and restart it"
            )
        return answer

    def prepare(self) -> None:
        """Output off, 0 V, fixed ranges, one autozero, readings as doubles."""
        self._forget()
        terminals = "FRON" if self.terminals == "front" else "REAR"
        # A reset lets the digital lines float high: a relay must not stay where that puts it.
        lines = "".join(f"{_as_output(n)}:DIG:LINE{n}:STAT {s:d};" for n, s in self._lines.items())
        self._wire.command(
            f"*RST;*CLS;{lines}:ROUT:TERM {terminals};:SOUR:FUNC VOLT;:SOUR:VOLT:READ:BACK ON;"
            ':SENS:FUNC "CURR";:SENS:CURR:AZER OFF;:SENS:AZER:ONCE;'
            ":FORM REAL;:FORM:BORD SWAP"
        )
        answer = self._wire.ask(":SYST:LFR?")
        try:
            self._line = float(answer)
        except ValueError:
            raise self._wire.garbled(answer) from None
        self._memory = Memory()
        self._ready = True

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._forget()
        self._wire.silence(":ABOR;:OUTP OFF;:SOUR:VOLT 0")

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
            return self._sweeps.play(self._setup(program), program.compliance)
        except InstrumentError:
            self._forget()
            self._wire.complain()
            raise

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) told from 0: 6.5 digits at 1 PLC [MEM]."""
        dwell = self._setup(program).dwell
        return smallest(CURRENT_RANGES, program.compliance, self._timing(dwell).nplc, 1e-6)

    def set_line(self, line: int, high: bool) -> None:
        """Set digital line 1 to 6; it is made an output first [M: 2450 reference 6-19, 6-20]."""
        if not 1 <= line <= LINES:
            raise CapabilityError(f"{self.name} has digital lines 1 to {LINES}, not {line}")
        mode = "" if line in self._lines else _as_output(line)
        try:
            self._wire.command(f"{mode}:DIG:LINE{line}:STAT {high:d}")
        except InstrumentError:
            self._forget()
            self._lines.pop(line, None)
            raise
        self._lines[line] = high

    def _setup(self, program: Program) -> Setup:
        key, known = self._memory.get(program)
        return known or self._memory.put(key, self._translate(program))

    def _translate(self, program: Program) -> Setup:
        """Return the program in the instrument's words.

        Raises:
            CapabilityError: it cannot be played.
        """
        self._refuse(program)
        shortest = self.capabilities.shortest
        grid = program.on_grid(shortest, RESOLUTION, LIST, self.name)
        readings = len(grid.levels) * program.count
        if readings > READINGS:
            raise CapabilityError(
                f"{self.name} keeps {READINGS} readings, the program would take {readings}; "
                "repeat it less often"
            )
        if grid.dwell > LONGEST:
            raise CapabilityError(f"{self.name} holds a level for {LONGEST:g} s at most")
        time = self._timing(grid.dwell)
        source_range = fitting(VOLTAGE_RANGES, float(np.abs(grid.levels).max()) / OVER_RANGE)
        kept = None if grid.kept.all() else np.tile(grid.kept, program.count)
        first = 1
        if not grid.kept.any():  # the block then only says that the sweep is over
            first, kept = readings, np.zeros(1, dtype=bool)
        programmed = np.tile(grid.levels[grid.kept], program.count)
        return Setup(
            # Autorange in between, so that no step has a limit below a tenth of its range.
            f":SOUR:VOLT 0;:SOUR:VOLT:RANG {source_range:g};:SOUR:VOLT:DEL {time.delay:.9g};"
            f":SENS:CURR:NPLC {time.nplc:.9g};:SENS:CURR:RANG:AUTO ON;"
            f":SOUR:VOLT:ILIM {program.compliance:.9g};"
            f":SENS:CURR:RANG {fitting(CURRENT_RANGES, program.compliance):g}",
            ";".join(list_commands(":SOUR:LIST:VOLT", grid.levels, LIST_AT_ONCE)),
            f":SOUR:SWE:VOLT:LIST 1,0,{program.count},OFF,{BUFFER}",
            # How many errors there are travels ahead of the block: one round trip for both.
            f":TRAC:CLE {BUFFER};:INIT;*WAI;:SYST:ERR:COUN?;"
            f":TRAC:DATA? {first},{readings},{BUFFER},SOUR,READ,REL",
            readings,
            readings - first + 1,
            kept,
            programmed,
            grid.dwell,
            # 0.02 % + 0.015 % of range [MEM], with room for noise.
            2e-3 * np.abs(programmed) + 5e-4 * source_range,
        )

    def _timing(self, dwell: float) -> Timing:
        return timing(dwell, overhead=self.point_overhead, apertures=2, line=self._line,
                      fewest=FEWEST_CYCLES)  # fmt: skip

    def _refuse(self, program: Program) -> None:
        """Refuse levels and compliances no setting could give."""
        program.refuse_gate(self.name)
        peak = float(np.abs(program.voltage).max(initial=0.0))
        if peak > self.capabilities.voltage[1]:
            raise CapabilityError(f"{self.name} sources 210 V at most, not {show(peak, 'V')}")
        if not COMPLIANCES[0] <= program.compliance <= COMPLIANCES[1]:
            raise CapabilityError(
                f"{self.name} limits the current to {show(COMPLIANCES[0], 'A')} to "
                f"{show(COMPLIANCES[1], 'A')}, not to {show(program.compliance, 'A')}"
            )
        if peak > HIGH[0] and program.compliance > HIGH[1]:
            raise CapabilityError(
                f"{self.name} gives {show(HIGH[1], 'A')} at most above {show(HIGH[0], 'V')}; "
                "lower the compliance"
            )
        if not 1 <= program.count <= LARGEST_COUNT:
            raise CapabilityError(f"{self.name} repeats 1 to {LARGEST_COUNT} times")


def _as_output(line: int) -> str:
    """Return what makes a digital line an output."""
    return f":DIG:LINE{line}:MODE DIG,OUT;"
