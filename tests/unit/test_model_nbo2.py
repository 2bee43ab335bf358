"""nbo2: threshold, hold and the S between them; heat that fluctuates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim_instruments.models.nbo2 import Nbo2

QUIET = {"fluctuation": 0.0, "spread_resistance": 0.0, "spread_heat": 0.0, "read_noise": 0.0}


def device(seed=0, **parameters):
    return Nbo2(seed=seed, **{**QUIET, **parameters})


def swept(found, currents):
    """Return the voltages of a current sweep: a source always in compliance."""
    one = (np.array([6.0]), np.array([1e-6]), np.zeros(1))
    return np.array([float(found.play(*one, limit=i).voltage[0]) for i in currents])


def test_no_bias_resistance():
    found = device().current(1e-5) / 1e-5
    print(f"{1e-6 / found:.3f} MOhm at no bias (golden 0.6)")
    assert 1 / found == pytest.approx(0.6e6, rel=0.05)


@pytest.mark.parametrize(
    ("contact", "threshold", "current", "kelvin"),
    [(0.0, 1.020, 62.8e-6, 377.0), (200.0, 1.033, None, None), (400.0, 1.05, 72e-6, 388.0)],
)
def test_threshold(contact, threshold, current, kelvin):
    temperature = np.linspace(301.0, 600.0, 30_000)
    voltage, amperes = device(contact_resistance=contact).branch(temperature)
    k = int(np.argmax(np.diff(voltage) < 0))
    print(f"R_s {contact:g} Ohm: {voltage[k]:.4f} V at {amperes[k] * 1e6:.1f} uA, "
          f"{temperature[k]:.1f} K")  # fmt: skip
    assert voltage[k] == pytest.approx(threshold, rel=0.005)
    if current:
        assert amperes[k] == pytest.approx(current, rel=0.01)
        assert temperature[k] == pytest.approx(kelvin, abs=1.0)


@pytest.mark.parametrize(("contact", "expected"), [(200.0, 0.864), (400.0, 0.96)])
def test_hold(contact, expected):
    temperature = np.linspace(400.0, 1000.0, 60_000)
    voltage, amperes = device(contact_resistance=contact).branch(temperature)
    k = int(np.argmin(voltage))
    print(f"R_s {contact:g} Ohm: hold {voltage[k]:.4f} V at {amperes[k] * 1e3:.3f} mA")
    assert voltage[k] == pytest.approx(expected, rel=0.005)
    if contact == 400.0:
        assert amperes[k] == pytest.approx(0.39e-3, rel=0.01)
        assert temperature[k] == pytest.approx(675.0, abs=2.0)


def test_a_current_sweep_follows_the_s():
    found = device()
    currents = np.geomspace(5e-6, 1e-3, 60)
    voltage = swept(found, currents)
    peak = int(np.argmax(voltage[:40]))
    valley = peak + int(np.argmin(voltage[peak:]))
    print(f"S: up to {voltage[peak]:.3f} V at {currents[peak] * 1e6:.0f} uA, down to "
          f"{voltage[valley]:.3f} V at {currents[valley] * 1e6:.0f} uA, then up again")  # fmt: skip
    assert voltage[peak] == pytest.approx(1.047, rel=0.002)
    assert voltage[valley] == pytest.approx(0.962, rel=0.002)
    assert voltage[-1] > voltage[valley] + 0.01
    # Below the Mott transition one current has one voltage, whichever way the sweep goes.
    below = currents < 8e-4
    temperature = np.linspace(300.5, 1000.0, 50_000)
    static, amperes = device().branch(temperature)
    assert voltage[below] == pytest.approx(np.interp(currents[below], amperes, static), rel=1e-4)
    back = swept(found, currents[::-1])[::-1]
    assert back[below] == pytest.approx(voltage[below], rel=1e-4)


def test_a_voltage_sweep_jumps_at_both_ends_of_the_s():
    found = device()
    up = np.linspace(0.8, 1.2, 401)
    one = (np.full(401, 1e-6), np.zeros(401))
    rising = found.play(up, *one).current
    falling = found.play(up[::-1].copy(), *one, start=1.2).current
    on = up[np.argmax(rising > 1.5e-4)]
    off = up[::-1][np.argmax(falling < 1.5e-4)]
    print(f"jumps at {on:.3f} V up and {off:.3f} V down")
    assert on == pytest.approx(1.048, abs=0.002)
    assert off == pytest.approx(0.961, abs=0.002)


def test_both_polarities_are_alike():
    plus, minus = device(), device()
    plus.advance(0.9, 1e-9)
    minus.advance(-0.9, 1e-9)
    assert plus.current(0.9) == -minus.current(-0.9)
    assert plus.state == minus.state


@pytest.mark.parametrize("voltage", [0.9, 1.1])
def test_sub_steps_do_not_matter(voltage):
    once, pieces = device(), device()
    for found, count in ((once, 1), (pieces, 2000)):
        found.play(np.full(count, voltage), np.full(count, 0.4e-9 / count), np.zeros(count),
                   record=False)  # fmt: skip
    assert once.state["temperature"] == pytest.approx(pieces.state["temperature"], rel=0.003)


@settings(max_examples=40, deadline=None)
@given(voltage=st.floats(-1.0, 1.0), duration=st.floats(1e-11, 1e-8))
def test_a_segment_is_the_sum_of_its_halves(voltage, duration):
    whole, halves = device(), device()
    whole.advance(voltage, duration)
    halves.advance(voltage, duration / 2)
    halves.advance(voltage, duration / 2)
    rise = whole.state["temperature"] - 300.0
    assert halves.state["temperature"] - 300.0 == pytest.approx(rise, rel=0.01, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(low=st.floats(0.1, 1.0), more=st.floats(0.01, 0.3))
def test_more_voltage_heats_more(low, more):
    cooler, hotter = device(), device()
    cooler.advance(low, 1e-10)
    hotter.advance(low + more, 1e-10)
    assert hotter.state["temperature"] > cooler.state["temperature"]


def test_rest_cools_in_closed_form_and_keeps_nothing():
    once, many = device(), device()
    for found in (once, many):
        found.advance(1.0, 1e-8)
    once.idle(1e-10)
    for _ in range(100):
        many.idle(1e-12)
    assert once.state["temperature"] == pytest.approx(many.state["temperature"], rel=1e-12)
    once.idle(1e9)
    assert once.state["temperature"] == 300.0


def test_temperature_fluctuates_as_thermodynamics_says():
    found = device(fluctuation=1.0)
    kelvin = []
    for _ in range(3000):
        found.idle(2e-9, 388.0)
        kelvin.append(found.state["temperature"])
    print(f"sigma_T {np.std(kelvin):.4f} K at rest, 388 K (golden 0.14 K)")
    assert np.std(kelvin) == pytest.approx(0.144, rel=0.05)
    one = (np.array([1e-3]), np.array([2e-9]), np.zeros(1))
    biased = [found.play(*one, temperature=388.0) and found.state["temperature"]
              for _ in range(3000)]  # fmt: skip
    assert np.std(biased) == pytest.approx(0.144, rel=0.05)


def test_a_balance_that_does_not_hold_is_left_in_steps():
    """On the middle branch fluctuation grows and decides where it goes, however long the hold."""
    level = brentq(lambda t: float(device().branch(np.array([t]))[0][0]) - 1.0, 400.0, 600.0)
    ends = []
    for parts in (1, 2000):
        found = []
        for seed in range(100):
            free = device(seed=seed + parts, fluctuation=1.0)
            free._x[0] = level
            free.play(np.full(parts, 1.0), np.full(parts, 8e-9 / parts), np.zeros(parts))
            found.append(free.state["temperature"])
        ends.append(found)
    down, up = (np.count_nonzero(np.array(found) < level) for found in ends)
    print(f"from {level:.1f} K at 1 V: {down} and {up} of 100 cool, the hottest is "
          f"{np.max(ends):.0f} K")  # fmt: skip
    assert np.max(ends[0]) == pytest.approx(np.max(ends[1]), abs=20.0)
    assert np.min(ends[0]) == pytest.approx(np.min(ends[1]), abs=20.0)
    assert down == pytest.approx(up, abs=25)


def test_devices_differ_as_configured():
    logs = [np.log(Nbo2(seed=k, **{**QUIET, "spread_resistance": 0.1}).current(0.01))
            for k in range(500)]  # fmt: skip
    assert np.std(logs) == pytest.approx(0.1, rel=0.12)


def test_melting_is_said():
    found = device()
    found.advance(1.0, 1e-6)
    assert found.warnings == []
    found.advance(4.0, 1e-6)
    assert "melts at 1785 K" in found.warnings[0]
