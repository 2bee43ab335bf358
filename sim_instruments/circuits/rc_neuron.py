r"""RC neuron: a membrane capacitor that a volatile device discharges.

The test bench of the diffusive memristor's netlist [R: TongWang-USC/Memristor-Model], its device
grounded through a sense resistor whose voltage drives a transistor [D]::

    C dV/dt = I_in - V/R_p - I(V - I R_sense)
    I_D     = k/2 (I R_sense - V_T)^2

The membrane charges, the device turns on after its incubation, the capacitor empties through it,
the device forgets, the membrane charges again. `I_D` is what the neuron gives to the next one.

**Chosen** [D]: C = 1 nF for a device with ``time_scale`` 1e3 (the netlist has 1 uF and a device of
seconds [R]; rates scale as ``1/C`` when device and capacitor are scaled together, and energy per
spike as C). With C too small the neuron is silent: at 0.1 nF and 0.4 uA the membrane only ripples,
below 1.2 uA of device current, and from 0.01 nF down it stands still [C]. C must discharge more
slowly than the filament grows, and ``C R_p >> 1/(gamma1 s)``. A sense resistor of more than some
20 kOhm silences it too, and drops 0.15 V at most: to drive another neuron from it take V_T = 50 mV
and k = 3 mA/V^2.

**Not modelled**: gate and drain capacitance, drain voltage (the transistor is saturated).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from sim_instruments.circuits.node import Activity, Detector, Levels, Node, Readout
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, checked


@dataclass(frozen=True, slots=True)
class RCNeuronParameters:
    """Parameters of `RCNeuron`, SI."""

    capacitance: Annotated[float, Bound("F", 1e-16, 1e-3)] = 1e-9
    """F [D]"""
    leak_resistance: Annotated[float, Bound("Ohm", 1e3, 1e15)] = 10e6
    """Ohm, R_p [R]"""
    sense_resistance: Annotated[float, Bound("Ohm", 0.0, 1e9)] = 0.0
    """Ohm, between device and ground; 0 leaves the netlist's circuit"""
    gain: Annotated[float, Bound("A/V^2", 0.0, 1.0)] = 100e-6
    """A/V^2, k [D]"""
    threshold: Annotated[float, Bound("V", 0.0, 5.0)] = 0.35
    """V, V_T [D]"""
    fire_current: Annotated[float, Bound("A", 1e-15, 1.0)] = 5e-6
    """A, a device current above it is a spike [D]"""
    rearm_current: Annotated[float, Bound("A", 1e-15, 1.0)] = 1e-6
    """A, and the spike is over below it [D]"""
    resolution: Annotated[float, Bound("V", 1e-6, 0.1)] = 2e-3
    """V, largest change of membrane voltage in one sub-step (numerics)"""


class RCNeuron:
    """A leaky integrate-and-fire neuron.

    Args:
        device: the volatile device, usually `Diffusive`.
        **parameters: see `RCNeuronParameters`.

    Raises:
        ValueError: an unknown parameter, or one out of its range.
    """

    name = "rc_neuron"

    def __init__(self, device: Device, **parameters: Any) -> None:
        self.parameters = q = checked(RCNeuronParameters, self.name, parameters)
        self.node = Node(
            device,
            capacitance=q.capacitance,
            leak=1.0 / q.leak_resistance,
            sense=q.sense_resistance,
            resolution=q.resolution,
            detector=Detector(q.fire_current, q.rearm_current),
            readout=Readout(q.gain, q.threshold),
        )

    @property
    def device(self) -> Device:
        """The device as it is now."""
        return self.node.device

    def play(
        self, current: Levels, duration: Levels, *, every: float = 1e-4, temperature: float = ROOM
    ) -> Activity:
        """Inject `current` (A) for `duration` (s each), sampled `every` s."""
        return self.node.play(current, 0.0, duration, every=every, temperature=temperature)

    def drive(
        self,
        voltage: Levels,
        duration: Levels,
        resistance: float,
        *,
        every: float = 1e-4,
        temperature: float = ROOM,
    ) -> Activity:
        """Drive the membrane from `voltage` (V) behind `resistance` (Ohm, above 0)."""
        if not resistance > 0.0:
            raise ValueError(f"the membrane is driven behind a resistance, not {resistance} Ohm")
        injected = np.asarray(voltage, dtype=float) / resistance
        return self.node.play(
            injected, 0.0, duration, every=every, source=1.0 / resistance, temperature=temperature
        )
