"""What circuits with one node have in common: a device, a node, and the bench's source at it."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sim_instruments.circuits.node import Detector, Node
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, checked

Ohms = Annotated[float, Bound("Ohm", 1.0, 1e15)]
Farads = Annotated[float, Bound("F", 1e-16, 1e-3)]
Gain = Annotated[float, Bound("A/V^2", 0.0, 1.0)]
Threshold = Annotated[float, Bound("V", 0.0, 5.0)]
SpikeCurrent = Annotated[float, Bound("A", 1e-15, 1.0)]
Resolution = Annotated[float, Bound("V", 1e-6, 0.1)]


@dataclass(frozen=True, slots=True)
class NodeParameters:
    """Parameters of every circuit with a node, SI."""

    fire_current: SpikeCurrent = 5e-6
    """A, a current above it is a spike [D]: the device's, or the drain's where that is read"""
    rearm_current: SpikeCurrent = 1e-6
    """A, and the spike is over below it [D]"""
    resolution: Resolution = 2e-3
    """V, largest change of node voltage in one sub-step (numerics)"""

    def detector(self, *, on_drain: bool = False) -> Detector:
        """Return what counts as a spike."""
        return Detector(self.fire_current, self.rearm_current, on_drain)


class NodeCircuit:
    """A circuit with one device at one node; its class says what else there is.

    Args:
        device: what switches.
        **parameters: see the class' `PARAMETERS`.

    Raises:
        ValueError: an unknown parameter, or one out of its range.
    """

    name: ClassVar[str]
    PARAMETERS: ClassVar[type[Any]]
    APPROXIMATIONS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, device: Device, /, **parameters: Any) -> None:
        self.parameters = checked(self.PARAMETERS, self.name, parameters)
        self.node = self._node(device)

    def _node(self, device: Device) -> Node:
        raise TypeError(f"{type(self).__name__} is no circuit: it has no node")

    @property
    def drive_resistance(self) -> float:
        """Ohm, between the bench's source and the node; 0 where the source is at the device."""
        raise TypeError(f"{type(self).__name__} is no circuit: nothing drives it")

    @property
    def long(self) -> float:
        """How long (s) a constant drive is before its cycles may be represented."""
        return math.inf

    @property
    def device(self) -> Device:
        """The device as it is now."""
        return self.node.device
