"""How often the lines of an array are solved while a cell switches, and that it is often enough."""

from collections import Counter

import numpy as np
import pytest
from array_bench import array_of, play, select

from sim_instruments.circuits import newton
from sim_instruments.circuits.nodal import Lines

STROKE = 1.6e-9


@pytest.fixture
def effort(monkeypatch):
    """Return what counts solutions of the lines and factorisations."""
    done: Counter[str] = Counter()

    def counted(name, function):
        def call(*given, **options):
            done[name] += 1
            return function(*given, **options)

        return call

    monkeypatch.setattr(Lines, "solve", counted("solutions", Lines.solve))
    monkeypatch.setattr(newton, "splu", counted("factors", newton.splu))
    return done


@pytest.mark.parametrize(
    ("scheme", "solutions", "factors"), [("floating", 400, 25), ("half", 400, 15)]
)
def test_a_piece_that_is_taken_back_costs_little(effort, scheme, solutions, factors):
    """It leaves the lines and their factors as they were, and pieces do not grow to be refused."""
    array = array_of("gap_filament", 12, 12, parameters={"thickness": 3.3e-9})
    select(array, 2, 3, scheme)
    third = 0.5 if scheme == "half" else 0.0
    cycle = np.array([2.4, 0.1, -2.4, 0.1])
    play(array, cycle, 1e-6, third=third, limit=100e-6)
    effort.clear()
    seen = play(array, cycle, 1e-6, third=third, limit=100e-6)
    print(scheme, dict(effort))
    assert seen.limited[0]
    assert seen.current[1] > 10 * seen.current[3]
    assert effort["solutions"] < solutions
    assert effort["factors"] < factors


def test_cells_that_reset_slowly_are_followed_although_they_hardly_move():
    """A row at the limit: each percent of current less is a percent of voltage more for them all.

    They creep for most of the pulse, then run away; when is decided while they creep.
    """

    def left(tolerance):
        array = array_of("gap_filament", 3, 3, line_resistance=10.0, tolerance=tolerance,
                         parameters={"thickness": 4e-9})  # fmt: skip
        select(array, 0, 1, "grounded")
        for level in (2.0, -1.5):
            play(array, [level], 1e-5, limit=150e-6)
        return array.crossbar.state["thickness"]

    error = np.abs(left(5e-4) - left(1e-4)).max() / STROKE
    print(f"{error:.1e} of a stroke")
    assert error < 6e-3
