"""With all its noise on, a device ends a hold as one that was held in many pieces does."""

import math

import numpy as np
import pytest
from model_strokes import (
    VARIANTS,
    drive,
    is_scatter,
    label,
    parameters_of,
    quiet,
    seen,
    started,
    stroke,
)
from scipy.stats import ks_2samp

from sim_instruments.models.parameters import bounds

MODELS = ("analog_bilayer", "data_driven", "diffusive", "ecram", "hea", "iontronic_li",
          "linear_drift", "memtransistor", "organic", "pcm", "quantum_dot", "stanford",
          "stanford_width", "vteam", "yakopcic")  # fmt: skip
HOLDS = [(v, sign) for v in VARIANTS if v[0] in MODELS for sign in (1, -1)]
DEVICES = 80
UNSEEN = 1e-3
"""in ln I: less scatter than this no reading shows"""


def between_cycles(model):
    """Return what scatters from cycle to cycle, as large as a fresh device has it."""
    kind = parameters_of(model)
    names = [n for n in bounds(kind) if is_scatter(n) and n != "read_noise"]
    return {n: getattr(kind(), n) for n in names if n == "spread" or not n.startswith("spread")}


def ends(variant, sign, parts, share):
    """Return what good readings find of where many devices, alike but for chance, end."""
    noise = between_cycles(variant[0])
    found = []
    for seed in range(DEVICES):
        device = started(variant, sign, **noise)
        device.rng = np.random.default_rng((seed, parts))
        drive(device, stroke(variant, sign), parts=parts, share=share)
        device.idle(1e-9)
        found.append(seen(device)[0])
    return found + UNSEEN * np.random.default_rng(parts).standard_normal(DEVICES)


@pytest.mark.parametrize("share", [1.0, 20.0])
@pytest.mark.parametrize(("variant", "sign"), HOLDS, ids=[f"{label(v)}{s:+}" for v, s in HOLDS])
def test_the_scatter_of_a_hold_is_that_of_its_parts(variant, sign, share):
    whole, parts = ends(variant, sign, 1, share), ends(variant, sign, 50, share)
    chance = ks_2samp(whole, parts, method="asymp").pvalue
    print(
        f"{label(variant)}{sign:+}, {share:g} strokes: ln I {whole.mean():.4g} +- "
        f"{whole.std():.2g}, in parts {parts.mean():.4g} +- {parts.std():.2g}; p {chance:.2g}"
    )
    assert chance > 1e-5


@pytest.mark.parametrize("hold", [1e-2, 1e-1, 1.0])
def test_a_filling_scatters_as_many_small_changes_do(hold):
    """``dy = -k y dt + s sqrt(k y) dW`` from 1: of mean ``e``, of variance ``s^2 (e - e^2)``."""
    s, rate = 0.02, 6.0 * math.sinh(2.0)
    left = []
    for seed in range(1000):
        device = quiet(("iontronic_li", (("formed", True),)), seed=seed, step_spread=s)
        device.advance(0.5, hold)
        left.append(1.0 - device.state["fast"])
    e = math.exp(-rate * hold)
    print(f"after {hold} s: {np.mean(left):.4f} +- {np.std(left):.5f} are left ({e:.4f} +- "
          f"{s * math.sqrt(e - e * e):.5f})")  # fmt: skip
    assert np.mean(left) == pytest.approx(e, abs=4 * s * math.sqrt((e - e * e) / 1000) + 1e-6)
    assert np.std(left) == pytest.approx(s * math.sqrt(e - e * e), rel=0.1, abs=1e-5)


def test_a_hold_of_a_year_in_compliance_ends():
    """What chance adds to a balanced device must not keep it busy for ever."""
    for circuit in ({"resistance": 1e7}, {"limit": 1e-6}):
        device = quiet(("iontronic_li", ()), **between_cycles("iontronic_li"))
        device.play(np.array([1.5]), np.array([3e7]), np.zeros(1), record=False, **circuit)
        assert 0.0 < device.state["fast"] < 1.0
