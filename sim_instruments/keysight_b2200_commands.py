"""The command table of the simulated Keysight B2200A, B2201A and E5250A."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sim_instruments.scpi import Action, Command, Query, Reply
from sim_instruments.scpi_lexer import Token
from sim_instruments.scpi_parameters import Boolean, Choice, Number, Parameter, listed
from sim_instruments.status import ScpiError

Channel = tuple[int, int, int]
"""card (0 in auto configuration mode), input, output on it; all as on the wire"""


def code_of(channel: Channel) -> int:
    """Return a channel as its five digits read as one number.

    >>> code_of((0, 2, 48))
    248
    """
    card, source, output = channel
    return card * 10000 + source * 100 + output


@dataclass(frozen=True, slots=True)
class Channels:
    """A list such as ``(@00101,00203:00212)``; the value is a tuple of `Channel`.

    A channel is a digit for the card and two each for input and output [M: E5250A guide 5-6];
    leading zeros may be left out [IX: SweepMe B2200]. A range holds all channels between its ends
    in the order of their numbers [MEM].
    """

    static: ClassVar[bool] = False

    def parse(self, token: Token, device: Any) -> tuple[Channel, ...]:
        """Return the channels in the order sent."""
        known: list[Channel] = device.channels
        found = listed(token, lambda text: _place(text, known))
        if not found:
            raise ScpiError(-171)
        return tuple(known[k] for k in found)

    def show(self, value: tuple[Channel, ...]) -> str:
        """Return the list, five digits each."""
        return f"(@{','.join(f'{code_of(channel):05d}' for channel in value)})"


def _place(text: str, known: list[Channel]) -> int:
    """Return where the channel `text` is among those there are."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise ScpiError(-171)
    place = bisect_left(known, int(text), key=code_of)
    if place == len(known) or code_of(known[place]) != int(text):
        raise ScpiError(-222)
    return place


@dataclass(frozen=True, slots=True)
class Cards:
    """A card number, or ``ALL`` [M: B2200 guide 5-33]; the value is a tuple of card numbers."""

    static: ClassVar[bool] = False

    every: bool = True
    """ALL is taken: not by queries"""

    def parse(self, token: Token, device: Any) -> tuple[int, ...]:
        """Return the cards."""
        if self.every and token.kind == "word" and token.text == "ALL":
            return tuple(device.cards)
        card = Number(integer=True).parse(token, device)
        if card not in device.cards:
            raise ScpiError(-222)
        return (int(card),)

    def show(self, value: tuple[int, ...]) -> str:
        """Return the numbers."""
        return ",".join(map(str, value))


@dataclass(frozen=True, slots=True)
class Port:
    """An input port; -1 is none [QC]."""

    static: ClassVar[bool] = False

    def parse(self, token: Token, device: Any) -> int:
        """Return the port."""
        port = Number(integer=True).parse(token, device)
        if port != -1 and port not in range(1, device.INPUTS + 1):
            raise ScpiError(-222)
        return int(port)

    def show(self, value: int) -> str:
        """Return the port."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Ports:
    """Input ports in a quoted string, such as ``'1,3'``; the value is a tuple."""

    static: ClassVar[bool] = False

    odd: bool = False
    """only the first port of a pair is taken"""

    def parse(self, token: Token, device: Any) -> tuple[int, ...]:
        """Return the ports."""
        if token.kind != "string":
            raise ScpiError(-104)
        parts = [part.strip() for part in token.text.split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ScpiError(-151)
        ports = tuple(map(int, parts))
        if not set(ports) <= set(range(1, device.INPUTS + 1, 2 if self.odd else 1)):
            raise ScpiError(-222)
        return ports

    def show(self, value: tuple[int, ...]) -> str:
        """Return them in single quotes, as QCoDeS takes off [QC]."""
        return f"'{','.join(map(str, value))}'"


@dataclass(frozen=True, slots=True)
class CardSetting:
    """A setting of one card or of all: ``:BIAS 0,ON`` and ``:BIAS? 0``."""

    pattern: str
    name: str
    """field of the card's modes"""
    kind: Parameter
    roles: str = "!?"

    def run(
        self, device: Any, query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Set or answer."""
        wanted = 1 if query else 2
        if len(tokens) != wanted:
            raise ScpiError(-108 if len(tokens) > wanted else -109)
        cards = Cards(every=not query).parse(tokens[0], device)
        if query:
            return self.kind.show(getattr(device.modes[cards[0]], self.name))
        value = self.kind.parse(tokens[1], device)
        for card in cards:
            device.change_mode(card, self.name, value)
        return None


_LIST: Final = (Channels(),)
_CARD: Final = (Cards(),)

SWITCHES: Final[tuple[Command, ...]] = (
    Action("[ROUTe]:CLOSe[:LIST]", "close", _LIST),
    Query("[ROUTe]:CLOSe[:LIST]", "answer_closed", _LIST),
    Query("[ROUTe]:CLOSe:CARD", "list_closed", (Cards(every=False),)),
    Action("[ROUTe]:OPEN[:LIST]", "open", _LIST),
    Query("[ROUTe]:OPEN[:LIST]", "answer_open", _LIST),
    Action("[ROUTe]:OPEN:CARD", "open_cards", _CARD),
    Action("[ROUTe]:FUNCtion", "configure", (Choice(("ACONfig", "NCONfig", "AUTO")),)),
    Query("[ROUTe]:FUNCtion", "configuration"),
    CardSetting("[ROUTe]:CONNection:RULE", "rule", Choice(("FREE", "SROUte"))),
    CardSetting("[ROUTe]:CONNection:SEQuence", "sequence", Choice(("NSEQ", "BBM", "MBBR"))),
    Action("SYSTem:CPON", "reset_cards", _CARD),
)


def mode_commands(node: str, name: str) -> tuple[Command, ...]:
    """Return the commands of bias (``BIAS``) or ground (``AGND``) mode."""
    return (
        CardSetting(f"[ROUTe]:{node}[:STATe]", name, Boolean()),
        CardSetting(f"[ROUTe]:{node}:PORT", f"{name}_port", Port()),
        Action(f"[ROUTe]:{node}:CHANnel:ENABle[:LIST]", f"enable_{name}", _LIST),
        Action(f"[ROUTe]:{node}:CHANnel:ENABle:CARD", f"enable_{name}_cards", _CARD),
        Action(f"[ROUTe]:{node}:CHANnel:DISable[:LIST]", f"disable_{name}", _LIST),
        Action(f"[ROUTe]:{node}:CHANnel:DISable:CARD", f"disable_{name}_cards", _CARD),
    )


BIAS: Final = mode_commands("BIAS", "bias")
GROUND: Final = (
    *mode_commands("AGND", "ground"),
    CardSetting("[ROUTe]:AGND:UNUSED", "unused", Ports()),
)
COUPLE: Final[tuple[Command, ...]] = (
    CardSetting("[ROUTe]:COUPle[:STATe]", "couple", Boolean()),
    CardSetting("[ROUTe]:COUPle:PORT", "couple_ports", Ports(odd=True)),
    Action("[ROUTe]:COUPle:PORT:DETect", "detect_couples"),
)
