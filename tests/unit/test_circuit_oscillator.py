"""Relaxation oscillators: golden frequencies, and where there is none."""

import math

import numpy as np
import pytest

from sim_instruments.circuits import cycles
from sim_instruments.circuits.loads import device_maker, make_circuit
from sim_instruments.circuits.relaxation_oscillator import RelaxationOscillator
from sim_instruments.models.nbo2 import Nbo2
from sim_instruments.models.vo2 import Vo2

NBO2 = {"fluctuation": 0.0, "spread_resistance": 0.0, "spread_heat": 0.0, "read_noise": 0.0,
        "contact_resistance": 300.0, "metal_gain": 0.0, "metal_heat": 0.0}  # fmt: skip
VO2 = {"spread_resistance": 0.0, "spread_heat": 0.0, "spread_transition": 0.0, "read_noise": 0.0}
NEURISTOR = {"load_resistance": 12e3, "capacitance": 145.346e-12, "fire_current": 1e-3,
             "rearm_current": 0.7e-3, "resolution": 5e-3}  # fmt: skip


def run(supply, duration, *, model=NBO2, seed=0, **circuit):
    return RelaxationOscillator(Nbo2(seed=seed, **model), **circuit).play(
        supply, duration, every=duration / 4000
    )


@pytest.mark.parametrize(
    ("capacitance", "duration", "frequency", "energy"),
    [(1e-12, 200e-9, 216e6, 0.57e-12), (10e-12, 1e-6, 42e6, 3e-12)],
)
def test_nbo2_oscillates(capacitance, duration, frequency, energy):
    found = run(2.0, duration, capacitance=capacitance)
    measured = 1.0 / found.intervals[3:].mean()
    late = found.time > duration / 2
    each = found.energy[late].sum() / (measured * duration / 2)
    print(f"{capacitance * 1e12:g} pF: {measured / 1e6:.1f} MHz (golden {frequency / 1e6:g}), "
          f"peak {found.current[late].max() * 1e3:.2f} mA, {each * 1e12:.2f} pJ")  # fmt: skip
    assert measured == pytest.approx(frequency, rel=0.012)
    assert each == pytest.approx(energy, rel=0.05)
    if capacitance == 1e-12:
        assert found.current[late].max() == pytest.approx(0.59e-3, rel=0.02)
    fine = run(2.0, duration, capacitance=capacitance, resolution=2e-4)
    assert 1.0 / fine.intervals[3:].mean() == pytest.approx(measured, rel=0.003)


def test_nbo2_does_not_oscillate_below_its_threshold():
    found = run(1.5, 200e-9)
    print(f"1.5 V: {found.spikes.size} spikes, at rest at {found.voltage[-1]:.3f} V")
    assert found.spikes.size == 0
    assert np.ptp(found.voltage[-1000:]) < 1e-4
    assert found.voltage[-1] < 1.047


def test_a_warm_fluctuating_film_jitters():
    still = run(2.0, 400e-9).intervals[5:]
    alive = run(2.0, 400e-9, model={**NBO2, "fluctuation": 1.0}).intervals[5:]
    print(f"period jitter {still.std() / still.mean():.1e} still, "
          f"{alive.std() / alive.mean():.1e} with its temperature fluctuating")  # fmt: skip
    assert 10 * still.std() < alive.std() < 0.01 * alive.mean()


def held(seconds, *, model=NBO2, device="nbo2", **circuit):
    made = make_circuit("relaxation_oscillator", device_maker(device, 1, model), circuit)
    return made, made.play(np.array([2.0]), np.array([seconds]), np.zeros(1))


@pytest.mark.parametrize("fluctuation", [0.0, 1.0])
def test_a_long_oscillation_is_as_its_first_cycles(fluctuation):
    """A second at 216 MHz would take days, cycle by cycle."""
    model = {**NBO2, "fluctuation": fluctuation}
    few, seen = held(6e-6, model=model)
    many, then = held(1.0, model=model)
    rates = few.circuits[0].node.spike_count / 6e-6, many.circuits[0].node.spike_count / 1.0
    header = many.metadata()
    print(f"{rates[0] / 1e6:.2f} and {rates[1] / 1e6:.2f} MHz, "
          f"{seen.current[0] * 1e6:.2f} and {then.current[0] * 1e6:.2f} uA")  # fmt: skip
    assert rates[1] == pytest.approx(rates[0], rel=5e-3)
    assert then.current[0] == pytest.approx(seen.current[0], rel=5e-3)
    assert many.circuits[0].node.time == pytest.approx(1.0, rel=1e-9)
    assert 0.99 < header["nodes"][0]["spikes_represented"] / rates[1] < 1.0
    assert any("stand for the others" in text for text in header["approximations"])


def test_cycles_that_are_represented_leave_the_oscillator_where_it_would_be(monkeypatch):
    """The same readings as with every cycle played, at the end of the hold as well."""
    short, seen = held(2e-5)
    assert short.circuits[0].node.represented > 1000
    monkeypatch.setattr(cycles, "STRETCH", 1 << 40)
    whole, all_of_it = held(2e-5)
    assert whole.circuits[0].node.represented == 0
    assert abs(short.circuits[0].node.spike_count - whole.circuits[0].node.spike_count) <= 1
    assert seen.current[0] == pytest.approx(all_of_it.current[0], rel=1e-3)
    assert short.circuits[0].node.time == pytest.approx(whole.circuits[0].node.time, rel=1e-12)


def test_what_does_not_oscillate_is_played_whole():
    quiet = make_circuit("relaxation_oscillator", device_maker("nbo2", 1, NBO2), {})
    seen = quiet.play(np.array([1.5]), np.array([0.1]), np.zeros(1))
    assert quiet.circuits[0].node.represented == 0
    assert seen.current[0] == pytest.approx(quiet.current(1.5), rel=1e-3)


def by_euler(supply, duration, step=0.5e-9):
    """Return the neuristor's mean period by the crudest means, for comparison."""
    w, t_c, beta, gamma = 7.19357, 332.806, 0.252796, 0.956270
    t, v, last, delta, t_r, t_pr = 325.0, 0.0, 325.0, 1, 0.0, 0.0
    fired, on = [], False

    def share(kelvin):
        shift = 0.0
        if t_pr:
            z = (kelvin - t_r) / t_pr
            shift = t_pr * 0.5 * (1 - math.sin(gamma * z)) * (
                1 + math.tanh(math.pi**2 - 2 * math.pi * z))  # fmt: skip
        return 0.5 + 0.5 * math.tanh(beta * (delta * w / 2 + t_c - kelvin - shift))

    for k in range(int(duration / step)):
        if abs(t - last) > 0.01:
            turn = 1 if t > last else -1
            if turn != delta:
                kept, delta, t_r = share(t), turn, t
                t_pr = delta * w / 2 + t_c - math.atanh(2 * kept - 1) / beta - t_r
            last = t
        i = v / (5.35882879e-3 * math.exp(5220.47417 / t) * share(t) + 1286.3165)
        v += step * ((supply - v) / 12e3 - i) / 145.346e-12
        t += step * (v * i - 0.205587e-3 * (t - 325.0)) / 49.6278e-12
        if not on and i > 1e-3:
            fired.append(k * step)
        on = i > 1e-3 or (on and i > 0.7e-3)
    return float(np.diff(fired[1:]).mean())


@pytest.mark.parametrize("supply", [11.0, 13.0, 15.0])
def test_vo2_fires_as_a_crude_solution_of_its_published_equations(supply):
    found = RelaxationOscillator(Vo2(seed=0, **VO2), **NEURISTOR).play(supply, 40e-6, every=1e-7)
    period = found.intervals[1:].mean()
    print(f"{supply:g} V: {1e-3 / period:.0f} kHz")
    assert period == pytest.approx(by_euler(supply, 30e-6), rel=0.01)


@pytest.mark.parametrize("supply", [9.0, 18.0])
def test_vo2_rests_outside_its_window(supply):
    found = RelaxationOscillator(Vo2(seed=0, **VO2), **NEURISTOR).play(supply, 60e-6, every=1e-7)
    print(f"{supply:g} V: {found.spikes.size} spikes, {found.current[-1] * 1e3:.2f} mA for good")
    assert found.spikes.size <= 1
    assert np.ptp(found.current[-100:]) < 1e-3 * found.current[-1]
