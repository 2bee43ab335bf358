"""For every registered model and each of its presets, choices and switches: what moves it."""

from dataclasses import dataclass
from importlib.metadata import entry_points

import numpy as np

from sim_instruments.models import GROUP
from sim_instruments.models.parameters import Choice, bounds

CLASSES = {point.name: point for point in entry_points(group=GROUP)}
MODELS = sorted(CLASSES)
LOOKS = np.array([-0.3, 0.05, 0.3])
"""V, where a device is looked at"""
FAINT = 1e-15
"""A"""
SCATTER = ("drift", "relaxation", "c2c", "fluctuation", "rupture_size")
SHAPE = ("activation_spread", "size_spread")
"""named as scatter, but a part of the mean behaviour"""

STROKES = {
    "analog_bilayer": ((3.0, 0.02), (-2.0, 0.01)),
    "data_driven": ((1.2, 3e-6), (-1.5, 3e-5)),
    "diffusive": ((1.0, 5e-4), (-1.0, 3e-4)),
    "ecram": ((1.0, 2e-3), (-1.0, 4e-3)),
    "ecram-preset=proton": ((8.0, 4e-7), (-8.0, 8e-7)),
    "ecram-preset=oxygen_vacancy": ((4.0, 1.0), (-4.0, 2.0)),
    "ecram-preset=organic": ((0.5, 0.08), (-0.5, 0.15)),
    "ecram-preset=oxide_kim": ((4.0, 0.8), (-4.0, 1.6)),
    "fefet": ((2.5, 1e-7), (-2.5, 3e-7)),
    "fefet-preset=hzo": ((3.0, 1e-7), (-3.0, 3e-7)),
    "ftj": ((1.5, 1e-6), (-1.5, 3e-6)),
    "gap_filament": ((1.86, 1e-4), (-1.3, 3e-5)),
    "gap_filament-formed=False": ((2.25, 5e-3), (-1.3, 3e-5)),
    "hea": ((1.55, 3e-4), (-0.75, 3e-3)),
    "iontronic_li": ((0.8, 1e-2), (-0.8, 1e-2)),
    "jart_vcm": ((0.7, 2e-4), (-1.4, 1e-5)),
    "jart_vcm-formed=False": ((3.4, 1e-4), (-1.4, 1e-5)),
    "linear_drift": ((1.0, 0.3), (-1.0, 0.02)),
    "memtransistor": ((3.0, 0.02), (-3.0, 0.02)),
    "mtj": ((0.25, 8e-5), (-0.25, 8e-9)),
    "nbo2": ((0.9, 1e-10), (-0.9, 1e-10)),
    "organic": ((0.8, 1e-2), (-0.8, 1e-2)),
    "pcm": ((2.0, 3e-8), (-2.1, 1e-8)),
    "quantum_dot": ((0.75, 1.8e-3), (-0.75, 3.6e-3)),
    "quantum_dot-disorder=1.0": ((1.7, 1.8e-3), (-1.7, 3.6e-3)),
    "stanford": ((1.6, 4e-8), (-1.5, 1e-7)),
    "stanford-preset=ugr": ((1.0, 1e-9), (-1.0, 1e-9)),
    "stanford_width": ((1.5, 2e-8), (-1.2, 1e-6)),
    "vo2": ((3.2, 5e-7), (-3.2, 5e-7)),
    "vteam": ((0.5, 5e-11), (-0.3, 1e-7)),
    "yakopcic": ((0.5, 2e-4), (-0.5, 2e-4)),
    "yakopcic-preset=miao": ((0.5, 0.06), (-1.2, 0.05)),
    "yakopcic-preset=jo": ((2.0, 16.0), (-2.0, 1.0)),
}
"""(V, s) of a set pulse from fresh and of a reset pulse after it; both stop on the way"""
SERIES = {"pcm": 2e3}
"""Ohm, without which a device runs away"""
MORE = [("quantum_dot", (("disorder", 1.0),))]
"""what matters as much as a preset"""
START = {"pcm": {"conductance": 1e-7}}
"""what of a fresh device nothing but a melt could move"""


def is_scatter(name):
    return name not in SHAPE and (
        name.startswith(("spread", "cycle_")) or name.endswith(("_spread", "_noise"))
        or name in SCATTER
    )  # fmt: skip


def parameters_of(model):
    return CLASSES[model].load().PARAMETERS


def variants():
    """Return (model, parameters) of every default, preset, choice and switch."""
    found = list(MORE)
    for model in MODELS:
        kind = parameters_of(model)
        found.append((model, ()))
        for name, bound in bounds(kind).items():
            standard = getattr(kind(), name)
            if isinstance(bound, Choice):
                found += [(model, ((name, v),)) for v in bound.names if v != standard]
            elif bound is None and name not in ("jumps", "variable"):
                found.append((model, ((name, not standard),)))
    return found


def label(variant):
    return "-".join([variant[0], *(f"{name}={value}" for name, value in variant[1])])


VARIANTS = variants()
STILL = [v for v in VARIANTS if v[0] != "resistor"]
SURE = [v for v in STILL if v[0] != "mtj"]
"""whose state is a matter of what was applied and not of chance"""


def quiet(variant, seed=0, **more):
    """Return a device without scatter of any kind."""
    model, given = variant
    allowed = bounds(parameters_of(model))
    still = {n: 0.0 for n in allowed if is_scatter(n)}
    still |= {n: False for n in ("jumps", "variable") if n in allowed}
    if "domains" in allowed:
        still["domains"] = 1000.0
    chosen = {**still, **START.get(model, {}), **dict(given), **more}
    return CLASSES[model].load()(seed=seed, **chosen)


@dataclass(frozen=True)
class Stroke:
    """A pulse that takes a device a part of its way."""

    voltage: float
    duration: float
    gate: bool
    resistance: float = 0.0


def stroke(variant, sign=1):
    """Return the set pulse, or with ``sign=-1`` the reset pulse."""
    model = variant[0]
    gate = model in ("ecram", "fefet")
    if model == "step_synapse":
        q = quiet(variant).parameters
        if sign > 0:
            return Stroke(q.voltage_up, q.width_up * round(0.4 * q.levels_up), gate)
        return Stroke(-q.voltage_down, q.width_down * round(0.2 * q.levels_down), gate)
    pair = STROKES.get(label(variant)) or STROKES[model]
    return Stroke(*pair[0 if sign > 0 else 1], gate, SERIES.get(model, 0.0))


def drive(device, pulse, *, parts=1, share=1.0, height=1.0, **options):
    """Apply `share` of the pulse's time in `parts` without a pause, at `height` times its V."""
    voltage = np.full(parts, pulse.voltage * height)
    play(device, pulse, voltage, np.full(parts, pulse.duration * share / parts), **options)


def play(device, pulse, voltage, duration, ramp=None, **options):
    """Play segments where the pulse belongs: at the gate or across the device."""
    ramp = np.zeros(voltage.size) if ramp is None else ramp
    if pulse.gate:
        device.play_gated(np.zeros(voltage.size), voltage, duration, ramp, record=False, **options)
    else:
        options.setdefault("resistance", pulse.resistance)
        device.play(voltage, duration, ramp, record=False, **options)


def started(variant, sign, **more):
    """Return a quiet device from where its pulse of this sign begins."""
    device = quiet(variant, **more)
    if sign < 0:
        drive(device, stroke(variant))
    return device


def seen(device):
    """Return the logarithm of the current at `LOOKS`."""
    return np.log(np.maximum(np.abs([device.current(v) for v in LOOKS]), FAINT))


def apart(one, other):
    """Return by how much two devices differ in what `seen` gives."""
    return float(np.max(np.abs(seen(one) - seen(other))))
