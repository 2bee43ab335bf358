"""The simulated 7001, and the words other people send to a real one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix_bench import MatrixBench

from sim_instruments.keithley_7001 import RELAY, Keithley7001, Keithley7002


@pytest.fixture
def bench():
    return MatrixBench(Keithley7001)


@pytest.mark.parametrize(
    ("message", "closed"),
    [
        (":CLOS (@1!1!1,1!2!2,1!3!3,1!4!4)".lower(), {(1, 1), (2, 2), (3, 3), (4, 4)}),
        (":CLOS (@ 1!1!7, 1!2!9, 1!3!7, 1!4!9)", {(1, 7), (2, 9), (3, 7), (4, 9)}),
        (":CLOS (@1!1!10,2!1!10,2!4!10)", {(1, 10), (1, 20), (4, 20)}),
        (":ROUTe:CLOSe (@1!2!3:1!2!5)", {(2, 3), (2, 4), (2, 5)}),
        (":ROUT:CLOS (@1!4!10:2!1!1)", {(4, 10), (1, 11)}),
        (":CLOS (@1!1!1);:ROUT:OPEN ALL", set()),
        (":CLOS (@1!1!1);:open all", set()),
        (":CLOS (@1!1!1,1!1!2);:OPEN (@1!1!1)", {(1, 2)}),
        (":CLOS (@1!1!1);:CLOS (@1!2!2)", {(1, 1), (2, 2)}),
        (":CLOS (@1!1!1);*RST", set()),
    ],
)
def test_words_of_others(bench, message, closed):
    bench.tell(message)
    assert bench.world.closed == closed
    assert bench.ask(":SYST:ERR?") == '0,"No error"'


def test_what_is_closed_is_answered_with_ranges(bench):
    assert bench.ask("CLOS:STAT?") == "(@)"
    bench.tell(":CLOS (@1!1!4,1!1!1:1!1!3,1!2!10,2!1!1,1!3!1)")
    assert bench.ask("CLOS:STAT?") == "(@1!1!1:1!1!4,1!2!10,1!3!1,2!1!1)"
    assert bench.ask(":ROUT:CLOS? (@ 1!1!4, 1!2!3)") == "1,0"
    assert bench.ask(":ROUT:OPEN? (@1!1!4,1!2!3)") == "0,1"


def test_cards(bench):
    assert bench.ask(":CONF:SLOT:CTYP?") == "C7012"
    assert bench.ask(":ROUT:CONF:SLOT2:CTYP?;:ROUT:CONF:SLOT2:POLE?") == "C7012;2"
    bench.tell(":CONF:SLOT3:CTYP?")
    assert bench.errors() == [-114]
    assert MatrixBench(Keithley7002).ask(":CONF:SLOT10:CTYP?") == "C7012"


@pytest.mark.parametrize(
    ("message", "error", "event"),
    [
        (":CLOS (@1!5!1)", -222, 16),
        (":CLOS (@1!1!11)", -222, 16),
        (":CLOS (@3!1!1)", -222, 16),
        (":CLOS (@1!1)", -222, 16),
        (":CLOS (@1!1!3:1!1!1)", -222, 16),
        (":CLOS (@1!1!1:1!1!2:1!1!3)", -171, 32),
        (":CLOS (@1!a!1)", -171, 32),
        (":CLOS (1!1!1)", -171, 32),
        (":CLOS ALL", -104, 32),
        (":CLOS", -109, 32),
        (":OPEN NONE", -104, 32),
        (":CLOSED (@1!1!1)", -113, 32),
        (":FCH (@1!1!1)", -221, 16),
    ],
)
def test_errors_change_nothing(bench, message, error, event):
    bench.tell(":CLOS (@1!1!1)")
    bench.tell(message)
    assert bench.ask("*ESR?") == str(event)
    assert bench.errors() == [error]
    assert bench.world.closed == {(1, 1)}


def test_error_texts_are_keithleys(bench):
    bench.tell(":CLOS (@1!5!1)")
    assert bench.ask(":SYST:ERR?") == '-222,"Parameter data out of range"'


def test_forbidden_channels_stay_open(bench):
    bench.tell(":FCH (@1!2!1,1!3!1);:CLOS (@1!1!1,1!2!1)")
    assert bench.world.closed == set()
    assert bench.errors() == [-221]
    assert bench.ask(":FCH?") == "(@1!2!1,1!3!1)"
    bench.tell("*RST;:CLOS (@1!2!1)")
    assert bench.world.closed == {(2, 1)}


def test_contacts_let_go_at_once_and_conduct_when_they_have_settled(bench):
    bench.tell(":CLOS (@1!1!1)")
    assert bench.world.changes[-1] == (pytest.approx(RELAY), {(1, 1)})
    bench.tell(":OPEN (@1!1!1)")
    assert bench.world.changes[-1] == (pytest.approx(RELAY), set())
    assert bench.world.now == pytest.approx(2 * RELAY)


def test_a_slots_own_settling_time(bench):
    bench.tell(":CONF:SLOT2:STIM 0.5;:CLOS (@1!1!1)")
    assert bench.world.now == pytest.approx(RELAY)
    bench.tell(":CLOS (@1!1!2,2!1!1)")
    assert bench.world.now == pytest.approx(2 * RELAY + 0.5)


def test_what_does_not_move_takes_no_time(bench):
    bench.tell(":CLOS (@1!1!1)")
    began, told = bench.world.now, len(bench.world.changes)
    bench.tell(":CLOS (@1!1!1);:OPEN (@1!2!2);:ABOR;:BBM ON;:SCAN (@1!1!1:1!1!10)")
    assert (bench.world.now, len(bench.world.changes)) == (began, told)
    assert bench.errors() == []


channels = st.frozensets(
    st.tuples(st.integers(1, 10), st.integers(1, 4), st.integers(1, 10)), max_size=60
)


@given(channels)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_round_trip_of_lists(wanted):
    bench = MatrixBench(Keithley7002)
    listed = ",".join(f"{slot}!{row}!{column}" for slot, row, column in wanted)
    bench.tell(f":CLOS (@{listed})")
    assert bench.world.closed == {(row, column + 10 * (slot - 1)) for slot, row, column in wanted}
    answer = bench.ask("CLOS:STAT?")
    again = MatrixBench(Keithley7002)
    again.tell(f":CLOS {answer}")
    assert again.world.closed == bench.world.closed
    found = set()
    for slot, row, first, last in re.findall(r"(\d+)!(\d)!(\d+)(?::\d+!\d!(\d+))?", answer):
        found |= {(int(slot), int(row), c) for c in range(int(first), int(last or first) + 1)}
    assert found == wanted
