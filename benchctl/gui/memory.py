"""What the window remembers from one time to the next."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchctl.gui.window import Window


def restore(window: "Window") -> None:
    """Give the window the size, folder and colours it had."""
    settings = window.settings
    window.resize(1280, 800)
    for name, part in (("rows", window.rows), ("columns", window.columns)):
        if (state := settings.value(name)) is not None:
            part.restoreState(state)
    if (geometry := settings.value("geometry")) is not None:
        window.restoreGeometry(geometry)
    if (out := settings.value("out")) is not None:
        window.panel.put_folder(Path(str(out)))
    window.set_theme(str(settings.value("theme", "system")))


def save(window: "Window") -> None:
    """Remember size and procedure; `Window.set_theme` remembers the colours."""
    settings = window.settings
    settings.setValue("geometry", window.saveGeometry())
    settings.setValue("rows", window.rows.saveState())
    settings.setValue("columns", window.columns.saveState())
    settings.setValue("procedure", window.panel.picker.name)
