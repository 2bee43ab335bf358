import math

import numpy as np
import pytest

from benchctl.analysis import plasticity

DELAYS = np.repeat([-80, -40, -20, -10, -5, 5, 10, 20, 40, 80], 3) * 1e-3


def synthetic(a_plus=0.8, tau_plus=17e-3, a_minus=0.4, tau_minus=34e-3, noise=0.0, seed=3):
    clean = np.where(
        DELAYS > 0,
        a_plus * np.exp(-np.abs(DELAYS) / tau_plus),
        -a_minus * np.exp(-np.abs(DELAYS) / tau_minus),
    )
    return clean + noise * np.random.default_rng(seed).normal(size=DELAYS.size)


def test_noiseless_window_is_recovered():
    found = plasticity.window(DELAYS, synthetic())
    assert found.plus.amplitude.value == pytest.approx(0.8, rel=1e-6)
    assert found.plus.tau.value == pytest.approx(17e-3, rel=1e-6)
    assert found.minus.amplitude.value == pytest.approx(-0.4, rel=1e-6)
    assert found.minus.tau.value == pytest.approx(34e-3, rel=1e-6)
    assert found.r_squared == pytest.approx(1)
    assert found.asymmetry.value == pytest.approx(0.8 * 17 / (0.4 * 34), rel=1e-6)


def test_intervals_hold_the_truth_nineteen_times_in_twenty():
    inside = np.zeros(5)
    for seed in range(60):
        found = plasticity.window(DELAYS, synthetic(noise=0.02, seed=seed))
        pairs = [
            (found.plus.amplitude, 0.8),
            (found.plus.tau, 17e-3),
            (found.minus.amplitude, -0.4),
            (found.minus.tau, 34e-3),
            (found.asymmetry, 1.0),
        ]
        inside += [e.interval[0] <= truth <= e.interval[1] for e, truth in pairs]
    assert (inside / 60 > 0.86).all()
    assert (inside / 60 < 1.0).any()


def test_scale_of_the_delays_does_not_matter():
    found = plasticity.window(DELAYS * 1e-6, synthetic())
    assert found.plus.tau.value == pytest.approx(17e-9, rel=1e-6)


def test_a_window_of_one_sign_says_so():
    found = plasticity.window(DELAYS, np.abs(synthetic()))
    assert found.minus.amplitude.value > 0
    assert "same sign" in found.asymmetry.note


@pytest.mark.parametrize(
    ("delay", "change", "why"),
    [
        ([], [], "3 points"),
        ([1e-3], [0.1], "3 points"),
        ([1e-3, 1e-3, 1e-3, 1e-3], [0.1, 0.1, 0.1, 0.1], "2 delays"),
        ([1e-3, 2e-3, 3e-3], [0.0, 0.0, 0.0], "did not change"),
        ([1e-3, 2e-3, math.nan], [0.1, math.nan, 0.1], "3 points"),
    ],
)
def test_poor_data_give_nan_and_a_reason(delay, change, why):
    found = plasticity.window(delay, change)
    assert math.isnan(found.plus.amplitude.value)
    assert why in found.plus.tau.note
    assert math.isnan(found.asymmetry.value)


def test_a_flat_branch_is_no_exponential():
    found = plasticity.window([1e-3, 2e-3, 3e-3, 4e-3], [0.1, 0.1, 0.1, 0.1])
    assert math.isnan(found.plus.tau.value)
    assert "does not describe" in found.plus.tau.note
