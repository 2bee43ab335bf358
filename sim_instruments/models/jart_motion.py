"""Compiled kernels of `jart_vcm`: current, motion of vacancies, rest; slots of `p` and `x`."""

import math

from sim_instruments.models import jart_contact as contact
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.jart_contact import EXACT, LENGTH, RESETTING, SETTING, SMALLEST
from sim_instruments.models.load_line import stretch

PRISTINE = 1e-3
"""current before forming, of a formed device's off current [D]"""
FORMED_AT = 0.4
"""V left across a device when forming is over [M]"""
EVENT = 0.25
"""V; a lower voltage of the other polarity begins no new cycle [D]"""
REST_UNIT = 1e-6
"""s, from when relaxation is seen [D]"""
FORGETTING = 0.02
"""movement of ln N that e-folds the time since the last write [D]"""
FORGOTTEN = 1e-12
"""s, as good as none"""
RANGE = 0.1
"""relative, how far r, l and N_max may lie from nominal [R: JART-TUD]"""

# Slots of the parameter array after those of jart_contact; the table comes last.
NOMINAL, LINE, LINE_HEAT, CYCLE_R, CYCLE_L, READ_NOISE, DRIFT, RELAXATION = range(16, 24)
PACE, JUMP_RATE, V_FORM, STRIDE, TABLE = range(24, 29)
# Slots of the state array.
LN, SEEN, AREA, RADIUS, STRETCH, LOW, HIGH, STAGE, WEAR, FORM_TIME = range(10)
POLARITY, OLD_N, OLD_R, OLD_L, NEW_R, NEW_L, RATIO = range(10, 17)
THETA, UNFELT, JUMP, HOTTEST, END_N, HIGHEST = range(17, 23)
FRESH, BREAKING, FORMED = 0.0, 1.0, 2.0
UNSEEN = 1e-9
"""of ln N; less movement in one sub-step is taken as it comes"""
OPEN = 1.5
"""of ln N; farther from its end than this, N moves freely"""
MOST_GIVEN, MORE_GIVEN = 1.2, 4.0
"""e-folds of the rate in one stride because the voltage gives way; more where it takes little of
what is left of a segment"""
SHARED = 30.0
"""strides that fit into what is left of a segment: so many, and one takes little of it"""
MOST_FALLEN = 10.0
"""e-folds of the rate because the voltage gives way, more than that are not foreseen"""
UNRESOLVED, RISING, SLOWING = 3e3, 1e3, 1e2
"""strides that would fit into what is left of a segment, at the rate that is falling, at the one
that is rising, and at the one ahead: their own time is of no account"""
HURRY = 4.0
"""how much longer a stride is then"""
NEAR = 1.0 / 6.0
"""of a stride; nearer to its end than this, N goes there at a rate that hardly changes"""
ARRIVED = 3.0
"""of ln N, to go at a constant rate beyond its end; what is left of the way is 1e-13"""
CLOSE = 3e-5
"""of a voltage, a Newton step so small is the last: the current is right to some 1e-8"""
RISEN = 0.1
"""of ln N, in one sub-step of forming"""
SOON = 0.03
"""share of the time between jumps, or since the last write, after which rest is looked at"""


@kernel
def _conductance(
    u: float, side: int, log_n: float, x: Array, p: Array
) -> tuple[float, float, float]:
    """Return ln of conductance and its slopes by V and by ln N."""
    if p[EXACT] == 0.0:
        return contact.look_up(0, u, side, log_n, x[STRETCH], TABLE, p)
    return contact.look_exactly(u, side, log_n, x[STRETCH], p)[0]


@kernel
def _both(
    u: float, side: int, log_n: float, x: Array, p: Array
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return ln of conductance and of rate, each with its slopes by V and by ln N."""
    if p[EXACT] == 0.0:
        return contact.look_up_both(u, side, log_n, x[STRETCH], TABLE, p)
    return contact.look_exactly(u, side, log_n, x[STRETCH], p)


def current(v: float, x: Array, p: Array) -> tuple[float, float]:
    """Return current in A and slope in S at `v`, found along the line resistance."""
    whole = abs(v)
    side = SETTING if v >= 0.0 else RESETTING
    u = x[RATIO] * whole
    low, high = 0.0, whole
    i = slope = firm = 0.0
    for _ in range(60):
        log_g, by_v, _n = _conductance(u, side, x[SEEN], x, p)
        ohmic = x[AREA] * math.exp(log_g)
        i = ohmic * u
        slope = ohmic + i * by_v
        heat = p[LINE_HEAT] * i * i
        firm = p[LINE] + 3.0 * heat
        missing = whole - u - i * (p[LINE] + heat)
        if missing < 0.0:
            high = u
        else:
            low = u
        new = u + missing / (1.0 + slope * firm)
        if not low <= new <= high:
            new = 0.5 * (low + high)
        move = new - u
        u = new
        if abs(move) <= CLOSE * whole:
            i += slope * move
            break
    return math.copysign(i, v), slope / (1.0 + slope * firm)


@kernel
def _settle(log_n: float, x: Array, p: Array) -> None:
    """Set N, and what the current takes from it; radius and length come along with it."""
    x[LN] = x[SEEN] = log_n
    if x[NEW_R] != x[OLD_R] or x[NEW_L] != x[OLD_L]:
        way = x[END_N] - x[OLD_N]
        share = (math.exp(log_n) - x[OLD_N]) / way if way != 0.0 else 0.0
        share = min(max(share, 0.0), 1.0)
        x[RADIUS] = x[OLD_R] + share * (x[NEW_R] - x[OLD_R])
        x[STRETCH] = x[OLD_L] + share * (x[NEW_L] - x[OLD_L])
    x[AREA] = math.pi * x[RADIUS] * x[RADIUS]
    if x[STAGE] == FRESH:
        x[AREA] *= PRISTINE


@kernel
def _walk(now: float, sigma: float, middle: float, rng: Rng) -> float:
    """Return where r or l goes in this half cycle."""
    new = now + middle * sigma * rng.standard_normal()
    return float(min(max(new, (1.0 - RANGE) * middle), (1.0 + RANGE) * middle))


@kernel
def _begin_cycle(polarity: float, x: Array, p: Array, rng: Rng) -> None:
    x[POLARITY] = polarity
    x[OLD_N] = math.exp(x[LN])
    x[END_N] = math.exp(x[HIGH] if polarity > 0.0 else x[LOW])
    x[OLD_R] = x[NEW_R] = x[RADIUS]
    x[OLD_L] = x[NEW_L] = x[STRETCH]
    if p[CYCLE_R] > 0.0:
        x[NEW_R] = _walk(x[RADIUS], p[CYCLE_R], p[NOMINAL], rng)
    if p[CYCLE_L] > 0.0:
        x[NEW_L] = _walk(x[STRETCH], p[CYCLE_L], 1.0, rng)


@kernel
def _form(v: float, h: float, x: Array, p: Array) -> float:
    """Wear a pristine device, or let vacancies in; return the time taken."""
    if x[STAGE] == FRESH:
        wear = math.expm1(abs(v) / p[V_FORM]) / x[FORM_TIME]
        if x[WEAR] + wear * h < 1.0:
            x[WEAR] += wear * h
            return h
        taken = float((1.0 - x[WEAR]) / wear)
        x[WEAR] = 1.0
        x[STAGE] = BREAKING
        _settle(x[LN], x, p)
        return min(taken, h)
    if abs(v) > FORMED_AT and x[LN] < x[HIGH]:
        _settle(min(x[LN] + RISEN, x[HIGH]), x, p)
        return 0.0
    x[STAGE] = FORMED
    return 0.0


@kernel
def _jump(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let one vacancy be in the disc, away, or where it was written, after `h` seconds more."""
    home = (1.0 + (3.0 * (x[JUMP] == 0.0) - 1.0) * math.exp(-3.0 * p[JUMP_RATE] * h)) / 3.0
    in_disc = 0.5 * (1.0 - home + x[JUMP] * math.exp(-p[JUMP_RATE] * h))
    draw = rng.random()
    x[JUMP] = 1.0 if draw < in_disc else 0.0 if draw < in_disc + home else -1.0
    x[SEEN] = x[LN]
    if x[JUMP] != 0.0:
        volume = math.pi * x[RADIUS] * x[RADIUS] * x[STRETCH] * p[LENGTH]
        n = math.exp(x[LN]) + x[JUMP] / (volume * contact.UNIT)
        x[SEEN] = max(SMALLEST, math.log(n)) if n > 0.0 else SMALLEST


@kernel
def _relax(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let `h` seconds of retention pass, and those under a read voltage still unfelt."""
    h += x[UNFELT]
    x[UNFELT] = 0.0
    if p[DRIFT] > 0.0 or p[RELAXATION] > 0.0:
        before = math.log10(1.0 + x[THETA] / REST_UNIT)
        x[THETA] += h * p[PACE]
        after = math.log10(1.0 + x[THETA] / REST_UNIT)
        left = math.log(max(1.0 - p[DRIFT] * after, 0.01) / max(1.0 - p[DRIFT] * before, 0.01))
        if p[RELAXATION] > 0.0:
            spread = p[RELAXATION] * math.sqrt(after * after - before * before)
            left += spread * rng.standard_normal()
        x[LN] = x[SEEN] = max(SMALLEST, min(x[LN] + left, x[HIGH]))
    if p[JUMP_RATE] > 0.0:
        _jump(h, x, p, rng)


def rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let `h` seconds without bias pass, in closed form."""
    if x[STAGE] == FORMED:
        _relax(h, x, p, rng)


@kernel
def _notice(taken: float, over: bool, x: Array, p: Array, rng: Rng) -> None:
    """Count time under a read voltage as rest; let it be felt when the segment is over."""
    x[UNFELT] += taken
    due = x[UNFELT] * p[JUMP_RATE] > SOON or x[UNFELT] * p[PACE] > REST_UNIT + SOON * x[THETA]
    if over and due:
        _relax(0.0, x, p, rng)


@kernel
def _travel(
    rate: float, steepness: float, turn: float, most: float, h: float
) -> tuple[float, float]:
    """Return (move, time), at most `most` and `h`; the steepness itself changes by `turn`."""
    slower = 1.0 + turn * most * most / 12.0
    move, taken = stretch(rate / slower, steepness + 0.5 * turn * most, most, h)
    if move < most:
        slower = 1.0 + turn * move * move / 12.0
        move, taken = stretch(rate / slower, steepness + 0.5 * turn * move, most, h)
    return move, taken


@kernel
def _yielding(
    u: float, i: float, g: float, give: float, by_u: float, by_n: float, p: Array
) -> float:
    """Return d ln(u) per ln N along the load line: line resistance and source give way."""
    firm = p[LINE] + 3.0 * p[LINE_HEAT] * i * i
    gain = i * by_n / (1.0 + (i / u + i * by_u) * firm)
    return float((give * gain * (firm * g - 1.0) - firm * gain) / u)


@kernel
def _go(room: float, way: float) -> float:
    """Return what `way` leaves of the `room` to the end, ``d(room)/d(way) = exp(-10 room) - 1``."""
    if room > OPEN:
        return room - way
    return 0.1 * math.log1p(math.expm1(10.0 * room) * math.exp(-10.0 * way))


@kernel
def _write(log_n: float, x: Array, p: Array) -> None:
    """Set N as written: a jumped vacancy stays, and the time since the last write begins anew."""
    moved = log_n - x[LN]
    log_n = x[SEEN] + moved
    x[JUMP] = 0.0
    if x[THETA] + x[UNFELT] > 0.0:
        kept = math.exp(-abs(moved) / FORGETTING)
        x[THETA] *= kept
        x[UNFELT] *= kept
        if x[THETA] + x[UNFELT] < FORGOTTEN:
            x[THETA] = x[UNFELT] = 0.0
    _settle(log_n, x, p)


@kernel
def _ends(rate: float, room: float, steep: float, h: float) -> float:
    """Return what `h` leaves of a little `room`; the rate changes by ``exp(steep)`` per ln N."""
    left = _go(room, rate * h)
    return _go(room, rate * math.exp(0.5 * steep * (room - left)) * h)


@kernel
def _ahead(
    move: float, u: float, bends: float, i: float, g: float, give: float, top: float, side: int,
    x: Array, p: Array,
) -> tuple[float, float]:  # fmt: skip
    """Return (ln of the rate, ratio of inner to device voltage) when ln N has gone by `move`.

    The voltage that ``d ln(u)/d ln N = bends`` leads to is put right by a Newton step.
    """
    ahead = min(u * math.exp(bends * move), top)
    there = x[SEEN] + (move if side == SETTING else -move)
    (log_g, by_u, _), (log_k, k_u, _) = _both(ahead, side, there, x, p)
    ohmic = x[AREA] * math.exp(log_g)
    then = ohmic * ahead
    slope = ohmic + then * by_u
    heat = p[LINE_HEAT] * then * then
    # The source gives way by `give`: by none (0), as a resistance, or wholly (1/g, a current).
    firm = 1.0 - give * g
    missing = firm * (top - ahead - then * (p[LINE] + heat)) + give * (i - then)
    change = missing / (firm * (1.0 + slope * (p[LINE] + 3.0 * heat)) + give * slope)
    change = min(max(change, -0.5 * ahead), ahead)
    then += slope * change
    right = ahead + change
    across = right + then * (p[LINE] + p[LINE_HEAT] * then * then)
    return log_k + k_u * change + math.log(right), right / across


@kernel
def _stride(
    log_rate: float, steep: float, falls: float, bends: float, room: float, u: float, i: float,
    g: float, give: float, top: float, side: int, h: float, x: Array, p: Array,
) -> float:  # fmt: skip
    """Move N by a stride, or to its end; return the time taken, at most `h`."""
    rate = math.exp(log_rate)
    soon = rate * h / p[STRIDE]
    given = MOST_GIVEN if soon < SHARED else MORE_GIVEN
    hurry = HURRY * p[STRIDE]
    hurried = soon > RISING if steep > 0.0 else soon > UNRESOLVED and -falls * hurry < MOST_FALLEN
    while True:
        most = hurry if hurried else p[STRIDE] / max(1.0, abs(falls) * p[STRIDE] / given)
        move = room - _go(room, most)
        log_ahead, ratio = _ahead(move, u, bends, i, g, give, top, side, x, p)
        grows = log_ahead - log_rate
        if not hurried or soon * math.exp(min(grows, 0.0)) > SLOWING:
            break
        hurried = False
    if room < most and rate * math.exp(min(grows, 0.0)) * h > room + ARRIVED:
        moved, taken = room, h
    else:
        if hurried:
            way, taken = stretch(rate, grows / most, most, h)
        else:
            shut = 1.0 if room > OPEN else -math.expm1(-10.0 * room)
            turn = 2.0 * (grows - steep * shut * most) / (most * most)
            way, taken = _travel(rate, steep * shut, turn, most, h)
        moved = room - max(_go(room, way), 0.0)
    _write(x[LN] + (moved if side == SETTING else -moved), x, p)
    x[RATIO] += (ratio - x[RATIO]) * moved / move
    return taken


@kernel
def _feel(v: float, i: float, side: int, x: Array, p: Array) -> float:
    """Return the voltage across the inner device; keep what it has come to."""
    u = max(v - i * (p[LINE] + p[LINE_HEAT] * i * i), contact.AT_ZERO)
    x[RATIO] = min(u / v, 1.0)
    x[HIGHEST] = max(x[HIGHEST], u)
    x[HOTTEST] = max(x[HOTTEST], contact.temperature(i * u / x[AREA], side, p))
    return float(u)


@kernel
def _move(v: float, i: float, g: float, give: float, h: float, x: Array, p: Array) -> float:
    """Let vacancies move under `v` for at most `h`; return the time taken."""
    side, sign = (SETTING, 1.0) if v > 0.0 else (RESETTING, -1.0)
    i, top = abs(i), abs(v)
    u = _feel(top, i, side, x, p)
    room = x[HIGH] - x[LN] if side == SETTING else x[LN] - x[LOW]
    (_, by_u, by_n), (log_k, k_u, k_n) = _both(u, side, x[SEEN], x, p)
    log_rate = log_k + math.log(u)
    rate = math.exp(log_rate)
    if room < UNSEEN or rate * h < UNSEEN:
        if room >= UNSEEN:
            little = sign * rate * h * -math.expm1(-10.0 * room)
            x[LN] += little
            x[SEEN] += little
        return h
    bends = sign * _yielding(u, i, g, give, by_u, by_n, p)
    falls = (1.0 + k_u * u) * bends
    steep = sign * k_n + falls
    if room < NEAR * p[STRIDE] and abs(steep) * room < 1.0:
        _write(x[LN] + sign * (room - _ends(rate, room, steep, h)), x, p)
        return h
    return _stride(log_rate, steep, falls, bends, room, u, i, g, give, top, side, h, x, p)


def step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    """Let the device change under `v` for at most `h`; return the time taken."""
    if x[STAGE] != FORMED:
        return _form(v, h, x, p)
    reading = abs(v) < EVENT
    if not reading and math.copysign(1.0, v) != x[POLARITY]:
        _begin_cycle(math.copysign(1.0, v), x, p, rng)
    taken = _move(v, i, g, give, h, x, p)
    if reading:
        _notice(taken, taken >= h, x, p, rng)
    return taken


def observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    """Return what a meter reads."""
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())
