"""Axes in little room: no label over another, none cut."""

from itertools import pairwise

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QFontMetricsF

from benchctl.gui.axes import QuantityAxis
from benchctl.gui.live import LiveTable
from benchctl.gui.plots import PlotCard
from benchctl.gui.theme import LIGHT
from benchctl.headings import Heading, heading
from benchctl.procedure import Plot


def shown(qtbot, plot, height, **columns):
    """Return the card of a plot of the columns (slug to values), drawn at a height."""
    titles = {"cycle": "Cycle", "outcome": "Outcome", "state": "State conductance (S)"}
    table = LiveTable([plot])
    card = PlotCard(table.plots[0], {slug: heading(t) for slug, t in titles.items()}, LIGHT)
    qtbot.addWidget(card)
    card.resize(300, height)
    with qtbot.waitExposed(card):
        card.show()
    table.append({slug: np.asarray(values, float) for slug, values in columns.items()})
    card.refresh(table)
    qtbot.wait(50)
    return card


def ticks(axis, length):
    """Return the texts beside an axis, with their places in pixels."""
    low, high = axis.range
    found = []
    for spacing, values in axis.tickValues(low, high, length):
        texts = axis.tickStrings(values, 1.0, spacing)
        found += [
            ((v - low) / (high - low) * length, t) for v, t in zip(values, texts, strict=True) if t
        ]
    return sorted(found)


@pytest.mark.parametrize("height", [60, 90, 140, 300])
@pytest.mark.parametrize("span", [(1e-6, 1.2e-6), (1e-6, 8e-6), (5e-6, 8e-5), (1e-9, 1e-4)])
def test_labels_of_a_log_axis_do_not_meet(qtbot, height, span):
    axis = QuantityAxis("left", Heading("Conductance", "S"), log=True)
    plot = pg.PlotWidget(axisItems={"left": axis})
    plot.setLogMode(False, True)
    qtbot.addWidget(plot)
    axis.setLogMode(True)
    axis.resize(60, height)
    axis.setRange(*np.log10(span))
    places = [place for place, _ in ticks(axis, height)]
    assert places
    line = QFontMetricsF(axis.label.font()).height()
    assert all(b - a >= 0.9 * line for a, b in pairwise(places))


def test_a_title_longer_than_its_axis_gives_way_to_the_unit(qtbot):
    plot = Plot("cycle", "state")
    tall = shown(qtbot, plot, 400, cycle=[1, 2], state=[1e-6, 2e-6])
    assert "State conductance" in tall.plot.getAxis("left").labelString()
    low = shown(qtbot, plot, 150, cycle=[1, 2], state=[1e-6, 2e-6])
    assert "State" not in low.plot.getAxis("left").labelString()
    assert "S)" in low.plot.getAxis("left").labelString()


def test_whole_numbers_have_no_ticks_between(qtbot):
    card = shown(qtbot, Plot("cycle", "outcome"), 300, cycle=[1, 2, 3], outcome=[0, 0, 1])
    for side in ("left", "bottom"):
        axis = card.plot.getAxis(side)
        assert all(float(text) == int(float(text)) for _, text in ticks(axis, 250))
    card = shown(qtbot, Plot("cycle", "outcome"), 300, cycle=[1, 2, 3], outcome=[0, 0.5, 1])
    assert "0.5" in [text for _, text in ticks(card.plot.getAxis("left"), 250)]


def test_what_a_log_axis_cannot_draw_is_counted(qtbot):
    plot = Plot("cycle", "state", log_y=True)
    card = shown(qtbot, plot, 300, cycle=[1, 2, 3], state=[0, 0, 1e-6])
    assert "2 readings of 0 not drawn" in card._legend.text().replace("&nbsp;", " ")


def test_codes_are_written_in_words(qtbot):
    words = {0: "good", 1: "stuck low", 2: "stuck high"}
    table = LiveTable([Plot("cycle", "outcome", kind="points", by="branch")])
    headings = {
        "cycle": Heading("Cycle", ""),
        "outcome": Heading("Outcome", "", words),
        "branch": Heading("Branch", "", {1: "up", -1: "down"}),
    }
    card = PlotCard(table.plots[0], headings, LIGHT)
    qtbot.addWidget(card)
    card.resize(300, 300)
    with qtbot.waitExposed(card):
        card.show()
    rows = {"cycle": [1, 2, 3], "outcome": [0, 0, 0], "branch": [1, 1, -1]}
    table.append({slug: np.asarray(values, float) for slug, values in rows.items()})
    card.refresh(table)
    qtbot.wait(50)
    axis = card.plot.getAxis("left")
    assert [text for _, text in ticks(axis, axis.size().height())] == list(words.values())
    legend = card._legend.text()
    assert "up" in legend
    assert "down" in legend
