"""How the figures of the model pages look."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from benchctl.figures import COLOURS

SIZE = (6.8, 3.3)
"""inches; a page shows them at about their own size, so that 9 pt are 9 pt"""
COLOUR_COUNT = 64
"""of a file: a third of the bytes, and no eye sees it"""
STYLE = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.grid": True,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.alpha": 0.3,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What a figure shows: who draws it, for those who do not see it, and what to look at."""

    draw: Callable[[Figure], None]
    alt: str
    caption: str


@contextmanager
def canvas(path: Path) -> Iterator[Figure]:
    """Give an empty figure to draw on, then write it to `path`."""
    matplotlib.use("agg")
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        yield figure
        drawn = io.BytesIO()
        figure.savefig(drawn, dpi=130)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(COLOUR_COUNT).save(path, optimize=True)


def two(figure: Figure) -> tuple[Axes, Axes]:
    """Return two panels side by side."""
    left, right = figure.subplots(1, 2)
    return left, right


def name_axes(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Write quantity and unit at both axes."""
    axes.set(xlabel=x, ylabel=y, title=title)
