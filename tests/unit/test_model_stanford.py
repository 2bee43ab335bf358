"""stanford: golden resistances and set voltage, the field threshold, compliance, noise."""

import math

import numpy as np
import pytest

from sim_instruments.models.stanford import Stanford

EXACT = {"spread_conductance": 0.0, "spread_voltage": 0.0, "step_spread": 0.0, "gap_noise": 0.0,
         "read_noise": 0.0}  # fmt: skip


def device(**parameters):
    return Stanford(seed=0, **{**EXACT, **parameters})


def published_rate(v, gap, i):
    """Return dg/dt in nm/s of the default set."""
    kt = 8.617333e-5 * (300 + 2.1e3 * abs(v * i))
    gamma = 16 - 0.8 * gap**3
    if gamma * abs(v) / 12e-9 < 1.4e9:
        return 0.0
    return -10e9 * math.exp(-0.6 / kt) * math.sinh(gamma * 0.25 / 12 * v / kt)


@pytest.mark.parametrize(("gap", "ohm"), [(0.2e-9, 542.0), (1.7e-9, 218.6e3)])
def test_resistance_at_both_ends(gap, ohm):
    found = 0.1 / device(gap=gap).current(0.1)
    print(f"gap {gap:g} m: {found:.1f} Ohm")
    assert found == pytest.approx(ohm, rel=1e-3)


def set_voltage(rate):
    levels = np.arange(0.005, 2.0, 0.005)
    stanford = device()
    played = stanford.play(levels, np.zeros(levels.size), np.full(levels.size, 0.005 / rate))
    return levels[np.argmax(np.diff(np.log(played.current))) + 1]


def test_it_sets_at_the_golden_voltage():
    found = set_voltage(1.0)
    print(f"V_SET at 1 V/s: {found:.3f} V; field threshold {1.4e9 * 12e-9 / 12.0696:.3f} V")
    assert found == pytest.approx(1.39, rel=0.01)


def test_the_field_threshold_is_what_sets_it_and_not_the_rate():
    assert set_voltage(1e4) == pytest.approx(set_voltage(1.0), abs=0.006)
    stanford = device()
    stanford.advance(1.38, 1e6)
    assert stanford.state["gap"] == pytest.approx(1.7e-9, rel=1e-12)


def march(level, duration, resistance=0.0, limit=math.inf, gap=1.7):
    """Integrate the published equations by small steps of their own."""
    t = 0.0
    while t < duration:
        scale = 1e-3 * math.exp(-gap / 0.25)
        v = level
        for _ in range(60 if resistance else 0):
            i = scale * math.sinh(v / 0.25)
            v -= (v + resistance * i - level) / (
                1 + resistance * scale * math.cosh(v / 0.25) / 0.25
            )
        i = scale * math.sinh(v / 0.25)
        if abs(i) > limit:
            i = math.copysign(limit, i)
            v = 0.25 * math.asinh(i / scale)
        rate = published_rate(v, gap, i)
        if rate == 0.0:
            return gap
        step = min(duration - t, 2e-4 / abs(rate))
        gap = min(1.7, max(0.2, gap + rate * step))
        t += max(step, 1e-30)
        if gap in (0.2, 1.7):
            return gap
    return gap


@pytest.mark.parametrize(
    ("level", "duration", "gap"),
    [(1.6, 4e-8, 1.7), (1.6, 1e-8, 1.7), (-1.5, 1e-6, 0.6), (-1.4, 1e-4, 0.9)],
)
@pytest.mark.parametrize("resistance", [0.0, 500.0])
def test_small_steps_agree(level, duration, gap, resistance):
    stanford = device(gap=gap / 1e9)
    stanford.play(np.array([level]), np.array([duration]), np.zeros(1), resistance=resistance)
    expected = march(level, duration, resistance, gap=gap)
    found = stanford.state["gap"] * 1e9
    print(f"{level:+} V {duration:g} s behind {resistance:g} Ohm: {found:.4f}, {expected:.4f} nm")
    assert found == pytest.approx(expected, rel=0.005)


def test_the_current_limit_decides_the_level():
    found = []
    for limit in (1e-3, 3e-4, 1e-4):
        stanford = device()
        stanford.play(np.array([1.8]), np.array([1e-6]), np.zeros(1), limit=limit)
        found.append(stanford.state["gap"] * 1e9)
        assert found[-1] == pytest.approx(march(1.8, 1e-6, limit=limit), rel=0.02)
        assert stanford.warnings == []
    print("gap (nm) after setting with 1 mA, 300 uA, 100 uA:", np.round(found, 3))
    assert found == sorted(found)


def test_without_a_limit_it_says_how_hot_it_got():
    stanford = device()
    stanford.advance(2.0, 1e-6)
    (warning,) = stanford.warnings
    print(warning)
    assert "holds up to 1500 K" in warning


def test_the_granada_set_switches_below_a_volt_and_reset_is_self_limited():
    stanford = device(preset="ugr")
    assert stanford.state["gap"] == pytest.approx(0.284225e-9)
    stanford.play(np.array([1.0]), np.array([1e-3]), np.zeros(1), limit=1e-3)
    on = 0.1 / stanford.current(0.1)
    stanford.advance(-1.0, 1.0)
    # The field falls below its threshold where gamma = F_min t_ox/|V| = 1.4.
    end = ((2.096 - 1.4) / 22.260869565) ** (1 / 3)
    off = 0.1 / stanford.current(0.1)
    print(f"ugr: {on:.0f} Ohm on, {off:.3g} Ohm off, gap {stanford.state['gap']:.4g} m")
    assert stanford.state["gap"] * 1e9 == pytest.approx(end, rel=1e-3)
    assert off > 5 * on


def test_gap_noise_is_a_diffusion_whatever_the_pieces():
    sigma, duration = 2e-11, 1e-2
    for pieces in (1, 25):
        ends = []
        for seed in range(300):
            # A barrier that leaves the drift nothing to do.
            stanford = Stanford(seed=seed, **{**EXACT, "gap_noise": sigma, "activation": 1.5,
                                              "gap": 1e-9})  # fmt: skip
            stanford.play(np.full(pieces, 1.3), np.full(pieces, duration / pieces),
                          np.zeros(pieces), record=False)  # fmt: skip
            ends.append(stanford.state["gap"])
        heat = 300 + 2.1e3 * 1.3 * device(gap=1e-9).current(1.3)
        expected = sigma * math.sqrt(duration) / (1 + math.exp((450 - heat) / 500))
        print(f"{pieces} pieces: {np.std(ends):.3g} m, expected {expected:.3g} m")
        assert np.std(ends) == pytest.approx(expected, rel=0.14)


def test_heat_helps():
    moves = []
    for kelvin in (280.0, 300.0, 340.0):
        stanford = device()
        stanford.advance(1.45, 1e-8, kelvin)
        moves.append(1.7e-9 - stanford.state["gap"])
    assert moves == sorted(moves)
    assert moves[2] > 3 * moves[0]


def test_gaps_must_fit():
    with pytest.raises(ValueError, match="stanford needs smallest_gap <= gap <= largest_gap"):
        device(gap=3e-9)
