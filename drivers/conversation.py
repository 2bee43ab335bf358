"""Messages to one SCPI instrument, every failure of which is an `InstrumentError`."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pyvisa.errors import Error as VisaError
from pyvisa.resources import TCPIPSocket

from benchctl.errors import InstrumentError

PATIENCE: Final = 5.0
"""s an answer may take beyond the time the instrument is known to need"""
SLACK: Final = 1e3
"""ms a time-out may be too long"""
LONGEST_TIMEOUT: Final = 0xFFFF_FFFE
"""ms, the longest VISA knows beside none at all"""
QUIET: Final = 100.0
"""ms without a byte, and nothing more is under way"""
CHUNK: Final = 1 << 16
"""bytes read at once where they are thrown away"""
LARGEST_BACKLOG: Final = 1 << 28
"""bytes that may be; more than any instrument's memory"""
MOST_ERRORS: Final = 100
"""deeper than any instrument's error queue"""
LINE_FREQUENCIES: Final = (50.0, 60.0)
"""Hz"""


class Conversation:
    """Speaks through a PyMeasure adapter on behalf of the instrument `name`.

    What failed or was interrupted half-way is cleared from the transport before the next message:
    an answer that nobody read would be taken for the next one.
    """

    def __init__(self, adapter: Any, name: str) -> None:
        self._adapter = adapter
        self._name = name
        self._timeout = 0.0
        self._busy = self._unfinished = 0.0  # s, of this message and of the one before
        self._complete = True

    def send(self, message: str | bytes) -> None:
        """Send a message that has no answer."""
        self._busy = 0.0
        self._write(message)
        self._complete = True

    def ask(self, message: str, busy: float = 0.0) -> str:
        """Return the answer to a message after which the instrument is busy for `busy` seconds."""
        self._allow(busy)
        self._write(message)
        try:
            answer = str(self._adapter.read()).strip()
        except UnicodeDecodeError as error:
            raise self.garbled(error.object) from None
        except (VisaError, OSError) as error:
            raise self._lost(error) from error
        self._complete = True
        return answer

    def ask_bytes(self, message: str, size: int, busy: float = 0.0) -> bytes:
        """Return the `size` bytes a message is answered with, terminator included."""
        self._allow(busy)
        self._write(message)
        try:
            answer = bytes(self._adapter.read_bytes(size))
        except (VisaError, OSError) as error:
            raise self._lost(error) from error
        self._complete = True
        return answer

    def ask_block(
        self, message: str, no_errors: bytes, head: bytes, size: int, busy: float
    ) -> bytes:
        """Return the `size` bytes of a block that is answered behind the count of errors.

        `no_errors` is how the instrument says that there are none, `head` how the block begins.
        """
        start = len(no_errors) + 1 + len(head)
        answer = self.ask_bytes(message, start + size + 1, busy)
        errors, _, block = answer.partition(b";")
        if not block.startswith(head):
            raise self.garbled(answer)
        self.accept_count(errors, no_errors)
        return answer[start : start + size]

    def accept_count(self, errors: bytes, no_errors: bytes) -> None:
        """Take a count of errors; where there are any, they are read and raised."""
        if errors == no_errors:
            return
        if not errors.removeprefix(b"+").isdigit():
            raise self.garbled(errors)
        self.accept(self.ask(":SYST:ERR?"))

    def line_frequency(self) -> float:
        """Return the power line frequency (Hz) the instrument has found."""
        answer = self.ask(":SYST:LFR?")
        known = {str(int(hertz)): hertz for hertz in LINE_FREQUENCIES}
        if answer.partition(".")[0] not in known:
            raise self.garbled(answer)
        return known[answer.partition(".")[0]]

    def command(self, message: str, busy: float = 0.0) -> None:
        """Send commands, wait until they are done, and refuse any error they left behind."""
        done, _, error = self.ask(f"{message};*OPC?;:SYST:ERR?", busy).partition(";")
        if done != "1":
            raise self.garbled(done)
        self.accept(error)

    def accept(self, answer: str) -> None:
        """Take an answer to ``:SYST:ERR?``; anything but 0 empties the queue and is raised."""
        found: list[str] = []
        while self._number(answer):
            found.append(answer.replace('"', ""))
            if len(found) == MOST_ERRORS:
                break
            answer = self.ask(":SYST:ERR?")
        if found:
            raise InstrumentError(f"{self._name} reports {'; '.join(found)}")

    def identity(self, *models: str) -> str:
        """Return the ``*IDN?`` answer, refusing what is none of `models`."""
        answer = self.ask("*IDN?")
        fields = answer.upper().split(",")
        if len(fields) < 2 or not any(model in fields[1] for model in models):
            raise InstrumentError(
                f"{self._name} answers as '{answer}', not as a {' or '.join(models)}; "
                "check the address"
            )
        return answer

    def silence(self, message: str) -> None:
        """Clear the transport, then have `message` obeyed; each is tried whatever happened before.

        Raises:
            InstrumentError: the instrument does not answer.
        """
        self._clear()
        try:
            self.command(message)
        except InstrumentError:
            # The queue may hold errors of what went wrong before: they are not about `message`.
            self.command(message)

    def complain(self, off: str = "") -> None:
        """Raise what the instrument itself has to say about a failure, if it says anything.

        `off` switches its outputs off: clearing the transport has thrown away whatever the failed
        message had left to do, and that may have been just this.
        """
        self._clear()
        try:
            answer = self.ask(f"{off};:SYST:ERR?" if off else ":SYST:ERR?")
        except InstrumentError:
            return
        self.accept(answer)

    def garbled(self, answer: str | bytes) -> InstrumentError:
        """Return the error for an answer that does not parse."""
        self._timeout, self._complete = 0.0, False
        return InstrumentError(
            f"{self._name} sent an answer that does not parse: {answer[:40]!r}; check the cable, "
            "and that nothing else talks to it"
        )

    def _clear(self, busy: float = 0.0) -> None:
        """Have both ends forget what is under way, as far as the transport can.

        What can only be waited for is, for `busy` seconds.
        """
        connection = self._adapter.connection
        steps: list[Callable[[], object]] = [connection.clear, self._adapter.flush_read_buffer]
        if isinstance(connection, TCPIPSocket):
            steps = [lambda: _drain(connection, busy)]
        for step in steps:
            # Not every transport has a device clear; a late answer is thrown away all the same.
            with suppress(VisaError, OSError, NotImplementedError):
                step()
        self._timeout = 0.0  # may not be what was set
        self._complete = True

    def _write(self, message: str | bytes) -> None:
        if not self._complete:
            self._clear(self._unfinished)
        self._complete, self._unfinished = False, self._busy
        try:
            if isinstance(message, bytes):
                self._adapter.write_bytes(message)
            else:
                self._adapter.write(message)
        except (VisaError, OSError) as error:
            raise self._lost(error) from error

    def _number(self, answer: str) -> int:
        try:
            return int(answer.partition(",")[0])
        except ValueError:
            raise self.garbled(answer) from None

    def _allow(self, busy: float) -> None:
        # Setting a time-out costs as much as a short answer: one a second too long serves as well.
        self._busy = busy
        timeout = math.ceil(busy + PATIENCE) * 1e3
        if timeout > LONGEST_TIMEOUT:
            timeout = math.inf
        if timeout <= self._timeout <= timeout + SLACK:
            return
        try:
            self._adapter.connection.timeout = timeout
        except (VisaError, OSError) as error:
            raise self._lost(error) from error
        self._timeout = timeout

    def _lost(self, error: Exception) -> InstrumentError:
        self._timeout = 0.0
        return InstrumentError(
            f"{self._name} does not answer ({error}); check that it is on and connected"
        )


def _drain(socket: TCPIPSocket, busy: float) -> None:
    """Throw away what a raw socket still brings, until it is quiet.

    It has no device clear, and what PyVISA-py does instead waits for ever on one that the other end
    has closed.
    """
    socket.timeout = 1e3 * busy + QUIET
    for _ in range(LARGEST_BACKLOG // CHUNK):
        socket.visalib.read(socket.session, CHUNK)
        socket.timeout = QUIET
