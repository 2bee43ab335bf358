r"""The access transistor of a 1T1R cell, between the device and the column (its low line).

Square law, the same seen from either end [M: Shichman-Hodges]; `u` is the voltage from the device
down to the column, ``w = V_gate - V_T - V_column``::

    I = k/2 [ max(w, 0)^2 - max(w - u, 0)^2 ] + G_leak u

It saturates for ``u > w`` and so limits the current of a set; in a reset the device stands on the
source side and lifts it. **Not modelled**: subthreshold slope, body effect, velocity saturation,
channel-length modulation, gate current, capacitance, breakdown.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.models.circuit import Array, kernel
from sim_instruments.models.parameters import Bound

GAIN, THRESHOLD, LEAK = range(3)


@dataclass(frozen=True, slots=True)
class TransistorParameters:
    """Parameters of the access transistors of one array, SI."""

    gain: Annotated[float, Bound("A/V^2", 1e-9, 1.0)] = 400e-6
    """A/V^2, k [D: a few squares of 130 nm n-MOS]"""
    threshold: Annotated[float, Bound("V", 0.0, 5.0)] = 0.5
    """V, V_T [D]"""
    leak: Annotated[float, Bound("S", 0.0, 1e-3)] = 1e-12
    """S, of a transistor that is off [D]"""
    gate: Annotated[float, Bound("V", 0.0, 10.0)] = 2.5
    """V on the gates that are on; the others are at 0 V [D]"""


def packed(parameters: TransistorParameters | None) -> Array:
    """Return what `channel` takes, empty for no transistor."""
    if parameters is None:
        return np.zeros(0)
    return np.array([parameters.gain, parameters.threshold, parameters.leak])


@kernel
def channel(u: float, w: float, t: Array) -> tuple[float, float, float]:
    """Return (current in A, its slope in S with `u`, its slope in S with `w`)."""
    high = max(w, 0.0)
    low = max(w - u, 0.0)
    current = float(0.5 * t[GAIN] * (high * high - low * low) + t[LEAK] * u)
    return current, float(t[GAIN] * low + t[LEAK]), float(t[GAIN] * (high - low))
