"""Arrays for tests: lines as a bench would wire them, and models without chance."""

import numpy as np

from sim_instruments.circuits.array import ArrayOfCells

QUIET = {
    "gap_filament": dict.fromkeys(
        ("spread_on", "spread_off", "spread_voltage", "cycle_on", "cycle_off", "cycle_voltage",
         "step_spread", "read_noise", "relaxation", "drift"), 0.0),
    "iontronic_li": dict.fromkeys(
        ("spread_conductance", "spread_rate", "spread_forming", "step_spread", "read_noise"), 0.0),
    "resistor": {},
}  # fmt: skip
OTHERS = {"floating": None, "grounded": 2, "half": 3}
"""input that the unselected lines are on"""


def array_of(model, rows, columns, *, seed=1, quiet=True, parameters=None, **options):
    given = (QUIET[model] if quiet else {}) | (parameters or {})
    gates = rows + columns + 1 if "transistor" in options else None
    return ArrayOfCells(model, rows, columns, seed=seed, parameters=given,
                        outputs=(1, rows + 1, gates), **options)  # fmt: skip


def resistors(values, **options):
    """Resistors of these values, ideal lines."""
    values = np.asarray(values, dtype=float)
    return array_of("resistor", *values.shape, parameters={"resistance": values},
                    line_resistance=0.0, **options)  # fmt: skip


def select(array, row, column, scheme, gate=3):
    """Connect one cell: its row high, its column low, its gate to `gate`, the others by scheme."""
    rows, columns = array.crossbar.shape
    closed = {(1, 1 + row), (2, 1 + rows + column)}
    if OTHERS[scheme]:
        closed |= {(OTHERS[scheme], 1 + r) for r in range(rows) if r != row}
        closed |= {(OTHERS[scheme], 1 + rows + c) for c in range(columns) if c != column}
    if array.crossbar.transistor:
        closed |= {(gate if c == column else 2, 1 + rows + columns + c) for c in range(columns)}
    array.connect(frozenset(closed))


def program(levels, duration, ramp=0.0):
    levels = np.asarray(levels, dtype=float)
    return levels, np.full(levels.size, duration), np.full(levels.size, ramp)


def play(array, levels, duration, ramp=0.0, *, third=0.0, **options):
    """Play levels of one duration; the third input follows as `third` times the first."""
    levels, seconds, ramps = program(levels, duration, ramp)
    return array.play_gated(levels, third * levels, seconds, ramps, **options)


def sweep(top, points):
    """Levels from 0 to `top` and back, then to -`top` and back."""
    up = np.linspace(0.0, top, points)
    return np.r_[up, up[::-1], -up, -up[::-1]]
