"""What a run file says, for people: conditions, figures of merit, plots."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchctl import plugins
from benchctl.errors import BenchError
from benchctl.procedure import Plot
from benchctl.quantities import show
from benchctl.store import StoredRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito's colours: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Curves of one plot that get an entry in the legend.
LEGEND = 12


def summary(stored: StoredRun) -> dict[str, Any]:
    """Return a run's header, status and figures of merit as JSON-able values."""
    header = stored.header
    return {
        "file": str(stored.path),
        "run_id": header.run_id,
        "procedure": header.procedure,
        "title": header.title,
        "dut": header.dut,
        "started": header.started,
        "seed": header.seed,
        "status": stored.status,
        "error": stored.error,
        "rows": stored.rows,
        "columns": [c.title for c in stored.columns],
        "parameters": header.parameters,
        "bench": header.bench,
        "software": header.software,
        "analysis": stored.analysis,
    }


def print_run(stored: StoredRun) -> None:
    """Print a run's conditions and figures of merit."""
    header = stored.header
    console = Console(highlight=False)
    console.print(f"{header.title} on {header.dut}: {stored.status}, {stored.rows} rows")
    console.print(f"started {header.started}, run {header.run_id}, seed {header.seed}")
    if stored.error:
        console.print(f"error: {stored.error}")
    console.print(_conditions(header.parameters, _units(header.procedure)))
    print_merits(stored.analysis)


def print_merits(analysis: Mapping[str, Any]) -> None:
    """Print figures of merit as a table."""
    if not analysis:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("figure of merit", "value", "interval", "note"):
        table.add_column(title)
    for name, merit in analysis.items():
        table.add_row(
            merit.get("title") or name,
            value_text(merit["value"], merit.get("unit", "")),
            interval_text(merit),
            merit.get("note", ""),
        )
    Console(highlight=False).print(table)


def value_text(value: Any, unit: str) -> str:
    """Return a figure's value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return show(float(value), unit)
    if isinstance(value, list):
        return ", ".join(value_text(v, unit) for v in value)
    return "not found" if value is None else str(value)


def interval_text(merit: Mapping[str, Any]) -> str:
    """Return a figure's confidence interval, "" where it has none."""
    interval = merit.get("interval")
    if not interval or None in interval:
        return ""
    unit = merit.get("unit", "")
    return f"{show(interval[0], unit)} … {show(interval[1], unit)}"


def plot(stored: StoredRun, path: Path) -> None:
    """Draw the plots the run's procedure declares into a PNG (or any matplotlib format).

    Raises:
        BenchError: the run has no rows to draw.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    if not stored.rows:
        raise BenchError(f"{stored.path} has no rows to plot")
    plots = plots_of(stored)
    width = 2 if len(plots) > 1 else 1
    height = -(-len(plots) // width)
    figure, axes = pyplot.subplots(
        height, width, figsize=(6.4 * width, 4.2 * height), squeeze=False, layout="constrained"
    )
    for ax, each in zip(axes.flat, plots, strict=False):
        _draw(ax, each, stored)
    for ax in axes.flat[len(plots) :]:
        ax.set_axis_off()
    header = stored.header
    figure.suptitle(f"{header.title} — {header.dut}, {header.started[:16]}, {stored.status}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def plots_of(stored: StoredRun) -> tuple[Plot, ...]:
    """Return the plots the procedure declares; for a procedure with none, y against the rest."""
    name = stored.header.procedure
    if name in plugins.names("procedure"):
        declared: tuple[Plot, ...] = plugins.load("procedure", name).PLOTS
        if declared:
            return declared
    slugs = [c.slug for c in stored.columns]
    return tuple(Plot(slugs[0], slug) for slug in slugs[1:]) or (Plot(slugs[0], slugs[0]),)


def _draw(ax: "Axes", each: Plot, stored: StoredRun) -> None:
    columns = {c.slug: c for c in stored.columns}
    x = stored.data[each.x]
    ys = (each.y,) if isinstance(each.y, str) else each.y
    groups = stored.data[each.by] if each.by else None
    values = np.unique(groups[np.isfinite(groups)]) if groups is not None else [None]
    line = "none" if each.kind == "points" else "-"
    curves = [(y, v) for y in ys for v in values]
    for number, (y, value) in enumerate(curves):
        chosen = slice(None) if value is None or groups is None else groups == value
        name = columns[y].title if len(ys) > 1 else ""
        if value is not None:
            name += f" {columns[each.by].title} = {show(float(value), columns[each.by].unit)}"
        colour = COLOURS[number % len(COLOURS)]
        label = name.strip() if number < LEGEND else None
        ax.plot(
            x[chosen],
            stored.data[y][chosen],
            color=colour,
            label=label,
            marker=".",
            markersize=4,
            linestyle=line,
        )
    ax.set_xscale("log" if each.log_x else "linear")
    ax.set_yscale("log" if each.log_y else "linear")
    ax.set_xlabel(columns[each.x].title)
    ax.set_ylabel(columns[ys[0]].title)
    ax.set_title(each.title, fontsize="medium")
    ax.grid(alpha=0.3)
    if len(curves) > 1 or len(ys) > 1:
        ax.legend(fontsize="x-small")


def _conditions(parameters: Mapping[str, Any], units: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in parameters.items():
        table.add_row(name, value_text(value, units.get(name, "")))
    return table


def _units(procedure: str) -> dict[str, str]:
    """Return the unit of each parameter, where the procedure is installed."""
    if procedure not in plugins.names("procedure"):
        return {}
    objects = plugins.load("procedure", procedure)().parameter_objects()
    return {name: getattr(p, "units", None) or "" for name, p in objects.items()}
