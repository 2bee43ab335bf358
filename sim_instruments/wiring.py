"""What leads from the sources of a simulated bench to what they drive."""

import math
from dataclasses import dataclass

from sim_instruments.load import ArrayLoad, GatedLoad, Load
from sim_instruments.models.device import Device
from sim_instruments.models.network import CircuitParameters


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


def gated(load: Load, wiring: Wiring) -> GatedLoad | None:
    """Return the load as one with a third terminal, where the wiring has a source for it.

    Raises:
        ValueError: it has none, or there is around it what is not felt then.
    """
    if wiring.gate is None:
        return None
    if not isinstance(load, GatedLoad):
        raise ValueError(
            f"the wiring has a source for a third terminal, '{wiring.gate}', and what is driven "
            "has two; choose a three-terminal model, or leave the gate out"
        )
    if isinstance(load, Device) and load.circuit != CircuitParameters():
        raise ValueError(
            "what the keys of circuit put around a device is not simulated where its third "
            "terminal is driven; leave them out, or the gate"
        )
    return load


def unworn(load: Load, wiring: Wiring) -> list[str]:
    """Return what is to be said of a load that wears, and does not where its gate is driven."""
    wears = isinstance(load, Device) and load.ageing.acceleration > 0.0
    if wiring.gate is None or not wears:
        return []
    return ["ageing: the device does not wear while its third terminal is driven"]


def array(load: Load, wiring: Wiring) -> ArrayLoad | None:
    """Return the load as an array, where the wiring has a matrix.

    Raises:
        ValueError: it is none.
    """
    if wiring.matrix is None:
        return None
    if not isinstance(load, ArrayLoad):
        raise ValueError(f"the wiring has a matrix, '{wiring.matrix}', and there is no array")
    return load
