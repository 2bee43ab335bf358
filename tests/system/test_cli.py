"""The command line as scripts see it: exit codes, JSON, one line per mistake, nothing lost."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

from benchctl import plugins
from benchctl.store import Column, Header, RunFile

EXAMPLES = Path("examples/benches")
SOURCE_METER = "examples/benches/source_meter.toml"
RELAY = "examples/benches/generator_and_source_meter.toml"


def columns(path):
    with h5py.File(path) as file:
        # "record" is the netCDF dimension, no column.
        return {name: data[...] for name, data in file["data"].items() if name != "record"}


@pytest.mark.parametrize("name", plugins.names("procedure"))
def test_every_procedure_finishes_and_a_seed_gives_the_same_rows(run, benchctl, tmp_path, name):
    code, first, _ = run(name, "--seed", 1, "--out", tmp_path / "first.h5")
    assert code == 0
    assert first["status"] == "finished"
    assert first["rows"] > 0
    assert first["analysis"]
    code, second, _ = run(name, "--seed", 1, "--out", tmp_path / "second.h5")
    assert code == 0
    assert first["analysis"] == second["analysis"]
    a, b = columns(first["file"]), columns(second["file"])
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])
    dataset = xarray.open_dataset(first["file"], engine="h5netcdf", group="data")
    assert set(a) <= set(dataset.variables)
    dataset.close()
    picture = tmp_path / "plot.png"
    code, _, _ = benchctl("show", first["file"], "--plot", picture, "--quiet")
    assert code == 0
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("bench", "name", "cell"),
    [
        ("neuron", "firing", ()),
        ("three_terminal", "potentiation", ()),
        ("array", "array-map", ()),
        ("array", "iv-sweep", ("--cell", "2,5", "-p", "cycles=1")),
    ],
)
def test_the_example_circuits_run_simulated_as_they_stand(run, tmp_path, bench, name, cell):
    path = EXAMPLES / f"{bench}.toml"
    code, found, _ = run(
        name, "--bench", path, "--simulate", "--seed", 2, "--out", tmp_path / "run.h5", *cell
    )
    assert (code, found["status"]) == (0, "finished")
    with h5py.File(found["file"]) as file:
        snapshot = json.loads(file.attrs["bench"])
    assert snapshot["cell"] == ([2, 5] if cell else None)
    assert snapshot["device"]["seed"] == 2


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        (None, 2, "name one with --cell ROW,COLUMN"),
        ("2;5", 2, "expected ROW,COLUMN"),
        ("8,0", 3, "rows end at 7"),
    ],
)
def test_a_cell_that_is_not_there_is_one_line(run, tmp_path, cell, code, words):
    chosen = () if cell is None else ("--cell", cell)
    found, _, said = run(
        "iv-sweep", "--bench", EXAMPLES / "array.toml", "--simulate", "--out", tmp_path, *chosen
    )
    assert found == code
    assert words in said
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize("bench", [SOURCE_METER, RELAY])
@pytest.mark.parametrize("name", ["iv-sweep", "set-reset", "endurance"])
def test_the_example_benches_run_simulated_as_they_stand(run, tmp_path, bench, name):
    arguments = ["--bench", bench, "--simulate", "--seed", 2, "--out", tmp_path / "run.h5"]
    if name != "iv-sweep":
        arguments += ["-p", "cycles=20"]
    code, result, err = run(name, *arguments)
    assert (code, result["status"]) == (0, "finished"), err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "set-rest"], 2, ["'set-rest'", "did you mean 'set-reset'"]),
        (["run", "set-reset", "-p", "cycels=3"], 2, ["'cycels'", "did you mean 'cycles'"]),
        (["run", "set-reset", "-p", "set_width=5 nV"], 2, ["set_width", "quantity in s"]),
        (["run", "set-reset", "-p", "set_width=nan"], 2, ["set_width"]),
        (["run", "set-reset", "-p", "set_width=inf"], 2, ["set_width"]),
        (["run", "set-reset", "-p", "set_width=-1 us"], 2, ["set_width"]),
        (["run", "set-reset", "-p", "cycles=0"], 2, ["cycles"]),
        (["run", "set-reset", "-p", "cycles=2.5"], 2, ["cycles", "whole number"]),
        (["run", "set-reset", "-p", "cycles"], 2, ["NAME=VALUE"]),
        (["run", "set-reset", "--bench", "no.toml"], 2, ["no.toml"]),
        (["run", "nowhere:Thing"], 2, ["nowhere"]),
        (["run", "json:Thing"], 2, ["Thing"]),
        (["run"], 2, ["NAME"]),
        (["rum"], 2, ["'rum'", "did you mean 'run'"]),
        (["run", "set-reset", "--sed", "1"], 2, ["--sed"]),
        (["list", "modles"], 2, ["'modles'", "did you mean 'models'"]),
        (["show", "nothing.h5"], 2, ["nothing.h5"]),
        (["run", "set-reset", "-p", "set_voltage=30 V"], 3, ["30 V", "limits"]),
        (["run", "set-reset", "-p", "compliance=1 A"], 3, ["1 A", "limit"]),
        (
            ["run", "set-reset", "--bench", SOURCE_METER, "--simulate", "-p", "set_width=1 us"],
            3,
            ["1 µs", "shortest"],
        ),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else None,
)
def test_a_mistake_is_one_line_and_an_exit_code(
    benchctl, tmp_path, monkeypatch, arguments, code, words
):
    arguments = [str(Path(a).resolve()) if a == SOURCE_METER else a for a in arguments]
    monkeypatch.chdir(tmp_path)
    got, out, err = benchctl(*arguments)
    assert got == code
    assert not out
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert not list(tmp_path.rglob("*.h5"))


@pytest.mark.parametrize(
    ("table", "code", "words"),
    [
        ('[instruments.smu]\ndriver="keithley_2405"\naddress="GPIB0::1::INSTR"', 2, ["2450"]),
        (
            '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
            '[simulation]\nmodel="gap_filamant"',
            2,
            ["did you mean 'gap_filament'"],
        ),
        (
            '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
            "[simulation.parameters]\nnonsense=1",
            2,
            ["nonsense"],
        ),
        (
            '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
            '[[simulation.faults]]\ninstrument="smu"\nmessage=1\nkind="identity"',
            1,
            ["not as a 2450"],
        ),
        (
            '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
            '[[simulation.faults]]\ninstrument="smu"\nmessage=1\nkind="timeout"',
            1,
            ["does not answer"],
        ),
        ('[instruments.smu]\ndriver="keithley_2450"\naddress="nonsense"', 2, ["nonsense"]),
    ],
)
def test_a_wrong_bench_is_named(benchctl, tmp_path, table, code, words):
    path = tmp_path / "bench.toml"
    path.write_text(table)
    got, _, err = benchctl("run", "iv-sweep", "--bench", path, "--simulate", "--out", tmp_path)
    assert got == code
    assert err.splitlines()[-1].startswith("benchctl: ")
    for word in words:
        assert word in err.splitlines()[-1]
    assert not list(tmp_path.glob("*.h5"))


def test_a_failure_in_the_middle_keeps_the_rows(run, tmp_path):
    bench = tmp_path / "bench.toml"
    bench.write_text(
        Path(RELAY).read_text(encoding="utf-8")
        + '\n[[simulation.faults]]\ninstrument = "smu"\nmessage = 200\nkind = "timeout"\n',
        encoding="utf-8",
    )
    code, result, err = run(
        "multilevel", "--bench", bench, "--simulate", "--seed", 1, "--out", tmp_path / "run.h5"
    )
    assert code == 1
    assert result["status"] == "failed"
    assert result["rows"] > 10
    assert "smu does not answer" in result["error"]
    assert len(columns(result["file"])["conductance"]) == result["rows"]
    assert "Traceback" not in err


def test_a_run_says_where_the_model_does_not_hold(run, tmp_path):
    bench = tmp_path / "bench.toml"
    text = Path(SOURCE_METER).read_text(encoding="utf-8").replace("gap_filament", "jart_vcm")
    bench.write_text(text.replace('"2 mA"', '"20 mA"'), encoding="utf-8")
    hot = ["-p", "compliance=20 mA", "-p", "reset_compliance=20 mA", "-p", "cycles=1"]
    for arguments, valid in [(hot, False), (["-p", "cycles=1"], True)]:
        out = tmp_path / f"{valid}.h5"
        code, result, _ = run(
            "iv-sweep", "--bench", bench, "--simulate", "--seed", 1, "--out", out, *arguments
        )
        assert code == 0
        assert ("model_validity" not in result["analysis"]) == valid


def test_lists_are_arrays_of_named_objects(benchctl):
    for what, some in [
        ("procedures", "set-reset"),
        ("drivers", "keithley_2450"),
        ("models", "resistor"),
    ]:
        code, out, _ = benchctl("list", what, "--json")
        rows = json.loads(out)
        assert code == 0
        assert some in [row["name"] for row in rows]
        assert all(row["description"] for row in rows)
        assert benchctl("list", what)[0] == 0


@pytest.mark.parametrize("to", ["csv", "parquet", "netcdf"])
def test_exports_bring_every_digit_back(run, benchctl, tmp_path, to):
    _, result, _ = run("set-reset", "--seed", 3, "-p", "cycles=20", "--out", tmp_path / "run.h5")
    code, out, _ = benchctl("export", result["file"], "--to", to)
    assert code == 0
    stored = columns(result["file"])["set_conductance"]
    path = Path(out.strip())
    if to == "csv":
        titles = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        table = np.loadtxt(path, delimiter=",", skiprows=1)
        back = table[:, titles.index("Set conductance (S)")]
    elif to == "parquet":
        from pyarrow import parquet

        back = parquet.read_table(path)["set_conductance"].to_numpy()
    else:
        with xarray.open_dataset(path, engine="h5netcdf") as dataset:
            assert dataset["set_conductance"].attrs["units"] == "S"
            back = dataset["set_conductance"].values
    np.testing.assert_array_equal(back, stored)
    assert benchctl("export", result["file"], "--to", to)[0] == 2


def test_show_tells_conditions_and_figures(run, benchctl, tmp_path):
    _, result, _ = run("set-reset", "--seed", 3, "-p", "cycles=20", "--out", tmp_path / "run.h5")
    code, out, _ = benchctl("show", result["file"])
    assert code == 0
    for words in ("HfOx-W07", "finished", "ON/OFF", "set_width", "1 µs", "seed 3"):
        assert words in out
    code, out, _ = benchctl("show", result["file"], "--json")
    shown = json.loads(out)
    assert shown["parameters"]["set_width"] == 1e-6
    assert shown["bench"]["identities"]["smu"].startswith("KEITHLEY")
    code, out, _ = benchctl("list", "runs", "--out", tmp_path, "--json")
    assert [row["status"] for row in json.loads(out)] == ["finished"]


def test_lists_say_in_words_what_is_simulated(benchctl):
    _, out, _ = benchctl("list", "drivers")
    assert all(line.endswith("  simulated") for line in out.splitlines())


def test_doctor_finds_a_healthy_installation(benchctl):
    code, out, _ = benchctl("doctor", "--json")
    assert code == 0
    assert {"procedures", "drivers", "models"} <= {check["name"] for check in json.loads(out)}
    code, out, _ = benchctl("doctor", "--bench", SOURCE_METER, "--simulate")
    assert code == 0
    assert "MODEL 2450" in out


def test_help_needs_neither_numpy_nor_pymeasure():
    code = (
        "import sys\nfrom benchctl import cli\nsys.argv = ['benchctl', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'pymeasure', 'h5py', 'pyvisa', 'rich', 'pydantic', 'PySide6'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "run" in done.stdout


def test_what_an_error_says_in_brackets_is_shown(benchctl, run, tmp_path):
    text = "widen [dut] limits, [/x] and :smile:"
    path = tmp_path / "a.h5"
    header = Header("p", "device", "2026-11-21T20:14:11+00:00", "0" * 32, title="[bold]")
    RunFile.create(path, header, [Column.of("Cycle")]).finish("failed", {}, text)
    code, out, _ = benchctl("show", path)
    assert code == 0
    assert text in out
    assert "[bold]" in out
