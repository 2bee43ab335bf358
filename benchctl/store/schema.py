"""What is where in a run file, and how it is named."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import h5py
import numpy as np
from numpy.typing import NDArray

from benchctl.errors import ConfigError

FORMAT: Final = "benchctl-run"
VERSION: Final = 1
#: Lets HDF5 1.10 and everything since read it; a lower bound would rule SWMR out.
LIBVER: Final = ("v110", "v110")
#: Rows in a chunk of a growing file. Each flush rewrites the last chunk of every column: 16 kB.
CHUNK: Final = 2048
#: Bytes HDF5 may keep of each column; its own choice, 8 MB, is a lot for many columns.
CACHE: Final = 2**20
#: What a file says about a column.
DESCRIBED: Final = ("units", "long_name", "flag_values", "flag_meanings")
TRACE_COLUMNS: Final = {"time": "s", "voltage": "V", "current": "A"}
#: Bytes set aside for each text of /result: nothing may be created once SWMR is on.
RESULT_BYTES: Final = {
    "status": 16,
    "ended": 40,
    "error": 2000,
    "analysis": 65536,
    "metadata": 65536,
}

_COLUMN = re.compile(r"(.*?)\s*(?:\(([^()]*)\))?\s*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a run."""

    slug: str
    """how code and the file name it"""
    title: str
    """how people read it: "Set conductance (S)" """
    unit: str
    """"" for a plain number"""
    codes: Mapping[float, str] = field(default_factory=dict, hash=False, repr=False)
    """words for the numbers of a column that has words for values"""

    @classmethod
    def of(cls, title: str, codes: Mapping[float, str] = {}) -> "Column":
        """Return the column of a PyMeasure title.

        >>> Column.of("Set conductance (S)")
        Column(slug='set_conductance', title='Set conductance (S)', unit='S')
        """
        match = _COLUMN.fullmatch(title)
        text, unit = match.groups() if match else (title, None)
        return cls(re.sub(r"\W+", "_", text.lower()).strip("_"), title, unit or "", codes)

    @property
    def attributes(self) -> dict[str, Any]:
        """What a file says about the column; the words as the CF conventions have them."""
        said: dict[str, Any] = {"units": self.unit or "1", "long_name": self.title}
        if self.codes:
            said["flag_values"] = np.array(list(self.codes), dtype=float)
            said["flag_meanings"] = " ".join(w.replace(" ", "_") for w in self.codes.values())
        return said

    @classmethod
    def read(cls, slug: str, attributes: Mapping[str, Any]) -> "Column":
        """Return the column that `attributes` tell of."""
        words = str(attributes.get("flag_meanings", "")).split()
        numbers = attributes.get("flag_values", ())
        return cls(
            slug,
            str(attributes["long_name"]),
            str(attributes["units"]).removeprefix("1"),
            {float(n): w.replace("_", " ") for n, w in zip(numbers, words, strict=False)},
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about its run, all of it known before the first row."""

    procedure: str
    """its name on the command line"""
    dut: str
    started: str
    """ISO 8601, UTC"""
    run_id: str
    title: str = ""
    module: str = ""
    """where the procedure's class is: "package.module:Class" """
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """SI values at full precision"""
    bench: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def write(self, root: h5py.Group) -> None:
        """Set the attributes of `root`."""
        root.attrs.update({"format": FORMAT, "format_version": VERSION, "NX_class": "NXentry"})
        root.attrs["default"] = "data"
        for name in ("procedure", "dut", "started", "run_id", "title", "module"):
            root.attrs[name] = getattr(self, name).replace("\0", "")
        for name in ("parameters", "bench", "software"):
            root.attrs[name] = to_json(getattr(self, name))
        root.attrs["seed"] = "" if self.seed is None else self.seed

    @classmethod
    def read(cls, root: h5py.Group) -> "Header":
        """Return the header of a file.

        Raises:
            ConfigError: no run file, or one of a version this benchctl does not know.
        """
        if root.attrs.get("format") != FORMAT:
            raise ConfigError(f"{root.file.filename} is not a benchctl run file")
        version = root.attrs["format_version"]
        if version != VERSION:
            raise ConfigError(
                f"{root.file.filename} has format version {version}, this benchctl reads "
                f"{VERSION}; update benchctl"
            )
        texts = ("procedure", "dut", "started", "run_id", "title", "module")
        values = {name: str(root.attrs[name]) for name in texts}
        return cls(
            **values,
            parameters=json.loads(root.attrs["parameters"]),
            bench=json.loads(root.attrs["bench"]),
            software=json.loads(root.attrs["software"]),
            seed=None if root.attrs["seed"] == "" else int(root.attrs["seed"]),
        )

    @property
    def file_name(self) -> str:
        """The run's file name: when, what, on what, and a short id."""
        started = re.sub(r"[-:]|\.\d+|\+00:00", "", self.started).rstrip("Z") + "Z"
        return f"{started}_{slug(self.procedure)}_{slug(self.dut)}_{self.run_id[:8]}.h5"


def slug(text: str, most: int = 60) -> str:
    """Return `text` as a file name that every system takes.

    >>> slug("HfOx W07/Ω #3"), slug("con.txt"), slug("..")
    ('HfOx-W07-3', 'con-txt', 'unnamed')
    """
    ascii_text = normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_]+", "-", ascii_text).strip("-")[:most].rstrip("-")
    if not name:
        return "unnamed"
    return f"{name}-" if _RESERVED.fullmatch(name) else name


def plain(value: Any) -> Any:
    """Return `value` as JSON has it: no NumPy types, no tuples, null where it is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def to_json(value: Any) -> str:
    """Return `value` as JSON; floats keep every digit."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def describe(dataset: h5py.Dataset, column: Column) -> None:
    """Set the attributes of a column."""
    dataset.attrs.update(column.attributes)


def describe_data(group: h5py.Group, columns: list[Column]) -> None:
    """Set the attributes of /data."""
    slugs = [column.slug for column in columns]
    group.attrs["NX_class"] = "NXdata"
    group.attrs["columns"] = np.array(slugs, dtype=h5py.string_dtype())
    if slugs:
        group.attrs["signal"] = slugs[-1]
        group.attrs["axes"] = slugs[0]


def stored_columns(root: h5py.Group) -> list[Column]:
    """Return the columns of a file, in their order."""
    data = root["data"]
    return [Column.read(name, data[name].attrs) for name in data.attrs["columns"]]


def columns_of(procedure: Any) -> list[Column]:
    """Return the columns of whatever has ``DATA_COLUMNS``, and maybe ``CODES``: a procedure."""
    codes = getattr(procedure, "CODES", {})
    bare = (Column.of(title) for title in procedure.DATA_COLUMNS)
    return [Column.of(column.title, codes.get(column.slug, {})) for column in bare]


def shortest(datasets: list[h5py.Dataset]) -> int:
    """Return the rows that all have; a killed writer can leave some one block longer."""
    return min((d.shape[0] for d in datasets), default=0)


def floats(dataset: h5py.Dataset, rows: slice) -> NDArray[np.float64]:
    """Return some rows of a column."""
    return np.asarray(dataset[rows], dtype=np.float64)


def checked_columns(columns: list[Column], path: Path) -> None:
    """Refuse columns that one file cannot tell apart."""
    slugs = [column.slug for column in columns]
    for name in slugs:
        if not name or slugs.count(name) > 1:
            raise ConfigError(
                f"{path}: the columns {[c.title for c in columns]} need names that differ "
                "before the unit"
            )
