r"""Relaxation oscillator: a threshold switch beside a capacitor, fed through a resistor.

::

    C dV/dt = (V_dd - V)/R_L - I(V, x)

It runs by itself where the load line ``(V_dd - V)/R_L`` meets the device's curve only where the
current grows while the voltage falls; with too little V_dd the device stays off, with too much on.

**Chosen** for `nbo2` [D]; with its R_s at 300 Ohm and without its Mott transition [C]: 2 V, 8 kOhm
and 1 pF run at 216 MHz, 10 pF at 42 MHz; 1.5 V do not run. `vo2` with the published 12 kOhm and
145.346 pF [R: Qiu, doi:10.1002/adma.202306818] runs from 11 to 15 V, at 277 to 489 kHz [C].

**On the bench** the source is the supply and reads the current through the load resistor, its mean
over a segment. A cycle takes a few thousand sub-steps, 0.3 ms of computer time; of more than some
hundred at one supply the others are represented (`sim_instruments.circuits.cycles`).

**Not modelled**: inductance.
"""

from dataclasses import dataclass

from sim_instruments.circuits.activity import Activity
from sim_instruments.circuits.node import Levels, Node
from sim_instruments.circuits.node_circuit import (
    Farads,
    NodeCircuit,
    NodeParameters,
    Ohms,
    Resolution,
    SpikeCurrent,
)
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device

MANY = 100.0
"""time constants of load and capacitor; a cycle takes a fraction of one or more"""


@dataclass(frozen=True, slots=True)
class RelaxationOscillatorParameters(NodeParameters):
    """Parameters of `RelaxationOscillator`, SI."""

    load_resistance: Ohms = 8e3
    """Ohm, R_L [D]"""
    capacitance: Farads = 1e-12
    """F, parasitic included [D]"""
    fire_current: SpikeCurrent = 300e-6
    """A, a device current above it is a spike [D]"""
    rearm_current: SpikeCurrent = 150e-6
    """A, and the spike is over below it [D]"""
    resolution: Resolution = 1e-3
    """V, largest change of capacitor voltage in one sub-step (numerics)"""


class RelaxationOscillator(NodeCircuit):
    """A threshold switch, usually `Nbo2` or `Vo2`, that discharges its supply again and again."""

    name = "relaxation_oscillator"
    PARAMETERS = RelaxationOscillatorParameters
    parameters: RelaxationOscillatorParameters
    APPROXIMATIONS = ("of long oscillations, a few hundred cycles stand for the others",)

    def _node(self, device: Device) -> Node:
        q = self.parameters
        return Node(
            device, capacitance=q.capacitance, resolution=q.resolution, detector=q.detector()
        )

    @property
    def drive_resistance(self) -> float:
        """Ohm, the load resistor."""
        return self.parameters.load_resistance

    @property
    def long(self) -> float:
        """Some time constants: only an oscillation takes sub-steps all the while."""
        return MANY * self.parameters.load_resistance * self.parameters.capacitance

    def play(
        self, voltage: Levels, duration: Levels, *, every: float, temperature: float = ROOM
    ) -> Activity:
        """Supply `voltage` (V) for `duration` (s each), sampled `every` s."""
        supply = 1.0 / self.parameters.load_resistance
        return self.node.play(
            0.0, voltage, duration, every=every, supply=supply, temperature=temperature
        )
