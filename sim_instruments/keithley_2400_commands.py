"""The command table of the simulated Keithley 2400 [M: 2400 series user manual, section 18].

What PyMeasure and QCoDeS send to the instrument is in it, word for word [R].

Left out, and -113 here: source memory, limit tests, math expressions and calibration.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from sim_instruments.scpi import Action, Command, Query, Setting, registers
from sim_instruments.scpi_parameters import Boolean, Choice, Name, Number, Text

_number: Final = partial(Number, form="{:+.6E}")
HIGHEST: Final = {"VOLT": 210.0, "CURR": 1.05}
"""V and A [M: 2401 manual 18-84, 18-91]"""
MOST: Final = 2500
"""readings of a run, points of a sweep [M: 18-90, 18-115]"""
_UNITS: Final = {"VOLT": "V", "CURR": "A"}
_REACH: Final = {"VOLT": 21.0, "CURR": 1.05e-4}
"""of the ranges after *RST"""
_NODES: Final = {"VOLT": "VOLTage", "CURR": "CURRent", "RES": "RESistance"}


def _source() -> Iterator[Command]:
    root = "SOURce[1]"
    yield Setting(f"{root}:FUNCtion[:MODE]", "function", Choice(("VOLTage", "CURRent"), "VOLT"),
                  "resource")  # fmt: skip
    for kind, unit in _UNITS.items():
        top = HIGHEST[kind]
        level = _number(unit, -top, top, 0.0)
        node, name = f"{root}:{_NODES[kind]}", kind.lower()
        yield Setting(f"{node}[:LEVel][:IMMediate][:AMPLitude]", f"{name}_level", level, "relevel")
        modes = Choice(("FIXed", "SWEep", "LIST"), "FIX")
        yield Setting(f"{node}:MODE", f"{name}_mode", modes, "relevel")
        reach = _number(unit, -top, top, _REACH[kind])
        yield Setting(f"{node}:RANGe", f"{name}_source_range", reach, f"range_{name}_source")
        yield Setting(f"{node}:RANGe:AUTO", f"{name}_source_auto", Boolean(True))
        for edge in ("STARt", "STOP"):
            yield Setting(f"{node}:{edge}", f"{name}_{edge.lower()}", level, f"couple_{name}")
        yield Setting(f"{node}:STEP", f"{name}_step", level, f"step_{name}")
        for edge in ("CENTer", "SPAN"):
            yield Setting(f"{node}:{edge}", f"{name}_{edge.lower()}", level, f"centre_{name}")
        entries = f"{root}:LIST:{_NODES[kind]}"
        yield Action(entries, f"set_{name}_list", (level,), many=True)
        yield Action(f"{entries}:APPend", f"append_{name}_list", (level,), many=True)
        yield Query(entries, f"{name}_list")
        yield Query(f"{entries}:POINts", f"{name}_list_points")


def _sweeps() -> Iterator[Command]:
    root = "SOURce[1]"
    over = _number("V", 20, 210, 210, words=("NONE",))
    yield Setting(f"{root}:VOLTage:PROTection[:LEVel]", "over_voltage", over)
    spacing = Choice(("LINear", "LOGarithmic"), "LIN")
    yield Setting(f"{root}:SWEep:SPACing", "spacing", spacing)
    yield Setting(
        f"{root}:SWEep:POINts", "points", _number("", 1, MOST, MOST, True), "couple_points"
    )
    yield Setting(f"{root}:SWEep:DIRection", "direction", Choice(("UP", "DOWN"), "UP"))
    yield Setting(f"{root}:SWEep:RANGing", "ranging", Choice(("BEST", "AUTO", "FIXed"), "BEST"))
    yield Setting(f"{root}:SWEep:CABort", "abort", Choice(("NEVer", "EARLy", "LATE"), "NEV"))
    yield Setting(f"{root}:DELay", "delay", _number("S", 0, 999.9999, 0.0), "delay_by_hand")
    yield Setting(f"{root}:DELay:AUTO", "delay_auto", Boolean(True))
    yield Action(f"{root}:CLEar[:IMMediate]", "switch_off")
    yield Setting(f"{root}:CLEar:AUTO", "clear_auto", Boolean())
    yield Setting(f"{root}:CLEar:AUTO:MODE", "clear_mode", Choice(("ALWays", "TCOunt"), "ALW"))


def _lines() -> Iterator[Command]:
    # The digital outputs survive *RST [M: 6517A manual, table 3-11, for that model].
    lines = _number("", 0, 15, 0, True)
    yield Setting("SOURce2:TTL[:LEVel][:DEFault]", "lines", lines, "drive_lines", kept=True)
    yield Query("SOURce2:TTL[:LEVel]:ACTual", "actual_lines")
    yield Action("SOURce2:CLEar[:IMMediate]", "drive_lines")
    size = _number("", 3, 4, 3, True)
    yield Setting("SOURce2:BSIZe", "port_size", size, "drive_lines", kept=True)
    end = Choice(("EOTest", "BUSY"), "EOT")
    yield Setting("SOURce2:TTL4:MODE", "line4", end, "drive_lines", kept=True)


def _sense() -> Iterator[Command]:
    root = "[SENSe[1]]"
    yield Action(f"{root}:FUNCtion[:ON]", "measure_these", (Text(),), many=True)
    yield Query(f"{root}:FUNCtion[:ON]", "measured")
    yield Action(f"{root}:FUNCtion[:ON]:ALL", "measure_all")
    yield Action(f"{root}:FUNCtion:OFF", "measure_not", (Text(),), many=True)
    yield Action(f"{root}:FUNCtion:OFF:ALL", "measure_nothing")
    yield Setting(f"{root}:FUNCtion:CONCurrent", "concurrent", Boolean(True))
    ranges = {"VOLT": ("V", -210.0, 210.0, 21.0), "CURR": ("A", -1.05, 1.05, 1.05e-4),
              "RES": ("OHM", 0.0, 2.1e8, 2.1e5)}  # fmt: skip
    for kind, (unit, low, top, default) in ranges.items():
        node, name = f"{root}:{_NODES[kind]}" + ("" if kind == "RES" else "[:DC]"), kind.lower()
        reach = _number(unit, low, top, default)
        yield Setting(f"{node}:RANGe[:UPPer]", f"{name}_range", reach, f"range_{name}")
        yield Setting(f"{node}:RANGe:AUTO", f"{name}_auto", Boolean(True))
        least = _number(unit, low, top, 0.0)
        yield Setting(f"{node}:RANGe:AUTO:LLIMit", f"{name}_lowest", least)
        yield Setting(f"{node}:NPLCycles", "nplc", _number("", 0.01, 10, 1.0))
    for kind, default in (("VOLT", 21.0), ("CURR", 1.05e-4)):
        node, name = f"{root}:{_NODES[kind]}[:DC]:PROTection", kind.lower()
        limit = _number(_UNITS[kind], -HIGHEST[kind], HIGHEST[kind], default)
        yield Setting(f"{node}[:LEVel]", f"{name}_limit", limit, f"limit_{name}")
        yield Query(f"{node}:TRIPped", f"{name}_tripped")
        yield Setting(f"{node}:RSYNchronize", f"{name}_synchronous", Boolean())
    yield from _conversions(root)


def _conversions(root: str) -> Iterator[Command]:
    yield Setting(f"{root}:RESistance:MODE", "ohms", Choice(("MANual", "AUTO"), "AUTO"))
    yield Setting(f"{root}:RESistance:OCOMpensated", "offset_compensated", Boolean())
    yield Setting(f"{root}:AVERage[:STATe]", "filter", Boolean())
    yield Setting(f"{root}:AVERage:COUNt", "filter_count", _number("", 1, 100, 10, True))
    yield Setting(f"{root}:AVERage:TCONtrol", "filter_kind", Choice(("REPeat", "MOVing"), "REP"))
    yield Query(f"{root}:DATA[:LATest]", "latest")


def _system() -> Iterator[Command]:
    yield Setting("OUTPut[1][:STATe]", "output", Boolean(), "switch")
    off = Choice(("HIMPedance", "NORMal", "ZERO", "GUARd"), "NORM")
    yield Setting("OUTPut[1]:SMODe", "off_state", off)
    yield Setting("OUTPut[1]:ENABle[:STATe]", "interlock", Boolean())
    yield Setting("ROUTe:TERMinals", "terminals", Choice(("FRONt", "REAR"), "FRON"), "switch_off")
    yield Setting("SYSTem:RSENse", "four_wire", Boolean())
    yield Setting("SYSTem:AZERo[:STATe]", "autozero", Boolean(True, ("ONCE",)), "zero")
    yield Setting("SYSTem:LFRequency", "hertz", _number("HZ", 50, 60, 50, True), kept=True)
    yield Setting("SYSTem:LFRequency:AUTO", "hertz_auto", Boolean(), kept=True)
    yield Setting("SYSTem:GUARd", "guard", Choice(("OHMS", "CABLe"), "CABL"))
    yield Action("SYSTem:TIME:RESet", "reset_time")
    yield Query("SYSTem:TIME", "time")
    yield Action(
        "SYSTem:BEEPer[:IMMediate]", "beep", (_number("HZ", 65, 2e6), _number("S", 0, 7.9))
    )
    yield Setting("SYSTem:BEEPer:STATe", "beeper", Boolean(True))
    yield Action("SYSTem:PRESet", "reset")
    yield Action("SYSTem:CLEar", "clear_errors")
    for word in ("LOCal", "REMote", "RWLock"):
        yield Action(f"SYSTem:{word}", "ignore")
    yield Setting("DISPlay:ENABle", "display", Boolean(True), kept=True)
    yield Setting("DISPlay[:WINDow[1]]:TEXT[:DATA]", "text", Text(), kept=True)
    yield Setting("DISPlay[:WINDow[1]]:TEXT:STATe", "text_shown", Boolean(), kept=True)
    yield Query("STATus:QUEue[:NEXT]", "next_error")
    yield Query("SYSTem:ERRor:CODE[:NEXT]", "next_code")
    yield Query("SYSTem:ERRor:ALL", "all_errors")
    yield from registers("MEASurement", "measurement")


def _trigger() -> Iterator[Command]:
    yield Action("INITiate[:IMMediate]", "initiate")
    yield Action("ABORt", "abort")
    yield Action("TRIGger:CLEar", "abort")
    yield Query("READ", "read_answer")
    yield Query("FETCh", "fetch")
    yield Query("MEASure", "measure")
    for kind, node in _NODES.items():
        node += "" if kind == "RES" else "[:DC]"
        yield Query(f"MEASure:{node}", f"measure_{kind.lower()}")
        yield Action(f"CONFigure:{node}", f"configure_{kind.lower()}")
    yield from _layers()
    yield Setting("ARM[:SEQuence[1]][:LAYer[1]]:TIMer", "timer", _number("S", 1e-3, 99999.99, 0.1))
    outputs = Choice(("TENTer", "TEXit", "NONE"), "NONE")
    yield Setting("ARM[:SEQuence[1]][:LAYer[1]]:OUTPut", "arm_output", outputs)
    events = Choice(("SOURce", "DELay", "SENSe", "NONE"), "NONE")
    yield Setting("TRIGger[:SEQuence[1]]:OUTPut", "trigger_output", events)
    yield Setting("TRIGger[:SEQuence[1]]:INPut", "trigger_input", events)
    yield Setting("TRIGger[:SEQuence[1]]:DELay", "trigger_delay", _number("S", 0, 999.9999, 0.0))


def _layers() -> Iterator[Command]:
    sources = ("IMMediate", "TLINk", "TIMer", "MANual", "BUS", "NSTest", "PSTest", "BSTest")
    layers: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("ARM[:SEQuence[1]][:LAYer[1]]", "arm", sources, ("INF",)),
        ("TRIGger[:SEQuence[1]]", "trigger", sources[:2], ()),
    )
    for node, name, known, words in layers:
        count = _number("", 1, MOST, 1, True, words=words)
        yield Setting(f"{node}:COUNt", f"{name}_count", count, "recount")
        yield Setting(f"{node}:SOURce", f"{name}_source", Choice(known, "IMM"))
        yield Setting(
            f"{node}:DIRection", f"{name}_direction", Choice(("SOURce", "ACCeptor"), "ACC")
        )
        for line, default in (("ILINe", 1), ("OLINe", 2)):
            lines = _number("", 1, 4, default, True)
            yield Setting(f"{node}:{line}", f"{name}_{line.lower()}", lines)


def _data() -> Iterator[Command]:
    yield Action("FORMat:ELEMents[:SENSe[1]]", "set_elements", (Name(),), many=True)
    yield Query("FORMat:ELEMents[:SENSe[1]]", "show_elements")
    words = Choice(("ASCii", "REAL", "SREal"))
    yield Action("FORMat[:DATA]", "set_format", (words, _number("", 32, 32, integer=True)), 1)
    yield Query("FORMat[:DATA]", "show_format")
    yield Setting("FORMat:BORDer", "byte_order", Choice(("NORMal", "SWAPped"), "NORM"))
    yield Setting("FORMat:SREGister", "register_form", Choice(("ASCii",), "ASC"))
    feeds = Choice(("SENSe", "SENSe1", "CALCulate1", "CALCulate2"), "SENS")
    for root in ("TRACe", "DATA"):
        yield Action(f"{root}:CLEar", "clear_trace")
        points = _number("", 1, MOST, 100, True)
        yield Setting(f"{root}:POINts", "trace_points", points, "refuse_while_storing", kept=True)
        yield Query(f"{root}:POINts:ACTual", "stored_points")
        yield Setting(f"{root}:FEED", "feed", feeds, "refuse_while_storing", kept=True)
        yield Action(f"{root}:FEED:CONTrol", "control", (Choice(("NEXT", "NEVer")),))
        yield Query(f"{root}:FEED:CONTrol", "show_control")
        stamps = Choice(("ABSolute", "DELTa"), "ABS")
        yield Setting(f"{root}:TSTamp:FORMat", "stamp", stamps, kept=True)
        yield Query(f"{root}:DATA", "trace_data")
        yield Query(f"{root}:FREE", "free_memory")
    kinds = Choice(("MEAN", "SDEViation", "MAXimum", "MINimum", "PKPK"), "MEAN")
    yield Setting("CALCulate3:FORMat", "statistic", kinds, kept=True)
    yield Query("CALCulate3:DATA", "statistics")


COMMANDS: Final[tuple[Command, ...]] = (
    *_source(), *_sweeps(), *_lines(), *_sense(), *_system(), *_trigger(), *_data()
)  # fmt: skip
