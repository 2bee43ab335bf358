"""What the 2400's driver lets pass reaches the device as exactly those levels and times."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymeasure.adapters import VISAAdapter

from benchctl.errors import CapabilityError, LimitExceeded
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.stimulus import Segment
from drivers.keithley_2400 import Keithley2400
from sim_instruments.visa import open_library

ADDRESS = "GPIB0::24::INSTR"
LIMITS = Limits((-1.5, 2.0), 1e-3)
OHM = 1e4
SOURCE_STEP = 50e-6
"""V, of the 2 V range, the coarsest one within the limits"""


def bench():
    library = open_library(
        instruments={"smu": ("keithley_2400", ADDRESS)},
        wiring={"name": "direct", "source_meter": "smu"},
        simulation={"model": "resistor", "seed": 1, "parameters": {"resistance": OHM}},
    )
    world = library.world
    plays, holds, limits = [], [], []
    play, hold = world.play, world.hold

    def playing(port, voltage, duration, ramp, **rest):
        assert not ramp.any()
        plays.append((voltage.copy(), duration.copy()))
        limits.append(rest["limit"])
        return play(port, voltage, duration, ramp, **rest)

    def holding(port, voltage, limit=np.inf, **rest):
        holds.append(voltage)
        hold(port, voltage, limit, **rest)

    world.play, world.hold = playing, holding
    ends = {"write_termination": "\n", "read_termination": "\n"}
    adapter = VISAAdapter(ADDRESS, visa_library=library, **ends)
    driver = Keithley2400(adapter, "smu", clock=world.clock, limits=LIMITS)
    return SimpleNamespace(
        driver=driver, world=world, plays=plays, holds=holds, limits=limits
    )  # fmt: skip


BENCH = bench()
levels = st.integers(-1500, 2000).map(lambda mv: mv / 1000)
times = st.integers(1, 20).map(lambda n: n * 1e-3)
segments = st.lists(
    st.builds(Segment, levels, times, measure=st.booleans()), min_size=1, max_size=9
)
compliances = st.sampled_from([1e-3, 5e-4, 3e-5, 1e-6, 2e-7])


@given(segments, st.integers(1, 400), compliances)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_levels_times_readings_and_compliance(parts, count, compliance):
    wanted = Program.of(parts, count, compliance)
    # What it may not interrupt has to fit in one trigger.
    assume(not wanted.holds or wanted.elapsed <= 2.5)
    BENCH.plays.clear()
    BENCH.limits.clear()
    readings = BENCH.driver.play(wanted)
    voltage = np.concatenate([v for v, _ in BENCH.plays])
    duration = np.concatenate([d for _, d in BENCH.plays])
    steps = np.tile(np.rint(wanted.duration / duration[0]).astype(int), count)
    assert voltage == pytest.approx(
        np.repeat(np.tile(wanted.voltage, count), steps), abs=SOURCE_STEP
    )
    assert duration == pytest.approx(np.full(len(voltage), duration[0]), rel=1e-9)
    assert duration.sum() == pytest.approx(wanted.elapsed, rel=1e-6)
    assert set(BENCH.limits) == {compliance}
    assert BENCH.world.now >= wanted.elapsed

    asked = np.tile(wanted.voltage[wanted.measure], count)
    assert len(readings) == len(asked)
    expected = np.clip(asked / OHM, -compliance, compliance)
    assert readings.current == pytest.approx(expected, abs=SOURCE_STEP / OHM + 1e-6 * compliance)
    beyond = np.abs(asked) / OHM > compliance * 1.01
    within = np.abs(asked) / OHM < compliance * 0.99
    assert readings.limited[beyond].all()
    assert not readings.limited[within].any()
    assert np.all(np.diff(readings.time) > 0)


@given(
    st.lists(st.builds(Segment, st.floats(-300, 300), times), min_size=1, max_size=5),
    st.floats(1e-10, 3.0),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_nothing_beyond_the_limits_reaches_the_device(parts, compliance):
    BENCH.plays.clear()
    BENCH.limits.clear()
    try:
        BENCH.driver.play(Program.of(parts, 1, compliance))
    except (LimitExceeded, CapabilityError):
        assert not BENCH.plays
    for voltage, _ in BENCH.plays:
        assert voltage.min() >= LIMITS.voltage[0] - SOURCE_STEP
        assert voltage.max() <= LIMITS.voltage[1] + SOURCE_STEP
    assert all(limit <= LIMITS.current for limit in BENCH.limits)


def test_the_output_rests_at_zero_before_a_sweep():
    BENCH.holds.clear()
    BENCH.driver.play(Program.of((Segment(0.5, 1e-2), Segment(0.0, 1e-2)), 3, 1e-4))
    assert not any(BENCH.holds)
