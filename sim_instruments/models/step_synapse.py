r"""Step synapse: published analog devices as tables, one conductance step per pulse.

The behavioural law of NeuroSim, P.-Y. Chen et al., IEEE TCAD 37, 3067 (2018),
doi:10.1109/TCAD.2018.2789723 [R: MLP+NeuroSim V3 manual, Eq. 1-3 and Table II, values in brackets
from V2]. Potentiation and depression are exponentials in the pulse number `P`, each with its own
curvature::

    G_LTP(P) = B (1 - exp(-P/A)) + G_min,   B = (G_max - G_min)/(1 - exp(-P_max/A))
    LTD: the same curve with its own A, run from P_max down

One pulse goes from the conductance to `P`, one step on, and back: an affine map, exact however
conductance came about. The published label NL of a curve is ``10.1015 dev``, ``dev`` its largest
distance from the straight line, both axes from 0 to 1, positive above the line; with
``A' = A/P_max`` and ``D = 1 - exp(-1/A')`` [C, against all 900 entries of the published table]::

    dev = 1/D - A' + A' ln(A' D);   NL = dev/(0.07 sqrt 2);   sign(NL) = sign(A')

Depression is labelled over the same axis (mirrored in time): a negative label falls fast at first,
as most devices do. The two rows with a positive one (`gst_pcm`, `hzo_fefet`) are taken at their
word: slowly at first. Write noise adds ``N(0, c2c (G_max - G_min))`` per pulse, the ends of the
range hold. (Where steps grow with the way gone, so does the noise: two such devices part.)

**What is a pulse**: a voltage of at least `margin` times the row's write voltage for at least
`margin` times its width makes one step, and every further full width one more; any lower voltage, a
rest or a change of polarity begins a new pulse. What is stronger still makes one step too. V > 0
potentiates and V < 0 depresses, whatever the polarity was in the source (PCMO has it the other way
round, GST and TaOx/HfOx are unipolar or have a transistor). Between pulses the device is ohmic and
keeps its state for ever.

**Spread** — between devices: conductance log-normal [D], and a normal deviation of both labels, as
NeuroSim does it [R: that it does; D: its size]. Readings have a relative noise.

**Valid** for pulses like those of the row: width and height between steps are not interpolated.
**Not modelled**: dependence of the step on height and width, retention, temperature, and
non-linear I-V.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from scipy.optimize import brentq

from sim_instruments.load import ROOM
from sim_instruments.models.ageing import OFF, ON, SPREAD, Rule, Wear
from sim_instruments.models.circuit import Array, Rng, specialise
from sim_instruments.models.device import Device
from sim_instruments.models.parameters import Bound, Choice, Value

STRAIGHT = 1e-3
"""a label closer to 0 than this is a straight line (dev 1e-4 of the range)"""
ROUNDING = 1e-9
"""of a width: a step due by so little has come, whatever segments the time was cut into"""
ENOUGH = 4.0
"""times all levels: so many more steps one way leave nothing of where they began"""

# Slots of the parameter array after the temperature: for up, then for down, each two.
G_MIN, SPAN, HEIGHT, WIDTH, KEEP, TARGET, LEVELS = 1, 2, 3, 5, 7, 9, 11
NOISE, MARGIN, READ_NOISE = 13, 14, 15
# Slots of the state array: share of the range (0 to 1), time in this pulse, its polarity.
SHARE, ELAPSED, POLARITY = range(3)


def _row(
    levels: tuple[float, float], labels: tuple[float, float], resistance: float, ratio: float,
    up: tuple[float, float], down: tuple[float, float], c2c: float,
) -> dict[str, Value]:  # fmt: skip
    return {
        "levels_up": levels[0], "levels_down": levels[1], "nonlinearity_up": labels[0],
        "nonlinearity_down": labels[1], "highest": 1.0 / resistance, "ratio": ratio,
        "voltage_up": up[0], "width_up": up[1], "voltage_down": down[0], "width_down": down[1],
        "c2c": c2c,
    }  # fmt: skip


PRESETS: Mapping[str, Mapping[str, Value]] = {
    "ag_asi": _row((97, 97), (2.4, -4.88), 26e6, 12.5, (3.2, 300e-6), (2.8, 300e-6), 0.035),
    "taox_tio2": _row((102, 102), (1.85, -1.79), 5e6, 2.0, (3.0, 40e-3), (3.0, 10e-3), 0.01),
    "taox_hfox": _row((128, 128), (0.04, -0.63), 100e3, 10.0, (1.6, 50e-9), (1.6, 50e-9), 0.037),
    "pcmo": _row((50, 50), (3.68, -6.76), 23e6, 6.84, (2.0, 1e-3), (2.0, 1e-3), 0.01),
    "alox_hfo2": _row((40, 40), (1.94, -0.61), 16.9e3, 4.43, (0.9, 100e-6), (1.0, 100e-6), 0.05),
    "gst_pcm": _row((100, 120), (0.105, 2.4), 4.71e3, 19.8, (0.7, 6e-6), (3.0, 125e-9), 0.015),
    "epiram": _row((64, 64), (0.5, -0.5), 81e3, 50.2, (5.0, 5e-6), (3.0, 5e-6), 0.02),
    "hzo_fefet": _row((32, 32), (1.75, 1.46), 559.28e3, 45.0, (3.65, 75e-9), (2.95, 75e-9), 0.005),
}


def nonlinearity(shape: float) -> float:
    """Return the published label of a curve with ``A/P_max = shape`` (not 0)."""
    size = abs(shape)
    rise = -math.expm1(-1.0 / size)
    label = (1.0 / rise - size + size * math.log(size * rise)) / (0.07 * math.sqrt(2.0))
    return math.copysign(label, shape)


def shape_of(label: float) -> float:
    """Return ``A/P_max`` of a curve with this label; infinite for a straight line."""
    if abs(label) < STRAIGHT:
        return math.inf
    found = brentq(lambda ln: nonlinearity(math.exp(ln)) - abs(label), math.log(1e-3), 9.5)
    return math.copysign(math.exp(found), label)


@dataclass(frozen=True, slots=True)
class StepSynapseParameters:
    """Parameters of `StepSynapse`, SI; the defaults are the Ag:a-Si row."""

    preset: Annotated[str, Choice(PRESETS)] = "ag_asi"
    """the published device [R]"""
    share: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """where in its range the fresh device is, 0 lowest conductance"""
    levels_up: Annotated[float, Bound("", 2.0, 1e6)] = 97.0
    """pulses from lowest to highest [R; of "100-120" for GST, 100 here and 120 down]"""
    levels_down: Annotated[float, Bound("", 2.0, 1e6)] = 97.0
    """pulses from highest to lowest [R]"""
    nonlinearity_up: Annotated[float, Bound("", -9.5, 9.5)] = 2.4
    """NL of potentiation [R]"""
    nonlinearity_down: Annotated[float, Bound("", -9.5, 9.5)] = -4.88
    """NL of depression [R]"""
    highest: Annotated[float, Bound("S", 1e-12, 1.0)] = 1.0 / 26e6
    """S, 1/R_on [R]"""
    ratio: Annotated[float, Bound("", 1.01, 1e6)] = 12.5
    """ON/OFF [R]"""
    voltage_up: Annotated[float, Bound("V", 0.01, 50.0)] = 3.2
    """V, height of a potentiating pulse [R]"""
    width_up: Annotated[float, Bound("s", 1e-9, 10.0)] = 300e-6
    """s, its width [R]"""
    voltage_down: Annotated[float, Bound("V", 0.01, 50.0)] = 2.8
    """V, size of a depressing pulse, applied as V < 0 [R]"""
    width_down: Annotated[float, Bound("s", 1e-9, 10.0)] = 300e-6
    """s, its width [R]"""
    c2c: Annotated[float, Bound("", 0.0, 1.0)] = 0.035
    """write noise of one pulse, of the range [R; where the row says "<1 %", 1 %]"""
    margin: Annotated[float, Bound("", 0.1, 1.0)] = 0.9
    """of height and width, from which on a pulse counts [D]"""
    spread_conductance: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of conductance between devices [D]"""
    spread_nonlinearity: Annotated[float, Bound("", 0.0, 2.0)] = 0.1
    """sigma of both labels between devices [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""


def _current(v: float, x: Array, p: Array) -> tuple[float, float]:
    g = p[G_MIN] + p[SPAN] * x[SHARE]
    return v * g, g


def _step(
    v: float, i: float, g: float, give: float, h: float, x: Array, p: Array, rng: Rng
) -> float:
    way = 0 if v > 0.0 else 1
    if abs(v) < p[MARGIN] * p[HEIGHT + way]:
        x[ELAPSED] = 0.0
        return h
    if x[POLARITY] != way:
        x[POLARITY] = way
        x[ELAPSED] = 0.0
    width = p[WIDTH + way]
    # A step falls due at margin, 1 + margin, 2 + margin ... widths.
    due = width * (max(math.ceil(x[ELAPSED] / width - p[MARGIN] + ROUNDING), 0.0) + p[MARGIN])
    wait = due - x[ELAPSED]
    if wait - h > ROUNDING * width:
        x[ELAPSED] += h
        return h
    spare = h - ENOUGH * p[LEVELS + way] * width
    if spare > width:
        # So much time is left that only its end decides: skip whole widths.
        skipped = width * math.floor(spare / width)
        x[ELAPSED] = 0.0
        return float(skipped)
    x[ELAPSED] = due
    # Up, the share goes towards TARGET as KEEP says; down, what is missing does.
    from_end = x[SHARE] if way == 0 else 1.0 - x[SHARE]
    if p[KEEP + way] == 1.0:
        moved = from_end + 1.0 / p[LEVELS + way]
    else:
        moved = p[TARGET + way] + (from_end - p[TARGET + way]) * p[KEEP + way]
    if p[NOISE] > 0.0:
        moved += p[NOISE] * rng.standard_normal()
    moved = min(max(moved, 0.0), 1.0)
    x[SHARE] = moved if way == 0 else 1.0 - moved
    return min(float(wait), h)


def _rest(h: float, x: Array, p: Array, rng: Rng) -> None:
    x[ELAPSED] = 0.0


def _observe(i: float, x: Array, p: Array, rng: Rng) -> float:
    return i * float(1.0 + p[READ_NOISE] * rng.standard_normal())


def _map(label: float, levels: float) -> tuple[float, float]:
    """Return (keep, target) of one step: ``share -> target + (share - target) keep``."""
    shape = shape_of(label)
    if math.isinf(shape):
        return 1.0, 0.0
    return math.exp(-1.0 / (shape * levels)), -1.0 / math.expm1(-1.0 / shape)


class StepSynapse(Device):
    """A published analog device: one step per pulse."""

    name = "step_synapse"
    PARAMETERS = StepSynapseParameters
    KERNELS = specialise(__name__, current=_current, step=_step, rest=_rest, observe=_observe)
    APPROXIMATIONS = (
        "one step per pulse, whatever its exact height and width",
        "of a hold much longer than all levels only the end is stepped",
        "one relative Gaussian noise per reading",
    )
    WEAR = Wear(
        *(3.2, 2.8, 300e-6),
        (Rule(OFF, G_MIN), Rule(OFF, SPAN, weight=lambda p: -p[G_MIN]),
         Rule(ON, SPAN, weight=lambda p: p[G_MIN] + p[SPAN]), Rule(SPREAD, NOISE)),
        window=lambda p: 1.0 + p[SPAN] / p[G_MIN],
        why="a pulse counts or does not, there is no switching voltage",
        nominal=lambda p: (p[HEIGHT], p[HEIGHT + 1], p[WIDTH]),
    )  # fmt: skip
    parameters: StepSynapseParameters

    def _pack(self) -> tuple[Array, Array]:
        q = self.parameters
        draws = self.rng.standard_normal(3)
        scale = q.highest * math.exp(q.spread_conductance * draws[0])
        labels = np.clip(
            np.array([q.nonlinearity_up, q.nonlinearity_down])
            + q.spread_nonlinearity * draws[1:],
            -9.9, 9.9,
        )  # fmt: skip
        up = _map(labels[0], q.levels_up)
        # A falling curve of label NL, seen from its top, is a rising one of label -NL.
        down = _map(-labels[1], q.levels_down)
        p = np.array(
            [
                ROOM, scale / q.ratio, scale * (1.0 - 1.0 / q.ratio), q.voltage_up, q.voltage_down,
                q.width_up, q.width_down, up[0], down[0], up[1], down[1], q.levels_up,
                q.levels_down, q.c2c, q.margin, q.read_noise,
            ]
        )  # fmt: skip
        return p, np.array([q.share, 0.0, 0.0])

    @property
    def state(self) -> dict[str, float]:
        """Share of the range (0 to 1) and conductance in S."""
        share = float(self._x[SHARE])
        return {"share": share, "conductance": float(self._p[G_MIN] + self._p[SPAN] * share)}
