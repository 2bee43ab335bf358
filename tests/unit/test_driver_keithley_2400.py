"""The exact bytes the 2400 driver sends, and how it reads what comes back."""

import struct

import numpy as np
import pytest
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.stimulus import Segment, Stimulus, pulse, read, staircase, wait
from drivers.conversation import Conversation
from drivers.keithley_2400 import Commands2400, Keithley2400
from drivers.list_sweep import messages

NO_ERROR = '0,"No error"'
DONE = f"1;{NO_ERROR}"
ASK = ";*OPC?;:SYST:ERR?"
SETTINGS = (
    "*RST;*CLS;:OUTP 0;:OUTP:SMOD NORM;"
    ":SOUR:FUNC VOLT;:SOUR:VOLT 0;:SOUR:VOLT:MODE LIST;:SOUR:DEL:AUTO 0;"
    ":SENS:RES:MODE MAN;:SENS:FUNC 'VOLT','CURR';:SENS:AVER 0;:SYST:AZER 0;"
    ":ARM:SOUR IMM;:TRIG:SOUR IMM;:TRIG:DEL 0;:TRAC:FEED:CONT NEV;"
    ":FORM:ELEM VOLT,CURR,STAT;:FORM:BORD SWAP"
)
PREPARE = ((SETTINGS + ASK, DONE), (":SYST:LFR?", "50"))
CURRENT = ":SENS:CURR:RANG 1e-06;:SENS:CURR:PROT 0.0005;:SENS:CURR:RANG 0.001"
ONE = (
    ":SOUR:LIST:VOLT 0.1;:ARM:COUN 1;:TRIG:COUN 1;"
    f"{CURRENT};:SENS:CURR:NPLC 0.2425;:SOUR:DEL 0;:SYST:AZER ONCE;"
    ":FORM ASC"
)
TRIGGER = ":OUTP 1;:READ?;:OUTP 0"
AGAIN = f"{TRIGGER};:SYST:ERR?"
SILENT = ":ABOR;:OUTP 0;:SYST:ERR?"


def first(answer, settings=ONE):
    """Return a first program's dialogue: its current limit is accepted before it is triggered."""
    return (settings + ASK, DONE), (AGAIN, answer)


class Clock:
    def now(self):
        return 12.0

    def sleep(self, seconds):
        raise AssertionError("a source-meter times itself")


def smu(*dialogue, limits=None):
    return expected_protocol(
        Keithley2400, list(dialogue), name="smu", clock=Clock(), limits=limits or Limits()
    )


def program(stimulus: Stimulus, count=1, compliance=5e-4):
    return Program.of(tuple(stimulus.unroll()), count, compliance)


def block(*rows):
    values = [value for row in rows for value in row]
    return b"#0" + struct.pack(f"<{len(values)}f", *values) + b"\n"


def test_opening_it_sends_nothing():
    with smu():
        pass


def test_a_new_limit_is_confirmed_and_an_unchanged_program_only_triggers():
    answer = f"+1.000000E-01,+1.000000E-05,+2.253200E+04;{NO_ERROR}"
    with smu(*PREPARE, *first(answer), (AGAIN, answer)) as instrument:
        readings = instrument.play(program(read(0.1, 10e-3)))
        assert readings.voltage.tolist() == [0.1]
        assert readings.current.tolist() == [1e-5]
        assert readings.limited.tolist() == [False]
        assert readings.time.tolist() == [12.0]
        instrument.play(program(read(0.1, 10e-3)))


@pytest.mark.parametrize(("bit", "limited"), [(3, True), (16, True), (2, False), (11, False)])
def test_compliance_is_a_bit_of_every_reading(bit, limited):
    answer = f"+1.000000E-01,+5.000000E-04,{float(1 << bit):+.6E};{NO_ERROR}"
    with smu(*PREPARE, *first(answer)) as instrument:
        assert instrument.play(program(read(0.1, 10e-3))).limited.tolist() == [limited]


def test_what_is_no_reading_is_not_a_number():
    answer = f"+1.000000E-01,+9.900000E+37,+0.000000E+00;{NO_ERROR}"
    with smu(*PREPARE, *first(answer)) as instrument:
        assert np.isnan(instrument.play(program(read(0.1, 10e-3))).current).all()


def test_a_long_list_travels_in_hundreds_and_its_readings_as_singles():
    levels = np.linspace(0, 1, 250)
    chunks = [",".join(f"{v:.9g}" for v in levels[i : i + 100]) for i in (0, 100, 200)]
    message = (
        f":SOUR:LIST:VOLT:APP {chunks[2]};:ARM:COUN 1;:TRIG:COUN 250;{CURRENT};"
        ":SENS:CURR:NPLC 0.1175;:SOUR:DEL 0;:SYST:AZER ONCE;:FORM REAL,32"
    )
    rows = [(v, v / 1e4, 0.0) for v in levels]
    with smu(
        *PREPARE,
        (f":SOUR:LIST:VOLT {chunks[0]}", None),
        (f":SOUR:LIST:VOLT:APP {chunks[1]}", None),
        (message + ASK, DONE),
        (TRIGGER, block(*rows)),
        (":SYST:ERR?", NO_ERROR),
    ) as instrument:
        readings = instrument.play(program(staircase(0, 1, 250, 5e-3)))
    assert readings.voltage == pytest.approx(levels, abs=1e-7)
    assert readings.current == pytest.approx(levels / 1e4, abs=1e-11)
    assert np.diff(readings.time) == pytest.approx(5e-3)


def test_more_than_2500_readings_are_several_triggers_of_one_list():
    settings = (
        f":SOUR:LIST:VOLT 1,0.1;:ARM:COUN 1;:TRIG:COUN 2;:ARM:COUN 1250;{CURRENT};"
        ":SENS:CURR:NPLC 0.1175;:SOUR:DEL 0;:SYST:AZER ONCE;:FORM REAL,32"
    )
    passes = [(1.0, 1e-4, 0.0), (0.1, 1e-5, 0.0)]
    ok = (":SYST:ERR?", NO_ERROR)
    with smu(
        *PREPARE,
        (settings + ASK, DONE), (TRIGGER, block(*passes * 1250)), ok,
        (TRIGGER, block(*passes * 1250)), ok,
        (f":ARM:COUN 1;:TRIG:COUN 2;:ARM:COUN 100;{TRIGGER}", block(*passes * 100)), ok,
    ) as instrument:  # fmt: skip
        readings = instrument.play(program(pulse(1.0, 5e-3) + read(0.1, 5e-3), count=2600))
    assert len(readings) == 2600
    assert readings.current == pytest.approx(np.full(2600, 1e-5))


@pytest.mark.parametrize(
    ("dwell", "timing"),
    [
        (0.7e-3, ":SENS:CURR:NPLC 0.01;:SOUR:DEL 0"),
        (40.3e-3, ":SENS:CURR:NPLC 1;:SOUR:DEL 0"),
        (40.35e-3, ":SENS:CURR:NPLC 0.99875;:SOUR:DEL 0.0001"),
        (1.0, ":SENS:CURR:NPLC 1;:SOUR:DEL 0.9597"),
    ],
)
def test_conversions_fill_the_step_and_the_delay_takes_the_rest(dwell, timing):
    message = ONE.replace(":SENS:CURR:NPLC 0.2425;:SOUR:DEL 0", timing)
    with smu(*PREPARE, *first(f"0,0,0;{NO_ERROR}", message)) as instrument:
        instrument.play(program(read(0.1, dwell)))


def test_the_line_frequency_is_asked_for():
    sixty = ONE.replace("NPLC 0.2425", "NPLC 0.291")
    with smu(PREPARE[0], (":SYST:LFR?", "60"), *first(f"0,0,0;{NO_ERROR}", sixty)) as instrument:
        instrument.play(program(read(0.1, 10e-3)))


def test_an_error_of_the_setup_is_raised_with_its_number():
    with (
        smu(
            *PREPARE, (ONE + ASK, '1;826,"Attempt to exceed power limit"'),
            (":SYST:ERR?", NO_ERROR), (SILENT, NO_ERROR),
        ) as instrument,
        pytest.raises(InstrumentError, match="smu reports 826,Attempt to exceed power limit"),
    ):  # fmt: skip
        instrument.play(program(read(0.1, 10e-3)))


@pytest.mark.parametrize("answer", [f"x,1,2;{NO_ERROR}", f"1,2;{NO_ERROR}", "\x00\x01", "1,2,3;?"])
def test_garbage_is_an_instrument_error(answer):
    with (
        smu(*PREPARE, *first(answer), (SILENT, NO_ERROR)) as instrument,
        pytest.raises(InstrumentError, match="smu"),
    ):
        instrument.play(program(read(0.1, 10e-3)))


@pytest.mark.parametrize("steps", [1, 20, 21, 100, 101, 117, 118, 119, 120, 200, 201, 777])
def test_the_message_that_switches_on_switches_off(steps):
    class Noted(Conversation):
        def send(self, message):
            sent.append(message)

        def ask_bytes(self, message, size, busy=0.0):
            sent.append(message)
            return block(*[(0.0, 0.0, 0.0)] * steps)

        def ask(self, message, busy=0.0):
            sent.append(message)
            return f"{','.join(['0'] * 3 * steps)};{NO_ERROR}" if ":READ?" in message else NO_ERROR

    sent: list[str] = []
    commands = Commands2400(Noted(None, "smu"), Clock(), "smu")
    levels = np.linspace(0.1, 1 / 3, steps)
    every = tuple(Segment(level, 5e-3, measure=True) for level in levels)
    (sweep,) = commands.translate(Program.of(every, 1, 5e-4))
    changed = [command for chain in sweep.chains for command in chain]
    commands.run(sweep, list(messages(changed, commands.longest)))
    assert max(map(len, sent)) < 1500
    assert sum(":OUTP 1" in message for message in sent) == 1
    assert all(message.count(":OUTP 1") == message.count(":OUTP 0") for message in sent)
    lists = [c for message in sent for c in message.split(";") if c.startswith(":SOUR:LIST")]
    assert sum(command.count(",") + 1 for command in lists) == steps


@pytest.mark.parametrize("status", [float("nan"), -1.0, 2.0**24, 1e30])
def test_a_status_that_cannot_be_is_garbage(status):
    rows = [(0.1, 1e-5, status)] * 40
    settings = ONE.replace(":SOUR:LIST:VOLT 0.1", f":SOUR:LIST:VOLT {','.join(['0.1'] * 40)}")
    settings = settings.replace("TRIG:COUN 1", "TRIG:COUN 40").replace("ASC", "REAL,32")
    with (
        smu(
            *PREPARE, (settings + ASK, DONE), (TRIGGER, block(*rows)), (":SYST:ERR?", NO_ERROR),
            (SILENT, NO_ERROR),
        ) as instrument,
        pytest.raises(InstrumentError, match="smu sent an answer that does not parse"),
    ):  # fmt: skip
        instrument.play(program(staircase(0.1, 0.1, 40, 10e-3)))


def test_a_level_is_held_in_one_trigger_or_not_at_all():
    with smu() as instrument:
        instrument.check(program(read(0.1, 10e-3), 2500))
        instrument.check(program(read(0.1, 10e-3) + wait(10e-3), 2500))
        with pytest.raises(CapabilityError, match="2500 readings while it holds a level"):
            instrument.check(program(read(0.1, 10e-3), 2501))


@pytest.mark.parametrize("count", [0, 10**9 + 1, 10**15])
def test_more_passes_than_anybody_waits_for_are_refused(count):
    cycle = program(read(0.1, 10e-3) + wait(10e-3), count)
    with smu() as instrument, pytest.raises(CapabilityError, match="repeats 1 to 1000000000"):
        instrument.check(cycle)


def test_digital_lines_keep_each_other():
    with smu(
        (":SOUR2:TTL 2" + ASK, DONE),
        (":SOUR2:TTL 3" + ASK, DONE),
        (":SOUR2:TTL 1" + ASK, DONE),
        (":SOUR2:BSIZ 4;:SOUR2:TTL4:MODE EOT;:SOUR2:TTL 9" + ASK, DONE),
        (SETTINGS + ";:SOUR2:BSIZ 4;:SOUR2:TTL4:MODE EOT;:SOUR2:TTL 9" + ASK, DONE),
        (":SYST:LFR?", "50"),
    ) as instrument:
        instrument.set_line(2, True)
        instrument.set_line(1, True)
        instrument.set_line(2, False)
        instrument.set_line(4, True)
        with pytest.raises(CapabilityError, match="1 to 4"):
            instrument.set_line(5, True)
        instrument.prepare()


def test_a_line_whose_setting_failed_is_taken_for_low_and_set_again_from_scratch():
    wide = ":SOUR2:BSIZ 4;:SOUR2:TTL4:MODE EOT;"
    with smu(
        (":SOUR2:TTL 2" + ASK, DONE),
        (wide + ":SOUR2:TTL 10" + ASK, '1;-310,"System error"'),
        (":SYST:ERR?", '0,"No error"'),
        (":SYST:ERR?", '0,"No error"'),
        (SETTINGS + ";" + wide + ":SOUR2:TTL 2" + ASK, DONE),
        (":SYST:LFR?", "50"),
        (":SOUR2:TTL 10" + ASK, DONE),
    ) as instrument:
        instrument.set_line(2, True)
        with pytest.raises(InstrumentError, match="-310"):
            instrument.set_line(4, True)
        instrument.prepare()
        instrument.set_line(4, True)


def test_identity():
    idn = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1234567,C33   Mar 31 2015 09:32:39/A02  /J/H"
    with smu(("*IDN?", idn)) as instrument:
        assert instrument.identify() == idn
    with (
        smu(("*IDN?", "KEITHLEY INSTRUMENTS,MODEL 2450,04096331,1.6.7c")) as instrument,
        pytest.raises(InstrumentError, match="2450"),
    ):
        instrument.identify()


def test_safe_clears_then_switches_off():
    with smu((":ABOR;:OUTP 0" + ASK, DONE)) as instrument:
        instrument.safe()
        assert instrument.adapter.connection.clear.called


@pytest.mark.parametrize(
    ("stimulus", "compliance", "message"),
    [
        (read(211.0, 10e-3), 1e-4, "210 V at most"),
        (read(22.0, 10e-3), 0.2, "105 mA at most at 22 V"),
        (read(1.0, 10e-3), 2.0, "to 1.05 A"),
        (read(1.0, 10e-3), 1e-10, "limits the current to 1 nA to"),
        (read(1.0, 0.5e-3), 1e-3, "at least 0.0007 s"),
        (read(1.0, 1500.0), 1e-3, "999 s at most"),
        (staircase(0, 1, 2501, 1e-2), 1e-3, "2500 steps"),
    ],
)
def test_refusals_name_the_bound(stimulus, compliance, message):
    with smu() as instrument, pytest.raises(CapabilityError, match=message):
        instrument.check(program(stimulus, compliance=compliance))
