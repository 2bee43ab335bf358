"""What is applied to a device, as data: it can be checked, drawn, timed and priced beforehand.

    cycle = pulse(1.2, 1e-6) + read(0.1) + pulse(-1.4, 1e-6) + read(0.1)
    endurance = cycle * 1_000_000

A `Stimulus` stays run-length encoded however long it is, and every stimulus starts and ends
at 0 V: what follows its last segment is the device at rest.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchctl.errors import BenchError, ConfigError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """Reach `voltage` in `ramp` seconds, then hold it for `duration` seconds.

    A ramp with no hold makes any piecewise-linear waveform. A measured segment gives one
    reading, taken at the end of its hold.
    """

    voltage: float
    """V"""
    duration: float
    """s"""
    ramp: float = 0.0
    """s; 0 means as fast as the instrument can"""
    measure: bool = False
    gate: float | None = None
    """V at a third terminal, reached together with `voltage`; None leaves it at 0 V"""

    def __post_init__(self) -> None:
        """Refuse what no instrument could mean."""
        for name in ("voltage", "duration", "ramp"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise ConfigError(f"segment {name} must be finite, got {value}")
        if self.duration < 0 or self.ramp < 0:
            raise ConfigError(
                f"a segment cannot last {self.duration} s with a ramp of {self.ramp} s; "
                "both must be 0 or more"
            )
        if self.measure and not self.ramp + self.duration:
            raise ConfigError("a measured segment needs a ramp or a duration above 0 s")
        if self.gate is not None and not math.isfinite(self.gate):
            raise ConfigError(f"segment gate must be finite, got {self.gate}")


@dataclass(frozen=True)
class Stimulus:
    """An ordered, repeatable set of segments; compose with ``+`` and ``*``."""

    items: tuple["Segment | Loop", ...] = ()

    def __add__(self, other: "Stimulus") -> "Stimulus":
        """Return this, then `other`."""
        return Stimulus(self.items + other.items)

    def __mul__(self, count: int) -> "Stimulus":
        """Return this `count` times, without copying it."""
        if count < 0 or count != int(count):
            raise ConfigError(f"a stimulus can be repeated 0 or more whole times, not {count}")
        if count == 0 or not self.items:
            return Stimulus()
        if count == 1:
            return self
        match self.items:
            case (Loop(body, inner),):
                return Stimulus((Loop(body, inner * int(count)),))
        return Stimulus((Loop(self, int(count)),))

    __rmul__ = __mul__

    @cached_property
    def segments(self) -> int:
        """How many segments are applied, repeats counted."""
        return sum(i.body.segments * i.count if isinstance(i, Loop) else 1 for i in self.items)

    @cached_property
    def measured(self) -> int:
        """How many readings it gives."""
        return sum(
            i.body.measured * i.count if isinstance(i, Loop) else int(i.measure) for i in self.items
        )

    @cached_property
    def duration(self) -> float:
        """Seconds from the first edge to the last."""
        return math.fsum(
            i.body.duration * i.count if isinstance(i, Loop) else i.ramp + i.duration
            for i in self.items
        )

    @cached_property
    def gate_extremes(self) -> tuple[float, float]:
        """Lowest and highest voltage (V) at the third terminal, rest included."""
        low, high = 0.0, 0.0
        for item in self.items:
            a, b = item.body.gate_extremes if isinstance(item, Loop) else (item.gate or 0.0,) * 2
            low, high = min(low, a), max(high, b)
        return low, high

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """Lowest and highest voltage (V), rest included."""
        low, high = 0.0, 0.0
        for item in self.items:
            if isinstance(item, Loop):
                a, b = item.body.extremes
            else:
                a = b = item.voltage
            low, high = min(low, a), max(high, b)
        return low, high

    def unroll(self) -> Iterator[Segment]:
        """Yield every segment in order, repeats written out."""
        for item in self.items:
            if isinstance(item, Loop):
                for _ in range(item.count):
                    yield from item.body.unroll()
            else:
                yield item

    def passes(self, most: int) -> Iterator[tuple[tuple[Segment, ...], int]]:
        """Yield ``(segments, count)`` pairs that together are the stimulus, in order.

        Neighbouring segments share a pair. A loop keeps its count unless its body, written
        out, is longer than `most` segments; then the body's own passes are yielded `count` times.
        """
        straight: list[Segment] = []
        for item in self.items:
            if isinstance(item, Segment):
                straight.append(item)
                continue
            if straight:
                yield tuple(straight), 1
                straight = []
            if item.body.segments <= most:
                yield tuple(item.body.unroll()), item.count
            else:
                for _ in range(item.count):
                    yield from item.body.passes(most)
        if straight:
            yield tuple(straight), 1

    def preview(self, most: int = 2000) -> tuple[FloatArray, FloatArray]:
        """Return corner points (time in s, voltage in V) for drawing, at most about `most`.

        A stimulus too long for that is cut after the first `most` segments' corners; the time
        axis is never compressed. Starts and ends at 0 V.
        """
        time, voltage = [0.0], [0.0]
        now = 0.0
        for segment in self.unroll():
            if len(time) >= most:
                break
            now += segment.ramp
            time.append(now)
            voltage.append(segment.voltage)
            if segment.duration:
                now += segment.duration
                time.append(now)
                voltage.append(segment.voltage)
        if voltage[-1]:
            time.append(now)
            voltage.append(0.0)
        return np.array(time), np.array(voltage)


@dataclass(frozen=True, slots=True)
class Loop:
    """`body`, `count` times."""

    body: Stimulus
    count: int


def pulse(voltage: float, width: float, *, edge: float = 0.0, measure: bool = False) -> Stimulus:
    """Return one pulse: up in `edge`, `width` seconds at `voltage`, back to 0 V in `edge`.

    With ``edge=0`` the instrument's own edge is used, and the next segment ends the pulse.
    """
    if width <= 0:
        raise ConfigError(f"a pulse needs a width above 0 s, got {width}")
    top = Segment(voltage, width, ramp=edge, measure=measure)
    return Stimulus((top, Segment(0.0, 0.0, ramp=edge)) if edge else (top,))


def read(voltage: float, width: float = 1e-3) -> Stimulus:
    """Return one measured segment: `voltage` for `width` seconds."""
    if width <= 0:
        raise ConfigError(f"a read needs a width above 0 s, got {width}")
    return Stimulus((Segment(voltage, width, measure=True),))


def ramp(voltage: float, duration: float) -> Stimulus:
    """Return a straight line from wherever the voltage is to `voltage`, without a hold."""
    return Stimulus((Segment(voltage, 0.0, ramp=duration),))


def wait(duration: float) -> Stimulus:
    """Return `duration` seconds at 0 V."""
    return Stimulus((Segment(0.0, duration),)) if duration else Stimulus()


def staircase(start: float, stop: float, points: int, dwell: float) -> Stimulus:
    """Return `points` measured steps from `start` to `stop` inclusive, `dwell` seconds each."""
    if points < 2 or dwell <= 0:
        raise ConfigError(
            f"a staircase needs 2 points and a dwell above 0 s, not {points}, {dwell}"
        )
    levels = np.linspace(start, stop, points).tolist()
    return Stimulus(tuple(Segment(level, dwell, measure=True) for level in levels))


@dataclass(frozen=True, slots=True)
class Readings:
    """One reading per measured segment, as columns of equal length."""

    time: FloatArray
    """s on the bench's clock, at the end of the segment"""
    voltage: FloatArray
    """V, as the instrument measured or sourced it"""
    current: FloatArray
    """A"""
    limited: BoolArray
    """True where the source was held at its compliance"""
    gate_current: FloatArray | None = None
    """A into the third terminal, where the stimulus drove one"""

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, index: slice | BoolArray) -> "Readings":
        """Return some of the readings."""
        gate = None if self.gate_current is None else self.gate_current[index]
        return Readings(
            self.time[index], self.voltage[index], self.current[index], self.limited[index], gate
        )

    @property
    def conductance(self) -> FloatArray:
        """Siemens; NaN where the voltage is 0."""
        siemens: FloatArray = np.full(len(self), np.nan)
        np.divide(self.current, self.voltage, out=siemens, where=self.voltage != 0)
        return siemens

    @staticmethod
    def join(parts: "list[Readings]") -> "Readings":
        """Return the parts end to end; no parts give no readings.

        Where only some have a gate current, it is not a number for the others.
        """
        if len(parts) == 1:
            return parts[0]
        if not parts:
            empty = np.empty(0)
            return Readings(empty, empty, empty, np.empty(0, dtype=bool))
        gates = [p.gate_current for p in parts]
        return Readings(
            np.concatenate([p.time for p in parts]),
            np.concatenate([p.voltage for p in parts]),
            np.concatenate([p.current for p in parts]),
            np.concatenate([p.limited for p in parts]),
            None
            if all(g is None for g in gates)
            else np.concatenate(
                [np.full(len(p), np.nan) if g is None else g
                 for p, g in zip(parts, gates, strict=True)]
            ),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trace:
    """A sampled waveform: time (s), voltage (V) and current (A) of equal length."""

    time: FloatArray
    voltage: FloatArray
    current: FloatArray

    def __post_init__(self) -> None:
        """Refuse columns that do not belong together.

        Raises:
            BenchError: they are no lists, or their lengths differ.
        """
        shapes = {name: np.shape(getattr(self, name)) for name in ("time", "voltage", "current")}
        if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
            found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise BenchError(
                f"a trace takes lists of equal length for time, voltage and current, not {found}; "
                "give NaN where nothing was observed"
            )
