"""What cannot work is refused in one line, before anything is opened or applied."""

from pathlib import Path

import pytest


def test_a_place_that_cannot_be_written_is_one_line(benchctl, run, tmp_path):
    _, made, _ = run("iv-sweep", "-p", "cycles=1", "--out", tmp_path / "a.h5")
    taken = tmp_path / "taken"
    taken.touch()
    for place in (taken / "a.csv", tmp_path):
        code, _, err = benchctl("export", made["file"], "--out", place)
        assert (code, err.count("\n")) == (2, 1)
        assert str(taken if place != tmp_path else place) in err
    for place in (taken / "a.png", tmp_path / "a.xyz"):
        code, _, err = benchctl("show", made["file"], "--plot", place, "--quiet")
        assert (code, err.count("\n")) == (2, 1)
    for place in (taken / "runs", taken, made["file"]):
        code, _, err = benchctl("run", "iv-sweep", "--out", place)
        assert (code, err.count("\n")) == (2, 1)  # not a word about what would be applied
    code, out, _ = benchctl("export", made["file"], "--out", tmp_path / "new" / "a.csv")
    assert code == 0
    assert Path(out.strip()).is_file()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[defaults]\nset_widht="1 ms"', ["'set_widht'", "did you mean 'set_width'"]),
        ('[defaults.set-rest]\nset_width="1 ms"', ["'set-rest'", "did you mean 'set-reset'"]),
        ('[defaults.set-reset]\nset_widht="1 ms"', ["'set_widht'", "did you mean 'set_width'"]),
    ],
)
def test_a_default_nobody_takes_is_refused(benchctl, tmp_path, table, words):
    path = tmp_path / "bench.toml"
    instrument = '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
    path.write_text(instrument + table)
    code, _, err = benchctl("run", "iv-sweep", "--bench", path, "--simulate", "--out", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    # At the real bench too, where no instrument answers: none was asked.
    assert benchctl("run", "iv-sweep", "--bench", path, "--out", tmp_path) == (2, "", err)
    code, out, _ = benchctl("doctor", "--bench", path, "--simulate")
    assert code == 1
    for word in words:
        assert word in err
        assert word in out


def test_a_default_that_cannot_be_is_refused_before_anything_is_opened(benchctl, tmp_path):
    path = tmp_path / "bench.toml"
    instrument = '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
    path.write_text(instrument + '[defaults]\nread_voltage = "1 mA"\n')
    code, _, err = benchctl("run", "iv-sweep", "--bench", path, "--out", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{path}: [defaults] read_voltage: expected a quantity in V" in err


def test_an_address_that_is_none_names_its_instrument(benchctl, tmp_path):
    path = tmp_path / "bench.toml"
    path.write_text('[instruments.smu]\ndriver="keithley_2450"\naddress="192.0.2.11"\n')
    code, _, err = benchctl("run", "iv-sweep", "--bench", path, "--simulate", "--out", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    assert "[instruments.smu] address: '192.0.2.11' is no VISA address" in err


def test_a_cell_where_there_is_no_array_is_refused(benchctl, tmp_path):
    code, _, err = benchctl("run", "iv-sweep", "--cell", "2,5", "--out", tmp_path)
    assert (code, err.count("\n")) == (3, 1)
    assert "this bench has no array" in err


def test_a_default_of_somebody_elses_procedure_passes(run, tmp_path):
    path = tmp_path / "bench.toml"
    path.write_text(
        '[instruments.smu]\ndriver="keithley_2450"\naddress="GPIB0::1::INSTR"\n'
        '[defaults]\nillumination="1"\nset_width="1 ms"\n["defaults"."lab.own:Recipe"]\nx="1"'
    )
    code, _, err = run(
        "iv-sweep", "-p", "cycles=1", "--bench", path, "--simulate", "--out", tmp_path
    )
    assert code == 0, err


@pytest.mark.parametrize(
    ("text", "words"), [("1 / 0", ["ZeroDivisionError", "line 1"]), ("def f(:", ["line 1"])]
)
def test_a_module_that_does_not_load_is_one_line(benchctl, tmp_path, monkeypatch, text, words):
    monkeypatch.chdir(tmp_path)
    Path("unsound.py").write_text(text)
    code, _, err = benchctl("run", "unsound:Recipe")
    assert (code, err.count("\n")) == (2, 1)
    for word in ["unsound", *words]:
        assert word in err


def test_no_command_shows_the_help_alone(benchctl):
    code, out, err = benchctl()
    assert code == 2
    assert out.startswith("Usage")
    assert not err


def test_what_is_piped_is_not_folded(run, benchctl, tmp_path):
    _, made, _ = run("set-reset", "-p", "cycles=20", "--out", tmp_path / "a.h5")
    _, out, _ = benchctl("show", made["file"])
    assert out.splitlines()[0] == "set-reset on HfOx-W07: finished, 20 rows"
    (cumulative,) = [line for line in out.splitlines() if "Set conductance, cum" in line]
    assert "99 %" in cumulative


def test_a_folder_that_is_not_there_has_no_runs_to_list(benchctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert benchctl("list", "runs") == (0, "(none)\n", "")
    code, _, err = benchctl("list", "runs", "--out", "rnus")
    assert code == 2
    assert "there is no folder rnus" in err
