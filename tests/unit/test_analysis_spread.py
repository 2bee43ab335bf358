import math

import numpy as np
import pytest

from benchctl.analysis import spread


def test_mean_has_students_interval():
    # n = 4, s = sqrt(5/3), t(3) = 3.18245: by hand.
    found = spread.mean([1.0, 2.0, 3.0, 4.0])
    assert found.value == 2.5
    half = 3.182446305284263 * math.sqrt(5 / 3) / 2
    assert found.interval == pytest.approx((2.5 - half, 2.5 + half), rel=1e-9)


def test_median_interval_is_the_order_statistics_of_the_binomial_table():
    # Tables: for n = 10 the 2nd and 9th values hold the median with 97.9 %, for n = 6 the extremes.
    assert spread.median(np.arange(10.0)).interval == (1.0, 8.0)
    assert spread.median(np.arange(6.0)).interval == (0.0, 5.0)
    few = spread.median([1.0, 2.0, 3.0])
    assert few.interval is None
    assert "6 values" in few.note


def test_median_ranks_agree_across_the_switch_to_the_normal_form():
    exact, normal = spread.median(np.arange(1000.0)), spread.median(np.arange(1002.0))
    assert exact.interval is not None
    assert normal.interval is not None
    assert normal.interval == pytest.approx((exact.interval[0] + 1, exact.interval[1] + 1), abs=1)


def _coverage(estimate, truth, draw, trials=300):
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(trials):
        low, high = estimate(draw(rng)).interval
        hits += low <= truth <= high
    return hits / trials


def test_intervals_hold_the_truth_as_often_as_they_say():
    lognormal = math.sqrt(math.expm1(0.3**2))
    assert _coverage(spread.mean, 0.0, lambda r: r.normal(size=12)) > 0.92
    assert _coverage(spread.median, 1.0, lambda r: np.exp(r.normal(size=40))) > 0.92
    # Skewed data are where the textbook interval of the spread fails.
    assert _coverage(spread.variation, lognormal, lambda r: np.exp(0.3 * r.normal(size=200))) > 0.9
    assert (
        _coverage(spread.robust_variation, 0.1, lambda r: 1 + 0.1 * r.normal(size=100), 100) > 0.88
    )


def test_variation_in_closed_form():
    assert spread.variation([9.0, 11.0]).value == pytest.approx(math.sqrt(2) / 10)
    assert spread.variation([-9.0, -11.0]).value == pytest.approx(math.sqrt(2) / 10)


def test_robust_variation_ignores_an_outlier_that_variation_does_not():
    values = np.r_[np.linspace(0.9, 1.1, 99), 1e6]
    assert spread.robust_variation(values).value == pytest.approx(1.4826 * 0.05, rel=0.05)
    assert spread.variation(values).value > 5


def test_proportion_is_wilsons():
    none = spread.proportion(0, 100)
    z2 = spread.NORMAL**2
    assert none.value == 0
    assert none.interval == pytest.approx((0.0, z2 / (100 + z2)))
    all_of_them = spread.proportion(100, 100).interval
    assert all_of_them == pytest.approx((100 / (100 + z2), 1.0))


def test_quantiles_read_the_plotting_positions():
    # n = 9: the middle value sits at (5 - 0.3)/9.4 = 1/2, the first at 0.7/9.4 = 7.4 %.
    found = spread.quantiles([*range(1, 10), math.nan])
    assert found[spread.PROBABILITIES.index(0.50)] == pytest.approx(5)
    assert found[0] == 1
    assert found[spread.PROBABILITIES.index(0.10)] == pytest.approx(1 + (0.1 * 9.4 - 0.7))
    assert all(math.isnan(q) for q in spread.quantiles([]))


@pytest.mark.parametrize("values", [[], [math.nan], [math.nan, math.nan]])
@pytest.mark.parametrize(
    "estimate", [spread.mean, spread.median, spread.variation, spread.robust_variation]
)
def test_nothing_observed_gives_nan_and_a_reason(estimate, values):
    found = estimate(values)
    assert math.isnan(found.value)
    assert found.interval is None
    assert found.note


def test_constant_and_single_values():
    assert spread.variation([2.0, 2.0, 2.0]).value == 0
    assert spread.robust_variation([2.0, 2.0, 2.0]).value == 0
    assert spread.mean([5.0]) == spread.Estimate(5.0, None, "a single value has no interval")
    assert "mean is 0" in spread.variation([-1.0, 1.0]).note
    assert "median is 0" in spread.robust_variation([0.0, 0.0, 0.0]).note
    assert math.isnan(spread.proportion(0, 0).value)


def test_same_values_give_the_same_interval():
    values = np.random.default_rng(1).lognormal(size=20_000)
    assert spread.robust_variation(values) == spread.robust_variation(values)
