"""How a source-meter that steps through a list plays a program safely, whatever its commands are.

For each of them: the DUT's limits hold and the program can be played, or nothing is sent; it is
prepared unless it is certainly as it was left; what has changed is sent, and nothing else; a new
current limit is known to be accepted before anything is driven; each sweep is triggered once, and
what it answers are the readings and the errors. After any failure the output is off, and the next
program starts from scratch.

What differs is `Commands`, and an instrument's own file has little else.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from benchctl.errors import InstrumentError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.stimulus import FloatArray, Readings
from drivers.conversation import Conversation
from drivers.digital_lines import DigitalLines
from drivers.prepared import Prepared
from drivers.translations import Translations

OVERFLOW: Final = 1e37
"""a reading beyond is not one [M: B2900 SCPI 1-12]"""
Chains = tuple[tuple[str, ...], ...]
"""the settings of a sweep, in places of their own; an empty one takes what is there

Where a command of a chain changes, those after it are sent again.
"""


class Sweep(Protocol):
    """What one trigger plays, in the words of an instrument."""

    @property
    def chains(self) -> Chains:
        """What has to be set."""
        ...

    @property
    def limiting(self) -> tuple[str, ...]:
        """Those of them that limit the current."""
        ...


AnySweep = TypeVar("AnySweep", bound=Sweep)


class Commands(Protocol[AnySweep]):
    """What one kind of instrument is told, and what it makes of a program."""

    longest: float
    """characters in a message"""

    @property
    def off(self) -> str:
        """What ends everything, and leaves its outputs off."""
        ...

    def prepare(self, lines: str) -> None:
        """Bring it from any state to: output off, 0 V, nothing automatic.

        `lines` sets its digital lines, which the reset lets float.
        """
        ...

    def translate(self, program: Program) -> tuple[AnySweep, ...]:
        """Return the sweeps that play a program, touching no wire.

        Raises:
            CapabilityError: it cannot be played.
        """
        ...

    def run(self, sweep: AnySweep, changes: list[str]) -> Readings:
        """Send messages that set what has changed, trigger, and return the readings asked for.

        Raises:
            InstrumentError: it reported errors, did not answer, or answered what does not parse.
        """
        ...


class Sent:
    """What an instrument has been told since it was prepared."""

    def __init__(self) -> None:
        self._chains: dict[int, tuple[str, ...]] = {}

    @property
    def nothing(self) -> bool:
        """Whether it has been told nothing yet."""
        return not self._chains

    def clear(self) -> None:
        """Forget everything: a reset has."""
        self._chains.clear()

    def changed(self, chains: Chains) -> list[str]:
        """Return what is set otherwise, and is about to be sent."""
        found: list[str] = []
        for place, chain in enumerate(chains):
            there = zip(chain, self._chains.get(place, ()), strict=False)
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], there))
            found += chain[same:]
            if chain:
                self._chains[place] = chain
        return found


class ListSweep(Generic[AnySweep]):
    """Plays programs through the commands of one instrument."""

    def __init__(
        self,
        wire: Conversation,
        commands: Commands[AnySweep],
        lines: DigitalLines,
        limits: Limits | None,
    ) -> None:
        self._wire = wire
        self._commands = commands
        self._lines = lines
        self._limits = limits
        self._prepared = Prepared(wire, self._prepare, lambda: commands.off)
        self._known: Translations[tuple[AnySweep, ...]] = Translations(commands.translate)
        self._sent = Sent()
        self._accepted: set[str] = set()

    def prepare(self) -> None:
        """Bring the instrument from any state to: output off, 0 V, nothing automatic."""
        self._prepared.prepare()

    def safe(self) -> None:
        """Output off now, whatever was going on."""
        self._prepared.safe()

    def forget(self) -> None:
        """Take nothing for granted, translations included."""
        self._prepared.forget()
        self._known.clear()

    def translated(self, program: Program) -> tuple[AnySweep, ...]:
        """Return the sweeps that play a program, or refuse it; no wire is touched."""
        return self._known.of(program)

    def play(self, program: Program) -> Readings:
        """Play a program and return one reading per measured segment and pass."""
        if self._limits is not None:
            self._limits.check(program, program.compliance)
        sweeps = self.translated(program)
        return self._prepared.carry_out(lambda: self._run(program, sweeps))

    def set_line(self, line: int, high: bool) -> None:
        """Set a digital line."""
        try:
            self._lines.set_line(line, high)
        except (InstrumentError, KeyboardInterrupt):
            self._prepared.forget()
            raise

    def _prepare(self) -> None:
        self._sent.clear()
        self._accepted.clear()
        self._commands.prepare(self._lines.again())
        self._lines.settled()
        self._known.clear()  # they may depend on what it has found out

    def _run(self, program: Program, sweeps: tuple[AnySweep, ...]) -> Readings:
        if self._sent.nothing:  # preparing it may have found out what changes the translation
            sweeps = self.translated(program)
        return Readings.join([self._commands.run(s, self._changes(s)) for s in sweeps])

    def _changes(self, sweep: AnySweep) -> list[str]:
        """Return the messages that are still to be sent before a sweep is triggered.

        None where a current limit is new: refused, it would leave the former one in force while
        the device is driven, and the error would be known only after that. So it is asked for,
        once: what has been accepted is accepted again.
        """
        changed = self._sent.changed(sweep.chains)
        changes = list(messages(changed, self._commands.longest))
        new = set(sweep.limiting).intersection(changed) - self._accepted
        if not new:
            return changes
        for message in changes[:-1]:
            self._wire.send(message)
        self._wire.command(changes[-1])
        self._accepted |= new
        return []


def refuse_overflow(table: FloatArray, name: str) -> None:
    """Refuse readings that are none.

    Raises:
        InstrumentError: one is beyond the meter's range, or not a number.
    """
    # Not a number passes no comparison, so garbage is caught as well.
    if not bool((np.abs(table) < OVERFLOW).all()):
        raise InstrumentError(
            f"{name} measured beyond its range; check the wiring, and that nothing else drives "
            "the device"
        )


def list_commands(header: str, levels: FloatArray, at_once: int) -> Iterator[str]:
    """Yield the commands that store a list, `at_once` values each."""
    words = [f"{level:.9g}" for level in levels.tolist()]
    for start in range(0, len(words), at_once):
        append = ":APP" if start else ""
        yield f"{header}{append} {','.join(words[start : start + at_once])}"


def messages(parts: Sequence[str], longest: float) -> Iterator[str]:
    """Yield the commands of `parts` in messages of `longest` characters, where none is longer."""
    waiting: list[str] = []
    length = 0
    for command in (command for part in parts for command in part.split(";")):
        if waiting and length + len(command) > longest:
            yield ";".join(waiting)
            waiting, length = [], 0
        waiting.append(command)
        length += len(command) + 1
    if waiting:
        yield ";".join(waiting)
