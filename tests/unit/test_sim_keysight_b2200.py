"""The simulated B2200 against its manual, and the words other people's drivers send it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix_bench import MatrixBench, SpyWorld

from sim_instruments.keysight_b2200 import RELAY, KeysightB2200, KeysightE5250A


@pytest.fixture
def bench():
    return MatrixBench(KeysightB2200)


# The words QCoDeS's driver sends to a real one, each followed by *ESR? there.
QCODES = (
    ":CLOS (@00248)", ":OPEN (@00248)", ":OPEN (@00322)", ":OPEN:CARD 0",
    ":CLOS (@00345,01109)", ":OPEN (@00345,01109)",
    ":CONN:RULE 0,SROU", ":CONN:RULE 0,FREE",
    ":CONN:SEQ 0,MBBR", ":CONN:SEQ 0,NSEQ", ":CONN:SEQ 0,BBM",
    ":BIAS:PORT 0,9", ":BIAS:PORT 0,-1", ":BIAS 0,1", ":BIAS 0,0",
    ":BIAS:CHAN:DIS:CARD 0", ":BIAS:CHAN:ENAB:CARD 0",
    ":BIAS:CHAN:ENAB (@00101)", ":BIAS:CHAN:DIS (@00101)",
    ":AGND:PORT 0,5", ":AGND 0,1", ":AGND 0,0", ":AGND:UNUSED 0,'5, 6, 7, 8'",
    ":AGND:CHAN:ENAB (@00101)", ":AGND:CHAN:DIS (@00101)",
    ":AGND:CHAN:ENAB:CARD 0", ":AGND:CHAN:DIS:CARD 0",
    ":COUP:PORT 0,'1, 3, 5'", ":COUP 0,1", ":COUP 0,0", ":COUP:PORT:DET", "*CLS", "*RST",
)  # fmt: skip
# Scripts for B2201A and E5250A found in the wild, and the manual's own examples.
OTHERS = (
    ":ROUT:FUNC ACON", ":ROUT:CONN:RULE 0,FREE;", ":ROUT:CONN:SEQ ALL,BBM;",
    ":ROUT:CONN:RULE ALL,FREE;SEQ ALL,BBM", ":ROUT:OPEN:CARD ALL", ":ROUT:CLOS:LIST (@00101)",
    ":CLOS (@248)", ":ROUT:FUNC NCON;:ROUT:CLOS (@10101,10202)", ":ROUT:BIAS:STAT ALL,ON",
    ":ROUT:FUNC NCON;:ROUT:CONN:RULE 1,FREE;:ROUT:CONN:SEQ 1,BBM;:ROUT:OPEN:CARD 1",
)  # fmt: skip


@pytest.mark.parametrize("message", QCODES + OTHERS)
def test_words_of_other_drivers(bench, message):
    bench.tell(message)
    assert bench.ask("*ESR?") == "0"
    assert bench.ask(":SYST:ERR?") == "0, No Error"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("*IDN?", "AGILENT,B2200A,0,A.01.00"),
        (":CONN:RULE? 0", "FREE"),
        (":CONN:SEQ? 0", "BBM"),
        (":BIAS:PORT? 0", "10"),
        (":BIAS? 0", "0"),
        (":AGND:PORT? 0", "12"),
        (":AGND? 0", "0"),
        (":AGND:UNUSED? 0", "''"),
        (":COUP:PORT? 0", "''"),
        (":COUP? 0", "0"),
        (":CLOS:CARD? 0", "(@)"),
        (":ROUT:FUNC?", "ACON"),
        ("*OPC?", "1"),
    ],
)
def test_defaults(bench, query, answer):
    assert bench.ask(query) == answer


def test_what_is_set_is_answered(bench):
    bench.tell(":AGND:UNUSED 0,'5, 6, 7, 8';:COUP:PORT 0,'1, 3, 5';:BIAS:PORT 0,9")
    assert bench.ask(":AGND:UNUSED? 0") == "'5,6,7,8'"
    assert bench.ask(":COUP:PORT? 0;:BIAS:PORT? 0") == "'1,3,5';9"
    bench.tell("*RST")
    assert bench.ask(":AGND:UNUSED? 0;:COUP:PORT? 0;:BIAS:PORT? 0") == "'';'';10"


def test_the_manuals_example(bench):
    bench.tell(":ROUT:FUNC NCON;:ROUT:OPEN:CARD ALL;:ROUT:CLOS (@10101,10202)")
    assert bench.ask(":ROUT:OPEN? (@10101,10102,10201,10202)") == "0,1,1,0"
    assert bench.ask(":ROUT:CLOS? (@10101,10102,10201,10202)") == "1,0,0,1"
    assert bench.ask(":CLOS:CARD? 1;:CLOS:CARD? 2") == "(@10101,10202);(@)"


def test_modules_of_the_normal_configuration_are_a_dozen_outputs_each(bench):
    bench.tell(":FUNC NCON;:CLOS (@10101,21412,40203)")
    assert bench.world.closed == {(1, 1), (14, 24), (2, 39)}
    bench.tell(":OPEN:CARD 2")
    assert bench.world.closed == {(1, 1), (2, 39)}
    bench.tell(":FUNC ACON")
    assert bench.world.closed == set()


@pytest.mark.parametrize(
    ("channels", "closed"),
    [
        ("(@00101)", {(1, 1)}),
        ("( @ 00101 , 00248 )", {(1, 1), (2, 48)}),
        ("(@00103:00106)", {(1, 3), (1, 4), (1, 5), (1, 6)}),
        ("(@00147:00202)", {(1, 47), (1, 48), (2, 1), (2, 2)}),
        ("(@101:103,00501)", {(1, 1), (1, 2), (1, 3), (5, 1)}),
    ],
)
def test_channel_lists(bench, channels, closed):
    bench.tell(f":CLOS {channels}")
    assert bench.world.closed == closed
    assert bench.errors() == []


@pytest.mark.parametrize(
    ("message", "error", "event"),
    [
        (":CLOS (@00149)", -222, 16),
        (":CLOS (@00100)", -222, 16),
        (":CLOS (@01501)", -222, 16),
        (":CLOS (@00001)", -222, 16),
        (":CLOS (@10101)", -222, 16),
        (":CLOS (@00106:00103)", -222, 16),
        (":CLOS (@00101:00103:00105)", -171, 32),
        (":CLOS (@0010a)", -171, 32),
        (":CLOS (@000101)", -171, 32),
        (":CLOS (@)", -171, 32),
        (":CLOS (00101)", -171, 32),
        (":CLOS 00101", -104, 32),
        (":CLOS", -109, 32),
        (":CLOS (@00101),(@00102)", -108, 32),
        (":OPEN:COOD", -113, 32),
        (":OPEN:CARD 1", -222, 16),
        (":CONN:RULE 0,ANY", -224, 16),
        (":CONN:RULE 0", -109, 32),
        (":CONN:RULE? ALL", -141, 32),
        (":BIAS:PORT 0,15", -222, 16),
        (":BIAS:PORT 0,0", -222, 16),
        (":COUP:PORT 0,'2'", -222, 16),
        (":COUP:PORT 0,'one'", -151, 32),
        (":AGND:UNUSED 0,3", -104, 32),
        (":AGND 0,ON;:BIAS 0,ON", -200, 16),
    ],
)
def test_errors_change_nothing(bench, message, error, event):
    bench.tell(":CLOS (@00101)")
    before = bench.world.closed
    bench.tell(message)
    assert bench.ask("*ESR?") == str(event)
    assert bench.errors() == [error]
    assert before <= bench.world.closed


def test_error_texts_are_in_its_style(bench):
    bench.tell(":OPEN:COOD")
    assert bench.ask(":SYST:ERR?") == "-113, Undefined header"


def test_a_device_error_is_bit_three(bench):
    bench.box.fail(100, "Some B2200 specific error")
    assert bench.ask("*ESR?") == "8"


def test_power_on_is_an_event():
    assert int(KeysightB2200(SpyWorld(), "matrix").read_event_status()) == 128


# Rules and sequences.


def test_single_route_opens_the_previous_one_of_either_port(bench):
    bench.tell(":CONN:RULE 0,SROU;:CLOS (@00101,00202)")
    assert bench.world.closed == {(1, 1), (2, 2)}
    bench.tell(":CLOS (@00103)")
    assert bench.world.closed == {(1, 3), (2, 2)}
    bench.tell(":CLOS (@00303)")
    assert bench.world.closed == {(3, 3), (2, 2)}
    bench.tell(":CLOS (@00404,00405,00505)")
    assert bench.world.closed == {(3, 3), (2, 2), (5, 5)}


def test_a_module_in_normal_configuration_has_routes_of_its_own(bench):
    bench.tell(":FUNC NCON;:CONN:RULE ALL,SROU;:CLOS (@10101,20101)")
    assert bench.world.closed == {(1, 1), (1, 13)}
    bench.tell(":CLOS (@10102)")
    assert bench.world.closed == {(1, 2), (1, 13)}


def test_the_rule_leaves_what_is_closed(bench):
    bench.tell(":CLOS (@00101,00102,00201);:CONN:RULE 0,SROU")
    assert bench.world.closed == {(1, 1), (1, 2), (2, 1)}


@pytest.mark.parametrize(
    ("sequence", "between", "taken"),
    [("BBM", set(), 2), ("MBBR", {(1, 1), (1, 2)}, 2), ("NSEQ", set(), 1)],
)
def test_sequences(bench, sequence, between, taken):
    bench.tell(f":CONN:RULE 0,SROU;:CONN:SEQ 0,{sequence};:CLOS (@00101)")
    began = bench.world.now
    bench.tell(":CLOS (@00102)")
    assert [closed for _, closed in bench.world.changes[-2:]] == [between, {(1, 2)}]
    assert bench.world.now - began == pytest.approx(taken * RELAY)


def test_contacts_let_go_at_once_and_conduct_when_they_have_settled(bench):
    bench.tell(":CLOS (@00101)")
    assert bench.world.changes == [(pytest.approx(RELAY), {(1, 1)})]
    bench.tell(":OPEN (@00101)")
    assert bench.world.changes[-1] == (pytest.approx(RELAY), set())
    assert bench.world.now == pytest.approx(2 * RELAY)


def test_what_does_not_move_takes_no_time(bench):
    bench.tell(":CLOS (@00101)")
    began, told = bench.world.now, len(bench.world.changes)
    bench.tell(":CLOS (@00101);:OPEN (@00202);:CONN:SEQ 0,NSEQ;:CLOS (@00101)")
    assert (bench.world.now, len(bench.world.changes)) == (began, told)


# Modes that close contacts by themselves.


def test_bias_mode_connects_its_port_to_what_is_not_used(bench):
    bench.tell(":BIAS:CHAN:DIS:CARD 0;:BIAS:CHAN:ENAB (@00101:00104);:CLOS (@00101,00205)")
    bench.tell(":BIAS 0,ON")
    assert bench.world.closed == {(1, 1), (2, 5), (10, 2), (10, 3), (10, 4)}
    bench.tell(":CLOS (@00302)")
    assert bench.world.closed == {(1, 1), (2, 5), (3, 2), (10, 3), (10, 4)}
    bench.tell(":OPEN (@00101)")
    assert bench.world.closed == {(10, 1), (2, 5), (3, 2), (10, 3), (10, 4)}
    assert bench.ask(":CLOS? (@01001,01002)") == "1,0"
    bench.tell(":BIAS:CHAN:DIS (@00103)")
    assert (10, 3) not in bench.world.closed
    bench.tell(":OPEN:CARD 0")
    assert bench.world.closed == {(10, 1), (10, 2), (10, 4)}
    bench.tell(":BIAS 0,OFF")
    assert bench.world.closed == set()


def test_bias_breaks_before_it_makes(bench):
    bench.tell(":BIAS:CHAN:DIS:CARD 0;:BIAS:CHAN:ENAB (@00101);:BIAS 0,ON;:CLOS (@00101)")
    assert [closed for _, closed in bench.world.changes] == [{(10, 1)}, set(), {(1, 1)}]


def test_a_mode_has_its_port_for_itself(bench):
    bench.tell(":CLOS (@01001);:BIAS:CHAN:DIS:CARD 0;:BIAS 0,ON")
    assert bench.world.closed == set()
    bench.tell(":CLOS (@01001)")
    assert bench.errors() == [-200]
    bench.tell(":BIAS:PORT 0,9;:CLOS (@01001);:CLOS (@00901)")
    assert bench.world.closed == {(10, 1)}
    assert bench.errors() == [-200]
    bench.tell(":BIAS:PORT 0,-1;:BIAS:CHAN:ENAB:CARD 0")
    assert bench.world.closed == {(10, 1)}


def test_ground_mode_refuses_its_port(bench):
    bench.tell(":AGND 0,ON;:CLOS (@01233)")
    assert bench.ask("*ESR?") == "16"
    assert bench.world.closed == {(12, output) for output in range(1, 49)}
    bench.tell(":AGND:CHAN:DIS (@00101:00147)")
    assert bench.world.closed == {(12, 48)}


def test_couple_mode_moves_pairs(bench):
    bench.tell(":COUP:PORT 0,'1';:COUP 0,ON;:CLOS (@00103,00306)")
    assert bench.world.closed == {(1, 3), (2, 4), (3, 6)}
    bench.tell(":OPEN (@00103)")
    assert bench.world.closed == {(3, 6)}
    bench.tell(":CLOS (@00104)")
    assert bench.errors() == [-222]
    bench.tell(":COUP:PORT:DET")
    assert bench.ask(":COUP:PORT? 0") == "''"


def test_a_card_back_at_power_on(bench):
    bench.tell(":FUNC NCON;:CONN:RULE ALL,SROU;:CLOS (@10101,20101);:SYST:CPON 1")
    assert bench.ask(":CONN:RULE? 1;:CONN:RULE? 2") == "FREE;SROU"
    assert bench.world.closed == {(1, 13)}


def test_reset_opens_everything_and_ends_every_mode(bench):
    bench.tell(":FUNC NCON;:BIAS ALL,ON;:CLOS (@10101);*RST")
    assert bench.world.closed == set()
    assert bench.ask(":FUNC?;:BIAS? 0") == "ACON;0"


def test_device_clear_leaves_contacts_alone(bench):
    bench.tell(":CLOS (@00101);:CLOS? (@00101)")
    bench.box.clear()
    assert bench.ask(":CLOS:CARD? 0") == "(@00101)"


def test_an_e5250a_has_ten_inputs_and_no_ground_mode():
    bench = MatrixBench(KeysightE5250A)
    assert bench.ask("*IDN?").split(",")[1] == "E5250A"
    bench.tell(":CLOS (@01048)")
    assert bench.world.closed == {(10, 48)}
    bench.tell(":CLOS (@01101)")
    bench.tell(":AGND 0,OFF")
    assert bench.errors() == [-222, -113]


# Channel lists there and back.

crosspoints = st.frozensets(st.tuples(st.integers(1, 14), st.integers(1, 48)), max_size=60)


@given(crosspoints, st.booleans())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_round_trip_of_lists(wanted, padded):
    bench = MatrixBench(KeysightB2200)
    width = 5 if padded else 1
    listed = ",".join(f"{source * 100 + output:0{width}d}" for source, output in wanted)
    if wanted:
        bench.tell(f":CLOS (@{listed})")
    assert bench.world.closed == wanted
    answer = bench.ask(":CLOS:CARD? 0")
    found = re.findall(r"\b0(\d\d)(\d\d)\b", answer)
    assert [(int(i), int(o)) for i, o in found] == sorted(wanted)


@given(st.text(alphabet="@0123456789,: -a", max_size=20))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_list_is_either_obeyed_or_an_error(text):
    bench = MatrixBench(KeysightB2200)
    bench.tell(f":CLOS ({text})")
    assert bool(bench.world.closed) != bool(bench.errors())
