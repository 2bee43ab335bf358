"""Choosing a cell of an array, on the simulated array of the examples."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from benchctl.dut import Dut
from benchctl.errors import InstrumentError
from benchctl.gui.chooser import CellChooser
from benchctl.gui.slot import BenchSlot
from benchctl.gui.status import State
from benchctl.store import StoredRun
from benchctl.wiring import Cell

ARRAY = Path(__file__).parents[2] / "examples/benches/array.toml"


@pytest.fixture
def array_window(open_window):
    return lambda procedure: open_window(procedure, slot=BenchSlot(ARRAY, simulate=True))


def choose(window, qtbot, cell):
    """Click on a cell, or on "All cells" where it is None."""
    button = window.bench_bar.cell
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.popup.isVisible()
    if cell is None:
        qtbot.mouseClick(button.popup.all, Qt.MouseButton.LeftButton)
    else:
        spot = button.popup.grid.place(cell).center().toPoint()
        qtbot.mouseClick(button.popup.grid, Qt.MouseButton.LeftButton, pos=spot)
    assert not button.popup.isVisible()
    assert not window.panel.start.isEnabled()  # until it is connected and looked at again
    qtbot.waitUntil(lambda: window.prospect is not None, timeout=20_000)


def run(window, qtbot):
    with qtbot.waitSignal(window.session.ended, timeout=30_000) as ended:
        window.start()
    qtbot.waitUntil(lambda: window.prospect is not None, timeout=20_000)
    return StoredRun(ended.args[0].file)


@pytest.mark.usefixtures("prepared")
def test_a_lone_device_has_nothing_to_choose(open_window):
    window = open_window()
    assert window.bench_bar.cell.isHidden()
    assert not window.bench_bar.cell.action.isVisible()


def test_without_a_cell_start_says_what_is_missing(array_window, qtbot):
    window = array_window("iv-sweep")
    assert window.bench_bar.cell.text().startswith("Choose a cell")
    assert "Choose a cell" in window.panel.reason.text()
    assert "no cell is chosen" in window.preview._refusal.text()
    assert not window.panel.start.isEnabled()
    window.panel.choose("array-map")  # goes through them by itself
    qtbot.waitUntil(window.panel.start.isEnabled, timeout=20_000)
    assert window.bench_bar.cell.text().startswith("All 64 cells")
    assert "Each of 64 cells" in window.preview._about.text()


def test_a_chosen_cell_is_connected_in_the_benchs_thread_and_stays(
    array_window, qtbot, monkeypatch
):
    threads = []
    connect = Dut.choose

    def noted(self, cell):
        threads.append(threading.current_thread().name)
        connect(self, cell)

    monkeypatch.setattr(Dut, "choose", noted)
    window = array_window("array-map")
    choose(window, qtbot, Cell(1, 1))
    choose(window, qtbot, Cell(2, 5))
    assert window._bench.dut.cells == (Cell(2, 5),)
    assert window.bench_bar.cell.text().startswith("Row 2, column 5")
    assert "HfOx-X8 r2c5" in window.bench_bar.title.text()
    for _ in range(2):  # the matrix opens after a run; the second must not read air
        stored = run(window, qtbot)
        assert stored.header.bench["cell"] == [2, 5]
        assert list(zip(stored.data["row"], stored.data["column"], strict=True)) == [(2, 5)]
        assert stored.data["conductance"][0] > 1e-7
    before = window._bench
    window.new_device()
    qtbot.waitUntil(lambda: window._bench not in (None, before), timeout=20_000)
    assert window._bench.dut.cell == Cell(2, 5)
    assert all(name.startswith("bench") for name in threads)
    assert len(threads) == 3


def test_all_cells_after_one_and_none_connected_at_the_end(array_window, qtbot):
    window = array_window("array-map")
    choose(window, qtbot, Cell(7, 0))
    choose(window, qtbot, None)
    stored = run(window, qtbot)
    assert stored.rows == 64
    assert stored.header.bench["cell"] is None
    assert stored.header.dut == "HfOx-X8"
    window.panel.choose("iv-sweep")
    qtbot.waitUntil(lambda: window.prospect is not None, timeout=20_000)
    assert "no cell is chosen" in window.prospect.refused  # not the last one of the map


def test_nothing_is_chosen_during_a_run(array_window, qtbot):
    window = array_window("array-map")
    window.panel.form.fields["repeats"].put("100000")
    window.start()
    assert not window.bench_bar.cell.isEnabled()
    assert not window.bench_bar.cell.action.isEnabled()
    qtbot.waitUntil(lambda: window._feed.table.rows > 3, timeout=20_000)
    window.choose_cell(Cell(0, 0))
    assert window.state is State.RUNNING
    with qtbot.waitSignal(window.session.ended, timeout=20_000):
        window.stop()
    assert len(window._bench.dut.cells) == 64
    assert window.bench_bar.cell.isEnabled()


def test_a_matrix_that_fails_leaves_no_cell_chosen(array_window, qtbot, monkeypatch):
    window = array_window("iv-sweep")
    choose(window, qtbot, Cell(0, 1))
    assert window.panel.start.isEnabled()

    def fail(_):
        raise InstrumentError("matrix: a contact is stuck")

    monkeypatch.setattr(window._bench.dut.wiring.array.matrix, "connect", fail)
    choose(window, qtbot, Cell(3, 3))
    assert "a contact is stuck" in window.log.toPlainText()
    assert window.below.currentWidget() is window.log
    assert not window.panel.start.isEnabled()
    assert window.bench_bar.cell.wanted
    assert window._bench.dut.cell is None


def test_grid_numbers_and_keys_agree(qtbot):
    chooser = CellChooser(None)
    qtbot.addWidget(chooser)
    chooser.offer(64, 48, Cell(63, 0))
    grid = chooser.grid
    assert (chooser.row.value(), chooser.column.value()) == (63, 0)
    for cell in (Cell(0, 0), Cell(63, 47), Cell(17, 40)):
        assert grid.at(grid.place(cell).center()) == cell
    assert grid.at(grid.place(Cell(64, 0)).center()) is None
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Down)  # round the corner
    assert (chooser.row.value(), chooser.column.value()) == (0, 1)
    with qtbot.waitSignal(chooser.picked) as picked:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert picked.args == [Cell(0, 1)]
    chooser.row.setValue(12)
    with qtbot.waitSignal(chooser.picked) as picked:
        qtbot.mouseClick(chooser.choose, Qt.MouseButton.LeftButton)
    assert picked.args == [Cell(12, 1)]
