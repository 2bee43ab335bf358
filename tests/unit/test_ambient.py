"""Ambient temperatures: each model's page and what a run warns of say the same."""

import inspect
import math
import re
import sys

import pytest

from benchctl import plugins
from sim_instruments.ambient import RANGES, ROOM, outside
from sim_instruments.models import create
from sim_instruments.wiring import Wiring
from sim_instruments.world import World


def stated(name):
    """Return the range that a model's page states; None where it states none."""
    page = inspect.getdoc(sys.modules[plugins.load("model", name).__module__]) or ""
    valid = " ".join(page.partition("**Valid**")[2].partition("**Not")[0].split())
    if found := re.search(r"(\d+)-(\d+) K\b", valid):
        return float(found[1]), float(found[2])
    if found := re.search(r"Ambient (\d+) K and more", valid):
        return float(found[1]), math.inf
    return ROOM if "room temperature" in valid else None


@pytest.mark.parametrize("name", plugins.names("model"))
def test_what_a_page_states_is_what_is_warned_of(name):
    assert RANGES.get(name) == stated(name)


def world_of(name, kelvin=300.0, **parameters):
    device = create(name, seed=1, **parameters)
    return World(device, wiring=Wiring("direct", "smu"), temperature=kelvin)


@pytest.mark.parametrize("name", RANGES)
def test_a_device_out_of_its_range_says_so_and_at_300_k_none_does(name):
    assert world_of(name).warnings == []
    world = world_of(name, 50.0)
    (said,) = world.warnings
    assert said.startswith(f"{name}: 50 K around it, the model holds from")
    assert world.metadata()["warnings"] == [said]


def test_a_temperature_is_said_once_and_not_forgotten():
    world = world_of("hea")
    world.temperature = 451.0
    world.temperature = 300.0
    world.temperature = 451.0
    assert world.warnings == ["hea: 451 K around it, the model holds from 250 K to 450 K"]


def test_a_stage_is_part_of_what_a_device_stands_on():
    assert world_of("vo2", 275.0).warnings != []
    assert world_of("vo2", 275.0, stage=50.0).warnings == []
    assert outside({"model": "vo2", "parameters": {}}, 300.0) == []


def test_a_model_that_states_nothing_says_nothing():
    assert world_of("resistor", 50.0).warnings == []
