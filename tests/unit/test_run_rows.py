"""Rows of a run: in order, in time, and only as declared."""

import itertools
import threading

import numpy as np
import pytest
from run_parts import Counting, FakeBench, Watcher

from benchctl.run import Run
from benchctl.stimulus import Trace
from benchctl.store import StoredRun


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
