"""A bench made safe has opened its matrix: the chosen cell must come back before it is used."""

from pathlib import Path

import pytest

from benchctl import open_bench
from benchctl.errors import ConfigError
from benchctl.wiring import Cell

ARRAY = Path(__file__).parents[2] / "examples/benches/array.toml"


@pytest.fixture
def bench():
    with open_bench(ARRAY, simulate=True, seed=1) as opened:
        yield opened


def test_the_chosen_cell_is_connected_again_after_everything_was_opened(bench):
    bench.dut.choose(Cell(2, 5))
    before = bench.dut.read(0.1, width=5e-3)
    assert bench.safe() == []
    assert before > 0
    assert bench.dut.read(0.1, width=5e-3) == pytest.approx(before, rel=0.05)


def test_no_cell_comes_back_where_none_was_chosen(bench):
    bench.dut.choose(Cell(2, 5))
    bench.dut.offer_all()
    assert len(bench.dut.cells) == 64
    with pytest.raises(ConfigError, match="no cell is chosen"):
        bench.dut.read(0.1, width=5e-3)
