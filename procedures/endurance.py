"""Endurance: set and reset until the cycles are done or the device fails for good."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pymeasure.experiment import Metadata

from benchctl.analysis.endurance import (
    Lifetime,
    Outcome,
    classify,
    failure_rate,
    lifetime,
    sense_level,
)
from benchctl.analysis.switching import on_off
from benchctl.dut import Dut
from benchctl.procedure import Merit, Plot, count, quantity
from benchctl.stimulus import Stimulus
from procedures.cycling import Cycling
from procedures.merits import merit, resolved
from procedures.steps import Cycle, whole_cycles
from procedures.stretches import SHORTEST, Stretch, log_spaced


class Endurance(Cycling):
    """Cycle the device and read both states in every cycle, unless told to decimate.

    With "Read every" above 1 the cycles in between are applied blind; they are reported as not
    observed and count neither as good nor as failed. After enough failures in a row among the
    observed cycles the run stops; the rest of the block (a second of bench time at most) has been
    applied by then.

    A simulated bench gets to 1e9 cycles in seconds: with "Fully stepped cycles" only so many are
    applied one by one. From there on short stretches of applied cycles, ten in a decade, alternate
    with cycles that are represented: the device wears by as many as the stretch before it did each,
    its clock moves on by the time they would have taken, and nobody looks. The column "Represented
    before" says how many of them lie between a row and the row before. A failure among them is only
    known to lie between two observations. A real bench refuses.
    """

    cycles = count("Cycles", 1000)
    stepped = count(
        "Fully stepped cycles", 0, 0,
        description="0 applies all; the rest is represented, on a simulated bench only",
    )  # fmt: skip
    read_every = count("Read every", 1, description="1 observes every cycle")
    sense = quantity(
        "Sense level",
        "5 uS",
        "S",
        0,
        1,
        description="what tells stuck low from stuck high; 0 takes the first cycles' middle",
    )
    stop_after = count("Stop after failures in a row", 20, description="among observed cycles")

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Cycle",
        "Represented before",
        "Set conductance (S)",
        "Reset conductance (S)",
        "In compliance",
        "Reset in compliance",
        "Outcome",
        "Time (s)",
    ]
    CODES: ClassVar[Mapping[str, Mapping[float, str]]] = {
        "outcome": {kind: kind.name.lower().replace("_", " ") for kind in Outcome}
    }
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("cycle", ("set_conductance", "reset_conductance"), "Window", True, True, "points"),
        Plot("cycle", "outcome", "Outcome", True, kind="points"),
    )

    applied = Metadata("Applied and represented", fget="applied_in_words")

    wears: bool | None = None
    """whether represented cycles changed the device; None as long as there were none"""

    def stretches(self) -> tuple[Stretch, ...]:
        """Return the cycles to apply; each stretch is long enough for the stop rule."""
        return log_spaced(self.cycles, self.stepped, max(SHORTEST, self.stop_after))

    def applied_in_words(self) -> str:
        """Return which cycles are to be applied, for the file's header."""
        first, *more = self.stretches()
        if not more:
            return f"all {first.last} cycles applied one by one"
        represented = sum(stretch.skipped for stretch in more)
        return (
            f"cycles 1 to {first.last} applied one by one, then {len(more)} log-spaced stretches "
            f"of {len(more[0])} or more; {represented} cycles represented between them"
        )

    def check(self, dut: Dut) -> None:
        """Refuse represented cycles at a real bench as well."""
        super().check(dut)
        if len(self.stretches()) > 1:
            dut.represent(0, 0, 0.0)

    def whole(self, cycle: Cycle, cycles: int) -> Stimulus:
        """Return `cycles` cycles, blind ones between the observed."""
        full, rest = divmod(cycles - 1, self.read_every)
        body = cycle.blind * (self.read_every - 1) + cycle.observed
        tail = cycle.blind * (rest - 1) + cycle.observed if rest else Stimulus()
        whole: Stimulus = cycle.observed + body * full + tail
        return whole

    def execute(self) -> None:
        """Cycle until done, or until the stop rule says the device is gone."""
        stretches, began = self.stretches(), self.dut.clock.now()
        total, applied = sum(map(len, stretches)), 0
        judge = _Judge(self.sense, self.least_ratio, self.stop_after)
        if len(stretches) > 1:
            self.dut.represent(0, 0, 0.0)  # what was before this run is no part of its cycles
        like, each = 0, 0.0
        for stretch in stretches:
            if stretch.skipped:
                each = each or (self.dut.clock.now() - began) / like
                self.wears = self.dut.represent(stretch.skipped, like, stretch.skipped * each)
            like = len(stretch)
            for numbers in self._record(stretch, judge):
                self.progress((applied + numbers[-1] - stretch.first + 1) / total)
                if judge.gone:
                    return
            applied += like

    def _record(self, stretch: Stretch, judge: "_Judge") -> Iterator[NDArray[np.int64]]:
        """Apply a stretch, record it, and yield the numbers recorded, block by block."""
        cycle, numbers = self.cycle(), stretch.observed(self.read_every)
        blocks = self.dut.stream(self.whole(cycle, len(stretch)), compliance=self.compliance)
        skipped = np.where(numbers == stretch.first, stretch.skipped, 0)
        done = 0
        for block in whole_cycles(blocks, cycle.readings):
            columns = cycle.columns(block)
            outcome = judge.outcome(columns["set_conductance"], columns["reset_conductance"])
            rows = slice(done, done + len(outcome))
            self.record(
                cycle=numbers[rows], represented_before=skipped[rows], outcome=outcome, **columns
            )
            done += len(outcome)
            yield numbers[rows]

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return the lifetime, the failures by class, and what was and was not observed."""
        number = data["cycle"]
        outcome = np.nan_to_num(data["outcome"], nan=Outcome.NOT_OBSERVED).astype(np.int64)
        represented = float(np.nansum(data["represented_before"]))
        applied = float(np.nanmax(number, initial=0.0)) - represented
        unweighted = "represented cycles count neither way" if represented else ""
        return {
            **_life(lifetime(number, outcome, self.stop_after)),
            "failure_rate": merit(
                failure_rate(outcome), "", "Failed share of observed cycles", unweighted
            ),
            **{
                f"{_named(kind).replace(' ', '_')}": Merit(
                    float((outcome == kind).sum()), "", f"Cycles: {_named(kind)}"
                )
                for kind in (Outcome.STUCK_LOW, Outcome.STUCK_HIGH, Outcome.WINDOW_CLOSED)
            },
            "cycles_applied": Merit(applied, "", "Cycles applied"),
            **(_shares(applied, represented, self.wears) if represented else {}),
            "cycles_not_observed": Merit(
                float(applied - (outcome != Outcome.NOT_OBSERVED).sum()), "", "Cycles not observed"
            ),
            **self._windows(data["set_conductance"], data["reset_conductance"]),
        }

    def _windows(self, high: NDArray[Any], low: NDArray[Any]) -> dict[str, Merit]:
        """Return the median ON/OFF of the first and of the last cycles.

        A low state that reads 0 counts as the smallest the source-meter resolves: the ratio is a
        lower bound then, and says so.
        """
        smallest = resolved(self, (self.preview(), self.compliance)) / abs(self.read_voltage)
        parts = {"first": slice(self.FEW), "last": slice(-self.FEW, None)}
        return {
            f"window_{name}": merit(
                on_off(high[part], low[part], smallest), "", f"ON/OFF, {name} cycles"
            )
            for name, part in parts.items()
        }

    FEW: ClassVar[int] = 20
    """observed cycles that make up "first" and "last" """


@dataclass(slots=True)
class _Judge:
    """Says what became of each cycle, and when the device is gone."""

    sense: float
    """S; 0 or NaN takes the middle of the first cycles that show both states"""
    least_ratio: float
    stop_after: int
    gone: bool = False
    recent: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def outcome(self, high: NDArray[np.float64], low: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the outcome of the next cycles, whose states (S) these are."""
        if not self.sense > 0:  # not a number, as long as no cycle showed both states
            self.sense = sense_level(high, low)
        outcome = classify(high, low, self.sense, self.least_ratio)
        self.recent = np.concatenate([self.recent, outcome])
        lived = lifetime(np.arange(len(self.recent)), self.recent, self.stop_after)
        self.gone = not lived.censored
        self.recent = self.recent[-self.stop_after :]
        return outcome


def _life(life: Lifetime) -> dict[str, Merit]:
    """Return the merits of a lifetime; where nobody looked between two cycles, its bounds."""
    interval, note = None, ""
    if life.censored:
        note = "censored: still alive, the lifetime is more than this"
    elif life.cycles - life.after > 1:
        interval = (float(life.after), float(life.cycles))
        note = "interval-censored: it failed after the first of these cycles, at the second at last"
    return {
        "cycles_to_failure": Merit(float(life.cycles), "", "Cycles to failure", interval, note),
        "censored": Merit(life.censored, "", "Still alive when the run ended"),
        "failure": Merit(_named(life.outcome), "", "Failure class"),
    }


def _shares(applied: float, represented: float, wears: bool | None) -> dict[str, Merit]:
    """Return how many cycles were simulated one by one, and how many only represented."""
    note = "the damage per cycle of the stretch before each, nothing else"
    if wears is False:
        note = "nothing: this device does not wear, its ageing is off"
    return {
        "cycles_simulated": Merit(applied, "", "Cycles simulated", None, "the same as applied"),
        "cycles_represented": Merit(
            represented, "", "Cycles represented", None, f"they changed the device by {note}"
        ),
    }


def _named(outcome: Outcome) -> str:
    return "none" if outcome is Outcome.GOOD else Endurance.CODES["outcome"][outcome]
