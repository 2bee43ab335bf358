"""Every spread between devices comes back as configured, whatever model names it."""

import numpy as np
import pytest
from model_strokes import MODELS, parameters_of, quiet
from scipy.stats import chi2

from sim_instruments.models.gap_filament import EASE
from sim_instruments.models.hea import BARRIER, M
from sim_instruments.models.parameters import bounds

DEVICES = 300
OWN = {
    ("fefet", "spread_offset"), ("fefet", "spread_activation"), ("ftj", "spread_offset"),
    ("ftj", "spread_activation"), ("gap_filament", "spread_off"), ("hea", "spread_composition"),
    ("hea", "spread_off"), ("jart_vcm", "spread_radius"), ("jart_vcm", "spread_length"),
    ("jart_vcm", "spread_lowest"), ("jart_vcm", "spread_highest"), ("quantum_dot", "spread"),
    ("quantum_dot", "spread_on"), ("quantum_dot", "spread_off"), ("quantum_dot", "spread_loss"),
    ("step_synapse", "spread_nonlinearity"),
}  # fmt: skip
"""cut, mixed with others or within a device: below, or in the model's own test"""
ALONE = [m for m in MODELS if m not in ("resistor", "pcm", "ftj")]
"""whose reading has one relative noise and nothing else; the others have their own tests"""
SPREADS = [(model, name) for model in MODELS for name in bounds(parameters_of(model))
           if name.startswith("spread") and (model, name) not in OWN]  # fmt: skip


def fits(samples, sigma, chance=1e-6):
    """Return whether the samples' deviation fits `sigma`, for all but one in a million samples."""
    freedom = len(samples) - 1
    low, high = chi2.ppf([chance / 2, 1 - chance / 2], freedom)
    return bool(low < np.var(samples, ddof=1) * freedom / sigma**2 < high)


def numbers(model, seed, **parameters):
    """Return what a quiet device is packed into, without its domains."""
    return quiet((model, ()), seed=seed, **parameters)._p[:100]


@pytest.mark.parametrize(("model", "name"), SPREADS, ids=[f"{m}-{n}" for m, n in SPREADS])
def test_devices_differ_by_the_spread_that_is_set_and_by_nothing_else(model, name):
    """The numbers a device is packed into scatter by sigma, in ln or in their unit, or not."""
    sigma = 0.02
    packed = np.array([numbers(model, s, **{name: sigma}) for s in range(DEVICES)])
    same = numbers(model, 0) == numbers(model, 1)
    found = []
    for column in packed[:, same].T:
        if np.ptp(column) == 0.0:
            continue
        logs = np.log(np.abs(column))
        found.append((fits(logs, sigma) or fits(column, sigma), float(np.std(logs))))
    print(f"{model} {name} = {sigma}: sigma of ln {[round(s, 4) for _, s in found]}")
    assert any(good for good, _ in found)


def test_domains_of_one_film_differ_in_offset_as_configured():
    for model in ("fefet", "ftj"):
        device = quiet((model, ()), spread_offset=3e7)
        offsets = device._p[-1000:] * 1e8
        print(f"{model}: offset fields scatter by {np.std(offsets):.3g} V/m (set 3e7)")
        assert fits(offsets, 3e7)


def test_films_differ_in_activation_as_configured():
    sharp = {"activation_shape": 100.0, "activation_low": 20.0, "activation_high": 20.0}
    for model, alike in (("ftj", sharp), ("fefet", {"activation_spread": 0.0})):
        films = [quiet((model, ()), seed=s, spread_activation=0.02, **alike)
                 for s in range(DEVICES)]  # fmt: skip
        found = [float(np.mean(np.log(film._p[-2000:-1000]))) for film in films]
        print(f"{model}: ln of the activation {np.std(found):.4f} between films (set 0.02)")
        assert fits(found, 0.02)


def test_the_highest_concentration_of_jart_differs_as_configured():
    found = []
    for seed in range(DEVICES):
        device = quiet(("jart_vcm", ()), seed=seed, variable=True, spread_highest=0.02)
        device.advance(1.2, 1e-3)
        found.append(device.state["vacancies"] / 20e26)
    print(f"jart_vcm N_max: {np.mean(found):.4f} +- {np.std(found):.4f} (set 0.02)")
    assert fits(found, 0.02)


def test_half_cycles_differ_as_configured_where_no_other_test_looks():
    filament = quiet(("gap_filament", ()), cycle_voltage=0.02)
    alloyed = quiet(("hea", ()), cycle_energy=0.004, disorder=0.0)
    walker = quiet(("jart_vcm", ()), variable=True, cycle_length=0.001)
    ease, barriers, lengths = [], [], []
    for _ in range(DEVICES):
        for volts in (1.2, -2.0):
            walker.advance(volts, 1e-6)
            filament.advance(volts, 1e-6)
            alloyed.advance(0.2 * volts, 1e-9)
            ease.append(float(np.log(filament._x[EASE])))
            barriers.extend(alloyed._x[BARRIER : BARRIER + M].tolist())
        lengths.append(walker.state["length"] / 0.4e-9)
    steps = np.diff(lengths)
    print(f"gap_filament ln(ease) {np.std(ease):.4f} (0.02), hea barriers {np.std(barriers):.5f} eV"
          f" (0.004), jart_vcm length {np.std(steps):.5f} a cycle (0.001 sqrt 2)")  # fmt: skip
    assert fits(ease, 0.02)
    assert fits(barriers, 0.004)
    assert fits(steps, 0.001 * np.sqrt(2.0))


@pytest.mark.parametrize("model", ALONE)
def test_readings_scatter_as_configured(model):
    device = quiet((model, ()), read_noise=0.01)
    read = device.play(np.array([0.05]), np.array([1e-15]), np.zeros(1), count=3000).current
    print(f"{model}: readings scatter by {np.std(read) / np.mean(read):.4f} (set 0.01)")
    assert fits(read / np.mean(read), 0.01)
