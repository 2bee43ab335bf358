"""How fast the simulated physics runs: sub-steps, segments, and rest that costs nothing."""

import numpy as np
import pytest

from sim_instruments.models import create
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

CYCLE = (np.array([2.0, 0.1, -1.8, 0.1]), np.full(4, 1e-3), np.zeros(4))
"""set, read, reset, read: one endurance cycle of a source-meter"""


def world_with(model):
    world = World(create(model, seed=1), wiring=Wiring("direct", "smu"))
    world.attach("smu")
    world.play("smu", *CYCLE, limit=1e-3)
    return world


@pytest.mark.parametrize("resistance", [0.0, 2e3])
def test_sub_steps_of_gap_filament(benchmark, resistance):
    """Ramps of 5 mV sub-steps to 0.9 V and back: one solution and one state update each."""
    device = create("gap_filament", seed=1, thickness=4.6e-9)
    ramps = (np.array([0.9, 0.0]), np.zeros(2), np.full(2, 1e-3))
    benchmark(lambda: device.play(*ramps, count=1000, resistance=resistance, record=False))
    benchmark.extra_info["sub_steps_per_second"] = 360_000 / benchmark.stats.stats.median


@pytest.mark.parametrize("resistance", [0.0, 2e3])
def test_full_strokes_of_gap_filament(benchmark, resistance):
    """Set and reset over the whole stroke, 1 ms each."""
    device = create("gap_filament", seed=1)
    strokes = (np.array([2.6, -2.0]), np.full(2, 1e-3), np.zeros(2))
    benchmark(lambda: device.play(*strokes, count=10_000, resistance=resistance, record=False))
    benchmark.extra_info["strokes_per_second"] = 20_000 / benchmark.stats.stats.median


@pytest.mark.parametrize("model", ["gap_filament", "iontronic_li", "resistor"])
def test_segments_of_world_play(benchmark, model):
    """100,000 cycles of four segments in one program."""
    world = world_with(model)
    benchmark(lambda: world.play("smu", *CYCLE, count=100_000, limit=1e-3))
    benchmark.extra_info["segments_per_second"] = 400_000 / benchmark.stats.stats.median


def test_one_short_program(benchmark):
    """What a closed loop pays per pulse: one segment, one call."""
    world = world_with("gap_filament")
    read = (np.array([0.1]), np.array([1e-3]), np.zeros(1))
    benchmark(lambda: world.play("smu", *read))


def test_one_message(benchmark):
    world = world_with("gap_filament")
    world.latency = 1e-3
    benchmark(lambda: world.message(reply=True))


@pytest.mark.parametrize("years", [1e-6, 10.0])
def test_rest_costs_the_same_however_long(benchmark, years):
    device = create("gap_filament", seed=1)
    benchmark(lambda: device.idle(years * 3.156e7))
