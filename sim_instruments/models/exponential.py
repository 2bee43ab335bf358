"""Steps of a state whose speed changes linearly with it: exact exponentials for the kernels."""

import math

from sim_instruments.models.circuit import kernel


@kernel
def grown(rate: float, time: float) -> float:
    """Return the integral of ``exp(rate t)`` from 0 to `time`; `rate` may have either sign."""
    return math.expm1(rate * time) / rate if abs(rate * time) > 1e-9 else time


@kernel
def time_to(move: float, speed: float, rate: float) -> float:
    """Return when ``speed * grown(rate, t)`` reaches `move` (both positive), infinity for never."""
    if speed <= 0.0:
        return math.inf
    bent = move * rate / speed
    if bent <= -1.0:
        return math.inf
    return math.log1p(bent) / rate if abs(bent) > 1e-9 else move / speed
