"""The simulated B2902A in bytes: settings, sweeps on both channels, readings, errors, strangers."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pytest
import pyvisa

from sim_instruments.keysight_b2900_commands import COMMANDS
from sim_instruments.scpi_tree import variants
from sim_instruments.visa import SimVisaLibrary, open_library

ADDRESS = "USB0::0x0957::0x8C18::MY51140123::INSTR"
OHM = 10e3
GATED = {"name": "direct", "source_meter": "smu", "gate": "smu.2"}
DIRECT = {"name": "direct", "source_meter": "smu"}
STEPS = (
    ":SOUR{0}:VOLT:MODE LIST;:SOUR{0}:LIST:VOLT {1};:SENS{0}:CURR:APER 0.5E-3;:TRIG{0}:SOUR TIM;"
    ":TRIG{0}:TIM 1E-3;:TRIG{0}:COUN {2}"
)


class Bench:
    """A B2902A on a resistor, or with a gate on a model."""

    def __init__(self, wiring: dict[str, str] = DIRECT, **simulation: Any) -> None:
        simulation.setdefault("model", "resistor")
        if simulation["model"] == "resistor":
            simulation.setdefault("parameters", {"resistance": OHM})
        self.library: SimVisaLibrary = open_library(
            instruments={"smu": ("keysight_b2900", ADDRESS)},
            wiring=wiring,
            simulation={"seed": 1, **simulation},
        )
        self.world = self.library.world
        self.manager = pyvisa.ResourceManager(self.library)
        self.resource: Any = self.manager.open_resource(
            ADDRESS, read_termination="\n", write_termination="\n", timeout=100_000
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.manager.close()

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


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def test_error_style(bench: Bench) -> None:
    assert bench.ask(":SYST:ERR?") == '+0,"No error"'
    bench.send("NONSENSE", ":SOUR3:VOLT 1")
    assert bench.ask(":SYST:ERR:COUN?") == "+2"
    found = bench.ask(":SYST:ERR:ALL?")
    assert found == '-113,"Undefined header",-114,"Header suffix out of range"'
    bench.send(*["NONSENSE"] * 101)
    assert bench.ask(":SYST:ERR:ALL?").endswith('-350,"Error queue overflow"')


@pytest.mark.parametrize(
    ("setting", "value", "answer"),
    [
        (":SOUR:VOLT", "2.5", 2.5),
        (":SOURCE2:VOLT", "-210", -210.0),
        (":SOUR2:VOLT:RANG", "1.5", 2.0),
        (":SOUR:VOLT:RANG", "2.1", 2.0),
        (":SOUR:VOLT:RANG", "2.2", 20.0),
        (":SENS1:CURR:PROT", "2.5E-3", 2.5e-3),
        (":SENS2:VOLT:PROT", "20", 20.0),
        (":SENS:CURR:DC:RANG:UPP", "1E-5", 1e-5),
        (":SENS:CURR:RANG", "1.4", 1.5),
        (":SENS:CURR:APER", "1E-4", 1e-4),
        (":SENS:CURR:APER", "1E-9", 8e-6),
        (":SENS:CURR:APER", "9", 2.0),
        (":SENS2:VOLT:NPLC", "0.5", 0.5),
        (":SENS:CURR:NPLC", "1000", 100.0),
        (":TRIG2:ACQ:DEL", "1E-3", 1e-3),
        (":TRIG:TIM", "MIN", 20e-6),
        (":ARM:ALL:COUN", "MAX", 100_000),
        (":SOUR2:PULS:WIDT", "1E-3", 1e-3),
        (":SOUR:VOLT:TRIG", "3", 3.0),
    ],
)
def test_settings_answer(bench: Bench, setting: str, value: str, answer: float) -> None:
    bench.send(f"{setting} {value}")
    assert float(bench.ask(f"{setting}?")) == pytest.approx(answer, rel=1e-9)
    assert bench.errors() == []


@pytest.mark.parametrize(
    ("command", "query", "number"),
    [
        (":SOUR:VOLT 211", ":SOUR:VOLT?", -222),
        (":SOUR2:CURR 3.1", ":SOUR2:CURR?", -222),
        (":SENS:CURR:PROT 3.04", ":SENS:CURR:PROT?", -222),
        (":SENS:CURR:RANG 5", ":SENS:CURR:RANG:AUTO?", -222),
        (":TRIG:TIM 1E-5", ":TRIG:TIM?", -222),
        (":TRIG:COUN 100001", ":TRIG:COUN?", -222),
        (":SOUR:PULS:WIDT 49E-6", ":SOUR:PULS:WIDT?", -222),
        (":SOUR:FUNC:MODE RES", ":SOUR:FUNC:MODE?", -224),
        (":SOUR:VOLT:MODE ARB", ":SOUR:VOLT:MODE?", -224),
        (':SENS:FUNC "TEMP"', ":SENS:FUNC?", -224),
        (":FORM REAL,16", ":FORM?", -222),
        (":SOUR:LIST:VOLT 1,211", ":SOUR:LIST:VOLT?", -222),
        (":INIT (@3)", ":OUTP?", -222),
        (":TRIG:IMM", ":OUTP?", -211),
        ("*TRG", ":OUTP?", -211),
        (":SOUR:DIG:DATA 16384", ":SOUR:DIG:DATA?", -222),
    ],
)
def test_refused_commands_change_nothing(
    bench: Bench, command: str, query: str, number: int
) -> None:
    before = bench.ask(query)
    bench.send(command)
    assert bench.errors() == [number]
    assert bench.ask(query) == before


def test_envelope_of_voltage_and_current(bench: Bench) -> None:
    bench.send(":SENS:CURR:PROT 3;:SOUR:VOLT 6;:SOUR:VOLT 7")
    assert bench.errors() == [-221]
    assert float(bench.ask(":SOUR:VOLT?")) == 6.0
    bench.send(":SENS:CURR:PROT 0.2;:SOUR:VOLT:MODE LIST;:SOUR:LIST:VOLT 1,22;:TRIG:COUN 2;:INIT")
    assert bench.errors() == [-221]
    assert bench.ask(":OUTP?") == "0"


def test_lists_hold_2500(bench: Bench) -> None:
    bench.send(":SOUR:LIST:VOLT " + ",".join(["1"] * 2500), ":SOUR:LIST:VOLT:APP 1")
    assert bench.errors() == [-223]
    assert bench.ask(":SOUR:LIST:VOLT:POIN?") == "2500"


def test_too_many_readings_are_refused(bench: Bench) -> None:
    bench.send(":TRIG:COUN 1000;:ARM:COUN 101;:INIT")
    assert bench.errors() == [-225]


def test_static_source_and_compliance(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1;:SENS:CURR:PROT 1E-3;:OUTP ON;:FORM:ELEM:SENS STAT,CURR,VOLT")
    assert bench.numbers(":MEAS?") == pytest.approx([1.0, 1e-4, 0.0], rel=1e-3)
    assert bench.ask(":SENS:CURR:PROT:TRIP?") == "0"
    bench.send(":SENS:CURR:PROT 2E-5")
    volts, amperes, status = bench.numbers(":MEAS? (@1)")
    assert (volts, amperes) == pytest.approx((0.2, 2e-5), rel=1e-3)
    assert int(status) & 0b110
    assert bench.ask(":SENS:CURR:PROT:TRIP?") == "1"
    assert bench.ask(":FORM:ELEM:SENS?") == "VOLT,CURR,STAT"


def test_output_off_measures_nothing(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1;:OUTP:ON:AUTO OFF")
    assert bench.numbers(":MEAS:CURR?") == [0.0]
    bench.send(":TRIG:COUN 2")
    assert bench.numbers(":READ:ARR:CURR?") == [0.0, 0.0]
    assert bench.ask(":OUTP?") == "0"
    bench.send(":OUTP:ON:AUTO ON")
    assert bench.numbers(":READ:ARR:CURR?") == pytest.approx([1e-4, 1e-4], rel=1e-3)
    assert bench.ask(":OUTP?") == "1"
    bench.send(":OUTP:OFF:AUTO ON;:INIT")
    assert bench.ask(":OUTP?") == "0"


def test_over_range_is_no_number(bench: Bench) -> None:
    bench.send(":SOUR:VOLT 1;:SENS:CURR:PROT 1E-3;:SENS:CURR:RANG 1E-5;:OUTP ON")
    assert bench.numbers(":MEAS:CURR?") == [9.9e37]
    assert int(bench.numbers(":FETC:STAT?")[0]) == 8192


def test_current_source(bench: Bench) -> None:
    bench.send(":SOUR2:FUNC:MODE CURR;:SOUR:FUNC:MODE CURR;:SOUR:CURR -1E-4;:SENS:VOLT:PROT 5")
    bench.send(":OUTP ON;:SENS:FUNC:ALL;:FORM:ELEM:SENS VOLT,CURR,RES,STAT,SOUR")
    assert bench.numbers(":MEAS?") == pytest.approx([-1.0, -1e-4, OHM, 1.0, -1e-4], rel=1e-3)
    bench.send(
        ":SOUR:CURR:MODE LIST;:SOUR:LIST:CURR 1E-4,1E-3;:TRIG:COUN 2;:FORM:ELEM:SENS VOLT,STAT"
    )
    assert bench.numbers(":READ:ARR?") == pytest.approx([1.0, 1.0, 5.0, 3.0], rel=1e-3)


def test_what_is_not_measured_is_not_a_number(bench: Bench) -> None:
    bench.send(':SENS:FUNC:OFF:ALL;:SENS:FUNC "CURR";:OUTP ON')
    assert bench.ask(":SENS:FUNC?") == '"CURR"'
    assert bench.ask(":MEAS? (@1)").split(",")[0] == "+9.910000E+37"
    assert bench.ask(":FETC:ARR:CURR? (@2)") == "+9.910000E+37"


def test_sweep_there_and_back(bench: Bench) -> None:
    bench.send(":SOUR:VOLT:MODE SWE;:SOUR:VOLT:STAR 0;:SOUR:VOLT:STOP 1;:SOUR:VOLT:POIN 3")
    bench.send(":SOUR:SWE:STA DOUB;:TRIG:COUN 6")
    assert bench.numbers(":READ:ARR:SOUR?") == [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    bench.send(":SOUR:SWE:STA SING;:SOUR:SWE:DIR DOWN;:SOUR:VOLT:STEP 0.25;:TRIG:COUN 5")
    assert bench.numbers(":READ:ARR:SOUR?") == [1.0, 0.75, 0.5, 0.25, 0.0]
    bench.send(":SOUR:SWE:DIR UP;:SOUR:VOLT:CENT 1;:SOUR:VOLT:SPAN 1.98;:SOUR:SWE:SPAC LOG")
    bench.send(":SOUR:SWE:POIN 3;:TRIG:COUN 3")
    assert bench.numbers(":READ:ARR:SOUR?") == pytest.approx([0.01, 0.1411, 1.99], rel=1e-3)
    bench.send(":SOUR:VOLT:STAR -1;:INIT")
    assert bench.errors() == [-221]


def test_after_a_sweep_the_source_is_back(bench: Bench) -> None:
    bench.send(STEPS.format(1, "1,2", 2), ":SENS:CURR:PROT 1E-3;:SOUR:VOLT 0.5;:INIT")
    assert float(bench.ask(":MEAS:VOLT?")) == pytest.approx(0.5, rel=1e-3)
    bench.send(":SOUR:FUNC:TRIG:CONT ON;:INIT")
    assert float(bench.ask(":MEAS:VOLT?")) == pytest.approx(2.0, rel=1e-3)
    bench.send(":SOUR:VOLT:MODE FIX;:SOUR:VOLT:TRIG 3;:INIT:TRAN")
    assert float(bench.ask(":MEAS:VOLT?")) == pytest.approx(3.0, rel=1e-3)
    bench.send(":SOUR:WAIT OFF;:TRIG:SOUR AINT;:INIT:TRAN")  # takes no time at all
    bench.send(":TRIG:COUN 1;:INIT:TRAN", ":OUTP:PROT ON;:INIT:TRAN")
    assert bench.errors() == []
    assert float(bench.ask(":MEAS:VOLT?")) == pytest.approx(3.0, rel=1e-3)


def test_time_of_a_run(bench: Bench) -> None:
    bench.send(STEPS.format(1, "1,2,3", 3), ":TRIG:ACQ:DEL 0.5E-3;:ARM:COUN 4;:INIT")
    assert bench.world.now == pytest.approx(12e-3)
    assert np.diff(bench.numbers(":FETC:ARR:TIME?")) == pytest.approx(1e-3)
    bench.send(":ARM:SOUR TIM;:ARM:TIM 5E-3")
    before = bench.world.now
    assert bench.numbers(":READ:ARR:SOUR?") == [1, 2, 3] * 4
    assert bench.world.now - before == pytest.approx(18e-3)
    bench.send(":TRIG:SOUR AINT;:ARM:COUN 1;:ARM:SOUR AINT;:SENS:WAIT OFF;:SOUR:WAIT OFF")
    before = bench.world.now
    bench.send(":INIT")
    assert bench.world.now - before == pytest.approx(3e-3)


def test_runs_that_wait_for_a_trigger(bench: Bench) -> None:
    bench.send(STEPS.format(1, "1,2", 2), ":ARM:SOUR BUS;:INIT")
    assert bench.world.now == 0.0
    assert bench.ask(":STAT:OPER:COND?") == str(1 << 7 | 1 << 10)
    bench.send(":INIT", ":FETC:ARR?", "*OPC?")
    assert bench.errors() == [-213, -214, -214]
    bench.send("*TRG")
    assert bench.numbers(":FETC:ARR:SOUR?") == [1.0, 2.0]
    bench.send(":INIT", ":TRIG:ALL:IMM")
    assert bench.numbers(":FETC:ARR:SOUR?") == [1.0, 2.0]
    bench.send(":INIT", ":ABOR:ALL (@1)", "*TRG")
    assert bench.errors() == [-211]


def test_protection_switches_off(bench: Bench) -> None:
    bench.send(STEPS.format(1, "1,2,3", 3), ":SENS:CURR:PROT 1.5E-4;:OUTP:PROT ON;:INIT")
    assert bench.ask(":OUTP?") == "0"
    assert bench.numbers(":FETC:ARR:SOUR?") == [1.0, 2.0]
    assert bench.world.now < 2e-3


def test_both_channels_in_step() -> None:
    # The neighbour's readings come point by point; the shorter run is filled up [M: 4-28].
    with Bench() as bench:
        bench.send(STEPS.format(1, "1,2,3", 3), STEPS.format(2, "4,5", 2), ":INIT (@2,1)")
        assert bench.numbers(":FETC:ARR:SOUR? (@1,2)") == [1, 4, 2, 5, 3, 9.91e37]
        assert bench.numbers(":FETC:SOUR? (@2:1)") == [3, 5]
        assert bench.ask("*OPC?") == "1"
        assert bench.errors() == []


def test_a_gate_is_felt() -> None:
    with Bench(GATED, model="ecram") as bench:
        bench.send(":SOUR:VOLT 0.1;:OUTP ON")
        before = bench.numbers(":MEAS:CURR?")[0]
        bench.send(STEPS.format(2, "1,1", 2), ":INIT (@2)")
        assert bench.numbers(":FETC:ARR:CURR? (@2)")[0] > 1e-8
        after = bench.numbers(":MEAS:CURR?")[0]
        assert after > 1.1 * before
        bench.send(STEPS.format(1, "0.1,0.1", 2), STEPS.format(2, "-1,-1", 2), ":INIT (@1,2)")
        first, gate = np.array(bench.numbers(":FETC:ARR:CURR? (@1,2)")).reshape(-1, 2).T
        assert first[1] < first[0] < after
        assert gate[0] < -1e-8
        assert bench.errors() == []


@pytest.mark.parametrize(("form", "kind"), [("REAL,64", "f8"), ("REAL32", "f4")])
@pytest.mark.parametrize(("order", "sign"), [("NORM", ">"), ("SWAP", "<")])
def test_blocks(bench: Bench, form: str, kind: str, order: str, sign: str) -> None:
    bench.send(STEPS.format(1, "1,2", 2), f":FORM {form};:FORM:BORD {order};:INIT")
    bench.resource.write(":FETC:ARR:SOUR? (@1,2)")
    raw = bench.resource.read_raw()
    size = 4 * int(kind[1])
    assert raw[: len(str(size)) + 2] == f"#{len(str(size))}{size}".encode()
    values = np.frombuffer(raw[-1 - size : -1], sign + kind)
    assert values.tolist()[::2] == [1.0, 2.0]
    assert np.isnan(values[1::2]).all()
    assert raw.endswith(b"\n")


def test_parts_of_the_readings(bench: Bench) -> None:
    bench.send(STEPS.format(1, "1,2,3", 3), ":FORM:ELEM:SENS SOUR;:TRAC:FEED:CONT NEXT")
    bench.send(":TRAC:POIN 4;:INIT;:INIT")
    assert bench.numbers(":SENS:DATA? 1,2") == [2.0, 3.0]
    assert bench.numbers(":SENS:DATA? CURR") == [3.0]
    assert bench.numbers(":SENS:DATA:LAT?") == [3.0]
    assert bench.numbers(":TRAC:DATA?") == [1.0, 2.0, 3.0, 1.0]
    bench.send(":TRAC:CLE;:SENS:DATA:CLE")
    assert bench.ask(":TRAC:POIN:ACT?") == "0"
    assert bench.ask(":SENS:DATA?") == "+9.910000E+37"


def test_digital_lines(bench: Bench) -> None:
    lines: list[tuple[int, bool]] = []
    bench.world.set_line = lambda port, line, high: lines.append((line, high))
    bench.send(":SOUR:DIG:DATA 2", ":SOUR:DIG:EXT2:FUNC DIO", ":SOUR:DIG:EXT14:FUNC DIO")
    assert lines == [(14, False)]
    bench.send(":SOUR:DIG:DATA 8192", ":SOUR:DIG:EXT14:POL NEG", "*RST")
    assert lines[1:] == [(2, False), (14, True), (14, False), (2, True), (14, True)]


def test_recipe_of_a_pulsed_list(bench: Bench) -> None:
    bench.send(
        "*RST", ":SOUR:FUNC:MODE VOLT", ":SOUR:FUNC:SHAP PULS", ":SOUR:VOLT 0",
        ":SOUR:VOLT:MODE LIST", ":SOUR:LIST:VOLT 1,1.2,1.4", ":SOUR:PULS:WIDT 100E-6",
        ':SENS:FUNC "CURR"', ":SENS:CURR:RANG 1E-3", ":SENS:CURR:APER 20E-6",
        ":SENS:CURR:PROT 1E-3", ":TRIG:SOUR TIM", ":TRIG:TIM 1E-3", ":TRIG:COUN 10",
        ":TRIG:ACQ:DEL 70E-6", ":OUTP ON", ":INIT (@1)",
    )  # fmt: skip
    assert bench.ask("*OPC?") == "1"
    bench.send(":FORM:ELEM:SENS CURR,TIME")
    amperes, times = np.array(bench.numbers(":FETC:ARR? (@1)")).reshape(-1, 2).T
    assert amperes == pytest.approx(np.resize([1e-4, 1.2e-4, 1.4e-4], 10), rel=1e-3)
    assert times == pytest.approx(70e-6 + 1e-3 * np.arange(10))
    assert float(bench.ask(":MEAS:VOLT?")) == pytest.approx(0.0, abs=1e-4)
    assert bench.errors() == []


def test_qcodes_strings(bench: Bench) -> None:
    bench.send("SOURCE1:VOLT 0.5", "SENS1:CURR:PROT 0.001", "OUTP1 1", ":SENS1:REM 1")
    assert float(bench.ask("MEAS:VOLT? (@1)")) == pytest.approx(0.5, rel=1e-3)
    assert float(bench.ask("MEAS:CURR? (@1)")) == pytest.approx(5e-5, rel=1e-3)
    assert float(bench.ask("MEAS:RES? (@1)")) == pytest.approx(OHM, rel=1e-3)
    bench.send(":SOUR1:FUNC:MODE CURR")
    assert bench.ask("OUTP1?") == "0"
    assert bench.ask(":SOUR1:FUNC:MODE?") == "CURR"
    assert bench.ask(":SENS1:REM?") == "1"
    assert float(bench.ask("SENS1:VOLT:PROT?")) == 2.0
    assert bench.errors() == []


def test_every_query_answers(bench: Bench) -> None:
    patterns = [command.pattern for command in COMMANDS if "?" in command.roles]
    assert len(patterns) > 100
    for pattern in patterns:
        header = ":".join(part.text.upper() for part in variants(pattern)[0] if part)
        assert bench.ask(f":{header}?"), header
    assert bench.errors() == []
