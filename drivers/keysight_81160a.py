"""Keysight 81160A pulse generator.

Programs of identical rectangular pulses use its pulse function; everything else is sampled into its
arbitrary waveform memory. Channel 1 drives the device.

How a program maps: `duration` is the flat top and `ramp` the whole straight edge before it. The
instrument's own numbers differ: its width runs from half height to half height, so it is
``duration + ramp`` for equal edges, and its edge time from 10 % to 90 %, 0.8 times the whole
[M: 33250A p. 168, the same firmware family]. With ``ramp=0`` the edges are its fastest and
`duration` is the width at half height. Pulses with unequal ramps, and ramps between levels, become
staircases of 32 samples or more. Levels of sampled waveforms are kept to two steps of its 14 bit
converter; levels of pulses are exact. That samples are held, not joined by straight lines, is [MEM]
of its state after a reset: see that on an oscilloscope too.

The generator does not limit current: all that does is its 50 Ohm and the series resistor. That an
inverted output rests at its high level is [MEM]: see it on an oscilloscope before the first
negative pulse reaches a device. PyMeasure's `burst_state` of a channel is not used: it sends 0 for
True.

The output relay does not live for ever. It stays closed from the first program to `safe`, if
`arrange` is called whenever the device is connected elsewhere, as the Dut does behind a change-over
relay; on a gate, which is always connected, `rest` closes it and each change of polarity takes two
operations.
"""

from typing import Any, Final

import pymeasure.instruments.keysight as pymeasure_keysight

from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Capabilities, Clock
from drivers.conversation import Conversation
from drivers.keysight_81160a_setups import (
    FASTEST_EDGE,
    HIGHEST,
    LOAD,
    SAMPLER,
    SOURCE,
    SWINGS,
    WIDTHS,
    Setup,
    level_of,
    resting,
    set_up,
)
from drivers.prepared import Prepared
from drivers.translations import Translations

OFF: Final = ":OUTP1 0"
EARLY: Final = 1e-3
"""s by which an answer may come before its time, as clocks go"""


class Bursts:
    """Plays set-ups, and remembers what the instrument was sent since it was prepared.

    Apart from the driver, as PyMeasure makes every attribute of an instrument slow to reach.
    """

    def __init__(self, wire: Conversation, clock: Clock, name: str, limits: Limits | None) -> None:
        self._wire = wire
        self._clock = clock
        self._limits = limits
        self._prepared = Prepared(wire, self._prepare, lambda: OFF)
        self._known: Translations[Setup] = Translations(
            lambda program: set_up(program, limits, name)
        )
        self._last: Setup | None = None
        self._block = b""

    def prepare(self) -> None:
        """Output off, levels at high impedance, manual trigger, voltage limits of the DUT."""
        self._prepared.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._prepared.safe()

    def rest(self) -> None:
        """Bring the output on at the 0 V between pulses, unless it is on already."""
        self._prepared.carry_out(self._rest)

    def arrange(self, setup: Setup) -> None:
        """Send what would disturb a device, were it connected; its relay stays where it is."""
        self._prepared.carry_out(lambda: self._arrange(setup))

    def trigger(self, setup: Setup) -> None:
        """Send what has changed, and return when the burst is over."""
        self._prepared.carry_out(lambda: self._trigger(setup))

    def _prepare(self) -> None:
        self._last, self._block = None, b""
        parts = [f"*RST;*CLS;{OFF}", f":OUTP1:LOAD {LOAD:.9g}"]
        if self._limits is not None:
            low, high = self._limits.voltage
            # The instrument refuses a window without room for its smallest swing.
            parts.append(f":VOLT1:LIM:HIGH {level_of(min(max(high, low + SWINGS[0]), HIGHEST))}")
            parts.append(f":VOLT1:LIM:LOW {level_of(max(low, -HIGHEST))}")
        parts.append(":PULS:HOLD1 WIDT;:ARM:SOUR1 MAN;:TRIG1:COUN 1")
        self._wire.command(";".join(parts))

    def _rest(self) -> None:
        setup = resting(self._limits)
        if self._last is None and setup is not None:
            self._wire.command(";".join(self._changes(setup, apart=False)))
            self._last = setup

    def _arrange(self, setup: Setup) -> None:
        if self._last is None or _disturbs(self._last, setup):
            self._wire.command(";".join(self._changes(setup, apart=True)))
            self._last = setup

    def _trigger(self, setup: Setup) -> None:
        message = ";".join([*self._changes(setup, apart=False), "*TRG"])
        began = self._clock.now()
        self._wire.command(message, setup.busy)
        # A relay may be switched next. That ``*OPC?`` waits for the last cycle is [MEM].
        if (left := began + setup.busy - self._clock.now()) > EARLY:
            self._clock.sleep(left)
        self._last = setup

    def _changes(self, setup: Setup, *, apart: bool) -> list[str]:
        """Return the commands for what has changed; a new waveform is sent at once.

        Where the device is not `apart`, the output is off while it would be away from 0 V.
        """
        last = self._last
        off = last is None or _disturbs(last, setup)
        parts = [OFF] if off and not apart else []
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
        return self._known.of(program)


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
        self._bursts = Bursts(self._wire, clock, name, limits)

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity("81160A")

    def prepare(self) -> None:
        """Output off, levels at high impedance, manual trigger, voltage limits of the DUT."""
        self._bursts.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._bursts.safe()

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire."""
        self._bursts.setup(program)

    def arrange(self, program: Program) -> None:
        """Set up function, polarity and waveform while the device is not connected."""
        setup = self._allowed(program)
        if setup.function:
            self._bursts.arrange(setup)

    def rest(self) -> None:
        """Hold 0 V from now on, until `safe`: a gate that nobody else holds would float."""
        self._bursts.rest()

    def play(self, program: Program) -> None:
        """Set up what has changed, trigger, and return when the output is back at 0 V."""
        setup, clock = self._allowed(program), self.clock
        if setup.before:
            clock.sleep(setup.before)
        if setup.function:
            self._bursts.trigger(setup)
        if setup.after:
            clock.sleep(setup.after)

    def _allowed(self, program: Program) -> Setup:
        """Return a program in the instrument's words, if the DUT may be given it."""
        setup, limits = self._bursts.setup(program), self.limits
        if limits is not None:
            limits.check(program, program.compliance)
            limits.check_unlimited(program, self.capabilities, self.series_resistance)
        return setup


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
    """Return what brings function and levels from any to these, with the output off.

    The swing grows from the smallest, inside the new levels: it is never too small or too large.
    """
    middle = (float(setup.high) + float(setup.low)) / 2
    # Downloading selects nothing: after a reset it would play a waveform of its own [IX].
    chosen = [":FUNC1:USER VOLATILE"] if setup.block else []
    parts = [":VOLT1:LIM:STAT 0"] if limited else []
    parts += [
        ":PULS:PER1 MAX",
        *chosen,
        f":FUNC1 {setup.function}",
        f":OUTP1:POL {'INV' if setup.inverted else 'NORM'}",
        f":VOLT1 {level_of(SWINGS[0] * 1.0001)};:VOLT1:OFFS {middle:.12g}",
        f":VOLT1:HIGH {setup.high}",
        f":VOLT1:LOW {setup.low}",
    ]
    return [*parts, ":VOLT1:LIM:STAT 1"] if limited else parts
