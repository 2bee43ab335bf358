"""Plots that follow a `LiveTable`: readable axes, few points, nothing redrawn without need."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from benchctl.gui.live import Curve, LivePlot, LiveTable
from benchctl.gui.theme import Theme, between
from benchctl.headings import Heading, common_heading
from benchctl.quantities import show

#: Curves of fewer points show each point.
DOTTED: Final = 64
#: Symbols are dearer than lines: this many at most.
MOST_SYMBOLS: Final = 1500
#: Decades below which a log axis is divided evenly.
NARROW: Final = 0.6
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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


class PlotCard(QWidget):
    """One live plot under a line that names it and its curves."""

    def __init__(self, live: LivePlot, headings: Mapping[str, Heading], theme: Theme) -> None:
        super().__init__()
        self.live = live
        self._headings = headings
        self._theme = theme
        self._drawn: tuple[Any, ...] = ()
        self._items: list[Any] = []
        spec = live.spec
        y = common_heading([headings[slug] for slug in live.columns])
        self._x_axis = QuantityAxis("bottom", headings[spec.x], log=spec.log_x)
        self._y_axis = QuantityAxis("left", y, log=spec.log_y)
        self.plot = pg.PlotWidget(axisItems={"bottom": self._x_axis, "left": self._y_axis})
        self.plot.setLogMode(spec.log_x, spec.log_y)
        self.plot.getPlotItem().setDownsampling(auto=False)
        self.plot.setMinimumSize(220, 120)
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.setSpacing(2)
        layout.addWidget(self._legend)
        layout.addWidget(self.plot, 1)
        self.dress(theme)

    def dress(self, theme: Theme) -> None:
        """Put on other colours."""
        self._theme = theme
        self._drawn = ()
        dress_plot(self.plot, theme)

    def refresh(self, table: LiveTable) -> bool:
        """Draw what is new; return whether anything was."""
        view = self._view()
        key = (self.live.version, view)
        if key == self._drawn:
            return False
        with table.lock:
            curves = self.live.curves(view, self._most())
            folded = set(self.live.folded)
            truncated = self.live.truncated
        self._drawn = key
        self._y_axis.name_it(folded=bool(folded & set(self.live.columns)))
        self._x_axis.name_it(folded=self.live.spec.x in folded)
        self._draw(curves, truncated)
        self._legend.setText(self._describe(curves, truncated))
        return True

    @property
    def empty(self) -> bool:
        """Whether rows came, and nothing to draw was observed in any."""
        return bool(self.live.version) and not self.live.observed

    def _most(self) -> int:
        return MOST_SYMBOLS if self.live.spec.kind == "points" else 4000

    def _view(self) -> tuple[float, float] | None:
        """Return the x range in sight, or None while the plot follows all data."""
        box = self.plot.getViewBox()
        if box.autoRangeEnabled()[0]:
            return None
        low, high = box.viewRange()[0]
        return (10.0**low, 10.0**high) if self.live.spec.log_x else (low, high)

    def _draw(self, curves: list[Curve], truncated: bool) -> None:
        while len(self._items) < len(curves):
            item = pg.PlotDataItem(skipFiniteCheck=True)
            self.plot.addItem(item)
            self._items.append(item)
        for item in self._items[len(curves) :]:
            item.setData([], [])
        groups = list(dict.fromkeys(curve.group for curve in curves))
        for item, curve in zip(self._items, curves, strict=False):
            colour = self._colour(curve, groups, truncated)
            line = self.live.spec.kind == "line"
            dots = not line or len(curve.x) <= DOTTED
            item.setData(
                curve.x,
                curve.y,
                # A pen wider than a pixel costs two hundred times as much on a dense curve.
                pen=pg.mkPen(colour, width=1) if line else None,
                antialias=True,
                symbol="o" if dots else None,
                symbolSize=5,
                symbolPen=None,
                symbolBrush=colour,
            )

    def _colour(self, curve: Curve, groups: list[Any], truncated: bool) -> QColor:
        """Return the colour: of the column, or of the group where groups are told apart."""
        colours = self._theme.curves
        if not self.live.spec.by or len(self.live.columns) > 1:
            return QColor(colours[self.live.columns.index(curve.column) % len(colours)])
        return self._group_colour(groups.index(curve.group), len(groups), truncated)

    def _group_colour(self, number: int, count: int, truncated: bool) -> QColor:
        """Return a colour of its own while they last, then one by age."""
        if count <= len(self._theme.curves) and not truncated:
            return QColor(self._theme.curves[number])
        return between(self._theme, number / max(1, count - 1))

    def _describe(self, curves: list[Curve], truncated: bool) -> str:
        """Return title and legend as rich text."""
        spec = self.live.spec
        names = [self._headings[slug].title for slug in self.live.columns]
        title = spec.title or f"{' and '.join(names)} against {self._headings[spec.x].title}"
        parts = [f"<b>{title}</b>"]
        if not curves:
            why = "nothing observed so far" if self.live.version else "no rows yet"
            parts.append(f"<span style='color:{self._theme.muted}'>{why}</span>")
        elif len(self.live.columns) > 1:
            parts.extend(
                _swatch(self._theme.curves[i % len(self._theme.curves)], name)
                for i, name in enumerate(names)
            )
        if spec.by and curves:
            parts.append(self._describe_groups(curves, truncated))
        return "&nbsp;&nbsp; ".join(parts)

    def _describe_groups(self, curves: list[Curve], truncated: bool) -> str:
        head = self._headings[self.live.spec.by]
        groups = list(dict.fromkeys(curve.group for curve in curves))
        swatches = [
            _swatch(
                self._group_colour(i, len(groups), truncated).name(), _group_text(group, head.unit)
            )
            for i, group in enumerate(groups)
        ]
        last = " (newest only)" if truncated else ""
        if len(groups) > 6:
            return f"{head.title}: {swatches[0]} … {swatches[-1]}{last}"
        return f"{head.title}: {' '.join(swatches)}{last}"


class PlotGrid(QWidget):
    """All plots of a procedure."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[PlotCard] = []
        self.table = LiveTable(())
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setSpacing(4)

    def follow(self, table: LiveTable, headings: Mapping[str, Heading], theme: Theme) -> None:
        """Show the plots of `table` from now on."""
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.table = table
        self.cards = [PlotCard(live, headings, theme) for live in table.plots]
        self._arrange(self.cards)
        self.refresh()

    def settle(self) -> None:
        """Leave out what the run has not observed: an empty plot says nothing."""
        seen = [card for card in self.cards if not card.empty]
        if not seen or len(seen) == len(self.cards):
            return
        for card in self.cards:
            self._grid.removeWidget(card)
            card.setVisible(card in seen)
        self._arrange(seen)

    def _arrange(self, cards: list[PlotCard]) -> None:
        for card, place in zip(cards, places(len(cards)), strict=True):
            self._grid.addWidget(card, *place)

    def dress(self, theme: Theme) -> None:
        """Put on other colours."""
        for card in self.cards:
            card.dress(theme)
        self.refresh()

    def refresh(self) -> bool:
        """Draw what is new; return whether anything was."""
        drawn = [card.refresh(self.table) for card in self.cards]
        return any(drawn)


def places(count: int) -> list[tuple[int, int, int, int]]:
    """Return (row, column, rows, columns) for each of `count` plots, the first the largest."""
    if count == 3:
        return [(0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1)]
    across = 1 if count == 1 else 2 if count <= 4 else 3
    return [(i // across, i % across, 1, 1) for i in range(count)]


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


def _swatch(colour: str, text: str) -> str:
    return f"<span style='color:{colour}'>●</span>&nbsp;{text}"


def _group_text(group: Any, unit: str) -> str:
    if isinstance(group, float):
        return show(group, unit)
    return f"{group} {unit}".rstrip()
