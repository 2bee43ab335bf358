"""A run file while it grows."""

import errno
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Self

import h5py
import numpy as np
from h5py import h5d, h5f, h5s, h5t
from numpy.typing import ArrayLike

from benchctl.errors import BenchError, ConfigError
from benchctl.stimulus import Trace
from benchctl.store.reading import Columns
from benchctl.store.schema import (
    CACHE,
    CHUNK,
    LIBVER,
    RESULT_BYTES,
    TRACE_COLUMNS,
    Column,
    Header,
    checked_columns,
    describe,
    describe_data,
    to_json,
)
from benchctl.store.whole import attempt, close_failed, reason, write_whole

log = logging.getLogger(__name__)

#: Seconds after which appended rows are forced to the disk.
SYNC_EVERY = 0.75


class RunFile:
    """One growing run file. Not thread-safe: `append` and `finish` need the caller's lock."""

    def __init__(self, path: Path, file: h5py.File, columns: list[Column]) -> None:
        self.path = path
        self.rows = 0
        self.columns = columns
        self._file = file
        self._datasets = {c.slug: file["data"][c.slug].id for c in columns}
        self._traces = {
            name: file["traces"][name].id for name in (*TRACE_COLUMNS, "row_size", "row")
        }
        # Kept open: on a lost disk, closing a dataset fails, and HDF5 does not survive that.
        self._result = {name: file["result"][name] for name in (*RESULT_BYTES, "rows")}
        self._samples = 0
        self._trace_count = 0
        self._descriptor = file.id.get_vfd_handle()
        self._synced = monotonic()
        self._dirty = False
        self._broken = False

    @classmethod
    def create(cls, path: Path, header: Header, columns: list[Column]) -> Self:
        """Make the file, folders included, ready to grow.

        Raises:
            ConfigError: the file exists already, or two columns share a name.
            BenchError: it cannot be written.
        """
        checked_columns(columns, path)
        if path.exists():
            raise ConfigError(f"{path} exists already; choose another name")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = h5py.File(path, "x", libver=LIBVER, rdcc_nbytes=CACHE)
        except OSError as error:
            raise BenchError(f"cannot create {path}: {reason(error)}") from error
        try:
            _lay_out(file, header, columns)
            file.flush()
            file.swmr_mode = True
            return cls(path, file, columns)
        except (OSError, RuntimeError) as error:
            close_failed(file)
            raise BenchError(f"cannot write {path}: {reason(error)}") from error

    @property
    def data(self) -> Columns:
        """What was appended so far, by slug."""
        return Columns(self._file["data"], self.columns, self.rows)

    def append(self, columns: Mapping[str, ArrayLike]) -> None:
        """Write rows, flush them, and force them to the disk when that is due.

        A call that was interrupted can be repeated: it writes the same rows again.

        Raises:
            BenchError: they could not be written; the rows before them are safe.
        """
        arrays = {s: np.ascontiguousarray(columns[s], dtype=np.float64) for s in self._datasets}
        start = self.rows
        end = start + min((len(a) for a in arrays.values()), default=0)
        try:
            self._writable()
            for name, array in arrays.items():
                _write(self._datasets[name], start, array)
            h5f.flush(self._file.id)
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error
        self._dirty = True
        if monotonic() - self._synced >= 1.0:
            self.sync()
        # Last: an interrupted caller repeats the call, and a slow disk is where that happens.
        self.rows = end

    def append_trace(self, trace: Trace, row: int) -> None:
        """Write a waveform that belongs to row `row`.

        Raises:
            BenchError: it could not be written.
        """
        start, count = self._samples, self._trace_count
        try:
            self._writable()
            for name in TRACE_COLUMNS:
                _write(self._traces[name], start, np.asarray(getattr(trace, name), np.float64))
            _write(self._traces["row_size"], count, np.array([len(trace.time)], np.int64))
            _write(self._traces["row"], count, np.array([row], np.int64))
            h5f.flush(self._file.id)
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error
        self._samples = start + len(trace.time)
        self._trace_count = count + 1
        self._dirty = True

    def sync(self) -> None:
        """Force what was flushed to the disk, where the last time is not recent.

        The one method that may run beside `append`, in another thread.

        Raises:
            BenchError: the disk lost what it had taken.
        """
        if not self._dirty or self._broken or monotonic() - self._synced < SYNC_EVERY:
            return
        self._dirty, self._synced = False, monotonic()
        try:
            _force(self._descriptor)
        except OSError as error:
            raise self._failure(error) from error

    def note_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Store what PyMeasure's ``Metadata`` evaluated to, after the start-up.

        Raises:
            BenchError: it could not be written.
        """
        try:
            self._writable()
            self._set_result(metadata=to_json(metadata))
            h5f.flush(self._file.id)
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error

    def finish(
        self, status: str, analysis: Mapping[str, Any], error: str | None = None, ended: str = ""
    ) -> None:
        """Store the result and turn the file into a plain compressed one, atomically.

        Where that fails (a full disk, a reader that holds the file on Windows), the
        uncompressed file stays, complete. After a failed `append` nothing more is asked of the
        disk than the result.
        """
        result = {"status": status, "ended": ended, "error": error or ""}
        result["analysis"] = to_json(analysis)
        if not self._broken:
            try:
                self._set_result(**result)
                self._set_rows()
                h5f.flush(self._file.id)
                _force(self._descriptor)
            except (OSError, RuntimeError) as failure:
                log.warning("%s", self._failure(failure))
        if self._broken:
            self._abandon(result)
            return
        self._file.close()
        try:
            with h5py.File(self.path, "r", rdcc_nbytes=CACHE) as source:
                write_whole(source, self.path, result)
        except (OSError, RuntimeError) as failure:
            log.warning("%s stays uncompressed (%s); it is complete", self.path, reason(failure))

    def _writable(self) -> None:
        if self._broken:
            raise OSError("an earlier write failed")

    def _failure(self, error: Exception) -> BenchError:
        self._broken = True
        return BenchError(
            f"cannot write {self.path}: {reason(error)}; its first {self.rows} rows are safe"
        )

    def _set_result(self, **texts: str) -> None:
        for name, text in texts.items():
            whole = text.encode()
            most = RESULT_BYTES[name]
            if len(whole) > most and name in ("analysis", "metadata"):
                log.warning("%s: %s is too long for an unfinished file", self.path, name)
                whole = b"{}"  # half a JSON text is none
            self._result[name][()] = np.bytes_(whole[:most])

    def _set_rows(self) -> None:
        """Say how many rows count: once said, those that follow do not."""
        self._result["rows"][()] = self.rows

    def _abandon(self, result: Mapping[str, str]) -> None:
        """Close a file whose disk takes no more, keeping all that was acknowledged.

        Cutting the columns back drops the chunks that cannot be written; without that HDF5
        tries again at every close and crashes the interpreter at its exit.
        """
        for name, dataset in self._datasets.items():
            attempt(dataset.set_extent, (self.rows,), what=f"cut {name} back")
        for name, dataset in self._traces.items():
            length = self._samples if name in TRACE_COLUMNS else self._trace_count
            attempt(dataset.set_extent, (length,), what=f"cut {name} back")
        attempt(lambda: self._set_result(**result), what="store the result")
        attempt(self._set_rows, what="store the number of rows")
        close_failed(self._file)


def _lay_out(file: h5py.File, header: Header, columns: list[Column]) -> None:
    """Create every group, dataset and attribute: none may be added once SWMR is on."""
    header.write(file)
    describe_data(file.create_group("data"), columns)
    for column in columns:
        describe(_growing(file["data"], column.slug, "f8"), column)
    traces = file.create_group("traces")
    for name, unit in TRACE_COLUMNS.items():
        describe(_growing(traces, name, "f8"), Column(name, name, unit))
    for name in ("row_size", "row"):
        _growing(traces, name, "i8")
    result = file.create_group("result")
    for name, size in RESULT_BYTES.items():
        result[name] = np.zeros((), dtype=f"S{size}")
    result["rows"] = np.int64(-1)
    result["status"][()] = np.bytes_("running")


def _growing(group: h5py.Group, name: str, dtype: str) -> h5py.Dataset:
    return group.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(CHUNK,))


def _write(dataset: h5d.DatasetID, start: int, array: Any) -> None:
    """Write `array` at `start`. The low-level calls take a third of the time of the high ones."""
    dataset.set_extent((start + len(array),))
    if not len(array):
        return
    there = dataset.get_space()
    there.select_hyperslab((start,), (len(array),))
    native = h5t.NATIVE_DOUBLE if array.dtype == np.float64 else h5t.NATIVE_INT64
    dataset.write(h5s.create_simple((len(array),)), there, array, native)


def _force(descriptor: int) -> None:
    """Force a file to the disk, where its file system can."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
