"""The whole stack: procedure, Dut, driver, PyVISA, bytes, World, model, file.

Prints segments a second, time of a closed-loop step, and round trips a segment.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from benchctl.bench import open_bench
from benchctl.config import defaults_for
from benchctl.headless import find_procedure, make
from benchctl.run import Run
from benchctl.stimulus import pulse, read

SOURCE_METER = Path("examples/benches/source_meter.toml")
RELAY = Path("examples/benches/generator_and_source_meter.toml")
SEVEN = ("iv-sweep", "forming", "set-reset", "multilevel", "stdp", "retention", "endurance")


def test_set_reset_segments_a_second(benchmark, tmp_path):
    """100,000 cycles of 1 ms pulses on the source-meter bench: at least 200,000 segments/s."""
    cycles = 100_000

    def setup():
        bench = open_bench(SOURCE_METER, simulate=True, seed=1)
        procedure = make(
            find_procedure("set-reset"),
            {"cycles": cycles},
            defaults_for("set-reset", bench.defaults),
        )
        return (Run(procedure, bench, out=tmp_path), bench), {}

    def target(run, bench):
        assert run.execute().rows == cycles
        bench.close()

    benchmark.pedantic(target, setup=setup, rounds=3, warmup_rounds=1)
    rate = 4 * cycles / benchmark.stats.stats.median
    print(f"\nset-reset on source_meter.toml: {rate:,.0f} segments/s")


@pytest.mark.parametrize("path", [SOURCE_METER, RELAY], ids=lambda p: p.stem)
def test_a_write_verify_step(benchmark, path):
    """Pulse, read, decide: at most 300 µs of wall time."""
    width = 1e-6 if path == RELAY else 1e-3
    with open_bench(path, simulate=True, seed=1) as bench:
        voltages = [0.5 + 0.001 * n for n in range(100)]
        state = {"n": 0, "target": 1e-5}

        def step():
            state["n"] += 1
            voltage = voltages[state["n"] % 100]
            stimulus = pulse(voltage, width) + read(0.1)
            conductance = bench.dut.play(stimulus, compliance=3e-4).conductance[-1]
            return conductance < state["target"]

        benchmark(step)
    print(f"\nwrite-verify step on {path.name}: {1e6 * benchmark.stats.stats.median:.0f} µs")


@pytest.mark.parametrize("path", [SOURCE_METER, RELAY], ids=lambda p: p.stem)
def test_round_trips_a_segment(path, tmp_path):
    """At most 1 in 100 for open-loop stimuli on the source-meter bench."""
    print(f"\n{path.name}: round trips per applied segment, utilisation")
    for name in SEVEN:
        with open_bench(path, simulate=True, seed=1) as bench:
            procedure = make(find_procedure(name), {}, defaults_for(name, bench.defaults))
            before = bench.world.round_trips, bench.world.now, bench.world.played
            result = Run(procedure, bench, out=tmp_path, seed=1).execute()
            trips = bench.world.round_trips - before[0]
            segments = bench.world.segments
            used = (bench.world.played - before[2]) / (bench.world.now - before[1])
        print(f"  {name:11} {trips / segments:8.4f}  {trips:6} / {segments:<8} "
              f"{100 * used:5.1f} %  {result.status}")  # fmt: skip


def test_help_comes_at_once(benchmark):
    """At most 100 ms."""
    program = Path(sys.executable).with_name("benchctl")
    benchmark.pedantic(
        lambda: subprocess.run([program, "--help"], capture_output=True, check=True),
        rounds=15,
        warmup_rounds=2,
    )
    print(f"\nbenchctl --help: {1e3 * benchmark.stats.stats.median:.0f} ms")
