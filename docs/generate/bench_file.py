"""bench.toml, from the pydantic models that read it."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchctl import config
from benchctl import config_simulation as simulation
from generate.markdown import code, escape, fence, table

TABLES = (
    ("[instruments.NAME]", config.InstrumentConfig),
    ("[wiring]", config.WiringConfig),
    ("[dut]", config.DutConfig),
    ("limits, in [dut]", config.LimitsConfig),
    ("[dut.array]", config.ArrayConfig),
    ("[simulation]", simulation.SimulationConfig),
    ("[simulation.noise]", simulation.NoiseConfig),
    ("[simulation.circuit]", simulation.CircuitConfig),
    ("[simulation.ageing]", simulation.AgeingConfig),
    ("[simulation.array]", simulation.ArraySimulationConfig),
    ("[simulation.array.transistor]", simulation.TransistorConfig),
    ("[[simulation.array.cells]]", simulation.CellConfig),
    ("[[simulation.faults]]", simulation.FaultConfig),
)

#: Tables with keys of their own below: their defaults are there.
SHOWN = {model for _, model in TABLES} - {config.LimitsConfig}

#: Keys whose model says nothing about them.
OTHER = {
    "limits": "see below",
    "faults": "see below",
    "temperature": "ambient",
    "instrument": "its name",
    "kind": "what goes wrong",
}

INTRODUCTION = """\
# bench.toml

A bench file names the instruments, how they reach the device, what the device may be given, and
what hangs there when the bench is simulated. An unknown key is refused, and so is a value out of
its range; the error names the file, the key and what was expected. A quantity is a number in SI
units or text with a unit (`"200 ns"`, `"1 mA"`, `"2 kOhm"`).

The same rules as a JSON schema, for editors that check TOML while you type, are
`benchctl.config.BenchConfig.model_json_schema()`."""


def pages(_: Path) -> dict[str, str]:
    """Return the page of the bench file."""
    parts = [INTRODUCTION]
    for title, model in TABLES:
        about = (model.__doc__ or "").partition("``")[0].strip().rstrip(":.")
        parts += [f"## {title}", f"{escape(about)}.", _keys(model)]
    parts += ["## Top level", _keys(config.BenchConfig, ("defaults", "visa_library"))]
    example = Path(config.__file__).with_name("built_in_bench.toml").read_text(encoding="utf-8")
    parts += ["## The built-in bench", "Serves where no file is named:", fence(example, "toml")]
    return {"bench_file.md": "\n\n".join(parts) + "\n"}


def _keys(model: Any, only: tuple[str, ...] = ()) -> str:
    schema = model.model_json_schema()
    fields = model.model_fields
    names = only or tuple(fields)
    return table(
        ("key", "means", "default", "takes"),
        [
            (
                code(name),
                fields[name].description or OTHER.get(name, ""),
                "needed" if fields[name].is_required() else _default(fields[name].default),
                _takes(schema["properties"][name]),
            )
            for name in names
        ],
    )


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "" if type(value) in SHOWN else code(json.dumps(value.model_dump(mode="json")))
    return code(json.dumps(value))


def _takes(schema: dict[str, Any]) -> str:
    choices = [schema, *schema.get("anyOf", [])]
    bounds = {k: v for s in choices for k, v in s.items()}
    words = []
    if "enum" in bounds:
        words.append(", ".join(code(v) for v in bounds["enum"]))
    for key, word in (("exclusiveMinimum", "above"), ("minimum", "from"), ("maximum", "to")):
        if key in bounds:
            words.append(f"{word} {bounds[key]:g}")
    return " ".join(words)
