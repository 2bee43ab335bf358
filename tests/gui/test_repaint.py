"""The binding: PySide6 6.12 aborts on Python 3.11 after about a hundred repaints."""

import sys

import numpy as np
import pytest

from benchctl.gui.axes import QuantityAxis
from benchctl.gui.live import LiveTable
from benchctl.gui.plots import PlotCard
from benchctl.gui.theme import LIGHT
from benchctl.headings import heading
from benchctl.procedure import Plot


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_repaints_do_not_consume_none(qtbot, monkeypatch):
    table = LiveTable([Plot("cycle", "state")])
    headings = {"cycle": heading("Cycle"), "state": heading("State (S)")}
    card = PlotCard(table.plots[0], headings, LIGHT)
    qtbot.addWidget(card)
    card.resize(240, 180)
    with qtbot.waitExposed(card):
        card.show()
    painted = 0
    paint = QuantityAxis.paint

    def counted(self, *args):
        nonlocal painted
        painted += 1
        return paint(self, *args)

    monkeypatch.setattr(QuantityAxis, "paint", counted)
    repaints, before = 2000, sys.getrefcount(None)
    for number in range(repaints):
        table.append({"cycle": np.array([float(number)]), "state": np.array([1e-6])})
        card.refresh(table)
        card.plot.viewport().repaint()
    assert painted >= 2 * repaints
    assert sys.getrefcount(None) - before > -repaints
