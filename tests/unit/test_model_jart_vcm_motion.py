"""jart_vcm: strides of ln N, and that a stroke is the same however its circuit is asked."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jart_vcm_device import T0, disc, nominal
from scipy.integrate import quad

from sim_instruments.models import jart_stride

ROOMS = st.floats(0.05, 8.0)
BENDS = st.floats(-1.0, 1.0)


def course(room, length, grows, first, last):
    """Return a stride of `length`, at most to where the end would be without being felt."""
    length = min(length, room)
    to, shut = jart_stride.go(room, length)
    return length, room, to, shut, grows, first, last


@given(room=ROOMS, way=st.floats(0.01, 3.0), more=st.floats(0.01, 3.0))
def test_the_way_to_the_end_is_the_same_in_one_go_and_in_two(room, way, more):
    half, _ = jart_stride.go(room, way)
    once, twice = jart_stride.go(room, way + more)[0], jart_stride.go(half, more)[0]
    assert 0.0 <= once < half < room
    assert twice == pytest.approx(once, rel=0.01, abs=1e-12)


def test_the_end_shuts_as_the_equations_say():
    room, way = 0.3, 1e-6
    moved = room - jart_stride.go(room, way)[0]
    assert moved / way == pytest.approx(1.0 - math.exp(-10.0 * room), rel=1e-4)


@settings(deadline=None)
@given(room=ROOMS, length=st.floats(0.1, 2.0), grows=st.floats(-4.0, 4.0), first=BENDS, last=BENDS)
def test_a_stride_takes_the_time_its_rate_gives(room, length, grows, first, last):
    on = course(room, length, grows, first, last)
    length, _, to, *_ = on

    def slowness(share):
        n = (room - jart_stride.go(room, share * length)[0]) / (room - to)
        return math.exp(-n * (grows + (1 - n) * ((1 - n) * first - n * last)))

    expected = quad(slowness, 0.0, 1.0, epsrel=1e-8, limit=200)[0]
    assert jart_stride.duration(1.0, on) == pytest.approx(expected, rel=0.02)


@settings(deadline=None)
@given(
    share=st.floats(0.02, 1.0), room=ROOMS, length=st.floats(0.1, 1.0), grows=st.floats(-3.0, 3.0),
    first=st.floats(-0.3, 0.3), last=st.floats(-0.3, 0.3),
)  # fmt: skip
def test_what_a_time_is_enough_for_takes_that_time(share, room, length, grows, first, last):
    on = course(room, length, grows, first, last)
    time = jart_stride.duration(share, on)
    found = jart_stride.part(time, jart_stride.duration(1.0, on), on)
    assert jart_stride.duration(found, on) == pytest.approx(time, rel=0.01)


STROKES = [(1.0, 0.008, {}), (-1.6, 19.9, {}), (1.3, 0.008, {"resistance": 5e2}),
           (-2.2, 19.9, {"resistance": 5e2}), (0.9, 0.008, {"limit": 3e-4})]  # fmt: skip


@pytest.mark.parametrize(("volts", "n", "circuit"), STROKES)
@pytest.mark.parametrize("width", [1e-6, 3e-5])
def test_a_stroke_in_one_segment_is_the_stroke_in_many(volts, n, circuit, width):
    once, often = nominal(n), nominal(n)
    parts = np.diff(np.geomspace(1e-4 * width, width, 60), prepend=0.0)
    for device, widths in ((once, np.array([width])), (often, parts)):
        device.play(np.full(widths.size, volts), widths, np.zeros(widths.size), temperature=T0,
                    **circuit)  # fmt: skip
    moved = math.log(disc(often) / n)
    print(f"{volts} V {circuit} {width:.0e} s: N {disc(once):.4f} and {disc(often):.4f}")
    assert abs(moved) > 0.1
    assert math.log(disc(once) / n) == pytest.approx(moved, abs=0.01)
