"""analog_bilayer: its equations by another solver, rectification, analog steps, rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from sim_instruments.models.analog_bilayer import AnalogBilayer

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "step_spread": 0.0, "read_noise": 0.0}


def device(**parameters):
    return AnalogBilayer(seed=0, **{**EXACT, **parameters})


def conductance(x, v):
    root = np.sign(v) * np.sqrt(abs(v))
    return 4.7447e-8 * x * np.exp(2.6831 * root / np.sqrt(x)) + 1.1253e-8 * x * np.exp(
        -9.3348 * root
    )


def published(x, v):
    power = x * v * conductance(x, v)
    up = np.exp(57414 * power - np.exp((x - 0.284) * 1000))
    return 2.9457e-4 * (up - np.exp(-11103 * power - np.exp(-(x - 0.1) * 1000)))


@pytest.mark.parametrize(
    ("level", "duration", "start"),
    [(1.0, 1000.0, 0.15), (2.0, 10.0, 0.15), (3.0, 0.1, 0.15), (3.0, 10.0, 0.15),
     (4.0, 1e-3, 0.15), (-1.0, 100.0, 0.25), (-2.0, 0.01, 0.25), (-2.0, 10.0, 0.25)],
)  # fmt: skip
@pytest.mark.parametrize("resistance", [0.0, 1e3])
def test_another_solver_agrees(level, duration, start, resistance):
    bilayer = device(position=start)
    bilayer.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=resistance)

    def rate(_, x):
        v = brentq(lambda v: v * (1 + resistance * conductance(x[0], v)) - level, -5, 5)
        return [published(x[0], v)]

    expected = solve_ivp(rate, (0, duration), [start], method="LSODA", rtol=1e-9, atol=1e-12)
    found, end = bilayer.state["x"], float(expected.y[0, -1])
    print(f"{level:+} V {duration:g} s behind {resistance:g} Ohm: x = {found:.5f}, {end:.5f}")
    assert found == pytest.approx(end, rel=2e-3)


@settings(max_examples=40, deadline=None)
@given(start=st.floats(0.0995, 0.2865), log=st.floats(-3.0, 9.0))
def test_rest_is_the_solution_of_its_equation(start, log):
    bilayer = device()
    bilayer._x[0] = start
    bilayer.idle(10.0**log)

    def rate(_, x):
        near = np.exp(-np.exp((x[0] - 0.284) * 1000)) - np.exp(-np.exp(-(x[0] - 0.1) * 1000))
        return [2.9457e-4 * near]

    expected = solve_ivp(rate, (0, 10.0**log), [start], method="LSODA", rtol=1e-10, atol=1e-13)
    assert bilayer.state["x"] == pytest.approx(float(expected.y[0, -1]), abs=1e-6)


def test_levels_between_the_ends_keep_and_a_full_one_comes_back_a_little():
    middle, full = device(position=0.2), device(position=0.284)
    for bilayer in (middle, full):
        bilayer.idle(3.156e8)
    print(f"after 10 years: 0.2 -> {middle.state['x']:.6f}, 0.284 -> {full.state['x']:.4f}")
    assert middle.state["x"] == pytest.approx(0.2, abs=1e-12)
    assert 0.25 < full.state["x"] < 0.28


def test_what_a_read_sees_depends_on_its_voltage():
    low, high = device(position=0.1), device(position=0.284)
    seen = {v: high.current(v) / low.current(v) for v in (-0.3, 0.1, 1.0)}
    print(
        "current at the upper end over that at the lower:",
        {k: round(s, 3) for k, s in seen.items()},
    )
    assert seen[-0.3] == pytest.approx(2.8, rel=0.05)
    assert 0.8 < seen[0.1] < 1.2
    assert seen[1.0] == pytest.approx(1 / 11, rel=0.1)


def test_it_rectifies():
    bilayer = device(position=0.284)
    ratio = bilayer.current(-1.0) / bilayer.current(1.0)
    print(f"I(-1 V)/I(1 V) = {ratio:.1f}, I(3 V) = {bilayer.current(3.0):.2e} A")
    assert abs(ratio) > 2.0


def test_pulses_give_analog_steps_both_ways():
    bilayer = device()
    found = []
    for level in (2.5, -1.5):
        for _ in range(20):
            bilayer.advance(level, 5e-3)
            found.append(-bilayer.current(-0.3) * 1e9)
    up, down = np.diff(found[:20]), np.diff(found[20:])
    print(
        "nA at -0.3 V after 1, 20 pulses up and 1, 20 down:",
        np.round(np.array(found)[[0, 19, 20, 39]], 3),
    )
    assert (up > 0.0).all()
    assert (down < 0.0).all()
    assert up.max() < 0.5 * (found[19] - found[0])


def test_the_published_slope_is_the_derivative_of_the_current():
    bilayer = device()
    for v in (-2.0, -0.5, -0.01, 0.01, 0.5, 2.0):
        rise = (bilayer.current(v + 1e-6) - bilayer.current(v - 1e-6)) / 2e-6
        assert rise > 0.0
        assert AnalogBilayer.KERNELS.current(v, bilayer._x, bilayer._p)[1] == pytest.approx(
            rise, rel=1e-4
        )


def test_positions_must_fit():
    with pytest.raises(ValueError, match="analog_bilayer needs lowest <= position"):
        device(position=0.5)
