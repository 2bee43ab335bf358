"""A run whose process is killed keeps every row that was acknowledged."""

import random
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from benchctl.store import StoredRun, repair

#: A run of endless rows that prints how many are in the file each time a block was flushed.
CHILD = dedent("""
    import sys
    from types import SimpleNamespace
    import numpy as np
    from benchctl.procedure import Procedure
    from benchctl.run import Run
    from benchctl.stimulus import Trace

    class Endless(Procedure):
        '''Record for ever.'''

        DATA_COLUMNS = ["Cycle", "Voltage (V)", "Current (A)", "Time (s)", "Width (s)"]

        def execute(self):
            rows, start = int(sys.argv[2]), 0
            while True:
                cycle = np.arange(start, start + rows) if rows > 1 else start
                self.record(cycle=cycle, voltage=cycle / 8, current=-cycle, time=cycle, width=1e-6)
                start += rows
                if rows == 100 and start % 10_000 == 0:
                    wave = np.arange(start % 997, dtype=float)
                    self.record_trace(Trace(wave, wave, wave))

    class Acknowledge:
        total = 0
        def rows(self, columns):
            self.total += len(columns["cycle"])
            sys.stdout.write(f"{self.total}\\n")
            sys.stdout.flush()
        def __getattr__(self, name):
            return lambda *about: None

    dut = SimpleNamespace(label="d", should_stop=None, check=lambda *a, **k: None,
                          need_cell=lambda: None)
    config = SimpleNamespace(simulation=SimpleNamespace(seed=1))
    bench = SimpleNamespace(dut=dut, config=config, simulated=True, safe=lambda: [],
                            snapshot=lambda: {}, warnings=lambda: [])
    Run(Endless(), bench, out=sys.argv[1], observers=[Acknowledge()]).execute()
""")


def run_and_kill(path: Path, rows: int, after: int) -> int:
    """Kill a run right after its `after`-th acknowledgement; return the rows acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(rows)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for _ in range(after):
        line = child.stdout.readline()
    child.kill()  # SIGKILL, or TerminateProcess on Windows
    # Between the last line read and the kill more was acknowledged.
    rest = [text for text in child.stdout.read().splitlines(keepends=True) if text.endswith("\n")]
    child.wait()
    child.stdout.close()
    return int(rest[-1] if rest else line)


@pytest.mark.parametrize("trial", range(8))
def test_a_killed_run_keeps_every_acknowledged_row(tmp_path, trial):
    draw = random.Random(trial)
    rows = [1, 100, 4096, 30_000][trial % 4]
    path = tmp_path / "run.h5"
    acknowledged = run_and_kill(path, rows, after=draw.randrange(1, 400 if rows > 1 else 60))
    with StoredRun(path) as run:
        assert run.status == "running"
        check(run, acknowledged)
        kept = run.rows
        traces = [(t.row, len(t.trace.time)) for t in run.traces]
    with StoredRun(repair(path)) as whole:
        assert whole.status == "failed"
        assert "recovered" in whole.error
        assert whole.rows == kept
        check(whole, acknowledged)
        assert [(t.row, len(t.trace.time)) for t in whole.traces] == traces
    for row, samples in traces:
        assert samples == (row + 1) % 997


def check(run: StoredRun, acknowledged: int) -> None:
    """Every acknowledged row is there, and none that was never recorded."""
    assert run.rows >= acknowledged > 0
    expected = np.arange(run.rows, dtype=float)
    assert np.array_equal(run.data["cycle"], expected)
    assert np.array_equal(run.data["voltage"], expected / 8)
    assert np.array_equal(run.data["current"], -expected)
    assert np.array_equal(run.data["time"], expected)
    assert (run.data["width"] == 1e-6).all()


def test_a_killed_run_can_be_read_while_another_one_is_recorded_beside_it(tmp_path):
    acknowledged = run_and_kill(tmp_path / "one.h5", 100, after=3)
    run_and_kill(tmp_path / "two.h5", 100, after=3)
    with StoredRun(tmp_path / "one.h5") as run:
        check(run, acknowledged)
