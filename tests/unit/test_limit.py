"""Meeting a current limit costs little, whatever the device does there."""

import math

import numpy as np
import pytest

from sim_instruments.models.circuit import specialise

GAP, STEPS = range(2)
SPREAD, REOPENS = range(2)
LONGEST, RATE = 0.05, 1e9
VOLTS, LIMIT = 1.0, 2e-4


def _current(v, x, p):
    g = 1e-4 * math.exp(-x[GAP]) if x[GAP] > 0.0 else 3e-4
    return g * v, g


def _step(v, i, g, give, h, x, p, rng):
    """Close the gap, with noise; what is closed may open again by noise alone, in 0.1 s each."""
    x[STEPS] += 1.0
    if x[GAP] <= 0.0:
        x[GAP] = max(0.0, p[REOPENS] * rng.standard_normal())
        return min(h, 0.1)
    move = min(RATE * h, LONGEST, x[GAP])
    noise = p[SPREAD] * math.sqrt(move) * rng.standard_normal() if move < x[GAP] else 0.0
    x[GAP] = max(0.0, x[GAP] - move + noise)
    return move / RATE


def _rest(h, x, p, rng):
    return


def _observe(i, x, p, rng):
    return i


KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)


def steps(limit, spread, reopens, seed):
    """Return how many steps it takes to close a gap of 1 and hold it closed for 10 s."""
    x, p = np.array([1.0, 0.0]), np.array([spread, reopens])
    out = np.empty(1), np.empty(1), np.empty(1, dtype=bool)
    program = (0.0, np.array([VOLTS]), np.array([10.0]), np.zeros(1))
    KERNELS.play(0.0, program, 1, (limit, 0.0), out, (x, p, np.zeros(0)),
                 np.random.default_rng(seed))  # fmt: skip
    assert out[1][0] <= limit
    return x[STEPS]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reopens", [0.0, 0.2])
@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0])
def test_a_device_that_jumps_over_the_limit_costs_little_more_than_without(spread, reopens, seed):
    """No step is so short that it meets the limit, and noise leads across it time and again."""
    free, limited = (steps(limit, spread, reopens, seed) for limit in (math.inf, LIMIT))
    print(f"noise {spread:g}, {reopens:g}: {limited:.0f} steps, {free:.0f} without a limit")
    assert limited < 3.0 * free + 1000.0
