"""Which crosspoints of a switch matrix are closed, and the one message that changes them.

Contacts wear with every operation, so what is closed already stays closed and costs no message. A
change opens first and closes afterwards, with ``*WAI`` between, and ``*OPC?`` says when the last
contact has settled. After a failure nothing is taken for granted: the next change brings the
instrument to its prepared state, everything open, in the same message.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from benchctl.errors import CapabilityError, InstrumentError
from drivers.conversation import Conversation

Crosspoint = tuple[int, int]
"""input and output, both from 1"""

WAIT: Final = "*WAI"
"""commands after it wait until the contacts before it have settled"""


@dataclass(frozen=True, slots=True)
class Words:
    """What one kind of matrix is told."""

    prepare: str
    """brings it from any state to everything open, and any crosspoint free to close"""
    disconnect: str
    """opens everything, whatever mode it is in"""
    channel: Callable[[int, int], str]
    """a crosspoint as an entry of a channel list"""

    def open(self, crosspoints: Collection[Crosspoint]) -> str:
        """Return the command that opens `crosspoints`."""
        return f":OPEN (@{self._list(crosspoints)})"

    def close(self, crosspoints: Collection[Crosspoint]) -> str:
        """Return the command that closes `crosspoints`."""
        return f":CLOS (@{self._list(crosspoints)})"

    def _list(self, crosspoints: Collection[Crosspoint]) -> str:
        return ",".join(self.channel(*crosspoint) for crosspoint in sorted(crosspoints))


class Crosspoints:
    """Keeps the book on the contacts of the matrix `name`, which has `inputs` and `outputs`.

    Apart from the driver, as PyMeasure makes every attribute of an instrument slow to reach.
    """

    def __init__(
        self, wire: Conversation, name: str, inputs: int, outputs: int, words: Words
    ) -> None:
        self._wire = wire
        self._name = name
        self._inputs = inputs
        self._outputs = outputs
        self._words = words
        self._closed: frozenset[Crosspoint] = frozenset()
        self._certain = False
        self.operations = 0
        """contacts opened or closed; after a failure, as many as may have been"""

    def prepare(self) -> None:
        """Open everything, in the mode that leaves every crosspoint free."""
        self._tell([self._words.prepare], frozenset(), frozenset())

    def safe(self) -> None:
        """Open everything now, after a device clear."""
        self._certain = False  # which mode it is in is for the next change to prepare
        self._wire.silence(self._words.disconnect)
        self.operations += len(self._closed)
        self._closed = frozenset()

    def connect(self, crosspoints: Collection[Crosspoint]) -> None:
        """Close exactly these crosspoints, break before make; return when they have settled.

        Raises:
            CapabilityError: there is no such crosspoint, or two inputs would meet.
            InstrumentError: the instrument reported an error or did not answer.
        """
        wanted = frozenset(crosspoints)
        if self._certain and wanted == self._closed:
            return
        self._refuse(wanted)
        kept = self._closed & wanted if self._certain else frozenset()
        parts = []
        if not self._certain:
            parts.append(self._words.prepare)
        elif self._closed - kept:
            parts.append(self._words.open(self._closed - kept))
        if wanted - kept:
            parts.append(self._words.close(wanted - kept))
        self._tell(parts, kept, wanted)

    def _tell(
        self, parts: list[str], kept: frozenset[Crosspoint], wanted: frozenset[Crosspoint]
    ) -> None:
        """Send one message, and note what becomes of the contacts."""
        self._certain = False
        self.operations += len(self._closed - kept) + len(wanted - kept)
        self._closed |= wanted  # until it is known what became of the message
        try:
            self._wire.command(f";{WAIT};".join(parts))
        except InstrumentError:
            self._wire.complain()
            raise
        self._closed, self._certain = wanted, True

    def _refuse(self, wanted: frozenset[Crosspoint]) -> None:
        """Refuse what is not there, and what would short two sources."""
        taken: dict[int, int] = {}
        for source, output in sorted(wanted):
            if not (1 <= source <= self._inputs and 1 <= output <= self._outputs):
                raise CapabilityError(
                    f"{self._name} has no crosspoint of input {source} and output {output}: its "
                    f"inputs are 1 to {self._inputs}, its outputs 1 to {self._outputs}"
                )
            other = taken.setdefault(output, source)
            if other != source:
                raise CapabilityError(
                    f"{self._name} would short inputs {other} and {source} on output {output}; "
                    "connect one input at most to an output"
                )
