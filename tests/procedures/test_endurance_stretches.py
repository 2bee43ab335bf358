"""Endurance beyond the cycles that are stepped: what is represented, and that it agrees."""

from itertools import pairwise

import numpy as np
import pytest

from benchctl import Run
from benchctl.errors import CapabilityError
from benchctl.store import StoredRun
from procedures.endurance import Endurance
from procedures.stretches import Stretch, log_spaced
from sim_instruments.models import create
from sim_instruments.models.ageing import AgeingParameters


@pytest.mark.parametrize(
    ("cycles", "stepped", "length"),
    [(1000, 0, 32), (1000, 5000, 32), (10**9, 10_000, 32), (1001, 1000, 32), (5000, 1, 100)],
)
def test_stretches_and_what_lies_between_make_up_all_cycles(cycles, stepped, length):
    stretches = log_spaced(cycles, stepped, length)
    assert sum(s.skipped + len(s) for s in stretches) == cycles == stretches[-1].last
    assert stretches[0].first == 1
    assert stretches[0].skipped == 0
    assert len(stretches[0]) >= min(stepped or cycles, cycles)
    for before, after in pairwise(stretches):
        assert after.skipped == after.first - before.last - 1
        assert after.skipped >= length
        assert len(after) >= length
        assert after.first <= before.last * 10**0.1


def test_short_gaps_are_stepped():
    assert log_spaced(200, 100, 32) == (Stretch(1, 200),)
    # A tenth of a decade beyond 300 is 378, beyond 378 is 476; 10 more are few.
    assert log_spaced(486, 300, 32) == (
        Stretch(1, 300),
        Stretch(347, 378, 46),
        Stretch(445, 486, 66),
    )


def test_a_billion_cycles(simulated, measure):
    bench = simulated(ageing={"acceleration": 1.0})
    run = measure(Endurance(cycles=10**9, stepped=300), bench)
    m, cycle, represented = run.merits, run.data["cycle"], run.data["represented_before"]
    print(f"{len(cycle)} cycles applied, {m['cycles_represented'].value:.4g} represented, "
          f"damage {bench.world.load.wear['damage']:.3g}")  # fmt: skip
    assert cycle[-1] == 10**9
    assert m["cycles_represented"].value == represented.sum()
    assert m["cycles_simulated"].value == m["cycles_applied"].value == len(cycle)
    assert len(cycle) + represented.sum() == 10**9
    # Every row but those after a gap follows the one before.
    assert (np.diff(cycle) == 1 + represented[1:]).all()
    assert m["censored"].value is True
    assert m["cycles_not_observed"].value == 0
    assert "stretch" in m["cycles_represented"].note
    assert 1e8 < bench.world.load.wear["damage"] < 1e10


def test_the_clock_goes_on_as_if_every_cycle_had_been_applied(simulated, measure):
    whole, short = (simulated(ageing={"acceleration": 1.0}) for _ in range(2))
    applied = measure(Endurance(cycles=3000), whole).data["time"]
    skipped = measure(Endurance(cycles=3000, stepped=300), short).data
    assert skipped["time"][-1] == pytest.approx(applied[-1], rel=0.01)
    assert (np.diff(skipped["time"]) > 0).all()


def test_the_header_says_what_is_to_be_applied(simulated, measure):
    words = []
    for stepped in (0, 40):
        file = measure(Endurance(cycles=400, stepped=stepped), simulated()).result.file
        with StoredRun(file) as stored:
            words.extend(stored.metadata.values())
            assert stored.header.parameters["stepped"] == stepped
    assert words[0] == "all 400 cycles applied one by one"
    assert words[1].startswith("cycles 1 to ")
    assert words[1].endswith("cycles represented between them")


def test_without_ageing_represented_cycles_change_nothing(simulated, measure):
    run = measure(Endurance(cycles=10**6, stepped=200), simulated())
    m = run.merits
    assert "its ageing is off" in m["cycles_represented"].note
    assert m["window_last"].value == pytest.approx(m["window_first"].value, rel=0.3)


def test_a_real_bench_refuses_before_anything_is_sent(simulated, tmp_path):
    bench = simulated()
    bench.dut.wear = None
    sent = bench.world.messages
    with pytest.raises(CapabilityError, match="only be represented on a simulated bench") as error:
        Run(Endurance(cycles=1000, stepped=100), bench, out=tmp_path / "runs").execute()
    assert error.value.exit_code == 3
    assert bench.world.messages == sent
    assert not (tmp_path / "runs").exists()
    # All of them is what a real bench can do.
    Run(Endurance(cycles=10, stepped=100), bench, out=tmp_path).check()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_failure_nobody_saw_lies_between_two_observations(simulated, measure, seed):
    ageing = {"acceleration": 1e6, "hrs_drift": 0.1}
    stepped = measure(Endurance(cycles=20_000), simulated(seed=seed, ageing=ageing)).merits
    run = measure(Endurance(cycles=20_000, stepped=200), simulated(seed=seed, ageing=ageing))
    found, truth = run.merits["cycles_to_failure"], stepped["cycles_to_failure"].value
    low, high = found.interval
    print(f"failed at {truth:g} when stepped; seen at {found.value:g}, after {low:g}")
    assert stepped["cycles_to_failure"].interval is None
    assert run.merits["failure"].value == stepped["failure"].value
    assert found.value == high
    assert "interval-censored" in found.note
    assert 0.95 * low <= truth <= 1.05 * high


CYCLE = (np.array([2.9, 0.1, -2.0, 0.1]), np.array([1e-6, 1e-3, 1e-6, 1e-3]), np.zeros(4))


def aged(seed, **ageing):
    device = create("gap_filament", seed=seed)
    device.surround(ageing=AgeingParameters(**ageing))
    return device


def window(device, cycles):
    """Apply cycles and return the ON/OFF ratio of each."""
    current = device.play(*CYCLE, count=cycles, resistance=2e3).current.reshape(-1, 4)
    device.idle(1e-3)
    return current[:, 1] / current[:, 3]


def in_stretches(device, cycles, stepped):
    """Apply and represent cycles; return the number and the ON/OFF ratio of each applied one."""
    device.represent(0, 0)
    like, numbers, ratios = 0, [], []
    for stretch in log_spaced(cycles, stepped, 32):
        if stretch.skipped:
            device.represent(stretch.skipped, like)
        like = len(stretch)
        numbers.append(stretch.observed(1))
        ratios.append(window(device, like))
    return np.concatenate(numbers), np.concatenate(ratios)


def test_hard_failures_come_when_they_would_have():
    """12 devices, 1e5 cycles stepped one by one against 1e3 and then stretches."""
    agreed, failed = [], 0
    for seed in range(12):
        whole, short = (aged(seed, acceleration=3e4, hrs_drift=0.1) for _ in range(2))
        bad = window(whole, 100_000) < 3
        numbers, ratios = in_stretches(short, 100_000, 1000)
        assert whole.wear["stuck"] == short.wear["stuck"]
        if not whole.wear["stuck"]:
            continue
        failed += 1
        truth, seen = 1 + np.flatnonzero(~bad)[-1] + 1, np.flatnonzero(ratios >= 3)[-1]
        low, high = numbers[seen], numbers[seen + 1]
        agreed.append(0.97 * low <= truth <= 1.03 * high)
        print(f"seed {seed}: failed at {truth}, represented between {low} and {high}")
    assert failed >= 5
    assert all(agreed)


def test_drift_is_what_it_would_have_been():
    """The damage after 1e5 cycles within 10 %, and the window it leaves."""
    for seed in range(6):
        whole, short = (aged(seed, acceleration=3e4, life=1e18) for _ in range(2))
        stepped = np.median(window(whole, 100_000)[-1000:])
        represented = np.median(np.concatenate([in_stretches(short, 100_000, 1000)[1][-32:],
                                                window(short, 1000)]))  # fmt: skip
        damage = short.wear["damage"] / whole.wear["damage"]
        print(f"seed {seed}: damage x{damage:.3f}, ON/OFF {represented:.1f} for {stepped:.1f}")
        assert damage == pytest.approx(1.0, abs=0.1)
        assert represented == pytest.approx(stepped, rel=0.15)
