"""What every source-meter owes: held against each driver on its simulator."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchctl.errors import BenchError, CapabilityError, InstrumentError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import DigitalOutput, SourceMeter
from benchctl.stimulus import Stimulus, pulse, ramp, read, staircase, wait

pytestmark = pytest.mark.parametrize("name", ["keithley_2400", "keithley_2450", "keysight_b2900"])
COMPLIANCE = 1e-3


def program(stimulus: Stimulus, *, count: int = 1, compliance: float = COMPLIANCE) -> Program:
    return Program.of(tuple(stimulus.unroll()), count, compliance)


def prepared(connect: Any, name: str, **options: Any) -> Any:
    box = connect(name, **options)
    box.driver.prepare()
    return box


def test_satisfies_the_roles(name: str, connect: Any) -> None:
    driver = connect(name).driver
    assert isinstance(driver, SourceMeter)
    assert isinstance(driver, DigitalOutput)
    assert driver.capabilities.measures


def test_reads_a_resistor(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    readings = box.driver.play(program(read(0.1, 10e-3)))
    assert readings.voltage == pytest.approx([0.1], rel=1e-3)
    assert readings.current == pytest.approx([1e-5], rel=1e-3)
    assert readings.time == pytest.approx([box.world.now], abs=1e-6)
    assert readings.limited.tolist() == [False]


def test_unprepared_it_prepares_itself(name: str, connect: Any) -> None:
    readings = connect(name).driver.play(program(read(0.1, 10e-3)))
    assert readings.current == pytest.approx([1e-5], rel=1e-3)


def test_one_reading_per_measured_segment_and_pass(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    cycle = pulse(1.0, 10e-3) + read(0.1, 20e-3) + wait(10e-3) + read(-0.2, 10e-3)
    readings = box.driver.play(program(cycle, count=5))
    assert readings.voltage == pytest.approx([0.1, -0.2] * 5, rel=2e-3)
    assert readings.current == pytest.approx([1e-5, -2e-5] * 5, rel=1e-2)
    expected = [0.03 + 0.05 * i + d for i in range(5) for d in (0, 0.02)]
    assert readings.time - readings.time[0] == pytest.approx(
        np.array(expected) - expected[0], abs=1e-4
    )
    assert np.all(np.diff(readings.time) > 0)


def test_resolution_follows_range_and_aperture(name: str, connect: Any) -> None:
    driver = prepared(connect, name).driver

    def smallest(width: float, compliance: float) -> float:
        return float(driver.resolution(program(read(0.1, width), compliance=compliance)))

    for compliance in (1e-6, 30e-6, 1e-3):
        assert 1e-7 * compliance < smallest(0.1, compliance) < 1e-3 * compliance
        assert smallest(1e-3, compliance) > smallest(10e-3, compliance) > smallest(0.1, compliance)
    assert smallest(10e-3, 1e-3) > smallest(10e-3, 30e-6) > smallest(10e-3, 1e-6)


def test_staircase(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    readings = box.driver.play(program(staircase(-1.5, 1.5, 301, 5e-3)))
    assert readings.voltage == pytest.approx(np.linspace(-1.5, 1.5, 301), abs=1e-3)
    assert readings.current == pytest.approx(np.linspace(-1.5e-4, 1.5e-4, 301), abs=1e-6)


def test_ramp_is_a_staircase(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    readings = box.driver.play(program(ramp(1.0, 50e-3) + read(1.0, 10e-3)))
    assert readings.current == pytest.approx([1e-4], rel=1e-3)


def test_nothing_measured_gives_nothing(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    box.driver.play(program(pulse(1.0, 10e-3), count=3))
    before = box.world.now
    readings = box.driver.play(program(pulse(1.0, 10e-3), count=3))
    assert [len(column) for column in (readings.time, readings.current)] == [0, 0]
    assert box.world.now - before == pytest.approx(30e-3)


def test_takes_the_time_it_says(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    cycle = program(read(0.1, 10e-3) + pulse(0.5, 20e-3), count=10)
    box.driver.play(cycle)
    before = box.world.now
    box.driver.play(cycle)
    assert box.world.now - before == pytest.approx(cycle.elapsed, rel=1e-6)


@pytest.mark.parametrize("dwell", ["shortest", 1.234e-3, 7e-3, 0.04, 1.0])
def test_dwell_is_kept(name: str, connect: Any, dwell: Any) -> None:
    box = prepared(connect, name)
    if dwell == "shortest":
        step = box.driver.capabilities.resolution
        dwell = np.ceil(box.driver.capabilities.shortest / step - 1e-6) * step
    dwell = max(dwell, box.driver.capabilities.shortest)
    times = box.driver.play(program(read(0.1, dwell), count=4)).time
    assert np.diff(times) == pytest.approx(dwell, abs=2e-6, rel=1e-4)


def test_compliance_holds_and_is_told(name: str, connect: Any) -> None:
    box = prepared(connect, name, resistance=1e3)
    both = read(0.05, 20e-3) + read(1.0, 20e-3) + read(-1.0, 20e-3)
    readings = box.driver.play(program(both, compliance=1e-4))
    assert readings.limited.tolist() == [False, True, True]
    assert readings.current == pytest.approx([5e-5, 1e-4, -1e-4], rel=1e-2)
    assert readings.voltage == pytest.approx([0.05, 0.1, -0.1], rel=1e-2)


@pytest.mark.parametrize("compliance", [1e-6, 3e-5, 1e-4, 9.9e-4])
def test_just_below_compliance_is_not_limited(name: str, connect: Any, compliance: float) -> None:
    box = prepared(connect, name, resistance=1.0 / (0.97 * compliance))
    readings = box.driver.play(program(read(1.0, 40e-3), compliance=compliance))
    assert readings.current == pytest.approx([0.97 * compliance], rel=1e-2)
    assert not readings.limited.any()


def test_output_is_off_between_programs(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    assert box.ask(":OUTP?") == "0"
    box.driver.play(program(read(0.5, 10e-3)))
    assert box.ask(":OUTP?") == "0"
    assert box.errors() == 0


def test_unchanged_programs_are_not_sent_again(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    steps = staircase(-1, 1, 500, 5e-3)
    box.driver.play(program(steps))
    first = box.world.messages
    assert first > 4
    box.driver.play(program(steps))  # another object, the same content
    assert box.world.messages - first <= 4


def test_alternating_programs(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    small, large = program(read(0.1, 10e-3), compliance=5e-6), program(staircase(0, 2, 11, 5e-3))
    for _ in range(3):
        assert box.driver.play(small).limited.tolist() == [True]
        assert box.driver.play(large).current[-1] == pytest.approx(2e-4, rel=1e-3)


def test_many_passes(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    readings = box.driver.play(program(read(0.1, 5e-3) + pulse(0.2, 5e-3), count=1000))
    assert len(readings) == 1000
    assert readings.current == pytest.approx(np.full(1000, 1e-5), rel=1e-2)


def test_limits_are_the_last_gate(name: str, connect: Any) -> None:
    box = prepared(connect, name, limits=Limits((-0.5, 0.5), 1e-4))
    sent = box.world.messages
    for bad in (program(read(0.6, 10e-3), compliance=1e-5), program(read(0.1), compliance=2e-4)):
        with pytest.raises(LimitExceeded):
            box.driver.play(bad)
    assert box.world.messages == sent


@pytest.mark.parametrize(
    "bad",
    [
        program(pulse(0.1, 1e-6)),
        program(read(0.1, 10e-3) + read(0.1, 10e-3 + 3.3e-7)),
        program(staircase(0, 1, 2501, 10e-3)),
        program(read(1000.0, 10e-3)),
        program(read(0.1, 10e-3), compliance=1e-12),
        program(read(0.1, 10e-3), compliance=100.0),
    ],
)
def test_check_refuses_without_touching_the_wire(name: str, connect: Any, bad: Program) -> None:
    box = prepared(connect, name, limits=None)
    sent = box.world.messages
    for attempt in (box.driver.check, box.driver.play):
        with pytest.raises(CapabilityError, match=r"box|2400|2450"):
            attempt(bad)
    assert box.world.messages == sent


def test_a_third_terminal_is_driven_in_step_or_refused(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    plain = program(read(0.1, 10e-3) + read(0.2, 10e-3), count=2)
    gated = replace(plain, gate=np.array([1.0, -1.0]), gate_compliance=1e-6)
    if box.driver.capabilities.gate is None:
        sent = box.world.messages
        for attempt in (box.driver.check, box.driver.play):
            with pytest.raises(CapabilityError, match="third terminal"):
                attempt(gated)
        assert box.world.messages == sent
        return
    readings = box.driver.play(gated)
    assert readings.current == pytest.approx([1e-5, 2e-5] * 2, rel=1e-2)
    assert readings.gate_current == pytest.approx(np.zeros(4), abs=1e-12)
    assert box.driver.play(plain).gate_current is None
    assert box.world.at_rest


def test_check_accepts_what_play_plays(name: str, connect: Any) -> None:
    box = prepared(connect, name)
    good = program(read(0.1, 10e-3))
    sent = box.world.messages
    box.driver.check(good)
    assert box.world.messages == sent
    assert len(box.driver.play(good)) == 1


@pytest.mark.parametrize("kind", ["error", "drop", "garbage", "timeout"])
@pytest.mark.parametrize("later", [1, 2, 3, 4])
def test_faults_are_reported_and_survived(name: str, connect: Any, kind: str, later: int) -> None:
    cycle = program(read(0.1, 10e-3) + pulse(0.2, 10e-3), count=3)
    quiet = prepared(connect, name)
    start = quiet.world.messages - quiet.world.round_trips
    box = prepared(connect, name, faults=((kind, start + later),))
    outcomes = []
    for _ in range(6):
        try:
            outcomes.append(box.driver.play(cycle).current.tolist())
        except InstrumentError as error:
            outcomes.append(str(error))
    failed = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert failed
    assert all("box" in outcome for outcome in failed)
    if kind == "error":
        assert "-310" in failed[0]
    for outcome in outcomes:
        if not isinstance(outcome, str):
            assert outcome == pytest.approx([1e-5] * 3, rel=1e-2)
    if kind == "timeout":
        with pytest.raises(InstrumentError):
            box.driver.safe()
    else:
        assert len(failed) == 1
        box.driver.safe()
        assert box.ask(":OUTP?") == "0"


@pytest.mark.parametrize("steps", [5, 300])
def test_times_are_right_within_a_message(
    name: str, connect: Any, monkeypatch: Any, steps: int
) -> None:
    box = prepared(connect, name, latency=0.1)
    ends, play = [], box.world.play

    def noted(*arguments: Any, **options: Any) -> Any:
        samples = play(*arguments, **options)
        ends.append(box.world.now)
        return samples

    monkeypatch.setattr(box.world, "play", noted)
    times = box.driver.play(program(staircase(0.1, 1.0, steps, 5e-3))).time
    assert len(times) == steps
    assert times[-1] == pytest.approx(ends[-1], abs=0.1 + 1e-3)


def play_three_times(driver: Any, wanted: Program) -> None:
    for _ in range(3):
        driver.play(wanted)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("what", ["write", "read"])
def test_after_an_interruption_anywhere_the_next_program_is_its_own(
    name: str, connect: Any, monkeypatch: Any, what: str, place: int
) -> None:
    """Ctrl-C while the driver is used directly: nobody has made it safe in between."""
    box = prepared(connect, name)
    first = program(staircase(0.1, 1.0, 1200, 1e-3) + wait(1e-3))
    other = program(staircase(0.5, 0.2, 1200, 1e-3) + wait(1e-3))
    box.driver.play(first)
    library, left = box.driver.adapter.connection.visalib, iter([False] * place + [True])
    genuine = getattr(library, what)

    def interrupted(*arguments: Any) -> Any:
        if what == "write":
            genuine(*arguments)
        if next(left, False):
            raise KeyboardInterrupt
        return genuine(*arguments) if what == "read" else (len(arguments[1]), None)

    with monkeypatch.context() as patched:
        patched.setattr(library, what, interrupted)
        with pytest.raises(KeyboardInterrupt):
            play_three_times(box.driver, other)
    readings = box.driver.play(first)
    assert readings.voltage == pytest.approx(np.linspace(0.1, 1.0, 1200), abs=2e-3)
    assert readings.current == pytest.approx(np.linspace(1e-5, 1e-4, 1200), abs=2e-7)
    assert box.ask(":OUTP?") == "0"
    assert box.errors() == 0


def test_line_switches_the_relay(name: str, connect: Any) -> None:
    wiring = {"name": "relay", "source_meter": "box", "generator": "none", "line": 2}
    box = prepared(connect, name, wiring=wiring)
    box.driver.set_line(2, False)
    count = box.world.relay_operations
    box.driver.set_line(2, True)
    assert box.world.relay_operations == count + 1
    box.driver.set_line(1, True)
    box.driver.set_line(2, True)
    assert box.world.relay_operations == count + 1
    box.world.sleep(0.1)
    assert abs(box.driver.play(program(read(0.1, 10e-3))).current[0]) < 1e-8
    box.driver.set_line(2, False)
    box.world.sleep(0.1)
    assert box.driver.play(program(read(0.1, 10e-3))).current == pytest.approx([1e-5], rel=1e-2)
    with pytest.raises(BenchError):
        box.driver.set_line(99, True)


def test_latency_is_paid_per_message_not_per_segment(name: str, connect: Any) -> None:
    box = prepared(connect, name, latency=1e-3)
    steps = program(staircase(-1, 1, 1000, 5e-3))
    box.driver.play(steps)
    before = box.world.now
    box.driver.play(steps)
    assert steps.elapsed / (box.world.now - before) > 0.99


def test_a_refused_current_limit_is_known_before_the_device_is_driven(
    name: str, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = prepared(connect, name)
    box.driver.play(program(read(0.1, 10e-3), compliance=1e-3))
    before, write = box.world.segments, box.driver.adapter.write
    # As an instrument would that knows no such limit.
    monkeypatch.setattr(
        box.driver.adapter, "write",
        lambda words: write(re.sub(r"(PROT|ILIM) 1e-05", r"\1 1e9", words)),
    )  # fmt: skip
    with pytest.raises(InstrumentError, match="-222"):
        box.driver.play(program(read(0.1, 10e-3), compliance=10e-6))
    assert box.world.segments == before
    assert box.world.at_rest


def test_a_new_current_limit_costs_one_round_trip_and_a_known_one_none(
    name: str, connect: Any
) -> None:
    box = prepared(connect, name)
    trips = []
    for compliance in (1e-3, 1e-3, 1e-4, 1e-3, 1e-4):
        before = box.world.round_trips
        box.driver.play(program(read(0.1, 10e-3), compliance=compliance))
        trips.append(box.world.round_trips - before)
    assert trips == [2, 1, 2, 1, 1]
