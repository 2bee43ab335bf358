r"""Filamentary valence-change memory (HfO2/TiOx): the JART VCM v1b compact model, with its spread.

Oxygen vacancies hop between a thin disc in front of the Schottky electrode and a plug behind it;
`N` is their concentration in the disc. C. Bengel et al., IEEE TCAS-I 67, 4618 (2020),
doi:10.1109/TCSI.2020.3018502; F. Cueppers et al., APL Materials 7, 091105 (2019),
doi:10.1063/1.5108654 [R: parameters, from public ports of the Verilog-A:
vntinas/JART-TUD-VCM-memristor-model]. Here **V > 0 sets**: the sign of the publication is turned.
With `U` across contact (`V_s`), disc and plug, ``A = pi r^2``::

    V      = U + I R_TiOx + I R_0 (1 + R_0 alpha R_th,line I^2)
    U      = V_s + I [l/N + (l_cell - l)/N_plug] / (z q mu A)
    phi_B  = phi_0 - [q^3 z N psi/(8 pi^2 eps^3)]^(1/4) >= 0,  psi = phi_0 - phi_n +- V_s
    V > 0:  I = A A* T/k sqrt(pi W00 q (V_s + phi_B/cosh^2 w)) e^(-q phi_B/W0) (e^(q V_s/E') - 1)
            W00 = (q h/4 pi) sqrt(z N/(m eps_s)), w = W00/kT, W0 = W00/tanh w, E' = W00/(w - tanh w)
    V < 0:  I = A A* T^2 e^(-q phi_B/kT) (e^(q V_s/kT) - 1)
    T      = T_ambient + R_th (r_0/r)^2 I U, for V < 0 with 0.27 R_th
    dN/dt  = +-(N_plug + N)/2 (a nu/l) [e^(-W_-/kT) - e^(-W_+/kT)] F
    W_-+   = W_0 [sqrt(1 - g^2) + g asin g -+ g pi/2],  g = z a E/(pi W_0)
    V > 0:  E = I R_disc/l, F = 1 - (N/N_max)^10;   V < 0: E = U/l_cell, F = 1 - (N_min/N)^10

**One solution of several** — for V < 0 the barrier ends in a kink at ``V_s = phi_0 - phi_n``, and
the equations often have three solutions: one continued from V = 0 (barrier gone, nearly ohmic, 1.62
kOhm at -0.2 V and N = 20e26) and two with V_s at the kink and beyond (2.59 and 4.04 kOhm). A device
swept from 0 V stays on the first, which never ends, and so does this model. A bare bisection lands
on one or another, from point to point: it resets at 0.64 V in a sweep of 1 V/s, the continued
solution at 0.92 V with 0.55 mA.

**Spread** — `variable` off gives the deterministic model. On, `r`, `l`, `N_min` and `N_max` are
drawn per device within the published ranges (10 % up and down; N_min from half to 31 times), and at
each change of polarity above 0.25 V new `r`, `l` are drawn as a bounded random walk, approached as
far as `N` moves towards its end (Eqs. 21-24 of Bengel).

**At rest** hopping balances exactly; retention is added. In Arrhenius time since the last write
`ln N` falls by `drift` and spreads by `relaxation` per decade [D], as in `gap_filament`. With
`jumps`, one vacancy (0.0039e26 1/m3, half of N_min) hops into the disc, or out of it, and back
(Arrhenius; after S. Wiefels et al., IEEE TED 67 (2020), doi:10.1109/TED.2020.3018096): the off
state is noisy from minute to minute, the on state is not.

**Forming** [D] — `formed` off gives a pristine device, forming as `gap_filament` does: wear
``dD/dt = e^(V/v_f)/t_0`` until the filament breaks through, then vacancies enter until 0.4 V are
left across the device (the compliance decides) or N = N_max; from there on it is a JART device.

**Numerics** — conductance and rate come from a table over U, ln N and l, made once per set of
parameters and ambient temperature (0.15 s, shared by devices); the radius scales the current alone.
With `exact` the equations are solved at each look, some 100 times slower: both agree within 3 %,
99 of 100 pulses within 0.5 % (where switching runs away, and 1 % of time is e-folds of current, it
is the time that agrees).
A stride of ln N takes the rate's logarithm as a cubic along the load line, from its slopes at both
ends, and is as long as lets its time be right: longer where N runs away. Set times are converged
within 2 % (explicit Euler steps of 0.02 in ln N find them 3 to 9 % longer). Behind a resistance a
limit is noticed within 0.8 e-folds of current.

**Valid** up to 1500 K in the filament; beyond, `warnings` says so and numbers are numbers only
(more than 6000 K is not felt: above 7000 K the equations for V > 0 have several solutions, too).
Without compliance or series resistance that is soon passed, above 0.7 V. Ambient 100 K and more.
**Not modelled**: heat capacity (a pulse below 1 ns feels its heat at once), 1/f spectra,
capacitance.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from scipy.special import ndtr, ndtri

from sim_instruments.load import ROOM
from sim_instruments.models import jart_contact as contact
from sim_instruments.models import jart_motion as motion
from sim_instruments.models.ageing import OFF, Rule, Wear
from sim_instruments.models.circuit import Array, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.jart_contact import BOLTZMANN, CHARGE, UNIT
from sim_instruments.models.jart_motion import FORMED, RANGE
from sim_instruments.models.parameters import Bound

CHARGES = 2.0
"""z, elementary charges of a vacancy [R]"""
VALID = 1500.0
"""K"""
WEARING = 0.8
"""e-folds of N_min by which the off conductance changes one e-fold, at 0.1 V [C: 0.7 to 1.0]"""
WINDOW = 75.0
"""on over off conductance at 0.1 V [C]"""
LOWEST_RANGE = (math.log(0.5), math.log(31.25))
"""of ln N_min, from nominal [R: JART-TUD]"""


@dataclass(frozen=True, slots=True)
class JartVcmParameters:
    """Parameters of `JartVcm`, SI."""

    formed: bool = True
    """False gives a pristine device that must be formed first"""
    variable: bool = True
    """False gives the deterministic model: no spread between devices or cycles"""
    exact: bool = False
    """True solves the equations at each look instead of reading a table"""
    jumps: bool = True
    """True lets single vacancies hop in and out of the disc at rest"""
    vacancies: Annotated[float, Bound("1/m^3", 2e23, 2.4e27)] = 0.008e26
    """1/m^3, N of the fresh formed device [R: N_init]"""
    lowest: Annotated[float, Bound("1/m^3", 4e23, 1e26)] = 0.008e26
    """1/m^3, N_min [R]"""
    highest: Annotated[float, Bound("1/m^3", 2e26, 2.2e27)] = 20e26
    """1/m^3, N_max [R]"""
    plug: Annotated[float, Bound("1/m^3", 2e26, 1e28)] = 20e26
    """1/m^3, N_plug [R]"""
    radius: Annotated[float, Bound("m", 5e-9, 200e-9)] = 45e-9
    """m, r of the filament [R]"""
    length: Annotated[float, Bound("m", 0.1e-9, 1.5e-9)] = 0.4e-9
    """m, l of the disc [R]"""
    cell: Annotated[float, Bound("m", 2e-9, 20e-9)] = 3e-9
    """m, l_cell: disc and plug [R]"""
    permittivity: Annotated[float, Bound("", 2.0, 200.0)] = 17.0
    """eps_s over vacuum, static [R]"""
    barrier_permittivity: Annotated[float, Bound("", 1.0, 50.0)] = 5.5
    """eps over vacuum, for the lowering of the barrier [R]"""
    barrier: Annotated[float, Bound("V", 0.1, 1.0)] = 0.18
    """V, phi_0 of the contact [R]"""
    fermi: Annotated[float, Bound("V", 0.0, 0.5)] = 0.10
    """V, phi_n: Fermi level below the conduction band [R]"""
    mobility: Annotated[float, Bound("m^2/(V s)", 1e-7, 1e-3)] = 4e-6
    """m^2/(V s), mu of electrons [R]"""
    richardson: Annotated[float, Bound("A/(m K)^2", 1e4, 1e7)] = 6.01e5
    """A/(m K)^2, A* [R]"""
    hop: Annotated[float, Bound("m", 0.1e-9, 1e-9)] = 0.25e-9
    """m, a: one hop of a vacancy [R]"""
    attempts: Annotated[float, Bound("1/s", 1e10, 1e15)] = 2e13
    """1/s, nu [R]"""
    hop_energy: Annotated[float, Bound("eV", 0.5, 2.5)] = 1.35
    """eV, W_0 [R]"""
    thermal_resistance: Annotated[float, Bound("K/W", 0.0, 1e8)] = 15.72e6
    """K/W, R_th while setting, at the nominal radius [R]"""
    reset_cooling: Annotated[float, Bound("", 0.01, 1.0)] = 0.27
    """R_th while resetting, of that while setting [R]"""
    oxide_resistance: Annotated[float, Bound("Ohm", 0.0, 1e5)] = 650.0
    """Ohm, R_TiOx [R]"""
    line_resistance: Annotated[float, Bound("Ohm", 0.0, 1e5)] = 719.2437
    """Ohm, R_0 [R]"""
    line_coefficient: Annotated[float, Bound("1/K", 0.0, 0.1)] = 3.92e-3
    """1/K, alpha of the line [R]"""
    line_heating: Annotated[float, Bound("K/W", 0.0, 1e7)] = 90471.47
    """K/W, R_th of the line [R]"""
    spread_radius: Annotated[float, Bound("", 0.0, 0.1)] = 0.033
    """relative sigma of r between devices, cut at 0.1 [D: a third of the range]"""
    spread_length: Annotated[float, Bound("", 0.0, 0.1)] = 0.033
    """relative sigma of l between devices, cut at 0.1 [D: a third of the range]"""
    spread_lowest: Annotated[float, Bound("", 0.0, 1.0)] = 0.25
    """log-normal sigma of N_min between devices [D]"""
    spread_highest: Annotated[float, Bound("", 0.0, 0.1)] = 0.033
    """relative sigma of N_max between devices, cut at 0.1 [D: a third of the range]"""
    cycle_radius: Annotated[float, Bound("", 0.0, 0.1)] = 0.03
    """relative sigma of a step of r between cycles [D; a few % M]"""
    cycle_length: Annotated[float, Bound("", 0.0, 0.1)] = 0.03
    """relative sigma of a step of l between cycles [D; a few % M]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [R: 0.5-2 % for RRAM]"""
    drift: Annotated[float, Bound("", 0.0, 0.05)] = 0.003
    """loss of N per decade of time after a write [D]"""
    relaxation: Annotated[float, Bound("", 0.0, 0.05)] = 0.0017
    """spread of ln N per decade of time after a write [D]"""
    retention_energy: Annotated[float, Bound("eV", 0.0, 3.0)] = 1.35
    """eV, activation of drift and relaxation: that of switching [R: hourglass, MEE 2017]"""
    jump_energy: Annotated[float, Bound("eV", 0.3, 2.0)] = 0.9
    """eV, activation of the jumps [D]"""
    jump_attempts: Annotated[float, Bound("1/s", 0.0, 1e15)] = 1e13
    """1/s, of the jumps [D]"""
    forming_voltage: Annotated[float, Bound("V", 0.5, 10.0)] = 2.5
    """V, 63 % of devices have formed here at 1 V/s [D]"""
    forming_slope: Annotated[float, Bound("V", 0.02, 1.0)] = 0.12
    """V, v_f: an e-fold of time to form [D]"""
    forming_shape: Annotated[float, Bound("", 2.0, 1000.0)] = 20.0
    """Weibull shape of the forming voltage [M: 15-40]"""
    largest_step: Annotated[float, Bound("", 1e-3, 0.5)] = 0.4
    """the largest change of ln N in one sub-step (numerics)"""


@lru_cache(maxsize=8)
def _packed(q: JartVcmParameters, kelvin: float) -> Array:
    """Return packed parameters and table for one ambient temperature; devices share them."""
    steady = not q.variable
    hotter = 1.0 / ROOM - 1.0 / kelvin
    jumps = q.jump_attempts * math.exp(-q.jump_energy / (BOLTZMANN * kelvin)) if q.jumps else 0.0
    lowering = CHARGE**3 * CHARGES * UNIT / (
        8.0 * math.pi**2 * (q.barrier_permittivity * contact.VACUUM) ** 3
    )  # fmt: skip
    tunnel = CHARGES * UNIT / (contact.ELECTRON * q.permittivity * contact.VACUUM)
    p = np.array(
        [
            kelvin, float(q.exact), lowering, contact.PLANCK / (4.0 * math.pi) * math.sqrt(tunnel),
            q.richardson, q.barrier, q.fermi, 1.0 / (UNIT * CHARGES * CHARGE * q.mobility),
            q.plug / UNIT, q.cell, q.thermal_resistance * math.pi * q.radius**2, q.reset_cooling,
            math.pi * q.hop_energy / (CHARGES * q.hop), q.hop_energy, q.hop * q.attempts, q.length,
            q.radius, q.oxide_resistance + q.line_resistance,
            q.line_resistance**2 * q.line_coefficient * q.line_heating,
            0.0 if steady else q.cycle_radius, 0.0 if steady else q.cycle_length, q.read_noise,
            q.drift, q.relaxation, math.exp(q.retention_energy / BOLTZMANN * hotter), jumps,
            q.forming_slope, q.largest_step,
        ]
    )  # fmt: skip
    if q.exact:
        return p
    return np.concatenate([p, contact.table(*p[: contact.PHYSICS].tolist())])


class JartVcm(Device):
    """A HfO2/TiOx valence-change memristor, JART VCM v1b."""

    name = "jart_vcm"
    PARAMETERS = JartVcmParameters
    KERNELS = specialise(__name__, current=motion.current, step=motion.step, rest=motion.rest,
                         observe=motion.observe)  # fmt: skip
    APPROXIMATIONS = (
        "temperature follows power at once",
        "conduction and hopping from a table, within 3 % of the equations (not with exact = true)",
        "rest and retention in closed form, one vacancy jumping",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(1.2, 1.3, 1e-6),
        (Rule(OFF, motion.LOW, 0.0, lambda p: WEARING, state=True),),
        window=lambda p: WINDOW,
        why="the on conductance is that of the lines, and the equations that make the voltage are "
        "tabulated once for all devices",
    )
    parameters: JartVcmParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        if not q.lowest <= q.vacancies <= q.highest or q.length >= 0.9 * q.cell:
            raise ValueError("jart_vcm needs lowest <= vacancies <= highest and length < 0.9 cell")
        draws = self.rng.random(4)
        weibull = self.rng.exponential() ** (1.0 / q.forming_shape) if q.variable else 1.0
        sigmas = (q.spread_radius, q.spread_length, q.spread_highest, q.spread_lowest)
        ranges = [(-RANGE, RANGE)] * 3 + [LOWEST_RANGE]
        radius, length, highest, lowest = (
            _truncated(draw, sigma if q.variable else 0.0, low, high)
            for draw, sigma, (low, high) in zip(draws.tolist(), sigmas, ranges, strict=True)
        )
        low = math.log(q.lowest / UNIT) + lowest
        high = math.log(q.highest / UNIT * (1.0 + highest))
        forming = q.forming_voltage * weibull
        x = np.zeros(motion.HIGHEST + 1)
        x[[motion.LOW, motion.HIGH]] = low, high
        x[motion.LN] = x[motion.SEEN] = min(low + math.log(q.vacancies / q.lowest), high)
        x[motion.RADIUS] = q.radius * (1.0 + radius)
        x[motion.STRETCH] = 1.0 + length
        x[motion.AREA] = math.pi * x[motion.RADIUS] ** 2
        x[motion.FORM_TIME] = q.forming_slope * math.exp(forming / q.forming_slope)
        x[motion.RATIO] = 0.5
        x[motion.STAGE] = FORMED
        if not q.formed:
            x[motion.STAGE] = motion.FRESH
            x[motion.AREA] *= motion.PRISTINE
        return _packed(q, ROOM), x

    def _warm(self, kelvin: float) -> None:
        self._p = _packed(self.parameters, kelvin)

    @property
    def state(self) -> dict[str, float]:
        """Vacancies written in 1/m3, a jumped one (-1, 0, 1), radius and length in m, forming."""
        x = self._x
        return {
            "vacancies": math.exp(x[motion.LN]) * UNIT,
            "jump": float(x[motion.JUMP]),
            "radius": float(x[motion.RADIUS]),
            "length": float(x[motion.STRETCH]) * self.parameters.length,
            "formed": float(x[motion.STAGE] == FORMED),
            "wear": float(x[motion.WEAR]),
        }

    @property
    def warnings(self) -> list[str]:
        """Say how hot the filament has been, and whether the table was left."""
        hottest, highest = float(self._x[motion.HOTTEST]), float(self._x[motion.HIGHEST])
        found = []
        if hottest > VALID:
            found.append(
                f"jart_vcm: the filament reached {hottest:.0f} K, the model holds "
                f"up to {VALID:.0f} K; use a compliance or a resistance"
            )
        if highest > contact.WIDEST:
            found.append(
                f"jart_vcm: {highest:.2g} V across the filament, it feels no more "
                f"than {contact.WIDEST:g} V"
            )
        return found


def _truncated(draw: float, sigma: float, low: float, high: float) -> float:
    """Return a normal deviate of 0 and `sigma`, from `low` to `high`, for a uniform `draw`."""
    if sigma == 0.0:
        return 0.0
    below, above = ndtr(low / sigma), ndtr(high / sigma)
    return float(sigma * ndtri(below + draw * (above - below)))
