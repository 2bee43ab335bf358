"""Multilevel programming by incremental-step write-verify."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.levels import Level, distinguishable, levels
from benchctl.analysis.spread import mean, median, proportion
from benchctl.procedure import Merit, Plot, Procedure, choice, count, quantities_list, quantity
from benchctl.quantities import show
from benchctl.stimulus import Stimulus, pulse, read
from procedures.merits import merit
from procedures.steps import Ladder, write_verify

UNDER_WAY, REACHED, MISSED = 0, 1, 2
VERDICTS = {"": UNDER_WAY, "reached": REACHED}


class Multilevel(Procedure):
    """Program each level by write-verify, upwards then downwards, several times over.

    Pulses grow by a step until the read falls inside the band; both polarities serve both
    directions. Three guards end a try instead of pushing on: the attempt budget, the largest
    voltage of each polarity, and a lowest conductance below which no reset pulse is given. Every
    pulse is a row. After a try the level is read again, because the read that ended the try was
    chosen for being inside the band. Verdict: 0 under way, 1 reached, 2 missed.
    """

    levels = quantities_list("Levels", "5 uS, 10 uS, 20 uS, 40 uS, 80 uS", "S", 1e-12, 10)
    level_count = count(
        "Level count", 0, 0, 1024, description="0 takes the list, otherwise lowest to highest level"
    )
    lowest_level = quantity("Lowest level", "5 uS", "S", 1e-12, 10)
    highest_level = quantity("Highest level", "80 uS", "S", 1e-12, 10)
    spacing = choice("Spacing", "logarithmic", ["logarithmic", "linear"])
    tolerance = quantity("Tolerance", 0.05, "", 1e-4, 1, description="half width over the target")
    repeats = count("Repeats", 3)
    attempts = count("Attempt budget", 200, description="pulses per try")
    set_voltage = quantity("Largest set voltage", 3.2, "V", -40, 40)
    set_start = quantity("First set voltage", 1.2, "V", -40, 40)
    reset_voltage = quantity("Largest reset voltage", -2.4, "V", -40, 40)
    reset_start = quantity("First reset voltage", -1.2, "V", -40, 40)
    step = quantity("Voltage step", "30 mV", "V", 1e-4, 5)
    set_width = quantity("Set width", "1 us", "s", 1e-9, 100)
    reset_width = quantity("Reset width", "1 us", "s", 1e-9, 100)
    read_voltage = quantity("Read voltage", 0.1, "V", -5, 5)
    read_width = quantity("Read width", "5 ms", "s", 1e-9, 100)
    lowest_conductance = quantity(
        "Lowest conductance", "0.2 uS", "S", 0, 10, description="no reset pulse is given below it"
    )
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Pulse",
        "Repeat",
        "Direction",
        "Target (S)",
        "Attempt",
        "Pulse voltage (V)",
        "Conductance (S)",
        "Verdict",
        "Confirmed (S)",
        "Energy (J)",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("pulse", ("conductance", "target"), "Programming", log_y=True),
        Plot("target", "confirmed", "Levels", True, True, "points", by="direction"),
        Plot("pulse", "pulse_voltage", "Pulses", kind="points"),
    )

    def targets(self) -> list[float]:
        """Return the levels, lowest first."""
        if not self.level_count:
            return sorted(self.levels)
        space = np.geomspace if self.spacing == "logarithmic" else np.linspace
        return sorted(space(self.lowest_level, self.highest_level, self.level_count).tolist())

    def ladder(self) -> Ladder:
        """Return the pulses a try may use."""
        return Ladder(
            self.set_start, self.set_voltage, self.reset_start, self.reset_voltage, self.step,
            self.set_width, self.reset_width, self.read_voltage, self.read_width,
            self.lowest_conductance, self.compliance,
        )  # fmt: skip

    def preview(self) -> Stimulus:
        """Return the largest pulse of each polarity, with its read."""
        probe = read(self.read_voltage, self.read_width)
        return (
            pulse(self.set_voltage, self.set_width)
            + probe
            + pulse(self.reset_voltage, self.reset_width)
            + probe
        )

    def _tries(self) -> Iterator[tuple[int, int, float]]:
        for repeat in range(1, self.repeats + 1):
            for direction in (1, -1):
                for target in self.targets()[::direction]:
                    yield repeat, direction, target

    def execute(self) -> None:
        """Try every level in both directions, `repeats` times."""
        ladder = self.ladder()
        self.dut.check(self.preview(), compliance=self.compliance)
        tries = list(self._tries())
        pulses = itertools.count()
        for number, (repeat, direction, target) in enumerate(tries, 1):
            steps = write_verify(self.dut, target, self.tolerance, ladder, self.attempts)
            for attempt in steps:
                verdict = VERDICTS.get(attempt.verdict, MISSED)
                self.record(
                    pulse=next(pulses), repeat=repeat, direction=direction, target=target,
                    attempt=attempt.number, pulse_voltage=attempt.voltage,
                    conductance=attempt.conductance, verdict=verdict,
                    confirmed=math.nan if verdict == UNDER_WAY else self._read(),
                    energy=attempt.energy, time=attempt.time,
                )  # fmt: skip
            self.progress(number / len(tries))

    def _read(self) -> float:
        return self.dut.read(self.read_voltage, width=self.read_width, compliance=self.compliance)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return error, attempts and spread of every level, and how many can be told apart."""
        ends = data["verdict"] != UNDER_WAY
        reached = data["verdict"][ends] == REACHED
        target, confirmed = data["target"][ends], data["confirmed"][ends]
        found = levels(target, confirmed, data["attempt"][ends], reached)
        usable = [level for level in found if level.success.value > 0]
        apart = distinguishable(
            [level.achieved.value for level in usable], [level.spread for level in usable]
        )
        energy = np.add.reduceat(data["energy"], _starts(ends)) if ends.any() else np.empty(0)
        merits = {
            "success_rate": merit(proportion(int(reached.sum()), reached.size), "", "Success rate"),
            "error": merit(median(np.abs(confirmed / target - 1)), "", "Level error, median"),
            "attempts": merit(mean(data["attempt"][ends]), "", "Pulses per level"),
            "distinguishable_levels": merit(
                apart, "", "Distinguishable levels", "6 sigma apart between lowest and highest"
            ),
            "energy": merit(
                median(energy), "J", "Energy per level", "V²Gt from the conductance at read voltage"
            ),
        }
        return merits | {f"level_{n}": _level(n, level) for n, level in enumerate(found, 1)}


def _starts(ends: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first row of every finished try."""
    last = np.flatnonzero(ends)
    return np.concatenate([[0], last[:-1] + 1]).astype(np.int64)


def _level(number: int, level: Level) -> Merit:
    note = (
        f"target {show(level.target, 'S')}, error {100 * level.error.value:.2g} %, "
        f"sigma {show(level.spread, 'S', 2)}, {level.attempts.value:.1f} pulses, "
        f"reached {100 * level.success.value:.0f} %"
    )
    return merit(level.achieved, "S", f"Level {number}", note)
