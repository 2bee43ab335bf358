"""The device behind simulated instruments: chosen by name, its parameters with units."""

from collections.abc import Mapping
from typing import Any

from benchctl import plugins
from benchctl.config_simulation import SimulationConfig
from benchctl.quantities import parse

Values = Mapping[str, float | bool | str]


def chosen(
    simulation: SimulationConfig, model: str | None, parameters: Values, *, pristine: bool
) -> SimulationConfig:
    """Return `simulation` with another model or other parameters.

    Another model keeps none of the parameters that the file gives to its own.

    Args:
        simulation: as in bench.toml.
        model: name of a device model; None keeps the file's.
        parameters: over the file's; numbers or text with a unit.
        pristine: a device that is yet to be formed, where the model knows forming.

    Raises:
        ConfigError: no such model.
    """
    kind = plugins.load("model", model or simulation.model)
    own: Values = simulation.parameters if model in (None, simulation.model) else {}
    fresh = {"formed": False} if pristine and "formed" in kind.switches() else {}
    return simulation.model_copy(
        update={"model": model or simulation.model, "parameters": {**own, **fresh, **parameters}}
    )


def as_text(parameters: Mapping[str, str]) -> dict[str, bool | str]:
    """Return parameters typed on a command line: ``true`` and ``false`` are switches."""
    switches = {"true": True, "false": False}
    return {name: switches.get(text.lower(), text) for name, text in parameters.items()}


def in_si(simulation: SimulationConfig) -> dict[str, Any]:
    """Return `simulation` as plain values, model parameters in SI.

    Raises:
        ConfigError: no such model, or a parameter in another unit.
    """
    units = plugins.load("model", simulation.model).units()
    plain = simulation.model_dump(mode="json")
    for asked in (plain, *plain["array"]["cells"]):
        asked["parameters"] = {
            name: parse(value, units[name], f"[simulation] {simulation.model} parameter {name}")
            if isinstance(value, str) and name in units
            else value
            for name, value in asked["parameters"].items()
        }
    return plain
