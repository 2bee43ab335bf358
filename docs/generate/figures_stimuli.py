"""What the figures of the model pages play: sweeps, pulse trains, waits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sweep(
    device: Any, set_peak: float, reset_peak: float, *, rate: float = 1.0, points: int = 80,
    cycles: int = 1, limit: float = np.inf, resistance: float = 0.0,
) -> tuple[Array, Array]:  # fmt: skip
    """Ramp from 0 V over both peaks and back (V, V/s); return voltage and current, a row a cycle.

    Each branch has `points` readings; `limit` (A) holds at positive voltage alone.
    """
    up, down = half(set_peak, points), half(reset_peak, points)
    rows = []
    for _ in range(cycles):
        for voltage, most in ((up, limit), (down, np.inf)):
            ramp = np.abs(np.diff(voltage, prepend=0.0)) / rate
            played = device.play(voltage, np.zeros(voltage.size), ramp, limit=most,
                                 resistance=resistance)  # fmt: skip
            rows.append(played.current)
    return np.concatenate([up, down]), np.concatenate(rows).reshape(cycles, -1)


def half(peak: float, points: int) -> Array:
    """Return `points` levels (V) from 0 V to `peak` and as many back, nothing for no peak."""
    if peak == 0.0:
        return np.zeros(0)
    up = np.linspace(0.0, peak, points + 1)
    return np.concatenate([up[1:], up[-2::-1]])


def magnitude(voltage: Array, current: Array) -> Array:
    """Return |current| for a logarithmic axis: what is near 0 V is left out (NaN)."""
    return np.where(np.abs(voltage) < 0.02, np.nan, np.abs(current))


def wave(device: Any, amplitude: float, frequency: float, periods: int = 1) -> tuple[Array, Array]:
    """Play sine waves in 400 steps each (V, Hz); return voltage and current."""
    voltage = amplitude * np.sin(2 * np.pi * (np.arange(400) + 1) / 400)
    step = np.full(voltage.size, 1.0 / (400 * frequency))
    played = device.play(voltage, np.zeros(400), step, count=periods)
    return np.tile(voltage, periods), played.current


def train(
    device: Any, pulse: float, width: float, count: int, *, read: float = 0.1,
    read_width: float = 1e-6, **source: Any
) -> Array:  # fmt: skip
    """Play pulses (V, s), each followed by a reading at `read`; return conductances (S)."""
    levels, times = np.array([pulse, 0.0, read]), np.array([width, read_width, read_width])
    played = device.play(levels, times, np.zeros(3), count=count, **source)
    return np.asarray(played.current[2::3] / read)


def gate_train(device: Any, pulse: float, width: float, count: int, read: float = 0.1) -> Array:
    """Pulse the gate (V, s), reading the channel at `read` after each; return conductances (S)."""
    played = device.play_gated(
        np.array([0.0, read]), np.array([pulse, 0.0]), np.array([width, 1e-6]), np.zeros(2), count
    )
    return np.asarray(played.current[1::2] / read)


def conductance(device: Any, read: float = 0.1) -> float:
    """Return what a reading without noise and without disturbance would give (S)."""
    return float(device.current(read) / read)


def waits(device: Any, times: Array, kelvin: float = 300.0, read: float = 0.1) -> Array:
    """Let the device rest until each of `times` (s); return the conductances (S) it has then."""
    found, now = [], 0.0
    for time in times:
        device.idle(float(time) - now, kelvin)
        now = float(time)
        found.append(conductance(device, read))
    return np.array(found)
