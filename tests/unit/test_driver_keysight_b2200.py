"""The exact bytes the B2200 driver sends, and what it refuses to send."""

import pytest
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError
from drivers.keysight_b2200 import KeysightB2200, KeysightE5250A

DONE = "1;0, No Error"
FINE = "0, No Error"
ASK = ";*OPC?;:SYST:ERR?"
OPENED = (
    "*RST;*CLS;:FUNC ACON;:BIAS 0,OFF;:AGND 0,OFF;:COUP 0,OFF;"
    ":CONN:RULE 0,FREE;:CONN:SEQ 0,BBM;:OPEN:CARD 0"
)
PREPARE = (OPENED + ASK, DONE)
SAFE = (
    ":OPEN:CARD ALL;:BIAS ALL,OFF;:AGND ALL,OFF;:COUP ALL,OFF;:OPEN:CARD ALL" + ASK,
    DONE,
)


def matrix(*dialogue, kind=KeysightB2200, **options):
    return expected_protocol(kind, list(dialogue), name="matrix", clock=None, **options)


def test_opening_it_says_nothing():
    with matrix() as instrument:
        assert (instrument.inputs, instrument.outputs, instrument.operations) == (14, 48, 0)


def test_a_change_opens_what_must_go_and_then_closes_what_must_come():
    with matrix(
        PREPARE,
        (":CLOS (@00101,00248)" + ASK, DONE),
        (":OPEN (@00248);*WAI;:CLOS (@00247)" + ASK, DONE),
    ) as instrument:  # fmt: skip
        instrument.prepare()
        instrument.connect({(2, 48), (1, 1)})
        assert instrument.operations == 2
        instrument.connect([(1, 1), (2, 47)])
        assert instrument.operations == 4


def test_nothing_is_sent_when_nothing_changes():
    with matrix(PREPARE, (":CLOS (@00101)" + ASK, DONE)) as instrument:
        instrument.prepare()
        instrument.connect([])
        instrument.connect([(1, 1)])
        instrument.connect({(1, 1): "any collection"})
        assert instrument.operations == 1


def test_only_opening_and_only_closing():
    with matrix(
        PREPARE, (":CLOS (@00101,00102)" + ASK, DONE), (":OPEN (@00101)" + ASK, DONE),
        (":OPEN (@00102)" + ASK, DONE),
    ) as instrument:  # fmt: skip
        instrument.prepare()
        instrument.connect([(1, 1), (1, 2)])
        instrument.connect([(1, 2)])
        instrument.connect([])
        assert instrument.operations == 4


def test_an_unprepared_one_is_prepared_in_the_same_message():
    with matrix((f"{OPENED};*WAI;:CLOS (@00101){ASK}", DONE)) as instrument:
        instrument.connect([(1, 1)])


def test_an_error_is_told_and_forgets_what_is_closed():
    with matrix(
        PREPARE,
        (":CLOS (@00101)" + ASK, "1;-222, Data out of range"),
        (":SYST:ERR?", "-200, Execution error"), (":SYST:ERR?", FINE), (":SYST:ERR?", FINE),
        (f"{OPENED};*WAI;:CLOS (@00101){ASK}", DONE),
    ) as instrument:  # fmt: skip
        instrument.prepare()
        with pytest.raises(InstrumentError, match=r"matrix reports -222, Data.*-200, Execution"):
            instrument.connect([(1, 1)])
        instrument.connect([(1, 1)])
        assert instrument.operations == 3  # closed perhaps, opened perhaps, closed


def test_garbage_is_an_instrument_error():
    with (
        matrix((PREPARE[0], "\x07\x01"), (":SYST:ERR?", FINE)) as instrument,
        pytest.raises(InstrumentError, match="does not parse"),
    ):
        instrument.prepare()


def test_safe_opens_every_card_whatever_the_mode():
    with matrix(PREPARE, (":CLOS (@00101)" + ASK, DONE), SAFE) as instrument:
        instrument.prepare()
        instrument.connect([(1, 1)])
        instrument.safe()
        assert instrument.operations == 2
        assert instrument.adapter.connection.clear.called


def test_one_module_for_itself():
    prepare = (
        "*RST;*CLS;:FUNC NCON;:BIAS 3,OFF;:AGND 3,OFF;:COUP 3,OFF;"
        ":CONN:RULE 3,FREE;:CONN:SEQ 3,BBM;:OPEN:CARD 3"
    )
    with matrix(
        (prepare + ASK, DONE), (":CLOS (@31412)" + ASK, DONE), card=3, inputs=14
    ) as instrument:
        assert instrument.outputs == 12
        instrument.prepare()
        instrument.connect([(14, 12)])


def test_an_e5250a_is_not_told_of_ground():
    prepare = (
        "*RST;*CLS;:FUNC ACON;:BIAS 0,OFF;:COUP 0,OFF;"
        ":CONN:RULE 0,FREE;:CONN:SEQ 0,BBM;:OPEN:CARD 0"
    )
    safe = ":OPEN:CARD ALL;:BIAS ALL,OFF;:COUP ALL,OFF;:OPEN:CARD ALL"
    with matrix(
        ("*IDN?", "Agilent Technologies,E5250A,0,A.02.00"), (prepare + ASK, DONE),
        (safe + ASK, DONE), kind=KeysightE5250A,
    ) as instrument:  # fmt: skip
        assert "E5250A" in instrument.identify()
        assert instrument.inputs == 10
        instrument.prepare()
        instrument.safe()


def test_identity():
    for answer in ("AGILENT,B2200A,0,A.01.00", "Keysight Technologies,B2201A,0,A.02.00"):
        with matrix(("*IDN?", answer)) as instrument:
            assert instrument.identify() == answer
    with (
        matrix(("*IDN?", "HEWLETT-PACKARD,E5250A,0,B2200A")) as instrument,
        pytest.raises(InstrumentError, match="B2200A or B2201A"),
    ):
        instrument.identify()


@pytest.mark.parametrize(
    ("crosspoints", "message"),
    [
        ([(15, 1)], r"matrix has no crosspoint of input 15 .* inputs are 1 to 14, its outputs"),
        ([(0, 1)], "no crosspoint of input 0"),
        ([(1, 0)], "no crosspoint"),
        ([(1, 1), (1, 49)], r"output 49: .* outputs 1 to 48"),
        ([(1, 5), (2, 5)], r"matrix would short inputs 1 and 2 on output 5"),
    ],
)
def test_refusals_touch_no_wire(crosspoints, message):
    with matrix() as instrument, pytest.raises(CapabilityError, match=message):
        instrument.connect(crosspoints)


def test_what_is_closed_stays_as_it_is_when_the_next_is_refused():
    with matrix(PREPARE, (":CLOS (@00105)" + ASK, DONE)) as instrument:
        instrument.prepare()
        instrument.connect([(1, 5)])
        with pytest.raises(CapabilityError):
            instrument.connect([(1, 5), (2, 5)])
        instrument.connect([(1, 5)])


def test_one_input_may_reach_many_outputs():
    with matrix(PREPARE, (":CLOS (@00201,00202,00203)" + ASK, DONE)) as instrument:
        instrument.prepare()
        instrument.connect([(2, 1), (2, 2), (2, 3)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"card": 5}, "cards 0 .* to 4, not 5"),
        ({"card": -1}, "not -1"),
        ({"inputs": 15}, "1 to 14 inputs"),
        ({"outputs": 0}, "1 to 48 outputs"),
        ({"card": 1, "outputs": 13}, "1 to 12 outputs"),
    ],
)
def test_options_it_cannot_have(options, message):
    with pytest.raises(CapabilityError, match=message), matrix(**options):
        pass


def test_a_smaller_mainframe():
    with matrix(outputs=24) as instrument, pytest.raises(CapabilityError, match="1 to 24"):
        instrument.connect([(1, 25)])
