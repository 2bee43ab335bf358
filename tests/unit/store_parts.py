"""What the tests of the store share: a header, rows that are known."""

from pathlib import Path

import numpy as np

from benchctl.store import Column, Header, RunFile, StoredRun

HEADER = Header(
    procedure="set-reset",
    dut="HfOx W07/3",
    started="2026-11-21T20:14:11+00:00",
    run_id="8f654ed37c4e253af3e68708e889e592",
    title="Set and reset.",
    module="procedures.set_reset:SetReset",
    parameters={"set_width": 1.23456789012345e-07, "levels": (1e-6, 1e-5)},
    bench={"identities": {"smu": "KEITHLEY"}},
    software={"numpy": "2"},
    seed=7,
)
COLUMNS = [Column.of(t) for t in ("Cycle", "Voltage (V)", "Set conductance (S)")]


def make(path: Path, rows: int = 0, header: Header = HEADER) -> RunFile:
    file = RunFile.create(path, header, COLUMNS)
    if rows:
        file.append(block(0, rows))
    return file


def block(start: int, rows: int) -> dict[str, np.ndarray]:
    count = np.arange(start, start + rows, dtype=float)
    return {"cycle": count, "voltage": count / 8, "set_conductance": -count}


def holds(run: StoredRun, rows: int) -> bool:
    expected = block(0, rows)
    return run.rows == rows and all(np.array_equal(run.data[s], a) for s, a in expected.items())
