"""Neurons around a diffusive memristor: what they do, with the figures."""

import numpy as np
import pytest

from sim_instruments.circuits.cascade import Cascade
from sim_instruments.circuits.one_transistor import OneTransistorNeuron
from sim_instruments.circuits.rc_neuron import RCNeuron
from sim_instruments.models import create
from sim_instruments.models.diffusive import Diffusive

ALIKE = {"spread_growth": 0.0, "spread_on": 0.0, "spread_off": 0.0, "read_noise": 0.0}
QUIET = {**ALIKE, "cycle_growth": 0.0, "rupture_size": 0.0}
INCUBATION = 0.787e-3
"""s, at 1 V"""


def neuron(*, model=QUIET, seed=0, **circuit):
    return RCNeuron(Diffusive(seed=seed, **model), **circuit)


@pytest.mark.parametrize(
    ("microampere", "spikes", "interval", "first"),
    [(0.08, 7, 12.5, 15.3), (0.10, 11, 8.2, 10.7), (0.15, 21, 4.56, 6.6), (0.20, 30, 3.19, 4.9),
     (0.40, 65, 1.51, 2.6), (0.80, 117, 0.85, 1.6)],
)  # fmt: skip
def test_rate_against_input(microampere, spikes, interval, first):
    found = neuron().play(microampere * 1e-6, 0.1)
    mean = found.intervals.mean() * 1e3
    print(f"{microampere} uA: {found.spikes.size} spikes, {mean:.2f} ms apart, first at "
          f"{found.spikes[0] * 1e3:.2f} ms (golden {spikes}, {interval}, {first})")  # fmt: skip
    assert found.spikes.size == spikes
    assert mean == pytest.approx(interval, rel=0.01)
    assert found.spikes[0] * 1e3 == pytest.approx(first, abs=0.06)


def test_rheobase():
    rates = {k: neuron().play(k * 1e-9, 0.2).spikes.size for k in range(66, 82)}
    rheobase = min(k for k, count in rates.items() if count > 1)
    print(f"rheobase {rheobase} nA (golden about 75); none in 200 ms up to 70 nA (golden 0)")
    assert rheobase == pytest.approx(75, abs=4)
    assert sum(rates[k] for k in range(66, 71)) == 0


def test_it_fires_higher_the_harder_it_is_driven():
    peaks, lows = [], []
    for drive in (0.08e-6, 0.2e-6, 0.8e-6):
        found = neuron().play(drive, 0.1, every=1e-5)
        first, last = found.spikes[[0, -1]]
        during = found.voltage[(found.time > first - 5e-4) & (found.time < last)]
        peaks.append(float(during.max()))
        lows.append(float(during.min()))
    print("0.08, 0.2, 0.8 uA: fires at most at", [f"{v:.2f} V" for v in peaks], "(golden 0.58 to "
          "1.04), falls to", [f"{v:.2f} V" for v in lows], "(golden about 0.19)")  # fmt: skip
    assert peaks == pytest.approx([0.58, 0.73, 1.04], abs=0.01)
    assert lows == pytest.approx([0.19] * 3, abs=0.02)


def test_a_spike_leaves_a_refractory_time():
    strong = neuron().play(0.8e-6, 0.1, every=1e-6)
    late = strong.voltage[strong.time > 0.01]
    print(f"fires at {late.max():.2f} V, falls to {late.min():.2f} V; at least "
          f"{strong.intervals.min() * 1e3:.2f} ms between spikes")  # fmt: skip
    assert 0.58 < late.max() < 1.05
    assert late.min() == pytest.approx(0.19, abs=0.03)
    # A strong pulse right after a spike meets an empty membrane and a gap to fill again.
    first, again = neuron(), neuron()
    fresh = first.play(2e-6, 2e-3).spikes[0]
    spike = again.play(0.4e-6, 2.63e-3).spikes
    assert spike.size == 0
    follow = again.play([0.4e-6, 2e-6], [0.05e-3, 2e-3]).spikes
    refractory = follow[1] - follow[0]
    print(f"a second spike {refractory * 1e3:.2f} ms after the first; fresh {fresh * 1e3:.2f} ms")
    assert refractory > 0.2e-3


def test_intervals_shorten_after_the_first():
    found = neuron().play(0.8e-6, 0.1)
    ratio = found.intervals[-1] / found.intervals[0]
    print(f"intervals {found.intervals[0] * 1e3:.2f} -> {found.intervals[-1] * 1e3:.2f} ms, "
          f"ratio {ratio:.2f} (golden 1.07 -> 0.84)")  # fmt: skip
    assert found.intervals[0] == pytest.approx(1.07e-3, rel=0.01)
    assert found.intervals[-1] == pytest.approx(0.84e-3, rel=0.01)


def test_firing_is_irregular_where_filaments_rupture_at_random():
    for drive in (0.1e-6, 0.4e-6):
        regular = neuron().play(drive, 1.0).intervals[3:]
        noisy = neuron(model=ALIKE, seed=1).play(drive, 1.0).intervals[3:]
        cv = [float(s.std() / s.mean()) for s in (regular, noisy)]
        print(f"{drive * 1e6} uA: ISI CV {cv[0]:.4f} still, {cv[1]:.3f} with noise")
        assert cv[0] < 0.01
        assert 0.08 < cv[1] < 0.9


def test_energy_per_spike_scales_with_the_capacitor():
    energies = []
    for scale in (1.0, 1e-3):
        model = {**QUIET, "time_scale": 1e3 / scale}
        found = neuron(model=model, capacitance=1e-9 * scale).play(0.4e-6, 0.1 * scale)
        energies.append(found.energy.sum() / found.spikes.size)
    print(f"{energies[0]:.2e} J per spike at 1 nF, {energies[1]:.2e} J at 1 pF (golden 2e-10)")
    assert energies[0] == pytest.approx(2.4e-10, rel=0.05)
    assert energies[1] == pytest.approx(1e-3 * energies[0], rel=0.02)


def test_too_small_a_capacitor_is_silent():
    ripples = neuron(capacitance=0.1e-9).play(0.4e-6, 0.1, every=1e-5)
    still = neuron(capacitance=0.01e-9).play(0.4e-6, 0.1)
    print(f"0.1 nF: no current above {ripples.current[-5000:].max() * 1e6:.2f} uA; 0.01 nF: "
          f"fixed at {still.voltage[-1]:.3f} V")  # fmt: skip
    assert ripples.spikes.size == still.spikes.size == 0
    assert ripples.current[-5000:].max() < 2e-6
    assert np.ptp(still.voltage[-100:]) < 1e-6


def test_energy_and_charge_are_conserved():
    found = neuron(leak_resistance=1e15).play(0.4e-6, 5e-3, every=1e-6)
    given = float(np.sum(0.4e-6 * 1e-6 * found.voltage))
    stored = 0.5e-9 * found.voltage[-1] ** 2
    assert found.energy.sum() + stored == pytest.approx(given, rel=0.01)


def test_sub_steps_and_cuts_do_not_matter():
    whole = neuron().play(0.4e-6, 0.05).spikes
    fine = neuron(resolution=2e-4).play(0.4e-6, 0.05).spikes
    cut = neuron().play(np.full(5000, 0.4e-6), np.full(5000, 1e-5)).spikes
    assert fine == pytest.approx(whole, rel=0.005)
    assert cut == pytest.approx(whole, rel=0.005)


def test_a_voltage_behind_a_resistor_is_a_current():
    by_current = neuron().play(0.4e-6, 0.05)
    by_voltage = neuron().drive(400.0, 0.05, 1e9)
    assert by_voltage.spikes == pytest.approx(by_current.spikes, rel=0.01)


def test_one_neuron_drives_the_next():
    reading = {"sense_resistance": 20e3, "threshold": 0.05, "gain": 3e-3}
    row = Cascade([neuron(**reading) for _ in range(3)])
    driven = row.play([0.4e-6, 0.0], [0.1, 0.05])
    counts = [found.spikes.size for found in driven]
    print(f"spikes of three neurons in a row: {counts}; first of each at "
          f"{[round(float(found.spikes[0]) * 1e3, 2) for found in driven[:2]]} ms")  # fmt: skip
    assert counts[0] > counts[1] > 0
    # The second fires only while, and soon after, the first does.
    assert driven[1].spikes[0] > driven[0].spikes[0]
    assert driven[1].spikes[-1] < driven[0].spikes[-1] + 5e-3
    silent = Cascade([neuron(**reading) for _ in range(2)]).play(0.05e-6, 0.1)
    assert [found.spikes.size for found in silent] == [0, 0]


def transistor(voltage, duration, *, model=QUIET, **circuit):
    return OneTransistorNeuron(Diffusive(seed=0, **model), **circuit).play(voltage, duration)


def pulsed(width, gap, count=40, **circuit):
    duration = np.tile([width * INCUBATION, gap * INCUBATION], count)
    return transistor(np.tile([1.0, 0.0], count), duration, **circuit)


def test_one_clean_drain_spike_for_each_long_enough_pulse():
    for width in (1.2, 2.0):
        found = pulsed(width, 0.5, resistance=1e5)
        print(f"pulses of {width} incubations: {found.spikes.size} drain spikes of 40, "
              f"{found.output.max() * 1e6:.1f} uA")  # fmt: skip
        assert found.spikes.size == 40
        assert found.output.min() == 0.0


def test_short_pulses_are_integrated_and_leak_away():
    close, far = pulsed(0.8, 0.1), pulsed(0.8, 0.5)
    before = int(close.spikes[0] / (0.9 * INCUBATION))
    print(f"pulses of 0.8 incubations: fires after {before} with pauses of 0.1, "
          f"{far.spikes.size} spikes with pauses of 0.5")  # fmt: skip
    assert before >= 3
    assert far.spikes.size == 0


def test_a_direct_voltage_meets_a_fixed_point_unless_the_gate_is_a_membrane():
    for resistance in (1e5, 1e6):
        stuck = transistor(0.8, 0.1, resistance=resistance)
        print(f"{resistance:g} Ohm, 20 fF, 0.8 V: {stuck.spikes.size} spike, then a steady "
              f"{stuck.output[-1] * 1e6:.2f} uA")  # fmt: skip
        assert stuck.spikes.size <= 1
        assert np.ptp(stuck.output[-1000:]) < 1e-3 * stuck.output[-1]
    fires = transistor(0.8, 0.1, parasitic_capacitance=1e-9)
    print(f"1 nF: {fires.spikes.size} drain spikes in 100 ms")
    assert fires.spikes.size == pytest.approx(72, abs=2)
    assert fires.output[-1000:].min() == 0.0
    quick = OneTransistorNeuron(Diffusive(seed=0, **{**QUIET, "time_scale": 1e8}),
                                parasitic_capacitance=0.0)  # fmt: skip
    fast = quick.play(0.8, 1e-6, every=1e-8)
    print(f"10 fF, 1e5 times the pace: {fast.spikes.size} in 1 us, "
          f"{fast.energy.sum() / fast.spikes.size:.1e} J each")  # fmt: skip
    assert fast.spikes.size == fires.spikes.size


def test_heat_is_felt():
    cold, hot = neuron(), neuron()
    assert (cold.play(0.4e-6, 0.05).spikes.size
            != hot.play(0.4e-6, 0.05, temperature=330.0).spikes.size)  # fmt: skip


def test_any_device_fits_and_nothing_happens_without_drive():
    quiet = RCNeuron(create("resistor", seed=0, resistance=1e6), capacitance=1e-9)
    assert quiet.play(0.0, 1.0).voltage.tolist() == [0.0] * 10_000
    charged = quiet.play(1e-6, 20e-3)
    assert charged.voltage[-1] == pytest.approx(1e-6 / (1e-6 + 1e-7), rel=1e-6)
    tau = 1e-9 / 1.1e-6
    early = charged.voltage[0]
    assert early == pytest.approx(charged.voltage[-1] * -np.expm1(-1e-4 / tau), rel=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: neuron(capacitanc=1.0), "no parameter 'capacitanc'; did you mean 'capacitance'"),
        (lambda: neuron(capacitance=-1.0), "capacitance must be a number from 1e-16 F"),
        (lambda: neuron(fire_current=1e-7), "0 < rearm current <= fire current"),
        (lambda: neuron().play(float("nan"), 1.0), "finite"),
        (lambda: neuron().play(1e-6, 0.0), "finite times above 0 s"),
        (lambda: neuron().play(1e-6, 1.0, every=0.0), "above 0 s apart"),
        (lambda: neuron().drive(1.0, 1.0, 0.0), "behind a resistance"),
        (lambda: Cascade([]), "at least one neuron"),
        (lambda: Cascade([neuron(), neuron()]), "neuron 1 gives no current"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
