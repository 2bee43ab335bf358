"""The World: what the sources drive, the wiring that leads to it, and one virtual clock.

It knows no instruments and no bytes. Simulated instruments name themselves by their port (their
name on the bench) and say what they source; the World lets the device feel it, and time pass.
Time at a constant bias is only added up, and applied when something asks: a transfer or a sleep
costs a microsecond, however long it was.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from sim_instruments.ambient import outside
from sim_instruments.load import GatedPlayed, Load, WearingLoad
from sim_instruments.models.circuit import Array
from sim_instruments.noise import ReadNoise
from sim_instruments.programs import REST, Bias, Program, Samples, floats, silent, times_of
from sim_instruments.wiring import Wiring, array, gated, unworn


class WorldClock:
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


SMALL = 1e-3
"""V, at which the conductance without bias is taken"""


class World:
    """One load, several sources, one virtual clock.

    Args:
        load: a device model, or a circuit or an array of them.
        wiring: what leads to it.
        latency: s of virtual time one transfer takes.
        temperature: K, ambient.
        noise: what readings add; None adds nothing.

    Raises:
        ValueError: a latency or temperature out of range, a third terminal or a matrix wired to a
            load that has none.
    """

    def __init__(
        self,
        load: Load,
        *,
        wiring: Wiring,
        latency: float = 0.0,
        temperature: float = 300.0,
        noise: ReadNoise | None = None,
    ) -> None:
        if not (math.isfinite(latency) and latency >= 0):
            raise ValueError(f"latency must be 0 s or more, got {latency}")
        self._gated = gated(load, wiring)
        self._array = array(load, wiring)
        self.wiring = wiring
        self.latency = latency
        self.now = 0.0
        self.messages = self.round_trips = self.relay_operations = self.segments = 0
        self.hot_switches = 0  # how often the matrix was switched while something was driven
        self.played = 0.0  # s of stimulus, however long the bench took over it
        self.clock = WorldClock(self)
        self._load = load
        self._ports: dict[str, Bias] = {}
        self._high = False
        self._settled = 0.0
        self._bias = REST
        self._rested = self._biased = 0.0  # s the device has yet to feel, in this order
        self._said = dict.fromkeys(unworn(load, wiring))  # of what the load itself does not know
        self.temperature = temperature
        self.noise = noise

    @property
    def load(self) -> Load:
        """What is driven, as it is now."""
        self._feel_all()
        return self._load

    @property
    def warnings(self) -> list[str]:
        """Where the model, or the simulation around it, did not hold so far, a sentence each."""
        return [*self.load.warnings, *self._said]

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say: device, surroundings, noise, warnings so far."""
        noise = {} if self.noise is None else {"noise": self.noise.metadata()}
        warnings = self.warnings  # lets the device feel what has added up, before it is asked
        return {**self._load.metadata(), **noise, "warnings": warnings}

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest device current (A) and charge beyond the sources' limit (C) so far.

        Both are 0 without a capacitance beside the device: only that can exceed the limit.
        """
        return self.load.overshoot

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
        self._said |= dict.fromkeys(outside(self._load.metadata(), kelvin))

    @property
    def at_rest(self) -> bool:
        """Whether no source drives anything."""
        return not any(bias.voltage for bias in self._ports.values())

    def attach(self, port: str) -> None:
        """Let an instrument onto the bench, output off; wired to the device or not."""
        self._set(port, REST)

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
        self._set(port, Bias(voltage, limit, resistance + self._series(port)))

    def release(self, port: str) -> None:
        """Switch the output of `port` off."""
        self._set(port, REST)

    def measure(
        self, port: str, duration: float, aperture: float = 0.0
    ) -> tuple[float, float, bool]:
        """Let `duration` pass under the held bias; return (V at the source, A, in compliance).

        The reading is the mean over the last `aperture` seconds, of `duration` where that is 0.
        """
        self.sleep(duration)
        bias = self._ports[port]
        if not self._reaches(port) or self.now < self._settled:
            return bias.voltage, 0.0, False
        played = self._feel(self._biased, record=True)
        if port == self.wiring.gate:
            given = float(played.gate_current[0])
            most = bias.limit
            return bias.voltage, min(max(given, -most), most), abs(given) > most
        if self.noise is not None:
            self._disturb(np.array([self.now]), played, np.array([duration]), aperture, bias.limit)
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
        gate: Array | None = None,
        gate_port: str | None = None,
        gate_limit: float = math.inf,
    ) -> Samples:
        """Let `port` play segments (V, s, s) `count` times, from 0 V and back to 0 V at the end.

        The port may give at most `limit` (A) behind `resistance` (Ohm); `gate` (V) is what
        `gate_port`, which may give at most `gate_limit` (A), plays at the same time. One sample per
        segment and pass when `record`, none otherwise: the mean over the last `aperture` seconds of
        the segment, of all of it where that is 0. A port that does not reach the load drives none.
        """
        most = limit if port == self.wiring.gate else gate_limit
        both = self._program(port, voltage, duration, ramp, gate, gate_port, most)
        ends = np.cumsum(both.whole)
        period = float(ends[-1]) if ends.size else 0.0
        if not math.isfinite(period * count):
            raise ValueError(f"a program must take a finite time, not {period * count} s")
        drive, began = self._bias, self.now
        if port == self._connected:
            drive = Bias(0.0, limit, resistance + self._series(port))
        if self._reaches(port):
            played = self._through_contact(both, ends, count, drive, record)
            self.now += period * count
        else:
            self._elapse(period * count)
            levels = np.tile(floats(voltage), count if record else 0)
            played = silent(levels)
        if port == self.wiring.gate:
            levels = np.tile(floats(voltage), count if record else 0)
            played = GatedPlayed(levels, played.gate_current, np.zeros(levels.size, dtype=bool),
                                 played.gate_current)  # fmt: skip
            played.cut(limit)
        self.segments += ends.size * count
        self.played += period * count
        times = times_of(began, ends, period, count if record else 0)
        if self.noise is not None and record and port == self._connected:
            self._disturb(times, played, np.tile(both.whole, count), aperture, drive.limit)
        return Samples(times, *played)

    def _program(
        self,
        port: str,
        voltage: Array,
        duration: Array,
        ramp: Array,
        gate: Array | None,
        gate_port: str | None,
        limit: float,
    ) -> Program:
        """Return what reaches both terminals; a port that plays is at rest before and after.

        `limit` (A) is that of what plays at the third terminal.
        """
        for each in (port, gate_port):
            if each is not None:
                self._set(each, REST)
        levels = floats(voltage)
        first, third, third_start = levels, None, 0.0
        if port == self.wiring.gate:
            first, third = np.full(levels.size, self._bias.voltage), levels
        elif gate is not None and gate_port == self.wiring.gate:
            third = floats(gate)
        elif self._gate:
            third, third_start = np.full(levels.size, self._gate), self._gate
            limit = self._third.limit
        return Program(first, floats(duration), floats(ramp), third, third_start, limit)

    def set_line(self, port: str, line: int, high: bool) -> None:
        """Let a digital output change; the wired one drives the relay."""
        wired = (self.wiring.source_meter, self.wiring.line)
        if self.wiring.name != "relay" or (port, line) != wired or high == self._high:
            return
        self._feel_biased()
        self._high = high
        self._bias = self._ports.get(self._connected, REST)
        self._settled = self.now + self.wiring.settle
        self.relay_operations += 1

    def set_crosspoints(self, port: str, closed: frozenset[tuple[int, int]]) -> None:
        """Let a switch matrix close exactly these (input, output) crosspoints, both from 1."""
        if self._array is None or port != self.wiring.matrix:
            return
        self._feel_all()
        self.hot_switches += not self.at_rest
        self._array.connect(closed)

    def represent(self, cycles: int, like: int, seconds: float) -> bool:
        """Let `cycles` that nobody steps wear the load and `seconds` pass, unfelt but for the wear.

        Each wears as one of the `like` cycles since the last call. Returns whether it wears at all.
        """
        load = self.load
        self.now += seconds
        return isinstance(load, WearingLoad) and load.represent(cycles, like)

    @property
    def _connected(self) -> str:
        """The port whose source reaches the device."""
        if self._high and self.wiring.generator is not None:
            return self.wiring.generator
        return self.wiring.source_meter

    @property
    def _third(self) -> Bias:
        """What is held at the third terminal."""
        return REST if self.wiring.gate is None else self._ports.get(self.wiring.gate, REST)

    @property
    def _gate(self) -> float:
        """V held there."""
        return self._third.voltage

    def _reaches(self, port: str) -> bool:
        return port in (self._connected, self.wiring.gate)

    def _series(self, port: str) -> float:
        return self.wiring.series_resistance if port == self.wiring.generator else 0.0

    def _set(self, port: str, bias: Bias) -> None:
        if self._ports.get(port) == bias:
            return
        if self._reaches(port):
            self._feel_biased()
        if port == self._connected:
            self._bias = bias
        self._ports[port] = bias

    def _elapse(self, seconds: float) -> None:
        """Add up time: unbiased while the drive is 0 V or the contact still bounces."""
        if self._bias.voltage == 0.0 and self._gate == 0.0:
            self._rested += seconds
        else:
            lost = min(seconds, max(0.0, self._settled - self.now))
            self._rested += lost
            self._biased += seconds - lost
        self.now += seconds

    def _feel_biased(self) -> None:
        """Let the load feel what time under bias has added up; rest may wait."""
        if self._biased > 0.0:
            self._feel(self._biased, record=False)

    def _feel_all(self) -> None:
        self._feel_biased()
        if self._rested > 0.0:
            self._load.idle(self._rested, self._temperature)
            self._rested = 0.0

    def _feel(self, seconds: float, record: bool) -> GatedPlayed:
        """Let the load feel `seconds` of the held bias."""
        level, gate = self._bias.voltage, self._gate
        third = np.array([gate]) if gate or self._gated is not None else None
        limit = self._third.limit
        program = Program(np.array([level]), np.array([seconds]), np.zeros(1), third, gate, limit)
        self._biased = 0.0
        return self._drive(program, 1, self._bias, record, start=level)

    def _disturb(
        self, times: Array, played: GatedPlayed, dwell: Array, aperture: float, limit: float
    ) -> None:
        """Add the noise of a meter with this `aperture` to what got through the contact."""
        assert self.noise is not None
        wanted = self.noise.parameters.integration or aperture or math.inf
        slope = self._load.current(SMALL) / SMALL if (played.voltage == 0.0).any() else 0.0
        self.noise.add(
            times, played.voltage, played.current, np.minimum(dwell, wanted),
            played.limited | (times <= self._settled), temperature=self._temperature, slope=slope,
        )  # fmt: skip
        played.cut(limit)

    def _drive(
        self, program: Program, count: int, drive: Bias, record: bool, start: float = 0.0
    ) -> GatedPlayed:
        before, self._rested = self._rested, 0.0
        if self._gated is not None and program.gate is not None:
            played = self._gated.play_gated(
                program.voltage, program.gate, program.duration, program.ramp, count, drive.limit,
                drive.resistance, self._temperature, record, before=before, start=start,
                gate_start=program.gate_start,
            )  # fmt: skip
            self._said |= dict.fromkeys(program.unfelt(played.gate_current))
            return played
        two = self._load.play(
            program.voltage, program.duration, program.ramp, count, drive.limit, drive.resistance,
            self._temperature, record, before=before, start=start,
        )  # fmt: skip
        return GatedPlayed(*two, np.zeros(two.voltage.size))

    def _through_contact(
        self, program: Program, ends: Array, count: int, drive: Bias, record: bool
    ) -> GatedPlayed:
        """Play what gets through the contact: nothing before it has settled."""
        lost = self._settled - self.now
        if lost <= 0.0 or not ends.size or ends[-1] == 0.0:
            return self._drive(program, count, drive, record, drive.voltage)
        passes = min(count, math.ceil(lost / ends[-1]))
        self._rested += min(lost, passes * float(ends[-1]))
        late, silent = program.late(lost, ends, passes)
        first = self._drive(late, 1, drive, record, drive.voltage)
        if record:
            first.current[silent] = first.gate_current[silent] = 0.0
            first.limited[silent] = False
        if passes == count:
            return first
        last = program.gate_start if late.gate is None else float(late.gate[-1])
        rest = replace(program, gate_start=last)
        then = self._drive(rest, count - passes, drive, record, float(late.voltage[-1]))
        return GatedPlayed(*(np.concatenate(pair) for pair in zip(first, then, strict=True)))
