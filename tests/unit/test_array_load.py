"""Arrays that programs are played into: closed forms, the device alone, compliance, switching."""

import hashlib

import numpy as np
import pytest
from array_bench import OTHERS, QUIET, array_of, play, program, resistors, select, sweep

from sim_instruments.circuits.array import ArrayOfCells, make_array
from sim_instruments.load import ArrayLoad
from sim_instruments.models import create
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

R = np.array([[1e5, 1e3], [2e3, 3e3]])
SETTING = {"thickness": 4e-9}
STROKE = 1.6e-9
DAY = 86_400.0


def test_it_is_what_a_switch_matrix_needs():
    assert isinstance(array_of("resistor", 2, 2), ArrayLoad)


@pytest.mark.parametrize(
    ("limit", "resistance", "within"),
    [(np.inf, 0.0, 1e-9), (np.inf, 2e3, 1e-6), (50e-6, 0.0, 5e-3), (50e-6, 2e3, 5e-3)],
)
@pytest.mark.parametrize("model", ["gap_filament", "iontronic_li"])
def test_a_single_cell_reads_as_the_device_alone(model, limit, resistance, within):
    """Sweeps with ramps, then pulses, twice: the same staircase, ideal lines, fine sub-steps."""
    fine = {"largest_step": 5e-12} if model == "gap_filament" else {}
    if model == "iontronic_li":
        limit *= 0.2
    array = array_of(model, 1, 1, line_resistance=0.0, ramp_step=5e-3, parameters=fine)
    select(array, 0, 0, "floating")
    device = create(model, seed=5, **QUIET[model] | fine)
    levels = np.r_[sweep(2.0, 21), 2.0, 0.1, -1.5, 0.1]
    given = (*program(levels, 1e-3, 1e-3), 2, limit, resistance)
    seen, alone = array.play(*given, before=0.1), device.play(*given, before=0.1)
    assert np.array_equal(seen.limited, alone.limited)
    assert alone.limited.any() == (limit < np.inf)
    np.testing.assert_allclose(seen.voltage, alone.voltage, atol=2e-3)
    np.testing.assert_allclose(seen.current, alone.current, rtol=within, atol=1e-15)
    off = np.abs(seen.current / np.where(alone.current, alone.current, np.inf) - 1.0)
    print(f"{model}, {limit:g} A, {resistance:g} Ohm: {np.nanmax(off[alone.current != 0]):.1e}")


def test_the_coarser_staircase_of_an_array_moves_what_is_read_by_a_percent():
    device = create("gap_filament", seed=5, **QUIET["gap_filament"])
    array = array_of("gap_filament", 1, 1, line_resistance=0.0)
    select(array, 0, 0, "floating")
    given = (*program(sweep(2.0, 21), 1e-3, 1e-3), 1, 50e-6, 0.0)
    seen, alone = array.play(*given).current, device.play(*given).current
    assert np.abs(seen - alone).max() < 0.01 * 50e-6
    np.testing.assert_allclose(seen, alone, rtol=0.02, atol=1e-12)


def test_sneak_path_of_two_by_two():
    """What the source gives with cell (0, 0) selected and the other lines floating or held."""
    expected = {
        "floating": (1 / R[0, 0] + 1 / (R[0, 1] + R[1, 1] + R[1, 0]), 0.0),
        "grounded": (1 / R[0, 0] + 1 / R[0, 1], 0.0),
        "half": (1 / R[0, 0] + 0.5 / R[0, 1], 0.5 / R[1, 0] - 0.5 / R[0, 1]),
    }
    array = resistors(R)
    for scheme, (high, third) in expected.items():
        select(array, 0, 0, scheme)
        seen = play(array, [0.2], 1e-3, third=0.5 if scheme == "half" else 0.0)
        print(f"{scheme}: {seen.current[0] / 0.2 * 1e6:.1f} uS seen of 10 uS")
        assert seen.current[0] == pytest.approx(0.2 * high, rel=1e-9)
        assert seen.gate_current[0] == pytest.approx(0.2 * third, rel=1e-9, abs=1e-18)
        at_rest = expected["grounded" if scheme == "half" else scheme][0]
        assert array.current(0.2) == pytest.approx(0.2 * at_rest, rel=1e-9)


def test_several_lines_share_one_source_and_its_limit():
    """Both rows on the source, both columns grounded: all four cells in parallel."""
    array = resistors(R)
    array.connect(frozenset({(1, 1), (1, 2), (2, 3), (2, 4)}))
    whole = (1 / R).sum()
    seen = play(array, [1.0, 1.0], 1e-3, limit=0.5 * whole, resistance=100.0)
    expected = 1.0 / (1.0 / whole + 100.0)
    limited = expected > 0.5 * whole
    assert seen.limited.tolist() == [limited] * 2
    assert seen.current[0] == pytest.approx(0.5 * whole if limited else expected, rel=1e-9)
    seen = play(array, [1.0], 1e-3, limit=0.1 * whole, resistance=100.0)
    assert seen.limited.all()
    assert seen.current[0] == 0.1 * whole
    assert seen.voltage[0] == pytest.approx(0.1 * (1.0 + 100.0 * whole), rel=1e-9)


def test_a_source_in_compliance_may_be_the_one_that_sinks():
    """At 0 V it takes up what the third input drives through a cell, up to its limit."""
    array = resistors([[1e3, 1e4]])
    array.connect(frozenset({(1, 1), (3, 2), (2, 3)}))
    seen = array.play_gated(np.zeros(2), np.array([1.0, -1.0]), *program([1e-3, 1e-3], 0.0)[:2],
                            limit=50e-6)  # fmt: skip
    assert seen.limited.all()
    np.testing.assert_allclose(seen.current, [-50e-6, 50e-6], rtol=1e-12)
    np.testing.assert_allclose(seen.voltage, [0.95 / 1.1 * 1.0 - 0.0, -0.95 / 1.1], rtol=0.1)


@pytest.mark.parametrize("closed", [
    set(), {(1, 1)}, {(2, 3)}, {(1, 1), (1, 2)}, {(1, 1), (1, 3)}, {(1, 1), (1, 2), (1, 3), (1, 4)},
    {(2, 1), (2, 3)}, {(9, 1), (1, 9)},
])  # fmt: skip
@pytest.mark.parametrize("model", ["resistor", "gap_filament"])
@pytest.mark.parametrize("lines", [0.0, 2.5])
def test_without_a_path_there_is_no_current(closed, model, lines):
    array = array_of(model, 2, 2, line_resistance=lines)
    array.connect(frozenset(closed))
    for resistance, limit in ((0.0, np.inf), (0.0, 1e-6), (1e3, 1e-6)):
        seen = play(array, [1.0, -1.0, 0.0], 1e-6, limit=limit, resistance=resistance)
        np.testing.assert_allclose(seen.current, 0.0, atol=1e-14)
        np.testing.assert_array_equal(seen.voltage, [1.0, -1.0, 0.0])
        assert not seen.limited.any()
    assert array.current(1e-3) == pytest.approx(0.0, abs=1e-14)
    assert array.warnings == []


@pytest.mark.parametrize("options", [{}, {"transistor": {}, "source_resistance": 20.0}])
def test_what_flows_in_flows_out(options):
    """However lines are connected: the sum over all of them, and over each that floats, is 0."""
    rng = np.random.default_rng(4)
    thickness = rng.uniform(3.3e-9, 4.9e-9, (4, 3))
    array = array_of("gap_filament", 4, 3, parameters={"thickness": thickness}, **options)
    for _ in range(40):
        inputs = rng.integers(0, 4, 10)
        array.connect(frozenset((int(i), o) for o, i in enumerate(inputs, start=1) if i))
        found = array.look(*rng.uniform(-1.5, 1.5, 2))
        lines = [array.crossbar.into(np.arange(7) == k, found.current) for k in range(7)]
        most = 1e-8 * np.abs(found.current).max() + 4e-15  # the insulation carries that
        assert abs(sum(lines)) < most
        assert np.abs(np.array(lines)[inputs[:7] == 0]).max(initial=0.0) < most


@pytest.mark.parametrize("scheme", ["floating", "half"])
def test_the_limit_holds_while_a_cell_sets(scheme):
    """A set that runs away ends where it ends for the device alone with the same compliance."""
    third = 0.5 if scheme == "half" else 0.0
    found = {}
    for limit in (20e-6, 60e-6, np.inf):
        array = array_of("gap_filament", 4, 4, line_resistance=0.0,
                         parameters={"thickness": 3.3e-9})  # fmt: skip
        device = create("gap_filament", seed=1, **QUIET["gap_filament"])
        select(array, 1, 2, scheme)
        seen = play(array, [2.4, 0.0], 1e-4, third=third, limit=limit)
        device.play(*program([2.4], 1e-4), limit=limit)
        assert seen.limited[0] == (limit < np.inf)
        assert seen.current[0] <= max(limit, 0.0)
        found[limit] = array.crossbar.conductance()[1, 2], device.current(0.1) / 0.1
    for limit, (there, alone) in found.items():
        print(f"{scheme}, {limit:g} A: {there * 1e6:.2f} uS, the device alone {alone * 1e6:.2f} uS")
        # What goes through other cells is not the cell's: a few per cent of the limit.
        assert there == pytest.approx(alone, rel=0.12 if limit < np.inf else 1e-6)
    assert found[20e-6][0] < found[60e-6][0] < found[np.inf][0]


@pytest.mark.parametrize(
    ("scheme", "limit", "within"),
    [
        *((scheme, np.inf, 1e-3) for scheme in OTHERS),
        ("floating", 150e-6, 5e-3),
        ("half", 60e-6, 5e-3),
        # A whole row races for one limited current: the winner takes what the others leave.
        ("grounded", 150e-6, 0.02),
    ],
)
def test_finer_steps_change_little(scheme, limit, within):
    """The coupling followed four times as finely, and a pulse cut into ten."""
    third = 0.5 if scheme == "half" else 0.0
    ends = []
    for tolerance, pieces in ((2e-3, 1), (5e-4, 1), (2e-3, 10)):
        array = array_of("gap_filament", 3, 3, line_resistance=10.0, tolerance=tolerance,
                         parameters=SETTING)  # fmt: skip
        select(array, 0, 1, scheme)
        states = []
        for level in (2.0, -1.5):
            play(array, [level] * pieces, 1e-5 / pieces, third=third, limit=limit)
            states.append(array.crossbar.state["thickness"])
        ends.append(np.array(states))
    moved = np.abs(ends[0] - 4e-9).max() / STROKE
    errors = [np.abs(ends[0] - end).max() / STROKE for end in ends[1:]]
    print(f"{scheme}, {limit:g} A: {errors[0]:.1e} and {errors[1]:.1e} of a stroke")
    assert moved > 0.1
    assert max(errors) < within


def test_half_selected_cells_are_disturbed():
    array = array_of("gap_filament", 4, 4, parameters=SETTING)
    select(array, 1, 2, "half")
    before = array.crossbar.conductance()
    play(array, [2.4], 1e-4, third=0.5)
    change = array.crossbar.conductance() / before - 1.0
    half = np.r_[np.delete(change[1], 2), np.delete(change[:, 2], 1)]
    rest = np.delete(np.delete(change, 1, axis=0), 2, axis=1)
    print(f"selected x{1 + change[1, 2]:.3g}, half-selected {100 * half.min():.2g} to "
          f"{100 * half.max():.2g} %, others {100 * np.abs(rest).max():.1g} %")  # fmt: skip
    assert change[1, 2] > 5.0
    assert half.min() > 0.005
    assert np.abs(rest).max() < 1e-6


def test_a_gate_that_is_off_cuts_its_cell_off():
    array = array_of("gap_filament", 3, 3, transistor={"leak": 1e-12}, parameters=SETTING)
    before = array.crossbar.state["thickness"]
    select(array, 1, 1, "grounded")
    off = array.play(*program([2.4], 1e-4))
    assert abs(off.current[0]) < 3 * 2.4e-12 * 1.01
    assert np.array_equal(array.crossbar.state["thickness"], before)
    on = array.play_gated(*np.array([[2.4, 0.1], [2.5, 2.5]]), *program([1e-4, 0.0], 0.0)[:2])
    moved = np.abs(array.crossbar.state["thickness"] - before)
    assert on.current[1] > 1e-6
    assert moved[1, 1] > 0.5e-9
    moved[1, 1] = 0.0
    assert moved.max() < 1e-13
    assert array.current(1e-3) == pytest.approx(1e-3 * on.current[1] / 0.1, rel=0.02)


def test_gates_follow_the_input_they_are_on():
    array = resistors([[1e4]], transistor={"leak": 0.0})
    for gate, on in ((1, True), (2, False), (3, True), (9, False)):
        select(array, 0, 0, "floating", gate=gate)
        seen = array.play_gated(np.array([2.0]), np.array([2.5]), *program([1e-3], 0.0)[:2])
        assert bool(seen.current[0] > 1e-5) is on
        assert seen.gate_current[0] == 0.0


def test_single_cells_of_an_array_may_be_formed():
    formed = [{"row": 0, "column": 1, "parameters": {"formed": True}},
              {"row": 2, "column": 0, "parameters": {"formed": True, "highest": 8e-6}}]  # fmt: skip
    array = array_of("iontronic_li", 3, 2, quiet=False, cells=formed)
    keeps = np.zeros((3, 2), dtype=bool)
    keeps[0, 1] = keeps[2, 0] = True
    fresh = array.crossbar.conductance()
    array.connect(frozenset({(1, 1), (1, 2), (1, 3), (2, 4), (2, 5)}))
    play(array, [1.0], 0.2)
    written = array.crossbar.conductance()
    array.idle(DAY)
    kept = (array.crossbar.conductance() - fresh) / (written - fresh)
    print(f"after a day: formed {100 * kept[keeps].min():.1f} %, the others "
          f"{100 * np.abs(kept[~keeps]).max():.1g} %")  # fmt: skip
    assert kept[keeps].min() > 0.95
    assert np.abs(kept[~keeps]).max() < 1e-6
    assert written[2, 0] > 1.3 * written[0, 1]
    assert array.metadata()["cells"] == formed


def bits(threads, seed=3):
    array = array_of("gap_filament", 34, 34, seed=seed, threads=threads, quiet=False, ramp_step=0.1)
    select(array, 3, 4, "half")
    seen = play(array, [1.9, 0.1, -1.4, 0.1], 1e-5, 1e-6, third=0.5, count=2, limit=60e-6)
    array.idle(1.0)
    thickness = array.crossbar.state["thickness"]
    return hashlib.sha256(b"".join(a.tobytes() for a in (*seen, thickness))).hexdigest()


def test_the_seed_decides_and_the_number_of_threads_does_not():
    assert len({bits(1), bits(2), bits(4)}) == 1
    assert bits(1, seed=4) != bits(1)


def test_readings_have_the_noise_of_the_cells():
    array = array_of("gap_filament", 4, 1, parameters={"read_noise": 0.02}, line_resistance=0.0)
    array.connect(frozenset({(1, 1), (1, 2), (1, 3), (1, 4), (2, 5)}))
    seen = play(array, [0.1], 1e-9, count=3000).current
    assert seen.std() / seen.mean() == pytest.approx(0.01, rel=0.06)
    assert array.current(0.1) == pytest.approx(seen.mean(), rel=2e-3)


def test_no_noise_lifts_a_reading_over_the_limit():
    array = array_of("gap_filament", 2, 1, parameters={"read_noise": 0.1}, line_resistance=0.0)
    array.connect(frozenset({(1, 1), (1, 2), (2, 3)}))
    limit = 1.01 * array.current(0.1)
    played = play(array, [0.1], 1e-9, count=500, limit=limit)
    assert played.current.max() == limit
    assert 0 < played.limited.sum() < 500
    assert (played.limited == (played.current == limit)).all()


def test_looking_changes_nothing_and_time_passes_as_asked():
    array, other = (array_of("gap_filament", 2, 2, quiet=False) for _ in range(2))
    for each in (array, other):
        select(each, 0, 0, "floating")
    for _ in range(5):
        array.current(0.1)
    select(array, 1, 1, "half")
    select(array, 0, 0, "floating")
    given = program([1.2, 0.1], 1e-4)
    one = array.play(*given, before=10.0)
    other.idle(10.0)
    then = other.play(*given)
    np.testing.assert_allclose(one.current, then.current, rtol=1e-9)
    assert array.crossbar.temperature == 300.0
    array.idle(DAY, 400.0)
    assert array.crossbar.temperature == 400.0
    assert array.overshoot == (0.0, 0.0)


def test_nothing_recorded_is_nothing_returned_and_all_the_same_played():
    array = array_of("gap_filament", 2, 2)
    select(array, 0, 0, "floating")
    before = array.crossbar.conductance()[0, 0]
    assert all(a.size == 0 for a in array.play(*program([2.4], 1e-4), record=False))
    assert array.crossbar.conductance()[0, 0] > 5 * before
    assert all(a.size == 0 for a in array.play(*program([], 0.0)))


def test_a_line_on_two_inputs_is_a_short_that_is_told():
    array = resistors(R)
    array.connect(frozenset({(1, 1), (2, 1), (2, 3), (3, 4), (1, 4)}))
    array.connect(frozenset({(1, 1), (2, 1), (2, 3)}))
    assert array.warnings == [
        "row 0 was on inputs 1 and 2 at once, a short; it was taken to be on 1",
        "column 1 was on inputs 1 and 3 at once, a short; it was taken to be on 1",
    ]
    assert play(array, [0.2], 1e-3).current[0] > 0.0


def test_metadata_says_what_leads_where():
    array = array_of("resistor", 2, 2, transistor={})
    select(array, 1, 0, "half")
    data = array.metadata()
    assert data["circuit"] == "crossbar"
    assert data["model"] == "resistor"
    assert data["connection"] == {
        "high": {"rows": [1], "columns": [], "gates": []},
        "low": {"rows": [], "columns": [0], "gates": [1]},
        "third": {"rows": [0], "columns": [1], "gates": [0]},
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 0}, "1 row and column at least"),
        ({"outputs": (0, 3, None)}, "first_row must be an output of the matrix, from 1; got 0"),
        ({"outputs": (1, 2, None)},
         "first_column = 2 leads output 2 to column 0, and it is on row 1 already"),
        ({"outputs": (1, 3, 4)}, "first_gate = 4 leads output 4 to gate 0, and it is on column 1"),
        ({"inputs": (1, 2, 2)}, "three different ones, from 1; got high = 1, low = 2, third = 2"),
        ({"transistor": {}}, "needs first_gate"),
        ({"line_resistance": -1.0}, "line_resistance must be a number from 0 Ohm"),
        ({"ramp_step": 0.0}, r"ramp_step must be a number from 0.0001 V"),
        ({"cells": [{"row": 2, "column": 0}]}, r"array cell \(2, 0\): no cell"),
        ({"cells": [{"row": 0, "column": 0}] * 2}, r"array cell \(0, 0\) is there twice"),
        ({"cells": [{"row": 0, "column": 1, "parameters": {"resistance": -1.0}}]},
         r"array cell \(0, 1\): resistor parameter resistance must be a number from 0.001 Ohm"),
        ({"parameters": {"resistanc": 1.0}}, "did you mean 'resistance'"),
    ],
)  # fmt: skip
def test_a_bad_array_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        ArrayOfCells(**({"model": "resistor", "rows": 2, "columns": 2, "outputs": (1, 3, None)}
                        | change))  # fmt: skip


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="must be of one length, got 1, 2, 1 and 1"):
        array_of("resistor", 1, 1).play_gated(*(np.ones(n) for n in (1, 2, 1, 1)))


WIRES = {"matrix": "matrix", "rows": 2, "columns": 2, "first_row": 3, "first_column": 5, "high": 1,
         "low": 2, "third": 4}  # fmt: skip


def test_a_bench_file_describes_an_array():
    simulation = {"model": "resistor", "parameters": {"resistance": 1e4}, "seed": 6, "array": {
        "line_resistance": 0.0, "sense_resistance": 1e3, "transistor": None,
        "cells": ({"row": 1, "column": 0, "parameters": {"resistance": 4e3}},)}}  # fmt: skip
    array = make_array(simulation | {"temperature": 350.0}, {"array": WIRES})
    assert (array.seed, array.crossbar.temperature) == (6, 350.0)
    array.connect(frozenset({(1, 4), (2, 5)}))
    sneaking = 1 / (1 / 4e3 + 1 / 3e4)
    assert array.current(1.0) == pytest.approx(1 / (sneaking + 1e3), rel=1e-9)
    assert make_array({}, {"array": WIRES | {"first_gate": 7}}).crossbar.transistor is not None


def test_the_world_plays_into_whatever_the_matrix_connects():
    """Two cells one after the other; before anything is connected nothing flows."""
    cells = [{"row": 1, "column": 1, "parameters": {"resistance": 2e4}}]
    array = make_array({"model": "resistor", "seed": 1, "array": {"cells": cells}},
                       {"array": WIRES})  # fmt: skip
    world = World(array, wiring=Wiring("direct", "smu", gate="smu.2", matrix="matrix"))
    for port in ("smu", "smu.2", "matrix"):
        world.attach(port)
    seen = []
    for closed in (set(), {(1, 3), (2, 5), (4, 4), (4, 6)}, {(1, 4), (2, 6), (4, 3), (4, 5)}):
        world.set_crosspoints("matrix", frozenset(closed))
        played = world.play("smu", *program([0.2], 1e-3), gate=np.array([0.1]), gate_port="smu.2")
        seen.append(float(played.current[0]))
    assert seen[0] == 0.0
    # The selected cell at 0.2 V and one more of its row at 0.1 V.
    assert seen[1:] == pytest.approx([0.2 / 1e4 + 0.1 / 1e4, 0.2 / 2e4 + 0.1 / 1e4], rel=5e-3)
