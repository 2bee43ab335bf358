"""Ctrl-C half-way through an upload: the program before it must not be taken for what is there."""

import numpy as np
import pytest

from benchctl.bench import open_bench
from benchctl.stimulus import staircase, wait

SMU = """
[instruments.smu]
driver = "{driver}"
address = "GPIB0::23::INSTR"
[simulation]
model = "resistor"
parameters = {{ resistance = 1e4 }}
"""


@pytest.mark.parametrize(
    ("driver", "through_dut"),
    [
        ("keysight_b2900", True),
        ("keysight_b2900", False),
        ("keithley_2450", True),
        ("keithley_2400", True),
    ],
)
@pytest.mark.parametrize("message", [1, 2])
def test_an_interrupted_upload_is_sent_again(tmp_path, monkeypatch, driver, through_dut, message):
    path = tmp_path / "bench.toml"
    path.write_text(SMU.format(driver=driver), encoding="utf-8")
    levels = np.linspace(0.1, 1.0, 1200)
    first = staircase(0.1, 1.0, 1200, 1e-3) + wait(1e-3)
    other = staircase(0.5, 0.2, 1200, 1e-3) + wait(1e-3)
    with open_bench(path, simulate=True, seed=1) as bench:
        smu = bench.instruments["smu"]
        play = bench.dut.play if through_dut else lambda s: smu.play(
            bench.dut.check(s).passes[0][0][0].program
        )  # fmt: skip
        play(first)
        write, sent = smu.adapter.write, iter([False] * (message - 1) + [True])

        def interrupted(message, **options):
            if next(sent, False):
                raise KeyboardInterrupt
            write(message, **options)

        with monkeypatch.context() as patched:
            patched.setattr(smu.adapter, "write", interrupted)
            with pytest.raises(KeyboardInterrupt):
                play(other)
        readings = play(first)
    assert readings.voltage == pytest.approx(levels, abs=2e-3)
    assert readings.current == pytest.approx(levels / 1e4, abs=2e-7)
