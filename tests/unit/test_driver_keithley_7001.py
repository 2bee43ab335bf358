"""The exact bytes the 7001 driver sends, and what it refuses to send."""

import pytest
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError
from drivers.keithley_7001 import Keithley7001, Keithley7002

FINE = '0,"No error"'
DONE = f"1;{FINE}"
ASK = ";*OPC?;:SYST:ERR?"
PREPARE = ("*RST;*CLS;:OPEN ALL" + ASK, DONE)


def matrix(*dialogue, kind=Keithley7001, **options):
    return expected_protocol(kind, list(dialogue), name="matrix", clock=None, **options)


def test_outputs_go_on_from_slot_to_slot():
    with matrix(PREPARE, (":CLOS (@1!1!1,1!1!10,2!2!1,2!4!10)" + ASK, DONE)) as instrument:
        assert (instrument.inputs, instrument.outputs) == (4, 20)
        instrument.prepare()
        instrument.connect([(4, 20), (2, 11), (1, 10), (1, 1)])


def test_a_change_opens_what_must_go_and_then_closes_what_must_come():
    with matrix(
        PREPARE, (":CLOS (@1!1!1,1!2!2)" + ASK, DONE),
        (":OPEN (@1!2!2);*WAI;:CLOS (@1!3!2)" + ASK, DONE),
    ) as instrument:  # fmt: skip
        instrument.prepare()
        instrument.connect([(1, 1), (2, 2)])
        instrument.connect([(1, 1), (3, 2)])
        assert instrument.operations == 4


def test_safe_ends_a_scan_as_well():
    with matrix((":OPEN ALL;:ABOR;:OPEN ALL" + ASK, DONE)) as instrument:
        instrument.safe()
        assert instrument.adapter.connection.clear.called


def test_an_error_is_told_and_the_next_change_starts_from_everything_open():
    with matrix(
        PREPARE, (":CLOS (@1!1!1)" + ASK, '1;-222,"Parameter data out of range"'),
        (":SYST:ERR?", FINE), (":SYST:ERR?", FINE),
        (PREPARE[0].replace(ASK, ";*WAI;:CLOS (@1!1!2)" + ASK), DONE),
    ) as instrument:  # fmt: skip
        instrument.prepare()
        with pytest.raises(InstrumentError, match="matrix reports -222,Parameter data"):
            instrument.connect([(1, 1)])
        instrument.connect([(1, 2)])


def test_a_7002_has_ten_slots():
    with matrix(
        ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 7002,1,A09 /A02"), PREPARE,
        (":CLOS (@10!4!10)" + ASK, DONE), kind=Keithley7002,
    ) as instrument:  # fmt: skip
        assert "7002" in instrument.identify()
        instrument.prepare()
        instrument.connect([(4, 100)])


def test_identity():
    with (
        matrix(("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 7002,7001,A09")) as instrument,
        pytest.raises(InstrumentError, match="not as a 7001"),
    ):
        instrument.identify()


@pytest.mark.parametrize("crosspoint", [(5, 1), (1, 11), (0, 1), (1, 0)])
def test_refusals_name_the_bound(crosspoint):
    with (
        matrix(slots=1) as instrument,
        pytest.raises(CapabilityError, match="inputs are 1 to 4, its outputs 1 to 10"),
    ):
        instrument.connect([crosspoint])


@pytest.mark.parametrize("slots", [0, 3])
def test_slots_it_has_not(slots):
    with pytest.raises(CapabilityError, match=f"1 to 2 slots, not {slots}"), matrix(slots=slots):
        pass
