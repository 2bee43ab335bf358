"""The tables under [simulation] and the classes they are for agree."""

import pytest

from benchctl.config_simulation import AgeingConfig, CircuitConfig, NoiseConfig
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import CircuitParameters
from sim_instruments.models.parameters import bounds
from sim_instruments.noise import NoiseParameters

PAIRS = [
    (NoiseConfig, NoiseParameters),
    (AgeingConfig, AgeingParameters),
    (CircuitConfig, CircuitParameters),
]


@pytest.mark.parametrize(("table", "kind"), PAIRS)
def test_a_table_has_the_keys_defaults_and_ranges_of_what_it_is_for(table, kind):
    allowed, defaults = bounds(kind), kind()
    properties = table.model_json_schema()["properties"]
    for key in {"name", "parameters"} - allowed.keys():  # which circuit it is
        properties.pop(key, None)
    assert properties.keys() == allowed.keys()
    for name, bound in allowed.items():
        assert properties[name]["default"] == getattr(defaults, name)
        assert properties[name]["description"]
        if bound is not None:
            for value in (bound.low, bound.high):
                assert getattr(table(**{name: value}), name) == value
            with pytest.raises(ValueError, match=name):
                table(**{name: bound.high * 1.01})
