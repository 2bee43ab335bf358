"""stanford_width: the circuit inside it, bridging, widening under a current limit."""

import math

import numpy as np
import pytest

from sim_instruments.models.stanford_width import StanfordWidth

EXACT = {"spread_conductance": 0.0, "spread_voltage": 0.0, "step_spread": 0.0, "read_noise": 0.0}


def device(**parameters):
    return StanfordWidth(seed=0, **{**EXACT, **parameters})


def published(v, gap, width):
    """Return (I, Vg) of the published equations by bisection; lengths in nm."""
    area = math.pi * (width * 1e-9) ** 2 / 4
    leak = 1e13 * math.pi * (25e-18 - (width * 1e-9) ** 2) / 4 * math.exp(-3 / 0.4)
    leak *= math.sinh(v / 0.4)
    if gap <= 0.0 and v > 0.0:
        return leak + v * area / (1.9635e-5 * 3e-9), v
    series = 1.9635e-5 * (3 - gap) * 1e-9 / area
    scale = 1e13 * area * math.exp(-gap / 0.4)
    low, high = sorted((0.0, v))
    for _ in range(200):
        inner = 0.5 * (low + high)
        if inner + series * scale * math.sinh(inner / 0.4) < v:
            low = inner
        else:
            high = inner
    return leak + scale * math.sinh(inner / 0.4), inner


def published_rate(v, gap, width):
    """Return dx/dt in nm/s, or dw/dt of a bridged filament."""
    i, inner = published(v, gap, width)
    kt = 8.61733e-5 * (300 + 5e5 * abs(v * i))
    if v > 0 and gap > 0:
        return -min(1e11, 2.5e12 * math.exp(min(600, -(0.7 - 0.75 * inner / gap) / kt)))
    if v > 0:
        extent = 0.5 + 0.125 / width
        return min(1e11, extent * 1e13 * math.exp(-(0.7 - v * 0.25) / kt))
    release = 2.5e12 * math.exp(-(0.82 + 1.5 * inner) / kt)
    pull = 2.5e12 * math.exp(-1.12 / kt) * math.sinh(min(600, -0.75 * inner / (gap * kt)))
    return min(release, pull)


@pytest.mark.parametrize("gap", [0.0, 0.3, 1.5, 3.0])
@pytest.mark.parametrize("width", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("v", [-1.5, -0.1, 0.1, 1.0])
def test_the_current_solves_the_published_circuit(gap, width, v):
    found = device(gap=gap / 1e9, width=width / 1e9)
    assert found.current(v) == pytest.approx(published(v, gap, width)[0], rel=1e-6)


@pytest.mark.parametrize(
    ("level", "duration", "gap", "width"),
    [(1.5, 1.5e-8, 3.0, 0.5), (2.0, 2e-10, 3.0, 0.5), (1.0, 1e-6, 2.0, 1.0), (0.5, 1e-2, 0.0, 0.5),
     (-1.0, 1e-6, 0.4, 1.0), (-1.3, 1e-6, 0.4, 1.0)],
)  # fmt: skip
def test_small_steps_agree(level, duration, gap, width):
    found = device(gap=gap / 1e9, width=width / 1e9)
    found.advance(level, duration)
    t, start = 0.0, (gap, width)
    while t < duration:
        rate = published_rate(level, gap, width)
        step = min(duration - t, 5e-4 / abs(rate))
        if level > 0 and gap <= 0.0:
            width = min(5.0, width + rate * step)
        else:
            gap = min(3.0, max(0.0, gap + rate * step))
        t += step
        if gap >= 3.0 or (width >= 5.0 and level > 0):
            break
    state = found.state
    print(f"{level:+} V {duration:g} s: gap {state['gap'] * 1e9:.4f} ({gap:.4f}) nm, "
          f"width {state['width'] * 1e9:.4f} ({width:.4f}) nm")  # fmt: skip
    assert (gap, width) != start
    assert state["gap"] * 1e9 == pytest.approx(gap, rel=0.01, abs=0.01)
    assert state["width"] * 1e9 == pytest.approx(width, rel=0.01)


def test_a_filament_bridges_first_and_widens_then():
    found = device()
    seen = []
    for _ in range(60):
        found.play(np.array([1.5]), np.array([2e-9]), np.zeros(1), limit=2e-5)
        seen.append((found.state["gap"], found.state["width"]))
    assert all(width == 0.5e-9 for gap, width in seen if gap > 0.0)
    assert seen[-1][0] == 0.0
    assert seen[-1][1] > 0.5e-9


def test_the_current_limit_decides_the_width():
    widths = []
    for limit in (5e-6, 2e-5, 1e-4):
        found = device()
        found.play(np.array([1.6]), np.array([1e-6]), np.zeros(1), limit=limit)
        widths.append(found.state["width"] * 1e9)
        assert found.warnings == []
    print("width (nm) after 1 us with 5, 20, 100 uA:", np.round(widths, 2))
    assert widths == sorted(widths)
    assert widths[2] > 1.5 * widths[0]


def test_resetting_opens_the_gap_and_leaves_the_width():
    found = device(gap=0.0, width=2e-9)
    low = 0.1 / found.current(0.1)
    found.advance(-1.3, 1e-5)
    high = 0.1 / found.current(0.1)
    print(f"{low:.0f} Ohm to {high:.3g} Ohm at a gap of {found.state['gap'] * 1e9:.2f} nm")
    assert found.state["width"] == 2e-9
    assert found.state["gap"] > 0.3e-9
    assert high > 2 * low


def test_a_slow_read_at_positive_voltage_closes_the_gap():
    found = device(gap=2e-9)
    found.advance(0.1, 0.1)
    speed = (2e-9 - found.state["gap"]) / 0.1 * 1e9
    print(f"gap closes at {speed:.1f} nm/s at +0.1 V")
    assert 3.0 < speed < 30.0


def test_chance_widens_no_filament_however_often_it_is_read():
    """Reads of a bridged filament widen it by what the law says, in however many pieces."""
    still = device(gap=0.0, width=2e-9)
    still.advance(0.1, 1e-5)
    law = (still.state["width"] - 2e-9) * 1e9
    for pieces in (1, 30, 300):
        grown = []
        for seed in range(200):
            found = StanfordWidth(seed, **{**EXACT, "step_spread": 0.6e-6}, gap=0.0, width=2e-9)
            found.play(np.full(pieces, 0.1), np.full(pieces, 1e-5 / pieces), np.zeros(pieces),
                       record=False)  # fmt: skip
            grown.append((found.state["width"] - 2e-9) * 1e9)
        sigma = 0.6e-6 * math.sqrt(law * 1e9)
        print(f"in {pieces} reads {np.mean(grown):.2e} +- {np.std(grown):.2e} nm wider "
              f"(law {law:.2e} +- {sigma:.2e})")  # fmt: skip
        assert np.mean(grown) == pytest.approx(law, abs=4 * sigma / math.sqrt(200))
        assert np.std(grown) == pytest.approx(sigma, rel=0.2)


def test_without_a_limit_it_says_how_hot_it_got():
    found = device()
    found.advance(3.0, 1e-3)
    (warning,) = found.warnings
    print(warning)
    assert "holds up to 1500 K" in warning


def test_sizes_must_fit():
    with pytest.raises(ValueError, match="stanford_width needs gap <= layer"):
        device(gap=4e-9)
