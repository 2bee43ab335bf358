"""ftj: PUND, partial switching, nucleation-limited kinetics, and rest in one step."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models.ftj import Ftj

EXACT = {"spread_conductance": 0.0, "spread_activation": 0.0, "read_noise": 0.0}
SHARP = {"activation_shape": 100.0, "activation_low": 20.0, "activation_high": 20.0,
         "spread_offset": 0.0, "domains": 2000.0}  # fmt: skip
"""all domains with one activation field, 2 MV/cm"""
FULL = 0.18 * 1e-8
"""C, Pr times the default area"""


def device(seed=0, **parameters):
    return Ftj(seed=seed, **{**EXACT, **parameters})


def pund(ftj, height, width=1e-3, ramp=1e-4):
    """Return the charges of a positive, up, negative and down trapezoid after a negative one, C."""
    pulses = np.array([-1.0, 1.0, 1.0, -1.0, -1.0]) * height
    voltage = np.stack([pulses, np.zeros(5)], axis=1).ravel()
    duration = np.tile([width, 1e-3], 5)
    read = ftj.play(voltage, duration, np.full(10, ramp)).current
    return read[2::2] * (width + ramp)


@pytest.mark.parametrize("width", [1e-5, 1e-3])
def test_pund_shows_the_switched_charge(width):
    p, u, n, d = pund(device(), 3.0, width, width / 10)
    print(f"\nPUND, 3 V {width:g} s, nC: P {p * 1e9:.2f} U {u * 1e9:.2f} N {n * 1e9:.2f} "
          f"D {d * 1e9:.2f}; P-U {(p - u) * 1e9:.2f}, N-D {(n - d) * 1e9:.2f}, "
          f"2 Pr A {2 * FULL * 1e9:.2f}")  # fmt: skip
    assert p - u == pytest.approx(2 * FULL, rel=0.02)
    assert n - d == pytest.approx(-2 * FULL, rel=0.02)


def test_the_charge_that_does_not_switch_is_dielectric_and_leakage():
    ftj = device()
    up = pund(ftj, 3.0, 1e-5, 1e-6)[1]
    capacitance = 8.854e-12 * 50 * 1e-8 / 10e-9
    assert up == pytest.approx(3.0 * capacitance + 1e-5 * ftj.current(3.0), rel=0.02)


def test_pund_of_a_low_pulse_is_partial():
    found = []
    for height in (0.5, 1.0, 1.5, 2.0, 3.0):
        ftj = device(polarization=-1.0)
        ftj.advance(-3.0, 1e-3)
        ftj.idle(1e-3)
        read = ftj.play(np.array([height, 0.0] * 2), np.full(4, 1e-5), np.full(4, 1e-6)).current
        found.append((read[0] - read[2]) * 1.1e-5 / (2 * FULL))
        print(f"PUND {height} V 10 us: {found[-1]:.2f} of 2 Pr A")
    assert np.all(np.diff(found) > 0)
    assert found[0] < 0.1 < 0.2 < found[1] < 0.9 < found[-1]


def test_pulses_switch_a_part_that_grows_with_width_and_voltage():
    widths, heights = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3), (1.0, 1.5, 2.0, 3.0)
    table = np.empty((len(widths), len(heights)))
    print("\nshare up after one pulse of 1, 1.5, 2, 3 V")
    for a, width in enumerate(widths):
        for b, height in enumerate(heights):
            ftj = device(domains=1000.0)
            ftj.advance(height, width)
            table[a, b] = 0.5 * (1.0 + ftj.state["polarization"])
        print(f"  {width * 1e6:7.1f} us: {np.round(table[a], 3)}")
    assert np.all(np.diff(table, axis=0) >= 0)
    assert np.all(np.diff(table, axis=1) >= 0)
    assert np.sum((table > 0.1) & (table < 0.9)) >= 6, "many levels between off and on"


def test_identical_pulses_accumulate():
    ftj = device(domains=1000.0)
    shares = []
    for _ in range(20):
        ftj.play(np.array([1.5, 0.0]), np.full(2, 2e-7), np.zeros(2), record=False)
        shares.append(ftj.state["polarization"])
    print(f"1.5 V 0.2 us, pulses 1, 5, 20: {shares[0]:.2f}, {shares[4]:.2f}, {shares[19]:.2f}")
    assert np.all(np.diff(shares) >= 0)
    assert shares[4] > shares[0] + 0.1 < shares[19]


@pytest.mark.parametrize("field", [1.0, 1.3, 2.0])
def test_the_time_to_switch_half_follows_the_merz_law(field):
    """t1 = tau0 exp((Ea/E)^alpha) (ln 2)^(1/beta), within a tenth of a decade."""
    expected = -7.0 + (2.0 / field) ** 3.2975 / math.log(10) + math.log10(math.log(2)) / 2.0
    times = expected + np.linspace(-1.0, 1.0, 81)
    shares = []
    for log_time in times:
        ftj = device(**SHARP)
        ftj.advance(field, 10.0**log_time)
        shares.append(ftj.state["polarization"])
    found = np.interp(0.0, shares, times)
    print(f"E {field} MV/cm: log10 t(half) {found:.3f}, law {expected:.3f}")
    assert found == pytest.approx(expected, abs=0.1)


def test_one_activation_switches_by_the_dose_law():
    tau = 1e-7 * math.exp((2.0 / 1.5) ** 3.2975)
    for dose in (0.3, 0.7, 1.0, 1.5):
        ftj = device(**{**SHARP, "activation_low": 50.0, "activation_high": 50.0})
        ftj.advance(1.5, dose * tau)
        share = 0.5 * (1.0 + ftj.state["polarization"])
        assert share == pytest.approx(-math.expm1(-(dose**2)), abs=0.04)


def test_set_is_at_positive_voltage_and_changes_the_conductance():
    ftj = device()
    off = ftj.current(0.1)
    ftj.advance(3.0, 1e-3)
    on = ftj.current(0.1)
    ftj.advance(-3.0, 1e-3)
    print(f"ON/OFF at 0.1 V: {on / off:.1f}; {on * 1e9:.2f} nA")
    assert on / off == pytest.approx(30.0, rel=0.02)
    assert ftj.current(0.1) == pytest.approx(off, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(voltage=st.floats(-3.0, 3.0), duration=st.floats(1e-8, 10.0),
       cuts=st.lists(st.floats(0.01, 0.99), max_size=6))  # fmt: skip
def test_a_segment_is_the_sum_of_its_parts(voltage, duration, cuts):
    whole, parts = device(polarization=0.0), device(polarization=0.0)
    whole.advance(voltage, duration)
    edges = np.concatenate([[0.0], np.sort(cuts), [1.0]])
    pieces = np.diff(edges) * duration
    # A hair more, so that rounding cannot leave a domain just short of the whole segment.
    parts.play(np.full(pieces.size, voltage), pieces * (1 + 1e-12), np.zeros(pieces.size))
    assert parts.state["polarization"] == pytest.approx(whole.state["polarization"], abs=0.011)


def test_one_long_rest_is_many_short_ones():
    once, many = (device(polarization=0.4, spread_offset=5e7) for _ in range(2))
    once.idle(1e9)
    for _ in range(1000):
        many.idle(1e6)
    assert once.state["polarization"] < 0.4
    assert once.state["polarization"] == pytest.approx(many.state["polarization"], abs=1e-9)
    assert once.state["conductance"] == pytest.approx(many.state["conductance"], rel=1e-9)


def test_a_written_level_is_kept():
    ftj = device()
    ftj.advance(3.0, 1e-3)
    fresh = ftj.state["conductance"]
    ftj.idle(3.156e8)
    kept = ftj.state["conductance"] / fresh
    print(f"conductance kept after 10 years: {kept:.3f}")
    assert 0.9 < kept < 0.99


def test_the_wide_published_offset_lets_a_part_fall_back():
    ftj = device(spread_offset=5e7, domains=2000.0)
    ftj.advance(3.0, 1e-3)
    ftj.idle(1.0)
    print(
        f"polarization 1 s after poling, offset spread 0.5 MV/cm: {ftj.state['polarization']:.2f}"
    )
    assert 0.6 < ftj.state["polarization"] < 0.95


def test_imprint_shifts_the_way_up_and_the_way_down():
    ends = []
    for offset in (-3e7, 3e7):
        ftj = device(offset=offset)
        ftj.advance(1.2, 1e-5)
        ends.append(ftj.state["polarization"])
    assert ends[0] > ends[1] + 0.1


def test_reading_writes_little():
    ftj = device(polarization=0.0)
    ftj.play(np.array([0.1, 0.0]), np.full(2, 1e-3), np.zeros(2), count=1000)
    assert abs(ftj.state["polarization"]) < 0.04


def test_heat_switches_sooner():
    shares = []
    for kelvin in (250.0, 300.0, 400.0):
        ftj = device(domains=1000.0)
        ftj.advance(1.5, 3e-7, kelvin)
        shares.append(ftj.state["polarization"])
    assert shares[0] < shares[1] < shares[2]


def test_a_series_resistance_is_followed_domain_by_domain():
    """3 MOhm in series with a junction whose resistance falls to that order."""
    leaky = {"conductance_on": 1e-6, "resistance": 3e6}
    resistance = leaky.pop("resistance")
    whole, pieces = device(**leaky), device(**leaky)
    whole.play(np.array([2.5]), np.array([1e-3]), np.zeros(1), resistance=resistance)
    pieces.play(np.full(20_000, 2.5), np.full(20_000, 5e-8), np.zeros(20_000),
                resistance=resistance)  # fmt: skip
    easy = device(**leaky)
    easy.advance(2.5, 1e-3)
    assert whole.state["polarization"] == pytest.approx(pieces.state["polarization"], abs=0.03)
    assert whole.state["polarization"] < easy.state["polarization"] - 0.1


def test_a_strong_field_is_told():
    ftj = device()
    ftj.advance(3.9, 1e-6)
    assert ftj.warnings == []
    ftj.advance(4.2, 1e-6)
    assert "4.2 MV/cm" in ftj.warnings[0]


def test_devices_and_cycles_differ_as_configured():
    made = [Ftj(seed=k, polarization=1.0, read_noise=0.0) for k in range(500)]
    assert np.std(np.log([d.current(0.1) for d in made])) == pytest.approx(0.05, rel=0.13)
    ftj = device()
    levels = []
    for _ in range(300):
        ftj.advance(-3.0, 1e-4)
        ftj.advance(1.5, 1e-6)
        levels.append(ftj.state["polarization"])
    print(f"partial level over 300 cycles: {np.mean(levels):.3f} +- {np.std(levels):.3f}")
    assert 0.0 < np.std(levels) < 1.0 / math.sqrt(200)


def test_readings_scatter_as_configured():
    ftj = Ftj(seed=3, read_noise=0.01, polarization=1.0)
    read = ftj.play(np.array([0.1]), np.array([1e-3]), np.zeros(1), count=3000).current[100:]
    assert np.std(read) / np.mean(read) == pytest.approx(0.01, rel=0.07)
