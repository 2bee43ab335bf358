"""Run files read back: finished, still growing, or left by a killed process."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from benchctl.errors import BenchError, ConfigError
from benchctl.stimulus import Trace
from benchctl.store.schema import TRACE_COLUMNS, Column, Header, floats, stored_columns
from benchctl.store.whole import acknowledged, write_whole

RECOVERED = "recovered from a file whose run never finished"


class Columns(Mapping[str, NDArray[np.float64]]):
    """The columns of a run; each is read when it is asked for, and kept nowhere."""

    def __init__(self, group: h5py.Group, columns: list[Column], rows: int) -> None:
        self._group = group
        self._slugs = [column.slug for column in columns]
        self._rows = rows

    def __getitem__(self, slug: str) -> NDArray[np.float64]:
        if slug not in self._slugs:
            raise KeyError(slug)
        return floats(self._group[slug], slice(0, self._rows))

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __len__(self) -> int:
        return len(self._slugs)


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A waveform and the row it belongs to."""

    row: int
    trace: Trace


class StoredRun:
    """One run file, open for reading; use it as a context manager.

    A growing file is seen as it was when it was opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = _open(self.path)
        try:
            self.header = Header.read(self._file)
            self.columns = stored_columns(self._file)
            self.rows = acknowledged(self._file)
        except KeyError as error:
            self._file.close()
            raise ConfigError(f"{path} is damaged: {error.args[0]}") from error
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    @property
    def data(self) -> Columns:
        """The columns by slug."""
        return Columns(self._file["data"], self.columns, self.rows)

    @cached_property
    def traces(self) -> list[StoredTrace]:
        """The waveforms, those that a kill cut short left out."""
        group = self._file["traces"]
        whole = {name: floats(group[name], slice(None)) for name in TRACE_COLUMNS}
        held = min(len(samples) for samples in whole.values())
        found: list[StoredTrace] = []
        start = 0
        for size, row in zip(group["row_size"][:], group["row"][:], strict=False):
            end = start + int(size)
            if end > held:
                break
            parts = {name: samples[start:end] for name, samples in whole.items()}
            found.append(StoredTrace(int(row), Trace(**parts)))
            start = end
        return found

    @property
    def status(self) -> str:
        """running, finished, stopped or failed; a killed run says running for ever."""
        return self._text("status")

    @property
    def ended(self) -> str:
        """When the run ended, ISO 8601 in UTC; "" while it runs."""
        return self._text("ended")

    @property
    def error(self) -> str | None:
        """What went wrong, in one line."""
        return self._text("error") or None

    @property
    def analysis(self) -> dict[str, Any]:
        """The figures of merit by name, each a mapping with the fields of `Merit`."""
        return dict(json.loads(self._text("analysis") or "{}"))

    @property
    def metadata(self) -> dict[str, Any]:
        """What a procedure's PyMeasure ``Metadata`` evaluated to."""
        return dict(json.loads(self._text("metadata") or "{}"))

    def result(self) -> dict[str, str]:
        """Return the texts of /result as stored."""
        return {name: self._text(name) for name in ("status", "ended", "error", "analysis")}

    def copy_to(self, target: Path, result: Mapping[str, str]) -> None:
        """Write a whole, compressed copy, with another result.

        Raises:
            BenchError: it cannot be written.
        """
        try:
            write_whole(self._file, target, result)
        except (OSError, RuntimeError) as error:
            raise BenchError(f"cannot write {target}: {error}") from error

    def _text(self, name: str) -> str:
        value = self._file["result"][name][()]
        return value.decode("utf-8", "ignore") if isinstance(value, bytes) else str(value)


def repair(path: str | Path, out: str | Path | None = None) -> Path:
    """Copy the file of a killed run out whole and return the copy's path.

    The copy's status is failed, unless the run had one already; the original stays as it is.

    Args:
        path: the file.
        out: the copy; by default beside the file, with ``_repaired`` in its name.

    Raises:
        ConfigError: no run file, or the copy exists already.
        BenchError: the copy cannot be written.
    """
    path = Path(path)
    target = Path(out) if out is not None else path.with_name(f"{path.stem}_repaired.h5")
    if target.exists():
        raise ConfigError(f"{target} exists already; choose another name")
    with StoredRun(path) as stored:
        result = stored.result()
        if result["status"] == "running":
            result |= {"status": "failed", "error": f"{RECOVERED}; {stored.rows} rows"}
        target.parent.mkdir(parents=True, exist_ok=True)
        stored.copy_to(target, result)
    return target


def _open(path: Path) -> h5py.File:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    try:
        return h5py.File(path, "r")
    except OSError:
        pass  # growing, or left by a killed process: only a SWMR reader gets in
    try:
        return h5py.File(path, "r", swmr=True)
    except (OSError, ValueError) as error:
        first = " ".join(str(error).split())[:200]
        raise ConfigError(f"{path} cannot be read as a run file: {first}") from error
