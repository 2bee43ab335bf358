"""Neurons and oscillators as what the bench drives: what its sources see of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.circuits import node, pieces
from sim_instruments.circuits.loads import NAMES, device_maker, make_circuit
from sim_instruments.circuits.pieces import Segments, cut
from sim_instruments.load import GatedLoad
from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import CircuitParameters
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

ALIKE = {"spread_growth": 0.0, "spread_on": 0.0, "spread_off": 0.0, "read_noise": 0.0}
QUIET = {**ALIKE, "cycle_growth": 0.0, "rupture_size": 0.0}
BEHIND = {"sense_resistance": 20e3, "gain": 5e-3, "threshold": 0.05}
MEMBRANE = {"parasitic_capacitance": 1e-9}
SLOW = {"capacitance": 1e-9}
EACH = [
    ("rc_neuron", "diffusive", BEHIND, 1.0),
    ("one_transistor_neuron", "diffusive", MEMBRANE, 0.8),
    ("cascade", "diffusive", {}, 1.2),
    ("relaxation_oscillator", "nbo2", SLOW, 2.0),
]


def load(name="rc_neuron", model="diffusive", seed=1, device=None, **circuit):
    given = QUIET if device is None and model == "diffusive" else device or {}
    return make_circuit(name, device_maker(model, seed, given), circuit)


def resistor(name, ohms, **circuit):
    return load(name, "resistor", device={"resistance": ohms}, **circuit)


def steady(voltage, number, each):
    return np.full(number, voltage), np.full(number, each), np.zeros(number)


def window(model):
    """Return s per reading so that a few dozen show some firing, slow enough for a test."""
    return 2e-7 if model == "nbo2" else 5e-4


@pytest.mark.parametrize("resistance", [0.0, 1e6])
def test_the_membrane_charges_as_its_time_constant_says(resistance):
    circuit = resistor("rc_neuron", 2e6, drive_resistance=1e6)
    ends = np.arange(1, 41) * 1e-4
    found = circuit.play(*steady(1.0, 40, 1e-4), resistance=resistance)
    behind = 1e6 + resistance
    total = 1.0 / behind + 1.0 / 2e6 + 1.0 / 10e6
    tau, end = 1e-9 / total, 1.0 / behind / total
    mean = end + tau / 1e-4 * end * (np.exp(-ends / tau) - np.exp(-(ends - 1e-4) / tau))
    np.testing.assert_allclose(found.current, (1.0 - mean) / behind, rtol=1e-9)
    assert found.voltage.tolist() == [1.0] * 40
    assert not found.limited.any()


def test_the_gate_of_the_one_transistor_neuron_charges_through_its_device():
    circuit = resistor("one_transistor_neuron", 2e6, **MEMBRANE)
    found = circuit.play(*steady(1.0, 40, 1e-4), resistance=1e6)
    total, capacitance = 1.0 / 3e6 + 1.0 / 1e6, 1e-9 + 10e-15
    ends, tau, end = np.arange(1, 41) * 1e-4, capacitance / total, 1.0 / 3e6 / total
    mean = end + tau / 1e-4 * end * (np.exp(-ends / tau) - np.exp(-(ends - 1e-4) / tau))
    np.testing.assert_allclose(found.current, (1.0 - mean) / 3e6, rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "cascade"])
def test_the_direct_current_is_that_the_circuit_settles_at(name):
    circuit = resistor(name, 3e6)
    settled = circuit.play(*steady(0.4, 1, 1.0))
    again = circuit.play(*steady(0.4, 1, 1e-3), start=0.4)
    assert settled.current[0] != again.current[0]
    assert circuit.current(0.4) == pytest.approx(float(again.current[0]), rel=1e-6)
    assert circuit.current(-0.4) == pytest.approx(-circuit.current(0.4), rel=1e-9)
    assert circuit.current(0.0) == pytest.approx(0.0, abs=1e-18)


def test_looking_at_the_direct_current_changes_nothing():
    looked, left = load(), load()
    for circuit in (looked, left):
        circuit.play(*steady(1.0, 9, 5e-4))
    looked.current(0.5)
    assert (looked.play(*steady(1.0, 99, 5e-4)).current.tolist()
            == left.play(*steady(1.0, 99, 5e-4)).current.tolist())  # fmt: skip


@pytest.mark.parametrize(("name", "model", "circuit", "volts"), EACH)
def test_the_third_terminal_does_not_act_back(name, model, circuit, volts):
    pair = [load(name, model, 3, {}, **circuit) for _ in range(2)]
    assert isinstance(pair[0], GatedLoad)
    program = (np.array([volts, 0.0]), np.array([20.0, 2.0]) * window(model), np.zeros(2))
    alone = pair[0].play(*program, count=5, before=1e-6)
    read = pair[1].play_gated(program[0], np.full(2, 0.1), *program[1:], count=5, before=1e-6)
    for mine, other in zip(alone, read[:3], strict=True):
        assert mine.tolist() == other.tolist()
    assert pair[0].spikes.tolist() == pair[1].spikes.tolist()
    assert pair[0].spikes.size > 0
    print(f"{name}: {pair[0].spikes.size} spikes, drain {read.gate_current.max() * 1e6:.3g} uA")
    assert (read.gate_current.max() > 0.0) == (model != "nbo2")
    assert pair[0].play_gated(program[0], np.zeros(2), *program[1:]).gate_current.tolist() == [0, 0]


@pytest.mark.parametrize("drain", [-0.3, 0.0, 0.1, 0.2, 1.0, 5.0])
def test_the_drain_current_follows_the_square_law(drain):
    circuit = resistor("one_transistor_neuron", 1e6, gain=200e-6, threshold=0.35)
    played = circuit.play_gated(np.array([1.1, 1.1]), np.full(2, drain), np.full(2, 1e-3),
                                np.zeros(2))  # fmt: skip
    over = 0.55 - 0.35
    at = min(drain, over)  # beyond the overdrive it saturates
    expected = 200e-6 * (over * at - 0.5 * at**2)
    assert played.gate_current[1] == pytest.approx(expected, rel=1e-6, abs=1e-18)


def test_firing_is_seen_as_steps_of_the_input_current():
    circuit = load()
    found = circuit.play(*steady(1.0, 2000, 5e-5))
    steps = np.diff(found.current)
    seen = int(((steps[1:] > 0.15e-6) & (steps[:-1] <= 0.15e-6)).sum())
    least, most = found.current.min() * 1e6, found.current.max() * 1e6
    print(f"1 V behind 1 MOhm: {circuit.spikes.size} spikes in 100 ms, {seen} steps of the "
          f"current from {least:.2f} to {most:.2f} uA")  # fmt: skip
    assert circuit.spikes.size > 80
    assert seen == pytest.approx(circuit.spikes.size, abs=1)


def test_rate_against_voltage_and_where_it_begins():
    rates = []
    for volts in (0.5, 0.6, 0.8, 1.0, 1.5, 2.0):
        circuit = load(seed=0)
        circuit.play(*steady(volts, 1, 0.1), record=False)
        rates.append(circuit.spikes.size)
    print(f"0.5, 0.6, 0.8, 1, 1.5, 2 V behind 1 MOhm: {rates} spikes in 100 ms")
    assert rates[0] == 0
    assert rates[1] > 0
    assert rates == sorted(rates)


def test_what_the_bench_drives_is_what_python_drives():
    behind = load().circuits[0]
    known = behind.drive([1.0, 0.0], [0.05, 0.01], every=1e-3)
    circuit = load()
    circuit.play(np.array([1.0, 0.0]), np.array([0.05, 0.01]), np.zeros(2), record=False)
    assert circuit.spikes == pytest.approx(known.spikes, rel=1e-3)
    assert circuit.spikes.size == known.spikes.size > 40


def test_the_supply_of_an_oscillator_sees_its_mean_current():
    circuit = load("relaxation_oscillator", "nbo2", **SLOW)
    circuit.play(*steady(2.0, 1, 2e-5), record=False)
    found = circuit.play(*steady(2.0, 200, 1e-7), start=2.0)
    beat = np.abs(np.fft.rfft(found.current - found.current.mean()))
    seen = np.argmax(beat) / 20e-6
    true = 1.0 / np.diff(circuit.spikes[3:]).mean()
    print(f"1 nF: {true / 1e3:.0f} kHz inside, {seen / 1e3:.0f} kHz in 200 readings of the supply")
    assert seen == pytest.approx(true, abs=0.5 / 20e-6)
    drop = found.current.mean() * 8e3
    assert 0.9 < drop < 1.3


@pytest.mark.parametrize("limit", [0.3e-6, 0.1e-6])
def test_a_source_in_compliance_is_a_current_source(limit):
    circuit = load(drive_resistance=1e5)
    found = circuit.play(*steady(5.0, 200, 5e-4), limit=limit)
    known = load().circuits[0].play(limit, 0.1)
    assert found.limited.all()
    np.testing.assert_allclose(found.current, limit, rtol=1e-12)
    assert circuit.spikes == pytest.approx(known.spikes, rel=1e-3)
    assert found.voltage.max() < 1.2
    assert found.voltage.min() > 0.0
    largest, charge = circuit.overshoot
    print(f"limit {limit:g} A: device takes up to {largest * 1e6:.1f} uA out of the membrane, "
          f"{charge:.2e} C beyond the limit")  # fmt: skip
    assert largest > 10 * limit
    assert 0.35 < charge / circuit.spikes.size / 1e-9 < 0.6  # V the membrane falls at each


def test_a_limit_between_is_felt_while_it_is_reached():
    circuit = resistor("rc_neuron", 10e6)
    found = circuit.play(*steady(1.0, 100, 1e-4), limit=0.5e-6)
    assert found.limited.argmin() > 5
    assert not found.limited[found.limited.argmin() :].any()
    np.testing.assert_allclose(found.current[found.limited][:-1], 0.5e-6, rtol=1e-12)
    assert (found.voltage[found.limited] < 1.0).all()
    assert found.current.max() == pytest.approx(0.5e-6, rel=1e-12)


def test_the_device_itself_is_held_at_the_limit_where_the_source_is_on_it():
    circuit = resistor("one_transistor_neuron", 1e4, resistance=1e6, **MEMBRANE)
    found = circuit.play(*steady(1.0, 50, 1e-4), limit=0.4e-6, resistance=1e3)
    np.testing.assert_allclose(found.current, 0.4e-6, rtol=1e-9)
    assert found.limited.all()
    settled = 0.4e-6 * (1e6 + 1e4 + 1e3)
    assert found.voltage[-1] == pytest.approx(settled, rel=0.01)
    assert circuit.overshoot[0] == pytest.approx(0.4e-6, rel=1e-9)


@pytest.mark.parametrize(("name", "model", "circuit", "volts"), EACH)
def test_rest_is_one_thing_however_long_and_however_cut(name, model, circuit, volts):
    whole, cuts, played = (load(name, model, **circuit) for _ in range(3))
    for each in (whole, cuts, played):
        each.play(*steady(volts, 20, window(model)))
    whole.idle(3.2e7)
    for _ in range(4):
        cuts.idle(0.8e7)
    played.play(*steady(0.0, 1, 3.2e7), record=False)
    for first in (whole, cuts, played):
        assert all(abs(each.node.voltage) < 1e-9 for each in first.circuits)
    assert played.spikes.tolist() == whole.spikes.tolist()
    if model == "diffusive":
        assert whole.device.state["residue"] == pytest.approx(0.0, abs=1e-12)
        after = [each.play(*steady(volts, 20, window(model))).current for each in (whole, cuts)]
        assert after[0] == pytest.approx(after[1], rel=1e-6)


def test_a_short_rest_lets_the_membrane_discharge_and_the_filament_fade():
    circuit, device = load(drive_resistance=1e9), create("diffusive", seed=1, **QUIET)
    circuit.play(*steady(700.0, 1, 3e-4))
    charged = circuit.circuits[0].node.voltage
    circuit.idle(5e-3)
    tau = 1e-9 / (1.0 / 10e6 + 1e-9)
    assert circuit.circuits[0].node.voltage == pytest.approx(
        charged * math.exp(-5e-3 / tau), rel=0.01
    )
    assert device.state["filament"] == 0.0 < circuit.device.state["filament"]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_windows_and_passes_do_not_matter(monkeypatch, size):
    program = (np.array([1.2, 0.0, 0.6]), np.array([2e-3, 1e-4, 0.0]), np.array([0.0, 1e-5, 2e-5]))
    whole = load("cascade", seed=2).play_gated(program[0], np.full(3, 0.2), *program[1:], count=3)
    monkeypatch.setattr(pieces, "WINDOW", size)
    parts = load("cascade", seed=2).play_gated(program[0], np.full(3, 0.2), *program[1:], count=3)
    each = load("cascade", seed=2)
    passes = [each.play_gated(program[0], np.full(3, 0.2), *program[1:], start=start,
                              gate_start=gate)
              for start, gate in ((0.0, 0.0), (0.6, 0.2), (0.6, 0.2))]  # fmt: skip
    for k, column in enumerate(whole):
        np.testing.assert_allclose(column, parts[k], rtol=1e-12)
        np.testing.assert_allclose(column, np.concatenate([p[k] for p in passes]), rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(
    levels=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=6),
    times=st.lists(st.sampled_from([0.0, 1e-6, 3.3e-4, 1e3]), min_size=6, max_size=6),
    every=st.sampled_from([math.inf, 1e-2, 1e-5]),
    zero=st.booleans(),
)
def test_pieces_fill_the_program(levels, times, every, zero):
    levels = np.array(levels) * (0.0 if zero else 1.0)
    size = levels.size
    hold = np.array(times[:size]) if zero else np.minimum(times[:size], 1.0)
    ramp = np.minimum(times[::-1][:size], 1.0)
    found = cut(Segments(levels, -levels, hold, ramp), (0.5, 0.0), every)
    parts = np.diff(found.ends, prepend=0)
    spent = np.bincount(found.segment, parts * found.length, size)
    np.testing.assert_allclose(spent, hold + ramp, rtol=1e-9)
    read = np.bincount(found.segment, parts * found.length * found.read, size)
    stairs = (found.read == 0.0) & (np.diff(found.segment, prepend=-1) == 0)
    np.testing.assert_allclose(read, np.where(hold > 0.0, hold, ramp), rtol=1e-9)
    assert (np.diff(found.segment) >= 0).all()
    assert (found.length > 0.0).all()
    assert np.abs(np.diff(found.level, prepend=0.5)[stairs]).max(initial=0.0) <= 5e-3 + 1e-9
    if zero:
        assert parts[found.level == 0.0].sum() < 1e6


def test_a_ramp_is_read_as_its_mean_and_a_hold_without_its_ramp():
    found = resistor("relaxation_oscillator", 8e3).play(
        np.array([1.0, 1.0, 0.0]), np.array([0.0, 1e-6, 0.0]), np.array([1e-3, 0.0, 1e-3])
    )
    slow = np.array([0.5, 1.0, 0.5]) / 16e3
    np.testing.assert_allclose(found.current, slow, rtol=1e-3)
    steps = resistor("relaxation_oscillator", 8e3).play(np.array([1.0]), np.array([1e-6]),
                                                         np.array([1e-6]))  # fmt: skip
    assert steps.current[0] == pytest.approx(1.0 / 16e3, rel=1e-3)


def test_a_segment_that_takes_no_time_reads_nothing():
    found = load().play(np.array([1.0, 1.0]), np.array([0.0, 1e-6]), np.zeros(2))
    assert found.current[0] == 0.0 < found.current[1]


def test_a_row_of_neurons_is_driven_whatever_the_sampling():
    counts = []
    for sampling in (2e-6, 1e-5, 2e-5):
        circuit = load("cascade", neurons=3, sampling=sampling)
        read = circuit.play_gated(np.array([1.2]), np.array([0.5]), np.array([0.1]), np.zeros(1))
        counts.append([each.node.spike_count for each in circuit.circuits])
        assert circuit.spikes.size == counts[-1][-1]
    print(f"spikes of three neurons, told every 2, 10 and 20 us: {counts}; "
          f"mean drain current of the last {read.gate_current[0] * 1e6:.2f} uA")  # fmt: skip
    assert min(counts[0]) > 50
    for coarse in counts[1:]:
        assert coarse == pytest.approx(counts[0], rel=0.05)


def test_each_neuron_has_a_device_of_its_own_that_the_file_can_name_again():
    first = load("cascade", seed=5, device={"time_scale": 1e3}, neurons=3)
    note = first.metadata()
    maker = device_maker(note["model"], note["seed"], note["parameters"])
    again = make_circuit(note["circuit"]["name"], maker, note["circuit"]["parameters"])
    seeds = [node["seed"] for node in note["nodes"]]
    assert seeds[0] == note["seed"] == first.seed == 5
    assert len(set(seeds)) == 3
    assert seeds == [node["seed"] for node in again.metadata()["nodes"]]
    assert len({each.device.current(0.1) for each in first.circuits}) == 3
    program = steady(1.5, 20, 5e-3)
    assert first.play(*program).current.tolist() == again.play(*program).current.tolist()
    assert first.metadata()["nodes"][0]["spikes_so_far"] > 0


def test_without_a_seed_the_devices_still_belong_together():
    make = device_maker("diffusive")
    assert make(0).seed == make(0).seed
    assert make(1).seed == make(1).seed != make(0).seed


def test_spikes_are_kept_up_to_a_bound_and_counted_beyond(monkeypatch):
    monkeypatch.setattr(node, "MOST_SPIKES", 30)
    circuit, full = load(), load()
    for _ in range(10):
        circuit.play(*steady(1.0, 1, 1e-2), start=1.0)
    assert circuit.spikes.size == 30
    assert circuit.metadata()["nodes"][0]["spikes_so_far"] > 80
    monkeypatch.undo()
    for _ in range(10):
        full.play(*steady(1.0, 1, 1e-2), start=1.0)
    assert circuit.spikes.tolist() == full.spikes[:30].tolist()
    assert full.spikes.size == full.metadata()["nodes"][0]["spikes_so_far"]


def test_a_device_that_leaves_its_range_is_named_with_its_neuron():
    lone = load(device={**QUIET, "on_resistance": 20.0}, capacitance=1e-6, drive_resistance=1e3)
    lone.play(*steady(2.0, 1, 0.05), record=False)
    assert lone.warnings == ["diffusive: the current passed 10 mA, where the published model ends"]
    row = load("cascade", device={**QUIET, "on_resistance": 20.0}, capacitance=1e-6,
               drive_resistance=1e3, sense_resistance=1.0)  # fmt: skip
    row.play(*steady(2.0, 1, 0.05), record=False)
    assert row.warnings[0].startswith("neuron 1: diffusive: the current passed")
    assert load().warnings == []


def test_a_world_drives_a_neuron_and_reads_its_drain():
    circuit = load(**BEHIND)
    world = World(circuit, wiring=Wiring("direct", "smu", gate="smu.2"))
    for port in ("smu", "smu.2"):
        world.attach(port)
    world.sleep(1.0)
    seen = world.play("smu", *steady(1.0, 1000, 1e-4), gate=np.full(1000, 0.5), gate_port="smu.2")
    world.sleep(100.0)
    assert world.load is circuit
    assert circuit.spikes.size > 100
    assert circuit.spikes[0] > 1.0
    assert seen.gate_current.max() > 10 * np.median(seen.gate_current)
    assert world.metadata()["circuit"]["name"] == "rc_neuron"
    hits = np.flatnonzero(seen.gate_current > 0.2 * seen.gate_current.max())
    nearest = np.abs(seen.time[hits][:, None] - circuit.spikes[None, :]).min(axis=1)
    assert nearest.max() < 2e-4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load("rc_neurone"), "unknown circuit 'rc_neurone'; did you mean 'rc_neuron'"),
        (lambda: load("x"), "known: cascade, one_transistor_neuron, rc_neuron, relaxation"),
        (lambda: load(capacitanc=1e-9), "rc_neuron has no parameter 'capacitanc'; did you mean"),
        (lambda: make_circuit("rc_neuron", device_maker("resistor", 0), {"device": 1.0}),
         "rc_neuron has no parameter 'device'"),
        (lambda: load("one_transistor_neuron", resistance=1.0), "resistance must be a number from"),
        (lambda: load("cascade", neurons=2.5), "whole number, got 2.5"),
        (lambda: load("cascade", neurons=0), "neurons must be a number from 1 to 64"),
        (lambda: load("cascade", gain=0.0), "neuron 1 gives no current"),
        (lambda: load().play_gated(np.ones(2), np.ones(1), np.ones(2), np.ones(2)), "one length"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "around", [{"circuit": CircuitParameters(series_resistance=1.0)},
               {"ageing": AgeingParameters(acceleration=1.0)}],
)  # fmt: skip
def test_a_device_in_a_circuit_neither_ages_nor_has_another_around_it(around):
    def make(_number):
        device = create("gap_filament", seed=0)
        device.surround(**around)
        return device

    with pytest.raises(ValueError, match="neither ages nor has a circuit"):
        make_circuit("rc_neuron", make, {})
