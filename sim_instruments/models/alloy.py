"""A five-element alloy: its composition checked and spread, what it does, how it falls apart."""

import math

import numpy as np

from sim_instruments.models.circuit import Array, Rng, kernel

BOLTZMANN = 8.617333e-5
"""eV/K"""
ELEMENTS = ("cu", "al", "ni", "co", "x")
EQUAL = 1.0 / len(ELEMENTS)
LEAST, MOST = 0.05, 0.35
"""fraction of each element in a high-entropy alloy [M]"""
DECOMPOSES = 600.0
"""K, from here on [D]"""
SEGREGATION_RATE, SEGREGATION_ENERGY = 1e13, 2.0
"""1/s, eV [D]"""
WEIGHTS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""how barriers follow each fraction, in units of the sensitivity [D]"""


def fractions_of(parts: Array, richer: float = 0.0) -> Array:
    """Return the fractions of `parts`, with `richer` more of the first and less of the last.

    Raises:
        ValueError: a fraction outside what makes a high-entropy alloy.
    """
    total = float(parts.sum())
    fractions = parts / total if total > 0.0 else parts.copy()
    fractions[0] += richer
    fractions[-1] -= richer
    for element, fraction in zip(ELEMENTS, fractions.tolist(), strict=True):
        if not LEAST - 1e-9 <= fraction <= MOST + 1e-9:
            raise ValueError(
                f"hea needs a fraction of {element} from {LEAST:g} to {MOST:g} once the five "
                f"add up to 1, got {fraction:.4g}"
            )
    return fractions


def one_of(fractions: Array, sigma: float, rng: Rng) -> Array:
    """Return one device's fractions: Dirichlet, `sigma` the deviation of a fraction of 1/5."""
    if sigma == 0.0:
        return fractions
    return rng.dirichlet((EQUAL * (1.0 - EQUAL) / sigma**2 - 1.0) * fractions)


def mixing(fractions: Array) -> float:
    """Return the entropy of mixing, of that of five equal parts."""
    return -float(np.sum(fractions * np.log(fractions))) / math.log(len(ELEMENTS))


def barrier_shift(fractions: Array, sensitivity: float) -> float:
    """Return how far the composition moves every barrier, in the unit of `sensitivity`."""
    return sensitivity * float(np.dot(WEIGHTS, fractions - EQUAL))


@kernel
def decomposition(kelvin: float) -> float:
    """Return the rate (1/s) at which the alloy falls apart, 0 below `DECOMPOSES`."""
    if kelvin <= DECOMPOSES:
        return 0.0
    return SEGREGATION_RATE * math.exp(-SEGREGATION_ENERGY / (BOLTZMANN * kelvin))
