"""A bench of plain Python objects behind the real Dut, so that the window is what is tested."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QSettings

from benchctl import plugins
from benchctl.bench import RealClock
from benchctl.dut import Dut
from benchctl.gui.app import make_window
from benchctl.gui.slot import BenchSlot
from benchctl.limits import Limits
from benchctl.procedure import Merit, Plot, Procedure, count, quantity
from benchctl.roles import Capabilities
from benchctl.stimulus import Readings, pulse, read
from benchctl.wiring import Wiring


class Meter:
    """A source-meter over a resistor of 1 kOhm."""

    capabilities = Capabilities((-20, 20), 1e-4, 1e3, 1e-6, 1e-5, 2500, True, (1e-9, 1.0))

    def check(self, program):
        pass

    def play(self, program):
        rows = int(program.measure.sum()) * program.count
        voltage = np.tile(program.voltage[program.measure], program.count)
        return Readings(np.arange(rows) * 1e-3, voltage, voltage / 1e3, np.zeros(rows, bool))


class StandInBench:
    """What the window needs of a bench."""

    name = "stand_in"
    identities = {"smu": "KEITHLEY INSTRUMENTS,MODEL 2450,04096331,1.7.12b"}  # noqa: RUF012 - never changed
    defaults: dict = {}  # noqa: RUF012 - never changed
    config = SimpleNamespace(simulation=SimpleNamespace(seed=1))

    def __init__(self, *, simulated=True):
        self.simulated = simulated
        self.safe_calls = 0
        self.closed = False
        self.dut = Dut("R1", Limits((-2.0, 2.0), 1e-3), RealClock(), Wiring(Meter()))

    def snapshot(self):
        return {"name": self.name}

    def warnings(self):
        return []

    def safe(self):
        self.safe_calls += 1
        return []

    def close(self):
        self.closed = True


class Quick(Procedure):
    """Read the device a few times."""

    set_voltage = quantity("Set voltage", 1.0, "V", -20, 20)
    cycles = count("Cycles", 50)
    compliance = quantity("Compliance", "100 uA", "A", 1e-12, 1)
    DATA_COLUMNS = ["Cycle", "Conductance (S)"]  # noqa: RUF012 - PyMeasure's way
    PLOTS = (Plot("cycle", "conductance"),)

    def preview(self):
        return pulse(self.set_voltage, 1e-3) + read(0.1)

    def execute(self):
        for cycle in range(self.cycles):
            readings = self.dut.play(self.preview(), compliance=self.compliance)
            self.record(cycle=cycle, conductance=readings.conductance)
            self.progress((cycle + 1) / self.cycles)

    def analyze(self, data):
        return {"mean": Merit(float(data["conductance"].mean()), "S", "Mean", (9e-4, 1.1e-3))}


class Endless(Quick):
    """Read the device until somebody stops it."""

    def execute(self):
        for cycle in range(10**9):
            self.record(cycle=cycle, conductance=1e-3)
            self.dut.wait(1e-3)


class Broken(Quick):
    """Fail after the first row."""

    def execute(self):
        self.record(cycle=1, conductance=1e-3)
        raise RuntimeError("the recipe has a defect")


PROCEDURES = {"broken": Broken, "endless": Endless, "quick": Quick}


@pytest.fixture
def bench():
    return StandInBench()


@pytest.fixture
def prepared(monkeypatch, bench):
    """Put the stand-ins where the window looks for procedures and benches."""
    load, names = plugins.load, plugins.names
    monkeypatch.setattr(
        plugins, "names", lambda kind: sorted(PROCEDURES) if kind == "procedure" else names(kind)
    )
    monkeypatch.setattr(
        plugins,
        "load",
        lambda kind, name: PROCEDURES[name] if kind == "procedure" else load(kind, name),
    )
    monkeypatch.setattr("benchctl.bench.open_bench", lambda *_, **__: bench)


@pytest.fixture
def open_window(qtbot, tmp_path):
    """Open windows that have their bench and, where they can, their preview."""
    windows = []

    def opened(procedure="quick", *, slot=None, ready=None):
        settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        slot = slot or BenchSlot(None, simulate=True)
        window = make_window(slot, procedure=procedure, settings=settings)
        window.panel.put_folder(tmp_path / "runs")
        window.show()
        windows.append(window)
        qtbot.waitUntil(ready or (lambda: window.prospect is not None), timeout=20_000)
        return window

    yield opened
    for window in windows:
        if not window._closed:
            window.stop_and_close()
            qtbot.waitUntil(lambda window=window: window._closed, timeout=20_000)
        window.deleteLater()
