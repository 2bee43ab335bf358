"""Parameters, columns and record(), and life under PyMeasure's own Worker."""

import copy
import json
import logging
import math
import os
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymeasure.experiment import (
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    Results,
    VectorParameter,
    Worker,
)

import benchctl
from benchctl.errors import BenchError, ConfigError, Stopped
from benchctl.procedure import (
    Procedure,
    choice,
    count,
    quantities_list,
    quantity,
    switch,
)
from benchctl.stimulus import Stimulus, Trace

# PyMeasure's form is built where there may be no display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


class Sample(Procedure):
    """Every kind of parameter, and three columns."""

    DATA_COLUMNS: ClassVar = ["Cycle", "Voltage (V)", "Set conductance (S)"]
    PRISTINE = True

    set_width = quantity("Set width", "1 us", "s", minimum="1 ns", maximum="1 s")
    cycles = count("Cycles", 3, maximum=1_000_000)
    levels = quantities_list("Levels", "1 uS, 10 uS", "S", minimum=0, maximum="1 S")
    shape = choice("Shape", "square", ["square", "triangle"])
    every = switch("Read every cycle", True)
    ratio = quantity("Ratio", 0.5, "")

    def execute(self):
        for cycle in range(self.cycles):
            self.record(cycle=cycle, voltage=self.dut.read(0.1), set_conductance=np.float32(1e-6))
        self.record(cycle=np.arange(2), voltage=True, set_conductance=np.array([1, 2]))
        self.progress(1.0)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("set_width", "200 ns", 2e-7),
        ("set_width", 2e-7, 2e-7),
        ("set_width", "1.23456789012345e-07", 1.23456789012345e-07),
        ("cycles", "1e5", 100_000),
        ("cycles", np.int64(7), 7),
        ("cycles", 5.0, 5),
        ("levels", "1 uS, 10 uS; 0.1 mS", (1e-6, 1e-5, 1e-4)),
        ("levels", [1e-6, "2 uS"], (1e-6, 2e-6)),
        ("levels", "[1e-06, 1e-05] S", (1e-6, 1e-5)),
        ("levels", np.array([1e-6]), (1e-6,)),
        ("levels", 1e-6, (1e-6,)),
        ("shape", "triangle", "triangle"),
        ("every", "no", False),
        ("every", 1, True),
        ("every", np.bool_(False), False),
        ("ratio", "5 %", 0.05),
    ],
)
def test_values_arrive_in_si_units_however_they_are_given(name, text, value):
    assigned = Sample()
    setattr(assigned, name, text)
    assert getattr(assigned, name) == value
    assert getattr(Sample(**{name: text}), name) == value
    assert Sample.parse_parameters({name: text}) == {name: value}
    assert type(getattr(assigned, name)) is type(value)


@pytest.mark.parametrize(
    ("name", "bad", "complaint"),
    [
        ("set_width", "-5 ns", "set_width: -5 ns is not within 1 ns to 1 s"),
        ("set_width", 0, "set_width: 0 s is not within"),
        ("set_width", "5 V", "set_width: expected a quantity in s"),
        ("set_width", float("nan"), "set_width: nan is not a finite number"),
        ("set_width", math.inf, "set_width: inf is not a finite number"),
        ("set_width", "1e999", "set_width"),
        ("set_width", None, "set_width: expected a quantity in s"),
        ("cycles", 2.5, "cycles: expected a whole number, got 2.5"),
        ("cycles", 0, "cycles: 0 is not within 1 to 1000000"),
        ("cycles", "many", "cycles: expected a plain number"),
        ("cycles", float("nan"), "cycles: nan is not"),
        ("cycles", True, "cycles: expected a plain number"),
        ("levels", "1, 10 uS", "levels: give every entry"),
        ("levels", "", "levels: needs at least one value"),
        ("levels", [], "levels: needs at least one value"),
        ("levels", "1 uS, -1 uS", "levels: -1 µS is not within"),
        ("levels", [1e-6, math.nan], "levels: nan"),
        ("levels", None, "levels: expected a quantity in S"),
        ("shape", "triangel", "unknown shape 'triangel'; did you mean 'triangle'?"),
        ("every", "maybe", "every: expected true or false, got 'maybe'"),
        ("set_widht", 1, "unknown parameter 'set_widht'; did you mean 'set_width'?"),
    ],
)
def test_nonsense_is_refused_by_name(name, bad, complaint):
    with pytest.raises(ConfigError, match=complaint.replace("?", r"\?")):
        Sample.parse_parameters({name: bad})


def test_a_refused_value_leaves_the_old_one():
    sample = Sample(set_width=1e-3)
    with pytest.raises(ConfigError):
        sample.set_width = "5 kg"
    assert sample.set_width == 1e-3
    assert sample.parameter_values()["set_width"] == 1e-3


def test_an_attribute_that_is_no_parameter_is_an_ordinary_one():
    sample = Sample()
    sample.found = "anything"
    assert sample.found == "anything"


@given(st.floats(1e-9, 1.0))
def test_a_float_keeps_every_digit_in_json_and_in_pymeasure_headers(value):
    sample = Sample(set_width=value)
    assert json.loads(json.dumps(sample.parameter_values()))["set_width"] == value
    text = str(sample.parameter_objects()["set_width"])
    assert Sample(set_width=text).set_width == value


def test_lists_survive_pymeasures_header():
    levels = (1.23456789e-6, 3e-5)
    assert Sample(levels=str(Sample(levels=levels).parameter_objects()["levels"])).levels == levels


def test_parameters_come_in_the_order_they_were_declared():
    class Derived(Sample):
        """One parameter more, one default changed."""

        extra = count("Extra", 1)
        set_width = quantity("Set width", "2 us", "s")

    names = ["set_width", "cycles", "levels", "shape", "every", "ratio"]
    assert Sample.parameter_names() == names
    assert list(Sample().parameter_values()) == names
    assert Derived.parameter_names() == ["extra", *names]  # its own before its bases'
    assert Derived().set_width == 2e-6


def test_parameters_are_the_kinds_pymeasures_form_knows():
    kinds = {name: type(p).__mro__ for name, p in Sample().parameter_objects().items()}
    assert FloatParameter in kinds["set_width"]
    assert IntegerParameter in kinds["cycles"]
    assert VectorParameter in kinds["levels"]
    assert ListParameter in kinds["shape"]
    assert BooleanParameter in kinds["every"]


def test_two_procedures_share_no_values():
    one, other = Sample(), Sample()
    one.cycles = 9
    assert other.cycles == 3
    assert copy.deepcopy(one).cycles == 9


def test_columns_have_slugs_and_units():
    assert [(c.slug, c.unit) for c in Sample.columns()] == [
        ("cycle", ""),
        ("voltage", "V"),
        ("set_conductance", "S"),
    ]


def test_defaults_of_what_a_procedure_need_not_say():
    assert Procedure().preview() == Stimulus()
    assert Procedure().analyze({}) == {}
    assert Procedure.PLOTS == ()
    assert Procedure.PRISTINE is False


class Emitted:
    """Sample, with what it emits kept."""

    def __init__(self, stop=False):
        self.records = []
        self.procedure = Sample()
        self.procedure.emit = lambda topic, record: self.records.append((topic, record))
        self.procedure.should_stop = lambda: stop


def test_outside_a_run_a_row_is_emitted_as_plain_floats_under_full_names():
    emitted = Emitted()
    emitted.procedure.record(cycle=np.int32(1), voltage=np.float32(0.5), set_conductance=True)
    assert emitted.records == [
        ("results", {"Cycle": 1.0, "Voltage (V)": 0.5, "Set conductance (S)": 1.0})
    ]
    assert {type(v) for v in emitted.records[0][1].values()} == {float}


def test_outside_a_run_arrays_are_emitted_as_one_batch():
    emitted = Emitted()
    emitted.procedure.record(cycle=[1, 2, 3], voltage=0.5, set_conductance=np.zeros(3))
    ((topic, batch),) = emitted.records
    assert topic == "batch results"
    assert {name: list(a) for name, a in batch.items()} == {
        "Cycle": [1, 2, 3],
        "Voltage (V)": [0.5] * 3,
        "Set conductance (S)": [0] * 3,
    }


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"cycle": 1, "voltage": 1}, "column 'set_conductance' is missing"),
        ({"cycle": 1, "voltage": 1, "set_conductanse": 1}, "did you mean 'set_conductance'"),
        ({"cycle": 1, "voltage": "1", "set_conductance": 1}, "'voltage' takes real numbers"),
        ({"cycle": 1, "voltage": None, "set_conductance": 1}, "'voltage' takes real numbers"),
        ({"cycle": 1, "voltage": 1j, "set_conductance": 1}, "'voltage' takes real numbers"),
        ({"cycle": [1, 2], "voltage": [1, 2, 3], "set_conductance": 1}, "'cycle' has 2 rows"),
        ({"cycle": [[1]], "voltage": 1, "set_conductance": 1}, "'cycle' takes real numbers"),
        ({"cycle": [1, [2]], "voltage": 1, "set_conductance": 1}, "'cycle' takes real numbers"),
    ],
)
def test_a_row_that_is_not_as_declared_is_refused(row, complaint):
    emitted = Emitted()
    with pytest.raises(BenchError, match=complaint):
        emitted.procedure.record(**row)
    assert emitted.records == []


def test_record_obeys_a_stop_after_the_row_is_out():
    emitted = Emitted(stop=True)
    with pytest.raises(Stopped):
        emitted.procedure.record(cycle=1, voltage=1, set_conductance=1)
    assert len(emitted.records) == 1


def test_progress_and_traces_are_emitted_too():
    emitted = Emitted()
    trace = Trace(np.zeros(1), np.zeros(1), np.zeros(1))
    emitted.procedure.progress(0.25)
    emitted.procedure.record_trace(trace)
    assert emitted.records == [("progress", 25.0), ("trace", trace)]


class Bench:
    """What `open_bench` gives, as far as a procedure needs it."""

    def __init__(self, reads=0.5, failures=()):
        self.calls = []
        self.failures = list(failures)
        self.dut = SimpleNamespace(
            read=lambda voltage: reads,
            should_stop=lambda: False,
            need_cell=lambda: None,
            check=self.check,
        )

    def check(self, stimulus, *, compliance):
        self.calls.append("check")

    def safe(self):
        self.calls.append("safe")
        return self.failures

    def close(self):
        self.calls.append("close")


def work(procedure, path):
    """Run a procedure under PyMeasure's own Worker, to its end."""
    results = Results(procedure, str(path))
    worker = Worker(results)
    worker.start()
    worker.join(30)
    assert not worker.is_alive()
    return results


@pytest.fixture
def opened(monkeypatch):
    bench = Bench()

    def open_bench(*, pristine):
        bench.calls.append(f"open, pristine {pristine}")
        return bench

    monkeypatch.setattr(benchctl, "open_bench", open_bench, raising=False)
    return bench


def test_pymeasures_worker_runs_it_on_the_default_bench(tmp_path, opened):
    procedure = Sample(cycles=2)
    results = work(procedure, tmp_path / "out.csv")
    assert procedure.status == procedure.FINISHED
    assert opened.calls == ["open, pristine True", "check", "safe", "close"]
    rows = results.data
    assert rows["Voltage (V)"].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert rows["Set conductance (S)"].tolist() == [float(np.float32(1e-6))] * 2 + [1, 2]
    again = Results.load(str(tmp_path / "out.csv"), procedure_class=Sample)
    assert again.procedure.parameter_values() == procedure.parameter_values()


def test_a_stop_under_pymeasures_worker_is_an_abort_and_the_bench_is_closed(tmp_path, opened):
    class Endless(Sample):
        """Plays until the Dut raises Stopped."""

        def execute(self):
            self.should_stop = lambda: True
            raise Stopped("the run was asked to stop")

    procedure = Endless()
    results = Results(procedure, str(tmp_path / "out.csv"))
    worker = Worker(results)
    worker.procedure = procedure
    procedure.emit = lambda *_: worker.stop()
    worker.start()
    worker.join(30)
    assert opened.calls[-2:] == ["safe", "close"]
    assert procedure.status != procedure.FAILED


def test_an_instrument_that_stays_on_fails_the_run_under_pymeasure(opened):
    procedure = Sample()
    procedure.should_stop = lambda: False
    opened.failures.append("smu does not answer")
    procedure.startup()
    with pytest.raises(BenchError, match="smu does not answer"):
        procedure.shutdown()
    assert opened.calls[-2:] == ["safe", "close"]


def test_a_bench_that_was_given_is_neither_opened_nor_closed(opened):
    procedure = Sample()
    procedure.dut = Bench().dut
    procedure.startup()
    procedure.shutdown()
    assert opened.calls == []


def test_pymeasures_form_builds_shows_and_gives_back_every_parameter(qtbot, caplog):
    from pymeasure.display.widgets.inputs_widget import InputsWidget

    caplog.set_level(logging.WARNING)
    form = InputsWidget(Sample, inputs=Sample.parameter_names())
    qtbot.addWidget(form)
    assert form.get_procedure().parameter_values() == Sample().parameter_values()
    changed = Sample(set_width=2e-7, levels=[3e-6], shape="triangle", every=False, cycles=8)
    form.set_parameters(changed.parameter_objects())
    assert form.get_procedure().parameter_values() == changed.parameter_values()
