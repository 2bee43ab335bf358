"""yakopcic: its equations integrated by another solver, thresholds, the named sets."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from sim_instruments.models.yakopcic import PRESETS, Yakopcic

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_threshold": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip
SETS = {
    "oblea_pulsed": (0.097, 0.097, 0.05, 4000, 4000, 0.16, 0.15, 1, 5, 0.3, 0.5, 0.001),
    "oblea": (0.17, 0.17, 0.05, 4000, 4000, 0.16, 0.15, 1, 5, 0.3, 0.5, 0.11),
    "miao": (0.11, 0.11, 0.5, 7.5, 2, 0.09, 0.75, 1, 5, 0.3, 0.5, 0.11),
    "jo": (3.7e-7, 4.35e-7, 0.7, 0.005, 0.08, 1.5, 0.5, 1.2, 3, 0.2, 0.5, 0.1),
}
NAMES = ("on_current", "off_current", "bend", "set_rate", "reset_rate", "set_threshold",
         "reset_threshold", "set_fade", "reset_fade", "set_edge", "reset_edge",
         "position")  # fmt: skip


def device(**parameters):
    return Yakopcic(seed=0, **{**EXACT, **parameters})


def published(v, x, q):
    """Return dx/dt of the published equations."""
    if v > q.set_threshold:
        drive = q.set_rate * (math.exp(v) - math.exp(q.set_threshold))
        edge = q.set_edge
        fade = math.exp(-q.set_fade * (x - edge)) * ((edge - x) / (1 - edge) + 1)
        return drive * (fade if x >= edge else 1.0)
    if v < -q.reset_threshold:
        drive = -q.reset_rate * (math.exp(-v) - math.exp(q.reset_threshold))
        edge = q.reset_edge
        fade = math.exp(q.reset_fade * (x + edge - 1)) * x / (1 - edge)
        return drive * (fade if x <= 1 - edge else 1.0)
    return 0.0


def across(level, resistance, x, q):
    if resistance == 0.0:
        return level
    scale = resistance * (q.on_current if level > 0 else q.off_current) * x
    return brentq(lambda v: v + scale * math.sinh(q.bend * v) - level, -abs(level), abs(level))


@pytest.mark.parametrize("name", SETS)
def test_the_named_sets_are_the_published_ones(name):
    q = device(preset=name).parameters
    assert tuple(getattr(q, field) for field in NAMES) == SETS[name]


def test_there_are_no_other_sets():
    assert set(PRESETS) == set(SETS)


@pytest.mark.parametrize(
    ("preset", "level", "duration", "start", "resistance"),
    [
        ("oblea", 0.4, 3e-4, 0.11, 100.0),
        ("oblea", 0.4, 1e-2, 0.11, 100.0),
        ("oblea", -0.4, 3e-4, 0.8, 100.0),
        ("oblea", -0.4, 3e-3, 0.8, 100.0),
        ("oblea_pulsed", 0.5, 1e-3, 0.001, 100.0),
        ("miao", 0.6, 0.3, 0.11, 10.0),
        ("miao", -1.2, 0.3, 0.8, 10.0),
        ("jo", 3.0, 5.0, 0.1, 1e6),
        ("jo", -3.0, 2.0, 0.8, 1e6),
    ],
)
def test_another_solver_agrees(preset, level, duration, start, resistance):
    for series in (0.0, resistance):
        yakopcic = device(preset=preset, position=start)
        q = yakopcic.parameters
        yakopcic.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=series)
        expected = solve_ivp(
            lambda _, x, q=q, r=series: [published(across(level, r, x[0], q), x[0], q)],
            (0, duration), [start], method="LSODA", rtol=1e-9, atol=1e-12,
        ).y[0, -1]  # fmt: skip
        print(f"{preset} {level:+} V {duration:g} s, {series:g} Ohm: x = {expected:.6f}")
        assert yakopcic.state["x"] == pytest.approx(expected, rel=2e-3 if series else 1e-8)


@settings(max_examples=60, deadline=None)
@given(
    start=st.floats(0.0, 1.0), level=st.floats(-3.0, 3.0), log=st.floats(-8.0, 3.0),
    fade=st.floats(0.0, 10.0), share=st.floats(0.01, 0.99),
)  # fmt: skip
def test_segments_add_up_whatever_their_length(start, level, log, fade, share):
    whole = device(position=start, set_fade=fade, reset_fade=fade)
    parts = device(position=start, set_fade=fade, reset_fade=fade)
    duration = 10.0**log
    whole.advance(level, duration)
    parts.advance(level, share * duration)
    parts.advance(level, duration - share * duration)
    assert 0.0 <= whole.state["x"] <= 1.0
    assert parts.state["x"] == pytest.approx(whole.state["x"], rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("preset", SETS)
def test_between_the_thresholds_nothing_moves(preset):
    yakopcic = device(preset=preset)
    q = yakopcic.parameters
    for level in (0.999 * q.set_threshold, -0.999 * q.reset_threshold):
        yakopcic.advance(level, 1e6)
    assert yakopcic.state["x"] == q.position


def loop(preset, height, half):
    """Return (voltage, current) of a triangle 0, +height, 0, -height, 0."""
    ramp = np.linspace(0.0, height, 101)[1:]
    voltage = np.concatenate([ramp, ramp[::-1][1:], [0.0], -ramp, -ramp[::-1][1:], [0.0]])
    step = np.full(voltage.size, half / 100)
    played = device(preset=preset).play(voltage, np.zeros(voltage.size), step, count=2)
    return voltage, played.current[voltage.size :]


@pytest.mark.parametrize(
    ("preset", "height", "half"), [("oblea", 0.5, 5e-3), ("miao", 1.0, 1.0), ("jo", 3.0, 10.0)]
)
def test_the_loop_is_pinched_and_turns_the_right_way(preset, height, half):
    voltage, current = loop(preset, height, half)
    assert (voltage * current >= 0.0).all()
    assert current[voltage == 0.0].tolist() == [0.0, 0.0]
    up, down = current[50], current[148]
    print(f"{preset}: at {voltage[50]:.2f} V {up:.3g} A going up, {down:.3g} A coming back")
    assert voltage[50] == pytest.approx(voltage[148], rel=0.01)
    assert down > 1.1 * up
    assert abs(current[250]) > 1.2 * abs(current[348])


def test_pulses_of_one_polarity_saturate():
    yakopcic = device(preset="oblea_pulsed")
    found = []
    for _ in range(60):
        yakopcic.advance(0.5, 5e-5)
        found.append(yakopcic.state["x"])
    steps = np.diff(found)
    print(f"steps of x by 0.5 V 50 us pulses: first {steps[0]:.3f}, 59th {steps[-1]:.1e}")
    assert steps[-1] < 0.2 * steps[0]
    assert (steps > 0.0).all()
