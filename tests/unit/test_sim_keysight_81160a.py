"""The simulated 81160A against its manual, and PyMeasure's own driver on it."""

import numpy as np
import pytest
from pymeasure.adapters import VISAAdapter
from pymeasure.instruments.keysight import Keysight81160A as StockDriver

from sim_instruments.keysight_81160a import RELAY, Keysight81160A
from sim_instruments.visa import open_library


class SpyWorld:
    """Writes down what a generator does to the device."""

    def __init__(self):
        self.now = 0.0
        self.held = None
        self.resistance = None
        self.plays = []

    def attach(self, port):
        self.held = None

    def sleep(self, seconds):
        self.now += seconds

    def hold(self, port, voltage, limit=np.inf, resistance=0.0):
        self.held, self.resistance = voltage, resistance

    def release(self, port):
        self.held = None

    def play(self, port, voltage, duration, ramp, *, count, resistance, record):
        assert not record
        self.plays.append((voltage.tolist(), duration.tolist(), ramp.tolist(), count, resistance))
        self.now += count * float(np.sum(duration) + np.sum(ramp))


@pytest.fixture
def world():
    return SpyWorld()


@pytest.fixture
def box(world):
    return Keysight81160A(world, "gen")


def tell(box, message):
    box.write(message if isinstance(message, bytes) else message.encode() + b"\n")


def ask(box, message):
    tell(box, message)
    answer = box.read()
    return None if answer is None else answer.decode().strip()


def error(box):
    return int(ask(box, ":SYST:ERR?").partition(",")[0])


PULSES = ":FUNC1 PULS;:ARM:SOUR1 MAN;:VOLT1:HIGH 1;:VOLT1:LOW 0;:OUTP1 ON"


def test_a_level_programmed_for_fifty_ohm_is_doubled_into_an_open_circuit(box, world):
    tell(box, PULSES + ";*TRG")
    assert world.plays[0][0] == pytest.approx([2.0, 0.0])
    assert world.plays[0][4] == 50.0


def test_load_rescales_the_numbers_and_not_the_output(box, world):
    tell(box, ":FUNC1 DC;:VOLT1:OFFS 1;:OUTP1 ON")
    assert world.held == pytest.approx(2.0)
    assert float(ask(box, ":OUTP1:LOAD 1E6;:VOLT1:OFFS?")) == pytest.approx(2.0, rel=1e-4)
    assert world.held == pytest.approx(2.0)


def test_a_triggered_pulse_is_its_width_at_half_height_whatever_the_period(box, world):
    tell(box, PULSES + ";:PULS:PER1 1;:PULS:WIDT1 1E-6;:FUNC1:PULS:TRAN 1E-7;*TRG")
    voltage, duration, ramp, count, _ = world.plays[0]
    assert voltage == pytest.approx([2.0, 0.0])
    assert ramp == pytest.approx([1.25e-7, 1.25e-7])
    assert duration == pytest.approx([1e-6 - 1.25e-7, 0.0])
    assert count == 1


def test_a_burst_is_count_periods_and_opc_waits_for_it(box, world):
    tell(box, PULSES + ";:PULS:PER1 1E-3;:TRIG1:COUN 500")
    began = world.now
    assert ask(box, "*TRG;*OPC?") == "1"
    assert world.now - began == pytest.approx(0.5)
    assert ask(box, ":BURS1:STAT?;:BURS1:NCYC?;:TRIG1:COUN?") == "1;500;500"
    assert ask(box, ":TRIG1:COUN 1;:BURS1:STAT?") == "0"


def test_it_rests_at_the_low_level_and_inverted_at_the_high_one(box, world):
    tell(box, PULSES)
    assert world.held == 0.0
    tell(box, ":VOLT1:LOW -1;:VOLT1:HIGH 0;:OUTP1:POL INV;*TRG")
    assert world.held == 0.0
    assert world.plays[0][0] == pytest.approx([-2.0, 0.0])
    tell(box, ":OUTP1:POL NORM")
    assert world.held == pytest.approx(-2.0)
    tell(box, ":OUTP1 OFF")
    assert world.held is None


def test_a_block_is_played_sample_by_sample_and_rests_at_the_first(box, world):
    codes = np.array([0, 8191, 8191, -8191], dtype=">i2").tobytes()
    tell(box, b":DATA1:DAC VOLATILE,#18" + codes + b"\n")
    tell(box, ":FUNC1 USER;:ARM:SOUR1 MAN;:OUTP1:LOAD 1E6;:VOLT1:HIGH 1;:VOLT1:LOW -1")
    tell(box, ":FREQ1 250E3;:TRIG1:COUN 3;:OUTP1 1;*TRG")
    voltage, duration, ramp, count, _ = world.plays[0]
    assert voltage == pytest.approx([0.0, 1.00005, -1.00005], rel=1e-6)
    assert duration == pytest.approx([1e-6, 2e-6, 1e-6])
    assert ramp == [0.0, 0.0, 0.0]
    assert count == 3
    assert world.held == 0.0


def test_numbers_do_for_a_waveform_too(box, world):
    tell(box, ":DATA1:DAC VOLATILE, 0, 4096, -8191")
    tell(box, ":FUNC1 USER;:ARM:SOUR1 MAN;:VOLT1 2;:OUTP1 1;*TRG")
    assert error(box) == 0
    assert world.plays[0][0] == pytest.approx([0.0, 2 * 4096 / 8191, -2.0])


def test_the_output_relay_takes_its_time(box, world):
    tell(box, ":OUTP1 ON;:OUTP1 ON")
    assert world.now == RELAY


def test_channel_two_is_wired_to_nothing(box, world):
    tell(box, ":FUNC2 DC;:VOLT2:OFFS 1;:OUTP2 ON")
    assert world.held is None
    assert ask(box, ":OUTP2?;:OUTP1?") == "1;0"


@pytest.mark.parametrize(
    ("message", "number", "question", "kept"),
    [
        (":VOLT1:HIGH 6", -222, ":VOLT1:HIGH?", 0.025),
        (":VOLT1:LOW 1", -221, ":VOLT1:LOW?", -0.025),
        (":VOLT1 0.01", -221, ":VOLT1?", 0.05),
        (":PULS:WIDT1 1E-9", -222, ":PULS:WIDT1?", 1e-7),
        (":FUNC1:PULS:TRAN 1E-7", -221, ":FUNC1:PULS:TRAN?", 1e-9),
        (":PULS:PER1 1E-9", -222, ":PULS:PER1?", 1e-6),
        (":FUNC1 PULS;:PULS:WIDT1 2E-6", -221, ":PULS:WIDT1?", 1e-7),
        (":OUTP1:LOAD 2E6", -222, ":OUTP1:LOAD?", 50.0),
        (":BURS1:NCYC 1", -222, ":BURS1:NCYC?", 2.0),
        (":VOLT1:LIM:HIGH 0.01;:VOLT1:LIM:STAT ON", -221, ":VOLT1:LIM:STAT?", 0.0),
        (":VOLT1:LIM:HIGH 1;:VOLT1:LIM:STAT ON;:VOLT1:HIGH 1.1", -222, ":VOLT1:HIGH?", 0.025),
        (":DATA1:DAC VOLATILE,0,9000", -222, ":VOLT1?", 0.05),
        (":DATA1:DAC VOLATILE,0", -109, ":VOLT1?", 0.05),
        (":DATA1:DAC VOLATILE,#13abc", -161, ":VOLT1?", 0.05),
        (":DATA1:DAC OTHER,0,1", -224, ":VOLT1?", 0.05),
        ("*TRG", -211, ":VOLT1?", 0.05),
        (":FUNC1 TRI", -224, ":VOLT1?", 0.05),
        (":APPL1:SIN 1E9", -222, ":FREQ1?", 1e6),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_the_setting(box, message, number, question, kept):
    tell(box, message)
    assert error(box) == number
    assert float(ask(box, question)) == pytest.approx(kept)


def test_the_users_limits_stop_a_level_before_it_reaches_the_device(box, world):
    tell(box, PULSES + ";:VOLT1:LIM:HIGH 1.5;:VOLT1:LIM:LOW -1.5;:VOLT1:LIM:STAT 1")
    tell(box, ":VOLT1:HIGH 3;*TRG")
    assert error(box) == -222
    assert world.plays[0][0] == pytest.approx([2.0, 0.0])


def test_waveform_memory(box):
    tell(box, ":DATA1:DAC VOLATILE,0,1;:DATA1:COPY SPIKE, VOLATILE")
    assert ask(box, ":DATA1:NVOL:FREE?;:DATA1:NVOL:CAT?") == '3;"SPIKE"'
    tell(box, "*RST;:FUNC1:USER SPIKE;:DATA1:DEL SPIKE")
    assert error(box) == 0
    assert ask(box, ":DATA1:NVOL:FREE?") == "4"
    tell(box, ":DATA1:DEL SPIKE")
    assert error(box) == -224
    for name in ("A", "B", "C", "D", "E"):
        tell(box, f":DATA1:COPY {name}")
    assert error(box) == -225


def test_apply_sets_everything_and_switches_on(box, world):
    tell(box, ":APPL1:DC DEF, DEF, 0.75")
    assert world.held == pytest.approx(1.5)
    assert ask(box, ":FUNC1?;:OUTP1?") == "DC;1"
    assert ask(box, ":APPL1:PULS 2E6, 1, 0.5;:FREQ1?") == "+2.000000000000E+06"


def test_reset_switches_off_and_keeps_errors(box, world):
    tell(box, PULSES + ";:FOO")
    tell(box, "*RST")
    assert world.held is None
    assert ask(box, ":SYST:ERR?") == '-113,"Undefined header"'
    assert ask(box, ":SYST:ERR?") == '+0,"No error"'


NOT_A_81160A = {"arb_advance", "arb_filter", "arb_srate", "trigger_source"}
CHANNEL_ONLY_33500 = {"phase", "arb_file"}


@pytest.fixture
def stock():
    address = "GPIB0::10::INSTR"
    library = open_library(
        instruments={"gen": ("keysight_81160a", address)},
        wiring={"name": "direct", "source_meter": "smu", "generator": "gen"},
        simulation={"model": "resistor", "seed": 1},
    )
    ends = {"write_termination": "\n", "read_termination": "\n"}
    driver = StockDriver(VISAAdapter(address, visa_library=library, **ends))
    yield driver
    assert not driver.check_errors()


def properties(owner):
    return [n for n in dir(type(owner)) if isinstance(getattr(type(owner), n), property)]


def test_every_property_of_pymeasures_own_driver_can_be_read(stock):
    """Except for what it inherits from the 33500 and the box has not got."""
    for name in properties(stock):
        if name not in NOT_A_81160A | {"display"}:
            getattr(stock, name)
    for name in properties(stock.ch_2):
        if name not in NOT_A_81160A | CHANNEL_ONLY_33500:
            getattr(stock.ch_2, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shape", "PULS"), ("frequency", 2e6), ("amplitude", 1.5), ("offset", 0.25),
        ("voltage_high", 1.25), ("voltage_low", -0.5), ("square_dutycycle", 30),
        ("ramp_symmetry", 25), ("pulse_period", 1e-5), ("pulse_width", 2e-7),
        ("pulse_hold", "DCYC"), ("pulse_dutycycle", 20), ("pulse_transition", 1e-8),
        ("output_load", 1e5), ("burst_mode", "GAT"), ("burst_period", 1e-2),
        ("burst_ncycles", 12), ("limit_high", 3.0), ("limit_low", -3.0),
        ("limit_state_enabled", True), ("coupling_enabled", True), ("trigger_mode", "MAN"),
        ("trigger_count", 4), ("output", True), ("amplitude_unit", "VRMS"),
    ],
)  # fmt: skip
def test_what_pymeasures_channel_sets_it_gets_back(stock, name, value):
    channel = stock.ch_1
    setattr(channel, name, value)
    assert getattr(channel, name) == (pytest.approx(value) if isinstance(value, float) else value)


def test_pymeasures_waveform_recipe(stock):
    channel = stock.ch_1
    waveform = np.array([-2.0, -1.5, 0.0, 1.5, 2.0])
    channel.save_waveform(waveform, "test")
    assert channel.free_memory_slots == 3
    channel.shape, channel.trigger_mode, channel.trigger_count = "USER", "MAN", 2
    channel.output = True
    stock.trigger()
    channel.delete_waveform("test")
    for apply in (channel.apply_sin, channel.apply_square, channel.apply_user_waveform):
        apply(1e6, 1.0, 0.5)
    channel.apply_pulse(1e6, 1.0, 0.5)
    channel.apply_noise(1.0, 0.5)
    channel.apply_dc(0.5)


def test_a_waveform_in_use_is_not_deleted(box, world):
    """Deleted, it left an output that said it was off, and was on with the next setting."""
    tell(box, b":DATA1:DAC VOLATILE,#14\x1f\xff\xe0\x01;:DATA1:COPY RISE")
    tell(box, ":FUNC1:USER RISE;:FUNC1 USER;:ARM:SOUR1 MAN")
    tell(box, ":DATA1:DEL RISE")
    assert error(box) == -221
    tell(box, ":OUTP1 ON;:FUNC1 PULS;:OUTP1 OFF")
    assert error(box) == 0
    assert world.held is None


def test_an_output_without_its_waveform_stays_off(box, world):
    tell(box, ":FUNC1:USER NOWHERE;:FUNC1 USER;:ARM:SOUR1 MAN;:OUTP1 ON")
    assert error(box) == -224
    assert ask(box, ":OUTP1?") == "0"
    tell(box, ":FUNC1 PULS")
    assert world.held is None


def test_what_cannot_be_applied_whole_is_not_applied_at_all(box, world):
    tell(box, ":FUNC1 SQU;:FREQ1 1E3;:VOLT1 1;:VOLT1:OFFS 0.5")
    tell(box, ":APPL1:RAMP 2E3, 50, 0")
    assert error(box) == -222
    assert [ask(box, f":{name}?") for name in ("FUNC1", "OUTP1")] == ["SQU", "0"]
    assert float(ask(box, ":FREQ1?")) == pytest.approx(1e3)
    assert [float(ask(box, f":VOLT1{name}?")) for name in ("", ":OFFS")] == [1.0, 0.5]
    assert world.held is None
