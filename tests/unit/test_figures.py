"""The pictures of a run: axes in the unit that suits, and nothing left out in silence."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchctl.figures import _draw
from benchctl.procedure import Plot
from benchctl.store import Column


def drawn(plot, **columns):
    """Return the axes after drawing `plot` of columns given as title to values."""
    made = {Column.of(title): np.asarray(v, float) for title, v in columns.items()}
    data = {column.slug: values for column, values in made.items()}
    rows = len(next(iter(data.values())))
    figure = Figure()
    ax = figure.add_subplot()
    _draw(ax, plot, SimpleNamespace(columns=list(made), data=data, rows=rows))
    figure.canvas.draw()
    return ax


def texts(labels):
    return [label.get_text() for label in labels if label.get_text()]


def test_a_linear_axis_is_written_in_the_unit_that_suits():
    ax = drawn(
        Plot("elapsed", "current"),
        **{"Elapsed (s)": [0, 0.1, 0.2], "Current (A)": [0, 5e-7, -6e-7]},
    )
    assert ax.get_ylabel() == "Current (nA)"
    assert "200" in texts(ax.get_yticklabels())
    assert ax.get_xlabel() == "Elapsed (ms)"
    long = drawn(Plot("t", "v"), **{"T (s)": [0, 5e4], "V (V)": [0, 1.5]})
    assert (long.get_xlabel(), long.get_ylabel()) == ("T (s)", "V (V)")


def test_a_log_axis_draws_magnitudes_and_counts_the_zeros():
    ax = drawn(
        Plot("voltage", "current", log_y=True),
        **{"Voltage (V)": [0, -1, -2, -3], "Current (A)": [0, -1e-9, -1e-7, -1e-6]},
    )
    assert ax.get_ylabel() == "|Current| (A)"
    (line,) = ax.lines
    assert np.nanmax(line.get_ydata()) == 1e-6
    assert texts(ax.texts) == ["1 reading of 0 not drawn"]


@pytest.mark.parametrize(("most", "unit", "tick"), [(1e4, "s", "10⁴"), (1e-4, "A", "100 µ")])
def test_decades_are_written_as_people_say_them(most, unit, tick):
    title = f"Size ({unit})"
    ax = drawn(Plot("n", "size", log_y=True), **{"N": [1, 2], title: [most / 1e5, most]})
    assert tick in texts(ax.get_yticklabels())


def test_whole_numbers_get_whole_ticks():
    ax = drawn(Plot("cycle", "outcome"), **{"Cycle": range(5), "Outcome": [2] * 5})
    ticks = [float(t) for t in texts(ax.get_yticklabels())]
    assert ticks == [round(tick) for tick in ticks]
    assert 2.0 in ticks


def test_groups_have_colours_in_the_order_they_came():
    ax = drawn(
        Plot("pulse", "state", kind="points", by="branch"),
        **{"Pulse": [0, 1, 0, 1], "State (S)": [1, 2, 2, 1], "Branch": [1, 1, -1, -1]},
    )
    legend = ax.get_legend()
    assert texts(legend.get_texts()) == ["1", "-1"]
    assert ax.lines[0].get_color() == "#0072B2"
    assert legend.get_window_extent().x0 >= ax.get_window_extent().x1  # beside, not over


def test_codes_are_said_in_words_beside_the_axis_and_in_the_legend():
    column = Column.of("Outcome", {0: "good", 1: "stuck low", 2: "stuck high"})
    cycle, branch = Column.of("Cycle"), Column.of("Branch", {1: "up", -1: "down"})
    data = {"cycle": np.arange(4.0), "outcome": np.zeros(4), "branch": np.array([1, 1, -1, -1.0])}
    stored = SimpleNamespace(columns=[cycle, column, branch], data=data, rows=4)
    ax = Figure().add_subplot()
    _draw(ax, Plot("cycle", "outcome", kind="points", by="branch"), stored)
    assert texts(ax.get_yticklabels()) == ["good", "stuck low", "stuck high"]
    low, high = ax.get_ylim()
    assert low < 0
    assert high > 2
    assert texts(ax.get_legend().get_texts()) == ["up", "down"]
