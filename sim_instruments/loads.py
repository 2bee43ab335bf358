"""What ``[simulation]`` puts at the end of the wires: a device, a circuit, or an array."""

from collections.abc import Mapping
from typing import Any

from sim_instruments.load import Load
from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import CircuitParameters
from sim_instruments.models.parameters import checked


def make_load(simulation: Mapping[str, Any], array: Mapping[str, Any] | None = None) -> Load:
    """Return what the sources drive.

    Args:
        simulation: `model`, `parameters` and `seed` of the device; `circuit`: fields of
            `CircuitParameters`, or the `name` and `parameters` of a circuit of its own; `ageing`:
            fields of `AgeingParameters`; `array`: lines and cells of an array.
        array: which lines of the matrix lead where; None without one.

    Raises:
        ValueError: an unknown model, circuit or parameter, or a value out of its range.
    """
    circuit = dict(simulation.get("circuit") or {})
    name, parameters = circuit.pop("name", "device"), circuit.pop("parameters", {})
    ageing = checked(AgeingParameters, "ageing", dict(simulation.get("ageing") or {}))
    around = checked(CircuitParameters, "circuit", circuit)
    bare = around == CircuitParameters() and ageing == AgeingParameters()
    if name == "device" and parameters:
        raise ValueError(
            "circuit parameters belong to a circuit with a name of its own; what stands around the "
            "device are keys of the table itself"
        )
    if (array is not None or name != "device") and not bare:
        raise ValueError(
            "what stands around a device, and its ageing, is for a device alone; leave the keys of "
            "circuit and ageing out"
        )
    if array is not None:
        if name != "device":
            raise ValueError(f"an array is made of devices, not of circuits such as '{name}'")
        from sim_instruments.circuits.array import make_array  # scipy's solvers load slowly

        return make_array(simulation, {"array": array})
    model, seed = simulation.get("model", "gap_filament"), simulation.get("seed")
    own = simulation.get("parameters") or {}
    if name != "device":
        from sim_instruments.circuits.loads import device_maker, make_circuit

        return make_circuit(name, device_maker(model, seed, own), parameters)
    device = create(model, seed=seed, **own)
    device.surround(around, ageing)
    return device
