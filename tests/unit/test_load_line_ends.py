"""A stride into an end that is all but a wall."""

import pytest

from sim_instruments.models.load_line import glide


@pytest.mark.parametrize("far", [1e-300, 0.0, -1e-300, -1.0])
def test_a_rate_that_falls_to_nothing_still_takes_time(far):
    move, taken = glide(1e250, far, 1e-3, 1.0)
    assert 0.0 < move <= 1e-3
    assert taken > 0.0


def test_rates_that_a_logarithm_joins_are_joined_by_it():
    move, taken = glide(1.0, 0.5, 1e-3, 1.0)
    # The mean of 1/rate between 1 and 1/2 where its logarithm is linear: 1/ln 2.
    assert move == 1e-3
    assert taken == pytest.approx(1e-3 / 0.6931471805599453, rel=1e-9)
