"""When the trigger model of a Keysight B2900 does what [M: user's guide 6-27].

Both actions, source and measure, have an arm and a trigger layer of their own. Times are whole
nanoseconds since ``INITiate``, so that what happens at once compares equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim_instruments.models.circuit import Array

Ticks = NDArray[np.int64]
"""ns"""
_TICK = 1e-9
"""s"""


def ticks(seconds: float) -> int:
    """Return a time in nanoseconds."""
    return round(seconds / _TICK)


@dataclass(frozen=True, slots=True)
class Triggers:
    """One action's layers; times in ns."""

    arms: int
    arm_delay: int
    arm_timer: int
    """0 where the next arm comes when the last is over"""
    count: int
    delay: int
    timer: int
    """0 where the next trigger comes when both actions are over"""
    busy: int
    """what one action takes"""

    @property
    def own(self) -> int:
        """Shortest time from trigger to trigger."""
        return self.delay + self.busy

    def starts(self, pace: int) -> Ticks:
        """Return when the actions start; `pace` (ns) is the slower action's own time."""
        interval = max(self.timer, self.own) if self.timer else pace
        once = self.arm_delay + (self.count - 1) * interval + (self.own if self.timer else pace)
        again = max(self.arm_timer, once)
        arms = np.arange(self.arms, dtype=np.int64)[:, None] * again
        steps = np.arange(self.count, dtype=np.int64) * interval
        return (self.arm_delay + self.delay + arms + steps).ravel()

    def interval(self, pace: int) -> int:
        """Return the time from trigger to trigger."""
        return max(self.timer, self.own) if self.timer else pace


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What one channel does; times in ns."""

    base: float
    """level before the first change"""
    changes: Ticks
    levels: Array
    """to what the source changes"""
    reads: Ticks
    """when readings end"""
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What several channels do, as segments."""

    duration: Array
    """s"""
    levels: tuple[Array, ...]
    """per channel, one per segment"""
    reads: tuple[NDArray[np.int64], ...]
    """per channel, the segments whose end is the end of a reading"""
    ends: Array
    """s since ``INITiate``"""


def merge(tracks: Sequence[Track]) -> Timeline:
    """Return the channels' tracks as segments in which no source changes."""
    end = max(track.end for track in tracks)
    marks = np.unique(np.concatenate([*(t.changes for t in tracks), *(t.reads for t in tracks),
                                      np.array([end], dtype=np.int64)]))  # fmt: skip
    marks = marks[(marks > 0) & (marks <= end)]
    starts = np.concatenate([np.zeros(1, dtype=np.int64), marks[:-1]])[: marks.size]
    levels = tuple(
        np.concatenate([[t.base], t.levels])[np.searchsorted(t.changes, starts, side="right")]
        for t in tracks
    )
    reads = tuple(np.searchsorted(marks, t.reads) for t in tracks)
    return Timeline((marks - starts) * _TICK, levels, reads, marks * _TICK)
