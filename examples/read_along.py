"""Read a run's file while another process still writes it, as a notebook would."""

import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import h5py
import numpy as np

COMMAND = "from benchctl.cli import main; main()"


def rows_so_far(path: Path) -> dict[str, np.ndarray]:
    """Return every column as far as it is on disk; some may be a few rows ahead."""
    with h5py.File(path, "r", swmr=True) as file:
        columns = {name: file["data"][name][:] for name in file["data"].attrs["columns"]}
    whole = min(len(values) for values in columns.values())
    return {name: values[:whole] for name, values in columns.items()}


def main() -> None:
    """Start a run of its own, and look at its file until there are some rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "growing.h5")
        arguments = ["run", "endurance", "-p", "cycles=1e6", "--out", str(path), "--quiet"]
        writer = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments])
        try:
            while not look(path) and writer.poll() is None:
                Event().wait(0.2)
        finally:
            writer.terminate()
            writer.wait()


def look(path: Path) -> bool:
    """Print how far the run is; return whether it has begun to grow."""
    if not path.exists():
        return False
    try:
        columns = rows_so_far(path)
    except OSError:
        return False  # not yet laid out
    rows = len(columns["cycle"])
    if rows:
        print(f"{rows} cycles so far, last window {columns['set_conductance'][-1]:.3g} S")
    return rows > 0


if __name__ == "__main__":
    main()
