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

**On the bench** the source drives the membrane behind `drive_resistance`, ``I_in = (V - V_m)/R``,
and a meter there reads this current, its mean over a segment: each firing is a step of it. The
third terminal is the transistor's drain.

**Not modelled**: gate and drain capacitance, channel-length modulation.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.circuits.activity import Activity
from sim_instruments.circuits.node import Levels, Node, Readout
from sim_instruments.circuits.node_circuit import (
    Farads,
    Gain,
    NodeCircuit,
    NodeParameters,
    Ohms,
    Threshold,
)
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class RCNeuronParameters(NodeParameters):
    """Parameters of `RCNeuron`, SI."""

    capacitance: Farads = 1e-9
    """F [D]"""
    leak_resistance: Ohms = 10e6
    """Ohm, R_p [R]"""
    sense_resistance: Annotated[float, Bound("Ohm", 0.0, 1e9)] = 0.0
    """Ohm, between device and ground; 0 leaves the netlist's circuit"""
    gain: Gain = 100e-6
    """A/V^2, k [D]"""
    threshold: Threshold = 0.35
    """V, V_T [D]"""
    drive_resistance: Ohms = 1e6
    """Ohm, between the bench's source and the membrane [D: about 0.4 uA from 1 V]"""


class RCNeuron(NodeCircuit):
    """A leaky integrate-and-fire neuron around a volatile device, usually `Diffusive`."""

    name = "rc_neuron"
    PARAMETERS = RCNeuronParameters
    parameters: RCNeuronParameters

    def _node(self, device: Device) -> Node:
        q = self.parameters
        return Node(
            device,
            capacitance=q.capacitance,
            leak=1.0 / q.leak_resistance,
            sense=q.sense_resistance,
            resolution=q.resolution,
            detector=q.detector(),
            readout=Readout(q.gain, q.threshold),
        )

    @property
    def drive_resistance(self) -> float:
        """Ohm, between the bench's source and the membrane."""
        return self.parameters.drive_resistance

    def play(
        self, current: Levels, duration: Levels, *, every: float = 1e-4, temperature: float = ROOM
    ) -> Activity:
        """Inject `current` (A) for `duration` (s each), sampled `every` s."""
        return self.node.play(current, 0.0, duration, every=every, temperature=temperature)

    def drive(
        self,
        voltage: Levels,
        duration: Levels,
        resistance: float | None = None,
        *,
        every: float = 1e-4,
        temperature: float = ROOM,
    ) -> Activity:
        """Drive the membrane from `voltage` (V) behind `resistance` (Ohm, above 0).

        Without `resistance` it is the drive resistance.
        """
        behind = self.drive_resistance if resistance is None else resistance
        if not 0.0 < behind < np.inf:
            raise ValueError(f"the membrane is driven behind a resistance, not {behind} Ohm")
        return self.node.play(
            0.0, voltage, duration, every=every, supply=1.0 / behind, temperature=temperature
        )
