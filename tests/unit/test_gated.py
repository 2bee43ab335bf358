"""What every model with a gate owes, and that without a gate source the gate is at 0 V."""

from importlib.metadata import entry_points

import numpy as np
import pytest

from sim_instruments.models import GROUP, create
from sim_instruments.models.gated import GATE, Gated
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

NAMES = [point.name for point in entry_points(group=GROUP) if issubclass(point.load(), Gated)]
DRAIN = np.array([1.0, 0.1, 0.0, -1.0, 0.1])
TIMES = (np.full(5, 1e-3), np.full(5, 1e-5))
ZERO = np.zeros(1)
PULSES = np.array([3.0, 0.0, -3.0, 1.0, 0.0])


def test_there_are_some():
    assert {"ecram", "fefet", "memtransistor"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_gate_source_the_gate_is_at_zero(name):
    two, three = (create(name, seed=4, read_noise=0.0) for _ in range(2))
    flat = two.play(DRAIN, *TIMES, count=3, limit=1e-4, resistance=1e3, before=1.0)
    gated = three.play_gated(DRAIN, np.zeros(5), *TIMES, count=3, limit=1e-4, resistance=1e3,
                             before=1.0)  # fmt: skip
    assert np.array_equal(flat.current, gated.current)
    assert np.array_equal(flat.voltage, gated.voltage)
    assert np.array_equal(flat.limited, gated.limited)
    assert two.state == three.state


@pytest.mark.parametrize("name", NAMES)
def test_afterwards_the_gate_is_at_zero_again(name):
    device = create(name, seed=4)
    device.play_gated(DRAIN, PULSES + 1.0, *TIMES)
    assert device._x[GATE] == 0.0
    assert device.current(0.1) == device.current(0.1, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits(name):
    first, again, other = (create(name, seed=seed).play_gated(DRAIN, PULSES, *TIMES, count=10)
                           for seed in (7, 7, 8))  # fmt: skip
    for column, same in zip(first, again, strict=True):
        assert column.tobytes() == same.tobytes()
    assert not np.array_equal(first.current, other.current)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_recorded_happens_all_the_same(name):
    seen, unseen = (create(name, seed=4, read_noise=0.0) for _ in range(2))
    assert seen.play_gated(DRAIN, PULSES, *TIMES, count=2).gate_current.size == 10
    assert unseen.play_gated(DRAIN, PULSES, *TIMES, count=2, record=False).gate_current.size == 0
    assert seen.current(0.1) == pytest.approx(unseen.current(0.1), rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_current_looks_at_any_gate_without_touching(name):
    device = create(name, seed=1)
    before = device.state
    assert device.current(0.1, 0.5) == device.current(0.1, 0.5)
    assert device.state == before
    assert device.current(0.0, 2.0) == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_it_hangs_on_the_bench_as_a_two_terminal_device(name):
    device = create(name, seed=1, read_noise=0.0)
    expected = device.current(0.1)
    world = World(device, wiring=Wiring("direct", "smu"))
    world.attach("smu")
    read = world.play("smu", np.array([0.1]), np.array([1e-3]), np.zeros(1))
    assert read.current[0] == pytest.approx(expected, rel=1e-3)
    assert world.warnings == []


@pytest.mark.parametrize("name", NAMES)
def test_no_noise_lifts_a_reading_over_the_limit(name):
    device = create(name, seed=4, read_noise=0.1)
    read = np.array([1e-3]), ZERO, np.array([1e-12]), ZERO
    limit = device.current(1e-3) * 1.01
    played = device.play_gated(*read, count=500, limit=limit)
    assert played.current.max() == limit
    assert 0 < played.limited.sum() < 500
    assert (played.limited == (played.current == limit)).all()


def test_a_held_gate_need_not_start_from_zero():
    """A ramp goes from `gate_start`, so that a bias held between programs is no new pulse."""
    stepped, held = (create("memtransistor", seed=1, step_spread=0.0) for _ in range(2))
    program = (np.array([3.0]), np.array([10.0]), np.zeros(1), np.array([1e-3]))
    stepped.play_gated(*program, start=3.0)
    held.play_gated(*program, start=3.0, gate_start=10.0)
    assert held.state["position"] > 1.5 * stepped.state["position"]


def test_a_gate_of_another_length_is_refused():
    with pytest.raises(ValueError, match="must be of one length, got 5, 4, 5 and 5"):
        create("ecram", seed=1).play_gated(DRAIN, PULSES[:4], *TIMES)
