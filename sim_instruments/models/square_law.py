r"""The square law of an n-channel transistor: the only one, whoever puts a transistor somewhere.

Level 1 [M: Shichman-Hodges]. `u >= 0` is the voltage along the channel, ``w = V_gate - V_T`` less
the voltage of the lower end, `k` the gain, `lambda` the modulation of the channel's length::

    I = k (w u - u^2/2) + G_leak u   up to u = w - lambda w^2/2,  beyond with slope lambda k w^2/2

so that current and slope are continuous; without modulation it saturates at ``u = w``. Without
overdrive only the leak is left. `channel` is this law from voltages, either end the lower one;
`drop` is the same law from the current, at an overdrive that is given.

**Not modelled**: subthreshold slope, body effect, velocity saturation, gate current, capacitance,
breakdown.
"""

import math

from sim_instruments.models.circuit import kernel


@kernel
def _upward(u: float, w: float, k: float, modulation: float) -> tuple[float, float, float]:
    """Return (current, slope with `u`, slope with `w`) for ``u >= 0``, without leak."""
    if w <= 0.0:
        return 0.0, 0.0, 0.0
    bent = 0.5 * modulation * w
    knee = min(bent, 1.0) * w
    edge = w - knee
    if u <= edge:
        return k * u * (w - 0.5 * u), k * (w - u), k * u
    steeper = 2.0 * bent if bent < 1.0 else 1.0
    beyond = u - edge
    return (
        0.5 * k * (w * w - knee * knee) + k * knee * beyond,
        k * knee,
        k * (edge + steeper * beyond),
    )


@kernel
def channel(
    u: float, w: float, k: float, modulation: float, leak: float
) -> tuple[float, float, float]:
    """Return (current in A, its slope in S with `u`, its slope in S with `w`).

    `w` is the overdrive seen from the end that `u` (V, either sign) is counted from.
    """
    if u >= 0.0:
        i, by_u, by_w = _upward(u, w, k, modulation)
        return i + leak * u, by_u + leak, by_w
    i, by_u, by_w = _upward(-u, w - u, k, modulation)
    return leak * u - i, by_u + by_w + leak, -by_w


@kernel
def drop(i: float, w: float, k: float, modulation: float, leak: float) -> tuple[float, float]:
    """Return (voltage in V, differential resistance in Ohm) at current `i`, of its sign.

    `w` is the overdrive seen from the lower end, whichever that is.
    """
    if w <= 0.0:
        return i / leak, 1.0 / leak
    knee = min(0.5 * modulation * w, 1.0) * w
    edge = w - knee
    most = 0.5 * k * (w * w - knee * knee) + leak * edge
    size = abs(i)
    if size < most:
        lifted = w + leak / k
        left = math.sqrt(lifted * lifted - 2.0 * size / k)
        return math.copysign(2.0 * size / k / (lifted + left), i), 1.0 / (k * left)
    slope = k * knee + leak
    return math.copysign(edge + (size - most) / slope, i), 1.0 / slope
