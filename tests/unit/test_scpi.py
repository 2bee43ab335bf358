"""The device side of SCPI against the standard's own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.scpi import (
    Action,
    Block,
    Boolean,
    Channels,
    Choice,
    Device,
    Name,
    Number,
    Query,
    ScpiError,
    Setting,
    Text,
    registers,
)

VOLTS = Number("V", -210, 210, 0.0)


class Box(Device):
    IDENTITY = "ACME,BOX,1,1.0"
    COMMANDS = (
        Setting("[SOURce[1|2]]:VOLTage[:LEVel][:IMMediate][:AMPLitude]", "voltage", VOLTS),
        Setting("[SENSe]:CURRent[:DC]:PROTection[:LEVel]", "protection", Number("A", 0, 1, 1e-4)),
        Setting("[SENSe]:CURRent[:DC]:RANGe[:UPPer]", "range", Number("A", 0, 1, 1.0), "fit"),
        Setting("OUTPut[1|2][:STATe]", "output", Boolean()),
        Setting("TRIGger:SOURce", "trigger", Choice(("IMMediate", "BUS", "TIMer"), "IMM")),
        Setting("FREQuency", "frequency", Number("HZ", 1, 1e9, 1e3), kept=True),
        Setting("OUTPut[1|2]:LOAD", "load", Number("OHM", 1, 1e6, 50.0, words=("INFinity",))),
        Setting("COUNt", "count", Number("", 1, 100, 1, integer=True)),
        Setting("AZERo", "autozero", Boolean(True, words=("ONCE",))),
        Setting("LABel", "label", Text("none")),
        Query("TRACe:DATA", "data", (Number(integer=True), Number(integer=True), Text(),
              Choice(("SOURce", "READing"))), required=2, many=True),
        Action("DATA:ARB", "store", (Name(), Block())),
        Action("LIST", "listed", (VOLTS,), many=True),
        Query("FETCh:ARRay", "array", (Channels((1, 2, 3)),), required=0),
        Query("RAW", "raw"),
        Action("REFuse", "refuse"),
        Query("REFuse", "refuse"),
        *registers("MEASurement", "measurement"),
    )  # fmt: skip

    def on_reset(self) -> None:
        self.arb: dict[str, bytes] = {}
        self.values: tuple[float, ...] = ()

    def fit(self) -> None:
        if self.settings["range"] < self.settings["protection"]:
            raise ScpiError(-221)

    def data(self, *options: object) -> str:
        return repr(options)

    def store(self, name: str, block: bytes) -> None:
        self.arb[name] = block

    def listed(self, *values: float) -> None:
        self.values = values

    def array(self, channels: tuple[int, ...] = (1,)) -> str:
        return repr(channels)

    def raw(self) -> bytes:
        return b"#14\n;\x00\xff"

    def refuse(self) -> str:
        raise ScpiError(-221)


def talk(*messages: str | bytes, box: Device | None = None) -> tuple[list[bytes], list[int]]:
    """Return all answers and the error numbers, on a transport without END."""
    box = box or Box()
    box.message_based = False
    for message in messages:
        box.write(message.encode("latin-1") + b"\n" if isinstance(message, str) else message)
    answers = []
    while (answer := box.read()) is not None:
        answers.append(answer.removesuffix(b"\n"))
    return answers, [number for number, _ in box.status.errors.entries]


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ("*IDN?", [b"ACME,BOX,1,1.0"]),
        ("volt 1;:VOLTAGE:LEV?", [b"1.000000E+00"]),
        ("SOUR2:VOLT 2V;VOLT?", [b"2.000000E+00"]),
        ("SOURCE2:VOLT 2;:SOUR2:VOLT?;:SOUR:VOLT?", [b"2.000000E+00;0.000000E+00"]),
        ("VOLT 500MV;VOLT?", [b"5.000000E-01"]),
        ("VOLT 500 mv;VOLT?", [b"5.000000E-01"]),
        ("VOLT 1E-3KV;VOLT?", [b"1.000000E+00"]),
        ("VOLT #H1F;VOLT?", [b"3.100000E+01"]),
        ("VOLT .5;VOLT?;VOLT +1.E+1;VOLT?", [b"5.000000E-01;1.000000E+01"]),
        ("VOLT MAX;VOLT?;VOLT? MIN;VOLT? DEFault",
         [b"2.100000E+02;-2.100000E+02;0.000000E+00"]),
        ("FREQ 2MHZ;FREQ?", [b"2.000000E+06"]),
        ("FREQ 2KHZ;FREQ?", [b"2.000000E+03"]),
        ("OUTP:LOAD 0.1 MOHM;LOAD?", [b"1.000000E+05"]),
        ("OUTP:LOAD INF;LOAD?", [b"INF"]),
        ("COUN 2.6;COUN?", [b"3"]),
        ("OUTP ON;OUTP?", [b"1"]),
        ("OUTP 2;OUTP?;:OUTP 0.4;:OUTP?", [b"1;0"]),
        ("AZER ONCE;AZER?", [b"ONCE"]),
        ("TRIG:SOUR IMMEDIATE;SOUR?", [b"IMM"]),
        ("LAB 'it''s \"so\"';LAB?", [b'"it\'s ""so"""']),
        ('LAB "a;b";LAB?', [b'"a;b"']),
        ("SYST:ERR?;ERR?", [b'0,"No error";0,"No error"']),
        (":SYST:ERR?;*IDN?;ERR?", [b'0,"No error";ACME,BOX,1,1.0;0,"No error"']),
        (":SENS:CURR:PROT 0.1;RANG 0.5;RANG?", [b"5.000000E-01"]),
        ("*RST;:stat:pres;:*CLS;;", []),
        ("TRAC:DATA? 1, 3, 'defbuffer1', SOUR, READ",
         [b"(1, 3, 'defbuffer1', 'SOUR', 'READ')"]),
        ("FETC:ARR? (@ 1:3)", [b"(1, 2, 3)"]),
        ("FETC:ARR? (@2,1)", [b"(2, 1)"]),
        ("RAW?", [b"#14\n;\x00\xff"]),
        ("*OPC?;*TST?;*OPT?", [b"1;0;0"]),
        ("STAT:MEAS:ENAB 512;ENAB?", [b"512"]),
        ("\tVOLT\t 1 \r", []),
    ],
)  # fmt: skip
def test_accepts(message: str, answers: list[bytes]) -> None:
    assert talk(message) == (answers, [])


@pytest.mark.parametrize(
    ("message", "number"),
    [
        (":SOURC:VOLT 1", -113),
        ("VOLTA 1", -113),
        ("SOUR3:VOLT 1", -114),
        ("VOLT2 1", -113),
        ("VOLT", -109),
        ("VOLT 1,", -109),
        ("VOLT 1,2", -108),
        ("*IDN? 1", -108),
        ("OUTP? MAX", -108),
        ('VOLT "1"', -104),
        ("VOLT? 1", -104),
        ("VOLT (@1)", -104),
        ("OUTP 'ON'", -104),
        ("VOLT 1e", -121),
        ("VOLT 1.2.3", -121),
        ("VOLT --1", -121),
        ("VOLT 1 2", -103),
        ("VOLT 1 A", -131),
        ("VOLT 1 QV", -131),
        ("COUN 1 V", -138),
        ("OUTP 1 V", -138),
        ("VOLT 1000", -222),
        ("VOLT 1MAV", -222),
        ("VOLT INF", -222),
        ("VOLT 1e32001", -123),
        ("VOLT 1" + "0" * 256, -124),
        ("VOLT BLUE", -141),
        ("OUTP MAYBE", -141),
        ("TRIG:SOUR EXT", -224),
        ("OUTP1", -109),
        ("VOLT1.5", -113),
        ("VOLT-5", -113),
        ("ABCDEFGHIJKLM 1", -112),
        ("LAB 'open", -151),
        ("FETC:ARR? (1)", -171),
        ("FETC:ARR? (@1", -171),
        ("FETC:ARR? (@9)", -222),
        ("DATA:ARB A,#9", -161),
        ("DATA:ARB A,#x", -161),
        ("\xb5VOLT 1", -101),
        ("VOLT \xb5", -101),
        ("123", -102),
        ("?", -102),
        ("*TRG", -211),
    ],
)
def test_refuses(message: str, number: int) -> None:
    box = Box()
    before = dict(box.settings)
    assert talk(message, box=box) == ([], [number])
    assert box.settings == before


def test_command_error_ends_the_message() -> None:
    box = Box()
    assert talk(":VOLT 1;CURR:PROT 1e-3;:FOO;:VOLT 5", box=box)[1] == [-113]
    assert (box.settings["voltage1"], box.settings["protection"]) == (1.0, 1e-3)


def test_execution_error_does_not() -> None:
    box = Box()
    assert talk(":VOLT 1000;:CURR:PROT 1e-3;:REF?;:VOLT?", box=box) == (
        [b"0.000000E+00"],
        [-222, -221],
    )
    assert box.settings["protection"] == 1e-3


def test_refused_change_comes_back() -> None:
    box = Box()
    assert talk("CURR:PROT 0.5;:CURR:RANG 0.1;:CURR:RANG?", box=box) == ([b"1.000000E+00"], [-221])


@pytest.mark.parametrize("based", [True, False])
def test_block_may_hold_separators(based: bool) -> None:
    box = Box()
    box.message_based = based
    box.write(b"DATA:ARB A,#16a;b\ncd;:VOLT 3\n")
    assert box.arb == {"A": b"a;b\ncd"}
    assert box.settings["voltage1"] == 3.0


def test_indefinite_block_lasts_until_end() -> None:
    box = Box()
    box.write(b"DATA:ARB A,#0a;b\ncd")
    assert box.arb == {"A": b"a;b\ncd"}


def test_stream_waits_for_the_terminator() -> None:
    box = Box()
    box.message_based = False
    for piece in (b"VO", b"LT 2;:DATA:ARB A,#1", b"6a;b\n", b"cd", b"\n*IDN?\nVOLT?\nVOLT 3"):
        box.write(piece)
    assert box.arb == {"A": b"a;b\ncd"}
    assert (box.read(), box.read()) == (b"ACME,BOX,1,1.0\n", b"2.000000E+00\n")
    box.clear()
    box.write(b"VOLT?\n")
    assert box.read() == b"2.000000E+00\n"


def test_endless_input_overruns() -> None:
    box = Box()
    box.message_based = False
    box.write(b"x" * ((1 << 25) + 1))
    box.write(b"*IDN?\n")
    assert box.read() == b"ACME,BOX,1,1.0\n"
    assert [number for number, _ in box.status.errors.entries] == [-363]


def test_error_queue_overflows() -> None:
    box = Box()
    talk(*["FOO"] * 11, box=box)
    answers, _ = talk(*["SYST:ERR?"] * 11, box=box)
    assert answers == [b'-113,"Undefined header"'] * 9 + [
        b'-350,"Queue overflow"',
        b'0,"No error"',
    ]


def test_interrupted_query() -> None:
    box = Box()
    box.write(b"*IDN?")
    box.write(b"VOLT?")
    assert box.read() == b"0.000000E+00\n"
    box.write(b"SYST:ERR?")
    assert box.read() == b'-410,"Query INTERRUPTED"\n'


def test_unterminated_query() -> None:
    box = Box()
    assert box.read() is None
    box.write(b"SYST:ERR?")
    assert box.read() == b'-420,"Query UNTERMINATED"\n'


def test_event_status() -> None:
    answers, _ = talk("*ESR?", "*ESR?", "FOO", "*ESR?", "VOLT 999", "*ESR?", "*OPC", "*ESR?")
    assert answers == [b"128", b"0", b"32", b"16", b"1"]


def test_status_byte_summarises() -> None:
    box = Box()
    talk("*CLS;*ESE 32;*SRE 36", "FOO", box=box)
    assert box.status_byte() == 4 + 32 + 64
    assert talk("*STB?;*SRE?;*ESE?", box=box)[0] == [b"100;36;32"]
    talk("*CLS", box=box)
    assert box.status_byte() == 0
    box.write(b"*IDN?\n")
    assert box.status_byte() == 16


def test_status_registers() -> None:
    box = Box()
    talk("STAT:MEAS:ENAB 512;:STAT:QUES:ENAB 1;:STAT:OPER:NTR 2;:*SRE 1", box=box)
    box.status.measurement.become(512)
    box.status.questionable.become(1)
    assert box.status_byte() & 0x49 == 0x49
    assert talk("STAT:MEAS?;MEAS:COND?;EVEN?", box=box)[0] == [b"512;512;0"]
    box.status.operation.become(2)
    box.status.operation.become(0)
    assert talk("STAT:OPER?", box=box)[0] == [b"2"]
    talk("STAT:PRES", box=box)
    assert talk("STAT:QUES:ENAB?;:STAT:OPER:NTR?", box=box)[0] == [b"0;0"]


def test_reset_leaves_errors_enables_and_what_is_kept() -> None:
    box = Box()
    talk("*ESE 4;:VOLT 5;:FREQ 7;:FOO", "*RST", box=box)
    assert (box.settings["voltage1"], box.settings["frequency"]) == (0.0, 7.0)
    assert talk("*ESE?", box=box) == ([b"4"], [-113])


def test_repeated_message_follows_the_state() -> None:
    box = Box()
    messages = ["VOLT?", "VOLT 1", "VOLT?", "VOLT 2", "VOLT?", "*RST", "VOLT?"]
    assert talk(*messages, *messages, box=box)[0] == [
        f"{v:.6E}".encode() for v in (0, 1, 2, 0, 0, 1, 2, 0)
    ]


def test_list_of_values() -> None:
    box = Box()
    assert talk("LIST 1, 2 ,-3e0,4V", box=box) == ([], [])
    assert box.values == (1.0, 2.0, -3.0, 4.0)
    assert talk("LIST", box=box)[1] == [-109]


def test_two_commands_of_one_header_are_refused() -> None:
    class Twice(Device):
        COMMANDS = (Setting("VOLTage", "a", VOLTS), Action("VOLTage", "reset"))

    with pytest.raises(ValueError, match="stands twice"):
        Twice()


def test_missing_method_is_refused() -> None:
    class Hollow(Device):
        COMMANDS = (Action("VOLTage", "nothing"),)

    with pytest.raises(ValueError, match="lacks nothing"):
        Hollow()


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_survived(data: bytes, based: bool) -> None:
    box = Box()
    box.message_based = based
    before = dict(box.settings)
    box.write(data)
    box.write(b"\n")
    if box.settings != before:
        # Only a header of the table can change anything.
        assert any(word in data.upper() for word in (b"VOLT", b"OUTP", b"FREQ", b"COUN"))
    box.clear()
    box.write(b"*IDN?\n")
    assert box.read() == b"ACME,BOX,1,1.0\n"


WORDS = st.sampled_from(
    ["VOLT", "SOUR2:VOLT", ":CURR:PROT", "OUTP", "COUN", "TRIG:SOUR", "*RST", "LAB", "DATA:ARB A,",
     " ", ";", ",", "?", "1", "-2.5e3", "1e999", "MAX", "ON", "'", '"', "#13abc", "(@1)", "\n",
     "V", "#0", "NAN", "\xff"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25).map("".join))
def test_any_words_leave_settings_in_range(message: str) -> None:
    box = Box()
    box.write(message.encode("latin-1"))
    assert all(abs(box.settings[name]) <= 210 for name in ("voltage1", "voltage2"))
    assert 0 <= box.settings["protection"] <= 1
    assert 1 <= box.settings["count"] <= 100
    assert type(box.settings["output1"]) is bool
    assert box.settings["trigger"] in ("IMM", "BUS", "TIM")


@given(st.floats(-210, 210), st.sampled_from(["", " V", "V"]))
def test_numbers_arrive_whole(value: float, suffix: str) -> None:
    box = Box()
    talk(f"VOLT {value!r}{suffix}", box=box)
    assert box.settings["voltage1"] == value
