"""A growing file becomes a plain compressed one; a file whose disk failed is closed."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchctl.store.schema import (
    CACHE,
    DESCRIBED,
    LIBVER,
    TRACE_COLUMNS,
    describe_data,
    shortest,
    stored_columns,
)

log = logging.getLogger(__name__)

#: Rows in a chunk of a finished file (128 kB), and rows copied at a time (1 MB).
_CHUNK = 16_384
_SLICE = 8 * _CHUNK
#: How netCDF-4 says "a dimension without coordinates".
_BARE_DIMENSION = "This is a netCDF dimension but not a netCDF variable.%10d"


def write_whole(source: h5py.File, target: Path, result: Mapping[str, str]) -> None:
    """Copy `source` to `target`, compressed; `target` appears whole or not at all.

    Raises:
        OSError, RuntimeError: it could not be written; what was at `target` is still there.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        _write_part(source, part, result)
        source.close()  # Windows replaces no open file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def attempt(action: Callable[..., object], *arguments: Any, what: str) -> bool:
    """Try to do something to a file whose disk failed; tell whether it worked."""
    try:
        action(*arguments)
    except (OSError, RuntimeError) as error:
        log.warning("could not %s: %s", what, reason(error))
        return False
    return True


def close_failed(file: h5py.File) -> None:
    """Close a file whose disk failed, without a crash at the interpreter's exit."""
    if not attempt(file.flush, what="flush the file"):
        # The disk is gone. HDF5 must get rid of what it holds, or it crashes at exit.
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, file.id.get_vfd_handle())
        os.close(nowhere)
    attempt(file.close, what="close the file")


def reason(error: BaseException) -> str:
    """Return the operating system's words for a failure of HDF5, which buries them."""
    found = re.search(r"error message = '([^']+)'", str(error))
    text = found[1] if found else getattr(error, "strerror", None) or str(error)
    return " ".join(text.split())[:200]


def acknowledged(root: h5py.Group) -> int:
    """Return the rows that were flushed: what all columns have, less what a full disk cut off."""
    rows = shortest([root["data"][name] for name in root["data"].attrs["columns"]])
    stored = int(root["result/rows"][()]) if "rows" in root["result"] else -1
    return min(rows, stored) if stored >= 0 else rows


def _write_part(source: h5py.File, part: Path, result: Mapping[str, str]) -> None:
    with _Disk(part, "w+b") as disk:
        with h5py.File(disk, "w", driver="fileobj", libver=LIBVER, rdcc_nbytes=CACHE) as file:
            _copy(source, file, result)
        if disk.failure is not None:
            raise disk.failure
        os.fsync(disk.fileno())


class _Disk(FileIO):
    """The file under HDF5, which does not survive a failed write: it hears of none."""

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`; after a failure, pretend."""
        done = 0
        try:
            while done < len(data) and self.failure is None:
                done += super().write(data[done:]) or 0
        except OSError as error:
            self.failure = error
        return len(data)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, with zeros where nothing could be written."""
        got = super().readinto(buffer) or 0
        buffer[got:] = bytes(len(buffer) - got)
        return len(buffer)

    def truncate(self, size: int | None = None) -> int:
        """Set the file's length; after a failure, pretend."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return size or 0


def _copy(source: h5py.File, file: h5py.File, result: Mapping[str, str]) -> None:
    file.attrs.update(source.attrs)
    columns = stored_columns(source)
    rows = acknowledged(source)
    data = file.create_group("data")
    describe_data(data, columns)
    for column in columns:
        _copy_dataset(source["data"][column.slug], data, rows)
    _add_dimension(data, [column.slug for column in columns], rows)
    _copy_traces(source["traces"], file.create_group("traces"))
    metadata = source["result/metadata"][()].decode("utf-8", "ignore")
    outcome = file.create_group("result")
    for name, text in (dict(result) | {"metadata": metadata}).items():
        outcome[name] = text


def _copy_traces(source: h5py.Group, target: h5py.Group) -> None:
    """Copy the waveforms that are complete."""
    count = shortest([source["row_size"], source["row"]])
    sizes = source["row_size"][:count]
    held = shortest([source[name] for name in TRACE_COLUMNS])
    whole = int(np.searchsorted(np.cumsum(sizes), held, side="right"))
    for name in TRACE_COLUMNS:
        _copy_dataset(source[name], target, int(sizes[:whole].sum()))
    for name in ("row_size", "row"):
        _copy_dataset(source[name], target, whole)


def _copy_dataset(source: h5py.Dataset, group: h5py.Group, rows: int) -> None:
    """Copy `rows` rows, a slice at a time: memory stays small however long the run was."""
    name = source.name.rsplit("/", 1)[-1]
    if rows:
        packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        chunks = (min(rows, _CHUNK),)
        dataset = group.create_dataset(name, (rows,), source.dtype, chunks=chunks, **packed)
    else:
        dataset = group.create_dataset(name, (0,), source.dtype)
    dataset.attrs.update({k: v for k, v in source.attrs.items() if k in DESCRIBED})
    for start in range(0, rows, _SLICE):
        end = min(start + _SLICE, rows)
        dataset[start:end] = source[start:end]


def _add_dimension(group: h5py.Group, names: list[str], rows: int) -> None:
    """Give the columns one netCDF dimension, so that xarray reads them as one table."""
    name = "record" if "record" not in names else "record_number"
    scale = group.create_dataset(name, (rows,), ">f4")
    scale.make_scale(_BARE_DIMENSION % rows)
    for column in names:
        group[column].dims[0].attach_scale(scale)
