"""fefet: memory window, partial switching, PUND at the gate, the HZO row, ageing, the channel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from sim_instruments.models.fefet import Fefet
from sim_instruments.models.ferroelectric_domains import BASE

EXACT = {"spread_threshold": 0.0, "spread_gain": 0.0, "spread_activation": 0.0, "read_noise": 0.0}
YOUNG = {"wake_up": 0.0, "imprint": 0.0}
MANY = {"domains": 1000.0}
SHARP = {"activation_spread": 0.0, "spread_offset": 0.0, "domains": 2000.0}
"""all domains with one activation field, 2.3 MV/cm"""
PER_VOLT = 8e-9 / 28 / (8e-9 / 28 + 1e-9 / 3.9) / 8e-9 * 1e-8
"""MV/cm in the film per volt at the gate"""


def device(seed=0, **parameters):
    return Fefet(seed=seed, **{**EXACT, **parameters})


def share(cell):
    return 0.5 * (1.0 + cell.state["polarization"])


def window(cell):
    """Return the distance of the thresholds after -6 V and 6 V, 1 us."""
    found = []
    for height in (-6.0, 6.0):
        cell.pulse(height, 1e-6)
        found.append(cell.state["threshold"])
    return found[0] - found[1]


def test_gate_pulses_open_the_memory_window():
    cell = device(**YOUNG, **MANY)
    opened = window(cell)
    on = cell.current(0.1)
    cell.pulse(-6.0, 1e-6)
    off = cell.current(0.1)
    middle = [cell.current(0.1, gate) for gate in (-0.6, 0.0)]
    print(f"\nwindow {opened:.3f} V; read at 0.1 V, gate 0 V: {on:.3g} A on, {off:.3g} A off")
    assert opened == pytest.approx(1.2, rel=0.01)
    assert on > 50 * off > 0.0
    assert middle[0] < middle[1]


def test_transfer_curves_of_both_states_are_a_window_apart():
    """At constant drain current, as a window is measured."""
    gates = np.linspace(-2.5, 1.5, 801)
    crossings = []
    for state in (-1.0, 1.0):
        cell = device(polarization=state, leak=0.0, **YOUNG)
        swept = [cell.current(0.1, gate) for gate in gates]
        crossings.append(np.interp(math.log(1e-8), np.log(swept), gates))
        below = (np.array(swept) > 1e-14) & (np.array(swept) < 1e-11)
        slope = 1e3 / np.polyfit(gates[below], np.log10(np.array(swept)[below]), 1)[0]
        assert slope == pytest.approx(1.3 * 59.526, rel=0.01), "mV per decade"
    print(f"\ncrossings {np.round(crossings, 3)} V, window {crossings[0] - crossings[1]:.3f} V")
    assert crossings[0] - crossings[1] == pytest.approx(1.2, rel=0.01)


def test_the_gate_sees_the_switched_charge():
    """PUND with trapezoids: positive, up, negative, down after a negative one."""
    cell = device(**YOUNG, **MANY)
    pulses = np.array([-1.0, 1.0, 1.0, -1.0, -1.0]) * 6.0
    gate = np.stack([pulses, np.zeros(5)], axis=1).ravel()
    width, ramp = 1e-6, 1e-7
    read = cell.play_gated(np.zeros(10), gate, np.tile([width, 1e-6], 5), np.full(10, ramp))
    p, u, n, d = read.gate_current[2::2] * (width + ramp)
    full = 2 * 0.25 * 1e-12
    print(f"\nPUND 6 V 1 us, pC: P {p * 1e12:.3f} U {u * 1e12:.3f} N {n * 1e12:.3f} "
          f"D {d * 1e12:.3f}; P-U {(p - u) * 1e12:.3f}, 2 Pr A {full * 1e12:.3f}")  # fmt: skip
    assert p - u == pytest.approx(full, rel=0.02)
    assert n - d == pytest.approx(-full, rel=0.02)
    stack = 8.854e-12 * 1e-12 / (8e-9 / 28 + 1e-9 / 3.9)
    assert u == pytest.approx(6.0 * stack, rel=0.02)


def test_pulses_switch_a_part_that_grows_with_width_and_voltage():
    widths, heights = (2e-8, 7.5e-8, 3e-7, 1e-6, 1e-5), (2.0, 2.5, 3.0, 3.65)
    table = np.empty((len(widths), len(heights)))
    print("\nshare up after one pulse of 2, 2.5, 3, 3.65 V")
    for a, width in enumerate(widths):
        for b, height in enumerate(heights):
            cell = device(**MANY)
            cell.pulse(height, width)
            table[a, b] = share(cell)
        print(f"  {width * 1e9:7.0f} ns: {np.round(table[a], 3)}")
    assert np.all(np.diff(table, axis=0) >= 0)
    assert np.all(np.diff(table, axis=1) >= 0)
    assert np.sum((table > 0.05) & (table < 0.95)) >= 6, "many levels between off and on"


def test_identical_pulses_accumulate():
    cell, shares = device(**MANY), []
    for _ in range(20):
        cell.pulse(3.0, 2e-8)
        cell.idle(1e-6)
        shares.append(share(cell))
    print(f"\n3 V 20 ns, pulses 1, 5, 20: {shares[0]:.3f}, {shares[4]:.3f}, {shares[19]:.3f}")
    assert np.all(np.diff(shares) >= 0)
    assert shares[0] + 0.1 < shares[4] < shares[19]


@pytest.mark.parametrize("height", [1.5, 2.0, 3.0])
def test_the_time_to_switch_half_follows_the_published_law(height):
    """t = tau0 exp((Ea/E)^alpha) (ln 2)^(1/beta) with the divider's field."""
    exponent = (2.3 / (height * PER_VOLT)) ** 3
    expected = math.log10(1.9e-8 * math.sqrt(math.log(2))) + exponent / math.log(10)
    times = expected + np.linspace(-1.0, 1.0, 81)
    shares = []
    for time in times:
        cell = device(**SHARP)
        cell.pulse(height, 10.0**time)
        shares.append(share(cell))
    found = np.interp(0.5, shares, times)
    print(f"\n{height} V: log10 t(half) {found:.3f}, law {expected:.3f}")
    assert found == pytest.approx(expected, abs=0.05)


def nonlinearity(levels):
    """Return NeuroSim's label of a branch, from the largest distance to the straight line."""
    level = (levels - levels[0]) / (levels[-1] - levels[0])
    number = np.linspace(0.0, 1.0, level.size)
    bend = curve_fit(lambda n, b: np.expm1(-n * b) / np.expm1(-b), number, level, p0=[1.0])[0][0]
    a = 1.0 / bend
    depth = -math.expm1(-bend)
    return 10.1015 * (1.0 / depth - a + a * math.log(a * depth))


def test_the_hzo_preset_behaves_as_the_row():
    """32 states, NL 1.75/1.46, 559.28 kOhm, ON/OFF 45, C2C < 0.5 %; means over three devices."""
    gate = np.zeros(128)
    gate[0::2] = np.concatenate([np.linspace(2.85, 4.45, 32), np.linspace(-2.1, -3.8, 32)])
    drain, times = np.tile([0.0, 0.1], 64), np.tile([75e-9, 1e-3], 64)
    rows = []
    for seed in range(3):
        cell = device(seed, preset="hzo")
        played = cell.play_gated(drain, gate, times, np.zeros(128), 12).current[1::2] / 0.1
        cycles = played.reshape(12, 64)[2:]
        mean = cycles.mean(axis=0)
        up, down = np.append(mean[63], mean[:32]), mean[31:]
        steps = np.diff(np.column_stack([cycles[:-1, -1], cycles[1:]]), axis=1)
        scatter = np.mean(np.std(steps, axis=0)) / (up[-1] - up[0])
        smallest = min(np.diff(up).min(), -np.diff(down).max()) / (up[-1] - up[0])
        rows.append((nonlinearity(up), nonlinearity(down), 1 / up[-1], up[-1] / up[0],
                     scatter, smallest))  # fmt: skip
    rise, fall, on, ratio, scatter, smallest = np.mean(rows, axis=0)
    print(f"\nHZO: NL {rise:.2f}/{fall:.2f}, R_on {on / 1e3:.1f} kOhm, ON/OFF {ratio:.1f}, step "
          f"scatter {100 * scatter:.2f} %, smallest step {100 * smallest:.2f} %")  # fmt: skip
    assert rise == pytest.approx(1.75, abs=0.3)
    assert fall == pytest.approx(1.46, abs=0.3)
    assert on == pytest.approx(559.28e3, rel=0.03)
    assert ratio == pytest.approx(45.0, rel=0.25)
    assert scatter < 0.005
    assert smallest > 0.0, "32 states each way"


def test_the_film_wakes_up_and_tires():
    ages = (0.0, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12)
    windows = [window(device(cycles=age, domains=200.0)) for age in ages]
    for age, opened in zip(ages, windows, strict=True):
        print(f"  {age:7.0e} cycles: window {opened:.3f} V")
    assert windows[0] == pytest.approx(1.2, rel=0.02)
    assert windows[2] == pytest.approx(1.2 * 1.2, rel=0.01)
    assert windows[3] == pytest.approx(windows[4], rel=0.01)
    assert windows[5] == pytest.approx(1.44 * 0.8, rel=0.01)
    assert windows[6] == pytest.approx(1.44 * 0.6, rel=0.01)


def test_cycles_are_counted_by_what_switches():
    cell = device(**MANY)
    gate = np.array([6.0, 0.0, -6.0, 0.0])
    cell.play_gated(np.zeros(4), gate, np.full(4, 1e-6), np.zeros(4), 500, record=False)
    assert cell.state["cycles"] == pytest.approx(500, rel=1e-3)


def test_imprint_hinders_the_way_back():
    shares = []
    for rest in (0.0, 1.0, 1e3, 1e7):
        cell = device(**MANY)
        cell.idle(rest)
        cell.pulse(2.5, 3e-7)
        shares.append(share(cell))
    print(f"\nshare up after 2.5 V 0.3 us and 0, 1, 1e3, 1e7 s of rest: {np.round(shares, 3)}")
    assert np.all(np.diff(shares) < 0)
    fresh = device(**MANY)
    fresh.idle(1e7)
    fresh.pulse(6.0, 1e-6)
    fresh.pulse(-6.0, 1e-6)
    fresh.pulse(2.5, 3e-7)
    assert share(fresh) > shares[3], "and a switch back and forth undoes it"


def test_the_window_is_kept_but_for_a_percent_per_decade():
    cell = device(**YOUNG)
    cell.pulse(6.0, 1e-6)
    fresh = cell.state["threshold"]
    cell.idle(3.156e8)
    kept = (cell.state["threshold"] + 0.6) / (fresh + 0.6)
    print(f"\nthreshold shift kept after 10 years: {kept:.3f}")
    assert kept == pytest.approx(1.0 - 0.01 * math.log10(3.156e8), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(voltage=st.floats(-6, 6), duration=st.floats(-9, 1).map(lambda k: 10.0**k),
       cuts=st.integers(2, 8))  # fmt: skip
def test_a_gate_segment_is_the_sum_of_its_parts(voltage, duration, cuts):
    whole, parts = (device(polarization=0.0, imprint=0.0, domains=200.0) for _ in range(2))
    whole.pulse(voltage, duration)
    # A hair more, so that rounding cannot leave a domain just short of the whole segment.
    parts.pulse(voltage, duration / cuts * (1 + 1e-12), count=cuts)
    assert parts.state["polarization"] == pytest.approx(whole.state["polarization"], abs=0.011)


def test_one_long_rest_is_many_short_ones():
    once, many = (device(polarization=0.4) for _ in range(2))
    once.idle(1e9)
    for _ in range(1000):
        many.idle(1e6)
    assert once.state == pytest.approx(many.state, rel=1e-9)


def test_the_drain_only_reads():
    cell = device(polarization=0.2)
    before = cell.state
    cell.play(np.array([2.0, -2.0]), np.full(2, 1e-3), np.zeros(2), count=100)
    assert cell.state["polarization"] == before["polarization"]
    assert cell.state["threshold"] == pytest.approx(before["threshold"], abs=1e-3), "retention"


@settings(max_examples=100, deadline=None)
@given(voltage=st.floats(-5, 5), gate=st.floats(-6, 6), state=st.floats(-1, 1))
def test_the_channel_gives_no_power_and_its_slope_is_right(voltage, gate, state):
    cell = device(polarization=state)
    current = cell.current(voltage, gate)
    assert voltage * current >= 0.0
    assert cell.current(voltage + 0.01, gate) >= current


def test_the_channel_is_a_square_law_well_above_threshold():
    cell = device(polarization=1.0, **YOUNG)
    assert cell.current(5.0, 1.0) == pytest.approx(0.5 * 10e-6 * 2.2**2 / 1.3, rel=0.02)
    assert cell.current(1e-3, 1.0) == pytest.approx(1e-3 * 10e-6 * 2.2, rel=0.02)


def test_a_drain_in_compliance_is_limited():
    cell = device(polarization=1.0)
    played = cell.play_gated(np.array([2.0]), np.array([1.0]), np.array([1e-9]), np.zeros(1),
                             limit=1e-6)  # fmt: skip
    assert played.limited[0]
    assert played.current[0] == 1e-6
    assert cell.current(played.voltage[0], 1.0) == pytest.approx(1e-6, rel=0.02)


def test_heat_switches_sooner():
    shares = []
    for kelvin in (250.0, 300.0, 400.0):
        cell = device(**MANY)
        cell.pulse(2.5, 1e-7, temperature=kelvin)
        shares.append(share(cell))
    assert shares[0] < shares[1] < shares[2]


def test_a_strong_field_is_told():
    cell = device()
    cell.pulse(3.9 / PER_VOLT, 1e-9)
    assert cell.warnings == []
    cell.pulse(-4.2 / PER_VOLT, 1e-9)
    assert "4.2 MV/cm" in cell.warnings[0]


def test_devices_cycles_and_readings_scatter_as_configured():
    made = [Fefet(seed=k, read_noise=0.0, wake_up=0.0) for k in range(800)]
    assert np.std([d.state["threshold"] for d in made]) == pytest.approx(0.03, rel=0.1)
    hard = [Fefet(seed=k, domains=1.0, activation_spread=0.0)._p[BASE] for k in range(800)]
    assert np.std(np.log(hard)) == pytest.approx(0.02, rel=0.1)
    far = np.log([d.current(0.05, 50.0) for d in made])
    assert np.std(far) == pytest.approx(0.05, rel=0.1)
    cell, levels = device(domains=200.0), []
    for _ in range(300):
        cell.pulse(-6.0, 1e-6)
        cell.pulse(2.6, 2e-7)
        levels.append(share(cell))
    print(f"\npartial level over 300 cycles: {np.mean(levels):.3f} +- {np.std(levels):.3f}")
    assert 0.0 < np.std(levels) < 1.0 / math.sqrt(200)
    read = Fefet(seed=3, read_noise=0.01, polarization=1.0)
    current = read.play(np.array([0.1]), np.array([1e-3]), np.zeros(1), 3000).current
    assert np.std(current) / np.mean(current) == pytest.approx(0.01, rel=0.07)
