"""A run that finishes: what it stores, tells and analyses."""

import json

import numpy as np
import pytest
from run_parts import Counting, FakeBench, Watcher

from benchctl.errors import ConfigError, LimitExceeded
from benchctl.procedure import Merit, quantity
from benchctl.run import Run
from benchctl.stimulus import pulse
from benchctl.store import StoredRun


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
    assert header.module == "run_parts:Counting"
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


def test_class_names_become_command_line_names(tmp_path):
    for name, expected in {"SetReset": "set-reset", "IVSweep": "iv-sweep", "Stdp": "stdp"}.items():
        kind = type(name, (Counting,), {"__doc__": "Something."})
        result = Run(kind(), FakeBench(), out=tmp_path).execute()
        with StoredRun(result.file) as stored:
            assert stored.header.procedure == expected


def test_the_result_goes_into_json(tmp_path):
    result = Run(Counting(), FakeBench(), out=tmp_path).execute()
    assert json.loads(json.dumps(result.analysis)) == result.analysis
