"""Every failure on the wire is one error that names the instrument and says what to do."""

from types import SimpleNamespace

import pytest
from pymeasure.adapters import ProtocolAdapter
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError

from benchctl.errors import InstrumentError
from drivers.conversation import Conversation

NO_ERROR = '0,"No error"'


def talk(*dialogue):
    return Conversation(ProtocolAdapter(list(dialogue)), "box")


class Broken:
    """An adapter whose instrument is gone."""

    def __init__(self):
        self.sent = []
        self.connection = SimpleNamespace(clear=self._fail, timeout=0)
        self.flush_read_buffer = self._fail

    def _fail(self, *_):
        raise VisaIOError(StatusCode.error_timeout)

    def write(self, message):
        self.sent.append(message)

    write_bytes = write
    read = read_bytes = _fail


def test_command_waits_and_asks_for_errors():
    talk(("A;*OPC?;:SYST:ERR?", f"1;{NO_ERROR}")).command("A")


def test_all_errors_are_told_in_one_line():
    wire = talk(
        ("A;*OPC?;:SYST:ERR?", '1;-113,"Undefined header"'),
        (":SYST:ERR?", '-222,"Data out of range"'),
        (":SYST:ERR?", NO_ERROR),
    )
    with pytest.raises(InstrumentError) as caught:
        wire.command("A")
    assert str(caught.value) == "box reports -113,Undefined header; -222,Data out of range"


def test_a_queue_that_never_empties_ends_all_the_same():
    wire = talk(("A;*OPC?;:SYST:ERR?", "1;1,x"), *[(":SYST:ERR?", "1,x")] * 99)
    with pytest.raises(InstrumentError, match="box reports 1,x"):
        wire.command("A")


@pytest.mark.parametrize("answer", ["", "2;0", "1;", "1;zero", "\x00\xff;0"])
def test_what_does_not_parse_is_told(answer):
    with pytest.raises(InstrumentError, match="box sent an answer that does not parse"):
        talk(("A;*OPC?;:SYST:ERR?", answer)).command("A")


@pytest.mark.parametrize(
    "attempt",
    [
        lambda wire: wire.ask("A?"),
        lambda wire: wire.ask_bytes("A?", 3),
        lambda wire: wire.command("A"),
        lambda wire: wire.identity("1"),
        lambda wire: wire.silence("OFF"),
    ],
)
def test_silence_is_told(attempt):
    with pytest.raises(InstrumentError, match="box does not answer"):
        attempt(Conversation(Broken(), "box"))


def test_a_dead_transport_is_still_told_to_switch_off():
    adapter = Broken()
    with pytest.raises(InstrumentError):
        Conversation(adapter, "box").silence("OFF")
    assert adapter.sent == ["OFF;*OPC?;:SYST:ERR?"] * 2


def test_old_errors_do_not_keep_it_from_being_silenced():
    talk(
        ("OFF;*OPC?;:SYST:ERR?", '1;-410,"Query INTERRUPTED"'),
        (":SYST:ERR?", NO_ERROR),
        ("OFF;*OPC?;:SYST:ERR?", f"1;{NO_ERROR}"),
    ).silence("OFF")


def test_the_timeout_covers_what_the_instrument_is_busy_with():
    wire = talk(("A?", "1"), ("B?", "2"))
    wire.ask("A?", busy=30.0)
    assert wire._adapter.connection.timeout == 35_000
    wire.ask("B?")
    assert wire._adapter.connection.timeout == 5_000


def test_identity_looks_at_the_model_only():
    assert talk(("*IDN?", "ACME,MODEL 7,1,2")).identity("MODEL 7").endswith("2")
    for answer in ("ACME,MODEL 8,MODEL 7,2", "MODEL 7", ""):
        with pytest.raises(InstrumentError, match="check the address"):
            talk(("*IDN?", answer)).identity("MODEL 7")


def test_a_complaint_is_the_instruments_own():
    with pytest.raises(InstrumentError, match="803"):
        talk((":SYST:ERR?", '803,"Not permitted with OUTPUT off"'), (":SYST:ERR?", NO_ERROR)
             ).complain()  # fmt: skip
    talk((":SYST:ERR?", NO_ERROR)).complain()
    Conversation(Broken(), "box").complain()
