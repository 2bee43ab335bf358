"""Runs one after the other on one open array: none measures a cell that nobody chose."""

from pathlib import Path

import pytest

from benchctl import Run, open_bench
from benchctl.errors import ConfigError
from benchctl.store import StoredRun
from benchctl.wiring import Cell
from procedures.array_map import ArrayMap
from procedures.iv_sweep import IVSweep

ARRAY = Path(__file__).parents[2] / "examples/benches/array.toml"


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "array.toml"
    text = ARRAY.read_text(encoding="utf-8").replace("= 8\n", "= 2\n")
    path.write_text(text, encoding="utf-8")
    with open_bench(path, simulate=True, seed=1) as opened:
        yield opened


def run(bench, folder, procedure):
    result = Run(procedure, bench, out=folder).execute()
    assert result.status == "finished"
    with StoredRun(result.file) as stored:
        return stored.header


def test_the_last_cell_of_a_map_is_not_the_next_runs(bench, tmp_path):
    run(bench, tmp_path, ArrayMap())
    with pytest.raises(ConfigError, match="no cell is chosen"):
        Run(IVSweep(cycles=1), bench, out=tmp_path).execute()
    assert len(list(tmp_path.glob("*.h5"))) == 1


@pytest.mark.parametrize("before", [ArrayMap(), None])
def test_a_map_of_all_cells_carries_the_name_of_none(bench, tmp_path, before):
    if before is not None:
        run(bench, tmp_path, before)
    else:
        bench.dut.select(Cell(1, 0))
    header = run(bench, tmp_path, ArrayMap())
    assert header.dut == bench.dut.name
    assert header.bench["cell"] is None


def test_a_map_of_the_one_chosen_cell_carries_its_name(bench, tmp_path):
    bench.dut.choose(Cell(1, 0))
    for _ in range(2):
        header = run(bench, tmp_path, ArrayMap())
        assert (header.dut, header.bench["cell"]) == (f"{bench.dut.name} r1c0", [1, 0])


def test_a_selected_cell_is_in_the_header_and_stays_selected(bench, tmp_path):
    bench.dut.select(Cell(0, 1))
    for _ in range(2):
        header = run(bench, tmp_path, IVSweep(cycles=1))
        assert (header.dut, header.bench["cell"]) == (f"{bench.dut.name} r0c1", [0, 1])
    assert bench.world.hot_switches == 0
