"""A session with the bench, cell by cell: open it in an editor that knows ``# %%``, or run it.

Give it the path of a bench.toml to use your own bench, and the word real to mean it.
"""

# %%
import sys
import tempfile
from pathlib import Path

from benchctl import Run, open_bench
from benchctl.quantities import show
from benchctl.stimulus import pulse, read
from benchctl.store import StoredRun
from procedures.set_reset import SetReset

path = sys.argv[1] if len(sys.argv) > 1 else None
real = sys.argv[2:] == ["real"]

# %% The bench: what answers, and what the device may be given.
bench = open_bench(path, simulate=not real, seed=1)
for name, identity in bench.identities.items():
    print(f"{name}: {identity}")
print(f"limits of {bench.dut.name}: {bench.dut.limits}")

# %% A stimulus is data. Look at it before it is applied.
cycle = pulse(2.0, 2e-3) + read(0.1) + pulse(-1.8, 2e-3) + read(0.1)
plan = bench.dut.check(cycle * 5, compliance=200e-6)
print(f"{plan.segments} segments, {show(plan.duration, 's')}, {plan.programs} programs")

# %% Apply it.
readings = bench.dut.play(cycle * 5, compliance=200e-6)
for set_state, reset_state in readings.conductance.reshape(-1, 2):
    print(f"{show(set_state, 'S'):>10}  {show(reset_state, 'S'):>10}")

# %% A whole measurement, with its file.
with tempfile.TemporaryDirectory() as folder:
    procedure = SetReset(
        cycles=50, set_voltage="2 V", reset_voltage=-1.8, set_width="2 ms", reset_width="2 ms"
    )
    result = Run(procedure, bench, out=Path(folder, "session.h5")).execute()
    with StoredRun(result.file) as stored:
        print(stored.status, stored.rows, stored.analysis["on_off_ratio"]["value"])

# %% Outputs off, instruments let go.
bench.close()
