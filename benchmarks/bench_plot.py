"""The live plot and the window's start: frames a second, and seconds to the first picture."""

import os
import subprocess
import sys
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from benchctl.gui.app import application
from benchctl.gui.declared import heading
from benchctl.gui.live import LiveTable, Series
from benchctl.gui.plots import PlotCard
from benchctl.gui.theme import LIGHT
from benchctl.procedure import Plot

HEADINGS = {"time": heading("Time (s)"), "current": heading("Current (A)")}

STARTED = """
import sys
from time import perf_counter
from benchctl.gui.app import application, make_window
from benchctl.gui.slot import BenchSlot
app = application()
window = make_window(BenchSlot(None, simulate=True))
window.session.load = lambda: None
window.painted.connect(app.quit)
window.show()
app.exec()
print("pandas" in sys.modules, "numba" in sys.modules)
"""


@pytest.mark.parametrize("rows", [10_000, 1_000_000, 10_000_000])
@pytest.mark.parametrize("loop", [False, True], ids=["rising", "loop"])
def test_frames(benchmark, rows, loop):
    app = application()
    table = LiveTable([Plot("time", "current")])
    card = PlotCard(table.plots[0], HEADINGS, LIGHT)
    card.resize(1000, 700)
    card.show()
    app.processEvents()
    phase = np.linspace(0.0, 60.0, rows)
    noise = np.random.default_rng(0).standard_normal(rows)
    time = np.sin(phase) if loop else phase
    current = 1e-6 * np.cos(phase) + 1e-8 * noise
    for start in range(0, rows, 100_000):
        part = slice(start, start + 100_000)
        table.append({"time": time[part], "current": current[part]})
    painted = 0
    paint = card.plot.getAxis("left").paint

    def counted(*args):
        nonlocal painted
        painted += 1
        paint(*args)

    card.plot.getAxis("left").paint = counted

    def frame():
        # Beyond what was seen before, so that ranges and axes change with every frame.
        reach = 60.0 + painted
        table.append({"time": np.full(100, reach), "current": np.full(100, 1e-8 * reach)})
        card.refresh(table)
        card.plot.viewport().repaint()

    benchmark.pedantic(frame, rounds=60, warmup_rounds=5)
    fps = 1 / benchmark.stats.stats.median
    benchmark.extra_info["fps"] = fps
    print(f"\n{rows:>10,} rows: {fps:.0f} frames/s")
    card.close()
    assert painted >= 60
    assert fps >= 30


def test_rows_into_a_series(benchmark):
    x = np.arange(4096.0)
    series = Series()
    benchmark(lambda: series.append(x, x))
    rate = 4096 / benchmark.stats.stats.median
    print(f"\n{rate / 1e6:.0f} M rows/s into one curve")


def test_window_is_up(benchmark):
    def start():
        begun = perf_counter()
        subprocess.run([sys.executable, "-c", STARTED], check=True, capture_output=True)
        return perf_counter() - begun

    benchmark.pedantic(start, rounds=5)
    seconds = benchmark.stats.stats.median
    print(f"\nwindow painted, and gone again, after {seconds:.2f} s")
    assert seconds <= 1.5
