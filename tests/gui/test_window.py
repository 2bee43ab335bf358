"""The window as a person uses it: what it allows, what it says, and how it ends."""

from types import SimpleNamespace

import numpy as np
import pytest
from pymeasure.experiment import Procedure as StockProcedure
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from benchctl.errors import InstrumentError
from benchctl.gui.feed import RunFeed
from benchctl.gui.live import LiveTable
from benchctl.gui.status import State
from benchctl.headings import plots_of
from benchctl.store import StoredRun

pytestmark = pytest.mark.usefixtures("prepared")


def edit(window, name, text):
    field = window.panel.form.fields[name]
    field.put(text)
    field.changed.emit()


def run_to_end(window, qtbot):
    with qtbot.waitSignal(window.session.ended, timeout=20_000) as ended:
        qtbot.mouseClick(window.panel.start, Qt.MouseButton.LeftButton)
    return ended.args[0]


def test_idle_shows_bench_and_stimulus(open_window):
    window = open_window()
    assert window.state is State.IDLE
    assert window.status.badge.text() == "IDLE"
    assert window.bench_bar.badge.text() == "SIMULATED"
    assert "Keithley 2450" in window.bench_bar.details.text()
    assert window.panel.start.isEnabled()
    assert not window.panel.stop.isEnabled()
    assert ("Highest", "1 V  (limit 2 V)", False) in window.prospect.facts()
    assert ("Programs", "1", False) in window.prospect.facts()


def test_a_real_bench_says_so(open_window, bench):
    bench.simulated = False
    window = open_window()
    assert window.bench_bar.badge.text() == "REAL BENCH"
    assert window.bench_bar.fresh.isHidden()


def test_a_refused_stimulus_cannot_be_started(open_window, qtbot):
    window = open_window()
    edit(window, "set_voltage", "9 V")
    assert not window.panel.start.isEnabled()  # at once, before anybody has looked again
    qtbot.waitUntil(lambda: window.prospect is not None)
    assert "9 V is outside the DUT's limits" in window.preview._refusal.text()
    assert not window.preview._refusal.isHidden()
    assert not window.panel.start.isEnabled()
    window.start()
    assert window.state is State.IDLE
    edit(window, "set_voltage", "1.5 V")
    qtbot.waitUntil(lambda: window.panel.start.isEnabled())
    assert window.preview._refusal.isHidden()


def test_a_wrong_field_cannot_be_started(open_window, qtbot):
    window = open_window()
    edit(window, "cycles", "many")
    qtbot.waitUntil(lambda: "Mend" in window.panel.reason.text())
    assert not window.panel.start.isEnabled()
    assert window.preview.prospect.segments == ()


def test_a_run_to_its_end(open_window, qtbot, bench, tmp_path):
    window = open_window()
    edit(window, "cycles", "300")
    qtbot.waitUntil(lambda: window.panel.start.isEnabled())
    result = run_to_end(window, qtbot)
    assert (result.status, result.rows) == ("finished", 300)
    assert window.state is State.FINISHED
    assert StoredRun(result.file).status == "finished"
    assert result.file.parent == tmp_path / "runs"
    assert window.result.rows == [("Mean", "1 mS", "900 µS to 1.1 mS", "")]
    assert "300 rows" in window.status.figures.text()
    x, y = window.plots.cards[0]._items[0].getData()
    np.testing.assert_array_equal(x, np.arange(300.0))
    np.testing.assert_allclose(y, 1e-3)
    assert bench.safe_calls == 1
    qtbot.waitUntil(lambda: window.panel.start.isEnabled())
    window.result.copy_all()
    assert str(result.file) in QGuiApplication.clipboard().text()


def test_escape_stops_a_run(open_window, qtbot):
    window = open_window("endless")
    window.start()
    qtbot.waitUntil(lambda: window._feed.table.rows > 5)
    assert window.state is State.RUNNING
    assert window.panel.stop.isEnabled()
    assert not window.panel.picker.isEnabled()
    with qtbot.waitSignal(window.session.ended, timeout=20_000) as ended:
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        assert window.state is State.STOPPING
    assert ended.args[0].status == "stopped"
    assert window.state is State.STOPPED
    assert StoredRun(ended.args[0].file).status == "stopped"


def test_a_failed_run_says_why(open_window, qtbot):
    window = open_window("broken")
    result = run_to_end(window, qtbot)
    assert window.state is State.FAILED
    assert result.rows == 1
    assert "the recipe has a defect" in window.result._about.text()
    assert window.result._about.property("role") == "error"


def test_a_failing_observer_costs_the_plot_and_not_the_run(open_window, qtbot, monkeypatch):
    def fail(self, columns):
        raise ValueError("no room to draw")

    monkeypatch.setattr(RunFeed, "rows", fail)
    window = open_window()
    result = run_to_end(window, qtbot)
    assert (result.status, result.rows) == ("finished", 50)
    qtbot.waitUntil(lambda: "is dropped" in window.log.toPlainText())


def test_a_run_that_cannot_begin_says_why(open_window, qtbot, tmp_path):
    window = open_window()
    (tmp_path / "taken").write_text("a file where the folder should be")
    window.panel.put_folder(tmp_path / "taken")
    with qtbot.waitSignal(window.session.broke, timeout=20_000):
        window.start()
    assert window.state is State.FAILED
    assert "taken" in window.result._about.text()
    assert not window.result.folder.isEnabled()


def test_closing_during_a_run_asks_first(open_window, qtbot, bench, monkeypatch):
    window = open_window("endless")
    window.start()
    qtbot.waitUntil(lambda: window._feed.table.rows > 5)
    monkeypatch.setattr(window, "agrees_to_stop", lambda: False)
    window.close()
    assert window.state is State.RUNNING
    monkeypatch.setattr(window, "agrees_to_stop", lambda: True)
    window.close()
    assert window.state is State.STOPPING
    qtbot.waitUntil(lambda: window._closed, timeout=20_000)
    assert bench.safe_calls >= 1
    assert bench.closed
    assert not window.isVisible()


def test_a_bench_that_does_not_open_is_named(open_window, qtbot, monkeypatch):
    def refuse(*_, **__):
        raise InstrumentError("smu does not answer; check power, cable and address")

    monkeypatch.setattr("benchctl.bench.open_bench", refuse)
    window = open_window(ready=lambda: True)
    qtbot.waitUntil(lambda: window.bench_bar.badge.text() == "NO BENCH", timeout=20_000)
    assert "smu does not answer" in window.bench_bar.details.text()
    assert not window.panel.start.isEnabled()


def test_the_window_remembers(open_window, qtbot):
    window = open_window("endless")
    window.resize(window.width(), 700)
    window.set_theme("dark")
    window.close()
    qtbot.waitUntil(lambda: window._closed)
    again = open_window("")
    assert again.panel.picker.name == "endless"
    assert again.height() == 700
    assert again.theme.dark


def test_each_procedure_keeps_what_was_typed(open_window, qtbot):
    window = open_window()
    edit(window, "set_voltage", "1.5 V")
    window.panel.choose("endless")
    assert window.panel.form.fields["set_voltage"].raw() == "1 V"
    window.panel.choose("quick")
    assert window.panel.form.fields["set_voltage"].raw() == "1.5 V"
    window.panel.reset.click()
    assert window.panel.form.fields["set_voltage"].raw() == "1 V"
    qtbot.waitUntil(lambda: window.panel.start.isEnabled())


def test_a_stock_procedure_gets_a_plot_of_its_own():
    class Stock(StockProcedure):
        DATA_COLUMNS = ["Field (T)", "Signal (V)"]  # noqa: RUF012 - PyMeasure's way

    (plot,) = plots_of(Stock)
    assert (plot.x, plot.y) == ("field", "signal")


def test_a_run_that_ends_while_the_question_stands_does_not_keep_the_window(
    open_window, qtbot, monkeypatch
):
    window = open_window("endless")
    window.start()
    qtbot.waitUntil(lambda: window._feed.table.rows > 5)

    def answer():
        with qtbot.waitSignal(window.session.ended, timeout=20_000):
            window.session.stop()
        return True

    monkeypatch.setattr(window, "agrees_to_stop", answer)
    window.close()
    qtbot.waitUntil(lambda: window._closed, timeout=20_000)


def test_another_bench_begins_without_the_last_runs_progress(open_window, qtbot):
    window = open_window()
    run_to_end(window, qtbot)
    assert window.status.bar.value() == 1000
    window.open_bench(None, simulate=True)
    qtbot.waitUntil(lambda: window.state is State.IDLE and window.prospect is not None)
    assert window.status.bar.value() == 0
    assert window.status.figures.text() == ""


def test_before_a_run_goes_on_the_window_says_what_it_waits_for(open_window, qtbot):
    window = open_window()
    status = window.status
    status.show_preparing(0.5, simulated=True)
    assert status.figures.text() == "Preparing …"
    status.show_preparing(5.0, simulated=True)
    assert "compiled" in status.figures.text()
    status.show_preparing(5.0, simulated=False)
    assert status.figures.text() == "Preparing …"
    window._feed = RunFeed(LiveTable(()))
    window._enter(State.RUNNING)
    window.refresh()
    assert "Preparing" in status.figures.text()
    window._feed.started(SimpleNamespace(path="x.h5"))
    window.refresh()
    assert "0 rows" in status.figures.text()
    window._enter(State.IDLE)


def test_what_has_no_room_is_elided_and_whole_under_the_mouse(open_window, qtbot, tmp_path):
    window = open_window()
    far = tmp_path / "a_rather_long_name_of_a_folder" / "another_long_name" / "runs"
    window.panel.put_folder(far)
    label = window.panel._folder
    assert label.whole == f"Files go to {far}"
    assert "…" in label.text()
    assert label.toolTip() == str(far)
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
