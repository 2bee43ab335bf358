"""population: statistics of its noise and of soft bounds, and bits no thread can change."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from sim_instruments.models import population
from sim_instruments.models.population import BYTE_MEAN, CUBIC, FEW, LINEAR, NEAR, Population

ALIKE = {"spread_step": 0.0, "spread_bounds": 0.0}
EARLY = [-0.192, 0.643, -1.368, -0.431, 0.544, 2.063, -0.145, 0.573]
"""noise of seed 7 in the first pulse, by device"""
LATE = [-1.971, -0.634, 1.839, 0.239, -0.62, -0.905, 1.456, -0.08]
"""and in pulse 2**32 + 5"""


def noise(devices, pulses, seed=0):
    """Return the noise of each pulse and device, shape (pulses, devices), read off single steps."""
    made = Population(devices, seed, step=1e-3, c2c=1.0, low=-1.0, high=1.0, threads=1, **ALIKE)
    found = np.empty((pulses, devices))
    for k in range(pulses):
        made.weights[:] = 0.0
        made.pulse(1)
        found[k] = made.weights / 1e-3 - 1.0
    return found


def moments(z):
    z = z - z.mean()
    sigma = z.std()
    return sigma, np.mean(z**3) / sigma**3, np.mean(z**4) / sigma**4 - 3.0


def test_the_law_of_the_noise_has_the_moments_of_a_gaussian():
    """From the exact distribution of a sum of eight bytes."""
    share = np.ones(1)
    for _ in range(8):
        share = np.convolve(share, np.full(256, 1 / 256))
    s = np.arange(share.size) - float(BYTE_MEAN)
    z = s * (float(LINEAR) + float(CUBIC) * s * s)
    assert share @ z == pytest.approx(0.0, abs=1e-9)
    assert share @ z**2 == pytest.approx(1.0, rel=1e-6)
    assert share @ z**4 == pytest.approx(3.0, rel=1e-6)
    for level, within in ((1.0, 0.02), (2.0, 0.02), (3.0, 0.02), (4.0, 0.35)):
        assert share[np.abs(z) > level].sum() == pytest.approx(2 * norm.sf(level), rel=within)


def test_noise_is_nearly_gaussian():
    z = noise(20_000, 50).ravel()
    sigma, skew, excess = moments(z)
    print(f"\nnoise of 1e6 pulses: mean {z.mean():.4f}, sigma {sigma:.4f}, skew {skew:.4f}, "
          f"excess kurtosis {excess:.3f}, largest {np.abs(z).max():.2f}")  # fmt: skip
    assert z.mean() == pytest.approx(0.0, abs=4e-3)
    assert sigma == pytest.approx(1.0, abs=3e-3)
    assert skew == pytest.approx(0.0, abs=0.01)
    assert excess == pytest.approx(0.0, abs=0.02)
    for level in (1.0, 2.0, 3.0):
        expected = 2 * norm.sf(level)
        error = 4.5 * np.sqrt(expected / z.size)
        assert np.mean(np.abs(z) > level) == pytest.approx(expected, rel=0.02, abs=error)


def test_noise_repeats_neither_along_devices_nor_along_pulses():
    z = noise(4000, 250)
    allowed = 4.5 / np.sqrt(z.size)
    for lag in (1, 2, 3, 16, 64):
        assert abs(np.mean(z[:, lag:] * z[:, :-lag])) < allowed
        assert abs(np.mean(z[lag:] * z[:-lag])) < allowed * 1.2
    assert abs(np.mean(z[1:, 1:] * z[:-1, :-1])) < allowed
    # What a device has in all its pulses, and what a pulse has in all devices, is no more than
    # independent draws give.
    assert z.mean(axis=0).std() == pytest.approx(1 / np.sqrt(250), rel=0.05)
    assert z.mean(axis=1).std() == pytest.approx(1 / np.sqrt(4000), rel=0.2)
    other = noise(4000, 250, seed=1)
    assert abs(np.mean(z * other)) < allowed


def test_noise_goes_on_after_four_thousand_million_pulses():
    early, late = (Population(5000, c2c=1.0, threads=1, **ALIKE) for _ in range(2))
    late.pulses = 2**32
    early.pulse(1)
    late.pulse(1)
    assert abs(np.corrcoef(early.weights, late.weights)[0, 1]) < 0.06


def test_no_two_devices_share_their_noise():
    keys = Population(2**18, seed=3)._key
    assert np.unique(keys).size == keys.size


@pytest.mark.parametrize("sign", [1, -1])
def test_the_mean_and_the_scatter_follow_soft_bounds(sign):
    """E(t - w) = (1 - r)^n; E((t - w)^2) = ((1 - r)^2 + (r c2c)^2)^n; from 0 towards 1."""
    step, c2c, count = 0.01, 2.0, 60
    made = Population(100_000, seed=4, step=step, c2c=c2c, low=-1.0, high=1.0, **ALIKE)
    made.pulse(sign * count)
    left = 1.0 - sign * made.weights.astype(float)
    mean = (1 - step) ** count
    square = ((1 - step) ** 2 + (step * c2c) ** 2) ** count
    sigma = np.sqrt(square - mean**2)
    print(f"after {sign * count} pulses: left {left.mean():.5f} ({mean:.5f}), "
          f"sigma {left.std():.5f} ({sigma:.5f})")  # fmt: skip
    assert left.mean() == pytest.approx(mean, abs=4.5 * sigma / np.sqrt(left.size))
    assert left.std() == pytest.approx(sigma, rel=0.015)


def test_without_noise_a_train_is_the_closed_form():
    made = Population(FEW + 1, step=0.005, down=0.5, c2c=0.0, **ALIKE)
    made.pulse(300)
    assert made.weights == pytest.approx(1 - 0.995**300, rel=1e-5)
    up = made.weights.copy()
    made.pulse(-300)
    assert made.weights == pytest.approx((up + 1) * 0.9975**300 - 1, rel=1e-4)


@pytest.mark.parametrize("c2c", [0.0, 0.3])
@pytest.mark.parametrize(
    ("step", "low", "high"), [(1e-3, -1.0, 1.0), (1e-3, 0.0, 1.0), (1e-3, 9.0, 10.0),
    (3.1e-6, -1.0, 1.0), (3.2e-3, 999.0, 1000.0)],
)  # fmt: skip
def test_small_steps_are_not_lost_in_float32(step, low, high, c2c):
    """The first half goes at its pace; what never comes is below what is promised."""
    made = Population(4, seed=5, step=step, c2c=c2c, low=low, high=high, start=low, **ALIKE)
    half = round(np.log(2) / step)
    made.pulse(half)
    left = (high - made.weights.astype(float)) / (high - low)
    scatter = 0.5 * c2c * np.sqrt(step)
    assert left == pytest.approx((1 - step) ** half, abs=1.5e-3 + 4.5 * scatter)
    made.pulse(10 * half)
    left = (high - made.weights.astype(float)) / (high - low)
    assert np.all(left < NEAR if step != 1e-3 else left < 1e-3)


@pytest.mark.parametrize(
    "parameters",
    [{"step": 2e-6}, {"step": 1e-5, "down": 0.1}, {"low": 999.0, "high": 1000.0}],
)  # fmt: skip
def test_steps_that_float32_loses_are_refused(parameters):
    with pytest.raises(ValueError, match=r"step must be .* or more between .* lost in rounding"):
        Population(4, **parameters)


def trained(threads, monkeypatch, worth=0):
    monkeypatch.setattr(population, "WORTH_THREADS", worth)
    made = Population((97, 211), seed=9, threads=threads, c2c=3.75)
    made.pulse(50)
    made.pulse(np.random.default_rng(2).integers(-31, 32, made.shape))
    return made.weights.tobytes()


def test_the_bits_do_not_depend_on_threads(monkeypatch):
    found = {trained(threads, monkeypatch) for threads in (1, 2, 3, 4, 7)}
    assert len(found) == 1
    assert trained(4, monkeypatch, worth=10**12) in found


@pytest.mark.parametrize("count", [1, -40])
def test_equal_counts_are_bit_by_bit_one_count(count):
    one, each = (Population(5000, seed=6, c2c=1.5, down=0.7) for _ in range(2))
    for _ in range(3):
        one.pulse(count)
        each.pulse(np.full(5000, count))
    assert one.weights.tobytes() == each.weights.tobytes()


@pytest.mark.parametrize("devices", [FEW - 1, FEW])
@pytest.mark.parametrize(("pulses", "expected"), [(0, EARLY), (2**32 + 5, LATE)])
def test_a_seed_means_the_same_in_every_version(devices, pulses, expected):
    made = Population(devices, seed=7, step=1e-3, c2c=1.0, **ALIKE)
    made.pulses = pulses
    made.pulse(1)
    assert made.weights / 1e-3 - 1.0 == pytest.approx(expected[:devices], abs=2e-3)


def test_few_devices_are_bit_by_bit_those_of_many():
    few, many = (Population(n, seed=6, c2c=1.5, **ALIKE) for n in (FEW - 1, 5000))
    for count in (1, 300, -513, 7, 2000):
        if count == 2000:
            few.pulses = many.pulses = 2**32 - 1001
        few.pulse(count)
        many.pulse(count)
    assert few.weights.tobytes() == many.weights[: FEW - 1].tobytes()


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=6), devices=st.sampled_from([1, 50]))
def test_a_train_is_the_sum_of_its_parts(cuts, devices):
    whole, parts = Population(devices, seed=8), Population(devices, seed=8)
    whole.pulse(sum(cuts))
    for count in cuts:
        parts.pulse(count)
    assert whole.weights.tobytes() == parts.weights.tobytes()


def test_each_device_takes_its_own_pulses():
    made = Population(100, c2c=0.0, step=0.01, **ALIKE)
    counts = np.arange(-50, 50)
    made.pulse(counts)
    expected = np.sign(counts) * (1 - 0.99 ** np.abs(counts))
    assert made.weights == pytest.approx(expected, abs=1e-5)
    assert made.pulses == 50


@settings(max_examples=25, deadline=None)
@given(c2c=st.floats(0.0, 50.0), step=st.floats(1e-4, 0.5), counts=st.lists(
    st.integers(-200, 200), min_size=1, max_size=5))  # fmt: skip
def test_no_noise_passes_the_bounds(c2c, step, counts):
    made = Population(64, seed=1, c2c=c2c, step=step)
    for count in counts:
        made.pulse(count)
        assert np.all(made.weights >= made._bounds[0])
        assert np.all(made.weights <= made._bounds[1])


def test_devices_differ_as_configured():
    made = Population(50_000, seed=2, c2c=0.0, spread_step=0.2, spread_bounds=0.1)
    made.pulse(1)
    assert np.std(np.log(made._step)) == pytest.approx(0.2, rel=0.02)
    made.pulse(10_000)
    assert np.std(made.weights) == pytest.approx(0.1, rel=0.02)
    assert np.mean(made.weights) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("counts", "share"), [(100, 0.02), (np.full((256, 256), 100), 0.23)])
def test_memory_is_the_state_and_not_the_history(counts, share):
    """The history of one such call would be 26 MB, the counts of all devices are 4 bytes each."""
    made = Population((256, 256), seed=1)
    made.pulse(counts)
    assert made.nbytes == 20 * 256 * 256
    tracemalloc.start()
    for _ in range(20):
        made.pulse(counts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < share * made.nbytes


def test_another_seed_is_another_population():
    one, same, other = (Population(20, seed=s) for s in (1, 1, 2))
    for made in (one, same, other):
        made.pulse(10)
    assert one.weights.tobytes() == same.weights.tobytes() != other.weights.tobytes()


@pytest.mark.parametrize(
    ("counts", "message"),
    [(1.5, "must be an integer"), (np.ones(3, int), r"of shape \(4,\), got int64 of shape \(3,\)"),
     (2**40, "at most 2147483647 pulses"), (np.int64(-(2**63)), "got 9223372036854775808"),
     (np.array([0, -(2**31)] * 2), "got 2147483648"), (2**64, "must be an integer")],
)  # fmt: skip
def test_bad_counts_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        Population(4).pulse(counts)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="population parameter step must be a number from 1e-06"):
        Population(4, step=2.0)
    with pytest.raises(ValueError, match="low < high"):
        Population(4, low=1.0, high=0.5)
    with pytest.raises(ValueError, match="needs 1 thread or more, got 0"):
        Population(4, threads=0)
