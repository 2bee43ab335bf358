import math

import numpy as np
import pytest

from benchctl.wiring import Cell
from procedures.retention import Retention


def test_the_models_drift_comes_back(simulated, measure):
    # The model loses a fixed fraction of the written conductance per decade of time.
    bench = simulated(drift=0.01, relaxation=0.0, read_noise=0.0005)
    run = measure(Retention(levels="40 uS", duration="1e6 s"), bench)
    law = run.merits["drift_law_1"]
    assert law.value in {"log-time", "power"}
    left = run.merits["left_at_end_1"]
    # Time counts from 1 us after the write [R], so at the first read 6 decades had gone by.
    assert left.value == pytest.approx((1 - 0.01 * 12) / (1 - 0.01 * 6), abs=0.005)
    assert run.merits["levels_reached"].value == 1


def test_ten_years_are_seen_in_seconds_without_extrapolation(simulated, measure):
    bench = simulated()
    run = measure(Retention(levels="40 uS", duration="10 y"), bench)
    assert run.data["elapsed"].max() == pytest.approx(10 * 365.25 * 86400, rel=1e-6)
    assert "extrapolated" not in run.merits["left_after_10_years_1"].note
    assert run.merits["left_after_10_years_1"].value > 0.8


def test_extrapolation_is_flagged(simulated, measure):
    run = measure(Retention(levels="40 uS", duration="1e3 s"), simulated())
    note = run.merits["left_after_10_years_1"].note
    assert "5.5 decades" in note
    assert "evidence" in note
    low, high = run.merits["left_after_10_years_1"].interval
    assert low < high


def test_reads_are_logarithmic_and_on_time(simulated, measure):
    run = measure(Retention(levels="20 uS, 60 uS", duration="1e4 s"), simulated())
    for target in (20e-6, 60e-6):
        elapsed = run.data["elapsed"][run.data["target"] == target]
        assert elapsed[0] == pytest.approx(1, rel=0.02)
        assert np.diff(np.log10(elapsed)) == pytest.approx(1 / 8, abs=0.01)
    assert run.data["target"][0] == 20e-6


@pytest.mark.parametrize(
    ("meter_only", "width"), [(False, "1 us"), (False, "2 ms"), (True, "2 ms")]
)
def test_time_counts_from_the_end_of_the_last_pulse(simulated, measure, meter_only, width):
    bench = simulated(meter_only=meter_only)
    ends, play = [], bench.world.play

    def watched(port, voltage, duration, ramp, **options):
        began = bench.world.now
        samples = play(port, voltage, duration, ramp, **options)
        above = np.flatnonzero(np.abs(voltage) > 0.5)
        if above.size:
            ends.append(began + float(np.sum((duration + ramp)[: above[-1] + 1])))
        return samples

    bench.world.play = watched
    run = measure(
        Retention(levels="40 uS", duration="10 s", set_width=width, reset_width=width), bench
    )
    start = run.data["time"] - run.data["elapsed"]
    # A message's latency is 0.2 ms: the answer that ends a program takes one.
    assert start == pytest.approx(ends[-1], abs=0.5e-3)


def test_level_order(simulated):
    assert Retention(levels="5 uS, 80 uS, 20 uS", level_order="descending").targets() == [
        80e-6, 20e-6, 5e-6,
    ]  # fmt: skip
    assert Retention(levels="5 uS, 80 uS, 20 uS", level_order="as listed").targets() == [
        5e-6, 80e-6, 20e-6,
    ]  # fmt: skip


def test_every_cell_of_the_bench_is_read_on_its_own_schedule(simulated, measure):
    bench = simulated()
    bench.dut.cells = (Cell(0, 0), Cell(0, 1), Cell(1, 0))  # one device stands in for all
    run = measure(Retention(levels="40 uS", duration="1e3 s"), bench)
    cells = set(zip(run.data["row"], run.data["column"], strict=True))
    assert cells == {(0, 0), (0, 1), (1, 0)}
    for row, column in cells:
        mine = (run.data["row"] == row) & (run.data["column"] == column)
        assert run.data["elapsed"][mine].max() == pytest.approx(1e3, rel=0.01)
        assert mine.sum() == 25


def test_an_unformed_lithium_device_forgets(simulated, measure):
    run = measure(
        Retention(
            levels="3 uS", set_width="1 ms", reset_width="1 ms", set_start=0.6, reset_start=-0.6,
            set_voltage=2.0, reset_voltage=-2.0, first_read="10 ms", duration="10 s",
        ),
        simulated("iontronic_li"),
    )  # fmt: skip
    assert run.data["conductance"][-1] < 0.2e-6
    assert run.merits["drift_law_1"].value in {"exponential", "stretched"}
    assert not math.isnan(run.merits["left_at_end_1"].value)
