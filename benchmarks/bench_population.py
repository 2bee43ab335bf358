"""How many noisy soft-bound pulses a second: one device, and 512 x 512 of them."""

import os

import numpy as np
import pytest

from sim_instruments.models.population import Population

CORES = os.cpu_count() or 1


def test_one_device(benchmark):
    """Wanted: 1e8 pulses/s."""
    made = Population(1, seed=1)
    benchmark.pedantic(made.pulse, (10_000_000,), rounds=15, warmup_rounds=1)
    report(benchmark, 10_000_000)


@pytest.mark.parametrize("threads", sorted({1, 2, CORES}))
@pytest.mark.parametrize("pulses", [1, 31, 1000])
def test_an_array(benchmark, threads, pulses):
    """Wanted at 31 pulses a call, as in one update: 5e8 on four cores, 2e8 on one."""
    made = Population((512, 512), seed=1, threads=threads)
    benchmark.pedantic(made.pulse, (pulses,), rounds=15, warmup_rounds=1)
    report(benchmark, 512 * 512 * pulses)


def test_an_array_with_its_own_count_in_each_device(benchmark):
    made = Population((512, 512), seed=1)
    counts = np.random.default_rng(0).integers(-31, 32, made.shape)
    benchmark.pedantic(made.pulse, (counts,), rounds=15, warmup_rounds=1)
    report(benchmark, int(np.abs(counts).sum()))


def report(benchmark, pulses):
    rate = pulses / benchmark.stats.stats.median
    benchmark.extra_info["device_pulses_per_second"] = rate
    print(f"\n{benchmark.name}: {rate:.3g} device-pulses/s")
