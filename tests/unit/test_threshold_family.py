"""What the models of the threshold family share: segments, rest, kinetics, configured spread."""

from functools import cache

import numpy as np
import pytest

from sim_instruments.models import create
from sim_instruments.models.parameters import bounds

#: model -> (state that moves, a setting pulse (V, s), a resetting one, a resistance that matters)
FAMILY = {
    "yakopcic": ("x", (0.5, 2e-4), (-0.5, 2e-4), 100.0),
    "vteam": ("w", (0.5, 5e-11), (-0.3, 1e-7), 100.0),
    "linear_drift": ("x", (1.0, 0.3), (-1.0, 0.02), 500.0),
    "data_driven": ("resistance", (1.2, 3e-6), (-1.5, 3e-5), 50.0),
    "stanford": ("gap", (1.6, 4e-8), (-1.5, 1e-6), 200.0),
    "stanford_width": ("gap", (1.5, 2e-8), (-1.2, 1e-6), 1e4),
    "analog_bilayer": ("x", (3.0, 0.02), (-2.0, 0.01), 1e3),
}
EXACT = {"yakopcic": 1e-9, "vteam": 1e-12, "data_driven": 1e-12}
"""models with an exact update at constant device voltage, and how exact two halves are"""
MODELS = sorted(FAMILY)


@cache
def quiet(model):
    """The class of a model, and parameters that take all spread and noise away."""
    kind = type(create(model))
    names = [n for n in bounds(kind.PARAMETERS) if n.startswith("spread_")]
    names += [n for n in bounds(kind.PARAMETERS) if n.endswith(("_spread", "_noise"))]
    return kind, dict.fromkeys(names, 0.0)


def exact(model, seed=0, **parameters):
    kind, silent = quiet(model)
    return kind(seed=seed, **{**silent, **parameters})


def set_device(model, **parameters):
    device = exact(model, **parameters)
    device.advance(*FAMILY[model][1])
    return device


def moving(device, model):
    return device.state[FAMILY[model][0]]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sign", [1, -1])
def test_two_halves_are_one_segment(model, sign):
    voltage, duration = FAMILY[model][1 if sign > 0 else 2]
    whole = exact(model) if sign > 0 else set_device(model)
    halves = exact(model) if sign > 0 else set_device(model)
    before = moving(whole, model)
    whole.advance(voltage, duration)
    halves.advance(voltage, duration / 2)
    halves.advance(voltage, duration / 2)
    travelled = abs(moving(whole, model) - before)
    assert travelled > 0.0
    apart = abs(moving(whole, model) - moving(halves, model))
    assert apart <= EXACT.get(model, 1e-3) * abs(moving(whole, model))
    assert apart <= 0.01 * travelled


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sign", [1, -1])
def test_fifty_pieces_behind_a_resistance_are_one_segment(model, sign):
    (voltage, duration), resistance = FAMILY[model][1 if sign > 0 else 2], FAMILY[model][3]
    ends = []
    for pieces in (1, 50):
        device = exact(model) if sign > 0 else set_device(model)
        before = moving(device, model)
        device.play(np.full(pieces, voltage), np.full(pieces, duration / pieces),
                    np.zeros(pieces), resistance=resistance)  # fmt: skip
        ends.append(moving(device, model))
    assert ends[0] != before
    assert ends[1] == pytest.approx(ends[0], rel=0.01, abs=0.01 * abs(ends[0] - before))


@pytest.mark.parametrize("model", MODELS)
def test_positive_sets_and_negative_resets(model):
    device = exact(model)
    read = 1e-3
    off = device.current(read)
    device.advance(*FAMILY[model][1])
    on = device.current(read)
    device.advance(*FAMILY[model][2])
    assert on > 1.02 * off
    assert device.current(read) < 0.99 * on


@pytest.mark.parametrize("model", MODELS)
def test_rest_is_closed_form(model):
    once, often = set_device(model), set_device(model)
    before = moving(once, model)
    once.idle(1e9)
    for _ in range(1000):
        often.idle(1e6)
    assert moving(once, model) == pytest.approx(moving(often, model), rel=1e-9)
    if model != "analog_bilayer":
        assert moving(once, model) == before


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sign", [1, -1])
def test_more_voltage_moves_faster(model, sign):
    voltage, duration = FAMILY[model][1 if sign > 0 else 2]
    moves = []
    for factor in (1.0, 1.05, 1.1, 1.2):
        device = exact(model) if sign > 0 else set_device(model)
        before = moving(device, model)
        device.advance(voltage * factor, duration / 100)
        moves.append(abs(moving(device, model) - before))
    assert moves == sorted(moves)
    assert moves[-1] > moves[0]


@pytest.mark.parametrize("model", MODELS)
def test_a_long_pulse_stays_within_bounds_and_costs_few_steps(model):
    device = exact(model)
    for voltage in (2.0, -2.0, 2.0):
        device.play(np.array([voltage]), np.array([1e6]), np.zeros(1), limit=1e-3)
        assert np.isfinite(list(device.state.values())).all()
        assert voltage * device.current(voltage) >= 0.0


@pytest.mark.parametrize("model", MODELS)
def test_spread_between_devices_is_what_is_set(model):
    found = np.log([
        exact(model, seed=seed, spread_conductance=0.1).current(1e-3) for seed in range(400)
    ])  # fmt: skip
    # 99.9 % of samples of 400 lie within 12 % of sigma.
    assert np.std(found) == pytest.approx(0.1, rel=0.12)
    assert abs(np.mean(found) - np.log(exact(model).current(1e-3))) < 0.1 / 20 * 3.3


@pytest.mark.parametrize("model", MODELS)
def test_spread_between_cycles_grows_with_the_root_of_the_stroke(model):
    sigma = 3e-7 if model.startswith("stanford") else 0.01
    voltage, duration = FAMILY[model][1]
    if model == "analog_bilayer":
        # At 3 V its own power feedback pulls strokes together.
        voltage, duration = 1.0, 4e4
    once = exact(model)
    before = moving(once, model)
    once.advance(voltage, duration / 200)
    stroke = abs(moving(once, model) - before)
    ends = []
    for seed in range(400):
        device = exact(model, seed=seed, step_spread=sigma)
        device.advance(voltage, duration / 200)
        ends.append(moving(device, model))
    whole = {"data_driven": 1400.0, "analog_bilayer": 0.184}.get(model, 1.0)
    expected = sigma * np.sqrt(stroke * whole)
    print(f"{model}: stroke {stroke:.3g}, spread {np.std(ends):.3g}, root law {expected:.3g}")
    assert np.std(ends) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("model", MODELS)
def test_read_noise_is_what_is_set(model):
    device = exact(model, read_noise=0.02)
    reads = device.play(np.array([1e-3]), np.array([1e-15]), np.zeros(1), count=4000).current
    assert np.std(reads) / np.mean(reads) == pytest.approx(0.02, rel=0.06)


@pytest.mark.parametrize("model", MODELS)
def test_a_limit_is_met_in_one_segment_as_in_many(model):
    voltage, duration = FAMILY[model][1]
    off = exact(model)
    limit = np.sqrt(abs(off.current(voltage) * set_device(model).current(voltage)))
    if model == "analog_bilayer":
        limit = 0.999 * off.current(voltage)  # its current falls while it sets
    ends = []
    for pieces in (1, 400):
        device = exact(model)
        device.play(np.full(pieces, voltage), np.full(pieces, duration / pieces),
                    np.zeros(pieces), limit=limit)  # fmt: skip
        ends.append(moving(device, model))
    free = moving(set_device(model), model)
    travelled = abs(ends[1] - moving(off, model))
    print(f"{model}: {ends[0]:.5g}, in 400 pieces {ends[1]:.5g}, without a limit {free:.5g}")
    assert travelled > 0.0
    assert abs(ends[0] - ends[1]) < 0.02 * travelled
