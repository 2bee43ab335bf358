"""Endurance on a device that wears out, through `open_bench`: each class of failure is found."""

import numpy as np
import pytest

from procedures.endurance import Endurance


@pytest.mark.parametrize(
    ("failure", "seed", "ageing"),
    [
        ("stuck high", 1, {"acceleration": 3e6, "hrs_drift": 0.1}),
        ("stuck low", 2, {"acceleration": 3e6, "hrs_drift": 0.1}),
        ("window closed", 1, {"acceleration": 1e6, "life": 1e18, "hrs_drift": 0.3,
                              "lrs_drift": 0.4, "spread_growth": 0.0}),
    ],
)  # fmt: skip
def test_each_way_to_fail_is_found_and_named(simulated, measure, failure, seed, ageing):
    bench = simulated(seed=seed, ageing=ageing)
    run = measure(Endurance(cycles=5000, stop_after=30), bench)
    m = run.merits
    cycles, stuck = m["cycles_to_failure"].value, bench.world.load.wear["stuck"]
    print(f"{failure} at cycle {cycles}, damage {bench.world.load.wear['damage']:.3g}, "
          f"ON/OFF {m['window_first'].value:.0f} -> {m['window_last'].value:.1f}")  # fmt: skip
    assert m["censored"].value is False
    assert m["failure"].value == failure
    assert 20 < cycles < 5000
    assert m["window_first"].value > 50
    assert stuck == {"stuck high": 1.0, "stuck low": -1.0, "window closed": 0.0}[failure]


def test_the_window_closes_gradually_before(simulated, measure):
    run = measure(Endurance(cycles=1000), simulated(ageing={"acceleration": 1e6, "life": 1e18}))
    off = run.data["reset_conductance"]
    early, late = np.median(off[:50]), np.median(off[-50:])
    print(f"off conductance x{late / early:.1f} after 1000 accelerated cycles")
    assert late > 3 * early
    assert run.merits["censored"].value is True


def test_the_file_says_how_it_was_aged(simulated, measure):
    bench = simulated(ageing={"acceleration": 1e6})
    measure(Endurance(cycles=20), bench)
    snapshot = bench.snapshot()
    assert snapshot["config"]["simulation"]["ageing"]["acceleration"] == 1e6
    assert snapshot["device"]["ageing"]["damage"] > 1e5
