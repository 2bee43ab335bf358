"""A wrong model, preset or parameter in bench.toml: one line with its name, unit and range."""

import sys

import pytest

from benchctl import open_bench
from benchctl.cli import main
from benchctl.errors import ConfigError

METER = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
"""
WRONG = [
    ('[simulation]\nmodel = "jart_vmc"', ["unknown model 'jart_vmc'", "did you mean 'jart_vcm'"]),
    ('[simulation]\nmodel = "ecram"\nparameters = { preset = "protons" }',
     ["preset must be one of li, proton", "did you mean 'proton'"]),
    ('[simulation]\nmodel = "step_synapse"\nparameters = { preset = "epirom" }', ["'epiram'"]),
    ('[simulation]\nmodel = "nbo2"\nparameters = { barier = 0.2 }',
     ["nbo2 has no parameter 'barier'", "did you mean 'barrier'"]),
    ('[simulation]\nmodel = "nbo2"\nparameters = { barrier = 2.0 }',
     ["nbo2 parameter barrier", "from 0.05 eV to 1 eV", "got 2 eV"]),
    ('[simulation]\nmodel = "pcm"\nparameters = { thermal_resistance = -1.0 }',
     ["pcm parameter thermal_resistance", "from 10000 K/W to 1e+09 K/W"]),
    ('[simulation]\nmodel = "iontronic_li"\nparameters = { formed = 1 }',
     ["iontronic_li parameter formed must be true or false"]),
    ('[simulation]\nmodel = "hea"\nparameters = { cu = 1.0 }',
     ["fraction of cu from 0.05 to 0.35"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "words"), WRONG)
def test_it_is_named_from_python_and_the_command_line_says_the_same_with_code_2(
    table, words, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "bench.toml"
    path.write_text(METER + table + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised, open_bench(path, simulate=True):
        pass
    argv = ["benchctl", "run", "iv-sweep", "--bench", str(path), "--simulate", "--out"]
    monkeypatch.setattr(sys, "argv", [*argv, str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    print(said)
    assert left.value.code == 2
    assert said.count("\n") == 1
    for word in words:
        assert word in str(raised.value)
        assert word in said
