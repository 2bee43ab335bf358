"""gap_filament: the sky130 equations, forming, spread, retention, and that it can be programmed."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.stats import chi2

from sim_instruments.models.gap_filament import GapFilament

ALIKE = {"spread_on": 0.0, "spread_off": 0.0, "spread_voltage": 0.0}
STEADY = {"cycle_on": 0.0, "cycle_off": 0.0, "cycle_voltage": 0.0, "step_spread": 0.0}
EXACT = {**ALIKE, **STEADY, "read_noise": 0.0, "drift": 0.0, "relaxation": 0.0}


def pulse(device, voltage, width, **circuit):
    device.play(np.array([voltage, 0.0]), np.array([width, 1e-9]), np.zeros(2), **circuit)


def conductance(device):
    return device.current(0.1) / 0.1


def thickness_for(siemens):
    return 5e-9 + 0.2751e-9 * math.log(siemens * 0.1 / math.sinh(0.1 / 0.43) / 61.4e-6)


def sigma_is(samples, sigma):
    """Return whether the sample standard deviation fits `sigma` (99.9 % interval)."""
    n = len(samples) - 1
    low, high = chi2.ppf([0.0005, 0.9995], n)
    return low < np.var(samples, ddof=1) * n / sigma**2 < high


def test_current_is_the_published_expression():
    for s, v in ((4.9e-9, 0.1), (3.3e-9, 0.1), (4.0e-9, -1.2)):
        expected = 61.4e-6 * math.exp(-(5e-9 - s) / 0.2751e-9) * math.sinh(v / 0.43)
        device = GapFilament(seed=0, thickness=s, **EXACT)
        assert device.current(v) == pytest.approx(expected, rel=1e-9)


def reference(siemens, source, width, resistance):
    """Integrate §2.2 with the circuit, by a general stiff solver; lengths in nm."""

    def rate(_, s):
        gap = 5.0 - s[0]
        scale = 61.4e-6 * math.exp(-gap / 0.2751)

        def kirchhoff(v):
            return v + resistance * scale * math.sinh(v / 0.43) - source

        v = brentq(kirchhoff, -3.0, 3.0, xtol=1e-13)
        kt = 8.617333e-5 * (300.0 + 0.23e-9 / 0.31825e-15 * v * scale * math.sinh(v / 0.43))
        lever = (16.5 - 1.25 * gap**3) * 0.05 * v
        return [150e9 * (math.exp((lever - 1.501) / kt) - math.exp((-lever - 1.5) / kt))]

    start = thickness_for(siemens) * 1e9
    end = solve_ivp(rate, (0.0, width), [start], method="LSODA", rtol=1e-8, atol=1e-12).y[0, -1]
    return 61.4e-6 * math.exp(-(5.0 - end) / 0.2751) * math.sinh(0.1 / 0.43) / 0.1


@pytest.mark.parametrize(
    ("siemens", "source", "width", "resistance"),
    [
        (20e-6, 1.5, 1e-6, 2e3),
        (60e-6, -1.5, 1e-6, 2e3),
        (60e-6, -1.3, 1e-4, 2e3),
        (99e-6, -1.0, 1e-3, 0.0),
        (99e-6, -1.3, 1e-3, 0.0),
        (10e-6, 1.09, 1e-3, 0.0),
    ],
)
def test_a_pulse_through_a_resistance_agrees_with_a_general_solver(
    siemens, source, width, resistance
):
    device = GapFilament(seed=0, thickness=thickness_for(siemens), **EXACT)
    pulse(device, source, width, resistance=resistance)
    expected = reference(siemens, source, width, resistance)
    assert abs(expected / siemens - 1) > 0.05
    assert conductance(device) == pytest.approx(expected, rel=0.01)


PULSES = [(20e-6, 1.5, 1e-6, 2e3, math.inf), (99e-6, -1.0, 1e-3, 0.0, 1e-3),
          (0.3e-6, 2.0, 1e-3, 0.0, 1e-4), (60e-6, -1.4, 1e-5, 2e3, math.inf)]  # fmt: skip


@pytest.mark.parametrize(("siemens", "source", "width", "resistance", "limit"), PULSES)
def test_finer_sub_steps_change_nothing_that_matters(siemens, source, width, resistance, limit):
    ends = []
    for step in (0.05e-9, 0.025e-9):
        device = GapFilament(seed=0, thickness=thickness_for(siemens), largest_step=step, **EXACT)
        pulse(device, source, width, resistance=resistance, limit=limit)
        ends.append(conductance(device))
    assert ends[0] == pytest.approx(ends[1], rel=0.01)


@pytest.mark.parametrize(
    ("start", "step", "siemens", "width", "circuit"),
    [
        (1.3, 0.02, 10e-6, 1e-6, {"resistance": 2e3}),
        (-0.8, -0.03, 90e-6, 1e-3, {}),
        (1.02, 0.02, 3e-6, 1e-3, {"limit": 1e-4}),
    ],
)
def test_a_train_of_growing_pulses_does_not_depend_on_the_sub_steps(
    start, step, siemens, width, circuit
):
    coarse, fine = (
        GapFilament(seed=0, thickness=thickness_for(siemens), largest_step=largest, **EXACT)
        for largest in (0.05e-9, 0.002e-9)
    )
    for k in range(12):
        pulse(coarse, start + k * step, width, **circuit)
        pulse(fine, start + k * step, width, **circuit)
        assert conductance(coarse) == pytest.approx(conductance(fine), rel=0.01)
    assert abs(math.log(conductance(fine) / siemens)) > 0.05


@pytest.mark.parametrize("volts", [-200.0, -40.0, 40.0, 200.0])
@pytest.mark.parametrize("circuit", [{}, {"limit": 1e-3}, {"resistance": 2e3}])
def test_absurd_voltages_leave_numbers_behind(volts, circuit):
    device = GapFilament(seed=0)
    pulse(device, volts, 1e-3, **circuit)
    assert 3e-9 < device.state["thickness"] < 5e-9
    assert math.isfinite(conductance(device))


@pytest.mark.parametrize(("siemens", "source", "width", "resistance", "limit"), PULSES)
def test_a_pulse_is_the_sum_of_its_halves(siemens, source, width, resistance, limit):
    whole, halves = (
        GapFilament(seed=0, thickness=thickness_for(siemens), **EXACT) for _ in range(2)
    )
    circuit = {"resistance": resistance, "limit": limit}
    pulse(whole, source, width, **circuit)
    halves.play(np.full(2, source), np.full(2, width / 2), np.zeros(2), **circuit)
    assert conductance(whole) == pytest.approx(conductance(halves), rel=0.01)


def loop(device, limit):
    turning = [0.0, 2.0, 0.0, -1.7, 0.0]
    levels = np.concatenate([np.linspace(a, b, 101)[1:] for a, b in pairwise(turning)])
    ramps = np.abs(np.diff(levels, prepend=0.0))
    return levels, device.play(levels, np.zeros(400), ramps, limit=limit)


@pytest.mark.parametrize("seed", range(5))
def test_a_sweep_is_a_pinched_loop_with_set_and_reset_at_opposite_polarity(seed):
    levels, played = loop(GapFilament(seed=seed), limit=3e-4)
    up, back, down, home = (slice(k, k + 100) for k in (0, 100, 200, 300))
    at = {}
    for name, branch in {"up": up, "back": back, "down": down, "home": home}.items():
        at[name] = played.current[branch][np.argmin(np.abs(np.abs(levels[branch]) - 0.2))]
    assert at["back"] > 10 * at["up"] > 0
    assert at["down"] < 10 * at["home"] < 0
    assert played.limited[up].any()
    assert np.all(played.current[played.limited] == 3e-4)
    assert np.all(np.abs(played.current[levels == 0.0]) == 0.0)


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(0.9, 1.8),
    more=st.floats(0.0, 0.3),
    siemens=st.floats(2e-6, 80e-6),
    warmer=st.floats(0.0, 80.0),
    sign=st.sampled_from([1, -1]),
)
def test_more_voltage_or_heat_switches_further(low, more, siemens, warmer, sign):
    ends = []
    for voltage, kelvin in ((low, 300.0), (low + more, 300.0), (low, 300.0 + warmer)):
        device = GapFilament(seed=0, thickness=thickness_for(siemens), **EXACT)
        pulse(device, sign * voltage, 1e-5, temperature=kelvin)
        ends.append(sign * device.state["thickness"])
    assert ends[1] >= ends[0] - 1e-13
    assert ends[2] >= ends[0] - 1e-13


def test_compliance_sets_the_on_conductance():
    ends = []
    for limit in (2e-5, 5e-5, 1e-4):
        device = GapFilament(seed=0, **EXACT)
        pulse(device, 2.0, 1e-3, limit=limit)
        ends.append(conductance(device))
    assert ends == sorted(ends)
    assert ends[2] > 3 * ends[0]


def test_a_pristine_device_hardly_conducts():
    formed, pristine = (GapFilament(seed=0, formed=f, **EXACT) for f in (True, False))
    assert pristine.current(0.1) == pytest.approx(1e-3 * formed.current(0.1))


def forming_voltage(seed, rate=1.0, limit=2e-5, **parameters):
    device = GapFilament(seed=seed, formed=False, **EXACT, **parameters)
    levels = np.arange(1, 401) * 0.01
    played = device.play(levels, np.zeros(400), np.full(400, 0.01 / rate), limit=limit)
    assert device.state["formed"] == 1.0
    return levels[np.argmax(played.limited)], device


def test_forming_voltages_are_weibull_around_what_was_asked():
    found = np.sort([forming_voltage(seed)[0] for seed in range(300)])
    rank = (np.arange(1, 301) - 0.3) / 300.4
    slope, offset = np.polyfit(np.log(found), np.log(-np.log(1 - rank)), 1)
    assert slope == pytest.approx(20.0, rel=0.15)
    assert math.exp(-offset / slope) == pytest.approx(2.5, rel=0.02)


def test_forming_takes_more_voltage_at_a_faster_ramp_and_less_on_a_larger_area():
    usual = forming_voltage(3)[0]
    assert forming_voltage(3, rate=100.0)[0] - usual == pytest.approx(
        0.12 * math.log(100), abs=0.02
    )
    assert usual - forming_voltage(3, area=10.0)[0] == pytest.approx(0.12 * math.log(10), abs=0.02)


@pytest.mark.parametrize("limit", [1e-6, 5e-6, 2e-5])
def test_the_compliance_decides_what_forming_leaves(limit):
    device = forming_voltage(3, limit=limit)[1]
    assert device.current(1e-3) / 1e-3 == pytest.approx(limit / 0.4, rel=0.25)


def test_a_day_at_a_low_voltage_forms_nothing():
    device = GapFilament(seed=0, formed=False)
    device.advance(0.2, 86400.0)
    assert device.state["formed"] == 0.0


@pytest.mark.parametrize(("parameters", "sigma"), [({"thickness": 4.9e-9, "spread_off": 0.0}, 0.05),
                                                   ({"spread_on": 0.0}, 0.25)])  # fmt: skip
def test_devices_differ_as_configured(parameters, sigma):
    found = [math.log(conductance(GapFilament(seed=k, **parameters))) for k in range(400)]
    assert sigma_is(found, sigma)


def test_cycles_differ_as_configured():
    device = GapFilament(seed=4, **ALIKE, read_noise=0.0, relaxation=0.0, drift=0.0)
    cycle = (np.array([2.6, 0.1, -2.6, 0.1]), np.full(4, 1e-3), np.zeros(4))
    logs = np.log(np.abs(device.play(*cycle, count=1000).current.reshape(-1, 4)))
    assert sigma_is(logs[:, 1], 0.04)
    assert sigma_is(logs[:, 3], 0.20)


@pytest.mark.parametrize("step", [0.05e-9, 0.01e-9])
def test_the_spread_of_a_stroke_does_not_depend_on_the_sub_steps(step):
    # No heat and no change of field with the gap: the rate, and with it the stroke, is constant.
    even = {**EXACT, "step_spread": 1e-6, "gap_factor": 0.0, "thermal_resistance": 0.0}
    ends = []
    for seed in range(400):
        device = GapFilament(seed=seed, thickness=3.8e-9, largest_step=step, **even)
        pulse(device, 1.0, 1.0)
        ends.append(device.state["thickness"])
    stroke = np.mean(ends) - 3.8e-9
    assert stroke == pytest.approx(0.66e-9, rel=0.05)
    assert sigma_is(ends, 1e-6 * math.sqrt(stroke))


def test_reading_writes_nothing():
    device = GapFilament(seed=0, thickness=4.5e-9, **EXACT)
    before = conductance(device)
    device.play(np.array([0.1, 0.0]), np.full(2, 1e-3), np.zeros(2), count=100_000)
    device.advance(0.2, 3600.0)
    assert conductance(device) == pytest.approx(before, rel=1e-6)


def test_readings_are_as_noisy_as_configured():
    device = GapFilament(seed=0, thickness=4.5e-9, **{**EXACT, "read_noise": 0.01})
    current = device.play(np.array([0.1]), np.full(1, 1e-3), np.zeros(1), count=2000).current
    assert sigma_is(current / device.current(0.1), 0.01)


def test_ten_years_at_once_are_ten_years_in_pieces():
    once, pieces = (GapFilament(seed=0, thickness=4.6e-9, **{**EXACT, "drift": 0.01})
                    for _ in range(2))  # fmt: skip
    once.idle(3.15e8)
    for _ in range(1000):
        pieces.idle(3.15e5)
    assert once.state["thickness"] == pytest.approx(pieces.state["thickness"], rel=1e-12)


def test_conductance_falls_linearly_with_log_time():
    device = GapFilament(seed=0, thickness=4.6e-9, **{**EXACT, "drift": 0.01})
    written = conductance(device)
    for seconds in (1.0, 9.0, 90.0, 900.0):
        device.idle(seconds)
    assert conductance(device) == pytest.approx(written * (1 - 0.01 * 9), rel=1e-6)


@pytest.mark.parametrize("pieces", [1, 10])
def test_relaxation_spreads_as_configured(pieces):
    quiet = {**EXACT, "relaxation": 0.004}
    found = []
    for seed in range(400):
        device = GapFilament(seed=seed, thickness=4.9e-9, thickest=4.9e-9, **quiet)
        for _ in range(pieces):
            device.idle(1.0 / pieces)
        found.append(math.log(conductance(device)))
    assert sigma_is(found, 0.004 * 6)


def test_heat_ages_a_level_and_a_write_makes_it_new():
    room, hot = (GapFilament(seed=0, thickness=4.6e-9, **{**EXACT, "drift": 0.01})
                 for _ in range(2))  # fmt: skip
    room.idle(1e5)
    hot.idle(1e5, 358.0)
    assert conductance(hot) < conductance(room)
    pulse(hot, 2.0, 1e-3, limit=1e-4)
    written = conductance(hot)
    hot.idle(1.0)
    assert conductance(hot) == pytest.approx(written * (1 - 0.01 * 6), rel=2e-3)


def test_a_read_bias_does_not_stop_the_clock_of_retention():
    resting, read = (GapFilament(seed=0, thickness=4.6e-9, **{**EXACT, "drift": 0.01})
                     for _ in range(2))  # fmt: skip
    resting.idle(1e4)
    read.advance(0.1, 1e4)
    assert conductance(read) == pytest.approx(conductance(resting), rel=1e-6)


def write_verify(device, target, width, start, circuit):
    """Program `target` (S) to 5 % with growing pulses; return the pulses it took."""
    height, last = start, 0
    for count in range(200):
        found = float(
            device.play(np.array([0.1, 0.0]), np.array([1e-3, 1e-6]), np.zeros(2)).current[0]
        )
        if abs(found / 0.1 / target - 1) < 0.05:
            return count
        sign = 1 if found / 0.1 < target else -1
        height = start if sign != last else height + 0.03
        pulse(device, sign * height, width, **circuit)
        last = sign
    raise AssertionError(f"{target:g} S was not reached")


@pytest.mark.parametrize(
    ("width", "start", "circuit"),
    [(1e-6, 1.2, {"resistance": 2e3}), (1e-3, 0.7, {"limit": 1e-3})],
)
def test_every_level_can_be_programmed_from_above_and_below(width, start, circuit):
    attempts = []
    for seed in range(5):
        device = GapFilament(seed=seed)
        for target in (10e-6, 80e-6, 20e-6, 60e-6, 40e-6, 5e-6):
            attempts.append(write_verify(device, target, width, start, circuit))
    assert np.median(attempts) < 60


@pytest.mark.parametrize(("limit", "valid"), [(1e-4, True), (np.inf, False)])
def test_it_says_how_hot_its_filament_was(limit, valid):
    device = GapFilament(seed=1)
    device.play(np.array([2.6, 0.0]), np.array([1e-3, 1.0]), np.zeros(2), limit=limit)
    if valid:
        assert device.warnings == []
    else:
        (warning,) = device.warnings
        assert warning.startswith("gap_filament: the filament reached ")
        assert warning.endswith(" K, the model holds up to 1500 K")
