"""Opens drivers on their simulators, through PyVISA and PyMeasure as a bench does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymeasure.adapters import VISAAdapter

from benchctl import plugins
from benchctl.limits import Limits
from sim_instruments.visa import open_library
from sim_instruments.world import World

ADDRESSES = {
    "keithley_2400": "GPIB0::24::INSTR",
    "keithley_2450": "TCPIP0::192.0.2.11::5025::SOCKET",
    "keysight_81160a": "USB0::0x0957::0x4108::MY51350123::INSTR",
    "keysight_b2900": "USB0::0x0957::0x8C18::MY51140123::INSTR",
    "keysight_b2200": "GPIB0::22::INSTR",
    "keysight_e5250a": "GPIB0::23::INSTR",
    "keithley_7001": "GPIB0::7::INSTR",
    "keithley_7002": "GPIB0::8::INSTR",
}
ENGAGED = {
    "keysight_b2200": (":CLOS (@00101)", ":CLOS? (@00101)"),
    "keysight_e5250a": (":CLOS (@00101)", ":CLOS? (@00101)"),
    "keithley_7001": (":CLOS (@1!1!1)", ":CLOS? (@1!1!1)"),
    "keithley_7002": (":CLOS (@1!1!1)", ":CLOS? (@1!1!1)"),
}
"""what must not last, and how to ask for it; an output that is on where nothing else is said"""
LIMITS = Limits()
RESISTANCE = 10e3
"""Ohm, of the device, unless a test says otherwise"""


@dataclass
class Connected:
    """A driver, and the World behind its simulator."""

    driver: Any
    world: World
    engage: str
    """what must not last: an output on, a contact closed"""
    engaged: str
    """the query for it, answered with 1 or 0"""

    def ask(self, message: str) -> str:
        """Return an answer past the driver."""
        return str(self.driver.adapter.connection.query(message)).strip()

    def errors(self) -> int:
        """Return how many entries the instrument's error queue has."""
        return int(self.ask(":SYST:ERR?").split(",")[0])


Connect = Callable[..., Connected]


@pytest.fixture
def connect() -> Iterator[Connect]:
    adapters = []

    def make(
        name: str,
        *,
        resistance: float = RESISTANCE,
        limits: Limits | None = LIMITS,
        faults: tuple[tuple[str, int], ...] = (),
        latency: float = 0.0,
        wiring: dict[str, Any] | None = None,
        **options: Any,
    ) -> Connected:
        library = open_library(
            instruments={"box": (name, ADDRESSES[name])},
            wiring=wiring or {"name": "direct", "source_meter": "box"},
            simulation={
                "model": "resistor",
                "parameters": {"resistance": resistance},
                "seed": 1,
                "latency": latency,
                "faults": [
                    {"instrument": "box", "kind": kind, "message": message}
                    for kind, message in faults
                ],
            },
        )
        adapter = VISAAdapter(ADDRESSES[name], visa_library=library, read_termination="\n")
        adapters.append(adapter)
        driver = plugins.load("driver", name)(
            adapter, name="box", clock=library.world.clock, limits=limits, **options
        )
        engage = ENGAGED.get(name, (":OUTP ON", ":OUTP?"))
        return Connected(driver, library.world, *engage)

    yield make
    for adapter in adapters:
        adapter.close()
