"""A run's plots as a picture, drawn from what its procedure declares."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchctl import plugins
from benchctl.destination import make_folder_of
from benchctl.errors import BenchError, ConfigError
from benchctl.headings import Heading, common_heading, decade, heading, plots_of
from benchctl.procedure import Plot
from benchctl.quantities import UNITS, show
from benchctl.stimulus import FloatArray
from benchctl.store import StoredRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: Okabe and Ito's colours: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Points of a line that get a mark each; a longer one is a line alone.
MARKED = 64
#: Steps between ticks: people count in ones, twos and fives.
ROUND = (1, 2, 5, 10)


def plot(stored: StoredRun, path: Path) -> None:
    """Draw the plots the run's procedure declares into a PNG (or any matplotlib format).

    Raises:
        BenchError: the run has no rows to draw.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from matplotlib.backend_bases import FigureCanvasBase

    if not stored.rows:
        raise BenchError(f"{stored.path} has no rows to plot")
    if path.suffix[1:].lower() not in FigureCanvasBase.filetypes:
        raise ConfigError(f"cannot draw into {path}; let its name end in .png, .pdf or .svg")
    make_folder_of(path)
    declared = plots_of(_procedure(stored))
    plots = [each for each in declared if _seen(each, stored)] or declared
    width = 2 if len(plots) > 1 else 1
    height = -(-len(plots) // width)
    figure, axes = pyplot.subplots(
        height, width, figsize=(7.0 * width, 4.2 * height), squeeze=False, layout="constrained"
    )
    for ax, each in zip(axes.flat, plots, strict=False):
        draw = _draw_map if each.kind == "map" else _draw
        draw(ax, each, stored)
    for ax in axes.flat[len(plots) :]:
        ax.set_axis_off()
    header = stored.header
    when = header.started[:16].replace("T", " ")
    figure.suptitle(f"{header.procedure} · {header.dut} · {when} UTC · {stored.status}")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _procedure(stored: StoredRun) -> SimpleNamespace:
    """Return what a run's procedure declares: its columns, and its plots where it is installed."""
    name = stored.header.procedure
    plots = plugins.load("procedure", name).PLOTS if name in plugins.names("procedure") else ()
    return SimpleNamespace(DATA_COLUMNS=[c.title for c in stored.columns], PLOTS=plots)


def _seen(each: Plot, stored: StoredRun) -> bool:
    """Tell whether the bench observed anything of a plot: an empty one says nothing."""
    ys = (each.y,) if isinstance(each.y, str) else each.y
    ys = (each.by,) if each.kind == "map" else ys
    return any(bool(np.isfinite(stored.data[y]).any()) for y in ys)


def _headings(stored: StoredRun) -> dict[str, Heading]:
    return {c.slug: heading(c.title, c.codes) for c in stored.columns}


def _draw(ax: "Axes", each: Plot, stored: StoredRun) -> None:
    heads = _headings(stored)
    ys = (each.y,) if isinstance(each.y, str) else each.y
    groups = stored.data[each.by] if each.by else np.zeros(stored.rows)
    curves = [(y, value) for y in ys for value in _in_order(groups)]
    colours = _colours(len(curves))
    across, up = _Scale(each.log_x), _Scale(each.log_y)
    lines = each.kind == "line"
    for (y, value), colour in zip(curves, colours, strict=True):
        chosen = groups == value
        x, points = across.of(stored.data[each.x][chosen]), up.of(stored.data[y][chosen])
        marked = "." if not lines or len(x) <= MARKED else ""
        words = [heads[y].title] if len(ys) > 1 else []
        words += [heads[each.by].say(float(value))] if each.by else []
        ax.plot(x, points, color=colour, label=" ".join(words), marker=marked, markersize=4,
                linewidth=1, linestyle="-" if lines else "none")  # fmt: skip
    ax.set_xscale("log" if each.log_x else "linear")
    ax.set_yscale("log" if each.log_y else "linear")
    across.put(ax.xaxis, heads[each.x])
    up.put(ax.yaxis, common_heading([heads[y] for y in ys]))
    ax.set_title(each.title, fontsize="medium")
    _tell_zeros(ax, up.zeros)
    ax.grid(alpha=0.3)
    if len(curves) > 1:
        _legend(ax, heads[each.by].title if each.by else "", len(curves))


def _draw_map(ax: "Axes", each: Plot, stored: StoredRun) -> None:
    """Draw a tile at each whole x and y, coloured by the newest value there."""
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import MaxNLocator

    heads = _headings(stored)
    slugs = (str(each.y), each.x, each.by)
    seen = np.isfinite(stored.data[each.by])
    y, x, values = (stored.data[slug][seen] for slug in slugs)
    tiles = np.full((int(y.max()) + 1, int(x.max()) + 1), np.nan)
    tiles[y.astype(int), x.astype(int)] = np.abs(values) if each.log_y else values
    sizes = tiles[tiles > 0]
    log = each.log_y and bool(sizes.size) and sizes.max() > 2 * sizes.min()
    if log:
        tiles[tiles == 0] = sizes.min()  # a dead cell must not vanish
    square = 1 / 3 <= tiles.shape[0] / tiles.shape[1] <= 3
    norm = LogNorm() if log else Normalize()
    image = ax.imshow(tiles, norm=norm, aspect="equal" if square else "auto")
    _label(ax.figure.colorbar(image, ax=ax).ax.yaxis, heads[each.by], log=log)
    for axis, slug in ((ax.xaxis, each.x), (ax.yaxis, str(each.y))):
        axis.set_major_locator(MaxNLocator(8, integer=True))
        axis.set_label_text(heads[slug].title)
    ax.set_title(each.title, fontsize="medium")


def _colours(count: int) -> list[Any]:
    """Return a colour a curve: distinct ones for a few, an ordered scale for many."""
    if count <= len(COLOURS):
        return list(COLOURS[:count])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 0.9, count)))


class _Scale:
    """One axis: what of the rows it can show, and what is written beside it."""

    def __init__(self, log: bool) -> None:
        self._log = log
        self._folded = False
        self._whole = True
        self.zeros = 0
        """values that a log axis has no place for"""

    def of(self, values: FloatArray) -> FloatArray:
        """Return what is drawn: on a log axis magnitudes, and nothing for 0."""
        if self._log:
            self._folded = self._folded or bool((values < 0).any())
            self.zeros += int((values == 0).sum())
            return np.where(values == 0, np.nan, np.abs(values))
        seen = values[np.isfinite(values)]
        self._whole = self._whole and bool((seen == np.round(seen)).all())
        return values

    def put(self, axis: "Axis", head: Heading) -> None:
        """Label the axis and place its ticks."""
        title = f"|{head.title}|" if self._folded else head.title
        _label(axis, Heading(title, head.unit), log=self._log)
        if head.codes:
            axis.set_ticks(list(head.codes), labels=list(head.codes.values()))
            axis.set_view_interval(min(head.codes) - 0.5, max(head.codes) + 0.5, ignore=True)
        elif not (self._log or head.unit) and self._whole:
            from matplotlib.ticker import MaxNLocator

            axis.set_major_locator(MaxNLocator("auto", integer=True, steps=ROUND))
            low, high = axis.get_view_interval()
            axis.set_view_interval(low - (high - low < 1), high + (high - low < 1), ignore=True)


def _in_order(groups: FloatArray) -> FloatArray:
    """Return the distinct values in the order they came, as the window gives them colours."""
    values, first = np.unique(groups[np.isfinite(groups)], return_index=True)
    ordered: FloatArray = values[np.argsort(first)]
    return ordered


def _tell_zeros(ax: "Axes", zeros: int) -> None:
    """Say that readings of 0 are missing: they are what a log axis cannot show."""
    if zeros:
        text = f"{zeros:,} reading{'s' * (zeros > 1)} of 0 not drawn"
        ax.annotate(text, (0.99, 0.02), xycoords="axes fraction", ha="right", fontsize="x-small")


def _label(axis: "Axis", head: Heading, *, log: bool) -> None:
    """Label an axis, a linear one in the prefixed unit that suits its values."""
    from matplotlib.ticker import FuncFormatter

    factor, unit = (1.0, head.unit) if log else _prefixed(axis, head.unit)
    axis.set_label_text(f"{head.title} ({unit})" if unit else head.title)
    if log:
        _mark_decades(axis, head.unit)
    elif factor != 1.0:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:.6g}"))


def _prefixed(axis: "Axis", unit: str) -> tuple[float, str]:
    """Return the factor and the name of the unit in which the axis is written."""
    largest = max(map(abs, axis.get_view_interval()))
    if unit not in UNITS or not 0 < largest < math.inf or (unit == "s" and largest >= 1):
        return 1.0, unit
    exponent = max(-24, min(12, math.floor(math.log10(largest) / 3) * 3))
    name = show(10.0**exponent, unit).partition(" ")[2]
    return 10.0**exponent, name


def _mark_decades(axis: "Axis", unit: str) -> None:
    """Give a log axis the ticks that people read: 10 µ or 10⁵; 2 and 5 where there is room."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high < 5 * low:
        axis.set_major_locator(MaxNLocator(6, steps=ROUND))
    else:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: decade(value, unit)))
    axis.set_minor_formatter(NullFormatter())


def _legend(ax: "Axes", title: str, curves: int) -> None:
    """Name the curves beside the plot: all of a few; the first, some and the last of many."""
    handles, labels = ax.get_legend_handles_labels()
    step = -(-curves // len(COLOURS))
    chosen = sorted({*range(0, curves, step), curves - 1})
    ax.legend([handles[i] for i in chosen], [labels[i] for i in chosen], title=title or None,
              loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False,
              fontsize="small", title_fontsize="small")  # fmt: skip
