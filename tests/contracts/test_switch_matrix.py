"""What a matrix is asked for is exactly what is closed, and no two inputs ever meet on the way."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymeasure.adapters import VISAAdapter

from benchctl import plugins
from benchctl.errors import CapabilityError, InstrumentError
from benchctl.limits import Limits
from benchctl.roles import Instrument, Source, SwitchMatrix
from sim_instruments.visa import open_library

NAMES = ["keithley_7001", "keithley_7002", "keysight_b2200", "keysight_e5250a"]
ADDRESS = "GPIB0::22::INSTR"

pytestmark = pytest.mark.parametrize("name", NAMES)


def bench(name, faults=(), latency=0.0):
    """A matrix, with what it tells the World written down."""
    library = open_library(
        instruments={"matrix": (name, ADDRESS)},
        wiring={"name": "direct", "source_meter": "smu"},
        simulation={"model": "resistor", "seed": 1, "latency": latency, "faults": list(faults)},
    )
    world = library.world
    states = [frozenset()]

    def told(port, closed):
        assert port == "matrix"
        states.append(closed)

    world.set_crosspoints = told
    adapter = VISAAdapter(ADDRESS, visa_library=library, read_termination="\n")
    driver = plugins.load("driver", name)(
        adapter, "matrix", clock=world.clock, limits=Limits(), series_resistance=0.0
    )
    return SimpleNamespace(world=world, states=states, driver=driver)


def moved(states):
    """How many contacts have opened or closed."""
    return sum(len(a ^ b) for a, b in pairwise(states))


def shorted(closed):
    """Whether two inputs meet on an output."""
    return len({output for _, output in closed}) < len(closed)


PREPARED = {name: bench(name) for name in NAMES}
for each in PREPARED.values():
    each.driver.prepare()

# At most one input to an output; only what every matrix of these has.
plans = st.lists(
    st.dictionaries(st.integers(1, 20), st.integers(1, 4), max_size=12).map(
        lambda chosen: {(source, output) for output, source in chosen.items()}
    ),
    min_size=1,
    max_size=4,
)


@given(plans)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_exactly_what_is_asked_for_is_closed(name, plan):
    box = PREPARED[name]
    for wanted in plan:
        first, before = len(box.states) - 1, box.driver.operations
        had = box.states[-1]
        box.driver.connect(wanted)
        assert box.states[-1] == wanted
        on_the_way = box.states[first:]
        assert not any(shorted(closed) for closed in on_the_way)
        assert all(closed <= had or closed <= wanted for closed in on_the_way), "break first"
        assert all(had & wanted <= closed for closed in on_the_way), "no wear without need"
        assert box.driver.operations - before == moved(on_the_way)


def test_role(name):
    driver = PREPARED[name].driver
    assert isinstance(driver, SwitchMatrix)
    assert isinstance(driver, Instrument)
    assert not isinstance(driver, Source)
    assert driver.inputs >= 4
    assert driver.outputs >= 20


def test_the_last_crosspoint_is_there_and_the_next_is_not(name):
    box = bench(name)
    inputs, outputs = box.driver.inputs, box.driver.outputs
    box.driver.connect([(inputs, outputs)])
    assert box.states[-1] == {(inputs, outputs)}
    messages = box.world.messages
    for missing in ((inputs + 1, 1), (1, outputs + 1), (0, 1), (1, 0)):
        with pytest.raises(CapabilityError, match=rf"matrix .* 1 to {inputs}.* 1 to {outputs}"):
            box.driver.connect([missing])
    assert box.world.messages == messages


def test_every_crosspoint_is_itself(name):
    box = bench(name)
    for source in range(1, box.driver.inputs + 1):
        everything = {(source, output) for output in range(1, box.driver.outputs + 1)}
        box.driver.connect(everything)
        assert box.states[-1] == everything


def test_two_inputs_on_one_output_are_refused(name):
    box = bench(name)
    with pytest.raises(CapabilityError, match="short inputs 1 and 2 on output 3"):
        box.driver.connect([(1, 3), (2, 3)])
    assert box.world.messages == 0


def test_a_change_is_one_message_and_its_answer(name):
    box = bench(name)
    box.driver.prepare()
    before = box.world.messages
    box.driver.connect([(1, 1), (2, 2)])
    box.driver.connect([(1, 1), (2, 3), (3, 4)])
    assert box.world.messages - before == 4


def test_no_change_is_no_message(name):
    box = bench(name)
    box.driver.prepare()
    before = box.world.messages
    box.driver.connect([])
    box.driver.connect([(1, 1)])
    box.driver.connect([(1, 1)])
    assert box.world.messages - before == 2


def test_it_returns_when_the_contacts_have_settled(name):
    box = bench(name)
    box.driver.prepare()
    times = []
    for wanted in ([(1, 1)], [(2, 1)]):
        began = box.world.now
        box.driver.connect(wanted)
        times.append(box.world.now - began)
        assert box.states[-1] == set(wanted)
    assert times[0] > 0
    assert times[1] == pytest.approx(2 * times[0])  # break, and then make


def test_contacts_closed_by_somebody_else_are_opened_by_prepare(name):
    box = bench(name)
    box.driver.connect([(1, 1)])
    box.driver.safe()
    box.driver.connect([(1, 2)])
    again = plugins.load("driver", name)(box.driver.adapter, "matrix", clock=box.world.clock)
    again.prepare()
    assert box.states[-1] == set()


def test_safe_opens_everything(name):
    box = bench(name)
    box.driver.connect([(1, 1), (1, 2)])
    box.driver.safe()
    assert box.states[-1] == set()
    assert box.driver.operations == 4
    box.driver.connect([(1, 1)])
    assert box.states[-1] == {(1, 1)}


def test_safe_after_a_failed_message(name):
    box = bench(name)
    box.driver.connect([(1, 1)])
    box.driver.adapter.write(":NONSENSE;*IDN?")
    box.driver.adapter.write("*IDN?")  # and nobody reads the answer
    box.driver.safe()
    assert box.states[-1] == set()


@pytest.mark.parametrize("kind", ["timeout", "drop", "error", "garbage"])
@pytest.mark.parametrize("message", [1, 2, 3])
def test_a_fault_at_each_message(name, kind, message):
    box = bench(name, faults=[{"instrument": "matrix", "message": message, "kind": kind}])
    steps = [
        box.driver.prepare,
        lambda: box.driver.connect([(1, 1), (2, 2)]),
        lambda: box.driver.connect([(1, 1), (2, 3)]),
    ]
    if kind == "error" and message == 1:
        # What was in the queue before it was prepared is none of its business.
        steps[0]()
        assert box.states[-1] == set()
        return
    for step in steps[: message - 1]:
        step()
    with pytest.raises(InstrumentError, match="matrix"):
        steps[message - 1]()
    if kind == "timeout":
        with pytest.raises(InstrumentError, match="matrix"):
            box.driver.safe()
        return
    first = len(box.states) - 1
    box.driver.connect([(2, 1), (3, 2)])  # it starts from everything open
    assert box.states[-1] == {(2, 1), (3, 2)}
    assert any(not closed for closed in box.states[first:])
    assert not any(map(shorted, box.states))
    assert box.driver.operations >= moved(box.states)
    box.driver.safe()
    assert box.states[-1] == set()


@pytest.mark.parametrize("message", [1, 2])
def test_a_fault_while_it_is_made_safe(name, message):
    faults = [{"instrument": "matrix", "message": 1 + message, "kind": "drop"}]
    box = bench(name, faults=faults)
    box.driver.connect([(1, 1)])
    box.driver.safe()
    if message == 2:
        box.driver.safe()
    assert box.states[-1] == set()


def test_a_stranger_is_refused(name):
    box = bench(name, faults=[{"instrument": "matrix", "message": 1, "kind": "identity"}])
    with pytest.raises(InstrumentError, match="matrix answers as 'SOMEBODY ELSE"):
        box.driver.identify()


def test_latency_is_paid_once_for_a_change(name):
    slow, quick = bench(name, latency=1e-3), bench(name)
    for box in (slow, quick):
        box.driver.prepare()
        box.driver.connect([(1, 1)])
    assert slow.world.now - quick.world.now == pytest.approx(4e-3)
