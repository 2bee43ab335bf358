"""Neurons in a row: what one gives out, the next is given.

The transistor of a neuron draws no gate current and its drain does not act back, so the row is
solved neuron by neuron, exactly. Between them goes the mean output current of each sample: charge
is conserved whatever the sampling.

**Not modelled**: the mirror that turns a drain current round and injects it; it has no supply to
end at, so a strongly driven neuron can lift the membrane of the next beyond any.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from sim_instruments.circuits.activity import Activity
from sim_instruments.circuits.node import Levels
from sim_instruments.circuits.node_circuit import Gain, Threshold
from sim_instruments.circuits.rc_neuron import RCNeuron, RCNeuronParameters
from sim_instruments.load import ROOM
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, checked


@dataclass(frozen=True, slots=True)
class CascadeParameters(RCNeuronParameters):
    """Parameters of a row of neurons that are alike but for their devices, SI."""

    sense_resistance: Annotated[float, Bound("Ohm", 1.0, 1e9)] = 20e3
    """Ohm, between device and ground; more silences the neuron [C]"""
    gain: Gain = 5e-3
    """A/V^2, k, enough to drive a neuron from what `sense_resistance` drops [C]"""
    threshold: Threshold = 0.05
    """V, V_T, for the same reason"""
    neurons: Annotated[float, Bound("", 1.0, 64.0)] = 2.0
    """how many, a whole number"""
    sampling: Annotated[float, Bound("s", 1e-12, 1.0)] = 1e-5
    """s, how often a neuron is told the mean of what the one before it gives (numerics)"""


class Cascade:
    """Neurons of which each drives the next.

    Args:
        neurons: the first is driven from outside; each but the last needs a sense resistance.

    Raises:
        ValueError: no neuron, or one that could not drive the next.
    """

    name = "cascade"

    def __init__(self, neurons: Sequence[RCNeuron]) -> None:
        if not neurons:
            raise ValueError("a cascade needs at least one neuron")
        for number, neuron in enumerate(neurons[:-1], start=1):
            if not neuron.parameters.sense_resistance * neuron.parameters.gain > 0.0:
                raise ValueError(
                    f"neuron {number} gives no current: sense_resistance and gain must be above 0"
                )
        self.neurons = tuple(neurons)

    def play(
        self, current: Levels, duration: Levels, *, every: float = 1e-5, temperature: float = ROOM
    ) -> tuple[Activity, ...]:
        """Inject `current` (A) into the first for `duration` (s each); return what each did."""
        found = [self.neurons[0].play(current, duration, every=every, temperature=temperature)]
        for neuron in self.neurons[1:]:
            before = found[-1]
            found.append(
                neuron.play(before.output, before.length, every=math.inf, temperature=temperature)
            )
        return tuple(found)


def row(
    make_device: Callable[[int], Device], given: dict[str, Any]
) -> tuple[Cascade, CascadeParameters]:
    """Return a row of neurons around devices of number 0, 1, …, and its parameters.

    Raises:
        ValueError: an unknown parameter, one out of its range, or not a whole number of neurons.
    """
    q = checked(CascadeParameters, Cascade.name, given)
    if not q.neurons.is_integer():
        raise ValueError(f"cascade parameter neurons must be a whole number, got {q.neurons:g}")
    each = {field.name: getattr(q, field.name) for field in fields(RCNeuronParameters)}
    return Cascade([RCNeuron(make_device(k), **each) for k in range(int(q.neurons))]), q
