"""How fast the ensembles run: eight sub-filaments, 64 chains."""

import numpy as np
import pytest

from sim_instruments.models import create

READ = (np.array([0.1, 0.0]), np.full(2, 1e-3), np.zeros(2))


@pytest.mark.parametrize(
    ("model", "volts"), [("hea", (2.9, -2.0)), ("hea", (2.4, -1.8)), ("quantum_dot", (2.9, -2.0))]
)
def test_strokes_of_an_ensemble(benchmark, model, volts):
    """Set and reset over the whole stroke, 1 us each behind 2 kOhm, with 1 us of rest."""
    device = create(model, seed=1)
    strokes = (np.array([volts[0], 0.0, volts[1], 0.0]), np.full(4, 1e-6), np.zeros(4))
    benchmark(lambda: device.play(*strokes, count=1000, resistance=2e3, record=False))
    benchmark.extra_info["strokes_per_second"] = 2000 / benchmark.stats.stats.median


@pytest.mark.parametrize("model", ["hea", "quantum_dot"])
def test_reads_of_an_ensemble(benchmark, model):
    """A read of 1 ms and as much rest."""
    device = create(model, seed=1)
    benchmark(lambda: device.play(*READ, count=10_000))
    benchmark.extra_info["reads_per_second"] = 10_000 / benchmark.stats.stats.median


@pytest.mark.parametrize("model", ["hea", "quantum_dot"])
@pytest.mark.parametrize("years", [1e-6, 10.0])
def test_rest_of_an_ensemble(benchmark, model, years):
    device = create(model, seed=1)
    benchmark(lambda: device.idle(years * 3.156e7))
