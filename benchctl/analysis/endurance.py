"""Endurance: which cycles failed, how, and when the device did."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchctl.analysis.spread import Estimate, proportion
from benchctl.analysis.switching import ratio

IntArray = NDArray[np.int64]


class Outcome(IntEnum):
    """What became of one cycle."""

    NOT_OBSERVED = -1
    GOOD = 0
    STUCK_LOW = 1
    """both states conduct less than the sense level: it does not set"""
    STUCK_HIGH = 2
    """both states conduct more than the sense level: it does not reset"""
    WINDOW_CLOSED = 3
    """the states straddle the sense level but are too near to each other"""


def classify(
    set_conductance: ArrayLike, reset_conductance: ArrayLike, sense: float, least_ratio: float
) -> IntArray:
    """Return the `Outcome` of every cycle.

    Args:
        set_conductance: S after each set; NaN was not observed.
        reset_conductance: S after each reset.
        sense: S, the level a sense amplifier would compare with.
        least_ratio: set over reset conductance below which a cycle failed.
    """
    high, low = (np.asarray(c, dtype=float) for c in (set_conductance, reset_conductance))
    seen = np.isfinite(high) & np.isfinite(low)
    window = ratio(high, low)
    # A reset state of 0 makes any set state infinitely larger, that of a dead device as well.
    good = (window >= least_ratio) & ~(np.isinf(window) & (high < sense))
    outcome = np.select(
        [~seen, good & seen, (high < sense) & (low < sense), (high >= sense) & (low >= sense)],
        [Outcome.NOT_OBSERVED, Outcome.GOOD, Outcome.STUCK_LOW, Outcome.STUCK_HIGH],
        Outcome.WINDOW_CLOSED,
    )
    return np.asarray(outcome, dtype=np.int64)


def sense_level(set_conductance: ArrayLike, reset_conductance: ArrayLike, first: int = 20) -> float:
    """Return the geometric middle (S) of the window over the first observed cycles, NaN if none."""
    high, low = (np.asarray(c, dtype=float) for c in (set_conductance, reset_conductance))
    seen = np.flatnonzero((high > 0) & (low > 0))[:first]
    if seen.size == 0:
        return math.nan
    return float(math.sqrt(np.median(high[seen]) * np.median(low[seen])))


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a device failed, or that it had not."""

    cycles: int
    """the first cycle of the failure that lasted, or the last cycle seen to be good"""
    censored: bool
    """True when the device was still alive: its lifetime is more than `cycles`"""
    outcome: Outcome
    """how it failed (the commonest class of that failure); GOOD when censored"""
    after: int = 0
    """the observed cycle before `cycles`, 0 without one: the failure is later than this"""


def lifetime(cycle: ArrayLike, outcome: ArrayLike, consecutive: int) -> Lifetime:
    """Return the first cycle that begins `consecutive` failures in a row among the observed.

    Args:
        cycle: the cycles' numbers, rising.
        outcome: their `Outcome`; cycles that were not observed neither fail nor mend anything.
        consecutive: how many failures in a row end a life.
    """
    number, kind = np.asarray(cycle, dtype=float), np.asarray(outcome, dtype=np.int64)
    seen = kind != Outcome.NOT_OBSERVED
    number, kind = number[seen], kind[seen]
    failed = (kind != Outcome.GOOD).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(failed)])
    begins = np.flatnonzero(total[consecutive:] - total[:-consecutive] == consecutive)
    if begins.size == 0:
        good = number[failed == 0]
        return Lifetime(int(good[-1]) if good.size else 0, True, Outcome.GOOD)
    start = int(begins[0])
    classes = np.bincount(kind[start : start + consecutive])
    after = int(number[start - 1]) if start else 0
    return Lifetime(int(number[start]), False, Outcome(int(classes.argmax())), after)


def failure_rate(outcome: ArrayLike) -> Estimate:
    """Return failed over observed cycles with Wilson's interval: never 0 at its upper end."""
    kind = np.asarray(outcome, dtype=np.int64)
    observed = int((kind != Outcome.NOT_OBSERVED).sum())
    return proportion(int((kind > Outcome.GOOD).sum()), observed)
