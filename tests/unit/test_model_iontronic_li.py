"""iontronic_li: the golden figures of its parameter set, and what its equations promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models.iontronic_li import IontronicLi, IontronicLiParameters
from sim_instruments.models.parameters import bounds

YEAR = 3.156e7
EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_forming": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip


def device(**parameters):
    return IontronicLi(seed=0, **{**EXACT, **parameters})


def conductance(li):
    return li.current(1e-6) / 1e-6


def train(li, voltage, count):
    """Apply 10 ms on, 10 ms off pulses; return the conductance after each, in uS."""
    found = []
    for _ in range(count):
        li.advance(voltage, 10e-3)
        li.idle(10e-3)
        found.append(conductance(li) * 1e6)
    return found


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0.01, 1.34), (0.02, 1.28), (0.05, 1.175), (0.1, 1.115), (0.2, 1.079), (0.5, 1.033),
     (1.0, 1.008)],
)  # fmt: skip
def test_paired_pulses_facilitate(gap, expected):
    li = device()
    base = conductance(li)
    li.advance(0.8, 10e-3)
    first = conductance(li) - base
    li.idle(gap)
    li.advance(0.8, 10e-3)
    found = (conductance(li) - base) / first
    print(f"paired pulses {gap} s apart: {found:.3f} (golden {expected})")
    assert found == pytest.approx(expected, rel=0.005)


def test_a_volatile_level_decays():
    li = device()
    peak = train(li, 0.8, 50)[-1]
    assert peak / 0.1 == pytest.approx(27.5, rel=0.01)
    elapsed = 0.0
    for time, left in ((0.01, 0.85), (0.03, 0.66), (0.1, 0.41), (0.3, 0.22), (1.0, 0.03),
                       (3.0, 0.0)):  # fmt: skip
        li.idle(time - elapsed)
        elapsed = time
        kept = (conductance(li) * 1e6 - 0.1) / (peak - 0.1)
        print(f"{peak / 0.1:.1f} G_min after 50 pulses; {kept:.3f} left after {time} s ({left})")
        assert kept == pytest.approx(left, abs=0.01)


def test_a_formed_device_potentiates_and_depresses():
    li = device(formed=True)
    up, down = train(li, 0.8, 50), train(li, -0.8, 50)
    print("uS after 1, 10, 50 pulses up and down:",
          *(f"{branch[k]:.2f}" for branch in (up, down) for k in (0, 9, 49)))  # fmt: skip
    assert [up[k] for k in (0, 9, 49)] == pytest.approx([1.90, 4.55, 5.0], rel=0.01)
    assert [down[k] for k in (0, 9, 49)] == pytest.approx([3.20, 0.55, 0.10], rel=0.02)


def time_constants(kelvin, **parameters):
    found = []
    for share in (1.0, 0.0):
        li = device(filling=0.5, fast_share=share, **parameters)
        before = conductance(li) - 0.1e-6
        li.idle(1e-3, kelvin)
        slow = 1.0
        while (conductance(li) - 0.1e-6) / before > 0.99 and slow < 1e12:
            slow *= 2
            li.idle(slow, kelvin)
            last = slow
        after = conductance(li) - 0.1e-6
        found.append((2 * last - 2 + 1e-3) / math.log(before / after))
    return found


def test_forming_turns_milliseconds_into_years():
    fast, slow = time_constants(300.0, formed=True)
    print(f"formed: {fast / YEAR:.1f} and {slow / YEAR:.0f} years (golden 11.4 and 133)")
    assert fast / YEAR == pytest.approx(11.4, rel=0.02)
    assert slow / YEAR == pytest.approx(133.0, rel=0.02)


def test_retention_is_arrhenius():
    days = time_constants(358.0, formed=True)[0] / 86400
    better = time_constants(358.0, formed=True, formed_barrier=1.37)[0]
    print(f"at 85 C: {days:.2f} days (golden 3); with 1.37 eV {better / YEAR:.1f} years (10)")
    assert days == pytest.approx(3.0, rel=0.1)
    assert better / YEAR == pytest.approx(10.0, rel=0.1)


def spike(t):
    decay = -0.45 * np.exp(-np.maximum(t - 5e-3, 0.0) / 20e-3)
    return np.where(t < 0, 0.0, np.where(t < 5e-3, 0.45, decay))


def stdp(delay, **parameters):
    """Return the relative change by one pair of spikes, post `delay` after pre."""
    li = device(filling=0.5, **parameters)
    before = conductance(li)
    t = np.arange(0.0, 0.25, 1e-4) + 5e-5
    pre = max(0.0, -delay)
    waveform = spike(t - pre - delay) - spike(t - pre)
    li.play(waveform, np.full(t.size, 1e-4), np.zeros(t.size), record=False)
    return conductance(li) / before - 1


@pytest.mark.parametrize(("delay", "expected"), [(6e-3, 0.150), (10e-3, 0.105), (20e-3, 0.044)])
def test_spike_timing_decides_the_sign(delay, expected):
    up, down = (stdp(sign * delay, formed=True, dead_zone=0.0) for sign in (1, -1))
    print(f"STDP {delay * 1e3:.0f} ms: {up:+.2%}, {down:+.2%} (golden +-{expected:.1%})")
    assert up == pytest.approx(expected, rel=0.03)
    assert down == pytest.approx(-expected, rel=0.03)


def test_the_window_of_spike_timing_has_the_golden_time_constant():
    delays = np.array([6e-3, 10e-3, 20e-3])
    changes = [stdp(delay, formed=True, dead_zone=0.0) for delay in delays]
    tau = -1.0 / np.polyfit(delays, np.log(changes), 1)[0]
    print(f"STDP: tau {tau * 1e3:.1f} ms (golden about 11)")
    assert tau == pytest.approx(11e-3, rel=0.05)


def test_the_window_changes_sign_at_forty_milliseconds_unless_there_is_a_dead_zone():
    bare = [stdp(delay, formed=True, dead_zone=0.0) for delay in (35e-3, 45e-3)]
    assert bare[0] > 0 > bare[1]
    assert stdp(45e-3, formed=True, dead_zone=0.3) >= 0.0


def test_reading_in_the_dead_zone_writes_nothing():
    li = device(formed=True, filling=0.5)
    li.play(np.array([0.1, 0.0]), np.full(2, 1e-3), np.zeros(2), count=10_000)
    assert li.state["fast"] == pytest.approx(0.5, rel=1e-6)


def test_forming_makes_a_level_stay():
    volatile, formed = device(), device()
    formed.play(np.array([3.2, 0.0]), np.array([0.5, 1.0]), np.array([0.5, 0.0]), limit=2e-3)
    assert formed.state["formed"] > 0.98
    levels = []
    for li in (volatile, formed):
        li.advance(-1.0, 0.5)
        li.advance(0.8, 30e-3)
        li.idle(86400.0)
        levels.append(conductance(li))
    print(f"after a day: volatile {levels[0] * 1e6:.3f} uS, formed {levels[1] * 1e6:.2f} uS")
    assert levels[0] == pytest.approx(0.1e-6, rel=1e-3)
    assert levels[1] > 2e-6


def test_a_hold_that_goes_on_after_forming_takes_few_steps():
    li = device()
    for volts in (4.0, -4.0, 6.0):
        li.advance(volts, 1e6)
    assert li.state["formed"] == pytest.approx(1.0, abs=1e-8)


def test_forming_needs_current():
    li = device()
    li.play(np.array([3.2]), np.ones(1), np.zeros(1), limit=0.9e-6)
    assert li.state["formed"] == 0.0


def test_forming_is_resolved_however_long_the_segment():
    once, pieces = device(), device()
    once.advance(2.6, 1.0)
    for _ in range(1000):
        pieces.advance(2.6, 1e-3)
    assert once.state["formed"] == pytest.approx(pieces.state["formed"], rel=0.01)


@settings(max_examples=50, deadline=None)
@given(voltage=st.floats(-1.5, 1.5), duration=st.floats(1e-6, 1.0), filling=st.floats(0.0, 1.0))
def test_a_segment_is_the_sum_of_its_halves(voltage, duration, filling):
    whole, halves = (device(filling=filling, forming_rate=0.0) for _ in range(2))
    whole.advance(voltage, duration)
    halves.advance(voltage, duration / 2)
    halves.advance(voltage, duration / 2)
    assert list(whole.state.values()) == pytest.approx(list(halves.state.values()), rel=1e-12,
                                                       abs=1e-13)  # fmt: skip


def test_one_long_rest_is_many_short_ones():
    once, many = (device(formed=True, filling=0.6) for _ in range(2))
    once.idle(1e9)
    for _ in range(1000):
        many.idle(1e6)
    assert once.state["fast"] == pytest.approx(many.state["fast"], rel=1e-9)


def test_a_series_resistance_is_followed_as_the_device_fills():
    quick, slow = (device(highest=5e-3, formed=True, forming_rate=0.0) for _ in range(2))
    quick.play(np.array([0.8]), np.array([10e-3]), np.zeros(1), resistance=2e3)
    slow.play(np.full(1000, 0.8), np.full(1000, 1e-5), np.zeros(1000), resistance=2e3)
    assert quick.state["fast"] == pytest.approx(slow.state["fast"], rel=0.01)
    assert quick.state["fast"] < 0.8 * device(formed=True).state["fast"] + 0.5


@settings(max_examples=40, deadline=None)
@given(low=st.floats(0.2, 1.4), more=st.floats(0.0, 0.5), sign=st.sampled_from([1, -1]))
def test_more_voltage_moves_further(low, more, sign):
    ends = []
    for voltage in (low, low + more):
        li = device(filling=0.5, formed=True)
        li.advance(sign * voltage, 5e-3)
        ends.append(sign * li.state["fast"])
    assert ends[1] >= ends[0] - 1e-12


def test_heat_empties_a_volatile_device_sooner():
    cold, warm = device(filling=0.8), device(filling=0.8)
    cold.idle(20e-3)
    warm.idle(20e-3, 330.0)
    assert warm.state["fast"] < cold.state["fast"]


def test_the_battery_is_seen_at_the_terminals_and_gone_at_half():
    full, half = device(filling=0.9, battery=0.3), device(filling=0.5, battery=0.3)
    nernst = 0.3 * 8.617333e-5 * 300 * math.log(0.92 / 0.12)
    assert full.current(nernst) == pytest.approx(0.0, abs=1e-15)
    assert full.current(0.0) < 0.0
    assert half.current(0.0) == pytest.approx(0.0, abs=1e-18)


@pytest.mark.parametrize("filling", [0.0, 1.0])
def test_the_strongest_battery_is_found_from_behind_any_resistance(filling):
    strongest = bounds(IontronicLiParameters)["battery"].high
    li = device(filling=filling, battery=strongest, formed=True)
    nernst = strongest * 8.617333e-5 * 400 * math.log((filling + 0.02) / (1.02 - filling))
    read = (np.array([1e-3]), np.array([1e-9]), np.zeros(1))
    current = li.play(*read, resistance=1e9, temperature=400.0).current[0]
    print(f"{nernst * 1e3:+.1f} mV of its own give {current:.3g} A through 1 GOhm")
    assert current == pytest.approx((1e-3 - nernst) / 1e9, rel=0.02)


def test_the_battery_is_followed_in_small_steps():
    whole, pieces = (device(formed=True, battery=0.3, dead_zone=0.0) for _ in range(2))
    whole.advance(0.8, 20e-3)
    for _ in range(2000):
        pieces.advance(0.8, 1e-5)
    assert whole.state["fast"] == pytest.approx(pieces.state["fast"], rel=0.01)


def test_pulses_scatter_as_configured():
    changes = []
    for seed in range(500):
        li = IontronicLi(seed=seed, **{**EXACT, "step_spread": 0.02}, formed=True)
        li.advance(0.5, 10e-3)
        changes.append(li.state["fast"])
    assert np.std(changes) == pytest.approx(0.02 * math.sqrt(np.mean(changes)), rel=0.15)


def test_devices_differ_as_configured():
    logs = [math.log(conductance(IontronicLi(seed=k))) for k in range(500)]
    assert np.std(logs) == pytest.approx(0.05, rel=0.15)
