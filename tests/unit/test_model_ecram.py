"""ecram: steps and energy of the published rows, linearity, retention, Butler-Volmer, a gate."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models.ecram import Ecram, _reaction

EXACT = {"spread_conductance": 0.0, "spread_capacity": 0.0, "step_spread": 0.0, "read_noise": 0.0}
FLAT = {"ocv_log": 0.0, "ocv_slope": 0.0, "retention_time": 1e12}
PULSES = {"li": (1.0, 1e-5), "proton": (8.0, 5e-9), "oxygen_vacancy": (4.0, 1e-3),
          "organic": (0.5, 1e-3)}  # fmt: skip
"""V and s of one pulse"""


def device(seed=0, **parameters):
    return Ecram(seed=seed, **{**EXACT, **parameters})


def train(cell, height, width, count):
    """Pulse the gate and read at 0.1 V, `count` times; return conductances and charges (C)."""
    played = cell.play_gated(np.array([0.0, 0.1]), np.array([height, 0.0]),
                             np.array([width, 1e-6]), np.zeros(2), count)  # fmt: skip
    return played.current[1::2] / 0.1, played.gate_current[0::2] * width


def up_and_down(preset, count, **parameters):
    """Return the filling (0 to 1 in conductance) after `count` pulses up, then down."""
    height, width = PULSES[preset]
    cell = device(preset=preset, filling=0.02, **parameters)
    q = cell.parameters
    up, _ = train(cell, height, width, count)
    down, _ = train(cell, -height, width, count)
    return (np.concatenate([up, down]) - q.lowest) / (q.highest - q.lowest)


def r_squared(values):
    n = np.arange(values.size)
    return float(np.corrcoef(n, values)[0, 1] ** 2)


@pytest.mark.parametrize(
    ("preset", "steps", "energy"),
    [("li", 1290, 0.78e-12), ("proton", 264, 0.15e-15), ("oxygen_vacancy", 5247, 0.15e-12),
     ("organic", 341, 15e-12)],
)  # fmt: skip
def test_steps_to_full_scale_and_energy_per_pulse(preset, steps, energy):
    height, width = PULSES[preset]
    cell = device(preset=preset, filling=0.0, **FLAT)
    levels, charge = train(cell, height, width, steps + 2)
    q = cell.parameters
    assert levels[-1] == pytest.approx(q.highest), "full scale is reached"
    assert levels[steps - 3] < q.highest * (1 - 1e-6), "and not before"
    found = (q.highest - q.lowest) / np.mean(np.diff(levels[: steps // 2]))
    print(f"\n{preset}: {found:.1f} steps, {height * charge[10]:.3g} J per pulse")
    assert found == pytest.approx(steps, abs=0.5)
    assert height * charge[10] == pytest.approx(energy, rel=0.035), "given with two digits"


@pytest.mark.parametrize(
    ("preset", "flavour", "least", "ups", "downs", "ends", "most"),
    [("li_tang", "li", 0.002, 0.1153, 0.5085, (-0.8276, 1.1724), 0.05),
     ("oxide_kim", "oxygen_vacancy", 2.8214e-4, 0.4152, 0.7342, (-0.8286, 1.1714), 0.08)],
)  # fmt: skip
def test_steps_follow_the_linear_step_rows_of_aihwkit(
    preset, flavour, least, ups, downs, ends, most
):
    """dw = dw_min (1 - gamma w/w_end), both directions, over the whole range."""
    height, width = PULSES[flavour]
    off = []
    for q in np.linspace(0.01, 0.99, 50):
        for sign, gamma, end in ((1, ups, ends[1]), (-1, downs, ends[0])):
            cell = device(preset=preset, filling=q)
            p = cell.parameters
            before = cell.state["conductance"]
            cell.pulse(sign * height, width)
            scale = (ends[1] - ends[0]) / (p.highest - p.lowest)
            w = ends[0] + scale * (before - p.lowest)
            dw = sign * scale * (cell.state["conductance"] - before)
            off.append(dw / least - (1.0 - gamma * w / end))
    print(f"\n{preset}: off by {np.max(np.abs(off)):.3f} of a step at most, "
          f"{np.sqrt(np.mean(np.square(off))):.3f} rms")  # fmt: skip
    assert np.max(np.abs(off)) < most


@pytest.mark.parametrize(("preset", "straight", "uneven"), [
    ("li", 0.999, 0.06), ("proton", 0.9999, 0.015), ("oxygen_vacancy", 0.9999, 0.015),
    ("organic", 0.998, 0.08),
])  # fmt: skip
def test_updates_are_linear_and_symmetric(preset, straight, uneven):
    steps = {"li": 1290, "proton": 264, "oxygen_vacancy": 5247, "organic": 341}[preset]
    count = round(0.9 * steps)
    both = up_and_down(preset, count)
    up, down = both[:count], both[count:]
    asymmetry = np.max(np.abs(up - down[::-1])) / (up[-1] - down[-1])
    print(f"\n{preset}: R2 up {r_squared(up):.5f} down {r_squared(down):.5f}, "
          f"asymmetry {asymmetry:.3f} of the range")  # fmt: skip
    assert min(r_squared(up), r_squared(down)) > straight
    assert asymmetry < uneven


def test_a_flat_cell_is_perfectly_linear():
    both = up_and_down("li", 1000, **FLAT)
    assert r_squared(both[:1000]) > 1 - 1e-9
    assert np.diff(both[:1000]) == pytest.approx(1 / 1290.2, rel=1e-3)


@pytest.mark.parametrize(("preset", "tau"), [
    ("li", 1e8), ("proton", 1e4), ("oxygen_vacancy", 1e8), ("organic", 1e3),
])  # fmt: skip
def test_an_open_cell_keeps_its_level_for_the_retention_time(preset, tau):
    cell = device(preset=preset, filling=0.9)
    hour = device(preset=preset, filling=0.9)
    hour.idle(3600.0)
    drift = 0.9 - hour.state["filling"]
    cell.idle(tau)
    left = (cell.state["filling"] - 0.5) / 0.4
    print(f"\n{preset}: {100 * drift / 0.4:.3g} % per hour, {left:.4f} left after {tau:g} s")
    assert left == pytest.approx(math.exp(-1.0), rel=1e-9)


def test_a_cell_without_selector_is_shorted_through_its_electrolyte():
    """(R_ion + kT/I_ex) Q_max/U' = 36 MOhm x 1 nC / 0.155 V at q = 1/2: 0.23 s."""
    cell = device(filling=0.52, selector=0.0)
    cell.idle(0.2)
    tau = 0.2 / math.log(0.02 / (cell.state["filling"] - 0.5))
    print(f"\nshorted Li cell: tau {tau:.3f} s; the table says 1e5 s")
    resistance = 10e6 + 0.025852 / 1e-9
    assert tau == pytest.approx(resistance * 1e-9 / (4 * 0.025852 + 0.05), rel=0.02)
    cell.idle(1e9)
    assert cell.state["filling"] == pytest.approx(0.5, abs=1e-5)


def test_retention_is_arrhenius():
    kept = []
    for kelvin in (300.0, 358.0):
        cell = device(filling=0.9)
        cell.idle(1e4, kelvin)
        kept.append(-1e4 / math.log((cell.state["filling"] - 0.5) / 0.4))
    slope = math.log(kept[0] / kept[1]) / (1 / 300 - 1 / 358) * 8.617333e-5
    assert slope == pytest.approx(0.55, rel=1e-3)


def test_heat_speeds_an_oxygen_vacancy_cell_up():
    """T exp(Ea/kT) falls by 5.4e4 from 300 K to 423 K; 7.7e4 is exp(Ea/kT) alone."""
    moves = []
    for kelvin in (300.0, 423.0):
        cell = device(preset="oxygen_vacancy", **FLAT)
        cell.pulse(4.0, 1e-7, temperature=kelvin)
        moves.append(cell.state["filling"] - 0.5)
    boltzmann = math.exp(1.0 / 8.617333e-5 * (1 / 300 - 1 / 423))
    print(f"\n300 K to 423 K: {moves[1] / moves[0]:.3g} times faster; exp(Ea/kT) {boltzmann:.3g}")
    assert boltzmann == pytest.approx(7.7e4, rel=0.01)
    assert moves[1] / moves[0] == pytest.approx(boltzmann * 300 / 423, rel=0.03)


@settings(max_examples=200, deadline=None)
@given(
    drive=st.floats(-20, 20),
    transfer=st.floats(0.1, 0.9),
    resistance=st.floats(0, 12).map(lambda k: 10.0**k),
    exchange=st.floats(-15, -4).map(lambda k: 10.0**k),
)
def test_the_gate_current_solves_butler_volmer(drive, transfer, resistance, exchange):
    cell = device(transfer=transfer, ion_resistance=resistance, exchange_current=exchange)
    current = _reaction(drive, cell._p)
    eta = drive - current * resistance
    kt = 8.617333e-5 * 300.0
    assert drive * current >= 0.0
    assert abs(current) * resistance <= abs(drive) * (1 + 1e-9)
    if abs(drive) > 1e-3:
        # eta is a difference of large numbers where the electrolyte takes nearly all.
        slack = (1e-9 + 1e-12 * abs(drive)) / kt
        law = [exchange * (math.exp(transfer * e) - math.exp((transfer - 1) * e))
               for e in (eta / kt - slack, eta / kt + slack)]  # fmt: skip
        assert min(law) <= current * (1 + 1e-9)
        assert max(law) >= current * (1 - 1e-9)


def test_a_linear_cell_relaxes_by_the_exact_exponential():
    """Straight U, ohmic reaction: tau = R_ion Q_max/U_1, and one segment is the sum of any cuts."""
    linear = {"ocv_log": 0.0, "ocv_slope": 0.5, "exchange_current": 1e-3, "selector": 0.05,
              "retention_time": 1e15}  # fmt: skip
    whole, parts = device(filling=0.3, **linear), device(filling=0.3, **linear)
    whole.pulse(0.1, 0.02)
    parts.pulse(0.1, 0.02 / 50, count=50)
    tau = (1e7 + 0.025852 / 1e-3) * 1e-9 / 0.5
    end = 0.5 + 0.1 / 0.5
    expected = end + (0.3 - end) * math.exp(-0.02 / tau)
    assert whole.state["filling"] == pytest.approx(expected, abs=1e-6)
    assert whole.state["filling"] == pytest.approx(parts.state["filling"], abs=1e-8)


@pytest.mark.parametrize("filling", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.98, 0.995, 0.9985, 0.99896])
def test_a_long_hold_ends_where_the_open_circuit_potential_is_the_gates(filling, share):
    """Near a full cell too, where the logarithm of the open-circuit potential ends."""
    law = 8.617333e-5 * 300.0 * math.log(share / (1.0 - share)) + 0.02 * (share - 0.5)
    for sign in (1.0, -1.0):
        cell = device(preset="organic", filling=filling, retention_time=1e15)
        cell.pulse(sign * law, 1e3)
        found = cell.state["filling"] if sign > 0.0 else 1.0 - cell.state["filling"]
        print(f"{sign * law:+.4f} V from {filling}: 1 - q is {1 - found:.6f} ({1 - share:.6f})")
        assert found == pytest.approx(share, abs=3e-5)


@settings(max_examples=60, deadline=None)
@given(
    preset=st.sampled_from(sorted(PULSES)),
    filling=st.floats(0, 1),
    height=st.floats(-1, 1),
    pulses=st.floats(0.1, 2000),
    cuts=st.integers(2, 40),
)
def test_a_gate_pulse_is_the_sum_of_its_parts(preset, filling, height, pulses, cuts):
    top, width = PULSES[preset]
    whole, parts = (device(preset=preset, filling=filling) for _ in range(2))
    whole.pulse(height * top, pulses * width)
    parts.pulse(height * top, pulses * width / cuts, count=cuts)
    assert whole.state["filling"] == pytest.approx(parts.state["filling"], abs=2e-4)
    assert 0.0 <= whole.state["filling"] <= 1.0


def test_one_long_rest_is_many_short_ones():
    once, many = (device(filling=0.8) for _ in range(2))
    once.idle(1e9)
    for _ in range(1000):
        many.idle(1e6)
    assert once.state["filling"] == pytest.approx(many.state["filling"], rel=1e-9)


def test_a_higher_voltage_fills_faster():
    ends = []
    for height in (0.3, 0.6, 1.0, 2.0):
        cell = device(filling=0.2)
        cell.pulse(height, 1e-4)
        ends.append(cell.state["filling"])
    assert np.all(np.diff(ends) > 0)


def test_the_gate_writes_and_the_drain_only_reads():
    cell = device(retention_time=1e15)
    before = cell.state["filling"]
    cell.play(np.array([1.0, -1.0]), np.full(2, 1.0), np.zeros(2), count=100)
    assert cell.state["filling"] == pytest.approx(before, abs=1e-10)
    cell.pulse(0.19, 1.0)
    assert cell.state["filling"] == pytest.approx(before, abs=1e-10), "below the selector"
    cell.pulse(0.5, 1e-5)
    assert cell.state["filling"] > before + 1e-4


def test_the_gate_charge_is_what_is_inserted():
    cell = device(filling=0.1, ocv_slope=0.3)
    played = cell.play_gated(np.full(3, 0.05), np.array([1.0, -0.8, 1.0]), np.full(3, 1e-3),
                             np.full(3, 1e-4), count=3)  # fmt: skip
    charge = float(np.sum(played.gate_current) * 1.1e-3)
    assert charge == pytest.approx((cell.state["filling"] - 0.1) * 1e-9, rel=1e-6)


def test_a_cell_too_far_driven_says_so():
    cell = device()
    cell.pulse(2.9, 1e-6)
    assert cell.warnings == []
    cell.pulse(-3.1, 1e-6)
    assert "3.1 V at the gate" in cell.warnings[0]


def test_devices_steps_and_readings_scatter_as_configured():
    made = [Ecram(seed=k, step_spread=0.0, read_noise=0.0) for k in range(1000)]
    assert np.std(np.log([d.current(0.1) for d in made])) == pytest.approx(0.05, rel=0.1)
    steps = []
    for cell in made:
        cell.pulse(1.0, 1e-5)
        steps.append(cell.state["filling"] - 0.5)
    assert np.std(np.log(steps)) == pytest.approx(0.1, rel=0.1)
    moves = []
    for seed in range(1000):
        cell = device(seed, step_spread=0.0095)
        cell.pulse(1.0, 1e-5)
        moves.append(cell.state["filling"] - 0.5)
    relative = np.std(moves) / np.mean(moves)
    print(f"\none step: {np.mean(moves):.3e} of the range, spread {relative:.3f} of it")
    assert relative == pytest.approx(0.0095 / math.sqrt(np.mean(moves)), rel=0.1)
    read = device(3, read_noise=0.01).play(np.array([0.1]), np.array([1e-6]), np.zeros(1), 3000)
    assert np.std(read.current) / np.mean(read.current) == pytest.approx(0.01, rel=0.07)
