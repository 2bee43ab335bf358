"""What instruments can do for us. A driver plays a role by having these members; nothing else.

`check` and `play` take the same `Program`: `check` touches no wire, so a whole stimulus can be
refused before any part of it is sent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from benchctl.program import Program
from benchctl.stimulus import Readings


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an instrument can do, in SI units."""

    voltage: tuple[float, float]
    """V, lowest and highest level into an open circuit"""
    shortest: float
    """s, the shortest segment"""
    longest: float
    """s, the longest segment"""
    resolution: float
    """s, what widths are multiples of"""
    edge: float
    """s, its own fastest edge"""
    segments: int
    """segments one program holds, its count aside"""
    measures: bool
    """gives a reading for every measured segment"""
    current: tuple[float, float] | None
    """A, smallest and largest compliance; None where it cannot limit current"""
    resistance: float = 0.0
    """Ohm, its output resistance: all that limits the current where `current` is None"""
    gate: tuple[float, float] | None = None
    """V, lowest and highest level of a second channel that plays in step with the first and can
    drive a third terminal; None without one"""


@runtime_checkable
class Clock(Protocol):
    """The bench's time: real seconds at a real bench, virtual ones at a simulated one."""

    slice: float
    """s, the longest it should sleep in one piece, so that a stop is noticed"""

    def now(self) -> float:
        """Return seconds since the bench was opened."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


@runtime_checkable
class Instrument(Protocol):
    """What every driver has, whatever its role."""

    def identify(self) -> str:
        """Return the ``*IDN?`` answer.

        Raises:
            InstrumentError: no answer, or the identity of another kind of instrument.
        """
        ...

    def prepare(self) -> None:
        """Bring it from any state to: output off, 0 V, remote, known format."""
        ...

    def safe(self) -> None:
        """Outputs off now, whatever was going on; must work after a failed message."""
        ...


@runtime_checkable
class Source(Instrument, Protocol):
    """Plays programs."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def check(self, program: Program) -> None:
        """Refuse what it cannot play, without touching the wire.

        Raises:
            CapabilityError: naming the instrument and the bound.
        """
        ...


@runtime_checkable
class SourceMeter(Source, Protocol):
    """Sources voltage under a compliance current and measures."""

    def play(self, program: Program) -> Readings:
        """Upload, trigger once, read the block; one reading per measured segment.

        Raises:
            InstrumentError: the instrument reported an error or did not answer.
            LimitExceeded: the program leaves the DUT's limits (the last gate).
        """
        ...

    def resolution(self, program: Program) -> float:
        """Return the smallest current (A) a reading in `program` tells from 0, noise aside.

        Raises:
            CapabilityError: it cannot play that.
        """
        ...


@runtime_checkable
class PulseGenerator(Source, Protocol):
    """Plays fast voltage programs and measures nothing."""

    def rest(self) -> None:
        """Hold 0 V from now on, with the output on, until `safe`.

        Without it the output leads nowhere until the first program, and a gate floats.

        Raises:
            InstrumentError: the instrument reported an error or did not answer.
        """
        ...

    def arrange(self, program: Program) -> None:
        """Get ready for `program` while the output leads nowhere: it need not stay at 0 V.

        Only to be called then. Without it `play` does the same with the output switched off,
        which wears a relay.

        Raises:
            InstrumentError: the instrument reported an error or did not answer.
            LimitExceeded: the program leaves the DUT's limits.
        """
        ...

    def play(self, program: Program) -> None:
        """Upload, trigger once, return when the last segment is over and the output is at 0 V."""
        ...


@runtime_checkable
class SwitchMatrix(Instrument, Protocol):
    """Connects inputs (sources) to outputs (lines of an array), both counted from 1."""

    inputs: int
    """how many it has"""
    outputs: int
    """how many it has"""
    operations: int
    """how many contacts it has opened or closed: their life is finite"""

    def connect(self, crosspoints: Collection[tuple[int, int]]) -> None:
        """Close exactly these (input, output) crosspoints, and open all others before that.

        Returns when the contacts have settled. What is closed already costs no message.

        Raises:
            CapabilityError: it has no such crosspoint.
            InstrumentError: the instrument reported an error or did not answer.
        """
        ...


@runtime_checkable
class DigitalOutput(Protocol):
    """Drives a relay through a digital line."""

    lines: int
    """how many it has"""

    def set_line(self, line: int, high: bool) -> None:
        """Set digital output `line` (1, 2, …)."""
        ...
