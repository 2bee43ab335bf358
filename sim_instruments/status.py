"""IEEE 488.2 and SCPI-1999 status reporting: error texts, error queue, status registers."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

ERROR_TEXTS: Final = {
    0: "No error",
    -100: "Command error",
    -101: "Invalid character",
    -102: "Syntax error",
    -103: "Invalid separator",
    -104: "Data type error",
    -105: "GET not allowed",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -110: "Command header error",
    -111: "Header separator error",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -120: "Numeric data error",
    -121: "Invalid character in number",
    -123: "Exponent too large",
    -124: "Too many digits",
    -128: "Numeric data not allowed",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -140: "Character data error",
    -141: "Invalid character data",
    -144: "Character data too long",
    -148: "Character data not allowed",
    -150: "String data error",
    -151: "Invalid string data",
    -158: "String data not allowed",
    -160: "Block data error",
    -161: "Invalid block data",
    -168: "Block data not allowed",
    -170: "Expression error",
    -171: "Invalid expression",
    -178: "Expression data not allowed",
    -200: "Execution error",
    -210: "Trigger error",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -214: "Trigger deadlock",
    -220: "Parameter error",
    -221: "Settings conflict",
    -222: "Data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -225: "Out of memory",
    -230: "Data corrupt or stale",
    -240: "Hardware error",
    -241: "Hardware missing",
    -260: "Expression error",
    -310: "System error",
    -311: "Memory error",
    -313: "Calibration memory lost",
    -314: "Save/recall memory lost",
    -330: "Self-test failed",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -400: "Query error",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -430: "Query DEADLOCKED",
    -440: "Query UNTERMINATED after indefinite response",
}
"""SCPI-1999 vol. 2 §21.8 [MEM]; -100 to -178 read in the B2900 SCPI reference p. 5-4 [M]."""

OPERATION_COMPLETE: Final = 1
QUERY_ERROR: Final = 4
DEVICE_ERROR: Final = 8
EXECUTION_ERROR: Final = 16
COMMAND_ERROR: Final = 32
POWER_ON: Final = 128


class ScpiError(Exception):
    """What a command raises to put an entry into the error queue.

    Numbers from -100 to -199 (command errors) also end the program message.
    """

    def __init__(self, number: int, text: str | None = None) -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text


def event_bit(number: int) -> int:
    """Return the ``*ESR?`` bit of an error number's class."""
    if -200 < number <= -100:
        return COMMAND_ERROR
    if -300 < number <= -200:
        return EXECUTION_ERROR
    if -500 < number <= -400:
        return QUERY_ERROR
    return DEVICE_ERROR


@dataclass(slots=True)
class ErrorQueue:
    """First in, first out; when it is full the last entry becomes -350 and the rest is lost."""

    depth: int
    entries: deque[tuple[int, str]] = field(default_factory=deque)

    def push(self, number: int, text: str, overflow: str) -> None:
        """Append an entry, or mark the overflow with the text `overflow`."""
        if len(self.entries) < self.depth:
            self.entries.append((number, text))
        else:
            self.entries[-1] = (-350, overflow)

    def pop(self) -> tuple[int, str] | None:
        """Return and forget the oldest entry; None when there is none."""
        return self.entries.popleft() if self.entries else None


@dataclass(slots=True)
class Register:
    """One SCPI status structure: condition, transition filters, event, enable (15 bits)."""

    condition: int = 0
    event: int = 0
    enable: int = 0
    positive: int = 0x7FFF
    negative: int = 0

    def become(self, condition: int) -> None:
        """Set the condition bits; the transitions the filters let pass become events."""
        risen, fallen = condition & ~self.condition, self.condition & ~condition
        self.event |= (risen & self.positive) | (fallen & self.negative)
        self.condition = condition

    def read(self) -> int:
        """Return the event bits and clear them."""
        event, self.event = self.event, 0
        return event

    def preset(self) -> None:
        """Do what ``:STATus:PRESet`` does."""
        self.enable, self.positive, self.negative = 0, 0x7FFF, 0

    @property
    def summary(self) -> bool:
        """True when an enabled event is set."""
        return bool(self.event & self.enable)


@dataclass(slots=True)
class Status:
    """The status model of one instrument."""

    errors: ErrorQueue
    event: int = POWER_ON
    event_enable: int = 0
    service_enable: int = 0
    operation: Register = field(default_factory=Register)
    questionable: Register = field(default_factory=Register)
    measurement: Register = field(default_factory=Register)

    def byte(self, message_available: bool) -> int:
        """Return the status byte, ``*STB?``. Bit 0 (MSB) is Keithley's measurement summary."""
        value = (
            1 * self.measurement.summary
            | 4 * bool(self.errors.entries)
            | 8 * self.questionable.summary
            | 16 * message_available
            | 32 * bool(self.event & self.event_enable)
            | 128 * self.operation.summary
        )
        return value | 64 * bool(value & self.service_enable & ~64)

    def read_event(self) -> int:
        """Return ``*ESR?`` and clear it."""
        event, self.event = self.event, 0
        return event

    def clear(self) -> None:
        """Do what ``*CLS`` does: events and errors go, enables stay."""
        self.event = 0
        self.errors.entries.clear()
        for register in (self.operation, self.questionable, self.measurement):
            register.event = 0

    def preset(self) -> None:
        """Do what ``:STATus:PRESet`` does."""
        for register in (self.operation, self.questionable, self.measurement):
            register.preset()
