"""The World's third terminal and its matrix: what reaches the load, and when."""

import numpy as np
import pytest

from sim_instruments.circuits.array import make_array
from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters
from sim_instruments.models.network import CircuitParameters
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

GATED = Wiring("direct", "smu", gate="smu.2")
LINES = {"matrix": "matrix", "rows": 2, "columns": 2, "first_row": 1, "first_column": 3,
         "first_gate": None, "high": 1, "low": 2, "third": 3}  # fmt: skip


def bench(model="memtransistor", wiring=GATED, **parameters):
    quiet = {"read_noise": 0.0, "step_spread": 0.0} | parameters
    world = World(create(model, seed=1, **quiet), wiring=wiring)
    for port in ("smu", "smu.2"):
        world.attach(port)
    return world


def one(level, duration=1e-3, ramp=0.0):
    return np.array([level]), np.array([duration]), np.array([ramp])


def position(world):
    return world.load.state["position"]


def test_both_ports_in_step_are_what_the_model_plays():
    world, device = bench(), create("memtransistor", seed=1, read_noise=0.0, step_spread=0.0)
    voltage, hold, ramp = np.array([5.0, 0.5]), np.array([0.1, 1e-2]), np.array([0.0, 1e-3])
    gate = np.array([8.0, -2.0])
    seen = world.play("smu", voltage, hold, ramp, count=3, gate=gate, gate_port="smu.2")
    wanted = device.play_gated(voltage, gate, hold, ramp, 3)
    assert seen.current == pytest.approx(wanted.current, rel=1e-12)
    assert seen.gate_current == pytest.approx(wanted.gate_current, rel=1e-12)
    assert position(world) == device.state["position"]
    assert world.at_rest


def test_a_gate_held_by_its_own_source_is_felt_by_what_the_other_plays():
    held, stepped = bench(), bench()
    held.hold("smu.2", 8.0)
    first = held.play("smu", *one(5.0, 0.1))
    second = stepped.play("smu", *one(5.0, 0.1), gate=np.array([8.0]), gate_port="smu.2")
    assert first.current == pytest.approx(second.current, rel=1e-9)
    assert position(held) == pytest.approx(position(stepped), rel=1e-9)
    assert not held.at_rest
    held.release("smu.2")
    assert held.at_rest


def test_time_under_a_held_gate_is_felt_in_whatever_pieces_it_passes():
    pieces, once = bench("ecram", filling=0.2), bench("ecram", filling=0.2)
    for world in (pieces, once):
        world.hold("smu.2", 1.0)
    for _ in range(10):
        pieces.sleep(2e-4)
    once.sleep(2e-3)
    assert pieces.load.state["filling"] == pytest.approx(once.load.state["filling"], rel=1e-9)
    assert once.load.state["filling"] > 0.25


def test_the_gates_own_source_pulses_it_and_measures_there():
    world = bench("ecram", filling=0.2)
    played = world.play("smu.2", *one(1.0, 1e-3))
    assert world.load.state["filling"] > 0.25
    assert played.voltage == pytest.approx([1.0])
    assert played.current == pytest.approx(played.gate_current)
    assert played.current[0] > 0
    world.hold("smu.2", 0.5)
    volts, amperes, limited = world.measure("smu.2", 1e-3)
    assert (volts, limited) == (0.5, False)
    assert amperes != 0.0


def in_step(world):
    return world.play("smu", *one(0.0), gate=np.ones(1), gate_port="smu.2", gate_limit=1e-9)


def held(world):
    world.hold("smu.2", 1.0, limit=1e-9)
    return world.play("smu", *one(0.0))


def alone(world):
    return world.play("smu.2", *one(1.0), limit=1e-9)


def measured(world):
    world.hold("smu.2", 1.0, limit=1e-9)
    return world.measure("smu.2", 1e-3)


@pytest.mark.parametrize("driven", [in_step, held, alone, measured])
def test_a_gates_limit_that_is_not_felt_is_said(driven):
    world = bench("ecram", filling=0.2)
    world.play("smu", *one(0.1), gate=np.zeros(1), gate_port="smu.2", gate_limit=1e-9)
    assert world.warnings == []
    seen = driven(world)
    (said,) = world.warnings
    assert "limit of 1e-09 A" in said
    assert world.metadata()["warnings"] == [said]
    driven(world)
    assert len(world.warnings) == 1
    if driven is measured:
        assert seen == (1.0, 1e-9, True)
    if driven is alone:
        assert (seen.current.tolist(), seen.limited.tolist()) == ([1e-9], [True])


def test_a_port_the_wiring_does_not_lead_to_the_gate_is_not_felt():
    world = bench(wiring=Wiring("direct", "smu"))
    free = bench(wiring=Wiring("direct", "smu"))
    world.play("smu", *one(5.0, 0.1), gate=np.array([8.0]), gate_port="smu.2")
    free.play("smu", *one(5.0, 0.1))
    assert position(world) == position(free)


def test_a_load_without_a_third_terminal_or_an_array_is_refused():
    with pytest.raises(ValueError, match=r"third terminal, 'smu\.2'"):
        World(create("resistor", seed=1), wiring=GATED)
    with pytest.raises(ValueError, match="matrix, 'matrix', and there is no array"):
        World(create("resistor", seed=1), wiring=Wiring("direct", "smu", matrix="matrix"))


@pytest.mark.parametrize(
    "around", [{"series_resistance": 1e3}, {"capacitance": 1e-9}, {"transistor": True}]
)
def test_what_is_around_a_device_and_not_felt_under_a_gate_is_refused(around):
    device = create("ecram", seed=1)
    device.surround(CircuitParameters(**around))
    with pytest.raises(ValueError, match="not simulated where its third terminal is driven"):
        World(device, wiring=GATED)
    World(device, wiring=Wiring("direct", "smu"))


def test_a_device_that_ages_says_that_it_does_not_under_a_gate():
    device = create("ecram", seed=1)
    device.surround(ageing=AgeingParameters(acceleration=1.0))
    (said,) = World(device, wiring=GATED).warnings
    assert "does not wear while its third terminal is driven" in said
    assert World(device, wiring=Wiring("direct", "smu")).warnings == []


def test_a_matrix_connects_and_a_switch_under_bias_is_counted():
    load = make_array(
        {"model": "resistor", "seed": 1, "parameters": {"resistance": 1e4},
         "array": {"line_resistance": 0.0}},
        {"array": LINES},
    )  # fmt: skip
    world = World(load, wiring=Wiring("direct", "smu", matrix="matrix"))
    world.attach("smu")
    world.hold("smu", 0.1)
    assert world.measure("smu", 1e-3)[1] == pytest.approx(0.0, abs=1e-15)
    world.set_crosspoints("other", frozenset({(1, 1), (2, 3)}))
    assert world.hot_switches == 0
    assert world.measure("smu", 1e-3)[1] == pytest.approx(0.0, abs=1e-15)
    world.set_crosspoints("matrix", frozenset({(1, 1), (2, 3)}))
    assert world.hot_switches == 1
    # The cell beside the path through the three others in series.
    assert world.measure("smu", 1e-3)[1] == pytest.approx(1e-5 * (1 + 1 / 3), rel=1e-6)
    world.release("smu")
    world.set_crosspoints("matrix", frozenset())
    assert world.hot_switches == 1
