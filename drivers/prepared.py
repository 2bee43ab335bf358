"""Whether an instrument is as its driver left it."""

from collections.abc import Callable
from typing import TypeVar

from benchctl.errors import InstrumentError
from drivers.conversation import Conversation

Result = TypeVar("Result")


class Prepared:
    """Prepares an instrument whenever it may not be as its driver last left it.

    So a driver may remember what it has sent, as long as it forgets that in `prepare`: what is
    remembered half-way through a step counts for nothing unless the step comes to its end.
    """

    def __init__(
        self, wire: Conversation, prepare: Callable[[], None], off: Callable[[], str]
    ) -> None:
        self._wire = wire
        self._prepare = prepare
        self._off = off
        self._certain = False

    def prepare(self) -> None:
        """Bring it to a known state, from whatever it is in."""
        self._certain = False
        self.carry_out(lambda: None)

    def forget(self) -> None:
        """Take nothing for granted: it is prepared before the next step."""
        self._certain = False

    def safe(self) -> None:
        """Switch its outputs off now, whatever was going on."""
        self._certain = False
        self._wire.silence(self._off())

    def carry_out(self, step: Callable[[], Result]) -> Result:
        """Return what `step` does with the instrument prepared.

        Raises:
            InstrumentError: it failed; the outputs were told to be off.
        """
        # Whoever interrupts, by Ctrl-C as well: half a list may have arrived.
        certain, self._certain = self._certain, False
        try:
            if not certain:
                self._prepare()
            result = step()
        except InstrumentError:
            self._wire.complain(self._off())
            raise
        self._certain = True
        return result
