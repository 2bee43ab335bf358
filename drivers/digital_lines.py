"""The digital outputs of an instrument, which lead relays to where they should be."""

from collections.abc import Callable, Collection, Mapping

from benchctl.errors import CapabilityError, InstrumentError
from drivers.conversation import Conversation

Wording = Callable[[Mapping[int, bool], Collection[int]], str]
"""says what sets all given lines, the second of which have to be made outputs first"""


class DigitalLines:
    """Sets lines 1 to `most` of the instrument `name`, and remembers where they are."""

    def __init__(self, wire: Conversation, name: str, most: int, wording: Wording) -> None:
        self._wire = wire
        self._name = name
        self._most = most
        self._wording = wording
        self._levels: dict[int, bool] = {}
        self._outputs: set[int] = set()

    def set_line(self, line: int, high: bool) -> None:
        """Set one line; the others stay.

        Raises:
            CapabilityError: there is no such line.
            InstrumentError: nobody knows where it is now.
        """
        if not 1 <= line <= self._most:
            raise CapabilityError(f"{self._name} has digital lines 1 to {self._most}, not {line}")
        wanted = {**self._levels, line: high}
        new = wanted.keys() - self._outputs
        # Whatever becomes of the message: low is where a relay leads to the source-meter.
        self._levels = {**self._levels, line: False}
        self._outputs -= {line}
        try:
            self._wire.command(self._wording(wanted, new))
        except InstrumentError:
            self._wire.complain()
            raise
        self._levels, self._outputs = wanted, set(wanted)

    def again(self) -> str:
        """Return what sets all lines again: a reset lets them float high."""
        self._outputs = set()
        return self._wording(self._levels, self._levels) if self._levels else ""

    def settled(self) -> None:
        """Note that what `again` returned was obeyed."""
        self._outputs = set(self._levels)
