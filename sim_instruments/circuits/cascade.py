"""Neurons in a row: what one gives out, the next is given.

The transistor of a neuron draws no gate current and its drain does not act back, so the row is
solved neuron by neuron, exactly. Between them goes the mean output current of each sample: charge
is conserved whatever the sampling.
"""

import math
from collections.abc import Sequence

from sim_instruments.circuits.node import Activity, Levels
from sim_instruments.circuits.rc_neuron import RCNeuron
from sim_instruments.load import ROOM


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
