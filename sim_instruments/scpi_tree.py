"""The command tree of a simulated SCPI instrument: patterns, commands, header look-up."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Final, Protocol

from sim_instruments.scpi_lexer import Token, Unit, split, units
from sim_instruments.scpi_parameters import Number, Parameter, forms
from sim_instruments.status import ScpiError

if TYPE_CHECKING:
    from sim_instruments.scpi import Device

Reply = str | bytes | None
Step = Callable[["Device"], Reply]
_REMEMBERED: Final = 512
_LARGEST_REMEMBERED: Final = 1 << 14


def key(name: str, suffixes: tuple[int, ...]) -> str:
    """Return where the setting `name` with these suffixes lives."""
    return name + "".join(map(str, suffixes)) if suffixes else name


class Command(Protocol):
    """An entry of the table."""

    @property
    def pattern(self) -> str:
        """Header in SCPI notation."""
        ...

    @property
    def roles(self) -> str:
        """``!`` as a command, ``?`` as a query, or both."""
        ...

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Execute."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that can be set and queried."""

    pattern: str
    name: str
    kind: Parameter
    changed: str = ""
    """method to call afterwards"""
    kept: bool = False
    """survives ``*RST``"""
    roles: str = "!?"

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Set or answer."""
        name = key(self.name, suffixes)
        if query:
            return self._answer(device, name, tokens)
        if len(tokens) != 1:
            raise ScpiError(-108 if tokens else -109)
        value = self.kind.parse(tokens[0], device)
        if not self.changed:
            device.settings[name] = value
            return None
        before, device.settings[name] = device.settings[name], value
        try:
            getattr(device, self.changed)(*suffixes)
        except ScpiError:
            device.settings[name] = before
            raise
        return None

    def _answer(self, device: "Device", name: str, tokens: tuple[Token, ...]) -> str:
        if not tokens:
            return self.kind.show(device.settings[name])
        if not isinstance(self.kind, Number) or len(tokens) > 1:
            raise ScpiError(-108)
        if tokens[0].kind != "word":
            raise ScpiError(-104)
        return self.kind.show(self.kind.limit(tokens[0], device))


@dataclass(frozen=True, slots=True)
class Action:
    """A command that calls a method."""

    pattern: str
    method: str
    parameters: tuple[Parameter, ...] = ()
    required: int | None = None
    """how many parameters must be given; None: all"""
    many: bool = False
    """the last parameter may be repeated"""
    roles: str = "!"

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Check the parameters and call."""
        reply: Reply = getattr(device, self.method)(*suffixes, *self.values(tokens, device))
        return reply

    def values(self, tokens: tuple[Token, ...], device: Any) -> list[Any]:
        """Return the parameters' values."""
        kinds = self.parameters
        if self.many and len(tokens) > len(kinds):
            kinds += kinds[-1:] * (len(tokens) - len(kinds))
        if len(tokens) > len(kinds):
            raise ScpiError(-108)
        if len(tokens) < (len(self.parameters) if self.required is None else self.required):
            raise ScpiError(-109)
        return [kind.parse(token, device) for kind, token in zip(kinds, tokens, strict=False)]

    def call(self, suffixes: tuple[int, ...], tokens: tuple[Token, ...]) -> Step | None:
        """Return the call with its values filled in, when they never depend on the device."""
        if not all(getattr(kind, "static", False) for kind in self.parameters):
            return None
        try:
            return methodcaller(self.method, *suffixes, *self.values(tokens, None))
        except ScpiError:
            return None  # it is for `run` to raise, in its turn


@dataclass(frozen=True, slots=True)
class Query(Action):
    """A query that calls a method."""

    roles: str = "?"


@dataclass(slots=True)
class Node:
    """One mnemonic of the command tree."""

    allowed: tuple[int, ...] = ()
    children: dict[str, list["Node"]] = field(default_factory=dict)
    leaves: dict[str, tuple[Command, tuple[int | None, ...]]] = field(default_factory=dict)
    """role -> command, and where in the path its suffixes stand"""


@dataclass(frozen=True, slots=True)
class Mnemonic:
    """A mnemonic of a pattern."""

    text: str
    allowed: tuple[int, ...] = ()


_PATTERN: Final = re.compile(r"\[([0-9|-]+)\]|(\[)|(\])|(\*?[A-Za-z]\w*?)(?=[\[\]:]|$)|:")


def variants(pattern: str) -> list[tuple[Mnemonic | None, ...]]:
    """Return all headers a pattern stands for; None where an optional mnemonic is left out.

    >>> [[m and m.text for m in v] for v in variants("OUTPut[:STATe]")]
    [['OUTPut', 'STATe'], ['OUTPut', None]]
    """
    stack: list[list[tuple[Mnemonic | None, ...]]] = [[()]]
    for suffixes, opening, closing, mnemonic in _PATTERN.findall(pattern):
        if mnemonic:
            stack[-1] = [(*v, Mnemonic(mnemonic)) for v in stack[-1]]
        elif suffixes:
            stack[-1] = [(*v[:-1], _suffixed(v[-1], suffixes)) for v in stack[-1]]
        elif opening:
            stack.append([()])
        elif closing:
            group = stack.pop()
            group.append((None,) * len(group[0]))
            stack[-1] = [v + g for v in stack[-1] for g in group]
    return stack[0]


def _suffixed(mnemonic: Mnemonic | None, suffixes: str) -> Mnemonic | None:
    allowed: list[int] = []
    for part in suffixes.split("|"):
        first, _, last = part.partition("-")
        allowed.extend(range(int(first), int(last or first) + 1))
    return mnemonic and Mnemonic(mnemonic.text, tuple(allowed))


class Tree:
    """The command tree of a class of devices, and the messages it has parsed before."""

    def __init__(self, commands: tuple[Command, ...]) -> None:
        self.root = Node()
        self.defaults: dict[str, tuple[Any, bool]] = {}
        self.messages: dict[bytes, list[tuple[Step, ...]]] = {}
        for command in commands:
            headers = variants(command.pattern)
            choices = {
                place: mnemonic.allowed
                for header in headers
                for place, mnemonic in enumerate(header)
                if mnemonic and len(mnemonic.allowed) > 1
            }
            for header in headers:
                self._insert(command, header, sorted(choices))
            if isinstance(command, Setting):
                default = getattr(command.kind, "default", None)
                for suffixes in product(*(choices[place] for place in sorted(choices))):
                    self.defaults[key(command.name, suffixes)] = (default, command.kept)

    def _insert(
        self, command: Command, header: tuple[Mnemonic | None, ...], suffixed: list[int]
    ) -> None:
        """Add one header; `suffixed` are the places whose numbers the command wants to know."""
        node, depth = self.root, 0
        slots: dict[int, int | None] = dict.fromkeys(suffixed)
        for place, mnemonic in enumerate(header):
            if mnemonic:
                node = self._child(node, mnemonic)
                if place in slots:
                    slots[place] = depth
                depth += 1
        for role in command.roles:
            if role in node.leaves:
                raise ValueError(f"{command.pattern} stands twice in the table")
            node.leaves[role] = (command, tuple(slots.values()))

    @staticmethod
    def _child(node: Node, mnemonic: Mnemonic) -> Node:
        short, long = forms(mnemonic.text)
        for child in node.children.get(long, ()):
            if child.allowed == mnemonic.allowed:
                return child
        child = Node(mnemonic.allowed)
        for form in {short, long}:
            node.children.setdefault(form, []).append(child)
        return child

    def find(self, header: tuple[str, ...], query: bool) -> tuple[Command, tuple[int, ...]]:
        """Return the command of a header, and its suffixes.

        Raises:
            ScpiError: -113 for an unknown header, -114 for a suffix out of range.
        """
        role = "?" if query else "!"
        outside = False
        places: list[tuple[Node, tuple[int, ...]]] = [(self.root, ())]
        for mnemonic in header:
            name = mnemonic.rstrip("0123456789")
            number = int(mnemonic[len(name) :] or 1)
            reached: list[tuple[Node, tuple[int, ...]]] = []
            for node, numbers in places:
                reached += [(c, (*numbers, 1)) for c in node.children.get(mnemonic, ())]
                if name == mnemonic:
                    continue
                for child in node.children.get(name, ()):
                    if number in child.allowed:
                        reached.append((child, (*numbers, number)))
                    outside = outside or bool(child.allowed)
            places = reached
        for node, numbers in places:
            if role in node.leaves:
                command, slots = node.leaves[role]
                return command, tuple(1 if s is None else numbers[s] for s in slots)
        raise ScpiError(-114 if outside and not places else -113)

    def parse(self, message: bytes) -> tuple[Step, ...]:
        """Return the steps of one program message; an error is the last step."""
        steps: list[Step] = []
        path: tuple[str, ...] = ()
        try:
            for unit in units(message.decode("latin-1")):
                step, path = self._step(unit, path)
                steps.append(step)
        except ScpiError as error:
            steps.append(partial(_refuse, error.number))
        return tuple(steps)

    def _step(self, unit: Unit, path: tuple[str, ...]) -> tuple[Step, tuple[str, ...]]:
        header = unit.header
        if not header[0].startswith("*"):
            header = header if unit.absolute else path + header
            path = header[:-1]
        command, suffixes = self.find(header, unit.query)
        step: Step | None = None
        if isinstance(command, Action) and type(command).run is Action.run:
            step = command.call(suffixes, unit.tokens)
        if step is None:
            step = partial(command.run, query=unit.query, suffixes=suffixes, tokens=unit.tokens)
        return step, path

    def parsed(self, data: bytes) -> list[tuple[Step, ...]]:
        """Return the steps of the whole messages `data` is, from memory if seen before."""
        known = self.messages.get(data)
        if known is None:
            known = [self.parse(message) for message in split(data, end=True)[0]]
            if len(data) <= _LARGEST_REMEMBERED:
                if len(self.messages) >= _REMEMBERED:
                    self.messages.clear()
                self.messages[data] = known
        return known


def _refuse(number: int, device: "Device") -> Reply:
    raise ScpiError(number)
