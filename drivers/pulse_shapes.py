"""What a pulse generator makes of a `Program`: identical pulses, or samples of a waveform."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchctl.errors import CapabilityError
from benchctl.program import Program

RAMP_STEPS: Final = 32
"""fewest samples of a ramp: they stay within 3 % of its height from the straight line"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Identical pulses from 0 V, with equal edges."""

    level: float
    """V"""
    edge: float
    """s from 0 V to the level; 0 means as fast as the generator can"""
    hold: float
    """s at the level"""
    gap: float
    """s at 0 V after each"""
    count: int
    delay: float
    """s at 0 V before the first"""


@dataclass(frozen=True, slots=True)
class Waveform:
    """Samples as DAC codes, the first of them 0 V, played `count` times."""

    codes: bytes
    """big-endian int16"""
    high: float
    """V of the highest code"""
    low: float
    """V of the lowest code"""
    period: float
    """s for all samples"""
    count: int


@dataclass(frozen=True, slots=True)
class Sampler:
    """The arbitrary waveform memory of a generator."""

    who: str
    shortest: float
    """s, the shortest sample"""
    resolution: float
    """s, what widths are multiples of"""
    samples: int
    """that fit in the memory"""
    largest_code: int
    """of a DAC symmetrical about 0"""
    amplitude: tuple[float, float]
    """V peak to peak, smallest and largest"""


def _merged(program: Program) -> list[tuple[float, float, float]]:
    """Return (voltage, hold, ramp) with neighbours of one voltage made one."""
    merged: list[tuple[float, float, float]] = []
    before = 0.0
    columns = (program.voltage.tolist(), program.duration.tolist(), program.ramp.tolist())
    for voltage, hold, ramp in zip(*columns, strict=True):
        if voltage == before:
            hold, ramp = hold + ramp, 0.0
            if merged:
                hold, ramp = hold + merged[-1][1], merged[-1][2]
                merged.pop()
        if hold or ramp:
            merged.append((voltage, hold, ramp))
            before = voltage
    return merged


def pulse_of(program: Program) -> Pulse | None:
    """Return the identical pulses a program is; None when it is anything else."""
    steps, count, delay = _merged(program), program.count, 0.0
    if len(steps) > 1 and steps[0][0] == 0 and count == 1:
        delay = steps.pop(0)[1]
    tops, rests = steps[0::2], steps[1::2]
    if not tops or len(set(tops)) > 1 or len(set(rests)) > 1:
        return None
    level, hold, edge = tops[0]
    if not rests:
        # Passes without a rest between them join into one long pulse.
        hold, gap, fall, count = hold + (count - 1) * (hold + edge), 0.0, 0.0, 1
    elif len(rests) == len(tops) and rests[0][0] == 0:
        (_, gap, fall), count = rests[0], count * len(tops)
    else:
        return None
    if level == 0 or fall != edge:
        return None
    return Pulse(level, edge, hold, gap, count, delay)


def waveform_of(program: Program, sampler: Sampler) -> Waveform:
    """Return a program as samples.

    A triggered generator rests at the first sample, so that one is 0 V: the pass is turned by one
    sample where it ends at 0 V, and gets one more in front where it does not.

    Raises:
        CapabilityError: the samples would be too short, too many, or beyond the DAC.
    """
    count = program.count
    if program.voltage[-1] != 0 and count > 1:
        if len(program.voltage) * count > sampler.samples:
            raise CapabilityError(
                f"{sampler.who} repeats only what ends at 0 V, and {count} passes written out do "
                f"not fit its {sampler.samples} samples; end each pass with a moment at 0 V"
            )
        program, count = _written_out(program), 1
    levels, step = _sampled(program, sampler)
    levels = np.roll(levels, 1) if levels[-1] == 0 else np.concatenate([[0.0], levels])
    codes, high, low = _quantised(levels, sampler)
    return Waveform(codes.astype(">i2").tobytes(), high, low, len(levels) * step, count)


def _written_out(program: Program) -> Program:
    return Program(
        voltage=np.tile(program.voltage, program.count),
        duration=np.tile(program.duration, program.count),
        ramp=np.tile(program.ramp, program.count),
        measure=np.tile(program.measure, program.count),
        count=1,
        compliance=program.compliance,
    )


def _sampled(program: Program, sampler: Sampler) -> tuple[NDArray[np.float64], float]:
    """Return the levels and the seconds each lasts; ramps get `RAMP_STEPS` samples or more."""
    before = np.concatenate([[0.0], program.voltage[:-1]])
    ramps = program.ramp[(program.ramp > 0) & (program.voltage != before)]
    most = sampler.samples - 1
    grid = program.on_grid(sampler.shortest, sampler.resolution, most, sampler.who)
    if len(ramps):
        parts = math.ceil(RAMP_STEPS * grid.dwell / float(ramps.min()) - 1e-9)
        finer = _cut(program, before, parts)
        grid = finer.on_grid(sampler.shortest, sampler.resolution / parts, most, sampler.who)
    return grid.levels, grid.dwell


def _cut(program: Program, before: NDArray[np.float64], parts: int) -> Program:
    """Return the program with every ramp cut into `parts`, which makes the common step finer."""
    share = np.arange(1, parts + 1) / parts
    voltage = before[:, None] + (program.voltage - before)[:, None] * share
    voltage[:, -1] = program.voltage
    duration = np.zeros_like(voltage)
    duration[:, -1] = program.duration
    measure = np.zeros(voltage.size, dtype=bool)
    ramp = np.repeat(program.ramp / parts, parts)
    return Program(
        voltage.ravel(), duration.ravel(), ramp, measure, program.count, program.compliance
    )


def _quantised(
    levels: NDArray[np.float64], sampler: Sampler
) -> tuple[NDArray[np.int64], float, float]:
    """Return DAC codes and the voltages of the highest and the lowest code.

    0 V falls on a code exactly, and so does the largest voltage unless it is below the smallest
    swing; every other level is kept to two DAC steps.
    """
    high, low = _swing(max(float(levels.max()), 0.0), min(float(levels.min()), 0.0), sampler)
    top = sampler.largest_code
    zero = top * (-low - high) / (high - low)
    if high >= -low:
        zero = math.floor(zero + 1e-9)
        low = -high * (zero + top) / (top - zero)
    else:
        zero = math.ceil(zero - 1e-9)
        high = -low * (top - zero) / (zero + top)
    codes = np.rint(zero + levels * (2 * top / (high - low))).astype(np.int64)
    return np.clip(codes, -top, top), high, low


def _swing(high: float, low: float, sampler: Sampler) -> tuple[float, float]:
    """Return the levels to set; small waveforms use a part of the smallest swing."""
    smallest, largest = sampler.amplitude
    finest = smallest / (2 * sampler.largest_code)
    if high - low > largest:
        raise CapabilityError(
            f"{sampler.who} swings {largest:g} V at most, the stimulus needs {high - low:g} V"
        )
    if high - low < finest:
        raise CapabilityError(
            f"{sampler.who} resolves {finest:.2g} V at its finest; raise the voltage"
        )
    # Bringing 0 V onto a code takes a little of the swing away.
    scale = max(1.0, 1.001 * smallest / (high - low))
    return high * scale, low * scale
