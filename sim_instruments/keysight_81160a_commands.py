"""The command table of the simulated Keysight 81160A."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sim_instruments.scpi import Action, Command, Query, Setting
from sim_instruments.scpi_lexer import Token
from sim_instruments.scpi_parameters import Boolean, Choice, Name, Number, Text
from sim_instruments.status import ScpiError

TOP: Final = 8191
"""largest DAC code [R]"""
FORM: Final = "{:+.12E}"
"""of numbers in answers"""
_VOLT: Final = Number("V", form=FORM)
_PERCENT: Final = Number("PCT", 0.0, 100.0, 50.0, form=FORM)
_MAYBE: Final = Number("HZ/V", form=FORM, words=("DEFault",))
_SHAPES: Final = ("SINusoid", "SQUare", "RAMP", "PULSe", "NOISe", "USER")


@dataclass(frozen=True, slots=True)
class _Samples:
    """DAC codes: a block of big-endian int16, or numbers."""

    def parse(self, token: Token, device: Any) -> bytes:
        if token.kind == "block":
            if len(token.block) % 2:
                raise ScpiError(-161)
            return token.block
        code = Number(minimum=-TOP, maximum=TOP, integer=True).parse(token, device)
        return int(code).to_bytes(2, "big", signed=True)

    def show(self, value: bytes) -> str:
        return value.decode("latin-1")


def _seconds(minimum: float, default: float) -> Number:
    return Number("S", minimum, 1e6, default, form=FORM)


def _shape() -> Iterator[Command]:
    """Yield functions and times, as PyMeasure sends them [R]."""
    yield Setting("FUNCtion[1|2]", "function", Choice((*_SHAPES, "DC"), "SIN"), "reshape")
    yield Setting("FUNCtion[1|2]:USER", "waveform", Name("VOLATILE"), "reshape")
    yield Setting("FUNCtion[1|2]:SQUare:DCYCle", "square_duty", _PERCENT)
    yield Setting("FUNCtion[1|2]:RAMP:SYMMetry", "symmetry", _PERCENT)
    yield Setting("PHASe[1|2]", "phase", Number("", -360.0, 360.0, 0.0, form=FORM))
    yield Action("FREQuency[1|2]", "set_frequency", (Number("HZ", 1e-6, 500e6),))
    yield Query("FREQuency[1|2]", "frequency")
    yield Setting("PULSe:PERiod[1|2]", "period", _seconds(3.03e-9, 1e-6), "retime")
    # The second form is what PyMeasure sends for the whole instrument.
    for node in ("PULSe:{}[1|2]", "FUNCtion[1|2]:PULSe:{}"):
        yield Setting(node.format("WIDTh"), "width", _seconds(1.5e-9, 1e-7), "retime")
        yield Setting(node.format("HOLD"), "hold", Choice(("WIDTh", "DCYCle"), "WIDT"))
        yield Action(node.format("DCYCle"), "set_duty", (Number("PCT", 0.0, 100.0),))
        yield Query(node.format("DCYCle"), "duty")
    edge = Number(unit="S", minimum=1e-9, maximum=1e3, default=1e-9, form=FORM)
    yield Setting("FUNCtion[1|2]:PULSe:TRANsition[:BOTH]", "edge", edge, "retime")


def _levels() -> Iterator[Command]:
    """Yield levels and outputs; the polarity is [MEM]."""
    yield Action("VOLTage[1|2][:AMPLitude]", "set_amplitude", (_VOLT,))
    yield Query("VOLTage[1|2][:AMPLitude]", "amplitude")
    yield Setting("VOLTage[1|2]:UNIT", "unit", Choice(("VPP", "VRMS", "DBM"), "VPP"))
    for name in ("OFFSet", "HIGH", "LOW"):
        yield Action(f"VOLTage[1|2]:{name}", f"set_{name.lower()}", (_VOLT,))
        yield Query(f"VOLTage[1|2]:{name}", name.lower())
    yield Setting("VOLTage[1|2]:LIMit:STATe", "limited", Boolean(), "relimit")
    for name, limit in (("HIGH", 10.0), ("LOW", -10.0)):
        kind = Number("V", -10.0, 10.0, limit, form=FORM)
        yield Setting(f"VOLTage[1|2]:LIMit:{name}", f"limit_{name.lower()}", kind, "relimit")
    yield Setting("OUTPut[1|2][:STATe]", "output", Boolean(), "switch")
    yield Setting("OUTPut[1|2]:LOAD", "load", Number("OHM", 0.3, 1e6, 50.0, form=FORM))
    yield Setting("OUTPut[1|2]:IMPedance", "impedance", Number("OHM", 5, 50, 50, True), "rest")
    yield Setting(
        "OUTPut[1|2]:POLarity", "polarity", Choice(("NORMal", "INVerted"), "NORM"), "rest"
    )
    yield Setting("OUTPut:TRIGger", "trigger_output", Boolean())


def _triggers() -> Iterator[Command]:
    """Yield triggers and bursts."""
    yield Setting("ARM:SOURce[1|2]", "arm", Choice(("IMM", "INT2", "EXT", "MAN"), "IMM"), "retime")
    count = Number(minimum=1, maximum=2**31 - 1, integer=True)
    yield Action("TRIGger[1|2]:COUNt", "set_count", (count,))
    yield Query("TRIGger[1|2]:COUNt", "count")
    yield Setting("BURSt[1|2]:STATe", "burst", Boolean(), "retime")
    yield Setting("BURSt[1|2]:MODE", "burst_mode", Choice(("TRIGgered", "GATed"), "TRIG"))
    yield Setting("BURSt[1|2]:NCYCles", "cycles", Number("", 2, 2**31 - 1, 2, True), "retime")
    yield Setting("BURSt[1|2]:INTernal:PERiod", "burst_period", _seconds(3.03e-9, 1e-3))


def _memory() -> Iterator[Command]:
    """Yield waveform memory and the rest."""
    yield Setting("TRACk:CHANnel[1|2]", "tracking", Boolean())
    yield Action("DATA[1|2]:DAC", "load_samples", (Name(), _Samples()), many=True)
    yield Action("DATA[1|2]:COPY", "copy_waveform", (Name(), Name()), required=1)
    yield Action("DATA[1|2]:DELete", "delete_waveform", (Name(),))
    yield Query("DATA[1|2]:NVOLatile:FREE", "free_slots")
    yield Query("DATA[1|2]:NVOLatile:CATalog", "catalog")
    for shape in (*_SHAPES, "DC"):
        short = "".join(c for c in shape if c.isupper())
        yield Action(f"APPLy[1|2]:{shape}", f"apply_{short.lower()}", (_MAYBE,) * 3, required=0)
    yield Setting("DISPlay:TEXT", "text", Text())
    yield Action("DISPlay:TEXT:CLEar", "clear_text")
    yield Action("SYSTem:BEEPer", "beep")


COMMANDS: Final = (*_shape(), *_levels(), *_triggers(), *_memory())
