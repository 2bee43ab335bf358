"""Developer tasks, with nothing but Python installed: python3 dev.py TASK.

Each task first makes .venv and installs into it what pyproject.toml and constraints.txt say;
when nothing changed since the last time, that takes no time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "installed"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
EXTRAS = "gui,export,dev,docs"
#: What Qt's libraries and a readable window need on a bare Debian or Ubuntu.
DEBIAN = ["libegl1", "libgl1", "libglib2.0-0", "libxkbcommon0", "libdbus-1-3", "libfontconfig1",
          "fonts-dejavu-core"]  # fmt: skip
PROBE = "from PySide6.QtGui import QGuiApplication, QFontDatabase; QGuiApplication([]); \
import sys; sys.exit(0 if QFontDatabase.families() else 'no fonts')"
DEMO = ("iv-sweep", "forming", "set-reset", "multilevel", "stdp", "retention", "endurance")


def main(arguments: list[str]) -> int:
    """Run one task; further arguments go to the tool behind it."""
    task, *rest = arguments or ["help"]
    if task not in TASKS:
        print(__doc__)
        for name, function in TASKS.items():
            print(f"  {name:6} {(function.__doc__ or '').splitlines()[0]}")
        return 0 if task in ("help", "-h", "--help") else 2
    setup()
    return TASKS[task](rest)


def setup() -> None:
    """Make .venv, install everything, bring or name the missing system libraries."""
    stamp = hashlib.sha256(
        b"".join((HERE / f).read_bytes() for f in ("pyproject.toml", "constraints.txt", "dev.py"))
        + f"{sys.version}{HERE}".encode()
    ).hexdigest()
    if STAMP.exists() and STAMP.read_text() == stamp:
        return
    if sys.version_info < OLDEST:
        sys.exit(f"benchctl needs Python {'.'.join(map(str, OLDEST))} or newer; this is "
                 f"{sys.version.split()[0]} at {sys.executable}")  # fmt: skip
    if not PYTHON.exists():
        print("making .venv", flush=True)
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    print("installing benchctl and its tools (about a minute the first time)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    # "compat" puts this folder on the path; the default import hook costs each start 20 ms.
    run([*pip, "--constraint", "constraints.txt", "--config-settings", "editable_mode=compat",
         "--editable", f".[{EXTRAS}]"])  # fmt: skip
    bring_qt_libraries()
    STAMP.write_text(stamp)


def bring_qt_libraries() -> None:
    """Install what Qt lacks on Debian as root; elsewhere print what to do."""
    if qt_works():
        return
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        print("Qt does not start here; install its system libraries (libEGL, libGL, libxkbcommon, "
              "libdbus, fontconfig and a font) to use the window.")  # fmt: skip
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *DEBIAN]
    if os.geteuid() != 0:
        print(f"Qt does not start here; for the window, run:  sudo {' '.join(command)}")
        return
    print("installing the system libraries Qt needs", flush=True)
    quiet = {
        "stdout": subprocess.DEVNULL,
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    }
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run(command, check=False, **quiet)
    if not qt_works():
        print("Qt still does not start; the window will not open on this machine.")


def qt_works() -> bool:
    """Tell whether a Qt program starts and has a font to write with."""
    done = subprocess.run([str(PYTHON), "-c", PROBE], env=offscreen(), capture_output=True)
    return done.returncode == 0


def demo(_: list[str]) -> int:
    """Run the standard measurements on the simulated bench; files and pictures in runs/demo."""
    folder = Path("runs") / "demo"
    shutil.rmtree(HERE / folder, ignore_errors=True)
    for name in DEMO:
        print(f"\n── {name} ──", flush=True)
        code = tool("benchctl", "run", name, "--seed", "1", "--out", str(folder / f"{name}.h5"))
        code = code or tool("benchctl", "show", str(folder / f"{name}.h5"),
                            "--plot", str(folder / f"{name}.png"), "--quiet")  # fmt: skip
        if code:
            return code
    print(f"\nRun files and plots are in {folder}. Next: {BIN / 'benchctl'} gui")
    return 0


def test(rest: list[str]) -> int:
    """Run the tests on all cores."""
    return tool("pytest", *(rest or ["-n", "auto"]))


def lint(_: list[str]) -> int:
    """Check style, types, layers and spelling."""
    checks = [
        tool("ruff", "check", "."),
        tool("ruff", "format", "--check", "."),
        tool("mypy"),
        tool("lint-imports", "--no-cache"),
        tool("codespell"),
    ]
    return max(checks)


def docs(rest: list[str]) -> int:
    """Build the documentation into docs/_build/html; warnings are errors."""
    return tool("sphinx-build", "-W", "--keep-going", "-q", *rest, "docs", "docs/_build/html")


def bench(rest: list[str]) -> int:
    """Run the benchmarks and print their medians and ratios."""
    options = ["--benchmark-columns=median,rounds", "-q", "-s", "-p", "no:xdist", "--timeout=1200"]
    return tool("pytest", *(rest or ["benchmarks"]), *options)


def tool(name: str, *arguments: str) -> int:
    """Run a program of .venv here and return its exit code."""
    program = shutil.which(name, path=str(BIN))
    if program is None:
        print(f"{name} is not in .venv; delete .venv and try again")
        return 1
    return subprocess.run([program, *arguments], cwd=HERE, env=offscreen()).returncode


def offscreen() -> dict[str, str]:
    """Return the environment, with Qt drawing to memory: tasks need no display."""
    return os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_API": "pyside6"}


def run(command: list[str]) -> None:
    """Run a command here; leave with its exit code where it fails."""
    done = subprocess.run(command, cwd=HERE)
    if done.returncode:
        sys.exit(done.returncode)


def only_setup(_: list[str]) -> int:
    """Make the environment, nothing else."""
    print(f"ready: {BIN}")
    return 0


TASKS = {
    "setup": only_setup,
    "demo": demo,
    "test": test,
    "lint": lint,
    "docs": docs,
    "bench": bench,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
