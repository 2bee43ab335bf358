"""The page that shows what will be applied, before anything is."""

from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from benchctl.gui.axes import QuantityAxis, dress_plot
from benchctl.gui.prospect import Prospect, corners, gate_of, readings_at
from benchctl.gui.theme import LIGHT, Theme
from benchctl.headings import Heading
from benchctl.quantities import show
from benchctl.stimulus import Stimulus

#: Segments that get their width written beside them.
MOST_WIDTHS: Final = 14
#: Share of the height from which a segment holds its width inside.
TALL: Final = 0.25
#: Readings that get a large mark.
FEW: Final = 30


class Preview(QWidget):
    """Waveform, figures, and the reason of a refusal."""

    def __init__(self) -> None:
        super().__init__()
        self.prospect: Prospect | None = None
        self._theme = LIGHT
        self._about = QLabel("The stimulus appears here as soon as a procedure is chosen.")
        self._about.setWordWrap(True)
        self._refusal = QLabel()
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._refusal.hide()
        self.even = QCheckBox("Equal widths")
        self.even.setToolTip("Draw every segment equally wide, with its true width written on it")
        self.even.toggled.connect(self._draw)
        self._plot = pg.PlotWidget(
            axisItems={
                "bottom": QuantityAxis("bottom", Heading("Time", "s"), log=False),
                "left": QuantityAxis("left", Heading("Voltage", "V"), log=False),
            }
        )
        self._plot.setMinimumSize(320, 180)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(18)
        self._facts.setVerticalSpacing(8)
        self._build()
        self.dress(LIGHT)

    def dress(self, theme: Theme) -> None:
        """Put on other colours."""
        self._theme = theme
        dress_plot(self._plot, theme)
        self._draw()

    def show_prospect(self, prospect: Prospect, about: str = "") -> None:
        """Show what will be applied; `about` is what else should be known."""
        self.prospect = prospect
        self._refusal.setText(f"Refused, nothing was sent: {prospect.refused}")
        self._refusal.setVisible(bool(prospect.refused))
        self._about.setText(_introduction(prospect) + (f" {about}" if about else ""))
        self.even.blockSignals(True)
        self.even.setChecked(prospect.uneven)
        self.even.blockSignals(False)
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for what, value, beyond in prospect.facts():
            name, figure = QLabel(what), QLabel(value)
            name.setProperty("role", "muted")
            figure.setProperty("role", "error" if beyond else "")
            self._facts.addRow(name, figure)
        self._draw()

    def clear(self, why: str) -> None:
        """Show nothing but `why` there is nothing to show."""
        self.show_prospect(Prospect(Stimulus(), (), None, None, None), "")
        self._about.setText(why)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._about, 1)
        top.addWidget(self.even, 0, Qt.AlignmentFlag.AlignTop)
        beside = QVBoxLayout()
        beside.addLayout(self._facts)
        # As wide as most facts are: the plot should not jump with every look.
        beside.addSpacerItem(QSpacerItem(232, 0))
        beside.addStretch()
        middle = QHBoxLayout()
        middle.addWidget(self._plot, 1)
        middle.addSpacing(10)
        middle.addLayout(beside, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._refusal)
        layout.addLayout(middle, 1)

    def _draw(self) -> None:
        self._plot.clear()
        prospect = self.prospect
        if prospect is None or not prospect.segments:
            return
        even = self.even.isChecked()
        colour = self._theme.danger if prospect.refused else self._theme.curves[0]
        time, voltage = corners(prospect.segments, even=even, cut=prospect.cut)
        fill = QColor(colour)
        fill.setAlpha(40)
        self._plot.plot(
            time, voltage, pen=pg.mkPen(colour, width=2), fillLevel=0.0, brush=fill, antialias=True
        )
        if prospect.gated:
            self._plot.plot(
                *corners(gate_of(prospect.segments), even=even, cut=prospect.cut), antialias=True,
                pen=pg.mkPen(self._theme.curves[3], width=2),
            )  # fmt: skip
        x, y = readings_at(prospect.segments, even=even)
        few = len(x) <= FEW
        self._plot.plot(
            x, y, pen=None, symbol="t" if few else "o", symbolSize=9 if few else 3,
            symbolPen=None, symbolBrush=self._theme.curves[1],
        )  # fmt: skip
        self._draw_limits(prospect, voltage)
        axis = self._plot.getAxis("bottom")
        axis.setStyle(showValues=not even)
        if even:
            axis.setLabel("Segments, not to scale")
            self._write_widths(prospect, voltage)
        else:
            axis.setLabel("Time", units="s")
        self._plot.enableAutoRange()

    def _draw_limits(self, prospect: Prospect, voltage: Any) -> None:
        """Mark the limits that the waveform comes near."""
        if prospect.limits is None:
            return
        veil = QColor(self._theme.surface)
        veil.setAlpha(150)  # what is applied must be seen behind a limit's name
        for limit, peak in zip(
            prospect.limits.voltage, (voltage.min(), voltage.max()), strict=True
        ):
            if abs(peak) < 0.5 * abs(limit):
                continue
            line = pg.InfiniteLine(
                limit,
                angle=0,
                pen=pg.mkPen(self._theme.danger, width=1, style=Qt.PenStyle.DashLine),
                label=f"limit {show(limit, 'V')}",
                labelOpts={
                    "position": 0.99,
                    "color": self._theme.danger,
                    "fill": veil,
                    "anchors": _INSIDE[limit > 0],
                },
            )
            self._plot.addItem(line, ignoreBounds=False)

    def _write_widths(self, prospect: Prospect, voltage: Any) -> None:
        """Write each segment's true width at its top."""
        segments = [s for s in prospect.segments if s.ramp + s.duration > 0]
        if len(segments) > MOST_WIDTHS:
            return
        tall = TALL * (float(np.ptp(voltage)) or 1.0)
        for number, segment in enumerate(segments):
            # A tall segment has room inside, away from the lines of the limits.
            up = (segment.voltage >= 0) != (abs(segment.voltage) > tall)
            text = pg.TextItem(
                show(segment.ramp + segment.duration, "s"),
                color=self._theme.text,
                anchor=(0.5, 1.0 if up else 0.0),
            )
            text.setPos(number + 0.5, segment.voltage)
            self._plot.addItem(text)
        span = float(np.ptp(voltage)) or 1.0
        margin = pg.PlotDataItem(
            [0.0, 0.0], [voltage.min() - 0.12 * span, voltage.max() + 0.12 * span], pen=None
        )
        self._plot.addItem(margin)


#: Where a limit's label hangs: at the right end, under the upper line or above the lower.
_INSIDE: Final = {True: [(1.0, 0.0), (1.0, 0.0)], False: [(1.0, 1.0), (1.0, 1.0)]}


def _introduction(prospect: Prospect) -> str:
    if not prospect.stimulus.segments:
        if prospect.refused:
            return ""
        return "This procedure does not say beforehand what it applies."
    drawn = len(prospect.segments)
    text = "What is applied first, or one representative cycle. Orange marks the readings."
    if prospect.gated:
        text += " The pink line is the third terminal."
    if prospect.cut:
        text += f" The first {drawn} of {prospect.stimulus.segments:,} segments are drawn."
    return text
