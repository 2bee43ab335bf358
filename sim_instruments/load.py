"""What the sources of a bench drive: a device, a circuit around one, or an array of them."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from sim_instruments.models.circuit import Array, Flags

ROOM = 300.0
"""K"""


class Played(NamedTuple):
    """One value per recorded segment."""

    voltage: Array
    """V at the source"""
    current: Array
    """A"""
    limited: Flags
    """True where the source was in compliance"""


class GatedPlayed(NamedTuple):
    """One value per recorded segment."""

    voltage: Array
    """V at the source of the first terminal"""
    current: Array
    """A, into the first terminal"""
    limited: Flags
    """True where that source was in compliance"""
    gate_current: Array
    """A, into the third terminal"""

    def cut(self, limit: float) -> None:
        """Put readings that noise took beyond `limit` (A) into compliance: no source gives more."""
        beyond = np.abs(self.current) > limit
        self.current[beyond] = np.copysign(limit, self.current[beyond])
        self.limited[beyond] = True


class Load(Protocol):
    """Two terminals; the second is ground."""

    @property
    def seed(self) -> int:
        """Of all its randomness."""
        ...

    @property
    def warnings(self) -> list[str]:
        """What took it out of its model's range so far, one sentence each."""
        ...

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest device current (A) and charge beyond the sources' limit (C) so far."""
        ...

    def play(
        self,
        voltage: Array,
        duration: Array,
        ramp: Array,
        count: int = 1,
        limit: float = np.inf,
        resistance: float = 0.0,
        temperature: float = ROOM,
        record: bool = True,
        *,
        before: float = 0.0,
        start: float = 0.0,
    ) -> Played:
        """Play segments (V, s, s) `count` times; see `Device.play`."""
        ...

    def idle(self, duration: float, temperature: float = ROOM) -> None:
        """Let `duration` seconds pass without bias, in closed form."""
        ...

    def current(self, voltage: float) -> float:
        """Return the noise-free current in A at `voltage`; nothing changes."""
        ...

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say about it."""
        ...


@runtime_checkable
class GatedLoad(Load, Protocol):
    """Three terminals: the gate of a device, or the drain of a neuron's read-out."""

    def play_gated(
        self,
        voltage: Array,
        gate: Array,
        duration: Array,
        ramp: Array,
        count: int = 1,
        limit: float = np.inf,
        resistance: float = 0.0,
        temperature: float = ROOM,
        record: bool = True,
        *,
        before: float = 0.0,
        start: float = 0.0,
        gate_start: float = 0.0,
    ) -> GatedPlayed:
        """Play segments of both terminals `count` times; see `Gated.play_gated`.

        `limit` and `resistance` are those of the first terminal's source.
        """
        ...


class RestingGate:
    """What makes a `GatedLoad` a `Load` as well: its third terminal is at 0 V."""

    def play(self: GatedLoad, voltage: Array, *segments: Any, **state: Any) -> Played:
        """Play segments with nothing at the third terminal; see `GatedLoad.play_gated`."""
        played = self.play_gated(voltage, np.zeros(voltage.size), *segments, **state)
        return Played(*played[:3])


@runtime_checkable
class ArrayLoad(GatedLoad, Protocol):
    """Rows, columns and, with transistors, gate lines behind a switch matrix."""

    def connect(self, closed: frozenset[tuple[int, int]]) -> None:
        """Take the closed crosspoints (input, output) of the matrix, both from 1."""
        ...


@runtime_checkable
class WearingLoad(Load, Protocol):
    """A load that can wear by cycles nobody steps."""

    def represent(self, cycles: int, like: int) -> bool:
        """Wear by `cycles` as by the `like` since the last call; return whether it wears at all."""
        ...
