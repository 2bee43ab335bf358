"""A resistor: for testing a bench before a device is trusted to it.

    I = V / R

R is `resistance` (Ohm), the same at every temperature, 10 kOhm by choice [D].

**Source**: G. S. Ohm, Die galvanische Kette, mathematisch bearbeitet, Berlin 1827 [M].

**Valid** at every voltage, current, temperature and time. **Not modelled**: noise, heating,
capacitance.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class ResistorParameters:
    """Parameters of `Resistor`."""

    resistance: Annotated[float, Bound("Ohm", 1e-3, 1e15)] = 10e3
    """Ohm; the default [D] is a common test value"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    return v * x[0], x[0]


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    return h


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    return


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i


class Resistor(Device):
    """An ideal resistor."""

    name = "resistor"
    PARAMETERS = ResistorParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    WEAR = Wear(*NOMINAL, why="a resistor has no states")
    parameters: ResistorParameters

    def _pack(self) -> tuple[Array, Array]:
        return np.array([ROOM]), np.array([1.0 / self.parameters.resistance])

    @property
    def state(self) -> dict[str, float]:
        """The conductance in S."""
        return {"conductance": float(self._x[0])}
