"""Rows a second from record() to the disk, beside PyMeasure's own Worker and its CSV.

All paths record the same five float columns and are timed in turns within one test, so that a
busy machine slows all of them; what is asserted are ratios of medians.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from textwrap import dedent
from time import perf_counter
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pymeasure.experiment
import pytest
from pymeasure.experiment import Results, Worker

from benchctl.procedure import Procedure
from benchctl.run import Run
from benchctl.store import StoredRun

COLUMNS = ["Cycle", "Voltage (V)", "Current (A)", "Conductance (S)", "Time (s)"]
ROUNDS = 5
SCALAR_ROWS = 100_000
BATCH = 4096
BATCHES = 500


class Stock(pymeasure.experiment.Procedure):
    """PyMeasure's way: a dictionary a row."""

    DATA_COLUMNS: ClassVar = COLUMNS

    def execute(self) -> None:
        started = perf_counter()
        for cycle in range(SCALAR_ROWS):
            self.emit(
                "results",
                {
                    "Cycle": cycle,
                    "Voltage (V)": 0.1,
                    "Current (A)": 1e-6,
                    "Conductance (S)": 1e-5,
                    "Time (s)": cycle * 1e-3,
                },
            )
        self.elapsed = perf_counter() - started


class Scalars(Procedure):
    """One record() a row."""

    DATA_COLUMNS: ClassVar = COLUMNS

    def execute(self) -> None:
        for cycle in range(SCALAR_ROWS):
            self.record(cycle=cycle, voltage=0.1, current=1e-6, conductance=1e-5, time=cycle * 1e-3)


class Arrays(Procedure):
    """One record() a block of 4,096 rows."""

    DATA_COLUMNS: ClassVar = COLUMNS

    def execute(self) -> None:
        noise = np.random.default_rng(1).random(BATCH)
        for _ in range(BATCHES):
            self.record(cycle=noise, voltage=noise, current=noise, conductance=noise, time=noise)


class Watch:
    """From the first thing applied to the last row flushed, and the longest a row waited."""

    def __init__(self) -> None:
        self.rows_seen = 0
        self.last = 0.0

    def started(self, run: Run) -> None:
        self.begun = self.last = perf_counter()

    def rows(self, columns: dict[str, Any]) -> None:
        self.rows_seen += len(columns["cycle"])
        self.last = perf_counter()

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def bench() -> Any:
    """Return a bench that does nothing."""
    dut = SimpleNamespace(name="nothing", should_stop=None, check=lambda *_, **__: None)
    config = SimpleNamespace(simulation=SimpleNamespace(seed=1))
    return SimpleNamespace(dut=dut, config=config, simulated=True, safe=list, snapshot=lambda: {})


def csv_rate(folder: Path) -> float:
    """Return rows/s of PyMeasure's Worker to CSV; its start and end are not counted."""
    procedure = Stock()
    path = folder / f"{perf_counter()}.csv"
    worker = Worker(Results(procedure, str(path)))
    worker.start()
    worker.join(120)
    assert procedure.status == procedure.FINISHED
    with path.open() as lines:
        assert sum(1 for _ in lines) >= SCALAR_ROWS
    return SCALAR_ROWS / procedure.elapsed


def run_rate(procedure: Procedure, rows: int, folder: Path) -> float:
    """Return rows/s from the start of the run to the flush of its last row."""
    watch = Watch()
    result = Run(procedure, bench(), out=folder, observers=[watch]).execute()
    assert (result.status, result.rows, watch.rows_seen) == ("finished", rows, rows)
    return rows / (watch.last - watch.begun)


def test_record_against_pymeasure(tmp_path, benchmark):
    rates: dict[str, list[float]] = {"csv": [], "scalars": [], "arrays": []}

    def turn() -> None:
        rates["csv"].append(csv_rate(tmp_path))
        rates["scalars"].append(run_rate(Scalars(), SCALAR_ROWS, tmp_path))
        rates["arrays"].append(run_rate(Arrays(), BATCHES * BATCH, tmp_path))

    benchmark.pedantic(turn, rounds=ROUNDS, warmup_rounds=1)
    csv, scalars, arrays = (median(values) for values in rates.values())
    benchmark.extra_info.update(
        csv_rows_per_s=csv, scalar_rows_per_s=scalars, array_rows_per_s=arrays
    )
    print(f"\nPyMeasure Worker to CSV {csv:12,.0f} rows/s")
    print(f"record(), one row       {scalars:12,.0f} rows/s = {scalars / csv:.1f} x (3 wanted)")
    print(f"record(), 4,096 rows    {arrays:12,.0f} rows/s = {arrays / csv:.0f} x (50 wanted)")
    assert scalars >= 3 * csv
    assert arrays >= 50 * csv


class Ticking(Procedure):
    """A row a millisecond or so, each saying when it was recorded."""

    DATA_COLUMNS: ClassVar = COLUMNS

    def execute(self) -> None:
        begun = now = perf_counter()
        while now - begun < 3.0:
            self.dut.pause(1e-3)
            now = perf_counter()
            self.record(cycle=0, voltage=0, current=0, conductance=0, time=now)


class Delay(Watch):
    """The longest that a row waited for the disk."""

    longest = 0.0

    def rows(self, columns: dict[str, Any]) -> None:
        self.longest = max(self.longest, perf_counter() - columns["time"][0])


def test_a_row_is_flushed_within_a_quarter_of_a_second(tmp_path, benchmark):
    from threading import Event

    longest: list[float] = []

    def run() -> None:
        delay, slow = Delay(), bench()
        slow.dut.pause = Event().wait
        Run(Ticking(), slow, out=tmp_path, observers=[delay]).execute()
        longest.append(delay.longest)

    benchmark.pedantic(run, rounds=3)
    print(f"\nlongest wait of a row for the disk {median(longest) * 1e3:.0f} ms (250 allowed)")
    assert median(longest) <= 0.25


MEMORY = dedent("""
    import sys
    from pathlib import Path
    from types import SimpleNamespace
    import numpy as np
    import psutil
    from benchctl.procedure import Procedure
    from benchctl.run import Run

    class Long(Procedure):
        '''Ten million rows.'''

        DATA_COLUMNS = ["Cycle", "Voltage (V)", "Current (A)", "Conductance (S)", "Time (s)"]

        def execute(self):
            noise = np.random.default_rng(1).random(10_000)
            for start in range(0, 10_000_000, 10_000):
                self.record(cycle=np.arange(start, start + 10_000), voltage=0.1, current=noise,
                            conductance=noise * 10, time=noise)

    class Silent:
        def __getattr__(self, name):
            return lambda *about: None

    def peak():
        # The most that was resident at any time, in bytes. Linux hands getrusage's figure down
        # from the process that forked this one, so it is read from /proc there.
        info = psutil.Process().memory_info()
        if hasattr(info, "peak_wset"):
            return info.peak_wset
        status = Path("/proc/self/status")
        if status.exists():
            line = next(e for e in status.read_text().splitlines() if e.startswith("VmHWM"))
            return int(line.split()[1]) * 1024
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    dut = SimpleNamespace(name="d", should_stop=None, check=lambda *a, **k: None)
    config = SimpleNamespace(simulation=SimpleNamespace(seed=1))
    bench = SimpleNamespace(dut=dut, config=config, simulated=True, safe=list, snapshot=dict,
                            warnings=list)
    before = psutil.Process().memory_info().rss
    result = Run(Long(), bench, out=sys.argv[1], observers=[Silent()]).execute()
    assert result.status == "finished", result.error
    print(result.file, before, peak())
""")


def test_ten_million_rows_within_400_megabytes(tmp_path, benchmark):
    seen: list[tuple[str, int, int]] = []

    def run() -> None:
        child = subprocess.run(
            [sys.executable, "-c", MEMORY, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 0, child.stderr
        file, before, peak = child.stdout.rsplit(maxsplit=2)
        seen.append((file, int(before), int(peak)))

    benchmark.pedantic(run, rounds=1)
    file, before, peak = seen[0]
    print(f"\n10,000,000 rows: {before / 1e6:.0f} MB before, {peak / 1e6:.0f} MB at most")
    with StoredRun(file) as stored:
        assert stored.rows == 10_000_000
    assert peak <= 400e6


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-s"]))
