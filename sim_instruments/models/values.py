"""What belongs together in the compiled loop; numba passes these tuples on at no cost."""

from typing import NamedTuple

from sim_instruments.models.compiled import Array, Flags, Rng


class Packed(NamedTuple):
    """A device as the kernels know it."""

    x: Array
    """its state"""
    p: Array
    """its parameters"""
    c: Array
    """what is around it and how it ages, or nothing"""
    rng: Rng
    spare: Array
    """room for a copy of `x` and `c`"""


class Supply(NamedTuple):
    """A source that gives at most `limit`, behind a resistance."""

    limit: float
    """A"""
    resistance: float
    """Ohm"""


class Segments(NamedTuple):
    """What a source plays: one value per segment."""

    start: float
    """V, before the first one"""
    voltage: Array
    """V"""
    duration: Array
    """s, at that voltage"""
    ramp: Array
    """s, on the way to it"""


class Record(NamedTuple):
    """What was seen at the ends of segments, as many as fit; see `load.Played`."""

    voltage: Array
    """V, at the source"""
    current: Array
    """A"""
    limited: Flags
    """whether the source was in compliance"""


class Seen(NamedTuple):
    """What a meter reads."""

    voltage: float
    """V, at the source"""
    current: float
    """A"""
    limited: bool


class Segment(NamedTuple):
    """One segment and where it comes from."""

    start: float
    """V"""
    target: float
    """V"""
    ramp: float
    """s, from one to the other"""
    duration: float
    """s, at the target"""


class Point(NamedTuple):
    """Where circuit and device meet."""

    v: float
    """V, across the device"""
    i: float
    """A, through it"""
    g: float
    """S, slope of its current"""
    give: float
    """Ohm: drawing ``di`` more at fixed voltage, the device would see ``-give * di``"""
    limited: bool
    """whether the source is in compliance"""


class LoadLine(NamedTuple):
    """What a circuit asks of device voltage and current: ``a v + b i = c``."""

    a: float
    b: float
    c: float
