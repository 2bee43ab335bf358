"""Ctrl-C and its relatives: the outputs are off and the file says "stopped", whenever it comes."""

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

from benchctl.headless import stop_on_signals
from benchctl.store import StoredRun

CHILD = """
import json, sys
from benchctl.bench import open_bench
from benchctl.headless import find_procedure, make, stop_on_signals
from benchctl.run import Run

class Tell:
    def started(self, run): pass
    def rows(self, columns): print("rows", flush=True)
    def progress(self, fraction, eta): pass
    def finished(self, result): pass
    def message(self, text): pass

name, path = sys.argv[1:]
with open_bench(seed=1) as bench:
    procedure = make(find_procedure(name), LONG[name])
    run = Run(procedure, bench, out=path, observers=[Tell()])
    with stop_on_signals(run):
        result = run.execute()
    smu, pulser = bench.instruments["smu"], bench.instruments["pulser"]
    outputs = [bool(smu.source_enabled), bool(int(pulser.ask(":OUTP1?")))]
    print(json.dumps([result.status, result.rows, result.exit_code, outputs]), flush=True)
"""
SLOW_END = """
import threading
import benchctl.store.writing as writing
from benchctl.run import Run

def slowly(stage, original):
    def staged(*arguments, **named):
        print(stage, flush=True)
        never = threading.Event()
        for _ in range(40):
            never.wait(0.01)
        return original(*arguments, **named)
    return staged

Run._analyze = slowly("analysing", Run._analyze)
writing.RunFile._set_result = slowly("result", writing.RunFile._set_result)
writing.write_whole = slowly("whole", writing.write_whole)
"""
STAGES = ["analysing", "result", "whole"]
LONG = {
    "set-reset": {"cycles": "10000000"},
    "multilevel": {"repeats": "100000"},
    "endurance": {"cycles": "10000000"},
}
SIGNALS = [s for s in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, s)]


def start(*command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def await_rows(child):
    for line in child.stdout:
        if line.startswith("rows"):
            return
    pytest.fail(child.stderr.read())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("procedure", sorted(LONG))
def test_a_signal_leaves_every_output_off(tmp_path, name, procedure):
    path = tmp_path / "run.h5"
    child = start(sys.executable, "-c", f"LONG = {LONG!r}\n{CHILD}", procedure, str(path))
    await_rows(child)
    delay = random.Random(f"{name}{procedure}").uniform(0, 0.3)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(delay)
    child.send_signal(getattr(signal, name))
    out, err = child.communicate(timeout=30)
    assert child.returncode == 0, err
    status, rows, code, outputs = json.loads(out.splitlines()[-1])
    assert (status, code, outputs) == ("stopped", 130, [False, False])
    with StoredRun(path) as stored:
        assert stored.status == "stopped"
        assert stored.rows == rows > 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("stage", "name"), [*((stage, "SIGINT") for stage in STAGES), ("whole", "SIGTERM")]
)
def test_impatience_while_the_file_is_finished_costs_no_row(tmp_path, stage, name):
    path = tmp_path / "run.h5"
    code = f"LONG = {LONG!r}\n{SLOW_END}{CHILD}"
    child = start(sys.executable, "-c", code, "set-reset", str(path))
    await_rows(child)
    child.send_signal(getattr(signal, name))
    for line in child.stdout:
        if line.strip() == stage:
            break
    for _ in range(3):
        child.send_signal(getattr(signal, name))
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.05)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 0, err
    status, rows, code, outputs = json.loads(out.splitlines()[-1])
    assert (status, code, outputs) == ("stopped", 130, [False, False])
    with StoredRun(path) as stored:
        assert (stored.status, stored.rows) == ("stopped", rows)
        assert rows > 0
        assert "on_off_ratio" in stored.analysis
    assert not list(tmp_path.glob(".*.part"))


LONE = """
import sys
from benchctl.bench import open_bench
from benchctl.run import Run
from procedures.set_reset import SetReset

with open_bench(seed=1) as bench:
    Run(SetReset(cycles=3), bench, out=sys.argv[1]).execute()
print("went on", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_script_that_is_interrupted_at_the_end_of_a_run_ends_after_its_file(tmp_path):
    path = tmp_path / "run.h5"
    child = start(sys.executable, "-c", SLOW_END + LONE, str(path))
    for line in child.stdout:
        if line.strip() == "whole":
            break
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    assert "went on" not in out
    with StoredRun(path) as stored:
        assert (stored.status, stored.rows) == ("finished", 3)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_command_line_says_130_and_keeps_the_file(tmp_path, name):
    path = tmp_path / "run.h5"
    command = "import sys; from benchctl.cli import main; sys.argv[0] = 'benchctl'; main()"
    arguments = ["run", "set-reset", "-p", "cycles=1e8", "--out", str(path)]
    child = start(sys.executable, "-c", command, *arguments)
    while not path.exists():
        assert child.poll() is None, child.stderr.read()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.7)
    child.send_signal(getattr(signal, name))
    child.communicate(timeout=30)
    assert child.returncode == 130
    with StoredRun(path) as stored:
        assert stored.status == "stopped"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP to ignore")
@pytest.mark.parametrize("ignored", [True, False])
def test_a_run_under_nohup_outlives_its_terminal(ignored):
    stops = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        with stop_on_signals(SimpleNamespace(stop=lambda: stops.append("stop"))):
            os.kill(os.getpid(), signal.SIGHUP)
        assert stops == ([] if ignored else ["stop"])
    finally:
        signal.signal(signal.SIGHUP, before)
