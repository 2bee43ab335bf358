"""How fast jart_vcm runs from its table, how far from the exact solve, what a table costs.

A full stroke takes ln N over 7 of its 7.8 e-folds, and back: 1 V sets and -1.6 V resets in 1 us. A
read is as much a segment as a stroke is.
"""

import math

import numpy as np
import pytest

from sim_instruments.models.jart_contact import table
from sim_instruments.models.jart_vcm import JartVcm

QUIET = {"jumps": False, "read_noise": 0.0, "relaxation": 0.0}
PLAIN = {**QUIET, "variable": False, "drift": 0.0}


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
    "full strokes alone, no compliance": (pulses(1.0, -1.6), {}),
    "full strokes and reads behind 500 Ohm": (pulses(1.3, 0.1, -2.2, 0.1), {"resistance": 500.0}),
}


@pytest.mark.parametrize("case", CASES)
def test_segments_of_jart_vcm(benchmark, case):
    """Segments per second from the table, and the worst deviation in a pass of the exact solve."""
    program, circuit = CASES[case]
    count = 200_000 // program[0].size
    device = JartVcm(seed=1)
    benchmark(lambda: device.play(*program, count=count, **circuit))
    rate = count * program[0].size / benchmark.stats.stats.median
    best = count * program[0].size / benchmark.stats.stats.min
    benchmark.extra_info["segments_per_second"] = rate
    found, exact = (
        JartVcm(seed=1, exact=e, **QUIET).play(*program, **circuit).current for e in (False, True)
    )
    driven = exact != 0.0
    off = np.abs(found[driven] / exact[driven] - 1.0)
    benchmark.extra_info["worst_deviation"] = float(off.max())
    print(f"{case}: {rate:.3g} segments/s (best {best:.3g}), worst deviation {off.max():.2%}")
    assert off.max() < 0.03


CIRCUITS = [{}, {"limit": 1e-4}, {"limit": 5e-4}, {"resistance": 5e2}, {"resistance": 2e3},
            {"resistance": 2e4}]  # fmt: skip
STARTS = {0.008: (0.5, 0.6, 0.75, 0.9, 1.0, 1.2, 1.5, 2.0), 0.3: (0.6, 0.9, 1.2),
          2.0: (-0.9, -1.4, -1.8), 19.9: (-1.1, -1.3, -1.4, -1.6, -1.8, -2.2)}  # fmt: skip
"""N in 1e26/m3 -> V"""
WIDTHS = np.geomspace(1e-11, 1e-2, 37)
FINE = np.geomspace(0.8e-11, 1.25e-2, 4000)
"""s; the exact solution is followed in such pieces and in strides of 0.05"""


def after(device, volts, width, circuit):
    """Return ln of the current at 0.1 V after a pulse."""
    device.play(*pulses(volts, width=width), record=False, **circuit)
    return math.log(device.current(0.1))


def test_worst_deviation_over_a_grid_of_pulses(benchmark):
    """Pulses of every width, those that end in a runaway too, where 1 % of time is e-folds.

    The deviation of such a pulse is that of its current or of its time, whichever is less.
    """
    grid = [(n, v, c) for n, levels in STARTS.items() for v in levels for c in CIRCUITS]
    times = np.log(WIDTHS)

    def of(n, **parameters):
        return JartVcm(seed=0, vacancies=n * 1e26, **PLAIN, **parameters)

    def tabulated():
        return np.array([[after(of(n), v, w, c) for w in WIDTHS] for n, v, c in grid])

    found = benchmark.pedantic(tabulated, rounds=1, iterations=1)
    current, both = np.empty(found.shape), np.empty(found.shape)
    for k, (n, v, c) in enumerate(grid):
        device = of(n, exact=True, largest_step=0.05)
        exact = np.array([after(device, v, more, c) for more in np.diff(FINE, prepend=0.0)])
        shifts = np.linspace(-0.1, 0.1, 401)
        near = np.interp(times[:, None] + shifts, np.log(FINE), exact)
        current[k] = np.abs(found[k] - near[:, 200])
        both[k] = np.maximum(np.abs(near - found[k][:, None]), np.abs(shifts)).min(axis=1)
    worst = grid[int(both.max(axis=1).argmax())]
    print(f"\n{both.size} pulses: worst deviation of current or time {both.max():.2%} (from N = "
          f"{worst[0]} at {worst[1]} V, {worst[2]}), of the current {current.max():.2f} e-folds, "
          f"more than 3 % in {np.sum(current > 0.03)} pulses, 99 of 100 within "
          f"{np.quantile(current, 0.99):.2%}")  # fmt: skip
    benchmark.extra_info.update(worst=float(both.max()), runaways=int(np.sum(current > 0.03)))
    assert both.max() < 0.03


def test_segments_of_the_exact_solve(benchmark):
    program, circuit = CASES["loop"]
    device = JartVcm(seed=1, exact=True)
    benchmark(lambda: device.play(*program, **circuit))
    benchmark.extra_info["segments_per_second"] = program[0].size / benchmark.stats.stats.median


def test_a_table(benchmark):
    """What another ambient temperature or another set of parameters costs, once."""
    physics = JartVcm(seed=1)._p[:16].tolist()
    benchmark(lambda: table.__wrapped__(*physics))
