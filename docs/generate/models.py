"""A page per device model: its physics, its parameters with bounds and sources, its state."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchctl import plugins
from generate.markdown import code, docstring, escape, field_texts, first_line, sentence, table
from sim_instruments.models import create
from sim_instruments.models.parameters import Bound, Choice, bounds

TAGS = """\
Tags after a number say where it is from: `[R]` read in a public source, `[C]` computed with the
model, `[D]` chosen here so that the device behaves as its literature says, `[M]` and `[MEM]` from
memory, not checked. Only `[R]` is somebody's measurement."""


def pages(_: Path) -> dict[str, str]:
    """Return an overview and a page for every installed model."""
    kinds = {name: plugins.load("model", name) for name in plugins.names("model")}
    rows = [(f"[{name}]({name}.md)", escape(first_line(k))) for name, k in kinds.items()]
    listed = "\n".join(kinds)
    found = {f"models/{name}.md": _page(name, kind) for name, kind in kinds.items()}
    found["models/index.md"] = (
        f"# Device models\n\n{table(('model', 'is'), rows)}\n\n{TAGS}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return found


def _page(name: str, kind: Any) -> str:
    device = create(name, seed=1)
    parts = [f"# {name}", docstring(sys.modules[kind.__module__])]
    parts += [
        "## Parameters",
        "Set them in `[simulation] parameters` of bench.toml, in SI units.",
        TAGS,
    ]
    parts.append(_parameters(kind.PARAMETERS))
    parts += ["## State", "Of a fresh device with seed 1:"]
    parts.append(table(("name", "value"), [(code(k), f"{v:.6g}") for k, v in device.state.items()]))
    if kind.APPROXIMATIONS:
        parts += ["## Approximations", "Written into the header of every file:"]
        parts.append("\n".join(f"* {escape(sentence(text))}" for text in kind.APPROXIMATIONS))
    return "\n\n".join(parts) + "\n"


def _parameters(kind: type[Any]) -> str:
    texts, allowed, defaults = field_texts(kind), bounds(kind), kind()
    rows = [
        (code(name), texts.get(name, ""), _shown(getattr(defaults, name)), _takes(bound))
        for name, bound in allowed.items()
    ]
    return "\n\n".join([table(("name", "means", "default", "takes"), rows), *_presets(kind)])


def _shown(value: float | bool | str) -> str:
    if isinstance(value, str):
        return code(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:.6g}"


def _takes(bound: Bound | Choice | None) -> str:
    if isinstance(bound, Choice):
        return ", ".join(map(code, bound.names))
    return f"{bound.low:g} … {bound.high:g} {bound.unit}" if bound else "true or false"


def _presets(kind: type[Any]) -> list[str]:
    """Return a table per parameter whose names stand for values of others."""
    found = []
    for name, choice in bounds(kind).items():
        if not isinstance(choice, Choice) or not isinstance(choice.names, Mapping):
            continue
        sets = choice.names.values()
        changed = list(dict.fromkeys(key for values in sets for key in values))
        if not changed:
            continue
        rows = [
            (code(key), *(_shown(values[key]) if key in values else "" for values in sets))
            for key in changed
        ]
        found.append(f"`{name}` sets what is not given itself (blank: the default above):")
        found.append(table((name, *map(code, choice.names)), rows))
    return found
