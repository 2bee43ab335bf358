"""What a person is told before Start about a third terminal."""

from itertools import islice

from benchctl import open_bench
from benchctl.gui.prospect import MOST_SEGMENTS, Prospect, corners, gate_of, look_ahead
from benchctl.limits import Limits
from benchctl.stimulus import Segment, Stimulus, pulse, wait
from procedures.set_reset import SetReset

LIMITS = Limits((-1.0, 1.0), 1e-3, gate=(-5.0, 2.0))


def looked_at(*segments):
    return Prospect(Stimulus(segments), segments, LIMITS, None, None)


def test_the_gate_has_its_own_extremes_and_limits():
    facts = looked_at(Segment(0.0, 1e-3, gate=3.0), Segment(0.1, 5e-3, measure=True)).facts()
    assert ("Highest", "100 mV  (limit 1 V)", False) in facts
    assert ("Gate, lowest", "0 V  (limit -5 V)", False) in facts
    assert ("Gate, highest", "3 V  (limit 2 V)", True) in facts


def test_without_a_gate_nothing_is_said_of_it():
    assert not any("Gate" in what for what, _, _ in looked_at(Segment(0.5, 1e-3)).facts())


def test_what_is_drawn_is_what_the_bench_will_apply():
    with open_bench() as bench:
        prospect = look_ahead(SetReset(cycles=1), bench.dut)
    assert prospect.plan is not None
    lasting = [each for each in prospect.segments if each.ramp + each.duration]
    assert sum(each.ramp + each.duration for each in lasting) == prospect.plan.duration
    assert [each.duration for each in lasting if not each.voltage] == [2e-3] * 4


def test_the_gate_is_drawn_on_the_time_axis_of_the_device():
    segments = (Segment(0.5, 2e-3, ramp=1e-3), Segment(0.0, 1e-3, gate=-1.0), Segment(0.0, 0.0))
    time, voltage = corners(gate_of(segments), even=False)
    assert time[-1] == corners(segments, even=False)[0][-1]
    assert list(zip(time, voltage, strict=True))[-3:] == [(3e-3, -1.0), (4e-3, -1.0), (4e-3, 0.0)]


def test_a_waveform_that_is_cut_does_not_seem_to_end():
    with open_bench() as bench:
        prospect = look_ahead(SetReset(cycles=1), bench.dut)
    assert not prospect.cut
    long = (pulse(1.0, 1e-3) + wait(1e-3)) * MOST_SEGMENTS
    segments = tuple(islice(long.unroll(), MOST_SEGMENTS))
    prospect = Prospect(long, segments, None, None, None)
    assert prospect.cut
    odd = segments[:-1]
    assert corners(odd, even=False, cut=True)[1][-1] == odd[-1].voltage
    assert corners(odd, even=False)[1][-1] == 0.0
