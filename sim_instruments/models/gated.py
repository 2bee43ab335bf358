"""Three-terminal devices: a gate beside the two-terminal circuit, which stays as it is.

A gated model keeps the gate voltage in the first slot of its state array, where its kernels
`current`, `step`, `rest` and `observe` find it; they look as those of any model do, and
`specialise` makes the two-terminal circuit from them. There the gate is at 0 V, always. A fifth
kernel,

* ``observe_gate(v, x, p, rng) -> i``: the mean current (A) into the gate since it was observed
  last, `v` the device voltage between drain and source,

and the template below make the circuit in which a second source drives the gate: an ideal one, with
neither resistance nor limit. `rest` is for a device with neither bias nor gate voltage.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sim_instruments.load import ROOM, GatedPlayed
from sim_instruments.models.circuit import RAMP_STEP, Kernels, specialise
from sim_instruments.models.compiled import Array, Flags, Rng, bind, kernel
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.playing import _one_pass
from sim_instruments.models.values import Packed, Seen, Segment, Supply

GATE = 0
"""Where every gated model keeps the gate voltage (V) in its state."""

# What the templates' free names stand for is bound by `specialise_gated`.
step: Any = None
rest: Any = None
solve: Any = None
hold: Any = None
hold_both: Any = None
observe_gate: Any = None
one_pass: Any = None


@dataclass(frozen=True, slots=True)
class GatedKernels(Kernels):
    """A gated model's compiled functions."""

    play_gated: Callable[..., None]


class GatedSegments(NamedTuple):
    """What the sources of drain and gate play together; see `values.Segments`."""

    start: float
    """V, at the drain before the first one"""
    gate_start: float
    """V"""
    voltage: Array
    """V, at the drain"""
    gate: Array
    """V"""
    duration: Array
    """s, at both"""
    ramp: Array
    """s, on the way to both"""


class GatedSegment(NamedTuple):
    """One segment and where the drain comes from; see `values.Segment`."""

    start: float
    """V"""
    target: float
    """V"""
    gate: float
    """V, the gate's target"""
    ramp: float
    """s"""
    duration: float
    """s"""


class GatedRecord(NamedTuple):
    """What was seen at the ends of segments; see `load.GatedPlayed`."""

    voltage: Array
    """V, at the source of the drain"""
    current: Array
    """A, into the drain"""
    limited: Flags
    """whether the drain's source was in compliance"""
    gate: Array
    """A, into the gate"""


def _hold_both(
    level: float, gate: float, duration: float, supply: Supply, guess: float, device: Packed
) -> float:
    """Hold drain source and gate for `duration`; return the device voltage at the end."""
    x, p, rng = device.x, device.p, device.rng
    x[GATE] = gate
    if level != 0.0:
        return float(hold(Segment(level, level, 0.0, duration), supply, guess, device))
    if gate == 0.0:
        rest(duration, x, p, rng)
        return 0.0
    left = duration
    while left > 0.0:
        guess, i, g, give, _ = solve(level, supply.limit, supply.resistance, guess, x, p)
        left -= step(guess, i, g, give, left, x, p, rng)
    return guess


def _hold_gated(segment: GatedSegment, supply: Supply, guess: float, device: Packed) -> float:
    """Take drain and gate through `segment`, in one staircase; return the device voltage."""
    start, target, aim, ramp, duration = segment
    before = device.x[GATE]
    if ramp > 0.0:
        steps = max(1, math.ceil(max(abs(target - start), abs(aim - before)) / RAMP_STEP))
        for k in range(steps):
            share = (k + 0.5) / steps
            level, gate = start + (target - start) * share, before + (aim - before) * share
            guess = hold_both(level, gate, ramp / steps, supply, guess, device)
    if duration > 0.0:
        guess = hold_both(target, aim, duration, supply, guess, device)
    device.x[GATE] = aim
    return guess


@kernel
def gated_segment(s: int, start: float, segments: GatedSegments) -> GatedSegment:
    """Return segment `s`, the drain's source being at `start` before."""
    return GatedSegment(
        start, segments.voltage[s], segments.gate[s], segments.ramp[s], segments.duration[s]
    )


def _note_gated(n: int, seen: Seen, record: GatedRecord, guess: float, device: Packed) -> None:
    """Record what was seen, and the gate's current; `guess` is the device voltage."""
    record.voltage[n] = seen.voltage
    record.current[n] = seen.current
    record.limited[n] = seen.limited
    record.gate[n] = observe_gate(guess, device.x, device.p, device.rng)


def _play_gated(
    before: float, given: Any, count: int, drive: Any, record: Any, state: Any, rng: Rng
) -> None:
    """Rest for `before` seconds, then play all segments `count` times; leave the gate at 0 V.

    Plain tuples come from Python: see `playing._play`.
    """
    segments, supply = GatedSegments(*given), Supply(*drive)
    x, p, c = state
    device = Packed(x, p, c, rng, np.empty(x.size + c.size))
    if before > 0.0:
        rest(before, x, p, rng)
    x[GATE] = segments.gate_start
    start = guess = segments.start
    for k in range(count):
        guess = one_pass(k * segments.voltage.size, start, segments, supply, guess,
                         GatedRecord(*record), device)  # fmt: skip
        start = segments.voltage[-1]
    x[GATE] = 0.0


def specialise_gated(
    module: str, *, observe_gate: Callable[..., Any], **kernels: Callable[..., Any]
) -> GatedKernels:
    """Return both compiled circuits of the gated model in `module` (its ``__name__``).

    `kernels` are those of `circuit.specialise`.
    """
    two = specialise(module, **kernels)
    both = bind(_hold_both, module, hold=two.hold, solve=two.solve, step=two.step, rest=two.rest)
    note = bind(_note_gated, module, observe_gate=kernel(observe_gate))
    one_pass = bind(_one_pass, module, label="Gated", pick=gated_segment, note=note,
                    hold=bind(_hold_gated, module, hold_both=both), meter=two.meter,
                    observe=two.observe)  # fmt: skip
    play = bind(_play_gated, module, counted=True, one_pass=one_pass, rest=two.rest)
    return GatedKernels(**{part.name: getattr(two, part.name) for part in fields(two)},
                        play_gated=play)  # fmt: skip


class Gated(Device):
    """One device with a gate; used as any other device it has the gate at 0 V."""

    KERNELS: ClassVar[GatedKernels]

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
        """Play segments of drain and gate voltage `count` times; see `Device.play`.

        `limit` and `resistance` are those of the drain's source; the gate's is ideal. Both ramp
        for `ramp` seconds from what they had before. Afterwards the gate is at 0 V.

        Raises:
            ValueError: arrays of different lengths.
        """
        if not voltage.size == gate.size == duration.size == ramp.size:
            raise ValueError(
                "voltage, gate, duration and ramp must be of one length, got "
                f"{voltage.size}, {gate.size}, {duration.size} and {ramp.size}"
            )
        if self._p[AMBIENT] != temperature:
            self._warm(temperature)
        size = voltage.size * count if record else 0
        out = (np.empty(size), np.empty(size), np.empty(size, dtype=bool), np.empty(size))
        self.KERNELS.play_gated(before, (start, gate_start, voltage, gate, duration, ramp),
                                count if voltage.size else 0, (limit, resistance), out,
                                (self._x, self._p, self._c), self.rng)  # fmt: skip
        return GatedPlayed(*out)

    def pulse(
        self, gate: float, duration: float, count: int = 1, temperature: float = ROOM
    ) -> None:
        """Give the gate `count` pulses without a pause, drain at 0 V, nothing recorded."""
        self.play_gated(np.zeros(1), np.array([gate]), np.array([duration]), np.zeros(1), count,
                        temperature=temperature, record=False)  # fmt: skip

    def current(self, voltage: float, gate: float = 0.0) -> float:
        """Return the noise-free drain current in A at these voltages; nothing changes."""
        x = self._x.copy()
        x[GATE] = gate
        return self.KERNELS.look(voltage, x, self._p)
