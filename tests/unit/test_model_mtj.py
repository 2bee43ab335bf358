"""mtj: resistances, both switching laws, exact waiting times, and a source of random bits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim_instruments.models.mtj import Mtj, _rate

EXACT = {"spread_resistance": 0.0, "spread_magnetoresistance": 0.0, "spread_critical": 0.0,
         "spread_stability": 0.0, "read_noise": 0.0}  # fmt: skip
TRIALS = 4000


def device(seed=0, **parameters):
    return Mtj(seed=seed, **{**EXACT, **parameters})


def resistance(mtj, voltage=1e-6):
    return voltage / mtj.current(voltage)


def voltage_for(current, *, parallel=False, **parameters):
    """Return the voltage that sends `current` through the state."""
    mtj = device(parallel=parallel, **parameters)
    return brentq(lambda v: mtj.current(v) - current, -5.0, 5.0)


def probability(current, width, *, parallel=False, seed=0, **parameters):
    """Return how often a pulse of `width` switches, of TRIALS, after a strong one of the other way.

    A resistance-free source holds the voltage that sends `current` through the unswitched state.
    """
    pulse = voltage_for(current, parallel=parallel, **parameters)
    back = 2.0 if parallel else -2.0
    mtj = device(seed=seed, parallel=parallel, **parameters)
    read = mtj.play(np.array([back, pulse, 0.0, 1e-3]), np.array([1e-6, width, 1e-9, 1e-9]),
                    np.zeros(4), count=TRIALS).current[3::4]  # fmt: skip
    is_parallel = read > 1e-3 / 5e3
    return np.mean(~is_parallel if parallel else is_parallel)


def test_the_resistances_are_those_of_area_and_tmr():
    low, high = resistance(device(parallel=True)), resistance(device())
    print(f"R_P {low:.0f} Ohm, R_AP {high:.0f} Ohm, ratio {high / low:.2f}")
    assert low == pytest.approx(5.0 / (math.pi / 4 * 0.04**2), rel=1e-9)
    assert high / low == pytest.approx(2.2, rel=1e-6)
    assert resistance(device(), 0.5) / low == pytest.approx(1.6, rel=1e-9)


@pytest.mark.parametrize("parallel", [False, True])
def test_the_slope_is_that_of_the_current(parallel):
    mtj = device(parallel=parallel)
    for v in (-1.2, -0.3, 0.2, 0.8):
        (_, slope) = mtj.KERNELS.current(v, mtj._x, mtj._p)
        assert slope == pytest.approx((mtj.current(v + 1e-5) - mtj.current(v - 1e-5)) / 2e-5)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 1e-9 * math.exp(30)), (0.8, 1e-9 * math.exp(12)),
     (1.5, 2.498e-9 / 0.5), (2.0, 2.498e-9), (5.0, 2.498e-9 / 4)],
)  # fmt: skip
def test_the_mean_time_follows_the_law_of_its_regime(share, expected):
    p = device()._p
    assert 1.0 / _rate(share * 40e-6, False, p) == pytest.approx(expected, rel=1e-3)
    assert 1.0 / _rate(-share * 52e-6, True, p) == pytest.approx(expected, rel=1e-3)
    assert _rate(-share * 40e-6, False, p) == pytest.approx(1e9 * math.exp(-60 * (1 + share)))


@pytest.mark.parametrize("stability", [5.0, 10.0, 60.0])
def test_more_current_never_switches_more_slowly(stability):
    p = device(stability=stability)._p
    currents = np.linspace(-200e-6, 400e-6, 20_001)
    rates = np.log([_rate(i, False, p) for i in currents])
    assert np.all(np.diff(rates) >= 0.0)
    assert np.max(np.diff(rates)) < 0.05, "no jump between the laws"


def test_the_switching_probability_follows_width_and_current():
    print("\nswitching probability (measured | law), AP to P")
    for share in (0.85, 1.0, 1.25, 2.0):
        law = _rate(share * 40e-6, False, device()._p)
        for width in (1e-9, 3e-9, 10e-9, 100e-9, 10e-6):
            expected = -math.expm1(-law * width)
            found = probability(share * 40e-6, width, seed=int(share * 100))
            print(f"  {share:.2f} I_c {width * 1e9:7.0f} ns: {found:.3f} | {expected:.3f}")
            sigma = math.sqrt(max(expected * (1 - expected), 1e-4) / TRIALS)
            assert found == pytest.approx(expected, abs=4.5 * sigma)


def test_the_way_back_needs_more_current():
    forth = probability(50e-6, 5e-9, seed=3)
    back = probability(-50e-6, 5e-9, parallel=True, seed=3)
    print(f"50 uA for 5 ns: AP to P {forth:.3f}, P to AP {back:.3f}")
    assert back < 0.5 * forth


def test_waiting_times_are_exponential():
    """At 0.8 I_c0: mean 163 us; the share still waiting after k means is exp(-k)."""
    left = [1.0 - probability(32e-6, k * 1e-9 * math.exp(12), seed=k) for k in (1, 2, 3)]
    assert left == pytest.approx([math.exp(-k) for k in (1, 2, 3)], abs=0.03)


def test_a_strong_pulse_is_certain_and_a_read_harmless():
    mtj = device()
    mtj.advance(1.0, 10e-9)
    assert mtj.state["parallel"] == 1.0
    mtj.play(np.array([0.05, 0.0]), np.full(2, 1e-3), np.zeros(2), count=10_000)
    assert mtj.state["parallel"] == 1.0
    mtj.advance(-1.0, 10e-9)
    assert mtj.state["parallel"] == 0.0


def test_a_stable_state_rests_for_ten_years():
    mtj = device(parallel=True)
    mtj.idle(3.156e8)
    assert mtj.state["parallel"] == 1.0


def occupancy(pieces, duration, trials=2000, **parameters):
    mtj = device(seed=7, parallel=True, stability=10.0, **parameters)
    found = []
    for _ in range(trials):
        mtj._x[0] = 1.0
        for _ in range(pieces):
            mtj.idle(duration / pieces)
        found.append(mtj.state["parallel"])
    return np.mean(found)


def test_rest_is_the_two_state_law_in_one_step_or_many():
    """At 1/(4 rate) the chance to be in the first state is (1 + exp(-1/2))/2."""
    rate = 1e9 * math.exp(-10)
    for pieces in (1, 7):
        expected = (1 + math.exp(-0.5)) / 2
        assert occupancy(pieces, 0.25 / rate) == pytest.approx(expected, abs=0.045)


def test_heat_makes_it_flip():
    assert occupancy(1, 1e-6) > 0.95
    p = device()._p
    p[0] = 400.0
    assert 1 / _rate(0.0, True, p) == pytest.approx(1e-9 * math.exp(45), rel=1e-9)


def test_a_low_barrier_gives_random_bits_that_bias_steers():
    """The chance of P under bias is the detailed balance of the two rates."""
    ratios = []
    for voltage in (0.0, 0.005, 0.01, 0.02):
        mtj = device(seed=11, stability=10.0)
        held = np.array([voltage if voltage else 1e-9])
        read = mtj.play(held, np.array([1e-2]), np.zeros(1), count=TRIALS).current / held
        share = np.mean(read > 1 / 5e3)
        leave = _rate(device(parallel=True).current(voltage), True, mtj._p)
        come = _rate(device().current(voltage), False, mtj._p)
        expected = come / (come + leave)
        print(f"p-bit at {voltage * 1e3:.0f} mV: parallel in {share:.3f} of reads | {expected:.3f}")
        assert share == pytest.approx(expected, abs=4.5 * 0.5 / math.sqrt(TRIALS))
        ratios.append(share)
    assert ratios[-1] > ratios[0] + 0.1


@pytest.mark.parametrize("resistance_ohm", [0.0, 5e3])
def test_long_segments_of_a_flipping_device_end_as_short_ones(resistance_ohm):
    """1000 s under bias: some 1e8 flips, drawn at once; 1 us segments flip one by one."""
    shares = []
    for duration, count in ((1000.0, TRIALS), (20e-6, TRIALS)):
        mtj = device(seed=5, stability=10.0)
        read = mtj.play(np.array([0.04]), np.array([duration]), np.zeros(1), count=count,
                        resistance=resistance_ohm).current  # fmt: skip
        limit = 0.04 / (resistance_ohm + 5.5e3)
        shares.append(np.mean(read > limit))
    print(f"parallel under 40 mV behind {resistance_ohm:.0f} Ohm: {shares}")
    assert 0.5 < shares[0] < 0.99
    assert shares[1] == pytest.approx(shares[0], abs=0.05)


@settings(max_examples=40, deadline=None)
@given(voltage=st.floats(-1.4, 1.4), duration=st.floats(1e-10, 1.0), seed=st.integers(0, 50))
def test_the_state_is_always_one_of_two(voltage, duration, seed):
    mtj = Mtj(seed=seed, stability=12.0)
    mtj.play(np.array([voltage]), np.array([duration]), np.zeros(1), limit=1e-4, resistance=1e3)
    assert mtj.state["parallel"] in (0.0, 1.0)


def test_too_much_voltage_is_told():
    mtj = device()
    mtj.advance(1.4, 1e-9)
    assert mtj.warnings == []
    mtj.advance(1.6, 1e-9)
    assert "breaks down" in mtj.warnings[0]


def test_devices_differ_as_configured():
    made = [Mtj(seed=k) for k in range(600)]
    low = np.log([resistance(Mtj(seed=k, parallel=True)) for k in range(600)])
    ratio = np.log([resistance(m) / (1 / m._p[1]) - 1 for m in made])
    assert np.std(low) == pytest.approx(0.05, rel=0.12)
    assert np.std(ratio) == pytest.approx(0.03, rel=0.12)
    assert np.std(np.log([m._p[7] for m in made])) == pytest.approx(0.05, rel=0.12)
    assert np.std(np.log([m._p[4] for m in made])) == pytest.approx(0.05, rel=0.12)


def test_readings_scatter_as_configured():
    mtj = Mtj(seed=1, parallel=True, read_noise=0.01)
    read = mtj.play(np.array([0.02]), np.array([1e-9]), np.zeros(1), count=4000).current
    assert np.std(read) / np.mean(read) == pytest.approx(0.01, rel=0.06)
