"""How many noisy soft-bound pulses a second: one device, and 512 x 512 of them.

Wanted of the array: 5e8 on four cores and 2e8 on one, however many pulses a call has. What the
memory allows is measured beside it: copying the state once, which a call of one pulse reads once.
"""

import os
from time import perf_counter

import numpy as np
import pytest

from sim_instruments.models.population import Population

CORES = os.cpu_count() or 1
SHAPE = (512, 512)


def test_one_device(benchmark):
    """Wanted: 1e8 pulses/s."""
    made = Population(1, seed=1)
    benchmark.pedantic(made.pulse, (10_000_000,), rounds=15, warmup_rounds=1)
    report(benchmark, 10_000_000)


@pytest.mark.parametrize("threads", sorted({1, 2, CORES}))
@pytest.mark.parametrize("pulses", [1, 31, 1000])
def test_an_array(benchmark, threads, pulses):
    made = Population(SHAPE, seed=1, threads=threads)
    benchmark.pedantic(made.pulse, (pulses,), rounds=max(15, 500 // pulses), warmup_rounds=3)
    report(benchmark, 512 * 512 * pulses, made)


@pytest.mark.parametrize("threads", sorted({1, CORES}))
@pytest.mark.parametrize("pulses", [1, 31])
def test_an_array_with_its_own_count_in_each_device(benchmark, threads, pulses):
    """Only pulses that devices do get are counted: half of what the longest train asks for."""
    made = Population(SHAPE, seed=1, threads=threads)
    counts = np.random.default_rng(0).integers(-pulses, pulses + 1, SHAPE)
    benchmark.pedantic(made.pulse, (counts,), rounds=max(15, 500 // pulses), warmup_rounds=3)
    report(benchmark, int(np.abs(counts).sum()), made)


def report(benchmark, pulses, made=None):
    best, usual = pulses / benchmark.stats.stats.min, pulses / benchmark.stats.stats.median
    benchmark.extra_info["device_pulses_per_second"] = usual
    line = f"\n{benchmark.name}: {usual:.3g} device-pulses/s, at best {best:.3g}"
    if made is not None:
        copies = benchmark.stats.stats.min / seconds_to_copy(made.nbytes)
        benchmark.extra_info["copies_of_the_state"] = copies
        line += f"; at best a call takes {copies:.1f} times a copy of the state by one thread"
    print(line)


def seconds_to_copy(size):
    """Return the shortest of many times."""
    source, target = np.ones((2, size), np.uint8)
    times = np.empty(200)
    for k in range(times.size):
        began = perf_counter()
        np.copyto(target, source)
        times[k] = perf_counter() - began
    return times.min()
