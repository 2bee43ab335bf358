"""Simulated Keysight B2200A, B2201A and E5250A switching matrices with four modules.

Commands are worked off one after another, contacts and settling included, so that ``*OPC?``
answers when everything is still. A contact that opens lets go at once and needs its time to come to
rest; one that closes conducts at the end of it. The World is told of every change.

Bias and ground mode connect their port to every enabled output that no other input is on, and
follow by themselves when that changes [M: E5250A guide 5-11]; couple mode moves contacts in pairs.
The list of unused inputs that ground mode ties to its port is kept, and has no effect on outputs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partialmethod
from typing import Any, ClassVar, Final

from sim_instruments.keysight_b2200_commands import (
    BIAS,
    COUPLE,
    GROUND,
    SWITCHES,
    Channel,
    Channels,
    code_of,
)
from sim_instruments.scpi import Command, Device
from sim_instruments.status import ScpiError
from sim_instruments.world import World

MODULES: Final = 4
PER_MODULE: Final = 12
"""outputs of a module [M: B2200 guide 5-39]"""
RELAY: Final = 10e-3
"""s a contact takes to open or close, settling included [MEM]"""

ALL: Final = PER_MODULE * MODULES

Route = tuple[int, int]
"""input and output, outputs counted through all modules"""
Routes = frozenset[Route]


@dataclass(frozen=True, slots=True)
class Modes:
    """What is set for a card; defaults as after ``*RST``."""

    rule: str = "FREE"  # [QC]
    sequence: str = "BBM"  # [QC]
    bias: bool = False
    bias_port: int = 10  # [QC]
    ground: bool = False
    ground_port: int = 12  # [QC]
    unused: tuple[int, ...] = ()
    couple: bool = False
    couple_ports: tuple[int, ...] = ()


@cache
def _channels(cards: tuple[int, ...], inputs: int, outputs: int) -> list[Channel]:
    """Return every channel there is, by number."""
    return [(c, i, o) for c in cards for i in range(1, inputs + 1) for o in range(1, outputs + 1)]


class KeysightB2200(Device):
    """B2200A with four modules: 14 inputs, 48 outputs."""

    IDENTITY = "AGILENT,B2200A,0,A.01.00"  # [M: B2200 guide 5-7]
    COMMANDS: ClassVar[tuple[Command, ...]] = (*SWITCHES, *BIAS, *GROUND, *COUPLE)
    ERROR_DEPTH = 30  # [MEM]
    INPUTS: ClassVar[int] = 14

    def __init__(self, world: World, port: str) -> None:
        self._world = world
        self._port = port
        self._routes: Routes = frozenset()
        self._closed: Routes = frozenset()
        self._auto = True
        super().__init__()

    def on_reset(self) -> None:
        """Auto configuration [MEM], every mode off, everything open."""
        self._start(auto=True)

    def show_error(self, entry: tuple[int, str] | None) -> str:
        """Return an entry the way it is known to answer: ``0, No Error`` [QC]."""
        number, text = entry or (0, "No Error")
        return f"{number}, {text}"

    # Configuration.

    @property
    def cards(self) -> tuple[int, ...]:
        """Card numbers there are in this configuration mode [M: B2200 guide 5-33]."""
        return (0,) if self._auto else tuple(range(1, MODULES + 1))

    @property
    def channels(self) -> list[Channel]:
        """Every channel there is in this configuration mode."""
        outputs = ALL if self._auto else PER_MODULE
        return _channels(self.cards, self.INPUTS, outputs)

    def configure(self, mode: str) -> None:
        """Take the modules as one or each for itself; a change starts afresh [MEM]."""
        if self._auto != (mode != "NCON"):
            self._start(auto=not self._auto)

    def configuration(self) -> str:
        """Answer the configuration mode."""
        return "ACON" if self._auto else "NCON"

    def _start(self, auto: bool) -> None:
        self._auto = auto
        self.modes = dict.fromkeys(self.cards, Modes())
        self._enabled = {name: set(range(1, ALL + 1)) for name in ("bias", "ground")}  # [MEM]
        self._become(frozenset(), "NSEQ")

    def reset_cards(self, cards: tuple[int, ...]) -> None:
        """Bring cards to their power-on state (``:SYST:CPON``)."""
        self.modes |= dict.fromkeys(cards, Modes())
        self.open_cards(cards)

    def change_mode(self, card: int, name: str, value: Any) -> None:
        """Set one of a card's modes.

        A new rule leaves what is closed as it is [M: 4155C guide 8-35]; bias and ground mode take
        their port for themselves [M: B2200 guide 5-33], and let all of it go when they end [MEM].
        """
        modes = replace(self.modes[card], **{name: value})
        if modes.bias and modes.ground:
            raise ScpiError(-200)  # not both [M: B2200 guide 5-33]; the number [D]
        self.modes[card] = modes
        kept = (r for r in self._routes if r[0] not in self._taken(self._card_of(r)))
        self._become(frozenset(kept), "BBM")

    # Switching.

    def close(self, channels: tuple[Channel, ...]) -> None:
        """Close channels; the single route rule opens what shares a port with one."""
        for card, added in self._by_card(channels).items():
            kept = self._routes
            if self.modes[card].rule == "SROU":
                added = _single(added)
                kept = frozenset(
                    r for r in kept if self._card_of(r) != card or not _meets(r, added)
                )
            self._become(kept | frozenset(added), self.modes[card].sequence)

    def open(self, channels: tuple[Channel, ...]) -> None:
        """Open channels."""
        for card, gone in self._by_card(channels).items():
            self._become(self._routes - frozenset(gone), self.modes[card].sequence)

    def open_cards(self, cards: tuple[int, ...]) -> None:
        """Open everything on cards; what a mode connects stays, or comes [QC]."""
        kept = (route for route in self._routes if self._card_of(route) not in cards)
        self._become(frozenset(kept), "BBM")

    def answer_closed(self, channels: tuple[Channel, ...]) -> str:
        """Answer 1 for each closed channel, 0 for each open one."""
        return ",".join(str(int(self._route(channel) in self._closed)) for channel in channels)

    def answer_open(self, channels: tuple[Channel, ...]) -> str:
        """Answer 1 for each open channel, 0 for each closed one [M: B2200 guide 5-39]."""
        return ",".join(str(int(self._route(channel) not in self._closed)) for channel in channels)

    def list_closed(self, cards: tuple[int, ...]) -> str:
        """Answer the closed channels of a card; the leading zeros and an empty list are [MEM]."""
        found = [self._channel(route) for route in self._closed if self._card_of(route) in cards]
        return Channels().show(tuple(sorted(found, key=code_of)))

    # Outputs that bias and ground mode may take; the input in a list is ignored [QC].

    def _allow(self, mode: str, allowed: bool, channels: tuple[Channel, ...]) -> None:
        outputs = {self._route(channel)[1] for channel in channels}
        change = self._enabled[mode].update if allowed else self._enabled[mode].difference_update
        change(outputs)
        self._become(self._routes, "BBM")

    def _allow_cards(self, mode: str, allowed: bool, cards: tuple[int, ...]) -> None:
        self._allow(mode, allowed, tuple(c for c in self.channels if c[0] in cards))

    enable_bias = partialmethod(_allow, "bias", True)
    disable_bias = partialmethod(_allow, "bias", False)
    enable_bias_cards = partialmethod(_allow_cards, "bias", True)
    disable_bias_cards = partialmethod(_allow_cards, "bias", False)
    enable_ground = partialmethod(_allow, "ground", True)
    disable_ground = partialmethod(_allow, "ground", False)
    enable_ground_cards = partialmethod(_allow_cards, "ground", True)
    disable_ground_cards = partialmethod(_allow_cards, "ground", False)

    def detect_couples(self) -> None:
        """Look for Kelvin connections: the simulated bench has none."""
        for card, modes in self.modes.items():
            self.modes[card] = replace(modes, couple_ports=())

    # From channels on the wire to routes through all modules.

    def _route(self, channel: Channel) -> Route:
        card, source, output = channel
        return source, output + PER_MODULE * max(card - 1, 0)

    def _channel(self, route: Route) -> Channel:
        source, output = route
        card = self._card_of(route)
        return card, source, output - PER_MODULE * max(card - 1, 0)

    def _card_of(self, route: Route) -> int:
        return 0 if self._auto else 1 + (route[1] - 1) // PER_MODULE

    def _by_card(self, channels: tuple[Channel, ...]) -> dict[int, list[Route]]:
        """Return the routes to move on each card, their partners in couple mode included."""
        found: dict[int, list[Route]] = {}
        for channel in channels:
            card, source, output = channel
            if source in self._taken(card):
                raise ScpiError(-200)  # under a mode's control [M: 5-33]; the number [D]
            route = self._route(channel)
            found.setdefault(card, []).append(route)
            modes = self.modes[card]
            if modes.couple and source in modes.couple_ports:
                if not output % 2:
                    raise ScpiError(-222)  # pairs begin with odd ports [MEM]
                found[card].append((route[0] + 1, route[1] + 1))
        return found

    def _taken(self, card: int) -> tuple[int, ...]:
        """Return the input ports that a mode of the card has under its control."""
        modes = self.modes[card]
        bias = (modes.bias_port,) if modes.bias else ()
        return (*bias, modes.ground_port) if modes.ground else bias

    # Contacts.

    def _contacts(self, routes: Routes) -> Routes:
        """Return what is closed when `routes` are asked for: the modes add theirs."""
        used = {output for _, output in routes}
        added: set[Route] = set()
        for name, enabled in self._enabled.items():
            for output in enabled - used:
                modes = self.modes[self._card_of((0, output))]
                port = getattr(modes, f"{name}_port")
                if getattr(modes, name) and port > 0:
                    added.add((port, output))
        return routes | added

    def _become(self, routes: Routes, sequence: str) -> None:
        """Move the contacts; how breaking and making follow is [M: 4155C guide 8-35]."""
        self._routes = routes
        before, after = self._closed, self._contacts(routes)
        if sequence == "MBBR":
            self._make(before | after)
            self._break(after)
        elif sequence == "BBM":
            self._break(before & after)
            self._make(after)
        elif before != after:
            self._report(before & after)
            self._world.sleep(RELAY)
            self._report(after)

    def _break(self, closed: Routes) -> None:
        if closed != self._closed:
            self._report(closed)
            self._world.sleep(RELAY)

    def _make(self, closed: Routes) -> None:
        if closed != self._closed:
            self._world.sleep(RELAY)
            self._report(closed)

    def _report(self, closed: Routes) -> None:
        if closed != self._closed:
            self._closed = closed
            self._world.set_crosspoints(self._port, closed)


def _meets(route: Route, others: Iterable[Route]) -> bool:
    """Return whether a route shares its input or its output with one of `others`."""
    return any(route[0] == source or route[1] == output for source, output in others)


def _single(routes: list[Route]) -> list[Route]:
    """Return what is left of a list closed one by one under the single route rule."""
    kept: list[Route] = []
    for route in routes:
        kept = [other for other in kept if not _meets(other, [route])] + [route]
    return kept


class KeysightE5250A(KeysightB2200):
    """E5250A with four E5252A matrix cards: 10 inputs, 48 outputs, no ground mode [MEM]."""

    IDENTITY = "HEWLETT-PACKARD,E5250A,0,REV.A.01.00"  # [MEM]
    COMMANDS = (*SWITCHES, *BIAS, *COUPLE)
    INPUTS = 10
