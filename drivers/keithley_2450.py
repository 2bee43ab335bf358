"""Keithley 2450 SourceMeter, SCPI mode (``*LANG SCPI``).

A program is a list sweep: levels and source settings are stored as the instrument's own
configuration list, one ``INIT`` runs all passes, one binary block brings the readings back. The
sweep turns the output on and leaves it off [MEM].

One point takes source delay + 2 apertures + `OVERHEAD`: with source readback on, the source is
measured immediately before the device [M: 2450 reference 6-77].

PyMeasure's own Keithley2450 is not built upon: it sends commands of the 2400 that the 2450 answers
with -113, and rounds levels to six digits.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pymeasure.instruments import Instrument, SCPIMixin
from pymeasure.instruments.validators import strict_discrete_set, strict_range

from benchctl.errors import InstrumentError
from benchctl.limits import Limits
from benchctl.program import Grid, Program
from benchctl.roles import Clock
from benchctl.stimulus import BoolArray, FloatArray, Readings
from drivers.conversation import Conversation
from drivers.digital_lines import DigitalLines
from drivers.list_sweep import Chains, ListSweep, list_commands, refuse_overflow
from drivers.source_bounds import Bounds

FEWEST_CYCLES: Final = 0.01
"""power line cycles per aperture, at least [M: 2450 reference]"""
SLOWEST_LINE: Final = 50.0
"""Hz; the shortest step is given for it, whatever the line"""
APERTURES: Final = 2
"""of a point: source and device"""
BOUNDS: Final = Bounds(
    voltage_ranges=(0.02, 0.2, 2.0, 20.0, 200.0),  # [QC range_vals]
    current_ranges=(1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),  # [QC range_vals]
    compliances=(1e-9, 1.05),  # [MEM]
    # 20 W [MEM]; 105 % of the 200 V and the 1 A range [M: ±210 V, ±1.05 A].
    envelope=((21.0, 1.05), (210.0, 0.105)),
    shortest=APERTURES * FEWEST_CYCLES / SLOWEST_LINE,
    longest=1e4,  # of source delay [M: 2470 reference 12-92]
    resolution=1e-6,  # [DESIGN]
    edge=100e-6,  # settling on the 20 V range is below 200 µs [M: datasheet p. 4]
    steps=2500,  # [M: 2450 reference 6-78, 6-79]
    readings=6_875_000,  # [PM keithley2450.py]
    passes=268_435_455,  # [M: 2470 reference 12-92]
)
OVERHEAD: Final = 100e-6
"""s per point beyond delay and apertures [MEM: about 1,700 source-measure points a second]"""
LIST_AT_ONCE: Final = 100
"""list values per command [M: 2450 reference 6-78]"""
DEFAULT_READINGS: Final = 100_000
"""what the buffer holds after a reset [MEM]"""
BUFFER: Final = '"defbuffer1"'
BLOCK: Final = b"#0"
NO_ERRORS: Final = b"0"
"""as ``:SYST:ERR:COUN?`` answers it"""
LINES: Final = 6
"""digital [M: 2450 reference 6-19]"""
DIGITS: Final = 1e-6
"""6.5, at 1 PLC [MEM]"""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A program in the instrument's words."""

    chains: Chains
    limiting: tuple[str, ...]
    trigger: str
    readings: int
    """how many it takes"""
    fetched: int
    """how many of them travel"""
    kept: BoolArray | None
    """which of those were asked for; None: all"""
    programmed: FloatArray
    """V, of the readings kept"""
    source_range: float
    compliance: float
    dwell: float


class Commands2450:
    """What a 2450 is told, and what its answers mean."""

    off = ":ABOR;:OUTP OFF;:SOUR:VOLT 0"
    longest: float = math.inf

    def __init__(
        self, wire: Conversation, clock: Clock, name: str, terminals: str, overhead: float
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._name = name
        self._terminals = "FRON" if terminals == "front" else "REAR"
        self._overhead = overhead
        self._line = SLOWEST_LINE

    def prepare(self, lines: str) -> None:
        """Output off, 0 V, fixed ranges, one autozero, readings as doubles."""
        # A relay must not stay where the reset lets its line float.
        self._wire.command(
            f"*RST;*CLS;{lines and lines + ';'}:ROUT:TERM {self._terminals};:SOUR:FUNC VOLT;"
            ':SOUR:VOLT:READ:BACK ON;:SENS:FUNC "CURR";:SENS:CURR:AZER OFF;:SENS:AZER:ONCE;'
            ":FORM REAL;:FORM:BORD SWAP"
        )
        self._line = self._wire.line_frequency()

    def translate(self, program: Program) -> tuple[Sweep]:
        """Return the one sweep that plays a program, or refuse it."""
        program.refuse_gate(self._name)
        grid = BOUNDS.grid(program, self._overhead, self._name)
        readings = len(grid.levels) * program.count
        kept = None if grid.kept.all() else np.tile(grid.kept, program.count)
        first = 1
        if not grid.kept.any():  # the block then only says that the sweep is over
            first, kept = readings, np.zeros(1, dtype=bool)
        chain = self._list(grid, program.count, program.compliance)
        sweep = Sweep(
            chains=(_room(readings), chain),
            limiting=chain[:1],
            # How many errors there are travels ahead of the block: one round trip for both.
            trigger=f":TRAC:CLE {BUFFER};:INIT;*WAI;:SYST:ERR:COUN?;"
            f":TRAC:DATA? {first},{readings},{BUFFER},SOUR,READ,REL",
            readings=readings,
            fetched=readings - first + 1,
            kept=kept,
            programmed=np.tile(grid.levels[grid.kept], program.count),
            source_range=BOUNDS.source_range(grid.levels),
            compliance=program.compliance,
            dwell=grid.dwell,
        )
        return (sweep,)

    def _list(self, grid: Grid, count: int, compliance: float) -> tuple[str, str, str]:
        """Return settings, levels and sweep: a list takes up the settings of its time."""
        return (
            self._settings(grid.dwell, BOUNDS.source_range(grid.levels), compliance),
            ";".join(list_commands(":SOUR:LIST:VOLT", grid.levels, LIST_AT_ONCE)),
            f":SOUR:SWE:VOLT:LIST 1,0,{count},OFF,{BUFFER}",
        )

    def _settings(self, dwell: float, source_range: float, compliance: float) -> str:
        cycles, delay = self.timing(dwell)
        # Autorange in between, so that no step has a limit below a tenth of its range.
        return (
            f":SOUR:VOLT 0;:SOUR:VOLT:RANG {source_range:g};:SOUR:VOLT:DEL {delay:.9g};"
            f":SENS:CURR:NPLC {cycles:.9g};:SENS:CURR:RANG:AUTO ON;"
            f":SOUR:VOLT:ILIM {compliance:.9g};"
            f":SENS:CURR:RANG {BOUNDS.current_range(compliance):g}"
        )

    def timing(self, dwell: float) -> tuple[float, float]:
        """Return the longest aperture that fits in a step (cycles, 1 at most) and its delay (s)."""
        room = (dwell - self._overhead) * self._line / APERTURES
        # Rounded down to a 1e-4 of a cycle; the delay takes up what is left, to the nanosecond.
        cycles = max(FEWEST_CYCLES, min(1.0, math.floor(room * 1e4 + 1e-6) / 1e4))
        rest = dwell - self._overhead - APERTURES * cycles / self._line
        return cycles, max(0.0, round(rest, 9))

    def run(self, sweep: Sweep, changes: list[str]) -> Readings:
        """Trigger, and make readings of the block."""
        for message in changes:
            self._wire.send(message)
        began = self._clock.now()
        size, busy = 24 * sweep.fetched, sweep.dwell * sweep.readings
        block = self._wire.ask_block(sweep.trigger, NO_ERRORS, BLOCK, size, busy)
        table = np.frombuffer(block, "<f8").reshape(-1, 3)
        if sweep.kept is not None:
            table = table[sweep.kept]
        voltage, current, relative = table.T.copy()
        refuse_overflow(table, self._name)
        limited = _held_back(sweep, voltage, current)
        return Readings(began + sweep.dwell + relative, voltage, current, limited)


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
        values=BOUNDS.window,
    )
    source_voltage_range = Instrument.control(
        ":SOUR:VOLT:RANG?",
        ":SOUR:VOLT:RANG %.9g",
        """Control the source range (float in V); setting it ends autoranging.""",
        validator=strict_range,
        values=BOUNDS.window,
    )
    source_delay = Instrument.control(
        ":SOUR:VOLT:DEL?",
        ":SOUR:VOLT:DEL %.9g",
        """Control the time between sourcing and measuring (float in s).""",
        validator=strict_range,
        values=(0, BOUNDS.longest),
    )
    compliance_current = Instrument.control(
        ":SOUR:VOLT:ILIM?",
        ":SOUR:VOLT:ILIM %.9g",
        """Control the largest current the source gives (float in A).""",
        validator=strict_range,
        values=BOUNDS.compliances,
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
        self.capabilities = BOUNDS.capabilities(point_overhead)
        self._wire = wire = Conversation(self.adapter, name)
        self._commands = Commands2450(wire, clock, name, terminals, point_overhead)
        lines = DigitalLines(wire, name, LINES, _lines)
        self._sweep = ListSweep(wire, self._commands, lines, limits)

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
        self._sweep.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
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
        cycles, _ = self._commands.timing(sweep.dwell)
        return BOUNDS.resolution_at(program.compliance, cycles, DIGITS)

    def set_line(self, line: int, high: bool) -> None:
        """Set digital line 1 to 6; it is made an output first [M: 2450 reference 6-19, 6-20]."""
        self._sweep.set_line(line, high)


def _room(readings: int) -> tuple[str, ...]:
    """Return what makes the buffer large enough."""
    return (f":TRAC:POIN {readings},{BUFFER}",) if readings > DEFAULT_READINGS else ()


def _lines(levels: Mapping[int, bool], new: Collection[int]) -> str:
    modes = {line: f":DIG:LINE{line}:MODE DIG,OUT;" if line in new else "" for line in levels}
    return ";".join(f"{modes[n]}:DIG:LINE{n}:STAT {high:d}" for n, high in levels.items())


def _held_back(sweep: Sweep, voltage: FloatArray, current: FloatArray) -> BoolArray:
    """Return which readings were taken in compliance.

    Told from the readings, as the status of a reading does not travel in binary: the current is
    at the limit, and the voltage falls short of the programmed one by more than the accuracy of
    the readback: 0.02 % + 0.015 % of range [MEM], with room for noise.
    """
    programmed = np.abs(sweep.programmed)
    short = programmed - np.abs(voltage) > 2e-3 * programmed + 5e-4 * sweep.source_range
    limited: BoolArray = (np.abs(current) >= 0.98 * sweep.compliance) & short
    return limited
