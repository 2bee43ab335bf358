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
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sim_instruments.load import ROOM, GatedPlayed
from sim_instruments.models.circuit import (
    RAMP_STEP,
    Array,
    Flags,
    Kernels,
    Rng,
    bind,
    hold,
    kernel,
    observe,
    one_pass,
    rest,
    solve,
    specialise,
    step,
    within,
)
from sim_instruments.models.device import AMBIENT, Device

GATE = 0
"""Where every gated model keeps the gate voltage (V) in its state."""

# What the templates' free names stand for, those from `circuit` too, is bound by
# `specialise_gated`.
observe_gate: Any = None


@dataclass(frozen=True, slots=True)
class GatedKernels(Kernels):
    """A gated model's compiled functions."""

    play_gated: Callable[..., None]


def _gated_hold(
    level: float,
    gate: float,
    duration: float,
    limit: float,
    resistance: float,
    guess: float,
    x: Array,
    p: Array,
    rng: Rng,
) -> float:
    """Hold drain source and gate for `duration`; return the device voltage at the end."""
    x[GATE] = gate
    if level == 0.0 and gate == 0.0:
        rest(duration, x, p, rng)
        return 0.0
    left = duration
    while left > 0.0:
        guess, i, g, give, _ = solve(level, limit, resistance, guess, x, p)
        left -= step(guess, i, g, give, left, x, p, rng)
    return guess


def _gated_pass(
    start: float,
    gate_start: float,
    guess: float,
    voltage: Array,
    gate: Array,
    duration: Array,
    ramp: Array,
    limit: float,
    resistance: float,
    at: int,
    out_voltage: Array,
    out_current: Array,
    out_limited: Flags,
    out_gate: Array,
    x: Array,
    p: Array,
    rng: Rng,
) -> float:
    """Play all segments once; drain and gate ramp together. See `circuit._one_pass`."""
    level, before = start, gate_start
    for s in range(voltage.size):
        target, aim = voltage[s], gate[s]
        if ramp[s] > 0.0:
            farthest = max(abs(target - level), abs(aim - before))
            steps = max(1, math.ceil(farthest / RAMP_STEP))
            for k in range(steps):
                share = (k + 0.5) / steps
                guess = hold(
                    level + (target - level) * share, before + (aim - before) * share,
                    ramp[s] / steps, limit, resistance, guess, x, p, rng,
                )  # fmt: skip
        if duration[s] > 0.0:
            guess = hold(target, aim, duration[s], limit, resistance, guess, x, p, rng)
        level, before = target, aim
        x[GATE] = aim
        if at + s < out_voltage.size:
            guess, i, _g, _give, limited = solve(target, limit, resistance, guess, x, p)
            out_voltage[at + s] = guess + i * resistance if limited else target
            if not limited:
                i, limited = within(observe(i, x, p, rng), limit)
            out_current[at + s] = i
            out_limited[at + s] = limited
            out_gate[at + s] = observe_gate(guess, x, p, rng)
    return guess


def _gated_play(
    before: float,
    start: float,
    gate_start: float,
    voltage: Array,
    gate: Array,
    duration: Array,
    ramp: Array,
    count: int,
    limit: float,
    resistance: float,
    out_voltage: Array,
    out_current: Array,
    out_limited: Flags,
    out_gate: Array,
    x: Array,
    p: Array,
    rng: Rng,
) -> None:
    """Rest for `before` seconds, then play all segments `count` times; leave the gate at 0 V."""
    if before > 0.0:
        rest(before, x, p, rng)
    guess = start
    for k in range(count):
        guess = one_pass(
            start, gate_start, guess, voltage, gate, duration, ramp, limit, resistance,
            k * voltage.size, out_voltage, out_current, out_limited, out_gate, x, p, rng,
        )  # fmt: skip
        start, gate_start = voltage[-1], gate[-1]
    x[GATE] = 0.0


def specialise_gated(
    module: str,
    *,
    current: Callable[..., Any],
    step: Callable[..., Any],
    rest: Callable[..., Any],
    observe: Callable[..., Any],
    observe_gate: Callable[..., Any],
) -> GatedKernels:
    """Return both compiled circuits of the gated model in `module` (its ``__name__``)."""
    two = specialise(module, current=current, step=step, rest=rest, observe=observe)
    gate = kernel(observe_gate)
    hold = bind(_gated_hold, module, solve=two.solve, step=two.step, rest=two.rest)
    one_pass = bind(_gated_pass, module, solve=two.solve, hold=hold, observe=two.observe,
                    observe_gate=gate)  # fmt: skip
    play = bind(_gated_play, module, counted=True, one_pass=one_pass, rest=two.rest)
    return GatedKernels(two.look, two.play, two.current, two.step, two.rest, two.observe,
                        two.solve, play)  # fmt: skip


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
        self.KERNELS.play_gated(before, start, gate_start, voltage, gate, duration, ramp,
                                count if voltage.size else 0, limit, resistance, *out,
                                self._x, self._p, self.rng)  # fmt: skip
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
