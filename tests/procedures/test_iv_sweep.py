import numpy as np
import pytest

from benchctl.errors import ConfigError
from procedures.iv_sweep import IVSweep


@pytest.mark.parametrize("meter_only", [False, True])
def test_a_filament_gives_a_pinched_loop_that_sets_and_resets_at_opposite_polarity(
    simulated, measure, meter_only
):
    run = measure(IVSweep(cycles=6), simulated(meter_only=meter_only))
    m = run.merits
    assert m["set_voltage"].value > 1
    assert -1.5 < m["reset_voltage"].value < -0.4
    assert m["on_off_ratio"].value > 30
    assert m["pinched"].value is True
    low, high = m["set_voltage"].interval
    assert low <= m["set_voltage"].value <= high


def test_the_current_is_held_at_compliance_and_the_voltage_gives_way(simulated, measure):
    run = measure(IVSweep(cycles=2, compliance=50e-6), simulated())
    held = run.data["in_compliance"] == 1
    assert held.any()
    assert np.abs(run.data["current"]).max() < 1e-3
    positive = held & (run.data["programmed_voltage"] > 0)
    assert run.data["current"][positive] == pytest.approx(50e-6, rel=0.01)
    assert (run.data["voltage"][positive] < run.data["programmed_voltage"][positive]).all()


def test_less_compliance_leaves_a_weaker_filament(simulated, measure):
    def on(compliance):
        run = measure(IVSweep(cycles=3, compliance=compliance), simulated(seed=4))
        d = run.data
        peak = d["time"][np.argmax(d["programmed_voltage"])]
        back = (d["programmed_voltage"] == 0.1) & (d["time"] > peak)
        return (d["current"][back] / d["voltage"][back])[0]

    assert on(20e-6) < 0.7 * on(100e-6)


def test_a_resistor_has_no_loop(simulated, measure):
    run = measure(IVSweep(cycles=2), simulated("resistor", resistance=1e5))
    assert run.merits["set_voltage"].value is None
    assert "no cycle switched" in run.merits["set_voltage"].note
    slope = np.polyfit(run.data["voltage"], run.data["current"], 1)[0]
    assert slope == pytest.approx(1e-5, rel=0.01)


def test_dwell_is_step_over_rate(simulated, measure):
    run = measure(IVSweep(cycles=1, rate="2 V/s", step="50 mV"), simulated())
    steps = np.diff(run.data["time"][:20])
    assert steps == pytest.approx(25e-3, rel=1e-3)


def test_peaks_on_one_side_are_refused():
    with pytest.raises(ConfigError, match="either side"):
        IVSweep(set_voltage=1.0, reset_voltage=2.0).preview()
