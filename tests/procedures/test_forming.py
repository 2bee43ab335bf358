import numpy as np
import pytest

from procedures.forming import FORMED, VOLATILE, Forming
from procedures.multilevel import Multilevel


def test_a_pristine_filament_forms_once_and_the_voltage_is_never_raised_again(simulated, measure):
    bench = simulated(formed=False)
    run = measure(Forming(), bench)
    m = run.merits
    assert m["outcome"].value == "formed"
    assert 1.8 < m["forming_voltage"].value < 3.2
    assert run.data["pulse_voltage"].max() == m["forming_voltage"].value
    assert m["conductance_after"].value > 100 * m["conductance_before"].value
    assert m["in_compliance"].value is True
    assert bench.world.load.state["formed"] == 1


def test_the_forming_pulse_is_held_at_compliance(simulated, measure):
    run = measure(Forming(compliance=20e-6), simulated(formed=False))
    formed = run.data["state"] == FORMED
    assert run.data["pulse_current"][formed] == pytest.approx(20e-6, rel=0.01)
    assert run.merits["conductance_after"].value < 80e-6


def test_a_formed_device_is_recognised_and_left_alone(simulated, measure):
    run = measure(Forming(), simulated(formed=True))
    assert run.merits["outcome"].value == "already formed"
    assert run.data["pulse_voltage"].tolist() == [0.0]


def test_a_ramp_that_ends_too_low_says_not_formed(simulated, measure):
    bench = simulated(formed=False)
    run = measure(Forming(stop_voltage=1.2), bench)
    assert run.merits["outcome"].value == "not formed"
    assert run.merits["formed"].value is False
    assert bench.world.load.state["formed"] == 0


def test_a_resistor_never_jumps(simulated, measure):
    run = measure(Forming(), simulated("resistor", resistance=1e8))
    assert run.merits["outcome"].value == "not formed"


@pytest.mark.parametrize("seed", [1, 2])
def test_forming_makes_a_volatile_lithium_device_remember_for_a_day(simulated, measure, seed):
    volatile = simulated("iontronic_li", seed=seed)
    volatile.dut.play(Forming(set_width=0.05).shot(1.5), compliance=3e-4)
    assert volatile.dut.read(0.1) > 1e-6
    volatile.dut.wait(60)
    assert volatile.dut.read(0.1) < 0.3e-6

    bench = simulated("iontronic_li", seed=seed)
    run = measure(Forming(), bench)
    assert run.merits["outcome"].value == "formed"
    assert (run.data["state"] == VOLATILE).any()
    written = bench.dut.read(0.1, compliance=1e-5)
    bench.dut.wait(86400)
    assert bench.dut.read(0.1, compliance=1e-5) == pytest.approx(written, rel=0.05)


def test_a_formed_lithium_device_holds_analog_levels(simulated, measure):
    bench = simulated("iontronic_li")
    measure(Forming(), bench)
    levels = Multilevel(
        levels="1 uS, 2 uS, 3 uS", repeats=2, set_width="1 ms", reset_width="1 ms",
        set_start=0.6, reset_start=-0.6, set_voltage=1.8, reset_voltage=-1.8, compliance=1e-4,
    )  # fmt: skip
    run = measure(levels, bench)
    assert run.merits["success_rate"].value == 1
    before = bench.dut.read(0.1, compliance=1e-5)
    bench.dut.wait(86400)
    assert bench.dut.read(0.1, compliance=1e-5) == pytest.approx(before, rel=0.05)


def test_the_ramp_climbs_by_its_step_and_ends_at_its_stop():
    assert Forming(start_voltage=1.0, stop_voltage=1.2, step=0.05).voltages() == pytest.approx(
        [1.0, 1.05, 1.1, 1.15, 1.2]
    )
    negative = Forming(start_voltage=1.0, stop_voltage=-1.1, step=0.05).voltages()
    assert negative == pytest.approx([-1.0, -1.05, -1.1])
    assert np.isclose(Forming(start_voltage=2.0, stop_voltage=1.0).voltages(), 1.0).all()
