"""What a procedure declares about its columns and plots, as people read it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchctl.quantities import show

_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_QUANTITIES: Final = {
    "V": "Voltage", "A": "Current", "S": "Conductance", "Ohm": "Resistance", "s": "Time",
    "J": "Energy", "K": "Temperature", "W": "Power",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is called: "Set conductance", "S"."""

    title: str
    unit: str
    codes: Mapping[float, str] = field(default_factory=dict, hash=False, repr=False)
    """words for the numbers of a column that has words for values"""

    def say(self, value: float) -> str:
        """Return a value of the column as people read it.

        >>> Heading("Branch", "", {1: "up"}).say(1.0), Heading("Cycle", "").say(1e4)
        ('up', '10,000')
        """
        return self.codes.get(value) or say(value, self.unit)


def heading(column: str, codes: Mapping[float, str] = {}) -> Heading:
    """Split a full column name.

    >>> heading("Set conductance (S)"), heading("Cycle")
    (Heading(title='Set conductance', unit='S'), Heading(title='Cycle', unit=''))
    """
    if not column.endswith(")"):
        return Heading(column.strip(), "", codes)
    title, _, unit = column[:-1].rpartition("(")
    return Heading(title.strip(), unit.strip(), codes)


def say(value: float, unit: str) -> str:
    """Return a quantity, or a count with its thousands apart.

    >>> say(1e7, ""), say(0.25, ""), say(2.5e-6, "S"), say(-0.0, "A")
    ('10,000,000', '0.25', '2.5 µS', '0 A')
    """
    if not unit and float(value).is_integer() and abs(value) < 1e12:
        return f"{int(value):,}"
    return show(float(value) + 0.0, unit)  # added to 0, a -0 loses its sign


def common_heading(heads: Sequence[Heading]) -> Heading:
    """Return one heading for an axis that several columns share."""
    if len(heads) == 1:
        return heads[0]
    units = {head.unit for head in heads}
    unit = units.pop() if len(units) == 1 else ""
    return Heading(_QUANTITIES.get(unit, " / ".join(head.title for head in heads)), unit)


def decade(value: float, unit: str) -> str:
    """Return the tick text of a log axis.

    >>> decade(1e-5, "A"), decade(1e5, "s"), decade(2e5, "s"), decade(1000, "")
    ('10 µ', '10⁵', '2·10⁵', '1000')
    """
    if unit and unit != "s":
        return show(value, unit).removesuffix(unit).rstrip()
    exponent = math.floor(math.log10(value) + 1e-9)
    if -2 <= exponent <= 3:
        return f"{value:.6g}"
    digits = value / 10.0**exponent
    power = f"10{str(exponent).translate(_SUPERSCRIPT)}"
    return power if math.isclose(digits, 1.0, rel_tol=1e-6) else f"{digits:.3g}·{power}"


def spoken(bench: str) -> str:
    """Return a bench's name as people say it.

    >>> spoken("built_in_bench"), spoken("three_terminal")
    ('built-in bench', 'three terminal')
    """
    return bench.replace("built_in", "built-in").replace("_", " ")


def plots_of(procedure: Any) -> tuple[Any, ...]:
    """Return the plots of a procedure, or of whatever else has ``DATA_COLUMNS`` (a stored run).

    Those it declares, as far as it has their columns: a file may be older than its procedure.
    Where that leaves none, every other column over the first.
    """
    from benchctl.procedure import Plot  # brings PyMeasure, too slow for the first picture

    slugs = list(headings_of(procedure))
    declared = tuple(p for p in getattr(procedure, "PLOTS", ()) if _needs(p) <= {*slugs})
    return declared or tuple(Plot(slugs[0], slug) for slug in slugs[1:] or slugs)


def _needs(plot: Any) -> set[str]:
    """Return the columns a plot is drawn from."""
    ys = (plot.y,) if isinstance(plot.y, str) else plot.y
    return {plot.x, *ys, plot.by} - {""}


def headings_of(procedure: Any) -> dict[str, Heading]:
    """Return slug to heading of a procedure's columns."""
    from benchctl.store import columns_of

    return {c.slug: heading(c.title, c.codes) for c in columns_of(procedure)}
