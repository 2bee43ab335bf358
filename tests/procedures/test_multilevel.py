import numpy as np
import pytest

from procedures.multilevel import MISSED, UNDER_WAY, Multilevel


def ends(run):
    return {k: v[run.data["verdict"] != UNDER_WAY] for k, v in run.data.items()}


@pytest.mark.parametrize("seed", [1, 3])
def test_levels_are_reached_within_tolerance_from_both_sides(simulated, measure, seed):
    run = measure(Multilevel(repeats=2), simulated(seed=seed))
    last = ends(run)
    assert len(last["target"]) == 5 * 2 * 2
    assert run.merits["success_rate"].value == 1
    off = np.abs(last["conductance"] / last["target"] - 1)
    assert off.max() <= 0.05 * (1 + 1e-9)
    assert set(last["direction"]) == {1, -1}
    confirmed = np.abs(last["confirmed"] / last["target"] - 1)
    assert np.median(confirmed) < 0.05
    assert run.merits["distinguishable_levels"].value >= 4


def test_pulses_grow_and_change_polarity_at_an_overshoot(simulated, measure):
    run = measure(Multilevel(levels="20 uS", repeats=1), simulated())
    voltage, conductance = run.data["pulse_voltage"], run.data["conductance"]
    first = run.data["pulse"] < np.flatnonzero(run.data["verdict"] != UNDER_WAY)[0]
    wanted = np.where(conductance[first] < 20e-6, 1, -1)
    assert (np.sign(voltage[1 : first.sum() + 1]) == wanted).all()
    same = np.sign(voltage[2:]) == np.sign(voltage[1:-1])
    grown = np.abs(voltage[2:]) - np.abs(voltage[1:-1])
    within = same & (run.data["attempt"][2:] > 1)
    assert grown[within] == pytest.approx(0.03, abs=1e-6)


def test_budget_voltage_and_guard_end_a_try_instead_of_pushing_on(simulated, measure):
    stuck = simulated("resistor", resistance=1e5)  # 10 uS and nothing else
    up = measure(Multilevel(levels="20 uS", repeats=1, set_voltage=2.0), stuck)
    assert (ends(up)["verdict"] == MISSED).all()
    assert np.abs(up.data["pulse_voltage"]).max() <= 2.0
    budget = measure(Multilevel(levels="20 uS", repeats=1, attempts=7), stuck)
    assert ends(budget)["attempt"].max() == 7
    down = measure(Multilevel(levels="1 uS", repeats=1, lowest_conductance="15 uS"), stuck)
    assert ends(down)["attempt"].max() == 0
    assert (down.data["pulse_voltage"] == 0).all()


def test_what_missed_its_target_is_told_apart(simulated, measure):
    stuck = simulated("resistor", resistance=1e5)  # 10 uS and nothing else
    run = measure(Multilevel(levels="10 uS, 20 uS", repeats=2, set_voltage=2.0), stuck)
    m = run.merits
    assert m["success_rate"].value == 0.5
    assert m["error"].value < 0.01, "of the level that was reached"
    assert m["level_2"].value is None
    assert "reached 0 %, the others left at 10 µS" in m["level_2"].note


def test_targets_from_a_range():
    found = Multilevel(level_count=3, lowest_level="1 uS", highest_level="100 uS").targets()
    assert found == pytest.approx([1e-6, 1e-5, 1e-4])
    linear = Multilevel(
        level_count=3, lowest_level="1 uS", highest_level="3 uS", spacing="linear"
    ).targets()
    assert linear == pytest.approx([1e-6, 2e-6, 3e-6])
    assert Multilevel(levels="3 uS, 1 uS").targets() == [1e-6, 3e-6]
