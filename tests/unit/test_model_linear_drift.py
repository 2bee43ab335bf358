"""linear_drift: the flux form, the windows and what they are known for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sim_instruments.models.linear_drift import WINDOWS, LinearDrift

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "step_spread": 0.0, "read_noise": 0.0}
PACE = 1e-14 * 100.0 / (10e-9) ** 2
"""mu R_on/D^2 in 1/C [R]"""
SPAN = 16e3 - 100.0


def device(**parameters):
    return LinearDrift(seed=0, **{**EXACT, **parameters})


def window(name, x, i, p):
    if name == "joglekar":
        return 1 - (2 * x - 1) ** (2 * p)
    if name == "biolek":
        return 1 - (x - (0.0 if i > 0 else 1.0)) ** (2 * p)
    return 1 - ((x - 0.5) ** 2 + 0.75) ** p


@settings(max_examples=60, deadline=None)
@given(start=st.floats(0.0, 1.0), level=st.floats(-3.0, 3.0), log=st.floats(-6.0, 1.0))
def test_resistance_follows_the_flux(start, level, log):
    drift = device(window="none", position=start)
    before = drift.state["resistance"]
    duration = 10.0**log
    drift.advance(level, duration)
    squared = before**2 - 2 * SPAN * PACE * level * duration
    expected = min(16e3, max(100.0, math.sqrt(max(0.0, squared))))
    assert drift.state["resistance"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pieces", [1, 7, 100])
def test_only_the_flux_counts(pieces):
    drift = device(window="none")
    levels = np.linspace(0.5, 1.5, pieces) if pieces > 1 else np.ones(1)
    drift.play(levels, np.full(pieces, 0.5 / pieces), np.zeros(pieces))
    expected = math.sqrt((16e3 - 0.1 * SPAN) ** 2 - 2 * SPAN * PACE * 0.5)
    assert drift.state["resistance"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["joglekar", "biolek", "prodromakis"])
@pytest.mark.parametrize("power", [1.0, 2.0, 10.0])
@pytest.mark.parametrize(("level", "duration", "start"), [(1.0, 0.5, 0.1), (-1.0, 0.02, 0.9)])
@pytest.mark.parametrize("resistance", [0.0, 500.0])
def test_another_solver_agrees(name, power, level, duration, start, resistance):
    drift = device(window=name, power=power, position=start)
    drift.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=resistance)

    def rate(_, x):
        i = level / (resistance + 16e3 - SPAN * x[0])
        return [PACE * i * window(name, x[0], i, power)]

    expected = solve_ivp(rate, (0, duration), [start], method="LSODA", rtol=1e-9, atol=1e-12)
    assert drift.state["x"] == pytest.approx(float(expected.y[0, -1]), rel=2e-3)


def lobe(frequency):
    """Return the area of the I-V loop (W) under a sine of 1 V, and I(0)."""
    phase = 2 * np.pi * (np.arange(400) + 1) / 400
    voltage = np.sin(phase)
    drift = device(window="biolek", position=0.5)
    played = drift.play(voltage, np.full(400, 1 / 400 / frequency), np.zeros(400), count=3)
    current = played.current[800:]
    assert (voltage * current >= 0.0).all()
    return 0.5 * float(np.abs(np.sum(current[:200] * np.roll(voltage[:200], -1)
                                     - np.roll(current[:200], -1) * voltage[:200])))  # fmt: skip


def test_the_lobe_shrinks_with_frequency():
    areas = [lobe(f) for f in (2.0, 10.0, 50.0, 1e3)]
    print("lobe area, W, at 2, 10, 50, 1000 Hz:", [f"{a:.2e}" for a in areas])
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] < 0.01 * areas[0]


@pytest.mark.parametrize("name", WINDOWS)
def test_who_lets_go_of_the_edge(name):
    drift = device(window=name)
    drift.advance(1.0, 1.0)
    for _ in range(3):
        drift.advance(1.0, 1.0)
    at_edge = drift.state["x"]
    drift.advance(-1.0, 1e-3)
    print(f"{name}: x = {at_edge:.12f}, after 1 ms at -1 V {drift.state['x']:.6f}")
    assert at_edge == pytest.approx(1.0, abs=1e-6)
    if name in ("joglekar", "prodromakis"):
        assert drift.state["x"] > 1.0 - 1e-6
    else:
        assert drift.state["x"] < 0.98


def test_windows_vanish_at_both_ends():
    for name in ("joglekar", "prodromakis"):
        for end in (0.0, 1.0):
            drift = device(window=name, position=end)
            drift.advance(1.0 if end == 0.0 else -1.0, 1.0)
            assert drift.state["x"] == end


def test_a_read_disturbs_as_the_page_says():
    for start, expected in ((0.1, 7e-5), (0.95, 1.1e-3)):
        drift = device(window="none", position=start)
        drift.advance(0.1, 1e-3)
        moved = drift.state["x"] - start
        print(f"read at 0.1 V, 1 ms from x = {start}: {moved:.1e}")
        assert moved == pytest.approx(expected, rel=0.2)


def test_ends_must_fit():
    with pytest.raises(ValueError, match="linear_drift needs on_resistance < off_resistance"):
        device(on_resistance=2e4)
