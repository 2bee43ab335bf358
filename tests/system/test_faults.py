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


def attempt(folder, name, faults=""):
    """Return the bench and the result; the result is None where the bench did not open."""
    path = folder / "bench.toml"
    path.write_text(BENCH + faults, encoding="utf-8")
    try:
        bench = open_bench(path, simulate=True, seed=1)
    except InstrumentError:
        return None, None
    procedure = make(find_procedure(name), SHORT[name])
    return bench, Run(procedure, bench, out=folder).execute()


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
        fault = (
            f'\n[[simulation.faults]]\ninstrument = "{instrument}"\n'
            f'message = {number}\nkind = "{kind}"\n'
        )
        bench, result = attempt(folder, name, fault)
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
