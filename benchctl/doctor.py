"""Is everything here, and does every instrument answer? The first thing to run at a new bench."""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchctl import plugins
from benchctl.bench import open_bench
from benchctl.errors import BenchError

PACKAGES = (
    "benchctl",
    "pymeasure",
    "pyvisa",
    "pyvisa-py",
    "numpy",
    "numba",
    "h5py",
    "PySide6-Essentials",
)


def examine(bench: Path | None = None, *, simulate: bool = False, as_json: bool = False) -> int:
    """Print one line per check and return 0 if all passed, 1 otherwise."""
    checks = [_python(), *map(_package, PACKAGES), *_plugins(), _visa(), _bench(bench, simulate)]
    if as_json:
        sys.stdout.write(json.dumps(checks) + "\n")
    else:
        for check in checks:
            mark = "ok  " if check["passed"] else "FAIL"
            sys.stdout.write(f"{mark}  {check['name']}: {check['detail']}\n")
    return 0 if all(check["passed"] for check in checks) else 1


def _check(name: str, passed: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "passed": passed, "detail": detail}


def _python() -> dict[str, Any]:
    return _check(
        "Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.system()}"
    )


def _package(name: str) -> dict[str, Any]:
    try:
        return _check(name, True, version(name))
    except PackageNotFoundError:
        optional = name.startswith("PySide6")
        hint = "not installed; the window needs it: pip install 'benchctl[gui]'"
        return _check(name, optional, hint if optional else "not installed")


def _plugins() -> list[dict[str, Any]]:
    """Import every plug-in: a broken one is found here, not in the middle of a night."""
    checks = []
    for kind in ("procedure", "driver", "model"):
        broken = []
        for name in plugins.names(kind):
            try:
                plugins.load(kind, name)
            except Exception as error:
                broken.append(f"{name}: {type(error).__name__}: {error}")
        detail = "; ".join(broken) or ", ".join(plugins.names(kind))
        checks.append(_check(f"{kind}s", not broken and bool(plugins.names(kind)), detail))
    return checks


def _visa() -> dict[str, Any]:
    """Say which VISA a real bench would use; a simulated one needs none."""
    from pyvisa.ctwrapper import IVIVisaLibrary

    system = IVIVisaLibrary.get_library_paths()
    if system:
        return _check("VISA", True, f"system library {system[0]}")
    found = find_spec("pyvisa_py") is not None
    detail = "no system library; pyvisa-py serves (no GPIB without linux-gpib)"
    return _check("VISA", found, detail if found else "none; install one, or pyvisa-py")


def _bench(path: Path | None, simulate: bool) -> dict[str, Any]:
    name = str(path) if path else "built-in bench"
    try:
        with open_bench(path, simulate=simulate) as bench:
            answers = "; ".join(f"{n} = {i}" for n, i in bench.identities.items())
            kind = "simulated" if bench.simulated else "real"
            return _check(name, True, f"{kind}; {answers}")
    except BenchError as error:
        return _check(name, False, str(error))
