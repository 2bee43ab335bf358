"""A run's plots as a picture, drawn from what its procedure declares."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchctl import plugins
from benchctl.destination import make_folder_of
from benchctl.errors import BenchError, ConfigError
from benchctl.headings import Heading, common_heading, heading, plots_of
from benchctl.procedure import Plot
from benchctl.quantities import UNITS, show
from benchctl.store import StoredRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: Okabe and Ito's colours: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Points a curve gets a mark for; a longer one is a line alone.
MARKED = 1000


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
        height, width, figsize=(6.4 * width, 4.2 * height), squeeze=False, layout="constrained"
    )
    for ax, each in zip(axes.flat, plots, strict=False):
        draw = _draw_map if each.kind == "map" else _draw
        draw(ax, each, stored)
    for ax in axes.flat[len(plots) :]:
        ax.set_axis_off()
    header = stored.header
    when = header.started[:16].replace("T", " ")
    figure.suptitle(f"{header.procedure} · {header.dut} · {when} · {stored.status}")
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


def _draw(ax: "Axes", each: Plot, stored: StoredRun) -> None:
    heads = {c.slug: heading(c.title) for c in stored.columns}
    ys = (each.y,) if isinstance(each.y, str) else each.y
    groups = stored.data[each.by] if each.by else np.zeros(stored.rows)
    values = np.unique(groups[np.isfinite(groups)])
    curves = [(y, value) for y in ys for value in values]
    colours = _colours(len(curves))
    for (y, value), colour in zip(curves, colours, strict=True):
        chosen = groups == value
        x, points = stored.data[each.x][chosen], stored.data[y][chosen]
        lines = each.kind == "line"
        marked = "." if not lines or len(x) <= MARKED else ""
        words = [heads[y].title] if len(ys) > 1 else []
        words += [show(float(value), heads[each.by].unit)] if each.by else []
        ax.plot(x, points, color=colour, label=" ".join(words), marker=marked, markersize=4,
                linewidth=1, linestyle="-" if lines else "none")  # fmt: skip
    ax.set_xscale("log" if each.log_x else "linear")
    ax.set_yscale("log" if each.log_y else "linear")
    _label(ax.xaxis, heads[each.x], log=each.log_x)
    _label(ax.yaxis, common_heading([heads[y] for y in ys]), log=each.log_y)
    ax.set_title(each.title, fontsize="medium")
    ax.grid(alpha=0.3)
    if len(curves) > 1:
        _legend(ax, heads[each.by].title if each.by else "", len(curves))


def _draw_map(ax: "Axes", each: Plot, stored: StoredRun) -> None:
    """Draw a tile at each whole x and y, coloured by the newest value there."""
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import MaxNLocator

    heads = {c.slug: heading(c.title) for c in stored.columns}
    slugs = (str(each.y), each.x, each.by)
    seen = np.isfinite(stored.data[each.by])
    y, x, values = (stored.data[slug][seen] for slug in slugs)
    tiles = np.full((int(y.max()) + 1, int(x.max()) + 1), np.nan)
    tiles[y.astype(int), x.astype(int)] = np.abs(values) if each.log_y else values
    sizes = tiles[tiles > 0]
    log = each.log_y and bool(sizes.size) and sizes.max() > 2 * sizes.min()
    if log:
        tiles[tiles == 0] = sizes.min()  # a dead cell must not vanish
    image = ax.imshow(tiles, norm=LogNorm() if log else Normalize(), aspect="auto")
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


def _label(axis: "Axis", head: Heading, *, log: bool) -> None:
    """Label an axis and write its ticks with the prefixes of its unit."""
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter

    label = f"{head.title} ({head.unit})" if head.unit else head.title
    axis.set_label_text(label)
    largest = max(map(abs, axis.get_view_interval()))
    if head.unit not in UNITS or (not log and 0.1 <= largest < 1000):
        return
    axis.set_major_formatter(EngFormatter(places=None))
    if log:
        low, high = axis.get_view_interval()
        if high < 5 * low:
            axis.set_major_locator(MaxNLocator(6))
        else:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
        axis.set_minor_formatter(NullFormatter())


def _legend(ax: "Axes", title: str, curves: int) -> None:
    """Name the curves: all of a few; the first, some between and the last of many."""
    handles, labels = ax.get_legend_handles_labels()
    step = -(-curves // len(COLOURS))
    chosen = sorted({*range(0, curves, step), curves - 1})
    ax.legend([handles[i] for i in chosen], [labels[i] for i in chosen], title=title or None,
              fontsize="x-small", title_fontsize="x-small", framealpha=0.6)  # fmt: skip
