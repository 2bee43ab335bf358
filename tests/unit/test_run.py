"""A run: its order, its ends, its rows, and stock PyMeasure procedures."""

import itertools
import json
import logging
import threading
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pymeasure.experiment
import pytest
from pymeasure.experiment import FloatParameter, IntegerParameter, Metadata
from pymeasure.units import ureg

from benchctl.errors import BenchError, ConfigError, InstrumentError, LimitExceeded, Stopped
from benchctl.procedure import Merit, Procedure, count, quantity
from benchctl.run import Run
from benchctl.stimulus import Trace, pulse
from benchctl.store import RunFile, StoredRun


class FakeBench:
    """Enough of a bench for a run; `calls` is shared with whoever else keeps an order."""

    def __init__(self, calls=None, failures=()):
        self.calls = [] if calls is None else calls
        self.failures = failures
        self.simulated = True
        self.config = SimpleNamespace(simulation=SimpleNamespace(seed=11))
        self.dut = SimpleNamespace(name="sample 1", should_stop=lambda: False, check=self.check)
        self.refuse = None

    def check(self, stimulus, *, compliance):
        self.calls.append(("check", stimulus, compliance))
        if self.refuse:
            raise self.refuse

    def snapshot(self):
        return {"identities": {"smu": "KEITHLEY,2450"}, "temperature": float("nan")}

    def safe(self):
        self.calls.append("safe")
        return list(self.failures)


class Counting(Procedure):
    """Record so many rows.

    More about it.
    """

    DATA_COLUMNS: ClassVar = ["Cycle", "Voltage (V)"]
    rows = count("Rows", 10, minimum=0, maximum=10**7)
    width = quantity("Width", 1.23456789012345e-07, "s")

    def execute(self):
        for cycle in range(self.rows):
            self.record(cycle=cycle, voltage=cycle / 8)

    def analyze(self, data):
        return {"last": Merit(np.float64(data["cycle"][-1]), "", "Last", (0.0, np.inf))}


class Watcher:
    """Keeps what it hears."""

    def __init__(self):
        self.heard = []
        self.blocks = []

    def started(self, run):
        self.heard.append(("started", run.path.is_file()))

    def rows(self, columns):
        self.blocks.append({slug: array.copy() for slug, array in columns.items()})

    def progress(self, fraction, eta):
        self.heard.append(("progress", fraction, eta))

    def finished(self, result):
        self.heard.append(("finished", result.status))

    def message(self, text):
        self.heard.append(("message", text))

    def column(self, slug):
        return np.concatenate([block[slug] for block in self.blocks])


def test_a_run_stores_everything_about_itself(tmp_path):
    watcher = Watcher()
    result = Run(Counting(rows=10_000), FakeBench(), out=tmp_path, observers=[watcher]).execute()
    assert (result.status, result.rows, result.error, result.exit_code) == (
        "finished",
        10_000,
        None,
        0,
    )
    assert result.file.parent == tmp_path
    merit = {"value": 9999.0, "unit": "", "title": "Last", "interval": [0.0, None], "note": ""}
    assert result.analysis == {"last": merit}
    with StoredRun(result.file) as stored:
        assert np.array_equal(stored.data["cycle"], np.arange(10_000))
        assert np.array_equal(stored.data["voltage"], np.arange(10_000) / 8)
        assert stored.analysis == result.analysis
        assert stored.status == "finished"
        header = stored.header
    assert header.procedure == "counting"
    assert header.title == "Record so many rows."
    assert header.module == "test_run:Counting"
    assert header.parameters == {"rows": 10_000, "width": 1.23456789012345e-07}
    assert header.bench == {"identities": {"smu": "KEITHLEY,2450"}, "temperature": None}
    assert header.dut == "sample 1"
    assert header.seed == 11
    assert set(header.software) == {"python", "benchctl", "pymeasure", "pyvisa", "h5py", "numpy"}
    assert watcher.heard[0] == ("started", True)
    assert watcher.heard[-1] == ("finished", "finished")
    assert np.array_equal(watcher.column("cycle"), np.arange(10_000))


def test_the_seed_decides_what_the_procedure_draws(tmp_path):
    class Drawing(Counting):
        """Record what was drawn."""

        def execute(self):
            self.record(cycle=self.rng.random(5), voltage=0)

    def drawn(seed):
        result = Run(Drawing(), FakeBench(), out=tmp_path, seed=seed).execute()
        with StoredRun(result.file) as stored:
            return stored.data["cycle"].tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    with pytest.raises(ConfigError, match="seed"):
        Run(Drawing(), FakeBench(), seed=-1)


def test_out_may_name_the_file_and_nothing_is_overwritten(tmp_path):
    first = Run(Counting(), FakeBench(), out=tmp_path / "sub" / "mine.h5").execute()
    assert first.file == tmp_path / "sub" / "mine.h5"
    before = first.file.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        Run(Counting(), FakeBench(), out=first.file).execute()
    assert first.file.read_bytes() == before


def test_runs_go_to_a_folder_of_their_own_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = Run(Counting(), FakeBench()).execute()
    assert result.file.parent.name == "runs"
    assert result.file.resolve().parent == (tmp_path / "runs").resolve()


def test_a_refused_stimulus_makes_no_file_and_plays_nothing(tmp_path):
    class Pulsing(Counting):
        """Pulse."""

        compliance = quantity("Compliance", 1e-4, "A")

        def preview(self):
            return pulse(9.0, 1e-6)

        def execute(self):
            pytest.fail("it was executed")

    bench = FakeBench()
    bench.refuse = LimitExceeded("9 V is outside the limits")
    with pytest.raises(LimitExceeded):
        Run(Pulsing(), bench, out=tmp_path).execute()
    assert bench.calls == [("check", pulse(9.0, 1e-6), 1e-4)]
    assert not list(tmp_path.iterdir())


def interrupting(error):
    class Failing(Counting):
        """Record three rows, then fail."""

        def execute(self):
            self.record(cycle=[0, 1, 2], voltage=0)
            raise error

    return Failing()


@pytest.mark.parametrize(
    ("error", "status", "code", "text"),
    [
        (ValueError("a\nb"), "failed", 1, "ValueError: a b"),
        (InstrumentError("smu: -113"), "failed", 1, "smu: -113"),
        (LimitExceeded("3 V"), "failed", 3, "3 V"),
        (ConfigError("what"), "failed", 2, "what"),
        (MemoryError(), "failed", 1, "MemoryError"),
        (Stopped("asked"), "stopped", 130, None),
        (KeyboardInterrupt(), "stopped", 130, None),
        (SystemExit(3), "stopped", 130, None),
    ],
)
def test_however_it_ends_outputs_go_off_first_and_rows_are_kept(
    tmp_path, monkeypatch, error, status, code, text
):
    calls = []
    finish = RunFile.finish

    def noted(self, *args):
        calls.append("finish")
        finish(self, *args)

    monkeypatch.setattr(RunFile, "finish", noted)
    bench = FakeBench(calls)
    result = Run(interrupting(error), bench, out=tmp_path).execute()
    assert (result.status, result.exit_code, result.error) == (status, code, text)
    assert calls[1:] == ["safe", "finish"]
    with StoredRun(result.file) as stored:
        assert stored.data["cycle"].tolist() == [0, 1, 2]
        assert (stored.status, stored.error) == (status, text)
        assert (stored.analysis == {}) == (status == "failed")


def test_a_shutdown_that_fails_fails_the_run_after_the_outputs_are_off(tmp_path):
    class Clumsy(Counting):
        """Fail on the way out."""

        def shutdown(self):
            raise RuntimeError("lost the key")

    bench = FakeBench()
    result = Run(Clumsy(), bench, out=tmp_path).execute()
    assert (result.status, result.error, result.rows) == (
        "failed",
        "RuntimeError: lost the key",
        10,
    )
    assert bench.calls[-1] == "safe"


def test_a_start_up_that_fails_still_shuts_down(tmp_path):
    class Broken(Counting):
        """Fail on the way in."""

        downs = 0

        def startup(self):
            raise RuntimeError("no light")

        def shutdown(self):
            self.downs += 1

    procedure = Broken()
    bench = FakeBench()
    result = Run(procedure, bench, out=tmp_path).execute()
    assert (result.status, result.rows, procedure.downs) == ("failed", 0, 1)
    assert bench.calls[-1] == "safe"


def test_outputs_that_stay_on_fail_the_run(tmp_path):
    bench = FakeBench(failures=["smu does not answer"])
    result = Run(Counting(), bench, out=tmp_path).execute()
    assert result.status == "failed"
    assert result.error == "the outputs may still be ON: smu does not answer"


def test_the_first_failure_is_reported_and_hides_no_output_left_on(tmp_path):
    bench = FakeBench(failures=["smu does not answer"])
    result = Run(interrupting(ConfigError("first")), bench, out=tmp_path).execute()
    assert result.error == "first; the outputs may still be ON: smu does not answer"
    assert result.exit_code == ConfigError.exit_code


def test_an_impatient_ctrl_c_does_not_keep_the_outputs_on(tmp_path):
    bench = FakeBench()
    safe, impatience = bench.safe, iter([KeyboardInterrupt, KeyboardInterrupt])

    def interrupted():
        for blow in impatience:
            raise blow
        return safe()

    bench.safe = interrupted
    result = Run(interrupting(KeyboardInterrupt()), bench, out=tmp_path).execute()
    assert result.status == "stopped"
    assert bench.calls[-1] == "safe"


def test_stop_is_obeyed_at_the_next_row_and_that_row_is_kept(tmp_path):
    class Endless(Counting):
        """Record for ever."""

        def execute(self):
            for cycle in itertools.count():
                if cycle == 5:
                    run.stop()
                self.record(cycle=cycle, voltage=0)

    bench = FakeBench()
    run = Run(Endless(), bench, out=tmp_path)
    result = run.execute()
    assert (result.status, result.rows, result.exit_code) == ("stopped", 6, 130)
    assert result.analysis["last"]["value"] == 5


def test_the_dut_hears_of_a_stop_and_is_free_again_afterwards(tmp_path):
    class Asking(Counting):
        """Ask the DUT."""

        def execute(self):
            heard.append(self.dut.should_stop())
            run.stop()
            heard.append(self.dut.should_stop())

    heard = []
    bench = FakeBench()
    run = Run(Asking(), bench, out=tmp_path)
    assert run.execute().status == "stopped"
    heard.append(bench.dut.should_stop())
    assert heard == [False, True, False]


def test_a_stop_before_the_start_applies_nothing(tmp_path):
    run = Run(Counting(), FakeBench(), out=tmp_path)
    run.stop()
    result = run.execute()
    assert (result.status, result.rows) == ("stopped", 0)


def test_rows_reach_the_disk_while_the_procedure_waits(tmp_path):
    class Waiting(Counting):
        """Record a row, then wait until somebody saw it."""

        def execute(self):
            self.record(cycle=1, voltage=2)
            assert seen.wait(30)

    class Seeing(Watcher):
        def rows(self, columns):
            with StoredRun(run.path) as stored:
                stored_rows.append(stored.rows)
            seen.set()

    seen, stored_rows = threading.Event(), []
    run = Run(Waiting(), FakeBench(), out=tmp_path, observers=[Seeing()])
    assert run.execute().status == "finished"
    assert stored_rows == [1]


def test_scalars_and_arrays_keep_their_order(tmp_path):
    class Mixed(Counting):
        """Record in every way there is."""

        def execute(self):
            start = 0
            for rows in (1, 3, 5000, 1, 1, 4095, 70_000, 0, 2, 4096):
                cycles = np.arange(start, start + rows)
                if rows == 1:
                    self.record(cycle=start, voltage=np.nan)
                else:
                    self.record(cycle=cycles, voltage=cycles / 2)
                start += rows
            self.record(voltage=np.float32(0.5), cycle=np.int8(-1))

    result = Run(Mixed(), FakeBench(), out=tmp_path).execute()
    assert result.error is None
    with StoredRun(result.file) as stored:
        cycle, voltage = stored.data["cycle"], stored.data["voltage"]
    assert np.array_equal(cycle[:-1], np.arange(len(cycle) - 1))
    assert (cycle[-1], voltage[-1]) == (-1, 0.5)
    assert np.isnan(voltage[0])
    assert voltage[2] == 1.0


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"cycle": 1}, "column 'voltage' is missing"),
        ({"cycle": 1, "voltage": 1, "extra": 1}, "unknown column 'extra'"),
        ({"cycle": 1, "volts": 1}, "unknown column 'volts'; did you mean 'voltage'"),
        ({"cycle": 1, "voltage": "high"}, "column 'voltage' takes real numbers, got 'high'"),
        ({"cycle": 1, "voltage": None}, "column 'voltage' takes real numbers"),
        ({"cycle": 1, "voltage": 10**400}, "column 'voltage' takes real numbers"),
        ({"cycle": 1, "voltage": np.inf}, "column 'voltage' is infinite"),
        ({"cycle": [1, 2], "voltage": [1, 2, 3]}, "column 'cycle' has 2 rows"),
        ({"cycle": [1, 2], "voltage": [1, -np.inf]}, "column 'voltage' is infinite"),
    ],
)
def test_a_row_that_is_not_as_declared_fails_the_run_and_names_the_column(tmp_path, row, complaint):
    class Wrong(Counting):
        """Record two good rows, then another."""

        def execute(self):
            self.record(cycle=0, voltage=0)
            self.record(cycle=1, voltage=0)
            self.record(**row)

    result = Run(Wrong(), FakeBench(), out=tmp_path).execute()
    assert result.status == "failed"
    assert complaint in result.error
    expected = 3 if row["cycle"] == [1, 2] and "infinite" in complaint else 2
    assert result.rows == expected


def test_infinity_is_refused_within_a_block_and_the_rows_before_it_are_kept(tmp_path):
    class Wrong(Counting):
        """Record for ever, once an infinity."""

        def execute(self):
            for cycle in itertools.count():
                self.record(cycle=cycle, voltage=np.inf if cycle == 1000 else 0)

    result = Run(Wrong(), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.rows) == ("failed", 1000)


def test_traces_belong_to_the_last_row(tmp_path):
    class Tracing(Counting):
        """Record rows with waveforms."""

        def execute(self):
            for cycle in range(3):
                self.record(cycle=[cycle, cycle], voltage=0)
                samples = np.arange(cycle, dtype=float)
                self.record_trace(Trace(samples, samples, samples))

    result = Run(Tracing(), FakeBench(), out=tmp_path).execute()
    with StoredRun(result.file) as stored:
        assert [(t.row, len(t.trace.time)) for t in stored.traces] == [(1, 0), (3, 1), (5, 2)]


def test_progress_comes_with_the_time_left(tmp_path, monkeypatch):
    class Half(Counting):
        """Say that half is done after ten seconds, then too often."""

        def execute(self):
            now[0] = 10.0
            self.progress(0.5)
            self.progress(0.51)
            self.progress(2.0)

    now = [0.0]
    monkeypatch.setattr("benchctl.run.perf_counter", lambda: now[0])
    watcher = Watcher()
    Run(Half(), FakeBench(), out=tmp_path, observers=[watcher]).execute()
    told = [h for h in watcher.heard if h[0] == "progress"]
    assert told == [("progress", 0.5, 10.0), ("progress", 1.0, 0.0)]


def test_a_failing_observer_is_dropped_and_the_run_goes_on(tmp_path, caplog):
    class Rude(Watcher):
        def rows(self, columns):
            super().rows(columns)
            raise RuntimeError("no paper")

    rude, polite = Rude(), Watcher()
    run = Run(Counting(rows=9000), FakeBench(), out=tmp_path, observers=[rude, polite])
    assert run.execute().status == "finished"
    assert len(rude.blocks) == 1
    assert ("finished", "finished") not in rude.heard
    assert np.array_equal(polite.column("cycle"), np.arange(9000))
    assert "no paper" in caplog.text


def test_an_analysis_that_fails_loses_no_run(tmp_path):
    class Wrong(Counting):
        """Divide by zero, afterwards."""

        def analyze(self, data):
            return {"ratio": Merit(1 / 0)}

    watcher = Watcher()
    result = Run(Wrong(), FakeBench(), out=tmp_path, observers=[watcher]).execute()
    assert (result.status, result.exit_code, result.analysis) == ("finished", 0, {})
    assert "the analysis failed: ZeroDivisionError" in result.error
    assert ("message", result.error) in watcher.heard
    with StoredRun(result.file) as stored:
        assert (stored.status, stored.error, stored.rows) == ("finished", result.error, 10)


def test_a_run_without_rows_is_not_analysed(tmp_path):
    result = Run(Counting(rows=0), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.rows, result.analysis, result.error) == ("finished", 0, {}, None)


@pytest.mark.parametrize("rows", [1, 100_000])
def test_a_failing_file_stops_the_run_after_the_outputs_are_off(tmp_path, monkeypatch, rows):
    class Waiting(Counting):
        """Record, then wait for the stop as a DUT does."""

        def execute(self):
            super().execute()
            while not self.dut.should_stop():
                pause.wait(0.01)
            raise Stopped("the run was asked to stop")

    def failing(self, columns):
        raise BenchError("cannot write: No space left on device")

    pause, calls = threading.Event(), []
    bench = FakeBench(calls)
    monkeypatch.setattr(RunFile, "append", failing)
    result = Run(Waiting(rows=rows), bench, out=tmp_path).execute()
    assert (result.status, result.rows, result.exit_code) == ("failed", 0, 1)
    assert "No space left" in result.error
    assert calls[-1] == "safe"


def test_a_disk_that_fails_during_a_long_wait_ends_the_wait(tmp_path, monkeypatch):
    class Waiting(Counting):
        """Wait for the stop as a DUT does."""

        def execute(self):
            self.record(cycle=0, voltage=0)
            while not self.dut.should_stop():
                pause.wait(0.01)
            raise Stopped("the run was asked to stop")

    def lost(self):
        raise BenchError("the disk is lost")

    pause = threading.Event()
    monkeypatch.setattr(RunFile, "sync", lost)
    result = Run(Waiting(), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.error, result.rows) == ("failed", "the disk is lost", 1)


def test_a_procedure_that_swallows_errors_cannot_swallow_a_failed_file(tmp_path, monkeypatch):
    class Stubborn(Counting):
        """Record whatever happens."""

        def execute(self):
            for cycle in range(20_000):
                try:
                    self.record(cycle=cycle, voltage=0)
                except BenchError:
                    continue

    def failing(self, columns):
        raise BenchError("cannot write")

    monkeypatch.setattr(RunFile, "append", failing)
    result = Run(Stubborn(), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.error) == ("failed", "cannot write")


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


def test_class_names_become_command_line_names(tmp_path):
    for name, expected in {"SetReset": "set-reset", "IVSweep": "iv-sweep", "Stdp": "stdp"}.items():
        kind = type(name, (Counting,), {"__doc__": "Something."})
        result = Run(kind(), FakeBench(), out=tmp_path).execute()
        with StoredRun(result.file) as stored:
            assert stored.header.procedure == expected


def test_an_unexpected_failure_is_logged_with_its_traceback(tmp_path, caplog):
    with caplog.at_level(logging.ERROR):
        Run(interrupting(ValueError("deep")), FakeBench(), out=tmp_path).execute()
    assert "Traceback" in caplog.text
    assert "in execute" in caplog.text


def test_the_result_goes_into_json(tmp_path):
    result = Run(Counting(), FakeBench(), out=tmp_path).execute()
    assert json.loads(json.dumps(result.analysis)) == result.analysis
