"""Damage by its closed form, drift by its laws, hard failure by Weibull."""

import math

import numpy as np
import pytest

from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters

CYCLE = (np.array([2.9, 0.1, -2.0, 0.1]), np.array([1e-6, 1e-3, 1e-6, 1e-3]), np.zeros(4))
DEEP = (np.array([2.9, 0.1, -2.4, 0.1]), np.array([1e-4, 1e-3, 1e-3, 1e-3]), np.zeros(4))
"""long and strong enough to reach the ends of the stroke"""
QUIET = dict.fromkeys(
    ("cycle_on", "cycle_off", "cycle_voltage", "step_spread", "read_noise", "drift", "relaxation",
     "spread_on", "spread_off", "spread_voltage"), 0.0)  # fmt: skip
NEVER = {"life": 1e18}


def aged(model="resistor", seed=1, *, ageing, **parameters):
    device = create(model, seed=seed, **parameters)
    device.surround(ageing=AgeingParameters(**ageing))
    return device


def play(device, *segments, **options):
    """Segments of (V, s), then a rest."""
    voltage, duration = (np.array(column, dtype=float) for column in zip(*segments, strict=True))
    played = device.play(voltage, duration, np.zeros(len(segments)), **options)
    device.idle(1e-3)
    return played


@pytest.mark.parametrize(("volts", "seconds"), [(1.5, 1e-6), (1.0, 1e-3), (-2.0, 50e-9)])
def test_a_pulse_damages_by_powers_of_voltage_and_time(volts, seconds):
    device = aged(ageing={"acceleration": 3.0, **NEVER})
    play(device, (volts, seconds))
    expected = 3.0 * (abs(volts) / 1.5) ** 12 * (seconds / 1e-6) ** 0.3
    assert device.wear["damage"] == pytest.approx(expected, rel=1e-9)


def test_one_pulse_is_one_however_it_is_cut_and_two_are_two():
    whole, cut, twice, both = (aged(ageing={"acceleration": 1.0, **NEVER}) for _ in range(4))
    play(whole, (1.5, 4e-6))
    play(cut, *[(1.5, 1e-6)] * 4)
    play(twice, (1.5, 4e-6), (0.1, 1e-6), (1.5, 4e-6))
    play(both, (1.5, 4e-6), (-1.5, 4e-6))
    one = whole.wear["damage"]
    assert cut.wear["damage"] == pytest.approx(one, rel=1e-9)
    assert twice.wear["damage"] == pytest.approx(2 * one, rel=1e-6)
    assert both.wear["damage"] == pytest.approx(2 * one, rel=1e-9)


def test_a_read_does_no_damage():
    device = aged(ageing={"acceleration": 1.0})
    play(device, (0.2, 100.0))
    assert device.wear["damage"] == 0.0


def test_without_ageing_nothing_changes():
    plain, off, slow = (create("gap_filament", seed=4) for _ in range(3))
    off.surround(ageing=AgeingParameters())
    slow.surround(ageing=AgeingParameters(acceleration=1e-12))
    currents = [d.play(*CYCLE, count=50, resistance=2e3).current for d in (plain, off, slow)]
    assert currents[0].tobytes() == currents[1].tobytes()
    assert currents[2] == pytest.approx(currents[0], rel=1e-6)
    assert off.wear == {}
    assert "ageing" not in off.metadata()
    assert slow.metadata()["ageing"]["parameters"]["acceleration"] == 1e-12


def states(device, count=20):
    """On and off conductance of the last of `count` cycles."""
    played = device.play(*CYCLE, count=count, resistance=2e3)
    return played.current[-3] / 0.1, played.current[-1] / 0.1


def test_the_states_drift_by_their_laws():
    fresh = create("gap_filament", seed=1, **QUIET)
    on, off = (fresh.play(*DEEP, count=3).current[k] for k in (-3, -1))
    for target in (1e6, 1e8):
        device = aged("gap_filament", ageing={"acceleration": 1.0, **NEVER}, **QUIET)
        device.play(*DEEP, count=1)
        device._c[16] = target  # the damage, as if cycled
        played = device.play(*DEEP, count=2)
        factors = played.current[-3] / on, played.current[-1] / off
        expected = (1 + target / 1e6) ** -0.05, (1 + target / 1e6) ** 0.35
        print(f"damage {target:g}: on x{factors[0]:.3f} ({expected[0]:.3f}), "
              f"off x{factors[1]:.2f} ({expected[1]:.2f})")  # fmt: skip
        assert factors == pytest.approx(expected, rel=0.03)


def test_a_worn_device_sets_at_a_lower_voltage():
    def set_voltage(damage):
        device = aged("gap_filament", ageing={"acceleration": 1.0, "voltage_drift": 0.05, **NEVER,
                      "hrs_drift": 0.0, "lrs_drift": 0.0}, **QUIET)  # fmt: skip
        play(device, (-1.5, 1e-6))
        device._c[16] = damage
        play(device, (-1.5, 1e-6))
        levels = np.arange(1.0, 2.2, 0.005)
        swept = device.play(levels, np.full(levels.size, 1e-4), np.zeros(levels.size), limit=1e-4)
        return levels[np.flatnonzero(swept.limited)[0]]

    fresh, worn = set_voltage(0.0), set_voltage(1e9)
    expected = 1.0 - 0.05 * math.log10(1 + 1e9 / 1e6)
    print(f"set at {fresh:.3f} V fresh, {worn:.3f} V worn: x{worn / fresh:.3f} ({expected:.3f})")
    assert worn / fresh == pytest.approx(expected, abs=0.02)


def test_the_spread_between_cycles_grows():
    def spread(damage):
        device = aged("gap_filament", ageing={"acceleration": 1.0, "hrs_drift": 0.0, **NEVER},
                      **QUIET | {"cycle_off": 0.1})  # fmt: skip
        play(device, (2.0, 1e-6))
        device._c[16] = damage
        off = device.play(*DEEP, count=800).current[3::4]
        return np.log(off[10:]).std()

    assert spread(1e9) / spread(0.0) == pytest.approx(1 + 0.5 * math.log10(1 + 1e3), rel=0.12)


def test_drift_closes_the_window_but_does_not_turn_it_over():
    device = aged("gap_filament", ageing={"acceleration": 1e12, "hrs_drift": 5.0, **NEVER}, **QUIET)
    on, off = states(device, 200)
    assert 1.0 < on / off < 3.0


@pytest.fixture(scope="module")
def failed():
    """400 devices that got the damage at which 63 % have failed hard."""
    found = []
    for seed in range(400):
        device = aged(seed=seed, ageing={"acceleration": 1.0, "life": 100.0})
        device.play(np.array([1.5, -1.5]), np.full(2, 1e-6), np.zeros(2), count=50, record=False)
        device.idle(1.0)
        found.append(device.wear)
    return found


def test_hard_failures_are_weibull_and_of_both_kinds(failed):
    stuck = np.array([wear["stuck"] for wear in failed])
    gone = stuck[stuck != 0.0]
    share, high = gone.size / stuck.size, (gone > 0).mean()
    print(f"failed {share:.2f} (1 - 1/e), of these high {high:.2f} (0.70)")
    # A failure waits for the next pulse of its polarity: up to two of a hundred.
    assert share == pytest.approx(1 - math.exp(-1), abs=4 * math.sqrt(0.24 / 400) + 0.01)
    assert high == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / gone.size))
    half = np.sort([wear["damage"] for wear in failed])[:200]
    # Weibull median with shape 1.2: life ln(2)^(1/1.2).
    assert half[-1] == pytest.approx(100.0 * math.log(2) ** (1 / 1.2), rel=0.2)


@pytest.mark.parametrize(("seed", "stuck"), [(1, 1.0), (2, -1.0)])
def test_a_failed_device_stays_where_it_is(seed, stuck):
    device = aged("gap_filament", seed, ageing={"acceleration": 1e9})
    on, off = states(device, 200)
    assert device.wear["stuck"] == stuck
    assert on == pytest.approx(off, rel=0.05)
    before = device.state
    states(device)
    device.idle(1e9)
    assert device.state == before
    assert device.wear["damage"] < 1e13


def test_the_same_seed_ages_alike():
    first, second = (aged("gap_filament", 7, ageing={"acceleration": 1e7}) for _ in range(2))
    runs = [d.play(*CYCLE, count=300, resistance=2e3).current.tobytes() for d in (first, second)]
    assert runs[0] == runs[1]
    assert first.wear == second.wear


def test_a_model_that_names_nothing_still_fails_hard():
    device = aged("iontronic_li", ageing={"acceleration": 1e6, "life": 1.0}, formed=True)
    for _ in range(4):
        play(device, (1.5, 1e-3), (-1.5, 1e-3))
    assert device.wear["stuck"] != 0.0
