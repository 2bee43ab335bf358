"""vteam: exact pulse updates, thresholds, both laws, the published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sim_instruments.models.vteam import Vteam

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_threshold": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip


def device(**parameters):
    return Vteam(seed=0, **{**EXACT, **parameters})


def speed(v):
    """Return the published dx/dt over d with MemTorch's numbers, in the bench's polarity."""
    if v > 0.2:
        return -10.0 * (v / 0.2 - 1) ** 3 / 3e-9
    if v < -0.02:
        return 5e-4 * (-v / 0.02 - 1) / 3e-9
    return 0.0


def test_ends_are_fifty_and_a_thousand_ohm():
    assert 0.1 / device(position=0.0).current(0.1) == pytest.approx(50.0, rel=1e-12)
    assert 0.1 / device(position=1.0).current(0.1) == pytest.approx(1000.0, rel=1e-12)


@pytest.mark.parametrize(("w", "ohm"), [(0.0, 50.0), (0.5, math.sqrt(50.0 * 1000.0)), (1.0, 1e3)])
def test_the_exponential_law_is_straight_in_the_logarithm(w, ohm):
    vteam = device(law="exponential", position=w)
    assert 0.1 / vteam.current(0.1) == pytest.approx(ohm, rel=1e-12)
    assert vteam.state["resistance"] == pytest.approx(ohm, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(start=st.floats(0.0, 1.0), level=st.floats(-2.0, 2.0), log=st.floats(-14.0, -5.0))
def test_the_hard_window_moves_at_constant_rate(start, level, log):
    vteam = device(position=start)
    vteam.advance(level, 10.0**log)
    expected = min(1.0, max(0.0, start + speed(level) * 10.0**log))
    assert vteam.state["w"] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(start=st.floats(0.0, 1.0), level=st.floats(-2.0, 2.0), log=st.floats(-14.0, -5.0))
def test_the_soft_window_leaves_a_share_of_the_way(start, level, log):
    vteam = device(position=start, window="soft")
    vteam.advance(level, 10.0**log)
    kept = math.exp(-abs(speed(level)) * 10.0**log)
    expected = start * kept if level > 0 else 1.0 - (1.0 - start) * kept
    assert vteam.state["w"] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("window", ["hard", "soft"])
@pytest.mark.parametrize("law", ["linear", "exponential"])
@pytest.mark.parametrize(("level", "duration", "start"), [(0.5, 5e-10, 1.0), (-0.5, 3e-7, 0.1)])
def test_another_solver_agrees_behind_a_kiloohm(window, law, level, duration, start):
    vteam = device(window=window, law=law, position=start)
    vteam.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=1e3)

    def rate(_, x):
        w = min(1.0, max(0.0, x[0]))
        conductance = math.exp(-w * math.log(20)) / 50 if law == "exponential" else (
            1 / (50 + 950 * w))  # fmt: skip
        moving = speed(level / (1 + 1e3 * conductance))
        left = w if moving < 0 else 1 - w
        return [moving * (left if window == "soft" else 1.0)]

    expected = solve_ivp(rate, (0, duration), [start], method="LSODA", rtol=1e-9, atol=1e-12)
    print(f"{window} {law} {level:+} V behind 1 kOhm: w = {expected.y[0, -1]:.6f}")
    assert vteam.state["w"] == pytest.approx(float(expected.y[0, -1]), rel=2e-3)


def test_thresholds_are_sharp():
    vteam = device(position=0.5)
    vteam.advance(0.2, 1e3)
    vteam.advance(-0.02, 1e3)
    assert vteam.state["w"] == 0.5


def test_the_set_that_memtorch_uses_is_fast_and_its_reads_disturb():
    vteam = device()
    vteam.advance(1.0, 5e-12)
    print(f"w after 5 ps at 1 V: {vteam.state['w']:.3f}")
    assert vteam.state["w"] == 0.0
    vteam.advance(-0.1, 1.5e-6)
    print(f"w after 1.5 us at -0.1 V: {vteam.state['w']:.3f}")
    assert vteam.state["w"] == 1.0


def test_a_current_limit_stops_setting_where_the_threshold_is_reached():
    vteam = device()
    vteam.play(np.array([1.0]), np.array([1e-3]), np.zeros(1), limit=1e-3)
    # 1 mA over R leaves the threshold of 0.2 V at 200 Ohm.
    assert vteam.state["resistance"] == pytest.approx(200.0, rel=0.03)


def test_ends_must_fit():
    with pytest.raises(ValueError, match="vteam needs on_resistance < off_resistance"):
        device(on_resistance=2e3)
