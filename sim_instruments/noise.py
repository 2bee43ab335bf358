"""What a reading adds to the current: thermal, shot and 1/f noise, random telegraph noise.

Any device; off by default, and then nothing is computed. The device does not feel it. One-sided
densities of the current ``I`` through a conductance ``G = I/V`` (at 0 V the slope) at `T`::

    S = 4 k T G + 2 q I F + K_f I^2/f                           K_f = flicker^2

A meter averages over its integration time `t`. White noise has then the variance
``(2 k T G + q I F)/t``. The 1/f noise is a sum of Ornstein-Uhlenbeck processes, one per decade of
time constant, each of variance ``K_f ln 10``: their density is ``K_f/f`` within 6 % between the
slowest and the fastest. Each is taken to the next reading exactly, however long that is, and its
mean over the integration time is drawn together with its end, exactly as well. (Where the slowest
and the fastest are no whole number of decades apart, the processes stand a little closer, each with
``K_f ln(distance)``.)

Random telegraph noise: ``Poisson(rtn_traps)`` traps per device. An occupied one raises the
resistance by the part ``min(0.5, rtn_amplitude (R/10 kOhm)^rtn_exponent)``: little in the low
resistive state [M]. Capture and emission times are log-uniform at 300 K [D] and thermally
activated from `rtn_attempt`. Between readings the two states are a Markov chain in closed form;
during a reading every change counts, or, beyond `MANY`, the distribution of their sum.

Not modelled: correlation of the traps with the device's own switching, noise of the meter.
Readings in compliance are those of a current source and carry none.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from sim_instruments.models.circuit import Array, Flags, Rng, kernel
from sim_instruments.models.parameters import Bound, as_metadata, checked

BOLTZMANN = 1.380649e-23
"""J/K"""
CHARGE = 1.602176634e-19
"""C"""
MANY = 50.0
"""captures in one reading from where their sum is taken as normal"""
RTN_AT = 10e3
"""Ohm"""
RTN_MOST = 0.5
"""largest part a trap adds to the resistance [M]"""
ROOM = 300.0
"""K"""
FROZEN = 1e100
"""s, for ever"""
UNKNOWN = 1e-6
"""s, integration time where nothing says one [D]"""
WHITE, THERMAL, FANO, KELVIN, AMPLITUDE, EXPONENT, ATTEMPT = range(7)
OCCUPIED, CAPTURE, EMISSION = range(3)


@dataclass(frozen=True, slots=True)
class NoiseParameters:
    """The keys of ``[simulation.noise]``; by default all is off."""

    read_noise: Annotated[float, Bound("", 0.0, 0.5)] = 0.0
    """relative white noise of one reading, beside the model's own"""
    thermal: bool = False
    """4kTG"""
    shot: Annotated[float, Bound("", 0.0, 10.0)] = 0.0
    """Fano factor F of 2qIF; 1 is full shot noise"""
    flicker: Annotated[float, Bound("", 0.0, 0.2)] = 0.0
    """relative 1/f noise, sqrt(K_f) [R: 0.5-2 % for RRAM]"""
    flicker_fastest: Annotated[float, Bound("s", 1e-12, 1e6)] = 1e-6
    """s, shortest time constant"""
    flicker_slowest: Annotated[float, Bound("s", 1e-12, 1e6)] = 1e3
    """s, longest time constant"""
    rtn_traps: Annotated[float, Bound("", 0.0, 20.0)] = 0.0
    """mean number of traps in a device; 1 is usual [D]"""
    rtn_amplitude: Annotated[float, Bound("", 0.0, 0.5)] = 0.02
    """relative change of a resistance of 10 kOhm by one trap [D]"""
    rtn_exponent: Annotated[float, Bound("", 0.0, 2.0)] = 0.7
    """how it grows with resistance [D]"""
    rtn_fastest: Annotated[float, Bound("s", 1e-12, 1e6)] = 1e-6
    """s, shortest mean capture or emission time at 300 K [D]"""
    rtn_slowest: Annotated[float, Bound("s", 1e-12, 1e6)] = 10.0
    """s, longest mean capture or emission time at 300 K [D]"""
    rtn_attempt: Annotated[float, Bound("s", 1e-15, 1e-6)] = 1e-12
    """s, attempt time that both are activated from [D]"""
    integration: Annotated[float, Bound("s", 0.0, 100.0)] = 0.0
    """s, integration time of a reading; 0 takes the meter's"""

    @property
    def silent(self) -> bool:
        """Whether there is nothing to add."""
        return not (self.read_noise or self.thermal or self.shot or self.flicker or self.rtn_traps)


class ReadNoise:
    """The noise of one device's readings.

    Args:
        parameters: what there is.
        seed: of the traps drawn and of all noise; other draws from the same seed are apart.
    """

    def __init__(self, parameters: NoiseParameters, seed: int) -> None:
        q = self.parameters = parameters
        if q.flicker_fastest > q.flicker_slowest or q.rtn_fastest > q.rtn_slowest:
            raise ValueError("noise needs flicker_fastest <= flicker_slowest, and so for rtn")
        sequence = np.random.SeedSequence(seed, spawn_key=(1,))
        rng = self._rng = np.random.Generator(np.random.PCG64(sequence))
        number = math.ceil(math.log10(q.flicker_slowest / q.flicker_fastest) - 1e-6) + 1
        self._taus = np.geomspace(q.flicker_fastest, q.flicker_slowest, number if q.flicker else 0)
        apart = self._taus[1] / self._taus[0] if self._taus.size > 1 else 10.0
        self._sigma = q.flicker * math.sqrt(math.log(apart))
        self._walks = self._sigma * rng.standard_normal(self._taus.size)
        many = int(rng.poisson(q.rtn_traps))
        low, high = math.log(q.rtn_fastest), math.log(q.rtn_slowest)
        self._traps = np.empty((3, many))
        self._traps[CAPTURE:] = np.exp(rng.uniform(low, high, (2, many)))
        capture, emission = self._traps[CAPTURE:]
        self._traps[OCCUPIED] = rng.random(many) < emission / (capture + emission)
        self._last = -math.inf

    @property
    def traps(self) -> list[tuple[float, float]]:
        """Mean capture and emission time (s) at 300 K of every trap."""
        return [(float(c), float(e)) for c, e in self._traps[CAPTURE:].T]

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say."""
        return {"parameters": as_metadata(self.parameters), "traps": self.traps}

    def add(
        self,
        time: Array,
        voltage: Array,
        current: Array,
        span: Array,
        quiet: Flags,
        *,
        temperature: float = ROOM,
        slope: float = 0.0,
    ) -> None:
        """Add noise to the readings `current` (A) in place.

        Args:
            time: s, when each reading ends, rising; earlier calls count.
            voltage: V, over what the current flows through.
            current: A, what a perfect meter would read.
            span: s, integration time of each reading; 0 is unknown.
            quiet: True where a reading has no noise.
            temperature: K.
            slope: S, conductance at 0 V, for readings there.
        """
        q = self.parameters
        numbers = np.array([q.read_noise, float(q.thermal), q.shot, temperature,
                            q.rtn_amplitude, q.rtn_exponent, q.rtn_attempt])  # fmt: skip
        self._last = _add(time, voltage, current, span, quiet, slope, self._last, self._taus,
                          self._sigma, self._walks, self._traps, numbers, self._rng)  # fmt: skip


def read_noise(given: Mapping[str, Any], seed: int) -> ReadNoise | None:
    """Return the noise ``[simulation.noise]`` asks for, None where that is none.

    Raises:
        ValueError: an unknown key, or a value out of its range.
    """
    parameters = checked(NoiseParameters, "noise", dict(given))
    return None if parameters.silent else ReadNoise(parameters, seed)


@kernel
def _walk(gap: float, span: float, taus: Array, sigma: float, walks: Array, rng: Rng) -> float:
    """Move the processes on by `gap` and through a reading; return their sum's mean over it."""
    total = 0.0
    for j in range(taus.size):
        tau = taus[j]
        kept = math.exp(-gap / tau)
        x = walks[j] * kept + sigma * math.sqrt(1.0 - kept * kept) * rng.standard_normal()
        s = span / tau
        left, lost = math.exp(-s), -math.expm1(-s)
        # Of the end, of the mean, and of both together: 2 s - 3 + 4 left - left^2 without loss.
        end = lost * (2.0 - lost)
        spread = 2.0 * (s - lost) - lost * lost
        if s < 1e-2:
            spread = s * s * s * (2.0 / 3.0 - s * (0.5 - s * 7.0 / 30.0))
        first, second = rng.standard_normal(), rng.standard_normal()
        both = lost * lost / s / math.sqrt(end)
        own = math.sqrt(max(spread / (s * s) - both * both, 0.0))
        total += x * lost / s + sigma * (both * first + own * second)
        walks[j] = x * left + sigma * math.sqrt(end) * first
    return total


@kernel
def _occupied(gap: float, span: float, capture: float, emission: float, state: float, rng: Rng
              ) -> tuple[float, float]:  # fmt: skip
    """Return (mean occupation over a reading that begins in `gap` seconds, state at its end)."""
    share = emission / (capture + emission)
    tau = capture * emission / (capture + emission)
    full = rng.random() < share + (state - share) * math.exp(-gap / tau)
    if span > MANY * (capture + emission):
        spread = math.sqrt(2.0 * share * (1.0 - share) * tau / span)
        mean = min(max(share + spread * rng.standard_normal(), 0.0), 1.0)
        return mean, 1.0 if rng.random() < share else 0.0
    occupied = 0.0
    left = span
    while left > 0.0:
        stay = min(left, rng.standard_exponential() * (emission if full else capture))
        occupied += stay if full else 0.0
        left -= stay
        if left > 0.0:
            full = not full
    return occupied / span, 1.0 if full else 0.0


@kernel
def _trapped(resistance: float, gap: float, span: float, traps: Array, p: Array, rng: Rng) -> float:
    """Return the part of the current the traps leave, in the mean over a reading."""
    part = min(RTN_MOST, p[AMPLITUDE] * (resistance / RTN_AT) ** p[EXPONENT])
    cooler = ROOM / p[KELVIN]
    left = 1.0
    for j in range(traps.shape[1]):
        capture = min(p[ATTEMPT] * (traps[CAPTURE, j] / p[ATTEMPT]) ** cooler, FROZEN)
        emission = min(p[ATTEMPT] * (traps[EMISSION, j] / p[ATTEMPT]) ** cooler, FROZEN)
        mean, traps[OCCUPIED, j] = _occupied(gap, span, capture, emission, traps[OCCUPIED, j], rng)
        left *= 1.0 - mean * part / (1.0 + part)
    return left


def _add_all(
    time: Array, voltage: Array, current: Array, span: Array, quiet: Flags, slope: float,
    last: float, taus: Array, sigma: float, walks: Array, traps: Array, p: Array, rng: Rng,
) -> float:  # fmt: skip
    """Add noise to every reading; return when the last one ended."""
    for k in range(current.size):
        if quiet[k]:
            continue
        v, i = voltage[k], current[k]
        width = span[k] if span[k] > 0.0 else UNKNOWN
        gap = max(time[k] - width - last, 0.0)
        during = min(width, time[k] - last) if time[k] > last else 1e-3 * width
        last = time[k]
        g = abs(i / v) if v != 0.0 else slope
        part = 1.0 + p[WHITE] * rng.standard_normal()
        if taus.size > 0:
            part *= 1.0 + _walk(gap, during, taus, sigma, walks, rng)
        if traps.shape[1] > 0 and g > 0.0:
            part *= _trapped(1.0 / g, gap, during, traps, p, rng)
        white = p[THERMAL] * 2.0 * BOLTZMANN * p[KELVIN] * g + p[FANO] * CHARGE * abs(i)
        current[k] = i * part + math.sqrt(white / width) * rng.standard_normal()
    return last


_add = kernel(_add_all, counted=True)
