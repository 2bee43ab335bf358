"""What bench.toml makes of its instruments: who may play which role, in which order, with what."""

import pytest

from benchctl.bench import open_bench
from benchctl.errors import ConfigError
from drivers.keithley_2450 import Keithley2450
from drivers.keysight_b2200 import KeysightB2200

SMU = '[instruments.smu]\ndriver = "keithley_2450"\naddress = "GPIB0::18::INSTR"\n'
TWO = '[instruments.two]\ndriver = "keysight_b2900"\naddress = "GPIB0::23::INSTR"\n'
B2900 = TWO.replace("two", "smu")
MATRIX = '[instruments.matrix]\ndriver = "keysight_b2200"\naddress = "GPIB0::22::INSTR"\n'
SCANNER = '[instruments.matrix]\ndriver = "keithley_7001"\naddress = "GPIB0::7::INSTR"\n'
METER = '[wiring]\nsource_meter = "smu"\n'
ARRAY = '[dut.array]\nmatrix = "matrix"\nrows = 2\ncolumns = 2\n'
RELAY = 'name = "relay"\ngenerator = "two"\n'
RESISTORS = '[simulation]\nmodel = "resistor"\n'


def refusal(folder, text):
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        open_bench(path, simulate=True, seed=1).close()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("wiring", "model"), [(RELAY, "resistor"), ('gate = "two"\n', "ecram")], ids=["relay", "gate"]
)
def test_what_makes_no_pulses_is_no_generator(tmp_path, wiring, model):
    text = SMU + TWO + METER + wiring + f'[simulation]\nmodel = "{model}"\n'
    assert "two is no pulse generator" in refusal(tmp_path, text)


def test_a_matrix_opens_when_the_sources_are_off(tmp_path, monkeypatch):
    order = []
    for kind in (Keithley2450, KeysightB2200):
        prepare = kind.prepare

        def noted(self, prepare=prepare):
            order.append(self.name)
            prepare(self)

        monkeypatch.setattr(kind, "prepare", noted)
    path = tmp_path / "bench.toml"
    path.write_text(MATRIX + SMU + METER + ARRAY + RESISTORS, encoding="utf-8")
    with open_bench(path, simulate=True, seed=1) as bench:
        assert list(bench.instruments) == ["matrix", "smu"]
    assert order[:2] == ["smu", "matrix"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SMU + MATRIX + "options = { card = 1.0 }\n", "card is a whole number, not 1.0"),
        (SMU + MATRIX + "options = { outputs = 10.5 }\n", "outputs is a whole number"),
        (SMU + MATRIX + "options = { inputs = true }\n", "inputs is a whole number, not True"),
        (SMU + MATRIX + 'options = { card = "one" }\n', "card is a whole number, not 'one'"),
        (SMU + SCANNER + "options = { slots = 1.5 }\n", "slots is a whole number"),
        (SMU + "options = { point_overhead = nan }\n", "point_overhead is a finite number"),
        (B2900 + "options = { point_overhead = inf }\n", "point_overhead is a finite number"),
        (SMU + "options = { point_overhead = true }\n", "point_overhead is a finite number"),
        (SMU + "options = { point_overhead = -1 }\n", "not in range"),
        (B2900 + "options = { point_overhead = -1e-6 }\n", "not in range"),
    ],
)
def test_options_of_a_wrong_kind_are_refused_in_one_line(tmp_path, text, words):
    assert words in refusal(tmp_path, text + METER)


@pytest.mark.parametrize("key", ["seed", "name"])
@pytest.mark.parametrize("where", ["", "[[simulation.array.cells]]\nrow = 0\ncolumn = 0\n"])
def test_a_key_of_the_simulation_is_no_parameter_of_its_model(tmp_path, where, key):
    text = SMU + MATRIX + METER + ARRAY + RESISTORS + f"{where}parameters = {{ {key} = 1 }}\n"
    assert f"parameters: {key} is no parameter" in refusal(tmp_path, text)
