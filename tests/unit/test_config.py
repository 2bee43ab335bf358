from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchctl.bench import built_in_bench
from benchctl.config import BenchConfig, defaults_for, read_config
from benchctl.errors import ConfigError

EXAMPLES = sorted(Path("examples/benches").glob("*.toml"))
GOOD = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
[dut]
limits = { voltage = ["-2 V", "2 V"], current = "1 mA" }
[simulation]
latency = "1 ms"
"""


@pytest.fixture
def bench_file(tmp_path):
    def write(text):
        path = tmp_path / "bench.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_examples_are_benches(path):
    assert read_config(path).instruments


def test_the_built_in_bench_is_the_example_of_the_same_wiring():
    example = Path("examples/benches/generator_and_source_meter.toml")
    assert built_in_bench().read_text(encoding="utf-8") == example.read_text(encoding="utf-8")


def test_quantities_arrive_in_si(bench_file):
    config = read_config(bench_file(GOOD))
    assert config.dut.limits.voltage == (-2.0, 2.0)
    assert config.dut.limits.current == 1e-3
    assert config.simulation.latency == 1e-3
    assert config.source_meter == "smu"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("latency", "latancy"), ["simulation", "'latancy'", "did you mean 'latency'"]),
        (("driver =", "drivr ="), ["instruments.smu", "'drivr'", "did you mean 'driver'"]),
        (("[dut]", "[duty]"), ["top level", "'duty'", "did you mean 'dut'"]),
        (('"1 mA"', '"1 mV"'), ["dut.limits.current", "quantity in A", "'mV'"]),
        (('"1 mA"', '"nan"'), ["dut.limits.current"]),
        (('["-2 V", "2 V"]', '"2.5 V"'), ["dut.limits.voltage", "two values", "got '2.5 V'"]),
        (('["-2 V", "2 V"]', '["2 V"]'), ["dut.limits.voltage", "lowest and the highest"]),
        (('["-2 V", "2 V"]', '["1 V", "2 V"]'), ["dut.limits", "voltage must include 0 V"]),
        (
            (
                "limits = {",
                "array = { cell = [1], rows = 2, columns = 2, matrix = 'm' }\nlimits = {",
            ),
            ["dut.array.cell", "row and column", "got [1]"],
        ),
        (('"1 ms"', '"2 s"'), ["simulation.latency", "less than or equal to 1"]),
        (("address =", "#"), ["instruments.smu.address", "missing"]),
        (("[dut]", "[dut"), ["not TOML"]),
        (("[dut]", '[wiring]\nname = "matrix"\n[dut]'), ["wiring.name", "'direct' or 'relay'"]),
        (("[dut]", '[wiring]\nname = "relay"\n[dut]'), ["generator"]),
        (
            ("[dut]", '[wiring]\ngate_resistance = "1 MOhm"\n[dut]'),
            ["gate_resistance", "there is none"],
        ),
        (("[dut]", '[wiring]\nsource_meter = "smuu"\n[dut]'), ["'smuu'", "did you mean 'smu'"]),
    ],
)
def test_a_mistake_names_file_key_and_what_was_expected(bench_file, change, words):
    path = bench_file(GOOD.replace(*change))
    with pytest.raises(ConfigError) as error:
        read_config(path)
    text = str(error.value)
    assert "\n" not in text
    for word in [str(path), *words]:
        assert word in text


def test_a_procedures_own_defaults_go_before_the_shared_ones(bench_file):
    text = GOOD + '[defaults]\nset_width = "1 ms"\ncycles = 5\n[defaults.endurance]\ncycles = 9\n'
    defaults = read_config(bench_file(text)).defaults
    assert defaults_for("set-reset", defaults) == {"set_width": "1 ms", "cycles": 5}
    assert defaults_for("endurance", defaults) == {"set_width": "1 ms", "cycles": 9}


def test_no_file_is_one_clear_line(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.toml: No such file"):
        read_config(tmp_path / "nowhere.toml")


def test_the_schema_tells_units_and_help():
    schema = BenchConfig.model_json_schema()
    assert "procedure parameters" in schema["properties"]["defaults"]["description"]


@given(st.text(max_size=60))
def test_no_text_is_a_bench_by_accident(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "bench.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError, match=r"bench\.toml: "):
        read_config(path)
