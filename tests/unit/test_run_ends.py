"""How a run ends: stopped, failed, or on a lost disk, its outputs are off first."""

import itertools
import logging
import threading

import pytest
from run_parts import Counting, FakeBench, interrupting

from benchctl.errors import BenchError, ConfigError, InstrumentError, LimitExceeded, Stopped
from benchctl.run import Run
from benchctl.store import RunFile, StoredRun


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


@pytest.mark.parametrize(
    ("error", "status"), [(InstrumentError("gone"), "failed"), (Stopped("asked"), "stopped")]
)
@pytest.mark.parametrize("beyond", [[], ["x: 9 V across it", "x: it reached 2000 K"]])
def test_however_it_ends_the_file_says_whether_the_model_held(tmp_path, error, status, beyond):
    bench = FakeBench()
    bench.beyond = beyond
    result = Run(interrupting(error), bench, out=tmp_path).execute()
    with StoredRun(result.file) as stored:
        found = stored.analysis.get("model_validity")
        assert stored.status == status
    if beyond:
        assert (found["value"], found["note"]) == (False, "x: 9 V across it; x: it reached 2000 K")
    else:
        assert found is None


def test_an_analysis_that_fails_hides_no_model_that_did_not_hold(tmp_path):
    class Wrong(Counting):
        """Record rows nobody can analyse."""

        def analyze(self, data):
            raise ZeroDivisionError

    bench = FakeBench()
    bench.beyond = ["x: 9 V across it"]
    result = Run(Wrong(), bench, out=tmp_path).execute()
    assert result.status == "finished"
    assert "the analysis failed" in result.error
    assert list(result.analysis) == ["model_validity"]


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


@pytest.mark.parametrize("method", ["append", "sync"])
def test_a_thread_that_cannot_flush_stops_the_run_and_says_why(tmp_path, monkeypatch, method):
    class Waiting(Counting):
        """Wait for the stop as a DUT does."""

        def execute(self):
            self.record(cycle=0, voltage=0)
            for _ in range(500):
                if self.dut.should_stop():
                    raise Stopped("the run was asked to stop")
                pause.wait(0.01)

    def broken(self, *_):
        raise MemoryError("no room")

    pause, calls = threading.Event(), []
    monkeypatch.setattr(RunFile, method, broken)
    result = Run(Waiting(), FakeBench(calls), out=tmp_path).execute()
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result.error == "the rows cannot be stored: MemoryError: no room"
    assert calls[-1] == "safe"
    with StoredRun(result.file) as stored:
        assert (stored.status, stored.error) == ("failed", result.error)


def test_a_last_block_that_cannot_be_stored_leaves_a_finished_file(tmp_path, monkeypatch):
    def broken(self, *_):
        raise MemoryError("no room")

    monkeypatch.setattr(RunFile, "append", broken)
    result = Run(Counting(rows=3), FakeBench(), out=tmp_path).execute()
    assert (result.status, result.error) == ("failed", "MemoryError: no room")
    with StoredRun(result.file) as stored:
        assert stored.status == "failed"


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


def test_an_unexpected_failure_is_logged_with_its_traceback(tmp_path, caplog):
    with caplog.at_level(logging.ERROR):
        Run(interrupting(ValueError("deep")), FakeBench(), out=tmp_path).execute()
    assert "Traceback" in caplog.text
    assert "in execute" in caplog.text
