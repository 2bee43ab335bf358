"""What a procedure is about to apply, worked out before anything is: no wire is touched."""

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchctl.errors import BenchError
from benchctl.quantities import show
from benchctl.stimulus import FloatArray, Segment, Stimulus

if TYPE_CHECKING:
    from benchctl.dut import Dut
    from benchctl.limits import Limits
    from benchctl.routing import Plan

#: Segments that are drawn; a longer stimulus is drawn as far as this.
MOST_SEGMENTS: Final = 4000
#: Longest to shortest segment from which equal widths show more than a true time axis.
UNEVEN: Final = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """A stimulus, what the bench would do for it, or why it is refused."""

    stimulus: Stimulus
    segments: tuple[Segment, ...]
    """the first `MOST_SEGMENTS`"""
    limits: "Limits | None"
    compliance: float | None
    """A"""
    plan: "Plan | None"
    refused: str = ""
    """why nothing may be started; empty where it may"""

    @property
    def uneven(self) -> bool:
        """Whether a true time axis would hide the short segments."""
        widths = [s.ramp + s.duration for s in self.segments if s.ramp + s.duration > 0]
        return bool(widths) and max(widths) > UNEVEN * min(widths)

    @property
    def cut(self) -> bool:
        """Whether more follows than is drawn."""
        return len(self.segments) == MOST_SEGMENTS < self.stimulus.segments

    @property
    def gated(self) -> bool:
        """Whether something is applied to a third terminal."""
        return self.stimulus.gate_extremes != (0.0, 0.0)

    def facts(self) -> list[tuple[str, str, bool]]:
        """Return what a person checks before Start: what, value, whether it is out of bounds."""
        if not self.stimulus.segments:
            return []
        low, high = self.stimulus.extremes
        bounds = self.limits.voltage if self.limits else (None, None)
        gates = self.limits.gate_voltage if self.limits else (None, None)
        elapsed = self.plan.duration if self.plan else self.stimulus.duration
        facts = [
            ("Duration", show(elapsed, "s"), False),
            ("Lowest", *_against(low, bounds[0], "V")),
            ("Highest", *_against(high, bounds[1], "V")),
        ]
        if self.gated:
            for what, value, limit in zip(
                ("Gate, lowest", "Gate, highest"), self.stimulus.gate_extremes, gates, strict=True
            ):
                facts.append((what, *_against(value, limit, "V")))
        if self.compliance is not None:
            limit = self.limits.current if self.limits else None
            facts.append(("Compliance", *_against(self.compliance, limit, "A")))
        counts = {"Readings": self.stimulus.measured, "Segments": self.stimulus.segments}
        if self.plan is not None:
            counts["Programs"] = self.plan.programs
            counts["Relay operations"] = self.plan.relay_operations
            counts |= {"Matrix contacts": self.plan.contacts} if self.plan.contacts else {}
        facts.extend((what, f"{count:,}", False) for what, count in counts.items())
        return facts


def look_ahead(procedure: Any, dut: "Dut | None") -> Prospect:
    """Return what `procedure` would do on `dut`.

    A stock PyMeasure procedure has no preview: its stimulus is empty.
    """
    stimulus, plan, refused = Stimulus(), None, ""
    compliance = getattr(procedure, "compliance", None)
    try:
        if dut is not None:
            procedure.dut = dut
        if hasattr(procedure, "preview"):
            stimulus = procedure.preview()
        if dut is not None and stimulus.segments:
            plan = dut.check(stimulus, compliance=compliance)
        if dut is not None and hasattr(procedure, "preview"):
            procedure.check(dut)
    except BenchError as error:
        refused = str(error)
    except Exception as error:
        # A recipe with a defect must not take the window with it.
        refused = f"the preview failed: {type(error).__name__}: {error}"
    limits = dut.limits if dut is not None else None
    applied = stimulus.unroll() if plan is None else plan.applied()
    segments = tuple(islice(applied, MOST_SEGMENTS))
    return Prospect(stimulus, segments, limits, compliance, plan, refused)


def corners(
    segments: tuple[Segment, ...], *, even: bool, cut: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Return the waveform's corner points: s and V, or 1 per segment where `even`.

    It ends at 0 V, unless it is `cut` because more follows.
    """
    time, voltage, now, before = [0.0], [0.0], 0.0, 0.0
    for segment in segments:
        ramp, hold = segment.ramp, segment.duration
        if even:
            total = ramp + hold
            ramp, hold = (ramp / total, hold / total) if total else (0.0, 0.0)
        if not ramp and segment.voltage != before:
            time.append(now)
            voltage.append(segment.voltage)
        now += ramp
        time.append(now)
        voltage.append(segment.voltage)
        now += hold
        if hold:
            time.append(now)
            voltage.append(segment.voltage)
        before = segment.voltage
    if not cut:
        time.append(now)
        voltage.append(0.0)
    return np.array(time), np.array(voltage)


def gate_of(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return what the third terminal gets, as segments of its own."""
    return tuple(
        Segment(s.gate or 0.0, s.ramp + s.duration) for s in segments if s.ramp + s.duration > 0
    )


def readings_at(segments: tuple[Segment, ...], *, even: bool) -> tuple[FloatArray, FloatArray]:
    """Return where the readings are taken: the ends of the measured segments."""
    width = np.array([s.ramp + s.duration for s in segments])
    ends = np.cumsum(np.where(width > 0, 1.0, 0.0) if even else width)
    measured = np.array([s.measure for s in segments], dtype=bool)
    return ends[measured], np.array([s.voltage for s in segments])[measured]


def _against(value: float, limit: float | None, unit: str) -> tuple[str, bool]:
    """Return the value beside its limit, and whether it is beyond."""
    text = show(value, unit)
    if limit is None:
        return text, False
    return f"{text}  (limit {show(limit, unit)})", abs(value) > abs(limit)
