"""The live plot and the window's start: frames a second, and seconds to the first picture."""

import os
import subprocess
import sys
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from benchctl.gui.app import application
from benchctl.gui.live import LiveTable, Series
from benchctl.gui.plots import PlotCard
from benchctl.gui.theme import LIGHT
from benchctl.headings import heading
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

BIG = """
import sys, tempfile, threading
from pathlib import Path
import numpy as np, psutil
from PySide6.QtCore import QSettings, QTimer
from benchctl.gui.app import application, make_window
from benchctl.gui.slot import BenchSlot
app = application()
folder = Path(tempfile.mkdtemp())
settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
window = make_window(BenchSlot(None, simulate=True), settings=settings)
window.panel.put_folder(folder)
window.show()
process, peak, over = psutil.Process(), [0], threading.Event()

def offer(_):
    from benchctl.procedure import Plot, Procedure
    from benchctl.stimulus import read

    class Big(Procedure):
        "Ten million rows."
        DATA_COLUMNS = ["Cycle", "Set conductance (S)", "Reset conductance (S)", "Time (s)"]
        PLOTS = (
            Plot("cycle", ("set_conductance", "reset_conductance"), log_y=True),
            Plot("set_conductance", "reset_conductance", kind="points"),
        )

        def preview(self):
            return read(0.1)

        def execute(self):
            random = np.random.default_rng(0)
            for start in range(0, 10_000_000, 10_000):
                self.record(
                    cycle=np.arange(start, start + 10_000),
                    set_conductance=1e-4 * random.random(10_000),
                    reset_conductance=1e-6 * random.random(10_000),
                    time=0.0,
                )
                self.progress(start / 1e7)

    window.panel.offer({"big": Big}, "big")

def look():
    if window._feed is None and window.panel.start.isEnabled():
        window.start()

def watch():
    while not over.wait(0.02):
        peak[0] = max(peak[0], process.memory_info().rss)

def end(result):
    over.set()
    print(result.rows, peak[0] / 1e6)
    result.file.unlink()
    window.stop_and_close()

window.session.procedures_loaded.connect(offer)
window.session.ended.connect(end)
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
threading.Thread(target=watch).start()
sys.exit(app.exec())
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


def test_memory_of_ten_million_rows(benchmark):
    outcome = []

    def run():
        done = subprocess.run([sys.executable, "-c", BIG], check=True, capture_output=True)
        outcome[:] = map(float, done.stdout.split())

    benchmark.pedantic(run, rounds=1)
    rows, megabytes = outcome
    print(f"\n{rows:,.0f} rows with the window open: {megabytes:.0f} MB at most")
    assert rows == 10_000_000
    assert megabytes <= 400
