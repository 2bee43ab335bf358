"""How fast arrays are read and written: medians, the kernels compiled and the array built."""

import numpy as np
import pytest

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
