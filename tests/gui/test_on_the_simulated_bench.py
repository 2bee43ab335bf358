"""The whole stack under the window: the built-in bench, its drivers and a real procedure."""

from benchctl.store import StoredRun


def test_a_loop_is_measured_drawn_and_stored(open_window, qtbot):
    window = open_window("iv-sweep")
    assert window.bench_bar.badge.text() == "SIMULATED"
    assert window.prospect.plan.programs >= 1
    window.panel.form.fields["cycles"].put("2")
    with qtbot.waitSignal(window.session.ended, timeout=60_000) as ended:
        window.start()
    result = ended.args[0]
    assert result.status == "finished"
    assert StoredRun(result.file).rows == result.rows == window._feed.table.rows
    assert window.result.table.rowCount() == len(result.analysis) > 0
    assert all(card._items for card in window.plots.cards)


def test_forming_gets_a_fresh_device_and_leaves_it_formed(open_window, qtbot):
    window = open_window("forming")
    first = window._bench
    assert "fresh device" in window.preview._about.text()
    with qtbot.waitSignal(window.session.ended, timeout=60_000):
        window.start()
    formed = window._bench
    assert formed is not first
    window.panel.choose("iv-sweep")
    qtbot.waitUntil(lambda: window.panel.start.isEnabled())
    with qtbot.waitSignal(window.session.ended, timeout=60_000):
        window.start()
    assert window._bench is formed
