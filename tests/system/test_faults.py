"""A fault at every message: no output stays on, no row is lost, the run says what failed."""

import math
from pathlib import Path

import pytest

from benchctl.bench import open_bench
from benchctl.errors import InstrumentError
from benchctl.headless import find_procedure, make
from benchctl.run import Run
from benchctl.store import StoredRun

BENCH = Path("examples/benches/generator_and_source_meter.toml").read_text(encoding="utf-8")
SHORT = {"set-reset": {"cycles": 2}, "iv-sweep": {"cycles": 1}}
ARRAY = Path("examples/benches/array.toml").read_text(encoding="utf-8")
ARRAY = ARRAY.replace("rows = 8\ncolumns = 8", "rows = 2\ncolumns = 1")
GATED = Path("examples/benches/three_terminal.toml").read_text(encoding="utf-8")
ON_THE_GATE = {
    "terminal": "gate", "set_voltage": 1.0, "reset_voltage": -1.0, "set_width": 10e-3,
    "reset_width": 10e-3, "cycles": 1, "pulses": 2,
}  # fmt: skip


def attempt(folder, name, faults="", bench=BENCH, **parameters):
    """Return the bench and the result; the result is None where the bench did not open."""
    path = folder / "bench.toml"
    path.write_text(bench + faults, encoding="utf-8")
    try:
        bench = open_bench(path, simulate=True, seed=1)
    except InstrumentError:
        return None, None
    procedure = make(find_procedure(name), parameters or SHORT[name])
    return bench, Run(procedure, bench, out=folder).execute()


def fault_at(number, instrument, kind):
    """Return what bench.toml says of a fault."""
    return (
        f'\n[[simulation.faults]]\ninstrument = "{instrument}"\n'
        f'message = {number}\nkind = "{kind}"\n'
    )


@pytest.mark.parametrize("kind", ["timeout", "drop", "error", "garbage"])
@pytest.mark.parametrize("instrument", ["smu", "pulser"])
@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_fault_at_every_message(tmp_path, name, instrument, kind):
    whole, result = attempt(tmp_path, name)
    assert result.status == "finished"
    failed = 0
    # Messages are counted for both instruments: the last faults come after the run.
    for number in range(1, whole.world.messages + 1):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        bench, result = attempt(folder, name, fault_at(number, instrument, kind))
        if bench is None:
            assert not list(folder.glob("*.h5"))
            failed += 1
            continue
        assert bench.world.at_rest, f"message {number}: a source still drives the device"
        with StoredRun(result.file) as stored:
            assert stored.status == result.status
            assert stored.rows == result.rows
            assert all(math.isfinite(v) for v in stored.data["time"])
        if result.status == "failed":
            failed += 1
            assert instrument in result.error
        other = {"smu": "pulser", "pulser": "smu"}[instrument]
        driver = bench.instruments[other]
        assert not int(driver.ask(":OUTP1?"))
        bench.close()
    whole.close()
    # A sweep asks nothing of the generator, so an error it queues by itself is no failure.
    assert failed or (name, instrument, kind) == ("iv-sweep", "pulser", "error")


@pytest.mark.parametrize("kind", ["timeout", "drop", "error", "garbage"])
def test_a_fault_at_every_message_of_a_third_terminal(tmp_path, kind):
    whole, result = attempt(tmp_path, "potentiation", bench=GATED, **ON_THE_GATE)
    assert result.status == "finished"
    failed = 0
    # Half of the messages are answers; the last faults come after the run.
    for number in range(1, whole.world.messages - whole.world.round_trips + 2):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        fault = fault_at(number, "smu", kind)
        bench, result = attempt(folder, "potentiation", fault, GATED, **ON_THE_GATE)
        if bench is None:
            failed += 1
            continue
        assert bench.world.at_rest, f"message {number}: a source still drives the device"
        if result.status == "failed":
            failed += 1
            assert "smu" in result.error
        bench.close()
    whole.close()
    assert failed > 5


@pytest.mark.parametrize("kind", ["timeout", "drop", "error", "garbage"])
@pytest.mark.parametrize("instrument", ["smu", "matrix"])
def test_a_fault_at_every_message_of_an_array(tmp_path, instrument, kind):
    whole, result = attempt(tmp_path, "array-map", bench=ARRAY, repeats=2)
    assert (result.status, result.rows) == ("finished", 4)
    failed = 0
    for number in range(1, whole.world.messages - whole.world.round_trips + 2):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        fault = fault_at(number, instrument, kind)
        bench, result = attempt(folder, "array-map", fault, ARRAY, repeats=2)
        if bench is None:
            failed += 1
            continue
        assert bench.world.at_rest, f"message {number}: a source still drives the device"
        # Contacts never open or close under voltage, whatever went wrong before.
        assert bench.world.hot_switches == 0
        if result.status == "failed":
            failed += 1
            assert instrument in result.error
        bench.close()
    whole.close()
    assert failed > 2
