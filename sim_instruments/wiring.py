"""What leads from the sources of a simulated bench to what they drive."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which port is where; the fields follow the keys of ``[wiring]`` in bench.toml."""

    name: str
    """``direct``: the source-meter is always on the device. ``relay``: a digital line of the
    source-meter chooses, low the source-meter, high the generator"""
    source_meter: str
    """its port"""
    generator: str | None = None
    """its port"""
    line: int = 1
    """which digital line of the source-meter drives the relay"""
    series_resistance: float = 0.0
    """Ohm, between generator and device"""
    settle: float = 1e-3
    """s, how long a contact bounces after a change: the device is connected to nothing"""
    gate: str | None = None
    """port on the third terminal"""
    matrix: str | None = None
    """port of the switch matrix between the sources and an array"""

    def __post_init__(self) -> None:
        """Refuse what cannot be wired."""
        if self.name not in ("direct", "relay"):
            raise ValueError(f"unknown wiring '{self.name}' (known: direct, relay)")
        if self.name == "relay" and self.generator is None:
            raise ValueError("wiring 'relay' needs the generator's port")
        for key in ("series_resistance", "settle"):
            value = getattr(self, key)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"wiring {key} must be 0 or more, got {value}")
