"""The device side of SCPI: write a simulated instrument as a table of commands.

    class Source(Device):
        IDENTITY = "ACME,SOURCE,1,1.0"
        COMMANDS = (
            Setting("[SOURce[1|2]]:VOLTage[:LEVel]", "voltage", Number("V", -210, 210, 0.0)),
            Setting("OUTPut[1][:STATe]", "output", Boolean(), changed="switch"),
            Action("SOURce:LIST:VOLTage", "set_list", (Number("V", -210, 210),), many=True),
            Action("TRACe:CLEar", "clear_trace", (Text(),), required=0),
            Query("TRACe:DATA", "trace_data", (Number(integer=True), Number(integer=True))),
        )

        def switch(self) -> None: ...              # after self.settings["output"] has changed
        def set_list(self, *volts: float) -> None: ...
        def clear_trace(self, name: str = "default") -> None: ...
        def trace_data(self, first: int, last: int) -> str | bytes: ...

* Patterns: upper case is the short form; ``[...]`` is optional and may nest; ``[1|2]`` or
  ``[1-4]`` directly after a mnemonic are the suffixes it takes (absent = 1).
* A `Setting` is a command and its query. Its value lives in ``self.settings[name]``. A suffix with
  more than one choice is appended to the name (``voltage2``) and handed to the `changed` method
  (``changed(self, 2)``) and to the methods of actions and queries, before their parameters. When
  `changed` raises `ScpiError` the old value comes back. ``*RST`` restores ``type.default`` (unless
  ``kept=True``) and then calls `Device.on_reset`.
* An `Action` has no query, a `Query` no command form; one header may have one of each. A query
  answers str or bytes (a block), without the newline.
* To refuse: ``raise ScpiError(-221)``. To report something afterwards: ``self.fail(-222)``.
* Common commands, the error queue and the STATus system are here already; see `Device`.
* Parsed messages are remembered per class, so a repeated message costs two dictionary look-ups and
  the calls. Syntax only is remembered, never a value that depends on an instrument's state.
"""

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

from sim_instruments.scpi_lexer import Token, split
from sim_instruments.scpi_parameters import Block, Boolean, Channels, Choice, Name, Number, Text
from sim_instruments.scpi_tree import Action, Command, Query, Reply, Setting, Step, Tree
from sim_instruments.status import (
    ERROR_TEXTS,
    OPERATION_COMPLETE,
    ErrorQueue,
    Register,
    ScpiError,
    Status,
    event_bit,
)

__all__ = [
    "COMMON",
    "Action",
    "Block",
    "Boolean",
    "Channels",
    "Choice",
    "Command",
    "Device",
    "Name",
    "Number",
    "Query",
    "Reply",
    "ScpiError",
    "Setting",
    "Text",
    "registers",
]

_LARGEST_INPUT: Final = 1 << 25


@dataclass(frozen=True, slots=True)
class RegisterField:
    """One field of a status structure: set it, query it, or read and clear the events."""

    pattern: str
    register: str
    """attribute of `Status`"""
    name: str
    """attribute of `Register`"""
    roles: str

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Execute."""
        register: Register = getattr(device.status, self.register)
        if query:
            if tokens:
                raise ScpiError(-108)
            return str(register.read() if self.name == "event" else getattr(register, self.name))
        if len(tokens) != 1:
            raise ScpiError(-108 if tokens else -109)
        value = Number(minimum=0, maximum=0xFFFF, integer=True).parse(tokens[0], device)
        setattr(register, self.name, int(value) & 0x7FFF)
        return None


def registers(node: str, register: str) -> tuple[Command, ...]:
    """Return the commands of ``:STATus:<node>``; `register` is the attribute of `Status`."""
    fields = {
        "[:EVENt]": ("event", "?"),
        ":CONDition": ("condition", "?"),
        ":ENABle": ("enable", "!?"),
        ":PTRansition": ("positive", "!?"),
        ":NTRansition": ("negative", "!?"),
    }
    return tuple(
        RegisterField(f"STATus:{node}{tail}", register, name, roles)
        for tail, (name, roles) in fields.items()
    )


_MASK: Final = Number(minimum=0, maximum=255, integer=True)

COMMON: Final[tuple[Command, ...]] = (
    Query("*IDN", "identity"),
    Query("*OPT", "options"),
    Action("*RST", "reset"),
    Action("*CLS", "clear_status"),
    Query("*ESR", "read_event_status"),
    Query("*STB", "answer_status_byte"),
    Action("*ESE", "set_event_enable", (_MASK,)),
    Query("*ESE", "answer_event_enable"),
    Action("*SRE", "set_service_enable", (_MASK,)),
    Query("*SRE", "answer_service_enable"),
    Action("*OPC", "report_completion"),
    Query("*OPC", "await_completion"),
    Action("*WAI", "finish"),
    Query("*TST", "self_test"),
    Action("*TRG", "trigger"),
    Query("SYSTem:ERRor[:NEXT]", "next_error"),
    Query("SYSTem:ERRor:COUNt", "count_errors"),
    Query("SYSTem:VERSion", "version"),
    Action("STATus:PRESet", "preset_status"),
    *registers("OPERation", "operation"),
    *registers("QUEStionable", "questionable"),
)
"""IEEE 488.2 §10 and SCPI-1999 vol. 2 [MEM]; every `Device` has them."""


@cache
def _tree(device: type[Any]) -> Tree:
    """Return the tree of a class, built once: it holds syntax, and no instrument's state."""
    commands = COMMON + device.COMMANDS
    for command in commands:
        method = command.changed if isinstance(command, Setting) else getattr(command, "method", "")
        if method and not hasattr(device, method):
            raise ValueError(f"{device.__name__} lacks {method}, which {command.pattern} calls")
    return Tree(commands)


class Device:
    """A SCPI instrument: subclass it, give it `IDENTITY` and `COMMANDS`.

    The transport calls `write`, `read`, `clear` and `status_byte`; the rest is for subclasses.
    Set-up of a subclass's own attributes belongs before ``super().__init__()``, which calls
    `on_reset`.
    """

    IDENTITY: ClassVar[str] = ""
    COMMANDS: ClassVar[tuple[Command, ...]] = ()
    SCPI_VERSION: ClassVar[str] = "1999.0"
    ERROR_DEPTH: ClassVar[int] = 10
    ERROR_TEXTS: ClassVar[dict[int, str]] = {}
    """texts that differ from the standard's, and those of the device's own numbers"""

    def __init__(self) -> None:
        self.message_based = True
        """GPIB, USB, VXI-11: END ends a message, and an unread answer can be interrupted"""
        self.status = Status(ErrorQueue(self.ERROR_DEPTH))
        self.settings: dict[str, Any] = {}
        self._tree = _tree(type(self))  # type: ignore[arg-type]  # mypy 13257: a class is hashable
        self._input = b""
        self._output: deque[bytes] = deque()
        self.settings = {name: value for name, (value, _) in self._tree.defaults.items()}
        self.on_reset()

    # What the transport calls.

    def write(self, data: bytes) -> None:
        """Take the bytes of one write and execute the program messages they complete."""
        if self.message_based:
            if self._output:
                self._output.clear()
                self.fail(-410)
            messages = self._tree.parsed(data)
        elif not self._input and b"#" not in data and data.endswith(b"\n"):
            messages = self._tree.parsed(data)
        else:
            whole, self._input = split(self._input + data, end=False)
            messages = [steps for message in whole for steps in self._tree.parsed(message)]
            if len(self._input) > _LARGEST_INPUT:
                self._input = b""
                self.fail(-363)
        for steps in messages:
            self._execute(steps)

    def read(self) -> bytes | None:
        """Return the next response message, newline included; None when there is none."""
        if self._output:
            return self._output.popleft()
        if self.message_based:
            self.fail(-420)
        return None

    def clear(self) -> None:
        """Do what device clear does: buffers go; settings, errors and events stay."""
        self._input = b""
        self._output.clear()

    def status_byte(self) -> int:
        """Return what a serial poll reads."""
        return self.status.byte(bool(self._output))

    # What subclasses use or replace.

    def fail(self, number: int, text: str | None = None) -> None:
        """Put an entry into the error queue and set the event bit of its class."""
        self.status.event |= self.event_bit(number)
        self.status.errors.push(number, text or self.error_text(number), self.error_text(-350))

    def error_text(self, number: int) -> str:
        """Return the text of an error number."""
        return self.ERROR_TEXTS.get(number) or ERROR_TEXTS.get(number, "Device error")

    def event_bit(self, number: int) -> int:
        """Return the ``*ESR?`` bit an error sets."""
        return event_bit(number)

    def show_error(self, entry: tuple[int, str] | None) -> str:
        """Return an error queue entry as ``:SYST:ERR?`` answers it; None is the empty queue."""
        number, text = entry or (0, self.error_text(0))
        return f'{number},"{text}"'

    def on_reset(self) -> None:
        """Bring what `settings` does not hold to its ``*RST`` state."""

    def finish(self) -> None:
        """Let pending overlapped operations end (``*WAI``, ``*OPC``, ``*OPC?``)."""

    def trigger(self) -> None:
        """Do what ``*TRG`` does; ignored unless replaced."""
        raise ScpiError(-211)

    # The common commands.

    def identity(self) -> str:
        """Answer ``*IDN?``."""
        return self.IDENTITY

    def options(self) -> str:
        """Answer ``*OPT?``: none."""
        return "0"

    def reset(self) -> None:
        """Do what ``*RST`` does; errors, events and enables stay."""
        for name, (value, kept) in self._tree.defaults.items():
            if not kept:
                self.settings[name] = value
        self.on_reset()

    def clear_status(self) -> None:
        """Do what ``*CLS`` does."""
        self.status.clear()

    def preset_status(self) -> None:
        """Do what ``:STATus:PRESet`` does."""
        self.status.preset()

    def read_event_status(self) -> str:
        """Answer ``*ESR?``."""
        return str(self.status.read_event())

    def answer_status_byte(self) -> str:
        """Answer ``*STB?``."""
        return str(self.status_byte())

    def set_event_enable(self, mask: int) -> None:
        """Do what ``*ESE`` does."""
        self.status.event_enable = mask

    def answer_event_enable(self) -> str:
        """Answer ``*ESE?``."""
        return str(self.status.event_enable)

    def set_service_enable(self, mask: int) -> None:
        """Do what ``*SRE`` does; bit 6 cannot be set."""
        self.status.service_enable = mask & ~64

    def answer_service_enable(self) -> str:
        """Answer ``*SRE?``."""
        return str(self.status.service_enable)

    def report_completion(self) -> None:
        """Do what ``*OPC`` does."""
        self.finish()
        self.status.event |= OPERATION_COMPLETE

    def await_completion(self) -> str:
        """Answer ``*OPC?``."""
        self.finish()
        return "1"

    def version(self) -> str:
        """Answer ``:SYST:VERS?``, the year of the SCPI it speaks."""
        return self.SCPI_VERSION

    def self_test(self) -> str:
        """Answer ``*TST?``: passed."""
        return "0"

    def next_error(self) -> str:
        """Answer ``:SYST:ERR?``."""
        return self.show_error(self.status.errors.pop())

    def count_errors(self) -> str:
        """Answer ``:SYST:ERR:COUN?``."""
        return str(len(self.status.errors.entries))

    def _execute(self, steps: tuple[Step, ...]) -> None:
        """Run one program message; its answers leave as one response message."""
        replies: list[bytes] = []
        for step in steps:
            try:
                reply = step(self)
            except ScpiError as error:
                self.fail(error.number, error.text)
                if -200 < error.number <= -100:
                    break
            else:
                if reply is not None:
                    replies.append(reply if isinstance(reply, bytes) else reply.encode("latin-1"))
        if replies:
            self._output.append(b";".join(replies) + b"\n")
