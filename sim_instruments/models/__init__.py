"""Device models: what hangs on the simulated bench."""

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim_instruments.models.device import Device

GROUP = "benchctl.models"


def create(name: str, seed: int | None = None, **parameters: Any) -> "Device":
    """Return a fresh device of model `name`; parameters are SI floats or booleans.

    Raises:
        ValueError: an unknown model or parameter, or a parameter out of its range.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown model '{name}'{hint} (known: {', '.join(sorted(found))})")
    device: Device = found[name].load()(seed=seed, **parameters)
    return device
