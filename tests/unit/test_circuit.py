"""The compiled loop: Kirchhoff, compliance, ramps, rest."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models import create
from sim_instruments.models.compiled import _folder

ZERO = np.zeros(1)


def one(device, voltage, duration=1e-9, *, ramp=0.0, **circuit):
    played = device.play(np.array([voltage]), np.array([duration]), np.array([ramp]), **circuit)
    return float(played.voltage[0]), float(played.current[0]), bool(played.limited[0])


def test_the_source_meets_the_load_line():
    device = create("resistor", seed=0, resistance=8e3)
    voltage, current, limited = one(device, 1.0, resistance=2e3)
    assert voltage == 1.0
    assert current == pytest.approx(1e-4, rel=1e-12)
    assert not limited


@pytest.mark.parametrize("sign", [1, -1])
def test_a_source_in_compliance_gives_its_limit_and_says_what_it_outputs(sign):
    device = create("resistor", seed=0, resistance=8e3)
    voltage, current, limited = one(device, sign * 1.0, resistance=2e3, limit=5e-5)
    assert limited
    assert current == sign * 5e-5
    assert voltage == pytest.approx(sign * 0.5, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    level=st.floats(-4, 4),
    resistance=st.sampled_from([0.0, 1.0, 2e3, 1e6]),
    limit=st.sampled_from([1e-7, 1e-5, 1e-3, np.inf]),
    thickness=st.floats(3.3e-9, 4.9e-9),
)
def test_kirchhoff_holds_for_any_source_and_device(level, resistance, limit, thickness):
    device = create("gap_filament", seed=0, thickness=thickness, read_noise=0.0)
    voltage, current, limited = one(device, level, duration=0.0, resistance=resistance, limit=limit)
    assert abs(current) <= limit
    assert voltage * current >= 0.0
    assert limited or voltage == level
    assert abs(voltage) <= abs(level) + 1e-9
    across = voltage - current * resistance
    assert current == pytest.approx(device.current(across), rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("sign", [1, -1])
def test_no_noise_lifts_a_reading_over_the_limit(sign):
    device = create("gap_filament", seed=0, read_noise=0.1, drift=0.0, relaxation=0.0)
    limit = abs(device.current(sign * 0.1))
    reads = np.array([sign * 0.1]), np.array([1e-9]), ZERO
    played = device.play(*reads, count=2000, limit=limit * (1.0 + 1e-9))
    assert abs(played.current).max() == limit * (1.0 + 1e-9)
    assert (played.limited == (abs(played.current) == limit * (1.0 + 1e-9))).all()
    assert (np.sign(played.current) == sign).all()
    assert played.limited.mean() == pytest.approx(0.5, abs=0.05)


def test_a_ramp_is_resolved_however_coarse_it_is_given():
    quiet = {"spread_rate": 0.0, "step_spread": 0.0}
    coarse, fine = (create("iontronic_li", seed=0, **quiet) for _ in range(2))
    coarse.play(np.array([1.0]), ZERO, np.array([0.02]))
    levels = np.linspace(0.0, 1.0, 4001)
    middle = 0.5 * (levels[1:] + levels[:-1])
    fine.play(middle, np.full(4000, 5e-6), np.zeros(4000))
    assert coarse.state["fast"] == pytest.approx(fine.state["fast"], rel=1e-3)


def test_a_ramp_starts_from_the_level_before_it():
    device = create("iontronic_li", seed=0, step_spread=0.0)
    flat = create("iontronic_li", seed=0, step_spread=0.0)
    device.play(np.array([0.8, 0.8]), np.array([0.01, 0.0]), np.array([0.0, 0.01]))
    flat.advance(0.8, 0.02)
    assert device.state["fast"] == pytest.approx(flat.state["fast"], rel=1e-12)


def test_each_pass_is_recorded_in_order_or_nothing_is():
    device = create("resistor", seed=0, resistance=1e3)
    program = (np.array([1.0, -2.0]), np.full(2, 1e-3), np.zeros(2))
    played = device.play(*program, count=3)
    assert played.current.tolist() == [1e-3, -2e-3] * 3
    assert device.play(*program, count=3, record=False).current.size == 0


def test_rest_before_a_program_is_the_same_as_idling_first():
    first, second = (create("iontronic_li", seed=3, filling=0.5) for _ in range(2))
    program = (np.array([0.6]), np.array([1e-3]), ZERO)
    first.play(*program, before=0.05)
    second.idle(0.05)
    second.play(*program)
    assert first.state == second.state


def test_kernels_are_kept_apart_by_what_they_were_made_from(tmp_path):
    model = tmp_path / "model.py"
    model.write_text("a = 1\n")
    before = _folder(str(model))
    _folder.cache_clear()
    model.write_text("a = 2\n")
    assert _folder(str(model)) != before


def test_a_call_leaves_no_reference_behind():
    device = create("gap_filament", seed=0)
    program = (np.array([0.5, 0.0]), np.full(2, 1e-3), np.zeros(2))
    device.play(*program)
    before = [sys.getrefcount(thing) for thing in (device.rng, *program)]
    for _ in range(50):
        device.play(*program)
        device.idle(1.0)
        device.current(0.1)
    assert [sys.getrefcount(thing) for thing in (device.rng, *program)] == before
