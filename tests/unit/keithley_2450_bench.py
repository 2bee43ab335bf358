"""A simulated 2450 for tests, spoken to in bytes."""

from typing import Any, Self

import numpy as np
import pyvisa

from sim_instruments.visa import SimVisaLibrary, open_library

ADDRESS = "USB0::0x05E6::0x2450::04096331::INSTR"
QUICK = ":SENS:CURR:NPLC 0.01;:SENS:CURR:AZER OFF;:SOUR:VOLT:DEL 0"


class Bench:
    """A 2450 on a 10 kOhm resistor."""

    def __init__(self, resistance: float = 10e3) -> None:
        self.library: SimVisaLibrary = open_library(
            instruments={"smu": ("keithley_2450", ADDRESS)},
            wiring={"name": "direct", "source_meter": "smu"},
            simulation={"model": "resistor", "parameters": {"resistance": resistance}, "seed": 1},
        )
        self.world = self.library.world
        self.manager = pyvisa.ResourceManager(self.library)
        self.resource: Any = self.manager.open_resource(
            ADDRESS, read_termination="\n", write_termination="\n", timeout=100_000
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.manager.close()

    def send(self, *messages: str) -> None:
        for message in messages:
            self.resource.write(message)

    def ask(self, message: str) -> str:
        return str(self.resource.query(message))

    def numbers(self, message: str) -> list[float]:
        return [float(word) for word in self.ask(message).split(",")]

    def errors(self) -> list[int]:
        found = []
        while number := int(self.ask(":SYST:ERR?").split(",")[0]):
            found.append(number)
        return found

    def doubles(self, message: str) -> np.ndarray[Any, Any]:
        self.resource.write(message)
        with self.resource.read_termination_context(""):
            raw = self.resource.read_raw()
        assert raw.startswith(b"#0")
        assert raw.endswith(b"\n")
        return np.frombuffer(raw[2:-1], "<f8")
