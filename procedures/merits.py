"""From an analysis estimate to a figure of merit."""

import math

from benchctl.analysis.spread import Estimate
from benchctl.procedure import Merit


def merit(estimate: Estimate, unit: str, title: str, note: str = "") -> Merit:
    """Return `estimate` as a `Merit`; its own note comes before `note`."""
    notes = "; ".join(text for text in (estimate.note, note) if text)
    value = estimate.value if math.isfinite(estimate.value) else math.nan
    interval = estimate.interval
    if interval is not None and not all(map(math.isfinite, interval)):
        interval = None
    return Merit(value, unit, title, interval, notes)
