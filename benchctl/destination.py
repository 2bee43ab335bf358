"""Where a file is to go: what cannot work is refused before anything is opened or applied."""

import os
from pathlib import Path

from benchctl.errors import ConfigError


def refuse_unwritable(out: Path) -> None:
    """Refuse a folder, or a run file ending in .h5, that cannot be made.

    Raises:
        ConfigError: says what is in the way.
    """
    if out.suffix.lower() == ".h5":
        if out.exists():
            raise ConfigError(f"{out} exists already; choose another name")
        out = out.parent
    _refuse_folder(out)


def make_folder_of(path: Path) -> None:
    """Make the folder a file is to go into.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    _refuse_folder(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {path.parent}: {error.strerror}") from None
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file")


def _refuse_folder(folder: Path) -> None:
    """Refuse a folder that neither is there to be written to nor can be made."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise ConfigError(f"cannot write to {folder}: {there} is a file; choose another place")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"cannot write to {folder}: {there} is not yours; choose another place")
