r"""Li-ion iontronic memristor: volatile until it is formed, non-volatile afterwards.

No parameters of such a device are public: the mechanism is built from first principles and every
number is a design choice [D] unless tagged otherwise. Li+ is pushed out of a cathode-like layer
into two reservoirs, one near the interface (fast) and one deeper (slow), and diffuses back over a
barrier; forming raises the barrier, and with it the time constants from tens of milliseconds to
years. Fractions `n1`, `n2` fill from 0 to 1, `phi` is the progress of forming::

    dn_j/dt = a_j(V) (1 - n_j) - (b_j(V) + 1/tau_j) n_j
    a_j     = a0_j sinh(V/V_i) for V > 0,  b_j = b0_j sinh(-V/V_i) for V < 0;  none in the dead zone
    tau_j   = tau0_j exp[ (E_v + phi (E_nf - E_v))/kT - E_v/(k 300 K) ]
    dphi/dt = (1 - phi) k_f exp((|V| - V_f)/v_f)   while |I| > I_f
    I       = [G_min + (G_max - G_min)(w1 n1 + w2 n2)] V_nl sinh(V/V_nl)

At constant V the reservoirs are linear and the update is the exact exponential; one pulse or a year
of rest costs the same. With `battery` above 0, V in rates and current is lowered by the Nernst
voltage ``battery kT/q ln((n + 0.02)/(1.02 - n))`` (n the weighted filling), and sub-steps keep
changes of n below 0.02; a device at rest is then open, not shorted: no current flows. V > 0 fills
(sets), V < 0 empties.

**Spread** [D]: conductance, rates and forming voltage between devices, log-normal; every small
change ``dn`` under bias has a standard deviation ``step_spread sqrt(|dn|)``, which a filling near
its balance forgets as fast as it gets there, ``step_spread sqrt(|dn| exp(-k t))`` with
``k = a + b + 1/tau``: into however many segments a hold is cut. Readings have a relative noise.

**Valid** for |V| up to 3.5 V (`warnings` says so beyond), 250-400 K, 0.1 ms to years. With the
default barrier a formed device keeps its level for 11 years at 300 K, but only 3 days at 85 C
(Arrhenius, 1.15 eV); raise `formed_barrier` to 1.37 eV for 10 years there. **Not modelled**:
electrolyte resistance and double layer, filling-dependent mobility, self-heating, wear.

Context: Au/LixCoO2/Pt synapse, Nano-Micro Lett. 15 (2023), doi:10.1007/s40820-023-01035-3; volatile
conductance theory arXiv:2404.08647 [R: abstracts].
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel, specialise
from sim_instruments.models.device import AMBIENT, Device
from sim_instruments.models.parameters import Bound

BOLTZMANN = 8.617333e-5
"""eV/K"""
SMALL = 0.02
"""largest change of n or phi in one sub-step, where something depends on it"""
SOFT = 1e-3
"""V, by how much the circuit may give way in one sub-step"""
TOO_HIGH = 3.5
"""V, where the model ends [D]"""
FORMED = 1.0 - 1e-9
"""phi beyond which nothing is left to form"""

# Slots of the parameter array after the temperature.
FILL, EMPTY, DRIVE, WEIGHT, TAU, G_MIN, G_SPAN, V_NL = 1, 3, 5, 6, 8, 10, 11, 12
E_FREE, E_BOUND, V_FORM, FORM_SLOPE, FORM_RATE, FORM_CURRENT = range(13, 19)
DEAD, NERNST, STEP_SPREAD, READ_NOISE = range(19, 23)
# Slots of the state array: two fillings, then forming and the highest voltage.
PHI, HIGHEST = 2, 3


@dataclass(frozen=True, slots=True)
class IontronicLiParameters:
    """Parameters of `IontronicLi`, SI."""

    formed: bool = False
    """True gives a device that somebody has formed (phi = 1)"""
    filling: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """n1 = n2 of the fresh device [D]"""
    fast_share: Annotated[float, Bound("", 0.0, 1.0)] = 0.6
    """w1; the slow reservoir has the rest [D]"""
    fast_time: Annotated[float, Bound("s", 1e-6, 1e6)] = 30e-3
    """s, tau0 at 300 K; L^2/D with 10 nm and 3e-15 m2/s gives 33 ms [D]"""
    slow_time: Annotated[float, Bound("s", 1e-6, 1e6)] = 350e-3
    """s [D]"""
    fast_rate: Annotated[float, Bound("1/s", 0.0, 1e6)] = 6.0
    """1/s, a0 and b0 of the fast reservoir [D]"""
    slow_rate: Annotated[float, Bound("1/s", 0.0, 1e6)] = 1.2
    """1/s, a0 and b0 of the slow reservoir [D]"""
    drive_voltage: Annotated[float, Bound("V", 0.02, 5.0)] = 0.25
    """V, V_i; 0.08 V makes a formed device abrupt, two-level [D]"""
    dead_zone: Annotated[float, Bound("V", 0.0, 2.0)] = 0.15
    """V, up to it nothing is driven, so that a read does not write; 0.3 V cleans an STDP window,
    0 gives the bare law [D]"""
    lowest: Annotated[float, Bound("S", 1e-12, 1e-2)] = 0.1e-6
    """S, G_min [D]"""
    highest: Annotated[float, Bound("S", 1e-12, 1e-1)] = 5e-6
    """S, G_max [D]"""
    bend_voltage: Annotated[float, Bound("V", 0.05, 100.0)] = 0.5
    """V, V_nl: current is ohmic well below [D]"""
    volatile_barrier: Annotated[float, Bound("eV", 0.1, 3.0)] = 0.55
    """eV, E_v; Li+ migration in LiPON-like glass [M]"""
    formed_barrier: Annotated[float, Bound("eV", 0.1, 3.0)] = 1.15
    """eV, E_nf [D]"""
    forming_voltage: Annotated[float, Bound("V", 0.1, 20.0)] = 2.5
    """V, V_f: forming takes 1/k_f here [D]"""
    forming_slope: Annotated[float, Bound("V", 0.01, 5.0)] = 0.15
    """V, v_f [D]"""
    forming_rate: Annotated[float, Bound("1/s", 0.0, 1e9)] = 1.0
    """1/s, k_f [D]"""
    forming_current: Annotated[float, Bound("A", 0.0, 1.0)] = 1e-6
    """A, I_f: less forms nothing [D]"""
    battery: Annotated[float, Bound("", 0.0, 0.7)] = 0.0
    """k_N, share of the Nernst voltage seen at the terminals; 0.3 with emf, 0.7 is 95 mV at 400 K,
    the most a circuit looks for [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma between devices [D]"""
    spread_rate: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of a0 and b0 between devices [D]"""
    spread_forming: Annotated[float, Bound("", 0.0, 0.2)] = 0.02
    """log-normal sigma of V_f between devices [D]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.01
    """standard deviation of small changes of n that add up to 1 [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


@kernel
def _filling(x: Array, p: Array) -> float:
    """Return the weighted filling."""
    return float(p[WEIGHT] * x[0] + p[WEIGHT + 1] * x[1])


@kernel
def _inner(v: float, x: Array, p: Array) -> float:
    """Return the voltage that drives: without what the device supplies itself."""
    if p[NERNST] == 0.0:
        return v
    n = _filling(x, p)
    return v - float(p[NERNST] * BOLTZMANN * p[AMBIENT]) * math.log((n + 0.02) / (1.02 - n))


@kernel
def _barrier_factor(x: Array, p: Array) -> float:
    """Return how much slower than at 300 K before forming the ions diffuse back."""
    barrier = p[E_FREE] + x[PHI] * (p[E_BOUND] - p[E_FREE])
    return math.exp(barrier / (BOLTZMANN * p[AMBIENT]) - p[E_FREE] / (BOLTZMANN * ROOM))


@kernel
def _forming_rate(v: float, i: float, p: Array) -> float:
    if abs(i) <= p[FORM_CURRENT]:
        return 0.0
    return float(p[FORM_RATE] * math.exp((abs(v) - p[V_FORM]) / p[FORM_SLOPE]))


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    conductance = p[G_MIN] + p[G_SPAN] * _filling(x, p)
    up = math.exp(_inner(v, x, p) / p[V_NL])
    down = 1.0 / up
    return conductance * p[V_NL] * 0.5 * (up - down), conductance * 0.5 * (up + down)


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    if abs(v) > x[HIGHEST]:
        x[HIGHEST] = abs(v)
    drive = _inner(v, x, p)
    push = math.sinh(abs(drive) / p[DRIVE]) if abs(drive) > p[DEAD] else 0.0
    slowdown = _barrier_factor(x, p)
    forming = _forming_rate(v, i, p) if x[PHI] < FORMED else 0.0
    # Something feeds back on the device voltage or on the rates: go in small changes.
    most = 1.0
    if give > 0.0:
        yielding = give * abs(i) * p[G_SPAN] / (p[G_MIN] + p[G_SPAN] * _filling(x, p))
        most = min(most, SOFT / yielding)
    if p[NERNST] > 0.0 or forming * h > 1e-4:
        most = min(most, SMALL)
    if forming * h > SMALL:
        h = SMALL / forming
    for j in range(2):
        fill = p[FILL + j] * push if drive > 0.0 else 0.0
        empty = p[EMPTY + j] * push if drive < 0.0 else 0.0
        speed = fill * (1.0 - x[j]) - (empty + 1.0 / (p[TAU + j] * slowdown)) * x[j]
        if most < 1.0 and abs(speed) * h > most:
            h = most / abs(speed)
    for j in range(2):
        fill = p[FILL + j] * push if drive > 0.0 else 0.0
        empty = p[EMPTY + j] * push if drive < 0.0 else 0.0
        rate = fill + empty + 1.0 / (p[TAU + j] * slowdown)
        change = (fill / rate - x[j]) * -math.expm1(-rate * h)
        if p[STEP_SPREAD] > 0.0 and push > 0.0:
            lasting = abs(change) * math.exp(-rate * h)
            change += p[STEP_SPREAD] * math.sqrt(lasting) * rng.standard_normal()
        x[j] = min(1.0, max(0.0, x[j] + change))
    x[PHI] += (1.0 - x[PHI]) * -math.expm1(-forming * h)
    return h


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    slowdown = _barrier_factor(x, p)
    for j in range(2):
        x[j] *= math.exp(-h / (p[TAU + j] * slowdown))


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class IontronicLi(Device):
    """A Li-ion iontronic memristor, volatile until formed."""

    name = "iontronic_li"
    PARAMETERS = IontronicLiParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "two reservoirs, exact at constant voltage",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="its conductance has no ends that could drift")
    parameters: IontronicLiParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.lowest >= q.highest:
            raise ValueError(f"{self.name} needs lowest < highest")
        scale, pace, form = np.exp(
            np.array([q.spread_conductance, q.spread_rate, q.spread_forming])
            * self.rng.standard_normal(3)
        )
        fast, slow = q.fast_rate * pace, q.slow_rate * pace
        p = np.array(
            [
                ROOM, fast, slow, fast, slow, q.drive_voltage, q.fast_share, 1.0 - q.fast_share,
                q.fast_time, q.slow_time, q.lowest * scale, (q.highest - q.lowest) * scale,
                q.bend_voltage, q.volatile_barrier, q.formed_barrier, q.forming_voltage * form,
                q.forming_slope, q.forming_rate, q.forming_current, q.dead_zone, q.battery,
                q.step_spread, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.filling, q.filling, float(q.formed), 0.0])

    @property
    def state(self) -> dict[str, float]:
        """Filling of the fast and the slow reservoir, progress of forming (all 0 to 1)."""
        return dict(zip(("fast", "slow", "formed"), self._x[:HIGHEST].tolist(), strict=True))

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        return self._beyond(float(self._x[HIGHEST]), TOO_HIGH)
