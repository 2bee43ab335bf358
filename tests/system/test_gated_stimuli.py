"""Any stimulus with gates on any kind of bench: refused before a message, or played whole."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchctl.bench import open_bench
from benchctl.errors import CapabilityError, LimitExceeded
from benchctl.stimulus import Segment, Stimulus
from benchctl.wiring import Cell

TWO = '[instruments.smu]\ndriver = "keysight_b2900"\naddress = "GPIB0::23::INSTR"\n'
ONE = '[instruments.smu]\ndriver = "keithley_2450"\naddress = "GPIB0::18::INSTR"\n'
PULSER = '[instruments.pulser]\ndriver = "keysight_81160a"\naddress = "GPIB0::10::INSTR"\n'
MATRIX = '[instruments.matrix]\ndriver = "keysight_b2200"\naddress = "GPIB0::22::INSTR"\n'
LIMITS = """
[dut.limits]
voltage = ["-1 V", "1 V"]
current = "1 mA"
gate = ["-2 V", "2 V"]
gate_current = "100 uA"
"""
CELLS = """
[dut.array]
matrix = "matrix"
rows = 2
columns = 2
"""
RESISTORS = '\n[simulation]\nmodel = "resistor"\n'
BENCHES = {
    "two channels": TWO + '[wiring]\ngate = "smu.2"\n' + LIMITS + '[simulation]\nmodel = "ecram"\n',
    "one channel": ONE + LIMITS + RESISTORS,
    "relay": ONE + PULSER + '[wiring]\nname = "relay"\nsource_meter = "smu"\n'
    'generator = "pulser"\nseries_resistance = "100 kOhm"\n' + LIMITS + RESISTORS,
    "generator on the gate": ONE + PULSER + '[wiring]\nsource_meter = "smu"\ngate = "pulser"\n'
    'gate_resistance = "100 kOhm"\n' + LIMITS + '[simulation]\nmodel = "ecram"\n',
} | {
    scheme: TWO + MATRIX + '[wiring]\nsource_meter = "smu"\n' + ('gate = "smu.2"\n' * second)
    + LIMITS + CELLS + f'scheme = "{scheme}"\n' + RESISTORS
    for scheme, second in (("floating", 0), ("grounded", 0), ("half", 1), ("sensed", 1))
} | {
    "gates": TWO + MATRIX + '[wiring]\nsource_meter = "smu"\ngate = "smu.2"\n' + LIMITS + CELLS
    + 'scheme = "grounded"\nfirst_gate = 5\ngate = "2 V"\n' + RESISTORS
    + "[simulation.array.transistor]\n",
}  # fmt: skip


def segment(voltage, duration, ramp, measure, gate):
    """Return a segment, measured only where it takes time."""
    return Segment(voltage, duration, ramp, measure=measure and duration + ramp > 0, gate=gate)


def stimuli(gates, widths, beyond):
    """Return stimuli with these gate levels and widths; `beyond` adds voltages over the limits."""
    segments = st.builds(
        segment,
        voltage=st.sampled_from([0.0, 0.1, -0.5, 1.0] + [1.1] * beyond),
        duration=st.sampled_from(widths),
        ramp=st.sampled_from([0.0, 0.0, 0.0, widths[-1]]),
        measure=st.booleans(),
        gate=st.sampled_from([*gates, *[2.1] * beyond]),
    )
    bodies = st.lists(segments, min_size=1, max_size=3).map(lambda found: Stimulus(tuple(found)))
    loops = st.builds(Stimulus.__mul__, bodies, st.sampled_from([1, 2, 9]))
    return st.lists(loops, min_size=1, max_size=3).map(lambda parts: sum(parts, Stimulus()))


SLOW, FAST = [1e-3, 2e-3, 0.15, 1e-3], [1e-6, 1e-3, 0.0, 1e-6]
STIMULI = st.one_of(
    stimuli([None], SLOW, beyond=False),
    stimuli([None, 0.3, -1.0, 2.0], SLOW, beyond=False),
    stimuli([None, 0.3, 2.0], FAST, beyond=True),
)


@pytest.fixture(scope="module", params=sorted(BENCHES))
def bench(request, tmp_path_factory):
    path = Path(tmp_path_factory.mktemp("benches")) / "bench.toml"
    path.write_text(BENCHES[request.param], encoding="utf-8")
    with open_bench(path, simulate=True, seed=1) as opened:
        if len(opened.dut.cells) > 1:
            opened.dut.select(Cell(1, 0))
        yield opened


def takes_as_long(bench, stimulus):
    """Tell whether what sources play takes exactly as long as the stimulus.

    Gates of an array go on before a ramp begins; a generator has edges, and rests are waited for.
    """
    wiring = bench.dut.wiring
    ramps = any(each.ramp for each in stimulus.unroll())
    gates = wiring.array is not None and wiring.array.first_gate is not None
    return not (gates and ramps) and wiring.generator is None and wiring.gate is None


@settings(max_examples=40, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(stimulus=STIMULI)
def test_a_stimulus_is_refused_before_any_message_or_played_whole(bench, stimulus):
    world = bench.world
    messages, played, began = world.messages, world.played, world.now
    try:
        plan = bench.dut.check(stimulus)
    except (CapabilityError, LimitExceeded) as refused:
        with pytest.raises(type(refused)):
            bench.dut.play(stimulus)
        assert world.messages == messages
        return
    assert world.messages == messages
    applied = [each.ramp + each.duration for each in plan.applied()]
    assert sum(applied) == pytest.approx(plan.duration, abs=1e-9)
    readings = bench.dut.play(stimulus)
    assert world.at_rest
    assert world.hot_switches == 0
    assert len(readings) == stimulus.measured
    assert (readings.time[1:] >= readings.time[:-1]).all()
    assert plan.duration <= world.now - began + 1e-9
    assert plan.duration >= stimulus.duration - 1e-9
    if takes_as_long(bench, stimulus):
        rests = sum(s.pause * n for steps, n in plan.passes for s in steps)
        assert world.played - played + rests == pytest.approx(stimulus.duration, abs=1e-9)
