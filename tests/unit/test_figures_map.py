"""A map among the pictures of a run."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchctl import Run, open_bench, plugins
from benchctl.figures import _draw_map, plot
from benchctl.procedure import Plot
from benchctl.store import StoredRun

ARRAY = Path(__file__).parents[2] / "examples/benches/array.toml"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    with open_bench(ARRAY, simulate=True, seed=3) as bench:
        run = Run(plugins.load("procedure", "array-map")(), bench, out=tmp_path_factory.mktemp("m"))
        return StoredRun(run.execute().file)


def test_tiles_are_where_the_cells_are(stored):
    ax = Figure().add_subplot()
    _draw_map(ax, Plot("column", "row", kind="map", by="conductance"), stored)
    (image,) = ax.images
    tiles = np.asarray(image.get_array())
    assert tiles.shape == (8, 8)
    where = (stored.data["row"] == 5) & (stored.data["column"] == 2)
    assert tiles[5, 2] == stored.data["conductance"][where][-1]


def test_the_picture_is_written(stored, tmp_path):
    plot(stored, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000
