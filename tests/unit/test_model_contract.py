"""What every device model owes: seeds, passivity, rest, refusals, honesty."""

import hashlib
import subprocess
import sys
from importlib.metadata import entry_points

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models import GROUP, create
from sim_instruments.models.parameters import Choice, bounds

MODELS = sorted(point.name for point in entry_points(group=GROUP))
ALIVE = [name for name in MODELS if name != "resistor"]
"""models with something to spread"""
CYCLE = (np.array([1.9, 0.1, -1.7, 0.1]), np.full(4, 1e-3), np.full(4, 1e-5))

SCRIPT = """
import hashlib, sys
import numpy as np
from sim_instruments.models import create
device = create(sys.argv[1], seed=5)
cycle = (np.array([1.9, 0.1, -1.7, 0.1]), np.full(4, 1e-3), np.full(4, 1e-5))
print(hashlib.sha256(device.play(*cycle, count=20, limit=3e-4).current.tobytes()).hexdigest())
"""


def played(name, seed, **options):
    return create(name, seed=seed).play(*CYCLE, count=20, limit=3e-4, **options).current


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_bits(name):
    assert played(name, 5).tobytes() == played(name, 5).tobytes()


@pytest.mark.parametrize("name", ALIVE)
def test_another_seed_is_another_device(name):
    assert not np.array_equal(played(name, 5), played(name, 6))


def test_another_process_gives_the_same_bits():
    here = hashlib.sha256(played("gap_filament", 5).tobytes()).hexdigest()
    there = subprocess.run([sys.executable, "-c", SCRIPT, "gap_filament"], check=True, text=True,
                           capture_output=True)  # fmt: skip
    assert there.stdout.strip() == here


@pytest.mark.parametrize("name", MODELS)
def test_no_bias_no_current(name):
    assert create(name, seed=1).current(0.0) == 0.0
    current = create(name, seed=1).play(np.zeros(1), np.ones(1), np.zeros(1)).current
    assert current.tolist() == [0.0]


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(MODELS), voltage=st.floats(-3, 3), seed=st.integers(0, 100))
def test_a_device_never_gives_power(name, voltage, seed):
    device = create(name, seed=seed)
    device.advance(voltage, 1e-4)
    assert voltage * device.current(voltage) >= 0.0


@pytest.mark.parametrize("name", MODELS)
def test_current_looks_without_touching(name):
    device = create(name, seed=1)
    before = device.state
    assert device.current(3.0) == device.current(3.0)
    assert device.state == before


@pytest.mark.parametrize("name", MODELS)
def test_a_fresh_device_has_nothing_to_warn_of(name):
    assert create(name, seed=1).warnings == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("name", "most", "parameters"),
    [
        ("analog_bilayer", 4.0, {}), ("data_driven", 1.5, {}), ("iontronic_li", 3.5, {}),
        ("gap_filament", 3.5, {"thermal_resistance": 0.0}), ("organic", 3.5, {}),
        ("gap_filament", 3.5, {"formed": False}), ("quantum_dot", 5.0, {}),
        ("yakopcic", 1.0, {}), ("yakopcic", 4.0, {"preset": "jo"}),
    ],
)  # fmt: skip
def test_a_voltage_beyond_the_range_is_told_and_one_at_its_end_is_not(name, most, parameters, sign):
    device = create(name, seed=1, **parameters)
    for level in (most, 0.1, 0.0):
        device.advance(sign * level, 1e-9)
    assert device.warnings == []
    device.advance(sign * 1.01 * most, 1e-9)
    device.advance(0.1, 1e-9)
    assert device.warnings == [
        f"{name}: {1.01 * most:.3g} V across it, the model holds up to {most:g} V"
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_goes_by_the_name_it_is_registered_under(name):
    assert create(name, seed=1).name == name


@pytest.mark.parametrize("name", MODELS)
def test_metadata_says_what_it_is(name):
    metadata = create(name, seed=9).metadata()
    assert metadata["model"] == name
    assert metadata["seed"] == 9
    assert metadata["parameters"].keys() == bounds(type(create(name).parameters)).keys()


@pytest.mark.parametrize("name", MODELS)
def test_a_device_without_a_seed_remembers_the_one_it_drew(name):
    first = create(name)
    again = create(name, seed=first.seed)
    assert first.play(*CYCLE).current.tobytes() == again.play(*CYCLE).current.tobytes()


def test_an_unknown_model_is_named_with_its_neighbour():
    with pytest.raises(ValueError, match=r"unknown model 'gap_filamant'; did you mean 'gap_fil"):
        create("gap_filamant")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"resistanc": 1.0}, r"no parameter 'resistanc'; did you mean 'resistance'\?"),
        ({"resistance": -1.0}, r"resistance must be a number from 0.001 Ohm to 1e\+15 Ohm, got -1"),
        ({"resistance": float("nan")}, r"resistance must be a number .* got nan Ohm"),
        ({"resistance": "10k"}, r"resistance must be a number .* got '10k'"),
        ({"resistance": True}, r"resistance must be a number .* got True"),
    ],
)
def test_a_bad_parameter_is_refused_by_name_unit_and_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        create("resistor", **parameters)


def test_a_switch_takes_only_true_or_false():
    with pytest.raises(ValueError, match="formed must be true or false, got 1"):
        create("gap_filament", formed=1)


def test_parameters_must_fit_one_another():
    with pytest.raises(ValueError, match="thinnest <= thickness"):
        create("gap_filament", thickness=4.95e-9)
    with pytest.raises(ValueError, match="lowest < highest"):
        create("iontronic_li", lowest=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_defaults_lie_within_their_own_bounds(name):
    device = create(name, seed=0)
    for parameter, bound in bounds(type(device.parameters)).items():
        value = getattr(device.parameters, parameter)
        if bound is None:
            assert isinstance(value, bool)
        elif isinstance(bound, Choice):
            assert value in bound.names
        else:
            assert bound.low <= value <= bound.high
