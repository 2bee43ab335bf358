"""jart_vcm: spread, jumps, rest, forming."""

import math

import numpy as np
import pytest
from jart_vcm_device import PLAIN, disc, nominal
from scipy.stats import chi2

from sim_instruments.models.jart_vcm import JartVcm


def sigma_is(samples, sigma):
    """Return whether the sample standard deviation fits `sigma` (99.9 % interval)."""
    n = len(samples) - 1
    low, high = chi2.ppf([0.0005, 0.9995], n)
    return low < np.var(samples, ddof=1) * n / sigma**2 < high


def test_devices_differ_as_configured_within_the_published_ranges():
    states = [JartVcm(seed=k, spread_lowest=0.2).state for k in range(600)]
    cut = 0.9866  # of a normal cut at three sigma
    for name, middle in (("radius", 45e-9), ("length", 0.4e-9)):
        found = np.array([state[name] for state in states]) / middle - 1.0
        assert np.abs(found).max() <= 0.1
        assert sigma_is(found, 0.033 * cut)
    assert sigma_is([math.log(state["vacancies"]) for state in states], 0.2)


def test_cycles_walk_as_configured_and_stay_within_the_range():
    stroke = (np.array([1.2, -2.0]), np.full(2, 1e-6), np.zeros(2))
    found, wide = [], []
    device = JartVcm(seed=3, cycle_radius=0.001, spread_radius=0.0)
    walker = JartVcm(seed=3, cycle_radius=0.05)
    for _ in range(400):
        device.play(*stroke)
        found.append(device.state["radius"] / 45e-9)
        walker.play(*stroke)
        wide.append(walker.state["radius"] / 45e-9)
    assert sigma_is(np.diff(found), 0.001 * math.sqrt(2.0))  # two half cycles each
    assert 0.9 - 1e-9 <= min(wide) < max(wide) <= 1.1 + 1e-9


def test_radius_and_length_change_only_as_far_as_vacancies_move():
    device = JartVcm(seed=3)
    before = device.state
    for volts in (0.3, -0.3) * 20:
        device.advance(volts, 1e-6)
    assert device.state["radius"] == pytest.approx(before["radius"], rel=1e-6)
    device.advance(1.2, 1e-6)
    assert abs(device.state["radius"] / before["radius"] - 1.0) > 1e-3


def test_readings_scatter_as_configured():
    device = nominal(read_noise=0.02)
    reads = device.play(np.array([0.1]), np.array([1e-9]), np.zeros(1), count=3000).current
    assert sigma_is(reads / reads.mean(), 0.02)


def test_vacancies_that_jump_disturb_the_off_state_and_not_the_on_state():
    spread = {}
    for n in (0.008, 20.0):
        device = nominal(n, jumps=True)
        ohm = []
        for _ in range(600):
            device.idle(60.0)
            ohm.append(0.1 / device.current(0.1))
        spread[n] = np.std(np.log(ohm))
    print(f"relative spread of minute reads: off {spread[0.008]:.2f}, on {spread[20.0]:.1e}")
    assert spread[0.008] > 0.1
    assert spread[20.0] < 1e-4


def test_jumps_depend_on_time_alone_not_on_how_it_is_cut():
    def share(wait, pieces):
        away = 0
        for seed in range(800):
            device = JartVcm(seed=seed, **{**PLAIN, "jumps": True})
            for _ in range(pieces):
                device.idle(wait / pieces)
            away += device.state["jump"] != 0.0
        return away / 800

    expected = 2 / 3 * (1 - math.exp(-3 * 1e13 * math.exp(-0.9 / (8.617333e-5 * 300)) * 40))
    for pieces in (1, 20):
        assert share(40.0, pieces) == pytest.approx(expected, abs=4 * math.sqrt(0.25 / 800))


def test_rest_is_the_same_in_one_step_and_in_many():
    once, often = (nominal(5.0, drift=0.003) for _ in range(2))
    once.idle(1e9)
    for _ in range(1000):
        often.idle(1e6)
    assert disc(once) == pytest.approx(disc(often), rel=1e-9)
    assert disc(once) == pytest.approx(5.0 * (1 - 0.003 * 15), rel=1e-4)
    still = nominal(5.0)
    still.idle(1e9)
    assert still.state == nominal(5.0).state


def test_heat_ages_faster_and_a_write_forgets():
    warm, cold = (nominal(5.0, drift=0.01) for _ in range(2))
    cold.idle(1e4, 300.0)
    warm.idle(1e4, 400.0)
    decades = 1.35 / 8.617333e-5 * (1 / 300 - 1 / 400) / math.log(10)
    assert disc(cold) - disc(warm) == pytest.approx(5.0 * 0.01 * decades, rel=1e-3)
    warm.advance(1.0, 1e-6)
    written = disc(warm)
    warm.idle(1e-3)
    assert written - disc(warm) == pytest.approx(written * 0.01 * 3, rel=0.01)


def formed_at(seed, limit=5e-5, **parameters):
    device = JartVcm(seed=seed, formed=False, **parameters)
    levels = np.arange(1, 401) * 0.01
    played = device.play(levels, np.zeros(400), np.full(400, 0.01), limit=limit)
    return levels[np.argmax(played.limited)], device


def test_forming_voltages_are_weibull_around_what_was_asked():
    found = np.sort([formed_at(seed)[0] for seed in range(150)])
    rank = (np.arange(1, 151) - 0.3) / 150.4
    slope, offset = np.polyfit(np.log(found), np.log(-np.log(1 - rank)), 1)
    print(f"forming: {math.exp(-offset / slope):.2f} V, shape {slope:.0f}")
    assert slope == pytest.approx(20.0, rel=0.25)
    assert math.exp(-offset / slope) == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize("limit", [2e-5, 5e-5, 1e-4, 2e-4])
def test_the_compliance_decides_what_forming_leaves_and_the_device_can_then_be_reset(limit):
    # Fast enough that 0.4 V does not go on setting it.
    device = JartVcm(seed=3, formed=False, variable=False)
    device.play(np.array([3.5]), np.array([3e-5]), np.zeros(1), limit=limit)
    assert device.state["formed"] == 1.0
    left = device.current(0.4)
    print(f"formed at {limit:.0e} A: {0.4 / left:.0f} Ohm at 0.4 V")
    assert left == pytest.approx(limit, rel=0.15)
    device.advance(-1.8, 1e-3)
    assert disc(device) == pytest.approx(0.008, rel=0.01)


def test_a_pristine_device_hardly_conducts_and_rests_unchanged():
    device = nominal(formed=False)
    assert device.current(0.2) == pytest.approx(1e-3 * nominal().current(0.2), rel=0.5)
    device.advance(0.3, 86400.0)
    device.idle(1e9)
    assert (device.state["formed"], disc(device)) == (0.0, pytest.approx(0.008))


def test_devices_of_one_kind_share_their_table():
    assert JartVcm(seed=1)._p is JartVcm(seed=2)._p
    assert JartVcm(seed=1)._x.nbytes < 256


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="lowest <= vacancies <= highest"):
        JartVcm(vacancies=0.005e26)
    with pytest.raises(ValueError, match=r"length must be a number from 1e-10 m to 1.5e-09 m"):
        JartVcm(length=2e-9)
