import math

import numpy as np
import pytest

from benchctl.analysis import levels


def test_one_level_per_target_with_its_error_and_success():
    target = [1e-6] * 4 + [2e-6] * 4
    achieved = [1.1e-6, 0.9e-6, 1.1e-6, 0.9e-6, 2e-6, 2e-6, 2e-6, 3e-6]
    first, second = levels.levels(target, achieved, [1, 2, 3, 4, 5, 5, 5, 5], [1] * 7 + [0])
    assert first.target == 1e-6
    assert first.achieved.value == pytest.approx(1e-6)
    assert first.error.value == pytest.approx(0.1)
    assert first.spread == pytest.approx(np.std([1.1e-6, 0.9e-6, 1.1e-6, 0.9e-6], ddof=1))
    assert first.attempts.value == 2.5
    assert first.success.value == 1
    assert second.success.value == 0.75
    assert math.isnan(first.missed.value)


def test_tries_that_missed_are_no_part_of_a_levels_spread():
    achieved = [1.9e-6, 2.0e-6, 2.1e-6, 9e-6, 7e-6]
    (level,) = levels.levels([2e-6] * 5, achieved, [1, 2, 3, 50, 50], [1, 1, 1, 0, 0])
    assert level.achieved.value == pytest.approx(2e-6)
    assert level.spread == pytest.approx(0.1e-6)
    assert level.error.value == pytest.approx(0.05)
    assert level.missed.value == pytest.approx(8e-6)
    assert level.attempts.value == pytest.approx(21.2), "what they cost is paid all the same"


def test_a_level_that_was_never_reached_has_no_spread():
    (level,) = levels.levels([2e-6] * 2, [9e-6, 7e-6], [50, 50], [0, 0])
    assert math.isnan(level.achieved.value)
    assert math.isnan(level.spread)
    assert level.missed.value == pytest.approx(8e-6)


def test_distinguishable_levels_for_constant_spread():
    # 1 + floor((10 - 1) / (6 * 0.5)) = 4
    assert levels.distinguishable([1e-6, 10e-6], [0.5e-6, 0.5e-6]).value == 4


def test_distinguishable_levels_for_a_spread_proportional_to_conductance():
    # Integral dG/(k c G) = ln(G1/G0)/(k c): ln(100)/(6 * 0.05) = 15.35.
    g = np.array([1e-6, 1e-5, 1e-4])
    assert levels.distinguishable(g, 0.05 * g).value == 16


def test_order_of_the_levels_does_not_matter():
    g, s = np.array([1e-4, 1e-6, 1e-5]), np.array([5e-6, 5e-8, 5e-7])
    assert levels.distinguishable(g, s) == levels.distinguishable(g[::-1], s[::-1])


@pytest.mark.parametrize(
    ("g", "s", "why"),
    [
        ([], [], "2 levels"),
        ([1e-6], [1e-8], "2 levels"),
        ([1e-6, 2e-6], [math.nan, math.nan], "2 levels"),
        ([1e-6, 2e-6], [0.0, 1e-8], "repeats"),
    ],
)
def test_too_little_data_says_so(g, s, why):
    found = levels.distinguishable(g, s)
    assert math.isnan(found.value)
    assert why in found.note


def test_no_tries_give_no_levels():
    assert levels.levels([], [], [], []) == []


def test_a_single_try_has_no_spread():
    (only,) = levels.levels([1e-6], [1e-6], [3], [1])
    assert math.isnan(only.spread)


def test_pulse_energy_is_the_trapezoid():
    assert levels.pulse_energy(2.0, 1e-6, 1e-6, 3e-6) == pytest.approx(8e-12)
