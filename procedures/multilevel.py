"""Multilevel programming by incremental-step write-verify."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.levels import Level, distinguishable, levels
from benchctl.analysis.spread import mean, median, proportion
from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Merit, Plot, choice, count, quantities_list, quantity
from benchctl.quantities import show
from procedures.merits import merit
from procedures.programming import Programming
from procedures.steps import write_verify

UP, DOWN = 1, -1
UNDER_WAY, REACHED, MISSED = 0, 1, 2
VERDICTS = {"": UNDER_WAY, "reached": REACHED}


class Multilevel(Programming):
    """Program each level by write-verify, upwards then downwards, several times over.

    Pulses grow by a step until the read falls inside the band; both polarities serve both
    directions. Three guards end a try instead of pushing on: the attempt budget, the largest
    voltage of each polarity, and a lowest conductance below which no reset pulse is given. Every
    pulse is a row. After a try the level is read again, because the read that ended the try was
    chosen for being inside the band.
    """

    levels = quantities_list("Levels", "5 uS, 10 uS, 20 uS, 40 uS, 80 uS", "S", 1e-12, 10)
    level_count = count(
        "Level count", 0, 0, 1024, description="0 takes the list, otherwise lowest to highest level"
    )
    lowest_level = quantity("Lowest level", "5 uS", "S", 1e-12, 10)
    highest_level = quantity("Highest level", "80 uS", "S", 1e-12, 10)
    spacing = choice("Spacing", "logarithmic", ["logarithmic", "linear"])
    repeats = count("Repeats", 3)
    lowest_conductance = quantity(
        "Lowest conductance", "0.2 uS", "S", 0, 10, description="no reset pulse is given below it"
    )

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
    CODES: ClassVar[Mapping[str, Mapping[float, str]]] = {
        "direction": {UP: "upwards", DOWN: "downwards"},
        "verdict": {UNDER_WAY: "under way", REACHED: "reached", MISSED: "missed"},
    }
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

    def check(self, dut: Dut) -> None:
        """Refuse a range of levels that has no width as well."""
        if self.level_count > 1 and self.lowest_level >= self.highest_level:
            raise ConfigError(
                f"lowest_level: {show(self.lowest_level, 'S')} is not below highest_level, "
                f"{show(self.highest_level, 'S')}"
            )
        super().check(dut)

    def _tries(self) -> Iterator[tuple[int, int, float]]:
        for repeat in range(1, self.repeats + 1):
            for direction in (UP, DOWN):
                for target in self.targets()[::direction]:
                    yield repeat, direction, target

    def execute(self) -> None:
        """Try every level in both directions, `repeats` times."""
        ladder = self.ladder(self.lowest_conductance)
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
            "error": merit(
                median(np.abs(confirmed / target - 1)[reached]),
                "",
                "Level error of the tries that reached it, median",
            ),
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
    if level.success.value < 1:
        note += f", the others left at {show(level.missed.value, 'S', 3)}"
    return merit(level.achieved, "S", f"Level {number}", note)
