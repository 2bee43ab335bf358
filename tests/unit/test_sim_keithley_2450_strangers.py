"""The simulated 2450 under drivers and recipes that are not ours."""

from collections.abc import Iterator

import pytest
from keithley_2450_bench import ADDRESS, Bench
from pymeasure.adapters import VISAAdapter
from pymeasure.instruments.keithley import Keithley2450 as PyMeasure2450


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


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
