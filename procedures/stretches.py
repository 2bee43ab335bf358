"""Cycles applied one by one, and those between that are only represented."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PER_DECADE = 10
"""log-spaced stretches in a decade of cycles"""
SHORTEST = 32
"""cycles in one of them"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring cycles that are all applied."""

    first: int
    """number of its first cycle, the life's first being 1"""
    last: int
    skipped: int = 0
    """cycles before it that are represented"""

    def __len__(self) -> int:
        """Return how many cycles it has."""
        return self.last - self.first + 1

    def observed(self, every: int) -> NDArray[np.int64]:
        """Return the numbers of its observed cycles: the first, then every n-th, and the last."""
        numbers = np.arange(self.first, self.last + 1, every)
        return numbers if numbers[-1] == self.last else np.append(numbers, self.last)


def log_spaced(cycles: int, stepped: int, length: int) -> tuple[Stretch, ...]:
    """Return what to apply of `cycles`: the first `stepped`, then `length` every tenth of a decade.

    All of them where `stepped` is 0. The last stretch ends with the last cycle, and what is shorter
    than a stretch is applied, too.
    """
    done = min(stepped, cycles) if stepped else cycles
    stretches = [Stretch(1, done)]
    while done < cycles:
        last = min(cycles, max(done + length, round(done * 10 ** (1 / PER_DECADE))))
        first = last - length + 1
        if first - done > length:
            stretches.append(Stretch(first, last, first - done - 1))
        else:
            stretches[-1] = replace(stretches[-1], last=last)
        done = last
    return tuple(stretches)
