"""Readings of a simulated Keysight B2900: columns, and what leaves on the wire."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sim_instruments.keysight_b2900_commands import ELEMENTS
from sim_instruments.models.circuit import Array
from sim_instruments.scpi_parameters import INFINITY, NOT_A_NUMBER, definite, forms

COLUMNS: Final = tuple(forms(element)[0] for element in ELEMENTS)
SOURCES_CURRENT, COMPLIANCE, OVER_RANGE = 1, 2, 1 << 13
"""bits of the status element [M: B2900 SCPI 1-14]"""
NONE: Final = np.empty((0, len(COLUMNS)))


def interleaved(tables: Sequence[Array], elements: Sequence[str]) -> Array:
    """Return readings point by point, channel by channel [M: B2900 SCPI 4-28].

    A channel with fewer points than another is filled up with what is not a number, and so is
    the answer where there is nothing at all.
    """
    chosen = [COLUMNS.index(element) for element in elements]
    points = max(1, *map(len, tables))
    values = np.full((points, len(tables), len(chosen)), np.nan)
    for place, table in enumerate(tables):
        values[: len(table), place] = table[:, chosen]
    return values.ravel()


def wire(values: Array, form: str, order: str) -> str | bytes:
    """Return readings as the answer to a query; `form` is ASC, REAL,32 or REAL,64."""
    if form == "ASC":
        return ",".join([f"{value:+.6E}" for value in _finite(values).tolist()])
    kind = (">" if order == "NORM" else "<") + ("f4" if form == "REAL,32" else "f8")
    return definite(values.astype(kind).tobytes())


def _finite(values: Array) -> Array:
    """Return numbers for what is none [M: B2900 SCPI 1-12]."""
    return np.nan_to_num(values, nan=NOT_A_NUMBER, posinf=INFINITY, neginf=-INFINITY)


def columns(
    volts: Array, amperes: Array, time: Array, status: Array, source: Array, functions: set[str]
) -> Array:
    """Return rows of all elements; what is not measured is not a number."""
    none = np.full(len(time), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ohms = np.abs(volts / amperes) if "RES" in functions else none
    return np.column_stack([
        volts if functions & {"VOLT", "RES"} else none,
        amperes if functions & {"CURR", "RES"} else none,
        ohms, time, status, source,
    ])  # fmt: skip
