"""Clouds of points: what is drawn of many has the shape of all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchctl.gui.live import LivePlot
from benchctl.gui.scatter import HEAD, Scatter
from benchctl.procedure import Plot


def fed(scatter, x, y, block=4096):
    for start in range(0, len(x), block):
        scatter.append(x[start : start + block], y[start : start + block])
    return scatter


def cloud(rows):
    return np.arange(1.0, rows + 1), np.random.default_rng(3).normal(1.0, 0.05, rows)


@pytest.mark.parametrize("log_x", [False, True])
def test_the_middle_of_a_cloud_is_where_most_points_are(log_x):
    x, y = cloud(200_000)
    _, drawn = fed(Scatter(log_x=log_x), x, y).points(750)
    inner = np.abs(drawn - 1.0) < 0.034  # half of a normal distribution
    assert 0.35 < inner.mean() < 0.55
    assert (drawn.min(), drawn.max()) == (y.min(), y.max())


def test_every_decade_of_a_log_axis_has_points():
    x, y = cloud(1_000_000)
    drawn, _ = fed(Scatter(log_x=True), x, y).points(750)
    decades = np.floor(np.log10(drawn))
    assert drawn.min() == 1.0
    assert all((decades == d).sum() >= 9 for d in range(6))


@given(
    rows=st.integers(1, 4000),
    block=st.integers(1, 700),
    capacity=st.sampled_from([16, 64, 1024]),
    log_x=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_points_are_rows_and_stay_bounded(rows, block, capacity, log_x):
    x, y = cloud(rows)
    scatter = fed(Scatter(capacity, log_x=log_x), x, y, block)
    most = max(16, rows // 10)
    a, b = scatter.points(most)
    assert scatter.rows == rows
    assert len(a) <= most
    np.testing.assert_array_equal(b, y[a.astype(int) - 1])
    assert (b.min(), b.max()) == (y.min(), y.max())


def test_what_is_kept_is_evenly_spaced_behind_the_head():
    x, y = cloud(500_000)
    scatter = fed(Scatter(1 << 14), x, y, 1000)
    kept = scatter._x[: scatter._size]
    assert (np.diff(kept[:HEAD]) == 1).all()
    assert set(np.diff(kept[HEAD:])) == {float(scatter._step)}
    assert x[-1] - kept[-1] < scatter._step


def test_few_points_are_drawn_whole():
    x, y = cloud(700)
    a, b = fed(Scatter(), x, y, 50).points(750)
    np.testing.assert_array_equal(a, x)
    np.testing.assert_array_equal(b, y)


def test_a_view_gets_its_own_points():
    x, y = cloud(100_000)
    a, _ = fed(Scatter(), x, y).points(1000, view=(500.0, 700.0))
    np.testing.assert_array_equal(np.unique(a), np.arange(500.0, 701.0))


def test_plots_of_points_are_clouds():
    plot = LivePlot(Plot("cycle", "state", kind="points"))
    x, y = cloud(50_000)
    plot.append({"cycle": x, "state": y})
    (curve,) = plot.curves(most=1500)
    assert 0.35 < (np.abs(curve.y - 1.0) < 0.034).mean() < 0.55
