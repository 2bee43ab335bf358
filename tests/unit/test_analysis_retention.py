import math
from dataclasses import replace

import numpy as np
import pytest

from benchctl.analysis import retention

TIME = np.geomspace(1, 1e5, 41)


def noisy(clean, noise=0.002, seed=5):
    return clean + noise * np.random.default_rng(seed).normal(size=clean.size)


LAWS = {
    "constant": (np.full_like(TIME, 1.0), (1.0,)),
    "log-time": (1 - 0.02 * np.log(TIME), (1.0, 0.02)),
    "power": (TIME**-0.08, (1.0, 0.08)),
    "exponential": (np.exp(-TIME / 3e4), (1.0, 3e4)),
    "stretched": (np.exp(-((TIME / 2e4) ** 0.4)), (1.0, 2e4, 0.4)),
}


def test_a_stretched_rival_stays_a_decay_when_resampled():
    time = [1.0, 3.402, 11.58, 39.38, 134.0, 455.8, 1551.0, 5276.0, 17950.0, 61070.0, 207800.0,
            706900.0]  # fmt: skip
    relative = [0.9912, 0.9851, 1.0202, 1.0124, 0.9416, 1.0616, 1.032, 1.0216, 0.9996, 0.9788,
                1.0017, 0.8344]  # fmt: skip
    law = retention.drift(time, relative)
    assert "stretched" in {law.name, *(rival.name for rival in law.rivals)}
    stretched = next(each for each in (law, *law.rivals) if each.name == "stretched")
    left = retention.extrapolate(replace(stretched, rivals=()), time, relative, since=1.0)
    assert 0 <= left.interval[0] <= left.interval[1] <= 1, "it grew, or overflowed"


@pytest.mark.parametrize("name", LAWS)
def test_the_law_that_made_the_data_is_chosen_and_recovered(name):
    clean, truth = LAWS[name]
    law = retention.drift(TIME, noisy(clean))
    assert law.name == name
    assert law.parameters == pytest.approx(truth, rel=0.1)
    assert law.deviation == pytest.approx(0.002, rel=0.35)
    assert law(1e5) == pytest.approx(clean[-1], abs=0.003)


def test_noiseless_data_do_not_break_the_choice():
    law = retention.drift(TIME, LAWS["log-time"][0])
    assert law.name == "log-time"
    assert law.parameters == pytest.approx((1.0, 0.02), rel=1e-6)


def test_ten_year_interval_holds_the_truth():
    hits = 0
    for seed in range(40):
        relative = noisy(LAWS["log-time"][0], 0.01, seed)
        law = retention.Law("log-time", retention._fit("log-time", TIME, relative), 0.01)
        low, high = retention.extrapolate(law, TIME, relative, seed=seed).interval
        hits += low <= 1 - 0.02 * math.log(retention.TEN_YEARS) <= high
    assert hits >= 35


def test_extrapolation_says_how_far_it_reaches():
    law = retention.drift(TIME, noisy(LAWS["log-time"][0]))
    # log10(3.156e8 / 1e5) = 3.499 decades
    far = retention.extrapolate(law, TIME, LAWS["log-time"][0])
    assert "3.5 decades" in far.note
    assert "evidence" in far.note
    near = retention.extrapolate(law, TIME, LAWS["log-time"][0], at=1e7)
    assert "2.0 decades" in near.note
    assert "evidence" not in near.note
    inside = retention.extrapolate(law, TIME, LAWS["log-time"][0], at=5e4)
    assert inside.note == ""


def test_what_is_left_since_the_first_read_does_not_feel_that_reads_noise():
    law = retention.drift(TIME, 1.05 * LAWS["log-time"][0])  # as if the first read were 5 % low
    found = retention.extrapolate(law, TIME, 1.05 * LAWS["log-time"][0], at=1e5, since=1.0)
    assert found.value == pytest.approx(1 - 0.02 * math.log(1e5))


def test_a_law_that_loses_all_before_the_first_read_leaves_nothing():
    lost = np.array([[1.0, 1e-6, 1.0], [1.0, 1e6, 1.0]])
    left = retention._left("stretched", lost, 1e5, 1.0)
    assert left[0] == 0
    assert left[1] == pytest.approx(math.exp(-0.1), rel=1e-3)


@pytest.mark.parametrize(
    ("time", "relative"),
    [([], []), ([1.0], [1.0]), ([1.0, 1.0, 1.0, 1.0], [1, 1, 1, 1]), ([1, 2, 3], [1, 1, math.nan])],
)
def test_too_few_reads_say_so(time, relative):
    law = retention.drift(time, relative)
    assert "4 reads" in law.note
    found = retention.extrapolate(law, time, relative)
    assert found.interval is None
    assert found.note


def test_a_level_that_went_to_zero_or_below_still_has_a_law():
    law = retention.drift(TIME, np.linspace(1, -0.1, TIME.size))
    assert law.name in {"log-time", "constant"}
    assert np.isfinite(law(1e3))


def test_schedule_is_logarithmic_and_holds_both_ends():
    times = retention.schedule(1.0, 1e4, 5)
    assert times[0] == 1
    assert times[-1] == pytest.approx(1e4)
    assert times.size == 21
    assert np.diff(np.log(times)) == pytest.approx(math.log(10) / 5)
    assert retention.schedule(10.0, 1.0, 5).tolist() == [10.0]
