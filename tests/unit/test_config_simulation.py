"""The tables under [simulation] and the classes they are for agree."""

import pytest

from benchctl.config_simulation import (
    AgeingConfig,
    ArraySimulationConfig,
    CircuitConfig,
    NoiseConfig,
    TransistorConfig,
)
from sim_instruments.circuits.crossbar import CrossbarParameters
from sim_instruments.circuits.transistor import TransistorParameters
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import CircuitParameters
from sim_instruments.models.parameters import bounds
from sim_instruments.noise import NoiseParameters

PAIRS = [
    (NoiseConfig, NoiseParameters, set()),
    (AgeingConfig, AgeingParameters, set()),
    (CircuitConfig, CircuitParameters, {"name", "parameters"}),
    (ArraySimulationConfig, CrossbarParameters, {"transistor", "cells"}),
    (TransistorConfig, TransistorParameters, {"gate"}),
]
"""a table, its class, and what only one of them has: what chooses others, and [dut.array] gate"""


@pytest.mark.parametrize(("table", "kind", "apart"), PAIRS)
def test_a_table_has_the_keys_defaults_and_ranges_of_what_it_is_for(table, kind, apart):
    allowed = {name: bound for name, bound in bounds(kind).items() if name not in apart}
    defaults = kind()
    properties = table.model_json_schema()["properties"]
    assert properties.keys() - apart == allowed.keys()
    for name, bound in allowed.items():
        assert properties[name]["default"] == getattr(defaults, name)
        assert properties[name]["description"]
        if bound is not None:
            for value in (bound.low, bound.high):
                assert getattr(table(**{name: value}), name) == value
            with pytest.raises(ValueError, match=name):
                table(**{name: bound.high * 1.01})
