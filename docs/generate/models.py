"""A page per device model: physics, sources, validity, a figure, parameters, how to choose it."""

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchctl import plugins
from generate import figures
from generate.markdown import code, escape, fence, field_texts, first_line, sentence, table
from generate.model_texts import TAG, split
from generate.model_warnings import driven
from sim_instruments.models import create
from sim_instruments.models.device import Device
from sim_instruments.models.gated import Gated
from sim_instruments.models.parameters import Bound, Choice, bounds

LEGEND = """\
`[R]` is read in a public source, `[C]` computed with the model, `[D]` chosen here so that the
device behaves as its literature says, `[M]` and `[MEM]` from memory, not checked:
[where a number comes from](../../provenance.md). Only `[R]` is somebody's measurement. A parameter
without a tag is a switch, a scale or a matter of numerics."""
WARNED = """\
What a model says is stored with the run: the figure of merit `model_validity` is false, and its
note has the text, however the run ended. `benchctl show` prints it."""


def pages(folder: Path) -> dict[str, str]:
    """Return an overview and a page for every installed model; draw their figures."""
    kinds = {name: plugins.load("model", name) for name in plugins.names("model")}
    for name in kinds:
        draw(name, folder / "models" / f"{name}.png")
    outside = {name: driven(name) for name in kinds}
    found = {f"models/{name}.md": page(name, kind, outside[name]) for name, kind in kinds.items()}
    rows = [(f"[{name}]({name}.md)", escape(first_line(k))) for name, k in kinds.items()]
    said = [
        (f"[{name}]({name}.md)", how, code("; ".join(texts)))
        for name, (how, texts) in outside.items()
        if texts
    ]
    silent = ", ".join(name for name, kind in kinds.items() if not warns(kind))
    listed = "\n".join(kinds)
    found["models/index.md"] = "\n\n".join(
        [
            "# Device models", table(("model", "is"), rows),
            "## Provenance", LEGEND,
            "## Which models warn", WARNED, "Driven so while this page was made, they said:",
            table(("model", "given", "says"), said),
            f"These never warn, read where they are valid on their pages: {silent}.",
            f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n",
        ]
    )  # fmt: skip
    return found


def warns(kind: type[Any]) -> bool:
    """Tell whether a model says when it is driven out of its range."""
    return kind.warnings is not Device.warnings


def draw(name: str, path: Path) -> None:
    """Draw the figure of a model where it has one, anew when the code has changed."""
    if name not in figures.PICTURES:
        return
    if not path.exists() or path.stat().st_mtime < _changed():
        figures.draw(name, path)


def _changed() -> float:
    """Return when a model or a figure was last changed."""
    top = Path(__file__).parents[2]
    code = [*(top / "sim_instruments").rglob("*.py"), *Path(__file__).parent.glob("figures*.py")]
    return max(path.stat().st_mtime for path in code)


def page(name: str, kind: Any, outside: tuple[str, list[str]]) -> str:
    texts = split(inspect.getdoc(sys.modules[kind.__module__]) or "")
    first, _, body = texts.body.partition("\n\n")
    parts = [f"# {name}", first, *_figure(name), body]
    parts += ["## Valid range", texts.valid, *_warning(kind, *outside)]
    parts += ["## Not modelled", texts.not_modelled]
    parts += ["## Ageing", _ageing(kind)]
    if kind.APPROXIMATIONS:
        parts += ["## Approximations", "Written into the header of every file:"]
        parts.append("\n".join(f"* {escape(sentence(text))}" for text in kind.APPROXIMATIONS))
    parts += ["## Sources", "\n".join(f"* {text}" for text in texts.sources)]
    parts += ["## Choose it", *_chosen(name, kind)]
    parts += ["## Parameters", "Defaults in SI units.", _parameters(kind.PARAMETERS), LEGEND]
    parts += _presets(kind.PARAMETERS)
    parts += ["## State", "Of a fresh device with seed 1:"]
    state = create(name, seed=1).state
    parts.append(table(("name", "value"), [(code(k), f"{v:.6g}") for k, v in state.items()]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _figure(name: str) -> list[str]:
    if name not in figures.PICTURES:
        return []
    picture = figures.PICTURES[name]
    return [
        f"```{{figure}} {name}.png\n:alt: {picture.alt}\n\n{picture.caption}\n```",
        "The model ran while this page was made. To draw it again, in the source tree:",
        fence(f"python docs/figures.py {name} {name}.png", "sh"),
    ]


def _warning(kind: Any, how: str, texts: list[str]) -> list[str]:
    if not warns(kind):
        return ["It does not warn when it leaves this range."]
    if not texts:
        return ["It warns when it leaves this range."]
    return [f"It warns. With {how} it says:", fence("; ".join(texts)), WARNED]


def _chosen(name: str, kind: Any) -> list[str]:
    key, value = _example(kind)
    found = [
        "Any parameter below can be given, in SI or with a unit; the one here has its default. On "
        "the command line, behind the built-in bench:",
        fence(f"benchctl run iv-sweep --model {name} -m {key}={_typed(value)} --seed 1", "sh"),
        "In bench.toml:",
        fence(
            '[instruments.smu]\ndriver = "keithley_2450"\n'
            'address = "TCPIP0::192.0.2.11::5025::SOCKET"\n\n'
            '[dut]\nlimits = { voltage = ["-3.5 V", "3.5 V"], current = "2 mA" }\n\n'
            f'[simulation]\nmodel = "{name}"\nparameters = {{ {key} = {json.dumps(value)} }}',
            "toml",
        ),
        "And with that file:",
        fence("benchctl run iv-sweep --bench bench.toml --simulate --seed 1", "sh"),
        "From Python:",
        fence(
            "from sim_instruments.models import create\n\n"
            f'device = create("{name}", seed=1, {key}={value!r})\n'.replace("'", '"')
            + "device.advance(1.0, 1e-3)  # V, s\n"
            "print(device.current(0.1), device.state)  # A",
            "python",
        ),
    ]
    if issubclass(kind, Gated):
        found.append(
            "It has a gate, at 0 V with the bench above. `examples/benches/three_terminal.toml` is "
            "a bench that drives it; from Python `device.play_gated(...)` does, "
            "[as in this example](../../../howto/add_a_model.md#a-gate)."
        )
    return found


def _typed(value: float | bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _example(kind: Any) -> tuple[str, float | bool | str]:
    """Return a parameter and its default: the preset where there are any."""
    allowed, defaults = bounds(kind.PARAMETERS), kind.PARAMETERS()
    name = next((n for n, b in allowed.items() if _is_preset(b)), next(iter(allowed)))
    return name, getattr(defaults, name)


def _is_preset(bound: Bound | Choice | None) -> bool:
    return isinstance(bound, Choice) and isinstance(bound.names, Mapping)


def _ageing(kind: Any) -> str:
    """Return what drifts as the device wears, or why nothing does."""
    wear = kind.WEAR
    drifts = f"These drift: {', '.join(wear.drifts)}." if wear.drifts else "It only fails hard."
    why = f" Not more, because {escape(wear.why)}." if wear.why else ""
    return f"Where `[simulation.ageing]` asks for it. {drifts}{why}"


def _parameters(kind: type[Any]) -> str:
    texts, allowed, defaults = field_texts(kind), bounds(kind), kind()
    by_preset = {
        key: name
        for name, choice in allowed.items()
        if isinstance(choice, Choice) and isinstance(choice.names, Mapping)
        for values in choice.names.values()
        for key in values
    }
    rows = []
    for name, bound in allowed.items():
        text, unit = texts.get(name, ""), _unit(bound)
        default = _shown(getattr(defaults, name))
        tag = _from(text, by_preset.get(name, ""))
        rows.append((code(name), _meaning(text, unit), unit, _takes(bound), default, tag))
    return table(("name", "means", "unit", "range", "default", "from"), rows)


def _meaning(text: str, unit: str) -> str:
    """Return what a parameter means: the other columns have its unit and its tags."""
    bare = " ".join(TAG.sub("", text).split()).strip(" ,;").removeprefix(f"{unit}, ")
    return bare.replace(" ,", ",").replace(" ;", ";")


def _from(text: str, preset: str) -> str:
    """Return the tags of a parameter, those of its preset where it has none."""
    return " ".join(TAG.findall(text)) or (f"as `{preset}`" if preset else "—")


def _unit(bound: Bound | Choice | None) -> str:
    return (bound.unit or "1") if isinstance(bound, Bound) else "—"


def _shown(value: float | bool | str) -> str:
    if isinstance(value, str):
        return code(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:.6g}"


def _takes(bound: Bound | Choice | None) -> str:
    if isinstance(bound, Choice):
        return ", ".join(map(code, bound.names))
    return f"{bound.low:g} … {bound.high:g}" if bound else "true or false"


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
        found.append("### Presets")
        found.append(f"`{name}` sets what is not given itself (blank: the default above):")
        found.append(table((name, *map(code, choice.names)), rows))
    return found
