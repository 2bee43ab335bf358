"""pcm: the published statistics of programming, drift and noise, and what pulses do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import foldnorm

from sim_instruments.models.pcm import Pcm

EXACT = {"spread_threshold": 0.0, "spread_heating": 0.0, "program_noise": 0.0, "drift": 0.0,
         "read_noise": 0.0}  # fmt: skip
DAY = 86400.0
COUNT = 3000
GMAX = {"aihwkit": 25e-6, "hermes": 10.35e-6}
TABLE = {
    # g: sigma_prog (uS), mu_nu, sigma_nu, Q_s, from the published formulas by hand
    ("aihwkit", 1.0): (1.05538, 0.049, 0.008, 0.0088),
    ("aihwkit", 0.5): (0.952705, 0.049, 0.008, 0.013809),
    ("aihwkit", 0.05): (0.358797, 0.070834, 0.031547, 0.061683),
    ("hermes", 1.0): (1.007866, 0.0174, 0.0055, 0.0168),
    ("hermes", 0.5): (0.865313, 0.0564, 0.012075, 0.0217),
    ("hermes", 0.05): (0.268718, 0.097735, 0.033649, 0.027166),
}


def device(seed=0, **parameters):
    return Pcm(seed=seed, **{**EXACT, **parameters})


def conductances(preset, g, *, later=0.0, **parameters):
    """Return the noise-free conductances in S of COUNT devices aimed at `g`, `later` (s)."""
    found = []
    for seed in range(COUNT):
        pcm = Pcm(seed=seed, preset=preset, conductance=g * GMAX[preset], **parameters)
        if later:
            pcm.idle(later)
        found.append(pcm.state["conductance"])
    return np.array(found)


def pulse(pcm, voltage, width, *, edge=0.0, count=1):
    pcm.play(np.array([voltage, 0.0]), np.array([width, 1e-6]), np.array([0.0, edge]), count=count,
             resistance=2e3, record=False)  # fmt: skip
    return pcm.state["amorphous"]


def test_after_a_day_two_thirds_of_the_highest_conductance_are_left():
    found = np.mean(conductances("aihwkit", 1.0, later=DAY)) / 25e-6
    print(f"mean G at 1 day, g = 1: {found:.4f} (reference 0.663)")
    assert found == pytest.approx(0.663, rel=0.01)


@pytest.mark.parametrize(("preset", "g"), TABLE)
def test_programming_scatters_as_published(preset, g):
    made = conductances(preset, g) * 1e6
    sigma = TABLE[preset, g][0]
    print(f"{preset} g={g}: mean {made.mean():.3f} uS, sigma {made.std():.4f} (law {sigma:.4f})")
    assert made.mean() == pytest.approx(g * GMAX[preset] * 1e6, abs=4 * sigma / math.sqrt(COUNT))
    assert made.std() == pytest.approx(sigma, rel=4 / math.sqrt(2 * COUNT))


@pytest.mark.parametrize(("preset", "g"), TABLE)
def test_drift_has_the_published_exponent_and_spread(preset, g):
    start = 20.0 if preset == "aihwkit" else 200.0
    ratio = conductances(preset, g, later=9.0 * start) / conductances(preset, g)
    nu = -np.log(ratio) / math.log(10.0)
    _, mu, sigma, _ = TABLE[preset, g]
    folded = foldnorm(mu / sigma, scale=sigma)
    print(f"{preset} g={g}: nu {nu.mean():.4f} +- {nu.std():.4f} "
          f"(law {folded.mean():.4f} +- {folded.std():.4f})")  # fmt: skip
    assert nu.mean() == pytest.approx(folded.mean(), abs=4 * sigma / math.sqrt(COUNT))
    assert nu.std() == pytest.approx(folded.std(), rel=4 / math.sqrt(2 * COUNT))


@pytest.mark.parametrize(("preset", "g"), TABLE)
def test_readings_scatter_as_published(preset, g):
    quiet = {**EXACT, "read_noise": 1.0}
    pcm = Pcm(seed=1, preset=preset, conductance=g * GMAX[preset], **quiet)
    pcm.idle(1000.0)
    read = pcm.play(np.array([0.1]), np.array([1e-6]), np.zeros(1), count=6000).current
    start, unit = (20.0, 250e-9) if preset == "aihwkit" else (200.0, 512e-9)
    sigma = TABLE[preset, g][3] * math.sqrt(math.log((1000.0 + start + unit) / (2 * unit)))
    print(f"{preset} g={g}: read noise {np.std(read) / np.mean(read):.4f} (law {sigma:.4f})")
    assert np.std(read) / np.mean(read) == pytest.approx(sigma, rel=0.04)


def test_the_drift_law_is_a_power_of_time():
    pcm = device(drift=1.0, conductance=5e-6)
    times, levels = [], []
    for step in (20.0, 180.0, 1800.0, 18_000.0, 180_000.0):
        pcm.idle(step)
        times.append(pcm.state["age"] + 20.0)
        levels.append(pcm.state["conductance"])
    slopes = np.diff(np.log(levels)) / np.diff(np.log(times))
    print(f"drift exponent over decades: {-slopes}")
    assert slopes == pytest.approx(slopes[0], rel=1e-6)
    assert -0.1 < slopes[0] < -0.03


def test_a_full_reset_drifts_more_than_a_set_state():
    print("mean nu: ", end="")
    means = []
    for g in (1.0, 0.001):
        ratio = conductances("aihwkit", g, later=180.0, program_noise=0.0) / (g * 25e-6)
        means.append(np.mean(-np.log(np.clip(ratio, 1e-9, None)) / math.log(10)))
    print(f"SET {means[0]:.3f}, RESET {means[1]:.3f}")
    assert means[1] == pytest.approx(0.1, rel=0.03)


def test_one_long_rest_is_many_short_ones():
    once, many = Pcm(seed=5, conductance=1e-6), Pcm(seed=5, conductance=1e-6)
    once.idle(1e9)
    for _ in range(1000):
        many.idle(1e6)
    assert once.state["conductance"] == pytest.approx(many.state["conductance"], rel=1e-9)


def test_pulses_reset_partly_and_fully():
    levels = []
    for voltage in (1.7, 2.0, 2.2, 2.4, 3.0):
        pcm = device()
        levels.append(pulse(pcm, voltage, 100e-9, edge=3e-9))
        print(f"RESET {voltage} V: u {levels[-1]:.2f}, {pcm.state['conductance'] * 1e6:.3f} uS")
    assert np.all(np.diff(levels) >= 0)
    assert levels[0] == 0.0
    assert 0.0 < levels[1] < levels[2] < levels[3] < 0.9
    assert levels[-1] > 0.98


def test_pulses_set_partly_and_pulse_by_pulse():
    pcm = device(conductance=25e-9)
    levels = [pulse(pcm, 2.0, 5e-9) for _ in range(30)]
    print(f"partial SET, u after 1, 5, 10, 15, 30 pulses: "
          f"{[round(levels[k - 1], 2) for k in (1, 5, 10, 15, 30)]}")  # fmt: skip
    # The crystalline cell draws a little more current, which keeps a little more of it molten.
    assert np.all(np.diff(levels) <= 0.005)
    assert sum(0.05 < level < 0.98 for level in levels) >= 15
    assert levels[-1] < 0.05


def test_a_slow_edge_sets_what_the_pulse_had_melted():
    levels = []
    for edge in (1e-9, 20e-9, 100e-9, 1e-6):
        levels.append(pulse(device(), 3.0, 100e-9, edge=edge))
        print(f"3 V with an edge of {edge * 1e9:.0f} ns: u {levels[-1]:.3f}")
    assert levels[0] > 0.99
    assert levels[1] > 0.9
    assert levels[2] < 0.9
    assert levels[3] == 0.0


@pytest.mark.parametrize("sign", [1, -1])
def test_either_polarity_programs(sign):
    pcm = device()
    assert pulse(pcm, sign * 3.0, 100e-9, edge=1e-9) > 0.98
    assert pulse(pcm, sign * 1.9, 1e-6) < 0.1


def test_the_threshold_is_a_snap_of_the_current():
    pcm = device(conductance=25e-9)
    read = pcm.play(np.array([1.1, 1.3, 1.1, 0.2]), np.full(4, 1e-9), np.zeros(4)).current
    print(f"threshold: {read * 1e6} uA")
    assert read[0] < 2e-6
    assert read[1] > 100 * read[0]
    assert read[2] > 50 * read[0], "stays on until the hold voltage"
    assert read[3] < 2e-8


@pytest.mark.parametrize(("voltage", "resistance", "limit"),
                         [(3.0, 1e6, np.inf), (3.0, 0.0, 1e-6), (-3.0, 1e5, 1e-5),
                          (0.7, 1e7, 1.0)])  # fmt: skip
def test_a_weak_source_neither_hangs_nor_oscillates(voltage, resistance, limit):
    for start in (25e-9, 1e-6, 25e-6):
        pcm = device(conductance=start)
        read = pcm.play(np.array([voltage]), np.array([1.0]), np.zeros(1), limit=limit,
                        resistance=resistance).current  # fmt: skip
        assert math.isfinite(read[0])


def test_programming_draws_the_state_anew_and_reading_does_not():
    pcm = Pcm(seed=2, read_noise=0.0)
    pcm.idle(1e4)
    before = pcm.state
    pcm.play(np.array([0.2]), np.array([1e-3]), np.zeros(1), count=100)
    assert pcm.state["conductance"] == pytest.approx(before["conductance"], rel=1e-6)
    levels = []
    for _ in range(300):
        pulse(pcm, 3.0, 100e-9, edge=1e-9)
        pulse(pcm, 1.9, 10e-6)
        levels.append(pcm.state["conductance"] * 1e6)
        assert pcm.state["age"] == pytest.approx(1e-6, rel=0.01)
    print(f"SET level over 300 cycles: {np.mean(levels):.2f} +- {np.std(levels):.2f} uS")
    assert np.std(levels) == pytest.approx(1.05, rel=0.2)


def test_crystallisation_at_rest_is_arrhenius():
    cell = device(conductance=25e-9)
    cell.idle(3.156e8, 359.0)
    print(f"10 years at 359 K: u {cell.state['amorphous']:.3f}")
    assert cell.state["amorphous"] < 0.1
    safe = device(conductance=25e-9)
    safe.idle(3.156e8, 300.0)
    assert safe.state["amorphous"] == pytest.approx(1.0, abs=1e-5)
    hot = device(conductance=25e-9)
    hot.idle(50.0, 450.0)
    assert hot.state["amorphous"] == pytest.approx(0.5, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(voltage=st.floats(1.6, 2.3), width=st.floats(1e-9, 1e-6), parts=st.integers(2, 40))
def test_a_pulse_is_the_sum_of_its_parts(voltage, width, parts):
    whole, pieces = (device(conductance=1e-7) for _ in range(2))
    whole.play(np.array([voltage]), np.array([width]), np.zeros(1), resistance=2e3)
    pieces.play(np.full(parts, voltage), np.full(parts, width / parts), np.zeros(parts),
                resistance=2e3)  # fmt: skip
    assert whole.state["amorphous"] == pytest.approx(pieces.state["amorphous"], abs=0.01)


def test_a_hotter_pulse_crystallises_sooner():
    ends = [pulse(device(conductance=25e-9), v, 50e-9) for v in (1.75, 1.8, 1.85, 1.9)]
    assert np.all(np.diff(ends) <= 0)
    assert ends[-1] < ends[0]


def test_destruction_is_told():
    pcm = device()
    pulse(pcm, 3.0, 1e-7)
    assert pcm.warnings == []
    pcm.advance(3.0, 1e-7)
    assert "destroyed" in pcm.warnings[0]


def test_parameters_must_fit_one_another():
    with pytest.raises(ValueError, match="highest/ratio <= conductance"):
        Pcm(conductance=30e-6)
    with pytest.raises(ValueError, match="preset must be one of aihwkit, hermes"):
        Pcm(preset="herme")


def test_devices_differ_as_configured():
    made = [Pcm(seed=k)._p for k in range(800)]
    assert np.std(np.log([p[4] for p in made])) == pytest.approx(0.05, rel=0.1)
    assert np.std(np.log([p[8] for p in made])) == pytest.approx(0.03, rel=0.1)
