"""benchctl: memristor measurements on a real bench and on a simulated one.

The names below are imported on first use, so that ``benchctl --help`` needs no numpy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchctl.bench import open_bench
    from benchctl.run import Run

__all__ = ["Run", "open_bench"]

_HOMES = {"open_bench": "benchctl.bench", "Run": "benchctl.run"}


def __getattr__(name: str) -> Any:
    """Import `name` from the module it lives in."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'benchctl' has no attribute '{name}'")
