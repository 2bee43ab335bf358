"""Potentiation and depression on the simulated bench."""

import numpy as np
import pytest

from benchctl.errors import CapabilityError
from procedures.potentiation import Potentiation

QUIET = {"c2c": 0.0, "read_noise": 0.0, "spread_conductance": 0.0, "spread_nonlinearity": 0.0}


@pytest.mark.parametrize(
    ("preset", "pulses", "up", "down", "compliance", "asked"),
    [
        ("ag_asi", 97, (2.4, -4.88), 12.5, 1e-6, (3.2, -2.8, 1e-3)),
        ("alox_hfo2", 40, (1.94, -0.61), 4.43, 1e-3, (0.9, -1.0, 1e-3)),
    ],
)
def test_the_published_labels_and_range_come_back(
    simulated, measure, preset, pulses, up, down, compliance, asked
):
    bench = simulated("step_synapse", meter_only=True, preset=f'"{preset}"',
                      width_up=1e-3, width_down=1e-3, **QUIET)  # fmt: skip
    procedure = Potentiation(
        set_voltage=asked[0], reset_voltage=asked[1], set_width=asked[2], reset_width=asked[2],
        pulses=pulses, cycles=2, compliance=compliance, read_voltage=0.2,
    )  # fmt: skip
    found = measure(procedure, bench)
    m = found.merits
    labels = [m[f"{branch}_nonlinearity"].value for branch in ("potentiation", "depression")]
    print(f"{preset}: NL {labels[0]:.3g}/{labels[1]:.3g}, range {m['dynamic_range'].value:.3g}")
    assert len(found.data["pulse"]) == 2 * 2 * (pulses + 1)
    assert found.data["elapsed"][0] == 0
    assert np.all(np.diff(found.data["elapsed"]) == pytest.approx(np.diff(found.data["time"])))
    # The range of the meter is that of the compliance: some nS are a 1e-3 of it.
    assert m["potentiation_nonlinearity"].value == pytest.approx(up[0], abs=0.15)
    assert m["depression_nonlinearity"].value == pytest.approx(up[1], abs=0.15)
    assert m["dynamic_range"].value == pytest.approx(down, rel=0.05)


def test_fast_pulses_are_the_generators_and_the_filament_switches_abruptly(simulated, measure):
    found = measure(Potentiation(pulses=20, cycles=2), simulated("gap_filament", seed=3))
    assert found.merits["dynamic_range"].value > 2
    assert np.all(np.diff(found.data["time"]) > 0)
    fast = Potentiation(
        set_voltage=2.9, reset_voltage=-2.0, set_width=1e-6, reset_width=1e-6, pulses=3, cycles=1
    )
    assert measure(fast, simulated("gap_filament", seed=3)).result.rows == 8


def test_a_bench_without_a_third_terminal_refuses_gate_pulses(simulated):
    bench = simulated("gap_filament")
    sent = bench.world.messages
    procedure = Potentiation(terminal="gate")
    with pytest.raises(CapabilityError, match=r"\[wiring\] gate"):
        bench.dut.check(procedure.preview())
    assert bench.world.messages == sent
