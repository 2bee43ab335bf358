"""The simulated 2450's sweeps, trigger loops and buffers."""

from collections.abc import Iterator

import numpy as np
import pytest
from keithley_2450_bench import QUICK, Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def test_list_sweep_of_the_manual(bench: Bench) -> None:
    bench.send(
        "*RST", 'SENS:FUNC "CURR"', "SENS:CURR:RANG:AUTO ON", "SENS:CURR:RSEN OFF",
        "SOUR:FUNC VOLT", "SOUR:VOLT:RANG 20", "SOUR:VOLT:ILIM 1", "SOUR:LIST:VOLT 1, 5, 1",
        "SOUR:LIST:VOLT:APP 5, 1, 5", "SOUR:SWE:VOLT:LIST 1, 0.2", "INIT", "*WAI",
    )  # fmt: skip
    values = bench.numbers('TRAC:DATA? 1, 6, "defbuffer1", SOUR, READ')
    assert values[::2] == pytest.approx([1, 5] * 3, rel=1e-4)
    assert values[1::2] == pytest.approx([1e-4, 5e-4] * 3, rel=1e-2)
    assert bench.ask(":OUTP?") == "0"
    assert bench.ask("SOUR:LIST:VOLT:POIN?") == "6"
    assert bench.ask("SOUR:LIST:VOLT?").split(", ")[1] == "5.000000E+00"
    assert bench.ask(":TRIG:STAT?") == "IDLE;IDLE;0"
    assert bench.errors() == []


def test_lists_are_bounded(bench: Bench) -> None:
    hundred = ",".join(["0.1"] * 100)
    bench.send(f":SOUR:LIST:VOLT {hundred},0.1")
    assert bench.errors() == [-223]
    bench.send(*[f":SOUR:LIST:VOLT:APP {hundred}"] * 25)
    assert bench.errors() == []
    bench.send(":SOUR:LIST:VOLT:APP 0.1")
    assert bench.errors() == [-223]
    assert bench.ask(":SOUR:LIST:VOLT:POIN?") == "2500"


def test_list_captures_the_source_settings(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 1e-5;:SOUR:LIST:VOLT 1;:SOUR:VOLT:ILIM 1e-3")
    bench.send(':SOUR:SWE:VOLT:LIST 1,0,1,OFF,"defbuffer1";:INIT')
    assert bench.numbers(":FETC?")[0] == pytest.approx(1e-5, rel=1e-3)


def test_sweep_passes_and_timing(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:LIST:VOLT 0.1,0.2;:SOUR:SWE:VOLT:LIST 1,0,50,OFF")
    before = bench.world.now
    bench.send(":INIT")
    assert bench.world.now - before == pytest.approx(100 * 500e-6)
    relative = bench.numbers(':TRAC:DATA? 1,100,"defbuffer1",REL')
    assert relative == pytest.approx([500e-6 * i for i in range(100)], rel=1e-5)
    bench.send(":SOUR:SWE:VOLT:LIST 2,0,1,OFF;:INIT")
    assert bench.ask(":TRAC:ACT?") == "1"


def test_abort_on_limit_stops_the_sweep(bench: Bench) -> None:
    sweep = ":SOUR:SWE:VOLT:LIN 0.1,1,10,0,1,BEST,{},OFF;:INIT"
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 4.5e-5", sweep.format("ON"))
    assert bench.ask(":TRAC:ACT?") == "5"
    assert bench.ask(":OUTP?") == "0"
    bench.send(sweep.format("OFF"))
    assert bench.ask(":TRAC:ACT?") == "10"


def test_dual_and_current_sweeps(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:SWE:VOLT:LIN 0,1,3,0,1,FIX,OFF,ON;:INIT")
    source = bench.numbers(':TRAC:DATA? 1,6,"defbuffer1",SOUR')
    assert source == pytest.approx([0, 0.5, 1, 1, 0.5, 0], abs=1e-4)
    bench.send(':SOUR:FUNC CURR;:SENS:FUNC "VOLT";:SOUR:LIST:CURR 1e-5,1e-4')
    bench.send(':SOUR:SWE:CURR:LIST 1,0,1,OFF,"defbuffer2";:INIT')
    assert bench.numbers(':TRAC:DATA? 1,2,"defbuffer2"') == pytest.approx([0.1, 1], rel=1e-3)


def test_trigger_loops(bench: Bench) -> None:
    bench.send(f'{QUICK};:SOUR:VOLT 1;:OUTP ON;:TRIG:LOAD "SimpleLoop",7,0.1,"defbuffer2";:INIT')
    assert bench.ask(':TRAC:ACT? "defbuffer2"') == "7"
    bench.send(':TRIG:LOAD "DurationLoop",2,0.5;:INIT')
    assert bench.ask(":TRAC:ACT?") == "4"
    assert bench.ask(":OUTP?") == "1"
    bench.send(':TRIG:LOAD "Empty";:INIT')
    assert bench.errors() == [-213]


def test_formats(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:SWE:VOLT:LIN -1,1,5,0,1,FIX,OFF;:INIT")
    text = bench.numbers(':TRAC:DATA? 2,5,"defbuffer1",SOUR,READ,REL')
    bench.send(":FORM REAL")
    assert bench.doubles(':TRAC:DATA? 2,5,"defbuffer1",SOUR,READ,REL') == pytest.approx(text)
    bench.send(":FORM:BORD NORM;:FORM SRE;:TRAC:DATA? 2,5")
    raw = bench.resource.read_bytes(2 + 4 * 4 + 1)
    assert np.frombuffer(raw[2:-1], ">f4") == pytest.approx(text[1::3], rel=1e-6)
    bench.send(":FORM ASC;:FORM:ASC:PREC 3")
    assert bench.ask(":TRAC:DATA? 5,5") == "1.00E-04"


def test_binary_carries_numbers_only(bench: Bench) -> None:
    bench.send(":FORM REAL;:TRAC:TRIG")
    bench.send(':TRAC:DATA? 1,1,"defbuffer1",SOURSTAT')
    bench.send(":FORM ASC")
    assert bench.errors() == [1133]


def test_every_element_as_text(bench: Bench) -> None:
    bench.send(":TRAC:TRIG")
    elements = "DATE,FORM,FRAC,READ,REL,SEC,SOUR,SOURFORM,SOURSTAT,SOURUNIT,STAT,TIME,TST,UNIT"
    words = bench.ask(f':FETC? "defbuffer1",{elements}').split(", ")
    assert len(words) == 14
    assert (words[4], words[9], words[13]) == ("0.000000E+00", "V", "A")
    bench.send(f':FETC? "defbuffer1",{elements},READ')
    assert bench.errors() == [-223]


def test_user_buffers(bench: Bench) -> None:
    bench.send(f"{QUICK};:OUTP ON;:TRAC:MAKE 'mine', 10, STAN;:SENS:COUN 8;:TRAC:TRIG 'mine'")
    bench.send(":TRAC:TRIG 'mine'")
    assert bench.ask(":TRAC:ACT? 'mine'") == "10"
    assert (bench.ask(":TRAC:FILL:MODE? 'mine'"), bench.ask(":TRAC:FILL:MODE?")) == ("ONCE", "CONT")
    bench.send(":TRAC:FILL:MODE CONT,'mine';:TRAC:TRIG 'mine'")
    assert bench.ask(":TRAC:ACT? 'mine'") == "10"
    assert bench.numbers(":TRAC:DATA? 10,10,'mine',REL")[0] > 0.01
    bench.send(":TRAC:CLE 'mine'")
    assert bench.ask(":TRAC:ACT:STAR? 'mine';:TRAC:ACT:END? 'mine'") == "0;0"
    bench.send(":TRAC:DEL 'mine';:TRAC:ACT? 'mine'")
    assert bench.errors() == [-224]


def test_statistics(bench: Bench) -> None:
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 1e-3;:SOUR:SWE:VOLT:LIN 1,3,3,0,1,BEST,OFF;:INIT")
    found = [float(bench.ask(f":TRAC:STAT:{w}?")) for w in ("AVER", "MAX", "MIN", "STDD", "PK2P")]
    assert found == pytest.approx([2e-4, 3e-4, 1e-4, 1e-4, 2e-4], rel=1e-3)
    bench.send(":TRAC:CLE;:TRAC:STAT:AVER?;:FETC?")
    assert bench.errors() == [-230, -230]


def test_a_hundred_thousand_readings(bench: Bench) -> None:
    levels = ",".join(f"{0.01 * i:.9g}" for i in range(100))
    bench.send(
        f"{QUICK};:FORM REAL;:SOUR:LIST:VOLT {levels};:SOUR:SWE:VOLT:LIST 1,0,1000,OFF;:INIT"
    )
    table = bench.doubles(':TRAC:DATA? 1,100000,"defbuffer1",SOUR,READ,REL').reshape(-1, 3)
    assert table[:, 0] == pytest.approx(np.tile(np.arange(100) * 0.01, 1000), abs=1e-4)
    assert np.diff(table[:, 2]) == pytest.approx(500e-6)


def test_more_than_the_simulation_holds(bench: Bench) -> None:
    bench.send(":SOUR:SWE:VOLT:LIN 0,1,1000000,0,268435455,BEST,OFF;:TRIG:LOAD 'SimpleLoop',1e6")
    assert bench.errors() == [-225, -225]


@pytest.mark.parametrize(
    ("sweep", "levels"),
    [
        ("LIN:STEP 0,1,0.25,0", [0, 0.25, 0.5, 0.75, 1]),
        ("LIN:STEP 1,0.2,0.3,0", [1, 0.7, 0.4]),
        ("LOG 0.01,1,3,0", [0.01, 0.1, 1]),
        ("LOG -1,-0.1,2,0,2", [-1, -0.1, -1, -0.1]),
        ("LIN 0,1,3,0,1,BEST,OFF,ON", [0, 0.5, 1, 1, 0.5, 0]),
    ],
)
def test_sweeps_by_their_step_and_on_a_logarithmic_scale(
    bench: Bench, sweep: str, levels: list[float]
) -> None:
    bench.send(f"{QUICK};:SOUR:VOLT:ILIM 1e-3;:SOUR:SWE:VOLT:{sweep};:INIT")
    assert bench.errors() == []
    seen = bench.numbers(f':TRAC:DATA? 1,{len(levels)},"defbuffer1",SOUR')
    assert seen == pytest.approx(levels, rel=2e-3, abs=1e-4)
    assert bench.ask(":TRAC:ACT?") == str(len(levels))


@pytest.mark.parametrize(
    ("sweep", "number"), [("LIN:STEP 0,1,0", -222), ("LIN:STEP 0,1,2", -222), ("LOG -1,1,3", -221)]
)
def test_sweeps_that_lead_nowhere_are_refused(bench: Bench, sweep: str, number: int) -> None:
    bench.send(f":SOUR:SWE:VOLT:{sweep}")
    assert bench.errors() == [number]
