"""The menus: everything the window can do, with its shortcut beside it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from benchctl.gui.window import Window


def fill_menus(window: "Window") -> None:
    """Give `window` its menus."""
    bench = QMenu("&Bench", window)
    _add(bench, "Built-in simulated bench", lambda: window.open_bench(None, simulate=True))
    _add(bench, "Open a bench …", lambda: window.choose_bench(simulate=False), "Ctrl+O")
    _add(bench, "Open a bench, simulated …", lambda: window.choose_bench(simulate=True))
    bench.addSeparator()
    bench.addAction(window.bench_bar.cell.action)
    _add(bench, "New simulated device", window.new_device, "Ctrl+N")
    window.bench_bar.change.setMenu(bench)
    bar = window.menuBar()
    bar.addMenu(bench)

    run = bar.addMenu("&Run")
    _add(run, "Start", window.start, "Ctrl+Return")
    _add(run, "Stop", window.stop, "Esc")
    run.addSeparator()
    _add(run, "Open the file's folder", window.result.open_folder)
    _add(run, "Copy the result", window.result.copy_all, "Ctrl+Shift+C")
    run.addSeparator()
    _add(run, "Quit", window.close, "Ctrl+Q")

    view = bar.addMenu("&View")
    for number, page in enumerate(("Stimulus", "Measurement")):
        _add(view, page, partial(window.pages.setCurrentIndex, number), f"Ctrl+{number + 1}")
    for number, page in enumerate(("Log", "Result")):
        _add(view, page, partial(window.below.setCurrentIndex, number), f"Ctrl+{number + 3}")
    view.addSeparator()
    group = QActionGroup(window)
    for name in ("system", "light", "dark"):
        action = _add(view, f"{name.capitalize()} colours", partial(window.set_theme, name))
        action.setCheckable(True)
        action.setChecked(name == str(window.settings.value("theme", "system")))
        group.addAction(action)


def _add(menu: QMenu, text: str, act: Callable[[], object], keys: str = "") -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _checked=False: act())
    if keys:
        action.setShortcut(QKeySequence(keys))
    return action
