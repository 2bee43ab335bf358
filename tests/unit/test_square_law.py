"""The square law of transistors: one law, from voltages and from the current."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models.square_law import channel, drop

GAIN = 2e-4
voltages = st.floats(-3.0, 3.0)
modulations = st.just(0.0) | st.floats(1e-3, 0.3)


@settings(max_examples=200, deadline=None)
@given(u=st.floats(1e-6, 4.0), w=voltages, modulation=modulations, leak=st.floats(1e-12, 1e-5))
def test_the_drop_is_the_channel_turned_round(u, w, modulation, leak):
    there, slope, _ = channel(u, w, GAIN, modulation, leak)
    back, resistance = drop(there, w, GAIN, modulation, leak)
    if slope > 1e-9:  # an ideal limit has no one voltage to go back to
        assert back == pytest.approx(u, rel=1e-6)
        assert 1.0 / resistance == pytest.approx(slope, rel=1e-5)
    assert drop(-there, w, GAIN, modulation, leak)[0] == -back


@settings(max_examples=200, deadline=None)
@given(u=voltages, w=voltages, modulation=modulations)
def test_slopes_are_those_of_the_current_and_either_end_sees_the_same(u, w, modulation):
    given_by = (GAIN, modulation, 1e-9)
    i, by_u, by_w = channel(u, w, *given_by)
    assert channel(-u, w - u, *given_by)[0] == pytest.approx(-i, rel=1e-12, abs=1e-24)
    h = 1e-7
    up = (channel(u + h, w, *given_by)[0] - channel(u - h, w, *given_by)[0]) / (2 * h)
    across = (channel(u, w + h, *given_by)[0] - channel(u, w - h, *given_by)[0]) / (2 * h)
    assert (by_u, by_w) == pytest.approx((up, across), rel=1e-5, abs=1e-9)


def test_it_is_a_parabola_that_goes_on_straight():
    u = np.array([0.2, 0.95, 1.5, 2.0])
    current = [channel(v, 1.0, GAIN, 0.1, 0.0)[0] for v in u]
    assert current[0] == pytest.approx(GAIN * (0.2 - 0.02), rel=1e-12)
    edge = GAIN * (0.95 - 0.95**2 / 2)
    assert current[1] == pytest.approx(edge, rel=1e-12)
    assert current[2:] == pytest.approx(edge + 0.1 * GAIN / 2 * (u[2:] - 0.95), rel=1e-12)
    assert channel(5.0, 1.0, GAIN, 0.0, 0.0)[0] == pytest.approx(GAIN / 2, rel=1e-12)
    assert drop(1e-12, -0.1, GAIN, 0.1, 1e-12) == (1.0, 1e12)
