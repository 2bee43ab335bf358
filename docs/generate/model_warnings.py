"""What models say when they are driven out of their range: they are, while the docs are made."""

from collections.abc import Mapping
from typing import Any

from benchctl.quantities import show
from sim_instruments.models import create

#: Directly across the device, without compliance: V, s and parameters that differ.
DRIVEN: Mapping[str, tuple[float, float, dict[str, float]]] = {
    "analog_bilayer": (5.0, 1e-6, {}),
    "data_driven": (2.0, 1e-6, {}),
    "diffusive": (2.0, 1e-1, {"on_resistance": 100.0}),
    "ecram": (4.0, 1e-5, {}),
    "fefet": (10.0, 1e-6, {}),
    "ftj": (5.0, 1e-6, {}),
    "gap_filament": (2.6, 1e-3, {}),
    "hea": (1.6, 1e-3, {}),
    "iontronic_li": (4.0, 1e-3, {}),
    "jart_vcm": (1.0, 1e-6, {}),
    "memtransistor": (6.0, 1e-3, {}),
    "mtj": (2.0, 1e-6, {}),
    "nbo2": (4.0, 1e-6, {}),
    "organic": (4.0, 1e-3, {}),
    "pcm": (5.0, 1e-6, {}),
    "quantum_dot": (6.0, 1e-3, {}),
    "stanford": (3.0, 1e-3, {}),
    "stanford_width": (3.0, 1e-3, {}),
    "vo2": (10.0, 1e-3, {}),
    "yakopcic": (1.5, 1e-6, {}),
}
GATE = ("ecram", "fefet")
"""those whose gate it is that goes too far"""


def driven(name: str) -> tuple[str, list[str]]:
    """Drive model `name` out of its range; return how, and what it says, nothing where never."""
    if name not in DRIVEN:
        return "", []
    volts, seconds, parameters = DRIVEN[name]
    device: Any = create(name, seed=1, **parameters)
    if name in GATE:
        device.pulse(volts, seconds)
    else:
        device.advance(volts, seconds)
    where = "at the gate" if name in GATE else "across it"
    given = "".join(f", `{key}` {value:g}" for key, value in parameters.items())
    return f"{volts:g} V {where} for {show(seconds, 's')}{given}", device.warnings
