"""The simulated 2450 against its manual, and against drivers that are not ours."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import pyvisa
from hypothesis import given, settings
from hypothesis import strategies as st
from pymeasure.adapters import VISAAdapter
from pymeasure.instruments.keithley import Keithley2450 as PyMeasure2450

from sim_instruments.keithley_2450_commands import COMMANDS
from sim_instruments.scpi_tree import variants
from sim_instruments.visa import SimVisaLibrary, open_library

ADDRESS = "USB0::0x05E6::0x2450::04096331::INSTR"
QUICK = ":SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:SOUR:VOLT:DEL 0"


class Bench:
    """A 2450 on a 10 kOhm resistor."""

    def __init__(self, resistance: float = 10e3) -> None:
        self.library: SimVisaLibrary = open_library(
            instruments={"smu": ("keithley_2450", ADDRESS)},
            wiring={"name": "direct", "source_meter": "smu"},
            simulation={"model": "resistor", "parameters": {"resistance": resistance}, "seed": 1},
        )
        self.world = self.library.world
        self.manager = pyvisa.ResourceManager(self.library)
        self.resource: Any = self.manager.open_resource(
            ADDRESS, read_termination="\n", write_termination="\n", timeout=100_000
        )

    def send(self, *messages: str) -> None:
        for message in messages:
            self.resource.write(message)

    def ask(self, message: str) -> str:
        return str(self.resource.query(message))

    def numbers(self, message: str) -> list[float]:
        return [float(word) for word in self.ask(message).split(",")]

    def errors(self) -> list[int]:
        found = []
        while number := int(self.ask(":SYST:ERR?").split(",")[0]):
            found.append(number)
        return found

    def doubles(self, message: str) -> np.ndarray[Any, Any]:
        self.resource.write(message)
        with self.resource.read_termination_context(""):
            raw = self.resource.read_raw()
        assert raw.startswith(b"#0")
        assert raw.endswith(b"\n")
        return np.frombuffer(raw[2:-1], "<f8")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.manager.close()


def test_identity_and_language(bench: Bench) -> None:
    assert bench.ask("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL 2450,")
    assert bench.ask("*LANG?") == "SCPI"


def test_error_style(bench: Bench) -> None:
    assert bench.ask(":SYST:ERR?") == '0,"No error;0;0 0"'
    bench.send("NONSENSE")
    number, text = bench.ask(":SYST:EVEN:NEXT?").split(",", 1)
    assert number == "-113"
    assert text.startswith('"Undefined header;1;')


@pytest.mark.parametrize(
    "command",
    [":SENS:CURR:PROT 1e-3", ":TRAC:FEED SENS", ":STAT:MEAS?", ":STAT:MEAS:ENAB 512",
     ":SOUR:VOLT:MODE LIST", ":FORM:ELEM VOLT", ":SOUR:DEL 1", ":SYST:AZER OFF", ":OUTP:SMOD HIMP"],
)  # fmt: skip
def test_commands_of_a_2400_are_unknown(bench: Bench, command: str) -> None:
    bench.send(command)
    assert bench.errors() == [-113]


@pytest.mark.parametrize(
    ("setting", "value", "answer"),
    [
        (":SOUR:VOLT", "2.5", 2.5),
        (":SOUR:VOLT:RANG", "1.5", 2.0),
        (":SOUR:VOLT:RANG", "2.1", 2.0),
        (":SOUR:VOLT:RANG", "2.2", 20.0),
        (":SOUR:VOLT:ILIM", "1 MA", 1e-3),
        (":SOUR:VOLT:DEL", "0.5", 0.5),
        (":SOUR:VOLT:DEL:USER3", "0.2", 0.2),
        (":SOUR:CURR", "1e-3", 1e-3),
        (":SOUR:CURR:VLIM", "5", 5.0),
        (":CURR:RANG", "1.05e-3", 1e-3),
        (":SENS:VOLT:RANG", "-15", 20.0),
        (":SENS:RES:RANG", "MAX", 2e8),
        (":SENS:CURR:NPLC", "0.01", 0.01),
        (":SENS:COUN", "10", 10),
        (":TRAC:POIN", "6875000", 6875000),
    ],
)
def test_settings_answer(bench: Bench, setting: str, value: str, answer: float) -> None:
    bench.send(f"{setting} {value}")
    assert float(bench.ask(f"{setting}?")) == answer
    assert bench.errors() == []


@pytest.mark.parametrize(
    ("command", "query", "number"),
    [
        (":SOUR:VOLT 211", ":SOUR:VOLT?", -222),
        (":SOUR:VOLT:ILIM 1.06", ":SOUR:VOLT:ILIM?", -222),
        (":SOUR:VOLT:ILIM 1e-10", ":SOUR:VOLT:ILIM?", -222),
        (":SOUR:VOLT:RANG 300", ":SOUR:VOLT:RANG:AUTO?", -222),
        (":SENS:CURR:NPLC 11", ":SENS:CURR:NPLC?", -222),
        (":SOUR:FUNC MEM", ":SOUR:FUNC?", -224),
        (':SENS:FUNC "TEMP"', ":SENS:FUNC?", -224),
        (":TRAC:POIN 6875001", ":TRAC:POIN?", -222),
        (':TRAC:CLE "none"', ":TRAC:ACT?", -224),
        (':TRAC:MAKE "defbuffer1",100', ":TRAC:POIN?", -221),
        (':TRAC:DEL "defbuffer1"', ":TRAC:POIN?", -221),
        (":DIG:LINE1:STAT 0", ":DIG:LINE1:STAT?", -221),
        (":DIG:LINE7:STAT 0", ":DIG:LINE1:STAT?", -114),
        (":INIT", ":TRIG:STAT?", -213),
        (":SOUR:SWE:VOLT:LIST 1", ":TRIG:STAT?", -222),
        (":SOUR:SWE:CURR:LIN 0,1,5", ":TRIG:STAT?", -221),
        (":SOUR:SWE:VOLT:LIN 0,1,5,1e-5", ":TRIG:STAT?", -222),
        (':TRIG:LOAD "Nothing"', ":TRIG:STAT?", -224),
    ],
)
def test_refused_commands_change_nothing(
    bench: Bench, command: str, query: str, number: int
) -> None:
    before = bench.ask(query)
    bench.send(command)
    assert bench.errors() == [number]
    assert bench.ask(query) == before


def test_level_beyond_a_fixed_range(bench: Bench) -> None:
    bench.send(":SOUR:VOLT:RANG 2;:SOUR:VOLT 2.2;:SOUR:LIST:VOLT 1,2.2;:SOUR:VOLT 2.1")
    assert bench.errors() == [-222, -222]
    assert float(bench.ask(":SOUR:VOLT?")) == 2.1


def test_static_source_and_compliance(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1;:SOUR:VOLT:ILIM 1e-3;:OUTP ON")
    assert float(bench.ask(":READ?")) == pytest.approx(1e-4, rel=1e-4)
    assert bench.ask(":SOUR:VOLT:ILIM:TRIP?") == "0"
    bench.send(":SOUR:VOLT:ILIM 2e-5")
    source, current, status = bench.numbers(':READ? "defbuffer1",SOUR,READ,SOURSTAT')
    assert current == pytest.approx(2e-5, rel=1e-3)
    assert source == pytest.approx(0.2, rel=1e-3)
    assert int(status) == 128 + 32 + 8
    assert bench.ask(":SOUR:VOLT:ILIM:TRIP?") == "1"


def test_output_off_reads_nothing_and_still_answers(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1")
    assert float(bench.ask(":READ?")) == 0.0


def test_current_source(bench: Bench) -> None:
    bench.send(':SOUR:FUNC CURR;:SOUR:CURR -1e-4;:SOUR:CURR:VLIM 5;:SENS:FUNC "VOLT";:OUTP ON')
    assert float(bench.ask(":READ?")) == pytest.approx(-1.0, rel=1e-4)
    bench.send(':SENS:FUNC "RES"')
    assert float(bench.ask(":READ?")) == pytest.approx(10e3, rel=1e-3)


def test_changing_function_turns_the_output_off(bench: Bench) -> None:
    bench.send(":OUTP ON;:SOUR:FUNC CURR")
    assert bench.ask(":OUTP?") == "0"


def test_over_range_and_resolution(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1.23456;:SOUR:VOLT:ILIM 1e-3;:SENS:CURR:RANG 1e-5;:OUTP ON")
    reading, status = bench.numbers(':READ? "defbuffer1",READ,STAT')
    assert reading == 9.9e37
    assert int(status) & 2
    bench.send(":SENS:CURR:RANG 1")
    assert float(bench.ask(":READ?")) == pytest.approx(1.23e-4, abs=1e-6)
    assert math.remainder(float(bench.ask(":FETC?")), 1e-6) == pytest.approx(0, abs=1e-12)


def test_time_of_a_point(bench: Bench) -> None:
    bench.send(":OUTP ON")
    expected = {
        ":SOUR:VOLT:DEL 0;:SENS:CURR:NPLC 1;:SENS:CURR:AZER OFF": 2 * 0.02,
        ":SOUR:VOLT:READ:BACK OFF": 0.02,
        ":SENS:CURR:AZER ON": 2 * 0.02,
        ":SOUR:VOLT:DEL 0.5": 0.5 + 2 * 0.02,
        ":SOUR:VOLT:DEL:AUTO ON": 1e-3 + 2 * 0.02,
        ":SENS:COUN 10": 10 * (1e-3 + 2 * 0.02 + 1e-4) - 1e-4,
    }
    for command, seconds in expected.items():
        bench.send(command)
        before = bench.world.now
        bench.ask(":READ?")
        assert bench.world.now - before == pytest.approx(seconds + 1e-4)


def test_list_sweep_of_the_manual(bench: Bench) -> None:
    bench.send(
        "*RST", 'SENS:FUNC "CURR"', "SENS:CURR:RANG:AUTO ON", "SENS:CURR:RSEN OFF",
        "SOUR:FUNC VOLT", "SOUR:VOLT:RANG 20", "SOUR:VOLT:ILIM 1", "SOUR:LIST:VOLT 1, 5, 1",
        "SOUR:LIST:VOLT:APP 5, 1, 5", "SOUR:SWE:VOLT:LIST 1, 0.2", "INIT", "*WAI",
    )  # fmt: skip
    values = bench.numbers('TRAC:DATA? 1, 6, "defbuffer1", SOUR, READ')
    assert values[::2] == pytest.approx([1, 5] * 3, rel=1e-4)
    assert values[1::2] == pytest.approx([1e-4, 5e-4] * 3, rel=1e-2)
    assert bench.ask(":OUTP?") == "0"
    assert bench.ask("SOUR:LIST:VOLT:POIN?") == "6"
    assert bench.ask("SOUR:LIST:VOLT?").split(", ")[1] == "5.000000E+00"
    assert bench.ask(":TRIG:STAT?") == "IDLE;IDLE;0"
    assert bench.errors() == []


def test_lists_are_bounded(bench: Bench) -> None:
    hundred = ",".join(["0.1"] * 100)
    bench.send(f":SOUR:LIST:VOLT {hundred},0.1")
    assert bench.errors() == [-223]
    bench.send(*[f":SOUR:LIST:VOLT:APP {hundred}"] * 25)
    assert bench.errors() == []
    bench.send(":SOUR:LIST:VOLT:APP 0.1")
    assert bench.errors() == [-223]
    assert bench.ask(":SOUR:LIST:VOLT:POIN?") == "2500"


def test_list_captures_the_source_settings(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 1e-5;:SOUR:LIST:VOLT 1;:SOUR:VOLT:ILIM 1e-3")
    bench.send(':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1";:INIT')
    assert bench.numbers(":FETC?")[0] == pytest.approx(1e-5, rel=1e-3)


def test_sweep_passes_and_timing(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:LIST:VOLT 0.1,0.2;:SOUR:SWE:VOLT:LIST 1,0,50,OFF")
    before = bench.world.now
    bench.send(":INIT")
    assert bench.world.now - before == pytest.approx(100 * 500e-6)
    relative = bench.numbers(':TRAC:DATA? 1,100,"defbuffer1",REL')
    assert relative == pytest.approx([500e-6 * i for i in range(100)], rel=1e-5)
    bench.send(":SOUR:SWE:VOLT:LIST 2,0,1,OFF;:INIT")
    assert bench.ask(":TRAC:ACT?") == "1"


def test_abort_on_limit_stops_the_sweep(bench: Bench) -> None:
    sweep = ":SOUR:SWE:VOLT:LIN 0.1,1,10,0,1,BEST,{},OFF;:INIT"
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 4.5e-5", sweep.format("ON"))
    assert bench.ask(":TRAC:ACT?") == "5"
    assert bench.ask(":OUTP?") == "0"
    bench.send(sweep.format("OFF"))
    assert bench.ask(":TRAC:ACT?") == "10"


def test_dual_and_current_sweeps(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:SWE:VOLT:LIN 0,1,3,0,1,FIX,OFF,ON;:INIT")
    source = bench.numbers(':TRAC:DATA? 1,6,"defbuffer1",SOUR')
    assert source == pytest.approx([0, 0.5, 1, 1, 0.5, 0], abs=1e-4)
    bench.send(':SOUR:FUNC CURR;:SENS:FUNC "VOLT";:SOUR:LIST:CURR 1e-5,1e-4')
    bench.send(':SOUR:SWE:CURR:LIST 1,0,1,OFF,"defbuffer2";:INIT')
    assert bench.numbers(':TRAC:DATA? 1,2,"defbuffer2"') == pytest.approx([0.1, 1], rel=1e-3)


def test_trigger_loops(bench: Bench) -> None:
    bench.send(f'{QUICK};:SOUR:VOLT 1;:OUTP ON;:TRIG:LOAD "SimpleLoop",7,0.1,"defbuffer2";:INIT')
    assert bench.ask(':TRAC:ACT? "defbuffer2"') == "7"
    bench.send(':TRIG:LOAD "DurationLoop",2,0.5;:INIT')
    assert bench.ask(":TRAC:ACT?") == "4"
    assert bench.ask(":OUTP?") == "1"
    bench.send(':TRIG:LOAD "Empty";:INIT')
    assert bench.errors() == [-213]


def test_formats(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:SWE:VOLT:LIN -1,1,5,0,1,FIX,OFF;:INIT")
    text = bench.numbers(':TRAC:DATA? 2,5,"defbuffer1",SOUR,READ,REL')
    bench.send(":FORM REAL")
    assert bench.doubles(':TRAC:DATA? 2,5,"defbuffer1",SOUR,READ,REL') == pytest.approx(text)
    bench.send(":FORM:BORD NORM;:FORM SRE;:TRAC:DATA? 2,5")
    raw = bench.resource.read_bytes(2 + 4 * 4 + 1)
    assert np.frombuffer(raw[2:-1], ">f4") == pytest.approx(text[1::3], rel=1e-6)
    bench.send(":FORM ASC;:FORM:ASC:PREC 3")
    assert bench.ask(":TRAC:DATA? 5,5") == "1.00E-04"


def test_binary_carries_numbers_only(bench: Bench) -> None:
    bench.send(":FORM REAL;:TRAC:TRIG")
    bench.send(':TRAC:DATA? 1,1,"defbuffer1",SOURSTAT')
    bench.send(":FORM ASC")
    assert bench.errors() == [1133]


def test_every_element_as_text(bench: Bench) -> None:
    bench.send(":TRAC:TRIG")
    elements = "DATE,FORM,FRAC,READ,REL,SEC,SOUR,SOURFORM,SOURSTAT,SOURUNIT,STAT,TIME,TST,UNIT"
    words = bench.ask(f':FETC? "defbuffer1",{elements}').split(", ")
    assert len(words) == 14
    assert (words[4], words[9], words[13]) == ("0.000000E+00", "V", "A")
    bench.send(f':FETC? "defbuffer1",{elements},READ')
    assert bench.errors() == [-223]


def test_user_buffers(bench: Bench) -> None:
    bench.send(f"{QUICK};:OUTP ON;:TRAC:MAKE 'mine', 10, STAN;:SENS:COUN 8;:TRAC:TRIG 'mine'")
    bench.send(":TRAC:TRIG 'mine'")
    assert bench.ask(":TRAC:ACT? 'mine'") == "10"
    assert (bench.ask(":TRAC:FILL:MODE? 'mine'"), bench.ask(":TRAC:FILL:MODE?")) == ("ONCE", "CONT")
    bench.send(":TRAC:FILL:MODE CONT,'mine';:TRAC:TRIG 'mine'")
    assert bench.ask(":TRAC:ACT? 'mine'") == "10"
    assert bench.numbers(":TRAC:DATA? 10,10,'mine',REL")[0] > 0.01
    bench.send(":TRAC:CLE 'mine'")
    assert bench.ask(":TRAC:ACT:STAR? 'mine';:TRAC:ACT:END? 'mine'") == "0;0"
    bench.send(":TRAC:DEL 'mine';:TRAC:ACT? 'mine'")
    assert bench.errors() == [-224]


def test_statistics(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 1e-3;:SOUR:SWE:VOLT:LIN 1,3,3,0,1,BEST,OFF;:INIT")
    found = [float(bench.ask(f":TRAC:STAT:{w}?")) for w in ("AVER", "MAX", "MIN", "STDD", "PK2P")]
    assert found == pytest.approx([2e-4, 3e-4, 1e-4, 1e-4, 2e-4], rel=1e-3)
    bench.send(":TRAC:CLE;:TRAC:STAT:AVER?;:FETC?")
    assert bench.errors() == [-230, -230]


def test_a_hundred_thousand_readings(bench: Bench) -> None:
    levels = ",".join(f"{0.01 * i:.9g}" for i in range(100))
    bench.send(
        f"{QUICK};:FORM REAL;:SOUR:LIST:VOLT {levels};:SOUR:SWE:VOLT:LIST 1,0,1000,OFF;:INIT"
    )
    table = bench.doubles(':TRAC:DATA? 1,100000,"defbuffer1",SOUR,READ,REL').reshape(-1, 3)
    assert table[:, 0] == pytest.approx(np.tile(np.arange(100) * 0.01, 1000), abs=1e-4)
    assert np.diff(table[:, 2]) == pytest.approx(500e-6)


def test_digital_lines(bench: Bench) -> None:
    assert bench.ask(":DIG:LINE2:STAT?") == "1"
    bench.send(":DIG:LINE2:MODE DIG, OUT")
    assert bench.ask(":DIG:LINE2:MODE?") == "DIG,OUT"
    assert bench.ask(":DIG:LINE2:STAT?") == "0"
    bench.send(":DIG:LINE2:STAT 1")
    assert bench.ask(":DIG:LINE2:STAT?") == "1"
    bench.send("*RST")
    assert bench.ask(":DIG:LINE2:MODE?") == "DIG,IN"


def test_reset(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 5;:OUTP ON;:TRAC:MAKE 'mine',100;:SOUR:LIST:VOLT 1;:FORM REAL;*RST")
    answers = [bench.ask(q) for q in (":OUTP?", ":SOUR:VOLT?", ":FORM?", ":SENS:FUNC?")]
    assert answers == ["0", "0.000000E+00", "ASC", '"CURR:DC"']
    assert float(bench.ask(":SOUR:VOLT:ILIM?")) == 105e-6
    bench.send(":TRAC:ACT? 'mine'")
    assert bench.errors() == [-224]


HEADERS = [command.pattern for command in COMMANDS if "*" not in command.pattern]
SHORT = [
    ":".join(m.text for m in variants(header)[0] if m) for header in HEADERS
]  # the fullest form of each


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SHORT, ":INIT", "SOUR:SWE:VOLT:LIST"]),
            st.sampled_from(["", "?"]),
            st.lists(
                st.sampled_from(
                    ["0", "1", "-1", "0.05", "20", "1e9", "MAX", "ON", "VOLT", "REAL", "OUT",
                     "'defbuffer1'", '"SimpleLoop"', "READ", "SOURSTAT", "1e-9", "DIG"]
                ),
                max_size=5,
            ),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_any_commands_are_survived(commands: list[tuple[str, str, list[str]]]) -> None:
    bench = Bench()
    for header, query, values in commands:
        bench.library.world.clock.sleep(1e-3)
        bench.send(f"{header}{query} {','.join(values)}")
        bench.resource.clear()
    bench.send("*RST;*CLS")
    assert bench.ask(":OUTP?;:SYST:ERR?") == '0;0,"No error;0;0 0"'
    bench.manager.close()


def test_more_than_the_simulation_holds(bench: Bench) -> None:
    bench.send(":SOUR:SWE:VOLT:LIN 0,1,1000000,0,268435455,BEST,OFF;:TRIG:LOAD 'SimpleLoop',1e6")
    assert bench.errors() == [-225, -225]


# Drivers that are not ours.


def test_pymeasure_driver(bench: Bench) -> None:
    smu = PyMeasure2450(VISAAdapter(ADDRESS, visa_library=bench.library, read_termination="\n"))
    smu.reset()
    smu.apply_voltage(compliance_current=1e-3)
    smu.source_voltage = 2.0
    smu.enable_source()
    smu.measure_current(nplc=0.1, current=1e-3, auto_range=False)
    assert smu.current == pytest.approx(2e-4, rel=1e-3)
    smu.measure_voltage()
    assert smu.voltage == pytest.approx(2.0, rel=1e-3)
    smu.measure_resistance()
    assert smu.resistance == pytest.approx(10e3, rel=1e-3)
    assert smu.source_enabled
    assert smu.compliance_current == 1e-3
    smu.source_voltage_range = 20
    assert smu.source_voltage_range == 20
    smu.current_filter_type, smu.current_filter_count = "MOV", 20
    assert (smu.current_filter_type, smu.current_filter_count) == ("MOV", 20)
    smu.current_output_off_state = "HIMP"
    assert smu.current_output_off_state == "HIMP"
    smu.wires = 4
    assert smu.wires == 4
    smu.buffer_points = 5000
    assert smu.buffer_points == 5000
    smu.use_rear_terminals()
    smu.beep(440, 0.1)
    smu.disable_source()
    smu.trigger()
    assert bench.errors() == []
    smu.apply_current(compliance_voltage=5)
    smu.source_current = 1e-5
    assert smu.compliance_voltage == 5
    assert bench.errors() == []


def test_pymeasure_buffer_commands_of_a_2400_are_refused(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    smu = PyMeasure2450(VISAAdapter(ADDRESS, visa_library=bench.library, read_termination="\n"))
    smu.config_buffer(100)  # asks for the errors itself, and logs them
    assert caplog.text.count('"Undefined header') == 2


def test_qcodes_strings(bench: Bench) -> None:
    queries = {
        ":SOUR:FUNC?": "VOLT", ":SENS:FUNC?": '"CURR:DC"', "ROUTe:TERMinals?": "FRON",
        ":OUTP?": "0", ":SYSTem:LFRequency?": "50", "SOUR:voltage:ILIM:TRIPped?": "0",
        ":SENSe:current:RSENse?": "0", ":SENSe:current:RANGe:AUTO?": "1",
        ":SOURce:voltage:READ:BACK?": "1", ":TRACe:POINts? 'defbuffer1'": "100000",
        ":TRACe:ACTual? 'defbuffer1'": "0", "*OPC?": "1",
    }  # fmt: skip
    assert {query: bench.ask(query) for query in queries} == queries
    bench.send(
        "*LANG SCPI", "SOUR:voltage 0.5", ":SOUR:voltage:RANGe 2", ":SOURce:voltage:DELay 0.001",
        ":SOURce:voltage:DELay:USER1 0.1", ":SENSe:current:NPLCycles 0.1", ":SENSe:AZERo:ONCE",
        ":SENSe:current:AZERo 0", ":SENSe:COUNt 1", ":TRACe:MAKE 'b', 100, STANDARD",
        ":SOURce:SWEep:voltage:LINear 0,1,10,0.001,1,AUTO,ON,OFF,'b'", ":INITiate", "*WAI",
        ":ABORt", ":STATus:CLEar", ":SYSTem:CLEar",
    )  # fmt: skip
    assert len(bench.numbers(":TRACe:DATA? 1, 10, 'b',SOURCE,READING")) == 20
    assert len(bench.numbers(":MEASure? 'b'")) == 1
    assert len(bench.numbers(":FETCh? 'b', READ,REL")) == 2
    bench.send(":TRACe:CLEar 'b'", ":TRACe:TRIGger 'b'", ":TRACe:DELete 'b'", "*RST")
    assert bench.errors() == []


def test_vendor_leakage_recipe(bench: Bench) -> None:
    bench.send(
        "*RST", ":SOUR:FUNC VOLT", ":SOUR:VOLT 20", ":SOUR:VOLT:ILIMIT 0.01",
        ':SENSE:FUNC "CURR"', ":CURR:RANG:AUTO ON", ":SENSE:CURR:NPLC 1",
        ':TRIG:LOAD "DurationLoop", 5, 1', ":OUTP ON", ":INIT",
    )  # fmt: skip
    assert bench.ask(':TRAC:ACT? "defbuffer1"') == "5"
    relative, current = bench.numbers(':TRAC:DATA? 3, 3, "defbuffer1", REL, READ')
    assert (relative, current) == pytest.approx((2.0, 2e-3), rel=1e-3)
    bench.send(":SOUR:VOLT 0", ":OUTP OFF")
    assert bench.errors() == []
