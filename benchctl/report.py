"""What a run file says, in words: conditions and figures of merit."""

import re
import sys
from collections.abc import Mapping
from textwrap import fill
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchctl import plugins
from benchctl.quantities import show
from benchctl.store import StoredRun

#: Characters in a line where nothing folds it.
UNFOLDED: Final = 1000
#: Characters in a line of figures on a terminal.
FOLDED: Final = 20


def _console() -> Console:
    """Return a console that prints what it is given: "[dut] limits" is no markup.

    A file or a pipe has no width: there a line is as long as its text.
    """
    width = None if sys.stdout.isatty() else UNFOLDED
    return Console(highlight=False, markup=False, emoji=False, width=width)


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
    console = _console()
    console.print(f"{header.procedure} on {header.dut}: {stored.status}, {stored.rows} rows")
    console.print(header.title)
    console.print(f"started {header.started}, run {header.run_id}, seed {header.seed}")
    if stored.error:
        console.print(f"error: {stored.error}")
    console.print(_conditions(header.parameters, _units(header.procedure)))
    print_merits(stored.analysis)


def print_merits(analysis: Mapping[str, Any]) -> None:
    """Print figures of merit as a table."""
    if not analysis:
        return
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("figure of merit", "value", "interval", "note"):
        table.add_column(title, no_wrap=title in ("value", "interval"))
    for name, merit in analysis.items():
        value = value_text(merit["value"], merit.get("unit", ""))
        table.add_row(
            merit.get("title") or name,
            _folded(value) if console.is_terminal else value,
            interval_text(merit),
            merit.get("note", ""),
        )
    console.print(table)


def _folded(values: str) -> str:
    """Return a long list of figures in lines, no number parted from its unit."""
    whole = re.sub(r"(?<=[\d.]) (?=[^\d\s])", "\N{NO-BREAK SPACE}", values)
    return fill(whole, FOLDED, break_long_words=False, break_on_hyphens=False)


def value_text(value: Any, unit: str) -> str:
    """Return a figure's value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return show(float(value), unit)
    if isinstance(value, list):
        return ", ".join(value_text(v, unit) for v in value)
    return "not known" if value is None else str(value)


def interval_text(merit: Mapping[str, Any]) -> str:
    """Return a figure's confidence interval, "" where it has none."""
    interval = merit.get("interval")
    if not interval or None in interval:
        return ""
    unit = merit.get("unit", "")
    return " … ".join(value_text(end, unit) for end in interval)


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
