"""Crossbars of devices that move: writing, disturbing, keeping, reproducing."""

import hashlib

import numpy as np
import pytest

from sim_instruments.circuits.crossbar import Crossbar
from sim_instruments.circuits.drive import Drive
from sim_instruments.models import create
from sim_instruments.models.gap_filament import GapFilament

EXACT = {
    "gap_filament": dict.fromkeys(
        ("spread_on", "spread_off", "spread_voltage", "cycle_on", "cycle_off", "cycle_voltage",
         "step_spread", "read_noise", "relaxation", "drift"), 0.0),
    "iontronic_li": dict.fromkeys(
        ("spread_conductance", "spread_rate", "spread_forming", "step_spread", "read_noise"), 0.0),
}  # fmt: skip
"""models without chance"""
DAY = 86_400.0


def array_of(model, rows, columns, *, seed=1, parameters=None, **options):
    given = EXACT[model] | (parameters or {})
    return Crossbar(model, rows, columns, seed=seed, parameters=given, **options)


@pytest.mark.parametrize("model", EXACT)
@pytest.mark.parametrize("resistance", [0.0, 2e3])
def test_a_single_cell_is_the_device_alone(model, resistance):
    array = array_of(model, 1, 1, line_resistance=0.0, source_resistance=resistance)
    device = create(model, seed=7, **EXACT[model])
    for voltage, duration in ((1.6, 1e-3), (-1.2, 1e-4), (0.9, 1e-2)):
        array.program(0, 0, voltage, duration)
        device.play(np.array([voltage]), np.array([duration]), np.zeros(1), resistance=resistance)
        array.rest(1e-2)
        device.idle(1e-2)
        assert array.cell(0, 0).state == pytest.approx(device.state, rel=1e-5)
        assert array.conductance()[0, 0] == pytest.approx(device.current(0.1) / 0.1, rel=1e-4)


def test_a_cell_has_the_spread_of_its_own_seed():
    array = Crossbar("gap_filament", 24, 24, seed=5)
    spread = np.log(array.conductance()).std(ddof=1)
    expected = np.hypot(0.05, 0.25)
    print(f"spread of ln G over 576 cells: {spread:.3f}, configured {expected:.3f}")
    assert spread == pytest.approx(expected, rel=4 / np.sqrt(2 * 576))


def test_reading_has_the_noise_of_the_cells():
    array = array_of("gap_filament", 4, 1, parameters={"read_noise": 0.02}, line_resistance=0.0)
    read = np.array([array.multiply(np.full(4, 0.1))[0] for _ in range(2000)])
    relative = read.std() / read.mean()
    assert relative == pytest.approx(0.02 / 2, rel=0.08)
    assert array.multiply(np.full(4, 0.1), noise=False) == pytest.approx(read.mean(), rel=2e-3)


def disturbed(scheme):
    """Relative change of the selected, half-selected and unselected cells of a 4 x 4 array."""
    array = array_of("gap_filament", 4, 4, parameters={"thickness": 4e-9})
    before = array.conductance()
    array.program(1, 2, 2.4, 1e-4, scheme=scheme)
    change = array.conductance() / before - 1.0
    half = np.r_[np.delete(change[1], 2), np.delete(change[:, 2], 1)]
    rest = np.delete(np.delete(change, 1, axis=0), 2, axis=1)
    return change[1, 2], half, rest


def test_half_selected_cells_are_disturbed_less_by_a_third():
    chosen, half, rest = disturbed("half")
    chosen_third, third, rest_third = disturbed("third")
    print(
        f"2.4 V, 100 us: selected x{1 + chosen:.3g}; half-selected at V/2 {100 * half.min():.3g} "
        f"to {100 * half.max():.3g} %, at V/3 {100 * third.max():.3g} %; unselected "
        f"{100 * np.abs(rest).max():.2g} and {100 * np.abs(rest_third).max():.2g} %"
    )
    assert chosen > 5.0
    assert chosen_third > 5.0
    assert half.min() > 0.005
    assert 0.0 < third.max() < 0.01 * half.min()
    assert np.abs(rest).max() < 1e-9
    assert np.abs(rest_third).max() < 0.01 * half.min()


def test_disturb_adds_up_pulse_by_pulse():
    array = array_of("gap_filament", 2, 2, parameters={"thickness": 4e-9})
    levels = []
    for _ in range(4):
        array.program(0, 0, 2.2, 1e-4)
        levels.append(array.conductance()[0, 1])
    assert np.all(np.diff(levels) > 0.0)


def test_a_read_leaves_the_array_as_it_was():
    array = array_of("gap_filament", 4, 4)
    before = array.state["thickness"]
    for _ in range(100):
        array.read(1, 1, 0.1, duration=1e-3)
    np.testing.assert_allclose(array.state["thickness"], before, rtol=1e-6)


def test_only_formed_cells_of_a_mixed_array_keep_a_day():
    formed = np.random.default_rng(0).random((6, 5)) < 0.4
    array = Crossbar("iontronic_li", 6, 5, seed=2, parameters={"formed": formed})
    fresh = array.conductance()
    array.hold(Drive(np.full(6, 1.0), np.zeros(5), np.zeros(5)), 0.2)
    written = array.conductance()
    array.rest(DAY)
    kept = (array.conductance() - fresh) / (written - fresh)
    print(f"after a day: formed cells keep {100 * kept[formed].min():.2f} % or more, "
          f"the others {100 * np.abs(kept[~formed]).max():.2g} % or less")  # fmt: skip
    assert np.all(written > 3 * fresh)
    assert kept[formed].min() > 0.95
    assert np.abs(kept[~formed]).max() < 1e-6


def test_a_cell_formed_in_the_array_keeps_what_is_written():
    array = array_of("iontronic_li", 2, 2)
    array.program(0, 1, 3.0, 5.0, scheme="third")
    assert array.state["formed"][0, 1] > 0.99
    assert np.sort(array.state["formed"].ravel())[2] < 0.1


def bits(threads, seed=11):
    array = Crossbar("gap_filament", 34, 34, seed=seed, threads=threads)
    array.program(3, 4, 1.7, 1e-5)
    array.hold(Drive(np.linspace(-1.2, 1.2, 34), np.zeros(34), np.zeros(34)), 1e-5)
    array.rest(1.0)
    seen = array.multiply(np.linspace(0, 0.2, 34))
    thickness = array.state["thickness"]
    return hashlib.sha256(seen.tobytes() + thickness.tobytes()).hexdigest()


def test_any_number_of_threads_gives_the_same_bits():
    assert len({bits(1), bits(2), bits(3), bits(4)}) == 1
    assert bits(1, seed=12) != bits(1)


def test_a_pulse_taken_back_is_played_again_with_the_same_noise():
    array = Crossbar("gap_filament", 2, 2, seed=4)
    kept, lines = array._cells.snapshot(), array._lines.snapshot()
    drive = array.pick(0, 0, 1.6)
    array.hold(drive, 1e-5)
    first = array.state["thickness"]
    assert not np.array_equal(array._cells.snapshot()[0], kept[0])
    array._cells.restore(kept)
    array._lines.restore(lines)
    array.hold(drive, 1e-5)
    assert np.array_equal(array.state["thickness"], first)


def test_cells_that_set_together_are_followed_as_finely_as_is_asked_for():
    """Near cells set first and take the voltage from the far ones."""

    def written(tolerance):
        array = array_of("gap_filament", 8, 8, line_resistance=50.0, tolerance=tolerance,
                         parameters={"thickness": 4e-9})  # fmt: skip
        array.hold(Drive(np.full(8, 1.5), np.zeros(8), np.zeros(8)), 1e-4)
        return array.state["thickness"]

    fine = written(1e-4)
    errors = {v: np.abs(written(v) - fine).max() / 1.6e-9 for v in (2e-3, 10e-3, 1.0)}
    for tolerance, error in errors.items():
        print(f"tolerance {1e3 * tolerance:g} mV errs by {100 * error:.2g} % of a stroke")
    assert errors[2e-3] < 2e-3
    assert errors[10e-3] < 1e-2
    assert errors[1.0] > 0.2


def test_resistive_lines_write_far_cells_more_weakly():
    array = array_of("gap_filament", 8, 8, line_resistance=50.0, parameters={"thickness": 4e-9})
    array.hold(Drive(np.full(8, 1.4), np.zeros(8), np.zeros(8)), 1e-6)
    moved = (array.state["thickness"] - 4e-9) * 1e12
    print(f"1.4 V, 1 us on all rows: the near cell grew {moved[-1, 0]:.1f} pm, "
          f"the far one {moved[0, -1]:.1f} pm")  # fmt: skip
    assert moved[0, -1] == moved.min()
    assert moved[0, -1] < 0.5 * moved[-1, 0]


def test_the_gate_limits_a_set():
    def set_through(gate):
        array = array_of("gap_filament", 2, 2, transistor={})
        array.program(0, 0, 2.5, 1e-4, scheme="grounded", gate=gate)
        assert array.conductance()[1, 1] == array.conductance()[0, 1]
        return array.conductance()[0, 0]

    levels = [set_through(gate) for gate in (0.8, 0.9, 1.0, 1.2)]
    print("set through gates of 0.8 to 1.2 V:", ", ".join(f"{1e6 * g:.1f} uS" for g in levels))
    assert np.all(np.diff(levels) > 0.0)


def test_transistors_keep_the_cells_of_other_columns():
    array = array_of("gap_filament", 3, 3, transistor={}, parameters={"thickness": 3.5e-9})
    before = array.state["thickness"]
    array.program(1, 1, 2.5, 1e-4, scheme="grounded")
    moved = np.abs(array.state["thickness"] - before)
    assert moved[1, 1] > 0.5e-9
    moved[1, 1] = 0.0
    assert moved.max() < 1e-13


def test_pulses_in_a_row_are_count_pulses():
    one, many = array_of("iontronic_li", 2, 2), array_of("iontronic_li", 2, 2)
    for _ in range(3):
        one.program(0, 0, 1.0, 1e-2, gap=5e-3)
    many.program(0, 0, 1.0, 1e-2, count=3, gap=5e-3)
    assert np.array_equal(one.conductance(), many.conductance())


def test_heat_shortens_what_is_kept():
    def kept(kelvin):
        array = array_of("iontronic_li", 2, 2, temperature=kelvin,
                         parameters={"formed": True, "filling": 0.8})  # fmt: skip
        array.rest(60 * DAY)
        assert array.temperature == kelvin
        return array.state["slow"]

    assert np.all(kept(358.0) < 0.5 * kept(300.0))


def test_a_copied_cell_goes_its_own_way():
    array = array_of("gap_filament", 2, 2)
    device = array.cell(0, 1)
    assert device.current(0.1) == pytest.approx(array.conductance()[0, 1] * 0.1, rel=1e-12)
    before = array.conductance()
    device.advance(2.0, 1e-3)
    assert np.array_equal(array.conductance(), before)


def test_an_array_warns_once_for_all_its_cells(monkeypatch):
    array = array_of("gap_filament", 2, 2, parameters={"thickness": 4e-9})
    high = property(lambda cell: ["too thick"] if cell.state["thickness"] > 4.5e-9 else [])
    monkeypatch.setattr(GapFilament, "warnings", high)
    assert array.warnings == []
    array.hold(Drive(np.array([1.6, 0.0]), np.zeros(2), np.zeros(2)), 1e-3)
    assert array.warnings == ["2 of 4 cells, as: too thick"]


def test_sneak_currents_write_as_well():
    """With other lines floating, a strong pulse moves cells that nobody picked."""
    thickness = np.array([[4.0, 4.1, 3.9], [4.05, 4.0, 4.02], [3.8, 4.2, 3.7]]) * 1e-9
    array = array_of("gap_filament", 3, 3, parameters={"thickness": thickness})
    array.program(0, 0, 3.4, 1e-4, scheme="floating")
    moved = array.state["thickness"] - thickness
    print("written by 3.4 V on cell (0, 0), pm:", np.round(moved * 1e12, 2).tolist())
    moved[0, 0] = 0.0
    assert np.abs(moved).max() > 50e-12


def test_metadata_names_what_the_array_is():
    formed = np.array([[True, False]])
    array = Crossbar("iontronic_li", 1, 2, seed=3, parameters={"formed": formed, "battery": 0.0})
    data = array.metadata()
    assert (data["rows"], data["columns"], data["seed"]) == (1, 2, 3)
    assert data["parameters"] == {"formed": [True, False], "battery": 0.0}
    assert data["lines"]["line_resistance"] == 2.5
    assert data["transistor"] is None
    assert array.warnings == []


def test_an_array_without_a_seed_remembers_the_one_it_drew():
    first = Crossbar("gap_filament", 2, 2)
    again = Crossbar("gap_filament", 2, 2, seed=first.seed)
    assert np.array_equal(first.multiply([0.1, 0.2]), again.multiply([0.1, 0.2]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "resistr"}, "unknown model 'resistr'; did you mean 'resistor'"),
        ({"rows": 0}, "1 row and column at least"),
        ({"line_resistance": -1.0}, r"line_resistance must be a number from 0 Ohm"),
        ({"line_resistanc": 1.0}, "did you mean 'line_resistance'"),
        ({"transistor": {"gain": 5.0}}, r"gain must be a number .* A/V\^2"),
        ({"parameters": {"resistance": np.ones(3)}}, r"array of shape \(2, 2\), got shape \(3,\)"),
        ({"parameters": {"resistance": np.array([[1.0, 2.0], [3.0, -1.0]])}}, "got -1 Ohm"),
    ],
)
def test_a_bad_array_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Crossbar(**({"model": "resistor", "rows": 2, "columns": 2} | change))


def test_a_bad_request_is_refused():
    array = Crossbar("resistor", 2, 3)
    with pytest.raises(IndexError, match=r"no cell \(2, 0\) in an array of 2 x 3"):
        array.read(2, 0)
    with pytest.raises(ValueError, match="unknown drive scheme 'halve'; did you mean 'half'"):
        array.program(0, 0, 1.0, 1e-3, scheme="halve")
    with pytest.raises(ValueError, match="one voltage per row is needed, 2"):
        array.multiply([0.1, 0.1, 0.1])
