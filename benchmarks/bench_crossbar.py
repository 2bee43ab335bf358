"""How fast arrays are read and written: medians, the kernels compiled and the array built."""

import subprocess
import sys

import numpy as np
import pytest

from sim_instruments.circuits.array import ArrayOfCells
from sim_instruments.circuits.crossbar import Crossbar
from sim_instruments.circuits.drive import Drive

SIZE = 64
SET, RESET = 2.4, -1.8


def array_of(size=SIZE, **options):
    rng = np.random.default_rng(0)
    thickness = rng.uniform(3.3e-9, 4.9e-9, (size, size))
    array = Crossbar(
        "gap_filament", size, size, seed=1, parameters={"thickness": thickness}, **options
    )
    array.program(0, 0, 0.5, 1e-9)
    array.multiply(np.full(size, 0.1))
    return array


@pytest.mark.parametrize("transistor", [None, {}], ids=["passive", "1t1r"])
def test_first_read_of_an_array(benchmark, transistor):
    """Every cell nonlinear, 2.5 Ohm of line per cell, nothing kept from before."""
    array = array_of(transistor=transistor)
    voltages = np.random.default_rng(1).uniform(0.0, 0.2, SIZE)

    def forget():
        array._lines.forget()

    benchmark.pedantic(lambda: array.multiply(voltages), setup=forget, rounds=20)


@pytest.mark.parametrize("transistor", [None, {}], ids=["passive", "1t1r"])
def test_repeated_read_of_an_unchanged_array(benchmark, transistor):
    """Other voltages every time."""
    array = array_of(transistor=transistor)
    rng = np.random.default_rng(1)
    benchmark(lambda: array.multiply(rng.uniform(0.0, 0.2, SIZE)))


@pytest.mark.parametrize("scheme", ["grounded", "third", "half", "floating"])
def test_reading_one_cell_after_another(benchmark, scheme):
    array = array_of()
    rng = np.random.default_rng(1)
    benchmark(lambda: array.read(*rng.integers(0, SIZE, 2), scheme=scheme))


@pytest.mark.parametrize("scheme", ["third", "half"])
def test_set_and_reset_of_one_cell(benchmark, scheme):
    """All 4096 cells feel both pulses."""
    array = array_of()

    def stroke():
        array.program(20, 30, SET, 1e-6, scheme=scheme)
        array.program(20, 30, RESET, 1e-6, scheme=scheme)

    benchmark.pedantic(stroke, rounds=20, warmup_rounds=1)
    low = array.conductance()[20, 30]
    array.program(20, 30, SET, 1e-6, scheme=scheme)
    assert array.conductance()[20, 30] > 5 * low


@pytest.mark.parametrize("size", [128, 256])
def test_first_read_of_a_larger_array(benchmark, size):
    array = array_of(size)
    voltages = np.random.default_rng(1).uniform(0.0, 0.2, size)

    def forget():
        array._lines.forget()

    benchmark.pedantic(lambda: array.multiply(voltages), setup=forget, rounds=3)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_full_strokes_of_a_population(benchmark, threads):
    """4096 cells set and reset at fixed voltages, without lines between them."""
    array = Crossbar("gap_filament", SIZE, SIZE, seed=1, line_resistance=0.0, threads=threads)
    lines = np.zeros(SIZE)
    drives = [Drive(np.full(SIZE, voltage), lines, lines) for voltage in (2.6, -2.0)]

    def strokes():
        for drive in drives:
            array.hold(drive, 1e-3)

    benchmark.pedantic(strokes, rounds=10, warmup_rounds=1)
    array.hold(drives[0], 1e-3)
    assert np.median(array.conductance()) > 80e-6
    array.hold(drives[1], 1e-3)
    assert np.median(array.conductance()) < 10e-6
    benchmark.extra_info["strokes_per_second"] = 2 * SIZE * SIZE / benchmark.stats.stats.median


def test_building_an_array(benchmark):
    benchmark.pedantic(lambda: Crossbar("gap_filament", SIZE, SIZE, seed=1), rounds=3)


OTHERS = {"floating": None, "grounded": 2, "half": 3}
"""input of the matrix that the unselected lines are on"""


def selected(size, scheme):
    """One cell on the sources; where the others are grounded, which wants it, with transistors."""
    gates = 2 * size + 1 if scheme == "grounded" else None
    array = ArrayOfCells("gap_filament", size, size, seed=1, outputs=(1, 1 + size, gates),
                         transistor={} if gates else None)  # fmt: skip
    row, column, other = 2, 3, OTHERS[scheme]
    aimed = {1 + row, 1 + size + column}
    rest = {(other, output) for output in range(1, 2 * size + 1) if other and output not in aimed}
    on = {(3, gates + column)} if gates else set()
    array.connect(frozenset({(1, 1 + row), (2, 1 + size + column)} | rest | on))
    return array


def played(array, scheme, levels, duration, ramp, count=1):
    third = {"floating": 0.0, "half": 0.5, "grounded": 0.0}[scheme] * levels
    if scheme == "grounded":
        third += 2.5
    times = np.full((2, levels.size), [[duration], [ramp]])
    return array.play_gated(levels, third, *times, count, 100e-6)


@pytest.mark.parametrize("scheme", OTHERS)
@pytest.mark.parametrize("size", [8, SIZE])
def test_cycles_of_one_selected_cell(benchmark, size, scheme):
    """Set (into compliance), read, reset, read: 1 us each, full strokes."""
    array = selected(size, scheme)
    cycle = np.array([SET, 0.1, RESET, 0.1])
    played(array, scheme, cycle, 1e-6, 0.0)
    benchmark.pedantic(lambda: played(array, scheme, cycle, 1e-6, 0.0), rounds=20)
    benchmark.extra_info["segments_per_second"] = cycle.size / benchmark.stats.stats.median


@pytest.mark.parametrize("scheme", OTHERS)
@pytest.mark.parametrize("size", [8, SIZE])
def test_sweep_of_one_selected_cell(benchmark, size, scheme):
    """124 points of a slow sweep to 1.8 V and -1.8 V, a staircase of 20 mV between them."""
    array = selected(size, scheme)
    up = np.linspace(0.0, 1.8, 31)
    levels = np.r_[up, up[::-1], -up, -up[::-1]]
    played(array, scheme, levels[:2], 1e-6, 1e-6)
    benchmark.pedantic(lambda: played(array, scheme, levels, 1e-3, 1e-3), rounds=3)
    benchmark.extra_info["segments_per_second"] = levels.size / benchmark.stats.stats.median


def test_memory_of_an_array_of_tabulated_cells(benchmark):
    """What 4096 cells of `jart_vcm` take beyond one of them, whose table has 1.85 MB."""
    said = (
        "import gc, sys, tracemalloc\n"
        "from sim_instruments.circuits.crossbar import Crossbar\n"
        "one = Crossbar('jart_vcm', 1, 1, seed=1)\n"
        "tracemalloc.start()\n"
        f"many = Crossbar('jart_vcm', {SIZE}, {SIZE}, seed=1)\n"
        "gc.collect()\n"
        "print(tracemalloc.get_traced_memory()[0])\n"
    )

    def build():
        return subprocess.run(
            [sys.executable, "-c", said], check=True, capture_output=True, text=True
        ).stdout

    used = int(benchmark.pedantic(build, rounds=1)) / 1e6
    benchmark.extra_info["megabytes"] = used
    assert used < 30.0
