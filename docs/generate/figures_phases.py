"""Figures of models that heat: phase change, threshold switches."""

import numpy as np
from matplotlib.figure import Figure

from generate.figures_stimuli import Array
from generate.figures_style import Picture, name_axes, two
from sim_instruments.models import create
from sim_instruments.models.device import Device

LEVELS = (22e-6, 12e-6, 6e-6, 3e-6)
"""S"""


def pcm(figure: Figure) -> None:
    """Draw drift of several levels, and what pulses do."""
    left, right = two(figure)
    times = np.geomspace(1.0, 1e7, 36)
    for k, level in enumerate(LEVELS):
        for seed in range(5):
            device = create("pcm", seed=seed, conductance=level)
            found, now = [], 0.0
            for time in times:
                device.idle(float(time) - now)
                now = float(time)
                read = device.play(np.array([0.1]), np.array([1e-6]), np.zeros(1)).current
                found.append(read[0] / 0.1 * 1e6)
            left.loglog(times, found, color=f"C{k}", lw=0.8)
    left.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    left.minorticks_off()
    name_axes(left, "Time since programming (s)", "Conductance (µS)", "Four levels, 5 devices each")
    volts = np.linspace(0.8, 3.4, 53)
    for start, text in ((25e-6, "from SET"), (0.03e-6, "from RESET")):
        found = []
        for height in volts:
            device = create("pcm", seed=1, conductance=start, program_noise=0.0)
            device.play(np.array([height, 0.0]), np.array([2e-7, 1e-6]), np.array([0.0, 5e-9]),
                        resistance=2e3, record=False)  # fmt: skip
            found.append(device.state["conductance"] * 1e6)
        right.semilogy(volts, found, label=text)
    right.legend()
    name_axes(right, "Pulse behind 2 kOhm (V)", "Conductance (µS)", "200 ns pulses, 5 ns edges")


def current_swept(device: Device, currents: Array, width: float) -> Array:
    """Return the voltages (V) of a source that gives each of `currents` (A) for `width` (s)."""
    one = (np.array([20.0]), np.array([width]), np.zeros(1))
    return np.array([float(device.play(*one, limit=float(i)).voltage[0]) for i in currents])


def nbo2(figure: Figure) -> None:
    """Draw the S of a current sweep and the jumps of a voltage sweep."""
    left, right = two(figure)
    for contact in (400.0, 200.0):
        device = create("nbo2", seed=1, contact_resistance=contact)
        currents = np.geomspace(2e-6, 9e-4, 120)
        left.semilogy(current_swept(device, currents, 1e-7), currents,
                      label=f"contact {contact:g} Ohm")  # fmt: skip
    left.legend()
    name_axes(left, "Voltage (V)", "Current (A)", "Current sweep")
    device = create("nbo2", seed=1)
    volts = np.concatenate([np.linspace(0.05, 1.2, 231), np.linspace(1.2, 0.05, 231)])
    current = device.play(volts, np.full(volts.size, 1e-6), np.zeros(volts.size)).current
    right.semilogy(volts[:231], current[:231], label="up")
    right.semilogy(volts[231:], current[231:], label="down")
    right.legend()
    name_axes(right, "Voltage (V)", "Current (A)", "Voltage sweep")


def vo2(figure: Figure) -> None:
    """Draw the S of a current sweep, and resistance over temperature."""
    left, right = two(figure)
    currents = np.geomspace(1e-6, 4e-3, 150)
    for base in (325.0, 315.0):
        device = create("vo2", seed=1, stage=base - 300.0)
        left.semilogy(current_swept(device, currents, 1e-4), currents, label=f"{base:g} K")
    left.legend(title="base", title_fontsize=9)
    name_axes(left, "Voltage (V)", "Current (A)", "Current sweep")
    device = create("vo2", seed=1, stage=0.0)
    warming = np.linspace(306.0, 368.0, 187)
    turns = (warming, warming[::-1], np.linspace(306, 337, 94), np.linspace(337, 322, 46))
    for k, kelvins in enumerate(turns):
        found = []
        for kelvin in kelvins:
            device.idle(1e-3, float(kelvin))
            found.append(device.state["resistance"] / 1e3)
        if k != 2:
            text = ("warming", "cooling", "", "turned at 337 K")[k]
            right.semilogy(kelvins, found, label=text)
    right.legend()
    name_axes(right, "Temperature (K)", "Resistance (kOhm)", "Hysteresis, no bias")


PICTURES = {
    "pcm": Picture(
        pcm,
        "Left: over seven decades of time, conductances of four levels fall as power laws, low "
        "ones more and with more spread. Right: conductance over pulse height, first a SET of the "
        "amorphous cell, then a RESET of both.",
        "Drift with the published spread of devices and read noise; a pulse that heats "
        "crystallises the cell, one that melts it leaves it amorphous.",
    ),
    "nbo2": Picture(
        nbo2,
        "Left: voltage over logarithmic current bends back between 1.05 V and 0.96 V, an S. Right: "
        "a voltage sweep jumps up at 1.05 V and down at 0.96 V.",
        "A current sweep follows the whole S, a voltage sweep jumps at its two ends. Nothing in "
        "the model switches; heat alone does it.",
    ),
    "vo2": Picture(
        vo2,
        "Left: voltage over logarithmic current bends back, an S, at two base temperatures. Right: "
        "resistance over temperature falls by two decades near 340 K, with hysteresis and a minor "
        "loop.",
        "A current sweep follows the S: the film warms itself through its transition. Without bias "
        "resistance follows temperature with hysteresis.",
    ),
}  # fmt: skip
