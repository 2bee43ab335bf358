"""Golden figures of the device reference that belong to no model's own test, each printed."""

import math

import numpy as np
import pytest
from jart_vcm_device import nominal
from test_model_jart_vcm import solutions, trial

from sim_instruments.models import alloy, create
from sim_instruments.models.hea import Hea
from sim_instruments.models.iontronic_li import IontronicLi
from sim_instruments.models.nbo2 import Nbo2
from sim_instruments.models.pcm import Pcm

LI = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_forming": 0.0, "step_spread": 0.0,
      "read_noise": 0.0}  # fmt: skip


def test_one_vacancy_is_half_of_the_least_concentration():
    volume = math.pi * (45e-9) ** 2 * 0.4e-9
    device = nominal(0.008, jumps=True)
    while device.state["jump"] != 1.0:
        device.idle(10.0)
    more = np.geomspace(0.001, 0.01, 31)
    reads = [nominal(0.008 + n).current(0.1) for n in more]
    quantum = np.interp(device.current(0.1), reads, more) * 1e26
    print(f"disc {volume:.3g} m3; a vacancy more reads as {quantum:.3g} /m3 more (golden 3.9e23)")
    assert volume == pytest.approx(2.54e-24, rel=0.003)
    assert quantum == pytest.approx(3.9e23, rel=0.02)
    assert quantum / 0.008e26 == pytest.approx(0.5, rel=0.03)


def test_a_set_device_is_above_2000_kelvin_beyond_1_1_volt():
    """Half set it passes them at 1.1 V, fully set at 1.2 V; while it sets it is hotter by far."""
    found = {}
    for n in (4.0, 10.0, 20.0):
        volts = np.linspace(0.8, 1.3, 26)
        kelvin = [trial(-v, solutions(-v, n)[0], n)[3] for v in volts]
        found[n] = float(np.interp(2000.0, kelvin, volts))
    print("2000 K at", ", ".join(f"{v:.2f} V (N = {n:g}e26)" for n, v in found.items()))
    assert found[10.0] == pytest.approx(1.1, abs=0.03)
    assert found[4.0] < found[10.0] < found[20.0] < 1.21


def test_thermal_resistance_of_the_foundry_set():
    found = create("gap_filament").parameters.thermal_resistance
    print(f"tau_th/C_th = {found:.4g} K/W (golden 7.2e5)")
    assert found == pytest.approx(7.2e5, rel=0.01)


def test_forming_multiplies_the_time_constants_of_lithium_by_e_to_0_6_over_kt():
    kept = []
    for formed in (False, True):
        li = IontronicLi(seed=0, filling=0.5, fast_share=1.0, formed=formed, **LI)
        tau = 30e-3 * (1.2e10 if formed else 1.0)
        before = li.current(1e-3) - 0.1e-6 * 1e-3
        li.idle(tau)
        kept.append(-tau / math.log((li.current(1e-3) - 1e-10) / before))
    print(f"forming multiplies tau by {kept[1] / kept[0]:.3g} (golden 1.2e10)")
    assert kept[1] / kept[0] == pytest.approx(1.2e10, rel=0.02)


def test_ten_years_to_crystallise_at_359_kelvin():
    """t(T) = 100 s exp(2.3 eV/k (1/T - 1/450 K)); the temperature for ten years, by halving."""
    low, high = 340.0, 400.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        cell = Pcm(seed=0, conductance=25e-9, program_noise=0.0, drift=0.0, spread_heating=0.0)
        cell.idle(3.156e8, middle)
        low, high = (middle, high) if cell.state["amorphous"] > 0.0 else (low, middle)
    print(f"all crystalline after 10 years at {high:.1f} K (golden 359 K)")
    assert high == pytest.approx(359.0, abs=1.0)


@pytest.mark.parametrize(
    ("gain", "loss", "shift", "factor"),
    [("co", "ni", 0.010, 1.47), ("cu", "ni", -0.020, 2.17), ("x", "al", 0.030, 3.19)],
)
def test_one_per_cent_shifts_the_rate_by_the_golden_factors(gain, loss, shift, factor):
    """Sensitivities -2, -1, 0, 1, 2 eV: 1 % between neighbours, next ones, and three apart."""
    still = {"spread_composition": 0.0, "spread_off": 0.0, "disorder": 0.0, "cycle_energy": 0.0,
             "cycle_off": 0.0, "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip
    moved = []
    for parts in ({}, {gain: 0.21, loss: 0.19}):
        hea = Hea(seed=0, **still, **parts)
        hea.advance(0.7, 1e-6)
        moved.append(1.5e-9 - hea.state["gap_1"])
        if parts:
            fractions = np.array(list(hea.composition.values()))
            found = alloy.barrier_shift(fractions, 2.0)
    print(f"1 % {gain} for {loss}: {1e3 * found:+.0f} meV, rate x{moved[0] / moved[1]:.3f}")
    assert found == pytest.approx(shift, rel=1e-6)
    assert (moved[0] / moved[1]) ** math.copysign(1.0, shift) == pytest.approx(factor, rel=0.01)


def test_mixing_is_greatest_for_equal_parts():
    entropy = 8.314462 * math.log(5) * alloy.mixing(np.full(5, 0.2))
    print(f"S_mix {entropy:.2f} J/mol/K (golden 13.38)")
    assert entropy == pytest.approx(13.38, abs=0.01)


def test_the_heat_of_nbo2_relaxes_in_the_golden_time():
    switch = Nbo2(seed=0, fluctuation=0.0, spread_heat=0.0, spread_resistance=0.0)
    switch.advance(1.0, 1e-9)
    before = switch.state["temperature"] - 300.0
    switch.idle(0.12e-9)
    left = (switch.state["temperature"] - 300.0) / before
    print(f"tau_th = {0.12 / -math.log(left):.4f} ns (golden 0.12)")
    assert left == pytest.approx(math.exp(-1.0), rel=1e-3)
