"""Axes that speak in quantities, and the colours around a plot."""

import math
from collections.abc import Sequence
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFontMetricsF

from benchctl.gui.theme import Theme
from benchctl.headings import Heading, decade

#: Decades below which a log axis is divided evenly.
NARROW: Final = 0.6


# pyqtgraph ships no types in some releases: its classes are Any then.
class QuantityAxis(pg.AxisItem):  # type: ignore[misc,unused-ignore]
    """An axis that speaks in SI prefixes, in decades too."""

    # pyqtgraph resizes an axis before its __init__ returns.
    _named: bool | None = None
    _short = False
    _whole = False

    def __init__(self, orientation: str, head: Heading, *, log: bool, folded: bool = False) -> None:
        super().__init__(orientation)
        self.head = head
        self._log = log
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
        self._write()

    def _write(self) -> None:
        """Write the label, without its title where there is no room."""
        title = "" if self._short else self.head.title
        title = f"|{title}|" if self._named and title else title
        unit = self.head.unit.replace("Ohm", "Ω")
        if self._log and unit:
            self.setLabel(f"{title} ({unit})".strip())
        else:
            self.setLabel(title, units=unit or None)

    def resizeEvent(self, event: Any = None) -> None:  # noqa: N802 - pyqtgraph's name
        """Leave the title out where it is longer than the axis: the unit is needed more."""
        super().resizeEvent(event)
        if self._named is None or self.orientation != "left":
            return
        words = QFontMetricsF(self.label.font()).horizontalAdvance(f"{self.head.title} (mm)")
        short = bool(self.head.unit) and words > self.size().height()
        if short != self._short:
            self._short = short
            self._write()

    def expect(self, *, whole: bool) -> None:
        """Take note whether all there is to show are whole numbers."""
        if whole != self._whole:
            self._whole = whole
            self.picture = None
            self.update()

    def tickSpacing(  # noqa: N802 - pyqtgraph's name
        self, minimum: float, maximum: float, size: float
    ) -> list[tuple[float, float]]:
        """Return the steps of the ticks, none of them a fraction where all is whole."""
        levels = list(super().tickSpacing(minimum, maximum, size))
        if not self._whole or self._log or self.head.unit:
            return levels
        return [level for level in levels if level[0] >= 1.0] or [(1.0, 0.0)]

    def tickValues(  # noqa: N802 - pyqtgraph's name
        self, minimum: float, maximum: float, size: float
    ) -> list[tuple[float | None, list[float]]]:
        """Return the ticks level by level, none of them twice: text drawn twice looks bold."""
        if self.head.codes:
            return [(None, [n for n in sorted(self.head.codes) if minimum <= n <= maximum])]
        found = super().tickValues(minimum, maximum, size)
        if not self._log:
            return list(found)
        if maximum - minimum < NARROW:
            return [(None, fine_ticks(minimum, maximum, self._room(size)))]
        levels: list[tuple[float | None, list[float]]] = []
        seen: set[float] = set()
        for spacing, values in found:
            fresh = [value for value in values if round(value, 9) not in seen]
            seen.update(round(value, 9) for value in fresh)
            levels.append((spacing, fresh))
        return levels

    def tickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """Return the texts of the ticks: words where the column has words for values."""
        if self.head.codes:
            return [self.head.say(value) for value in values]
        return list(super().tickStrings(values, scale, spacing))

    def logTickStrings(  # noqa: N802 - pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """Return "10 µ" for a current or a conductance, 10⁵ for a time or a count."""
        decades = self.range[1] - self.range[0]
        across = self.orientation == "bottom"
        length = float(self.size().width() if across else self.size().height())
        room = self._room(length) / max(decades, 1e-9)
        shown, every = labelled(decades, room), max(1, math.ceil(1 / max(room, 1e-9)))
        numbers = [10.0**value for value in values]
        return [
            decade(n, self.head.unit)
            if lead(n) in shown and (every == 1 or round(math.log10(n)) % every == 0)
            else ""
            for n in numbers
        ]

    def _room(self, length: float) -> float:
        """Return how many labels fit side by side on an axis of `length` pixels."""
        metrics = QFontMetricsF(self.label.font())
        across = self.orientation == "bottom"
        wide = metrics.horizontalAdvance("500 µ") + 8 if across else metrics.height() + 2
        return max(2.0, length / wide)


def fine_ticks(minimum: float, maximum: float, most: float = 6) -> list[float]:
    """Return ticks of a log axis, as exponents, at round steps of the value itself.

    >>> [round(10**tick) for tick in fine_ticks(1.9, 2.1)]
    [80, 90, 100, 110, 120]
    """
    low, high = 10.0**minimum, 10.0**maximum
    scale = 10.0 ** math.floor(math.log10((high - low) / 4))
    most = min(6, max(1.5, most))
    step = next(scale * n for n in (1, 2, 5, 10, 20, 50) if (high - low) / (scale * n) <= most)
    return [
        math.log10(n * step) for n in range(math.ceil(low / step), math.floor(high / step) + 1) if n
    ]


def lead(value: float) -> int:
    """Return the first digit of a number, 0 where others follow it."""
    digits = value / 10.0 ** math.floor(math.log10(value) + 1e-9)
    return round(digits) if math.isclose(digits, round(digits), rel_tol=1e-6) else 0


def labelled(decades: float, room: float = math.inf) -> set[int]:
    """Return the first digits that get a label on a log axis that long.

    `room` is how many labels fit into a decade.

    >>> labelled(1.0), labelled(1.0, 2.0), labelled(3.0)
    ({1, 2, 5}, {1}, {1})
    """
    if decades > 2.5 or room < 1 / math.log10(2):
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
    """Return a legend's entry as rich text that is never broken."""
    return f"<span style='color:{colour}'>●</span>&nbsp;{text.replace(' ', '&nbsp;')}"
