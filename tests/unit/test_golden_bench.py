"""Behaviour of the sources seen through the bench's own procedures, each with its figure."""

import math

import numpy as np
import pytest

from benchctl import Run, open_bench
from benchctl.store import StoredRun
from procedures.iv_sweep import IVSweep
from procedures.retention import Retention

BENCH = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
[dut]
limits = {{ voltage = ["-4 V", "4 V"], current = "2 mA" }}
[simulation]
model = "{model}"
seed = {seed}
[simulation.parameters]
{parameters}
"""


@pytest.fixture
def measured(tmp_path):
    """Run a procedure on a simulated device: gives its data and its merits."""

    def run(procedure, model, seed=1, **parameters):
        lines = "\n".join(f"{k} = {str(v).lower()}" for k, v in parameters.items())
        path = tmp_path / "bench.toml"
        path.write_text(BENCH.format(model=model, seed=seed, parameters=lines), encoding="utf-8")
        with open_bench(path, simulate=True) as bench:
            result = Run(procedure, bench, out=tmp_path).execute()
        assert result.status == "finished", result.error
        with StoredRun(result.file) as stored:
            return {slug: np.array(stored.data[slug]) for slug in stored.data}, result.analysis

    return run


SLOW_PULSES = {"set_width": "1 ms", "reset_width": "1 ms", "set_start": 0.6, "reset_start": -0.6,
               "set_voltage": 2.0, "reset_voltage": -2.0, "first_read": "10 ms"}  # fmt: skip


def test_lithium_forgets_before_forming_and_keeps_after(measured):
    left = []
    for formed in (False, True):
        recipe = Retention(levels="3 uS", duration="1e5 s", **SLOW_PULSES)
        data, _ = measured(recipe, "iontronic_li", formed=formed)
        at_ten = np.interp(10.0, data["elapsed"], data["conductance"])
        left.append((at_ten / data["conductance"][0], data["conductance"][-1]))
    print(f"iontronic_li, 3 uS: before forming {left[0][0]:.1%} of it after 10 s, {left[0][1]:.2g} "
          f"S after a day; formed {left[1][0]:.1%} and {left[1][1]:.3g} S")  # fmt: skip
    assert left[0][0] < 0.06
    assert left[1][0] == pytest.approx(1.0, abs=0.02)
    assert left[1][1] == pytest.approx(3e-6, rel=0.1)


def test_a_threshold_switch_shows_its_two_voltages(measured):
    """nbo2 at 5 mV steps: threshold 1.05 V, hold 0.96 V, at most 5 mV late."""
    recipe = IVSweep(set_voltage=1.3, reset_voltage=-1.3, step="5 mV", cycles=1, rate=10,
                     compliance="2 mA", reset_compliance="2 mA")  # fmt: skip
    data, _ = measured(recipe, "nbo2", spread_resistance=0.0, spread_heat=0.0, read_noise=0.0)
    volts, amperes = data["voltage"], data["current"]
    top = int(np.argmax(volts))
    rise = volts[np.argmax(amperes[:top] > 1.5e-4)]
    fall = volts[top + np.argmax(amperes[top:] < 1.5e-4)]
    print(f"nbo2 by an I-V sweep: jumps at {rise:.3f} V up, {fall:.3f} V down (1.05, 0.96)")
    assert rise == pytest.approx(1.05, abs=0.012)
    assert fall == pytest.approx(0.96, abs=0.012)


def test_drift_of_pcm_comes_back_as_the_mean_and_spread_of_its_law(measured):
    """Of eight devices at a fifth of the range, noise off, from 1 s to 1e6 s after programming."""
    found = []
    for seed in range(8):
        recipe = Retention(levels="5 uS", duration="1e6 s", tolerance=0.5, attempts=1,
                           **SLOW_PULSES | {"first_read": "1 s"})  # fmt: skip
        data, _ = measured(recipe, "pcm", seed, conductance=5e-6, program_noise=0.0, read_noise=0.0)
        later = np.log(data["elapsed"] + 20.0)
        found.append(-np.polyfit(later, np.log(data["conductance"]), 1)[0])
    mean, sigma = 0.0244 - 0.0155 * math.log(0.2), -0.0059 - 0.0125 * math.log(0.2)
    print(f"pcm at 5 uS: drift exponent {np.mean(found):.4f} +- {np.std(found, ddof=1):.4f}, "
          f"law {mean:.4f} +- {sigma:.4f}")  # fmt: skip
    assert np.mean(found) == pytest.approx(mean, abs=3.5 * sigma / math.sqrt(8))
    assert 0.4 * sigma < np.std(found, ddof=1) < 2.0 * sigma
