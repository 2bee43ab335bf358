"""Procedures written for PyMeasure alone run as they are."""

from typing import ClassVar

import numpy as np
import pymeasure.experiment
import pytest
from pymeasure.experiment import FloatParameter, IntegerParameter, Metadata
from pymeasure.units import ureg
from run_parts import FakeBench, Watcher

from benchctl.errors import ConfigError
from benchctl.procedure import Procedure
from benchctl.run import Run
from benchctl.store import StoredRun


class Stock(pymeasure.experiment.Procedure):
    """Written by somebody who never heard of benchctl."""

    DATA_COLUMNS: ClassVar = ["Iteration", "Field (T)", "Current (mA)"]
    iterations = IntegerParameter("Iterations", default=3)
    field = FloatParameter("Field", units="T", default=0.5)
    operator = Metadata("Operator", default="me")

    def startup(self):
        self.order = ["startup"]

    def execute(self):
        self.order.append("execute")
        for index in range(self.iterations):
            self.emit("results", {"Iteration": index, "Field (T)": self.field, "Other": "x"})
            self.emit("progress", 100 * (index + 1) / self.iterations)
            if self.should_stop():
                break
        currents = ["5 mA", "0.1 A"]
        quantities = [ureg.Quantity(text) for text in currents]
        self.emit("results", {"Iteration": True, "Field (T)": 1, "Current (mA)": currents[0]})
        self.emit("results", {"Iteration": 9, "Field (T)": 1, "Current (mA)": quantities[1]})
        self.emit(
            "batch results", {"Iteration": [7, 8], "Field (T)": (1, 2), "Current (mA)": [1, 2]}
        )
        self.emit("status", 4)
        self.emit("anything", object())

    def shutdown(self):
        self.order.append("shutdown")


def test_a_stock_pymeasure_procedure_runs(tmp_path):
    procedure, watcher = Stock(), Watcher()
    result = Run(procedure, FakeBench(), out=tmp_path, observers=[watcher]).execute()
    assert result.error is None
    assert procedure.order == ["startup", "execute", "shutdown"]
    assert procedure.status == procedure.FINISHED
    assert procedure.is_last()
    with StoredRun(result.file) as stored:
        assert stored.data["iteration"].tolist() == [0, 1, 2, 1, 9, 7, 8]
        assert stored.data["field"].tolist() == [0.5, 0.5, 0.5, 1, 1, 1, 2]
        current = stored.data["current"]
        assert np.isnan(current[:3]).all()
        assert current[3:].tolist() == pytest.approx([5, 100, 1, 2])
        assert [c.unit for c in stored.columns] == ["", "T", "mA"]
        assert stored.header.parameters == {"iterations": 3, "field": 0.5}
        assert stored.metadata == {"operator": "me"}
    assert ("progress", 1.0, 0.0) in [(*h[:2], 0.0) for h in watcher.heard if h[0] == "progress"]


def test_a_stock_procedure_takes_a_model_out_of_its_range_as_any_other(tmp_path):
    bench = FakeBench()
    bench.beyond = ["x: 9 V across it"]
    result = Run(Stock(), bench, out=tmp_path).execute()
    assert result.analysis["model_validity"]["note"] == "x: 9 V across it"


def test_a_stock_procedure_needs_no_bench_and_stops_when_it_asks(tmp_path):
    class Asking(Stock):
        """Stop itself through the run."""

        def startup(self):
            super().startup()
            self.field = 2.0

        def emit_and_stop(self):
            run.stop()

        def execute(self):
            self.emit_and_stop()
            super().execute()

    procedure = Asking()
    run = Run(procedure, None, out=tmp_path)
    result = run.execute()
    assert (result.status, result.exit_code) == ("stopped", 130)
    assert procedure.status == procedure.ABORTED
    with StoredRun(result.file) as stored:
        assert stored.data["iteration"].tolist() == [0, 1, 9, 7, 8]
        assert stored.header.bench == {}


def test_a_stock_procedure_that_emits_text_fails_by_name(tmp_path):
    class Texting(Stock):
        """Emit a word where a number was declared."""

        def execute(self):
            self.emit("results", {"Iteration": [1, "x"], "Field (T)": 0, "Current (mA)": 0})

    result = Run(Texting(), None, out=tmp_path).execute()
    assert result.status == "failed"
    assert "'iteration' takes real numbers" in result.error


def test_a_parameter_without_a_value_is_refused_before_anything_is_made(tmp_path):
    class Unset(Stock):
        """One parameter has no default."""

        speed = FloatParameter("Speed", units="m/s")

    with pytest.raises(ConfigError, match="speed"):
        Run(Unset(), None, out=tmp_path).execute()
    assert not list(tmp_path.iterdir())


def test_a_procedure_without_columns_may_run(tmp_path):
    class Silent(Procedure):
        """Record nothing."""

        def execute(self):
            self.progress(1.0)

    pymeasure.experiment.parameters.Measurable.DATA_COLUMNS.clear()
    result = Run(Silent(), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.rows) == ("finished", 0)
