r"""The access transistor of a 1T1R cell, between the device and the column (its low line).

`sim_instruments.models.square_law`, the same seen from either end; `u` is the voltage from the
device down to the column, ``w = V_gate - V_T - V_column``. It saturates for ``u > w`` and so limits
the current of a set; in a reset the device stands on the source side and lifts it. (The transistor
around a single device, `sim_instruments.models.network`, is the same law; there the overdrive is a
number for each polarity, here it follows the lines.)
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.models import square_law
from sim_instruments.models.circuit import Array, kernel
from sim_instruments.models.parameters import Bound

GAIN, THRESHOLD, LEAK, MODULATION = range(4)
_through = square_law.channel


@dataclass(frozen=True, slots=True)
class TransistorParameters:
    """Parameters of the access transistors of one array, SI."""

    gain: Annotated[float, Bound("A/V^2", 1e-9, 1.0)] = 400e-6
    """A/V^2, k [D: a few squares of 130 nm n-MOS]"""
    threshold: Annotated[float, Bound("V", 0.0, 5.0)] = 0.5
    """V, V_T [D]"""
    leak: Annotated[float, Bound("S", 0.0, 1e-3)] = 1e-12
    """S, of a transistor that is off [D]"""
    modulation: Annotated[float, Bound("1/V", 0.0, 1.0)] = 0.0
    """1/V, lambda: slope in saturation; 0 is an ideal limit [D]"""
    gate: Annotated[float, Bound("V", 0.0, 10.0)] = 2.5
    """V on the gates that are on; the others are at 0 V [D]"""


def packed(parameters: TransistorParameters | None) -> Array:
    """Return what `channel` takes, empty for no transistor."""
    if parameters is None:
        return np.zeros(0)
    q = parameters
    return np.array([q.gain, q.threshold, q.leak, q.modulation])


@kernel
def channel(u: float, w: float, t: Array) -> tuple[float, float, float]:
    """Return (current in A, its slope in S with `u`, its slope in S with `w`)."""
    return _through(u, w, t[GAIN], t[MODULATION], t[LEAK])
