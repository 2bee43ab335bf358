"""What a pulse generator lets pass reaches the device as exactly that, or not at all."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymeasure.adapters import VISAAdapter

from benchctl import plugins
from benchctl.errors import CapabilityError, InstrumentError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Instrument, PulseGenerator
from benchctl.stimulus import Segment, Stimulus, pulse, ramp, wait
from sim_instruments.visa import open_library

ADDRESS = "GPIB0::10::INSTR"
LIMITS = Limits((-2.0, 2.0), 1e-3)
SERIES = 2000.0
DAC_STEP = 1 / 16382


def bench(limits=LIMITS, driver="keysight_81160a", faults=(), latency=0.0):
    """A generator on a resistor, with what the World is told written down."""
    library = open_library(
        instruments={"gen": (driver, ADDRESS)},
        wiring={"name": "relay", "source_meter": "smu", "generator": "gen",
                "series_resistance": SERIES, "settle": 0.0},
        simulation={"model": "resistor", "seed": 1, "latency": latency, "faults": list(faults)},
    )  # fmt: skip
    world = library.world
    world.set_line("smu", 1, True)
    plays, holds = [], []
    play, hold = world.play, world.hold

    def playing(port, voltage, duration, ramp, **rest):
        plays.append((voltage.copy(), duration.copy(), ramp.copy(), rest.get("count", 1)))
        return play(port, voltage, duration, ramp, **rest)

    def holding(port, voltage, *args, **rest):
        holds.append(voltage)
        hold(port, voltage, *args, **rest)

    world.play, world.hold = playing, holding
    adapter = VISAAdapter(
        ADDRESS, visa_library=library, write_termination="\n", read_termination="\n"
    )
    instrument = plugins.load("driver", driver)(
        adapter, "gen", clock=world.clock, limits=limits, series_resistance=SERIES
    )
    return SimpleNamespace(world=world, plays=plays, holds=holds, driver=instrument)


def program(stimulus: Stimulus, count=1, compliance=1e-3):
    return Program.of(tuple(stimulus.unroll()), count, compliance)


def steps(voltage, duration, count=1):
    """Levels and how long each lasts, equal neighbours as one, without rest at either end."""
    merged = []
    for level, seconds in list(zip(voltage, duration, strict=True)) * count:
        if merged and abs(merged[-1][0] - level) < 1e-6:
            merged[-1][1] += seconds
        elif seconds > 0:
            merged.append([level, seconds])
    while merged and abs(merged[0][0]) < 1e-6:
        merged.pop(0)
    while merged and abs(merged[-1][0]) < 1e-6:
        merged.pop()
    return merged


def delivered(plays):
    """The steps the device felt, each from half height to half height."""
    (voltage, duration, edge, count) = plays
    after = np.append(edge[1:], edge[:1])
    return steps(voltage, duration + edge / 2 + after / 2, count)


levels = st.integers(-2000, 2000).map(lambda mv: mv / 1000)
times = st.integers(1, 400).map(lambda n: n * 1e-8)
slopes = st.integers(2, 400).map(lambda n: n * 1e-8)
segments = st.lists(st.builds(Segment, levels, times), min_size=1, max_size=8)
BENCH = bench()


@given(segments, st.integers(1, 6))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_passes_check_is_what_the_device_feels(parts, count):
    wanted = Program.of(parts, count, 1e-3)
    BENCH.plays.clear()
    began = BENCH.world.now
    BENCH.driver.play(wanted)
    expected = steps(wanted.voltage, wanted.duration, count)
    if not expected:
        assert not BENCH.plays
        assert BENCH.world.now - began == pytest.approx(wanted.elapsed)
        return
    (played,) = BENCH.plays
    found = delivered(played)
    swing = max(np.ptp(np.append(wanted.voltage, 0.0)), 0.1)
    assert [level for level, _ in found] == pytest.approx(
        [level for level, _ in expected], abs=swing * DAC_STEP * 2
    )
    assert [seconds for _, seconds in found] == pytest.approx([s for _, s in expected], rel=1e-8)


@given(st.sampled_from([1, -1]), st.integers(100, 2000), times, times, times, st.integers(1, 50))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_identical_pulses_are_exact(sign, millivolt, width, edge, gap, count):
    level = sign * millivolt / 1000
    BENCH.plays.clear()
    BENCH.driver.play(program(pulse(level, width, edge=edge) + wait(gap + 2 * edge), count))
    voltage, duration, ramps, played = BENCH.plays[0]
    assert voltage == pytest.approx([level, 0.0], abs=1e-9)
    assert duration[0] == pytest.approx(width, rel=1e-6, abs=1e-16)
    assert ramps == pytest.approx([edge, edge], rel=1e-9)
    assert played == count
    if count > 1:
        assert duration[1] == pytest.approx(gap + 2 * edge, rel=1e-6)


@given(st.lists(st.tuples(levels, slopes), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_ramps_follow_the_straight_line(corners):
    line = Stimulus(tuple(Segment(v, 0.0, ramp=t) for v, t in corners)) + ramp(0.0, 1e-7)
    wanted = program(line)
    if not np.abs(wanted.voltage).max():
        return
    BENCH.plays.clear()
    BENCH.driver.play(wanted)
    voltage, duration, edges, _ = BENCH.plays[0]
    ends = np.cumsum(duration + edges)
    time = np.concatenate([ends - duration, ends])
    order = np.argsort(time, kind="stable")
    felt = np.concatenate([voltage, voltage])[order]
    corner_times = np.concatenate([[0.0], np.cumsum(wanted.ramp)])
    straight = np.interp(time[order], corner_times, np.concatenate([[0.0], wanted.voltage]))
    heights = np.abs(np.diff(np.concatenate([[0.0], wanted.voltage]))).max()
    swing = max(np.ptp(np.append(wanted.voltage, 0.0)), 0.1)
    assert np.abs(felt - straight).max() <= heights / 32 + swing * DAC_STEP * 2 + 1e-9


@given(st.lists(st.builds(Segment, st.floats(-12, 12), times), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_nothing_beyond_the_limits_reaches_the_device(parts):
    wanted = Program.of(parts, 2, 1e-3)
    BENCH.plays.clear()
    BENCH.holds.clear()
    try:
        BENCH.driver.play(wanted)
    except (LimitExceeded, CapabilityError):
        assert not BENCH.plays
    for voltage, *_ in BENCH.plays:
        assert voltage.min() >= LIMITS.voltage[0] - 1e-8
        assert voltage.max() <= LIMITS.voltage[1] + 1e-8
    assert not any(BENCH.holds), "the output must rest at 0 V"


@given(st.lists(st.tuples(st.sampled_from([-1, 1]), st.integers(50, 2000), times), min_size=2))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_between_programs_of_any_polarity_it_rests_at_zero(pulses):
    BENCH.holds.clear()
    for sign, millivolt, width in pulses:
        BENCH.driver.play(program(pulse(sign * millivolt / 1000, width)))
    BENCH.driver.play(program(pulse(1.0, 1e-6) + pulse(-1.0, 1e-6)))
    assert not any(BENCH.holds)


def test_roles():
    assert isinstance(BENCH.driver, PulseGenerator)
    assert isinstance(BENCH.driver, Instrument)
    assert BENCH.driver.capabilities.current is None
    assert not BENCH.driver.capabilities.measures


def test_an_unlimited_source_is_refused_where_resistance_alone_allows_too_much():
    box = bench(Limits((-5.0, 5.0), 1e-3))
    with pytest.raises(LimitExceeded, match="series"):
        box.driver.play(program(pulse(3.0, 1e-6)))
    assert not box.plays


def test_an_unchanged_program_costs_one_message_and_its_answer():
    box = bench()
    wanted = program(pulse(1.0, 1e-6))
    box.driver.play(wanted)
    before = box.world.messages
    box.driver.play(program(pulse(1.0, 1e-6)))
    box.driver.play(program(pulse(1.1, 1e-6)))
    assert box.world.messages - before == 4
    assert len(box.plays) == 3


@pytest.mark.parametrize("level", [0.1, -0.1, 5.0, 9.96, -9.96, 10.0, -10.0])
def test_from_the_smallest_pulse_to_the_largest(level):
    box = bench(Limits((-10.0, 10.0), 1.0))
    for voltage in (level, 1.0, -1.0, level):
        box.driver.play(program(pulse(voltage, 1e-6), compliance=1.0))
        assert box.plays[-1][0] == pytest.approx([voltage, 0.0], abs=1e-9)
    assert not any(box.holds)


def test_a_million_cycles_are_one_burst():
    box = bench()
    cycle = pulse(1.0, 1e-6) + wait(1e-6) + pulse(-1.0, 1e-6) + wait(1e-6)
    box.driver.play(program(cycle, 1_000_000))
    assert box.plays[0][3] == 1_000_000
    assert box.world.now >= 4.0


def test_rest_takes_its_time_and_nothing_else():
    box = bench()
    box.driver.play(program(wait(0.5), 3))
    assert box.world.now == pytest.approx(1.5)
    assert box.world.messages == 0


def test_safe_switches_off_after_anything():
    box = bench()
    box.driver.play(program(pulse(1.0, 1e-6)))
    box.driver.adapter.write("FOO;:OUTP1?")
    box.driver.safe()
    assert box.driver.ask(":OUTP1?").strip() == "0"


@pytest.mark.parametrize("kind", ["timeout", "drop", "error", "garbage"])
def test_a_misbehaving_instrument_is_named(kind):
    box = bench(faults=[{"instrument": "gen", "message": 3, "kind": kind}])
    wanted = program(pulse(1.0, 1e-6))
    box.driver.play(wanted)
    with pytest.raises(InstrumentError, match="gen"):
        box.driver.play(wanted)
    if kind == "timeout":
        with pytest.raises(InstrumentError, match="gen"):
            box.driver.safe()
        return
    box.driver.safe()
    box.driver.play(wanted)  # it prepares itself again
    assert box.plays[-1][0] == pytest.approx([1.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("step", ["arrange", "play"])
@pytest.mark.parametrize("point", ["write", "write_bytes", "read"])
def test_after_an_interruption_anywhere_the_next_program_is_its_own(monkeypatch, point, step):
    box = bench()
    first = program(pulse(1.0, 1e-6) + pulse(-0.5, 1e-6))
    other = program(pulse(0.5, 2e-6) + pulse(-1.0, 3e-6))
    box.driver.play(first)
    genuine, count = getattr(box.driver.adapter, point), iter([True])

    def interrupted(*arguments, **options):
        result = genuine(*arguments, **options) if point != "read" else None
        if next(count, False):
            raise KeyboardInterrupt
        return genuine(*arguments, **options) if point == "read" else result

    with monkeypatch.context() as patched:
        patched.setattr(box.driver.adapter, point, interrupted)
        with pytest.raises(KeyboardInterrupt):
            getattr(box.driver, step)(other)
    box.driver.play(first)
    felt = np.array(delivered(box.plays[-1]))
    assert felt[:, 0] == pytest.approx([1.0, -0.5], abs=3e-4)
    assert felt[:, 1] == pytest.approx([1e-6, 1e-6], rel=1e-6)
    assert box.driver.ask(":SYST:ERR?").startswith("+0")


def test_a_stranger_is_refused():
    box = bench(faults=[{"instrument": "gen", "message": 1, "kind": "identity"}])
    with pytest.raises(InstrumentError, match="81160A"):
        box.driver.identify()


@pytest.mark.parametrize(
    ("window", "room"),
    [((-2.0, 2.0), 1), ((-2.0, 0.0), 1), ((0.0, 2.0), 1), ((-0.05, 0.05), 0)],
)
def test_at_rest_it_holds_0_v_until_it_is_made_safe(window, room):
    box = bench(Limits(window, 1e-3))
    for times in (1, 2):
        for _ in range(2):
            box.driver.rest()
            assert box.holds == [0.0] * times * room
        box.driver.safe()


def test_check_touches_no_wire():
    box = bench()
    box.driver.check(program(pulse(1.0, 1e-6) + pulse(-1.0, 1e-6), 10))
    with pytest.raises(CapabilityError):
        box.driver.check(program(pulse(30.0, 1e-6)))
    assert box.world.messages == 0
