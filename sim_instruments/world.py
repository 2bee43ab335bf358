"""The World: one device, the wiring that leads to it, and one virtual clock.

It knows no instruments and no bytes. Simulated instruments name themselves by their port (their
name on the bench) and say what they source; the World lets the device feel it, and time pass.
Time at a constant bias is only added up, and applied when something asks: a transfer or a sleep
costs a microsecond, however long it was.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sim_instruments.load import Played
from sim_instruments.models.circuit import Array, Flags
from sim_instruments.models.device import Device
from sim_instruments.noise import ReadNoise


@dataclass(frozen=True, slots=True)
class Wiring:
    """What leads to the device; the fields are the keys of ``[wiring]`` in bench.toml."""

    name: str
    """``direct``: the source-meter is always on the device. ``relay``: a digital line of the
    source-meter chooses, low the source-meter, high the generator"""
    source_meter: str
    """its port"""
    generator: str | None = None
    """its port"""
    line: int = 1
    """which digital line of the source-meter drives the relay"""
    series_resistance: float = 0.0
    """Ohm, between generator and device"""
    settle: float = 1e-3
    """s, how long a contact bounces after a change: the device is connected to nothing"""

    def __post_init__(self) -> None:
        """Refuse what cannot be wired."""
        if self.name not in ("direct", "relay"):
            raise ValueError(f"unknown wiring '{self.name}' (known: direct, relay)")
        if self.name == "relay" and self.generator is None:
            raise ValueError("wiring 'relay' needs the generator's port")
        for key in ("series_resistance", "settle"):
            value = getattr(self, key)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"wiring {key} must be 0 or more, got {value}")


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One value per recorded segment and pass."""

    time: Array
    """s of virtual time, at the end of the segment"""
    voltage: Array
    """V at the source"""
    current: Array
    """A"""
    limited: Flags
    """True where the source was in compliance"""


@dataclass(frozen=True, slots=True)
class _Bias:
    """A static drive."""

    voltage: float = 0.0
    limit: float = math.inf
    resistance: float = 0.0


class Clock(Protocol):
    """Virtual time."""

    def now(self) -> float:
        """Return seconds since the World began."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        ...


class _WorldClock:
    """The World's clock, in the shape a bench expects."""

    #: s, the longest it should sleep in one piece: virtual time passes at once
    slice = math.inf

    def __init__(self, world: "World") -> None:
        self._world = world

    def now(self) -> float:
        """Return seconds since the World began."""
        return self._world.now

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; every bias stays as it is."""
        self._world.sleep(seconds)


Program = tuple[Array, Array, Array]
"""V, s, s: levels, holds and ramps"""
_REST = _Bias()
SMALL = 1e-3
"""V, at which the conductance without bias is taken"""


class World:
    """One device, several sources, one virtual clock.

    Args:
        device: a device model.
        wiring: what leads to it.
        latency: s of virtual time one transfer takes.
        temperature: K, ambient.
        noise: what readings add; None adds nothing.
    """

    def __init__(
        self,
        device: Device,
        *,
        wiring: Wiring,
        latency: float = 0.0,
        temperature: float = 300.0,
        noise: ReadNoise | None = None,
    ) -> None:
        if not (math.isfinite(latency) and latency >= 0):
            raise ValueError(f"latency must be 0 s or more, got {latency}")
        self.wiring = wiring
        self.latency = latency
        self.now = 0.0
        self.messages = self.round_trips = self.relay_operations = self.segments = 0
        self.played = 0.0  # s of stimulus, however long the bench took over it
        self.clock: Clock = _WorldClock(self)
        self._device = device
        self._ports: dict[str, _Bias] = {}
        self._high = False
        self._settled = 0.0
        self._bias = _REST
        self._rested = self._biased = 0.0  # s the device has yet to feel, in this order
        self.temperature = temperature
        self.noise = noise

    @property
    def device(self) -> Device:
        """The device as it is now."""
        self._feel_all()
        return self._device

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self.device.warnings

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say: device, surroundings, noise, warnings so far."""
        noise = {} if self.noise is None else {"noise": self.noise.metadata()}
        warnings = self.warnings  # lets the device feel what has added up, before it is asked
        return {**self._device.metadata(), **noise, "warnings": warnings}

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest device current (A) and charge beyond the sources' limit (C) so far.

        Both are 0 without a capacitance beside the device: only that can exceed the limit.
        """
        return self.device.overshoot

    @property
    def temperature(self) -> float:
        """K, ambient."""
        return self._temperature

    @temperature.setter
    def temperature(self, kelvin: float) -> None:
        if not (math.isfinite(kelvin) and 1.0 <= kelvin <= 1500.0):
            raise ValueError(f"temperature must be from 1 K to 1500 K, got {kelvin}")
        self._feel_all()
        self._temperature = kelvin

    @property
    def at_rest(self) -> bool:
        """Whether no source drives anything."""
        return not any(bias.voltage for bias in self._ports.values())

    def attach(self, port: str) -> None:
        """Let an instrument onto the bench, output off; wired to the device or not."""
        self._set(port, _REST)

    def message(self, reply: bool) -> None:
        """Let one transfer pass, answered or not."""
        self.messages += 1
        if reply:
            self.round_trips += 1
        self._elapse(self.latency)

    def sleep(self, seconds: float) -> None:
        """Let time pass; every bias stays as it is."""
        if not 0.0 <= seconds < math.inf:
            raise ValueError(f"time passes by a finite number of seconds, not {seconds}")
        self._elapse(seconds)

    def hold(
        self, port: str, voltage: float, limit: float = math.inf, resistance: float = 0.0
    ) -> None:
        """Let `port` source `voltage` from now on, at most `limit` (A), behind `resistance`."""
        self._set(port, _Bias(voltage, limit, resistance + self._series(port)))

    def release(self, port: str) -> None:
        """Switch the output of `port` off."""
        self._set(port, _REST)

    def measure(
        self, port: str, duration: float, aperture: float = 0.0
    ) -> tuple[float, float, bool]:
        """Let `duration` pass under the held bias; return (V at the source, A, in compliance).

        The reading is the mean over the last `aperture` seconds, of `duration` where that is 0.
        """
        self.sleep(duration)
        bias = self._ports[port]
        if port != self._connected or self.now < self._settled:
            return bias.voltage, 0.0, False
        played = self._feel(bias, self._biased, record=True)
        if self.noise is not None:
            self._disturb(np.array([self.now]), played, np.array([duration]), aperture)
        return float(played.voltage[0]), float(played.current[0]), bool(played.limited[0])

    def play(
        self,
        port: str,
        voltage: Array,
        duration: Array,
        ramp: Array,
        *,
        count: int = 1,
        limit: float = math.inf,
        resistance: float = 0.0,
        record: bool = True,
        aperture: float = 0.0,
    ) -> Samples:
        """Let `port` play segments (V, s, s) `count` times, from 0 V and back to 0 V at the end.

        The port may give at most `limit` (A) behind `resistance` (Ohm). One sample per segment
        and pass when `record`, none otherwise: the mean over the last `aperture` seconds of the
        segment, of all of it where that is 0. A port that does not reach the device drives none.
        """
        arrays = (_floats(voltage), _floats(duration), _floats(ramp))
        ends = np.cumsum(arrays[1] + arrays[2])
        period = float(ends[-1]) if ends.size else 0.0
        if not math.isfinite(period * count):
            raise ValueError(f"a program must take a finite time, not {period * count} s")
        self._set(port, _REST)
        began = self.now
        drive = _Bias(0.0, limit, resistance + self._series(port))
        if port == self._connected:
            played = self._through_contact(arrays, ends, count, drive, record)
            self.now += period * count
        else:
            self._elapse(period * count)
            levels = np.tile(arrays[0], count if record else 0)
            played = Played(levels, np.zeros(levels.size), np.zeros(levels.size, dtype=bool))
        self.segments += ends.size * count
        self.played += period * count
        times = _times(began, ends, period, count if record else 0)
        if self.noise is not None and record and port == self._connected:
            self._disturb(times, played, np.tile(arrays[1] + arrays[2], count), aperture)
        return Samples(times, *played)

    def set_line(self, port: str, line: int, high: bool) -> None:
        """Let a digital output change; the wired one drives the relay."""
        wired = (self.wiring.source_meter, self.wiring.line)
        if self.wiring.name != "relay" or (port, line) != wired or high == self._high:
            return
        self._feel_biased()
        self._high = high
        self._bias = self._ports.get(self._connected, _REST)
        self._settled = self.now + self.wiring.settle
        self.relay_operations += 1

    @property
    def _connected(self) -> str:
        """The port whose source reaches the device."""
        if self._high and self.wiring.generator is not None:
            return self.wiring.generator
        return self.wiring.source_meter

    def _series(self, port: str) -> float:
        return self.wiring.series_resistance if port == self.wiring.generator else 0.0

    def _set(self, port: str, bias: _Bias) -> None:
        if self._ports.get(port) == bias:
            return
        if port == self._connected:
            self._feel_biased()
            self._bias = bias
        self._ports[port] = bias

    def _elapse(self, seconds: float) -> None:
        """Add up time: unbiased while the drive is 0 V or the contact still bounces."""
        if self._bias.voltage == 0.0:
            self._rested += seconds
        else:
            lost = min(seconds, max(0.0, self._settled - self.now))
            self._rested += lost
            self._biased += seconds - lost
        self.now += seconds

    def _feel_biased(self) -> None:
        """Let the device feel what time under bias has added up; rest may wait."""
        if self._biased > 0.0:
            self._feel(self._bias, self._biased, record=False)

    def _feel_all(self) -> None:
        self._feel_biased()
        if self._rested > 0.0:
            self._device.idle(self._rested, self._temperature)
            self._rested = 0.0

    def _feel(self, bias: _Bias, seconds: float, record: bool) -> Played:
        arrays = (np.array([bias.voltage]), np.array([seconds]), np.zeros(1))
        self._biased = 0.0
        return self._drive(arrays, 1, bias, record, start=bias.voltage)

    def _disturb(self, times: Array, played: Played, dwell: Array, aperture: float) -> None:
        """Add the noise of a meter with this `aperture` to what got through the contact."""
        assert self.noise is not None
        wanted = self.noise.parameters.integration or aperture or math.inf
        slope = self._device.current(SMALL) / SMALL if (played.voltage == 0.0).any() else 0.0
        self.noise.add(
            times, played.voltage, played.current, np.minimum(dwell, wanted),
            played.limited | (times <= self._settled), temperature=self._temperature, slope=slope,
        )  # fmt: skip

    def _drive(
        self,
        arrays: Program,
        count: int,
        drive: _Bias,
        record: bool,
        start: float = 0.0,
    ) -> Played:
        before, self._rested = self._rested, 0.0
        return self._device.play(
            *arrays, count, drive.limit, drive.resistance, self._temperature, record,
            before=before, start=start,
        )  # fmt: skip

    def _through_contact(
        self, arrays: Program, ends: Array, count: int, drive: _Bias, record: bool
    ) -> Played:
        """Play what gets through the contact: nothing before it has settled."""
        lost = self._settled - self.now
        if lost <= 0.0 or not ends.size or ends[-1] == 0.0:
            return self._drive(arrays, count, drive, record)
        passes = min(count, math.ceil(lost / ends[-1]))
        self._rested += min(lost, passes * float(ends[-1]))
        voltage = np.tile(arrays[0], passes)
        whole = np.tile(arrays[1] + arrays[2], passes)
        left = np.clip(_times(0.0, ends, float(ends[-1]), passes) - lost, 0.0, whole)
        hold = np.minimum(left, np.tile(arrays[1], passes))
        first = self._drive((voltage, hold, left - hold), 1, drive, record)
        if record:
            silent = left == 0.0
            first.current[silent] = 0.0
            first.limited[silent] = False
        if passes == count:
            return first
        then = self._drive(arrays, count - passes, drive, record, start=float(voltage[-1]))
        return Played(*(np.concatenate(pair) for pair in zip(first, then, strict=True)))


def _floats(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)


def _times(began: float, ends: Array, period: float, count: int) -> Array:
    """Return when each segment of each pass ends."""
    if count == 1:
        return began + ends
    return (began + np.arange(count)[:, None] * period + ends).ravel()
