"""Simulated Keithley 7001 and 7002 switch systems with a 7012 4x10 matrix card in every slot.

Backplane jumpers are in place: a row is one row through all slots. Commands are worked off one
after another, settling included. A contact that opens lets go at once and needs its time to come to
rest; one that closes conducts at the end of it. Closing adds to what is closed. Scanning is not
simulated: a scan list is kept, and nothing steps through it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

from sim_instruments.scpi import Action, Command, Device, Query, Setting
from sim_instruments.scpi_lexer import Token
from sim_instruments.scpi_parameters import Boolean, Choice, Number, listed
from sim_instruments.status import ScpiError
from sim_instruments.world import World

ROWS: Final = 4
COLUMNS: Final = 10
RELAY: Final = 3e-3
"""s a contact takes to open or close [MEM: 7012 card]"""
LONGEST: Final = 99999.999
"""s of settling time [MEM]"""

Channel = tuple[int, int, int]
"""slot, row, column"""


@cache
def _channels(slots: int) -> list[Channel]:
    """Return every channel there is, in order."""
    slot, row, column = range(1, slots + 1), range(1, ROWS + 1), range(1, COLUMNS + 1)
    return [(s, r, c) for s in slot for r in row for c in column]


def _written(channel: Channel) -> str:
    return "!".join(map(str, channel))


@dataclass(frozen=True, slots=True)
class Channels:
    """A list such as ``(@1!1!1,1!2!3:1!2!5)``; the value is a tuple of `Channel`.

    A range holds all channels between its ends, by slot, then row, then column [MEM].
    """

    static: ClassVar[bool] = False

    default: tuple[Channel, ...] = ()
    all: bool = False
    """``ALL`` is taken as well"""

    def parse(self, token: Token, device: Any) -> tuple[Channel, ...]:
        """Return the channels in the order sent."""
        known = _channels(device.SLOTS)
        if self.all and token.kind == "word" and token.text == "ALL":
            return tuple(known)
        return tuple(known[k] for k in listed(token, lambda text: _place(text, known)))

    def show(self, value: tuple[Channel, ...]) -> str:
        """Return the list, neighbours in a row as a range [IX: a 7001 with 7012 cards]."""
        runs: list[list[Channel]] = []
        for channel in sorted(value):
            if runs and runs[-1][-1] == (*channel[:2], channel[2] - 1):
                runs[-1].append(channel)
            else:
                runs.append([channel])
        ends = ((run[0], run[-1]) if len(run) > 1 else (run[0],) for run in runs)
        return f"(@{','.join(':'.join(map(_written, end)) for end in ends)})"


def _place(text: str, known: list[Channel]) -> int:
    """Return where the channel `text` is among those there are."""
    parts = text.split("!")
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise ScpiError(-171)
    try:
        return known.index(tuple(map(int, parts)))  # type: ignore[arg-type]  # or it is not there
    except ValueError:
        raise ScpiError(-222) from None


_LIST: Final = (Channels(),)
_CARDS: Final = Choice(("C7011", "C7012", "C7013", "C7014", "C9990", "NONE"), "C7012")


def _table(slots: int) -> tuple[Command, ...]:
    """Return the commands of a mainframe with `slots` slots."""
    slot = f"[ROUTe]:CONFigure:SLOT[1-{slots}]"
    return (
        Action("[ROUTe]:CLOSe", "close", _LIST),
        Query("[ROUTe]:CLOSe", "answer_closed", _LIST),
        Query("[ROUTe]:CLOSe:STATe", "list_closed"),
        Action("[ROUTe]:OPEN", "open", (Channels(all=True),)),
        Query("[ROUTe]:OPEN", "answer_open", _LIST),
        Action("[ROUTe]:OPEN:ALL", "open_all"),
        Setting("[ROUTe]:SCAN[:LIST]", "scan", Channels()),
        Setting("[ROUTe]:FCHannels", "forbidden", Channels(), "forbid"),
        Setting("[ROUTe]:CONFigure:BBMake", "break_first", Boolean(True)),
        Setting("[ROUTe]:BBM", "break_before_make", Boolean(True)),
        Setting(f"{slot}:CTYPe", "card", _CARDS, kept=True),
        Setting(f"{slot}:POLE", "poles", Number("", 1, 2, 2, True)),
        Setting(f"{slot}:STIMe", "settling", Number("S", 0.0, LONGEST, 0.0)),
        Action("ABORt", "stop_scanning"),
    )


class Keithley7001(Device):
    """7001, two slots."""

    IDENTITY = "KEITHLEY INSTRUMENTS INC.,MODEL 7001,0503327,A04  /A01"  # [IX: one in the wild]
    COMMANDS = _table(2)
    ERROR_DEPTH = 10  # [MEM]
    ERROR_TEXTS: ClassVar[dict[int, str]] = {
        -222: "Parameter data out of range",  # [M: 2700 manual 2-12]
        -350: "Queue overflow",
    }
    SLOTS: ClassVar[int] = 2

    def __init__(self, world: World, port: str) -> None:
        self._world = world
        self._port = port
        self._closed: frozenset[Channel] = frozenset()
        super().__init__()

    def on_reset(self) -> None:
        """Everything open."""
        self.open_all()

    def close(self, channels: tuple[Channel, ...]) -> None:
        """Close channels; what is closed already stays."""
        if not set(channels).isdisjoint(self.settings["forbidden"]):
            raise ScpiError(-221)  # the number [D]
        added = frozenset(channels) - self._closed
        if added:
            self._settle(added)
            self._become(self._closed | added)

    def open(self, channels: tuple[Channel, ...]) -> None:
        """Open channels."""
        gone = self._closed.intersection(channels)
        if gone:
            self._become(self._closed - gone)
            self._settle(gone)

    def open_all(self) -> None:
        """Open everything."""
        self.open(tuple(self._closed))

    def answer_closed(self, channels: tuple[Channel, ...]) -> str:
        """Answer 1 for each closed channel, 0 for each open one."""
        return ",".join(str(int(channel in self._closed)) for channel in channels)

    def answer_open(self, channels: tuple[Channel, ...]) -> str:
        """Answer 1 for each open channel, 0 for each closed one."""
        return ",".join(str(int(channel not in self._closed)) for channel in channels)

    def list_closed(self) -> str:
        """Answer the closed channels as a list."""
        return Channels().show(tuple(self._closed))

    def forbid(self) -> None:
        """Refuse to forbid what is closed."""
        if not self._closed.isdisjoint(self.settings["forbidden"]):
            raise ScpiError(-221)  # [D]

    def stop_scanning(self) -> None:
        """Stop a scan; there is none."""

    def _settle(self, channels: frozenset[Channel]) -> None:
        """Let the contacts and the slowest slot's settling time pass."""
        slowest = max(float(self.settings[f"settling{slot}"]) for slot, _, _ in channels)
        self._world.sleep(RELAY + slowest)

    def _become(self, closed: frozenset[Channel]) -> None:
        self._closed = closed
        routes = frozenset((row, column + COLUMNS * (slot - 1)) for slot, row, column in closed)
        self._world.set_crosspoints(self._port, routes)


class Keithley7002(Keithley7001):
    """7002, ten slots."""

    IDENTITY = "KEITHLEY INSTRUMENTS INC.,MODEL 7002,0503327,A04  /A01"  # [MEM]
    COMMANDS = _table(10)
    SLOTS = 10
