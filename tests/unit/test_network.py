"""What stands around a device, against its closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchctl import open_bench
from benchctl.stimulus import pulse, read
from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import NODE, CircuitParameters, drop
from sim_instruments.models.parameters import checked

QUIET = dict.fromkeys(
    ("read_noise", "step_spread", "spread_on", "spread_off", "spread_voltage", "cycle_on",
     "cycle_off", "cycle_voltage"), 0.0)  # fmt: skip


def inside(model="resistor", seed=1, *, circuit, **parameters):
    device = create(model, seed=seed, **parameters)
    device.surround(CircuitParameters(**circuit))
    return device


def one(device, volts, seconds, ramp=0.0, **options):
    return device.play(np.array([volts]), np.array([seconds]), np.array([ramp]), **options)


RC = {"series_resistance": 1e3, "capacitance": 1e-9}


@pytest.mark.parametrize("taus", [0.01, 0.3, 1.0, 3.0, 30.0])
def test_it_charges_through_the_resistance(taus):
    device = inside(circuit=RC, resistance=4e3)
    tau, end = 1e-9 * 800.0, 0.8  # 1 kOhm and 4 kOhm in parallel; their divider
    played = one(device, 1.0, taus * tau)
    v = end * (1 - math.exp(-taus))
    assert device._c[NODE] == pytest.approx(v, rel=1e-9)
    assert played.current[0] == pytest.approx((1.0 - v) / 1e3, rel=1e-9)


def test_it_discharges_when_the_source_is_at_zero_or_off():
    for device in (inside(circuit=RC, resistance=4e3), inside(circuit=RC, resistance=4e3)):
        one(device, 1.0, 1e-3)
        if device._c[NODE] > 0:
            device.idle(0.8e-6)
        assert device._c[NODE] == pytest.approx(0.8 / math.e, rel=1e-9)
        device.idle(1.0)
        assert device._c[NODE] == 0.0


def test_a_source_in_compliance_charges_it_at_a_constant_rate():
    device = inside(circuit={"capacitance": 1e-9}, resistance=1e12)
    played = one(device, 1.0, 0.5e-6, limit=1e-3)
    assert device._c[NODE] == pytest.approx(0.5, rel=1e-6)
    assert played.limited[0]
    assert played.current[0] == 1e-3
    played = one(device, 1.0, 0.6e-6, limit=1e-3)
    assert device._c[NODE] == 1.0
    assert not played.limited[0]
    assert played.current[0] == pytest.approx(1e-12, rel=1e-6, abs=0.0)
    assert device.overshoot[1] == 0.0


@pytest.mark.parametrize("series", [0.1, 3.0, 130.0, 1e4])
def test_a_source_that_limits_charges_it_to_where_it_belongs_and_stays_there(series):
    # A little resistance, and the node was driven past the source and back, and so for ever.
    device = inside(circuit={"capacitance": 1e-9}, resistance=1e5)
    for level in (0.2618, -0.4037, 0.1012):
        played = one(device, level, 1e-3, limit=8e-6, resistance=series)
        assert not played.limited[0]
        assert played.current[0] == pytest.approx(level / (1e5 + series), rel=1e-6)
        assert device._c[NODE] == pytest.approx(level * 1e5 / (1e5 + series), rel=1e-6)
    assert device.overshoot[1] == 0.0


@pytest.mark.parametrize("taus", [0.2, 1.0, 20.0])
def test_it_discharges_through_the_device_beyond_a_lower_limit(taus):
    device = inside(circuit={"capacitance": 1e-9}, resistance=10e3)
    one(device, 1.0, 1e-3)
    played = one(device, 1.0, taus * 10e-6, limit=20e-6)
    left = math.exp(-taus)
    assert device._c[NODE] == pytest.approx(0.2 + 0.8 * left, rel=1e-7)
    assert (played.current[0], played.limited[0]) == (20e-6, True)
    peak, charge = device.overshoot
    assert peak == pytest.approx(100e-6, rel=1e-9)
    assert charge == pytest.approx(0.8e-9 * (1 - left), rel=1e-3, abs=0.0)


@pytest.mark.parametrize(("capacitance", "least"), [(1e-13, 1.1), (1e-11, 5.0), (1e-9, 5.0)])
def test_a_device_that_sets_under_compliance_empties_it(capacitance, least):
    limit, level = 100e-6, 1.55
    bare, charged = create("gap_filament", seed=1, **QUIET), inside(
        "gap_filament", circuit={"capacitance": capacitance}, **QUIET
    )  # fmt: skip
    for device in (bare, charged):
        # Slow enough to be charged before it sets.
        played = one(device, level, 10.0, ramp=1.0, limit=limit)
        assert played.limited[0]
        assert played.current[0] == limit
    peak, charge = charged.overshoot
    expected = capacitance * (level - charged._c[NODE])
    print(f"{capacitance:g} F: peak {peak * 1e6:.0f} uA of {limit * 1e6:.0f}, "
          f"charge {charge:.3g} C (C dV {expected:.3g})")  # fmt: skip
    assert bare.overshoot == (0.0, 0.0)
    assert peak > least * limit
    assert charge == pytest.approx(expected, rel=0.01, abs=0.0)


def test_more_capacitance_makes_a_stronger_filament():
    on = []
    for capacitance in (0.0, 1e-13, 1e-12, 1e-10):
        device = inside("gap_filament", circuit={"capacitance": capacitance}, **QUIET)
        one(device, 2.2, 1e-6, ramp=1e-3, limit=20e-6)
        on.append(device.current(0.1) / 0.1)
    print("on conductance in uS:", [round(g * 1e6, 1) for g in on])
    assert np.all(np.diff(on) > -0.02 * on[-1])  # the thickest is reached
    assert min(on[2:]) > 5 * on[0]


def test_a_hold_is_one_however_it_is_cut():
    whole, cut = (inside("gap_filament", circuit=RC, **QUIET) for _ in range(2))
    one(whole, 2.2, 40e-6, limit=2e-4)
    cut.play(np.full(40, 2.2), np.full(40, 1e-6), np.zeros(40), limit=2e-4)
    assert cut.state["thickness"] == pytest.approx(whole.state["thickness"], rel=1e-3)
    assert cut._c[NODE] == pytest.approx(whole._c[NODE], rel=5e-3)


def test_a_capacitance_too_small_to_matter_does_not_matter():
    program = (np.array([1.8, 0.1, -1.6, 0.1]), np.full(4, 1e-3), np.full(4, 1e-4))
    bare, charged = create("gap_filament", seed=1, **QUIET), inside(
        "gap_filament", circuit={"capacitance": 1e-18}, **QUIET
    )  # fmt: skip
    a, b = (d.play(*program, count=3, resistance=2e3).current for d in (bare, charged))
    assert b == pytest.approx(a, rel=0.02)


def test_a_bare_device_is_the_same_bits_and_a_resistance_adds_to_the_sources():
    program = (np.array([1.8, 0.1, -1.6, 0.1]), np.full(4, 1e-3), np.zeros(4))
    plain, surrounded = create("gap_filament", seed=1), inside("gap_filament", circuit={})
    behind = inside("gap_filament", circuit={"series_resistance": 500.0})
    assert (plain.play(*program, resistance=2e3).current.tobytes()
            == surrounded.play(*program, resistance=2e3).current.tobytes())  # fmt: skip
    fresh = create("gap_filament", seed=1).play(*program, resistance=2e3).current
    assert behind.play(*program, resistance=1.5e3).current.tobytes() == fresh.tobytes()
    assert "circuit" not in plain.metadata()
    assert behind.metadata()["circuit"]["series_resistance"] == 500.0


MOS = {"transistor": True, "gate": 1.5, "threshold": 0.5, "transconductance": 2e-4,
       "modulation": 0.02, "reset_gate": 2.5}  # fmt: skip


@pytest.mark.parametrize(("sign", "overdrive"), [(1, 1.0), (-1, 2.0)])
def test_the_transistor_saturates_and_is_a_resistor_at_low_voltage(sign, overdrive):
    short = inside(circuit=MOS, resistance=1e-3)
    most = 0.5 * 2e-4 * overdrive**2
    current = one(short, sign * 3.0, 1e-6).current[0]
    print(f"saturation at {current * 1e6:.1f} uA (k W^2/2 = {most * 1e6:.0f} uA)")
    assert current == pytest.approx(sign * most * (1 + 0.02 * (3.0 - overdrive)), rel=1e-3)
    low = one(short, sign * 1e-3, 1e-6).current[0]
    assert low == pytest.approx(sign * 1e-3 * 2e-4 * (overdrive - 0.5e-3), rel=1e-6)


def test_the_transistor_follows_its_square_law():
    c = CircuitParameters(**MOS).packed()
    for v in np.linspace(0.01, 0.98, 20):
        i = 2e-4 * (v - v * v / 2)
        assert drop(i, c)[0] == pytest.approx(v, rel=1e-6)
        assert drop(-i, c)[0] < 0.0
    steps = [drop(i, c) for i in np.linspace(0, 1.2e-4, 2000)]
    volts, slopes = np.array(steps).T
    assert np.all(np.diff(volts) > 0)
    # The slope is that of the voltage.
    assert np.diff(volts)[5:1500] / (1.2e-4 / 1999) == pytest.approx(
        0.5 * (slopes[6:1501] + slopes[5:1500]), rel=0.01
    )


@settings(max_examples=150, deadline=None)
@given(
    level=st.floats(-3, 3),
    resistance=st.sampled_from([0.0, 1e3, 1e6]),
    limit=st.sampled_from([1e-6, 1e-4, np.inf]),
    thickness=st.floats(3.3e-9, 4.9e-9),
    gate=st.floats(0.0, 3.0),
)
def test_kirchhoff_holds_behind_the_transistor(level, resistance, limit, thickness, gate):
    device = inside("gap_filament", circuit=MOS | {"gate": gate}, thickness=thickness, **QUIET)
    played = one(device, level, 0.0, resistance=resistance, limit=limit)
    volts, current, limited = played.voltage[0], played.current[0], played.limited[0]
    assert abs(current) <= limit
    assert limited or volts == level
    lost = drop(current, device._c)[0] + current * resistance
    across = volts - lost
    assert device.current(across - 1e-7) <= current <= device.current(across + 1e-7)


def test_the_gate_sets_the_on_state_without_any_compliance():
    on = []
    for gate in (0.8, 1.0, 1.2, 1.5, 2.0):
        device = inside("gap_filament", circuit=MOS | {"gate": gate}, **QUIET)
        one(device, 2.5, 1e-3)
        on.append(device.current(0.1) / 0.1)
    print("on conductance in uS:", [round(g * 1e6, 1) for g in on])
    assert np.all(np.diff(on) > 0)


def test_the_transistor_holds_the_discharge_back():
    """The capacitance of the line is no danger to the cell behind it: that is what it is for."""
    circuit = {"capacitance": 1e-10}
    alone, behind = (inside("gap_filament", circuit=circuit | extra, **QUIET)
                     for extra in ({}, MOS | {"gate": 1.2}))  # fmt: skip
    for device in (alone, behind):
        one(device, 2.2, 1e-2, ramp=1e-2, limit=100e-6)
    saturated = 0.5 * 2e-4 * 0.7**2
    print(f"peak {alone.overshoot[0] * 1e6:.0f} uA alone, {behind.overshoot[0] * 1e6:.0f} uA "
          f"behind a transistor of {saturated * 1e6:.0f} uA")  # fmt: skip
    assert alone.overshoot[0] > 5 * saturated
    assert behind.overshoot[0] < 1.1 * saturated


def test_everything_at_once_repeats_with_its_seed():
    program = (np.array([2.5, 0.1, -2.0, 0.1]), np.array([1e-6, 1e-3, 1e-6, 1e-3]), np.zeros(4))

    def played():
        device = create("gap_filament", seed=3)
        device.surround(CircuitParameters(**MOS, **RC), AgeingParameters(acceleration=1e6))
        current = device.play(*program, count=20, limit=1e-3).current
        return current.tobytes(), device.wear["damage"], device.overshoot

    assert played() == played()
    assert played()[1] > 0.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"capacity": 1e-12}, "circuit has no parameter 'capacity'; did you mean 'capacitance'"),
        ({"capacitance": -1.0}, "capacitance must be a number from 0 F to 0.001 F, got -1"),
        ({"transistor": 1}, "transistor must be true or false"),
    ],
)
def test_what_cannot_be_built_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        checked(CircuitParameters, "circuit", given)


BENCH = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
[dut]
limits = { voltage = ["-3.5 V", "3.5 V"], current = "2 mA" }
[simulation.circuit]
"""


@pytest.mark.parametrize("lines", ['capacitance = "100 pF"', 'transistor = true\ngate = "0.9 V"'])
def test_a_bench_file_builds_it(tmp_path, lines):
    path = tmp_path / "bench.toml"
    path.write_text(BENCH + lines, encoding="utf-8")
    with open_bench(path, simulate=True, seed=1) as bench:
        bench.dut.play(pulse(2.2, 2e-3) + read(0.1), compliance=1e-4)
        peak, charge = bench.world.overshoot
        if "capacitance" in lines:
            assert peak > 3e-4
            assert charge > 1e-11
        assert bench.snapshot()["device"]["circuit"]["transistor"] == ("transistor" in lines)
