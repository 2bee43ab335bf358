"""Third terminals through the wire: a gate in step with the device, and a generator on the gate."""

import numpy as np
import pytest

from benchctl import open_bench
from benchctl.errors import CapabilityError, LimitExceeded
from benchctl.quantities import parse
from benchctl.stimulus import Segment, Stimulus, pulse, read
from procedures.potentiation import Potentiation

TWO_CHANNELS = """
[instruments.smu]
driver = "keysight_b2900"
address = "USB0::0x0957::0x8C18::MY51141234::INSTR"
[wiring]
gate = "smu.2"
"""
GENERATOR = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
[instruments.pulser]
driver = "keysight_81160a"
address = "USB0::0x0957::0x4108::MY51350123::INSTR"
[wiring]
source_meter = "smu"
gate = "pulser"
gate_resistance = "1 MOhm"
"""
OTHER = """
[instruments.fast]
driver = "keysight_81160a"
address = "GPIB0::10::INSTR"
[wiring]
name = "relay"
generator = "fast"
"""
REST = """
[dut]
limits = {{ voltage = ["-1 V", "1 V"], current = "1 mA", gate = ["-5 V", "5 V"], gate_current = "10 uA" }}
[simulation]
model = "{model}"
seed = 1
"""  # noqa: E501 - an inline table has one line


@pytest.fixture
def gated(tmp_path):
    opened = []

    def opener(instruments, model, most="10 uA"):
        path = tmp_path / "bench.toml"
        rest = REST.format(model=model).replace("10 uA", most)
        path.write_text(instruments + rest, encoding="utf-8")
        opened.append(open_bench(path, simulate=True))
        return opened[-1]

    yield opener
    for bench in opened:
        bench.close()


def swept(gates, drain=0.05):
    return sum((Stimulus((Segment(drain, 2e-3, measure=True, gate=g),)) for g in gates), Stimulus())


@pytest.mark.parametrize("instruments", [TWO_CHANNELS, GENERATOR], ids=["in step", "in turn"])
def test_gate_pulses_move_an_electrochemical_cell_in_even_steps(gated, measure, instruments):
    bench = gated(instruments, "ecram")
    procedure = Potentiation(
        terminal="gate", set_voltage=1.0, reset_voltage=-1.0, set_width=200e-6, reset_width=200e-6,
        pulses=40, cycles=2, read_width=5e-3,
    )  # fmt: skip
    found = measure(procedure, bench)
    linear = found.merits["linearity"].value
    print(f"R² {linear:.4f}, range {found.merits['dynamic_range'].value:.3g}")
    assert linear > 0.98
    assert found.merits["dynamic_range"].value > 2
    assert bench.world.at_rest


def test_a_transfer_curve_needs_both_terminals_in_step(gated):
    bench = gated(TWO_CHANNELS, "fefet")
    gates = np.linspace(-0.5, 1.5, 21)
    found = bench.dut.play(swept(gates), compliance=1e-3)
    assert found.gate_current is not None
    assert np.all(np.isfinite(found.gate_current))
    current = found.current
    print(f"drain current from {current[0]:.3g} A to {current[-1]:.3g} A")
    assert current[-1] > 100 * abs(current[0])
    assert np.all(np.diff(current) > -0.05 * current.max())
    assert bench.dut.play(read(0.05), compliance=1e-3).gate_current is None


@pytest.mark.parametrize(("most", "said"), [("10 uA", False), ("1 nA", True)])
def test_a_run_says_that_a_gates_limit_was_not_felt(gated, measure, most, said):
    procedure = Potentiation(terminal="gate", set_voltage=1.0, reset_voltage=-1.0,
                             set_width=200e-6, reset_width=200e-6, pulses=2, cycles=1)  # fmt: skip
    found = measure(procedure, gated(TWO_CHANNELS, "ecram", most)).merits
    assert ("model_validity" in found) == said
    if said:
        assert "limit of 1e-09 A" in found["model_validity"].note


def test_a_generator_on_the_gate_and_a_read_at_once_are_refused(gated):
    bench = gated(GENERATOR, "ecram")
    sent = bench.world.messages
    with pytest.raises(CapabilityError, match="not in step"):
        bench.dut.play(swept([1.0]))
    assert bench.world.messages == sent


@pytest.mark.parametrize("instruments", [TWO_CHANNELS, GENERATOR], ids=["in step", "in turn"])
def test_the_gates_limits_are_its_own(gated, instruments):
    bench = gated(instruments, "ecram")
    sent = bench.world.messages
    for level in (6.0, -6.0):
        with pytest.raises(LimitExceeded, match="at the third terminal"):
            bench.dut.play(Stimulus((Segment(0.0, 1e-3, gate=level),)))
    with pytest.raises(LimitExceeded, match=r"-1 V to 1 V"):
        bench.dut.play(read(1.5))
    assert bench.world.messages == sent


def test_a_generator_holds_its_gate_from_the_beginning_and_again_after_safe(gated):
    bench = gated(GENERATOR, "ecram")
    pulser = bench.instruments["pulser"]
    assert pulser.ask(":OUTP1?").strip() == "1"
    assert bench.world.at_rest
    assert bench.safe() == []
    assert pulser.ask(":OUTP1?").strip() == "0"
    bench.dut.play(read(0.1))
    assert pulser.ask(":OUTP1?").strip() == "1"
    fast = gated(GENERATOR.replace("[wiring]", OTHER) + 'series_resistance = "2 kOhm"\n', "ecram")
    assert fast.instruments["fast"].ask(":OUTP1?").strip() == "0"


def test_a_generator_without_a_resistor_may_not_short_into_the_gate(gated):
    bench = gated(GENERATOR.replace('gate_resistance = "1 MOhm"', ""), "ecram")
    with pytest.raises(LimitExceeded, match=r"series resistor.*\[wiring\] gate_resistance"):
        bench.dut.check(Stimulus((Segment(0.0, 1e-3, gate=1.0),)))


@pytest.mark.parametrize(
    ("device", "gate", "refused"),
    [("2 kOhm", "1 MOhm", None), ("1 MOhm", "2 kOhm", "gate_resistance"),
     ("50 Ohm", "1 MOhm", "series_resistance")],
)  # fmt: skip
def test_each_generator_has_a_resistor_of_its_own(gated, device, gate, refused):
    text = GENERATOR.replace("[wiring]", OTHER).replace("1 MOhm", gate)
    bench = gated(text + f'series_resistance = "{device}"\n', "ecram")
    pulses = {
        "series_resistance": pulse(1.0, 1e-6),
        "gate_resistance": Stimulus((Segment(0.0, 1e-3, gate=1.0),)),
    }
    for key, stimulus in pulses.items():
        if key == refused:
            with pytest.raises(LimitExceeded, match=rf"\[wiring\] {key}"):
                bench.dut.play(stimulus)
        else:
            bench.dut.play(stimulus)
    found = {name: bench.instruments[name].series_resistance for name in ("fast", "pulser")}
    assert found == {"fast": parse(device, "Ohm"), "pulser": parse(gate, "Ohm")}
