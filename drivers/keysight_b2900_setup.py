"""A program in a B2900's own words: two lists, their limits, ranges and trigger timers."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchctl.errors import CapabilityError
from benchctl.program import Grid, Program
from benchctl.quantities import show
from benchctl.stimulus import BoolArray, FloatArray
from drivers.list_sweep import fitting, list_commands

VOLTAGE_RANGES: Final = (0.2, 2.0, 20.0, 200.0)
"""V [M: B2961A SCPI 2-36]"""
OVER_RANGE: Final = 1.05
"""of a voltage range can be sourced [M: 210 V on 200 V]"""
CURRENT_RANGES: Final = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1.5, 3.0)
"""A [MEM]"""
COMPLIANCES: Final = (1e-9, 3.03)
"""A [MEM: 1 % of the smallest range]"""
ENVELOPE: Final = ((6.0, 3.03), (21.0, 1.515), (210.0, 0.105))
"""up to so many V, so many A [M: B2961A SCPI 2-36]"""
SHORTEST: Final = 50e-6
"""s: the shortest pulse the instrument specifies [M: user's guide 6-7]. Its timer goes down to
20 µs, which leaves no time to settle."""
LONGEST: Final = 1e5
"""s, of the trigger timer [M: B2900A data sheet p. 17]"""
RESOLUTION: Final = 1e-6
"""s [M: B2900A data sheet p. 17]"""
SETTLING: Final = 30e-6
"""s before an aperture, at least [DESIGN]"""
APERTURE: Final = 8e-6
"""s, the shortest [M: B2961A SCPI 4-86]"""
LIST: Final = 2500
"""levels [M: B2900 SCPI 4-105]"""
LIST_AT_ONCE: Final = 100
"""per command, so that no command is long [DESIGN]"""
LARGEST_COUNT: Final = 100_000
"""passes [M: B2900A data sheet p. 17]"""
READINGS: Final = 100_000
"""a channel's buffer holds [M: user's guide 6-23]"""
PLC: Final = 0.02
"""s, the longest aperture: a cycle of 50 Hz, 1.2 cycles of 60 Hz"""


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """A program in the instrument's words."""

    parts: tuple[str, ...]
    """settings, list and triggers of each channel"""
    run: str
    channels: int
    points: int
    """readings per channel"""
    kept: BoolArray | None
    """which of those were asked for; None: all"""
    dwell: float
    """s"""

    @property
    def fetched(self) -> bool:
        """Whether any reading travels."""
        return self.kept is None or bool(self.kept.any())


def set_up(program: Program, overhead: float, who: str) -> Setup:
    """Return the program in the instrument's words.

    Args:
        program: what to play.
        overhead: s a reading takes beyond its aperture.
        who: the instrument's name.

    Raises:
        CapabilityError: it cannot be played.
    """
    _refuse(program.voltage, program.compliance, program.count, who)
    if program.gate is not None:
        _refuse(program.gate, program.gate_compliance, program.count, who)
    grid = program.on_grid(SHORTEST + overhead, RESOLUTION, LIST, who)
    points = len(grid.levels) * program.count
    if points > READINGS:
        raise CapabilityError(
            f"{who} keeps {READINGS} readings, the program would take {points}; repeat it less "
            "often, or make its widths more alike"
        )
    if grid.dwell > LONGEST:
        raise CapabilityError(f"{who} holds a level for {LONGEST:g} s at most")
    parts = _channel(1, grid.levels, grid, program.compliance, program.count, overhead)
    channels = 1
    if grid.gate is not None:
        parts += _channel(2, grid.gate, grid, program.gate_compliance, program.count, overhead)
        channels = 2
    kept = None if grid.kept.all() else np.tile(grid.kept, program.count)
    fetch = "" if kept is not None and not kept.any() else f";:FETC:ARR? {_all(channels)}"
    on, off = (";".join(f":OUTP{c} {b}" for c in range(1, channels + 1)) for b in "10")
    # How many errors there are travels ahead of the block: one round trip for both.
    run = f"{on};:INIT {_all(channels)};*WAI;{off};:SYST:ERR:COUN?{fetch}"
    return Setup(parts, run, channels, points, kept, grid.dwell)


def aperture_in(room: float) -> float:
    """Return the longest aperture (s) that fits in `room` (s) of a step."""
    return max(APERTURE, min(PLC, math.floor((room - SETTLING) * 1e6 + 1e-6) / 1e6))


def _all(channels: int) -> str:
    return "(@1,2)" if channels == 2 else "(@1)"


def _channel(
    channel: int, levels: FloatArray, grid: Grid, compliance: float, count: int, overhead: float
) -> tuple[str, ...]:
    """Return a channel's settings, list and triggers."""
    room = grid.dwell - overhead
    aperture = aperture_in(room)
    sense, trigger = f":SENS{channel}:CURR", f":TRIG{channel}"
    source_range = fitting(VOLTAGE_RANGES, float(np.abs(levels).max()) / OVER_RANGE)
    period = min(grid.dwell * len(levels), LONGEST)
    return (
        # Autorange in between, so that no step has a limit below what its range allows.
        f":SOUR{channel}:VOLT:RANG {source_range:g};{sense}:APER {aperture:.9g};"
        f"{sense}:RANG:AUTO 1;{sense}:PROT {compliance:.9g};{sense}:RANG:AUTO 0;"
        f"{sense}:RANG {fitting(CURRENT_RANGES, compliance):g}",
        ";".join(list_commands(f":SOUR{channel}:LIST:VOLT", levels, LIST_AT_ONCE)),
        # Each pass begins on a timer of its own: the last level of a pass is as long as the others.
        f"{trigger}:COUN {len(levels)};{trigger}:TIM {grid.dwell:.9g};"
        f"{trigger}:ACQ:DEL {round(room - aperture, 9):.9g};"
        f":ARM{channel}:COUN {count};:ARM{channel}:TIM {period:.9g}",
    )


def _refuse(levels: FloatArray, compliance: float, count: int, who: str) -> None:
    """Refuse levels and compliances no setting could give."""
    peak = float(np.abs(levels).max(initial=0.0))
    if peak > ENVELOPE[-1][0]:
        raise CapabilityError(f"{who} sources 210 V at most, not {show(peak, 'V')}")
    if not COMPLIANCES[0] <= compliance <= COMPLIANCES[1]:
        raise CapabilityError(
            f"{who} limits the current to {show(COMPLIANCES[0], 'A')} to "
            f"{show(COMPLIANCES[1], 'A')}, not to {show(compliance, 'A')}"
        )
    most = next(amperes for volts, amperes in ENVELOPE if peak <= volts)
    if compliance > most:
        raise CapabilityError(
            f"{who} gives {show(most, 'A')} at most at {show(peak, 'V')}; lower the compliance"
        )
    if not 1 <= count <= LARGEST_COUNT:
        raise CapabilityError(f"{who} repeats 1 to {LARGEST_COUNT} times")
