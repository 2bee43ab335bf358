"""Spikes in a sampled current."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchctl.analysis.neuron import firing, hiding, resolved, rheobase, spikes, thresholds


def train(begins, samples=1000, length=3):
    current = np.full(samples, 1e-6)
    for begin in begins:
        current[begin : begin + length] = 1e-5
    return np.arange(samples) * 1e-3, current


@given(st.sets(st.integers(1, 99), max_size=20))
def test_every_spike_is_found_where_it_begins(places):
    begins = sorted(10 * p for p in places)
    time, current = train(begins)
    found = spikes(time, current, *thresholds(current))
    assert found == pytest.approx(np.array(begins) * 1e-3)


def test_a_chattering_spike_is_one_spike():
    time, current = train([100], length=50)
    current[110:140:2] = 5e-6  # dips that do not reach the second threshold
    assert len(spikes(time, current, *thresholds(current))) == 1


def test_a_trace_that_begins_high_has_not_risen():
    time, current = train([0, 500])
    assert spikes(time, current, *thresholds(current)) == pytest.approx([0.5])


def test_noise_alone_has_no_spikes():
    quiet = 1e-5 * (1 + 0.01 * np.random.default_rng(1).normal(size=5000))
    assert math.isnan(thresholds(quiet)[0])
    assert spikes(np.arange(5000.0), quiet, *thresholds(quiet)).size == 0
    wandering = 1e-5 * (1 + 0.07 * np.random.default_rng(2).normal(size=5000))
    assert math.isnan(thresholds(wandering)[0])
    assert math.isnan(thresholds([])[0])


def test_large_first_spikes_do_not_hide_the_others():
    time, current = train(range(100, 1000, 50))
    current[100:103] = 5e-5
    assert len(spikes(time, current, *thresholds(current))) == 18


def test_a_small_ripple_on_a_large_current_is_seen_where_noise_is_not():
    time = np.arange(2000) * 1e-3
    ripple = 1e-4 * (1 - 0.05 * (time % 0.1) / 0.1)
    assert len(spikes(time, ripple, *thresholds(ripple))) == 19


def test_what_is_sampled_too_slowly_is_said_to_hide_its_spikes():
    for samples, clear in ((20, True), (2.5, False)):
        phase = np.arange(2000) / samples % 1
        sawtooth = 1e-6 * (1 - 0.5 * phase)
        assert resolved(sawtooth) is clear
        found = spikes(np.arange(2000.0), sawtooth, *thresholds(sawtooth))
        assert (found.size > 90) is clear
    assert resolved(train([100, 500])[1])
    assert resolved(np.full(10, 1e-6))
    assert resolved([])


def test_an_input_above_one_that_hides_its_spikes_hides_them_too():
    still = np.full(400, 1e-6)
    unclear = 1e-6 * (1 - 0.5 * (np.arange(400) / 2.5 % 1))
    ripple = 1e-6 * (1 + 0.05 * (np.arange(400) % 2))
    fires = train(range(10, 400, 20), samples=400)[1]
    assert hiding([1, 2, 3], [0, 0, 0], [still, unclear, ripple]).tolist() == [False, True, True]
    assert hiding([3, 1, 2], [0, 0, 0], [still, still, unclear]).tolist() == [True, False, True]
    assert hiding([1, 2, 3], [0, 20, 0], [ripple, fires, ripple]).tolist() == [False, False, True]
    assert hiding([1, 2, 3], [0, 20, 0], [still, fires, still]).tolist() == [False] * 3


def test_a_clock_is_told_from_a_poisson_process():
    clock = firing(np.arange(1, 11) * 0.1, 2.0)
    assert clock.rate == pytest.approx(5)
    assert clock.latency == pytest.approx(0.1)
    assert clock.variation == pytest.approx(0, abs=1e-9)
    assert clock.adaptation == pytest.approx(1)
    random = firing(np.random.default_rng(2).exponential(0.1, 4000).cumsum(), 400.0)
    assert random.variation == pytest.approx(1, abs=0.05)
    silent = firing([], 1.0)
    assert (silent.count, silent.rate) == (0, 0)
    assert math.isnan(silent.latency)
    assert math.isnan(silent.interval)


def test_the_rheobase_lies_between_the_last_silent_and_the_first_firing_input():
    assert rheobase([0.4, 0.1, 0.2, 0.3], [9, 0, 0, 2]) == (0.2, 0.3)
    silent, fires = rheobase([0.1, 0.2], [0, 0])
    assert silent == 0.2
    assert math.isnan(fires)
    assert math.isnan(rheobase([0.1], [3])[0])
