r"""Nucleation-limited switching of a ferroelectric film: an ensemble of independent domains.

The dose model [R: boltma/Scalable-FeFET, after Alessandri, Ni et al.]. Domain `i` points up or down
(``s_i = +1, -1``), has an activation field ``E_a,i`` and an offset field (imprint) ``E_off,i``::

    tau_i = tau_0 exp( (E_a,i/|E - E_off,i|)^alpha 300 K/T )
    h_i  += dt/tau_i where E - E_off,i opposes s_i, -= dt/tau_i elsewhere, never below 0
    P(switch) = 1 - exp(h_old^beta - h_new^beta);   after a switch h_i = 0

The factor 300 K/T is [D] (a nucleation barrier in units of kT); the source caps `tau` at 1e9 s,
which would make retention a matter of numerics: there is no cap here. At constant field the dose is
linear in time. The chance is drawn once per domain and switch, as the hazard ``h^beta`` at which it
will switch: any duration is one exact step, and how a pulse is cut into segments changes nothing.

A model that uses these kernels keeps at the start of its parameter array the slots named here and,
from `BASE`, the activations and the offsets (MV/cm); in its state array, from `BASE`, the
directions, the doses and the hazards left.
"""

import math

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.device import AMBIENT

BASE = 24
"""where domains begin in both arrays"""
COUNT, LOG_TIME, POWER, SHAPE = 1, 2, 3, 4
"""slots of the parameter array: domains, ln(tau_0/s), alpha, beta"""
STILL = 100.0
"""e-folds; a domain that would take so many times the duration at hand stands still in it"""


@kernel
def _weakest(h: float, p: Array) -> float:
    """Return the field, as a share of its activation field, that moves a domain within `h`."""
    folds = math.log(h) - p[LOG_TIME] + STILL if h > 0.0 else 0.0
    if folds <= 0.0:
        return math.inf
    return float((folds * p[AMBIENT] / ROOM) ** (-1.0 / p[POWER]))


@kernel
def _rate(size: float, d: int, p: Array) -> float:
    """Return how fast (1/s) the dose of domain `d` moves `size` (MV/cm) off its offset field."""
    barrier = (p[BASE + d] / size) ** p[POWER] * ROOM / p[AMBIENT]
    return math.exp(-barrier - p[LOG_TIME])


@kernel
def switch_domains(field: float, h: float, x: Array, p: Array, rng: Rng) -> float:
    """Hold `field` (MV/cm) for `h` seconds; return the sum of the changes of direction (2 each)."""
    n = int(p[COUNT])
    weakest = _weakest(h, p)
    changed = 0.0
    for d in range(n):
        toward = field - p[BASE + n + d]
        if abs(toward) < weakest * p[BASE + d]:
            continue
        dose = x[BASE + n + d]
        if x[BASE + d] * toward >= 0.0:
            if dose > 0.0:
                x[BASE + n + d] = max(0.0, dose - _rate(abs(toward), d, p) * h)
            continue
        more = dose + _rate(abs(toward), d, p) * h
        spent = more ** p[SHAPE] - dose ** p[SHAPE]
        if spent < x[BASE + 2 * n + d]:
            x[BASE + n + d] = more
            x[BASE + 2 * n + d] -= spent
            continue
        x[BASE + d] = -x[BASE + d]
        changed += 2.0 * x[BASE + d]
        x[BASE + n + d] = 0.0
        x[BASE + 2 * n + d] = rng.standard_exponential()
    return changed


@kernel
def next_switch(field: float, h: float, x: Array, p: Array) -> float:
    """Return when the first domain will switch under `field`, or `h` if none does before."""
    n = int(p[COUNT])
    weakest = _weakest(h, p)
    soonest = h
    for d in range(n):
        toward = field - p[BASE + n + d]
        if x[BASE + d] * toward >= 0.0 or abs(toward) < weakest * p[BASE + d]:
            continue
        rate = _rate(abs(toward), d, p)
        dose = x[BASE + n + d]
        due = (dose ** p[SHAPE] + x[BASE + 2 * n + d]) ** (1.0 / p[SHAPE]) - dose
        if rate * soonest > due:
            # A hair late, so that the step that follows does see the switch.
            soonest = due / rate * (1.0 + 1e-9)
    return min(soonest, h)


def fresh_domains(count: int, mean: float, rng: Rng) -> Array:
    """Return the domains' part of a fresh state array, of mean direction `mean` (-1 to 1)."""
    up = round(count * 0.5 * (1.0 + mean))
    direction = rng.permutation(np.where(np.arange(count) < up, 1.0, -1.0))
    return np.concatenate([direction, np.zeros(count), rng.standard_exponential(count)])
