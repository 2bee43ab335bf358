"""Spike-timing-dependent plasticity of a two-terminal device."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pymeasure.experiment import Parameter

from benchctl.analysis.plasticity import window
from benchctl.analysis.spread import mean
from benchctl.dut import Dut
from benchctl.procedure import Merit, Plot, choice, count, quantities_list, quantity
from benchctl.quantities import show
from benchctl.stimulus import Stimulus, Trace, pulse, read
from procedures.merits import merit
from procedures.programming import Programming
from procedures.spikes import PRESETS, pair, spike, table
from procedures.steps import Attempt, Ladder, last, write_verify


class Stdp(Programming):
    """Give pairs of spikes at many delays and read what each does to the conductance.

    The device sees V_post(t) - V_pre(t), so a pre-spike before the post-spike (delay > 0) leaves
    its tail to add to the post-spike's head, and potentiates a device that sets at V > 0. Before
    *every* pair the device is reset and write-verify brings it to the initial conductance, always
    from the same side; delays come in random order, the run's seed decides. Every trial lasts
    equally long. The first trials have no spikes (delay NaN): what the device does by itself, a
    volatile one relaxes, is their mean, and "Change" is the raw change less that. The voltage
    the device was given is kept once per delay as a trace; its current is not measured.

    Defaults suit a device with a threshold near 1 V as well as an ionic one that forgets within
    a second: the head alone stays under the threshold, head and tail together pass it, and the
    compliance in the pair keeps an abrupt set from running to the end of its stroke.
    """

    shape = choice("Spike shape", "biphasic-exponential", [*PRESETS, "table"])
    spike_voltage = quantity("Spike head", 1.05, "V", -40, 40)
    tail_voltage = quantity("Spike tail", 0.25, "V", 0, 40, description="of opposite sign")
    spike_width = quantity("Head width", "2 ms", "s", 1e-9, 100)
    tail_time = quantity("Tail time", "10 ms", "s", 1e-9, 100)
    spike_table = Parameter("Spike table", default="", description="0.8 V: 2 ms, -0.3 V: 10 ms")
    time_step = quantity("Time step", "1 ms", "s", 1e-9, 10)
    delays = quantities_list(
        "Delays", "2 ms, 3 ms, 4 ms, 6 ms, 8 ms, 12 ms, 16 ms, 24 ms", "s", 1e-9, 1e3
    )
    repeats = count("Repeats", 5)
    initial_conductance = quantity("Initial conductance", "4 uS", "S", 1e-12, 10)
    tolerance = quantity("Tolerance", 0.1, "", 1e-4, 1, description="of the initial conductance")
    attempts = count("Attempt budget", 200, description="pulses to re-initialise")
    set_start = quantity("First set voltage", 0.6, "V", -40, 40)
    set_voltage = quantity("Largest set voltage", 2.2, "V", -40, 40)
    reset_start = quantity("First reset voltage", -0.6, "V", -40, 40)
    reset_voltage = quantity("Largest reset voltage", -2.0, "V", -40, 40)
    step = quantity("Voltage step", "20 mV", "V", 1e-4, 5)
    set_width = quantity("Set width", "1 ms", "s", 1e-9, 100)
    reset_width = quantity("Reset width", "1 ms", "s", 1e-9, 100)
    read_width = quantity("Read width", "1 ms", "s", 1e-9, 100)
    compliance = quantity("Compliance", "300 uA", "A", 1e-12, 10)
    spike_compliance = quantity(
        "Compliance in the pair", "20 uA", "A", 1e-12, 10, description="ends a runaway set"
    )

    DATA_COLUMNS: ClassVar[list[str]] = [
        "Trial",
        "Delay (s)",
        "Before (S)",
        "After (S)",
        "Raw change",
        "Change",
        "Initialised",
        "Time (s)",
    ]
    PLOTS: ClassVar[tuple[Plot, ...]] = (
        Plot("delay", "change", "STDP window", kind="points"),
        Plot("trial", ("before", "after"), "Every trial", kind="points"),
    )

    def waveform(self, delay: float) -> Stimulus:
        """Return the device voltage of a pair `delay` apart (NaN: of no spikes), sampled."""
        if self.shape == "table":
            one = table(str(self.spike_table), self.time_step)
        else:
            one = spike(
                self.shape, self.spike_voltage, self.tail_voltage, self.spike_width,
                self.tail_time, self.time_step,
            )  # fmt: skip
        return pair(one, delay, max(self.delays), self.time_step)

    def trial(self, delay: float) -> Stimulus:
        """Return read, pair, read."""
        probe = read(self.read_voltage, self.read_width)
        return probe + self.waveform(delay) + probe

    def preview(self) -> Stimulus:
        """Return the trial with the shortest positive delay."""
        return self.trial(min(self.delays))

    def order(self) -> NDArray[np.float64]:
        """Return all trials' delays: the controls (NaN), then the pairs in random order."""
        once = [*self.delays, *(-d for d in self.delays)]
        pairs = self.rng.permutation(once * self.repeats)
        return np.concatenate([np.full(self.repeats, math.nan), pairs])

    def targets(self) -> list[float]:
        """Return the conductance every trial begins with."""
        return [self.initial_conductance]

    def check(self, dut: Dut) -> None:
        """Refuse the re-initialising pulses, and every pair of spikes, as well."""
        super().check(dut)
        dut.check(super().preview(), compliance=self.compliance)
        for delay in {*self.delays, *(-d for d in self.delays)}:
            dut.check(self.trial(delay), compliance=self.spike_compliance)

    def execute(self) -> None:
        """Re-initialise, read, give the pair, read; for every delay."""
        ladder = self.ladder()
        order = self.order()
        trials = {float(d): self.trial(float(d)) for d in np.unique(order[np.isfinite(order)])}
        unseen, alone = set(trials), list[float]()
        for number, delay in enumerate(order.tolist(), 1):
            ready = self._initialise(ladder)
            stimulus = trials.get(delay) or self.trial(math.nan)
            readings = self.dut.play(stimulus, compliance=self.spike_compliance)
            before, after = readings.conductance.tolist()
            raw = after / before - 1 if before > 0 else math.nan
            if math.isnan(delay) and ready.verdict == "reached":
                alone.append(raw)
            self.record(
                trial=number, delay=delay, before=before, after=after, raw_change=raw,
                change=raw - (np.nanmean(alone) if np.isfinite(alone).any() else 0.0),
                initialised=ready.verdict == "reached", time=readings.time[-1],
            )  # fmt: skip
            if delay in unseen:
                unseen.remove(delay)
                at, voltage = stimulus.preview()
                self.record_trace(Trace(at, voltage, np.full(at.shape, math.nan)))
            self.progress(number / len(order))

    def _initialise(self, ladder: Ladder) -> Attempt:
        """Reset, then program the initial conductance; return the last attempt."""
        erase = pulse(self.reset_voltage, self.reset_width)
        self.dut.play(erase, compliance=self.compliance)
        steps = write_verify(
            self.dut, self.initial_conductance, self.tolerance, ladder, self.attempts
        )
        return last(steps)

    def analyze(self, data: Mapping[str, NDArray[Any]]) -> dict[str, Merit]:
        """Return A+, A-, tau+ and tau- of the window, relaxation subtracted."""
        ready = data["initialised"] == 1
        delay, net = data["delay"][ready], data["change"][ready]
        alone = mean(data["raw_change"][ready][np.isnan(delay)])
        shortest = min(self.delays)
        found = window(delay, net)
        return {
            "a_plus": merit(found.plus.amplitude, "", "A+, change at delay 0+"),
            "tau_plus": merit(found.plus.tau, "s", "tau+"),
            "a_minus": merit(found.minus.amplitude, "", "A-, change at delay 0-, signed"),
            "tau_minus": merit(found.minus.tau, "s", "tau-"),
            "r_squared": Merit(found.r_squared, "", "R² of both branches"),
            "asymmetry": merit(found.asymmetry, "", "A+ tau+ over A- tau-"),
            "potentiation": _change(net[delay == shortest], shortest),
            "depression": _change(net[delay == -shortest], -shortest),
            "relaxation": merit(alone, "", "Change without spikes, subtracted above"),
            "initialised": Merit(
                float(ready.sum()), "", "Trials that began at the initial conductance", None,
                f"of {ready.size}; the others are left out",
            ),
        }  # fmt: skip


def _change(net: NDArray[Any], delay: float) -> Merit:
    return merit(mean(net), "", f"Change at {show(delay, 's')}")
