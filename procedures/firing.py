"""Firing of a neuron, or of an oscillator, under constant input."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchctl.analysis.neuron import Firing as Found
from benchctl.analysis.neuron import firing, hiding, rheobase, spikes, thresholds
from benchctl.dut import Dut
from benchctl.errors import ConfigError
from benchctl.procedure import Merit, Plot, Procedure, choice, count, quantities_list, quantity
from benchctl.quantities import show
from benchctl.stimulus import Segment, Stimulus


class Firing(Procedure):
    """Apply constant inputs one after the other, sample the current, and count the spikes.

    The input is the voltage of the source, behind whatever resistor leads to the neuron. Spikes
    are looked for in the input's current or, with a source on the third terminal (the drain of a
    read-out transistor), in the output's; a spike has to rise through "Fire" and fall through
    "Re-arm" before the next, both as shares of the way from the resting current of that input to
    the peak of its typical spike. Between inputs the neuron rests.
    """

    inputs = quantities_list("Inputs", "0.2 V, 0.4 V, 0.6 V, 0.8 V, 1 V", "V", -40, 40)
    duration = quantity("Duration", "100 ms", "s", 1e-6, 1e5, description="of each input")
    sample = quantity("Sampling interval", "1 ms", "s", 1e-7, 100)
    rest = quantity("Rest", "1 s", "s", 0, 1e5, description="after each input")
    repeats = count("Repeats", 1, description="of all inputs")
    output = quantity(
        "Output bias", 0, "V", -40, 40, description="at the third terminal; 0 leaves it alone"
    )
    signal = choice("Spikes in", "input", ["input", "output"])
    fire = quantity("Fire", 0.5, "", 0.01, 0.99)
    rearm = quantity("Re-arm", 0.25, "", 0.01, 0.99)
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 10)

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Trial",
        "Input (V)",
        "Elapsed (s)",
        "Current (A)",
        "Output (A)",
        "In compliance",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("elapsed", "current", "Input current", by="input"),
        Plot("elapsed", "output", "Output current", by="input"),
    )

    def trial(self, level: float) -> Stimulus:
        """Return one input, sampled."""
        gate = self.output or None
        samples = max(1, round(self.duration / self.sample))
        whole: Stimulus = (
            Stimulus((Segment(level, self.sample, measure=True, gate=gate),)) * samples
        )
        return whole

    def preview(self) -> Stimulus:
        """Return the largest input."""
        return self.trial(max(self.inputs, key=abs))

    def check(self, dut: Dut) -> None:
        """Refuse every input, not only the largest, and spikes where nothing would be seen."""
        if self.sample > self.duration:
            raise ConfigError(
                f"sample: {show(self.sample, 's')} is longer than the duration of "
                f"{show(self.duration, 's')}; sample more often"
            )
        if self.signal == "output" and not self.output:
            raise ConfigError("signal: without an output bias there is no output; set output")
        super().check(dut)
        for level in dict.fromkeys(self.inputs):
            dut.check(self.trial(level), compliance=self.compliance)

    def execute(self) -> None:
        """Apply input after input; whole blocks of samples become rows."""
        levels = [level for _ in range(self.repeats) for level in self.inputs]
        for number, level in enumerate(levels, 1):
            done = 0
            for block in self.dut.stream(self.trial(level), compliance=self.compliance):
                elapsed = self.sample * np.arange(done + 1, done + len(block) + 1)
                drain = math.nan if block.gate_current is None else block.gate_current
                self.record(
                    trial=number, input=level, elapsed=elapsed, current=block.current,
                    output=drain, in_compliance=block.limited, time=block.time,
                )  # fmt: skip
                done += len(block)
            self.dut.wait(self.rest)
            self.progress(number / len(levels))

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return spikes, rate and regularity by input, and where firing begins."""
        seen = data["output" if self.signal == "output" else "current"]
        found = list(self._trials(data, np.abs(seen)))
        if not found:
            return {}
        levels = np.array([level for level, _, _ in found])
        counts = np.array([float(f.count) for _, f, _ in found])
        hidden = hiding(levels, counts, [current for _, _, current in found])
        silent, fires = rheobase(np.abs(levels[~hidden]), counts[~hidden])
        best = max((f for _, f, _ in found), key=lambda f: f.count)
        note = f"at {_listed(levels)}"
        if hidden.any():
            note += f"; not resolved at {_listed(levels[hidden])}: sample faster"
        rates = np.where(hidden, math.nan, [f.rate for _, f, _ in found])
        counts[hidden] = math.nan
        return {
            "spikes": Merit(counts.tolist(), "", "Spikes by input", None, note),
            "rate": Merit(rates.tolist(), "Hz", "Rate by input", None, note),
            "rheobase": Merit(
                fires, "V", "Smallest input that fires",
                (silent, fires) if math.isfinite(silent) and math.isfinite(fires) else None,
            ),
            "latency": Merit(best.latency, "s", "Time to the first spike, fastest input"),
            "interval": Merit(best.interval, "s", "Mean interval, fastest input"),
            "shortest_interval": Merit(
                best.shortest, "s", "Shortest interval: the refractory time is less", None,
                f"seen every {show(self.sample, 's')}",
            ),
            "variation": Merit(best.variation, "", "Deviation of the intervals over their mean"),
            "adaptation": Merit(best.adaptation, "", "Last interval over the first"),
        }  # fmt: skip

    def _trials(
        self, data: Mapping[str, NDArray[Any]], seen: NDArray[Any]
    ) -> Iterator[tuple[float, Found, NDArray[Any]]]:
        """Yield (input, what it did, the current of it) of each trial."""
        for number in np.unique(data["trial"]):
            rows = data["trial"] == number
            bounds = thresholds(seen[rows], self.fire, min(self.rearm, self.fire))
            begins = spikes(data["elapsed"][rows], seen[rows], *bounds)
            level = float(data["input"][rows][0])
            found = firing(begins, float(data["elapsed"][rows].max()))
            yield level, found, seen[rows]


def _listed(levels: NDArray[Any]) -> str:
    return ", ".join(f"{level:g} V" for level in levels)
