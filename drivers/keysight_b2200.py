"""Keysight B2200A, B2201A and E5250A switching matrices.

Inputs are the ports that instruments are connected to, outputs the channels that lead to the
device. With ``card=0`` all modules are one matrix (the instrument's auto configuration mode); with
1 to 4 it is that module alone (its normal mode), and `outputs` count from 1 on it.

The free connection rule is set, as one input may have to reach many lines of an array; that no two
inputs meet on an output is then nobody's business but this driver's, which refuses it. Bias,
ground and couple modes would close contacts nobody asked for, and are switched off.

It works a command off, contacts and their settling included, before it takes the next, so
``*OPC?`` is all the waiting there is [MEM]: see it on a meter before trusting a fast sequence.
"""

from collections.abc import Collection
from typing import Any, ClassVar, Final

from pymeasure.instruments import Instrument

from benchctl.errors import CapabilityError
from benchctl.limits import Limits
from benchctl.roles import Clock
from drivers.conversation import Conversation
from drivers.crosspoints import Crosspoint, Crosspoints, Words

MODULES: Final = 4
"""plug-in modules in a mainframe [M: B2200 guide 5-33]"""
PER_MODULE: Final = 12
"""outputs of a module [M: B2200 guide 5-39]"""


class KeysightB2200(Instrument):
    """B2200A or B2201A as a `SwitchMatrix`.

    `card`, `inputs` and `outputs` say which part of it is used; a mainframe with fewer modules than
    four has fewer outputs than the 48 taken for granted. `limits` and `series_resistance` are taken
    as by every driver, and of no concern to a matrix.
    """

    MODELS: ClassVar[tuple[str, ...]] = ("B2200A", "B2201A")
    INPUTS: ClassVar[int] = 14
    """[M: B2200 guide 3-14]"""
    MODES: ClassVar[tuple[str, ...]] = ("BIAS", "AGND", "COUP")
    """what may close contacts by itself"""

    def __init__(
        self,
        adapter: Any,
        name: str = "Keysight B2200",
        *,
        clock: Clock,
        limits: Limits | None = None,
        series_resistance: float = 0.0,
        card: int = 0,
        inputs: int | None = None,
        outputs: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(adapter, name, includeSCPI=False, **options)
        if not 0 <= card <= MODULES:
            raise CapabilityError(f"{name} has cards 0 (all as one) to {MODULES}, not {card}")
        self.clock = clock
        self.limits = limits
        self.series_resistance = series_resistance
        self.inputs = _at_most(self.INPUTS, inputs, name, "inputs")
        most = PER_MODULE if card else MODULES * PER_MODULE
        self.outputs = _at_most(most, outputs, name, "outputs")
        self._wire = Conversation(self.adapter, name)
        words = Words(
            prepare=_prepare(card, self.MODES),
            disconnect=_disconnect(self.MODES),
            channel=lambda source, output: f"{card}{source:02d}{output:02d}",
        )
        self._crosspoints = Crosspoints(self._wire, name, self.inputs, self.outputs, words)

    @property
    def operations(self) -> int:
        """Get how many contacts have been opened or closed in this session."""
        return self._crosspoints.operations

    def identify(self) -> str:
        """Return the ``*IDN?`` answer, refusing other instruments."""
        return self._wire.identity(*self.MODELS)

    def prepare(self) -> None:
        """Everything open, every crosspoint free to close, nothing that closes by itself."""
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


class KeysightE5250A(KeysightB2200):
    """E5250A with E5252A matrix cards as a `SwitchMatrix`: the same words, ten inputs."""

    MODELS = ("E5250A",)
    INPUTS = 10
    """of an E5252A [M: E5250A guide 5-11]"""
    MODES = ("BIAS", "COUP")
    """it has no ground mode [MEM]"""


def _at_most(most: int, asked: int | None, name: str, what: str) -> int:
    if asked is None:
        return most
    if not 1 <= asked <= most:
        raise CapabilityError(f"{name} has 1 to {most} {what}, not {asked}")
    return asked


def _disconnect(modes: tuple[str, ...]) -> str:
    """Return what opens everything in either configuration mode.

    At once, whatever it may think of the rest; and again when no mode is left that would answer
    opening with closing [QC].
    """
    opens = ":OPEN:CARD ALL"
    return ";".join([opens, *(f":{mode} ALL,OFF" for mode in modes), opens])


def _prepare(card: int, modes: tuple[str, ...]) -> str:
    mode = "NCON" if card else "ACON"  # [IX: scripts for a B2201A, QCoDeS's early tests]
    return ";".join(
        [
            f"*RST;*CLS;:FUNC {mode}",
            *(f":{each} {card},OFF" for each in modes),
            f":CONN:RULE {card},FREE;:CONN:SEQ {card},BBM;:OPEN:CARD {card}",
        ]
    )
