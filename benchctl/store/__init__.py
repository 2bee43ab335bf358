"""The run file: one HDF5 file a run, whole whatever happens to the process that writes it.

While it grows it is a SWMR file, never compressed: another process may read along, and a killed
writer leaves every flushed row. At the end it becomes a plain compressed file, atomically.
"""

from benchctl.store.reading import StoredRun, StoredTrace, repair
from benchctl.store.schema import Column, Header, columns_of, plain, slug
from benchctl.store.writing import RunFile

__all__ = [
    "Column",
    "Header",
    "RunFile",
    "StoredRun",
    "StoredTrace",
    "columns_of",
    "plain",
    "repair",
    "slug",
]
