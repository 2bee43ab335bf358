import math

import numpy as np
import pytest

from benchctl.analysis import switching


def loop(set_at=1.0, reset_at=-0.8, low=1e-6, high=1e-4, compliance=math.inf, top=1.5):
    """Return one double sweep of an ideal bipolar switch, 10 mV steps."""
    up, down = np.arange(0, top + 5e-3, 0.01), np.arange(0, -top - 5e-3, -0.01)
    programmed = np.concatenate([up, up[::-1][1:], down[1:], down[::-1][1:]])
    g, voltage, current, limited = low, [], [], []
    for v in programmed:
        if v >= set_at - 1e-9:
            g = high
        elif v < reset_at - 1e-9:
            g = low
        i = float(np.clip(g * v, -math.inf, compliance))
        current.append(i)
        voltage.append(i / g)
        limited.append(i < g * v)
    return programmed, np.array(voltage), np.array(current), np.array(limited, dtype=float)


def test_set_and_reset_voltage_of_an_ideal_switch():
    positive, negative = switching.halves(*loop(), 0.2)
    assert positive is not None
    assert negative is not None
    assert positive.direction == 1
    assert negative.direction == -1
    assert positive.voltage == pytest.approx(1.0, abs=1e-9)
    assert negative.voltage == pytest.approx(-0.8, abs=1e-9)
    assert positive.before == pytest.approx(1e-6)
    assert positive.after == pytest.approx(1e-4)


def test_set_voltage_is_found_through_the_snap_back_at_compliance():
    positive, negative = switching.halves(*loop(compliance=50e-6), 0.2)
    assert positive is not None
    assert negative is not None
    assert positive.limited
    assert not negative.limited
    assert positive.voltage == pytest.approx(1.0, abs=1e-9)


def test_area_is_the_closed_form_of_two_triangles():
    # Between G_low V and G_high V up to the set voltage: (G_high - G_low) V_set^2 / 2.
    positive, _ = switching.halves(*loop(), 0.2)
    assert positive is not None
    assert positive.area == pytest.approx((1e-4 - 1e-6) / 2, rel=0.03)


def test_polarity_is_read_from_the_data_not_assumed():
    p, v, i, c = loop()
    positive, negative = switching.halves(-p, -v, -i, c, 0.2)
    assert positive is not None
    assert negative is not None
    assert (positive.direction, negative.direction) == (-1, 1)
    assert negative.voltage == pytest.approx(-1.0, abs=1e-9)


def test_a_resistor_has_no_switching_voltage_and_no_area():
    p = loop()[0]
    positive, negative = switching.halves(p, p, 1e-5 * p, np.zeros_like(p), 0.2)
    for half in (positive, negative):
        assert half is not None
        assert half.direction == 0
        assert math.isnan(half.voltage)
        assert half.area == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("points", [0, 1, 2])
def test_too_few_points_are_no_half_loop(points):
    x = np.linspace(0.1, 0.2, points)
    assert switching.halves(x, x, x, x, 0.1) == (None, None)


def test_a_read_voltage_beyond_the_sweep_gives_nan():
    positive, _ = switching.halves(*loop(), 3.0)
    assert positive is not None
    assert math.isnan(positive.before)
    assert positive.direction == 0


def test_pinch_tells_a_memristor_from_a_battery():
    v = np.sin(np.linspace(0, 2 * math.pi, 401))
    assert switching.pinch(v, 1e-5 * v).value < 1e-12
    # An emf of 0.1 V in series: |I(0)| is 1/11 of the largest current.
    assert switching.pinch(v, 1e-5 * (v - 0.1)).value == pytest.approx(1 / 11, rel=0.01)
    assert math.isnan(switching.pinch([1.0, 2.0], [1.0, 2.0]).value)
    assert math.isnan(switching.pinch([], []).value)


def test_states_count_failed_and_unobserved_cycles():
    high = np.array([1e-4] * 8 + [math.nan, 1e-6])
    low = np.array([1e-6] * 8 + [1e-6, 1e-6])
    found = switching.states(high, low, least_ratio=10)
    assert found.observed == 9
    assert found.failed == 1
    assert found.ratio.value == pytest.approx(100)
    # 5 % of nine values, linearly: 0.4 of the way from the failed cycle to the next.
    assert found.worst_ratio.value == pytest.approx(1 + 0.4 * 99)


def test_states_of_nothing():
    found = switching.states([], [], least_ratio=10)
    assert found.observed == found.failed == 0
    assert math.isnan(found.ratio.value)
    assert math.isnan(found.worst_ratio.value)


def test_ratio_of_states_at_or_below_zero():
    found = switching.ratio(np.array([1e-4, 0.0, 1e-4]), np.array([0.0, 0.0, 1e-6]))
    assert found[0] == math.inf
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(100)


def test_a_low_state_that_is_not_resolved_gives_a_lower_bound():
    found = switching.on_off(np.full(10, 1e-4), np.zeros(10), 1e-9)
    assert found.value == pytest.approx(1e5)
    assert found.interval is None
    assert found.note.startswith("lower bound: in 10 of 10 cycles")
    assert "1 nS" in found.note


def test_a_few_unresolved_cycles_leave_the_median_where_it_is_and_are_told():
    low = np.array([0.0, -2e-10, *[1e-6] * 8])
    found = switching.on_off(np.full(10, 1e-4), low, 1e-9)
    assert found.value == pytest.approx(100)
    assert found.note == "in 2 of 10 cycles the low state reads 0 or less"
    assert switching.on_off(np.full(10, 1e-4), low).value == pytest.approx(100)


def test_negative_readings_raise_the_bound_to_their_own_size():
    found = switching.on_off(np.full(4, 1e-4), [0.0, 0.0, -5e-9, 0.0], 1e-9)
    assert found.value == pytest.approx(1e-4 / 5e-9)


def test_without_a_known_resolution_there_is_no_bound_but_a_reason():
    found = switching.on_off([1e-4] * 3, [0.0] * 3)
    assert math.isnan(found.value)
    assert "3 of 3" in found.note
    assert "not known" in found.note


def test_resolved_states_have_the_median_they_had():
    high, low = np.geomspace(1e-5, 1e-4, 12), np.full(12, 1e-6)
    assert switching.on_off(high, low, 1e-9) == switching.median(high / low)
    assert switching.on_off([], [], 1e-9).note == "nothing was observed"


def test_a_dead_device_is_not_saved_by_a_reset_state_of_zero():
    found = switching.states([2e-9] * 4, [0.0] * 4, least_ratio=3, smallest=1e-9)
    assert found.failed == 4
    alive = switching.states([1e-4] * 4, [0.0] * 4, least_ratio=3, smallest=1e-9)
    assert alive.failed == 0
    assert alive.worst_ratio.value == pytest.approx(1e5)
    assert "lower bound" in alive.worst_ratio.note


def test_a_set_out_of_an_unresolved_state_is_a_set():
    p, v, i, c = loop(low=1e-9)
    i = np.rint(i / 1e-8) * 1e-8  # 10 nA, a tenth of a microsiemens at 0.1 V
    positive, negative = switching.halves(p, v, i, c, 0.1, 1e-8)
    assert positive is not None
    assert negative is not None
    assert positive.before == 0
    assert (positive.direction, negative.direction) == (1, -1)
    assert positive.voltage == pytest.approx(1.0, abs=1e-9)
    unknown, _ = switching.halves(p, v, i, c, 0.1)
    assert unknown is not None
    assert unknown.direction == 0
