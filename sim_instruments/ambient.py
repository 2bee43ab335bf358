"""Ambient temperatures for which each model holds, as its own page says under "Valid".

A model that is not named here says nothing of the ambient temperature.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

ROOM: Final = (290.0, 310.0)
"""K, what a page calls room temperature [D]"""
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "analog_bilayer": ROOM,
    "diffusive": (250.0, 400.0),
    "ecram": (250.0, 450.0),
    "fefet": (250.0, 400.0),
    "ftj": (250.0, 400.0),
    "gap_filament": (250.0, 450.0),
    "hea": (250.0, 450.0),
    "iontronic_li": (250.0, 400.0),
    "jart_vcm": (100.0, math.inf),
    "memtransistor": (250.0, 400.0),
    "mtj": (250.0, 450.0),
    "nbo2": (250.0, 450.0),
    "organic": (250.0, 400.0),
    "pcm": (250.0, 400.0),
    "quantum_dot": (250.0, 400.0),
    "vo2": (305.0, 345.0),
    "yakopcic": ROOM,
}
"""K, lowest and highest, of what the device stands on"""
STAGES: Final = {"vo2": 25.0}
"""K, by which that is above ambient where the model's parameter `stage` says nothing else"""


def outside(device: Mapping[str, Any], kelvin: float) -> list[str]:
    """Return what is to be said where a model does not hold at an ambient of `kelvin`.

    Args:
        device: its metadata, with `model` and `parameters`.
        kelvin: ambient temperature, K.
    """
    model = device["model"]
    low, high = RANGES.get(model, (0.0, math.inf))
    if model in STAGES:
        stage = device["parameters"].get("stage", STAGES[model])
        low, high = low - stage, high - stage
    if low <= kelvin <= high:
        return []
    where = f"from {low:g} K to {high:g} K" if math.isfinite(high) else f"from {low:g} K on"
    return [f"{model}: {kelvin:g} K around it, the model holds {where}"]
