"""Any commands of their own tables, to every simulated source: what must hold whatever is sent."""

import math
from importlib.metadata import entry_points

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.models import create
from sim_instruments.scpi import COMMON
from sim_instruments.scpi_tree import variants
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

MOST = {
    "keithley_2400": (220.5, 1.1025),
    "keithley_2450": (220.5, 1.1025),
    "keysight_b2900": (210.0, 3.03),
    "keysight_81160a": (10.0, math.inf),
}
"""V and A that the output may be told to give"""
SOURCES = {point.name: point for point in entry_points(group="benchctl.sim_instruments")
           if point.name in MOST}  # fmt: skip
VALUES = ["", "0", "1", "-1", "0.5", "1e-3", "1e-6", "30", "200", "1e9", "1e400", "MAX", "MIN",
          "ON", "OFF", "VOLT", "CURR", "LIST", "SWE", "FIX", "PULS", "USER", "MAN", "BUS", "TIM",
          "INF", "0.1,0.2,0.3", "-200,200", "1,0", "0,1,3", "'VOLT','CURR'", '"defbuffer1"',
          "(@1)", "(@1,2)", "VOLATILE,0,8191,-8191", "#14\x1f\xff\xe0\x01", "#"]  # fmt: skip
USUAL = ["OUTP ON", ":OUTP1 ON", ":OUTP OFF", "*RST", ":INIT", ":READ?", "*TRG", ":ARM:SOUR1 MAN"]


ON = {
    "keysight_81160a": b":ARM:SOUR1 MAN;:FUNC1 PULS;:VOLT1:HIGH 1;:VOLT1:LOW 0.5;:OUTP1 ON\n",
}
"""what brings a device under bias"""


def headers(box):
    """Return one header, its short form, for each command of a class, as sets and as asked for."""
    found = []
    for command in COMMON + box.COMMANDS:
        mnemonics = [m for m in variants(command.pattern)[0] if m]
        header = ":".join(
            "".join(c for c in m.text if not c.islower())
            + (str(m.allowed[0]) if len(m.allowed) > 1 else "")
            for m in mnemonics
        )
        found += [header + ("?" if role == "?" else "") for role in command.roles]
    return sorted(set(found))


class Watched(World):
    """Writes down the most that was asked of it."""

    def hold(self, port, voltage, limit=math.inf, resistance=0.0):
        self.note(voltage, limit if voltage else 0.0)
        super().hold(port, voltage, limit, resistance)

    def play(self, port, voltage, *segments, **options):
        self.note(np.abs(voltage).max(initial=0.0), options.get("limit", math.inf))
        return super().play(port, voltage, *segments, **options)

    def note(self, voltage, limit):
        volts, amperes = getattr(self, "most", (0.0, 0.0))
        assert math.isfinite(voltage)
        self.most = max(volts, abs(voltage)), max(amperes, limit)


@pytest.mark.parametrize("name", sorted(MOST))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_sent(name, data):
    """Nothing is raised, no limit exceeded; what is off or reset drives nothing."""
    world = Watched(create("resistor", seed=1), wiring=Wiring("direct", source_meter="smu"))
    box = SOURCES[name].load()(world, "smu")
    box.message_based = data.draw(st.booleans())
    fresh = dict(box.settings)
    kept = {key for key, (_, stays) in box._tree.defaults.items() if stays}
    known = headers(type(box))
    unit = st.one_of(st.sampled_from(USUAL), st.tuples(
        st.sampled_from(known), st.sampled_from(VALUES)).map(" ".join))  # fmt: skip
    box.write(ON.get(name, b":SOUR:VOLT 1;:OUTP ON\n"))
    assert not world.at_rest
    for units in data.draw(st.lists(st.lists(unit, min_size=1, max_size=3), max_size=12)):
        box.write(";:".join(units).replace(":*", "*").replace("::", ":").encode("latin-1") + b"\n")
        box.read()
        outputs = {"smu": box.settings.get("output", box.settings.get("output1")),
                   "smu.2": box.settings.get("output2")}  # fmt: skip
        for port, bias in world._ports.items():
            assert outputs[port] or bias.voltage == 0.0
    volts, amperes = getattr(world, "most", (0.0, 0.0))
    assert volts <= MOST[name][0] * (1 + 1e-9)
    assert amperes <= MOST[name][1] * (1 + 1e-9)
    box.write(b"*RST\n")
    assert world.at_rest
    assert {k: v for k, v in box.settings.items() if k not in kept} == {
        k: v for k, v in fresh.items() if k not in kept
    }
