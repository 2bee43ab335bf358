"""What cannot be measured is refused before a file is made or anything is sent."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from benchctl import Run
from benchctl.errors import BenchError, CapabilityError, ConfigError, LimitExceeded
from procedures.array_map import ArrayMap
from procedures.endurance import Endurance
from procedures.firing import Firing
from procedures.forming import Forming
from procedures.iv_sweep import IVSweep
from procedures.multilevel import Multilevel
from procedures.potentiation import Potentiation
from procedures.retention import Retention
from procedures.set_reset import SetReset
from procedures.stdp import Stdp

CLIMB, READ, NEGATIVE = "must grow", "cannot be read at 0 V", "opposite polarity"
CASES = [
    (IVSweep(reset_compliance="10 mA"), LimitExceeded, "10 mA"),
    (IVSweep(compliance="10 mA"), LimitExceeded, "10 mA"),
    (IVSweep(set_voltage=1.0, reset_voltage=1.5), ConfigError, "either side"),
    (IVSweep(step="1 uV"), ConfigError, "step"),
    (Stdp(spike_compliance="10 mA"), LimitExceeded, "10 mA"),
    (Stdp(compliance="10 mA"), LimitExceeded, "10 mA"),
    (Stdp(set_start=3.0), ConfigError, CLIMB),
    (Stdp(set_voltage=3.9), LimitExceeded, "3.9 V is outside"),
    (Stdp(reset_start=0.6, reset_voltage=2.0), ConfigError, NEGATIVE),
    (Stdp(spike_voltage=1.8, tail_voltage=1.8), LimitExceeded, "outside"),
    (Stdp(delays="1.5 ms"), ConfigError, "multiple"),
    (Stdp(time_step="1 ns", delays="10 s"), ConfigError, "steps of 1 ns"),
    (Stdp(time_step="1 ns", tail_time="100 s"), ConfigError, "steps of 1 ns"),
    (Stdp(initial_conductance=0.1), ConfigError, "100 mS"),
    (Stdp(read_voltage=0), ConfigError, READ),
    (Multilevel(set_start=3.3), ConfigError, CLIMB),
    (Multilevel(reset_start=1.2), ConfigError, CLIMB),
    (Multilevel(set_voltage=3.6), LimitExceeded, "3.6 V"),
    (Multilevel(levels="1 S"), ConfigError, "level of 1 S"),
    (Multilevel(level_count=3, highest_level="1 uS"), ConfigError, "lowest_level"),
    (Multilevel(level_count=3, highest_level="1 S"), ConfigError, r"level of 2\.236 mS"),
    (Multilevel(read_voltage=0), ConfigError, READ),
    (Retention(set_start=-1.2), ConfigError, CLIMB),
    (Retention(levels="1 S"), ConfigError, "level of 1 S"),
    (Retention(duration="0.5 s"), ConfigError, "first_read"),
    (Retention(compliance="10 mA"), LimitExceeded, "10 mA"),
    (Forming(start_voltage=2.0, stop_voltage=1.0), ConfigError, CLIMB),
    (Forming(stop_voltage=0), ConfigError, CLIMB),
    (Forming(stop_voltage=3.9), LimitExceeded, "outside"),
    (Forming(stop_voltage=40, step="0.1 mV"), LimitExceeded, "outside"),
    (Firing(inputs="2 V, -3.6 V, 3.9 V"), LimitExceeded, "outside"),
    (Firing(inputs="1 V", output=1.0), BenchError, "third terminal"),
    (Firing(signal="output"), ConfigError, "no output"),
    (Firing(duration="1 ms", sample="1 s"), ConfigError, "longer than the duration"),
    (Potentiation(set_voltage=3.9), LimitExceeded, "3.9 V"),
    (Potentiation(terminal="gate"), BenchError, "third terminal"),
    (SetReset(read_voltage=0), ConfigError, READ),
    (Endurance(read_voltage=0), ConfigError, READ),
    (ArrayMap(read_voltage=0), ConfigError, READ),
]


@pytest.mark.parametrize(("procedure", "error", "words"), CASES)
def test_it_is_refused_in_one_line_without_a_file_or_a_message(
    simulated, tmp_path, procedure, error, words
):
    bench = simulated("resistor")
    before = bench.world.messages
    with pytest.raises(error, match=words) as refused:
        Run(procedure, bench, out=tmp_path / "runs").execute()
    assert refused.value.exit_code in (2, 3)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "runs").exists()
    assert bench.world.messages == before


def test_inputs_are_checked_one_by_one(simulated, tmp_path):
    bench = simulated("resistor")
    bench.dut.limits = type(bench.dut.limits)((-1.0, 3.0), 1e-3)
    with pytest.raises(LimitExceeded, match="outside"):
        Run(Firing(inputs="3 V, -2 V"), bench, out=tmp_path / "runs").execute()
    assert not (tmp_path / "runs").exists()


def test_a_bias_that_reads_hold_for_too_long_is_refused_before_the_set_pulse(simulated, tmp_path):
    path = Path(__file__).parents[2] / "examples" / "read_disturb.py"
    kind = runpy.run_path(str(path))["ReadDisturb"]
    bench = simulated("resistor")
    before = bench.world.messages
    with pytest.raises(CapabilityError, match="put a moment at 0 V into the loop"):
        Run(kind(read_width="10 ms", repeats=6001), bench, out=tmp_path / "runs").execute()
    assert bench.world.messages == before
    rested = kind(read_width="10 ms", repeats=6001, rest="1 ms")
    assert Run(rested, bench, out=tmp_path / "runs").execute().rows == 6001


def test_the_command_line_says_so(tmp_path):
    command = "import sys; from benchctl.cli import main; sys.argv[0] = 'benchctl'; main()"
    arguments = ["run", "stdp", "-p", "set_start=3 V", "--json", "--out", str(tmp_path / "runs")]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert CLIMB in done.stderr
    assert not done.stdout or json.loads(done.stdout.splitlines()[-1])
    assert not (tmp_path / "runs").exists()
