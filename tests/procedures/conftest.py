"""Procedures on the simulated bench, through `open_bench` and `Run`, as a user's would."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchctl import Run, open_bench
from benchctl.store import StoredRun

GENERATOR_AND_METER = """
[instruments.pulser]
driver = "keysight_81160a"
address = "USB0::0x0957::0x4108::MY51350123::INSTR"
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
[wiring]
name = "relay"
generator = "pulser"
source_meter = "smu"
series_resistance = "2 kOhm"
"""
METER = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
"""
REST = """
[dut]
limits = {{ voltage = ["-3.5 V", "3.5 V"], current = "2 mA" }}
[simulation]
model = "{model}"
seed = {seed}
latency = "0.2 ms"
[simulation.parameters]
{parameters}
[simulation.ageing]
{ageing}
"""


def _lines(values):
    return "\n".join(f"{key} = {str(value).lower()}" for key, value in values.items())


@pytest.fixture
def simulated(tmp_path):
    """Open a bench with a model behind it: ``simulated(model, seed=…, **parameters)``."""
    opened = []

    def opener(model="gap_filament", *, seed=1, meter_only=False, ageing=None, **parameters):
        path = tmp_path / f"bench{len(opened)}.toml"
        text = (METER if meter_only else GENERATOR_AND_METER) + REST.format(
            model=model, seed=seed, parameters=_lines(parameters), ageing=_lines(ageing or {})
        )
        path.write_text(text, encoding="utf-8")
        bench = open_bench(path, simulate=True)
        opened.append(bench)
        return bench

    yield opener
    for bench in opened:
        bench.close()


@pytest.fixture
def measure(tmp_path):
    """Run a procedure: ``measure(procedure, bench)`` gives its data and its merits."""

    def runner(procedure, bench):
        result = Run(procedure, bench, out=tmp_path).execute()
        assert result.status == "finished", result.error
        assert result.error is None
        with StoredRun(result.file) as stored:
            data = {slug: np.array(stored.data[slug]) for slug in stored.data}
            traces = stored.traces
        merits = {name: SimpleNamespace(**merit) for name, merit in result.analysis.items()}
        return SimpleNamespace(data=data, merits=merits, traces=traces, result=result)

    return runner
