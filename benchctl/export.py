"""A run's rows in other formats, with the units the format can hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchctl.destination import make_folder_of
from benchctl.errors import ConfigError
from benchctl.store import Column, StoredRun


def export_run(file: Path, to: str, out: Path | None = None) -> Path:
    """Write the rows of run `file` in format `to` and return where.

    Raises:
        ConfigError: the format's library is not installed, or the file exists already.
    """
    suffix, write = FORMATS[to]
    path = out or file.with_suffix(suffix)
    if path.exists():
        raise ConfigError(f"{path} exists; name another file with --out")
    make_folder_of(path)
    with StoredRun(file) as stored:
        try:
            write(stored, path)
        except ImportError as error:
            raise ConfigError(f"{to} needs {error.name}: pip install 'benchctl[export]'") from None
    return path


def _csv(stored: StoredRun, path: Path) -> None:
    titles = ",".join(f'"{c.title}"' if "," in c.title else c.title for c in stored.columns)
    columns = [stored.data[c.slug] for c in stored.columns]
    rows = np.column_stack(columns) if columns else np.empty((0, 0))
    # 17 digits bring every float64 back as it was.
    np.savetxt(path, rows, fmt="%.17g", delimiter=",", header=titles, comments="", encoding="utf-8")


def _parquet(stored: StoredRun, path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    fields = [
        pyarrow.field(
            c.slug, pyarrow.float64(), metadata={k: _text(v) for k, v in _said(c).items()}
        )
        for c in stored.columns
    ]
    schema = pyarrow.schema(fields, metadata={k: str(v) for k, v in _attributes(stored).items()})
    parquet.write_table(
        pyarrow.table([stored.data[c.slug] for c in stored.columns], schema=schema), path
    )


def _netcdf(stored: StoredRun, path: Path) -> None:
    import xarray

    data = {c.slug: ("row", stored.data[c.slug], _said(c)) for c in stored.columns}
    xarray.Dataset(data, attrs=_attributes(stored)).to_netcdf(path, engine="h5netcdf")


def _said(column: Column) -> dict[str, Any]:
    """Return what is written about a column; these formats have no unit for a plain number."""
    return column.attributes | {"units": column.unit}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else " ".join(f"{number:g}" for number in value)


def _attributes(stored: StoredRun) -> dict[str, Any]:
    from benchctl.report import summary

    header = summary(stored)
    keys = ("run_id", "procedure", "dut", "started", "status")
    return {k: str(header[k]) for k in keys}


FORMATS: dict[str, tuple[str, Callable[[StoredRun, Path], None]]] = {
    "csv": (".csv", _csv),
    "parquet": (".parquet", _parquet),
    "netcdf": (".nc", _netcdf),
}
