import math

import numpy as np
import pytest

from benchctl.errors import ConfigError
from procedures.spikes import pair, spike, table
from procedures.stdp import Stdp


@pytest.mark.parametrize(("model", "seed"), [("gap_filament", 2), ("iontronic_li", 1),
                                             ("iontronic_li", 5)])  # fmt: skip
def test_pre_before_post_potentiates_and_post_before_pre_depresses(simulated, measure, model, seed):
    run = measure(Stdp(), simulated(model, seed=seed))
    m = run.merits
    assert m["potentiation"].interval[0] > 0
    assert m["depression"].interval[1] < 0
    assert m["a_plus"].value > 0 > m["a_minus"].value
    assert m["r_squared"].value > 0.5
    assert m["initialised"].value == run.data["trial"].size
    delay, change = run.data["delay"], run.data["change"]
    near, wide = (np.abs(change[delay == d].mean()) for d in (2e-3, 24e-3))
    assert near > 1.5 * wide


def test_every_trial_begins_at_the_initial_conductance_whatever_the_last_pair_did(
    simulated, measure
):
    run = measure(Stdp(repeats=2), simulated(seed=3))
    assert run.data["before"] == pytest.approx(4e-6, rel=0.15)
    assert (run.data["after"].max() - run.data["after"].min()) > 1e-6


def test_order_is_random_complete_and_the_seeds(simulated, measure):
    delays = Stdp(repeats=2).delays
    first = measure(Stdp(repeats=2), simulated("iontronic_li", seed=3))
    again = measure(Stdp(repeats=2), simulated("iontronic_li", seed=3))
    other = measure(Stdp(repeats=2), simulated("iontronic_li", seed=4))
    order = first.data["delay"]
    assert sorted(order[np.isfinite(order)]) == sorted([*delays, *(-d for d in delays)] * 2)
    assert np.isnan(order).sum() == 2
    assert (np.diff(order[np.isfinite(order)]) < 0).any()
    np.testing.assert_array_equal(order, again.data["delay"])
    np.testing.assert_array_equal(first.data["after"], again.data["after"])
    assert not np.array_equal(order, other.data["delay"], equal_nan=True)


def test_a_volatile_devices_own_relaxation_is_measured_and_subtracted(simulated, measure):
    run = measure(Stdp(repeats=3), simulated("iontronic_li"))
    alone = np.isnan(run.data["delay"])
    assert np.flatnonzero(alone).tolist() == [0, 1, 2]
    relaxed = run.data["raw_change"][alone].mean()
    assert relaxed < -0.3
    assert run.merits["relaxation"].value == pytest.approx(relaxed)
    net = run.data["raw_change"][~alone] - relaxed
    np.testing.assert_allclose(run.data["change"][~alone], net)


def test_a_resistor_has_no_window(simulated, measure):
    run = measure(
        Stdp(repeats=2, initial_conductance="10 uS"), simulated("resistor", resistance=1e5)
    )
    assert abs(run.merits["potentiation"].value) < 0.05


def test_the_voltage_given_to_the_device_is_kept(simulated, measure):
    run = measure(Stdp(repeats=1), simulated("iontronic_li"))
    assert len(run.traces) == 16
    assert max(t.trace.voltage.max() for t in run.traces) > 1.1


ONE = spike("rectangular", 1.0, 0.5, 2e-3, 4e-3, 1e-3)


def test_spike_presets():
    assert ONE.tolist() == [1.0, 1.0, -0.5, -0.5, -0.5, -0.5]
    triangle = spike("triangular", 1.0, 0.4, 1e-3, 4e-3, 1e-3)
    assert triangle == pytest.approx([1.0, -0.35, -0.25, -0.15, -0.05])
    tail = spike("biphasic-exponential", -1.0, 0.5, 1e-3, 10e-3, 1e-3)
    assert tail[0] == -1
    assert tail[1:] == pytest.approx(0.5 * np.exp(-(np.arange(40) + 0.5) / 10))


def test_a_table_is_a_spike():
    assert table("0.8 V: 2 ms, -0.3: 1 ms", 1e-3).tolist() == [0.8, 0.8, -0.3]
    for bad in ("", "0.8 V", "0.8 V: 2 ms: 3", "0.8 A: 2 ms", "0.8 V: 2.5 ms"):
        with pytest.raises(ConfigError):
            table(bad, 1e-3)


def samples(stimulus):
    return np.concatenate([np.full(round(s.duration / 1e-3), s.voltage) for s in stimulus.unroll()])


@pytest.mark.parametrize("delay", [0.0, 1e-3, 3e-3, -2e-3, 8e-3, -8e-3])
def test_superposition_is_post_minus_pre(delay):
    wave = samples(pair(ONE, delay, 8e-3, 1e-3))
    lag = round(delay / 1e-3)
    expected = np.zeros(14)
    last, early = 14 - 6, 14 - 6 - abs(lag)
    post, pre = (last, early) if delay >= 0 else (early, last)
    expected[post : post + 6] += ONE
    expected[pre : pre + 6] -= ONE
    np.testing.assert_allclose(wave, expected)


def test_positive_delay_meets_the_head_with_the_tail():
    wave = samples(pair(ONE, 2e-3, 8e-3, 1e-3))
    assert wave.max() == 1.5
    assert samples(pair(ONE, -2e-3, 8e-3, 1e-3)).min() == -1.5


def test_every_trial_lasts_equally_long():
    for delay in (1e-3, -7e-3, 8e-3, math.nan):
        assert pair(ONE, delay, 8e-3, 1e-3).duration == pytest.approx(14e-3)


def test_a_delay_off_the_grid_is_refused():
    with pytest.raises(ConfigError, match="multiple"):
        Stdp(delays="1.5 ms").preview()
