"""What holds for every model with every preset, choice and switch, under pulses that move it."""

import math

import numpy as np
import pytest
from model_strokes import (
    LOOKS,
    MODELS,
    STILL,
    STROKES,
    SURE,
    VARIANTS,
    apart,
    drive,
    label,
    parameters_of,
    play,
    quiet,
    seen,
    started,
    stroke,
)

from sim_instruments.models import create
from sim_instruments.models.parameters import Bound, Choice, bounds

FORGETS = ("iontronic_li", "organic")
"""what they take in leaks out again, sooner when hot"""
MELTS = ("pcm",)
"""more voltage or heat melts what less would crystallise"""
LOSSLESS = "no loss at rest"
RUNAWAY = {"hea": 0.06, "jart_vcm": 0.02}
"""in ln I, half-way through a set that runs away: 1 % of its time are several of the current"""
BOTH = [(v, sign) for v in SURE for sign in (1, -1)]


def each(pairs):
    names = [f"{label(v)}{sign:+}" for v, sign in pairs]
    return pytest.mark.parametrize(("variant", "sign"), pairs, ids=names)


both = each(BOTH)
every = pytest.mark.parametrize("variant", VARIANTS, ids=map(label, VARIANTS))
moving = pytest.mark.parametrize("variant", SURE, ids=map(label, SURE))


def label_of_reading(variant, sign):
    return f"{label(variant)} {stroke(variant, sign).voltage:+g} V"


def test_every_model_and_every_stroke_is_one_that_exists():
    assert {v[0] for v in STILL} == set(MODELS) - {"resistor"}
    known = {label(v) for v in VARIANTS} | set(MODELS)
    assert set(STROKES) <= known


@both
def test_a_pulse_is_the_sum_of_its_parts(variant, sign):
    fresh, whole = started(variant, sign), started(variant, sign)
    pulse = stroke(variant, sign)
    drive(whole, pulse)
    moved = apart(fresh, whole)
    errors = []
    for parts in (2, 64):
        cut = started(variant, sign)
        drive(cut, pulse, parts=parts)
        errors.append(apart(whole, cut))
    print(f"{label_of_reading(variant, sign)}: ln I moves {moved:.3g}, in 2 and 64 parts "
          f"{errors[0]:.1e} and {errors[1]:.1e} off")  # fmt: skip
    assert moved > 1e-7
    assert max(errors) < 0.01 * moved + RUNAWAY.get(variant[0], 0.005)


@each([(v, sign) for v, sign in BOTH if not stroke(v).gate])
@pytest.mark.parametrize("circuit", ["resistance", "limit"])
def test_so_it_is_behind_a_resistance_and_in_compliance(variant, sign, circuit):
    pulse = stroke(variant, sign)
    before, whole = started(variant, sign), started(variant, sign)
    amperes = abs(before.current(pulse.voltage))
    drive(whole, pulse)
    amperes = math.sqrt(amperes * abs(whole.current(pulse.voltage)))
    around = {"resistance": 0.3 * abs(pulse.voltage) / amperes, "limit": amperes}
    chosen = {circuit: around[circuit]}
    ends = []
    for parts in (1, 64):
        device = started(variant, sign)
        drive(device, pulse, parts=parts, height=1.25, **chosen)
        ends.append(device)
    moved = apart(before, ends[1])
    print(f"{label_of_reading(variant, sign)}, {chosen}: ln I moves {moved:.3g}, "
          f"{apart(*ends):.1e} off in 64 parts")  # fmt: skip
    assert apart(*ends) < 0.02 * moved + 0.01


@moving
@pytest.mark.parametrize("width", [1e-12, 1e-11, 1e-10, 1e-9])
def test_a_short_pulse_is_never_skipped(variant, width):
    """300 pulses without a pause are one of 300 times the width, down to a picosecond."""
    pulse = stroke(variant)
    for height in (1.0, 1.5, 2.0, 3.0):
        fresh, whole, train = (started(variant, 1) for _ in range(3))
        play(whole, pulse, np.array([pulse.voltage * height]), np.array([300 * width]))
        play(train, pulse, np.full(300, pulse.voltage * height), np.full(300, width))
        moved = apart(fresh, whole)
        if moved > 1e-7:
            break
    print(f"{label(variant)} {pulse.voltage * height:+.3g} V, 300 x {width:g} s: ln I moves "
          f"{moved:.2e}, cut into pulses {apart(whole, train):.1e} off")  # fmt: skip
    assert apart(whole, train) <= 0.005 * moved + 1e-13
    if variant[0] not in ("step_synapse", "fefet", "ftj"):  # these move by whole steps or domains
        assert moved > 0.0


@moving
@pytest.mark.parametrize("ramp", [1e-12, 1e-9])
def test_a_steep_ramp_is_a_fine_staircase(variant, ramp):
    pulse = stroke(variant)
    for height in (1.0, 1.5, 2.0, 3.0):
        fresh, steep, fine = (started(variant, 1) for _ in range(3))
        top = pulse.voltage * height
        stairs = top * (np.arange(800) + 0.5) / 800
        play(steep, pulse, np.array([top, 0.0]), np.zeros(2), np.full(2, ramp))
        both_ways = np.concatenate([stairs, stairs[::-1]])
        play(fine, pulse, both_ways, np.full(1600, ramp / 800))
        moved = apart(fresh, fine)
        if moved > 1e-7:
            break
    print(f"{label(variant)} to {top:+.3g} V and back in 2 x {ramp:g} s: ln I moves {moved:.2e}, "
          f"{apart(steep, fine):.1e} off")  # fmt: skip
    assert apart(steep, fine) <= 0.01 * moved + 1e-13


def moves(variant, sign, *, share, height=1.0, kelvin=300.0):
    """Return how far ln I goes the way the whole pulse takes it, as read at 300 K."""
    pulse = stroke(variant, sign)
    fresh, whole, part = (started(variant, sign) for _ in range(3))
    drive(whole, pulse)
    way = seen(whole) - seen(fresh)
    k = int(np.argmax(np.abs(way)))
    drive(part, pulse, share=share, height=height, temperature=kelvin)
    part.idle(0.0, 300.0)
    return float(np.sign(way[k]) * (seen(part) - seen(fresh))[k])


@each([(v, sign) for v, sign in BOTH if v[0] not in MELTS])
def test_more_voltage_moves_further(variant, sign):
    found = [moves(variant, sign, share=0.3, height=h) for h in (1.0, 1.05, 1.1, 1.2)]
    print(f"{label_of_reading(variant, sign)} x 1, 1.05, 1.1, 1.2:", np.round(found, 4))
    assert np.all(np.diff(found) >= -1e-9)


@each([(v, s) for v, s in BOTH if v[0] not in MELTS and not (v[0] in FORGETS and s > 0)])
def test_more_heat_moves_further(variant, sign):
    found = [moves(variant, sign, share=0.3, kelvin=t) for t in (290.0, 300.0, 320.0)]
    print(f"{label_of_reading(variant, sign)} at 290, 300, 320 K:", np.round(found, 4))
    assert np.all(np.diff(found) >= -1e-9)


@moving
@pytest.mark.parametrize("kelvin", [300.0, 358.0])
def test_ten_years_of_rest_are_a_thousand_rests(variant, kelvin):
    once, often = started(variant, -1), started(variant, -1)
    once.idle(3e8, kelvin)
    for _ in range(1000):
        often.idle(3e5, kelvin)
    # Imprint that grows at rest turns domains of a fefet: not quite a closed form.
    assert apart(once, often) < (0.01 if variant[0] == "fefet" else 1e-6)
    if LOSSLESS in once.APPROXIMATIONS and kelvin == 300.0:
        assert apart(once, started(variant, -1)) == 0.0


@moving
def test_zero_volts_are_a_rest_and_draw_nothing(variant):
    rested, biased = started(variant, -1), started(variant, -1)
    rested.idle(1.0)
    played = biased.play(np.zeros(1), np.ones(1), np.zeros(1))
    assert biased.current(0.0) == 0.0
    assert played.current.tolist() == [0.0]
    assert apart(rested, biased) < 1e-12


@every
def test_it_never_gives_power(variant):
    device = quiet(variant)
    sweep = np.concatenate([np.linspace(0.0, 1.5, 31)[1:], np.linspace(1.5, -1.5, 61)[1:],
                            np.linspace(-1.5, 0.0, 31)[1:]])  # fmt: skip
    played = device.play(sweep, np.full(sweep.size, 1e-3), np.zeros(sweep.size), limit=1e-3)
    if variant[0] != "ftj":  # its reading has the displacement current, which does come back
        assert np.all(sweep * played.current >= 0.0)
    assert all(v * device.current(v) >= 0.0 for v in (*LOOKS, -2.0, 2.0))
    if variant in STILL:
        drive(device, stroke(variant))
        assert all(v * device.current(v) >= 0.0 for v in LOOKS)


def noisy(variant, seed):
    """Return the bits that a device with all its scatter gives through a circuit, warm and cold."""
    device = create(variant[0], seed=seed, **dict(variant[1]))
    voltage = np.array([1.9, 0.1, -1.7, 0.1])
    cycle = (voltage, np.full(4, 1e-4), np.full(4, 1e-5))
    reads = [device.play(*cycle, count=3, resistance=1e3, limit=2e-4, temperature=kelvin).current
             for kelvin in (300.0, 340.0)]  # fmt: skip
    device.idle(10.0)
    return b"".join(read.tobytes() for read in reads) + device._x.tobytes()


@every
def test_the_same_seed_gives_the_same_bits(variant):
    assert noisy(variant, 7) == noisy(variant, 7)
    if variant[0] != "resistor":
        assert noisy(variant, 7) != noisy(variant, 8)


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_out_of_range_is_refused_by_name_unit_and_range(model):
    for name, bound in bounds(parameters_of(model)).items():
        if isinstance(bound, Choice):
            with pytest.raises(ValueError, match=f"{model} parameter {name} must be one of .*"):
                create(model, **{name: "none of them"})
        elif isinstance(bound, Bound):
            for wrong in (bound.high + abs(bound.high) + 1.0, bound.low - abs(bound.low) - 1.0,
                          math.nan, math.inf):  # fmt: skip
                with pytest.raises(ValueError, match=f"{model} parameter {name} must be") as raised:
                    create(model, **{name: wrong})
                text = str(raised.value)
                assert f"{bound.low:g}" in text
                assert f"{bound.high:g}" in text
                assert bound.unit in text
        else:
            with pytest.raises(ValueError, match=f"{model} parameter {name} must be true or fal"):
                create(model, **{name: 2.0})


@pytest.mark.parametrize("model", MODELS)
def test_a_hold_of_a_hundred_seconds_ends(model):
    """Saturated or in balance, noise and all, a device takes few sub-steps: this ends at all."""
    for volts in (1.0, -1.0, 3.0, -3.0):
        device = create(model, seed=1)
        device.advance(volts, 1.0 if model == "diffusive" else 100.0)
        assert np.all(np.isfinite(list(device.state.values())))
