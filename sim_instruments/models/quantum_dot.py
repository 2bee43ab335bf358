r"""Quantum-dot memristor: 64 parallel chains of dots, and one index of how disordered they are.

Source: Z. Wang, K. Chen et al., Science China Materials 2025, doi:10.1007/s40843-025-3507-9 [R:
abstract]: disorder comes of phase impurity, size distribution and orientation; dots made without it
switch at 57 % less voltage, with 100 times the ON/OFF ratio and a degradation of 0.1 % over
8.4e7 s and 1e5 reads; the learning range is 477 % larger. All other numbers are design choices [D]
unless tagged. V > 0 sets, V < 0 resets.

**Disorder** — 1 as made, 0 optimised; given directly, or by what the dots are, or in part::

    d = disorder + 0.4 (1 - phase_purity)/0.3 + 0.35 size_spread/0.20 + 0.25 (1 - texture)/0.7

cut off at 1. Purity 0.7, size spread 0.2 and texture 0.3 give 1.

**Laws** calibrated to the claims::

    V_sw       = 1.5 V (0.43 + 0.57 d)      0.645 V at d = 0: -57 %
    ON/OFF     = 10^(4 - 2 d)               1e2 to 1e4
    G_on-G_off = range (1 + 4.77 (1 - d))   learning range, +477 %
    lost       = 1e-3 10^(2 d)              after 8.4e7 s, and after 1e5 reads
    NL         = 1 + 4 d                    NeuroSim label of a train of equal pulses

**Mechanism** — chain `k` fills (x from 0 to 1) and empties by hops over a barrier, the voltage
shared by the `n` hops of a chain::

    dx_k/dt = r_k (1 - c x_k) for V > 0,  -r_k (1 - c + c x_k) for V < 0;  c from NL
    r_k     = 2 nu exp(-(E_0 + E_k)/kT) sinh(q|V|/n kT),   sigma_E = 10 meV + 90 meV d
    I       = (G_off + (G_on - G_off) mean x) V_nl sinh(V/V_nl)

`n` is what makes a ramp of 1 V/s pass the geometric mean of G_off and G_on at V_sw(d), 1.3 hops at
d = 0 and 3 at d = 1: disorder lengthens the paths. sigma_E then is 2 to 20 % of the switching
voltage, the law of its spread: part of it differs between chains (a weakest link), part is common
to a device, part drawn anew at each change of polarity above 0.1 V.

**Which claim is carried by what** — switching voltage against time, rate and temperature, its
spread, gradual switching: by the mechanism. Its mean, ON/OFF, range, degradation: by the laws,
because the mechanism cannot. At fixed n the weakest of 64 chains makes a disordered device switch
at *less* voltage (0.26 V a hop at d = 1, 0.48 V at d = 0); leakage through a Gaussian tail,
exp(sigma_E^2/2(kT)^2), grows 1600 times from d = 0 to 1, not 100; and chains that switch at 1 V/s
over one barrier both ways forget 17 % in 8.4e7 s at d = 0, not 0.1 %, and 39 % at d = 1 [C].

**Retention** — the part lost is log-normal in Arrhenius time, a read counting as 840 s of it, so
that 1e5 reads lose what 8.4e7 s do. A write begins it anew. 8.4e7 s are 2.7 years: the claim must
have been extrapolated, and so is what this model shows. **Accuracy** of a network is no input here:
"+27.8 % to 92.23 %" is for the measured device to show.

**Spread** — beside the switching voltage: the dose of a pulse is a gamma process whose standard
deviation at full stroke is 1 % to 7 % (d = 0 to 1), whatever sub-steps resolve it; the highest
and lowest conductance of a cycle vary as much; range, leakage and loss differ between devices.

**On the default bench** [C: 40 devices, 50 cycles] — at d = 0 everything as it stands. `set-reset`
fails nowhere at d = 0.5 with +3.0/-3.0 V, 1 us behind 2 kOhm, and in 1.4 % of cycles at d = 1 with
+3.4/-3.4 V; on a source-meter +1.2/-1.2 V, +2.0/-2.0 V, +3.0/-3.0 V (1 ms, 300 uA) for d = 0, 0.5,
1. `multilevel` at d = 0: set_start 0.8 V, reset_start -0.8 V; at d = 1: levels 1 to 12 uS,
reset_voltage -3.2 V. `iv-sweep` takes the steepest rise of ln G for switching: 0.50 to 0.56 V at
d = 0, read noise being on.

**Valid** for |V| to 5 V (`warnings` says so beyond), 250-400 K. **Not modelled**: heating, random
telegraph noise, 1/f spectra, charging of single dots, light.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from sim_instruments.load import ROOM
from sim_instruments.models import ageing
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.parameters import Bound

BOLTZMANN = 8.617333e-5
"""eV/K"""
K = 64
"""chains"""
EVENT = 0.1
"""V; a lower voltage of the other polarity begins no new cycle [D]"""
CLAIMED_TIME, CLAIMED_READS = 8.4e7, 1e5
"""s and reads of the claimed degradation [R]"""
SIGMA_LOG = 6.0
"""standard deviation of ln(time) at which what is lost is lost [D]"""
FORGETTING = 0.005
"""change of the mean filling that e-folds the time since the last write [D]"""
FROZEN = 1e-18
"""dose that moves nothing, however many of them"""
SATURATED = 1e-12
"""room for the mean filling that is none"""
TOO_HIGH = 5.0
"""V, where the model ends [D]"""
SOFT = 0.1
"""e-folds of the rate by which the circuit may give way in one sub-step"""
HASTE = 1e-3
"""of a segment; a full stroke in less is made at once, and nothing moves in the rest of it"""

# Slots of the parameter array after the temperature.
OFF, SPAN, V_NL, ATTEMPT, BARRIER, HOPS, CURVE, STEP, CYCLE_E, CYCLE_G = range(1, 11)
LOSS_AT, E_LOSS, READ_COST, READ_NOISE, LOCAL = 11, 12, 13, 14, 15  # LOCAL: K of them
# Slots of the state array: K fillings, K weights of the rates, then:
WEIGHT = K
MEAN, LEAK, TOP, SHIFT, POLARITY, THETA, RESTED, KELVIN, SLOWEST = range(2 * K, 2 * K + 9)
HIGHEST = SLOWEST + 1


@dataclass(frozen=True, slots=True)
class QuantumDotParameters:
    """Parameters of `QuantumDot`, SI."""

    disorder: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """disorder index, on top of what the next three give [D]"""
    phase_purity: Annotated[float, Bound("", 0.0, 1.0)] = 1.0
    """fraction of the wanted phase; 0.7 as made [D]"""
    size_spread: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """standard deviation of the dots' size over its mean; 0.2 as made [D]"""
    texture: Annotated[float, Bound("", 0.0, 1.0)] = 1.0
    """degree of orientation; 0.3 as made [D]"""
    filling: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """x of every chain of the fresh device [D]"""
    disordered_voltage: Annotated[float, Bound("V", 0.1, 10.0)] = 1.5
    """V, switching voltage at 1 V/s with d = 1 [D]"""
    disordered_range: Annotated[float, Bound("S", 1e-9, 1e-3)] = 15e-6
    """S, learning range with d = 1 [D]"""
    bend_voltage: Annotated[float, Bound("V", 0.05, 100.0)] = 1.0
    """V, V_nl [D]"""
    barrier: Annotated[float, Bound("eV", 1.0, 3.0)] = 1.29
    """eV, E_0 at V_sw/n = 0.5 V of a ramp [D]"""
    attempt_rate: Annotated[float, Bound("1/s", 1e9, 1e15)] = 1e13
    """1/s, nu [D]"""
    retention_energy: Annotated[float, Bound("eV", 0.0, 3.0)] = 1.1
    """eV, activation of degradation [D]"""
    spread: Annotated[float, Bound("", 0.0, 1.5)] = 1.0
    """what the spread of barriers, doses and cycles is multiplied with; 1 is the law"""
    chain_share: Annotated[float, Bound("", 0.0, 1.0)] = 0.15
    """part of the variance of barriers that differs between chains [D]"""
    device_share: Annotated[float, Bound("", 0.0, 1.0)] = 0.3
    """part of the rest that differs between devices, not between cycles [D]"""
    spread_on: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of the learning range between devices [D]"""
    spread_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """log-normal sigma of the off conductance between devices [D]"""
    spread_loss: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """log-normal sigma of the degradation between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    conductance = p[OFF] * x[LEAK] + p[SPAN] * x[MEAN]
    up = math.exp(v / p[V_NL])
    down = 1.0 / up
    return conductance * p[V_NL] * 0.5 * (up - down), conductance * 0.5 * (up + down)


@kernel
def _average(x: Array) -> None:
    """Take the mean filling from the chains."""
    total = 0.0
    for k in range(K):
        total += x[k]
    x[MEAN] = total / K


@kernel
def _weigh(x: Array, p: Array) -> None:
    """Work out how fast each chain is at this temperature."""
    x[KELVIN] = p[AMBIENT]
    x[SLOWEST] = math.inf
    for k in range(K):
        x[WEIGHT + k] = math.exp(-p[LOCAL + k] / (BOLTZMANN * p[AMBIENT]))
        x[SLOWEST] = min(x[SLOWEST], x[WEIGHT + k])


@kernel
def _begin_cycle(polarity: float, x: Array, p: Array, rng: Rng) -> None:
    """Draw how easily this half cycle goes and where it ends."""
    x[POLARITY] = polarity
    x[SHIFT] = p[CYCLE_E] * min(3.0, max(-3.0, rng.standard_normal()))
    if polarity > 0.0:
        x[TOP] = math.exp(p[CYCLE_G] * rng.standard_normal())
    else:
        x[LEAK] = math.exp(p[CYCLE_G] * rng.standard_normal())


@kernel
def _pace(v: float, x: Array, p: Array) -> float:
    """Return the rate (1/s) of a chain with the mean barrier."""
    kt = BOLTZMANN * p[AMBIENT]
    push = abs(v) / p[HOPS]
    ahead = math.exp(min(0.0, (push - p[BARRIER] - x[SHIFT]) / kt))
    return float(p[ATTEMPT] * ahead * -math.expm1(-2.0 * push / kt))


@kernel
def _lost(theta: float, p: Array) -> float:
    """Return the part lost after `theta` seconds at 300 K."""
    if theta <= 0.0:
        return 0.0
    far = math.log(theta / CLAIMED_TIME) / SIGMA_LOG + p[LOSS_AT]
    return 0.5 * math.erfc(-far * math.sqrt(0.5))


@kernel
def _hotter(p: Array) -> float:
    """Return how much faster than at 300 K the device degrades."""
    return math.exp(float(p[E_LOSS] / BOLTZMANN * (1.0 / ROOM - 1.0 / p[AMBIENT])))


@kernel
def _age(seconds: float, x: Array, p: Array) -> None:
    """Let `seconds` of degradation pass, counted at 300 K."""
    kept = 1.0 - _lost(x[THETA], p)
    x[THETA] += seconds
    if x[MEAN] > 0.0:
        factor = (1.0 - _lost(x[THETA], p)) / max(kept, 1e-12)
        for k in range(K):
            x[k] *= factor
        x[MEAN] *= factor


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    x[RESTED] = 1.0
    _age(h * _hotter(p), x, p)


@kernel
def _fill(dose: float, v: float, x: Array, p: Array) -> None:
    """Let every chain fill or empty by `dose` times its weight, exactly."""
    c = p[CURVE]
    for k in range(K):
        # In small differences: what a short pulse adds must not be lost in rounding.
        gone = -math.expm1(-c * dose * x[WEIGHT + k]) / c
        if v > 0.0:
            if x[k] < x[TOP]:
                x[k] = min(x[TOP], x[k] + (x[TOP] - c * x[k]) * gone)
        elif x[k] > 0.0:
            x[k] = max(0.0, x[k] - (1.0 - c + c * x[k]) * gone)
    _average(x)


@kernel
def _speed(v: float, x: Array, p: Array) -> float:
    """Return how much the mean filling changes per dose."""
    c, total = p[CURVE], 0.0
    for k in range(K):
        if v > 0.0:
            if x[k] < x[TOP]:
                total += x[WEIGHT + k] * (1.0 - c * x[k] / x[TOP])
        elif x[k] > 0.0:
            total -= x[WEIGHT + k] * (1.0 - c + c * x[k])
    return total / K


@kernel
def _stretch(v: float, i: float, give: float, h: float, x: Array, p: Array) -> tuple[float, float]:
    """Return (dose, time): a sub-step in which the circuit gives way little, or a full stroke."""
    conductance = p[OFF] * x[LEAK] + p[SPAN] * x[MEAN]
    yielding = give * abs(i) * p[SPAN] / conductance
    room = max(0.0, x[TOP] - x[MEAN]) if v > 0.0 else x[MEAN]
    if room < SATURATED:
        return 0.0, h
    full = -math.log1p(-p[CURVE]) / p[CURVE] / x[SLOWEST]
    lowest = abs(v) - yielding * room if v > 0.0 else abs(v)
    if lowest > 0.0 and _pace(lowest, x, p) * h * HASTE > full:
        return 2.0 * full, h
    soft = SOFT * p[HOPS] * BOLTZMANN * p[AMBIENT]
    pace = _pace(v, x, p)
    if yielding * room < 0.01 * soft:
        return pace * h, h
    speed = _speed(v, x, p)
    if yielding * pace * abs(speed) * h > soft:
        h = soft / (yielding * pace * abs(speed))
    middle = v - 0.5 * yielding * max(-x[MEAN], min(room, pace * speed * h))
    return _pace(middle, x, p) * h, h


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    x[HIGHEST] = max(x[HIGHEST], abs(v))
    if abs(v) >= EVENT and math.copysign(1.0, v) != x[POLARITY]:
        _begin_cycle(math.copysign(1.0, v), x, p, rng)
    if x[KELVIN] != p[AMBIENT]:
        _weigh(x, p)
    if x[RESTED] > 0.0:
        x[RESTED] = 0.0
        _age(p[READ_COST], x, p)
    if _pace(v, x, p) * h > FROZEN:
        dose, h = _stretch(v, i, give, h, x, p)
        if p[STEP] > 0.0 and dose > 0.0:
            dose = p[STEP] * rng.standard_gamma(dose / p[STEP])
        before = x[MEAN]
        _fill(dose, v, x, p)
        x[THETA] *= math.exp(-abs(x[MEAN] - before) / FORGETTING)
    _age(h * _hotter(p), x, p)
    return h


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


def _curve(label: float) -> float:
    """Return c of a train of pulses with this NeuroSim label."""

    def excess(steepness: float) -> float:
        a, share = 1.0 / steepness, -math.expm1(-steepness)
        return (1.0 / share - a + a * math.log(a * share)) / (0.07 * math.sqrt(2.0)) - label

    return -math.expm1(-float(brentq(excess, 1e-3, 200.0)))


def _hops(voltage: float, barrier: float, attempt: float, curve: float, local: float,
          level: float) -> float:  # fmt: skip
    """Return n for which a ramp of 1 V/s fills to `level` on average at `voltage`."""
    kt = BOLTZMANN * ROOM
    nodes, shares = np.polynomial.hermite_e.hermegauss(41)
    weights = np.exp(-local * nodes / kt)
    shares = shares / shares.sum()

    def filled(log_dose: float) -> float:
        x = -np.expm1(-curve * math.exp(log_dose) * weights) / curve
        return float(shares @ np.minimum(1.0, x)) - level

    dose = math.exp(float(brentq(filled, -40.0, 20.0)))

    def late(n: float) -> float:
        return n * (barrier - kt * math.log(attempt * n * kt / dose)) - voltage

    return float(brentq(late, 1e-2, 100.0))


class QuantumDot(Device):
    """A quantum-dot memristor of 64 chains with a disorder index."""

    name = "quantum_dot"
    PARAMETERS = QuantumDotParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "mean switching voltage, ON/OFF, learning range and degradation are calibrated laws",
        "the filling of a chain is exact at constant voltage",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = ageing.Wear(
        *(1.2, 1.2, 1e-3),
        (ageing.Rule(ageing.OFF, OFF), ageing.Rule(ageing.OFF, SPAN, weight=lambda p: -p[OFF]),
         ageing.Rule(ageing.ON, SPAN, weight=lambda p: p[OFF] + p[SPAN]),
         ageing.Rule(ageing.VOLTAGE, HOPS),
         *(ageing.Rule(ageing.SPREAD, slot) for slot in (CYCLE_E, CYCLE_G))),
        window=lambda p: 1.0 + p[SPAN] / p[OFF],
    )  # fmt: skip
    parameters: QuantumDotParameters

    @property
    def disorder(self) -> float:
        """The disorder index d, 0 to 1."""
        q = self.parameters
        made = 0.4 * (1.0 - q.phase_purity) / 0.3 + 0.35 * q.size_spread / 0.20
        return min(1.0, q.disorder + made + 0.25 * (1.0 - q.texture) / 0.7)

    def _pack(self) -> tuple[Array, Array]:
        q, d = self.parameters, self.disorder
        on, off, loss, common, *local = self.rng.standard_normal(4 + K)
        span = q.disordered_range * (1.0 + 4.77 * (1.0 - d))
        ratio = 10.0 ** (4.0 - 2.0 * d)
        sigma = q.spread * (0.010 + 0.090 * d)
        between = sigma * math.sqrt(q.chain_share)
        shared = sigma * math.sqrt(1.0 - q.chain_share)
        step = q.spread * (0.01 + 0.06 * d)
        curve = _curve(1.0 + 4.0 * d)
        voltage = q.disordered_voltage * (0.43 + 0.57 * d)
        hops = _hops(voltage, q.barrier, q.attempt_rate, curve, between, ratio**-0.5)
        barrier = q.barrier + shared * math.sqrt(q.device_share) * float(np.clip(common, -3, 3))
        lost = min(0.5, 1e-3 * 10.0 ** (2.0 * d) * math.exp(q.spread_loss * loss))
        p = np.array(
            [
                ROOM, span / (ratio - 1.0) * math.exp(q.spread_off * off),
                span * math.exp(q.spread_on * on), q.bend_voltage, q.attempt_rate, barrier, hops,
                curve, step**2, shared * math.sqrt(1.0 - q.device_share), step,
                float(ndtri(lost)), q.retention_energy, CLAIMED_TIME / CLAIMED_READS, q.read_noise,
                *(between * np.array(local)),
            ]
        )  # fmt: skip
        x = np.zeros(HIGHEST + 1)
        x[:K] = q.filling
        x[[MEAN, LEAK, TOP]] = q.filling, 1.0, 1.0
        return p, x

    @property
    def state(self) -> dict[str, float]:
        """Mean filling of the chains (0 to 1) and time since the last write, in s at 300 K."""
        return {"filling": float(self._x[MEAN]), "age": float(self._x[THETA])}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self._beyond(float(self._x[HIGHEST]), TOO_HIGH)
