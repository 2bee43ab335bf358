"""The run file: growing, finished, killed, refused."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from textwrap import dedent

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_parts import COLUMNS, HEADER, block, holds, make

from benchctl.errors import BenchError, ConfigError
from benchctl.stimulus import Trace
from benchctl.store import Column, RunFile, StoredRun, plain, repair, slug


def test_a_finished_file_gives_back_everything(tmp_path):
    file = make(tmp_path / "a.h5")
    file.append(block(0, 3000))
    file.append(block(3000, 1))
    file.finish("finished", {"ratio": {"value": 12.5, "unit": ""}}, None, "2026-11-21T20:15:00")
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 3001)
        assert run.header == replace(
            HEADER, parameters={"set_width": 1.23456789012345e-07, "levels": [1e-6, 1e-5]}
        )
        assert run.columns == COLUMNS
        assert (run.status, run.error, run.ended) == ("finished", None, "2026-11-21T20:15:00")
        assert run.analysis == {"ratio": {"value": 12.5, "unit": ""}}
        assert list(run.data) == ["cycle", "voltage", "set_conductance"]
        assert "nothing" not in run.data


def test_a_finished_file_is_plain_compressed_and_alone(tmp_path):
    file = make(tmp_path / "a.h5")
    for start in range(0, 100_000, 10_000):
        file.append(block(start, 10_000))
    grown = (tmp_path / "a.h5").stat().st_size
    file.finish("finished", {}, None)
    assert (tmp_path / "a.h5").stat().st_size < grown / 5
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]
    with h5py.File(tmp_path / "a.h5", "r") as plain_file:
        assert plain_file.attrs["format"] == "benchctl-run"
        assert plain_file.attrs["NX_class"] == "NXentry"
        assert plain_file["data"].attrs["NX_class"] == "NXdata"
        voltage = plain_file["data/voltage"]
        assert (voltage.attrs["units"], voltage.attrs["long_name"]) == ("V", "Voltage (V)")
        assert voltage.compression == "gzip"
        assert voltage.shuffle
        assert json.loads(plain_file["result/analysis"].asstr()[()]) == {}
        assert plain_file["result/status"].asstr()[()] == "finished"


@pytest.mark.parametrize("rows", [0, 1, 20_000])
def test_xarray_reads_the_finished_file_as_one_table(tmp_path, rows):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    make(tmp_path / "a.h5", rows).finish("finished", {}, None)
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf", group="data") as table:
        assert dict(table.sizes) == {"record": rows}
        assert set(table) == {"cycle", "voltage", "set_conductance"}
        assert table["voltage"].attrs["units"] == "V"
        assert np.array_equal(table["cycle"].values, np.arange(rows))


def test_a_column_called_record_does_not_collide(tmp_path):
    xarray = pytest.importorskip("xarray")
    file = RunFile.create(tmp_path / "a.h5", HEADER, [Column.of("Record")])
    file.append({"record": np.arange(5.0)})
    file.finish("finished", {}, None)
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf", group="data") as table:
        assert np.array_equal(table["record"].values, np.arange(5))


def test_every_append_is_in_the_file_before_the_next(tmp_path):
    file = make(tmp_path / "a.h5", 10)
    seen = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "a.h5")], capture_output=True, text=True
    )
    assert seen.stdout.split() == ["10", "running", "9.0"], seen.stderr
    file.append(block(10, 5))
    seen = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "a.h5")], capture_output=True, text=True
    )
    assert seen.stdout.split() == ["15", "running", "14.0"], seen.stderr
    file.finish("stopped", {}, None)


READ = dedent("""
    import sys
    from benchctl.store import StoredRun
    with StoredRun(sys.argv[1]) as run:
        print(run.rows, run.status, run.data["cycle"][-1])
""")


def test_appending_the_same_block_again_after_an_interruption_adds_nothing(tmp_path, monkeypatch):
    file = make(tmp_path / "a.h5", 10)
    flush = h5py.h5f.flush

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(h5py.h5f, "flush", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.append(block(10, 10))
    monkeypatch.setattr(h5py.h5f, "flush", flush)
    file.append(block(10, 10))
    file.finish("finished", {}, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 20)


def test_an_interruption_while_the_disk_is_slow_adds_nothing_either(tmp_path, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    file = make(tmp_path / "a.h5", 10)
    monkeypatch.setattr("benchctl.store.writing.monotonic", lambda: 1e9)
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.append(block(10, 10))
    monkeypatch.undo()
    file.append(block(10, 10))
    file.finish("finished", {}, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 20)


def test_metadata_noted_before_the_rows_does_not_hide_them_after_a_kill(tmp_path):
    file = make(tmp_path / "a.h5")
    file.note_metadata({"operator": "me"})
    file.append(block(0, 25))
    with StoredRun(tmp_path / "a.h5") as growing:
        assert holds(growing, 25)
    with StoredRun(repair(tmp_path / "a.h5")) as run:
        assert holds(run, 25)
        assert run.metadata == {"operator": "me"}
    file.finish("finished", {}, None)


def test_unequal_columns_are_trimmed_to_the_shortest(tmp_path):
    file = make(tmp_path / "a.h5", 10)
    file._datasets["cycle"].set_extent((25,))
    h5py.h5f.flush(file._file.id)
    file._file.close()
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 10)


def test_rows_beyond_the_acknowledged_ones_are_not_shown(tmp_path):
    file = make(tmp_path / "a.h5", 25)  # as where a full disk took lengths but no rows
    file._result["rows"][()] = 10
    h5py.h5f.flush(file._file.id)
    file._file.close()
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 10)
    with StoredRun(repair(tmp_path / "a.h5")) as run:
        assert holds(run, 10)


def test_traces_are_ragged_and_know_their_row(tmp_path):
    file = make(tmp_path / "a.h5", 3)
    waves = [Trace(np.arange(n) * 1e-9, np.full(n, 0.5), np.arange(n) * 1e-6) for n in (4, 0, 7)]
    for row, wave in enumerate(waves):
        file.append_trace(wave, row)
    with StoredRun(tmp_path / "a.h5") as growing:
        assert [len(t.trace.time) for t in growing.traces] == [4, 0, 7]
    file.finish("finished", {}, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert [t.row for t in run.traces] == [0, 1, 2]
        for stored, wave in zip(run.traces, waves, strict=True):
            assert np.array_equal(stored.trace.time, wave.time)
            assert np.array_equal(stored.trace.current, wave.current)


def test_a_trace_cut_short_by_a_kill_is_left_out(tmp_path):
    file = make(tmp_path / "a.h5", 2)
    wave = Trace(np.arange(5.0), np.arange(5.0), np.arange(5.0))
    file.append_trace(wave, 0)
    file.append_trace(wave, 1)
    file._traces["current"].set_extent((7,))
    h5py.h5f.flush(file._file.id)
    file._file.close()
    with StoredRun(tmp_path / "a.h5") as run:
        assert [t.row for t in run.traces] == [0]
    with StoredRun(repair(tmp_path / "a.h5")) as run:
        assert [t.row for t in run.traces] == [0]
        assert np.array_equal(run.traces[0].trace.current, wave.current)


def test_repair_copies_an_unfinished_file_out_whole(tmp_path):
    file = make(tmp_path / "a.h5", 1234)
    file.note_metadata({"operator": "me"})
    before = (tmp_path / "a.h5").read_bytes()
    whole = repair(tmp_path / "a.h5")
    assert (tmp_path / "a.h5").read_bytes() == before
    with h5py.File(whole, "r") as copy:
        assert copy["data/cycle"].compression == "gzip"
    with StoredRun(whole) as run:
        assert holds(run, 1234)
        assert run.status == "failed"
        assert "recovered" in run.error
        assert "1234" in run.error
        assert run.header.run_id == HEADER.run_id
        assert run.metadata == {"operator": "me"}
    with pytest.raises(ConfigError, match="exists already"):
        repair(tmp_path / "a.h5")
    file.finish("finished", {}, None)


def test_repairing_a_finished_file_keeps_its_result(tmp_path):
    make(tmp_path / "a.h5", 5).finish("stopped", {"n": {"value": 1}}, "why", "then")
    with StoredRun(repair(tmp_path / "a.h5", tmp_path / "deep" / "b.h5")) as run:
        assert (run.status, run.error, run.analysis) == ("stopped", "why", {"n": {"value": 1}})
        assert holds(run, 5)


def test_never_overwrites(tmp_path):
    make(tmp_path / "a.h5", 5).finish("finished", {}, None)
    with pytest.raises(ConfigError, match="exists already"):
        make(tmp_path / "a.h5")
    with StoredRun(tmp_path / "a.h5") as run:
        assert holds(run, 5)


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="cannot create"):
        make(tmp_path / "file" / "a.h5")


@pytest.mark.parametrize("titles", [("Voltage (V)", "voltage (mV)"), ("(V)",)])
def test_columns_must_have_names_of_their_own(tmp_path, titles):
    with pytest.raises(ConfigError, match="names that differ"):
        RunFile.create(tmp_path / "a.h5", HEADER, [Column.of(t) for t in titles])
    assert not list(tmp_path.iterdir())


def test_an_unknown_version_is_refused(tmp_path):
    make(tmp_path / "a.h5").finish("finished", {}, None)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["format_version"] = 2
    with pytest.raises(ConfigError, match="format version 2, this benchctl reads 1"):
        StoredRun(tmp_path / "a.h5")


def test_what_is_no_run_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        StoredRun(tmp_path / "missing.h5")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(ConfigError, match="cannot be read as a run file"):
        StoredRun(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(ConfigError, match="not a benchctl run file"):
        StoredRun(tmp_path / "other.h5")


def test_a_damaged_file_is_refused(tmp_path):
    make(tmp_path / "a.h5", 3).finish("finished", {}, None)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["data/voltage"]
    with pytest.raises(ConfigError, match=r"a\.h5 is damaged: .*voltage"):
        StoredRun(tmp_path / "a.h5")


def test_texts_too_long_for_a_growing_file_are_whole_in_the_finished_one(tmp_path, monkeypatch):
    analysis = {f"m{i}": {"value": i, "note": "x" * 100} for i in range(1000)}
    file = make(tmp_path / "a.h5", 1)
    file.finish("finished", analysis, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert run.analysis == analysis


def test_a_dut_named_with_any_character_is_stored(tmp_path):
    make(tmp_path / "a.h5", header=replace(HEADER, dut="Ω\0\n☃")).finish("finished", {}, None)
    with StoredRun(tmp_path / "a.h5") as run:
        assert run.header.dut == "Ω\n☃"


def test_file_name_says_when_what_and_on_what():
    assert HEADER.file_name == "20261121T201411Z_set-reset_HfOx-W07-3_8f654ed3.h5"


@given(st.text(max_size=300))
def test_slugs_are_safe_on_every_system(text):
    name = slug(text)
    assert 0 < len(name) <= 61
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@pytest.mark.parametrize("name", ["con", "NUL", "lpt1", "COM9", "aux", "prn"])
def test_names_that_windows_keeps_for_itself_are_changed(name):
    assert slug(name).lower() != name.lower()


def test_plain_makes_any_figure_json():
    figure = {"a": np.float64(1.5), "b": (np.int64(2), float("nan")), 3: np.array([True, False])}
    assert plain(figure) == {"a": 1.5, "b": [2, None], "3": [True, False]}
    assert json.loads(json.dumps(plain({"inf": float("inf"), "none": None}))) == {
        "inf": None,
        "none": None,
    }
