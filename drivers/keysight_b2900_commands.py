"""What a B2900 is told: two lists, their limits, ranges and trigger timers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchctl.program import Grid, Program
from benchctl.roles import Clock
from benchctl.stimulus import BoolArray, FloatArray, Readings
from drivers.conversation import Conversation
from drivers.list_sweep import Chains, list_commands, refuse_overflow
from drivers.source_bounds import Bounds

BOUNDS: Final = Bounds(
    voltage_ranges=(0.2, 2.0, 20.0, 200.0),  # [M: B2961A SCPI 2-36]
    current_ranges=(1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1.5, 3.0),  # [MEM]
    compliances=(1e-9, 3.03),  # [MEM: 1 % of the smallest range]
    envelope=((6.0, 3.03), (21.0, 1.515), (210.0, 0.105)),  # [M: B2961A SCPI 2-36]
    # The shortest pulse it specifies [M: user's guide 6-7]. Its timer goes down to 20 µs, which
    # leaves no time to settle.
    shortest=50e-6,
    longest=1e5,  # of the trigger timer [M: B2900A data sheet p. 17]
    resolution=1e-6,  # [M: B2900A data sheet p. 17]
    edge=30e-6,  # [DESIGN: what the shortest step leaves for it]
    steps=2500,  # [M: B2900 SCPI 4-105]
    readings=100_000,  # in a channel's buffer [M: user's guide 6-23]
    passes=100_000,  # [M: B2900A data sheet p. 17]
)
SETTLING: Final = 30e-6
"""s before an aperture, at least [DESIGN]"""
APERTURE: Final = 8e-6
"""s, the shortest [M: B2961A SCPI 4-86]"""
PLC: Final = 0.02
"""s, the longest aperture: a cycle of 50 Hz, 1.2 cycles of 60 Hz"""
LIST_AT_ONCE: Final = 100
"""levels per command, so that no command is long [DESIGN]"""
LONGEST_MESSAGE: Final = 4000
"""characters [DESIGN]"""
IN_COMPLIANCE: Final = 0b110
"""of the status element [M: B2900 SCPI 1-14]"""
LARGEST_STATUS: Final = 1 << 21
"""of 21 bits [M: B2900 SCPI 1-14]"""
NO_ERRORS: Final = b"+0"
"""as ``:SYST:ERR:COUN?`` answers it [R]"""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A program in the instrument's words."""

    chains: Chains
    """settings, list and triggers of each channel"""
    limiting: tuple[str, ...]
    trigger: str
    channels: int
    points: int
    """readings per channel"""
    kept: BoolArray | None
    """which of those were asked for; None: all"""
    dwell: float

    @property
    def fetched(self) -> bool:
        """Whether any reading travels."""
        return self.kept is None or bool(self.kept.any())


class CommandsB2900:
    """What a B2900 is told, and what its answers mean."""

    longest: float = LONGEST_MESSAGE

    def __init__(
        self,
        wire: Conversation,
        clock: Clock,
        name: str,
        overhead: float,
        identify: Callable[[], object],
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._name = name
        self._overhead = overhead
        self._identify = identify
        self.channels = 0
        """0 until it has been identified"""

    @property
    def off(self) -> str:
        """What ends both sweeps and switches both outputs off."""
        channels = range(1, (self.channels or 2) + 1)
        return ";".join(f":ABOR:ALL (@{c});:OUTP{c} 0;:SOUR{c}:VOLT 0" for c in channels)

    def prepare(self, lines: str) -> None:
        """Outputs off, 0 V, lists stepped by timers, no waiting of its own, readings as doubles."""
        if not self.channels:
            self._identify()
        channels = "".join(
            f":OUTP{c}:OFF:MODE ZERO;:OUTP{c}:ON:AUTO 0;:SOUR{c}:FUNC:MODE VOLT;"
            f":SOUR{c}:FUNC:SHAP DC;:SOUR{c}:FUNC:TRIG:CONT 0;:SOUR{c}:VOLT 0;"
            f":SOUR{c}:VOLT:RANG:AUTO 0;:SOUR{c}:VOLT:MODE LIST;:SOUR{c}:WAIT 0;:SENS{c}:WAIT 0;"
            f':SENS{c}:FUNC "VOLT","CURR";:SENS{c}:CURR:APER:AUTO 0;'
            f":TRIG{c}:SOUR TIM;:ARM{c}:SOUR TIM;"
            for c in range(1, self.channels + 1)
        )
        self._wire.command(
            f"*RST;*CLS;{lines and lines + ';'}{channels}"
            ":FORM REAL,64;:FORM:BORD NORM;:FORM:ELEM:SENS VOLT,CURR,STAT"
        )

    def translate(self, program: Program) -> tuple[Sweep]:
        """Return the one sweep that plays a program, or refuse it."""
        if self.channels == 1:
            program.refuse_gate(self._name)
        grid = BOUNDS.grid(program, self._overhead, self._name)
        chains = self._channel(1, grid.levels, grid, program.compliance, program.count)
        channels = 1
        if grid.gate is not None:
            chains += self._channel(2, grid.gate, grid, program.gate_compliance, program.count)
            channels = 2
        kept = None if grid.kept.all() else np.tile(grid.kept, program.count)
        both = "(@1,2)" if channels == 2 else "(@1)"
        fetch = "" if kept is not None and not kept.any() else f";:FETC:ARR? {both}"
        on, off = (";".join(f":OUTP{c} {b}" for c in range(1, channels + 1)) for b in "10")
        # How many errors there are travels ahead of the block: one round trip for both.
        trigger = f"{on};:INIT {both};*WAI;{off};:SYST:ERR:COUN?{fetch}"
        points = len(grid.levels) * program.count
        limiting = tuple(chain[0] for chain in chains[::3])
        return (Sweep(chains, limiting, trigger, channels, points, kept, grid.dwell),)

    def aperture(self, dwell: float) -> float:
        """Return the longest aperture (s) that fits in a step."""
        room = dwell - self._overhead - SETTLING
        return max(APERTURE, min(PLC, math.floor(room * 1e6 + 1e-6) / 1e6))

    def _channel(
        self, channel: int, levels: FloatArray, grid: Grid, compliance: float, count: int
    ) -> Chains:
        """Return a channel's settings, list and triggers."""
        aperture = self.aperture(grid.dwell)
        delay = grid.dwell - self._overhead - aperture
        sense, trigger = f":SENS{channel}:CURR", f":TRIG{channel}"
        period = min(grid.dwell * len(levels), BOUNDS.longest)
        settings = (
            # Autorange in between, so that no step has a limit below what its range allows.
            f":SOUR{channel}:VOLT:RANG {BOUNDS.source_range(levels):g};{sense}:APER {aperture:.9g};"
            f"{sense}:RANG:AUTO 1;{sense}:PROT {compliance:.9g};{sense}:RANG:AUTO 0;"
            f"{sense}:RANG {BOUNDS.current_range(compliance):g}"
        )
        voltages = ";".join(list_commands(f":SOUR{channel}:LIST:VOLT", levels, LIST_AT_ONCE))
        triggers = (
            # A timer begins each pass, so its last level is as long as the others.
            f"{trigger}:COUN {len(levels)};{trigger}:TIM {grid.dwell:.9g};"
            f"{trigger}:ACQ:DEL {round(delay, 9):.9g};"
            f":ARM{channel}:COUN {count};:ARM{channel}:TIM {period:.9g}"
        )
        return (settings,), (voltages,), (triggers,)

    def run(self, sweep: Sweep, changes: list[str]) -> Readings:
        """Trigger, and make readings of the block."""
        for message in changes:
            self._wire.send(message)
        began = self._clock.now()
        busy = sweep.dwell * sweep.points
        if not sweep.fetched:
            count = self._wire.ask(sweep.trigger, busy)
            self._wire.accept_count(count.encode("ascii", "replace"), NO_ERRORS)
            return self._readings(sweep, began, np.empty((sweep.points, sweep.channels, 3)))
        size = 24 * sweep.points * sweep.channels
        head = b"#%d%d" % (len(str(size)), size)
        block = self._wire.ask_block(sweep.trigger, NO_ERRORS, head, size, busy)
        table = np.frombuffer(block, ">f8").reshape(sweep.points, sweep.channels, 3)
        return self._readings(sweep, began, table)

    def _readings(self, sweep: Sweep, began: float, table: FloatArray) -> Readings:
        """Return the readings that were asked for; the timer tells when they were taken."""
        times: FloatArray = began + sweep.dwell * np.arange(1.0, sweep.points + 1)
        if sweep.kept is not None:
            table, times = table[sweep.kept], times[sweep.kept]
        table = table.astype(np.float64)
        refuse_overflow(table, self._name)
        status = table[:, :, 2]
        if not bool(((status >= 0) & (status < LARGEST_STATUS)).all()):
            raise self._wire.garbled(table.tobytes())
        limited = ((status.astype(np.int64) & IN_COMPLIANCE) != 0).any(axis=1)
        gate = table[:, 1, 1].copy() if sweep.channels == 2 else None
        return Readings(times, table[:, 0, 0].copy(), table[:, 0, 1].copy(), limited, gate)
