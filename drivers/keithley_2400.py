"""Keithley 2400 SourceMeter.

A program is one list sweep: the list is loaded once, each trigger plays as many passes as give
2500 readings, and one ``:READ?`` brings them back. The output goes on in the same message that
triggers and off in the same message that reads, so a dead computer leaves an unbiased device. (The
last level stays until the instrument has come to that command, well within a millisecond [D].)

Every step of a list takes the same time: source delay, two conversions (the 2400 measures voltage
and current one after the other [MEM]) and the time its processor needs. Its internal clock is too
coarse for single precision, so times are counted back from when the answer arrived.

After `play` the data format is this driver's; call `reset_data_format` before using PyMeasure's own
measurements.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pymeasure.instruments.keithley as pymeasure_keithley

from benchctl.errors import CapabilityError
from benchctl.limits import Limits
from benchctl.program import Grid, Program
from benchctl.roles import Clock
from benchctl.stimulus import BoolArray, FloatArray, Readings
from drivers.conversation import Conversation
from drivers.digital_lines import DigitalLines
from drivers.list_sweep import Chains, ListSweep, list_commands
from drivers.source_bounds import Bounds

CONVERSIONS: Final = 2
"""voltage and current"""
BOUNDS: Final = Bounds(
    voltage_ranges=(0.2, 2.0, 20.0, 200.0),  # [MEM]; a list chooses its own
    current_ranges=(1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),  # [MEM]
    # 0.1 % of the lowest range [MEM]; 105 % of the highest [M: 2401 manual 18-91].
    compliances=(1e-9, 1.05),
    # 22 W [M: 2420 manual 18-62]; [M: 2401 manual 18-84].
    envelope=((21.0, 1.05), (210.0, 0.105)),
    shortest=CONVERSIONS * 0.01 / 50,  # at 0.01 NPLC [M: NPLC from 0.01] and 50 Hz
    longest=999.0,
    resolution=1e-6,  # [D]
    edge=1e-4,  # [MEM]
    steps=2500,  # [M: 2400 manual 18-90]
    passes=10**9,  # 8 days of the shortest; in as many triggers as they take [D]
    measured=1.05,  # [M: 2401 manual 18-84]
)
MOST: Final = 2500
"""readings of a trigger [M: 2400 manual 18-115]"""
LIST_AT_ONCE: Final = 100
"""list values one command takes [M: 18-90]"""
LONGEST_MESSAGE: Final = 1400
"""characters: about as many as that takes [D]"""
OVERHEAD: Final = 0.3e-3
"""s a step takes beyond delay and conversions [D, from 0.5 ms a reading at 0.01 NPLC, MEM]"""
DELAY_STEP: Final = 1e-4
"""s, of the source delay, 0 to 999.9999 s [R]; the conversions make up the rest of a step"""
LARGEST_NPLC: Final = 1.0
"""more would only average what memristors do"""
FEW: Final = 20
"""readings that come back as text, with the error queue in the same answer"""
COMPLIANCE_BITS: Final = 1 << 3 | 1 << 16
"""real and range compliance in the status word [M: 18-51 for bit 16, MEM for bit 3]"""
LARGEST_STATUS: Final = 1 << 24
"""of 24 bits [M: 18-50]"""
LARGEST_READING: Final = 9e37
"""overflow is 9.9e37, not a number 9.91e37 [M: 18-50]"""
LINES: Final = 4
"""digital outputs [M: 13-5]"""
DIGITS: Final = 1e-5
"""5.5, at 1 PLC [MEM]"""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What one trigger plays, in the instrument's words."""

    chains: Chains
    limiting: tuple[str, ...]
    kept: BoolArray
    """which of its readings were asked for"""
    dwell: float

    @property
    def steps(self) -> int:
        """Readings it takes."""
        return len(self.kept)

    @property
    def few(self) -> bool:
        """Whether they travel as text."""
        return self.steps <= FEW


class Commands2400:
    """What a 2400 is told, and what its answers mean."""

    off = ":ABOR;:OUTP 0"
    longest: float = LONGEST_MESSAGE

    def __init__(self, wire: Conversation, clock: Clock, name: str) -> None:
        self._wire = wire
        self._clock = clock
        self._name = name
        self._line_cycle = 1 / 50

    def prepare(self, lines: str) -> None:
        """Output off, voltage lists, both quantities measured, nothing automatic."""
        self._wire.command(
            "*RST;*CLS;:OUTP 0;:OUTP:SMOD NORM;"
            ":SOUR:FUNC VOLT;:SOUR:VOLT 0;:SOUR:VOLT:MODE LIST;:SOUR:DEL:AUTO 0;"
            ":SENS:RES:MODE MAN;:SENS:FUNC 'VOLT','CURR';:SENS:AVER 0;:SYST:AZER 0;"
            ":ARM:SOUR IMM;:TRIG:SOUR IMM;:TRIG:DEL 0;:TRAC:FEED:CONT NEV;"
            f":FORM:ELEM VOLT,CURR,STAT;:FORM:BORD SWAP{lines and ';' + lines}"
        )
        self._line_cycle = 1 / self._wire.line_frequency()

    def translate(self, program: Program) -> tuple[Sweep, ...]:
        """Return the sweeps that play a program, or refuse it."""
        program.refuse_gate(self._name)
        grid = BOUNDS.grid(program, OVERHEAD, self._name)
        steps = len(grid.levels)
        if program.holds and steps * program.count > MOST:
            raise CapabilityError(
                f"{self._name} takes {MOST} readings while it holds a level, the stimulus wants "
                f"{steps * program.count}; read less often, or put a moment at 0 V into the loop"
            )
        levels = ";".join(list_commands(":SOUR:LIST:VOLT", grid.levels, LIST_AT_ONCE))
        settings = levels, self._current(program.compliance), self._timing(grid.dwell)
        most = MOST // steps
        whole, rest = divmod(program.count, most)
        last = (_sweep(grid, rest, *settings),) if rest else ()
        return (_sweep(grid, most, *settings),) * whole + last

    def _current(self, compliance: float) -> str:
        """Return what sets compliance and measurement range, which bound each other."""
        return (  # out of the way first [M: +822, +824]
            f":SENS:CURR:RANG {BOUNDS.current_ranges[0]:g};:SENS:CURR:PROT {compliance:.9g};"
            f":SENS:CURR:RANG {BOUNDS.current_range(compliance):g}"
        )

    def _timing(self, dwell: float) -> str:
        """Return the longest conversions that fit, and the delay that fills what is left."""
        free = dwell - OVERHEAD
        longest = CONVERSIONS * LARGEST_NPLC * self._line_cycle
        delay = max(0, math.ceil((free - longest) / DELAY_STEP - 1e-6)) * DELAY_STEP
        cycles = (free - delay) / CONVERSIONS / self._line_cycle
        return f":SENS:CURR:NPLC {cycles:.9g};:SOUR:DEL {delay:.9g};:SYST:AZER ONCE"

    def cycles(self, dwell: float) -> float:
        """Return the power line cycles a conversion could have in a step."""
        return (dwell - OVERHEAD) / CONVERSIONS / self._line_cycle

    def run(self, sweep: Sweep, changes: list[str]) -> Readings:
        """Trigger with the last of what has changed, and return the readings."""
        *earlier, last = ["", *changes]
        for message in filter(None, earlier):
            self._wire.send(message)
        trigger = f"{last and last + ';'}:OUTP 1;:READ?;:OUTP 0"  # never apart
        table, arrived = (self._few if sweep.few else self._many)(sweep, trigger)
        status = table[:, 2]
        if not bool(((status >= 0) & (status < LARGEST_STATUS)).all()):
            raise self._wire.garbled(table.tobytes())
        time = arrived - sweep.dwell * np.arange(sweep.steps - 1, -1, -1.0)
        values = np.where(np.abs(table[:, :2]) > LARGEST_READING, np.nan, table[:, :2])
        limited = (status.astype(np.int64) & COMPLIANCE_BITS) != 0
        return Readings(time, values[:, 0].copy(), values[:, 1].copy(), limited)[sweep.kept]

    def _few(self, sweep: Sweep, message: str) -> tuple[FloatArray, float]:
        """Return readings that travel as text, and when they arrived (s)."""
        busy = sweep.dwell * sweep.steps
        data, _, error = self._wire.ask(f"{message};:SYST:ERR?", busy).rpartition(";")
        arrived = self._clock.now()
        self._wire.accept(error)
        try:
            values = np.array([float(text) for text in data.split(",")])
        except ValueError:
            raise self._wire.garbled(data) from None
        if values.size != 3 * sweep.steps:
            raise self._wire.garbled(data)
        return values.reshape(-1, 3), arrived

    def _many(self, sweep: Sweep, message: str) -> tuple[FloatArray, float]:
        """Return readings that travel in binary, and when they arrived (s)."""
        # One header and one terminator for all readings [M: 2401 manual 18-48].
        size = 2 + 12 * sweep.steps + 1
        data = self._wire.ask_bytes(message, size, sweep.dwell * sweep.steps)
        arrived = self._clock.now()
        if not (data.startswith(b"#0") and data.endswith(b"\n") and len(data) == size):
            raise self._wire.garbled(data)
        self._wire.accept(self._wire.ask(":SYST:ERR?"))
        table = np.frombuffer(data[2:-1], dtype="<f4").astype(np.float64).reshape(-1, 3)
        return table, arrived


class Keithley2400(pymeasure_keithley.Keithley2400):
    """2400 as a `SourceMeter` and `DigitalOutput`, on top of PyMeasure's driver.

    `limits` are the DUT's, checked at the last moment.
    """

    lines = LINES

    def __init__(
        self,
        adapter: Any,
        name: str = "Keithley 2400",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        **options: Any,
    ) -> None:
        # PyMeasure's constructor writes to the instrument, which may not be there yet.
        super(pymeasure_keithley.Keithley2400, self).__init__(adapter, name, **options)
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.capabilities = BOUNDS.capabilities(OVERHEAD)
        self._wire = wire = Conversation(self.adapter, name)
        self._commands = Commands2400(wire, clock, name)
        lines = DigitalLines(wire, name, LINES, _lines)
        self._sweep = ListSweep(wire, self._commands, lines, limits)

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity("MODEL 2400")

    def prepare(self) -> None:
        """Output off, voltage lists, both quantities measured, nothing automatic."""
        self._sweep.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._sweep.safe()

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._sweep.translated(program)

    def play(self, program: Program) -> Readings:
        """Load the list if it is new, trigger, read; one reading per measured segment."""
        return self._sweep.play(program)

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) a reading in `program` tells from 0."""
        cycles = self._commands.cycles(self._sweep.translated(program)[0].dwell)
        return BOUNDS.resolution_at(program.compliance, cycles, DIGITS)

    def set_line(self, line: int, high: bool) -> None:
        """Set digital output `line`, 1 to 4; the others stay, low at first."""
        self._sweep.set_line(line, high)


def _sweep(grid: Grid, passes: int, levels: str, current: str, timing: str) -> Sweep:
    """Return what one trigger plays in so many passes."""
    steps = len(grid.levels)
    # One pass first: never more than 2500 in between, whatever the list before had.
    count = f":ARM:COUN 1;:TRIG:COUN {steps}" + (f";:ARM:COUN {passes}" if passes > 1 else "")
    form = f":FORM {'ASC' if steps * passes <= FEW else 'REAL,32'}"
    chains = (levels,), (count,), (current,), (timing,), (form,)
    return Sweep(chains, (current,), np.tile(grid.kept, passes), grid.dwell)


def _lines(levels: Mapping[int, bool], new: Collection[int]) -> str:
    """Return what sets the lines; line 4 is an output only in the 4-bit mode [M: 18-99]."""
    width = ":SOUR2:BSIZ 4;:SOUR2:TTL4:MODE EOT;" if LINES in new else ""
    return f"{width}:SOUR2:TTL {sum(1 << n - 1 for n, high in levels.items() if high)}"
