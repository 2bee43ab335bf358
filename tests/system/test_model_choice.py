"""Any device model behind a simulated bench, from the command line and from Python."""

import json
import sys

import pytest

from benchctl import cli, open_bench, plugins
from benchctl.errors import ConfigError

REAL = "examples/benches/source_meter.toml"
QUICK = ("-p", "step=0.1", "-p", "cycles=1", "--seed", "1", "--json")


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def call(*arguments):
        words = ["benchctl", "run", *arguments, "--out", str(tmp_path / "run.h5")]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as leave:
            cli.main()
        captured = capsys.readouterr()
        return leave.value.code or 0, captured.out, captured.err

    return call


def device_of(path):
    from benchctl.store import StoredRun

    with StoredRun(path) as stored:
        return stored.header.bench["device"]


@pytest.mark.parametrize("model", plugins.names("model"))
def test_every_model_is_reached_by_its_name(run, model):
    code, out, err = run("iv-sweep", "--model", model, *QUICK)
    assert code == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found["rows"] > 20
    assert device_of(found["file"])["model"] == model


def test_parameters_carry_units_and_switches(run):
    code, out, err = run("iv-sweep", "--model", "jart_vcm", "-m", "radius=40 nm",
                         "-m", "variable=false", *QUICK)  # fmt: skip
    assert code == 0, err
    device = device_of(json.loads(out.splitlines()[-1])["file"])
    assert device["parameters"]["radius"] == 40e-9
    assert device["parameters"]["variable"] is False


def test_the_bench_files_own_parameters_go_with_its_own_model(tmp_path):
    path = tmp_path / "bench.toml"
    path.write_text(
        '[instruments.smu]\ndriver = "keithley_2450"\naddress = "GPIB0::18::INSTR"\n'
        '[simulation]\nmodel = "jart_vcm"\nparameters = { radius = "40 nm", variable = false }\n'
    )
    with open_bench(path, simulate=True, parameters={"length": "0.5 nm"}) as bench:
        own = bench.snapshot()["device"]["parameters"]
        assert (own["radius"], own["length"], own["variable"]) == (40e-9, 0.5e-9, False)
    with open_bench(path, simulate=True, model="vteam") as bench:
        assert bench.snapshot()["device"]["model"] == "vteam"


@pytest.mark.parametrize(
    ("model", "fresh"), [("gap_filament", True), ("jart_vcm", True), ("vteam", False)]
)
def test_a_recipe_that_wants_a_pristine_device_gets_one_where_the_model_has_it(model, fresh):
    with open_bench(model=model, pristine=True) as bench:
        parameters = bench.snapshot()["device"]["parameters"]
    assert (parameters.get("formed") is False) is fresh


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "jart_vm"), "unknown model 'jart_vm'; did you mean 'jart_vcm'?"),
        (("-m", "radius=1"), "gap_filament has no parameter 'radius'"),
        (("--model", "jart_vcm", "-m", "radius=40 V"), "jart_vcm parameter radius: expected a qua"),
        (("--model", "jart_vcm", "-m", "radius=1 mm"), "from 5e-09 m to 2e-07 m, got 0.001 m"),
        (("--model", "jart_vcm", "-m", "variable=maybe"), "must be true or false, got 'maybe'"),
        (("--model", "jart_vcm", "-m", "radius"), "-m radius: expected NAME=VALUE"),
        (("--model", "vteam", "--bench", REAL), "simulate the bench (--simulate)"),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_one_line_and_opens_nothing(run, tmp_path, arguments, said):
    code, out, err = run("iv-sweep", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_python_is_told_the_same():
    with pytest.raises(ConfigError, match="simulate the bench"):
        open_bench(REAL, model="vteam")
