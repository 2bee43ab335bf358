"""What is drawn of a procedure, in the window and of its file: the same."""

from types import SimpleNamespace
from typing import ClassVar

from store_parts import HEADER, make

from benchctl.figures import plot
from benchctl.headings import plots_of
from benchctl.procedure import Plot
from benchctl.store import StoredRun
from procedures.set_reset import SetReset


class Stock:
    """What PyMeasure's own procedures declare."""

    DATA_COLUMNS: ClassVar = ["Field (T)", "Signal (V)", "Phase"]


def test_declared_plots_come_first():
    assert plots_of(SetReset) == SetReset.PLOTS


def test_where_none_is_declared_every_column_is_drawn_over_the_first():
    assert plots_of(Stock) == (Plot("field", "signal"), Plot("field", "phase"))
    assert plots_of(SimpleNamespace(DATA_COLUMNS=["Count"])) == (Plot("count", "count"),)
    assert plots_of(SimpleNamespace(DATA_COLUMNS=[])) == ()


def test_a_plot_whose_columns_are_not_there_is_left_out():
    pair = Plot("cycle", ("voltage", "current"))
    older = SimpleNamespace(DATA_COLUMNS=["Cycle", "Voltage (V)"], PLOTS=(pair,))
    assert plots_of(older) == (Plot("cycle", "voltage"),)


def test_a_file_that_is_older_than_its_procedure_is_drawn(tmp_path):
    assert HEADER.procedure == "set-reset", "whose plots need a column that this file has not"
    make(tmp_path / "run.h5", rows=5).finish("finished", {})
    with StoredRun(tmp_path / "run.h5") as stored:
        plot(stored, tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 1000
