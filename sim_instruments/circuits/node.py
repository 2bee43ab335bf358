r"""A node with a capacitor and a device: what neurons and relaxation oscillators are made of.

::

    C dV/dt = J + (S - V)/R - G V - sign I(v, x);    v + I R_sense = U + sign V

`J` is injected into the node, a source at `S` drives it behind `R`, `G` leaks to ground; the device
(its own voltage `v`) and a sense resistor hang between the node and a rail at `U`: ``sign = +1``
from the node down, ``sign = -1`` from the rail down to the node. A source that has no way into the
node is the rail. A transistor reads out a gate voltage taken from the node or from the sense
resistor, and draws no gate current; with the overdrive ``w = V_gate - V_T`` and its drain at `u`

    I_D = k/2 [ max(w, 0)^2 - max(w - u, 0)^2 ],  saturated k/2 max(w, 0)^2   [M: Shichman-Hodges]

**Numerics**: sub-steps are the device's own, at most `resolution` of node voltage each. The device
moves at the mean voltage of its sub-step and is told how the node yields meanwhile, so that a node
far faster than the device is no burden; then the node follows with the exact exponential of the
device linearised half-way. Means are those of that exponential: charge is conserved whatever the
step. A spike begins where the current looked at rises through `fire` (found by linear
interpolation), and that has to fall below `rearm` before the next. With the source at 0 V and less
than 1 mV left on the node the device rests, in closed form.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sim_instruments.circuits.activity import Activity
from sim_instruments.load import ROOM
from sim_instruments.models.circuit import Array, Kernels, Rng, bind, kernel
from sim_instruments.models.device import Device
from sim_instruments.models.exponential import grown, time_to

Levels = float | Sequence[float] | Array
"""One value, or one per segment"""
QUIET = 1e-3
"""V, less than this on the node is no bias"""
LONGER = 8.0
"""times the last sub-step: what the device does in one moves where the node comes to rest"""
SOON = 0.1
"""of a sub-step that the device cuts short, what counts as taken"""
ENDLESS = 1 << 62
"""spikes; as many as there are"""
MOST_SPIKES = 1_000_000
"""a node keeps the times of so many, and counts the others"""

# What the templates' free names stand for is bound by `_compiled`.
solve: Any = None
step: Any = None
rest: Any = None
move: Any = None
doze: Any = None

# Slots of the circuit's constants.
CAPACITANCE, LEAK, SENSE, SIGN, RESOLUTION, FIRE, REARM = range(7)
GAIN, V_T, BY_NODE, BY_SENSE, ON_DRAIN = range(7, 12)
# Slots of the circuit's state: node and device voltage (V), device current (A), overdrive of the
# transistor (V), time (s), whether a spike is on, the largest device current so far (A) and charge
# beyond the source's limit (C); then of the last sub-step: what it dissipated in the device (J),
# mean node voltage (V) and device current (A), whether the source of the rail was in compliance,
# and how long it was (s).
NODE, OWN, CURRENT, OVER, TIME, SPIKING, PEAK, BEYOND, HEAT, MEAN, PASSED, HELD, TAKEN = range(13)
# Columns of what is played, one row per piece of it: injected current (A), source (V), drain of the
# transistor (V), length (s).
PIECE = 4
INJECT, LEVEL, DRAIN, LENGTH = range(PIECE)
# Columns of what is recorded: time at the end (s), voltage and device current there (V, A), mean
# saturated drain current (A), heat in the device (J); means of the source's voltage (V), of its
# current and of the current into the drain (A); whether the source was in compliance at any moment.
COLUMNS = 9
AT, VOLTAGE, THROUGH, OUTPUT, ENERGY, SOURCE, GIVEN, DRAWN, LIMITED = range(COLUMNS)


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
    """look at the drain current, saturated"""


@kernel
def _drawn(over: float, drain: float, gain: float) -> float:
    """Return the drain current at overdrive `over` with the drain at `drain`, infinity: saturated.

    The same law holds with the drain below ground, where it is the source.
    """
    high, low = max(over, 0.0), max(over - drain, 0.0)
    return 0.5 * gain * (high * high - low * low)


def _move(
    inject: float, rail: float, leak: float, series: float, limit: float, left: float,
    c: Array, y: Array, x: Array, p: Array, rng: Rng,
) -> float:  # fmt: skip
    """Move node and device by one sub-step of at most `left`; return the time it took.

    `limit` (A) and `series` (Ohm) are those of a source at the rail.
    """
    sign, sense, capacitance = c[SIGN], c[SENSE] + series, c[CAPACITANCE]
    across = rail + sign * y[NODE]
    v, i, g, give, held = solve(across, limit, sense, y[OWN], x, p)
    branch = 0.0 if held else g / (1.0 + sense * g)
    rate = (leak + branch) / capacitance
    slope = (inject - leak * y[NODE] - sign * i) / capacitance
    h = min(left, time_to(c[RESOLUTION], abs(slope), -rate), LONGER * y[TAKEN])
    ahead = slope * (h - grown(-rate, h)) / (rate * h) if rate * h > 1e-6 else 0.5 * slope * h
    vm, im, gm, give, still = solve(across + sign * ahead, limit, sense, v, x, p)
    if not still:
        source = sense + grown(-leak / capacitance, h) / capacitance
        give = source / (1.0 + source * gm)
    taken = step(vm, im, gm, give, h, x, p, rng)
    v2, i2, g2, give, still = solve(across, limit, sense, vm, x, p)
    share = 0.0 if still else 1.0 / (1.0 + sense * g2)
    rate = (leak + 0.5 * (branch + g2 * share)) / capacitance
    slope = (inject - leak * y[NODE] - sign * 0.5 * (i + i2)) / capacitance
    reached = grown(-rate, taken)
    moved = slope * reached
    y[MEAN] = y[NODE] + (
        slope * (taken - reached) / (rate * taken) if rate * taken > 1e-6 else 0.5 * moved
    )
    flow = moved / taken if taken > 0.0 else slope  # a model may jump in no time
    y[PASSED] = sign * (inject - leak * y[MEAN] - capacitance * flow)
    y[NODE] += moved
    y[OWN] = v2 + share * sign * moved
    y[CURRENT] = i2 + g2 * share * sign * moved
    y[HEAT] = 0.5 * (i * v + y[CURRENT] * y[OWN]) * taken
    y[HELD] = 1.0 if held or still else 0.0
    y[TAKEN] = max(taken, SOON * h)  # a model may jump in no time
    return float(taken)


def _doze(
    leak: float, series: float, left: float, c: Array, y: Array, x: Array, p: Array, rng: Rng
) -> float:
    """Let the device rest for `left` while what is left on the node flows off; return `left`."""
    _, _, g, _, _ = solve(0.0, math.inf, 0.0, 0.0, x, p)
    branch = g / (1.0 + (c[SENSE] + series) * g)
    rate = (leak + branch) / c[CAPACITANCE]
    rest(left, x, p, rng)
    y[MEAN] = y[NODE] * grown(-rate, left) / left
    y[NODE] *= math.exp(-rate * left)
    y[OWN] = c[SIGN] * y[NODE]
    y[CURRENT] = branch * y[OWN]
    y[PASSED] = c[SIGN] * branch * y[MEAN]
    y[HEAT] = y[HELD] = 0.0
    return left


@kernel
def _began(seen: float, c: Array, y: Array) -> bool:
    """Return whether a spike begins with the current looked at now at `seen` (A)."""
    if seen < c[REARM]:
        y[SPIKING] = 0.0
    if y[SPIKING] > 0.0 or seen <= c[FIRE]:
        return False
    y[SPIKING] = 1.0
    return True


def _play_node(
    pieces: Array, supply: float, series: float, limit: float, most_spikes: int, c: Array,
    y: Array, out: Array, x: Array, p: Array, rng: Rng,
) -> Array:  # fmt: skip
    """Play pieces, all longer than 0 s, into the rows of `out`; return when spikes began.

    The source drives the node through `supply` (S); where that is 0 it is the rail, behind `series`
    (Ohm). It gives at most `limit` (A). A piece ends early where `most_spikes` have begun.
    """
    spikes = np.empty(64)
    count = 0
    most = math.inf if supply > 0.0 else limit
    for r in range(pieces.shape[0]):
        inject, level, drain, length = pieces[r]
        left, charge, heat, area, given, drawn, limited = length, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        rail = 0.0 if supply > 0.0 else level
        while left > 0.0 and count < most_spikes:
            output, before = _drawn(y[OVER], math.inf, c[GAIN]), y[CURRENT]
            if c[ON_DRAIN]:
                before = output
            taking = _drawn(y[OVER], drain, c[GAIN])
            feed, leak = level * supply, c[LEAK] + supply
            held = supply > 0.0 and abs(level - y[NODE]) * supply > limit
            if held:
                feed, leak = math.copysign(limit, level - y[NODE]), c[LEAK]
            if level == 0.0 and inject == 0.0 and not held and abs(y[NODE]) < QUIET:
                taken = doze(leak, series, left, c, y, x, p, rng)
            else:
                taken = move(inject + feed, rail, leak, series, most, left, c, y, x, p, rng)
            left -= taken
            y[OVER] = c[BY_NODE] * y[NODE] + c[BY_SENSE] * y[CURRENT] - c[V_T]
            after = _drawn(y[OVER], math.inf, c[GAIN])
            charge += 0.5 * (output + after) * taken
            drawn += 0.5 * (taking + _drawn(y[OVER], drain, c[GAIN])) * taken
            heat += y[HEAT]
            current, volts = y[PASSED], level
            if held:
                current, volts = feed, y[MEAN] + feed / supply
            elif supply > 0.0:
                current = (level - y[MEAN]) * supply
            elif y[HELD] > 0.0:
                volts = y[OWN] + current * (series + c[SENSE]) - c[SIGN] * y[MEAN]
            given += current * taken
            area += volts * taken
            limited = max(limited, y[HELD], 1.0 if held else 0.0)
            y[PEAK] = max(y[PEAK], abs(y[CURRENT]))
            y[BEYOND] += max(abs(y[PASSED]) - limit, 0.0) * taken
            y[TIME] += taken
            seen = after if c[ON_DRAIN] else y[CURRENT]
            if _began(seen, c, y):
                if count == spikes.size:
                    spikes = np.concatenate((spikes, np.empty(count)))
                late = (seen - c[FIRE]) / max(seen - before, 1e-30)
                spikes[count] = y[TIME] - taken * min(late, 1.0)
                count += 1
        length -= max(left, 0.0)
        out[r, AT] = y[TIME]
        out[r, VOLTAGE] = y[NODE]
        out[r, THROUGH] = y[CURRENT]
        out[r, OUTPUT] = charge / length
        out[r, ENERGY] = heat
        out[r, SOURCE] = area / length
        out[r, GIVEN] = given / length
        out[r, DRAWN] = drawn / length
        out[r, LIMITED] = limited
    return spikes[:count]


@cache
def _compiled(name: str, kernels: Kernels) -> Callable[..., Array]:
    """Return the circuit around one device model, compiled once per process."""
    move = bind(_move, __name__, label=name, solve=kernels.solve, step=kernels.step)
    doze = bind(_doze, __name__, label=name, solve=kernels.solve, rest=kernels.rest)
    play: Callable[..., Array] = bind(
        _play_node, __name__, label=name, counted=True, move=move, doze=doze
    )
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
        leak: float = 0.0,
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
        self.leak, self.sense = leak, sense
        self.spike_count = 0
        self.represented = 0  # of these, those that nobody stepped
        self._spikes: list[Array] = []
        self._constants = np.zeros(ON_DRAIN + 1)
        self._constants[[CAPACITANCE, LEAK, SENSE, SIGN, RESOLUTION]] = (
            capacitance, leak, sense, sign, resolution,
        )  # fmt: skip
        self._constants[[FIRE, REARM, ON_DRAIN]] = detector.fire, detector.rearm, detector.on_drain
        self._constants[[GAIN, V_T]] = read.gain, read.threshold
        self._constants[BY_NODE if read.on_node else BY_SENSE] = 1.0 if read.on_node else sense
        self._state = np.zeros(TAKEN + 1)
        self._state[[OVER, TAKEN]] = -read.threshold, math.inf

    @property
    def time(self) -> float:
        """Time since the node was made, s."""
        return float(self._state[TIME])

    @property
    def voltage(self) -> float:
        """V at the node now."""
        return float(self._state[NODE])

    @property
    def spikes(self) -> Array:
        """Times in s since the node was made at which spikes began, `MOST_SPIKES` at most."""
        if len(self._spikes) != 1:
            self._spikes = [np.concatenate([np.empty(0), *self._spikes])]
        return self._spikes[0].copy()

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest device current (A), and charge through it beyond the source's limit (C)."""
        return float(self._state[PEAK]), float(self._state[BEYOND])

    def feed(
        self,
        pieces: Array,
        *,
        supply: float = 0.0,
        series: float = 0.0,
        limit: float = math.inf,
        temperature: float = ROOM,
        most_spikes: int = ENDLESS,
    ) -> tuple[Array, Array]:
        """Play pieces (rows of `PIECE`, each above 0 s); return rows of `COLUMNS`, and spikes."""
        out = np.empty((pieces.shape[0], COLUMNS))
        state, parameters, rng = self.device.parts(temperature)
        spikes = _compiled(self.device.name, self.device.KERNELS)(
            pieces, supply, series, limit, most_spikes, self._constants, self._state, out, state,
            parameters, rng,
        )  # fmt: skip
        kept = min(self.spike_count, MOST_SPIKES)
        if spikes.size and kept < MOST_SPIKES:
            self._spikes.append(spikes[: MOST_SPIKES - kept].copy())
        self.spike_count += spikes.size
        return out, spikes

    def represent(self, seconds: float, spikes: int, beyond: float) -> None:
        """Let `seconds`, `spikes` and `beyond` (C, above the limit) pass that nobody steps."""
        self._state[TIME] += seconds
        self._state[BEYOND] += beyond
        self.spike_count += spikes
        self.represented += spikes

    def play(
        self,
        inject: Levels,
        level: Levels,
        duration: Levels,
        *,
        every: float,
        supply: float = 0.0,
        temperature: float = ROOM,
    ) -> Activity:
        """Inject currents (A), the source at levels (V), for durations (s), sampled `every` s.

        `supply` (S) leads from the source to the node; where it is 0 the source is the rail. A
        segment has at least one sample, and its samples are equally long.

        Raises:
            ValueError: values that are not finite, or durations or `every` not above 0.
        """
        currents, levels, times = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(each, dtype=float)) for each in (inject, level, duration))
        )
        if not (np.isfinite([currents, levels, times]).all() and (times > 0.0).all()):
            raise ValueError("a circuit is played finite values for finite times above 0 s")
        if not every > 0.0:
            raise ValueError(f"samples must be above 0 s apart, not {every}")
        parts = np.maximum(1, np.ceil(times / every * (1.0 - 1e-9))).astype(np.int64)
        pieces = np.zeros((int(parts.sum()), PIECE))
        pieces[:, INJECT], pieces[:, LEVEL] = np.repeat(currents, parts), np.repeat(levels, parts)
        pieces[:, LENGTH] = np.repeat(times / parts, parts)
        out, spikes = self.feed(pieces, supply=supply, temperature=temperature)
        time, voltage, current, output, energy = out[:, : ENERGY + 1].T.copy()
        return Activity(time, pieces[:, LENGTH].copy(), voltage, current, output, energy, spikes)
