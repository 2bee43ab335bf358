"""Plots that follow a `LiveTable`: readable axes, few points, nothing redrawn without need."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from benchctl.gui.axes import QuantityAxis, dress_plot, swatch
from benchctl.gui.live import Curve, LiveMap, LivePlot, LiveTable
from benchctl.gui.maps import MapCard
from benchctl.gui.theme import Theme, between
from benchctl.headings import Heading, common_heading
from benchctl.stimulus import FloatArray

#: Curves of fewer points show each point.
DOTTED: Final = 64
#: Symbols are dearer than lines: this many at most.
MOST_SYMBOLS: Final = 1500


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
        if y.codes:
            self.plot.setYRange(min(y.codes) - 0.5, max(y.codes) + 0.5, padding=0)
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
            zeros = self.live.zeros
        self._drawn = key
        self._y_axis.name_it(folded=bool(folded & set(self.live.columns)))
        self._x_axis.name_it(folded=self.live.spec.x in folded)
        self._x_axis.expect(whole=all(map(_whole, (curve.x for curve in curves))))
        self._y_axis.expect(whole=all(map(_whole, (curve.y for curve in curves))))
        self._draw(curves, truncated)
        self._legend.setText(self._describe(curves, truncated, zeros))
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

    def _describe(self, curves: list[Curve], truncated: bool, zeros: int = 0) -> str:
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
                swatch(self._theme.curves[i % len(self._theme.curves)], name)
                for i, name in enumerate(names)
            )
        if spec.by and curves:
            parts.append(self._describe_groups(curves, truncated))
        if zeros:  # what a log axis has no place for must not go unseen
            plural = "s" * (zeros > 1)
            text = f"{zeros:,} reading{plural} of 0 not drawn".replace(" ", "&nbsp;")
            parts.append(f"<span style='color:{self._theme.muted}'>{text}</span>")
        return "&nbsp;&nbsp; ".join(parts)

    def _describe_groups(self, curves: list[Curve], truncated: bool) -> str:
        head = self._headings[self.live.spec.by]
        groups = list(dict.fromkeys(curve.group for curve in curves))
        swatches = [
            swatch(self._group_colour(i, len(groups), truncated).name(), head.say(group))
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
        self.cards: list[PlotCard | MapCard] = []
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
        self.cards = [
            MapCard(live, headings, theme)
            if isinstance(live, LiveMap)
            else PlotCard(live, headings, theme)
            for live in table.plots
        ]
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

    def _arrange(self, cards: list[PlotCard | MapCard]) -> None:
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


def _whole(values: FloatArray) -> bool:
    return bool((values == np.round(values)).all())
