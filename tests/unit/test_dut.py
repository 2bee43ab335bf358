"""What the Dut makes of a stimulus on the two example benches, real drivers included."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchctl.bench import open_bench
from benchctl.errors import (
    CapabilityError,
    ConfigError,
    InstrumentError,
    LimitExceeded,
    Stopped,
)
from benchctl.stimulus import Readings, Segment, Stimulus, pulse, ramp, read, staircase, wait
from benchctl.wiring import Cell

SOURCE_METER = Path("examples/benches/source_meter.toml")
RELAY = Path("examples/benches/generator_and_source_meter.toml")
LEVELS = [-5.0, -3.51, -3.5, -1.0, -0.1, 0.1, 1.0, 3.5, 3.501, 10.0]


@pytest.fixture(scope="module")
def relay():
    with open_bench(RELAY, simulate=True, seed=1) as bench:
        yield bench


@pytest.fixture(scope="module")
def meter():
    with open_bench(SOURCE_METER, simulate=True, seed=1) as bench:
        yield bench


def sources(bench, stimulus):
    """Return the names of the sources of each pass, and its count."""
    names = {id(driver): name for name, driver in bench.instruments.items()} | {id(None): "rest"}
    plan = bench.dut.check(stimulus)
    return [([names[id(s.source)] for s in steps], count) for steps, count in plan.passes]


def test_slow_segments_go_to_the_source_meter_and_fast_ones_to_the_generator(relay):
    cycle = pulse(1, 1e-6) + read(0.1) + pulse(-1, 1e-6) + read(0.1)
    assert sources(relay, cycle * 1000) == [(["pulser", "smu", "pulser", "smu"], 1000)]
    assert sources(relay, (pulse(1, 1e-3) + read(0.1)) * 1000) == [(["smu"], 1)]
    assert sources(relay, staircase(0, 1, 11, 0.01)) == [(["smu"], 1)]
    assert sources(relay, (pulse(1, 1e-6) + wait(1e-5)) * 50) == [(["pulser"], 1)]


def test_a_rest_stays_where_it_is_and_a_long_one_is_the_clocks(relay):
    assert sources(relay, pulse(1, 1e-6) + wait(1e-3) + pulse(1, 1e-6)) == [(["pulser"], 1)]
    assert sources(relay, pulse(1, 1e-6) + wait(10) + read(0.1)) == [(["pulser", "rest", "smu"], 1)]


def test_a_fast_edge_takes_its_whole_pulse_to_the_generator(relay):
    assert sources(relay, pulse(1, 5e-3, edge=1e-7)) == [(["pulser"], 1)]
    assert sources(relay, pulse(1, 5e-3)) == [(["smu"], 1)]


def test_a_slow_edge_stays_with_the_fast_top_it_starts_from(relay):
    assert sources(relay, pulse(1, 1e-7, edge=1e-3)) == [(["pulser"], 1)]
    up = Stimulus((Segment(1, 1e-6), Segment(2, 1e-3, ramp=1e-3), Segment(0, 0, ramp=1e-3)))
    assert sources(relay, up) == [(["pulser"], 1)]


@pytest.mark.parametrize(
    "stimulus",
    [
        Stimulus((Segment(1, 2e-3, ramp=2e-3), Segment(0.5, 2e-3, ramp=2e-3))) * 3,
        ramp(1, 2e-3) + (read(1) + read(0.9)) * 5 + ramp(0, 2e-3),
        pulse(0.5, 1e-3) + read(0.5) * 10 + pulse(0.5, 1e-3),
    ],
)
def test_a_level_held_across_a_loops_end_is_one_program_as_it_is_drawn(meter, stimulus):
    assert sources(meter, stimulus) == [(["smu"], 1)]
    steps, _ = meter.dut.check(stimulus).passes[0]
    assert steps[0].program.voltage.tolist() == [s.voltage for s in stimulus.unroll()]


@pytest.mark.parametrize(
    "stimulus",
    [
        Stimulus((Segment(1, 2e-3, ramp=2e-3), Segment(0.5, 2e-3, ramp=2e-3))) * 60_000,
        pulse(0.5, 1e-3) + read(0.5) * 100_000,
    ],
)
def test_a_level_that_cannot_be_held_across_a_loops_end_is_refused(meter, stimulus):
    with pytest.raises(CapabilityError, match="cannot be kept up"):
        meter.dut.check(stimulus)


@pytest.mark.parametrize("bench", ["meter", "relay"])
def test_a_level_that_a_loop_holds_is_not_interrupted(request, monkeypatch, bench):
    bench = request.getfixturevalue(bench)
    world, programs, play = bench.world, [], bench.world.play

    def noted(port, voltage, *args, count=1, **options):
        programs.append(len(voltage) * count)
        return play(port, voltage, *args, count=count, **options)

    monkeypatch.setattr(world, "play", noted)
    (block,) = bench.dut.stream(read(0.1, 2e-3) * 1500)
    assert len(block) == 1500
    assert len(programs) == 1


def drawn(plan):
    """Return the levels and times of what will be applied, moments without a duration left out."""
    return [(s.voltage, s.ramp, s.duration) for s in plan.applied() if s.ramp or s.duration]


@pytest.mark.parametrize(
    "stimulus",
    [
        (pulse(1, 2e-3) + wait(0.2) + pulse(1, 3e-3)) * 3,
        (pulse(1, 2e-3) + wait(0.2) + pulse(0.5, 3e-3)) * 3 + ramp(1, 2e-3),
        (ramp(1, 2e-3) + pulse(1, 2e-3) + wait(0.2) + pulse(0.5, 3e-3)) * 3,
        (read(0.1) + pulse(1, 2e-3) + read(0.1)) * 3,
    ],
)
def test_a_level_goes_on_into_the_next_pass_of_a_loop_that_rests(meter, stimulus):
    plan = meter.dut.check(stimulus)
    assert drawn(plan) == [(s.voltage, s.ramp, s.duration) for s in stimulus.unroll()]
    given = list(plan.applied())
    moments = [k for k, s in enumerate(given) if k and not s.ramp + s.duration]
    assert moments
    for before, after in ((given[k - 1], given[k + 1]) for k in moments):
        assert before.voltage != after.voltage
        assert before.voltage == 0 or after.ramp == 0
    assert len(meter.dut.play(stimulus)) == stimulus.measured


def test_rests_while_the_relay_changes_over_are_drawn(relay):
    cycle = pulse(1, 1e-6) + read(0.1)
    settle = (0.0, 0.0, 2e-3)
    once = [settle, (1.0, 0.0, 1e-6), settle, (0.1, 0.0, 1e-3)]
    plan = relay.dut.check(cycle * 2)
    assert drawn(plan) == once * 2
    assert sum(wide + way for _, way, wide in drawn(plan)) == pytest.approx(plan.duration)
    assert drawn(relay.dut.check(read(0.1))) == once[3:]


def test_a_level_nobody_could_stop_is_refused(meter, relay):
    for bench in (meter, relay):
        with pytest.raises(CapabilityError, match="no stop can end"):
            bench.dut.check(read(0.1, 0.1) * 700)
        assert bench.dut.check((read(0.1, 0.1) * 100 + wait(0.1)) * 70).segments == 7070


def test_a_ramp_that_starts_from_0_v_may_be_repeated(meter):
    triangle = ramp(1, 2e-3) + ramp(0, 2e-3)
    assert sources(meter, triangle * 3 + triangle) == [(["smu"], 1), (["smu"], 1)]


def test_a_gate_nobody_can_drive_is_refused(meter):
    with pytest.raises(CapabilityError, match="gate"):
        meter.dut.check(Stimulus((Segment(0.1, 1e-3, measure=True, gate=0.5),)) * 10)


def test_what_no_single_upload_holds_is_played_in_blocks(meter):
    cycle = pulse(0.5, 1e-3) + read(0.1, 5e-3) + pulse(-0.5, 1e-3) + read(0.1, 5e-3)
    plan = meter.dut.check(cycle * 1_000_000)
    assert plan.duration == pytest.approx(12e3)
    blocks = meter.dut.stream(cycle * 1_000_000)
    assert 150 < len(next(blocks)) <= 1 / 6e-3


def test_a_long_sweep_is_cut_where_it_crosses_zero(meter):
    up = staircase(0.01, 1, 100, 0.01) + staircase(0.99, 0.01, 99, 0.01)
    down = staircase(-0.01, -1, 100, 0.01)
    assert sources(meter, up + wait(0.02) + down + wait(0.02)) == [(["smu", "smu"], 1)]


def test_the_plan_counts_relay_operations_and_their_time(relay):
    cycle = pulse(1, 1e-6) + read(0.1) + pulse(-1, 1e-6) + read(0.1)
    plan = relay.dut.check(cycle * 10)
    assert plan.relay_operations == 40
    assert plan.duration == pytest.approx(cycle.duration * 10 + 40 * 2e-3)
    assert plan.segments == 40
    assert plan.programs == 40
    before = relay.world.relay_operations
    relay.dut.play(cycle * 10)
    assert relay.world.relay_operations - before == 40
    assert relay.dut.check(cycle).relay_operations == 4  # the relay is on the source-meter again


@pytest.mark.parametrize(
    ("stimulus", "words"),
    [
        (Stimulus((Segment(1.0, 1e-6, measure=True),)), ["cannot measure", "1 µs", "shortest"]),
        (pulse(1, 1e-10), ["81160A", "pulser"]),
        (pulse(1, 1e-3) + read(0.1, 0.77e-3), ["multiples"]),
        (staircase(0, 1, 3000, 1e-3), ["2500"]),
    ],
)
def test_what_the_bench_cannot_do_is_refused_before_anything_is_sent(relay, stimulus, words):
    before = relay.world.messages
    with pytest.raises(CapabilityError) as error:
        relay.dut.play(read(0.1) + stimulus)
    assert any(word in str(error.value) for word in words)
    assert relay.world.messages == before


def test_a_source_meter_alone_says_how_to_get_fast_pulses(meter):
    with pytest.raises(CapabilityError, match="add a pulse generator"):
        meter.dut.check(pulse(1, 1e-6))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(LEVELS), st.sampled_from([1e-6, 1e-3]), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_outside_the_limits_reaches_the_wire(relay, parts):
    stimulus = Stimulus(tuple(Segment(v, t, measure=m and t == 1e-3) for v, t, m in parts))
    low, high = relay.dut.limits.voltage
    outside = any(not low <= v <= high for v, _, _ in parts)
    before = relay.world.messages
    if outside:
        with pytest.raises(LimitExceeded):
            relay.dut.play(stimulus)
        assert relay.world.messages == before
    else:
        assert len(relay.dut.play(stimulus)) == stimulus.measured


@pytest.mark.parametrize("name", ["smu", "pulser"])
def test_the_driver_is_a_gate_of_its_own(relay, name):
    """Take the first gate away: the second one must still hold."""
    steps, _ = relay.dut.check(pulse(1, 1e-6) + read(0.1)).passes[0]
    step = next(s for s in steps if s.source is relay.instruments[name])
    beyond = replace(step.program, voltage=np.full_like(step.program.voltage, 5.0))
    before = relay.world.messages
    with pytest.raises(LimitExceeded):
        step.source.play(beyond)
    assert relay.world.messages == before


def test_a_stream_is_the_play_in_blocks_of_a_second(meter):
    stimulus = (pulse(0.2, 1e-3) + read(0.1)) * 2000
    blocks = list(meter.dut.stream(stimulus))
    assert len(blocks) == 4
    assert sum(map(len, blocks)) == stimulus.measured
    times = Readings.join(blocks).time
    assert (np.diff(times) > 0).all()


def test_a_stop_is_obeyed_within_a_block(meter):
    calls, began = iter([False] * 2 + [True] * 100), meter.world.now
    meter.dut.should_stop = lambda: next(calls)
    try:
        with pytest.raises(Stopped):
            meter.dut.play((pulse(0.2, 1e-3) + read(0.1)) * 10_000)
        with pytest.raises(Stopped):
            meter.dut.wait(10.0)
    finally:
        meter.dut.should_stop = lambda: False
    assert meter.world.at_rest
    assert meter.world.now - began < 3


def test_the_relay_is_set_when_the_bench_opens():
    with open_bench(RELAY, simulate=True, seed=1) as bench:
        smu = bench.instruments["smu"]
        assert smu.ask(":DIG:LINE1:MODE?").strip() == "DIG,OUT", "an input floats high"
        assert int(smu.ask(":DIG:LINE1:STAT?")) == 0


def test_polarities_in_turn_do_not_wear_the_generators_output_relay(relay, monkeypatch):
    dut, pulser = relay.dut, relay.instruments["pulser"]
    relay.safe()
    sent = []
    write = pulser.adapter.write

    def noted(message, **options):
        sent.append(message)
        write(message, **options)

    monkeypatch.setattr(pulser.adapter, "write", noted)
    cycle = pulse(1, 1e-6) + read(0.1) + pulse(-1, 1e-6) + read(0.1)
    dut.play(cycle * 20)
    commands = ";".join(sent).split(";")
    assert commands.count(":OUTP1 1") == 1
    assert commands.count(":OUTP1:POL INV") == 20
    assert commands.count("*TRG") == 40
    assert ":OUTP1 0" not in commands[commands.index(":OUTP1 1") :]


def test_what_is_arranged_does_not_reach_the_device(relay):
    dut, pulser, load = relay.dut, relay.instruments["pulser"], relay.world.load
    dut.play(pulse(2.5, 1e-6) + read(0.1))
    state = load.state["thickness"]
    for voltage in (-2.9, 2.9):
        steps, _ = dut.check(pulse(voltage, 1e-6)).passes[0]
        pulser.arrange(steps[0].program)
        assert load.state["thickness"] == pytest.approx(state, rel=1e-3)
    dut.play(pulse(-2.5, 1e-6))
    dut.read(0.1)
    assert load.state["thickness"] != pytest.approx(state, rel=1e-3), "what is played does"


def test_a_relay_whose_setting_failed_is_set_again(relay, monkeypatch):
    dut, smu = relay.dut, relay.instruments["smu"]
    before = dut.read(0.1, width=0.02)
    real = smu.set_line

    def answers_too_late(line, high):
        real(line, high)
        raise InstrumentError("smu does not answer")

    monkeypatch.setattr(smu, "set_line", answers_too_late)
    with pytest.raises(InstrumentError):
        dut.play(pulse(1, 1e-6))
    monkeypatch.setattr(smu, "set_line", real)
    after = dut.read(0.1, width=0.02)
    assert after == pytest.approx(before, rel=0.1) != 0, "the device, not the open contact"


def test_an_interrupted_program_leaves_no_output_on_and_no_answer_behind(meter, monkeypatch):
    dut, smu = meter.dut, meter.instruments["smu"]
    one, other = read(0.1, 0.02), read(0.2, 0.02)
    dut.play(one)
    dut.play(other)
    asked = smu.adapter.read_bytes

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(smu.adapter, "read_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dut.play(one)
    monkeypatch.setattr(smu.adapter, "read_bytes", asked)
    assert not smu.source_enabled
    assert dut.play(other).voltage == pytest.approx([0.2], rel=1e-2)


def test_reading_and_waiting(meter):
    before = meter.clock.now()
    meter.dut.wait(3600.0)
    assert meter.clock.now() - before == pytest.approx(3600.0)
    assert 1e-8 < meter.dut.read(0.1, width=0.02, compliance=1e-4) < 1e-3
    with pytest.raises(ConfigError):
        meter.dut.read(0.0)


def test_a_cell_the_wiring_does_not_reach(meter):
    meter.dut.select(Cell(0, 0))
    with pytest.raises(CapabilityError, match="no array"):
        meter.dut.select(Cell(1, 0))


def test_a_ramp_on_a_source_meter_is_a_staircase_that_the_device_sees(meter):
    readings = meter.dut.play(ramp(0.2, 4e-3) + read(0.2, 1e-3) + ramp(0.0, 1e-3))
    assert readings.voltage == pytest.approx([0.2], rel=1e-3)


def test_a_stimulus_compiled_once_is_checked_against_the_relay_as_it_is(relay):
    stimulus = pulse(1, 1e-6) + wait(1e-6)
    relay.dut.play(read(0.1))
    assert relay.dut.check(stimulus).relay_operations == 1
    relay.dut.play(stimulus)
    assert relay.dut.check(stimulus).relay_operations == 0
    with pytest.raises(LimitExceeded):
        relay.dut.check(stimulus, compliance=1.0)


def test_a_short_rest_by_itself_is_left_to_the_clock(meter):
    assert sources(meter, wait(1e-6)) == [(["rest"], 1)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_empty_or_repeated_stimulus(meter, count):
    assert len(meter.dut.play(read(0.1) * count)) == count
