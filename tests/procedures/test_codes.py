"""Columns of codes: each has its words, in the file as on the screen."""

import numpy as np
import pytest

from benchctl import Run, open_bench, plugins
from benchctl.export import export_run
from benchctl.figures import plot
from benchctl.store import StoredRun, columns_of
from procedures.multilevel import Multilevel

KINDS = [plugins.load("procedure", name) for name in plugins.names("procedure")]


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_for_columns_there_are_and_fit_into_a_file(kind):
    coded = {c.slug for c in columns_of(kind) if c.codes}
    assert coded == kind.CODES.keys()
    for words in kind.CODES.values():
        assert len(set(words.values())) == len(words)
        assert not [word for word in words.values() if "_" in word]


def test_a_file_tells_its_codes_in_words(tmp_path):
    xarray = pytest.importorskip("xarray")
    with open_bench(seed=1) as bench:
        procedure = Multilevel(levels="10 uS", repeats=1)
        result = Run(procedure, bench, out=tmp_path / "run.h5").execute()
    with StoredRun(result.file) as stored:
        codes = {column.slug: column.codes for column in stored.columns if column.codes}
        assert codes == Multilevel.CODES
        plot(stored, tmp_path / "run.png")
    for file in (result.file, export_run(result.file, "netcdf", tmp_path / "run.nc")):
        group = "data" if file == result.file else None
        with xarray.open_dataset(file, engine="h5netcdf", group=group) as data:
            assert data["verdict"].attrs["flag_meanings"] == "under_way reached missed"
            assert data["verdict"].attrs["flag_values"] == pytest.approx([0, 1, 2])
            assert "flag_meanings" not in data["target"].attrs
            assert set(np.unique(data["direction"])) == {-1, 1}
