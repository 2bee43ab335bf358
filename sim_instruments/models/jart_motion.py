"""Compiled kernels of `jart_vcm`: current, motion of vacancies, rest; slots of `p` and `x`."""

import math

from sim_instruments.models import jart_contact as contact
from sim_instruments.models import jart_stride as stride
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.jart_contact import EXACT, LENGTH, RESETTING, SETTING, SMALLEST

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

Place = tuple[float, float, float, float, float, float]
"""u, current, ln of the rate of ln N; slopes by ln N: of the last, of ln u, of ln current"""
Load = tuple[float, float, float, float]
"""what the circuit gave, as magnitudes: device voltage, current, slope of it, `give`: by none (0),
as a resistance, or wholly (1 over the slope: the current stays)"""
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
NEAR = 0.1
"""of ln N, and of ln of the rate; nearer to its end than this, N goes there at one rate"""
HURRY = 8.0
"""strides in one, at most, where their own time is of little account"""
SLIP = 0.4
"""share of a segment that one stride may be wrong by, per square of `largest_step`"""
CLIMB, GIVEN = 2.0, 0.05
"""ln of the current, and share of the voltage in compliance: when they have risen by that, the
circuit is asked again: it may have met its limit, or left it. It takes back what went too far"""
MEETINGS, MET = 4, 0.06
"""looks, at most, until the load line is found at another N; a share of u that is the last step"""
CLOSE = 3e-4
"""of a voltage, a step of third order so small is the last: the current is right to some 1e-7"""
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
    return contact.look_exactly(u, side, log_n, x[STRETCH], p)[:3]


@kernel
def _both(
    u: float, side: int, log_n: float, x: Array, p: Array
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return ln of conductance and of rate, each with its slopes by V, by ln N and by length."""
    if p[EXACT] == 0.0:
        return contact.look_up_both(u, side, log_n, x[STRETCH], TABLE, p)
    return contact.look_exactly(u, side, log_n, x[STRETCH], p)


@kernel
def _log_rate(u: float, side: int, log_n: float, x: Array, p: Array) -> float:
    """Return ln of the rate of ln N, without the term that ends switching."""
    if p[EXACT] == 0.0:
        return contact.look_up(1, u, side, log_n, x[STRETCH], TABLE, p)[0] + math.log(u)
    return contact.look_exactly(u, side, log_n, x[STRETCH], p)[4] + math.log(u)


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
        # Half the second derivative, of a conductance whose logarithm is straight in sqrt(u).
        bow = 0.5 * ohmic * by_v * (1.5 + u * by_v)
        heat = p[LINE_HEAT] * i * i
        firm = p[LINE] + 3.0 * heat
        missing = whole - u - i * (p[LINE] + heat)
        if missing < 0.0:
            high = u
        else:
            low = u
        stiff = 1.0 + slope * firm
        new = u + missing / max(stiff + bow * firm * missing / stiff, 0.5 * stiff)
        if not low <= new <= high:
            new = 0.5 * (low + high)
        move = new - u
        u = new
        if abs(move) <= CLOSE * whole:
            i += (slope + bow * move) * move
            slope += 2.0 * bow * move
            break
    return math.copysign(i, v), slope / (1.0 + slope * firm)


@kernel
def _settle(log_n: float, x: Array, p: Array) -> tuple[float, float]:
    """Set N, and what the current takes from it; radius and length come along with it.

    Returns by what ln of the area and the relative length change per ln N.
    """
    x[LN] = x[SEEN] = log_n
    swells = stretches = 0.0
    if x[NEW_R] != x[OLD_R] or x[NEW_L] != x[OLD_L]:
        way = x[END_N] - x[OLD_N]
        per = 1.0 / way if way != 0.0 else 0.0
        n = math.exp(log_n)
        share = min(max((n - x[OLD_N]) * per, 0.0), 1.0)
        x[RADIUS] = x[OLD_R] + share * (x[NEW_R] - x[OLD_R])
        x[STRETCH] = x[OLD_L] + share * (x[NEW_L] - x[OLD_L])
        swells = 2.0 * (x[NEW_R] - x[OLD_R]) * per * n / p[NOMINAL]
        stretches = (x[NEW_L] - x[OLD_L]) * per * n
    x[AREA] = math.pi * x[RADIUS] * x[RADIUS]
    if x[STAGE] == FRESH:
        x[AREA] *= PRISTINE
    return swells, stretches


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
def _write(before: float, log_n: float, x: Array, p: Array) -> None:
    """Set N as written: a jumped vacancy stays, and the time since the last write begins anew."""
    x[JUMP] = 0.0
    if x[THETA] + x[UNFELT] > 0.0:
        kept = math.exp(-abs(log_n - before) / FORGETTING)
        x[THETA] *= kept
        x[UNFELT] *= kept
        if x[THETA] + x[UNFELT] < FORGOTTEN:
            x[THETA] = x[UNFELT] = 0.0
    _settle(log_n, x, p)


@kernel
def _meet(
    u: float, log_n: float, swells: float, lengthens: float, load: Load, side: int, x: Array,
    p: Array,
) -> Place:  # fmt: skip
    """Return where the load line meets N, from a guess of u."""
    v, i, g, give = load
    firm = 1.0 - give * g
    for _ in range(MEETINGS):
        log_g, g_u, g_n, g_l, log_k, k_u, k_n, k_l = _both(u, side, log_n, x, p)
        now = x[AREA] * math.exp(log_g) * u
        heat = p[LINE_HEAT] * now * now
        missing = firm * (v - u - now * (p[LINE] + heat)) + give * (i - now)
        yields = now * (firm * (p[LINE] + 3.0 * heat) + give)
        steep = 1.0 + g_u * u
        part = 1.0 / (firm * u + steep * yields)
        share = min(max(missing * part, -0.5), 1.0)
        if abs(share) < MET:
            break
        u += share * u
    gains = g_n + g_l * lengthens + swells
    bends = -gains * yields * part
    # To second order, of a rate that is a power of u.
    log_rate = log_k + math.log(u) + (1.0 + k_u * u) * share * (1.0 - 0.5 * share)
    by_n = k_n + k_l * lengthens + (1.0 + k_u * u) * bends
    return u + share * u, now * (1.0 + steep * share), log_rate, by_n, bends, gains + steep * bends


@kernel
def _feel(u: float, i: float, side: int, x: Array, p: Array) -> None:
    """Keep how much voltage and heat there has been."""
    x[HIGHEST] = max(x[HIGHEST], u)
    x[HOTTEST] = max(x[HOTTEST], contact.temperature(i * u / x[AREA], side, p))


@kernel
def _move(v: float, i: float, g: float, give: float, h: float, x: Array, p: Array) -> float:
    """Let vacancies move under `v` for at most `h`; return the time taken."""
    side, sign = (SETTING, 1.0) if v > 0.0 else (RESETTING, -1.0)
    i, v = abs(i), abs(v)
    u = max(v - i * (p[LINE] + p[LINE_HEAT] * i * i), contact.AT_ZERO)
    x[RATIO] = min(u / v, 1.0)
    _feel(u, i, side, x, p)
    log_n = x[SEEN]
    room = x[HIGH] - log_n if side == SETTING else log_n - x[LOW]
    if room < UNSEEN:
        return h
    rate = math.exp(_log_rate(u, side, log_n, x, p))
    if rate * h < UNSEEN:
        little = sign * rate * h * -math.expm1(-10.0 * room)
        x[LN] += little
        x[SEEN] += little
        return h
    here = _meet(u, log_n, 0.0, 0.0, (v, i, g, give), side, x, p)
    return _run(here, rate, room, (v, i, g, give), side, sign, h, x, p)


@kernel
def _between(moved: float, here: Place, there: Place) -> Place:
    """Return a place a share of the way along."""
    return (
        here[0] + moved * (there[0] - here[0]), here[1] + moved * (there[1] - here[1]),
        here[2], here[3], here[4], here[5],
    )  # fmt: skip


@kernel
def _run(
    here: Place, rate: float, room: float, load: Load, side: int, sign: float, h: float, x: Array,
    p: Array,
) -> float:  # fmt: skip
    """Let N run from `here` for at most `h`; return the time taken.

    The rate's logarithm is a cubic of ln N in each stride. A reach is as long as lets the time be
    wrong by `SLIP` of `h`, which is a lot where N runs away.
    """
    before = log_n = x[SEEN]
    slip = SLIP * p[STRIDE] * p[STRIDE] * h
    reach = min(max(slip * rate, min(p[STRIDE], 1.2 * rate * h)), HURRY * p[STRIDE])
    limited = 1.0 - load[2] * load[3] < 1e-9
    left, bent = h, 0.0
    while left > 0.0:
        u, _now, log_rate, steep, bends, climbs = here
        if max(abs(steep), 1.0) * room < NEAR:
            log_n += sign * (room - stride.go(room, rate * left)[0])
            left = 0.0
            break
        rise = sign * (bends / GIVEN if limited else climbs / CLIMB)
        asks = rise * reach > 1.0
        if asks:
            reach = 1.0 / rise
        to, shut = stride.go(room, reach)
        move = sign * (room - to)
        swells, lengthens = _settle(log_n + move, x, p)
        u *= math.exp(min(max((bends + 0.5 * bent * move) * move, -1.0), 1.0))
        there = _meet(u, log_n + move, swells, lengthens, load, side, x, p)
        grows = there[2] - log_rate
        first, last = steep * move - grows, there[3] * move - grows
        course = (reach, room, to, shut, grows, first, last)
        whole = stride.duration(1.0, course)
        taken = whole * reach / rate
        off = stride.off(course) / slip
        wrong = off * min(taken, left)
        if wrong > 1.0:
            reach *= stride.longer(wrong)
            continue
        if taken >= left:
            moved = stride.moved(stride.part(left * rate / reach, whole, course), course)
            here = _between(moved, here, there)
            log_n += moved * move
            left = 0.0
            break
        left -= taken
        bent = (there[4] - bends) / move
        log_n += move
        room = to
        here = there
        rate = math.exp(here[2])
        _feel(here[0], here[1], side, x, p)
        if asks:
            break
        # The next one bends as this one does.
        soon = reach / rate * math.exp(-min(2.0 * last - first + grows, 0.0))
        reach = min(reach * stride.longer(off * min(soon, left)), HURRY * p[STRIDE])
        if reach > room:
            reach = room + stride.PAST
    u, now = here[0], here[1]
    x[RATIO] = u / (u + now * (p[LINE] + p[LINE_HEAT] * now * now))
    _write(before, log_n, x, p)
    return h - left


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
