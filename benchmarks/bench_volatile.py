"""How fast volatile devices and the circuits around them run."""

import numpy as np
import pytest

from sim_instruments.circuits.rc_neuron import RCNeuron
from sim_instruments.circuits.relaxation_oscillator import RelaxationOscillator
from sim_instruments.models import create


@pytest.mark.parametrize("model", ["diffusive", "nbo2", "vo2"])
def test_segments_of_volatile_devices(benchmark, model):
    """Triangles of 1 V in 5 mV sub-steps: one solution and at least one update each."""
    device = create(model, seed=1)
    ramps = (np.array([1.0, 0.0]), np.zeros(2), np.full(2, 1e-3))
    benchmark(lambda: device.play(*ramps, count=100, resistance=1e4, record=False))
    benchmark.extra_info["ramp_steps_per_second"] = 40_000 / benchmark.stats.stats.median


def test_a_second_of_a_firing_neuron(benchmark):
    neuron = RCNeuron(create("diffusive", seed=1))
    found = benchmark(lambda: neuron.play(0.4e-6, 1.0, every=1e-3))
    benchmark.extra_info["spikes_per_second"] = found.spikes.size / benchmark.stats.stats.median


def test_cycles_of_an_oscillator(benchmark):
    oscillator = RelaxationOscillator(create("nbo2", seed=1))
    found = benchmark(lambda: oscillator.play(2.0, 1e-6, every=1e-8))
    benchmark.extra_info["cycles_per_second"] = found.spikes.size / benchmark.stats.stats.median
