"""Arrays behind a switch matrix, through the wire."""

import numpy as np
import pytest

from benchctl import open_bench
from benchctl.errors import CapabilityError, ConfigError
from benchctl.stimulus import pulse, read
from benchctl.wiring import Cell
from procedures.array_map import ArrayMap
from procedures.iv_sweep import IVSweep
from procedures.retention import Retention

ONE = """
[instruments.smu]
driver = "keithley_2450"
address = "TCPIP0::192.0.2.11::5025::SOCKET"
"""
TWO = """
[instruments.smu]
driver = "keysight_b2900"
address = "USB0::0x0957::0x8C18::MY51141234::INSTR"
"""
MATRIX = """
[instruments.matrix]
driver = "{matrix}"
address = "GPIB0::22::INSTR"
[wiring]
source_meter = "smu"
{wiring}
[dut]
limits = {{ voltage = ["-3.5 V", "3.5 V"], current = "2 mA", gate_current = "2 mA" }}
[dut.array]
matrix = "matrix"
rows = {rows}
columns = {columns}
{array}
[simulation]
model = "{model}"
seed = 3
parameters = {{ {parameters} }}
[simulation.array]
line_resistance = {line}
{simulated}
"""
SENSED = {"meter": TWO, "wiring": 'gate = "smu.2"', "array": 'scheme = "sensed"'}
EXACT = "resistance = 1e4"


@pytest.fixture
def array(tmp_path):
    opened = []

    def opener(
        model="resistor", parameters=EXACT, *, meter=ONE, rows=3, columns=3, text=MATRIX, **given
    ):
        settings = {"matrix": "keysight_b2200", "wiring": "", "array": "", "line": 0.0,
                    "simulated": "", "model": model, "parameters": parameters}  # fmt: skip
        path = tmp_path / f"bench{len(opened)}.toml"
        path.write_text(
            meter + text.format(**settings | given, rows=rows, columns=columns), encoding="utf-8"
        )
        opened.append(open_bench(path, simulate=True))
        return opened[-1]

    yield opener
    for bench in opened:
        assert bench.world.hot_switches == 0
        bench.close()


def seen(bench, measure):
    found = measure(ArrayMap(), bench)
    return found.data["conductance"].reshape(3, 3)


HALF = {"meter": TWO, "wiring": 'gate = "smu.2"', "array": 'scheme = "half"'}
GATES = {"meter": TWO, "wiring": 'gate = "smu.2"', "array": 'scheme = "grounded"\nfirst_gate = 7',
         "simulated": "[simulation.array.transistor]"}  # fmt: skip


@pytest.mark.parametrize(
    ("wired", "scheme", "included", "level"),
    [
        ({}, "floating", "sneak paths", None),
        ({"array": 'scheme = "grounded"'}, "grounded", "all cells of the row", 0.0),
        (HALF, "half", "half of each other in its row", 0.1),
        (SENSED, "sensed", "the cell alone: the current of its column", 0.0),
        (GATES, "1T1R, grounded", "gates of its column are at 2.5 V", 0.0),
    ],
)
def test_a_file_says_what_else_is_in_a_reading(array, measure, wired, scheme, included, level):
    bench = array(**wired)
    found = measure(ArrayMap(read_voltage=0.2), bench).merits
    assert found["array_scheme"].value == scheme
    assert included in found["array_scheme"].note
    if level is None:
        assert "other_lines" not in found
    else:
        assert (found["other_lines"].value, found["other_lines"].unit) == (level, "V")
    assert bench.snapshot()["array"]["scheme"] == scheme
    assert included in bench.snapshot()["array"]["reading"]
    bench.dut.choose(Cell(0, 1))
    assert measure(IVSweep(cycles=1, step="0.2 V"), bench).merits["array_scheme"].value == scheme


def test_half_biased_lines_that_reach_their_limit_are_told_of(array, measure):
    """Half the read voltage over a cell of 100 Ohm in the row is 500 uA into the lines."""
    text = MATRIX.replace('gate_current = "2 mA"', 'gate_current = "{most}"')
    shorted = "[[simulation.array.cells]]\nrow = 0\ncolumn = 1\nparameters = {resistance = 100}"
    for most, told in (("2 mA", False), ("100 uA", True)):
        bench = array(**HALF, text=text, most=most, simulated=shorted)
        bench.dut.select(Cell(0, 0))
        found = bench.dut.play(read(0.1))
        assert bool(found.limited[0]) == told
        assert any("reached its limit of 0.0001 A" in each for each in bench.warnings()) == told


SCHEMES = [{}, {"array": 'scheme = "grounded"'}, HALF, SENSED, GATES]


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (3, 4)])
@pytest.mark.parametrize("wired", SCHEMES)
def test_the_plan_counts_the_contacts_that_will_move(array, wired, shape):
    rows, columns = shape
    if "first_gate" in wired.get("array", ""):
        wired = wired | {"array": f'scheme = "grounded"\nfirst_gate = {rows + columns + 1}'}
    bench = array(rows=rows, columns=columns, **wired)
    dut, matrix, probe = bench.dut, bench.instruments["matrix"], read(0.1)
    walk = dut.check(probe).contacts
    before = matrix.operations
    for cell in dut.cells:
        dut.select(cell)
        assert dut.check(probe).contacts == 0
    assert matrix.operations - before == walk
    bench.safe()
    again, before = dut.check(probe).contacts, matrix.operations
    dut.play(probe)
    assert matrix.operations - before == again > 0


@pytest.mark.parametrize("matrix", ["keysight_b2200", "keysight_e5250a", "keithley_7002"])
def test_floating_lines_read_their_sneak_paths(array, measure, matrix):
    read_out = seen(array(matrix=matrix), measure)
    # A cell of 10 kOhm beside 2, 4 and 2 parallel cells in a row: R/2 + R/4 + R/2.
    wanted = 1e-4 + 1 / (1e4 * (1 / 2 + 1 / 4 + 1 / 2))
    print(f"floating: {read_out.mean():.4g} S, in closed form {wanted:.4g} S")
    assert read_out == pytest.approx(wanted, rel=2e-3)


def test_grounded_lines_read_the_whole_row_and_half_biased_ones_half_of_the_others(array, measure):
    assert seen(array(array='scheme = "grounded"'), measure) == pytest.approx(3e-4, rel=2e-3)
    half = array(meter=TWO, wiring='gate = "smu.2"', array='scheme = "half"')
    assert seen(half, measure) == pytest.approx(2e-4, rel=2e-3)


def test_a_sensed_column_reads_the_cell_alone(array, measure):
    own = "\n".join(
        f"[[simulation.array.cells]]\nrow = {r}\ncolumn = {c}\n"
        f"parameters = {{ resistance = {1e4 * (1 + r + 3 * c)} }}"
        for r in range(3) for c in range(3)
    )  # fmt: skip
    read_out = seen(array(**SENSED, simulated=own), measure)
    wanted = [[1e-4 / (1 + r + 3 * c) for c in range(3)] for r in range(3)]
    assert read_out == pytest.approx(np.array(wanted), rel=2e-3, abs=1.5e-7)  # 15 nA of 100 uA


def test_line_resistance_dims_the_far_corner(array, measure):
    read_out = seen(array(**SENSED, line=100.0), measure)
    assert read_out[0, 0] != pytest.approx(1e-4, rel=5e-3)
    assert read_out.max() < 1e-4
    spread = read_out.max() / read_out.min() - 1
    print(f"100 Ohm a crossing: {100 * spread:.1f} % between the cells")
    assert 0.01 < spread < 0.2


def test_one_cell_of_a_filament_array_loops_and_half_selected_ones_stay(array, measure):
    bench = array("gap_filament", "read_noise = 0.0", line=2.5)
    bench.dut.choose(Cell(1, 2))
    found = measure(IVSweep(cycles=3), bench)
    assert found.merits["on_off_ratio"].value > 5
    others = [cell for cell in np.ndindex(3, 3) if cell != (1, 2)]
    before = array("gap_filament", "read_noise = 0.0", line=2.5).world.load
    for r, c in others:
        moved = (
            bench.world.load.crossbar.cell(r, c).state["thickness"]
            / before.crossbar.cell(r, c).state["thickness"]
        )
        assert moved == pytest.approx(1, abs=0.25)


def test_without_a_cell_nothing_is_sent(array):
    bench = array()
    sent = bench.world.messages
    with pytest.raises(ConfigError, match="--cell ROW,COLUMN"):
        bench.dut.play(read(0.1))
    with pytest.raises(CapabilityError, match="rows end at 2"):
        bench.dut.select(Cell(3, 0))
    assert bench.world.messages == sent


def test_the_same_cell_again_costs_no_contact(array):
    bench = array()
    bench.dut.select(Cell(0, 0))
    worn = bench.instruments["matrix"].operations
    bench.dut.read(0.1)
    bench.dut.select(Cell(0, 0))
    assert bench.instruments["matrix"].operations == worn > 0


def test_gates_cut_off_every_column_but_the_chosen_one(array, measure):
    gates = {"meter": TWO, "wiring": 'gate = "smu.2"', "simulated": "[simulation.array.transistor]"}
    found = array(**gates, array='scheme = "grounded"\nfirst_gate = 10\ngate = 3.0')
    on = seen(found, measure)
    # In series with a transistor far from saturation, and without its neighbours.
    channel = 1 / (4e-4 * 2.5)
    print(f"1T1R: {on.mean():.4g} S, in closed form {1 / (1e4 + channel):.4g} S")
    assert on == pytest.approx(1 / (1e4 + channel), rel=5e-3)
    off = array(**gates, array='scheme = "grounded"\nfirst_gate = 10\ngate = 0.0')
    assert seen(off, measure) == pytest.approx(0.0, abs=1e-9)


def test_cells_can_be_formed_one_by_one(array, measure):
    formed = "[[simulation.array.cells]]\nrow = 0\ncolumn = 1\nparameters = { formed = true }"
    bench = array("iontronic_li", "step_spread = 0.0", **SENSED, simulated=formed)
    kept = []
    for cell in (Cell(0, 0), Cell(0, 1)):
        bench.dut.select(cell)
        before = bench.dut.read(0.05)
        bench.dut.play(pulse(0.9, 20e-3))
        after = bench.dut.read(0.05)
        bench.dut.wait(100.0)
        kept.append((bench.dut.read(0.05) - before) / (after - before))
    print(
        f"100 s later {kept[0]:.2f} of the change is left in a volatile cell, {kept[1]:.2f} formed"
    )
    assert kept[0] < 0.2
    assert kept[1] > 0.5


def test_retention_programs_all_cells_or_the_chosen_one(array, measure):
    bench = array("gap_filament", "read_noise = 0.0", rows=2, columns=1)
    short = Retention(
        levels="20 uS", duration=100.0, reads_per_decade=1, set_width=1e-3, reset_width=1e-3
    )
    assert set(measure(short, bench).data["row"]) == {0, 1}
    bench.dut.choose(Cell(1, 0))
    assert set(measure(short, bench).data["row"]) == {1}
