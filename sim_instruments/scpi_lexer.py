"""From bytes to program messages, units and tokens (IEEE 488.2 §7, SCPI-1999 vol. 1 §6).

Text is handled as latin-1, so that a character is a byte and blocks pass through unharmed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sim_instruments.status import ScpiError

_BREAK: Final = re.compile(rb"[\n\"'#]")
_HEADER: Final = re.compile(
    r"[\x00-\x20]*(?::?(?P<common>\*[A-Za-z]+)"
    r"|(?P<root>:?)(?P<compound>[A-Za-z]\w*(?::[A-Za-z]\w*)*))(?P<query>\?)?",
    re.ASCII,
)
_SPACE: Final = re.compile(r"[\x00-\x20]*")
_NUMBER: Final = re.compile(
    r"(?P<mantissa>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:[ \t]*[eE][ \t]*(?P<exponent>[+-]?[0-9]+))?[\x00-\x20]*(?P<suffix>[A-Za-z]*)"
)
_WORD: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_STRING: Final = re.compile(r"\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'")
_RADIX: Final = re.compile(r"#(?:[hH]([0-9a-fA-F]+)|[qQ]([0-7]+)|[bB]([01]+))")
_EXPRESSION: Final = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Token:
    """One parameter as sent; `kind` is number, word, string, block or expression."""

    kind: str
    text: str = ""
    """upper case for words and suffix-free; the content of strings and expressions"""
    number: float = 0.0
    suffix: str = ""
    """upper case, for numbers"""
    block: bytes = b""


@dataclass(frozen=True, slots=True)
class Unit:
    """One program message unit as sent."""

    header: tuple[str, ...]
    """mnemonics, upper case; a common command is one mnemonic with its asterisk"""
    absolute: bool
    query: bool
    tokens: tuple[Token, ...]


def split(data: bytes, end: bool) -> tuple[list[bytes], bytes]:
    """Cut `data` into whole program messages and the rest that waits for more bytes.

    With `end` the last byte carried END (GPIB, USB, VXI-11) and nothing is left waiting. A
    newline inside a definite block is data; one inside a string ends the message all the same.
    """
    if b"#" not in data:
        *messages, rest = data.split(b"\n")
    else:
        messages, start = [], 0
        for stop in _terminators(data, end):
            messages.append(data[start:stop])
            start = stop + 1
        rest = data[start:]
    if end and rest:
        messages.append(rest)
        rest = b""
    return messages, rest


def _terminators(data: bytes, end: bool) -> Iterator[int]:
    """Yield where the newlines are that end a message."""
    position = 0
    while found := _BREAK.search(data, position):
        position = found.end()
        mark = found.group()
        if mark == b"\n":
            yield found.start()
        elif mark == b"#":
            digits = data[position : position + 1]
            if digits == b"0" and end:
                return  # an indefinite block lasts until NL^END
            if digits.isdigit() and digits != b"0":
                first = position + 1 + int(digits)
                length = data[position + 1 : first]
                position = first + int(length) if length.isdigit() else position
                if position > len(data):
                    return
        else:
            closing = data.find(mark, position)
            newline = data.find(b"\n", position)
            if closing >= 0 and (newline < 0 or closing < newline):
                position = closing + 1


def units(message: str) -> Iterator[Unit]:
    """Yield the units of one program message; empty ones are skipped.

    Raises:
        ScpiError: a command error, once the units before it have been yielded.
    """
    position = 0
    while True:
        position = _space(message, position)
        if position >= len(message):
            return
        if message[position] == ";":
            position += 1
            continue
        found = _HEADER.match(message, position)
        if not found:
            raise ScpiError(-102 if " " < message[position] < "\x7f" else -101)
        header, absolute = _mnemonics(found)
        position = found.end()
        if position < len(message) and message[position] > " " and message[position] != ";":
            raise ScpiError(-113 if message[position] < "\x7f" else -101)
        tokens, position = _tokens(message, position)
        yield Unit(header, absolute, found["query"] is not None, tokens)


def _mnemonics(found: re.Match[str]) -> tuple[tuple[str, ...], bool]:
    if found["common"]:
        return (found["common"].upper(),), False
    header = tuple(found["compound"].upper().split(":"))
    if max(map(len, header)) > 12:
        raise ScpiError(-112)
    return header, bool(found["root"])


def _space(message: str, position: int) -> int:
    found = _SPACE.match(message, position)
    return found.end() if found else position


def _tokens(message: str, position: int) -> tuple[tuple[Token, ...], int]:
    """Return the parameters from `position` on, and where they end."""
    tokens: list[Token] = []
    position = _space(message, position)
    if position >= len(message) or message[position] == ";":
        return (), position
    while True:
        token, position = _token(message, position)
        tokens.append(token)
        position = _space(message, position)
        if position >= len(message) or message[position] == ";":
            return tuple(tokens), position
        if message[position] != ",":
            glued = token.kind == "number" and message[position - 1] > " "
            raise ScpiError(-121 if glued else -103)
        position = _space(message, position + 1)


def _token(message: str, position: int) -> tuple[Token, int]:
    """Return the token at `position` and where it ends."""
    first = message[position : position + 1]
    if found := _NUMBER.match(message, position):
        return _number(found), found.end()
    if found := _WORD.match(message, position):
        return Token("word", found.group().upper()), found.end()
    if first in ("'", '"') and first:
        if not (found := _STRING.match(message, position)):
            raise ScpiError(-151)
        return Token("string", found.group()[1:-1].replace(first * 2, first)), found.end()
    if first == "#":
        return _hash(message, position)
    if first == "(":
        if not (found := _EXPRESSION.match(message, position)):
            raise ScpiError(-171)
        return Token("expression", found.group(1)), found.end()
    if first in ("", ",", ";"):
        raise ScpiError(-109)
    if first in "+-.":
        raise ScpiError(-121)
    raise ScpiError(-102 if first < "\x7f" else -101)


def _number(found: re.Match[str]) -> Token:
    mantissa, exponent, suffix = found["mantissa"], found["exponent"], found["suffix"].upper()
    if len(mantissa) > 255:
        raise ScpiError(-124)
    if exponent and (len(exponent) > 6 or abs(int(exponent)) > 32000):
        raise ScpiError(-123)
    if suffix == "E":
        raise ScpiError(-121)
    return Token("number", number=float(f"{mantissa}e{exponent or 0}"), suffix=suffix)


def _hash(message: str, position: int) -> tuple[Token, int]:
    """Return a block or a non-decimal number."""
    if found := _RADIX.match(message, position):
        digits, base = next(
            (d, b) for d, b in zip(found.groups(), (16, 8, 2), strict=True) if d is not None
        )
        if len(digits) > 255:
            raise ScpiError(-124)
        return Token("number", number=float(int(digits, base))), found.end()
    count = message[position + 1 : position + 2]
    if count == "0":
        return Token("block", block=message[position + 2 :].encode("latin-1")), len(message)
    if not ("1" <= count <= "9"):
        raise ScpiError(-161)
    first = position + 2 + int(count)
    length = message[position + 2 : first]
    if not (length.isascii() and length.isdigit() and len(length) == int(count)):
        raise ScpiError(-161)
    stop = first + int(length)
    if stop > len(message):
        raise ScpiError(-161)
    return Token("block", block=message[first:stop].encode("latin-1")), stop
