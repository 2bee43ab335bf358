"""Axes that speak in quantities, and the colours around a plot."""

import math
from collections.abc import Sequence
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtGui import QColor

from benchctl.gui.theme import Theme
from benchctl.headings import Heading, decade

#: Decades below which a log axis is divided evenly.
NARROW: Final = 0.6


# pyqtgraph ships no types in some releases: its classes are Any then.
class QuantityAxis(pg.AxisItem):  # type: ignore[misc,unused-ignore]
    """An axis that speaks in SI prefixes, in decades too."""

    def __init__(self, orientation: str, head: Heading, *, log: bool, folded: bool = False) -> None:
        super().__init__(orientation)
        self.head = head
        self._log = log
        self._named: bool | None = None
        if head.unit == "s":
            # Above a second people do not count in kiloseconds.
            self.setSIPrefixEnableRanges(((0.0, 1.0),))
        self.enableAutoSIPrefix(bool(head.unit) and not log)
        self.name_it(folded=folded)

    def name_it(self, *, folded: bool) -> None:
        """Set the label; `folded` says that magnitudes are drawn."""
        if folded is self._named:
            return
        self._named = folded
        title = f"|{self.head.title}|" if folded else self.head.title
        unit = self.head.unit.replace("Ohm", "Ω")
        if self._log and unit:
            self.setLabel(f"{title} ({unit})")
        else:
            self.setLabel(title, units=unit or None)

    def tickValues(  # noqa: N802 - pyqtgraph's name
        self, minimum: float, maximum: float, size: float
    ) -> list[tuple[float | None, list[float]]]:
        """Return the ticks level by level, none of them twice: text drawn twice looks bold."""
        found = super().tickValues(minimum, maximum, size)
        if not self._log:
            return list(found)
        if maximum - minimum < NARROW:
            return [(None, fine_ticks(minimum, maximum))]
        levels: list[tuple[float | None, list[float]]] = []
        seen: set[float] = set()
        for spacing, values in found:
            fresh = [value for value in values if round(value, 9) not in seen]
            seen.update(round(value, 9) for value in fresh)
            levels.append((spacing, fresh))
        return levels

    def logTickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """Return "10 µ" for a current or a conductance, 10⁵ for a time or a count."""
        shown = labelled(self.range[1] - self.range[0])
        numbers = [10.0**value for value in values]
        return [decade(n, self.head.unit) if lead(n) in shown else "" for n in numbers]


def fine_ticks(minimum: float, maximum: float) -> list[float]:
    """Return ticks of a log axis, as exponents, at round steps of the value itself.

    >>> [round(10**tick) for tick in fine_ticks(1.9, 2.1)]
    [80, 90, 100, 110, 120]
    """
    low, high = 10.0**minimum, 10.0**maximum
    scale = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(scale * n for n in (1, 2, 5, 10) if (high - low) / (scale * n) <= 6)
    return [
        math.log10(n * step) for n in range(math.ceil(low / step), math.floor(high / step) + 1) if n
    ]


def lead(value: float) -> int:
    """Return the first digit of a number, 0 where others follow it."""
    digits = value / 10.0 ** math.floor(math.log10(value) + 1e-9)
    return round(digits) if math.isclose(digits, round(digits), rel_tol=1e-6) else 0


def labelled(decades: float) -> set[int]:
    """Return the first digits that get a label on a log axis that long."""
    if decades > 2.5:
        return {1}
    return {1, 2, 5} if decades >= NARROW else set(range(10))


def dress_plot(plot: Any, theme: Theme) -> None:
    """Give a plot widget the theme's colours."""
    plot.setBackground(theme.surface)
    plot.showGrid(x=True, y=True, alpha=1.0)
    for side in ("bottom", "left"):
        axis = plot.getAxis(side)
        # See-through and minor grid lines take most of a repaint's time.
        axis.setStyle(maxTickLevel=1, tickAlpha=255)
        axis.setTickPen(theme.grid)
        axis.setZValue(-1)  # the grid lies under the curves
        axis.setPen(theme.muted)
        axis.setTextPen(theme.text)
        axis.label.setDefaultTextColor(QColor(theme.text))


def swatch(colour: str, text: str) -> str:
    """Return a legend's entry as rich text."""
    return f"<span style='color:{colour}'>●</span>&nbsp;{text}"
