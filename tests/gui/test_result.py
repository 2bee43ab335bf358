"""The table of figures of merit."""

from pathlib import Path
from types import SimpleNamespace

from benchctl.gui.result import ResultView


def test_long_lists_are_broken_into_lines_and_leave_room(qtbot):
    view = ResultView()
    qtbot.addWidget(view)
    view.resize(800, 300)
    view.show()
    merits = {
        "rate": {"value": [12.5] * 40, "unit": "Hz", "title": "Rate", "note": "at 1 V, 2 V"},
        "spikes": {"value": 3, "title": "Spikes"},
    }
    view.show_result("firing", SimpleNamespace(
        file=Path("x.h5"), rows=1, analysis=merits, status="finished", error=None
    ))  # fmt: skip
    table = view.table
    assert table.columnWidth(1) <= 0.3 * table.viewport().width()
    assert table.columnWidth(3) > 200
    assert table.rowHeight(0) > 3 * table.rowHeight(1)
    assert not table.horizontalScrollBar().isVisible()
    before = table.rowHeight(0)
    view.resize(1600, 300)
    assert table.rowHeight(0) < before
