"""How fast the threshold family runs: sub-steps, ramps, pulses, strides behind a load."""

import numpy as np
import pytest

from sim_instruments.models import create

#: model -> (set V, reset V, s of a pulse, Ohm)
PULSES = {
    "yakopcic": (0.3, -0.3, 1e-5, 100.0),
    "vteam": (0.5, -0.3, 1e-11, 100.0),
    "linear_drift": (1.0, -1.0, 1e-3, 500.0),
    "data_driven": (1.2, -1.5, 1e-5, 50.0),
    "stanford": (1.6, -1.5, 1e-8, 200.0),
    "stanford_width": (1.5, -1.2, 1e-8, 1e4),
    "analog_bilayer": (2.5, -1.5, 1e-3, 1e3),
}
RAMPS = (np.array([0.6, 0.0, -0.6, 0.0]), np.zeros(4), np.full(4, 1e-4))
"""0 V to 0.6 V, -0.6 V and back: behind a resistor 480 sub-steps of 5 mV, most of which move x"""
HALF = 5e-3 * np.arange(120) + 2.5e-3
STAIRS = (np.concatenate([HALF, HALF[::-1], -HALF, -HALF[::-1]]), np.full(480, 1e-4 / 120),
          np.zeros(480))  # fmt: skip
"""the same as 480 segments: a bare device would take the ramps in four strokes"""


@pytest.mark.parametrize(
    ("segments", "resistance"), [(STAIRS, 0.0), (STAIRS, 100.0), (RAMPS, 100.0)],
    ids=["bare", "loaded", "loaded ramps"],
)  # fmt: skip
def test_sub_steps_of_yakopcic(benchmark, segments, resistance):
    """One solution and one state update each, with spread between cycles."""
    device = create("yakopcic", seed=1)
    device.play(*segments, resistance=resistance, record=False)
    benchmark(lambda: device.play(*segments, count=1000, resistance=resistance, record=False))
    benchmark.extra_info["sub_steps_per_second"] = 480_000 / benchmark.stats.stats.median


@pytest.mark.parametrize("model", ["yakopcic", "vteam"])
@pytest.mark.parametrize("limit", [np.inf, 10.0])
def test_strokes(benchmark, model, limit):
    """Whole ramps of a bare device, free or with a limit that they do not meet."""
    device = create(model, seed=1)
    device.play(*RAMPS, limit=limit, record=False)
    benchmark(lambda: device.play(*RAMPS, count=10_000, limit=limit, record=False))
    benchmark.extra_info["strokes_per_second"] = 40_000 / benchmark.stats.stats.median


@pytest.mark.parametrize("model", sorted(PULSES))
@pytest.mark.parametrize("loaded", [False, True])
def test_pulses(benchmark, model, loaded):
    """Set and reset pulses one after the other."""
    device = create(model, seed=1)
    up, down, width, resistance = PULSES[model]
    pulses = (np.array([up, down]), np.full(2, width), np.zeros(2))
    options = {"resistance": resistance if loaded else 0.0, "record": False}
    device.play(*pulses, **options)
    benchmark(lambda: device.play(*pulses, count=1000, **options))
    benchmark.extra_info["pulses_per_second"] = 2000 / benchmark.stats.stats.median
