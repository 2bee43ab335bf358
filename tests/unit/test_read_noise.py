"""Noise of readings against its closed forms."""

import math

import numpy as np
import pytest
from scipy.signal import welch
from scipy.stats import kstest

from sim_instruments.models import create
from sim_instruments.noise import (
    BOLTZMANN,
    CHARGE,
    NoiseParameters,
    ReadNoise,
    read_noise,
)
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

I0 = 1e-5
V0 = 0.1


def readings(noise, number, step, span, *, current=I0, voltage=V0, start=0.0, **options):
    """Noisy readings of a constant current, one each `step` seconds."""
    out = np.full(number, current)
    times = start + step * np.arange(1, number + 1)
    noise.add(times, np.full(number, voltage), out, np.full(number, span),
              np.zeros(number, dtype=bool), **options)  # fmt: skip
    return out


def within(measured, expected, number, sigmas=4.0):
    """Whether a variance of `number` Gaussian values lies where it should."""
    return abs(measured / expected - 1.0) < sigmas * math.sqrt(2.0 / number)


def test_thermal_and_shot_noise_have_their_variance():
    n, t = 20_000, 1e-3
    thermal = readings(ReadNoise(NoiseParameters(thermal=True), 1), n, 2e-3, t, temperature=350.0)
    expected = 2 * BOLTZMANN * 350.0 * (I0 / V0) / t
    assert within(thermal.var(), expected, n)
    shot = readings(ReadNoise(NoiseParameters(shot=0.5), 2), n, 2e-3, t)
    assert within(shot.var(), CHARGE * I0 * 0.5 / t, n)
    print(f"thermal {thermal.std():.3g} A (closed form {math.sqrt(expected):.3g} A)")


def test_white_noise_falls_with_the_integration_time():
    short, long = (readings(ReadNoise(NoiseParameters(thermal=True), 3), 20_000, 1.0, t)
                   for t in (1e-4, 1e-2))  # fmt: skip
    assert short.var() / long.var() == pytest.approx(100.0, rel=0.08)


def test_without_bias_the_slope_makes_thermal_noise():
    noise = ReadNoise(NoiseParameters(thermal=True, shot=1.0, flicker=0.01), 4)
    out = readings(noise, 20_000, 1e-2, 1e-3, current=0.0, voltage=0.0, slope=1e-4)
    assert within(out.var(), 2 * BOLTZMANN * 300.0 * 1e-4 / 1e-3, out.size)


def test_flicker_noise_is_one_over_f():
    q, step, n = 0.01, 1e-3, 2**19
    out = readings(ReadNoise(NoiseParameters(flicker=q), 5), n, step, step)
    f, s = welch(out / I0 - 1.0, 1.0 / step, nperseg=2**15)
    band = (f > 0.2) & (f < 20.0)  # the averaging over a step shows above
    slope, height = np.polyfit(np.log(f[band]), np.log(s[band] * f[band]), 1)
    print(f"S ~ f^{slope - 1:.3f}, K_f {np.exp(height):.3g} (set {q * q:.3g})")
    assert slope - 1.0 == pytest.approx(-1.0, abs=0.06)
    assert (s[band] * f[band]).mean() == pytest.approx(q * q, rel=0.10)


@pytest.mark.parametrize("decades", [2.0, 2.4, 2.5, 2.6, 3.4])
def test_flicker_noise_is_as_strong_whatever_range_it_covers(decades):
    """Time constants from 10 ms up: the density in the middle of what they cover."""
    q, step, n = 0.01, 1e-2, 2**18
    slowest = 1e-2 * 10.0**decades
    noise = ReadNoise(NoiseParameters(flicker=q, flicker_fastest=1e-2, flicker_slowest=slowest), 9)
    f, s = welch(readings(noise, n, step, 1e-9) / I0 - 1.0, 1.0 / step, nperseg=2**13)
    middle = 1.0 / (2.0 * math.pi * math.sqrt(1e-2 * slowest))
    band = (f > middle / 2.0) & (f < middle * 2.0)
    found = float(np.mean(s[band] * f[band])) / q**2
    # Processes side by side, each half a decade wide to either side, leave out what lies beyond.
    reach = 10.0 ** ((decades + 1.0) / 2.0)
    ends = 2.0 / math.pi * (math.atan(reach) - math.atan(1.0 / reach))
    print(f"{decades} decades: S f/K_f {found:.3f} at {middle:.2g} Hz (from its ends {ends:.3f})")
    assert found == pytest.approx(ends, rel=0.1)


@pytest.mark.parametrize("span", [1e-9, 1e-3, 0.1])
def test_flicker_noise_of_far_readings_has_its_variance(span):
    q, n = 0.01, 20_000
    noise = ReadNoise(NoiseParameters(flicker=q), 6)
    out = readings(noise, n, 1e5, span) / I0
    s = span / np.geomspace(1e-6, 1e3, 10)
    # Of the mean of an Ornstein-Uhlenbeck process over s time constants.
    shares = np.where(s < 1e-4, 1.0 - s / 3, 2 * (s + np.expm1(-s)) / s**2)
    assert within(out.var(), q * q * math.log(10) * shares.sum(), n)


def test_a_reading_longer_than_the_step_is_the_mean_of_short_ones():
    """Averaging by the meter is averaging the noise: 100 readings of 1 ms or one of 100 ms."""
    q, n = 0.02, 8000
    fine = readings(ReadNoise(NoiseParameters(flicker=q), 7), 100 * n, 1e-3, 1e-3)
    coarse = readings(ReadNoise(NoiseParameters(flicker=q), 8), n, 0.1, 0.1)
    means = fine.reshape(n, 100).mean(axis=1) / I0
    # Slow wandering is common to neighbours; differences between these are what averaging makes.
    assert np.diff(means).var() == pytest.approx(np.diff(coarse / I0).var(), rel=0.08)


def telegraph(capture, emission, seed=0, amplitude=0.2):
    noise = ReadNoise(NoiseParameters(rtn_traps=1.0, rtn_amplitude=amplitude), seed)
    noise._traps = np.array([[0.0], [capture], [emission]])
    return noise


def test_the_trap_dwells_exponentially_in_both_states():
    capture, emission, step = 50e-3, 20e-3, 1e-3
    out = readings(telegraph(capture, emission), 400_000, step, 1e-9)
    levels = np.unique(out)
    assert levels == pytest.approx([I0 / 1.2, I0], rel=1e-9)
    edges = np.flatnonzero(np.diff(out)) + 1
    runs, occupied = np.diff(edges) * step, out[edges[:-1]] < 0.95 * I0
    for state, tau, other in ((False, capture, emission), (True, emission, capture)):
        dwell = runs[occupied == state]
        # Two changes within a step are not seen: the chance to leave is that of the chain.
        leave = (1 - math.exp(-step * (1 / tau + 1 / other))) * other / (tau + other)
        assert dwell.mean() == pytest.approx(step / leave, rel=4 / math.sqrt(dwell.size))
        print(f"mean dwell {dwell.mean() * 1e3:.1f} ms (set {tau * 1e3:.0f} ms)")


def test_far_readings_find_the_trap_in_equilibrium():
    out = readings(telegraph(3.0, 1.0), 40_000, 1e3, 1e-9)
    assert (out < 0.95 * I0).mean() == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 40_000))


@pytest.mark.parametrize("pairs", [0.02, 1.0, 20.0, 200.0])
def test_a_long_reading_averages_the_telegraph(pairs):
    capture, emission, n = 2e-3, 1e-3, 20_000
    span = pairs * (capture + emission)
    out = readings(telegraph(capture, emission), n, 10 * span + 1.0, span)
    occupied = (1.0 - out / I0) / (0.2 / 1.2)
    share, s = 1 / 3, span / (capture * emission / (capture + emission))
    expected = share * (1 - share) * 2 * (s + math.expm1(-s)) / s**2
    assert occupied.mean() == pytest.approx(share, abs=4 * math.sqrt(expected / n))
    assert occupied.var() == pytest.approx(expected, rel=0.05)


def test_the_amplitude_grows_with_resistance_and_saturates():
    noise = telegraph(1e-12, 1e12, amplitude=0.02)
    noise._traps[0] = 1.0
    for r, part in ((1e4, 0.02), (1e5, 0.02 * 10**0.7), (1e8, 0.5)):
        out = readings(noise, 1, 1.0, 1e-9, current=V0 / r)
        assert V0 / r / out[0] - 1.0 == pytest.approx(part, rel=1e-9)


def test_warm_traps_are_faster():
    def changes(kelvin):
        out = readings(telegraph(0.1, 0.1), 20_000, 1e-2, 1e-9, temperature=kelvin)
        return np.count_nonzero(np.diff(out))

    assert changes(330.0) > 3 * changes(300.0)


def test_a_frozen_trap_stays_as_it_was_found():
    found = []
    for seed in range(40):
        out = readings(telegraph(1e-3, 1e-3, seed=seed), 50, 1.0, 1e-3, temperature=4.2)
        assert np.ptp(out) == 0.0
        found.append(out[0])
    full = sum(current < 0.95 * I0 for current in found)
    print(f"at 4.2 K {full} of 40 traps are occupied, for ever")
    assert 8 <= full <= 32


def test_traps_are_poisson_and_their_times_log_uniform():
    found = [ReadNoise(NoiseParameters(rtn_traps=1.0), seed).traps for seed in range(2000)]
    numbers = np.array([len(traps) for traps in found])
    assert numbers.mean() == pytest.approx(1.0, abs=4 / math.sqrt(2000))
    assert numbers.var() == pytest.approx(1.0, rel=0.15)
    times = np.log10([t for traps in found for pair in traps for t in pair])
    assert kstest(times, "uniform", args=(-6.0, 7.0)).pvalue > 0.01


def test_nothing_asked_for_is_no_noise_at_all():
    assert read_noise({}, 1) is None
    assert read_noise({"integration": 1e-3}, 1) is None
    assert read_noise({"flicker": 0.01}, 1) is not None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"flikker": 0.01}, "noise has no parameter 'flikker'; did you mean 'flicker'"),
        ({"flicker": 3.0}, "noise parameter flicker must be a number from 0 to 0.2, got 3"),
        ({"flicker": 0.1, "flicker_fastest": 1.0, "flicker_slowest": 0.1}, "flicker_fastest <="),
    ],
)
def test_noise_that_cannot_be_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        read_noise(given, 1)


ALL = NoiseParameters(read_noise=0.01, thermal=True, shot=1.0, flicker=0.01, rtn_traps=3.0)
READS = (np.array([0.1, 0.0, 0.2]), np.array([1e-3, 1e-4, 1e-3]), np.zeros(3))


def world(noise, model="resistor", **parameters):
    found = World(create(model, seed=1, **parameters), wiring=Wiring("direct", "smu"), noise=noise)
    found.attach("smu")
    return found


def test_the_same_seed_gives_the_same_bits():
    first, second, other = (
        world(ReadNoise(ALL, seed)).play("smu", *READS, count=50).current for seed in (5, 5, 6)
    )
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_the_device_does_not_feel_the_noise():
    noisy, quiet = (world(noise, "gap_filament", read_noise=0.0) for noise in
                    (ReadNoise(ALL, 1), None))  # fmt: skip
    cycle = (np.array([2.0, 0.1, -1.8, 0.1]), np.full(4, 1e-3), np.zeros(4))
    a, b = (w.play("smu", *cycle, count=20, limit=3e-4) for w in (noisy, quiet))
    assert noisy.load.state == quiet.load.state
    assert a.limited.tolist() == b.limited.tolist()
    assert (a.current[a.limited] == b.current[b.limited]).all()
    assert (a.current[~a.limited] != b.current[~b.limited]).all()


def test_a_held_bias_and_a_program_are_one_course_of_time():
    noise = ReadNoise(NoiseParameters(flicker=0.01, flicker_fastest=1.0), 1)
    one = world(noise)
    one.hold("smu", 0.1)
    held = one.measure("smu", 1e-3)[1]
    assert held != 1e-5
    played = one.play("smu", np.array([0.1]), np.array([1e-3]), np.zeros(1)).current[0]
    assert played == pytest.approx(held, rel=3e-3)
    one.sleep(1e6)
    assert one.play("smu", *(np.array([x]) for x in (0.1, 1e-3, 0.0))).current[0] != played


def test_the_meters_aperture_counts_and_the_files_own_before_it():
    def spread(aperture, **options):
        one = world(ReadNoise(NoiseParameters(thermal=True, **options), 1))
        reads = (np.full(4000, 0.1), np.full(4000, 1e-2), np.zeros(4000))
        return one.play("smu", *reads, aperture=aperture).current.std()

    assert spread(1e-4) / spread(0.0) == pytest.approx(10.0, rel=0.1)
    assert spread(1e-4, integration=1e-3) / spread(0.0) == pytest.approx(10**0.5, rel=0.1)


def test_what_does_not_reach_the_device_is_silent():
    found = World(create("resistor", seed=1), wiring=Wiring("relay", "smu", "pulser"),
                  noise=ReadNoise(ALL, 1))  # fmt: skip
    for port in ("smu", "pulser"):
        found.attach(port)
    found.set_line("smu", 1, high=True)
    bouncing = found.play("pulser", np.array([0.0, 0.0]), np.full(2, 1e-6), np.zeros(2))
    assert bouncing.current.tolist() == [0.0] * 2
    assert found.play("smu", *READS).current.tolist() == [0.0] * 3


def test_no_noise_lifts_a_reading_over_the_limit():
    one = world(ReadNoise(NoiseParameters(read_noise=0.1), 1))
    read = np.array([0.1]), np.array([1e-3]), np.zeros(1)
    played = one.play("smu", *read, count=500, limit=1.01e-5)
    assert played.current.max() == 1.01e-5
    assert 0 < played.limited.sum() < 500
    assert (played.limited == (played.current == 1.01e-5)).all()
    one.hold("smu", 0.1, limit=1.01e-5)
    held = [one.measure("smu", 1e-3) for _ in range(50)]
    assert max(current for _, current, _ in held) == 1.01e-5
    assert any(limited for _, _, limited in held)
