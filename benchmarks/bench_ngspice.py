"""yakopcic against ngspice on the same waveform: the same final state, and how much sooner.

Trains of pulses are what the bench plays most, slow triangles what it plays longest; the model has
closed forms for both, the simulator takes small steps. Needs ngspice (Debian: ``apt-get install
ngspice``); without it these are skipped.
"""

import re
import shutil
import subprocess
import time

import numpy as np
import pytest

from sim_instruments.models import create

pytestmark = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed here"
)

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_threshold": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip
RISE = 1e-3
"""of a pulse's width, what ngspice gets for edges: it has no steps, and drops shorter ones"""
LONGEST = 0.5
"""of a pulse's width, ngspice's longest step: left alone it steps over pulses"""

NETLIST = """* yakopcic
.param up={up:.12g} down={down:.12g}
{source}
Bcurrent dut 0 I = V(dut) >= 0 ? {a1}*V(x)*sinh({b}*V(dut)) : {a2}*V(x)*sinh({b}*V(dut))
Cx x 0 1
Bx 0 x I = V(dut) > {vp} ? {ap}*(exp(V(dut)) - up)*(V(x) >= {xp} ?
+ exp(-{fp}*(V(x) - {xp}))*(({xp} - V(x))/(1 - {xp}) + 1) : 1) :
+ (V(dut) < -{vn} ? -{an}*(exp(-V(dut)) - down)*(V(x) <= 1 - {xn} ?
+ exp({fn}*(V(x) + {xn} - 1))*V(x)/(1 - {xn}) : 1) : 0)
.ic V(x)={x0}
.tran {longest} {end} 0 {longest} uic
.control
run
let last = length(v(x)) - 1
print v(x)[last]
quit
.endc
.end
"""
PULSES = """Vpulse a 0 PULSE(0 1 0 {rise} {rise} {flat} {period})
Bsource dut 0 V = time < {later} ? {set}*V(a) : {reset}*V(a)"""
SWEEPS = "Vsweep dut 0 PULSE(-{height} {height} {late} {half} {half} {top} {period})"


def netlist(q, source, longest, end):
    return NETLIST.format(
        source=source, longest=longest, end=end, a1=q.on_current, a2=q.off_current, b=q.bend,
        vp=q.set_threshold, vn=q.reset_threshold, ap=q.set_rate, an=q.reset_rate, xp=q.set_edge,
        xn=q.reset_edge, fp=q.set_fade, fn=q.reset_fade, x0=q.position,
        up=np.exp(q.set_threshold), down=np.exp(q.reset_threshold),
    )  # fmt: skip


def by_ngspice(text, folder):
    """Return (final x, seconds of wall time)."""
    path = folder / "yakopcic.cir"
    path.write_text(text)
    begin = time.perf_counter()
    done = subprocess.run(["ngspice", "-b", str(path)], capture_output=True, text=True, timeout=300)
    seconds = time.perf_counter() - begin
    found = re.search(r"v\(x\)\[last\]\s*=\s*(\S+)", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1]), seconds


def compare(benchmark, preset, source, longest, end, plays, folder):
    """Play on both; return how many times faster the model was. `plays` are (arrays, count)."""
    parameters = create("yakopcic", seed=0, preset=preset, **EXACT).parameters
    theirs, their_seconds = by_ngspice(netlist(parameters, source, longest, end), folder)

    def fresh():
        return (create("yakopcic", seed=0, preset=preset, **EXACT),), {}

    def ours(device):
        for arrays, count in plays:
            device.play(*arrays, count=count, record=False)
        return device.state["x"]

    x = benchmark.pedantic(ours, setup=fresh, rounds=25, warmup_rounds=1)
    faster = their_seconds / benchmark.stats.stats.median
    benchmark.extra_info.update(
        x=x, ngspice_x=theirs, ngspice_seconds=their_seconds, times_faster=faster
    )
    print(f"{preset}: x {x:.6f}, ngspice {theirs:.6f} in {their_seconds:.2f} s; x{faster:.0f}")
    assert x == pytest.approx(theirs, rel=0.01)
    return faster


@pytest.mark.parametrize(
    ("preset", "levels", "width"),
    [("oblea", (0.3, -0.3), 1e-7), ("miao", (0.5, -1.0), 2e-5), ("jo", (3.0, -2.0), 2e-3)],
)
def test_pulse_trains_against_ngspice(benchmark, tmp_path, preset, levels, width):
    """5,000 pulses up and 5,000 down, half of the time at 0 V."""
    count = 5000
    source = PULSES.format(
        set=levels[0], reset=levels[1], rise=RISE * width, flat=(1 - RISE) * width,
        period=2 * width, later=2 * width * count,
    )  # fmt: skip
    plays = [((np.array([v, 0.0]), np.full(2, width), np.zeros(2)), count) for v in levels]
    end = 4 * width * count
    faster = compare(benchmark, preset, source, LONGEST * width, end, plays, tmp_path)
    assert faster >= 1000.0


def test_sweeps_against_ngspice(benchmark, tmp_path):
    """2,000 triangles of 0.3 V and 1 ms, each of three ramps."""
    height, quarter, count = 0.3, 2.5e-4, 2000
    source = SWEEPS.format(height=height, half=2 * quarter, top=quarter * 1e-6,
                           late=-quarter, period=4 * quarter)  # fmt: skip
    ramps = (np.array([height, -height, 0.0]), np.zeros(3), quarter * np.array([1.0, 2.0, 1.0]))
    longest, end = quarter / 25, 4 * quarter * count
    faster = compare(benchmark, "oblea", source, longest, end, [(ramps, count)], tmp_path)
    assert faster >= 1000.0
