"""From an analysis estimate to a figure of merit."""

import math

from benchctl.analysis.spread import Estimate
from benchctl.procedure import Merit, Procedure
from benchctl.stimulus import Stimulus


def merit(estimate: Estimate, unit: str, title: str, note: str = "") -> Merit:
    """Return `estimate` as a `Merit`; its own note comes before `note`."""
    notes = "; ".join(text for text in (estimate.note, note) if text)
    value = estimate.value if math.isfinite(estimate.value) else math.nan
    interval = estimate.interval
    if interval is not None and not all(map(math.isfinite, interval)):
        interval = None
    return Merit(value, unit, title, interval, notes)


def resolved(procedure: Procedure, *played: tuple[Stimulus, float]) -> float:
    """Return the smallest current (A) that all readings of what was played tell from 0.

    Args:
        procedure: whose DUT it was played on; without one, nobody knows (NaN).
        played: stimuli, each with its compliance (A).
    """
    dut = getattr(procedure, "dut", None)
    if dut is None:
        return math.nan
    return max(float(dut.resolution(one, compliance=limit)) for one, limit in played)
