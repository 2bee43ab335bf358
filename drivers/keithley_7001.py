"""Keithley 7001 and 7002 switch systems with 7012 4x10 matrix cards.

Inputs are the four rows; outputs the columns, ten for each slot, slot after slot. Rows of
different slots are one row only where the cards' backplane jumpers are in place
[M: 7012 manual 2-3]: with a jumper missing, an input does not reach the outputs of that slot.

Settling is part of closing, and ``*OPC?`` is answered after it [MEM]: see it on a meter before
trusting a fast sequence.
"""

from collections.abc import Collection
from typing import Any, ClassVar, Final

from pymeasure.instruments import Instrument

from benchctl.errors import CapabilityError
from benchctl.limits import Limits
from benchctl.roles import Clock
from drivers.conversation import Conversation
from drivers.crosspoints import Crosspoint, Crosspoints, Words

ROWS: Final = 4
"""[R]"""
COLUMNS: Final = 10
"""[R]"""
DISCONNECT: Final = ":OPEN ALL;:ABOR;:OPEN ALL"
"""at once; and again when no scan is left that it may have been refused for"""


class Keithley7001(Instrument):
    """7001 as a `SwitchMatrix`, a 7012 card in each slot.

    `slots` says how many slots are used, from the first on. `limits` and `series_resistance` are
    taken as by every driver, and of no concern to a matrix.
    """

    MODEL: ClassVar[str] = "7001"
    SLOTS: ClassVar[int] = 2

    def __init__(
        self,
        adapter: Any,
        name: str = "Keithley 7001",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        slots: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(adapter, name, includeSCPI=False, **options)
        slots = self.SLOTS if slots is None else slots
        if not 1 <= slots <= self.SLOTS:
            raise CapabilityError(f"{name} has 1 to {self.SLOTS} slots, not {slots}")
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.inputs = ROWS
        self.outputs = COLUMNS * slots
        self._wire = Conversation(self.adapter, name)
        words = Words(prepare="*RST;*CLS;:OPEN ALL", disconnect=DISCONNECT, channel=_channel)
        self._crosspoints = Crosspoints(self._wire, name, self.inputs, self.outputs, words)

    @property
    def operations(self) -> int:
        """Get how many contacts have been opened or closed in this session."""
        return self._crosspoints.operations

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity(self.MODEL)

    def prepare(self) -> None:
        """Everything open, no settling time or forbidden channels left from before."""
        self._crosspoints.prepare()

    def safe(self) -> None:
        """Open everything now, whatever was going on."""
        self._crosspoints.safe()

    def connect(self, crosspoints: Collection[Crosspoint]) -> None:
        """Close exactly these (input, output) crosspoints, break before make.

        Raises:
            CapabilityError: there is no such crosspoint, or two inputs would meet on an output.
            InstrumentError: the instrument reported an error or did not answer.
        """
        self._crosspoints.connect(crosspoints)


class Keithley7002(Keithley7001):
    """7002 as a `SwitchMatrix`: the same words, ten slots."""

    MODEL = "7002"
    SLOTS = 10


def _channel(row: int, output: int) -> str:
    """Return slot, row and column.

    >>> _channel(4, 20)
    '2!4!10'
    """
    slot, column = divmod(output - 1, COLUMNS)
    return f"{slot + 1}!{row}!{column + 1}"
