"""The B2900 driver: its words, both channels end to end on its simulator, and its limits."""

import struct
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymeasure.adapters import VISAAdapter
from pymeasure.test import expected_protocol

from benchctl.errors import CapabilityError, InstrumentError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.stimulus import Segment
from drivers.keysight_b2900 import KeysightB2900
from sim_instruments.visa import open_library

ADDRESS = "USB0::0x0957::0x8C18::MY51140123::INSTR"
IDENTITY = "Agilent Technologies,%s,MY51140123,3.2.1644.3960"
LIMITS = Limits((-2.0, 2.0), 1e-3, gate=(-5.0, 5.0), gate_current=1e-5)
CHANNEL = (
    ":OUTP{0}:OFF:MODE ZERO;:OUTP{0}:ON:AUTO 0;:SOUR{0}:FUNC:MODE VOLT;:SOUR{0}:FUNC:SHAP DC;"
    ":SOUR{0}:FUNC:TRIG:CONT 0;:SOUR{0}:VOLT 0;:SOUR{0}:VOLT:RANG:AUTO 0;:SOUR{0}:VOLT:MODE LIST;"
    ':SOUR{0}:WAIT 0;:SENS{0}:WAIT 0;:SENS{0}:FUNC "VOLT","CURR";:SENS{0}:CURR:APER:AUTO 0;'
    ":TRIG{0}:SOUR TIM;:ARM{0}:SOUR TIM;"
)
FORMAT = ":FORM REAL,64;:FORM:BORD NORM;:FORM:ELEM:SENS VOLT,CURR,STAT;*OPC?;:SYST:ERR?"
ASK = ";*OPC?;:SYST:ERR?"
FINE = '1;+0,"No error"'
OFF = ";".join(f":ABOR:ALL (@{c});:OUTP{c} 0;:SOUR{c}:VOLT 0" for c in (1, 2))
SILENT = f"{OFF};:SYST:ERR?"
PREPARE = [
    ("*IDN?", IDENTITY % "B2902A"),
    ("*RST;*CLS;" + CHANNEL.format(1) + CHANNEL.format(2) + FORMAT, FINE),
]
DEVICE = (
    ":SOUR1:VOLT:RANG 0.2;:SENS1:CURR:APER 0.00997;:SENS1:CURR:RANG:AUTO 1;"
    ":SENS1:CURR:PROT 0.000123456789;:SENS1:CURR:RANG:AUTO 0;:SENS1:CURR:RANG 0.001;"
    ":SOUR1:LIST:VOLT 0.1;:TRIG1:COUN 1;:TRIG1:TIM 0.01;:TRIG1:ACQ:DEL 3e-05;"
    ":ARM1:COUN 2;:ARM1:TIM 0.01"
)
GATE = (
    ":SOUR2:VOLT:RANG 20;:SENS2:CURR:APER 0.00997;:SENS2:CURR:RANG:AUTO 1;"
    ":SENS2:CURR:PROT 1e-06;:SENS2:CURR:RANG:AUTO 0;:SENS2:CURR:RANG 1e-06;"
    ":SOUR2:LIST:VOLT 5;:TRIG2:COUN 1;:TRIG2:TIM 0.01;:TRIG2:ACQ:DEL 3e-05;"
    ":ARM2:COUN 2;:ARM2:TIM 0.01"
)
RUN = ":OUTP1 1;:INIT (@1);*WAI;:OUTP1 0;:SYST:ERR:COUN?;:FETC:ARR? (@1)"
RUN_BOTH = ":OUTP1 1;:OUTP2 1;:INIT (@1,2);*WAI;:OUTP1 0;:OUTP2 0;:SYST:ERR:COUN?;:FETC:ARR? (@1,2)"


class Stopwatch:
    def now(self) -> float:
        return 100.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a source-meter times itself")


def driver(*dialogue: Any, limits: Limits | None = LIMITS) -> Any:
    return expected_protocol(
        KeysightB2900, list(dialogue), name="smu", clock=Stopwatch(), limits=limits
    )


def block(*values: float, errors: str = "+0") -> bytes:
    size = str(8 * len(values))
    head = f"{errors};#{len(size)}{size}".encode()
    return head + struct.pack(f">{len(values)}d", *values) + b"\n"


def program(
    *levels: float,
    count: int = 1,
    compliance: float = 1e-4,
    width: float = 10e-3,
    gate: list[float] | None = None,
    gate_compliance: float = 1e-6,
) -> Program:
    segments = [Segment(level, width, measure=True) for level in levels]
    made = Program.of(segments, count, compliance)
    if gate is None:
        return made
    return replace(made, gate=np.array(gate), gate_compliance=gate_compliance)


ONE = program(0.1, count=2, compliance=123.456789e-6)
BOTH = program(0.1, count=2, compliance=123.456789e-6, gate=[5.0])


def test_a_new_limit_is_confirmed_and_an_unchanged_program_only_triggers() -> None:
    answers = block(0.1, 1e-5, 0, 0.1, 1.2e-5, 0), block(0.1, 1e-5, 0, 0.05, 1.2e-4, 4)
    with driver(*PREPARE, (DEVICE + ASK, FINE), (RUN, answers[0]), (RUN, answers[1])) as smu:
        readings = smu.play(ONE)
        assert readings.voltage.tolist() == [0.1, 0.1]
        assert readings.current.tolist() == [1e-5, 1.2e-5]
        assert readings.time.tolist() == pytest.approx([100.01, 100.02])
        assert readings.gate_current is None
        assert smu.play(ONE).limited.tolist() == [False, True]


def test_both_channels_share_one_trigger_and_one_block() -> None:
    answer = block(0.1, 1e-5, 0, 5.0, 2e-9, 0, 0.1, 1.1e-5, 0, 4.0, 1e-6, 2)
    with driver(
        *PREPARE,
        (f"{DEVICE};{GATE}{ASK}", FINE),
        (RUN_BOTH, answer),
        (RUN, block(*[0.0] * 6)),
    ) as smu:
        readings = smu.play(BOTH)
        assert readings.gate_current.tolist() == [2e-9, 1e-6]
        assert readings.limited.tolist() == [False, True]
        smu.play(ONE)  # the device's own settings are still there


def test_only_what_changed_is_sent() -> None:
    with driver(
        *PREPARE,
        (DEVICE + ASK, FINE),
        (RUN, block(*[0.0] * 6)),
        (":SOUR1:LIST:VOLT 0.2", None),
        (RUN, block(*[0.0] * 6)),
    ) as smu:
        smu.play(ONE)
        smu.play(program(0.2, count=2, compliance=123.456789e-6))


def test_a_long_list_travels_in_several_messages() -> None:
    with connected() as made:
        steps = program(*np.linspace(-1, 1, 2500), width=1e-3)
        made.driver.prepare()
        before = made.world.messages
        readings = made.driver.play(steps)
        assert readings.voltage == pytest.approx(steps.voltage, abs=1e-4)
        assert 4 < made.world.messages - before < 15


def test_errors_are_read_and_told() -> None:
    with (
        driver(
            *PREPARE, (DEVICE + ASK, FINE), (RUN, block(*[0.0] * 6, errors="+1")),
            (":SYST:ERR?", '-222,"Data out of range"'), (":SYST:ERR?", '+0,"No error"'),
            (SILENT, '+0,"No error"'),
        ) as smu,
        pytest.raises(InstrumentError, match="smu reports -222,Data out of range"),
    ):  # fmt: skip
        smu.play(ONE)


@pytest.mark.parametrize(
    "answer",
    [
        block(0.1, 1e-5, -1, 0.1, 1e-5, 0), block(0.1, 1e-5, 0, 0.1, 1e-5, 1e30),
        b"\x00" * 56, block(*[float("nan")] * 6), block(9.91e37, 0, 0, 0, 0, 0),
        block(*[0.0] * 5) + b"\n" * 8,
    ],
)  # fmt: skip
def test_garbage_is_an_instrument_error(answer: bytes) -> None:
    with (
        driver(*PREPARE, (DEVICE + ASK, FINE), (RUN, answer), (SILENT, '+0,"No error"')) as smu,
        pytest.raises(InstrumentError, match="smu"),
    ):
        smu.play(ONE)


@pytest.mark.parametrize(
    ("model", "channels"),
    [("B2901A", 1), ("B2911B", 1), ("B2902A", 2), ("B2912A", 2), ("B2902B", 2), ("B2912BL", 2)],
)
def test_models(model: str, channels: int) -> None:
    with driver(("*IDN?", IDENTITY % model)) as smu:
        assert model in smu.identify()
        assert (smu.capabilities.gate is None) == (channels == 1)
        if channels == 1:
            with pytest.raises(CapabilityError, match="third terminal"):
                smu.check(BOTH)
        else:
            smu.check(BOTH)


@pytest.mark.parametrize("model", ["B2985A", "E5270B", "81160A"])
def test_other_models_are_refused(model: str) -> None:
    with driver(("*IDN?", IDENTITY % model)) as smu, pytest.raises(InstrumentError, match="B2902"):
        smu.identify()


def test_one_channel_is_prepared_and_silenced_alone() -> None:
    safe = ":ABOR:ALL (@1);:OUTP1 0;:SOUR1:VOLT 0;*OPC?;:SYST:ERR?"
    with driver(
        ("*IDN?", IDENTITY % "B2901A"), ("*RST;*CLS;" + CHANNEL.format(1) + FORMAT, FINE),
        (safe, FINE),
    ) as smu:  # fmt: skip
        smu.prepare()
        smu.safe()


def test_safe_silences_both() -> None:
    with driver((OFF + ";*OPC?;:SYST:ERR?", FINE)) as smu:
        smu.safe()


def test_digital_lines_keep_each_other_and_their_level_through_a_reset() -> None:
    ask = "*OPC?;:SYST:ERR?"
    lines = ":SOUR:DIG:DATA 8193;:SOUR:DIG:EXT1:FUNC DIO;:SOUR:DIG:EXT14:FUNC DIO;"
    with driver(
        (f":SOUR:DIG:DATA 1;:SOUR:DIG:EXT1:FUNC DIO;{ask}", FINE),
        (f":SOUR:DIG:DATA 8193;:SOUR:DIG:EXT14:FUNC DIO;{ask}", FINE),
        (f":SOUR:DIG:DATA 8193;{ask}", FINE),
        PREPARE[0],
        (PREPARE[1][0].replace("*CLS;", "*CLS;" + lines), FINE),
    ) as smu:
        smu.set_line(1, True)
        smu.set_line(14, True)
        smu.set_line(14, True)
        with pytest.raises(CapabilityError, match="1 to 14"):
            smu.set_line(15, True)
        smu.prepare()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (program(211.0), "210 V at most"),
        (program(0.1, gate=[-211.0]), "210 V at most"),
        (program(22.0, compliance=0.2), "105 mA at most at 22 V"),
        (program(7.0, compliance=2.0), "1.515 A at most at 7 V"),
        (program(0.1, gate=[30.0], gate_compliance=0.2), "105 mA at most at 30 V"),
        (program(0.1, compliance=3.1), "to 3.03 A"),
        (program(0.1, gate=[0.0], gate_compliance=1e-10), "1 nA"),
        (program(0.1, width=49e-6), "at least 5e-05 s"),
        (program(*[0.1] * 2501), "2500 steps"),
        (program(*[0.1] * 1001, count=100), "keeps 100000 readings"),
        (program(0.1, width=2e5), "100000 s at most"),
    ],
)  # fmt: skip
def test_refusals_name_the_bound(bad: Program, message: str) -> None:
    with driver(limits=None) as smu, pytest.raises(CapabilityError, match=f"smu.*{message}"):
        smu.check(bad)


@pytest.mark.parametrize(
    "bad",
    [
        program(2.1), program(0.1, compliance=2e-3), program(0.1, gate=[5.1]),
        program(0.1, gate=[-5.1]), program(0.1, gate=[1.0], gate_compliance=2e-5),
    ],
)  # fmt: skip
def test_limits_are_the_last_gate(bad: Program) -> None:
    with driver() as smu, pytest.raises(LimitExceeded):
        smu.play(bad)


# On the simulator.


class connected:  # noqa: N801  # reads as what it makes
    """A driver on a simulated B2902A, with what the World is told written down."""

    def __init__(self, wiring: str | None = None, **simulation: Any) -> None:
        gate = {} if wiring is None else {"gate": wiring}
        self.library = open_library(
            instruments={"smu": ("keysight_b2900", ADDRESS)},
            wiring={"name": "direct", "source_meter": "smu", **gate},
            simulation={"model": "resistor", "seed": 1, **simulation},
        )
        self.world = self.library.world
        self.plays: list[SimpleNamespace] = []
        self.adapter = VISAAdapter(ADDRESS, visa_library=self.library, read_termination="\n")
        self.driver = KeysightB2900(self.adapter, "smu", clock=self.world.clock, limits=LIMITS)
        play = self.world.play

        def playing(port: str, voltage: Any, duration: Any, ramp: Any, **rest: Any) -> Any:
            self.plays.append(
                SimpleNamespace(port=port, voltage=voltage, duration=duration, **rest)
            )
            return play(port, voltage, duration, ramp, **rest)

        self.world.play = playing

    def __enter__(self) -> "connected":
        return self

    def __exit__(self, *_: object) -> None:
        self.adapter.close()

    def ask(self, message: str) -> str:
        return str(self.adapter.connection.query(message)).strip()


BENCH = connected()
levels = st.integers(-200, 200).map(lambda n: n / 100)
gates = st.integers(-500, 500).map(lambda n: n / 100)
widths = st.integers(1, 40).map(lambda n: n * 50e-6)
steps = st.lists(st.tuples(levels, gates, widths, st.booleans()), min_size=1, max_size=8)


@given(steps, st.integers(1, 30), st.booleans(), st.sampled_from([1e-3, 3e-5, 2e-7]))
@settings(max_examples=60, derandomize=True)
def test_what_is_asked_for_is_what_both_terminals_feel(
    parts: Any, count: int, third: bool, compliance: float
) -> None:
    made = Program.of([Segment(v, t, measure=m) for v, _, t, m in parts], count, compliance)
    if third:
        made = replace(made, gate=np.array([g for _, g, _, _ in parts]), gate_compliance=1e-6)
    BENCH.plays.clear()
    began = BENCH.world.now
    readings = BENCH.driver.play(made)
    (played,) = BENCH.plays
    dwell = played.duration[0]
    times = np.tile(np.rint(made.duration / dwell).astype(int), count)
    assert played.duration == pytest.approx(np.full(times.sum(), dwell))
    assert played.voltage == pytest.approx(np.repeat(np.tile(made.voltage, count), times), abs=1e-4)
    assert played.limit == compliance
    if third:
        assert made.gate is not None
        wanted = np.repeat(np.tile(made.gate, count), times)
        assert played.gate == pytest.approx(wanted, abs=1e-4)
    else:
        assert played.gate is None
    assert BENCH.world.now - began == pytest.approx(made.elapsed, rel=1e-9)
    assert len(readings) == made.measure.sum() * count
    assert (readings.gate_current is not None) == third
    expected = began + np.cumsum(np.tile(made.duration, count))[np.tile(made.measure, count)]
    assert readings.time == pytest.approx(expected, rel=1e-9)
    assert BENCH.ask(":OUTP1?;:OUTP2?;:SYST:ERR:COUN?") == "0;0;+0"


def test_a_gate_programs_a_transistor_and_costs_two_messages() -> None:
    with connected("smu.2", model="ecram") as made:
        up = program(*[0.1] * 20, gate=[1.0, 0.0] * 10, width=50e-6)
        down = program(*[0.1] * 20, gate=[-1.0, 0.0] * 10, width=50e-6)
        rising = made.driver.play(up)
        assert made.world.at_rest
        falling = made.driver.play(down)
        assert rising.current[-1] > 1.03 * rising.current[1]
        assert falling.current[-1] < 0.98 * falling.current[1]
        assert rising.gate_current is not None
        assert (rising.gate_current[::2] > 1e-9).all()
        assert np.abs(rising.gate_current[1::2]).max() < 1e-9
        before = made.world.messages
        made.driver.play(down)
        assert made.world.messages - before == 2


def test_a_gate_at_its_compliance_is_told() -> None:
    with connected("smu.2", model="ecram") as made:
        readings = made.driver.play(program(0.1, 0.1, gate=[1.0, 0.0], gate_compliance=1e-9))
        assert readings.limited.tolist() == [True, False]


@pytest.mark.parametrize("kind", ["error", "drop", "garbage", "timeout"])
def test_faults_of_a_gate_program_leave_nothing_driven(kind: str) -> None:
    for message in range(1, 6):
        fault = {"instrument": "smu", "message": message, "kind": kind}
        with connected("smu.2", model="ecram", faults=[fault]) as made:
            outcomes = []
            for _ in range(3):
                try:
                    made.driver.play(program(0.1, 0.1, gate=[1.0, 0.0]))
                    outcomes.append("")
                except InstrumentError as error:
                    outcomes.append(str(error))
                assert made.world.at_rest
            # Preparing clears the error queue: only what comes after it is told.
            assert any(outcomes) == (kind != "error" or message > 2)
            assert all("smu" in outcome for outcome in outcomes if outcome)
            assert not outcomes[-1] or kind == "timeout"
