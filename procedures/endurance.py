"""Endurance: set and reset until the cycles are done or the device fails for good."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.endurance import Outcome, classify, failure_rate, lifetime, sense_level
from benchctl.analysis.spread import median
from benchctl.analysis.switching import ratio
from benchctl.procedure import Merit, Plot, count, quantity
from benchctl.stimulus import Stimulus
from procedures.cycling import Cycling
from procedures.merits import merit
from procedures.steps import Cycle, whole_cycles


class Endurance(Cycling):
    """Cycle the device and read both states in every cycle, unless told to decimate.

    With "Read every" above 1 the cycles in between are applied blind; they are reported as not
    observed and count neither as good nor as failed. Outcome: 0 good, 1 stuck low, 2 stuck high,
    3 window closed. After enough failures in a row among the observed cycles the run stops; the
    rest of the block (a second of bench time at most) has been applied by then.
    """

    cycles = count("Cycles", 1000)
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
        "Set conductance (S)",
        "Reset conductance (S)",
        "In compliance",
        "Reset in compliance",
        "Outcome",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("cycle", ("set_conductance", "reset_conductance"), "Window", log_y=True,
             kind="points"),
        Plot("cycle", "outcome", "Outcome", kind="points"),
    )  # fmt: skip

    def numbers(self) -> NDArray[np.int64]:
        """Return the numbers of the observed cycles: the first, then every n-th, and the last."""
        observed = np.arange(1, self.cycles + 1, self.read_every)
        return observed if observed[-1] == self.cycles else np.append(observed, self.cycles)

    def whole(self, cycle: Cycle) -> Stimulus:
        """Return all cycles, blind ones between the observed."""
        full, rest = divmod(self.cycles - 1, self.read_every)
        body = cycle.blind * (self.read_every - 1) + cycle.observed
        tail = cycle.blind * (rest - 1) + cycle.observed if rest else Stimulus()
        whole: Stimulus = cycle.observed + body * full + tail
        return whole

    def execute(self) -> None:
        """Cycle until done, or until the stop rule says the device is gone."""
        cycle, numbers = self.cycle(), self.numbers()
        done, sense, recent = 0, self.sense, np.empty(0, dtype=np.int64)
        blocks = self.dut.stream(self.whole(cycle), compliance=self.compliance)
        for block in whole_cycles(blocks, cycle.readings):
            columns = cycle.columns(block)
            high, low = columns["set_conductance"], columns["reset_conductance"]
            if not sense > 0:  # not a number, as long as no cycle showed both states
                sense = sense_level(high, low)
            outcome = classify(high, low, sense, self.least_ratio)
            rows = numbers[done : done + len(outcome)]
            self.record(cycle=rows, outcome=outcome, **columns)
            done += len(outcome)
            self.progress(rows[-1] / self.cycles)
            recent = np.concatenate([recent, outcome])
            if not lifetime(np.arange(len(recent)), recent, self.stop_after).censored:
                return
            recent = recent[-self.stop_after :]

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return the lifetime, the failures by class, and what was and was not observed."""
        number = data["cycle"]
        outcome = np.nan_to_num(data["outcome"], nan=Outcome.NOT_OBSERVED).astype(np.int64)
        applied = float(np.nanmax(number, initial=0.0))
        life = lifetime(number, outcome, self.stop_after)
        window = ratio(data["set_conductance"], data["reset_conductance"])
        return {
            "cycles_to_failure": Merit(
                float(life.cycles),
                "",
                "Cycles to failure",
                None,
                "censored: still alive, the lifetime is more than this" if life.censored else "",
            ),
            "censored": Merit(life.censored, "", "Still alive when the run ended"),
            "failure": Merit(_named(life.outcome), "", "Failure class"),
            "failure_rate": merit(failure_rate(outcome), "", "Failed share of observed cycles"),
            **{
                f"{_named(kind).replace(' ', '_')}": Merit(
                    float((outcome == kind).sum()), "", f"Cycles: {_named(kind)}"
                )
                for kind in (Outcome.STUCK_LOW, Outcome.STUCK_HIGH, Outcome.WINDOW_CLOSED)
            },
            "cycles_applied": Merit(applied, "", "Cycles applied"),
            "cycles_not_observed": Merit(
                float(applied - (outcome != Outcome.NOT_OBSERVED).sum()), "", "Cycles not observed"
            ),
            "window_first": merit(median(window[: self.FEW]), "", "ON/OFF, first cycles"),
            "window_last": merit(median(window[-self.FEW :]), "", "ON/OFF, last cycles"),
        }

    FEW: ClassVar[int] = 20
    """observed cycles that make up "first" and "last" """


def _named(outcome: Outcome) -> str:
    return "none" if outcome is Outcome.GOOD else outcome.name.lower().replace("_", " ")
