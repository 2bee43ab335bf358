"""A copy of a device's and its circuit's whole state, for steps that may have to be taken back."""

from sim_instruments.models.compiled import kernel
from sim_instruments.models.values import Packed


@kernel
def remember(device: Packed) -> None:
    """Keep the whole state for `take_back`."""
    x, c, spare = device.x, device.c, device.spare
    for k in range(x.size):
        spare[k] = x[k]
    for k in range(c.size):
        spare[x.size + k] = c[k]


@kernel
def take_back(device: Packed) -> None:
    """Give the state back what was remembered."""
    x, c, spare = device.x, device.c, device.spare
    for k in range(x.size):
        x[k] = spare[k]
    for k in range(c.size):
        c[k] = spare[x.size + k]
