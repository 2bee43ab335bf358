import numpy as np
import pytest

from procedures.set_reset import SetReset

SLOW = {"compliance": "300 uA", "set_width": "1 ms", "reset_width": "1 ms", "read_width": "1 ms"}


def test_every_cycle_is_observed_and_switches(simulated, measure):
    run = measure(SetReset(cycles=60), simulated())
    assert run.data["cycle"].tolist() == list(range(1, 61))
    assert run.merits["on_off_ratio"].value > 50
    assert run.merits["failed_cycles"].value == 0
    assert (np.diff(run.data["time"]) > 0).all()


def test_compliance_in_a_pulse_is_unknown_where_the_bench_cannot_measure_it(simulated, measure):
    fast = measure(SetReset(cycles=5), simulated())
    assert np.isnan(fast.data["in_compliance"]).all()
    assert np.isnan(fast.data["reset_in_compliance"]).all()
    slow = measure(SetReset(cycles=5, **SLOW), simulated(meter_only=True))
    assert slow.data["in_compliance"].tolist() == [1] * 5
    assert slow.data["reset_in_compliance"].tolist() == [0] * 5


def test_spread_is_the_models(simulated, measure):
    run = measure(
        SetReset(cycles=400, read_width="20 ms"), simulated(cycle_on=0.06, read_noise=0.0)
    )
    low, high = run.merits["set_spread"].interval
    assert low < 0.06 < high


def test_a_resistor_fails_every_cycle(simulated, measure):
    run = measure(SetReset(cycles=20), simulated("resistor", resistance=2e4))
    assert run.merits["failed_cycles"].value == 20
    assert run.merits["set_conductance"].value == pytest.approx(5e-5, rel=0.01)


def test_a_thousand_cycles_on_a_source_meter_take_few_round_trips(simulated, measure):
    bench = simulated(meter_only=True)
    before = bench.world.round_trips
    run = measure(SetReset(cycles=5000, **SLOW), bench)
    assert run.result.rows == 5000
    assert bench.world.round_trips - before <= 20_000 / 100


def test_a_reset_state_below_the_meters_resolution_gives_a_lower_bound(simulated, measure):
    # 10 mA is the range of 2 mA: at 10 mV it shows no state below 3 uS.
    coarse = SetReset(cycles=20, compliance="2 mA", read_voltage="10 mV", reset_voltage=-2.6)
    m = measure(coarse, simulated(read_noise=0.0)).merits
    assert m["reset_conductance"].value == 0
    true = measure(SetReset(cycles=20, reset_voltage=-2.6), simulated(read_noise=0.0)).merits
    for name in ("on_off_ratio", "worst_case_ratio"):
        assert "lower bound" in m[name].note
        assert 10 < m[name].value < true[name].value
    assert "lower bound" not in true["on_off_ratio"].note
