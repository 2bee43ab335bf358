"""Neurons and an oscillator behind the simulated bench, seen by the meter alone."""

import numpy as np
import pytest

from benchctl import open_bench
from procedures.firing import Firing

METER = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
"""
TWO_CHANNELS = """
[instruments.smu]
driver = "keysight_b2900"
address = "USB0::0x0957::0x8C18::MY51141234::INSTR"
[wiring]
gate = "smu.2"
"""
REST = """
[dut]
limits = {{ voltage = ["-3 V", "3 V"], current = "1 mA" }}
[simulation]
model = "{model}"
seed = 1
parameters = {{ {parameters} }}
[simulation.circuit]
name = "{circuit}"
parameters = {{ {around} }}
"""
STILL = (
    "rupture_rate = 0.0, cycle_growth = 0.0, spread_growth = 0.0, spread_on = 0.0, read_noise = 0.0"
)
"""nothing random, but for the resistance of what is off"""

MEMBRANE = "parasitic_capacitance = 1e-9"
"""at the gate: without, nothing fires under a constant voltage"""


@pytest.fixture
def neuron(tmp_path):
    opened = []

    def opener(circuit, around="", *, meter=METER, model="diffusive", parameters=STILL):
        path = tmp_path / "bench.toml"
        text = REST.format(circuit=circuit, around=around, model=model, parameters=parameters)
        path.write_text(meter + text, encoding="utf-8")
        opened.append(open_bench(path, simulate=True))
        return opened[-1]

    yield opener
    for bench in opened:
        bench.close()


def rates(found):
    return np.array(found.merits["rate"].value)


def test_the_meter_counts_what_the_neuron_fires(neuron, measure):
    bench = neuron("rc_neuron", meter=TWO_CHANNELS)
    procedure = Firing(
        inputs="0.4 V, 0.6 V, 0.8 V, 1 V", duration=0.1, sample=50e-6, rest=1.0, compliance=1e-5
    )
    found = measure(procedure, bench)
    print(f"rate by input: {rates(found)} Hz, rheobase {found.merits['rheobase'].interval} V, "
          f"shortest interval {1e3 * found.merits['shortest_interval'].value:.2f} ms")  # fmt: skip
    assert rates(found)[0] == 0
    assert np.all(np.diff(rates(found)) > 0)
    assert found.merits["rheobase"].interval == [0.4, 0.6]
    assert sum(found.merits["spikes"].value) == pytest.approx(bench.world.load.spikes.size, abs=2)
    assert found.merits["variation"].value < 0.1
    # Sensitised by what it has fired already: its first interval is its longest.
    assert found.merits["adaptation"].value < 1
    assert bench.world.at_rest


def test_spikes_faster_than_the_samples_are_not_said_to_be_none(neuron, measure):
    bench = neuron(
        "rc_neuron", "capacitance = 1e-8, drive_resistance = 5e6", parameters="time_scale = 100.0"
    )
    procedure = Firing(
        inputs="0.5 V, 1 V, 3 V", duration=3.0, sample=10e-3, rest=1.0, compliance=1e-5
    )
    m = measure(procedure, bench).merits
    assert m["spikes"].value == [0, None, None]
    assert m["spikes"].note.endswith("not resolved at 1 V, 3 V: sample faster")
    assert m["rheobase"].value is None


def test_noise_makes_it_irregular(neuron, measure):
    procedure = Firing(inputs="0.65 V", duration=0.5, sample=100e-6, rest=0.0, compliance=1e-5)
    variation = []
    for parameters in (STILL, ""):
        bench = neuron("rc_neuron", meter=TWO_CHANNELS, parameters=parameters)
        variation.append(measure(procedure, bench).merits["variation"].value)
    print(f"variation of the intervals: {variation[0]:.3f}, with noise {variation[1]:.3f}")
    assert variation[1] > 2 * variation[0]


@pytest.mark.parametrize(
    ("circuit", "around", "level"),
    [
        ("one_transistor_neuron", MEMBRANE, "0.8 V"),
        ("cascade", "neurons = 2", "1.2 V"),
    ],
)
def test_the_drain_of_the_last_neuron_tells_its_spikes(neuron, measure, circuit, around, level):
    bench = neuron(circuit, around, meter=TWO_CHANNELS)
    procedure = Firing(
        inputs=level, duration=0.1, sample=50e-6, rest=0.0, output=1.0, signal="output",
        compliance=1e-4,
    )  # fmt: skip
    found = measure(procedure, bench)
    count = found.merits["spikes"].value[0]
    print(f"{circuit}: {count:g} spikes in the drain current in 100 ms")
    assert count > 5
    assert count == pytest.approx(bench.world.load.spikes.size, rel=0.1)
    assert np.nanmax(found.data["output"]) > 1e-6


def test_without_a_bias_the_drain_gives_nothing(neuron, measure):
    bench = neuron("one_transistor_neuron", MEMBRANE, meter=TWO_CHANNELS)
    found = measure(Firing(inputs="0.8 V", duration=0.01, sample=1e-3, rest=0.0), bench)
    assert np.all(np.isnan(found.data["output"]))


def test_an_oscillator_runs_by_itself_between_two_supplies(neuron, measure):
    bench = neuron(
        "relaxation_oscillator", "capacitance = 1e-3, load_resistance = 8e3", model="nbo2",
        parameters="",
    )  # fmt: skip
    procedure = Firing(inputs="1 V, 2 V", duration=40.0, sample=20e-3, rest=0.0, compliance=1e-3)
    found = measure(procedure, bench)
    print(f"rate at 1 V and 2 V: {rates(found)} Hz")
    assert rates(found)[0] == 0
    assert rates(found)[1] > 0.1


def test_a_drain_that_asks_for_more_than_its_compliance_is_limited_and_says_so(neuron, measure):
    bench = neuron("one_transistor_neuron", MEMBRANE + ", gain = 0.1", meter=TWO_CHANNELS)
    limit = bench.dut.limits.gate_compliance
    procedure = Firing(
        inputs="0.8 V", duration=0.02, sample=100e-6, rest=0.0, output=1.0, compliance=1e-4
    )
    found = measure(procedure, bench)
    held = found.data["in_compliance"] == 1
    print(f"{held.sum()} of {held.size} readings at the drain's {limit:g} A")
    assert held.any()
    assert np.nanmax(np.abs(found.data["output"])) == pytest.approx(limit, rel=1e-2)
