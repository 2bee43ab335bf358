"""Populations: streams of random numbers, transistors, kernels over cells."""

import numba
import numpy as np
import pytest
from scipy import stats

from sim_instruments.circuits.population import Bias, Population
from sim_instruments.circuits.streams import handle, seeded, stream
from sim_instruments.circuits.transistor import TransistorParameters, channel, packed
from sim_instruments.models.gap_filament import GapFilament
from sim_instruments.models.jart_vcm import JartVcm

SEEDS = [np.random.SeedSequence(1, spawn_key=(k,)) for k in range(6)]
MASK = (1 << 64) - 1


@numba.njit
def draw(streams, uniform, normal, exponential):
    for k in range(uniform.shape[0]):
        rng = stream(streams, k)
        for j in range(uniform.shape[1]):
            uniform[k, j] = rng.random()
            normal[k, j] = rng.standard_normal()
            exponential[k, j] = rng.standard_exponential()


@numba.njit
def uniforms(streams, k, out):
    rng = stream(streams, k)
    for j in range(out.size):
        out[j] = rng.random()


@numba.njit
def through(u, w, t):
    return channel(u, w, t)


def xoshiro(state, count):
    """The published algorithm in plain integers."""
    a, b, c, d = (int(word) for word in state)

    def turned(x, by):
        return ((x << by) | (x >> (64 - by))) & MASK

    for _ in range(count):
        yield (turned((a + d) & MASK, 23) + a) & MASK
        shifted = (b << 17) & MASK
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        c, d = c ^ shifted, turned(d, 45)


def test_streams_are_xoshiro():
    words = seeded(SEEDS)
    expected = [bits >> 11 for bits in xoshiro(words[4], 50)]
    found = np.empty(50)
    uniforms(handle(words), 4, found)
    assert (found * 2.0**53).astype(int).tolist() == expected


def test_streams_have_the_distributions_of_numpy_and_nothing_in_common():
    draws = np.empty((3, 6, 20_000))
    words = seeded(SEEDS)
    draw(handle(words), *draws)
    uniform, normal, exponential = draws
    assert stats.kstest(uniform.ravel(), "uniform").pvalue > 0.01
    assert stats.kstest(normal.ravel(), "norm").pvalue > 0.01
    assert stats.kstest(exponential.ravel(), "expon").pvalue > 0.01
    between = np.corrcoef(normal)[~np.eye(6, dtype=bool)]
    assert np.abs(between).max() < 4.5 / np.sqrt(20_000)


def test_a_stream_goes_on_where_its_row_stands():
    words = seeded(SEEDS)
    kept = words.copy()
    first, again = np.empty(9), np.empty(9)
    uniforms(handle(words), 2, first)
    assert not np.array_equal(words[2], kept[2])
    assert np.array_equal(np.delete(words, 2, axis=0), np.delete(kept, 2, axis=0))
    words[:] = kept
    uniforms(handle(words), 2, again)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("w", [-0.5, 0.2, 1.5])
@pytest.mark.parametrize("u", [-1.0, -0.1, 0.1, 1.0])
def test_a_channel_is_the_same_from_either_end(u, w):
    t = packed(TransistorParameters(leak=1e-9))
    there, by_u, by_w = through(u, w, t)
    back, *_ = through(-u, w - u, t)
    assert back == pytest.approx(-there, rel=1e-12)
    step = 1e-6
    slope_u = (through(u + step, w, t)[0] - through(u - step, w, t)[0]) / (2 * step)
    slope_w = (through(u, w + step, t)[0] - through(u, w - step, t)[0]) / (2 * step)
    assert (by_u, by_w) == pytest.approx((slope_u, slope_w), rel=1e-5, abs=1e-9)


def test_a_channel_saturates_at_its_overdrive():
    t = packed(TransistorParameters(gain=200e-6, leak=0.0))
    assert through(2.0, 1.0, t)[0] == pytest.approx(100e-6)
    assert through(5.0, 1.0, t)[0] == pytest.approx(100e-6)
    assert through(5.0, -1.0, t)[0] == 0.0


def cells(count, threads=None, transistor=None):
    seeds = [np.random.SeedSequence(2, spawn_key=(k,)) for k in range(count)]
    return Population(
        lambda k: GapFilament(seed=k), seeds, packed(transistor), threads
    )  # fmt: skip


def biased(population, high, low, gate):
    device = np.zeros(high.size)
    current, *slopes = population.look(high, low, gate, device)
    return Bias(high, low, gate, device, current), slopes


@pytest.mark.parametrize("transistor", [None, TransistorParameters()])
def test_slopes_are_those_of_the_current(transistor):
    rng = np.random.default_rng(0)
    population = cells(40, transistor=transistor)
    high, low = rng.uniform(-1.5, 1.5, (2, 40))
    gate = rng.uniform(0.0, 3.0, 40)
    step = 1e-5

    def current(more_high, more_low):
        return biased(population, high + more_high, low + more_low, gate)[0].current

    by_high, by_low = biased(population, high, low, gate)[1]
    up = (current(step, 0.0) - current(-step, 0.0)) / (2 * step)
    down = (current(0.0, -step) - current(0.0, step)) / (2 * step)
    np.testing.assert_allclose(by_high, up, rtol=1e-3, atol=1e-11)
    np.testing.assert_allclose(by_low, down, rtol=1e-3, atol=1e-11)


@pytest.mark.parametrize("transistor", [None, TransistorParameters()])
def test_a_cell_ends_where_its_own_lines_leave_it(transistor):
    population = cells(5, transistor=transistor)
    high, low, gate = np.linspace(1.0, 2.4, 5), np.zeros(5), np.full(5, 2.5)
    bias, _ = biased(population, high, low, gate)
    resistance = np.full(5, 500.0)
    end = population.advance(bias, resistance, 1e-4)
    source = high + resistance * bias.current
    now = biased(population, end, low, gate)[0].current
    np.testing.assert_allclose(end + resistance * now, source, rtol=1e-4)
    assert end[-1] < high[-1] - 0.1


def test_what_is_observed_has_the_read_noise_and_what_is_looked_at_has_none():
    population = cells(2000)
    once, again = population.alone(0.1), population.alone(0.1)
    assert np.array_equal(once, again)
    noise = population.observed(once) / once - 1.0
    assert noise.std() == pytest.approx(0.005, rel=0.08)


def test_the_memory_of_a_population_is_its_arrays():
    """State, parameters and 32 bytes of stream: nothing grows with what was played."""
    population = cells(64)
    bias, _ = biased(population, np.ones(64), np.zeros(64), np.zeros(64))
    sizes = {name: value.nbytes for name, value in vars(population).items()
             if isinstance(value, np.ndarray)}  # fmt: skip
    for _ in range(50):
        population.advance(bias, np.zeros(64), 1e-6)
    assert sizes == {name: value.nbytes for name, value in vars(population).items()
                     if isinstance(value, np.ndarray)}  # fmt: skip
    assert sizes["_words"] == 64 * 32


@pytest.mark.parametrize("kelvin", [300.0, 350.0])
def test_cells_of_equal_parameters_share_them(kelvin):
    """Even a table of megabytes is there once; spread between cells has rows of its own."""
    seeds = [np.random.SeedSequence(2, spawn_key=(k,)) for k in range(6)]
    same = Population(lambda k: JartVcm(seed=k, read_noise=0.01 * (k % 2)), seeds, np.zeros(0))
    same.warm(kelvin)
    assert same._p.shape[0] == 2
    assert same._p.nbytes > 3e6
    for k in range(6):
        expected = JartVcm(seed=k, read_noise=0.01 * (k % 2)).parts(kelvin)[1]
        assert np.array_equal(same._p[same._which[k]], expected)
    own = cells(6)
    own.warm(kelvin)
    assert own._p.shape[0] == 6


def test_cells_of_another_structure_are_refused():
    seeds = [np.random.SeedSequence(2, spawn_key=(k,)) for k in range(2)]
    with pytest.raises(ValueError, match="cannot differ between cells"):
        Population(lambda k: JartVcm(seed=k, exact=bool(k)), seeds, np.zeros(0))


@pytest.mark.parametrize("threads", [0, -1])
def test_no_thread_at_all_is_refused(threads):
    with pytest.raises(ValueError, match=f"1 thread or more, got {threads}"):
        cells(2, threads=threads)
