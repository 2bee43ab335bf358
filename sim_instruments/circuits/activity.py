"""What a circuit did while it was played."""

from dataclasses import dataclass

import numpy as np

from sim_instruments.models.circuit import Array


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What a circuit did while it was played: one value per sample, and its spikes."""

    time: Array
    """s since the circuit was made, at the end of the sample"""
    length: Array
    """s the sample took"""
    voltage: Array
    """V at the node, then"""
    current: Array
    """A through the device, then"""
    output: Array
    """A of drain current, mean over the sample: what the next neuron is given"""
    energy: Array
    """J dissipated in the device during the sample"""
    spikes: Array
    """s, when spikes began"""

    @property
    def intervals(self) -> Array:
        """Time between spikes in s."""
        return np.diff(self.spikes)
