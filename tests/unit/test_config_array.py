"""Third terminals and arrays in bench.toml: what is refused before anything is opened or sent."""

import pytest

from benchctl import open_bench
from benchctl.config import read_config
from benchctl.errors import ConfigError
from benchctl.wiring import Array, Cell

ONE = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
"""
PULSER = """
[instruments.pulser]
driver = "keysight_81160a"
address = "USB0::0x0957::0x4108::MY51350123::INSTR"
"""
MATRIX = """
[instruments.matrix]
driver = "keysight_b2200"
address = "GPIB0::22::INSTR"
"""
WIRED = '[wiring]\nsource_meter = "smu"\n'
ARRAY = '[dut.array]\nmatrix = "matrix"\nrows = 8\ncolumns = 4\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ONE + '[wiring]\ngate = "smu.3"', ["gate", "'smu.3'", "did you mean 'smu.2'"]),
        (ONE + '[wiring]\ngate = "smu"', ["gate", "known: smu.2"]),
        (ONE + MATRIX + WIRED + ARRAY.replace('"matrix"', '"matix"'), ["did you mean 'matrix'"]),
        (ONE + MATRIX + WIRED + ARRAY.replace('"matrix"', '"smu"'), ["matrix", "'smu'"]),
        (ONE + MATRIX + WIRED + ARRAY + "cell = [8, 0]", ["[8, 0]", "8 x 4", "from 0"]),
        (ONE + MATRIX + WIRED + ARRAY + 'scheme = "half"', ['gate = "smu.2"', "scheme half"]),
        (ONE + MATRIX + WIRED + 'gate = "smu.2"\n' + ARRAY + 'scheme = "half"', ["gate_current"]),
        (ONE + MATRIX + WIRED + ARRAY + "first_gate = 20", ['gate = "smu.2"', "first_gate"]),
        (
            ONE
            + MATRIX
            + WIRED
            + 'gate = "smu.2"\n'
            + ARRAY
            + 'first_gate = 20\nscheme = "sensed"',
            ["sensed", "first_gate"],
        ),
        (ONE + MATRIX + WIRED + 'gate = "smu.2"\n' + ARRAY, ["leave it out"]),
        (ONE + '[dut]\nlimits = { gate = ["1 V", "2 V"] }', ["dut.limits: gate must include 0 V"]),
    ],
)
def test_wiring_that_cannot_be_is_refused(tmp_path, text, words):
    path = tmp_path / "bench.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        open_bench(path, simulate=True)
    for word in words:
        assert word in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ONE + '[wiring]\ngate = "smu.2"\n[simulation]\nmodel = "ecram"', ["no second channel"]),
        (ONE + PULSER + WIRED + 'gate = "pulser"', ["third terminal", "'pulser'"]),
        (ONE + MATRIX + '[wiring]\nsource_meter = "matrix"', ["matrix is no source"]),
        (ONE + MATRIX + WIRED + ARRAY + "first_row = 40", ["51 outputs", "48"]),
        (ONE + MATRIX + WIRED + ARRAY + "first_column = 5", ["share outputs"]),
        (ONE + MATRIX + WIRED + ARRAY + "low = 1", ["share inputs"]),
        (ONE + 'options = { terminal = "rear" }', ["did you mean 'terminals'"]),
        (ONE + 'options = { terminals = "top" }', ["options", "front"]),
    ],
)
def test_what_the_instruments_or_the_model_cannot_do_is_refused(tmp_path, text, words):
    path = tmp_path / "bench.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        open_bench(path, simulate=True)
    for word in words:
        assert word in str(error.value)


def test_an_array_needs_no_more_than_its_size(tmp_path):
    path = tmp_path / "bench.toml"
    path.write_text(ONE + MATRIX + WIRED + ARRAY, encoding="utf-8")
    array = read_config(path).dut.array
    assert (array.scheme, array.first_row, array.first_column) == ("floating", 1, None)


def test_the_lines_of_a_cell_and_of_all_others():
    class Matrix:
        inputs = outputs = 48
        operations = 0

    floating = Array(Matrix(), 3, 2, "floating", 1, 4)
    assert floating.crosspoints(Cell(2, 1)) == {(1, 3), (2, 5)}
    grounded = Array(Matrix(), 3, 2, "grounded", 1, 4)
    assert grounded.crosspoints(Cell(0, 0)) == {(1, 1), (2, 4), (2, 2), (2, 3), (2, 5)}
    half = Array(Matrix(), 3, 2, "half", 1, 4)
    assert half.crosspoints(Cell(0, 0)) == {(1, 1), (2, 4), (3, 2), (3, 3), (3, 5)}
    gated = Array(Matrix(), 2, 2, "floating", 1, 3, 5, gate=2.5)
    assert gated.crosspoints(Cell(1, 1)) == {(1, 2), (2, 4), (2, 5), (3, 6)}
    assert [len(lines) for lines in gated.lines] == [3, 6]
