import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchctl.errors import BenchError, CapabilityError, ConfigError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.roles import Capabilities
from benchctl.stimulus import (
    Readings,
    Segment,
    Stimulus,
    Trace,
    pulse,
    ramp,
    read,
    staircase,
    wait,
)


def segment(voltage, duration, ramp, measure):
    """Return a segment, measured only where it takes time."""
    return Segment(voltage, duration, ramp, measure=measure and duration + ramp > 0)


segments = st.builds(
    segment,
    voltage=st.floats(-5, 5),
    duration=st.floats(0, 1e-2),
    ramp=st.sampled_from([0.0, 1e-4]),
    measure=st.booleans(),
)
stimuli = st.recursive(
    st.lists(segments, max_size=4).map(lambda s: Stimulus(tuple(s))),
    lambda inner: (
        st.tuples(inner, inner).map(lambda p: p[0] + p[1])
        | st.tuples(inner, st.integers(0, 3)).map(lambda p: p[0] * p[1])
    ),
    max_leaves=6,
)


@given(stimuli)
def test_run_length_figures_equal_the_written_out_ones(stimulus):
    written = list(stimulus.unroll())
    assert stimulus.segments == len(written)
    assert stimulus.measured == sum(s.measure for s in written)
    assert stimulus.duration == pytest.approx(sum(s.ramp + s.duration for s in written))
    levels = [0.0, *(s.voltage for s in written)]
    assert stimulus.extremes == (min(levels), max(levels))


@given(stimuli, st.integers(1, 10))
def test_passes_are_the_whole_stimulus_in_order(stimulus, most):
    played = [s for body, count in stimulus.passes(most) for _ in range(count) for s in body]
    assert played == list(stimulus.unroll())


def test_a_million_cycles_are_not_a_million_objects():
    cycle = pulse(1.2, 1e-6) + read(0.1) + pulse(-1.4, 1e-6) + read(0.1)
    many = cycle * 1000 * 1000
    assert many.segments == 4_000_000
    assert len(many.items) == 1
    assert next(many.passes(100))[1] == 1_000_000


@given(stimuli)
def test_preview_starts_and_ends_at_rest_and_goes_forward(stimulus):
    time, voltage = stimulus.preview()
    assert voltage[0] == voltage[-1] == 0
    assert (np.diff(time) >= 0).all()
    assert time[-1] == pytest.approx(stimulus.duration)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Segment(float("nan"), 1.0),
        lambda: Segment(1.0, float("inf")),
        lambda: Segment(1.0, -1e-9),
        lambda: Segment(1.0, 1.0, ramp=-1.0),
        lambda: Segment(1.0, 1.0, gate=float("nan")),
        lambda: Segment(1.0, 0.0, measure=True),
        lambda: pulse(1.0, 0.0),
        lambda: pulse(1.0, -1e-6),
        lambda: read(0.1, 0.0),
        lambda: wait(-1.0),
        lambda: staircase(0, 1, 1, 1e-3),
        lambda: read(0.1) * -1,
        lambda: read(0.1) * 1.5,
    ],
)
def test_nonsense_is_refused_where_it_is_made(make):
    with pytest.raises(ConfigError):
        make()


def test_a_pulse_with_edges_comes_back_by_itself():
    time, voltage = pulse(1.0, 1e-6, edge=1e-7).preview()
    assert voltage.tolist() == [0, 1, 1, 0]
    assert time == pytest.approx([0, 1e-7, 1.1e-6, 1.2e-6])


def test_readings_join_and_give_conductance():
    half = Readings(np.array([1.0]), np.array([0.5]), np.array([1e-6]), np.array([False]))
    rest = Readings(np.array([2.0]), np.array([0.0]), np.array([0.0]), np.array([True]))
    both = Readings.join([half, rest])
    assert len(both) == 2
    assert both.conductance[0] == 2e-6
    assert np.isnan(both.conductance[1])
    assert len(Readings.join([])) == 0


def grid(stimulus, **changes):
    program = Program.of(tuple(stimulus.unroll()), 1, 1e-3)
    options = {"shortest": 1e-4, "resolution": 1e-6, "most": 1000, "who": "box"} | changes
    return program.on_grid(**options)


@given(
    st.lists(
        st.tuples(st.integers(-30, 30), st.integers(1, 20), st.booleans()), min_size=1, max_size=12
    )
)
def test_a_grid_plays_the_same_levels_for_the_same_times(parts):
    stimulus = Stimulus(tuple(Segment(v / 10, n * 1e-4, measure=m) for v, n, m in parts))
    steps = grid(stimulus)
    assert len(steps.levels) * steps.dwell == pytest.approx(stimulus.duration)
    assert steps.kept.sum() == stimulus.measured
    ends = np.cumsum([s.duration for s in stimulus.unroll()])
    for segment, end in zip(stimulus.unroll(), ends, strict=True):
        last = round(end / steps.dwell) - 1
        assert steps.levels[last] == segment.voltage
        assert steps.kept[last] == segment.measure


def test_a_ramp_becomes_a_staircase_that_arrives():
    steps = grid(ramp(1.0, 1e-3) + read(1.0, 1e-3) + ramp(0.0, 1e-3), shortest=2.5e-4)
    assert steps.dwell == pytest.approx(1e-3)
    steps = grid(ramp(1.0, 1e-3) + read(1.0, 2.5e-4))
    assert steps.levels.tolist() == [0.25, 0.5, 0.75, 1.0, 1.0]


@pytest.mark.parametrize(
    ("stimulus", "words"),
    [
        (pulse(1, 1e-5) + read(0.1), "lengthen the widths"),
        (pulse(1, 1.5e-3) + read(0.1, 0.701e-3), "steps of at least"),
        (pulse(1, 0.2) + read(0.1, 1.001e-1), "box holds 1000 steps"),
        (pulse(1, 1e-3 + 1e-8) + read(0.1), "round the widths"),
    ],
)
def test_what_has_no_grid_is_refused_in_words(stimulus, words):
    with pytest.raises(CapabilityError, match=words):
        grid(stimulus)


generator = Capabilities((-5, 5), 1e-9, 1, 1e-9, 1e-9, 1000, False, None, resistance=50.0)


def test_limits_name_the_value_and_the_window():
    limits = Limits((-1.0, 2.0), 1e-3)
    limits.check(pulse(2.0, 1e-6) + pulse(-1.0, 1e-6), 1e-3)
    with pytest.raises(LimitExceeded, match=r"2\.1 V .* -1 V to 2 V"):
        limits.check(pulse(2.1, 1e-6), 1e-3)
    with pytest.raises(LimitExceeded, match="compliance of 2 mA"):
        limits.check(pulse(1.0, 1e-6), 2e-3)
    for bad in (0.0, -1e-6, float("nan")):
        with pytest.raises(LimitExceeded):
            limits.check(pulse(1.0, 1e-6), bad)


@given(st.floats(-10, 10), st.floats(1e-9, 1.0))
def test_no_program_outside_the_window_passes(voltage, compliance):
    limits = Limits((-1.0, 2.0), 1e-2)
    program = Program.of([Segment(voltage, 1e-3)], 1, compliance)
    inside = -1.0 <= voltage <= 2.0 and compliance <= 1e-2
    if inside:
        limits.check(program, compliance)
    else:
        with pytest.raises(LimitExceeded):
            limits.check(program, compliance)


def test_a_generator_needs_a_resistor_that_protects_a_short():
    limits = Limits((-2.0, 2.0), 1e-3)
    program = Program.of([Segment(2.0, 1e-6)], 1, 1e-3)
    limits.check_unlimited(program, generator, series=1950.0)
    with pytest.raises(LimitExceeded, match=r"series resistor of 1\.95 kOhm"):
        limits.check_unlimited(program, generator, series=1900.0)


@pytest.mark.parametrize(
    "make", [lambda: Limits((0.5, 2.0)), lambda: Limits((-1, 1), 0.0), lambda: Limits((1, -1))]
)
def test_limits_that_are_none_are_refused(make):
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize(
    "columns",
    [
        (np.arange(3.0), np.arange(2.0), np.arange(3.0)),
        (np.arange(3.0), np.arange(3.0), np.arange(4.0)),
        (np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2))),
        (1.0, 2.0, 3.0),
    ],
)
def test_a_trace_with_columns_that_do_not_belong_together_is_refused(columns):
    with pytest.raises(BenchError, match="equal length"):
        Trace(*columns)


@pytest.mark.parametrize(
    ("levels", "count", "holds"),
    [
        ([0.1], 2, True),
        ([0.1], 1, False),
        ([0.5, 0.9, 0.5], 3, True),
        ([-0.1, -0.1], 3, True),
        ([0.1, 1.0], 3, False),
        ([0.1, 0.0, 0.1], 3, False),
        ([0.1, -1.0, 0.1], 3, False),
        ([0.0], 3, False),
        ([], 3, False),
    ],
)
def test_a_bias_is_held_where_no_pass_comes_to_rest(levels, count, holds):
    program = Program.of([Segment(level, 1e-3) for level in levels], count, 1e-3)
    assert program.holds is holds
