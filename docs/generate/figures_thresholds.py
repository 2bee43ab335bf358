"""Figures of models with one state variable that moves as a law of voltage says."""

import numpy as np
from matplotlib.figure import Figure

from generate.figures_stimuli import half, magnitude, sweep, train, wave
from generate.figures_style import Picture, name_axes, two
from sim_instruments.models import create


def vteam(figure: Figure) -> None:
    """Draw loops at three frequencies and with the other law."""
    left, right = two(figure)
    for axes, law in ((left, "linear"), (right, "exponential")):
        for frequency, text in ((3e5, "0.3 MHz"), (3e6, "3 MHz"), (3e7, "30 MHz")):
            device = create("vteam", seed=1, law=law)
            voltage, current = wave(device, 0.3, frequency, 3)
            axes.plot(voltage[-400:], current[-400:] * 1e3, label=text)
        name_axes(axes, "Voltage (V)", "Current (mA)", f"law {law}")
    left.legend()


def linear_drift(figure: Figure) -> None:
    """Draw loops at three frequencies, and where each window lets the border go."""
    left, right = two(figure)
    for frequency in (0.5, 1.0, 5.0):
        device = create("linear_drift", seed=1, window="none", step_spread=0.0, position=0.2)
        voltage, current = wave(device, 1.0, frequency, 2)
        left.plot(voltage[-400:], current[-400:] * 1e6, label=f"{frequency:g} Hz")
    left.legend()
    name_axes(left, "Voltage (V)", "Current (µA)", "No window")
    for window in ("none", "joglekar", "biolek", "prodromakis"):
        device = create("linear_drift", seed=1, window=window, step_spread=0.0)
        step, found = 0.02, []
        for k in range(300):
            device.advance(1.0 if k < 150 else -1.0, step)
            found.append(device.state["x"])
        right.plot((np.arange(300) + 1) * step, found, ls="--" if window == "prodromakis" else "-",
                   label=window)  # fmt: skip
    right.axvline(3.0, color="0.5", lw=0.8)
    right.legend()
    name_axes(right, "Time (s)", "State x", "1 V for 3 s, then -1 V")


def yakopcic(figure: Figure) -> None:
    """Draw loops of three published sets."""
    for axes, (preset, peak, rate) in zip(
        figure.subplots(1, 3),
        (("oblea", 0.4, 80.0), ("miao", 1.0, 4.0), ("jo", 4.0, 1.0)),
        strict=True,
    ):
        voltage, current = sweep(create("yakopcic", seed=1, preset=preset), peak, -peak, rate=rate)
        factor, unit = (1e9, "nA") if preset == "jo" else (1e3, "mA")
        axes.plot(voltage, current[0] * factor)
        name_axes(axes, "Voltage (V)", f"Current ({unit})", f"{preset}, {rate:g} V/s")


def data_driven(figure: Figure) -> None:
    """Draw resistance under trains of pulses of several heights."""
    axes = figure.subplots()
    read = {"read": 0.1, "read_width": 1e-9}
    for volts in (1.0, 1.2, 1.4):
        device = create("data_driven", seed=1)
        up = train(device, volts, 3e-8, 100, **read)
        down = train(device, -1.5, 1e-6, 100, **read)
        axes.plot(np.concatenate([up, down]) * 1e6, ".-", label=f"+{volts} V, -1.5 V")
    axes.legend()
    name_axes(
        axes, "Pulse number (30 ns up, 1 µs down)", "Conductance (µS)", "Potentiation, depression"
    )


def analog_bilayer(figure: Figure) -> None:
    """Draw trains of pulses, and the rectifying I-V of three states."""
    left, right = two(figure)
    for rise, fall in ((2.8, -2.1), (3.0, -2.2), (3.2, -2.3)):
        device = create("analog_bilayer", seed=1)
        read = {"read": -0.3, "read_width": 1e-4}
        up = train(device, rise, 1e-3, 50, **read)
        down = train(device, fall, 1e-3, 50, **read)
        left.plot(np.concatenate([up, down]) * 1e9, ".-", label=f"{rise} V, {fall} V")
    left.legend()
    name_axes(left, "Pulse number, 1 ms each", "Conductance at -0.3 V (nS)")
    volts = np.linspace(-1.5, 1.5, 241)
    for position in (0.1, 0.18, 0.284):
        device = create("analog_bilayer", seed=1, position=position)
        right.semilogy(
            volts, [abs(device.current(float(v))) for v in volts], label=f"x = {position}"
        )
    right.legend()
    right.set_ylim(1e-11, None)
    name_axes(right, "Voltage (V)", "|Current| (A)")


def memtransistor(figure: Figure) -> None:
    """Draw loops under three gate voltages."""
    axes = figure.subplots()
    corners = np.concatenate([half(4.0, 80), half(-4.0, 80)])
    ramp = np.full(corners.size, 0.05)
    for gate in (-10.0, 0.0, 10.0):
        device = create("memtransistor", seed=1)
        gates = np.full(corners.size, gate)
        played = device.play_gated(corners, gates, np.zeros(corners.size), ramp, 2,
                                   gate_start=gate)  # fmt: skip
        second = played.current[corners.size :]
        axes.semilogy(corners, magnitude(corners, second), label=f"{gate:g} V")
    axes.legend(title="gate", title_fontsize=9)
    name_axes(axes, "Drain voltage (V)", "|Drain current| (A)", "1 V/s")


PICTURES = {
    "vteam": Picture(
        vteam,
        "Current over voltage: loops pinched at the origin that narrow towards 30 MHz, for both "
        "resistance laws.",
        "Sine waves of 0.3 V, the third period. At higher frequency less of the way is made and "
        "the loop narrows.",
    ),
    "linear_drift": Picture(
        linear_drift,
        "Left: pinched loops that narrow with frequency. Right: state over time; under the "
        "Joglekar and Prodromakis windows it stays at the end after the voltage turns.",
        "The loop narrows with frequency, as of every memristor. With Joglekar's and Prodromakis' "
        "windows a device driven to the end stays there.",
    ),
    "yakopcic": Picture(
        yakopcic,
        "Current over voltage: pinched loops of the sets oblea, miao and jo.",
        "Three of the published sets, each swept over the range it was fitted in.",
    ),
    "data_driven": Picture(
        data_driven,
        "Conductance over pulse number: it rises under 100 positive pulses and falls under 100 "
        "negative ones, farther for higher pulses.",
        "Each height has its own resistance to which it leads, quickly at first.",
    ),
    "analog_bilayer": Picture(
        analog_bilayer,
        "Left: conductance rises under 50 positive pulses and falls under 50 negative ones. Right: "
        "currents of three states, larger at positive voltage; the order of the states turns "
        "above 0.1 V.",
        "Gradual in both directions, and faster with every tenth of a volt. The current rectifies; "
        "what state looks conductive depends on the sign of the read.",
    ),
    "memtransistor": Picture(
        memtransistor,
        "Drain current magnitude over drain voltage: three loops, a decade apart, whose set "
        "threshold falls with gate voltage.",
        "A gate of 10 V multiplies the current by ten and moves both thresholds by -0.5 V. The "
        "second of two sweeps is drawn.",
    ),
}  # fmt: skip
