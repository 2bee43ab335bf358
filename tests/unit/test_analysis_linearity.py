"""Potentiation and depression: NeuroSim's label and the figures of branches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchctl.analysis.linearity import branches, curve, label, nonlinearity


@pytest.mark.parametrize(
    ("a", "wanted", "tolerance"),
    [(0.5, 2.40, 0.005), (-0.2, -4.88, 0.005), (1.2517, 1, 1e-4), (0.3868, 3, 1e-3),
     (0.1924, 5, 1e-3), (0.0228, 9, 5e-3)],
)  # fmt: skip
def test_the_label_is_that_of_neurosims_table(a, wanted, tolerance):
    assert label(a) == pytest.approx(wanted, abs=tolerance)


@given(st.floats(0.03, 20), st.sampled_from([1, -1]), st.integers(8, 200))
def test_the_label_of_a_branch_is_found_again(size, sign, pulses):
    a = sign * size
    branch = 1e-6 + 9e-6 * curve(np.linspace(0, 1, pulses + 1), a)
    assert nonlinearity(branch).value == pytest.approx(label(a), abs=0.02)
    # Fallen along the mirrored curve it is the other sign, as the manual has it.
    assert nonlinearity(1.1e-5 - branch).value == pytest.approx(-label(a), abs=0.02)


def test_a_straight_branch_has_no_nonlinearity_and_a_flat_one_none_to_tell():
    assert abs(nonlinearity(np.linspace(1, 2, 50)).value) < 0.05
    assert np.isnan(nonlinearity(np.ones(50)).value)
    assert nonlinearity(np.ones(50)).note


def test_branches_tell_range_asymmetry_and_spread():
    up = np.linspace(1e-6, 1e-5, 31)
    same = branches([up, up], [up[::-1], up[::-1]])
    assert same.dynamic_range == pytest.approx(10)
    assert same.asymmetry == pytest.approx(0, abs=1e-12)
    assert same.variation == pytest.approx(0, abs=1e-12)
    assert same.linearity.value == pytest.approx(1)
    abrupt = np.r_[1e-5, np.full(30, 1e-6)]
    assert branches([up], [abrupt]).asymmetry == pytest.approx(29 / 30)
    rng = np.random.default_rng(5)
    noisy = up + rng.normal(0, 1, (400, 31)).cumsum(axis=1) * 1.8e-7
    assert branches(noisy, noisy[:, ::-1]).variation == pytest.approx(0.02, rel=0.1)
