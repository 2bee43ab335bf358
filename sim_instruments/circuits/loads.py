"""Circuits behind the bench: neurons and oscillators where a device would be.

The first terminal is the circuit's input, the third the drain of its read-out transistor (of the
last neuron in a row); a circuit without a transistor draws nothing there. The source is at 0 V when
it is off, behind its resistance. A reading is the mean over its segment, so that spikes shorter
than that are seen in it as well; the source's limit acts within the segment, and `limited` says
that it did at any moment of it.
"""

import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from scipy.optimize import brentq

from sim_instruments.circuits import cycles
from sim_instruments.circuits.cascade import Cascade, row
from sim_instruments.circuits.node import (
    DRAIN,
    DRAWN,
    INJECT,
    LENGTH,
    LEVEL,
    LIMITED,
    OUTPUT,
    PIECE,
    SOURCE,
)
from sim_instruments.circuits.node_circuit import NodeCircuit
from sim_instruments.circuits.one_transistor import OneTransistorNeuron
from sim_instruments.circuits.pieces import Indices, Segments, cut
from sim_instruments.circuits.rc_neuron import RCNeuron
from sim_instruments.circuits.relaxation_oscillator import RelaxationOscillator
from sim_instruments.load import ROOM, GatedPlayed, RestingGate
from sim_instruments.models import create
from sim_instruments.models.circuit import BATTERY, Array
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import as_metadata

SINGLE: Mapping[str, type[NodeCircuit]] = {
    kind.name: kind for kind in (RCNeuron, OneTransistorNeuron, RelaxationOscillator)
}
NAMES = (*SINGLE, Cascade.name)
"""what `make_circuit` makes"""
READ = 2 + LIMITED - SOURCE
"""sums a reading is made from: time, and the columns from `SOURCE` to `LIMITED` times it"""
APPROXIMATIONS = (
    "a reading is the mean over its segment, without the device's own noise of reading",
    "with the source at 0 V and less than 1 mV on the node, the device rests",
)


class CircuitLoad(RestingGate):
    """A circuit as what the sources of a bench drive.

    Args:
        name: what it is called.
        circuits: the first is driven by the source, each other by the transistor before it.
        parameters: the parameter set the circuit was made with.
        every: s, how often a circuit is told what the one before it gives, as a mean.

    Raises:
        ValueError: a device that ages, or has a circuit around it already.
    """

    def __init__(
        self,
        name: str,
        circuits: Sequence[NodeCircuit],
        parameters: Any,
        *,
        every: float = math.inf,
    ) -> None:
        for circuit in circuits:
            bare = type(circuit.device.circuit)(), type(circuit.device.ageing)()
            if (circuit.device.circuit, circuit.device.ageing) != bare:
                raise ValueError(f"{name} takes a device that neither ages nor has a circuit")
        self.name = name
        self.circuits = tuple(circuits)
        self.parameters = parameters
        self._every = every if len(circuits) > 1 else math.inf

    @property
    def device(self) -> Device:
        """The device the source drives."""
        return self.circuits[0].device

    @property
    def seed(self) -> int:
        """Of the device the source drives; those of the others follow from it."""
        return self.device.seed

    @property
    def spikes(self) -> Array:
        """When (s since the circuit was made) spikes began; in a row, those of the last neuron."""
        return self.circuits[-1].node.spikes

    @property
    def warnings(self) -> list[str]:
        """What took its devices out of their model's range so far, one sentence each."""
        many = len(self.circuits) > 1
        return [f"neuron {number}: {text}" if many else text
                for number, circuit in enumerate(self.circuits, start=1)
                for text in circuit.device.warnings]  # fmt: skip

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest current (A) in the first device, and charge through it beyond the limit (C)."""
        return self.circuits[0].node.overshoot

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say: device, circuit, what it did so far."""
        device = self.device.metadata()
        neurons = [{"seed": each.device.seed, "spikes_so_far": each.node.spike_count,
                    "spikes_represented": each.node.represented}
                   for each in self.circuits]  # fmt: skip
        return {
            **device,
            "approximations": [
                *device["approximations"],
                *APPROXIMATIONS,
                *self.circuits[0].APPROXIMATIONS,
            ],
            "circuit": {"name": self.name, "parameters": as_metadata(self.parameters)},
            "nodes": neurons,
        }

    def current(self, voltage: float) -> float:
        """Return the current in A `voltage` would settle at, the device staying as it is."""
        node, behind = self.circuits[0].node, self.circuits[0].drive_resistance
        across, beside = 1.0 + behind * node.leak, behind
        if behind == 0.0:
            across, beside = 1.0, 1.0 / node.leak
        beside += across * node.sense
        found = brentq(
            lambda v: across * v + beside * self.device.current(v) - voltage,
            min(voltage, 0.0) - BATTERY, max(voltage, 0.0) + BATTERY, xtol=1e-15, rtol=1e-12,
        )  # fmt: skip
        drawn = self.device.current(found)
        return drawn + node.leak * (found + node.sense * drawn) if behind else drawn

    def idle(self, duration: float, temperature: float = ROOM) -> None:
        """Let `duration` seconds pass with the source at 0 V; once discharged, in closed form."""
        if duration > 0.0:
            rest = Segments(np.zeros(1), np.zeros(1), np.array([duration]), np.zeros(1))
            for drive, _, _ in self._windows(rest, 1, (0.0, 0.0)):
                self._feed(drive, math.inf, 0.0, temperature)

    def play_gated(
        self,
        voltage: Array,
        gate: Array,
        duration: Array,
        ramp: Array,
        count: int = 1,
        limit: float = math.inf,
        resistance: float = 0.0,
        temperature: float = ROOM,
        record: bool = True,
        *,
        before: float = 0.0,
        start: float = 0.0,
        gate_start: float = 0.0,
    ) -> GatedPlayed:
        """Play segments of the input and of the drain `count` times; see `Gated.play_gated`.

        A segment that takes no time reads 0 A.

        Raises:
            ValueError: arrays of different lengths.
        """
        program = Segments(voltage, gate, duration, ramp)
        if len({each.size for each in program}) > 1:
            raise ValueError(
                "voltage, gate, duration and ramp must be of one length, got "
                f"{voltage.size}, {gate.size}, {duration.size} and {ramp.size}"
            )
        self.idle(before, temperature)
        totals = np.zeros((READ, voltage.size * count if record else 0))
        for drive, at, read in self._windows(program, count, (start, gate_start)):
            seen = self._feed(drive, limit, resistance, temperature)
            if record:
                _add(totals, at, read * drive[:, LENGTH], seen)
        time, volts, current, drawn, limited = totals
        spent = np.where(time > 0.0, time, 1.0)
        held = limited > 0.0
        levels = np.tile(voltage, count if record else 0)
        return GatedPlayed(np.where(held, volts / spent, levels), current / spent, held,
                           drawn / spent)  # fmt: skip

    def _windows(
        self, program: Segments, count: int, start: tuple[float, float]
    ) -> Iterator[tuple[Array, Indices, Array]]:
        """Yield what to play, which reading it belongs to, and whether it counts for that."""
        size = program.voltage.size
        if not size or count < 1:
            return
        again = float(program.voltage[-1]), float(program.gate[-1])
        alike = start == again or program.ramp[0] == 0.0
        first = 0
        for passes, begin in ((count, start),) if alike else ((1, start), (count - 1, again)):
            pieces = cut(program, begin, self._every)
            for run, number in pieces.windows(passes):
                drive = np.zeros((run.size, PIECE))
                drive[:, LEVEL], drive[:, DRAIN] = pieces.level[run], pieces.gate[run]
                drive[:, LENGTH] = pieces.length[run]
                yield drive, (first + number) * size + pieces.segment[run], pieces.read[run]
            first += passes

    def _feed(self, drive: Array, limit: float, resistance: float, temperature: float) -> Array:
        """Play pieces; return the columns `SOURCE` to `LIMITED` of what the bench sees."""
        behind = self.circuits[0].drive_resistance
        supply, series = (1.0 / (behind + resistance), 0.0) if behind > 0.0 else (0.0, resistance)
        source: dict[str, Any] = {
            "supply": supply,
            "series": series,
            "limit": limit,
            "temperature": temperature,
        }
        first = self.circuits[0]
        if drive[:, LENGTH].max(initial=0.0) > first.long:
            out = cycles.feed(first.node, drive, **source)
        else:
            out, _ = first.node.feed(drive, **source)
        seen = out[:, SOURCE:]
        for circuit in self.circuits[1:]:
            drive[:, INJECT], drive[:, LEVEL] = out[:, OUTPUT], 0.0
            out, _ = circuit.node.feed(drive, temperature=temperature)
            seen[:, DRAWN - SOURCE] = out[:, DRAWN]
        return seen


def _add(totals: Array, at: Indices, weight: Array, seen: Array) -> None:
    """Add to the readings `at`: time read, and the columns of `seen` times it."""
    first, last = int(at[0]), int(at[-1]) + 1
    totals[0, first:last] += np.bincount(at - first, weight)
    for total, column in zip(totals[1:], seen.T, strict=True):
        total[first:last] += np.bincount(at - first, weight * column)


def device_maker(
    model: str, seed: int | None = None, parameters: Mapping[str, Any] | None = None
) -> Callable[[int], Device]:
    """Return what makes device number 0, 1, … of one model, each with a seed of its own.

    Number 0 has `seed` itself, drawn here where it is None; the others' follow from it, and with
    them the spread between devices.

    Raises:
        ValueError: an unknown model or parameter, or a parameter out of its range.
    """
    first = secrets.randbits(32) if seed is None else seed

    def make(number: int) -> Device:
        own = np.random.SeedSequence(first, spawn_key=(number,)).generate_state(1)
        return create(model, seed=int(own[0]) if number else first, **parameters or {})

    return make


def make_circuit(
    name: str, make_device: Callable[[int], Device], parameters: Mapping[str, Any]
) -> CircuitLoad:
    """Return the circuit `name` around devices of number 0, 1, …, as many as it takes.

    Args:
        name: one of `NAMES`.
        make_device: returns the device of a number; see `device_maker`.
        parameters: of the circuit, SI; see its parameter class.

    Raises:
        ValueError: an unknown circuit or parameter, or a parameter out of its range; a device that
            ages or has a circuit around it.
    """
    if name == Cascade.name:
        cascade, together = row(make_device, dict(parameters))
        return CircuitLoad(name, cascade.neurons, together, every=together.sampling)
    if name not in SINGLE:
        near = get_close_matches(name, NAMES, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown circuit '{name}'{hint} (known: {', '.join(sorted(NAMES))})")
    circuit = SINGLE[name](make_device(0), **parameters)
    return CircuitLoad(name, (circuit,), circuit.parameters)
