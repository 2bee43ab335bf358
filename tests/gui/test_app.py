"""The window as its own process: what it loads before it shows, and how signals end it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchctl.errors import ConfigError
from benchctl.gui.app import main
from benchctl.store import StoredRun

FIRST_PAINT = """
import sys
from benchctl.gui.app import application, make_window
from benchctl.gui.slot import BenchSlot
app = application()
window = make_window(BenchSlot(None, simulate=True))
window.session.load = lambda: None
window.painted.connect(app.quit)
window.show()
app.exec()
heavy = {"pandas", "numba", "matplotlib", "scipy", "pymeasure", "h5py", "lmfit", "pyvisa"}
print(sorted(heavy & set(sys.modules)))
"""

IMPORTED_LATER = """
import linecache
from benchctl.gui.app import application
application()
import xml.dom.minidom
print([file for file in linecache.cache if "xml" in file])
"""

RUNNING = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from benchctl.gui.app import application, close_on_signals, make_window
from benchctl.gui.slot import BenchSlot
app = application()
settings = QSettings(sys.argv[1] + "/window.ini", QSettings.Format.IniFormat)
window = make_window(BenchSlot(None, simulate=True), procedure="set-reset", settings=settings)
window.panel.put_folder(Path(sys.argv[1]))
window.show()
heartbeat = close_on_signals(window)
announced = False
def look():
    global announced
    if window._feed is None and window.panel.start.isEnabled():
        window.panel.form.fields["cycles"].put("1e8")
        window.start()
    elif window._feed is not None and window._feed.table.rows and not announced:
        announced = True
        print("running", flush=True)
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
sys.exit(app.exec())
"""


def start(program, *arguments):
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_nothing_heavy_is_imported_before_the_first_picture():
    process = start(FIRST_PAINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.strip() == "[]"


def test_the_binding_does_not_keep_every_source_it_sees():
    process = start(IMPORTED_LATER)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_run_and_closes_the_window(tmp_path, number):
    process = start(RUNNING, str(tmp_path))
    assert process.stdout.readline().strip() == "running", process.stderr.read()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    (file,) = Path(tmp_path).glob("*.h5")
    run = StoredRun(file)
    assert run.status == "stopped"
    assert run.rows > 0


def test_a_misspelt_procedure_is_named():
    with pytest.raises(ConfigError, match="did you mean 'set-reset'"):
        main(procedure="set-rest")
