"""Conduction and ion hopping of `jart_vcm`: solved exactly, and tabulated for the kernels.

Everything here is per area and without the line resistance, between the two ends of contact, disc
and plug: so the filament's radius, which scales the current alone, stays out of the table. All
quantities are magnitudes; a side is SETTING or RESETTING.
"""

import math
from functools import lru_cache

import numpy as np

from sim_instruments.models.circuit import Array, kernel

CHARGE = 1.602176634e-19
"""C"""
BOLTZMANN = 8.617333e-5
"""eV/K"""
PLANCK = 6.62607015e-34
"""J s"""
VACUUM = 8.8541878e-12
"""F/m"""
ELECTRON = 9.10938e-31
"""kg"""

UNIT = 1e26
"""1/m3, of the concentrations here"""

SETTING, RESETTING = 0, 1
# Slots of the parameter array after the temperature (concentrations in 1e26 1/m3, lengths in m).
EXACT, LOWERING, TUNNEL, RICHARDSON, BARRIER, FERMI, DISC_OHM, PLUG, CELL = range(1, 10)
HEAT, COOLER, HOP_FIELD, HOP_ENERGY, HOP_SPEED, LENGTH = range(10, 16)
AMBIENT, PHYSICS = 0, 16

POINTS_V, POINTS_N, PLANES = 201, 96, 3
"""of the table: square root of voltage, ln N, disc length"""
STEP_N, STEP_L = 0.1, 0.1
"""ln N; disc length, of the nominal one"""
SMALLEST = math.log(0.002)
"""ln N where the table begins"""
LARGEST = SMALLEST + (POINTS_N - 1) * STEP_N
WIDEST = 4.0
"""V, where the table ends"""
PER_ROOT, PER_N, PER_L = (POINTS_V - 1) / math.sqrt(WIDEST), 1.0 / STEP_N, 1.0 / STEP_L
"""rows per root of a volt, columns per ln N, planes per nominal length: no division is slower"""
NODES = 2 * POINTS_V * POINTS_N * PLANES
AT_ZERO = 1e-4
"""V, what stands for 0 V in the table: conductance and rate per volt are finite there"""
COLDEST = 100.0
"""K; a colder ambient counts as this"""
HOTTEST = 6000.0
"""K; no more heat is felt. Above 7000 K the equations have several solutions"""
LEAST = 1e-12
"""of U, that is always left to disc and plug"""
CLOSE = 1e-9
"""of a contact voltage, is close enough"""
SCAN = 24
"""pieces in which the first solution is looked for"""


@kernel
def temperature(heat: float, side: int, p: Array) -> float:
    """Return the disc's temperature in K under `heat` in W/m2."""
    rise = p[HEAT] * (p[COOLER] if side == RESETTING else 1.0) * heat
    return float(min(max(p[AMBIENT], COLDEST) + rise, HOTTEST))


def _excess(contact: float, u: float, side: int, n: float, ohm: float, p: Array) -> float:
    """Return what more the contact carries than the rest (A/m2) with `contact` (V) across it."""
    through = (u - contact) / ohm
    kelvin = temperature(through * u, side, p)
    kt = BOLTZMANN * kelvin
    psi = p[BARRIER] - p[FERMI] + (contact if side == SETTING else -contact)
    barrier = p[BARRIER]
    if psi > 0.0:
        barrier = max(0.0, barrier - math.sqrt(math.sqrt(p[LOWERING] * n * psi)))
    if side == RESETTING:
        carried = kelvin * math.exp(-barrier / kt) * math.expm1(min(contact / kt, 600.0))
        return float(p[RICHARDSON] * kelvin * carried - through)
    w00 = p[TUNNEL] * math.sqrt(n)
    w = w00 / kt
    bend = math.tanh(w)
    root = math.sqrt(math.pi * w00 * (contact + barrier * (1.0 - bend * bend)))
    grown = math.expm1(min(contact * (w - bend) / w00, 600.0))
    carried = kelvin / BOLTZMANN * root * math.exp(-barrier * bend / w00) * grown
    return float(p[RICHARDSON] * carried - through)


_excess = kernel(_excess)


@kernel
def _bracket(
    u: float, side: int, n: float, ohm: float, guess: float, p: Array
) -> tuple[float, float, float, float]:
    """Return where between 0 V and `u` the first solution lies, and the excess at both ends.

    Around `guess` if that holds it, from 0 V upwards otherwise.
    """
    for width in (0.02, 0.3):
        low, high = (1.0 - width) * guess, min((1.0 + width) * guess, u)
        if 0.0 < low < high:
            below = _excess(low, u, side, n, ohm, p)
            above = _excess(high, u, side, n, ohm, p)
            if below < 0.0 < above:
                return low, high, below, above
    kink = p[BARRIER] - p[FERMI]
    top = min(u, kink) if side == RESETTING and kink > 0.0 else u
    low, below = 0.0, _excess(0.0, u, side, n, ohm, p)
    for k in range(1, SCAN + 1):
        high = top * (k / SCAN) * (k / SCAN)
        above = _excess(high, u, side, n, ohm, p)
        if above >= 0.0:
            return low, high, below, above
        low, below = high, above
    return low, u, below, _excess(u, u, side, n, ohm, p)


def _contact_voltage(u: float, side: int, n: float, ohm: float, guess: float, p: Array) -> float:
    """Return the voltage across the contact: the solution connected with 0 V (Illinois)."""
    low, high, below, above = _bracket(u, side, n, ohm, guess, p)
    for _ in range(80):
        if above <= below:
            break
        middle = (low * above - high * below) / (above - below)
        if not low < middle < high:
            return low if abs(below) < abs(above) else high
        value = _excess(middle, u, side, n, ohm, p)
        if value < 0.0:
            moved = middle - low
            low, below = middle, value
            above *= 0.5
        else:
            moved = high - middle
            high, above = middle, value
            below *= 0.5
        if min(moved, high - low) < CLOSE * high:
            return middle
    return 0.5 * (low + high)


_contact_voltage = kernel(_contact_voltage, counted=True)


def _exact(
    u: float, side: int, log_n: float, length: float, guess: float, p: Array
) -> tuple[float, float, float]:
    """Solve the inner device exactly.

    Args:
        u: V across contact, disc and plug.
        side: SETTING or RESETTING.
        log_n: ln of the disc's vacancy concentration in 1e26 1/m3.
        length: m, of the disc.
        guess: V across the contact, 0 for none.
        p: packed parameters.

    Returns:
        ln of conductance per area (S/m2), ln of ``|d ln N/dt| / u`` without the term that ends
        switching (1/(V s)), and the voltage across the contact.
    """
    u = max(u, AT_ZERO)
    n = math.exp(log_n)
    ohm = p[DISC_OHM] * (length / n + (p[CELL] - length) / p[PLUG])
    contact = _contact_voltage(u, side, n, ohm, guess, p)
    through = max(u - contact, LEAST * u) / ohm
    kelvin = temperature(through * u, side, p)
    field = through * p[DISC_OHM] / n if side == SETTING else u / p[CELL]
    gamma = min(field / p[HOP_FIELD], 0.999)
    flat = math.sqrt(1.0 - gamma * gamma) + gamma * math.asin(gamma)
    push = p[HOP_ENERGY] * gamma * 0.5 * math.pi / (BOLTZMANN * kelvin)
    hops = push - p[HOP_ENERGY] * flat / (BOLTZMANN * kelvin) + math.log(-math.expm1(-2.0 * push))
    hops += math.log(p[HOP_SPEED] * 0.5 * (p[PLUG] + n) / (length * n))
    return math.log(through / u), hops - math.log(u), contact


exact = kernel(_exact, counted=True)


@kernel
def node(j: int) -> float:
    """Return the voltage of a row of the table."""
    return float(WIDEST * (j / (POINTS_V - 1)) * (j / (POINTS_V - 1)))


def _fill(p: Array, made: Array) -> None:
    """Tabulate the exact solution, each row from 0 V upwards, the current never falling."""
    for side in range(2):
        for m in range(POINTS_N):
            for plane in range(PLANES):
                length = p[LENGTH] * (1.0 + (plane - 1) * STEP_L)
                last = found = 0.0
                most = -1e9
                for j in range(POINTS_V):
                    guess = max(2.0 * found - last, 0.5 * found)
                    last = found
                    log_g, log_k, found = exact(
                        node(j), side, SMALLEST + m * STEP_N, length, guess, p
                    )
                    at = 2 * (((side * POINTS_V + j) * POINTS_N + m) * PLANES + plane)
                    # Where the solution ends, the current stays: it must not fall with U.
                    log_u = math.log(max(node(j), AT_ZERO))
                    most = max(most + 1e-9, log_g + log_u)
                    made[at] = most - log_u
                    made[at + 1] = log_k


fill = kernel(_fill, counted=True)


@kernel
def _place(
    u: float, side: int, log_n: float, stretch: float, at: int
) -> tuple[int, float, float, float, float, float, float]:
    """Return where in the table that is: a node, shares along U and ln N, weights of the planes."""
    inside = min(max(u, AT_ZERO), WIDEST)
    across = PER_ROOT * math.sqrt(inside)
    by_u = 0.5 * PER_ROOT * PER_ROOT / across if u < WIDEST else 0.0
    j = min(int(across), POINTS_V - 2)
    along = (min(max(log_n, SMALLEST), LARGEST) - SMALLEST) * PER_N
    m = min(int(along), POINTS_N - 2)
    t = (stretch - 1.0) * PER_L
    node = at + 2 * ((side * POINTS_V + j) * POINTS_N + m) * PLANES
    return node, across - j, along - m, by_u, 0.5 * t * (t - 1.0), 1.0 - t * t, 0.5 * t * (t + 1.0)


@kernel
def _between(
    a: int, across: float, along: float, by_u: float, before: float, middle: float, after: float,
    p: Array,
) -> tuple[float, float, float]:  # fmt: skip
    """Return the value at a `_place`, and its slopes by V and by ln N."""
    b = a + 2 * PLANES
    c = a + 2 * POINTS_N * PLANES
    d = c + 2 * PLANES
    f00 = before * p[a] + middle * p[a + 2] + after * p[a + 4]
    f01 = before * p[b] + middle * p[b + 2] + after * p[b + 4]
    f10 = before * p[c] + middle * p[c + 2] + after * p[c + 4]
    f11 = before * p[d] + middle * p[d + 2] + after * p[d + 4]
    low = f00 + along * (f01 - f00)
    high = f10 + along * (f11 - f10)
    by_v = (high - low) * by_u
    by_n = (f01 - f00 + across * (f11 - f10 - f01 + f00)) * PER_N
    return low + across * (high - low), by_v, by_n


@kernel
def _lengthened(a: int, t: float, p: Array) -> float:
    """Return the slope by length at a node, `t` planes off the middle one."""
    return float(PER_L * (0.5 * (p[a + 4] - p[a]) + t * (p[a + 4] - 2.0 * p[a + 2] + p[a])))


@kernel
def look_up(
    what: int, u: float, side: int, log_n: float, stretch: float, at: int, p: Array
) -> tuple[float, float, float]:
    """Return conductance (`what` 0) or rate (1) as `exact` does, by V and by ln N, from the table.

    `stretch` is the disc's length over the nominal one; the table begins at `at` in `p`.
    """
    node, across, along, by_u, before, middle, after = _place(u, side, log_n, stretch, at)
    return _between(node + what, across, along, by_u, before, middle, after, p)


@kernel
def look_up_both(
    u: float, side: int, log_n: float, stretch: float, at: int, p: Array
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return ln of conductance and of rate, each with its slopes by V, by ln N and by length."""
    node, across, along, by_u, before, middle, after = _place(u, side, log_n, stretch, at)
    g, g_u, g_n = _between(node, across, along, by_u, before, middle, after, p)
    k, k_u, k_n = _between(node + 1, across, along, by_u, before, middle, after, p)
    t = after - before
    return g, g_u, g_n, _lengthened(node, t, p), k, k_u, k_n, _lengthened(node + 1, t, p)


def _look_exactly(
    u: float, side: int, log_n: float, stretch: float, p: Array
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return what `look_up_both` does without the table; slopes are differences."""
    length = p[LENGTH] * stretch
    g, k, found = exact(u, side, log_n, length, 0.0, p)
    over_g, over_k, _ = exact(u * 1.001, side, log_n, length, found, p)
    beside_g, beside_k, _ = exact(u, side, log_n + 1e-3, length, found, p)
    longer_g, longer_k, _ = exact(u, side, log_n, length + 1e-3 * p[LENGTH], found, p)
    by_u = 1e3 / max(u, AT_ZERO)
    return (
        g, (over_g - g) * by_u, (beside_g - g) * 1e3, (longer_g - g) * 1e3,
        k, (over_k - k) * by_u, (beside_k - k) * 1e3, (longer_k - k) * 1e3,
    )  # fmt: skip


look_exactly = kernel(_look_exactly, counted=True)


def _even(rate: Array) -> None:
    """Shift the nodes so that straight lines between them miss a parabola by 0 on average.

    A way through many cells then takes the time it takes in the equations.
    """
    shift = np.zeros_like(rate)
    shift[:, 1:-1] -= np.diff(rate, 2, axis=1) / 12.0
    shift[:, :, 1:-1] -= np.diff(rate, 2, axis=2) / 12.0
    rate += shift


@lru_cache(maxsize=8)
def table(*physics: float) -> Array:
    """Return the table of a device whose first slots are `physics`."""
    made = np.zeros(2 * NODES)
    fill(np.array(physics), made)
    _even(made.reshape(2, POINTS_V, POINTS_N, PLANES, 2)[..., 1])
    made.flags.writeable = False
    return made
