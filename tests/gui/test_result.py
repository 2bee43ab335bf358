"""The table of figures of merit."""

from pathlib import Path
from types import SimpleNamespace

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication

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
    assert table.columnWidth(3) >= table.sizeHintForColumn(3)
    assert table.rowHeight(0) > 2 * table.rowHeight(1)
    assert not table.horizontalScrollBar().isVisible()
    before = table.rowHeight(0)
    view.resize(1600, 300)
    assert table.rowHeight(0) < before


def test_no_text_is_cut_and_empty_columns_are_left_out(qtbot):
    view = ResultView()
    qtbot.addWidget(view)
    view.resize(620, 300)
    view.show()
    merits = {
        f"m{n}": {"value": 1.292e-6, "unit": "S", "title": "Spread between cells " * n,
                  "interval": [1.26e-6, 1.314e-6]}
        for n in range(1, 4)
    }  # fmt: skip
    view.show_result("array-map", SimpleNamespace(
        file=Path("x.h5"), rows=1, analysis=merits, status="finished", error=None
    ))  # fmt: skip
    table = view.table
    assert [table.isColumnHidden(column) for column in range(4)] == [False, False, False, True]
    line = table.fontMetrics().height()
    for row in range(table.rowCount()):
        for column in range(3):
            text = table.item(row, column).text()
            inside = QRect(0, 0, table.columnWidth(column) - 6, 10_000)  # less Qt's margins
            needed = table.fontMetrics().boundingRect(inside, Qt.TextFlag.TextWordWrap, text)
            assert needed.width() <= inside.width()
            assert table.rowHeight(row) >= needed.height()
    assert table.rowHeight(2) >= 2 * line
    assert table.rowHeight(0) < 2 * line
    assert "1.26\N{NO-BREAK SPACE}µS" in table.item(0, 2).text()
    view.resize(1200, 300)
    assert {table.rowHeight(row) for row in range(table.rowCount())} == {table.rowHeight(0)}
    view.copy_all()
    assert "1.26 µS to 1.314 µS" in QGuiApplication.clipboard().text()
