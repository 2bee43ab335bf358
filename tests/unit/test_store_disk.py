"""The run file on a disk that is full, slow, or gone."""

import errno
import os
import subprocess
import sys
from textwrap import dedent

import h5py
import numpy as np
import pytest
from store_parts import block, holds, make

from benchctl.errors import BenchError
from benchctl.store import StoredRun, repair
from benchctl.store.whole import write_whole


def test_a_rewrite_that_fails_leaves_the_growing_file_complete(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    file = make(tmp_path / "a.h5", 77)
    monkeypatch.setattr("benchctl.store.writing.write_whole", full)
    file.finish("finished", {"n": {"value": 3}}, "a note", "then")
    assert "No space left" in caplog.text
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 77)
        assert (run.status, run.error, run.ended) == ("finished", "a note", "then")
        assert run.analysis == {"n": {"value": 3}}


def test_a_rewrite_that_dies_half_way_leaves_no_debris(tmp_path, monkeypatch):
    make(tmp_path / "a.h5", 50).finish("finished", {}, None)
    before = (tmp_path / "a.h5").read_bytes()

    def half(source, file, result):
        file.attrs["x"] = 1
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchctl.store.whole._copy", half)
    with h5py.File(tmp_path / "a.h5", "r") as source, pytest.raises(OSError, match="No space"):
        write_whole(source, tmp_path / "a.h5", {})
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]
    assert (tmp_path / "a.h5").read_bytes() == before


FILL = dedent("""
    import resource, signal, sys
    from pathlib import Path
    import numpy as np
    from benchctl.errors import BenchError
    from benchctl.store import Column, Header, RunFile

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    header = Header("p", "d", "2026-11-21T20:14:11+00:00", "0" * 32)
    columns = [Column.of(t) for t in ("Cycle", "Voltage (V)", "Set conductance (S)")]
    file = RunFile.create(Path(sys.argv[1]), header, columns)
    limit, block = int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        while True:
            count = np.arange(file.rows, file.rows + block, dtype=float)
            file.append({"cycle": count, "voltage": count / 8, "set_conductance": -count})
    except BenchError as error:
        print(file.rows, error)
    file.finish("failed", {}, "the disk is full")
""")


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize(
    ("limit", "rows"), [(300_000, 100), (431_872, 100), (333_333, 4096), (700_001, 1000)]
)
def test_a_full_disk_is_one_error_keeps_what_was_written_and_crashes_nothing(tmp_path, limit, rows):
    path = tmp_path / "a.h5"
    child = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(limit), str(rows)],
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    acknowledged, _, text = child.stdout.partition(" ")
    assert "File too large" in text
    assert f"first {acknowledged} rows are safe" in text
    assert int(acknowledged) > 0
    with StoredRun(path) as run:
        assert holds(run, int(acknowledged))
        assert (run.status, run.error) == ("failed", "the disk is full")
    with StoredRun(repair(path)) as run:
        assert holds(run, int(acknowledged))
        assert run.status == "failed"


NO_ROOM = dedent("""
    import resource, signal, sys
    from pathlib import Path
    import numpy as np
    from benchctl.store import Column, Header, RunFile

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    header = Header("p", "d", "2026-11-21T20:14:11+00:00", "0" * 32)
    file = RunFile.create(Path(sys.argv[1]), header, [Column.of("Noise")])
    file.append({"noise": np.random.default_rng(1).random(100_000)})
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    file.finish("finished", {}, None)
""")


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("limit", [200_000, 300_000, 500_000, 600_000])
def test_a_disk_without_room_for_the_copy_leaves_the_growing_file(tmp_path, limit):
    path = tmp_path / "a.h5"
    child = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path), str(limit)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    assert "stays uncompressed (File too large)" in child.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]
    with StoredRun(path) as run:
        assert (run.rows, run.status) == (100_000, "finished")
        assert np.array_equal(run.data["noise"], np.random.default_rng(1).random(100_000))


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("limit", [200, 5_000])
def test_a_result_that_cannot_be_written_costs_no_row(tmp_path, limit):
    path = tmp_path / "a.h5"
    child = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path), str(limit)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    assert "first 100000 rows are safe" in child.stderr
    with StoredRun(repair(path)) as run:
        assert run.rows == 100_000
        assert np.array_equal(run.data["noise"], np.random.default_rng(1).random(100_000))


UNPLUG = dedent("""
    import os, sys
    from pathlib import Path
    import numpy as np
    from benchctl.errors import BenchError
    from benchctl.store import Column, Header, RunFile

    header = Header("p", "d", "2026-11-21T20:14:11+00:00", "0" * 32)
    file = RunFile.create(Path(sys.argv[1]), header, [Column.of("Cycle")])
    file.append({"cycle": np.arange(500.0)})
    gone = os.open(sys.argv[1], os.O_RDONLY)      # every write to it fails, as on a lost disk
    os.dup2(gone, file._file.id.get_vfd_handle())
    try:
        file.append({"cycle": np.arange(500.0)})
    except BenchError as error:
        print(error)
    file.finish("failed", {}, "the disk is gone")
""")


@pytest.mark.skipif(sys.platform == "win32", reason="replaces a POSIX descriptor")
def test_a_disk_that_goes_away_is_one_error_and_crashes_nothing(tmp_path):
    path = tmp_path / "a.h5"
    child = subprocess.run(
        [sys.executable, "-c", UNPLUG, str(path)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    assert "cannot write" in child.stdout
    assert "Traceback" not in child.stderr
    with StoredRun(path) as run:
        assert run.rows == 500
        assert run.status == "running"


def test_appending_after_a_failure_touches_the_disk_no_more(tmp_path, monkeypatch):
    file = make(tmp_path / "a.h5", 10)

    def failing(*_):
        raise OSError("lost")

    monkeypatch.setattr(h5py.h5f, "flush", failing)
    with pytest.raises(BenchError, match="lost"):
        file.append(block(10, 10))
    monkeypatch.undo()
    with pytest.raises(BenchError, match="first 10 rows are safe"):
        file.append(block(10, 10))
    file.finish("failed", {}, "lost")
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 10)
        assert run.status == "failed"


def forcing(monkeypatch, number):
    """Make the next sync due, and the disk answer it with error `number`."""

    def refused(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("benchctl.store.writing.monotonic", lambda: 1e9)
    monkeypatch.setattr(os, "fsync", refused)


def test_a_disk_that_lost_what_it_took_is_an_error(tmp_path, monkeypatch):
    file = make(tmp_path / "a.h5")
    forcing(monkeypatch, errno.EIO)
    with pytest.raises(BenchError, match=os.strerror(errno.EIO)):
        file.append(block(0, 3))
    file.finish("failed", {}, "lost")


def test_a_file_system_that_cannot_force_is_left_alone(tmp_path, monkeypatch):
    file = make(tmp_path / "a.h5")
    forcing(monkeypatch, errno.EINVAL)
    file.append(block(0, 3))
    file.append(block(3, 3))
    monkeypatch.undo()
    file.finish("finished", {}, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 6)


def test_rows_are_forced_to_the_disk_when_due(tmp_path, monkeypatch):
    now, synced = [0.0], []
    monkeypatch.setattr("benchctl.store.writing.monotonic", lambda: now[0])
    monkeypatch.setattr(os, "fsync", synced.append)
    file = make(tmp_path / "a.h5", 1)
    assert not synced
    now[0] = 0.9
    file.sync()
    file.sync()
    assert len(synced) == 1
    now[0] = 1.95
    file.append(block(1, 1))
    assert len(synced) == 2
    now[0] = 5.0
    file.sync()
    assert len(synced) == 2, "nothing was appended since"
    monkeypatch.undo()
    file.finish("finished", {}, None)
