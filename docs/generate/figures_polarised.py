"""Figures of models with a polarisation or a magnetisation."""

import numpy as np
from matplotlib.figure import Figure

from generate.figures_stimuli import Array, conductance
from generate.figures_style import Picture, name_axes, two
from sim_instruments.models import create


def fefet(figure: Figure) -> None:
    """Draw transfer curves after gate pulses, and partial switching."""
    left, right = two(figure)
    gates = np.linspace(-1.6, 1.2, 141)
    for height in (-6.0, 2.5, 3.0, 6.0):
        cell = create("fefet", seed=1, domains=200.0)
        cell.pulse(-6.0, 1e-6)
        cell.pulse(height, 1e-7)
        left.semilogy(gates, [cell.current(0.1, float(g)) for g in gates], label=f"{height:+g} V")
    left.legend(title="after 0.1 µs at", title_fontsize=9)
    name_axes(left, "Gate voltage (V)", "Drain current at 0.1 V (A)", "Transfer curves")
    widths = np.geomspace(1e-8, 1e-3, 31)
    for height in (2.0, 2.5, 3.0, 4.0):
        share = []
        for width in widths:
            cell = create("fefet", seed=1, domains=500.0)
            cell.pulse(height, float(width))
            share.append(50.0 * (1.0 + cell.state["polarization"]))
        right.semilogx(widths, share, label=f"{height:g} V")
    right.legend()
    name_axes(right, "Width of one pulse (s)", "Domains switched (%)", "Partial switching")


def switched(height: float, width: float) -> float:
    """Return by PUND the charge one pulse (V, s) switches, as a share of all."""
    ftj = create("ftj", seed=1)
    ftj.advance(-3.0, 1e-3)
    ftj.idle(1e-3)
    levels = np.array([height, 0.0] * 2)
    ramp = width / 10
    read = ftj.play(levels, np.full(4, width), np.full(4, ramp)).current
    full = 2 * ftj.parameters.remanent * ftj.parameters.area
    return float((read[0] - read[2]) * (width + ramp) / full)


def ftj(figure: Figure) -> None:
    """Draw the charge that PUND finds, and identical pulses that add up."""
    left, right = two(figure)
    heights = np.linspace(0.4, 3.0, 27)
    for width, text in ((1e-6, "1 µs"), (1e-5, "10 µs"), (1e-3, "1 ms")):
        left.plot(heights, [100 * switched(float(h), width) for h in heights], label=text)
    left.legend()
    name_axes(left, "Pulse height (V)", "P - U, share of 2 Pr A (%)", "Switched charge by PUND")
    for height in (1.2, 1.5, 1.8):
        device, found = create("ftj", seed=1), []
        for volts in [height] * 40 + [-height] * 40:
            device.advance(volts, 2e-7)
            device.idle(1e-3)
            found.append(conductance(device) * 1e9)
        right.plot(found, ".-", label=f"±{height} V")
    right.legend()
    name_axes(right, "Pulse number, 0.2 µs each", "Conductance at 0.1 V (nS)", "Accumulation")


def mtj_probability(volts: Array, width: float, trials: int = 300) -> Array:
    """Return how often a pulse (V, s) switches to parallel, in %."""
    found = []
    for height in volts:
        device = create("mtj", seed=1)
        read = device.play(np.array([-2.0, height, 0.0, 1e-3]), np.array([1e-6, width, 1e-9, 1e-9]),
                           np.zeros(4), count=trials).current[3::4]  # fmt: skip
        found.append(100 * np.mean(read > 1e-3 / 6e3))
    return np.array(found)


def mtj(figure: Figure) -> None:
    """Draw switching probability over voltage, and a p-bit over time."""
    left, right = two(figure)
    volts = np.linspace(0.1, 0.9, 41)
    for width, text in ((3e-9, "3 ns"), (1e-7, "0.1 µs"), (1e-5, "10 µs"), (1e-3, "1 ms")):
        left.plot(volts, mtj_probability(volts, width), label=text)
    left.legend()
    name_axes(left, "Pulse height (V)", "Switched (%)", "Antiparallel to parallel")
    device = create("mtj", seed=1, stability=10.0)
    played = device.play(np.full(300, 0.02), np.full(300, 1e-6), np.zeros(300))
    right.plot(np.arange(300), 0.02 / played.current / 1e3, lw=0.9)
    name_axes(right, "Time (µs)", "Resistance (kOhm)", "Stability 10: a random bit")


PICTURES = {
    "fefet": Picture(
        fefet,
        "Left: drain current over gate voltage, curves up to 1.2 V apart depending on the gate "
        "pulse before. Right: the share of switched domains grows with a pulse's width and height.",
        "Gate pulses shift the transfer curve within the memory window; a short or low one shifts "
        "it in part.",
    ),
    "ftj": Picture(
        ftj,
        "Left: switched charge over pulse height rises from nothing to all, at lower height for "
        "longer pulses. Right: conductance rises under identical pulses and falls under opposite "
        "ones.",
        "Charge of the first pulse less that of the second, as PUND has it; equal pulses switch "
        "domain after domain.",
    ),
    "mtj": Picture(
        mtj,
        "Left: switching probability over pulse height, S-shaped, at lower voltage for longer "
        "pulses. Right: with low stability the resistance jumps between two values at random.",
        "Each point is 300 pulses. With a stability of 10 the state flips by itself: a random bit.",
    ),
}  # fmt: skip
