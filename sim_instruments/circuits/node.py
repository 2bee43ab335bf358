r"""A node with a capacitor and a device: what neurons and relaxation oscillators are made of.

::

    C dV/dt = J - G V - sign I(v, x);    v + I R_sense = U + sign V

`J` is injected into the node, `G` leaks to ground; the device (its own voltage `v`) and a sense
resistor hang between the node and a rail at `U`: ``sign = +1`` from the node down, ``sign = -1``
from the rail down to the node. A transistor reads out a gate voltage taken from the node or from
the sense resistor, ``I_D = k/2 (V_gate - V_T)^2`` above V_T, and draws no gate current.

**Numerics**: sub-steps are the device's own, at most `resolution` of node voltage each. The device
moves at the mean voltage of its sub-step and is told how the node yields meanwhile, so that a node
far faster than the device is no burden; then the node follows with the exact exponential of the
device linearised half-way. A spike begins where the current looked at rises through `fire` (found
by linear interpolation), and that has to fall below `rearm` before the next.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.circuit import Array, Kernels, Rng, bind
from sim_instruments.models.device import Device
from sim_instruments.models.exponential import grown, time_to

Levels = float | Sequence[float] | Array
"""One value, or one per segment"""

# What the templates' free names stand for is bound by `_compiled`.
solve: Any = None
step: Any = None
move: Any = None

# Slots of the circuit's constants.
CAPACITANCE, SENSE, SIGN, RESOLUTION, FIRE, REARM, GAIN, V_T, BY_NODE, BY_SENSE, ON_DRAIN = range(
    11
)
# Slots of the circuit's state: node and device voltage (V), device current (A), drain current (A),
# time (s), whether a spike is on, and what the last sub-step dissipated in the device (J).
NODE, OWN, CURRENT, DRAIN, TIME, SPIKING, HEAT = range(7)
# Columns of the samples.
COLUMNS = 5
AT, VOLTAGE, THROUGH, OUTPUT, ENERGY = range(COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What a circuit did while it was played: one value per sample, and its spikes."""

    time: Array
    """s since the circuit was made, at the end of the sample"""
    length: Array
    """s the sample took"""
    voltage: Array
    """V at the node, then"""
    current: Array
    """A through the device, then"""
    output: Array
    """A of drain current, mean over the sample: what the next neuron is given"""
    energy: Array
    """J dissipated in the device during the sample"""
    spikes: Array
    """s, when spikes began"""

    @property
    def intervals(self) -> Array:
        """Time between spikes in s."""
        return np.diff(self.spikes)


@dataclass(frozen=True, slots=True)
class Readout:
    """A transistor whose gate sees the node or the sense resistor."""

    gain: float = 0.0
    """A/V^2, k; 0 for no transistor"""
    threshold: float = 0.0
    """V, V_T"""
    on_node: bool = False
    """the gate is on the node, not on the sense resistor"""


@dataclass(frozen=True, slots=True)
class Detector:
    """When a current counts as a spike: the device's, or the drain current."""

    fire: float
    """A, rising through it begins a spike"""
    rearm: float
    """A, below it the next may begin"""
    on_drain: bool = False
    """look at the drain current"""


def _move(
    inject: float, rail: float, leak: float, left: float, c: Array, y: Array,
    x: Array, p: Array, rng: Rng,
) -> float:  # fmt: skip
    """Move node and device by one sub-step of at most `left`; return the time it took."""
    sign, sense, capacitance = c[SIGN], c[SENSE], c[CAPACITANCE]
    across = rail + sign * y[NODE]
    v, i, g, _, _ = solve(across, math.inf, sense, y[OWN], x, p)
    rate = (leak + g / (1.0 + sense * g)) / capacitance
    slope = (inject - leak * y[NODE] - sign * i) / capacitance
    h = min(left, time_to(c[RESOLUTION], abs(slope), -rate))
    ahead = slope * (h - grown(-rate, h)) / (rate * h) if rate * h > 1e-6 else 0.5 * slope * h
    source = sense + grown(-leak / capacitance, h) / capacitance
    vm, im, gm, _, _ = solve(across + sign * ahead, math.inf, sense, v, x, p)
    taken = step(vm, im, gm, source / (1.0 + source * gm), h, x, p, rng)
    _, i2, g2, _, _ = solve(across, math.inf, sense, vm, x, p)
    branch = 0.5 * (g / (1.0 + sense * g) + g2 / (1.0 + sense * g2))
    slope = (inject - leak * y[NODE] - sign * 0.5 * (i + i2)) / capacitance
    moved = slope * grown(-(leak + branch) / capacitance, taken)
    y[NODE] += moved
    end = i2 + g2 / (1.0 + sense * g2) * sign * moved
    y[OWN] = rail + sign * y[NODE] - end * sense
    y[HEAT] = 0.5 * (i * v + end * y[OWN]) * taken
    y[CURRENT] = end
    return float(taken)


def _play_node(
    inject: Array, rail: Array, duration: Array, parts: Array, leak: float, c: Array, y: Array,
    out: Array, x: Array, p: Array, rng: Rng,
) -> Array:  # fmt: skip
    """Play segments, `parts` samples each, into the rows of `out`; return when spikes began."""
    spikes = np.empty(64)
    count = row = 0
    for s in range(inject.size):
        part = duration[s] / parts[s]
        for _ in range(parts[s]):
            left, charge, heat = part, 0.0, 0.0
            while left > 0.0:
                drain = y[DRAIN]
                before = drain if c[ON_DRAIN] else y[CURRENT]
                taken = move(inject[s], rail[s], leak, left, c, y, x, p, rng)
                left -= taken
                over = c[BY_NODE] * y[NODE] + c[BY_SENSE] * y[CURRENT] - c[V_T]
                y[DRAIN] = 0.5 * c[GAIN] * over * over if over > 0.0 else 0.0
                charge += 0.5 * (drain + y[DRAIN]) * taken
                heat += y[HEAT]
                y[TIME] += taken
                seen = y[DRAIN] if c[ON_DRAIN] else y[CURRENT]
                if y[SPIKING] == 0.0 and seen > c[FIRE]:
                    y[SPIKING] = 1.0
                    if count == spikes.size:
                        spikes = np.concatenate((spikes, np.empty(count)))
                    late = (seen - c[FIRE]) / max(seen - before, 1e-30)
                    spikes[count] = y[TIME] - taken * min(late, 1.0)
                    count += 1
                elif seen < c[REARM]:
                    y[SPIKING] = 0.0
            out[row, AT] = y[TIME]
            out[row, VOLTAGE] = y[NODE]
            out[row, THROUGH] = y[CURRENT]
            out[row, OUTPUT] = charge / part
            out[row, ENERGY] = heat
            row += 1
    return spikes[:count]


@cache
def _compiled(name: str, kernels: Kernels) -> Callable[..., Array]:
    """Return the circuit around one device model, compiled once per process."""
    moves = bind(_move, __name__, label=name, solve=kernels.solve, step=kernels.step)
    play: Callable[..., Array] = bind(_play_node, __name__, label=name, counted=True, move=moves)
    return play


class Node:
    """A capacitor, a device and what hangs around them; state and time are kept between plays.

    Args:
        device: any device model.
        capacitance: F.
        leak: S, from the node to ground.
        sense: Ohm, in series with the device.
        sign: +1 for a device from the node to the rail, -1 from the rail to the node.
        resolution: V, largest change of node voltage in one sub-step.
        detector: what counts as a spike.
        readout: the transistor.
    """

    def __init__(
        self,
        device: Device,
        *,
        capacitance: float,
        leak: float,
        sense: float = 0.0,
        sign: float = 1.0,
        resolution: float,
        detector: Detector,
        readout: Readout | None = None,
    ) -> None:
        read = readout or Readout()
        if not 0.0 < detector.rearm <= detector.fire:
            raise ValueError("a spike needs 0 < rearm current <= fire current")
        self.device = device
        self._leak = leak
        self._constants = np.zeros(ON_DRAIN + 1)
        self._constants[[CAPACITANCE, SENSE, SIGN, RESOLUTION]] = (
            capacitance, sense, sign, resolution,
        )  # fmt: skip
        self._constants[[FIRE, REARM, ON_DRAIN]] = detector.fire, detector.rearm, detector.on_drain
        self._constants[[GAIN, V_T]] = read.gain, read.threshold
        self._constants[BY_NODE if read.on_node else BY_SENSE] = 1.0 if read.on_node else sense
        self._state = np.zeros(HEAT + 1)

    @property
    def voltage(self) -> float:
        """V at the node now."""
        return float(self._state[NODE])

    def play(
        self,
        inject: Levels,
        rail: Levels,
        duration: Levels,
        *,
        every: float,
        source: float = 0.0,
        temperature: float = ROOM,
    ) -> Activity:
        """Inject currents (A) with the rail at voltages (V) for durations (s), sampled `every` s.

        `source` (S) is the conductance of whatever drives the node. A segment has at least one
        sample, and its samples are equally long.

        Raises:
            ValueError: values that are not finite, or durations or `every` not above 0.
        """
        currents, rails, times = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(values, dtype=float)) for values in (inject, rail, duration))
        )
        if not (np.isfinite([currents, rails, times]).all() and (times > 0.0).all()):
            raise ValueError("a circuit is played finite values for finite times above 0 s")
        if not every > 0.0:
            raise ValueError(f"samples must be above 0 s apart, not {every}")
        parts = np.maximum(1, np.ceil(times / every * (1.0 - 1e-9))).astype(np.int64)
        out = np.empty((int(parts.sum()), COLUMNS))
        state, parameters, rng = self.device.parts(temperature)
        spikes = _compiled(self.device.name, self.device.KERNELS)(
            *(np.ascontiguousarray(a) for a in (currents, rails, times)), parts,
            self._leak + source, self._constants, self._state, out, state, parameters, rng,
        )  # fmt: skip
        time, voltage, current, output, energy = out.T.copy()
        return Activity(
            time, np.repeat(times / parts, parts), voltage, current, output, energy, spikes
        )
