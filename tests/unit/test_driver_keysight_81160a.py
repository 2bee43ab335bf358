"""The exact bytes the 81160A driver sends, and what it refuses to send."""

import numpy as np
import pytest
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.stimulus import Segment, Stimulus, pulse, ramp, read, wait
from drivers.keysight_81160a import Keysight81160A
from drivers.keysight_81160a_setups import FASTEST_EDGE

LIMITS = Limits((-2.0, 2.0), 1e-3)
DONE = '1;+0,"No error"'
ASK = ";*OPC?;:SYST:ERR?"
SILENT = ":OUTP1 0;:SYST:ERR?"
PREPARE = (
    "*RST;*CLS;:OUTP1 0;:OUTP1:LOAD 1000000;:VOLT1:LIM:HIGH 1.999900005;"
    ":VOLT1:LIM:LOW -1.999900005;:PULS:HOLD1 WIDT;:ARM:SOUR1 MAN;:TRIG1:COUN 1" + ASK
)
SWING = ":VOLT1 0.10000499975;:VOLT1:OFFS 0.49997500125"
POSITIVE = (
    ":OUTP1 0;:VOLT1:LIM:STAT 0;:PULS:PER1 MAX;:FUNC1 PULS;:OUTP1:POL NORM;"
    f"{SWING};:VOLT1:HIGH 0.9999500025;:VOLT1:LOW 0;:VOLT1:LIM:STAT 1;"
    ":PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 1e-06;:FUNC1:PULS:TRAN 1e-09;"
    ":TRIG1:COUN 1;:OUTP1 1;*TRG" + ASK
)


class StillClock:
    """Notes what was slept."""

    def __init__(self):
        self.slept = []

    def now(self):
        return sum(self.slept)

    def sleep(self, seconds):
        self.slept.append(seconds)


def generator(*dialogue, limits=LIMITS, resistance=2000.0):
    return expected_protocol(
        Keysight81160A, list(dialogue), name="gen", clock=StillClock(), limits=limits,
        series_resistance=resistance,
    )  # fmt: skip


def program(stimulus: Stimulus, count=1):
    return Program.of(tuple(stimulus.unroll()), count, 1e-3)


def check(stimulus, count=1, limits=LIMITS):
    with generator(limits=limits) as instrument:
        instrument.check(program(stimulus, count))


def test_a_pulse_is_set_up_once_and_triggered_with_four_bytes():
    with generator((PREPARE, DONE), (POSITIVE, DONE), ("*TRG" + ASK, DONE)) as instrument:
        instrument.play(program(pulse(1.0, 1e-6)))
        instrument.play(program(pulse(1.0, 1e-6)))


RESTING = (
    POSITIVE.replace("0.9999500025", "0.09999500025")
    .replace("0.49997500125", "0.049997500125")
    .replace(";*TRG", "")
)


def test_at_rest_it_holds_0_v_and_the_first_pulse_opens_no_relay():
    first = ":VOLT1:HIGH 0.9999500025;:PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 2e-06;"
    first += ":FUNC1:PULS:TRAN 1e-09;*TRG" + ASK
    with generator((PREPARE, DONE), (RESTING, DONE), (first, DONE)) as instrument:
        instrument.rest()
        instrument.rest()
        instrument.play(program(pulse(1.0, 2e-6)))


def test_a_higher_pulse_changes_one_level_with_the_output_on():
    higher = f":VOLT1:HIGH {1.1 * 1e6 / (1e6 + 50):.12g};*TRG" + ASK
    with generator((PREPARE, DONE), (POSITIVE, DONE), (higher, DONE)) as instrument:
        instrument.play(program(pulse(1.0, 1e-6)))
        instrument.play(program(pulse(1.1, 1e-6)))


def test_a_negative_pulse_turns_the_polarity_with_the_output_off():
    negative = (
        ":OUTP1 0;:VOLT1:LIM:STAT 0;:PULS:PER1 MAX;:FUNC1 PULS;:OUTP1:POL INV;"
        f"{SWING.replace('0.4', '-0.4')};:VOLT1:HIGH 0;:VOLT1:LOW -0.9999500025;:VOLT1:LIM:STAT 1;"
        ":PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 1e-06;:FUNC1:PULS:TRAN 1e-09;"
        ":OUTP1 1;*TRG" + ASK
    )
    with generator((PREPARE, DONE), (POSITIVE, DONE), (negative, DONE)) as instrument:
        instrument.play(program(pulse(1.0, 1e-6)))
        instrument.play(program(pulse(-1.0, 1e-6)))


def test_what_is_arranged_while_the_device_is_elsewhere_moves_no_relay():
    first = POSITIVE.removeprefix(":OUTP1 0;").replace(";*TRG", "")
    negative = (
        ":VOLT1:LIM:STAT 0;:PULS:PER1 MAX;:FUNC1 PULS;:OUTP1:POL INV;"
        f"{SWING.replace('0.4', '-0.4')};:VOLT1:HIGH 0;:VOLT1:LOW -0.9999500025;:VOLT1:LIM:STAT 1;"
        ":PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 1e-06;:FUNC1:PULS:TRAN 1e-09" + ASK
    )
    trigger = ("*TRG" + ASK, DONE)
    with generator((PREPARE, DONE), (first, DONE), trigger, (negative, DONE), trigger) as each:
        for voltage in (1.0, -1.0):
            each.arrange(program(pulse(voltage, 1e-6)))
            each.play(program(pulse(voltage, 1e-6)))
            each.arrange(program(pulse(voltage, 1e-6)))  # nothing is left to do
        each.arrange(program(wait(1.0)))


def test_the_duts_limits_hold_for_what_is_arranged():
    with generator() as instrument, pytest.raises(LimitExceeded):
        instrument.arrange(program(pulse(2.1, 1e-6)))


def test_edges_and_bursts_in_the_instruments_own_measures():
    burst = (
        ":PULS:PER1 MAX;:FUNC1:PULS:TRAN MIN;:PULS:WIDT1 1.2e-06;:FUNC1:PULS:TRAN 1.6e-07;"
        ":PULS:PER1 5e-06;:TRIG1:COUN 7;*TRG" + ASK
    )
    with generator((PREPARE, DONE), (POSITIVE, DONE), (burst, DONE)) as instrument:
        instrument.play(program(pulse(1.0, 1e-6)))
        instrument.play(program(pulse(1.0, 1e-6, edge=2e-7) + wait(3.6e-6), 7))


def test_two_polarities_are_samples_in_a_big_endian_block():
    codes = np.array([0, 8191, 8191, -8191], dtype=">i2").tobytes()
    upload = b":OUTP1 0;:DATA1:DAC VOLATILE,#18" + codes + b"\n"
    select = (
        ":VOLT1:LIM:STAT 0;:PULS:PER1 MAX;:FUNC1:USER VOLATILE;:FUNC1 USER;:OUTP1:POL NORM;"
        f"{SWING.replace('0.49997500125', '0')};"
        ":VOLT1:HIGH 0.9999500025;:VOLT1:LOW -0.9999500025;:VOLT1:LIM:STAT 1;"
        ":FREQ1 250000;:TRIG1:COUN 9;:OUTP1 1;*TRG" + ASK
    )
    cycle = pulse(1.0, 2e-6) + pulse(-1.0, 1e-6) + wait(1e-6)
    again = (b"*TRG" + ASK.encode(), DONE)
    with generator((PREPARE, DONE), (upload, None), (select, DONE), again) as instrument:
        instrument.play(program(cycle, 9))
        instrument.play(program(cycle, 9))


def test_rests_around_a_single_pulse_are_slept():
    with generator((PREPARE, DONE), (POSITIVE, DONE)) as instrument:
        instrument.play(program(wait(0.25) + pulse(1.0, 1e-6) + wait(2.0)))
        assert instrument.clock.slept == [0.25, 2.0]


def test_an_error_is_raised_and_the_next_program_starts_afresh():
    refused = '1;-222,"Data out of range"'
    with generator(
        (PREPARE, DONE), (POSITIVE, refused), (":SYST:ERR?", '-221,"Settings conflict"'),
        (":SYST:ERR?", '+0,"No error"'), (SILENT, '+0,"No error"'),
        (PREPARE, DONE), (POSITIVE, DONE),
    ) as instrument:  # fmt: skip
        with pytest.raises(InstrumentError, match=r"gen reports -222,Data out.*-221,Settings"):
            instrument.play(program(pulse(1.0, 1e-6)))
        instrument.play(program(pulse(1.0, 1e-6)))


def test_garbage_is_an_instrument_error():
    with (
        generator((PREPARE, "\x07\x01"), (SILENT, '+0,"No error"')) as instrument,
        pytest.raises(InstrumentError, match="does not parse"),
    ):
        instrument.play(program(pulse(1.0, 1e-6)))


def test_identity():
    with generator(("*IDN?", "Agilent Technologies,81160A,MY51400123,1.0.3.0-2.6")) as instrument:
        assert instrument.identify().startswith("Agilent")
    with (
        generator(("*IDN?", "Agilent Technologies,33522B,1,81160A")) as instrument,
        pytest.raises(InstrumentError, match="33522B"),
    ):
        instrument.identify()


def test_safe_is_one_command():
    with generator((":OUTP1 0" + ASK, DONE)) as instrument:
        instrument.safe()
        assert instrument.adapter.connection.clear.called


def test_the_duts_limits_are_the_last_gate():
    with (
        generator() as instrument,
        pytest.raises(LimitExceeded, match="outside the DUT's limits"),
    ):
        instrument.play(program(pulse(2.1, 1e-6)))


def test_capabilities_are_honest():
    with generator() as instrument:
        able = instrument.capabilities
    assert able.current is None
    assert able.resistance == 50
    assert able.edge == pytest.approx(1.25e-9)
    assert not able.measures


@pytest.mark.parametrize(
    ("stimulus", "count", "message"),
    [
        (pulse(10.5, 1e-6), 1, "10 V at most"),
        (read(0.1), 1, "measures nothing"),
        (pulse(1.0, 1e-6) + pulse(0.5, 1.0), 1, "131071 steps"),
        (pulse(1.0, 1e-9), 1, "nothing shorter than 1.5e-09 s"),
        (pulse(1.0, 1.005e-6) + pulse(0.5, 1.0e-6) + pulse(1.0, 1e-6) + wait(1.0), 1, "steps"),
        (ramp(1.0, 1e-6), 1_000_000, "end each pass with a moment at 0 V"),
        (pulse(9.0, 1e-6) + pulse(-9.0, 1e-6), 1, "swings 10 V at most"),
        (pulse(1.0, 2e6), 1, "1e\\+06 s at most"),
        (pulse(1e-6, 1e-6), 1, "finest"),
    ],
)
def test_refusals_name_the_bound(stimulus, count, message):
    with pytest.raises(CapabilityError, match=message):
        check(stimulus, count)


def test_a_waveform_shorter_than_its_shortest_period():
    with pytest.raises(CapabilityError, match=r"gen plays waveforms of 3\.03e-09 s or more"):
        check(pulse(0.05, 1.5e-9))  # with the sample at rest, 3 ns


def test_an_answer_before_its_time_does_not_end_a_burst():
    burst = POSITIVE.replace(":FUNC1:PULS:TRAN 1e-09", ":FUNC1:PULS:TRAN 1e-09;:PULS:PER1 0.1")
    burst = burst.replace(":TRIG1:COUN 1", ":TRIG1:COUN 7")
    with generator((PREPARE, DONE), (burst, DONE)) as instrument:
        instrument.play(program(pulse(1.0, 1e-6) + wait(0.1 - 1e-6), 7))
        assert instrument.clock.slept == pytest.approx([0.7])


def test_a_window_too_small_for_the_smallest_swing():
    with pytest.raises(CapabilityError, match="no room"):
        check(pulse(0.05, 1e-6), limits=Limits((0.0, 0.05), 1e-3))


def test_edges_shorter_than_its_own_are_refused():
    with pytest.raises(CapabilityError):
        check(Stimulus((Segment(1.0, 1e-6, ramp=FASTEST_EDGE / 2), Segment(0.0, 1e-6))))
