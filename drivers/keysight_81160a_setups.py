"""A program in an 81160A's own words: pulses of its pulse function, or samples of a waveform."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchctl.errors import CapabilityError
from benchctl.limits import Limits
from benchctl.program import Program
from drivers.pulse_shapes import Pulse, Sampler, Waveform, pulse_of, waveform_of

LOAD: Final = 1e6
"""Ohm, the largest load it can be told of [R]: levels are then those at a high impedance"""
SOURCE: Final = 50.0
"""Ohm, its output resistance [R]"""
EXACT: Final = LOAD / (LOAD + SOURCE)
"""programmed level per open-circuit volt: 50 ppm that would otherwise lie beyond the limits"""
WHOLE_EDGE: Final = 0.8
"""edge time from 10 % to 90 % per time of the whole edge"""
FASTEST_EDGE: Final = 1e-9 / WHOLE_EDGE
"""s, the whole edge at its shortest edge time, 1 ns [R]"""
WIDTHS: Final = (1.5e-9, 1e6)
"""s [R]"""
SHORTEST_PERIOD: Final = 3.03e-9
"""s [M: 81160A p. 142]"""
LARGEST_COUNT: Final = 2**31 - 1
"""[R]"""
SWINGS: Final = (0.1, 10.0)
"""V peak to peak into an open circuit: 50 mV to 5 V into 50 Ohm [R]"""
HIGHEST: Final = 10.0
"""V into an open circuit, 5 V into 50 Ohm [R]"""

SAMPLER: Final = Sampler(
    who="the 81160A's waveform memory",
    shortest=0.4e-9,  # 2.5 GSa/s [MEM]
    resolution=1e-11,  # [MEM]
    samples=131072,  # [MEM]
    largest_code=8191,  # [R]
    amplitude=SWINGS,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """A program in the instrument's words, and the rests around it that are not played by it."""

    function: str
    """empty for nothing but rest"""
    inverted: bool
    high: str
    low: str
    timing: str
    count: int
    block: bytes
    busy: float
    """s it takes"""
    before: float
    """s before the trigger"""
    after: float
    """s after the last edge"""


def set_up(program: Program, limits: Limits | None, who: str) -> Setup:
    """Return a program in the instrument's words.

    Raises:
        CapabilityError: it cannot be played.
    """
    program.refuse_gate(who)
    if program.measure.any():
        raise CapabilityError(f"{who} measures nothing; give the reads to a source-meter")
    peak = float(np.abs(program.voltage).max(initial=0.0))
    if peak > HIGHEST:
        raise CapabilityError(f"{who} gives {HIGHEST:g} V at most, not {peak:g} V")
    if peak == 0 or not program.elapsed:
        return Setup("", False, "", "", "", 0, b"", 0.0, before=program.elapsed, after=0.0)
    if program.elapsed > WIDTHS[1]:
        raise CapabilityError(f"{who} plays for {WIDTHS[1]:g} s at most; shorten it")
    parts = program.duration + program.ramp
    if bool(((parts > 0) & (parts < WIDTHS[0])).any()):
        raise CapabilityError(f"{who} makes nothing shorter than {WIDTHS[0]:g} s")
    pulse = pulse_of(program)
    if pulse is not None and (setup := _of_pulse(pulse)) is not None:
        return setup
    return _of_waveform(waveform_of(program, SAMPLER), limits, who)


def resting(limits: Limits | None) -> Setup | None:
    """Return pulses that nobody triggers, of the smallest swing; None without room for one."""
    low, high = (-HIGHEST, HIGHEST) if limits is None else limits.voltage
    level = SWINGS[0] if high >= SWINGS[0] else -SWINGS[0]
    return _of_pulse(Pulse(level, 0.0, 1e-6, 0.0, 1, 0.0)) if low <= level else None


def level_of(voltage: float) -> str:
    """Return an open-circuit voltage as the level to program."""
    return f"{voltage * EXACT:.12g}"


def _of_pulse(pulse: Pulse) -> Setup | None:
    """Return identical pulses for the pulse function; None where it is not made for them."""
    edge = pulse.edge or FASTEST_EDGE
    width = pulse.hold + pulse.edge
    period = 2 * pulse.edge + pulse.hold + pulse.gap
    repeats = pulse.count > 1
    if not _fits(pulse, edge, width, period):
        return None
    negative = pulse.level < 0
    return Setup(
        function="PULS",
        # Inverted, it rests at the high level, 0 V, and pulses to the low one.
        inverted=negative,
        high=level_of(0.0 if negative else pulse.level),
        low=level_of(pulse.level if negative else 0.0),
        timing=_pulse_timing(edge, width, period if repeats else 0.0),
        count=pulse.count,
        block=b"",
        busy=pulse.count * period if repeats else period - pulse.gap,
        before=pulse.delay,
        # A single triggered pulse has no period [M: 81160A p. 142], so its rest is ours to wait.
        after=0.0 if repeats else pulse.gap,
    )


def _fits(pulse: Pulse, edge: float, width: float, period: float) -> bool:
    """Return whether the pulse function can make these pulses exactly."""
    tightest = max(SHORTEST_PERIOD, width + 1.6 * WHOLE_EDGE * edge)  # [M: 81160A p. 142]
    return (
        SWINGS[0] <= abs(pulse.level) <= SWINGS[1]
        and WIDTHS[0] <= width <= WIDTHS[1]
        and FASTEST_EDGE <= edge <= width
        and (pulse.count == 1 or tightest <= period <= WIDTHS[1])
        and pulse.count <= LARGEST_COUNT
    )


def _pulse_timing(edge: float, width: float, period: float) -> str:
    """Return the commands for a pulse's times; a period of 0 is none.

    A period out of the way first, then edges that fit any width: no step conflicts with another.
    """
    timing = (
        f":PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 {width:.12g};"
        f":FUNC1:PULS:TRAN {WHOLE_EDGE * edge:.12g}"
    )
    return f"{timing};:PULS:PER1 {period:.12g}" if period else timing


def _of_waveform(waveform: Waveform, limits: Limits | None, who: str) -> Setup:
    """Return samples for the waveform memory, unless it cannot play them as they are."""
    if waveform.period < SHORTEST_PERIOD:
        raise CapabilityError(
            f"{who} plays waveforms of {SHORTEST_PERIOD:g} s or more; lengthen the widths, or end "
            "with a longer moment at 0 V"
        )
    if waveform.count > LARGEST_COUNT:
        raise CapabilityError(f"{who} repeats {LARGEST_COUNT} times at most")
    setup = Setup(
        function="USER",
        inverted=False,
        high=level_of(waveform.high),
        low=level_of(waveform.low),
        timing=f":FREQ1 {1 / waveform.period:.12g}",
        count=waveform.count,
        block=waveform.codes,
        busy=waveform.count * waveform.period,
        before=0.0,
        after=0.0,
    )
    if limits is not None:
        window = [float(level_of(limit)) for limit in limits.voltage]
        if not window[0] <= float(setup.low) <= float(setup.high) <= window[1]:
            raise CapabilityError(
                f"{who} swings {SWINGS[0]:g} V at least, which the DUT's limits have no room for; "
                "widen them, or use another source"
            )
    return setup
