"""The lines of a crossbar against closed forms, a dense solution and Kirchhoff."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim_instruments.circuits.crossbar import Crossbar
from sim_instruments.circuits.drive import SCHEMES, Drive
from sim_instruments.models.gap_filament import SCALE

TRANSISTORS = [None, {}]


def resistors(values, **options):
    values = np.asarray(values, dtype=float)
    return Crossbar("resistor", *values.shape, seed=0, parameters={"resistance": values}, **options)


def filaments(rows, columns, seed=3, **options):
    thickness = np.random.default_rng(seed).uniform(3.3e-9, 4.9e-9, (rows, columns))
    return Crossbar(
        "gap_filament", rows, columns, seed=seed, parameters={"thickness": thickness}, **options
    )


def misses(array, drive):
    """What leaves each node of a line and should not, counted wire by wire; A."""
    found = array.look(drive)
    q = array.parameters
    high, low, current = (a.reshape(array.shape) for a in (found.high, found.low, found.current))

    def along(voltage, level, resistance_of_driver):
        """Current that arrives at each node of one line; the driver is before the first."""
        arrives = np.zeros(voltage.size)
        if np.isfinite(level):
            arrives[0] = (level - voltage[0]) / (resistance_of_driver + q.line_resistance)
        flow = (voltage[:-1] - voltage[1:]) / q.line_resistance
        arrives[1:] += flow
        arrives[:-1] -= flow
        return arrives

    rows = np.array(
        [along(v, level, q.source_resistance) for v, level in zip(high, drive.rows, strict=True)]
    )
    columns = np.array([
        along(v[::-1], level, q.sense_resistance)[::-1]
        for v, level in zip(low.T, drive.columns, strict=True)
    ]).T  # fmt: skip
    return np.abs(rows - current).max(), np.abs(columns + current).max(), np.abs(current).max()


@pytest.mark.parametrize("transistor", TRANSISTORS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("voltage", [0.1, 1.2, -1.2])
def test_kirchhoff_holds_at_every_node(transistor, scheme, voltage):
    array = filaments(7, 5, transistor=transistor, source_resistance=50.0, sense_resistance=20.0)
    *missed, most = misses(array, array.pick(2, 3, voltage, scheme))
    assert max(missed) < 1e-8 * most + 1e-15


@settings(max_examples=40, deadline=None)
@example(
    levels=[math.nan, -2.0, math.nan, math.nan, -1.9140625, -2.0, math.nan],
    resistance=0.125,
    seed=0,
)
@given(
    levels=st.lists(st.floats(-2, 2) | st.just(float("nan")), min_size=7, max_size=7),
    resistance=st.floats(0.1, 1e4),
    seed=st.integers(0, 100),
)
def test_kirchhoff_holds_however_lines_are_driven(levels, resistance, seed):
    array = filaments(4, 3, seed, line_resistance=resistance)
    drive = Drive(np.array(levels[:4]), np.array(levels[4:]), np.zeros(3))
    *missed, most = misses(array, drive)
    # A current in a line is told from voltages, which have as many digits as they have.
    assert max(missed) < 1e-8 * most + 16 * np.spacing(2.0) / resistance + 1e-14


def test_power_of_the_drivers_is_what_cells_and_wires_dissipate():
    array = filaments(6, 6, source_resistance=30.0)
    drive = array.pick(1, 1, 1.0, "third")
    found = array.look(drive)
    high, low, current = (a.reshape(array.shape) for a in (found.high, found.low, found.current))
    given_by = drive.rows @ current.sum(axis=1) - drive.columns @ current.sum(axis=0)
    in_cells = np.sum(current * (high - low))
    starts = np.concatenate([drive.rows[:, None], high], axis=1)
    ends = np.concatenate([low, drive.columns[None, :]], axis=0)
    at_rows = np.diff(starts, axis=1) ** 2 / np.r_[32.5, np.full(5, 2.5)]
    in_wires = np.sum(at_rows) + np.sum(np.diff(ends, axis=0) ** 2) / 2.5
    assert given_by == pytest.approx(in_cells + in_wires, rel=1e-9)


def test_ideal_lines_multiply_exactly():
    rng = np.random.default_rng(1)
    array = resistors(rng.uniform(1e3, 1e5, (9, 6)), line_resistance=0.0)
    voltages = rng.uniform(-0.3, 0.3, 9)
    np.testing.assert_allclose(
        array.multiply(voltages), array.conductance().T @ voltages, rtol=1e-12
    )


def test_ideal_lines_multiply_exactly_with_a_transistor_in_each_cell():
    """With the device linear, cell and transistor in series are one solvable quadratic."""
    array = resistors([[1e4]], line_resistance=0.0, transistor={"leak": 0.0})
    gain, over, supply = 400e-6, 2.0, 1.0
    current = array.multiply([supply])[0]
    across = supply - current * 1e4
    assert current == pytest.approx(gain * (over * across - across**2 / 2), rel=1e-9)


def test_line_resistance_only_takes_away():
    array, ideal = filaments(12, 12), filaments(12, 12, line_resistance=0.0)
    assert np.all(array.multiply(np.full(12, 0.1), noise=False)
                  < ideal.multiply(np.full(12, 0.1), noise=False))  # fmt: skip


@pytest.mark.parametrize("columns", [1, 2, 17])
def test_one_row_is_the_known_ladder(columns):
    """Each rung: cell and one wire of its column to ground; between rungs one wire of the row."""
    wire, cell = 5.0, 800.0
    array = resistors(np.full((1, columns), cell), line_resistance=wire)
    seen = cell + wire
    for _ in range(columns - 1):
        seen = 1.0 / (1.0 / (cell + wire) + 1.0 / (wire + seen))
    current = array.multiply([1.0])
    assert current.sum() == pytest.approx(1.0 / (wire + seen), rel=1e-10)


def test_a_long_ladder_has_its_characteristic_resistance():
    wire, cell = 5.0, 800.0
    array = resistors(np.full((1, 400), cell), line_resistance=wire)
    rung = cell + wire
    whole = wire / 2 + np.sqrt(wire**2 / 4 + wire * rung)
    assert array.multiply([1.0]).sum() == pytest.approx(1.0 / whole, rel=1e-9)


def test_one_column_is_the_same_ladder_seen_from_below():
    wire, cell = 4.0, 500.0
    array = resistors(np.full((6, 1), cell), line_resistance=wire)
    turned = resistors(np.full((1, 6), cell), line_resistance=wire)
    assert array.multiply(np.ones(6))[0] == pytest.approx(turned.multiply([1.0]).sum(), rel=1e-10)


def test_a_dense_solution_agrees():
    rng = np.random.default_rng(5)
    rows, columns, wire = 5, 7, 3.0
    values = rng.uniform(50.0, 500.0, (rows, columns))
    array = resistors(values, line_resistance=wire, source_resistance=10.0, sense_resistance=7.0)
    levels = rng.uniform(-1, 1, rows + columns)
    n = rows * columns
    matrix, right = np.zeros((2 * n, 2 * n)), np.zeros(2 * n)

    def tie(one, other, resistance):
        for a, b in ((one, other), (other, one)):
            matrix[a, a] += 1.0 / resistance
            matrix[a, b] -= 1.0 / resistance

    def drive(node, level, resistance):
        matrix[node, node] += 1.0 / resistance
        right[node] += level / resistance

    for r in range(rows):
        drive(r * columns, levels[r], 10.0 + wire)
        for c in range(columns):
            k = r * columns + c
            tie(k, n + k, values[r, c])
            if c:
                tie(k - 1, k, wire)
            if r:
                tie(n + k - columns, n + k, wire)
    for c in range(columns):
        drive(n + (rows - 1) * columns + c, levels[rows + c], 7.0 + wire)
    expected = np.linalg.solve(matrix, right)
    found = array.look(Drive(levels[:rows], levels[rows:], np.zeros(columns)))
    np.testing.assert_allclose(np.r_[found.high, found.low], expected, rtol=1e-9, atol=1e-12)


def test_sneak_path_of_two_by_two():
    """Other lines floating: the three other cells in series lie beside the one that is read."""
    r = np.array([[1e5, 1e3], [2e3, 3e3]])
    array = resistors(r, line_resistance=0.0)
    reading = array.read(0, 0, 0.2, scheme="floating")
    expected = 1 / r[0, 0] + 1 / (r[0, 1] + r[1, 1] + r[1, 0])
    print(f"a cell of 10 uS reads as {reading.conductance * 1e6:.1f} uS through the sneak path")
    assert reading.conductance == pytest.approx(expected, rel=1e-9)
    assert array.read(0, 0, 0.2, scheme="grounded").conductance == pytest.approx(1e-5, rel=1e-12)


def test_transistors_that_are_off_close_the_sneak_path():
    array = resistors([[1e5, 1e3], [2e3, 3e3]], line_resistance=0.0, transistor={})
    through = array.read(0, 0, 0.2, scheme="floating").conductance
    assert through == pytest.approx(1 / (1e5 + 1 / (400e-6 * 2.0)), rel=1e-3)


@pytest.mark.parametrize(
    ("scheme", "row", "column", "other"),
    [("half", 0.5, 0.5, 0.0), ("third", 1 / 3, 1 / 3, -1 / 3), ("grounded", 1.0, 0.0, 0.0)],
)
def test_schemes_put_on_each_cell_what_they_promise(scheme, row, column, other):
    array = resistors(np.full((3, 4), 1e4), line_resistance=0.0)
    found = array.look(array.pick(1, 2, 1.5, scheme))
    across = (found.high - found.low).reshape(3, 4) / 1.5
    expected = np.full((3, 4), other)
    expected[1], expected[:, 2], expected[1, 2] = row, column, 1.0
    np.testing.assert_allclose(across, expected, atol=1e-12)


def test_source_and_sense_resistance_alone_divide_the_voltage():
    array = resistors([[1e3]], line_resistance=0.0, source_resistance=600.0, sense_resistance=400.0)
    assert array.multiply([1.0])[0] == pytest.approx(1 / 2000, rel=1e-12)


def test_unchanged_arrays_are_not_factorised_again(monkeypatch):
    array = filaments(8, 8)
    rng = np.random.default_rng(0)
    array.multiply(rng.uniform(0, 0.2, 8))
    made = []
    monkeypatch.setattr("sim_instruments.circuits.newton.splu", lambda *a, **k: made.append(a))
    for _ in range(20):
        array.multiply(rng.uniform(0, 0.2, 8))
    assert made == []


def test_all_lines_floating_is_an_array_at_rest():
    array = filaments(3, 3)
    nobody = np.full(3, np.nan)
    found = array.look(Drive(nobody, nobody, np.zeros(3)))
    assert np.all(found.current == 0.0)


def test_a_line_offers_the_way_to_its_driver_or_its_other_cells():
    array = resistors([[1e3, 2e3], [4e3, 8e3]], line_resistance=5.0, source_resistance=100.0)

    def offered(*levels):
        drive = Drive(np.array(levels[:2]), np.array(levels[2:]), np.zeros(2))
        return array._lines.offered(drive, array.look(drive)).reshape(2, 2)

    np.testing.assert_allclose(offered(1, 0, 0, 0), [[115.0, 120.0], [110.0, 115.0]])
    np.testing.assert_allclose(offered(np.nan, 0, 0, 0), [[2e3 + 10.0, 1e3 + 10.0], [110.0, 115.0]])


@pytest.mark.parametrize("transistor", TRANSISTORS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_chosen_cell_is_offered_what_the_rest_of_the_array_is_to_it(transistor, scheme):
    """The voltage across a cell falls by that times the current it draws more."""
    array = filaments(4, 5, transistor=transistor, sense_resistance=300.0)
    drive = array.pick(1, 2, 0.3, scheme, gate=1.0)
    found = array.look(drive)
    offered = array._lines.offered(drive, found)[7]
    array._cells.x[7, SCALE] *= 1.0001
    then = array.look(drive)
    fell = (found.high - found.low - then.high + then.low)[7]
    assert fell == pytest.approx(offered * (then.current - found.current)[7], rel=2e-3)
