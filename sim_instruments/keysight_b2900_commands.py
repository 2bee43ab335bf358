"""The command table of a simulated Keysight B2902A."""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from sim_instruments.ranges import Range, RangeSetting, smallest
from sim_instruments.scpi import (
    Action,
    Boolean,
    Channels,
    Choice,
    Command,
    Number,
    Query,
    Reply,
    ScpiError,
    Setting,
    Text,
)
from sim_instruments.scpi_lexer import Token
from sim_instruments.scpi_parameters import forms

if TYPE_CHECKING:
    from sim_instruments.scpi import Device

VOLTAGE_RANGES: Final = (0.2, 2.0, 20.0, 200.0)
"""V [M: B2961A SCPI 2-36]"""
CURRENT_RANGES: Final = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1.5, 3.0)
"""A [MEM]; the 10 nA range is the B2911's and B2912's"""
MOST_VOLTS: Final = 210.0
MOST_AMPERES: Final = 3.03
LIST: Final = 2500
"""values [M: B2900 SCPI 4-105]"""
READINGS: Final = 100_000
"""a channel's buffer holds [M: user's guide 6-23]"""
SHORTEST_INTERVAL: Final = 20e-6
LONGEST: Final = 1e5
"""s, of a trigger timer and of a delay [M: B2900A data sheet p. 17]"""
APERTURES: Final = (8e-6, 2.0)
"""s; beyond, the nearest is taken [M: B2961A SCPI 4-86]"""
LINE_FREQUENCY: Final = 50.0
"""Hz"""
ELEMENTS: Final = ("VOLTage", "CURRent", "RESistance", "TIME", "STATus", "SOURce")
"""in the order they are sent, whatever the order asked for [M: B2961A SCPI 4-21]"""
FUNCTIONS: Final = ("VOLT", "CURR", "RES")
ACTIONS: Final = ("acq", "tran")
SIGNALS: Final = (
    "AINT", "BUS", "TIMer", "INT1", "INT2", "LAN", *(f"EXT{n}" for n in range(1, 15))
)  # fmt: skip
BOTH: Final = Channels((1, 2))


def fitting(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest range that holds `value`, the largest if none does."""
    return smallest(ranges, value, reach)


def reach(each: float) -> float:
    """Return how far a range can be sourced; 3.03 A and 210 V at the ends [M: 2-36]."""
    return each * (1.05 if each in VOLTAGE_RANGES else 1.01) * (1 + 1e-12)


_range = partial(Range, reach=reach)


@dataclass(frozen=True, slots=True)
class Clamped(Number):
    """A number that is brought within its bounds instead of being refused."""

    least: float = 0.0
    most: float = 0.0

    def parse(self, token: Token, device: Any) -> float | int | str:
        """Return a float within the bounds."""
        if token.kind == "word":
            return Number(self.unit, self.least, self.most, self.default).parse(token, device)
        value = float(Number(self.unit).parse(token, device))
        return min(max(value, self.least), self.most)


@dataclass(frozen=True, slots=True)
class Layer:
    """A setting of the trigger model of both actions, acquire and transient."""

    pattern: str
    name: str
    kind: Any
    roles: str = "!?"

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Set both, or answer that of the acquisition."""
        names = [f"{action}_{self.name}{suffixes[0]}" for action in ACTIONS]
        if query:
            return str(self.kind.show(device.settings[names[0]]))
        if len(tokens) != 1:
            raise ScpiError(-108 if tokens else -109)
        value = self.kind.parse(tokens[0], device)
        device.settings.update(dict.fromkeys(names, value))
        return None


@dataclass(frozen=True, slots=True)
class Readout:
    """A query for readings: of some channels, all or the last, all elements or one."""

    pattern: str
    method: str
    array: bool
    element: str = ""
    roles: str = "?"

    def run(
        self, device: "Device", query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Answer; channel 1 comes first, whatever the order asked for."""
        if len(tokens) > 1:
            raise ScpiError(-108)
        channels = BOTH.parse(tokens[0], device) if tokens else (1,)
        reply: Reply = getattr(device, self.method)(
            tuple(sorted(set(channels))), self.array, self.element
        )
        return reply


def _signed(unit: str, low: float, high: float, default: float) -> Number:
    return Number(unit, low, high, default, form="{:+.6E}")


def _source(name: str, unit: str, most: float, ranges: tuple[float, ...]) -> tuple[Command, ...]:
    """Return the commands of one source function."""
    key = name[:4].lower()
    root = f"[SOURce[1|2]]:{name}"
    level = _signed(unit, -most, most, 0.0)
    limits = _range(unit, ranges, ranges[0])
    return (
        Setting(f"{root}[:LEVel][:IMMediate][:AMPLitude]", f"{key}_level", level, "relevel"),
        Action(f"{root}[:LEVel]:TRIGgered[:AMPLitude]", f"set_{key}_triggered", (level,)),
        Query(f"{root}[:LEVel]:TRIGgered[:AMPLitude]", f"show_{key}_triggered"),
        Setting(f"{root}:MODE", f"{key}_mode", Choice(("FIXed", "SWEep", "LIST"), "FIX")),
        RangeSetting(f"{root}:RANGe", f"{key}_range", limits, "relevel"),
        Setting(f"{root}:RANGe:AUTO", f"{key}_range_auto", Boolean(True), "relevel"),
        Setting(f"{root}:RANGe:AUTO:LLIMit", f"{key}_range_low", limits),
        *(Setting(f"{root}:{word}", f"{key}_{word[:4].lower()}", level, f"{change}_{key}")
          for word, change in (("STARt", "keep_points"), ("STOP", "keep_points"),
                               ("STEP", "keep_span"), ("CENTer", "centre"), ("SPAN", "centre"))),
        Setting(f"{root}:POINts", "points", Number("", 1, LIST, 1, integer=True),
                f"keep_points_{key}"),
        Action(f"[SOURce[1|2]]:LIST:{name}", f"set_{key}_list", (level,), many=True),
        Action(f"[SOURce[1|2]]:LIST:{name}:APPend", f"append_{key}_list", (level,), many=True),
        Query(f"[SOURce[1|2]]:LIST:{name}", f"show_{key}_list"),
        Query(f"[SOURce[1|2]]:LIST:{name}:POINts", f"count_{key}_list"),
        Setting(f"[SOURce[1|2]]:LIST:{name}:STARt", f"{key}_list_start",
                Number("", 1, LIST, 1, integer=True)),
    )  # fmt: skip


def _sense(name: str, unit: str, ranges: tuple[float, ...], limit: Number) -> tuple[Command, ...]:
    """Return the commands of one measure function; the aperture is common to all of them."""
    key = name[:4].lower()
    root = f"SENSe[1|2]:{name}[:DC]"
    small, medium = (_range(unit, ranges, ranges[k]) for k in (0, 3))
    return (
        RangeSetting(f"{root}:RANGe[:UPPer]", f"sense_{key}_range", medium),
        Setting(f"{root}:RANGe:AUTO", f"sense_{key}_range_auto", Boolean(True)),
        Setting(f"{root}:RANGe:AUTO:LLIMit", f"sense_{key}_range_low", small),
        Setting(f"{root}:RANGe:AUTO:MODE", f"sense_{key}_range_mode",
                Choice(("NORMal", "RESolution", "SPEed"), "NORM")),
        Setting(f"{root}:APERture", "aperture",
                Clamped("S", *APERTURES, 0.1 / LINE_FREQUENCY, form="{:+.6E}",
                        least=APERTURES[0], most=APERTURES[1]), "fix_aperture"),
        Setting(f"{root}:APERture:AUTO", "aperture_auto", Boolean(True)),
        Action(f"{root}:NPLCycles", "set_cycles",
               (Clamped("", least=4e-4, most=APERTURES[1] * LINE_FREQUENCY),)),
        Query(f"{root}:NPLCycles", "show_cycles"),
        Setting(f"{root}:PROTection[:LEVel][:BOTH]", f"{key}_limit", limit, "relevel"),
        Setting(f"{root}:PROTection[:LEVel]:POSitive", f"{key}_limit", limit, "relevel"),
        Setting(f"{root}:PROTection[:LEVel]:NEGative", f"{key}_limit", limit, "relevel"),
        Query(f"{root}:PROTection:TRIPped", "show_tripped"),
    )  # fmt: skip


def _layers() -> tuple[Command, ...]:
    """Return the settings of both layers of both actions of the trigger model."""
    found: list[Command] = []
    kinds: dict[str, tuple[str, Number | Choice]] = {
        "COUNt": ("count", Number("", 1, READINGS, 1, integer=True)),
        "DELay": ("delay", _signed("S", 0, LONGEST, 0.0)),
        "TIMer": ("timer", _signed("S", SHORTEST_INTERVAL, LONGEST, SHORTEST_INTERVAL)),
        "SOURce[:SIGNal]": ("source", Choice(SIGNALS, "AINT")),
    }
    for node, (tail, (name, kind)) in product(("ARM", "TRIGger"), kinds.items()):
        name = f"{node[:4].lower()}_{name}"
        found.append(Layer(f"{node}[1|2][:ALL]:{tail}", name, kind))
        for action, key in (("ACQuire", "acq"), ("TRANsient", "tran")):
            found.append(Setting(f"{node}[1|2]:{action}:{tail}", f"{key}_{name}", kind))
    return tuple(found)


def _runs() -> tuple[Command, ...]:
    """Return what starts and stops the trigger model."""
    found: list[Command] = []
    for action, method in (("[:ALL]", "all"), (":ACQuire", "acq"), (":TRANsient", "tran")):
        for verb in ("INITiate", "TRIGger", "ARM"):
            immediate = "[:IMMediate]" if verb == "INITiate" else ":IMMediate"
            pattern = (
                f"{verb}{immediate}{action}"
                if verb == "INITiate"
                else (f"{verb}{action}{immediate}")
            )
            does = "initiate" if verb == "INITiate" else "release"
            found.append(Action(pattern, f"{does}_{method}", (BOTH,), required=0))
        found.append(Action(f"ABORt{action}", "abort", (BOTH,), required=0))
        found.append(Query(f"IDLE{action}", "await_idle", (BOTH,), required=0))
    return tuple(found)


def _readouts() -> tuple[Command, ...]:
    """Return every form of ``:MEASure?``, ``:READ?`` and ``:FETCh?``."""
    found: list[Command] = []
    for element in ("", *ELEMENTS):
        tail = element and f":{element}"
        short = forms(element)[0]
        for verb, method in (("READ", "read_out"), ("FETCh", "fetch")):
            found.append(Readout(f"{verb}[:SCALar]{tail}", method, False, short))
            found.append(Readout(f"{verb}:ARRay{tail}", method, True, short))
        if short in ("", *FUNCTIONS):
            found.append(Readout(f"MEASure{tail}", "measure", False, short))
    return tuple(found)


_SECONDS = _signed("S", 0, 1, 0.0)
_GAIN = _signed("", 0, 100, 1.0)
_LEVELS = Choice(("NORMal", "HIZ", "ZERO"), "NORM")
_PINS = ("DIO", "DINPut", "HVOL", "TINPut", "TOUTput")
_INDEX = Number("", 0, READINGS, 0, integer=True, words=("STARt", "CURRent"))

COMMANDS: Final[tuple[Command, ...]] = (
    *_source("VOLTage", "V", MOST_VOLTS, VOLTAGE_RANGES),
    *_source("CURRent", "A", MOST_AMPERES, CURRENT_RANGES),
    *_sense("VOLTage", "V", VOLTAGE_RANGES, _signed("V", 1e-3, MOST_VOLTS, 2.0)),
    *_sense("CURRent", "A", CURRENT_RANGES, _signed("A", 1e-9, MOST_AMPERES, 1e-4)),
    *_layers(),
    *_runs(),
    *_readouts(),
    Setting("[SOURce[1|2]]:FUNCtion:MODE", "source", Choice(("VOLTage", "CURRent"), "VOLT"),
            "change_source"),
    Setting("[SOURce[1|2]]:FUNCtion[:SHAPe]", "shape", Choice(("DC", "PULSe"), "DC")),
    Setting("[SOURce[1|2]]:FUNCtion:TRIGgered:CONTinuous", "continuous", Boolean()),
    Setting("[SOURce[1|2]]:PULSe:DELay", "pulse_delay", _signed("S", 0, LONGEST, 0.0)),
    Setting("[SOURce[1|2]]:PULSe:WIDTh", "pulse_width", _signed("S", 50e-6, LONGEST, 50e-6)),
    Setting("[SOURce[1|2]]:SWEep:SPACing", "spacing", Choice(("LINear", "LOGarithmic"), "LIN")),
    Setting("[SOURce[1|2]]:SWEep:DIRection", "direction", Choice(("UP", "DOWN"), "UP")),
    Setting("[SOURce[1|2]]:SWEep:STAir", "stair", Choice(("SINGle", "DOUBle"), "SING")),
    Setting("[SOURce[1|2]]:SWEep:RANGing", "ranging", Choice(("BEST", "AUTO", "FIXed"), "BEST")),
    Setting("[SOURce[1|2]]:SWEep:POINts", "points", Number("", 1, LIST, 1, integer=True),
            "keep_points_volt"),
    *(Setting(f"{node}:WAIT{tail}", f"{key}_wait{name}", kind)
      for node, key in (("[SOURce[1|2]]", "source"), ("SENSe[1|2]", "sense"))
      for tail, name, kind in (("[:STATe]", "", Boolean(True)), (":AUTO", "_auto", Boolean(True)),
                               (":GAIN", "_gain", _GAIN), (":OFFSet", "_offset", _SECONDS))),
    Setting("OUTPut[1|2][:STATe]", "output", Boolean(), "drive"),
    Setting("OUTPut[1|2]:OFF:MODE", "off_mode", _LEVELS),
    Setting("OUTPut[1|2]:OFF:AUTO", "off_auto", Boolean()),
    Setting("OUTPut[1|2]:ON:AUTO", "on_auto", Boolean(True)),
    Setting("OUTPut[1|2]:PROTection[:STATe]", "protection", Boolean()),
    Setting("OUTPut[1|2]:LOW", "low", Choice(("FLOat", "GROund"), "GRO")),
    Setting("OUTPut[1|2]:HCAPacitance[:STATe]", "high_capacitance", Boolean()),
    Setting("OUTPut[1|2]:FILTer[:LPASs][:STATe]", "filter", Boolean(True)),
    Setting("OUTPut[1|2]:FILTer[:LPASs]:AUTO", "filter_auto", Boolean()),
    Setting("OUTPut[1|2]:FILTer[:LPASs]:TCONstant", "filter_time", _signed("S", 5e-6, 5e-3, 5e-6)),
    Action("SENSe[1|2]:FUNCtion[:ON]", "measure_these", (Text(),), many=True),
    Query("SENSe[1|2]:FUNCtion[:ON]", "show_measured"),
    Action("SENSe[1|2]:FUNCtion[:ON]:ALL", "measure_all"),
    Action("SENSe[1|2]:FUNCtion:OFF", "measure_not", (Text(),), many=True),
    Action("SENSe[1|2]:FUNCtion:OFF:ALL", "measure_nothing"),
    Setting("SENSe[1|2]:REMote", "four_wire", Boolean()),
    Setting("SENSe[1|2]:RESistance:MODE", "ohms", Choice(("MANual", "AUTO"), "MAN")),
    Query("SENSe[1|2]:DATA", "sense_data", (_INDEX, Number("", 1, READINGS, 1, integer=True)),
          required=0),
    Query("SENSe[1|2]:DATA:LATest", "sense_latest"),
    Action("SENSe[1|2]:DATA:CLEar", "clear_data"),
    Setting("TRACe[1|2]:POINts", "trace_points",
            Number("", 1, READINGS, READINGS, integer=True), "clear_trace"),
    Query("TRACe[1|2]:POINts:ACTual", "trace_actual"),
    Setting("TRACe[1|2]:FEED", "trace_feed", Choice(("SENSe", "MATH", "LIMit"), "SENS")),
    Setting("TRACe[1|2]:FEED:CONTrol", "trace_control", Choice(("NEXT", "NEVer"), "NEV")),
    Action("TRACe[1|2]:CLEar", "clear_trace"),
    Query("TRACe[1|2]:DATA", "trace_data", (_INDEX, Number("", 1, READINGS, 1, integer=True)),
          required=0),
    Action("FORMat[:DATA]", "set_format",
           (Choice(("ASCii", "REAL", "REAL32", "REAL64")), Number("", 32, 64, integer=True)),
           required=1),
    Query("FORMat[:DATA]", "show_format"),
    Setting("FORMat:BORDer", "order", Choice(("NORMal", "SWAPped"), "NORM")),
    Action("FORMat:ELEMents:SENSe", "set_elements", (Choice(ELEMENTS),), many=True),
    Query("FORMat:ELEMents:SENSe", "show_elements"),
    Setting("[SOURce[1]]:DIGital:DATA", "lines", Number("", 0, 16383, 0, integer=True),
            "drive_lines"),
    Setting("[SOURce[1]]:DIGital:EXTernal[1-14]:FUNCtion", "line_function",
            Choice(_PINS, "DINP"), "drive_line"),
    Setting("[SOURce[1]]:DIGital:EXTernal[1-14]:POLarity", "line_polarity",
            Choice(("POSitive", "NEGative"), "POS"), "drive_line"),
    Query("SYSTem:ERRor:ALL", "all_errors"),
    Query("SYSTem:LFRequency", "line_frequency"),
    Query("SYSTem:GROup", "groups"),
    Query("SYSTem:INTerlock:TRIPped", "interlock"),
    Query("SYSTem:TIME:TIMer:COUNt", "timer_count"),
    Action("SYSTem:TIME:TIMer:COUNt:RESet[:IMMediate]", "reset_timer"),
    Setting("SYSTem:TIME:TIMer:COUNt:RESet:AUTO", "timer_auto", Boolean(True)),
    Action("SYSTem:BEEPer[:IMMediate]", "beep", (Number("HZ", 55, 6640), Number("S", 0.05, 12.75))),
    Setting("DISPlay:ENABle", "display", Boolean(True), kept=True),
)  # fmt: skip
"""Sources: B2900 SCPI reference Ed. 2, B2961A SCPI reference Ed. 6 and B2900A data sheet [M];
digital lines [R]; defaults that were not read [MEM]. Not there: arbitrary waveforms, limit tests,
mathematics, programs in memory, LXI events (-113)."""
