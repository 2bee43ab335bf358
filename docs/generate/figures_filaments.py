"""Figures of models with filaments: oxides, alloys, dots; and of the resistor."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from generate.figures_stimuli import Array, magnitude, sweep
from generate.figures_style import Picture, name_axes, two
from sim_instruments.models import create

CYCLES = 8


def resistor(figure: Figure) -> None:
    """Draw two lines."""
    axes = figure.subplots()
    for ohms, text in ((1e4, "10 kOhm (default)"), (2.5e4, "25 kOhm")):
        voltage, current = sweep(create("resistor", seed=1, resistance=ohms), 1.0, -1.0)
        axes.plot(voltage, current[0] * 1e6, label=text)
    axes.legend()
    name_axes(axes, "Voltage (V)", "Current (µA)")


def loops(axes: Axes, device: Any, *peaks: float, **source: Any) -> None:
    """Draw the magnitude of the current of several sweeps, the last one strong."""
    voltage, current = sweep(device, *peaks, cycles=CYCLES, **source)
    for k, row in enumerate(magnitude(voltage, current)):
        last = k == CYCLES - 1
        axes.semilogy(voltage, row, color="C0" if last else "0.7", lw=1.4 if last else 0.7)


def gap_filament(figure: Figure) -> None:
    """Draw sweeps of a formed device, and the forming of a pristine one."""
    left, right = two(figure)
    loops(left, create("gap_filament", seed=1), 1.8, -1.7, limit=3e-4)
    name_axes(left, "Voltage (V)", "|Current| (A)", f"{CYCLES} sweeps, 1 V/s, 300 µA")
    for seed in range(6):
        pristine = create("gap_filament", seed=seed, formed=False)
        voltage, current = sweep(pristine, 3.2, 0.0, points=160, limit=1e-4)
        right.semilogy(voltage, magnitude(voltage, current[0]), lw=1.0)
    right.set_ylim(1e-9, 3e-4)
    right.set_xticks([0, 1, 2, 3])
    name_axes(right, "Voltage (V)", "|Current| (A)", "Forming of 6 devices, 100 µA")


def stanford(figure: Figure) -> None:
    """Draw sweeps with both published sets."""
    for axes, preset, peaks in zip(
        two(figure), ("hfox", "ugr"), ((1.8, -1.8), (1.6, -1.0)), strict=True
    ):
        loops(axes, create("stanford", seed=1, preset=preset), *peaks, limit=1e-3)
        name_axes(axes, "Voltage (V)", "|Current| (A)", f"{preset}: 1 V/s, 1 mA")


def stanford_width(figure: Figure) -> None:
    """Draw a fast loop, and what the width adds once the gap is bridged."""
    left, right = two(figure)
    loops(left, create("stanford_width", seed=1), 1.6, -1.6, rate=1e7, limit=1e-4)
    name_axes(left, "Voltage (V)", "|Current| (A)", f"{CYCLES} sweeps, 10 V/µs, 100 µA")
    times = np.geomspace(1e-9, 1e-5, 60)
    for volts in (1.0, 1.2, 1.4):
        device = create("stanford_width", seed=1)
        gaps, widths = [], []
        for step in np.diff(times, prepend=0.0):
            device.advance(volts, float(step))
            gaps.append(device.state["gap"])
            widths.append(device.state["width"])
        (line,) = right.semilogx(times, np.array(widths) * 1e9, label=f"{volts} V")
        right.semilogx(times, np.array(gaps) * 1e9, ls="--", color=line.get_color())
    right.legend(title="width (gap dashed)", title_fontsize=9)
    name_axes(right, "Time (s)", "Width, gap (nm)", "Setting at constant voltage")


def setting_time(volts: float, kelvin: float) -> float:
    """Return when the vacancies of a nominal JART device pass half their highest (s)."""
    device = create("jart_vcm", seed=0, variable=False, jumps=False, read_noise=0.0)
    highest, elapsed, step = 1e27, 0.0, 1e-12
    while device.state["vacancies"] < highest:
        device.advance(volts, step, kelvin)
        elapsed += step
        step = 0.05 * elapsed
    return elapsed


def jart_vcm(figure: Figure) -> None:
    """Draw set time over voltage, and loops with their spread."""
    left, right = two(figure)
    volts = np.arange(0.5, 1.21, 0.05)
    for kelvin in (293.0, 358.0):
        left.semilogy(volts, [setting_time(float(v), kelvin) for v in volts], "o-",
                      label=f"{kelvin:.0f} K")  # fmt: skip
    left.legend()
    left.set_yticks(10.0 ** np.arange(-10, 3, 2))
    name_axes(left, "Voltage (V)", "Set time (s)", "Kinetics, no compliance")
    loops(right, create("jart_vcm", seed=1), 1.0, -1.4, limit=3e-4)
    name_axes(right, "Voltage (V)", "|Current| (A)", f"{CYCLES} sweeps, 1 V/s, 300 µA")


def set_voltage(copper: float) -> float:
    """Return where a ramp of 1 V/s runs into 100 uA, `copper` instead of as much nickel (V)."""
    alike = {"spread_composition": 0.0, "spread_off": 0.0, "disorder": 0.0, "cycle_energy": 0.0,
             "cycle_off": 0.0, "step_spread": 0.0}  # fmt: skip
    hea = create("hea", seed=0, cu=0.2 + copper, ni=0.2 - copper, **alike)
    levels = np.arange(0.4, 2.0, 2e-3)
    played = hea.play(levels, np.full(levels.size, 2e-3), np.zeros(levels.size), limit=1e-4)
    return float(levels[np.argmax(played.limited)])


def hea(figure: Figure) -> None:
    """Draw how bridges vanish, and what one per cent of copper does."""
    left, right = two(figure)
    device = create("hea", seed=3)
    device.play(np.array([1.8]), np.array([1e-3]), np.zeros(1), limit=2e-3)
    radii = []
    for _ in range(150):
        radii.append([1e9 * device.state[f"radius_{k}"] for k in range(1, 9)])
        device.idle(86400.0)
    left.plot(radii)
    name_axes(left, "Days at rest, 300 K", "Radius of a bridge (nm)", "Pruning, one device")
    shift = np.linspace(-0.04, 0.04, 9)
    right.plot(shift * 100, [set_voltage(float(s)) for s in shift], "o-")
    name_axes(right, "Cu instead of Ni (%)", "Set voltage at 1 V/s (V)", "Composition")


def switching_voltages(disorder: float, devices: int = 25, cycles: int = 4) -> Array:
    """Return where ramps of 1 V/s pass the geometric mean of off and on (V)."""
    levels = np.arange(0.1, 3.5, 0.01)
    voltage = np.concatenate([[-4.0, 0.0], levels])
    times = np.concatenate([[1.0, 1e-3], np.full(levels.size, 0.01)])
    found = []
    for seed in range(devices):
        dot = create("quantum_dot", seed=seed, disorder=disorder, read_noise=0.0)
        played = dot.play(voltage, times, np.zeros(voltage.size), count=cycles)
        rows = played.current.reshape(cycles, -1)[:, 2:] / np.sinh(levels)
        for row in rows:
            middle = math.sqrt(row[:20].mean() * row[-1])
            found.append(levels[np.argmax(row > middle)])
    return np.sort(found)


def quantum_dot(figure: Figure) -> None:
    """Draw how switching voltage scatters, and how it and the ratio move with disorder."""
    left, right = two(figure)
    for disorder in (0.0, 0.5, 1.0):
        volts = switching_voltages(disorder)
        share = (np.arange(volts.size) + 0.5) / volts.size
        left.plot(volts, 100 * share, drawstyle="steps-mid", label=f"d = {disorder:g}")
    left.legend(title="disorder", title_fontsize=9)
    name_axes(left, "Switching voltage (V)", "Cumulative share (%)", "25 devices, 4 cycles")
    disorders, ratios = np.linspace(0, 1, 9), []
    for disorder in disorders:
        dot = create("quantum_dot", seed=1, disorder=float(disorder), spread=0.0)
        off = dot.current(0.05)
        dot.advance(6.0, 1e-3)
        ratios.append(dot.current(0.05) / off)
    right.semilogy(disorders, ratios, "o-")
    name_axes(right, "Disorder index", "ON/OFF at 50 mV", "One device")


PICTURES = {
    "resistor": Picture(
        resistor,
        "Current over voltage: two straight lines through the origin, 10 and 25 kOhm.",
        "Two resistors between -1 V and 1 V.",
    ),
    "gap_filament": Picture(
        gap_filament,
        "Left: current magnitude over voltage, hysteresis loops that set near 1 V and reset near "
        "-1 V. Right: six pristine devices break through between 1.8 V and 2.7 V.",
        "Cycles differ by their spread; the last is drawn strong. Forming scatters between "
        "devices, and ends in compliance.",
    ),
    "stanford": Picture(
        stanford,
        "Current magnitude over voltage, hysteresis loops of the two parameter sets.",
        "Both published sets. Where setting begins is the field threshold; current beyond the "
        "compliance is cut off.",
    ),
    "stanford_width": Picture(
        stanford_width,
        "Left: hysteresis loops of fast sweeps. Right: over logarithmic time the gap closes, then "
        "the width grows; more voltage does both sooner.",
        "First the gap closes, then the filament grows in width; no threshold separates reading "
        "from setting, only time does.",
    ),
    "jart_vcm": Picture(
        jart_vcm,
        "Left: set time over voltage, falling from about a second at 0.5 V to 0.1 ns at 1.2 V, "
        "faster when warm. Right: hysteresis loops that differ from cycle to cycle.",
        "Set time falls by more than eight decades within 0.7 V; beyond about 0.7 V without "
        "compliance the filament is hotter than the model holds. Loops differ because radius and "
        "length are drawn anew in each half cycle.",
    ),
    "hea": Picture(
        hea,
        "Left: the radii of eight bridges shrink in 150 days at rest, thin ones vanish first. "
        "Right: the set voltage falls by 60 mV per cent of copper.",
        "At rest thin bridges tend to vanish first; their barriers differ, too. One per cent of "
        "copper instead of nickel moves the set voltage by some 60 mV.",
    ),
    "quantum_dot": Picture(
        quantum_dot,
        "Left: cumulative distributions of the switching voltage, narrow around 0.65 V without "
        "disorder, broad around 1.5 V with full disorder. Right: the ON/OFF ratio falls from 1e4 "
        "to 1e2.",
        "More disorder: more voltage, more spread, less ratio. Mean voltage and ratio are laws "
        "fitted to the claims of the source, the spread around them comes of the mechanism.",
    ),
}  # fmt: skip
