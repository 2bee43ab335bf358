"""Segments a second of the models that pulses move: pcm, ftj, mtj, step_synapse, organic."""

import numpy as np
import pytest

from sim_instruments.models import create

TRAINS = {
    "pcm": ([2.0, 0.2, 3.0, 0.2], [1e-6, 1e-3, 1e-7, 1e-3], 2e3),
    "ftj": ([1.5, 0.1, -2.0, 0.1], [1e-6, 1e-3, 1e-6, 1e-3], 0.0),
    "mtj": ([0.5, 0.05, -0.5, 0.05], [1e-8, 1e-3, 1e-8, 1e-3], 0.0),
    "step_synapse": ([3.2, 0.1, -2.8, 0.1], [3e-4, 1e-3, 3e-4, 1e-3], 2e3),
    "organic": ([0.8, 0.1, -0.8, 0.1], [1e-2, 1e-3, 1e-2, 1e-3], 0.0),
}
"""voltages and durations of one set, read, reset, read; series resistance"""


@pytest.mark.parametrize("model", TRAINS)
def test_cycles(benchmark, model):
    voltage, duration, resistance = TRAINS[model]
    device = create(model, seed=1)
    train = (np.array(voltage), np.array(duration), np.zeros(4))
    count = 200 if model == "ftj" else 5000

    def run():
        device.play(*train, count=count, resistance=resistance)

    benchmark.pedantic(run, rounds=7, warmup_rounds=1)
    rate = 4 * count / benchmark.stats.stats.median
    benchmark.extra_info["segments_per_second"] = rate
    print(f"\n{model}: {rate:.3g} segments/s")


@pytest.mark.parametrize("model", TRAINS)
def test_ten_years_of_rest(benchmark, model):
    device = create(model, seed=1)
    benchmark(lambda: device.idle(3.156e8))
