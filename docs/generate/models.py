"""A page per device model: its physics, its parameters with bounds and sources, its state."""

import sys
from pathlib import Path
from typing import Any

from benchctl import plugins
from generate.markdown import code, docstring, escape, field_texts, first_line, sentence, table
from sim_instruments.models import create
from sim_instruments.models.parameters import bounds

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
    rows = []
    for name, bound in allowed.items():
        default = getattr(defaults, name)
        shown = str(default).lower() if isinstance(default, bool) else f"{default:.6g}"
        takes = f"{bound.low:g} … {bound.high:g} {bound.unit}" if bound else "true or false"
        rows.append((code(name), texts.get(name, ""), shown, takes))
    return table(("name", "means", "default", "takes"), rows)
