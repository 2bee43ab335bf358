"""Bounded curves: nothing that matters to the eye is lost, whatever the rows are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchctl.gui.live import LivePlot, LiveTable
from benchctl.gui.series import CAPACITY, DRAWN, Series, condense
from benchctl.procedure import Plot


def fed(series, x, y, block):
    for start in range(0, len(x), block):
        series.append(x[start : start + block], y[start : start + block])
    return series


@given(
    rows=st.integers(1, 3000),
    block=st.integers(1, 700),
    capacity=st.sampled_from([16, 64, 1024]),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=60, deadline=None)
def test_extremes_survive_any_blocks(rows, block, capacity, seed):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(rows)
    x = np.arange(rows, dtype=float)
    series = fed(Series(capacity), x, y, block)
    a, b = series.points(max(8, rows // 10))
    assert series.rows == rows
    assert (b.min(), b.max()) == (y.min(), y.max())
    assert (np.diff(a) >= 0).all()
    np.testing.assert_array_equal(b, y[a.astype(int)])  # every point drawn is a point recorded


def test_memory_and_drawing_stay_bounded():
    series = Series()
    for start in range(0, 3_000_000, 100_000):
        x = np.arange(start, start + 100_000, dtype=float)
        series.append(x, np.sin(x))
    x, _ = series.points()
    assert len(x) <= DRAWN
    assert series.rows == 3_000_000
    kept = series._x.nbytes + series._y.nbytes + sum(part.nbytes for part in series._tail)
    assert kept < 2.5e6
    assert len(series._tail[0]) < series._bucket


def test_one_spike_in_a_million_rows_is_drawn():
    y = np.zeros(1_000_000)
    y[654_321] = 1.0
    series = fed(Series(), np.arange(1e6), y, 4096)
    a, b = series.points()
    assert a[b.argmax()] == 654_321


def test_a_loop_keeps_both_branches():
    phase = np.linspace(0, 40 * np.pi, 1_000_000)
    series = fed(Series(), np.sin(phase), np.cos(phase), 4096)
    x, y = series.points()
    assert len(x) <= DRAWN
    np.testing.assert_allclose(np.hypot(x, y), 1.0, atol=1e-9)
    assert (y > 0.9).any()
    assert (y < -0.9).any()


def test_values_that_are_not_finite_are_left_out():
    series = Series()
    series.append(np.array([0.0, 1.0, np.nan, 3.0]), np.array([1.0, np.nan, 2.0, np.inf]))
    x, y = series.points()
    assert (x.tolist(), y.tolist()) == ([0.0], [1.0])


def test_points_are_spent_on_what_is_in_view():
    x = np.arange(CAPACITY, dtype=float)
    series = fed(Series(), x, np.sin(x), 4096)
    a, _ = series.points(1000, view=(5000.0, 5400.0))
    assert a[0] <= 5000.0
    assert a[-1] >= 5400.0
    assert len(a) == pytest.approx(402, abs=4)


def test_a_flat_bucket_keeps_its_ends():
    x, _ = condense(np.arange(8.0), np.ones(8), 4)
    assert x.tolist() == [0, 3, 4, 7]


def test_groups_are_bounded_and_the_newest_stay():
    plot = LivePlot(Plot("voltage", "current", by="cycle"), groups=5)
    for cycle in range(0, 60, 3):
        rows = np.repeat(np.arange(cycle, cycle + 3.0), 10)
        plot.append({"voltage": np.arange(30.0), "current": np.arange(30.0), "cycle": rows})
    curves = plot.curves()
    assert [curve.group for curve in curves] == [55.0, 56.0, 57.0, 58.0, 59.0]
    assert plot.truncated
    assert all(len(curve.x) == 10 for curve in curves)


def test_interleaved_groups_become_whole_curves():
    plot = LivePlot(Plot("time", "state", by="level"))
    plot.append({"time": np.arange(9.0), "state": np.arange(9.0), "level": np.arange(9.0) % 3})
    assert [(c.group, c.x.tolist()) for c in plot.curves()] == [
        (0.0, [0, 3, 6]),
        (1.0, [1, 4, 7]),
        (2.0, [2, 5, 8]),
    ]
    assert not plot.truncated


def test_rows_of_no_group_are_left_out():
    plot = LivePlot(Plot("time", "state", by="level"))
    level = np.array([1.0, np.nan, 1.0])
    plot.append({"time": np.arange(3.0), "state": np.arange(3.0), "level": level})
    plot.append({"time": np.array([3.0]), "state": np.array([3.0]), "level": np.array([np.nan])})
    assert [(c.group, c.x.tolist()) for c in plot.curves()] == [(1.0, [0, 2])]


def test_a_log_axis_draws_magnitudes_and_says_so():
    plot = LivePlot(Plot("voltage", "current", log_y=True))
    plot.append({"voltage": np.array([-1.0, 0.0, 1.0]), "current": np.array([-1e-6, 0.0, 2e-6])})
    (curve,) = plot.curves()
    assert curve.y.tolist() == [1e-6, 2e-6]
    assert plot.folded == {"current"}


def test_the_table_knows_its_newest_row():
    table = LiveTable([Plot("cycle", "state")])
    table.append({"cycle": np.array([1.0, 2.0]), "state": np.array([5.0, 6.0])})
    table.append({"cycle": np.array([]), "state": np.array([])})
    assert table.rows == 2
    assert table.latest == {"cycle": 2.0, "state": 6.0}


def test_groups_come_in_the_order_of_their_first_rows():
    plot = LivePlot(Plot("time", "state", by="level"))
    plot.append(
        {"time": np.arange(4.0), "state": np.ones(4), "level": np.array([1.0, -1.0, -1.0, 1.0])}
    )
    assert [curve.group for curve in plot.curves()] == [1.0, -1.0]
