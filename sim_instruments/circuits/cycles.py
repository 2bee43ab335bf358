"""Cycles of an oscillator too many to step: a few hundred are played, the others are as these.

An oscillation costs per cycle, not per second: 216 MHz for a millisecond are 216,000 cycles, a
minute of computer time. Held for so long at one supply, it is played until it has settled, then for
two stretches of whole cycles. If both took the same time and current, the rest of the hold is the
second one again and again: time, charge, heat and spikes are those, the state is what it was at the
same point of a cycle. If not (a device that tires, a spike now and then), all is played.
"""

from typing import Any

import numpy as np

from sim_instruments.circuits.node import ENDLESS, ENERGY, GIVEN, LENGTH, LIMITED, OUTPUT, Node
from sim_instruments.models.circuit import Array

SETTLING = 64
"""spikes after which an oscillation is the same from cycle to cycle"""
STRETCH = 256
"""spikes of a stretch"""
ALIKE = 5e-3
"""by how much two stretches may differ, relative: jitter of single cycles averages out"""
_MEANS = [OUTPUT, *range(ENERGY + 1, LIMITED)]


def feed(node: Node, pieces: Array, **source: Any) -> Array:
    """Feed `pieces` to an oscillator; return rows as `Node.feed`, cycles represented where many."""
    return np.array([_fed(node, piece, source) for piece in pieces])


def _fed(node: Node, piece: Array, source: dict[str, Any]) -> Array:
    """Return the row of one piece."""
    total = left = float(piece[LENGTH])
    rows, seconds, beyond = [], [], 0.0
    for spikes in (SETTLING, STRETCH, STRETCH):
        beyond = node.overshoot[1]
        row, spent = _run(node, piece, left, source, spikes)
        rows.append(row)
        seconds.append(spent)
        left -= spent
        if left <= 0.0:
            return _joined(rows, seconds, total)
    repeats = int(left / seconds[2])
    if repeats and _alike(rows, seconds):
        again = repeats * seconds[2]
        node.represent(again, repeats * STRETCH, repeats * (node.overshoot[1] - beyond))
        rows.append(rows[2].copy())
        rows[3][ENERGY] *= repeats
        seconds.append(again)
        left -= again
    if left > 0.0:
        rows.append(_run(node, piece, left, source)[0])
        seconds.append(left)
    return _joined(rows, seconds, total)


def _run(
    node: Node, piece: Array, seconds: float, source: dict[str, Any], most_spikes: int = ENDLESS
) -> tuple[Array, float]:
    """Play `seconds` of a piece, or until so many spikes have begun; return row and time."""
    began, rows = node.time, np.array([piece])
    rows[0, LENGTH] = seconds
    out, spikes = node.feed(rows, most_spikes=most_spikes, **source)
    return out[0], node.time - began if spikes.size >= most_spikes else seconds


def _alike(rows: list[Array], seconds: list[float]) -> bool:
    """Return whether the two stretches are one and the same, but for jitter."""
    one = np.array([seconds[1], rows[1][GIVEN], rows[1][ENERGY]])
    other = np.array([seconds[2], rows[2][GIVEN], rows[2][ENERGY]])
    return bool((np.abs(one - other) <= ALIKE * np.abs(other)).all())


def _joined(rows: list[Array], seconds: list[float], total: float) -> Array:
    """Return one row of several that follow each other."""
    table, weight = np.array(rows), np.array(seconds) / total
    found: Array = table[-1].copy()
    found[_MEANS] = weight @ table[:, _MEANS]
    found[ENERGY], found[LIMITED] = table[:, ENERGY].sum(), table[:, LIMITED].max()
    return found
