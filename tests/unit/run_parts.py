"""What the tests of a run share: a bench, a procedure, an observer."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from benchctl.procedure import Merit, Procedure, count, quantity


class FakeBench:
    """Enough of a bench for a run; `calls` is shared with whoever else keeps an order."""

    def __init__(self, calls=None, failures=()):
        self.calls = [] if calls is None else calls
        self.failures = failures
        self.simulated = True
        self.config = SimpleNamespace(simulation=SimpleNamespace(seed=11))
        self.dut = SimpleNamespace(
            label="sample 1",
            should_stop=lambda: False,
            need_cell=lambda: None,
            check=self.check,
            wiring=SimpleNamespace(array=None),
        )
        self.refuse = None
        self.beyond = []

    def check(self, stimulus, *, compliance):
        self.calls.append(("check", stimulus, compliance))
        if self.refuse:
            raise self.refuse

    def snapshot(self):
        return {"identities": {"smu": "KEITHLEY,2450"}, "temperature": float("nan")}

    def warnings(self):
        return self.beyond

    def safe(self):
        self.calls.append("safe")
        return list(self.failures)


class Counting(Procedure):
    """Record so many rows.

    More about it.
    """

    DATA_COLUMNS: ClassVar = ["Cycle", "Voltage (V)"]
    rows = count("Rows", 10, minimum=0, maximum=10**7)
    width = quantity("Width", 1.23456789012345e-07, "s")

    def execute(self):
        for cycle in range(self.rows):
            self.record(cycle=cycle, voltage=cycle / 8)

    def analyze(self, data):
        return {"last": Merit(np.float64(data["cycle"][-1]), "", "Last", (0.0, np.inf))}


class Watcher:
    """Keeps what it hears."""

    def __init__(self):
        self.heard = []
        self.blocks = []

    def started(self, run):
        self.heard.append(("started", run.path.is_file()))

    def rows(self, columns):
        self.blocks.append({slug: array.copy() for slug, array in columns.items()})

    def progress(self, fraction, eta):
        self.heard.append(("progress", fraction, eta))

    def finished(self, result):
        self.heard.append(("finished", result.status))

    def message(self, text):
        self.heard.append(("message", text))

    def column(self, slug):
        return np.concatenate([block[slug] for block in self.blocks])


def interrupting(error):
    class Failing(Counting):
        """Record three rows, then fail."""

        def execute(self):
            self.record(cycle=[0, 1, 2], voltage=0)
            raise error

    return Failing()
