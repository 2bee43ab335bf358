"""Readings of a simulated Keithley 2400: columns, the status word, and what leaves on the wire."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_instruments.scpi_parameters import INFINITY as OVERFLOW

Array = NDArray[np.float64]
ELEMENTS: Final = ("VOLTage", "CURRent", "RESistance", "TIME", "STATus")
"""Whatever the order asked for, this is the order sent [M: 2401 manual 18-48, figure 18-1]."""

# The status word [M: 2401 manual 18-50, 18-51 for bits 0 and 16 to 23; the others MEM]
FILTERED, FRONT, COMPLIANCE, AUTO_OHMS = 1 << 1, 1 << 2, 1 << 3, 1 << 10
VOLTS, AMPERES, OHMS, SOURCES_VOLTAGE, SOURCES_CURRENT = (1 << n for n in range(11, 16))
RANGE_COMPLIANCE, OFFSET_COMPENSATED, FOUR_WIRE = 1 << 16, 1 << 17, 1 << 22

_STATISTICS: Final[dict[str, Callable[[Array], float]]] = {
    "MEAN": np.mean,
    "SDEV": lambda values: float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
    "MAX": np.max,
    "MIN": np.min,
    "PKPK": np.ptp,
}


@dataclass(slots=True)
class Trace:
    """The buffer behind ``:TRACe``, one row of five elements per reading."""

    rows: Array = field(default_factory=lambda: np.empty((0, 5)))
    storing: bool = False

    def store(self, rows: Array, capacity: int) -> bool:
        """Append as many rows as fit; True when the buffer has become full."""
        self.rows = np.concatenate([self.rows, rows[: capacity - len(self.rows)]])
        full = len(self.rows) >= capacity
        self.storing = not full
        return full


def ohms(volts: Array, amperes: Array) -> Array:
    """Return resistances; an overflow where no current flows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = volts / amperes
    return np.where(np.isfinite(values), values, OVERFLOW)


def wire(table: Array, elements: tuple[bool, ...], binary: bool, swapped: bool) -> str | bytes:
    """Return readings as the answer to a query; one header for all of them [M: 2401 18-48]."""
    chosen = table[:, np.array(elements)].ravel()
    if binary:
        return b"#0" + chosen.astype("<f4" if swapped else ">f4").tobytes()
    return ",".join([f"{value:+.6E}" for value in chosen.tolist()])


def statistics(table: Array, elements: tuple[bool, ...], kind: str) -> str:
    """Return a statistic of the chosen ones of voltage, current and resistance."""
    columns = [table[:, i] for i in range(3) if elements[i]]
    return ",".join(f"{float(_STATISTICS[kind](column)):+.6E}" for column in columns)
