"""Steps that several procedures take: plain functions and generators over a `Dut`."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchctl.analysis.levels import pulse_energy
from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.quantities import show
from benchctl.stimulus import Readings, Stimulus, pulse, read

RETREAT = 5
"""After the other polarity was needed, a polarity goes on this many rungs below its last pulse:
below even its first one, where that was already too much."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The pulses of an incremental-step write-verify, and what they may never pass."""

    set_start: float
    """V, the first set pulse tried; its sign is the set polarity"""
    set_stop: float
    """V, the last one allowed"""
    reset_start: float
    """V"""
    reset_stop: float
    """V"""
    step: float
    """V, above 0: by how much each pulse exceeds the last of its polarity"""
    set_width: float
    """s"""
    reset_width: float
    """s"""
    read_voltage: float
    """V"""
    read_width: float
    """s"""
    lowest: float = 0.0
    """S; below this no reset pulse is given: an over-reset device may never set again"""
    compliance: float | None = None
    """A; None is the DUT's own limit"""

    def __post_init__(self) -> None:
        """Refuse a ladder that does not climb."""
        for name, start, stop in (
            ("set", self.set_start, self.set_stop),
            ("reset", self.reset_start, self.reset_stop),
        ):
            if start * stop <= 0 or abs(stop) < abs(start):
                raise ConfigError(
                    f"the {name} pulses must grow from their first voltage to their last, not "
                    f"from {show(start, 'V')} to {show(stop, 'V')}; lower the first one"
                )
        if self.set_start * self.reset_start > 0:
            raise ConfigError("set and reset pulses need opposite polarity")

    def smallest(self, direction: int) -> float:
        """Return the voltage of the smallest pulse of a polarity."""
        start = self.set_start if direction > 0 else self.reset_start
        return math.copysign(round(min(self.step, abs(start)), 9), start)

    def rung(self, direction: int, index: int) -> float | None:
        """Return the voltage of pulse `index` of a polarity, 0 its first; None above the ladder.

        An index below 0 is a pulse smaller than the first, down to one step.
        """
        start, stop = (
            (self.set_start, self.set_stop)
            if direction > 0
            else (self.reset_start, self.reset_stop)
        )
        size = max(abs(start) + index * self.step, abs(self.smallest(direction)))
        return None if size > abs(stop) * (1 + 1e-9) else math.copysign(round(size, 9), start)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pulse of a write-verify and the read after it; number 0 is the read before any."""

    number: int
    voltage: float
    """V; 0 for number 0"""
    conductance: float
    """S"""
    energy: float
    """J, estimated"""
    time: float
    """s on the bench's clock, at the end of the read"""
    pulsed: float
    """s on the bench's clock, at the end of the pulse; `time` for number 0"""
    verdict: str
    """"" while under way; "reached", or what ended it: "budget", "voltage", "guard" """


def write_verify(
    dut: Dut, target: float, tolerance: float, ladder: Ladder, budget: int
) -> Iterator[Attempt]:
    """Pulse and read until the conductance is within `tolerance` (relative) of `target` (S).

    Below the band the device gets set pulses, above it reset pulses, each polarity growing rung
    by rung. The last attempt carries the verdict; the ladder's voltages and its lowest
    conductance are never passed.
    """
    low, high = target * (1 - tolerance), target * (1 + tolerance)
    probe = read(ladder.read_voltage, ladder.read_width)
    readings = dut.play(probe, compliance=ladder.compliance)
    began = float(readings.time[-1])
    now = Attempt(0, 0.0, float(readings.conductance[-1]), 0.0, began, began, "")
    rungs = {1: 0, -1: 0}
    last = 0
    while True:
        direction = _direction(now.conductance, low, high)
        if last and direction == -last:
            rungs[direction] -= RETREAT
        voltage = ladder.rung(direction, rungs[direction]) if direction else None
        verdict = _verdict(now, direction, voltage, ladder, budget)
        yield replace(now, verdict=verdict)
        if verdict or voltage is None:
            return
        rungs[direction] += 1
        last = direction
        now = _attempt(dut, now, voltage, ladder, probe)


def _direction(conductance: float, low: float, high: float) -> int:
    return 0 if low <= conductance <= high else 1 if conductance < low else -1


def _verdict(
    now: Attempt, direction: int, voltage: float | None, ladder: Ladder, budget: int
) -> str:
    if direction == 0:
        return "reached"
    if direction < 0 and now.conductance <= ladder.lowest:
        return "guard"
    if voltage is None:
        return "voltage"
    return "budget" if now.number >= budget else ""


def _attempt(dut: Dut, before: Attempt, voltage: float, ladder: Ladder, probe: Stimulus) -> Attempt:
    width = ladder.set_width if voltage * ladder.set_start > 0 else ladder.reset_width
    shot = pulse(voltage, width)
    if dut.measures(width):  # one program: the read follows the pulse at once
        readings = dut.play(shot + probe, compliance=ladder.compliance)
        pulsed = float(readings.time[-1]) - ladder.read_width
    else:  # two anyway; in between the path changes, which takes its time
        dut.play(shot, compliance=ladder.compliance)
        pulsed = dut.clock.now()
        readings = dut.play(probe, compliance=ladder.compliance)
    after = float(readings.conductance[-1])
    energy = pulse_energy(voltage, width, before.conductance, after)
    return Attempt(before.number + 1, voltage, after, energy, float(readings.time[-1]), pulsed, "")


def last(attempts: Iterable[Attempt]) -> Attempt:
    """Carry a write-verify out and return its last attempt."""
    *_, final = attempts
    return final


def whole_cycles(blocks: Iterable[Readings], readings: int) -> Iterator[Readings]:
    """Yield blocks that hold whole cycles of `readings` readings; a block may end within one."""
    kept: list[Readings] = []
    for block in blocks:
        joined = Readings.join([*kept, block])
        whole = len(joined) // readings * readings
        kept = [joined[whole:]]
        if whole:
            yield joined[:whole]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Set, read, reset, read; the pulses are measured where the bench can."""

    set_voltage: float
    reset_voltage: float
    set_width: float
    reset_width: float
    read_voltage: float
    read_width: float
    set_measured: bool
    reset_measured: bool

    @property
    def observed(self) -> Stimulus:
        """Return the cycle with a read after each pulse."""
        probe = read(self.read_voltage, self.read_width)
        return (
            pulse(self.set_voltage, self.set_width, measure=self.set_measured)
            + probe
            + pulse(self.reset_voltage, self.reset_width, measure=self.reset_measured)
            + probe
        )

    @property
    def blind(self) -> Stimulus:
        """Return the two pulses alone."""
        return pulse(self.set_voltage, self.set_width) + pulse(self.reset_voltage, self.reset_width)

    @property
    def readings(self) -> int:
        """Readings one observed cycle gives."""
        return 2 + self.set_measured + self.reset_measured

    def columns(self, block: Readings) -> dict[str, np.ndarray]:
        """Return one row per observed cycle; what the bench could not see in a pulse is NaN."""
        shape = (-1, self.readings)
        conductance = block.conductance.reshape(shape)
        limited = block.limited.reshape(shape).astype(float)
        after_set = int(self.set_measured)
        unseen = np.full(len(conductance), math.nan)
        return {
            "set_conductance": conductance[:, after_set],
            "reset_conductance": conductance[:, -1],
            "in_compliance": limited[:, 0] if self.set_measured else unseen,
            "reset_in_compliance": limited[:, after_set + 1] if self.reset_measured else unseen,
            "time": block.time.reshape(shape)[:, -1],
        }
