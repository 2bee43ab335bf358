"""The run file: one HDF5 file a run, whole whatever happens to the process that writes it."""

import re
from dataclasses import dataclass

_COLUMN = re.compile(r"(.*?)\s*(?:\(([^()]*)\))?\s*")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a run."""

    slug: str
    """how code and the file name it"""
    title: str
    """how people read it: "Set conductance (S)" """
    unit: str
    """"" for a plain number"""

    @classmethod
    def of(cls, title: str) -> "Column":
        """Return the column of a PyMeasure title.

        >>> Column.of("Set conductance (S)")
        Column(slug='set_conductance', title='Set conductance (S)', unit='S')
        """
        match = _COLUMN.fullmatch(title)
        text, unit = match.groups() if match else (title, None)
        return cls(re.sub(r"\W+", "_", text.lower()).strip("_"), title, unit or "")
