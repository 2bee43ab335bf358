"""memtransistor: what the gate does to current and thresholds, exact pulses, load line."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models.memtransistor import Memtransistor

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_threshold": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip
GATES = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])


def device(seed=0, **parameters):
    return Memtransistor(seed=seed, **{**EXACT, **parameters})


def drain(cell, voltage, gate, duration, **circuit):
    one = np.ones(1)
    return cell.play_gated(voltage * one, gate * one, duration * one, np.zeros(1), **circuit)


def threshold(gate, sign):
    """Return the drain voltage from which on anything moves, by bisection."""
    low, high = 0.0, 5.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        cell = device(position=0.5)
        drain(cell, sign * middle, gate, 1e6)
        low, high = (middle, high) if cell.state["position"] == 0.5 else (low, middle)
    return sign * high


@pytest.mark.parametrize(("sign", "at_zero"), [(1, 1.5), (-1, -1.5)])
def test_the_gate_shifts_the_thresholds(sign, at_zero):
    found = np.array([threshold(gate, sign) for gate in GATES])
    slope, middle = np.polyfit(GATES, found, 1)
    name = "set" if sign > 0 else "reset"
    print(f"\n{name} thresholds at gate {GATES} V: {np.round(found, 3)} V, {slope:.4f} V/V")
    assert slope == pytest.approx(-0.05, rel=0.01)
    assert middle == pytest.approx(at_zero, rel=0.01)


def test_a_threshold_never_reaches_zero():
    assert threshold(100.0, 1) == pytest.approx(0.15, rel=0.01)
    assert threshold(-100.0, -1) == pytest.approx(-0.15, rel=0.01)


def test_the_gate_scales_the_current_by_a_decade_per_10_v():
    cell = device(position=0.5)
    read = [cell.current(0.1, gate) for gate in (*GATES, 60.0, -60.0)]
    decades = np.log10(np.array(read) / read[2])
    print(f"\nread current at gate {GATES} V: {np.round(decades[:5], 3)} decades")
    assert decades[:5] == pytest.approx(GATES / 10.0, abs=1e-9)
    assert decades[5:] == pytest.approx([4.0, -4.0]), "and no further than four decades"
    assert drain(cell, 0.1, 10.0, 1e-3).current[0] == pytest.approx(read[4], rel=1e-12)


def test_one_set_pulse_under_different_gates():
    found = []
    for gate in GATES:
        cell = device()
        drain(cell, 3.0, gate, 1e-3)
        found.append(cell.state["position"])
    print(f"\nx after 3 V 1 ms at gate {GATES} V: {np.round(found, 4)}")
    assert np.all(np.diff(found) > 0)
    assert found[2] == pytest.approx(-math.expm1(-0.03), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(voltage=st.floats(-6, 6), gate=st.floats(-40, 40), position=st.floats(0, 1),
       duration=st.floats(-7, 2).map(lambda k: 10.0**k), cuts=st.integers(2, 30))  # fmt: skip
def test_a_segment_is_the_sum_of_its_parts(voltage, gate, position, duration, cuts):
    whole, parts = device(position=position), device(position=position)
    drain(whole, voltage, gate, duration)
    drain(parts, voltage, gate, duration / cuts, count=cuts)
    assert whole.state["position"] == pytest.approx(parts.state["position"], abs=1e-12)


def test_without_a_gate_source_the_gate_is_at_zero():
    two, three = device(position=0.2), device(position=0.2)
    drain(three, 0.5, 20.0, 1e-3)
    program = (np.array([3.0, 0.1, -3.0, 0.1]), np.full(4, 1e-3), np.full(4, 1e-4))
    flat = two.play(*program, count=5)
    gated = three.play_gated(program[0], np.zeros(4), *program[1:], count=5)
    assert np.array_equal(flat.current, gated.current)
    assert np.array_equal(gated.gate_current, np.zeros(20))
    assert two.state == three.state
    assert two.state["position"] > 0.2


def test_gate_and_drain_ramp_together_in_fine_steps():
    coarse, fine = (device(position=0.2) for _ in range(2))
    coarse.play_gated(np.array([3.0]), np.array([10.0]), np.zeros(1), np.array([1e-2]))
    share = (np.arange(20_000) + 0.5) / 20_000
    fine.play_gated(3.0 * share, 10.0 * share, np.full(20_000, 5e-7), np.zeros(20_000))
    assert coarse.state["position"] > 0.2
    assert coarse.state["position"] == pytest.approx(fine.state["position"], rel=1e-4)


@pytest.mark.parametrize("circuit", [{"resistance": 1e6}, {"limit": 2e-6}])
def test_along_a_load_line_a_segment_is_the_sum_of_fine_ones(circuit):
    strong = {"set_rate": 1e3}
    whole, parts, free = (device(**strong) for _ in range(3))
    whole.play(np.array([4.0]), np.array([1e-3]), np.zeros(1), **circuit)
    parts.play(np.full(20_000, 4.0), np.full(20_000, 5e-8), np.zeros(20_000), **circuit)
    free.advance(4.0, 1e-3)
    assert whole.state["position"] == pytest.approx(parts.state["position"], rel=2e-3)
    assert whole.state["position"] < 0.9 * free.state["position"]


def test_a_higher_voltage_sets_faster():
    ends = []
    for height in (1.4, 2.0, 2.5, 3.0, 4.0):
        cell = device()
        cell.advance(height, 1e-3)
        ends.append(cell.state["position"])
    assert ends[0] == 0.0
    assert np.all(np.diff(ends) > 0)


def test_pulses_potentiate_and_depress():
    cell = device()
    program = (np.array([3.0, 0.1]), np.full(2, 1e-3), np.zeros(2))
    up = cell.play(*program, count=60).current[1::2]
    down = cell.play(-program[0] * [1, -1], *program[1:], count=60).current[1::2]
    print(f"\nread after 1, 60 set and 60 reset pulses: {up[0]:.3g} {up[-1]:.3g} {down[-1]:.3g} A")
    assert np.all(np.diff(up) > 0)
    assert np.all(np.diff(down) < 0)
    assert up[-1] > 10 * up[0]
    assert down[-1] < 0.5 * up[-1]


def test_nothing_moves_at_rest_or_under_the_gate_alone():
    cell = device(position=0.5)
    cell.idle(1e9)
    cell.pulse(40.0, 1.0)
    assert cell.state["position"] == 0.5


def test_the_gate_leaks_like_a_resistor():
    assert drain(device(), 0.0, 5.0, 1e-3).gate_current[0] == pytest.approx(5e-12)


def test_a_device_too_far_driven_says_so():
    cell = device()
    cell.advance(4.4, 1e-6)
    assert cell.warnings == []
    cell.advance(4.6, 1e-6)
    assert "3.1 times its threshold" in cell.warnings[0]


def test_devices_pulses_and_readings_scatter_as_configured():
    made = [Memtransistor(seed=k, step_spread=0.0, read_noise=0.0) for k in range(1000)]
    assert np.std(np.log([d.current(0.1) for d in made])) == pytest.approx(0.05, rel=0.1)
    assert np.std(np.log([d._p[7] for d in made])) == pytest.approx(0.03, rel=0.1)
    assert np.std(np.log([d._p[9] for d in made])) == pytest.approx(0.10, rel=0.1)
    moves = []
    for seed in range(1000):
        cell = device(seed, step_spread=0.02, position=0.2)
        cell.advance(3.0, 1e-3)
        moves.append(cell.state["position"] - 0.2)
    assert np.std(moves) == pytest.approx(0.02 * math.sqrt(np.mean(moves)), rel=0.1)
    read = device(3, read_noise=0.01).play(np.array([0.1]), np.array([1e-3]), np.zeros(1), 3000)
    assert np.std(read.current) / np.mean(read.current) == pytest.approx(0.01, rel=0.07)
