"""data_driven: the exact solution, and where a voltage pulls the resistance to."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from sim_instruments.models.data_driven import DataDriven

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "step_spread": 0.0, "read_noise": 0.0}


def device(**parameters):
    return DataDriven(seed=0, **{**EXACT, **parameters})


def pull(v):
    """Return (s, r) of the published 2021 set."""
    if v > 0:
        return 600.10075 * (math.exp(v / -0.0212028) - 1), 2699.2336 - 672.930205 * v
    return -34.5988399 * (math.exp(-v / -0.05343997) - 1), 649.413746 - 1474.32358 * v


@settings(max_examples=100, deadline=None)
@given(start=st.floats(1600.0, 3000.0), level=st.floats(-1.8, 1.8), log=st.floats(-9.0, 0.0))
def test_the_update_is_the_published_solution(start, level, log):
    duration = 10.0**log
    found = device(resistance=start)
    found.advance(level, duration)
    s, r = pull(level)
    expected = start
    if level != 0.0 and s * (r - start) > 0.0:
        drift = s * (r - start) * duration
        expected = (start + r * drift) / (1 + drift)
    expected = min(3000.0, max(1600.0, expected))
    assert found.state["resistance"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("level", "start"), [(1.2, 2600.0), (-1.5, 1700.0)])
def test_it_comes_to_rest_at_the_boundary_and_never_passes_it(level, start):
    found = device(resistance=start)
    boundary = pull(level)[1]
    for _ in range(9):
        found.advance(level, 1e-4)
        assert (found.state["resistance"] - boundary) * (start - boundary) > 0.0
    found.advance(level, 10.0)
    print(f"{level} V ends at {found.state['resistance']:.2f} Ohm, r = {boundary:.2f}")
    assert found.state["resistance"] == pytest.approx(boundary, rel=1e-3)


def test_from_the_other_side_of_the_boundary_nothing_moves():
    found = device(resistance=1700.0)
    found.advance(1.2, 1.0)
    assert found.state["resistance"] == 1700.0


@pytest.mark.parametrize(("read", "pulled"), [(0.1, 2631.94), (-0.1, 2900.0)])
def test_reads_pull_only_what_lies_beyond_their_own_boundary(read, pulled):
    keeps, goes = device(resistance=2600.0), device(resistance=2900.0)
    for found in (keeps, goes):
        found.advance(read, 1.0)
    assert keeps.state["resistance"] == 2600.0
    assert goes.state["resistance"] == pytest.approx(pulled, abs=0.5)


@pytest.mark.parametrize(("level", "duration", "start"), [(1.0, 1e-6, 2600.0), (1.0, 1e-3, 2600.0),
                                                          (-1.3, 1e-5, 1700.0)])  # fmt: skip
def test_another_solver_agrees_behind_a_resistance(level, duration, start):
    found = device(resistance=start)
    found.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=50.0)

    def rate(_, x):
        v = brentq(lambda v: v + 50 * 0.32046175 / x[0] * math.sinh(2.71689828 * v) - level,
                   -abs(level), abs(level))  # fmt: skip
        s, r = pull(v)
        return [s * (r - x[0]) ** 2 if s * (r - x[0]) > 0 else 0.0]

    expected = solve_ivp(rate, (0, duration), [start], method="LSODA", rtol=1e-9, atol=1e-9)
    assert found.state["resistance"] == pytest.approx(float(expected.y[0, -1]), rel=2e-3)


def test_amplitude_sets_levels():
    levels = []
    for level in (0.9, 1.0, 1.1, 1.2, 1.3):
        found = device()
        found.advance(level, 1e-3)
        levels.append(found.state["resistance"])
    print("levels after 1 ms at 0.9 ... 1.3 V:", np.round(levels, 1))
    assert levels == sorted(levels, reverse=True)
    assert (np.diff(levels) < -50.0).all()


@pytest.mark.parametrize(
    ("given_", "message"),
    [({"resistance": 1500.0}, "lowest <= resistance"), ({"set_bend": 0.0}, "other than 0 V")],
)
def test_parameters_must_fit(given_, message):
    with pytest.raises(ValueError, match=message):
        device(**given_)
