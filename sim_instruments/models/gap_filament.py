r"""Filamentary oxide memristor (HfO2 ReRAM): a filament grows and dissolves across a gap.

**Switching** — the SkyWater sky130 ReRAM compact model, its calibrated set [R:
google/skywater-pdk-libs-sky130_fd_pr_reram]. The filament has thickness `s`, the gap to the
electrode is ``T_ox - s``::

    I     = I1 exp(-(T_ox - s)/(T_ox - s_ref)) sinh(V/V_ref)
    gamma = k0 + k1 ((T_ox - s)/1 nm)^3
    ds/dt = v1 [ exp(-(Eg - q gamma a0 V/T_ox)/kT) - exp(-(Er + q gamma a0 V/T_ox)/kT) ]
    T     = T_ambient + R_th |V I|

V > 0 sets, V < 0 resets. The heat equation is closed (its time constant is 0.23 ns), so pulses
below about 2 ns see the temperature too early.

**Forming** [D] — a pristine device conducts `PRISTINE` of a formed one's off current. Wear adds up
as ``dD/dt = exp(V/v_f)/t0``; at ``D = 1`` the filament breaks through and grows until the voltage
left across the device is 0.4 V, so that the compliance decides: ``G_form ~ I_cc/0.4 V`` [M], never
more than the thickest filament gives. ``t0`` makes the median of a 1 V/s ramp break at
`forming_voltage`, Weibull-spread (`forming_shape`) and lower for a larger `area`.

**Spread** — between devices (drawn once): on and off conductance and switching voltage, log-normal.
Between cycles: at each change of polarity above 0.25 V the two ends of the stroke and the switching
voltage are drawn anew; on the way every increment ``u`` of thickness has a standard deviation
``step_spread sqrt(u)``, whatever sub-steps resolve it.

**Retention** — in Arrhenius time ``theta`` since the last write [R: law of aihwkit for CMO/HfOx,
arXiv:2502.04524: mean falls by 0.0890 uS per e-fold, spread grows by 0.0420 uS, of about 49 uS]::

    theta = sum dt exp(-(Ea/k)(1/T - 1/300 K));   L = log10(1 + theta/1 us)
    G     = G_written (1 - drift L) exp(N(0, relaxation L));  weaker filaments relax more,
            as sqrt(G_on/G) up to 5 times [D]

**Numerics** — the rate is taken as ``exp`` of a line in ``s``, its steepness known in closed form
along the circuit's load line, and the curvature from the sub-step before: third order, within 1 %
of a general stiff solver at 0.05 nm a sub-step.

**Valid** for |V| up to 3.5 V, 250-450 K, pulses of 1 ns and more. Above 1500 K (hard overdrive
without series resistance or compliance) numbers are numbers only; `warnings` says so, of heat and
of voltage. **Not modelled**: heat history below 1 ns. Ageing, spectra of read noise and the circuit
are the bench's, not the model's.
"""

import math

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, VOLTAGE, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.gap_filament_parameters import GapFilamentParameters
from sim_instruments.models.load_line import stretch

BOLTZMANN = 8.617333e-5
"""eV/K"""
PRISTINE = 1e-3
"""current before forming, of a formed device's off current [D]"""
FORMED_AT = 0.4
"""V left across a device when forming is over [M]"""
EVENT = 0.25
"""V; a lower voltage of the other polarity begins no new cycle [D]"""
REST_UNIT = 1e-6
"""s, from when relaxation is seen [R: t_r of aihwkit]"""

# Slots of the parameter array after the temperature (lengths in nm; the hop is a share of the
# oxide).
I1, GAP0, PER_VOLT, OXIDE, THICK, THIN, SPEED, EG, ER, K0, K1, HOP, HEAT = range(1, 14)
V_FORM, FORM_TIME, CYCLE_ON, CYCLE_OFF, CYCLE_V, STEP_SPREAD, READ_NOISE = range(14, 21)
DRIFT, RELAXATION, ACTIVATION, LARGEST, PER_GAP = range(21, 26)

# Slots of the state array.
S, SCALE, STAGE, WEAR, POLARITY, TOP, BOTTOM, EASE, THETA, UNFELT, LAST, STEEP = range(12)
HOTTEST, HIGHEST = 12, 13
FORGETTING = 0.002
"""nm of movement that e-folds the time since the last write [D]"""
FORGOTTEN = 1e-12
"""s, as good as none"""
NEGLIGIBLE = 18.0
"""kT; with more push than this the way back is 1e-15 of the way ahead"""
UNRESOLVED = 1e6
"""sub-steps that would fit into what is left of a segment: their own time is of no account"""
HURRY = 4.0
"""how much longer a sub-step may be then; the rate cannot fall by `UNRESOLVED` in it"""
NOWHERE = -1e9
"""nm; no sub-step before this one under the same drive"""
FROZEN = 1e-14
"""nm; less movement in one sub-step is none"""
UNSEEN = 1e-7
"""nm; a move too small to bend the circuit or to be drawn"""
FRESH, BREAKING, FORMED = 0.0, 1.0, 2.0
TOO_HOT, TOO_HIGH = 1500.0, 3.5
"""K and V, where numbers are numbers only [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    up = math.exp(v * p[PER_VOLT])
    down = 1.0 / up
    return x[SCALE] * (0.5 * (up - down)), x[SCALE] * (0.5 * p[PER_VOLT] * (up + down))


@kernel
def _settle(thickness: float, x: Array, p: Array) -> None:
    """Set the thickness, and what the current takes from it."""
    x[S] = thickness
    x[SCALE] = p[I1] * math.exp((thickness - p[OXIDE]) * p[PER_GAP])
    if x[STAGE] == FRESH:
        x[SCALE] *= PRISTINE


@kernel
def _begin_cycle(polarity: float, x: Array, p: Array, rng: Rng) -> None:
    """Draw where this half cycle ends and how easily it goes."""
    x[POLARITY] = polarity
    if polarity > 0.0:
        end = p[THICK] + p[GAP0] * p[CYCLE_ON] * rng.standard_normal()
        x[TOP] = min(end, p[OXIDE] - 0.02)
    else:
        x[BOTTOM] = p[THIN] + p[GAP0] * p[CYCLE_OFF] * rng.standard_normal()
    x[EASE] = math.exp(p[CYCLE_V] * rng.standard_normal())


@kernel
def _form(v: float, h: float, x: Array, p: Array) -> float:
    """Wear a pristine device, or let the filament break through; return the time taken."""
    if x[STAGE] == FRESH:
        wear = math.expm1(abs(v) / p[V_FORM]) / p[FORM_TIME]
        if x[WEAR] + wear * h < 1.0:
            x[WEAR] += wear * h
            return h
        taken = float((1.0 - x[WEAR]) / wear)
        x[WEAR] = 1.0
        x[STAGE] = BREAKING
        _settle(x[S], x, p)
        return taken if taken < h else h
    if abs(v) > FORMED_AT and x[S] < p[THICK]:
        _settle(min(x[S] + 0.5 * p[LARGEST], p[THICK]), x, p)
        return 0.0
    x[STAGE] = FORMED
    return 0.0


@kernel
def _relax(h: float, x: Array, p: Array, rng: Rng) -> None:
    """Let `h` seconds of retention pass, and those under a read voltage still unfelt."""
    h += x[UNFELT]
    x[UNFELT] = 0.0
    before = math.log10(1.0 + x[THETA] / REST_UNIT)
    hotter = 1.0 / ROOM - 1.0 / p[AMBIENT]
    x[THETA] += h * math.exp(p[ACTIVATION] / BOLTZMANN * hotter)
    after = math.log10(1.0 + x[THETA] / REST_UNIT)
    left = math.log(max(1.0 - p[DRIFT] * after, 0.01) / max(1.0 - p[DRIFT] * before, 0.01))
    if p[RELAXATION] > 0.0:
        weak = min(5.0, math.exp(0.5 * max(0.0, p[THICK] - x[S]) / p[GAP0]))
        spread = p[RELAXATION] * weak * math.sqrt(after * after - before * before)
        left += spread * rng.standard_normal()
    _settle(min(x[S] + p[GAP0] * left, p[OXIDE] - 0.02), x, p)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    if x[STAGE] != FRESH:
        _relax(h, x, p, rng)


@kernel
def _notice(v: float, h: float, x: Array, p: Array, rng: Rng) -> None:
    """Begin a new half cycle where the polarity says so; count time under a read voltage."""
    if abs(v) < EVENT:
        x[UNFELT] += h
        if x[UNFELT] > REST_UNIT + x[THETA]:
            _relax(0.0, x, p, rng)
    elif math.copysign(1.0, v) != x[POLARITY]:
        _begin_cycle(math.copysign(1.0, v), x, p, rng)


@kernel
def _pace(v: float, i: float, h: float, x: Array, p: Array) -> tuple[float, float, float]:
    """Return (rate in nm/s towards where `v` drives, eV of push per volt, kT in eV).

    The rate is 0 where nothing would be seen of it within `h`.
    """
    kelvin = p[AMBIENT] + p[HEAT] * abs(v * i)
    if kelvin > x[HOTTEST]:
        x[HOTTEST] = kelvin
    kt = BOLTZMANN * kelvin
    gap = p[OXIDE] - x[S]
    lever = (p[K0] + p[K1] * gap * gap * gap) * p[HOP] * x[EASE]
    push = lever * abs(v)
    ahead, back = (p[EG], p[ER]) if v > 0.0 else (p[ER], p[EG])
    rate = p[SPEED] * math.exp((push - ahead) / kt)
    if rate * h < FROZEN:
        rate = 0.0
    elif push < NEGLIGIBLE * kt:
        rate -= p[SPEED] * math.exp((-push - back) / kt)
    return rate, lever, kt


@kernel
def _steepness(
    v: float, i: float, g: float, give: float, lever: float, kt: float, x: Array, p: Array
) -> float:
    """Return d ln(rate) per nm of movement along the load line: field, heat, source giving way."""
    polarity = math.copysign(1.0, v)
    gap = p[OXIDE] - x[S]
    steeper = i * p[PER_GAP]
    yielding = -give * steeper
    gain = steeper + g * yielding
    bend = polarity * lever * yielding - 3.0 * p[K1] * gap * gap * p[HOP] * x[EASE] * abs(v)
    ahead = p[EG] if v > 0.0 else p[ER]
    per_kt = 1.0 / kt
    warm = (ahead - lever * abs(v)) * per_kt * BOLTZMANN * p[HEAT] * (i * yielding + v * gain)
    return float(polarity * (bend + warm) * per_kt)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) > x[HIGHEST]:
        x[HIGHEST] = abs(v)
    if x[STAGE] != FORMED:
        return _form(v, h, x, p)
    _notice(v, h, x, p, rng)
    polarity = math.copysign(1.0, v)
    rate, lever, kt = _pace(v, i, h, x, p)
    room = x[TOP] - x[S] if v > 0.0 else x[S] - x[BOTTOM]
    if room < UNSEEN or rate * h < UNSEEN:
        if rate > 0.0 and room > 0.0:
            move = polarity * min(rate * h, room)
            x[S] += move
            # Its exponential, of less than a millionth.
            x[SCALE] += x[SCALE] * (move * p[PER_GAP]) * (1.0 + 0.5 * move * p[PER_GAP])
        x[LAST] = NOWHERE
        return h
    steepness = _steepness(v, i, g, give, lever, kt, x, p)
    stride = HURRY * p[LARGEST] if rate * h > UNRESOLVED * p[LARGEST] else p[LARGEST]
    move, taken = _travel(rate, steepness, _turn(polarity, steepness, x, p), min(room, stride), h)
    if move < room:
        move += p[STEP_SPREAD] * rng.standard_normal() * math.sqrt(move)
    if x[THETA] + x[UNFELT] > 0.0:
        _forget(abs(move), x)
    _settle(x[S] + polarity * min(move, room), x, p)
    if taken >= h:
        x[LAST] = NOWHERE
    return taken


@kernel
def _turn(polarity: float, steepness: float, x: Array, p: Array) -> float:
    """Return how the steepness changes per nm, as it did over the last sub-step."""
    since = polarity * (x[S] - x[LAST])
    before = x[STEEP]
    x[LAST] = x[S]
    x[STEEP] = steepness
    if 0.01 * p[LARGEST] < since < 1.5 * HURRY * p[LARGEST]:
        return float((steepness - before) / since)
    return 0.0


@kernel
def _travel(
    rate: float, steepness: float, turn: float, most: float, h: float
) -> tuple[float, float]:
    """Return (move, time), at most `most` and `h`, with the mean steepness on the way."""
    move, taken = stretch(rate, steepness + 0.5 * turn * most, most, h)
    if move < most:
        move, taken = stretch(rate, steepness + 0.5 * turn * move, most, h)
    return move, taken


@kernel
def _forget(move: float, x: Array) -> None:
    """Let a movement begin the time since the last write anew."""
    kept = math.exp(-move / FORGETTING)
    x[THETA] *= kept
    x[UNFELT] *= kept
    if x[THETA] + x[UNFELT] < FORGOTTEN:
        x[THETA] = x[UNFELT] = 0.0


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class GapFilament(Device):
    """A filamentary oxide memristor, formed or pristine."""

    name = "gap_filament"
    PARAMETERS = GapFilamentParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "temperature follows power at once",
        "rest and retention in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(2.6, 2.0, 1e-6),
        (Rule(ON, THICK, 0.0, lambda p: p[GAP0]), Rule(OFF, THIN, 0.0, lambda p: p[GAP0]),
         Rule(VOLTAGE, HOP, -1.0),
         *(Rule(SPREAD, slot) for slot in (CYCLE_ON, CYCLE_OFF, CYCLE_V))),
        window=lambda p: math.exp((p[THICK] - p[THIN]) / p[GAP0]),
    )  # fmt: skip
    parameters: GapFilamentParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if not q.thinnest <= q.thickness <= q.thickest < q.oxide or q.reference >= q.oxide:
            raise ValueError(
                "gap_filament needs thinnest <= thickness <= thickest < oxide and reference < oxide"
            )
        on, off, ease = np.array([q.spread_on, q.spread_off, q.spread_voltage]) * (
            self.rng.standard_normal(3)
        )
        weibull = self.rng.exponential() ** (1.0 / q.forming_shape)
        forming = q.forming_voltage * weibull - q.forming_slope * math.log(q.area)
        nm = 1e9
        gap0 = (q.oxide - q.reference) * nm
        thin = q.thinnest * nm + gap0 * off
        thick = q.thickest * nm
        p = np.array(
            [
                ROOM, q.current_scale * math.exp(on), gap0, 1.0 / q.voltage_scale, q.oxide * nm,
                thick, thin, q.speed * nm, q.growth_energy, q.loss_energy, q.field_factor,
                q.gap_factor, q.hop / q.oxide * math.exp(ease), q.thermal_resistance,
                q.forming_slope, q.forming_slope * math.exp(forming / q.forming_slope),
                q.cycle_on, q.cycle_off, q.cycle_voltage, q.step_spread * math.sqrt(nm),
                q.read_noise, q.drift, q.relaxation, q.retention_energy, q.largest_step * nm,
                1.0 / gap0,
            ]
        )  # fmt: skip
        start = min(thin + (q.thickness - q.thinnest) * nm, thick)
        x = np.zeros(HIGHEST + 1)
        x[[STAGE, TOP, BOTTOM, EASE]] = FORMED if q.formed else FRESH, thick, thin, 1.0
        x[LAST] = NOWHERE
        _settle(start, x, p)
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Filament thickness in m, whether formed (0 or 1), wear before forming (0 to 1)."""
        x = self._x
        formed = float(x[STAGE] == FORMED)
        return {"thickness": float(x[S]) * 1e-9, "formed": formed, "wear": float(x[WEAR])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        hottest = float(self._x[HOTTEST])
        hot = f"{self.name}: the filament reached {hottest:.0f} K, the model holds up to 1500 K"
        found = [hot] if hottest > TOO_HOT else []
        return found + self._beyond(float(self._x[HIGHEST]), TOO_HIGH)
