"""A relay on a digital line that its source-meter has not: refused when the bench is opened."""

import pytest

from benchctl import open_bench
from benchctl.errors import ConfigError

BENCH = """
[instruments.pulser]
driver = "keysight_81160a"
address = "USB0::0x0957::0x4108::MY51350123::INSTR"
[instruments.smu]
driver = "{driver}"
address = "GPIB0::24::INSTR"
[wiring]
name = "relay"
generator = "pulser"
source_meter = "smu"
line = {line}
series_resistance = "2 kOhm"
[simulation]
model = "resistor"
"""
LINES = {"keithley_2400": 4, "keithley_2450": 6, "keysight_b2900": 14}


def opened(tmp_path, driver, line):
    path = tmp_path / "bench.toml"
    path.write_text(BENCH.format(driver=driver, line=line), encoding="utf-8")
    return open_bench(path, simulate=True)


@pytest.mark.parametrize(("driver", "lines"), LINES.items())
def test_every_line_it_has_drives_the_relay(tmp_path, driver, lines):
    with opened(tmp_path, driver, lines) as bench:
        before = bench.world.relay_operations
        bench.instruments["smu"].set_line(lines, True)
        assert bench.world.relay_operations == before + 1


@pytest.mark.parametrize(("driver", "lines"), LINES.items())
def test_a_line_it_has_not_is_refused_and_its_lines_are_named(tmp_path, driver, lines):
    with pytest.raises(ConfigError, match=f"line: smu has digital lines 1 to {lines}, not"):
        opened(tmp_path, driver, lines + 1)


def test_no_line_is_refused_as_well(tmp_path):
    with pytest.raises(ConfigError, match=r"wiring\.line"):
        opened(tmp_path, "keithley_2450", 0)
