"""step_synapse: published rows come back from their own pulses, label, range and write noise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from sim_instruments.models.step_synapse import PRESETS, StepSynapse, nonlinearity, shape_of

EXACT = {"spread_conductance": 0.0, "spread_nonlinearity": 0.0, "c2c": 0.0, "read_noise": 0.0}


def device(preset="ag_asi", seed=0, **parameters):
    return StepSynapse(seed=seed, preset=preset, **{**EXACT, **parameters})


def train(synapse, count, *, up=True, read=0.1):
    """Apply `count` pulses of the row, a rest and a read after each; return conductances in S."""
    q = synapse.parameters
    height, width = (q.voltage_up, q.width_up) if up else (-q.voltage_down, q.width_down)
    played = synapse.play(np.array([height, 0.0, read]), np.array([width, 1e-6, 1e-9]),
                          np.zeros(3), count=count)  # fmt: skip
    return played.current[2::3] / read


def fitted_label(curve):
    """Return NL of a rising or falling conductance curve, ends included, over a mirrored axis."""
    if curve[-1] < curve[0]:
        curve = curve[::-1]
    y = (curve - curve[0]) / (curve[-1] - curve[0])
    x = np.linspace(0.0, 1.0, y.size)

    def law(x, inverse):
        return x if abs(inverse) < 1e-9 else np.expm1(-x * inverse) / np.expm1(-inverse)

    (inverse,), _ = curve_fit(law, x, y, p0=[1.0 if y[y.size // 2] > 0.5 else -1.0])
    return nonlinearity(1.0 / inverse)


@pytest.mark.parametrize(
    ("shape", "label"),
    [(0.5, 2.40), (-0.2, -4.88), (1.2517, 1.0), (0.3868, 3.0), (0.1924, 5.0), (0.0228, 9.0)],
)
def test_labels_are_those_of_the_published_table(shape, label):
    assert nonlinearity(shape) == pytest.approx(label, abs=0.005)
    assert nonlinearity(shape_of(label)) == pytest.approx(label, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(label=st.floats(0.002, 9.5))
def test_label_and_shape_are_inverse(label):
    assert nonlinearity(shape_of(label)) == pytest.approx(label, rel=1e-6)
    assert shape_of(-label) == -shape_of(label)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_row_comes_back_from_its_own_pulses(preset):
    row, synapse = PRESETS[preset], device(preset)
    start = synapse.state["conductance"]
    up = np.concatenate([[start], train(synapse, round(row["levels_up"]))])
    down = np.concatenate([[up[-1]], train(synapse, round(row["levels_down"]), up=False)])
    labels = fitted_label(up), fitted_label(down)
    print(f"{preset}: NL {labels[0]:.3f}/{labels[1]:.3f} (row {row['nonlinearity_up']}/"
          f"{row['nonlinearity_down']}), R_on {1e-3 / up.max():.1f} kOhm, "
          f"ON/OFF {up.max() / up.min():.2f}")  # fmt: skip
    assert labels[0] == pytest.approx(row["nonlinearity_up"], abs=0.05)
    assert labels[1] == pytest.approx(row["nonlinearity_down"], abs=0.05)
    assert up[-1] == pytest.approx(row["highest"], rel=1e-9)
    assert up[-1] / up[0] == pytest.approx(row["ratio"], rel=1e-9)
    assert down[-1] == pytest.approx(start, rel=1e-6)


@pytest.mark.parametrize("label", [-9.0, -2.0, -0.3, 0.0, 0.02, 0.3, 2.0, 9.0])
def test_any_label_comes_back(label):
    synapse = device(nonlinearity_up=label)
    curve = np.concatenate([[synapse.state["conductance"]], train(synapse, 97)])
    assert fitted_label(curve) == pytest.approx(label, abs=0.05)


@pytest.mark.parametrize("label", [0.3, 2.0, 6.0])
def test_a_label_comes_back_through_write_noise(label):
    """Fit the mean of 300 devices; noise cannot pass the ends, which bends the mean a little."""
    curves = []
    for seed in range(300):
        synapse = device(seed=seed, nonlinearity_up=label, c2c=0.005)
        curves.append(np.concatenate([[synapse.state["conductance"]], train(synapse, 97)]))
    found = fitted_label(np.mean(curves, axis=0))
    print(f"NL {label}: found {found:.3f} through write noise of 0.5 %")
    assert found == pytest.approx(label, abs=0.15)


def test_depression_falls_fast_at_first_where_the_label_is_negative():
    fast = device("ag_asi", share=1.0)
    slow = device("gst_pcm", share=1.0)
    train(fast, 10, up=False)
    train(slow, 10, up=False)
    assert fast.state["share"] < 1 - 10 / 97 < 1 - 10 / 120 < slow.state["share"]


@pytest.mark.parametrize("preset", PRESETS)
def test_write_noise_is_that_of_the_row(preset):
    moves = []
    for seed in range(1500):
        synapse = device(preset, seed=seed, share=0.5, c2c=PRESETS[preset]["c2c"])
        train(synapse, 1)
        moves.append(synapse.state["share"])
    sigma = PRESETS[preset]["c2c"]
    print(f"{preset}: write noise {np.std(moves):.4f} of the range (row {sigma})")
    assert np.std(moves) == pytest.approx(sigma, rel=4 / math.sqrt(2 * 1500))


def test_write_noise_grows_as_the_root_of_the_pulses():
    """Along a straight line; NeuroSim: sigma sqrt(n)."""
    ends = []
    for seed in range(1500):
        synapse = device(seed=seed, share=0.3, nonlinearity_up=0.0, c2c=0.01, levels_up=1000.0)
        train(synapse, 16)
        ends.append(synapse.state["share"])
    assert np.mean(ends) == pytest.approx(0.316, abs=4 * 0.04 / math.sqrt(1500))
    assert np.std(ends) == pytest.approx(0.04, rel=4 / math.sqrt(2 * 1500))


@pytest.mark.parametrize(
    ("height", "width", "steps"),
    [(1.0, 1.0, 1), (0.95, 0.95, 1), (0.85, 1.0, 0), (1.0, 0.85, 0), (0.5, 100.0, 0),
     (1.5, 1.0, 1), (1.0, 2.0, 2), (1.0, 10.0, 10)],
)  # fmt: skip
def test_a_pulse_counts_from_the_rows_height_and_width(height, width, steps):
    synapse = device(nonlinearity_up=0.0)
    q = synapse.parameters
    synapse.advance(height * q.voltage_up, width * q.width_up)
    assert synapse.state["share"] * 97 == pytest.approx(steps, abs=1e-9)


def test_half_pulses_with_a_rest_between_do_not_add_up():
    synapse = device()
    q = synapse.parameters
    for _ in range(20):
        synapse.advance(q.voltage_up, 0.6 * q.width_up)
        synapse.idle(1e-6)
    assert synapse.state["share"] == 0.0


@settings(max_examples=50, deadline=None)
@given(widths=st.floats(0.1, 60.0), cuts=st.lists(st.floats(0.01, 0.99), max_size=8))
def test_a_segment_is_the_sum_of_its_parts(widths, cuts):
    whole, parts = device(), device()
    duration = widths * 300e-6
    edges = np.concatenate([[0.0], np.sort(cuts), [1.0]])
    pieces = np.diff(edges) * duration
    if abs((widths + 0.1) % 1.0 - 0.5) > 0.499:
        return  # rounding decides about the last step
    whole.advance(3.2, duration)
    parts.play(np.full(pieces.size, 3.2), pieces, np.zeros(pieces.size))
    assert parts.state["share"] == pytest.approx(whole.state["share"], rel=1e-12)


def test_a_hold_of_years_costs_a_few_hundred_steps():
    synapse = device(c2c=0.035)
    synapse.advance(3.2, 1e8)
    assert synapse.state["share"] > 0.8
    synapse.advance(-2.8, 1e8)
    assert synapse.state["share"] < 0.2


def test_what_was_written_stays():
    synapse = device(share=0.4)
    synapse.idle(1e9)
    synapse.play(np.array([0.1, 0.0]), np.full(2, 1.0), np.zeros(2), count=1000)
    assert synapse.state["share"] == 0.4


def test_a_row_can_be_changed_in_part():
    synapse = StepSynapse(preset="epiram", nonlinearity_up=3.0)
    assert synapse.parameters.levels_up == 64.0
    assert synapse.parameters.nonlinearity_up == 3.0
    with pytest.raises(ValueError, match=r"preset must be one of .*; did you mean 'epiram'"):
        StepSynapse(preset="epirom")


def test_devices_differ_as_configured():
    made = [StepSynapse(seed=k, spread_nonlinearity=0.3, read_noise=0.0) for k in range(800)]
    logs = np.log([s.current(0.1) for s in made])
    assert np.std(logs) == pytest.approx(0.05, rel=0.1)
    labels = [nonlinearity(-1.0 / (97.0 * math.log(s._p[7]))) for s in made]
    print(f"NL between devices: {np.mean(labels):.3f} +- {np.std(labels):.3f}")
    assert np.std(labels) == pytest.approx(0.3, rel=0.1)
