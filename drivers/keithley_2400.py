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
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pymeasure.instruments.keithley as pymeasure_keithley
from numpy.typing import NDArray

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.program import Grid, Program
from benchctl.roles import Capabilities, Clock
from benchctl.stimulus import FloatArray, Readings
from drivers.conversation import Conversation
from drivers.list_sweep import Memory, fitting, list_commands, smallest

HIGHEST: Final = 210.0
"""V [M: 2401 manual 18-84]"""
STRONGEST: Final = 1.05
"""A [M: 2401 manual 18-91]"""
ENVELOPE: Final = (21.0, 0.105)
"""above this voltage no more than this current: 22 W [M: 2420 manual 18-62]"""
RANGES: Final = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""A, measurement ranges [MEM]"""
REACH: Final = 1.05
"""of a range is measured [M: 2401 manual 18-84]"""
MOST: Final = 2500
"""steps of a list, and readings of a trigger [M: 2400 manual 18-90, 18-115]"""
PER_MESSAGE: Final = 100
"""list values one command takes [M: 18-90]"""
OVERHEAD: Final = 0.3e-3
"""s a step takes beyond delay and conversions [D, from 0.5 ms a reading at 0.01 NPLC, MEM]"""
CONVERSIONS: Final = 2
"""voltage and current"""
SHORTEST: Final = OVERHEAD + CONVERSIONS * 0.01 / 50
"""s, a step at 0.01 NPLC [M: NPLC from 0.01] and 50 Hz"""
RESOLUTION: Final = 1e-6
"""s, of a step [D]"""
DELAY_STEP: Final = 1e-4
"""s, of the source delay, 0 to 999.9999 s [R]; the conversions make up the rest of a step"""
LONGEST: Final = 999.0
"""s"""
LARGEST_NPLC: Final = 1.0
"""more would only average what memristors do"""
FEW: Final = 20
"""readings that come back as text, with the error queue in the same answer"""
COMPLIANCE_BITS: Final = 1 << 3 | 1 << 16
"""real and range compliance in the status word [M: 18-51 for bit 16, MEM for bit 3]"""
LARGEST_READING: Final = 9e37
"""overflow is 9.9e37, not a number 9.91e37 [M: 18-50]"""
LINES: Final = 4
"""digital outputs [M: 13-5]"""

CAPABILITIES: Final = Capabilities(
    voltage=(-HIGHEST, HIGHEST),
    shortest=SHORTEST,
    longest=LONGEST,
    resolution=RESOLUTION,
    edge=1e-4,  # [MEM]
    segments=MOST,
    measures=True,
    current=(1e-9, STRONGEST),  # 0.1 % of the lowest range [MEM]
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A program in the instrument's words."""

    grid: Grid
    lists: tuple[str, ...]
    """the commands that load the list"""
    current: str
    """the commands that set compliance and measurement range"""
    timing: str
    count: int


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
        self.capabilities = CAPABILITIES
        self._wire = Conversation(self.adapter, name)
        self._pattern: int | None = None
        self._wide = False
        self._memory: Memory[Sweep] = Memory()
        self._line_cycle = 1 / 50
        self._forget()

    def _forget(self) -> None:
        """Take nothing for granted: the next program prepares the instrument again."""
        self._ready = False
        self._sent: dict[str, Any] = {}

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity("MODEL 2400")

    def prepare(self) -> None:
        """Output off, voltage lists, both quantities measured, nothing automatic."""
        self._forget()
        parts = [
            "*RST;*CLS;:OUTP 0;:OUTP:SMOD NORM",
            ":SOUR:FUNC VOLT;:SOUR:VOLT 0;:SOUR:VOLT:MODE LIST;:SOUR:DEL:AUTO 0",
            ":SENS:RES:MODE MAN;:SENS:FUNC 'VOLT','CURR';:SENS:AVER 0;:SYST:AZER 0",
            ":ARM:SOUR IMM;:TRIG:SOUR IMM;:TRIG:DEL 0;:TRAC:FEED:CONT NEV",
            ":FORM:ELEM VOLT,CURR,STAT;:FORM:BORD SWAP",
        ]
        if self._pattern is not None:
            parts.append(self._output(self._pattern))
        self._wire.command(";".join(parts))
        hertz = self._wire.ask(":SYST:LFR?")
        if hertz.partition(".")[0] not in ("50", "60"):
            raise self._wire.garbled(hertz)
        if 1 / float(hertz) != self._line_cycle:
            self._line_cycle, self._memory = 1 / float(hertz), Memory()
        self._ready = True

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._forget()
        self._wire.silence(":ABOR;:OUTP 0")

    def set_line(self, line: int, high: bool) -> None:
        """Set digital output `line`, 1 to 4; the others stay, low at first."""
        if not 1 <= line <= LINES:
            raise CapabilityError(f"{self.name} has digital lines 1 to {LINES}, not {line}")
        bit = 1 << (line - 1)
        others = (self._pattern or 0) & ~bit
        pattern = others | bit if high else others
        try:
            self._wire.command(self._output(pattern))
        except InstrumentError:
            # Nobody knows where the line is now: low is where a relay leads to the source-meter.
            self._forget()
            self._pattern, self._wide = others, False
            raise
        self._pattern, self._wide = pattern, self._wide or bool(pattern >> 3)

    def _output(self, pattern: int) -> str:
        """Return what sets the lines; line 4 is an output only in the 4-bit mode [M: 18-99]."""
        width = ":SOUR2:BSIZ 4;:SOUR2:TTL4:MODE EOT;" if pattern >> 3 and not self._wide else ""
        return f"{width}:SOUR2:TTL {pattern}"

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._sweep(program)

    def play(self, program: Program) -> Readings:
        """Load the list if it is new, trigger, read; one reading per measured segment."""
        self.check(program)
        if self.limits is not None:
            self.limits.check(program, program.compliance)
        try:
            if not self._ready:
                self.prepare()
            sweep = self._sweep(program)
            parts = self._changes(sweep)
            return Readings.join([self._run(sweep, n, parts) for n in self._shares(sweep)])
        except InstrumentError:
            self._forget()
            self._wire.complain()
            raise

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) told from 0: 5.5 digits at 1 PLC [MEM]."""
        free = (self._sweep(program).grid.dwell - OVERHEAD) / CONVERSIONS
        return smallest(RANGES, program.compliance / REACH, free / self._line_cycle, 1e-5)

    def _sweep(self, program: Program) -> Sweep:
        """Return a program in the instrument's words."""
        key, known = self._memory.get(program)
        return known or self._memory.put(key, self._translate(program))

    def _translate(self, program: Program) -> Sweep:
        program.refuse_gate(self.name)
        peak, compliance = float(np.abs(program.voltage).max(initial=0.0)), program.compliance
        lowest, highest = CAPABILITIES.current or (0.0, 0.0)
        if peak > HIGHEST:
            raise CapabilityError(f"{self.name} gives {HIGHEST:g} V at most, not {peak:g} V")
        if peak > ENVELOPE[0]:
            highest = ENVELOPE[1]
        if not lowest <= compliance <= highest:
            raise CapabilityError(
                f"{self.name} limits from {lowest:g} A to {highest:g} A at {peak:g} V, "
                f"not {compliance:g} A"
            )
        grid = program.on_grid(SHORTEST, RESOLUTION, MOST, self.name)
        if program.holds and len(grid.levels) * program.count > MOST:
            raise CapabilityError(
                f"{self.name} takes {MOST} readings while it holds a level, the stimulus wants "
                f"{len(grid.levels) * program.count}; read less often, or put a moment at 0 V "
                "into the loop"
            )
        if grid.dwell > LONGEST:
            raise CapabilityError(f"{self.name} holds a step for {LONGEST:g} s at most")
        return Sweep(
            grid=grid,
            lists=tuple(list_commands(":SOUR:LIST:VOLT", grid.levels, PER_MESSAGE)),
            # Out of the way first: compliance and range bound each other [M: +822, +824].
            current=(
                f":SENS:CURR:RANG {RANGES[0]:g};:SENS:CURR:PROT {compliance:.9g};"
                f":SENS:CURR:RANG {fitting(RANGES, compliance / REACH):g}"
            ),
            timing=self._timing(grid.dwell),
            count=program.count,
        )

    def _timing(self, dwell: float) -> str:
        """Return the longest conversions that fit, and the delay that fills what is left."""
        free = dwell - OVERHEAD
        longest = CONVERSIONS * LARGEST_NPLC * self._line_cycle
        delay = max(0, math.ceil((free - longest) / DELAY_STEP - 1e-6)) * DELAY_STEP
        cycles = (free - delay) / CONVERSIONS / self._line_cycle
        return f":SENS:CURR:NPLC {cycles:.9g};:SOUR:DEL {delay:.9g};:SYST:AZER ONCE"

    def _changes(self, sweep: Sweep) -> list[str]:
        """Return the commands for what is set otherwise; long lists are sent at once."""
        parts: list[str] = []
        if self._sent.get("lists") != sweep.lists:
            steps = f":ARM:COUN 1;:TRIG:COUN {len(sweep.grid.levels)}"
            for command in sweep.lists[:-1]:
                self._wire.send(command)
            parts += [sweep.lists[-1], steps]
            self._sent |= {"lists": sweep.lists, "arm": 1}
        for key, command in (("current", sweep.current), ("timing", sweep.timing)):
            if self._sent.get(key) != command:
                parts.append(command)
                self._sent[key] = command
        return parts

    @staticmethod
    def _shares(sweep: Sweep) -> list[int]:
        """Return how many passes each trigger plays."""
        most = MOST // len(sweep.grid.levels)
        whole, rest = divmod(sweep.count, most)
        return [most] * whole + ([rest] if rest else [])

    def _run(self, sweep: Sweep, passes: int, parts: list[str]) -> Readings:
        """Trigger `passes` passes and return their readings; `parts` is sent first, once."""
        steps = len(sweep.grid.levels) * passes
        few = steps <= FEW
        for key, value, command in (
            ("arm", passes, f":ARM:COUN {passes}"),
            ("few", few, f":FORM {'ASC' if few else 'REAL,32'}"),
        ):
            if self._sent.get(key) != value:
                parts.append(command)
                self._sent[key] = value
        message = ";".join([*parts, ":OUTP 1;:READ?;:OUTP 0"])
        parts.clear()
        busy = sweep.grid.dwell * steps
        columns = self._few(message, steps, busy) if few else self._many(message, steps, busy)
        return self._readings(sweep, columns, passes)

    def _few(self, message: str, steps: int, busy: float) -> FloatArray:
        data, _, error = self._wire.ask(f"{message};:SYST:ERR?", busy).rpartition(";")
        self._wire.accept(error)
        try:
            values = np.array([float(text) for text in data.split(",")])
        except ValueError:
            raise self._wire.garbled(data) from None
        if values.size != 3 * steps:
            raise self._wire.garbled(data)
        return values.reshape(-1, 3)

    def _many(self, message: str, steps: int, busy: float) -> FloatArray:
        # One header and one terminator for all readings [M: 2401 manual 18-48].
        data = self._wire.ask_bytes(message, 2 + 12 * steps + 1, busy)
        if not (data.startswith(b"#0") and data.endswith(b"\n") and len(data) == 3 + 12 * steps):
            raise self._wire.garbled(data)
        self._wire.accept(self._wire.ask(":SYST:ERR?"))
        return np.frombuffer(data[2:-1], dtype="<f4").astype(np.float64).reshape(-1, 3)

    def _readings(self, sweep: Sweep, columns: FloatArray, passes: int) -> Readings:
        steps = len(columns)
        kept: NDArray[np.bool_] = np.tile(sweep.grid.kept, passes)
        time = self.clock.now() - sweep.grid.dwell * np.arange(steps - 1, -1, -1.0)
        values = np.where(np.abs(columns[:, :2]) > LARGEST_READING, np.nan, columns[:, :2])
        status = columns[:, 2].astype(np.int64)
        limited = (status & COMPLIANCE_BITS) != 0
        return Readings(time, values[:, 0].copy(), values[:, 1].copy(), limited)[kept]
