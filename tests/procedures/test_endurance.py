from types import SimpleNamespace

import numpy as np
import pytest

from benchctl.stimulus import Readings
from procedures.endurance import Endurance


def test_a_good_device_is_censored_not_immortal(simulated, measure):
    run = measure(Endurance(cycles=300), simulated())
    m = run.merits
    assert m["censored"].value is True
    assert m["cycles_to_failure"].value == 300
    assert "more than" in m["cycles_to_failure"].note
    assert m["failure_rate"].value == 0
    assert m["failure_rate"].interval[1] > 0.005
    assert run.data["cycle"].tolist() == list(range(1, 301))


@pytest.mark.parametrize(("resistance", "failure"), [(1e4, "stuck high"), (1e6, "stuck low")])
def test_a_resistor_is_stuck_and_the_run_stops(simulated, measure, resistance, failure):
    run = measure(
        Endurance(cycles=100_000, stop_after=30), simulated("resistor", resistance=resistance)
    )
    m = run.merits
    assert m["failure"].value == failure
    assert m["cycles_to_failure"].value == 1
    assert m["censored"].value is False
    assert 30 <= m["cycles_applied"].value < 200
    assert m[failure.replace(" ", "_")].value == m["cycles_applied"].value


def test_decimated_cycles_are_counted_as_not_observed(simulated, measure):
    bench = simulated()
    run = measure(Endurance(cycles=1000, read_every=100), bench)
    assert run.data["cycle"].tolist() == [1, *range(101, 1000, 100), 1000]
    assert run.merits["cycles_applied"].value == 1000
    assert run.merits["cycles_not_observed"].value == 1000 - 11
    assert run.merits["censored"].value is True
    # All of them were applied: two pulses a cycle and two reads an observed one.
    assert bench.world.segments >= 2 * 1000 + 2 * 11


def test_pulses_too_weak_to_reset_leave_it_stuck_high(simulated, measure):
    run = measure(Endurance(cycles=200, reset_voltage=-0.5, stop_after=10), simulated())
    assert run.merits["failure"].value == "stuck high"


def test_sense_level_from_the_first_cycles(simulated, measure):
    run = measure(Endurance(cycles=50, sense=0), simulated())
    assert (run.data["outcome"] == 0).all()


@pytest.mark.parametrize(("cycles", "every"), [(1, 1), (10, 3), (10, 9), (11, 10), (7, 100)])
def test_the_stimulus_reads_exactly_the_cycles_it_numbers(cycles, every):
    procedure = Endurance(cycles=cycles, read_every=every)
    numbers = procedure.stretches()[0].observed(every)
    stimulus = procedure.whole(procedure.cycle(), cycles)
    assert stimulus.measured == 2 * len(numbers)
    assert stimulus.segments == 2 * cycles + stimulus.measured
    reads = np.array([s.measure for s in stimulus.unroll()])
    pulses = np.cumsum(~reads)
    assert (pulses[reads][1::2] / 2).tolist() == numbers.tolist()


def test_the_sense_level_waits_for_a_cycle_that_shows_both_states():
    def block(*pairs):
        current = np.array([g for pair in pairs for g in pair]) * 0.1
        nothing = np.zeros(len(current), dtype=bool)
        return Readings(np.arange(len(current)) + 0.0, np.full(len(current), 0.1), current, nothing)

    blocks = [block((1e-5, -1e-9)), block(*[(1e-5, 1e-7)] * 4), block((1e-5, 1e-5))]
    outcomes = []
    sink = SimpleNamespace(
        record=lambda columns: outcomes.extend(columns["outcome"]), progress=lambda _: None
    )
    dut = SimpleNamespace(
        measures=lambda _: False,
        stream=lambda *_, **__: iter(blocks),
        clock=SimpleNamespace(now=lambda: 0.0),
    )
    procedure = Endurance(cycles=6, sense=0)
    procedure.bind(dut, sink, np.random.default_rng(1))
    procedure.execute()
    assert outcomes == [0, 0, 0, 0, 0, 2], "stuck high, not merely closed"


def observed(low):
    cycles = np.arange(1.0, len(low) + 1)
    return {
        "cycle": cycles, "represented_before": np.zeros_like(cycles), "outcome": 0 * cycles,
        "set_conductance": np.full(cycles.size, 1e-5), "reset_conductance": np.array(low),
        "in_compliance": 0 * cycles, "reset_in_compliance": 0 * cycles, "time": cycles,
    }  # fmt: skip


def test_a_low_state_below_what_is_resolved_makes_the_window_a_lower_bound(simulated):
    procedure = Endurance()
    few = procedure.FEW
    data = observed([1e-7] * few + [0.0] * (few - 2) + [-1e-9, 1e-7])
    alone = procedure.analyze(data)
    assert alone["window_first"].value == pytest.approx(100.0)
    assert alone["window_first"].note == ""
    assert alone["window_last"].value == pytest.approx(1e-5 / 1e-9)
    assert "lower bound: in 19 of 20" in alone["window_last"].note
    procedure.dut = simulated().dut
    smallest = procedure.dut.resolution(procedure.preview(), compliance=procedure.compliance) / 0.1
    assert smallest > 1e-9
    last = procedure.analyze(data)["window_last"]
    assert last.value == pytest.approx(1e-5 / smallest)
    assert "lower bound" in last.note
