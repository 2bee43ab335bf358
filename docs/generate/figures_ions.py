"""Figures of models in which ions move: volatile, gated, and the tables of published synapses."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from generate.figures_stimuli import Array, conductance, gate_train, magnitude, sweep, train, waits
from generate.figures_style import Picture, name_axes, two
from sim_instruments.models import create

GATE_PULSES = {"li": (1.0, 1e-5, 1290), "proton": (8.0, 5e-9, 264),
               "oxygen_vacancy": (4.0, 1e-3, 5247), "organic": (0.5, 1e-3, 341)}  # fmt: skip
"""V, s and how many make the full scale, by flavour of `ecram`"""


def facilitation(name: str, gaps: Array) -> Array:
    """Return the second rise over the first of two 0.8 V, 10 ms pulses, for gaps in s."""
    found = []
    for gap in gaps:
        device = create(name, seed=1, step_spread=0.0)
        base = conductance(device)
        device.advance(0.8, 10e-3)
        first = conductance(device) - base
        device.idle(float(gap))
        device.advance(0.8, 10e-3)
        found.append((conductance(device) - base) / first)
    return np.array(found)


def staircase(axes: Axes, device: Any, volts: float, count: int, label: str) -> None:
    """Draw `count` pulses up and as many down, 10 ms each, read at 0.1 V."""
    timing = {"read_width": 1e-3}
    up = train(device, volts, 10e-3, count, **timing)
    down = train(device, -volts, 10e-3, count, **timing)
    axes.plot(np.concatenate([up, down]) * 1e6, ".-", label=label)


def iontronic_li(figure: Figure) -> None:
    """Draw paired-pulse facilitation, and relaxation before and after forming."""
    left, right = two(figure)
    gaps = np.geomspace(3e-3, 3.0, 31)
    left.semilogx(gaps, 100 * (facilitation("iontronic_li", gaps) - 1))
    name_axes(left, "Gap between two pulses (s)", "Facilitation (%)", "Before forming")
    times = np.geomspace(1e-3, 1e10, 105)
    for formed, label in ((False, "before forming"), (True, "formed")):
        device = create("iontronic_li", seed=1, formed=formed)
        train(device, 0.8, 10e-3, 50)
        right.semilogx(times, waits(device, times) * 1e6, label=label)
    right.legend()
    name_axes(right, "Time at rest (s)", "Conductance (µS)", "After 50 pulses of 0.8 V, 10 ms")


def organic(figure: Figure) -> None:
    """Draw a staircase of a formed device, and facilitation beside the Li device's."""
    left, right = two(figure)
    for volts in (0.6, 0.7, 0.8):
        staircase(left, create("organic", seed=1, formed=True), volts, 40, f"±{volts} V")
    left.legend()
    name_axes(left, "Pulse number, 10 ms each", "Conductance (µS)", "Formed")
    gaps = np.geomspace(3e-3, 10.0, 31)
    for name in ("organic", "iontronic_li"):
        right.semilogx(gaps, 100 * (facilitation(name, gaps) - 1), label=name)
    right.legend()
    name_axes(right, "Gap between two pulses (s)", "Facilitation (%)", "Before forming")


def diffusive(figure: Figure) -> None:
    """Draw threshold switching, and how the filament goes by itself."""
    left, right = two(figure)
    voltage, current = sweep(create("diffusive", seed=1), 1.2, -1.2, rate=100.0, cycles=6)
    for k, row in enumerate(magnitude(voltage, current)):
        left.semilogy(voltage, row, color="C0" if k == 5 else "0.7", lw=1.4 if k == 5 else 0.7)
    left.set_ylim(1e-12, 3e-4)
    name_axes(left, "Voltage (V)", "|Current| (A)", "6 sweeps, 100 V/s")
    times = np.geomspace(1e-6, 1e-3, 61)
    for width in (1e-3, 3e-3, 3e-2):
        device = create("diffusive", seed=1)
        device.advance(1.0, width)
        right.loglog(times, waits(device, times), label=f"{1e3 * width:g} ms")
    right.legend(title="after 1 V for", title_fontsize=9)
    name_axes(right, "Time at rest (s)", "Conductance (S)", "Relaxation")


def ecram(figure: Figure) -> None:
    """Draw up and down trains of all flavours on one scale."""
    axes = figure.subplots()
    for preset, (volts, width, count) in GATE_PULSES.items():
        cell = create("ecram", seed=1, preset=preset, filling=0.02)
        lowest, highest = cell.parameters.lowest, cell.parameters.highest
        levels = np.concatenate([gate_train(cell, volts, width, count),
                                 gate_train(cell, -volts, width, count)])  # fmt: skip
        number = np.arange(levels.size) / count
        few = slice(None, None, max(1, count // 150))
        axes.plot(number[few], ((levels - lowest) / (highest - lowest))[few],
                  label=f"{preset}: ±{volts:g} V, {count} pulses")  # fmt: skip
    axes.legend()
    name_axes(axes, "Pulses over pulses for the full scale", "Conductance, share of the range")


def row_train(preset: str, **parameters: float) -> Array:
    """Return the conductances (share of the highest) of a published row's own up and down train."""
    device = create("step_synapse", seed=1, preset=preset, **parameters)
    row = device.parameters
    up = train(device, row.voltage_up, row.width_up, int(row.levels_up))
    down = train(device, -row.voltage_down, row.width_down, int(row.levels_down))
    return np.concatenate([up, down]) / row.highest


def step_synapse(figure: Figure) -> None:
    """Draw up and down trains of four published rows, with and without their noise."""
    quiet = {"c2c": 0.0, "read_noise": 0.0, "spread_conductance": 0.0, "spread_nonlinearity": 0.0}
    for axes, presets in zip(
        two(figure), (("ag_asi", "epiram"), ("taox_hfox", "alox_hfo2")), strict=True
    ):
        for preset in presets:
            (line,) = axes.plot(row_train(preset), ".", ms=3, label=preset)
            axes.plot(row_train(preset, **quiet), color=line.get_color())
        axes.legend()
        name_axes(axes, "Pulse number", "G / G_max")


PICTURES = {
    "iontronic_li": Picture(
        iontronic_li,
        "Left: the second of two pulses adds up to a third more than the first, less the longer "
        "the gap. Right: conductance decays within a second before forming, after years once "
        "formed.",
        "Before forming a pulse is forgotten within a second, and a second one within that time "
        "adds to it. Forming turns that second into years.",
    ),
    "organic": Picture(
        organic,
        "Left: conductance rises under 40 positive pulses and falls under 40 negative ones. Right: "
        "facilitation lasts longer than that of the Li device, but is weaker at short gaps.",
        "Potentiation and depression of a formed device; facilitation before forming, which the "
        "slow reservoir carries on for seconds.",
    ),
    "diffusive": Picture(
        diffusive,
        "Left: current jumps by four decades near 0.7 V for either polarity and falls back below "
        "0.2 V. Right: conductance falls within a millisecond at rest.",
        "A filament forms for either polarity and breaks by itself. What was on for longer takes "
        "longer to go.",
    ),
    "ecram": Picture(
        ecram,
        "Conductance of four flavours rises and falls almost on a straight line with the number "
        "of gate pulses.",
        "Each flavour with its own pulses, scaled to the number that makes its full scale.",
    ),
    "step_synapse": Picture(
        step_synapse,
        "Conductance over pulse number for four published devices: ag_asi curved and noisy, "
        "epiram almost straight, taox_hfox straight and noisy, alox_hfo2 in 40 coarse steps.",
        "Each row with its own pulses, as many up as it has levels, then down. Points: with the "
        "write noise and spread of the row; lines: without.",
    ),
}  # fmt: skip
