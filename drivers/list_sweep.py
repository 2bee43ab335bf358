"""What source-meters that step through a list have in common."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

from benchctl.program import Program
from benchctl.stimulus import BoolArray, FloatArray

_REMEMBERED: Final = 512
"""a write-verify comes back to some hundred different pulses"""
Setup = TypeVar("Setup")


@dataclass(frozen=True, slots=True)
class Timing:
    """How one step's time is spent."""

    nplc: float
    """power line cycles per aperture"""
    delay: float
    """s between source and measurement"""


def timing(dwell: float, *, overhead: float, apertures: int, line: float, fewest: float) -> Timing:
    """Return the longest aperture up to 1 PLC that fits in `dwell`, and the delay that is left.

    Args:
        dwell: s, of the whole step.
        overhead: s, what every step takes beyond delay and apertures.
        apertures: how many a step has (2 where the source is read back).
        line: Hz, the power line's frequency.
        fewest: power line cycles the instrument can do at least.
    """
    room = (dwell - overhead) * line / apertures
    # Rounded down to a 1e-4 of a cycle; the delay takes up what is left, to the nanosecond.
    nplc = max(fewest, min(1.0, math.floor(room * 1e4 + 1e-6) / 1e4))
    return Timing(nplc, max(0.0, round(dwell - overhead - apertures * nplc / line, 9)))


def fitting(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest of `ranges` that is at least `value`; the largest if none is."""
    return next((each for each in ranges if value <= each * (1 + 1e-9)), ranges[-1])


def smallest(ranges: tuple[float, ...], compliance: float, cycles: float, digits: float) -> float:
    """Return the smallest current (A) told from 0 on the range that holds `compliance` (A).

    `digits` is that over the range for an aperture of one power line cycle or more; a shorter one
    costs the root of its length [DESIGN].
    """
    return fitting(ranges, compliance) * digits / math.sqrt(min(1.0, cycles))


def list_commands(header: str, levels: FloatArray, at_once: int) -> Iterator[str]:
    """Yield the commands that store a list, `at_once` values each."""
    words = [f"{level:.9g}" for level in levels.tolist()]
    for start in range(0, len(words), at_once):
        append = ":APP" if start else ""
        yield f"{header}{append} {','.join(words[start : start + at_once])}"


def held_back(
    current: FloatArray, short: FloatArray, compliance: float, tolerance: FloatArray | float
) -> BoolArray:
    """Return which readings were taken in compliance.

    Told from the readings, as the status of a reading does not travel in binary: the current is
    at the limit, and the voltage falls short of the programmed one by `short` (V), more than
    `tolerance` (V), the accuracy of the readback.
    """
    limited: BoolArray = (np.abs(current) >= 0.98 * compliance) & (short > tolerance)
    return limited


class Memory(Generic[Setup]):
    """Remembers the translations of the last few programs, by content."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Setup] = {}

    def get(self, program: Program) -> tuple[tuple[object, ...], Setup | None]:
        """Return a program's key, and its translation if it has one."""
        key = (
            program.voltage.tobytes(),
            program.duration.tobytes(),
            program.ramp.tobytes(),
            program.measure.tobytes(),
            program.count,
            program.compliance,
            None if program.gate is None else program.gate.tobytes(),
            program.gate_compliance,
        )
        return key, self._known.get(key)

    def put(self, key: tuple[object, ...], setup: Setup) -> Setup:
        """Remember and return a translation."""
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = setup
        return setup
