"""How fast jart_vcm runs from its table, how far from the exact solve, what a table costs."""

import numpy as np
import pytest

from sim_instruments.models.jart_contact import table
from sim_instruments.models.jart_vcm import JartVcm

QUIET = {"jumps": False, "read_noise": 0.0, "relaxation": 0.0}


def sweep():
    """Return a staircase 0, 1.3, 0, -1.5, 0 V in points of 5 mV, 1 V/s."""
    ends = ((0.0, 1.3), (1.3, 0.0), (0.0, -1.5), (-1.5, 0.0))
    levels = np.concatenate([np.linspace(a, b, round(abs(b - a) / 5e-3) + 1)[1:] for a, b in ends])
    return levels, np.full(levels.size, 5e-3), np.zeros(levels.size)


def pulses(*volts, width=1e-6):
    return np.array(volts), np.full(len(volts), width), np.zeros(len(volts))


CASES = {
    "loop": (sweep(), {"limit": 5e-4}),
    "loop behind 2 kOhm": (sweep(), {"resistance": 2e3}),
    "reads": (pulses(0.1, 0.0), {}),
    "set, read, reset, read in compliance": (pulses(1.0, 0.1, -1.6, 0.1), {"limit": 5e-4}),
    "full strokes and reads, no compliance": (pulses(1.0, 0.1, -1.6, 0.1), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_segments_of_jart_vcm(benchmark, case):
    """Segments per second from the table, and the worst deviation in a pass of the exact solve."""
    program, circuit = CASES[case]
    count = 200_000 // program[0].size
    device = JartVcm(seed=1)
    benchmark(lambda: device.play(*program, count=count, **circuit))
    rate = count * program[0].size / benchmark.stats.stats.median
    benchmark.extra_info["segments_per_second"] = rate
    found, exact = (
        JartVcm(seed=1, exact=e, **QUIET).play(*program, **circuit).current for e in (False, True)
    )
    driven = exact != 0.0
    off = np.abs(found[driven] / exact[driven] - 1.0)
    benchmark.extra_info["worst_deviation"] = float(off.max())
    print(f"{case}: {rate:.3g} segments/s, worst deviation {off.max():.2%}")
    assert np.sort(off)[-2 if off.size > 2 else -1] < 0.03


def test_segments_of_the_exact_solve(benchmark):
    program, circuit = CASES["loop"]
    device = JartVcm(seed=1, exact=True)
    benchmark(lambda: device.play(*program, **circuit))
    benchmark.extra_info["segments_per_second"] = program[0].size / benchmark.stats.stats.median


def test_a_table(benchmark):
    """What another ambient temperature or another set of parameters costs, once."""
    physics = JartVcm(seed=1)._p[:16].tolist()
    benchmark(lambda: table.__wrapped__(*physics))
