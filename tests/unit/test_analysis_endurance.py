import math

import numpy as np
import pytest

from benchctl.analysis.endurance import Outcome, classify, failure_rate, lifetime, sense_level


def test_every_class_of_failure():
    nan = math.nan
    found = classify(
        [1e-4, 1e-7, 1e-4, 2e-5, nan, 1e-4, 1e-7],
        [1e-6, 1e-7, 1e-4, 8e-6, 1e-6, nan, 1e-4],
        sense=1e-5,
        least_ratio=10,
    )
    assert [Outcome(k) for k in found] == [
        Outcome.GOOD,
        Outcome.STUCK_LOW,
        Outcome.STUCK_HIGH,
        Outcome.WINDOW_CLOSED,
        Outcome.NOT_OBSERVED,
        Outcome.NOT_OBSERVED,
        Outcome.WINDOW_CLOSED,  # inverted: it straddles the sense level the wrong way round
    ]


def test_lifetime_needs_failures_in_a_row():
    cycle = np.arange(1, 11)
    scattered = [0, 3, 0, 3, 0, 3, 0, 0, 0, 0]
    assert lifetime(cycle, scattered, 2).censored
    assert lifetime(cycle, scattered, 2).cycles == 10
    lasting = [0, 3, 0, 0, 2, 2, 3, 2, 2, 2]
    found = lifetime(cycle, lasting, 3)
    assert not found.censored
    assert found.cycles == 5
    assert found.outcome is Outcome.STUCK_HIGH


def test_unobserved_cycles_neither_fail_nor_mend():
    found = lifetime([1, 2, 3, 4, 5], [0, 1, -1, 1, -1], 2)
    assert (found.cycles, found.censored, found.outcome) == (2, False, Outcome.STUCK_LOW)


@pytest.mark.parametrize("consecutive", [1, 5])
def test_lifetime_of_nothing_and_of_too_little(consecutive):
    assert lifetime([], [], consecutive).censored
    assert lifetime([], [], consecutive).cycles == 0
    assert lifetime([1, 2], [0, 0], consecutive).cycles == 2
    assert lifetime([1, 2], [-1, -1], consecutive).cycles == 0


def test_failure_rate_counts_only_what_was_observed():
    found = failure_rate([0, 0, 0, 1, -1, -1])
    assert found.value == 0.25
    clean = failure_rate(np.zeros(1000))
    assert clean.value == 0
    assert clean.interval is not None
    assert 0.003 < clean.interval[1] < 0.004
    assert math.isnan(failure_rate([-1, -1]).value)


def test_sense_level_is_the_geometric_middle_of_the_first_cycles():
    high = [1e-4] * 20 + [1e-9] * 100
    assert sense_level(high, [1e-6] * 120) == pytest.approx(1e-5)
    assert math.isnan(sense_level([math.nan], [math.nan]))
    assert math.isnan(sense_level([], []))


def test_a_reset_state_of_zero_does_not_make_a_dead_device_good():
    outcome = classify([2e-9, 1e-4], [0.0, 0.0], 5e-6, 3)
    assert outcome.tolist() == [Outcome.STUCK_LOW, Outcome.GOOD]
    assert classify([1e-4], [0.0], math.nan, 3).tolist() == [Outcome.GOOD]
