"""Parameter types of SCPI commands: what a token must be, what it means, how it is answered."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final, Protocol

from sim_instruments.scpi_lexer import Token
from sim_instruments.status import ScpiError

Bound = float | Callable[[Any], float]
"""A limit, or a function of the device that gives it."""

INFINITY: Final = 9.9e37
NOT_A_NUMBER: Final = 9.91e37
_MULTIPLIERS: Final = {
    "EX": 1e18, "PE": 1e15, "T": 1e12, "G": 1e9, "MA": 1e6, "K": 1e3, "": 1.0,
    "M": 1e-3, "U": 1e-6, "N": 1e-9, "P": 1e-12, "F": 1e-15, "A": 1e-18,
}  # fmt: skip
"""IEEE 488.2 §7.7.3 [MEM]."""


@cache
def forms(mnemonic: str) -> tuple[str, str]:
    """Return the short and the long form of a mnemonic written like ``VOLTage``.

    >>> forms("VOLTage")
    ('VOLT', 'VOLTAGE')
    """
    return "".join(c for c in mnemonic if not c.islower()), mnemonic.upper()


def word_of(token: Token, mnemonics: tuple[str, ...]) -> str | None:
    """Return the short form of the mnemonic `token` is, or None."""
    return _words(mnemonics).get(token.text)


@cache
def _words(mnemonics: tuple[str, ...]) -> dict[str, str]:
    """Return short and long forms -> short form."""
    return {form: forms(mnemonic)[0] for mnemonic in mnemonics for form in forms(mnemonic)}


class Parameter(Protocol):
    """One parameter of a command.

    One with a true attribute `static` does not look at the device when it parses.
    """

    def parse(self, token: Token, device: Any) -> Any:
        """Return the value `token` means to `device`.

        Raises:
            ScpiError: wrong type (command error) or out of range (execution error).
        """
        ...

    def show(self, value: Any) -> str:
        """Return the answer to a query of a setting of this type."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric parameter: NRf with suffix, MINimum, MAXimum, DEFault, INFinity, UP/DOWN as words.

    >>> Number("V", -210, 210).parse(Token("number", number=500, suffix="MV"), None)
    0.5
    """

    unit: str = ""
    """upper case, e.g. V, A, S, HZ, OHM; several with a slash: "S/HZ"; "" allows no suffix"""
    minimum: Bound = -INFINITY
    maximum: Bound = INFINITY
    default: Bound | None = None
    integer: bool = False
    """rounded, answered as NR1"""
    form: str = "{:.6E}"
    words: tuple[str, ...] = ()
    """mnemonics accepted as well; their value is the short form (a str)"""

    @property
    def static(self) -> bool:
        """True when a token means the same whatever the state of the device."""
        return not any(map(callable, (self.minimum, self.maximum, self.default)))

    def parse(self, token: Token, device: Any) -> float | int | str:
        """Return a float (an int when `integer`), or one of `words`."""
        if token.kind == "number":
            value = token.number
            if token.suffix:
                value *= self._scale(token.suffix)
        elif token.kind == "word":
            word = word_of(token, self.words)
            if word is not None:
                return word
            value = self.limit(token, device)
        else:
            raise ScpiError(-104)
        if self.integer and math.isfinite(value):
            value = round(value)
        low = self.minimum(device) if callable(self.minimum) else self.minimum
        high = self.maximum(device) if callable(self.maximum) else self.maximum
        if not low <= value <= high:
            raise ScpiError(-222)
        return value

    def limit(self, token: Token, device: Any) -> float:
        """Return the value of MIN, MAX, DEF, INF or NINF."""
        bounds = {"MINimum": self.minimum, "MAXimum": self.maximum, "DEFault": self.default,
                  "INFinity": INFINITY, "NINF": -INFINITY}  # fmt: skip
        for mnemonic, bound in bounds.items():
            if token.text in forms(mnemonic):
                if bound is None:
                    raise ScpiError(-224)
                return bound(device) if callable(bound) else bound
        raise ScpiError(-141)

    def show(self, value: float | str) -> str:
        """Return NR3 in `form`, NR1 when `integer`, or the word."""
        if isinstance(value, str):
            return value
        return str(value) if self.integer else self.form.format(value)

    def _scale(self, suffix: str) -> float:
        if not self.unit:
            raise ScpiError(-138)
        for unit in self.unit.split("/"):
            prefix = suffix.removesuffix(unit)
            if prefix == suffix or prefix not in _MULTIPLIERS:
                continue
            if prefix == "M" and unit in ("HZ", "OHM"):
                return 1e6
            return _MULTIPLIERS[prefix]
        raise ScpiError(-131)


@dataclass(frozen=True, slots=True)
class Boolean:
    """``ON``, ``OFF`` or a number; answered as 0 or 1."""

    static: ClassVar[bool] = True

    default: bool = False
    words: tuple[str, ...] = ()
    """mnemonics accepted as well, e.g. ONCE"""

    def parse(self, token: Token, device: Any) -> bool | str:
        """Return a bool, or one of `words`."""
        if token.kind == "number":
            if token.suffix:
                raise ScpiError(-138)
            return abs(token.number) >= 0.5
        if token.kind != "word":
            raise ScpiError(-104)
        if token.text in ("ON", "OFF"):
            return token.text == "ON"
        word = word_of(token, self.words)
        if word is None:
            raise ScpiError(-141)
        return word

    def show(self, value: bool | str) -> str:
        """Return ``0``, ``1`` or the word."""
        return value if isinstance(value, str) else str(int(value))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some mnemonics; the value and the answer are the short form."""

    static: ClassVar[bool] = True

    choices: tuple[str, ...]
    default: str = ""
    error: int = -224

    def parse(self, token: Token, device: Any) -> str:
        """Return the short form."""
        if token.kind != "word":
            raise ScpiError(-104)
        word = word_of(token, self.choices)
        if word is None:
            raise ScpiError(self.error)
        return word

    def show(self, value: str) -> str:
        """Return the short form."""
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string."""

    static: ClassVar[bool] = True

    default: str = ""

    def parse(self, token: Token, device: Any) -> str:
        """Return the content."""
        if token.kind != "string":
            raise ScpiError(-104)
        return token.text

    def show(self, value: str) -> str:
        """Return it in double quotes."""
        return '"' + value.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name, such as that of a waveform in memory; upper case."""

    static: ClassVar[bool] = True

    default: str = ""

    def parse(self, token: Token, device: Any) -> str:
        """Return the name."""
        if token.kind != "word":
            raise ScpiError(-104)
        return token.text

    def show(self, value: str) -> str:
        """Return the name."""
        return value


@dataclass(frozen=True, slots=True)
class Block:
    """Arbitrary block data, definite or indefinite."""

    static: ClassVar[bool] = True

    def parse(self, token: Token, device: Any) -> bytes:
        """Return the bytes."""
        if token.kind != "block":
            raise ScpiError(-104)
        return token.block

    def show(self, value: bytes) -> str:
        """Return a definite block as latin-1 text."""
        return definite(value).decode("latin-1")


@dataclass(frozen=True, slots=True)
class Channels:
    """A channel list such as ``(@1,3:5)``; the value is a tuple of ints in the order sent."""

    static: ClassVar[bool] = True

    allowed: tuple[int, ...]

    def parse(self, token: Token, device: Any) -> tuple[int, ...]:
        """Return the channels."""
        if token.kind != "expression":
            raise ScpiError(-104)
        text = "".join(token.text.split())
        if not text.startswith("@"):
            raise ScpiError(-171)
        channels: list[int] = []
        for part in text[1:].split(","):
            ends = part.split(":")
            if len(ends) > 2 or not all(e.isascii() and e.isdigit() and len(e) < 6 for e in ends):
                raise ScpiError(-171)
            first, last = int(ends[0]), int(ends[-1])
            step = 1 if last >= first else -1
            if not {first, last} <= set(self.allowed):
                raise ScpiError(-222)
            channels.extend(range(first, last + step, step))
        return tuple(channels)

    def show(self, value: tuple[int, ...]) -> str:
        """Return the list."""
        return f"(@{','.join(map(str, value))})"


def listed(token: Token, place: Callable[[str], int]) -> list[int]:
    """Return the places in a channel list ``(@a,b:c)``, in the order sent; a range goes upwards.

    `place` finds one channel, and raises where it is none. What has nothing in it holds nothing.
    """
    if token.kind != "expression":
        raise ScpiError(-104)
    text = "".join(token.text.split())
    if not text.startswith("@"):
        raise ScpiError(-171)
    found: list[int] = []
    for part in text[1:].split(",") if text[1:] else ():
        first, *last = map(place, part.split(":"))
        if len(last) > 1:
            raise ScpiError(-171)
        if last and last[0] < first:
            raise ScpiError(-222)
        found.extend(range(first, (last or [first])[0] + 1))
    return found


def definite(data: bytes) -> bytes:
    """Return `data` as a definite length block."""
    length = str(len(data)).encode()
    return b"#%d%b%b" % (len(length), length, data)
