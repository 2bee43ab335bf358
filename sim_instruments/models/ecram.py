r"""Electrochemical memory (ECRAM): a gate inserts ions into a channel, three terminals.

The filling `q` (0 to 1) is the normalised inserted charge. Gate current crosses an electrolyte and
an electrode reaction (Butler-Volmer); the channel is ohmic, and reading it writes nothing::

    I_g   = I_ex [exp(a eta/kT) - exp(-(1 - a) eta/kT)],   eta = V_g - U(q) - I_g R_ion
    U(q)  = U_0 + kT g_U ln(q/(1 - q)) + U_1 (q - 1/2)
    dq/dt = I_g/Q_max - (q - q_rest)/tau;   a selector lets I_g pass where |V_g| >= V_sel only
    G     = G_min + (G_max - G_min) [q + c q (1 - q)]
    R_ion ~ T exp(E_a/kT);   I_ex, 1/tau ~ exp(-E_a/kT)

V_g > 0 fills and raises the conductance, whatever the ion. Laws and the four flavours (`preset`)
are design choices [D] around public facts: open-loop programming with +-5 V, 150 ms in a W/YSZ/WOx
array [R: doi:10.1038/s41467-023-41958-4], more than 1000 states, the open-circuit potential as the
issue of retention [R: Nano Convergence 2024, doi:10.1186/s40580-024-00415-8], and nanosecond pulses
in protonic cells [R: encyclopedia of ECRAM; 5 ns at 10 V from M]. The rows are consistent in that a
pulse moves ``Q_max/states = t (V - eta)/R_ion``. With a flat open-circuit potential they take [C]
1290 (li, 1 V 10 us), 264 (proton, 8 V 5 ns), 5247 (oxygen_vacancy, 4 V 1 ms) and 341 (organic, 0.5
V 1 ms) pulses for the full scale and 0.78 pJ, 0.15 fJ, 0.15 pJ and 15 pJ each.

**Numerics.** Newton finds `eta` in about four steps; the filling then moves by the exact
exponential of the law linearised over the stride, which is exact where law and reaction are linear.
A saturated cell, or one in equilibrium with its gate, costs one step. Rest is closed form.

**Against measured steps.** `U_1` and `c` tilt the steps up and down against the filling, and so
stand in for a step law fitted to a device. The presets `li_tang` (Tang, IEDM 2018,
doi:10.1109/IEDM.2018.8614551) and `oxide_kim` (Kim, IEDM 2019) follow aihwkit's LinearStep rows [R:
IBM/aihwkit] at 1 V 10 us and 4 V 1 ms: within 5 % and 8 % of a step over the whole range, 2 % and 3
% on average [C]. The second takes an open-circuit swing of 4.6 V, which no cell has: that row's
asymmetry is not thermodynamic.

**Retention.** Behind its selector a cell at ``V_g = 0`` is open and only leaks. For Li the design
had 1e5 s "shorted" and 1e8 s with a selector; the default is the second, `retention_time` takes the
first. A short through this very electrolyte is neither: without a selector (``selector = 0``) the
cell discharges at ``V_g = 0`` with ``(R_ion + kT/I_ex) Q_max/U'``, a quarter of a second.

**Temperature.** From 300 K to 423 K ``exp(E_a/kT)`` falls by 7.7e4 at 1.0 eV [C], which the
design gives as the speed-up of an oxygen-vacancy cell; ``R_ion ~ T exp(E_a/kT)`` falls by 5.4e4,
and that is how much faster the cell becomes.

**Spread** [D; Li and oxygen vacancy R: aihwkit]: capacity and conductance between devices,
log-normal; a change ``dq`` has a standard deviation ``step_spread sqrt(|dq|)``. Readings have a
relative noise.

**Valid** up to the voltage at which the electrolyte decomposes (a warning), 250-450 K, ns to years.
**Not modelled**: the electric double layer and its volatile transient, diffusion within the
channel, drain voltage as part of the gate's, self-heating, wear, a gate source with resistance or
limit.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import NOMINAL, Wear
from sim_instruments.models.circuit import Array, Rng, kernel
from sim_instruments.models.device import AMBIENT
from sim_instruments.models.gated import GATE, Gated, specialise_gated
from sim_instruments.models.parameters import Bound, Choice, Value

BOLTZMANN = 8.617333e-5
"""eV/K"""
EDGE = 1e-3
"""filling at which the logarithm of the open-circuit potential ends"""
AT_EDGE = 1e-6
"""of the filling; nearer than this to where a stride should end is there"""
STRIDE = 0.02
"""largest change of q in one sub-step, less towards the ends"""
FROZEN = 400.0
"""e-folds slower than at room temperature, as good as frozen: numbers only"""
EXACT = 1e-7
"""V; Newton's last step: the next would be below 1e-12 V"""

# Slots of the parameter array after the temperature.
KT, R_ION, I_EX, LEAK, Q_MAX, TRANSFER, SELECTOR = range(1, 8)
U_ZERO, U_LOG, U_LINE, Q_REST, G_MIN, G_SPAN, BOW, STEP_SPREAD, READ_NOISE = range(8, 17)
# Slots of the state array after the gate: filling, gate charge and time since it was observed, and
# the largest gate voltage.
Q, CHARGE, WINDOW, STRONGEST = range(1, 5)

OXIDE: dict[str, Value] = {
    "capacity": 0.2e-9, "ion_resistance": 100e9, "exchange_current": 1e-12, "lowest": 20e-6,
    "highest": 200e-6, "retention_time": 1e8, "activation": 1.0, "selector": 0.5,
    "safe_voltage": 8.0, "step_spread": 0.024,
}  # fmt: skip
PROTON: dict[str, Value] = {
    "capacity": 5e-15, "ion_resistance": 2e9, "exchange_current": 1e-12, "lowest": 0.1e-6,
    "highest": 2e-6, "retention_time": 1e4, "activation": 0.45, "selector": 1.0,
    "safe_voltage": 12.0, "step_spread": 0.005,
}  # fmt: skip
ORGANIC: dict[str, Value] = {
    "capacity": 10e-9, "ion_resistance": 15e6, "exchange_current": 10e-9, "lowest": 0.2e-3,
    "highest": 1e-3, "retention_time": 1e3, "activation": 0.4, "selector": 0.1,
    "safe_voltage": 1.2, "ocv_slope": 0.02, "step_spread": 0.005,
}  # fmt: skip
STRAIGHT: dict[str, Value] = {"ocv_log": 0.0, "bow": -0.25}
FLAVOURS: dict[str, dict[str, Value]] = {
    "li": {},
    "proton": PROTON,
    "oxygen_vacancy": OXIDE,
    "organic": ORGANIC,
    "li_tang": STRAIGHT | {"capacity": 0.758e-9, "ocv_slope": 0.57},
    "oxide_kim": OXIDE | STRAIGHT | {"capacity": 0.264e-9, "ocv_slope": 4.64},
}


@dataclass(frozen=True, slots=True)
class EcramParameters:
    """Parameters of `Ecram`, SI; the defaults are those of the Li cell."""

    preset: Annotated[str, Choice(FLAVOURS)] = "li"
    """the ion: LiPON/WO3 or LixCoO2; protons, PSG/WO3; oxygen vacancies, YSZ/WOx or HfO2; organic,
    PEDOT:PSS/PEI [D]; or the Li and the oxide cell fitted to aihwkit's rows [R]"""
    filling: Annotated[float, Bound("", 0.0, 1.0)] = 0.5
    """q of the fresh device [D]"""
    capacity: Annotated[float, Bound("C", 1e-18, 1e-3)] = 1e-9
    """C, Q_max; 10 x 10 um2 [D]"""
    ion_resistance: Annotated[float, Bound("Ohm", 1.0, 1e15)] = 10e6
    """Ohm, R_ion at 300 K [D]"""
    exchange_current: Annotated[float, Bound("A", 1e-18, 1e-3)] = 1e-9
    """A, I_ex at 300 K [D]"""
    transfer: Annotated[float, Bound("", 0.1, 0.9)] = 0.5
    """a of Butler-Volmer [D]"""
    selector: Annotated[float, Bound("V", 0.0, 20.0)] = 0.2
    """V, V_sel; 0 is no selector [D]"""
    ocv_offset: Annotated[float, Bound("V", -5.0, 5.0)] = 0.0
    """V, U_0 [D]"""
    ocv_log: Annotated[float, Bound("", 0.0, 5.0)] = 1.0
    """g_U [D]"""
    ocv_slope: Annotated[float, Bound("V", 0.0, 10.0)] = 0.05
    """V, U_1 [D]"""
    lowest: Annotated[float, Bound("S", 1e-12, 1.0)] = 10e-6
    """S, G_min [D]"""
    highest: Annotated[float, Bound("S", 1e-12, 1.0)] = 100e-6
    """S, G_max [D]"""
    bow: Annotated[float, Bound("", -0.99, 0.99)] = 0.0
    """c, how much conductance bends with filling [D]"""
    retention_time: Annotated[float, Bound("s", 1e-6, 1e15)] = 1e8
    """s, tau at 300 K with the gate open [D]"""
    rest_filling: Annotated[float, Bound("", 0.0, 1.0)] = 0.5
    """q_rest, where a leaking cell ends: that of its gate [D]"""
    activation: Annotated[float, Bound("eV", 0.0, 3.0)] = 0.55
    """eV, E_a [D]"""
    safe_voltage: Annotated[float, Bound("V", 0.1, 50.0)] = 3.0
    """V, more decomposes the electrolyte [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of conductance between devices [D]"""
    spread_capacity: Annotated[float, Bound("", 0.0, 0.5)] = 0.1
    """log-normal sigma of Q_max, and so of the step, between devices [R aihwkit: Li, 0.1]"""
    step_spread: Annotated[float, Bound("", 0.0, 0.5)] = 0.0095
    """standard deviation of a change of q by 1: 0.3 of a step of 1/1000 [R aihwkit: Li], 2.0 of
    1/7090 [R aihwkit: metal oxide]; the other flavours [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    q = x[Q]
    g = p[G_MIN] + p[G_SPAN] * (q + p[BOW] * q * (1.0 - q))
    return g * v, g


@kernel
def _open_circuit(q: float, p: Array) -> float:
    """Return U in V."""
    inside = min(1.0 - EDGE, max(EDGE, q))
    log = p[U_LOG] * p[KT] * math.log(inside / (1.0 - inside))
    return float(p[U_ZERO] + log + p[U_LINE] * (q - 0.5))


@kernel
def _reaction(drive: float, p: Array) -> float:
    """Return the gate current in A that `drive`, V_g - U, sends through electrolyte and reaction.

    Newton from above the overpotential, where the law is convex: it cannot overshoot.
    """
    size = abs(drive)
    a = p[TRANSFER] if drive > 0.0 else 1.0 - p[TRANSFER]
    scale = p[R_ION] * p[I_EX]
    eta = min(size, p[KT] / a * math.log1p(size / scale))
    for _ in range(50):
        ahead = math.exp(a * eta / p[KT])
        back = math.exp((a - 1.0) * eta / p[KT])
        slope = 1.0 + scale * (a * ahead + (1.0 - a) * back) / p[KT]
        move = (scale * (ahead - back) + eta - size) / slope
        eta -= move
        if abs(move) < EXACT:
            break
    net = scale * (math.exp(a * eta / p[KT]) - math.exp((a - 1.0) * eta / p[KT]))
    if slope > 2.0:
        # The reaction is the steeper of the two: the drop over the electrolyte errs less.
        net = size - eta
    return math.copysign(net * p[I_EX] / scale, drive)


@kernel
def _speed(q: float, v: float, p: Array) -> float:
    """Return dq/dt in 1/s at gate voltage `v`."""
    leak = p[LEAK] * (p[Q_REST] - q)
    if abs(v) < p[SELECTOR]:
        return float(leak)
    return float(_reaction(v - _open_circuit(q, p), p) / p[Q_MAX] + leak)


@kernel
def _moved(speed: float, slope: float, h: float) -> float:
    """Return by how much q moves in `h` seconds where dq/dt is ``speed + slope dq``."""
    if abs(slope * h) < 1e-12:
        return speed * h
    return speed / slope * math.expm1(slope * h)


@kernel
def _time(speed: float, slope: float, move: float) -> float:
    """Return how long a `move` takes there, for ever where it ends before."""
    bent = slope * move / speed
    if abs(bent) < 1e-12:
        return move / speed
    return math.log1p(bent) / slope if bent > -1.0 else math.inf


@kernel
def _travel(v: float, h: float, x: Array, p: Array) -> tuple[float, float]:
    """Return (move of q, time taken), at most a stride and `h`."""
    q = x[Q]
    speed = _speed(q, v, p)
    end = 1.0 - q if speed > 0.0 else q
    if speed == 0.0 or end == 0.0:
        return 0.0, h
    # Not over where the logarithm ends: a chord across it would end a hold beyond its balance.
    for edge in (EDGE, 1.0 - EDGE):
        ahead = math.copysign(edge - q, (edge - q) * speed)
        if ahead > AT_EDGE:
            end = min(end, ahead)
    # The slope is that of the chord over the stride: right, where the law is straight.
    stride = math.copysign(min(end, EDGE + 4.0 * STRIDE * q * (1.0 - q)), speed)
    if abs(speed) * h < abs(stride):
        stride = speed * h
    far = _speed(q + stride, v, p)
    balance = stride * speed / (speed - far) if far * speed < 0.0 else 0.0
    if abs(balance) > AT_EDGE:
        stride, far = balance, _speed(q + balance, v, p)
    slope = (far - speed) / stride
    taken = _time(speed, slope, stride)
    if taken <= h:
        return stride, taken
    return _moved(speed, slope, h), h


@kernel
def _insert(v: float, h: float, x: Array, p: Array, rng: Rng) -> float:
    """Let the cell move for at most `h` seconds; return the time taken."""
    before = x[Q]
    move, taken = _travel(v, h, x, p)
    if abs(v) >= p[SELECTOR]:
        leaked = p[LEAK] * (before + 0.5 * move - p[Q_REST]) * taken
        x[CHARGE] += p[Q_MAX] * (move + leaked)
        move += p[STEP_SPREAD] * math.sqrt(abs(move)) * rng.standard_normal()
    x[Q] = min(1.0, max(0.0, before + move))
    return taken


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    x[STRONGEST] = max(x[STRONGEST], abs(x[GATE]))
    if abs(x[GATE]) < p[SELECTOR]:
        x[Q] += (p[Q_REST] - x[Q]) * -math.expm1(-p[LEAK] * h)
        taken = h
    else:
        taken = _insert(x[GATE], h, x, p, rng)
    x[WINDOW] += taken
    return taken


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    x[CHARGE] = x[WINDOW] = 0.0
    if p[SELECTOR] > 0.0:
        x[Q] += (p[Q_REST] - x[Q]) * -math.expm1(-p[LEAK] * h)
        return
    left = h
    while left > 0.0:
        left -= _insert(0.0, left, x, p, rng)
    x[CHARGE] = 0.0


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


def _observe_gate(v: float, x: Array, p: Array, rng: Rng) -> float:
    mean = x[CHARGE] / x[WINDOW] if x[WINDOW] > 0.0 else 0.0
    x[CHARGE] = x[WINDOW] = 0.0
    return mean * float(1.0 + p[READ_NOISE] * rng.standard_normal())


class Ecram(Gated):
    """An electrochemical random-access memory cell."""

    name = "ecram"
    PARAMETERS = EcramParameters
    KERNELS = specialise_gated(__name__, current=_current, step=_step, rest=_rest,
                               observe=_observe, observe_gate=_observe_gate)  # fmt: skip
    APPROXIMATIONS = (
        "filling by exponentials of the linearised law, exact where it is linear",
        "the gate's source is ideal; drain voltage is no part of the gate's",
        "a gate reading is the mean since the reading before",
        "rest in closed form",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(*NOMINAL, why="its gate writes it, and driven at its gate it does not wear")
    parameters: EcramParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if q.lowest >= q.highest:
            raise ValueError("ecram needs lowest < highest")
        scale, room = np.exp(
            np.array([q.spread_conductance, q.spread_capacity]) * self.rng.standard_normal(2)
        )
        p = np.zeros(READ_NOISE + 1)
        p[Q_MAX:] = (
            q.capacity * room, q.transfer, q.selector, q.ocv_offset, q.ocv_log, q.ocv_slope,
            q.rest_filling, q.lowest * scale, (q.highest - q.lowest) * scale, q.bow,
            q.step_spread, q.read_noise,
        )  # fmt: skip
        self._heat(p, ROOM)
        return p, np.array([0.0, q.filling, 0.0, 0.0, 0.0])

    def _heat(self, p: Array, kelvin: float) -> None:
        """Fill in what depends on temperature."""
        q = self.parameters
        folds = q.activation / BOLTZMANN * (1.0 / kelvin - 1.0 / ROOM)
        slower = math.exp(min(folds, FROZEN))
        p[AMBIENT], p[KT] = kelvin, BOLTZMANN * kelvin
        p[R_ION] = q.ion_resistance * kelvin / ROOM * slower
        p[I_EX] = q.exchange_current / slower
        p[LEAK] = 1.0 / (q.retention_time * slower)

    def _warm(self, kelvin: float) -> None:
        self._heat(self._p, kelvin)

    @property
    def state(self) -> dict[str, float]:
        """Filling (0 to 1), channel conductance in S, open-circuit potential of the gate in V."""
        q = float(self._x[Q])
        conductance = float(self.current(1.0))
        open_circuit = float(_open_circuit(q, self._p))
        return {"filling": q, "conductance": conductance, "open_circuit": open_circuit}

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far, one sentence each."""
        if self._x[STRONGEST] <= self.parameters.safe_voltage:
            return []
        return [f"{self.name}: {self._x[STRONGEST]:.3g} V at the gate, the electrolyte decomposes"]
