"""Make the pictures of the window: run ``python docs/pictures.py``; no display is needed.

Each is what the window really shows on the built-in simulated bench, or on one of the examples.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QSettings, QTimer

from benchctl.gui.app import application, make_window
from benchctl.gui.slot import BenchSlot
from benchctl.gui.status import State
from benchctl.gui.window import Window
from benchctl.wiring import Cell

BENCHES = Path(__file__).resolve().parents[1] / "examples/benches"
FOLDER = Path(__file__).parent / "pictures"
SIZE = (1280, 800)


def main(folder: Path = FOLDER) -> None:
    """Write every picture into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    application()
    with tempfile.TemporaryDirectory() as scratch:
        window = opened(Path(scratch))
        stimulus(window, folder)
        running(window, folder)
        for name in ("iv-sweep", "stdp", "multilevel", "retention"):
            finished(window, name, folder)
        dark(window, folder)
        window.set_theme("light")
        array(window, folder)
        neuron(window, folder)
        window.stop_and_close()
        wait_until(lambda: not window.isVisible())


def opened(scratch: Path) -> Window:
    """Return a window with its bench open."""
    settings = QSettings(str(scratch / "window.ini"), QSettings.Format.IniFormat)
    slot = BenchSlot(None, simulate=True)
    window = make_window(slot, procedure="set-reset", settings=settings)
    window.set_theme("light")
    window.panel.put_folder(Path("runs"))
    os.chdir(scratch)
    window.resize(*SIZE)
    window.show()
    wait_until(window.panel.start.isEnabled)
    return window


def stimulus(window: Window, folder: Path) -> None:
    """Show what is about to be applied, accepted and refused."""
    shoot(window, folder / "stimulus.png")
    put(window, "set_voltage", "9 V")
    wait_until(lambda: window.prospect is not None)
    shoot(window, folder / "refused.png")
    window.panel.reset.click()
    wait_until(window.panel.start.isEnabled)


def running(window: Window, folder: Path) -> None:
    """Show a run that is half done."""
    put(window, "cycles", "4000")
    wait_until(window.panel.start.isEnabled)
    window.start()
    wait_until(lambda: window.status.bar.value() > 450 or not window.state.busy)
    shoot(window, folder / "window.png")
    window.stop()
    wait_until(lambda: not window.state.busy)


def finished(window: Window, name: str, folder: Path) -> None:
    """Show what a procedure came to."""
    choose(window, name)
    window.start()
    wait_until(lambda: not window.state.busy)
    shoot(window, folder / f"{name}.png")


def dark(window: Window, folder: Path) -> None:
    """Show the dark colours."""
    window.set_theme("dark")
    shoot(window, folder / "dark.png")


def array(window: Window, folder: Path) -> None:
    """Show the map of an array of which one cell is on: its row and column leak."""
    on_bench(window, "array.toml", "retention")
    for name, text in (("levels", "20 uS"), ("duration", "2 s")):
        put(window, name, text)
    for name in ("set_width", "reset_width"):
        put(window, name, "1 ms")
    window.choose_cell(Cell(2, 5))
    wait_until(window.panel.start.isEnabled)
    window.start()
    wait_until(lambda: not window.state.busy)
    window.choose_cell(None)
    finished(window, "array-map", folder)


def neuron(window: Window, folder: Path) -> None:
    """Show a neuron that fires."""
    on_bench(window, "neuron.toml", "firing")
    finished(window, "firing", folder)


def on_bench(window: Window, bench: str, name: str) -> None:
    """Open one of the example benches, simulated, with a procedure for it."""
    window.open_bench(BENCHES / bench, simulate=True)
    window.panel.choose(name)
    wait_until(lambda: window.state is not State.OPENING and window.prospect is not None)


def choose(window: Window, name: str) -> None:
    """Pick a procedure and wait for its preview."""
    window.panel.choose(name)
    wait_until(window.panel.start.isEnabled)


def put(window: Window, name: str, text: str) -> None:
    """Type `text` into a field."""
    assert window.panel.form is not None
    field = window.panel.form.fields[name]
    field.put(text)
    field.changed.emit()


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Let the window live until `condition` holds, and a little longer."""
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            raise TimeoutError("the window did not get there")
        pause(10)
    pause(150)


def pause(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def shoot(window: Window, path: Path) -> None:
    """Write what the window shows."""
    window.grab().save(str(path), "PNG", 0)  # 0 is the smallest file
    print(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
