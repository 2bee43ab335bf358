"""The command table of a simulated Keithley 2450."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sim_instruments.keithley_buffer import ELEMENTS
from sim_instruments.ranges import Range, RangeSetting, smallest
from sim_instruments.scpi import (
    Action,
    Boolean,
    Choice,
    Command,
    Number,
    Query,
    Reply,
    Setting,
    Text,
)
from sim_instruments.scpi_lexer import Token

if TYPE_CHECKING:
    pass

VOLTAGE_RANGES: Final = (0.02, 0.2, 2.0, 20.0, 200.0)
"""V [QC range_vals]"""
CURRENT_RANGES: Final = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""A [QC range_vals]"""
RESISTANCE_RANGES: Final = (2.0, 20.0, 200.0, 2e3, 2e4, 2e5, 2e6, 2e7, 2e8)
"""Ohm [M: 2450 reference, autorange limits]"""
OVER_RANGE: Final = 1.05
"""of a range can still be sourced and measured [M: ±210 V on 200 V, ±1.05 A on 1 A]"""
MOST_READINGS: Final = 6_875_000
"""a buffer holds [PM keithley2450.py buffer_points]"""
LONGEST_DELAY: Final = 1e4
"""s [M: 2470 reference 12-92]"""


def reach(each: float) -> float:
    """Return how far a range can be sourced and measured."""
    return each * OVER_RANGE * (1 + 1e-12)


def fitting(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest range that can hold `value`."""
    return smallest(ranges, value, reach)


_range = partial(Range, reach=reach, form="{:.6E}")


@dataclass(frozen=True, slots=True)
class AutoSetting(Setting):
    """Whether a range is automatic; ending that keeps the range in force."""

    def run(
        self, device: Any, query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Set or answer."""
        if not query:
            name = self.name.removesuffix("_auto")
            device.settings[name] = device.range_of(name)
        return Setting.run(self, device, query, suffixes, tokens)


_COUNT = Number(minimum=0, maximum=268_435_455, integer=True)
_DELAY = Number("S", -1, LONGEST_DELAY)
_INDEX = Number(minimum=1, maximum=MOST_READINGS, integer=True)
_ELEMENT = Choice(ELEMENTS, error=1133)
_FAIL = Boolean()
_POINTS = Number(minimum=2, maximum=1e6, integer=True)
_SWEEP = (_DELAY, _COUNT, Choice(("AUTO", "BEST", "FIXed")), _FAIL, Boolean(), Text())


def _source(name: str, unit: str, most: float, ranges: tuple[float, ...]) -> tuple[Command, ...]:
    """Return the commands of one source function."""
    key = name[:4].lower()
    root = f"SOURce[1]:{name}"
    level = Number(unit, -most, most, 0.0)
    limit, limits = {
        "volt": ("ILIMit", Number("A", 1e-9, 1.05, 105e-6)),  # [MEM]
        "curr": ("VLIMit", Number("V", 0.02, 210, 21.0)),  # [MEM]
    }[key]
    return (
        Setting(f"{root}[:LEVel][:IMMediate][:AMPLitude]", f"{key}_level", level, "drive"),
        RangeSetting(f"{root}:RANGe", f"{key}_range", _range(unit, ranges, ranges[0]), "drive"),
        AutoSetting(f"{root}:RANGe:AUTO", f"{key}_range_auto", Boolean(True), "drive"),
        Setting(f"{root}:{limit}[:LEVel]", f"{key}_limit", limits, "drive"),
        Query(f"{root}:{limit}[:LEVel]:TRIPped", "tripped"),
        Setting(f"{root}:DELay", f"{key}_delay", Number("S", 0, LONGEST_DELAY, 0.0),
                f"fix_{key}_delay"),
        Setting(f"{root}:DELay:AUTO", f"{key}_delay_auto", Boolean(True)),
        Setting(f"{root}:DELay:USER[1-5]", f"{key}_delay_user", Number("S", 0, LONGEST_DELAY, 0.0)),
        Setting(f"{root}:READ:BACK", f"{key}_readback", Boolean(True)),
        Setting(f"{root}:HIGH:CAPacitance", f"{key}_high_capacitance", Boolean()),
        Setting(f"OUTPut[1]:{name}:SMODe", f"{key}_off",
                Choice(("NORMal", "HIMPedance", "ZERO", "GUARd"), "NORM")),
        Action(f"SOURce[1]:LIST:{name}", f"set_{key}_list", (level,), many=True),
        Action(f"SOURce[1]:LIST:{name}:APPend", f"append_{key}_list", (level,), many=True),
        Query(f"SOURce[1]:LIST:{name}", f"{key}_list"),
        Query(f"SOURce[1]:LIST:{name}:POINts", f"{key}_list_points"),
        Action(f"SOURce[1]:SWEep:{name}:LIST", f"set_{key}_list_sweep",
               (_INDEX, _DELAY, _COUNT, _FAIL, Text()), required=1),
        Action(f"SOURce[1]:SWEep:{name}:LINear", f"set_{key}_linear_sweep",
               (level, level, _POINTS, *_SWEEP), required=3),
        Action(f"SOURce[1]:SWEep:{name}:LINear:STEP", f"set_{key}_step_sweep",
               (level, level, level, *_SWEEP), required=3),
        Action(f"SOURce[1]:SWEep:{name}:LOG", f"set_{key}_log_sweep",
               (level, level, _POINTS, *_SWEEP), required=3),
    )  # fmt: skip


def _sense(name: str, unit: str, ranges: tuple[float, ...]) -> tuple[Command, ...]:
    """Return the commands of one measure function."""
    key = f"sense_{name[:3].lower()}"
    root = f"[SENSe[1]]:{name}[:DC]"
    return (
        RangeSetting(f"{root}:RANGe[:UPPer]", f"{key}_range", _range(unit, ranges, ranges[-1])),
        AutoSetting(f"{root}:RANGe:AUTO", f"{key}_range_auto", Boolean(True)),
        Setting(f"{root}:RANGe:AUTO:LLIMit", f"{key}_range_low", _range(unit, ranges, ranges[0])),
        Setting(f"{root}:NPLCycles", f"{key}_nplc", Number("", 0.01, 10, 1.0)),
        Setting(f"{root}:AZERo[:STATe]", f"{key}_autozero", Boolean(True)),
        Setting(f"{root}:RSENse", f"{key}_four_wire", Boolean()),
        Setting(f"{root}:AVERage[:STATe]", f"{key}_average", Boolean()),
        Setting(f"{root}:AVERage:COUNt", f"{key}_average_count",
                Number("", 1, 100, 10, integer=True)),
        Setting(f"{root}:AVERage:TCONtrol", f"{key}_average_kind",
                Choice(("REPeat", "MOVing"), "REP")),
        Setting(f"{root}:DELay:USER[1-5]", f"{key}_delay_user", Number("S", 0, LONGEST_DELAY, 0.0)),
        Setting(f"{root}:UNIT", f"{key}_unit", Choice(("OHM", "WATT", "VOLT", "AMP"), "AMP")),
    )  # fmt: skip


def _readings(header: str, method: str) -> Query:
    return Query(header, method, (Text(), _ELEMENT), required=0, many=True)


COMMANDS: Final[tuple[Command, ...]] = (
    *_source("VOLTage", "V", 210.0, VOLTAGE_RANGES),
    *_source("CURRent", "A", 1.05, CURRENT_RANGES),
    *_sense("VOLTage", "V", VOLTAGE_RANGES),
    *_sense("CURRent", "A", CURRENT_RANGES),
    *_sense("RESistance", "OHM", RESISTANCE_RANGES),
    Setting("SOURce[1]:FUNCtion[:MODE]", "source", Choice(("VOLTage", "CURRent"), "VOLT"),
            "change_source"),
    Setting("SOURce[1]:VOLTage:PROTection[:LEVel]", "protection",
            Choice(("NONE", *(f"PROT{v}" for v in (2, 5, 10, *range(20, 181, 20)))), "NONE")),
    Query("SOURce[1]:VOLTage:PROTection[:LEVel]:TRIPped", "protection_tripped"),
    Action("[SENSe[1]]:FUNCtion[:ON]", "set_function", (Text(),)),
    Query("[SENSe[1]]:FUNCtion[:ON]", "function"),
    Setting("[SENSe[1]]:COUNt", "count", Number("", 1, 300_000, 1, integer=True)),
    Action("[SENSe[1]]:AZERo:ONCE", "zero_once"),
    Setting("OUTPut[1][:STATe]", "output", Boolean(), "drive"),
    Query("OUTPut[1]:INTerlock:STATe", "interlock"),
    Setting("ROUTe:TERMinals", "terminals", Choice(("FRONt", "REAR"), "FRON"), "change_source"),
    _readings("READ", "read_readings"),
    _readings("FETCh", "fetch_readings"),
    _readings("MEASure", "read_readings"),
    _readings("MEASure:VOLTage[:DC]", "measure_voltage"),
    _readings("MEASure:CURRent[:DC]", "measure_current"),
    _readings("MEASure:RESistance", "measure_resistance"),
    Action("INITiate[:IMMediate]", "initiate"),
    Action("ABORt", "abort"),
    Query("TRIGger:STATe", "trigger_state"),
    Action("TRIGger:LOAD", "load_model", (Text(), Number(), Number(), Text()), required=1),
    Action("TRACe:MAKE", "make_buffer",
           (Text(), Number(minimum=10, maximum=MOST_READINGS, integer=True),
            Choice(("STANdard", "COMPact", "FULL", "WRITable"))), required=2),
    Action("TRACe:DELete", "delete_buffer", (Text(),)),
    Action("TRACe:CLEar", "clear_buffer", (Text(),), required=0),
    Action("TRACe:POINts", "set_buffer_points",
           (Number(minimum=10, maximum=MOST_READINGS, integer=True), Text()), required=1),
    Query("TRACe:POINts", "buffer_points", (Text(),), required=0),
    Query("TRACe:ACTual", "buffer_actual", (Text(),), required=0),
    Query("TRACe:ACTual:STARt", "buffer_start", (Text(),), required=0),
    Query("TRACe:ACTual:END", "buffer_actual", (Text(),), required=0),
    Action("TRACe:FILL:MODE", "set_fill_mode", (Choice(("ONCE", "CONTinuous")), Text()),
           required=1),
    Query("TRACe:FILL:MODE", "fill_mode", (Text(),), required=0),
    Action("TRACe:TRIGger", "trigger_buffer", (Text(),), required=0),
    Query("TRACe:DATA", "buffer_data", (_INDEX, _INDEX, Text(), _ELEMENT), required=2, many=True),
    Query("TRACe:STATistics:AVERage", "statistics_mean", (Text(),), required=0),
    Query("TRACe:STATistics:MAXimum", "statistics_maximum", (Text(),), required=0),
    Query("TRACe:STATistics:MINimum", "statistics_minimum", (Text(),), required=0),
    Query("TRACe:STATistics:STDDev", "statistics_deviation", (Text(),), required=0),
    Query("TRACe:STATistics:PK2Pk", "statistics_span", (Text(),), required=0),
    Setting("FORMat[:DATA]", "format", Choice(("ASCii", "REAL", "SREal"), "ASC")),
    Setting("FORMat:BORDer", "order", Choice(("NORMal", "SWAPped"), "SWAP")),
    Setting("FORMat:ASCii:PRECision", "precision", Number("", 0, 16, 0, integer=True)),
    Action("DIGital:LINE[1-6]:MODE", "set_line_mode",
           (Choice(("DIGital", "TRIGger", "SYNChronous")),
            Choice(("IN", "OUT", "OPENdrain", "MASTer", "ACCeptor")))),
    Query("DIGital:LINE[1-6]:MODE", "line_mode"),
    Action("DIGital:LINE[1-6]:STATe", "set_line", (Boolean(),)),
    Query("DIGital:LINE[1-6]:STATe", "line"),
    Query("*LANG", "language"),
    Action("*LANG", "set_language", (Choice(("SCPI", "TSP", "SCPI2400")),)),
    Action("SYSTem:CLEar", "clear_errors"),
    Action("STATus:CLEar", "clear_status"),
    Query("SYSTem:EVENtlog:NEXT", "next_error"),
    Query("SYSTem:LFRequency", "line_frequency"),
    Action("SYSTem:BEEPer[:IMMediate]", "beep",
           (Number("HZ", 20, 8000), Number("S", 0.001, 100))),
    Setting("SYSTem:ACCess", "access",
            Choice(("FULL", "EXCLusive", "PROTected", "LOCKout"), "FULL"), kept=True),
)  # fmt: skip
"""Sources: 2450 reference manual sections 6 and 8, 2461 manual 6-101 to 6-175 [M], QCoDeS [R].
Not there: configuration lists other than the sweep's own, trigger blocks, the display, and all
that only a 2400 has (-113)."""
