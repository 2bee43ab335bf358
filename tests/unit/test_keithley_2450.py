"""The 2450 driver's own words, byte by byte, and what it makes of the answers."""

import struct
from typing import Any

import numpy as np
import pytest
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError
from benchctl.program import Program
from benchctl.stimulus import read, staircase
from drivers.keithley_2450 import Keithley2450
from drivers.list_sweep import list_commands
from drivers.source_bounds import fitting


class Stopwatch:
    """A clock that stands still."""

    def now(self) -> float:
        return 100.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps")


CLOCK = Stopwatch()
PREPARE = [
    (
        b"*RST;*CLS;:ROUT:TERM FRON;:SOUR:FUNC VOLT;:SOUR:VOLT:READ:BACK ON;"
        b':SENS:FUNC "CURR";:SENS:CURR:AZER OFF;:SENS:AZER:ONCE;:FORM REAL;:FORM:BORD SWAP'
        b";*OPC?;:SYST:ERR?",
        b'1;0,"No error;0;0 0"',
    ),
    (b":SYST:LFR?", b"60"),
]
SETTINGS = (
    b":SOUR:VOLT 0;:SOUR:VOLT:RANG 0.2;:SOUR:VOLT:DEL 0;:SENS:CURR:NPLC 0.297;"
    b":SENS:CURR:RANG:AUTO ON;:SOUR:VOLT:ILIM 0.000123456789;:SENS:CURR:RANG 0.001"
)
ASK = b";*OPC?;:SYST:ERR?"
DONE = b'1;0,"No error;0;0 0"'
RUN = (
    b':TRAC:CLE "defbuffer1";:INIT;*WAI;:SYST:ERR:COUN?;:TRAC:DATA? 1,%d,"defbuffer1",SOUR,READ,REL'
)
FINE = (b":SYST:ERR?", b'0,"No error;0;0 0"')
SILENT = (b":ABOR;:OUTP OFF;:SOUR:VOLT 0;:SYST:ERR?", b'0,"No error;0;0 0"')


def block(*values: float) -> bytes:
    return b"0;#0" + struct.pack(f"<{len(values)}d", *values) + b"\n"


def program(*levels: float, count: int = 1, compliance: float = 123.456789e-6) -> Program:
    segments = [segment for level in levels for segment in read(level, 10e-3).unroll()]
    return Program.of(segments, count, compliance)


def driver(dialogue: list[tuple[Any, Any]]) -> Any:
    return expected_protocol(Keithley2450, dialogue, clock=CLOCK)


def test_one_read() -> None:
    dialogue = [
        *PREPARE,
        (
            SETTINGS
            + b";:SOUR:LIST:VOLT 0.1;"
            + b':SOUR:SWE:VOLT:LIST 1,0,2,OFF,"defbuffer1"'
            + ASK,
            DONE,
        ),
        (RUN % 2, block(0.1001, 1.5e-5, 0.0, 0.0999, 1.4e-5, 0.01)),
        (RUN % 2, block(0.1001, 1.5e-5, 0.0, 0.0400, 1.234e-4, 0.01)),
    ]
    with driver(dialogue) as smu:
        readings = smu.play(program(0.1, count=2))
        assert readings.voltage.tolist() == [0.1001, 0.0999]
        assert readings.current.tolist() == [1.5e-5, 1.4e-5]
        assert readings.time.tolist() == pytest.approx([100.01, 100.02])
        assert smu.play(program(0.1, count=2)).limited.tolist() == [False, True]


def test_only_what_changed_is_sent() -> None:
    first = SETTINGS
    sweep = b':SOUR:SWE:VOLT:LIST 1,0,%d,OFF,"defbuffer1"'
    answer = block(0.1, 1e-5, 0.0)
    dialogue = [
        *PREPARE,
        (first + b";:SOUR:LIST:VOLT 0.1;" + sweep % 1 + ASK, DONE), (RUN % 1, answer),
        (sweep % 2, None), (RUN % 2, block(0.1, 1e-5, 0.0, 0.1, 1e-5, 0.01)),
        (b":SOUR:LIST:VOLT -0.1;" + sweep % 1, None), (RUN % 1, answer),
        (first.replace(b"0.000123456789", b"0.0001").replace(b"RANG 0.001", b"RANG 0.0001")
         + b";:SOUR:LIST:VOLT -0.1;" + sweep % 1 + ASK, DONE), (RUN % 1, answer),
    ]  # fmt: skip
    with driver(dialogue) as smu:
        smu.play(program(0.1))
        smu.play(program(0.1, count=2))
        smu.play(program(-0.1))
        smu.play(program(-0.1, compliance=1e-4))


def test_error_of_the_instrument() -> None:
    dialogue = [
        *PREPARE,
        (SETTINGS + b";:SOUR:LIST:VOLT 0.1;"
         b':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1"' + ASK, DONE),
        (RUN % 1, block(0.1, 1e-5, 0.0).replace(b"0;", b"2;", 1)),
        (b":SYST:ERR?", b'-222,"Parameter data out of range;1;2026/01/01 00:00:00.000"'),
        (b":SYST:ERR?", b'-221,"Settings conflict;1;2026/01/01 00:00:00.000"'),
        FINE,
        SILENT,  # and what it has to say about the failure: nothing more
        *PREPARE,
    ]  # fmt: skip
    with driver(dialogue) as smu:
        with pytest.raises(InstrumentError, match=r"Keithley 2450 reports -222.*-221"):
            smu.play(program(0.1))
        smu.prepare()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"0;#3" + bytes(24) + b"\n", "does not parse"),
        (block(0.1, 9.9e37, 0.0), "beyond its range"),
        (block(0.1, float("nan"), 0.0), "beyond its range"),
    ],
)
def test_wrong_blocks(answer: bytes, said: str) -> None:
    dialogue = [
        *PREPARE,
        (SETTINGS + b";:SOUR:LIST:VOLT 0.1;"
         b':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1"' + ASK, DONE),
        (RUN % 1, answer), SILENT,
    ]  # fmt: skip
    with driver(dialogue) as smu, pytest.raises(InstrumentError, match=said):
        smu.play(program(0.1))


def test_large_programs_get_a_large_buffer() -> None:
    count = 100_001
    row = struct.pack("<3d", 0.1, 1e-5, 0.0)
    dialogue = [
        *PREPARE,
        (b':TRAC:POIN 100001,"defbuffer1";' + SETTINGS + b";:SOUR:LIST:VOLT 0.1;"
         b':SOUR:SWE:VOLT:LIST 1,0,100001,OFF,"defbuffer1"' + ASK, DONE),
        (RUN % count, b"0;#0" + row * count + b"\n"),
        (b':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1"', None), (RUN % 1, block(0.1, 1e-5, 0)),
    ]  # fmt: skip
    with driver(dialogue) as smu:
        assert len(smu.play(program(0.1, count=count))) == count
        assert len(smu.play(program(0.1))) == 1


def test_lists_travel_a_hundred_at_a_time() -> None:
    levels = np.linspace(-1, 1, 201)
    commands = list(list_commands(":SOUR:LIST:VOLT", levels, 100))
    assert [command.split(" ")[0] for command in commands] == [
        ":SOUR:LIST:VOLT",
        ":SOUR:LIST:VOLT:APP",
        ":SOUR:LIST:VOLT:APP",
    ]
    assert [command.count(",") for command in commands] == [99, 99, 0]
    sent = [float(v) for c in commands for v in c.split(" ")[1].split(",")]
    assert sent == pytest.approx(levels, rel=1e-8, abs=1e-12)


def test_lines() -> None:
    tail = b";*OPC?;:SYST:ERR?"
    dialogue = [
        (b":DIG:LINE3:MODE DIG,OUT;:DIG:LINE3:STAT 1" + tail, b"1;0,x"),
        (b":DIG:LINE3:STAT 0" + tail, b"1;0,x"),
        # A reset would let it float high.
        (PREPARE[0][0].replace(b":ROUT", b":DIG:LINE3:MODE DIG,OUT;:DIG:LINE3:STAT 0;:ROUT"),
         PREPARE[0][1]),
        PREPARE[1],
    ]  # fmt: skip
    with driver(dialogue) as smu:
        smu.set_line(3, True)
        smu.set_line(3, False)
        smu.prepare()
        with pytest.raises(CapabilityError, match="lines 1 to 6"):
            smu.set_line(7, True)


def test_safe_says_off() -> None:
    dialogue = [(b":ABOR;:OUTP OFF;:SOUR:VOLT 0;*OPC?;:SYST:ERR?", b"1;0,x")]
    with driver(dialogue) as smu:
        smu.safe()


@pytest.mark.parametrize("language", [b"TSP", b"SCPI2400"])
def test_other_command_sets_are_refused(language: bytes) -> None:
    identity = b"KEITHLEY INSTRUMENTS,MODEL 2450,1,1.6"
    with (
        driver([(b"*IDN?", identity), (b"*LANG?", language)]) as smu,
        pytest.raises(InstrumentError, match=language.decode()),
    ):
        smu.identify()


def test_properties() -> None:
    dialogue = [
        (b":SOUR:VOLT 0.123456789", None),
        (b":SOUR:VOLT?", b"1.234568E-01"),
        (b":SOUR:VOLT:ILIM 1.23456789e-08", None),
        (b":SENS:CURR:NPLC 0.01", None),
        (b":OUTP 1", None),
        (b":OUTP?", b"1"),
        (b":SOUR:VOLT:ILIM:TRIP?", b"0"),
        (b":MEAS:CURR?", b"1.5E-9"),
        (b":SYST:LFR?", b"60"),
    ]
    with driver(dialogue) as smu:
        smu.source_voltage = 0.123456789
        assert smu.source_voltage == 0.1234568
        smu.compliance_current = 1.23456789e-8
        smu.nplc = 0.01
        smu.source_enabled = True
        assert smu.source_enabled is True
        assert smu.compliance_tripped is False
        assert smu.current == 1.5e-9
        assert smu.line_frequency == 60
        with pytest.raises(ValueError, match="211"):
            smu.source_voltage = 211


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (program(211.0), "210 V"),
        (program(30.0, compliance=0.2), "105 mA"),
        (program(0.1, compliance=0.5e-9), "1 nA"),
        (program(0.1, count=7_000_000), "6875000"),
        (program(0.1, count=300_000_000), "268435455"),
        (program(0.1, count=0), "repeats"),
        (Program.of(tuple(read(0.1, 2e4).unroll()), 1, 1e-3), "10000 s"),
        (Program.of(tuple(staircase(0, 1, 2501, 1e-3).unroll()), 1, 1e-3), "2500"),
        (Program.of(tuple(read(0.1, 0.4e-3).unroll()), 1, 1e-3), "0.0005"),
    ],
)
def test_refuses(bad: Program, said: str) -> None:
    with driver([]) as smu, pytest.raises(CapabilityError, match=said):
        smu.check(bad)


@pytest.mark.parametrize("line", [50.0, 60.0])
@pytest.mark.parametrize("dwell", [500e-6, 501e-6, 1e-3, 1.234567e-3, 0.0401, 0.05, 3.0])
def test_timing_adds_up(dwell: float, line: float) -> None:
    with driver([PREPARE[0], (b":SYST:LFR?", b"%d" % line)]) as smu:
        smu.prepare()
        cycles, delay = smu._commands.timing(dwell)
    assert 0.01 <= cycles <= 1
    assert delay >= 0
    assert 100e-6 + 2 * cycles / line + delay == pytest.approx(dwell, abs=2e-9)
    if cycles < 1:
        assert delay < 2 * 1.01e-4 / line


def test_fitting_range() -> None:
    ranges = (0.1, 1.0, 10.0)
    assert [fitting(ranges, v) for v in (0.05, 0.1, 0.11, 10, 99)] == [0.1, 0.1, 1.0, 10.0, 10.0]


def test_an_instrument_without_device_clear_is_asked_what_is_wrong_all_the_same() -> None:
    dialogue = [
        *PREPARE,
        (
            SETTINGS
            + b";:SOUR:LIST:VOLT 0.1;"
            + b':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1"'
            + ASK,
            DONE,
        ),
        (RUN % 1, b"what is this, no block at all"),
        (SILENT[0], b'-222,"Parameter data out of range"'),
        FINE,
    ]

    def none() -> None:
        raise NotImplementedError

    with driver(dialogue) as smu:
        smu.adapter.connection.clear = none
        with pytest.raises(InstrumentError, match="-222,Parameter data out of range"):
            smu.play(program(0.1))
