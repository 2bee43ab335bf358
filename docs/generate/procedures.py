"""A page per procedure: what it asks for, applies, records, draws and finds."""

import inspect
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchctl import figures, open_bench, plugins, report
from benchctl.procedure import Procedure
from benchctl.quantities import show
from benchctl.run import Run
from benchctl.store import Column, StoredRun
from generate.markdown import code, docstring, escape, fence, first_line, table

ROOTS = ("benchctl", "drivers", "procedures", "sim_instruments")
SEED = 1


def pages(folder: Path) -> dict[str, str]:
    """Return an overview and a page for every installed procedure."""
    kinds = {name: plugins.load("procedure", name) for name in plugins.names("procedure")}
    found = {f"procedures/{name}.md": _page(name, k, folder) for name, k in kinds.items()}
    rows = [(f"[{name}]({name}.md)", escape(first_line(k))) for name, k in kinds.items()]
    listed = "\n".join(kinds)
    found["procedures/index.md"] = (
        f"# Procedures\n\n{table(('procedure', 'does'), rows)}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return found


def _page(name: str, kind: type[Procedure], folder: Path) -> str:
    module = sys.modules[kind.__module__]
    parts = [f"# {name}", docstring(kind), docstring(module)]
    if kind.PRISTINE:
        parts.append("It wants a fresh device: the built-in simulated bench then gives one.")
    parts += [
        "## Parameters",
        f"Set one with `-p`: `benchctl run {name} -p NAME=VALUE`.",
        _asked(kind),
    ]
    parts += ["## First stimulus", _applied(kind)]
    parts += ["## Columns", table(("column", "unit", "in the file"), _columns(kind))]
    parts += ["## Plots", table(("plot", "of", "against", "axes"), map(_plot, kind.PLOTS))]
    parts += ["## On the simulated bench", *_example(name, kind, folder)]
    source = Path(inspect.getsourcefile(kind) or "").name
    parts += ["## Source", f"`{kind.__module__}:{kind.__qualname__}`, in `procedures/{source}`."]
    return "\n\n".join(part for part in parts if part) + "\n"


def _asked(kind: type[Procedure]) -> str:
    return table(
        ("name", "means", "default", "takes"),
        [
            (code(key), _meaning(p), _value(p, p.value), _range(p))
            for key, p in kind().parameter_objects().items()
        ],
    )


def _meaning(parameter: Any) -> str:
    return f"{parameter.name}: {parameter.description}" if parameter.description else parameter.name


def _value(parameter: Any, value: Any, digits: int = 9) -> str:
    unit = getattr(parameter, "units", None) or ""
    if isinstance(value, tuple | list):
        return ", ".join(_value(parameter, v, digits) for v in value)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    return show(float(value), unit, digits)


def _range(parameter: Any) -> str:
    if getattr(parameter, "choices", None):
        return ", ".join(code(c) for c in parameter.choices)
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if low is None or high is None:
        return "true or false" if isinstance(parameter.value, bool) else ""
    return f"{_value(parameter, low, 3)} … {_value(parameter, high, 3)}"


def _applied(kind: type[Procedure]) -> str:
    stimulus = kind().preview()
    low, high = stimulus.extremes
    return (
        f"With the defaults: {show(low, 'V')} to {show(high, 'V')}, {stimulus.segments} segments, "
        f"{stimulus.measured} of them measured, {show(stimulus.duration, 's')}."
    )


def _columns(kind: type[Procedure]) -> list[tuple[str, str, str]]:
    return [(_holds(c), c.unit or "—", code(f"data/{c.slug}")) for c in kind.columns()]


def _holds(column: Column) -> str:
    words = ", ".join(f"{number:g} {word}" for number, word in column.codes.items())
    return f"{column.title}: {words}" if words else column.title


def _plot(plot: Any) -> tuple[str, str, str, str]:
    y = ", ".join([plot.y] if isinstance(plot.y, str) else plot.y)
    axes = {(True, True): "log, log", (True, False): "log x", (False, True): "log y"}
    by = f", one curve per `{plot.by}`" if plot.by else ""
    return plot.title or y, f"{y}{by}", plot.x, axes.get((plot.log_x, plot.log_y), "linear")


def _example(name: str, kind: type[Procedure], folder: Path) -> list[str]:
    """Return figures of merit and a figure of one run, made anew when the code has changed."""
    figure = folder / "procedures" / f"{name}.png"
    kept = figure.with_suffix(".json")
    if not kept.exists() or kept.stat().st_mtime < _changed():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_run(name, kind, figure)), encoding="utf-8")
    merits = json.loads(kept.read_text(encoding="utf-8"))
    file = f"{name}.h5"
    command = f"""benchctl run {name} --seed {SEED} --out {file}
benchctl show {file} --plot {name}.png"""
    titles = ("figure of merit", "name in the file", "value", "interval", "note")
    return [
        "With all defaults, on the built-in bench:",
        fence(command, "sh"),
        f"![The plots of a run of {name}]({name}.png)",
        table(titles, [_merit(key, m) for key, m in merits.items()]),
    ]


def _run(name: str, kind: type[Procedure], figure: Path) -> dict[str, Any]:
    with (
        TemporaryDirectory() as scratch,
        open_bench(seed=SEED, pristine=kind.PRISTINE) as bench,
    ):
        result = Run(kind(), bench, out=Path(scratch, f"{name}.h5"), seed=SEED).execute()
        if result.status != "finished" or result.file is None:
            raise RuntimeError(f"{name} is {result.status}: {result.error}")
        with StoredRun(result.file) as stored:
            figures.plot(stored, figure)
            return stored.analysis


def _merit(name: str, merit: dict[str, Any]) -> tuple[str, ...]:
    value = report.value_text(merit["value"], merit.get("unit", ""))
    return (
        merit.get("title") or name, code(name), value,
        report.interval_text(merit), merit.get("note", ""),
    )  # fmt: skip


def _changed() -> float:
    """Return when the code was last changed."""
    top = Path(__file__).parents[2]
    return max(p.stat().st_mtime for root in ROOTS for p in (top / root).rglob("*.py"))
