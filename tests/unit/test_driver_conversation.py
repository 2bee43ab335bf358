"""Every failure on the wire is one error that names the instrument and says what to do."""

import math
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


def test_no_time_is_too_long_for_visa():
    wire = talk(("A?", "1"), ("B?", "2"))
    wire.ask("A?", busy=5e6)
    assert wire._adapter.connection.timeout == math.inf
    wire.ask("B?")
    assert wire._adapter.connection.timeout == 5_000


def test_bytes_that_are_no_text_are_garbage_and_not_silence():
    with pytest.raises(InstrumentError, match="does not parse"):
        talk(("A?", b"\xff\xfe")).ask("A?")


class Interrupted:
    """An adapter on which Ctrl-C arrives while it is at `point`."""

    def __init__(self, point):
        self.done = []
        self.point = point
        self.connection = SimpleNamespace(clear=lambda: self.done.append("clear"), timeout=0)
        self.flush_read_buffer = lambda: self.done.append("flush")

    def _note(self, what, point):
        self.done.append(what)
        if self.point == point:
            self.point = ""
            raise KeyboardInterrupt

    def write(self, message):
        self._note(message, "write")

    def read(self):
        self._note("read", "read")
        return "1"


@pytest.mark.parametrize(("point", "before"), [("write", ["A?"]), ("read", ["A?", "read"])])
def test_what_was_interrupted_is_cleared_before_the_next_message(point, before):
    adapter = Interrupted(point)
    wire = Conversation(adapter, "box")
    with pytest.raises(KeyboardInterrupt):
        wire.ask("A?")
    assert adapter.done == before
    wire.ask("B?")
    wire.ask("C?")
    assert adapter.done == [*before, "clear", "flush", "B?", "read", "C?", "read"]


def test_a_block_behind_the_count_of_errors():
    assert talk(("R?", b"0;#0abcd\n")).ask_block("R?", b"0", b"#0", 4, 0.0) == b"abcd"
    assert talk(("R?", b"+0;#14ab;d\n")).ask_block("R?", b"+0", b"#14", 4, 0.0) == b"ab;d"


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"1;#0abcd\n", "box reports -222"), (b"x;#0abcd\n", "parse"), (b"0;#1abcd\n", "parse")],
)
def test_errors_and_garbage_before_a_block(answer, said):
    wire = talk(("R?", answer), (":SYST:ERR?", "-222,x"), (":SYST:ERR?", NO_ERROR))
    with pytest.raises(InstrumentError, match=said):
        wire.ask_block("R?", b"0", b"#0", 4, 0.0)
    for _ in range(2 if said == "parse" else 0):  # nothing more was asked
        wire.ask(":SYST:ERR?")


@pytest.mark.parametrize(("answer", "hertz"), [("50", 50.0), ("60", 60.0), ("60.0", 60.0)])
def test_line_frequency(answer, hertz):
    assert talk((":SYST:LFR?", answer)).line_frequency() == hertz


@pytest.mark.parametrize("answer", ["0", "nan", "1e9", "", "x"])
def test_no_line_has_another_frequency(answer):
    with pytest.raises(InstrumentError, match="does not parse"):
        talk((":SYST:LFR?", answer)).line_frequency()


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
    talk((":OUTP 0;:SYST:ERR?", NO_ERROR)).complain(":OUTP 0")
    Conversation(Broken(), "box").complain()
