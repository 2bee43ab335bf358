import itertools

import numpy as np
import pytest

from benchctl.errors import ConfigError
from benchctl.stimulus import Readings
from procedures.steps import Cycle, Ladder, last, whole_cycles, write_verify

LADDER = Ladder(1.0, 2.0, -1.0, -2.0, 0.1, 1e-3, 1e-3, 0.1, 1e-3)


class StraightDevice:
    """Each pulse moves the conductance by so much for every volt; reads are exact."""

    def __init__(self, conductance, gain=1e-6):
        self.conductance, self.gain, self.pulses, self.now = conductance, gain, [], 0.0

    def measures(self, width):
        return width >= 1e-3

    def play(self, stimulus, *, compliance=None):
        for segment in stimulus.unroll():
            self.now += segment.duration
            if not segment.measure:
                self.pulses.append(segment.voltage)
                self.conductance += self.gain * segment.voltage
        value = np.array([self.conductance])
        return Readings(np.array([self.now]), np.array([0.1]), 0.1 * value, np.array([False]))


def test_a_device_inside_the_band_gets_no_pulse():
    device = StraightDevice(10e-6)
    (only,) = write_verify(device, 10e-6, 0.05, LADDER, 50)
    assert (only.number, only.verdict) == (0, "reached")
    assert device.pulses == []


def test_pulses_grow_from_the_first_until_the_band_is_met():
    device = StraightDevice(10e-6)
    end = last(write_verify(device, 15e-6, 0.05, LADDER, 50))
    assert device.pulses == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert end.verdict == "reached"
    assert end.number == 4
    assert end.conductance == pytest.approx(14.6e-6)
    assert end.pulsed == pytest.approx(end.time - 1e-3), "the read's millisecond"
    # V^2 (G_before + G_after)/2 t of the last pulse alone
    assert end.energy == pytest.approx(1.3**2 * (13.3e-6 + 14.6e-6) / 2 * 1e-3)


def test_a_first_pulse_that_is_too_large_makes_way_for_smaller_ones():
    device = StraightDevice(10e-6, gain=4e-6)
    end = last(write_verify(device, 11.4e-6, 0.02, LADDER, 100))
    assert end.verdict == "reached"
    assert min(abs(p) for p in device.pulses) < 1.0


@pytest.mark.parametrize(
    ("start", "target", "budget", "lowest", "verdict"),
    [
        (10e-6, 20e-6, 3, 0.0, "budget"),
        (10e-6, 90e-6, 50, 0.0, "voltage"),
        (10e-6, 1e-6, 50, 12e-6, "guard"),
    ],
)
def test_what_ends_a_try(start, target, budget, lowest, verdict):
    ladder = Ladder(1.0, 2.0, -1.0, -2.0, 0.1, 1e-3, 1e-3, 0.1, 1e-3, lowest)
    device = StraightDevice(start)
    assert last(write_verify(device, target, 0.01, ladder, budget)).verdict == verdict
    assert all(abs(p) <= 2.0 for p in device.pulses)
    assert len(device.pulses) <= budget


@pytest.mark.parametrize(
    "voltages",
    [(2.0, 1.0, -1.0, -2.0), (1.0, 2.0, -2.0, -1.0), (1.0, 2.0, 1.0, 2.0), (1.0, -2.0, -1.0, -2.0)],
)
def test_a_ladder_that_does_not_climb_is_refused(voltages):
    with pytest.raises(ConfigError):
        Ladder(*voltages, 0.1, 1e-3, 1e-3, 0.1, 1e-3)


@pytest.mark.parametrize("cuts", list(itertools.permutations([1, 2, 4, 5])))
def test_whole_cycles_survive_any_cut(cuts):
    values = np.arange(12.0)
    readings = Readings(values, values, values, values > 5)
    edges = np.cumsum([0, *cuts])
    blocks = [readings[a:b] for a, b in itertools.pairwise(edges)]
    found = list(whole_cycles(blocks, 3))
    assert all(len(block) % 3 == 0 for block in found)
    np.testing.assert_array_equal(np.concatenate([b.time for b in found]), values)


@pytest.mark.parametrize("set_measured", [False, True])
@pytest.mark.parametrize("reset_measured", [False, True])
def test_a_cycles_columns_are_taken_from_the_right_readings(set_measured, reset_measured):
    cycle = Cycle(1.0, -1.0, 1e-3, 1e-3, 0.1, 1e-3, set_measured, reset_measured)
    kinds = [
        k
        for k, there in (
            ("set", set_measured), ("high", True), ("reset", reset_measured), ("low", True),
        )
        if there
    ]  # fmt: skip
    assert cycle.observed.measured == cycle.readings == len(kinds)
    current = np.array([{"set": 9e-5, "high": 1e-5, "reset": -7e-5, "low": 1e-7}[k] for k in kinds])
    voltage = np.array([{"set": 1.0, "high": 0.1, "reset": -1.0, "low": 0.1}[k] for k in kinds])
    limited = np.array([k == "set" for k in kinds])
    time = np.arange(2.0 * len(kinds))
    columns = cycle.columns(
        Readings(time, np.tile(voltage, 2), np.tile(current, 2), np.tile(limited, 2))
    )
    assert columns["set_conductance"] == pytest.approx([1e-4, 1e-4])
    assert columns["reset_conductance"] == pytest.approx([1e-6, 1e-6])
    expected = [1.0, 1.0] if set_measured else [np.nan, np.nan]
    np.testing.assert_array_equal(columns["in_compliance"], expected)
    expected = [0.0, 0.0] if reset_measured else [np.nan, np.nan]
    np.testing.assert_array_equal(columns["reset_in_compliance"], expected)
    assert columns["time"].tolist() == [len(kinds) - 1, 2 * len(kinds) - 1]
