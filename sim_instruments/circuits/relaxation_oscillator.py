r"""Relaxation oscillator: a threshold switch beside a capacitor, fed through a resistor.

::

    C dV/dt = (V_dd - V)/R_L - I(V, x)

It runs by itself where the load line ``(V_dd - V)/R_L`` meets the device's curve only where the
current grows while the voltage falls; with too little V_dd the device stays off, with too much on.

**Chosen** for `nbo2` [D]; with its R_s at 300 Ohm and without its Mott transition [C]: 2 V, 8 kOhm
and 1 pF run at 216 MHz, 10 pF at 42 MHz; 1.5 V do not run. `vo2` with the published 12 kOhm and
145.346 pF [R: Qiu, doi:10.1002/adma.202306818] runs from 11 to 15 V, at 277 to 489 kHz [C].

**Not modelled**: inductance, the source's own resistance.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from sim_instruments.circuits.node import Activity, Detector, Levels, Node
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, checked


@dataclass(frozen=True, slots=True)
class RelaxationOscillatorParameters:
    """Parameters of `RelaxationOscillator`, SI."""

    load_resistance: Annotated[float, Bound("Ohm", 1.0, 1e12)] = 8e3
    """Ohm, R_L [D]"""
    capacitance: Annotated[float, Bound("F", 1e-16, 1e-3)] = 1e-12
    """F, parasitic included [D]"""
    fire_current: Annotated[float, Bound("A", 1e-15, 1.0)] = 300e-6
    """A, a device current above it is a spike [D]"""
    rearm_current: Annotated[float, Bound("A", 1e-15, 1.0)] = 150e-6
    """A, and the spike is over below it [D]"""
    resolution: Annotated[float, Bound("V", 1e-6, 0.1)] = 1e-3
    """V, largest change of capacitor voltage in one sub-step (numerics)"""


class RelaxationOscillator:
    """A device that discharges its own supply again and again.

    Args:
        device: the threshold switch, usually `Nbo2` or `Vo2`.
        **parameters: see `RelaxationOscillatorParameters`.

    Raises:
        ValueError: an unknown parameter, or one out of its range.
    """

    name = "relaxation_oscillator"

    def __init__(self, device: Device, **parameters: Any) -> None:
        self.parameters = q = checked(RelaxationOscillatorParameters, self.name, parameters)
        self.node = Node(
            device,
            capacitance=q.capacitance,
            leak=1.0 / q.load_resistance,
            resolution=q.resolution,
            detector=Detector(q.fire_current, q.rearm_current),
        )

    @property
    def device(self) -> Device:
        """The device as it is now."""
        return self.node.device

    def play(
        self, voltage: Levels, duration: Levels, *, every: float, temperature: float = ROOM
    ) -> Activity:
        """Supply `voltage` (V) for `duration` (s each), sampled `every` s."""
        injected = np.asarray(voltage, dtype=float) / self.parameters.load_resistance
        return self.node.play(injected, 0.0, duration, every=every, temperature=temperature)
