r"""1M1T1R neuron: memristor, transistor and resistor, read out as a drain current.

The device hangs from the input to the transistor's gate; a resistor leads from the gate to
ground [M, D: the topology is not public; behaviour claimed in Zhao R. et al., Nature Electronics
8, 1211 (2025), doi:10.1038/s41928-025-01488-x, R: abstract]::

    (C_g + C_p) dV_g/dt = I(V_in - V_g) - V_g/R
    I_D = k/2 (V_g - V_T)^2

**What works** [C, `Diffusive` with ``time_scale`` 1e3, nothing random]:

* *Pulses* of 1 V, 1.2 to 2 times the 0.79 ms it takes to turn on: one clean drain spike each.
  Shorter pulses add up if the pauses are short (0.8 times with pauses of 0.1), and leak away if
  they are longer (from 0.5): leaky integration and a threshold, through `f` and `r`.
* *A DC voltage does not make it spike* with femtofarads at the gate: device and resistor share the
  voltage, and the filament stops where it is held. The output is a steady current.
* *A DC voltage does* with 0.1 nF (0.8 V and 1 MOhm) or 1 nF (1-10 MOhm) at the gate: the gate is
  then the membrane, charged through the filament and discharged by R. Such a capacitor is not a
  gate's. Capacitance and device scale together: for 10 fF ``time_scale`` must be 1e8, a device that
  turns on within 10 ns.

**On the bench** the source is at the device and reads the current through it, its mean over a
segment. The third terminal is the transistor's drain.

**Not modelled**: gate-drain capacitance, channel-length modulation, leakage.
"""

from dataclasses import dataclass
from typing import Annotated

from sim_instruments.circuits.activity import Activity
from sim_instruments.circuits.node import Levels, Node, Readout
from sim_instruments.circuits.node_circuit import (
    Gain,
    NodeCircuit,
    NodeParameters,
    SpikeCurrent,
    Threshold,
)
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class OneTransistorNeuronParameters(NodeParameters):
    """Parameters of `OneTransistorNeuron`, SI; a spike is one of the drain current."""

    resistance: Annotated[float, Bound("Ohm", 1e3, 1e12)] = 1e6
    """Ohm, R [D: 0.1-10 MOhm]"""
    gate_capacitance: Annotated[float, Bound("F", 1e-18, 1e-6)] = 10e-15
    """F, C_g [D: 1-10 fF]"""
    parasitic_capacitance: Annotated[float, Bound("F", 0.0, 1e-6)] = 10e-15
    """F, C_p, wiring and any capacitor put there [D]"""
    gain: Gain = 100e-6
    """A/V^2, k [D]"""
    threshold: Threshold = 0.35
    """V, V_T [D]"""
    fire_current: SpikeCurrent = 1e-6
    """A, a drain current above it is a spike [D]"""
    rearm_current: SpikeCurrent = 0.2e-6
    """A, and the spike is over below it [D]"""


class OneTransistorNeuron(NodeCircuit):
    """A voltage-driven neuron: a volatile device, usually `Diffusive`, a transistor, a resistor."""

    name = "one_transistor_neuron"
    PARAMETERS = OneTransistorNeuronParameters
    parameters: OneTransistorNeuronParameters

    def _node(self, device: Device) -> Node:
        q = self.parameters
        return Node(
            device,
            capacitance=q.gate_capacitance + q.parasitic_capacitance,
            leak=1.0 / q.resistance,
            sign=-1.0,
            resolution=q.resolution,
            detector=q.detector(on_drain=True),
            readout=Readout(q.gain, q.threshold, on_node=True),
        )

    @property
    def drive_resistance(self) -> float:
        """0 Ohm: the source is at the device."""
        return 0.0

    def play(
        self, voltage: Levels, duration: Levels, *, every: float = 1e-5, temperature: float = ROOM
    ) -> Activity:
        """Apply `voltage` (V) to the input for `duration` (s each), sampled `every` s."""
        return self.node.play(0.0, voltage, duration, every=every, temperature=temperature)
