"""What is installed, as rows for ``benchctl list``."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchctl import plugins

Rows = list[dict[str, Any]]


def first_line(thing: object) -> str:
    """Return the first line of a docstring, marks of emphasis and code removed."""
    text = (thing.__doc__ or "").strip().splitlines()
    return re.sub(r"[`*]", "", text[0]) if text else ""


def procedures(_: Path) -> Rows:
    """Return every procedure with its parameters and columns."""
    return [
        _procedure(name, plugins.load("procedure", name)) for name in plugins.names("procedure")
    ]


def drivers(_: Path) -> Rows:
    """Return every driver and whether a simulated instrument answers it."""
    simulated = plugins.names("simulated instrument")
    return [
        {
            "name": name,
            "description": first_line(plugins.load("driver", name)),
            "simulated": name in simulated,
        }
        for name in plugins.names("driver")
    ]


def models(_: Path) -> Rows:
    """Return every device model."""
    return [
        {"name": name, "description": first_line(plugins.load("model", name))}
        for name in plugins.names("model")
    ]


def runs(folder: Path) -> Rows:
    """Return the runs in a folder, oldest first; files that are none are left out.

    Raises:
        ConfigError: there is no such folder.
    """
    from benchctl.errors import BenchError, ConfigError
    from benchctl.store import StoredRun

    if not folder.is_dir() and folder != Path("runs"):  # where runs go, there may be none yet
        raise ConfigError(f"there is no folder {folder}")
    rows = []
    for path in sorted(folder.glob("*.h5")):
        try:
            with StoredRun(path) as stored:
                rows.append(
                    {
                        "name": path.name,
                        "procedure": stored.header.procedure,
                        "status": stored.status,
                        "rows": stored.rows,
                    }
                )
        except (BenchError, OSError):
            continue
    return rows


LISTS: dict[str, Callable[[Path], Rows]] = {
    "procedures": procedures,
    "drivers": drivers,
    "models": models,
    "runs": runs,
}


def as_text(rows: Rows) -> str:
    """Return rows as aligned lines for a person."""
    if not rows:
        return "(none)"
    keys = [k for k in rows[0] if not isinstance(rows[0][k], list)]
    cells = [[_cell(k, row[k]) for k in keys] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(keys))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(key: str, value: Any) -> str:
    """Return a value as text; there are no headings, so what is so or not so says its name."""
    if isinstance(value, bool):
        return key if value else f"not {key}"
    return str(value)


def _procedure(name: str, procedure: Any) -> dict[str, Any]:
    parameters = procedure().parameter_objects()
    return {
        "name": name,
        "description": first_line(procedure),
        "columns": list(procedure.DATA_COLUMNS),
        "parameters": [
            {
                "name": key,
                "title": parameter.name,
                "unit": getattr(parameter, "units", None) or "",
                "default": parameter.value,
            }
            for key, parameter in parameters.items()
        ],
    }
