"""A map that follows a `LiveMap`: one tile a cell, coloured by what was read."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from benchctl.gui.axes import QuantityAxis, dress_plot, swatch
from benchctl.gui.live import LiveMap, LiveTable
from benchctl.gui.theme import Theme
from benchctl.headings import Heading
from benchctl.quantities import show

#: Told apart by colour-blind readers, and in grey.
COLOURS: Final = "viridis"
#: Colours that the legend explains.
EXPLAINED: Final = 4


class MapCard(QWidget):
    """One live map under a line that names it and its colours."""

    def __init__(self, live: LiveMap, headings: Mapping[str, Heading], theme: Theme) -> None:
        super().__init__()
        self.live = live
        self._headings = headings
        self._theme = theme
        self._drawn = -1
        self._colours = pg.colormap.get(COLOURS)
        axes = {
            "bottom": QuantityAxis("bottom", headings[live.spec.x], log=False),
            "left": QuantityAxis("left", headings[str(live.spec.y)], log=False),
        }
        self.plot = pg.PlotWidget(axisItems=axes)
        self.plot.invertY(True)  # row 0 on top, as the array is written
        self.plot.setMinimumSize(220, 120)
        self.plot.getViewBox().setDefaultPadding(0.0)  # no ticks beside the array
        self.plot.scene().sigMouseMoved.connect(self._point)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setColorMap(self._colours)
        self.plot.addItem(self.image)
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.setSpacing(2)
        layout.addWidget(self._legend)
        layout.addWidget(self.plot, 1)
        self.dress(theme)

    @property
    def empty(self) -> bool:
        """Whether rows came, and nothing to draw was observed in any."""
        return bool(self.live.version) and not self.live.observed

    def dress(self, theme: Theme) -> None:
        """Put on other colours."""
        self._theme = theme
        self._drawn = -1
        dress_plot(self.plot, theme)
        self.plot.showGrid(x=False, y=False)

    def refresh(self, table: LiveTable) -> bool:
        """Draw what is new; return whether anything was."""
        if self.live.version == self._drawn:
            return False
        with table.lock:
            self._drawn = self.live.version
            tiles = self.live.tiles()
        found = tiles[np.isfinite(tiles)]
        levels = (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)
        self._legend.setText(self._describe(levels if found.size else None))
        if found.size:
            self._draw(tiles, levels)
        return True

    def text_at(self, x: float, y: float) -> str:
        """Return what was read at a place of the plot; nothing where nothing was."""
        values = self.live.values
        column, row = round(x), round(y)
        if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
            return ""
        value = float(values[row, column])
        spec = self.live.spec
        place = (
            f"{self._headings[str(spec.y)].title} {row}, {self._headings[spec.x].title} {column}"
        )
        head = self._headings[spec.by]
        return f"{place}: {show(value, head.unit)}" if np.isfinite(value) else ""

    def _draw(self, tiles: Any, levels: tuple[float, float]) -> None:
        low, high = levels
        room = 0.5 * (high == low)  # equal tiles get the middle colour
        self.image.setImage(tiles, levels=(low - room, high + room))
        high_side, wide_side = tiles.shape
        self.image.setRect(QRectF(-0.5, -0.5, wide_side, high_side))
        for side, count in (("bottom", wide_side), ("left", high_side)):
            step = max(1, count // 8)
            self.plot.getAxis(side).setTickSpacing(step, step)

    def _describe(self, levels: tuple[float, float] | None) -> str:
        """Return title and legend as rich text; `levels` are the ends of the colours."""
        spec = self.live.spec
        head = self._headings[spec.by]
        parts = [f"<b>{spec.title or head.title}</b>"]
        if levels is None:
            why = "nothing observed so far" if self.live.version else "no rows yet"
            parts.append(f"<span style='color:{self._theme.muted}'>{why}</span>")
        elif levels[0] == levels[1]:
            parts.append(self._swatch(0.5, levels))
        else:
            parts.extend(self._swatch(i / (EXPLAINED - 1), levels) for i in range(EXPLAINED))
        return "&nbsp;&nbsp; ".join(parts)

    def _swatch(self, share: float, levels: tuple[float, float]) -> str:
        level = levels[0] + share * (levels[1] - levels[0])
        value = 10.0**level if self.live.spec.log_y else level
        colour = self._colours.map(share, mode="qcolor").name()
        return swatch(colour, show(value, self._headings[self.live.spec.by].unit, 3))

    def _point(self, position: QPointF) -> None:
        """Say what is under the mouse."""
        place = self.plot.getViewBox().mapSceneToView(position)
        self.plot.setToolTip(self.text_at(place.x(), place.y()))
