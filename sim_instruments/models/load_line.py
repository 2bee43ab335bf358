"""Steps of a one-dimensional state along the load line, for models without a closed form there.

Behind a resistance or in compliance the device voltage moves with the state. A model evaluates its
rate of change where it is and a stride ahead, where the source has given way; `glide` integrates in
closed form between the two.
"""

import math

from sim_instruments.models.circuit import Rng, kernel

YIELDING = 2e-3
"""V, by how much the circuit may give way in one stride"""
MOST_BENT = 5.0
"""e-folds of the rate in one stride"""
SLIGHT = 0.02
"""change of a rate up to which five terms of a series are right to 1e-9"""
FAINT = 1e-200
"""of a rate; what is less than this is none: no logarithm joins them"""


@kernel
def stride_within(most: float, give: float, slope: float) -> float:
    """Return a stride of at most `most` that moves the device voltage by at most `YIELDING`.

    `slope` is the change of current per unit of state at fixed voltage, `give` as in `circuit`.
    """
    return min(most, YIELDING / (abs(give * slope) + 1e-300))


@kernel
def stretch(rate: float, steepness: float, most: float, h: float) -> tuple[float, float]:
    """Return (move, time) for a rate that changes as ``exp(steepness * move)``, exactly."""
    bent = steepness * most
    if abs(bent) > MOST_BENT:
        most *= MOST_BENT / abs(bent)
        bent = math.copysign(MOST_BENT, bent)
    if abs(bent) < 1e-6:
        taken = most / rate
        return (most, taken) if taken <= h else (rate * h, h)
    taken = (1.0 - math.exp(-bent)) / (steepness * rate)
    if taken <= h:
        return most, taken
    return -math.log1p(-steepness * rate * h) / steepness, h


@kernel
def glide(near: float, far: float, stride: float, h: float) -> tuple[float, float]:
    """Return (signed move, time taken), at most `stride` and `h`.

    The rate is `near` here and `far` a `stride` ahead in the direction of `near`. Between them its
    logarithm is linear, and where it changes its sign or ends, the rate itself.
    """
    if near == 0.0:
        return 0.0, h
    sign = math.copysign(1.0, near)
    speed, ahead = abs(near), sign * far
    if ahead <= FAINT * speed:
        slope = (speed - ahead) / stride
        move = speed / slope * -math.expm1(-slope * h)
        return sign * move, h
    move, taken = stretch(speed, math.log(ahead / speed) / stride, stride, h)
    return sign * move, taken


@kernel
def lean(rate: float, slope: float, most: float, h: float) -> tuple[float, float]:
    """Return (move, time), at most `most` and `h`, for a rate that changes by `slope` per move.

    That is ``rate + slope * move``, from `rate` above 0; it may end, but changes no sign.
    """
    bent = slope * h
    if abs(bent) < SLIGHT:
        square = bent * bent
        late = (1 / 6 + bent * (1 / 24)) + square * (1 / 120)
        move = rate * h * ((1.0 + 0.5 * bent) + square * late)
    else:
        move = rate * math.expm1(bent) / slope
    if move <= most:
        return move, h
    grown = slope * most / rate
    if abs(grown) < SLIGHT:
        series = grown * (1 / 2 - grown * (1 / 3 - grown * (1 / 4 - grown * (1 / 5))))
        return most, most / rate * (1.0 - series)
    return most, math.log1p(grown) / slope


@kernel
def scattered(move: float, spread: float, rng: Rng) -> float:
    """Return `move` with a standard deviation of ``spread sqrt(|move|)``."""
    if spread > 0.0:
        move += spread * rng.standard_normal() * math.sqrt(abs(move))
    return move
