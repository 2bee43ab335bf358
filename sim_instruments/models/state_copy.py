"""A copy of a device's and its circuit's whole state, for steps that may have to be taken back."""

from sim_instruments.models.compiled import Array, kernel


@kernel
def remember(x: Array, c: Array, spare: Array) -> None:
    """Keep the whole state for `take_back`."""
    for k in range(x.size):
        spare[k] = x[k]
    for k in range(c.size):
        spare[x.size + k] = c[k]


@kernel
def take_back(x: Array, c: Array, spare: Array) -> None:
    """Give the state back what was remembered."""
    for k in range(x.size):
        x[k] = spare[k]
    for k in range(c.size):
        c[k] = spare[x.size + k]
