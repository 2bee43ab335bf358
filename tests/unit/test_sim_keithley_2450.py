"""The simulated 2450's settings, readings and errors against its manual."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keithley_2450_bench import Bench

from sim_instruments.keithley_2450_commands import COMMANDS
from sim_instruments.scpi_tree import variants


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


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


def test_no_more_than_twenty_watts(bench: Bench) -> None:
    bench.send(":SOUR:VOLT:ILIM 1;:SOUR:VOLT 22")
    assert bench.errors() == [-221]
    bench.send(":SOUR:SWE:VOLT:LIN 0,22,3;:SOUR:LIST:VOLT 22;:SOUR:SWE:VOLT:LIST 1")
    assert bench.errors() == [-221, -221]
    bench.send(":SOUR:VOLT:ILIM 0.1;:SOUR:VOLT 200;:SOUR:SWE:VOLT:LIN 0,22,3")
    assert bench.errors() == []


def test_a_refused_function_leaves_nothing_driven(bench: Bench) -> None:
    """The output was off by its setting, and the device still at 1 V."""
    bench.send(":SOUR:CURR 1e-3;:SOUR:CURR:RANG 1e-6;:SOUR:VOLT 1;:OUTP ON")
    bench.send(":SOUR:FUNC CURR")
    assert bench.errors() == [-222]
    assert bench.ask(":SOUR:FUNC?;:OUTP?") == "VOLT;0"
    assert bench.world.at_rest
