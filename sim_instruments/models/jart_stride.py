"""Strides of `jart_vcm`: how far ln N goes, and how long it takes, between two looks at its rate.

The logarithm of the rate is a cubic of ln N, from its values and slopes at both ends. The term that
ends switching, ``1 - exp(-10 room)`` with the `room` left in ln N, is integrated in closed form: a
stride has a length of its own, along which N would go without that term.
"""

import math

from sim_instruments.models.circuit import kernel

Course = tuple[float, float, float, float, float, float, float]
"""of a stride: its length, room before and after, what `go` says; what ln of the rate grows by on
it, and by what its slopes at both ends differ from the straight line, per stride"""

OPEN = 0.7
"""of ln N; farther from its end than this, N moves freely, within 1e-3 of its rate"""
PAST = 2.1
"""of ln N, to go beyond the end: what is left of the way is 1e-10"""
AIM = 0.45
"""of what a stride may be wrong by, what the next one is planned for"""
STRAIGHT = 0.1
"""of ln of the rate; what grows by less than this is first taken as even"""
ROUGH = 0.02
"""of a time, from where one Newton step is enough"""
GAUSS = ((0.1127016653792583, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.8872983346207417, 5.0 / 18.0))
"""of integration, with three points: where, and how much they weigh"""


@kernel
def go(room: float, way: float) -> tuple[float, float]:
    """Return what `way` leaves of the `room` to the end, ``d(room)/d(way) = exp(-10 room) - 1``.

    And ``exp(10 room) - 1``, or 0 where the end is not felt.
    """
    if room - way > OPEN:
        return room - way, 0.0
    shut = math.expm1(10.0 * room)
    return 0.1 * math.log1p(shut * math.exp(-10.0 * way)), shut


@kernel
def moved(share: float, course: Course) -> float:
    """Return the share of the way in ln N that a `share` of a stride goes."""
    stride, room, to, shut, _grows, _first, _last = course
    if shut == 0.0:
        return share
    return (room - 0.1 * math.log1p(shut * math.exp(-10.0 * share * stride))) / (room - to)


@kernel
def _grown(way: float, course: Course) -> float:
    """Return what the rate's logarithm has grown by on a share of the `way` in ln N: a cubic."""
    _stride, _room, _to, _shut, grows, first, last = course
    left = 1.0 - way
    return way * (grows + left * (left * first - way * last))


@kernel
def duration(share: float, course: Course) -> float:
    """Return the time a `share` of a stride takes, in units of the whole at its first rate."""
    done = 0.0
    for at, weight in GAUSS:
        done += weight * math.exp(-_grown(moved(at * share, course), course))
    return share * done


@kernel
def off(course: Course) -> float:
    """Return about what share of its duration a stride is wrong by."""
    _stride, _room, _to, _shut, grows, first, last = course
    return abs(first + last) / 6.0 + (first - last) ** 2 / 50.0 + (0.07 * grows) ** 4


@kernel
def longer(wrong: float) -> float:
    """Return how much longer a stride may be that is wrong by so much of what it may be."""
    return min(max(math.sqrt(math.sqrt(AIM / (wrong + 1e-9))), 0.25), 4.0)


@kernel
def part(time: float, whole: float, course: Course) -> float:
    """Return the share of a stride for which there is `time`, in the units of `duration`."""
    grows = course[4]
    share = time / whole
    if abs(grows) > STRAIGHT:
        share = -math.log1p(share * math.expm1(-grows)) / grows
    share = min(max(share, 0.0), 1.0)
    for _ in range(2):
        late = duration(share, course) - time
        share -= late * math.exp(_grown(moved(share, course), course))
        share = min(max(share, 0.0), 1.0)
        if abs(late) < ROUGH * time:
            break
    return share
