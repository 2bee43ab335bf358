"""A third terminal's levels: held through loops as they are drawn, and never beyond the limits."""

import pytest

from benchctl.bench import open_bench
from benchctl.errors import CapabilityError, LimitExceeded
from benchctl.stimulus import Segment, Stimulus, pulse, ramp, read, wait
from benchctl.wiring import Cell

SMU = '[instruments.smu]\ndriver = "keysight_b2900"\naddress = "GPIB0::23::INSTR"\n'
GATED = (
    SMU
    + """
[wiring]
gate = "smu.2"
[dut.limits]
gate = ["-5 V", "5 V"]
[simulation]
model = "ecram"
"""
)
ARRAY = (
    SMU
    + """
[instruments.matrix]
driver = "keysight_b2200"
address = "GPIB0::22::INSTR"
[wiring]
source_meter = "smu"
gate = "smu.2"
[dut.limits]
voltage = ["-2 V", "2 V"]
gate = ["-2 V", "{highest} V"]
[dut.array]
matrix = "matrix"
rows = 2
columns = 2
scheme = "grounded"
first_gate = 5
gate = "2.5 V"
[simulation]
model = "resistor"
[simulation.array.transistor]
"""
)


def opened(folder, text):
    path = folder / "bench.toml"
    path.write_text(text, encoding="utf-8")
    return open_bench(path, simulate=True, seed=1)


@pytest.fixture
def gated(tmp_path):
    with opened(tmp_path, GATED) as bench:
        yield bench


def at_gate(seconds, level, ramp=0.0):
    return Stimulus((Segment(0.0, seconds, ramp=ramp, gate=level),))


def test_a_gate_that_a_loop_holds_is_not_interrupted(gated, monkeypatch):
    played, play = [], gated.world.play

    def noted(port, voltage, *args, **options):
        played.append(options["gate"].tolist())
        return play(port, voltage, *args, **options)

    monkeypatch.setattr(gated.world, "play", noted)
    gated.dut.play(at_gate(0.25, 1.0) * 20)
    assert len(played) == 1
    assert set(played[0]) == {1.0}


@pytest.mark.parametrize(
    "stimulus",
    [
        at_gate(1e-3, 1.0, ramp=1e-3) * 3,
        at_gate(1e-3, 1.0) * 3 + at_gate(1e-3, 0.5, ramp=1e-3),
        at_gate(1e-3, 1.0) + (at_gate(1e-3, 1.0) + at_gate(1e-3, 2.0)) * 3,
    ],
)
def test_a_gate_goes_on_from_where_a_loops_pass_left_it(gated, stimulus):
    ((steps, count),) = gated.dut.check(stimulus).passes
    assert (len(steps), count, steps[0].program.count) == (1, 1, 1)
    assert steps[0].program.gate.tolist() == [each.gate for each in stimulus.unroll()]


def test_a_gate_nobody_could_stop_is_refused(gated):
    with pytest.raises(CapabilityError, match="no stop can end"):
        gated.dut.check(at_gate(0.1, 1.0) * 700)
    assert gated.dut.check((at_gate(0.1, 1.0) + read(0.1)) * 700).segments == 1400


def test_gates_of_an_array_beyond_the_limits_are_refused_before_anything_is_sent(tmp_path):
    with opened(tmp_path, ARRAY.format(highest=2)) as bench:
        bench.dut.choose(Cell(0, 1))
        before = bench.world.messages
        for attempt in (bench.dut.check, bench.dut.play):
            with pytest.raises(LimitExceeded, match=r"2\.5 V at the third terminal"):
                attempt(pulse(0.5, 1e-3) + read(0.1))
        assert bench.world.messages == before


def test_gates_of_an_array_that_go_on_before_a_ramp_are_drawn(tmp_path):
    with opened(tmp_path, ARRAY.format(highest=3)) as bench:
        bench.dut.choose(Cell(0, 1))
        plan = bench.dut.check(ramp(0.5, 1e-2) + ramp(0.0, 1e-2))
        drawn = [each for each in plan.applied() if each.ramp + each.duration]
        shortest = bench.instruments["smu"].capabilities.shortest
        assert [(each.voltage, each.ramp, each.duration) for each in drawn] == [
            (0.0, 0.0, shortest), (0.5, 1e-2, 0.0), (0.0, 1e-2, 0.0),
        ]  # fmt: skip
        assert {each.gate for each in drawn} == {2.5}


def test_gates_of_an_array_may_rest_between_passes(tmp_path):
    with opened(tmp_path, ARRAY.format(highest=3)) as bench:
        bench.dut.choose(Cell(0, 1))
        cycle = pulse(0.5, 1e-3) + read(0.1) + pulse(-0.5, 1e-3) + read(0.1)
        assert bench.dut.check(cycle * 100_000).segments == 400_000
        assert len(list(bench.dut.stream((cycle + wait(1e-3)) * 400))) > 1
