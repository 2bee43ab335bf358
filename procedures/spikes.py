"""Spikes as sampled voltages, and the difference of two as one piecewise stimulus."""

import math
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchctl.errors import ConfigError
from benchctl.quantities import parse, show
from benchctl.stimulus import Segment, Stimulus

FloatArray = NDArray[np.float64]

PRESETS: Final = ("biphasic-exponential", "triangular", "rectangular")
MOST: Final = 1_000_000
"""steps of a spike or a delay; no source holds as many"""
TAILS: Final = 4.0
"""An exponential tail is cut after this many time constants, at 2 % of its start."""


def spike(
    shape: str, head: float, tail: float, width: float, tail_time: float, step: float
) -> FloatArray:
    """Return one spike of a preset, one voltage a step, taken at the step's middle.

    Args:
        shape: a name from `PRESETS`. All have a head and a tail of opposite sign: flat, then
            decaying exponentially; flat, then rising linearly to 0; flat, then flat.
        head: V.
        tail: V, magnitude at the tail's beginning.
        width: s of the head.
        tail_time: s, the tail's time constant, or its whole length where it is not exponential.
        step: s.
    """
    length = tail_time * (TAILS if shape == "biphasic-exponential" else 1.0)
    ups, downs = _steps(width, step), math.ceil(length / step - 1e-9)
    _steps(downs * step, step)  # the same bound
    t = (np.arange(downs) + 0.5) * step
    form = {
        "biphasic-exponential": np.exp(-t / tail_time),
        "triangular": 1 - t / (downs * step),
        "rectangular": np.ones(downs),
    }[shape]
    return np.concatenate([np.full(ups, head), -math.copysign(tail, head) * form])


def table(text: str, step: float) -> FloatArray:
    """Return a spike from text such as ``"0.8 V: 2 ms, -0.3 V: 10 ms"``.

    Raises:
        ConfigError: it is empty, does not parse, or its times are no multiples of `step`.
    """
    parts = [part.split(":") for part in text.split(",") if part.strip()]
    if not parts or any(len(part) != 2 for part in parts):
        raise ConfigError(
            f"spike_table: expected voltage: duration pairs such as '0.8 V: 2 ms, -0.3 V: 10 ms', "
            f"got '{text}'"
        )
    levels = [
        (parse(v.strip(), "V", "spike_table"), parse(t.strip(), "s", "spike_table"))
        for v, t in parts
    ]
    return np.concatenate([np.full(_steps(t, step), v) for v, t in levels])


def pair(one: FloatArray, delay: float, longest: float, step: float) -> Stimulus:
    """Return V_post(t) - V_pre(t), the post-spike `delay` (s) after the pre-spike.

    Superposition is exact on the grid of `step`. Whatever the delay, the stimulus lasts as long
    as the pair `longest` apart would, and the later spike ends with it; NaN gives that long at
    rest.
    """
    total = len(one) + _steps(longest, step)
    voltage = np.zeros(total)
    if math.isfinite(delay):
        lag = _steps(abs(delay), step)
        early, late = total - len(one) - lag, total - len(one)
        post, pre = (late, early) if delay >= 0 else (early, late)
        voltage[post : post + len(one)] += one
        voltage[pre : pre + len(one)] -= one
    runs = ((level, len(list(run))) for level, run in groupby(voltage.round(9).tolist()))
    return Stimulus(tuple(Segment(level + 0.0, count * step) for level, count in runs))


def _steps(duration: float, step: float) -> int:
    """Return how many steps `duration` is; it must be a whole number of them."""
    if duration / step > MOST:
        raise ConfigError(
            f"time_step: {show(duration, 's')} is more than {MOST} steps of {show(step, 's')}"
        )
    count = round(duration / step)
    if duration < 0 or not math.isclose(count * step, duration, rel_tol=1e-6, abs_tol=1e-15):
        raise ConfigError(
            f"time_step: {show(duration, 's')} is no multiple of {show(step, 's')}; "
            "choose a step that divides head, tail and delays"
        )
    return count
