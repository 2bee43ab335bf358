"""The simulated 2400 against its manual."""

import struct

import numpy as np
import pytest
from keithley_2400_bench import OHM, ask, errors, make, numbers, tell

from sim_instruments.keithley_2400 import OVERHEAD

LIST = ":SOUR:VOLT:MODE LIST;:SOUR:LIST:VOLT {};:TRIG:COUN {};:SYST:AZER OFF;:SOUR:DEL 0"


@pytest.fixture
def world_and_box():
    return make()


@pytest.fixture
def box(world_and_box):
    return world_and_box[1]


@pytest.fixture
def world(world_and_box):
    return world_and_box[0]


def test_the_manuals_example_reading(box):
    """100 uA through 10 kOhm, auto-ohms: 48132 = front, auto-ohms, V, I, Ohm, I-source."""
    tell(box, ":SOUR:FUNC CURR;:SOUR:CURR 1E-4;:SENS:FUNC:ALL;:OUTP ON")
    answer = ask(box, ":READ?")
    volts, amperes, ohms, _, status = numbers(answer)
    assert (volts, amperes, ohms) == pytest.approx((1.0, 1e-4, 1e4))
    assert status == 48132
    assert answer.startswith("+1.000000E+00,+1.000000E-04,+1.000000E+04,")


def test_what_is_neither_sourced_nor_measured_is_no_number(box):
    tell(box, ":SENS:FUNC:OFF:ALL;:SENS:FUNC 'CURR';:SOUR:VOLT 1;:OUTP ON")
    volts, amperes, ohms, *_ = numbers(ask(box, ":READ?"))
    assert (volts, amperes, ohms) == pytest.approx((1.0, 1e-4, 9.91e37))
    tell(box, ":SOUR:FUNC CURR;:SOUR:CURR 1E-5")
    volts, amperes, *_ = numbers(ask(box, ":READ?"))
    assert (volts, amperes) == pytest.approx((9.91e37, 1e-5))


def test_elements_come_in_the_instruments_order(box):
    tell(box, ":FORM:ELEM STATUS, CURR,VOLT;:SOUR:VOLT 1;:OUTP 1")
    assert ask(box, ":FORM:ELEM?") == "VOLT,CURR,STAT"
    assert len(numbers(ask(box, ":READ?"))) == 3


@pytest.mark.parametrize(("order", "code"), [("NORM", ">"), ("SWAP", "<")])
def test_binary_readings_have_one_header(box, order, code):
    tell(box, LIST.format("0.5,1", 2) + f";:FORM REAL,32;:FORM:BORD {order};:FORM:ELEM VOLT,CURR")
    tell(box, ":OUTP 1;:READ?")
    data = box.read()
    assert len(data) == 2 + 4 * 4 + 1
    assert data[:2] == b"#0"
    assert struct.unpack(f"{code}4f", data[2:-1]) == pytest.approx((0.5, 5e-5, 1.0, 1e-4))
    assert ask(box, ":FORM?") == "REAL,32"


def test_compliance_and_range_compliance_are_told_apart(box):
    tell(box, ":SENS:CURR:PROT 1E-4;:SOUR:VOLT 5;:SENS:FUNC 'VOLT';:OUTP 1")
    volts, amperes, _, _, status = numbers(ask(box, ":READ?"))
    assert (volts, amperes) == pytest.approx((1.0, 1e-4), rel=1e-6)
    assert int(status) & (1 << 3 | 1 << 16) == 1 << 3
    assert ask(box, ":SENS:CURR:PROT:TRIP?") == "1"
    tell(box, ":SENS:CURR:RANG 1E-5")
    _, amperes, _, _, status = numbers(ask(box, ":READ?"))
    assert amperes == pytest.approx(1.05e-5)
    assert int(status) & (1 << 3 | 1 << 16) == 1 << 16
    tell(box, ":SENS:CURR:RANG 1E-4;:SOUR:VOLT 0.5")
    assert int(numbers(ask(box, ":READ?"))[4]) & (1 << 3 | 1 << 16) == 0
    assert ask(box, ":SENS:CURR:PROT:TRIP?") == "0"
    assert errors(box) == []


# Sweeps.


def test_the_vendors_list_sweep(box):
    for line in (
        "*RST", "SOUR:FUNC VOLT", "SOUR:VOLT:MODE LIST", "SOUR:LIST:VOLT 7, 1, 3, 8, 2",
        "SOUR:DEL 0.1", "SENS:FUNC 'CURR:DC'", "SENS:CURR:PROT 1e-3", "TRIG:COUN 5", "OUTP ON",
    ):  # fmt: skip
        tell(box, line)
    readings = np.array(numbers(ask(box, "READ?"))).reshape(5, 5)
    tell(box, "OUTP OFF")
    assert readings[:, 1] == pytest.approx(np.array([7, 1, 3, 8, 2]) / OHM, rel=1e-6)
    assert np.diff(readings[:, 3]) == pytest.approx(0.1 + 2 / 50 + OVERHEAD, rel=1e-4)
    assert errors(box) == []


def test_lists_grow_by_hundreds_to_2500(box):
    hundred = ",".join(["1"] * 100)
    tell(box, f":SOUR:LIST:VOLT {hundred}")
    for _ in range(24):
        tell(box, f":SOUR:LIST:VOLT:APP {hundred}")
    assert ask(box, ":SOUR:LIST:VOLT:POIN?") == "2500"
    assert errors(box) == []
    tell(box, ":SOUR:LIST:VOLT:APP 1")
    tell(box, f":SOUR:LIST:VOLT {hundred},1")
    assert errors(box) == [-223, -223]
    assert ask(box, ":SOUR:LIST:VOLT:POIN?") == "2500"


def test_staircases_couple_step_and_points(box):
    tell(box, ":SOUR:VOLT:MODE SWE;:SOUR:VOLT:STAR 0;:SOUR:VOLT:STOP 1;:SOUR:SWE:POIN 11")
    assert float(ask(box, ":SOUR:VOLT:STEP?")) == pytest.approx(0.1)
    tell(box, ":SOUR:VOLT:STEP 0.25")
    assert ask(box, ":SOUR:SWE:POIN?") == "5"
    tell(box, ":TRIG:COUN 5;:FORM:ELEM CURR;:OUTP 1")
    assert numbers(ask(box, ":READ?")) == pytest.approx([0, 2.5e-5, 5e-5, 7.5e-5, 1e-4], abs=1e-9)
    assert numbers(ask(box, ":SOUR:SWE:DIR DOWN;:READ?"))[0] == pytest.approx(1e-4)
    tell(box, ":SOUR:VOLT:CENT 2;:SOUR:VOLT:SPAN 2;:SOUR:SWE:SPAC LOG;:SOUR:SWE:DIR UP")
    assert ask(box, ":SOUR:VOLT:STAR?;STOP?") == "+1.000000E+00;+3.000000E+00"
    tell(box, ":SENS:CURR:PROT 1e-3")
    assert numbers(ask(box, ":READ?"))[2] == pytest.approx(3**0.5 / OHM, rel=1e-4)
    assert errors(box) == []


def test_arm_repeats_the_sweep_and_no_more_than_2500_times(box):
    tell(box, LIST.format("0.1,0.2", 2) + ";:ARM:COUN 3;:FORM:ELEM VOLT;:OUTP 1")
    assert numbers(ask(box, ":READ?")) == pytest.approx([0.1, 0.2] * 3)
    tell(box, ":ARM:COUN 1251")
    assert errors(box) == [-222]
    assert ask(box, ":ARM:COUN?") == "3"


def test_a_timed_arm_keeps_its_interval(box):
    tell(box, ":ARM:COUN 3;:ARM:SOUR TIM;:ARM:TIM 0.5;:FORM:ELEM TIME;:OUTP 1")
    assert np.diff(numbers(ask(box, ":READ?"))) == pytest.approx(0.5, rel=1e-4)


def test_the_bus_triggers_what_init_has_armed(box):
    tell(box, ":ARM:SOUR BUS;:OUTP 1;:SOUR:VOLT 1;:FORM:ELEM CURR;:INIT")
    assert ask(box, ":FETC?") is None
    assert errors(box) == [-230]
    tell(box, "*TRG")
    assert numbers(ask(box, ":FETC?")) == pytest.approx([1e-4])
    tell(box, "*TRG")
    assert errors(box) == [-211]
    assert ask(box, ":READ?") is None
    assert errors(box) == [-214]
    tell(box, ":INIT;:INIT")
    assert errors(box) == [-213]


@pytest.mark.parametrize(
    ("setup", "seconds"),
    [
        (":SENS:CURR:NPLC 1", 20e-3),
        (":SENS:CURR:NPLC 0.01", 0.2e-3),
        (":SENS:CURR:NPLC 1;:SENS:FUNC 'VOLT'", 40e-3),
        (":SENS:CURR:NPLC 1;:SYST:AZER ON", 40e-3),
        (":SENS:CURR:NPLC 1;:SENS:AVER ON;:SENS:AVER:COUN 5", 0.1),
        (":SENS:CURR:NPLC 1;:SYST:LFR 60", 1 / 60),
        (":SENS:CURR:NPLC 1;:TRIG:DEL 0.5", 0.52),
        (":SENS:CURR:NPLC 1;:SOUR:DEL 0.25", 0.27),
        (":SENS:CURR:NPLC 1;:SOUR:DEL:AUTO ON", 21e-3),
    ],
)
def test_a_reading_takes_its_time(box, world, setup, seconds):
    tell(box, f":SYST:AZER OFF;:SOUR:DEL 0;{setup};:OUTP 1")
    began = world.now
    ask(box, ":READ?")
    assert world.now - began == pytest.approx(seconds + OVERHEAD)


def test_autozero_once_takes_time_and_ends_autozero(box, world):
    tell(box, ":SYST:AZER ONCE")
    assert world.now == pytest.approx(0.04)
    assert ask(box, ":SYST:AZER?") == "0"


# What the device feels.


def drives(world, monkeypatch):
    log = []
    for name in ("hold", "release", "play"):
        real = getattr(world, name)

        def spy(port, *args, _real=real, _name=name, **rest):
            log.append((_name, *args))
            return _real(port, *args, **rest)

        monkeypatch.setattr(world, name, spy)
    return log


def test_output_off_is_off(box, world, monkeypatch):
    log = drives(world, monkeypatch)
    tell(box, ":SOUR:VOLT 1")
    assert log == []
    tell(box, ":OUTP 1")
    assert log[-1] == ("hold", 1.0)
    tell(box, ":OUTP 0")
    assert log[-1] == ("release",)
    tell(box, ":OUTP 1;:ROUT:TERM REAR")
    assert log[-1] == ("release",)
    assert ask(box, ":OUTP?") == "0"


def test_a_sweep_is_played_at_the_levels_of_its_range_and_its_last_one_stays(
    box, world, monkeypatch
):
    log = drives(world, monkeypatch)
    tell(box, LIST.format("0.12341234,-1.5,0.7", 3) + ";:OUTP 1;:INIT")
    (_, levels, dwell, _), last = log[-2:]
    assert levels == pytest.approx([0.1234, -1.5, 0.7], abs=1e-9)
    assert dwell == pytest.approx([20e-3 + OVERHEAD] * 3)
    assert last == ("hold", pytest.approx(0.7))


def test_automatic_output_off(box, world, monkeypatch):
    log = drives(world, monkeypatch)
    tell(box, ":SOUR:CLE:AUTO ON;:SOUR:VOLT 1")
    assert numbers(ask(box, ":READ?"))[1] == pytest.approx(1e-4)
    assert log[-1] == ("release",)
    assert ask(box, ":OUTP?") == "0"


def test_current_source_stops_at_its_voltage_compliance(box):
    tell(box, ":SOUR:FUNC CURR;:SOUR:CURR -1E-3;:SENS:VOLT:PROT 2;:SENS:FUNC 'VOLT'")
    volts, amperes, _, _, status = numbers(ask(box, ":OUTP 1;:READ?"))
    assert (volts, amperes) == pytest.approx((-2.0, -2e-4), rel=1e-4)
    assert int(status) >> 3 & 1


def test_digital_lines_drive_the_relay_and_survive_reset():
    world, box = make(name="relay", generator="gen", line=2)
    tell(box, ":SOUR2:TTL 2")
    assert world.relay_operations == 1
    tell(box, "*RST")
    assert ask(box, ":SOUR2:TTL?;TTL:ACT?") == "2;2"
    tell(box, ":SOUR2:TTL 8")
    assert errors(box) == [-222]
    tell(box, ":SOUR2:BSIZ 4;:SOUR2:TTL 8;:SOUR2:CLE")
    assert errors(box) == []
    assert world.relay_operations == 2


# Errors.


@pytest.mark.parametrize(
    ("message", "number"),
    [
        (":READ?", 803),
        (":INIT", 803),
        (":SOUR:VOLT 211", -222),
        (":SENS:CURR:PROT 2", -222),
        (":SENS:CURR:PROT 1;:SOUR:VOLT 22", 826),
        (":SOUR:VOLT 22;:SENS:CURR:PROT 1", 826),
        (":SENS:CURR:PROT 1;:SOUR:LIST:VOLT 1,30", 826),
        (":SENS:CURR:RANG 1E-2", 824),
        (":SENS:CURR:RANG 1E-4;:SENS:CURR:PROT 9E-8", 822),
        (":SENS:VOLT:RANG 2", -221),
        (":TRAC:FEED:CONT NEXT;:TRAC:POIN 10", 800),
        (":TRAC:FEED:CONT NEXT;:TRAC:FEED CALC1", 800),
        (":SOUR:VOLT:MODE LIST;:OUTP 1;:READ?", -221),
        (":ARM:COUN INF;:OUTP 1;:READ?", 830),
        (":SENS:FUNC 'FREQ'", -224),
        (":FORM:ELEM VOLT,POWER", -224),
        (":SOUR:VOLT:ILIM 1", -113),
        (":SENS:CURR:RSEN ON", -113),
        ("*LANG?", -113),
        (":TRAC:DATA?", -230),
    ],
)
def test_errors(box, message, number):
    tell(box, message)
    box.clear()
    assert errors(box) == [number]


def test_errors_have_the_manuals_texts_and_the_execution_bit(box):
    tell(box, "*CLS;:INIT;:SOUR:VOLT 300")
    assert ask(box, ":STAT:QUE?") == '803,"Not permitted with OUTPUT off"'
    assert ask(box, ":SYST:ERR?") == '-222,"Parameter data out of range"'
    assert ask(box, "*ESR?") == "16"


def test_a_refused_setting_stays(box):
    tell(box, ":SENS:CURR:PROT 1E-3;:SENS:CURR:RANG 1E-3;:SENS:CURR:RANG 1;:SOUR:VOLT 500")
    assert float(ask(box, ":SENS:CURR:RANG?")) == pytest.approx(1.05e-3)
    assert float(ask(box, ":SOUR:VOLT?")) == 0.0
    assert errors(box) == [824, -222]


def test_a_lower_compliance_takes_the_range_along(box):
    tell(box, ":SENS:CURR:PROT 1E-3;:SENS:CURR:RANG 1E-3;:SENS:CURR:PROT 2E-5")
    assert float(ask(box, ":SENS:CURR:RANG?")) == pytest.approx(1.05e-4)


# Trace buffer.


def test_the_buffer_fills_once_and_says_so(box):
    tell(box, ":STAT:PRES;*CLS;*SRE 1;:STAT:MEAS:ENAB 512;")
    tell(box, ":TRAC:CLE;:TRAC:POIN 4;:TRAC:FEED SENS;:TRAC:FEED:CONT NEXT;:TRIG:COUN 3;:OUTP 1")
    tell(box, ":SOUR:VOLT 1;:INIT")
    assert int(ask(box, "*STB?")) & 65 == 0
    assert ask(box, ":TRAC:FEED:CONT?;:TRAC:POIN:ACT?") == "NEXT;3"
    tell(box, ":INIT")
    assert int(ask(box, "*STB?")) & 65 == 65
    assert ask(box, ":TRAC:FEED:CONT?;:TRAC:POIN:ACT?") == "NEV;4"
    assert len(numbers(ask(box, ":TRAC:DATA?"))) == 4 * 5
    assert int(ask(box, ":STAT:MEAS?")) & 512
    assert int(ask(box, "*STB?")) & 1 == 0
    tell(box, "*RST")
    assert ask(box, ":TRAC:POIN?;POIN:ACT?") == "4;4"
    tell(box, ":TRAC:CLE")
    assert ask(box, ":TRAC:POIN:ACT?;:TRAC:FREE?") == "0;50000,0"


def test_statistics_of_the_buffer(box):
    tell(box, LIST.format("1,2,3", 3) + ";:SENS:CURR:PROT 1E-3;:FORM:ELEM VOLT,CURR")
    tell(box, ":TRAC:POIN 3;:TRAC:FEED:CONT NEXT;:OUTP 1;:INIT")
    for kind, expected in (("MEAN", 2), ("MAX", 3), ("MIN", 1), ("PKPK", 2), ("SDEV", 1)):
        answer = ask(box, f":CALC3:FORM {kind};:CALC3:DATA?")
        assert numbers(answer) == pytest.approx([expected, expected / OHM], rel=1e-6)


def test_relative_time_stamps(box):
    tell(box, ":TRIG:COUN 3;:TRAC:POIN 3;:TRAC:FEED:CONT NEXT;:OUTP 1;:INIT;:FORM:ELEM TIME")
    tell(box, ":TRAC:TST:FORM DELT")
    first, *later = numbers(ask(box, ":TRAC:DATA?"))
    assert first == 0.0
    assert later[0] == pytest.approx(later[1], rel=1e-4)
    tell(box, ":SYST:TIME:RES")
    assert float(ask(box, ":SYST:TIME?")) == 0.0


def test_a_staircase_beyond_the_power_is_refused_before_it_is_sourced(box, world):
    """A list was refused, the same levels as a staircase reached the device: 200 V at 1 A."""
    tell(box, ":SENS:CURR:PROT 1;:SOUR:VOLT:MODE SWE;:SOUR:VOLT:STAR 0;STOP 200")
    tell(box, ":SOUR:SWE:POIN 3;:TRIG:COUN 3;:OUTP ON")
    assert errors(box) == []
    before = world.segments
    assert ask(box, ":READ?") is None
    assert errors(box) == [826]
    assert (world.segments, world.at_rest) == (before, True)


@pytest.mark.parametrize(("abort", "readings"), [("NEV", 4), ("LATE", 3), ("EARL", 2)])
@pytest.mark.parametrize("kind", ["VOLT", "CURR"])
def test_a_sweep_ends_at_the_compliance_where_it_is_told_to(box, kind, abort, readings):
    """The third of four levels is more than the limit lets through 10 kOhm."""
    limit, levels = ("CURR", "0.1,0.2,1,0.3") if kind == "VOLT" else ("VOLT", "1E-5,2E-5,1E-4,3E-5")
    tell(box, f":SOUR:FUNC {kind};:SENS:{limit}:PROT {'5E-5' if kind == 'VOLT' else '0.5'}")
    tell(box, f":SOUR:{kind}:MODE LIST;:SOUR:LIST:{kind} {levels};:TRIG:COUN 4")
    tell(box, f":SOUR:SWE:CAB {abort};:FORM:ELEM VOLT,CURR;:SENS:FUNC 'VOLT','CURR';:OUTP ON")
    found = numbers(ask(box, ":READ?"))
    assert errors(box) == []
    assert len(found) == 2 * readings
    if readings > 2:
        assert found[4:6] == pytest.approx([0.5, 5e-5])


def test_errors_by_number_and_all_at_once(box):
    tell(box, ":NONSENSE")
    assert ask(box, ":SYST:ERR:CODE?") == "-113"
    tell(box, ":NONSENSE")
    tell(box, ":SOUR:VOLT 300")
    assert (
        ask(box, ":SYST:ERR:ALL?") == '-113,"Undefined header",-222,"Parameter data out of range"'
    )
    assert ask(box, ":SYST:ERR:ALL?") == '0,"No error"'


def test_what_any_scpi_instrument_and_its_users_say(box):
    assert ask(box, ":SYST:VERS?") == "1996.0"
    tell(box, ":SOUR:VOLT 1;:CONF:CURR:DC;:OUTP ON")
    assert numbers(ask(box, ":MEAS:CURR:DC?"))[1] == pytest.approx(1e-4)
    assert errors(box) == []
