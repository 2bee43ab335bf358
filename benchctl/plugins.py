"""Entry-point look-up: the one place that names the plug-in groups."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from benchctl.errors import unknown

GROUPS: Final = {
    "procedure": "benchctl.procedures",
    "driver": "benchctl.drivers",
    "model": "benchctl.models",
    "simulated instrument": "benchctl.sim_instruments",
    "simulation": "benchctl.simulation",
}


@cache
def _found(kind: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUPS[kind])}


def names(kind: str) -> list[str]:
    """Return the names installed for `kind` (a key of `GROUPS`), sorted."""
    return sorted(_found(kind))


def load(kind: str, name: str) -> Any:
    """Import and return plug-in `name`.

    Raises:
        ConfigError: no such name; the nearest one is offered.
    """
    found = _found(kind)
    if name not in found:
        raise unknown(kind, name, found)
    return found[name].load()
