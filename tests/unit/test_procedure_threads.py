"""Procedures made in several threads at once: the window loads in one and runs in another."""

import subprocess
import sys

MANY_AT_ONCE = """
from threading import Barrier, Thread
from benchctl.procedure import Procedure

class Sample(Procedure):
    DATA_COLUMNS = ["Voltage (V)", "Current (A)", "Conductance (S)", "Time (s)"]

ready, failed = Barrier(4), []

def make():
    ready.wait()
    try:
        Sample()
    except Exception as error:
        failed.append(str(error))

threads = [Thread(target=make) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
raise SystemExit(failed[0] if failed else 0)
"""


def test_the_first_procedures_of_a_process_may_be_made_in_any_threads():
    # In a process of its own: the units are built once.
    done = subprocess.run([sys.executable, "-c", MANY_AT_ONCE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
