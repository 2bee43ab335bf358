"""How fast devices with a gate run, and that the gate costs a two-terminal program nothing."""

import numpy as np
import pytest

from sim_instruments.models import create

PULSES = {"ecram": (1.0, 1e-5), "memtransistor": (5.0, 1e-3), "fefet": (3.0, 75e-9)}
"""V at the gate, s"""
COUNT = 10_000


@pytest.mark.parametrize("name", sorted(PULSES))
def test_gate_pulses_and_reads(benchmark, name):
    """A pulse up, a read, a pulse down, a read."""
    height, width = PULSES[name]
    device = create(name, seed=1)
    drain, gate = np.array([0.0, 0.1, 0.0, 0.1]), np.array([height, 0.0, -height, 0.0])
    program = (drain, gate, np.tile([width, 1e-3], 2), np.zeros(4))
    benchmark(lambda: device.play_gated(*program, count=COUNT))
    benchmark.extra_info["segments_per_second"] = 4 * COUNT / benchmark.stats.stats.median


def test_pulses_of_the_hzo_row(benchmark):
    """2000 domains."""
    device = create("fefet", seed=1, preset="hzo")
    program = (np.array([0.0, 0.1]), np.array([3.65, 0.0]), np.array([75e-9, 1e-3]), np.zeros(2))
    benchmark(lambda: device.play_gated(*program, count=200))
    benchmark.extra_info["segments_per_second"] = 400 / benchmark.stats.stats.median


@pytest.mark.parametrize("name", sorted(PULSES))
def test_drain_reads_without_a_gate(benchmark, name):
    device = create(name, seed=1)
    program = (np.array([0.1, 0.0]), np.full(2, 1e-3), np.zeros(2))
    benchmark(lambda: device.play(*program, count=COUNT))
    benchmark.extra_info["segments_per_second"] = 2 * COUNT / benchmark.stats.stats.median


def test_a_gate_held_for_a_year_costs_what_a_pulse_costs(benchmark):
    device = create("ecram", seed=1)
    benchmark(lambda: device.pulse(1.0, 3.156e7))
