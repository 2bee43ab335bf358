"""Ramps taken in one stroke: as right as the finest staircase, and only where nothing yields."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters

QUIET = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_threshold": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip
MEDIUM = {"set_rate": 40.0, "reset_rate": 40.0}
SLOW = {"set_speed": 3e-9, "reset_speed": 3e-9, "reset_threshold": 0.15, "position": 0.6}
DEVICES = {
    "yakopcic": {**MEDIUM, "position": 0.4},
    "yakopcic without fading": {**MEDIUM, "set_fade": 0.0, "reset_fade": 0.0, "position": 0.4},
    "vteam": SLOW,
    "vteam soft": {**SLOW, "window": "soft", "law": "exponential", "set_power": 1.3},
}
anything = pytest.mark.parametrize("name", DEVICES)
volts = st.floats(-0.9, 0.9)
seconds = st.floats(-4.0, 0.5).map(lambda log: 10.0**log)


def device(name, **parameters):
    return create(name.split()[0], seed=0, **{**QUIET, **DEVICES[name], **parameters})


def position(played):
    return next(iter(played.state.values()))


def ramp(played, start, *corners, each=1e-2, **options):
    """Play ramps from `start` to one corner after the other; return what was read at them."""
    size = len(corners)
    return played.play(np.array(corners), np.zeros(size), np.full(size, each), start=start,
                       **options)  # fmt: skip


def staircase(played, start, end, duration, stairs, **options):
    levels = start + (end - start) * (np.arange(stairs) + 0.5) / stairs
    return played.play(levels, np.full(stairs, duration / stairs), np.zeros(stairs), **options)


@anything
@settings(max_examples=60, deadline=None)
@given(start=volts, end=volts, duration=seconds)
def test_a_ramp_is_the_finest_staircase(name, start, end, duration):
    swept, stepped = device(name), device(name)
    ramp(swept, start, end, each=duration)
    staircase(stepped, start, end, duration, 20_000)
    assert position(swept) == pytest.approx(position(stepped), rel=1e-5, abs=1e-7)


@anything
@settings(max_examples=100, deadline=None)
@given(start=volts, end=volts, duration=seconds, share=st.floats(0.01, 0.99))
def test_a_ramp_is_the_sum_of_its_parts(name, start, end, duration, share):
    whole, parts = device(name), device(name)
    ramp(whole, start, end, each=duration)
    between = start + share * (end - start)
    parts.play(np.array([between, end]), np.zeros(2), duration * np.array([share, 1.0 - share]),
               start=start)  # fmt: skip
    assert position(parts) == pytest.approx(position(whole), rel=2e-7, abs=1e-10)


@anything
def test_a_measured_ramp_moves_as_one_that_is_not(name):
    whole, measured, silent = (device(name) for _ in range(3))
    triangle = np.array([0.6, -0.6, 0.0])
    ramp(whole, 0.0, *triangle, count=3)
    corners = np.concatenate([np.linspace(a, b, 51)[1:] for a, b in
                              zip([0.0, 0.6, -0.6], triangle, strict=True)])  # fmt: skip
    played = ramp(measured, 0.0, *corners, each=1e-2 / 50, count=3)
    ramp(silent, 0.0, *corners, each=1e-2 / 50, count=3, record=False)
    assert position(silent) == position(measured)
    assert position(measured) == pytest.approx(position(whole), rel=1e-7)
    assert played.current[-1] == 0.0
    assert np.array_equal(played.voltage, np.tile(corners, 3))


@anything
def test_a_limit_out_of_reach_changes_nothing(name):
    free, watched = device(name), device(name)
    ramp(free, 0.0, 0.6, -0.6, 0.0, count=4)
    played = ramp(watched, 0.0, 0.6, -0.6, 0.0, count=4, limit=1.0)
    assert position(watched) == position(free)
    assert not played.limited.any()


@anything
@pytest.mark.parametrize("sign", [1, -1])
def test_a_ramp_into_the_limit_is_held_by_it(name, sign):
    """In one ramp and in 2,000: with the same state, in compliance at the same corners."""
    for level in (0.45, 0.7, 0.9):
        limit = abs(device(name).current(sign * level))
        coarse, fine, free = (device(name, position=0.45) for _ in range(3))
        corners = sign * np.array([0.9, 0.0])
        a = ramp(coarse, 0.0, *corners, limit=limit, each=0.02)
        stairs = np.concatenate([np.linspace(0.0, corners[0], 1001)[1:],
                                 np.linspace(corners[0], 0.0, 1001)[1:]])  # fmt: skip
        b = ramp(fine, 0.0, *stairs, limit=limit, each=2e-5)
        ramp(free, 0.0, *corners, each=0.02)
        print(f"{name}, {limit:.3g} A: {position(coarse):.5f}, in 2,000 ramps "
              f"{position(fine):.5f}, without a limit {position(free):.5f}")  # fmt: skip
        assert a.limited[0] == b.limited[999]
        assert abs(b.current).max() <= limit
        assert abs(a.current).max() <= limit
        moved = abs(position(fine) - 0.45)
        assert position(coarse) == pytest.approx(position(fine), abs=0.02 * moved + 1e-4)


def test_a_limit_within_a_ramp_counts_even_where_neither_end_meets_it():
    """Down from 0.9 V past 0 V: it sets on the way, and would pass the limit for a while."""
    start = device("yakopcic").current(0.9) * 1.02
    swept, fine = (device("yakopcic", set_rate=400.0) for _ in range(2))
    for played, corners in ((swept, [-0.1]), (fine, np.linspace(0.9, -0.1, 2001)[1:])):
        ramp(played, 0.9, *corners, each=0.02 / len(corners), limit=start)
    free = device("yakopcic", set_rate=400.0)
    ramp(free, 0.9, -0.1, each=0.02)
    print(f"x {position(swept):.4f}, finely {position(fine):.4f}, unlimited {position(free):.4f}")
    assert position(free) > position(fine) + 0.02
    assert position(swept) == pytest.approx(position(fine), rel=5e-3)


@anything
def test_behind_a_resistance_a_ramp_is_a_staircase_to_the_same_end(name):
    swept, behind = device(name), device(name)
    ramp(swept, 0.0, 0.6, -0.6, 0.0)
    ramp(behind, 0.0, 0.6, -0.6, 0.0, resistance=1e-9)
    assert position(behind) == pytest.approx(position(swept), rel=2e-3)


def test_what_ages_is_not_swept():
    """A ramp in one stroke knows no stress: a device that ages has its staircase."""
    aged, by_hand = device("yakopcic"), device("yakopcic")
    for played in (aged, by_hand):
        played.surround(ageing=AgeingParameters(acceleration=1.0))
    ramp(aged, 0.0, 0.9, -0.9, 0.0)
    for a, b in ((0.0, 0.9), (0.9, -0.9), (-0.9, 0.0)):
        staircase(by_hand, a, b, 1e-2, round(abs(b - a) / 5e-3))
    assert aged.wear == pytest.approx(by_hand.wear, rel=1e-9)
    assert position(aged) == pytest.approx(position(by_hand), rel=1e-9)


@pytest.mark.parametrize("name", ["yakopcic without fading", "vteam"])
def test_one_stroke_scatters_as_much_as_many(name):
    played = device(name, step_spread=0.02)
    fresh = played._x.copy()
    spreads = []
    for parts in (1, 100):
        ends = []
        for _ in range(600):
            played._x[:] = fresh
            ramp(played, 0.0, *np.linspace(0.0, 0.5, parts + 1)[1:], each=1e-2 / parts)
            ends.append(position(played))
        spreads.append(np.std(ends))
    print(f"{name}: standard deviations {spreads}")
    assert spreads[0] > 1e-4
    # 3 % each, by counting.
    assert spreads[0] == pytest.approx(spreads[1], rel=0.15)


def test_a_swept_device_remembers_its_highest_voltage():
    played = create("yakopcic", seed=0)
    ramp(played, 0.0, 0.99, 0.0, each=1e-6)
    assert played.warnings == []
    ramp(played, 0.0, -1.01, 0.0, each=1e-6)
    assert "1.01 V" in played.warnings[0]
