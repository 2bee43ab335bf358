"""Keysight 81160A pulse generator.

Programs of identical rectangular pulses use its pulse function; everything else is sampled into its
arbitrary waveform memory. Channel 1 drives the device.

How a program maps: `duration` is the flat top and `ramp` the whole straight edge before it. The
instrument's own numbers differ: its width runs from half height to half height, so it is
``duration + ramp`` for equal edges, and its edge time from 10 % to 90 %, 0.8 times the whole
[M: 33250A p. 168, the same firmware family]. With ``ramp=0`` the edges are its fastest and
`duration` is the width at half height. Pulses with unequal ramps, and ramps between levels, become
staircases of 32 samples or more. Levels of sampled waveforms are kept to two steps of its 14 bit
converter; levels of pulses are exact.

The generator does not limit current: all that does is its 50 Ohm and the series resistor. That an
inverted output rests at its high level is [MEM]: see it on an oscilloscope before the first
negative pulse reaches a device. PyMeasure's `burst_state` of a channel is not used: it sends 0 for
True.

The output relay does not live for ever. It stays closed from the first program to `safe`, if
`arrange` is called whenever the device is connected elsewhere, as the Dut does behind a change-over
relay; on a gate, which is always connected, `rest` closes it and each change of polarity takes two
operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pymeasure.instruments.keysight as pymeasure_keysight

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Capabilities, Clock
from drivers.conversation import Conversation
from drivers.list_sweep import Memory
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


class Bursts:
    """Plays set-ups, and remembers what the instrument has been sent.

    Apart from the driver, as PyMeasure makes every attribute of an instrument slow to reach.
    """

    def __init__(self, wire: Conversation, name: str, limits: Limits | None) -> None:
        self._wire = wire
        self._name = name
        self._limits = limits
        self._memory: Memory[Setup] = Memory()
        self.forget()

    def forget(self) -> None:
        """Take nothing for granted: the next program prepares the instrument again."""
        self._ready = False
        self._last: Setup | None = None
        self._block = b""

    def prepare(self) -> None:
        """Output off, levels at high impedance, manual trigger, voltage limits of the DUT."""
        self.forget()
        parts = ["*RST;*CLS;:OUTP1 0", f":OUTP1:LOAD {LOAD:.9g}"]
        if self._limits is not None:
            low, high = self._limits.voltage
            # The instrument refuses a window without room for its smallest swing.
            parts.append(f":VOLT1:LIM:HIGH {_level(min(max(high, low + SWINGS[0]), HIGHEST))}")
            parts.append(f":VOLT1:LIM:LOW {_level(max(low, -HIGHEST))}")
        parts.append(":PULS:HOLD1 WIDT;:ARM:SOUR1 MAN;:TRIG1:COUN 1")
        self._wire.command(";".join(parts))
        self._ready = True

    def rest(self) -> None:
        """Bring the output on at the 0 V between pulses, unless it is on already."""
        setup = _resting(self._limits)
        if self._last is None and setup is not None:
            self._wire.command(";".join(self._changes(setup, apart=False)))
            self._last = setup

    def arrange(self, setup: Setup) -> None:
        """Send what would disturb a device, were it connected; its relay stays where it is."""
        if self._last is None or _disturbs(self._last, setup):
            parts = self._changes(setup, apart=True)
            self._wire.command(";".join(parts))
            self._last = setup

    def trigger(self, setup: Setup) -> None:
        """Send what has changed, and return when the burst is over."""
        parts = self._changes(setup, apart=False)
        self._wire.command(";".join([*parts, "*TRG"]), setup.busy)
        self._last = setup

    def _changes(self, setup: Setup, *, apart: bool) -> list[str]:
        """Return the commands for what has changed; a new waveform is sent at once.

        Where the device is not `apart`, the output is off while it would be away from 0 V.
        """
        if not self._ready:
            self.prepare()
        last = self._last
        off = last is None or _disturbs(last, setup)
        parts = [":OUTP1 0"] if off and not apart else []
        if setup.block and setup.block != self._block:
            size = str(len(setup.block))
            head = ";".join([*parts, f":DATA1:DAC VOLATILE,#{len(size)}{size}"])
            self._wire.send(head.encode() + setup.block + b"\n")
            self._block, parts = setup.block, []
        parts += _relevel(setup, self._limits is not None) if off else _level_change(last, setup)
        if off or last is None or setup.timing != last.timing:
            parts.append(setup.timing)
        if last is None or setup.count != last.count:
            parts.append(f":TRIG1:COUN {setup.count}")
        if off and not (apart and last is not None):
            parts.append(":OUTP1 1")
        return parts

    def setup(self, program: Program) -> Setup:
        """Return a program in the instrument's words."""
        key, known = self._memory.get(program)
        return known or self._memory.put(key, self._translate(program))

    def _translate(self, program: Program) -> Setup:
        program.refuse_gate(self._name)
        if program.measure.any():
            raise CapabilityError(
                f"{self._name} measures nothing; give the reads to a source-meter"
            )
        peak = float(np.abs(program.voltage).max(initial=0.0))
        if peak > HIGHEST:
            raise CapabilityError(f"{self._name} gives {HIGHEST:g} V at most, not {peak:g} V")
        if peak == 0 or not program.elapsed:
            return Setup("", False, "", "", "", 0, b"", 0.0, before=program.elapsed, after=0.0)
        if program.elapsed > WIDTHS[1]:
            raise CapabilityError(f"{self._name} plays for {WIDTHS[1]:g} s at most; shorten it")
        parts = program.duration + program.ramp
        if bool(((parts > 0) & (parts < WIDTHS[0])).any()):
            raise CapabilityError(f"{self._name} makes nothing shorter than {WIDTHS[0]:g} s")
        pulse = pulse_of(program)
        if pulse is not None and (setup := _of_pulse(pulse)) is not None:
            return setup
        setup = _of_waveform(waveform_of(program, SAMPLER))
        if setup.count > LARGEST_COUNT:
            raise CapabilityError(f"{self._name} repeats {LARGEST_COUNT} times at most")
        if self._limits is not None:
            window = [float(_level(limit)) for limit in self._limits.voltage]
            if not window[0] <= float(setup.low) <= float(setup.high) <= window[1]:
                raise CapabilityError(
                    f"{self._name} swings {SWINGS[0]:g} V at least, which the DUT's limits have no "
                    "room for; widen them, or use another source"
                )
        return setup


class Keysight81160A(pymeasure_keysight.Keysight81160A):
    """81160A as a `PulseGenerator`, on top of PyMeasure's driver.

    `limits` are the DUT's, checked at the last moment and set in the instrument as well;
    `series_resistance` (Ohm) is what the wiring adds to its output resistance.
    """

    def __init__(
        self,
        adapter: Any,
        name: str = "Keysight 81160A",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(adapter, name, **options)
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.capabilities = Capabilities(
            voltage=(-HIGHEST, HIGHEST),
            shortest=WIDTHS[0],
            longest=WIDTHS[1],
            resolution=SAMPLER.resolution,
            edge=FASTEST_EDGE,
            segments=SAMPLER.samples - 1,
            measures=False,
            current=None,
            resistance=SOURCE,
        )
        self._wire = Conversation(self.adapter, name)
        self._bursts = Bursts(self._wire, name, limits)

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity("81160A")

    def prepare(self) -> None:
        """Output off, levels at high impedance, manual trigger, voltage limits of the DUT."""
        self._bursts.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._bursts.forget()
        self._wire.silence(":OUTP1 0")

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._bursts.setup(program)

    def arrange(self, program: Program) -> None:
        """Set up function, polarity and waveform while the device is not connected."""
        setup = self._allowed(program)
        if setup.function:
            self._carry_out(self._bursts.arrange, setup)

    def rest(self) -> None:
        """Hold 0 V from now on, until `safe`: a gate that nobody else holds would float."""
        self._carry_out(self._bursts.rest)

    def play(self, program: Program) -> None:
        """Set up what has changed, trigger, and return when the output is back at 0 V."""
        setup, clock = self._allowed(program), self.clock
        if setup.before:
            clock.sleep(setup.before)
        if setup.function:
            self._carry_out(self._bursts.trigger, setup)
        if setup.after:
            clock.sleep(setup.after)

    def _allowed(self, program: Program) -> Setup:
        """Return a program in the instrument's words, if the DUT may be given it."""
        setup, limits = self._bursts.setup(program), self.limits
        if limits is not None:
            limits.check(program, program.compliance)
            limits.check_unlimited(program, self.capabilities, self.series_resistance)
        return setup

    def _carry_out(self, step: Callable[..., None], *setup: Setup) -> None:
        try:
            step(*setup)
        except InstrumentError:
            self._bursts.forget()
            self._wire.complain()
            raise


def _level(voltage: float) -> str:
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
        high=_level(0.0 if negative else pulse.level),
        low=_level(pulse.level if negative else 0.0),
        timing=_pulse_timing(edge, width, period if repeats else 0.0),
        count=pulse.count,
        block=b"",
        busy=pulse.count * period,
        before=pulse.delay,
        # A single triggered pulse has no period [M: 81160A p. 142], so its rest is ours to wait.
        after=0.0 if repeats else pulse.gap,
    )


def _resting(limits: Limits | None) -> Setup | None:
    """Return pulses that nobody triggers, of the smallest swing; None without room for one."""
    low, high = (-HIGHEST, HIGHEST) if limits is None else limits.voltage
    level = SWINGS[0] if high >= SWINGS[0] else -SWINGS[0]
    return _of_pulse(Pulse(level, 0.0, 1e-6, 0.0, 1, 0.0)) if low <= level else None


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


def _of_waveform(waveform: Waveform) -> Setup:
    return Setup(
        function="USER",
        inverted=False,
        high=_level(waveform.high),
        low=_level(waveform.low),
        timing=f":FREQ1 {1 / waveform.period:.12g}",
        count=waveform.count,
        block=waveform.codes,
        busy=waveform.count * waveform.period,
        before=0.0,
        after=0.0,
    )


def _disturbs(last: Setup, setup: Setup) -> bool:
    """Return whether the change would lift the output from 0 V on its way, were it on."""
    if (setup.function, setup.inverted) != (last.function, last.inverted):
        return True
    return setup.function == "USER" and (setup.high, setup.low) != (last.high, last.low)


def _level_change(last: Setup | None, setup: Setup) -> list[str]:
    """Return the one level of a pulse that may change while the output is on."""
    if last is None or (setup.high, setup.low) == (last.high, last.low):
        return []
    return [f":VOLT1:LOW {setup.low}" if setup.inverted else f":VOLT1:HIGH {setup.high}"]


def _relevel(setup: Setup, limited: bool) -> list[str]:
    """Return what brings function and levels from any to these, with the output off."""
    levels = [f":VOLT1:HIGH {setup.high}", f":VOLT1:LOW {setup.low}"]
    if abs(float(setup.low)) > abs(float(setup.high)):
        levels.reverse()  # the smallest swing is kept at every step
    parts = [":VOLT1:LIM:STAT 0"] if limited else []
    parts += [
        ":PULS:PER1 MAX",
        f":FUNC1 {setup.function}",
        f":OUTP1:POL {'INV' if setup.inverted else 'NORM'}",
        f":VOLT1 {_level(SWINGS[0] * 1.0001)};:VOLT1:OFFS 0",
        *levels,
    ]
    return [*parts, ":VOLT1:LIM:STAT 1"] if limited else parts
