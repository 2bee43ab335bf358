"""Maps of tiles, and plots of which the bench observed nothing."""

import numpy as np
import pytest

from benchctl.gui.live import MOST_TILES, LiveMap, LiveTable
from benchctl.gui.plots import PlotGrid
from benchctl.gui.theme import LIGHT
from benchctl.headings import heading
from benchctl.procedure import Plot

SPEC = Plot("column", "row", kind="map", by="conductance", log_y=True)
HEADINGS = {
    "row": heading("Row"),
    "column": heading("Column"),
    "conductance": heading("Conductance (S)"),
    "drain": heading("Drain current (A)"),
}


def rows(*triples):
    row, column, value = np.array(triples, dtype=float).T
    return {"row": row, "column": column, "conductance": value, "drain": np.full(len(row), np.nan)}


@pytest.fixture
def grid(qtbot):
    grid = PlotGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 500)
    return grid


def test_the_newest_value_of_each_tile_is_kept():
    found = LiveMap(SPEC)
    assert not found.observed
    found.append(rows((0, 0, 1e-6), (0, 1, 2e-6)))
    found.append(rows((2, 1, 3e-6), (0, 1, np.nan), (0, 0, 5e-6), (0, 0, 4e-6)))
    nan = np.nan
    np.testing.assert_array_equal(found.values, [[4e-6, 2e-6], [nan, nan], [nan, 3e-6]])


def test_what_lies_outside_the_map_costs_no_memory():
    found = LiveMap(SPEC)
    found.append(rows((-1, 0, 1.0), (0, MOST_TILES, 1.0), (1e9, 0, 1.0), (np.nan, 0, 1.0)))
    assert found.values.size == 0
    assert found.version == 1


@pytest.mark.parametrize("scale", [1e-6, 1e3])
def test_a_dead_cell_has_the_lowest_colour_of_a_log_scale(scale):
    found = LiveMap(SPEC)
    found.append(rows((0, 0, 0.0), (0, 1, -10 * scale), (1, 0, scale)))
    tiles = found.tiles()
    np.testing.assert_allclose(tiles[0], [np.log10(scale), np.log10(scale) + 1])
    assert np.isnan(tiles[1, 1])


def test_a_map_is_drawn_and_says_what_is_under_the_mouse(grid):
    table = LiveTable([SPEC])
    grid.follow(table, HEADINGS, LIGHT)
    (card,) = grid.cards
    assert "no rows yet" in card._legend.text()
    table.append(rows((0, 0, 1e-6), (1, 2, 1e-3)))
    assert grid.refresh()
    assert not grid.refresh()
    np.testing.assert_allclose(card.image.image[1, 2], -3.0)
    np.testing.assert_allclose(card.image.levels, (-6.0, -3.0))
    for text in ("1 µS", "10 µS", "100 µS", "1 mS"):
        assert text in card._legend.text().replace("&nbsp;", " ")
    assert card.text_at(2.4, 0.6) == "Row 1, Column 2: 1 mS"
    assert card.text_at(1.0, 0.0) == card.text_at(3.0, 0.0) == card.text_at(0.0, -1.0) == ""


def test_plots_without_an_observation_leave_at_the_end(grid):
    table = LiveTable([SPEC, Plot("column", "drain", "Output")])
    grid.follow(table, HEADINGS, LIGHT)
    shown, unseen = grid.cards
    grid.show()
    table.append(rows((0, 0, 1e-6)))
    grid.refresh()
    assert "nothing observed so far" in unseen._legend.text()
    assert not unseen.isHidden()  # it may still come
    grid.settle()
    assert not shown.isHidden()
    assert unseen.isHidden()
    grid.dress(LIGHT)


def test_a_run_without_any_observation_keeps_its_plots(grid):
    table = LiveTable([Plot("column", "drain")])
    grid.follow(table, HEADINGS, LIGHT)
    grid.show()
    table.append(rows((0, 0, 1e-6)))
    grid.settle()
    assert not grid.cards[0].isHidden()
