"""The measure side of a simulated Keysight B2900: functions, ranges, readings and their format."""

from typing import Any, Final

import numpy as np

from sim_instruments.keysight_b2900_commands import (
    APERTURES,
    CURRENT_RANGES,
    ELEMENTS,
    FUNCTIONS,
    LINE_FREQUENCY,
    READINGS,
    VOLTAGE_RANGES,
    fitting,
)
from sim_instruments.keysight_b2900_readings import (
    COLUMNS,
    COMPLIANCE,
    NONE,
    OVER_RANGE,
    SOURCES_CURRENT,
    columns,
    interleaved,
    wire,
)
from sim_instruments.keysight_b2900_source import CHANNELS, SourceSide
from sim_instruments.models.circuit import Array
from sim_instruments.scpi import ScpiError
from sim_instruments.scpi_parameters import forms
from sim_instruments.world import World

AUTO_APERTURE: Final = 0.1 / LINE_FREQUENCY
"""s, where it is automatic [MEM]"""
INITIAL_WAIT: Final = 20e-6
"""s between a source change and a measurement, where the wait is automatic [D]"""
REACH: Final = {"volt": 1.06, "curr": 1.06}
"""of a range can be measured; 1.02 of 1.5 A and 3 A [M: data sheet]"""
_RANGES: Final = {"volt": VOLTAGE_RANGES, "curr": CURRENT_RANGES}


class MeasureSide(SourceSide):
    """What a B2900 makes of voltages and currents; a subclass runs its trigger model."""

    def __init__(self, world: World, port: str) -> None:
        self._epoch = world.now
        super().__init__(world, port)

    def on_reset(self) -> None:
        """No readings, default functions and format."""
        super().on_reset()
        self._rows = dict.fromkeys(CHANNELS, NONE)
        self._traces = dict.fromkeys(CHANNELS, NONE)
        self._functions = {channel: {"VOLT", "CURR"} for channel in CHANNELS}
        self._limited = dict.fromkeys(CHANNELS, False)
        self._form = "ASC"
        self._elements = COLUMNS

    def measure_these(self, channel: int, *names: str) -> None:
        """Measure these as well."""
        self._functions[channel] |= {self._function(name) for name in names}

    def measure_not(self, channel: int, *names: str) -> None:
        """Measure these no more."""
        self._functions[channel] -= {self._function(name) for name in names}

    def measure_all(self, channel: int) -> None:
        """Measure voltage, current and resistance."""
        self._functions[channel] = set(FUNCTIONS)

    def measure_nothing(self, channel: int) -> None:
        """Only source."""
        self._functions[channel] = set()

    def show_measured(self, channel: int) -> str:
        """Answer what is measured."""
        return ",".join(f'"{n}"' for n in FUNCTIONS if n in self._functions[channel]) or '""'

    @staticmethod
    def _function(text: str) -> str:
        for name in ELEMENTS[:3]:
            if text.upper().removesuffix(":DC") in forms(name):
                return forms(name)[0]
        raise ScpiError(-224)

    def fix_aperture(self, channel: int) -> None:
        """An aperture that was set is no longer automatic."""
        self.settings[f"aperture_auto{channel}"] = False

    def set_cycles(self, channel: int, cycles: float) -> None:
        """Set the aperture in power line cycles."""
        seconds = min(max(cycles / LINE_FREQUENCY, APERTURES[0]), APERTURES[1])
        self.settings[f"aperture{channel}"] = seconds
        self.fix_aperture(channel)

    def show_cycles(self, channel: int) -> str:
        """Answer the aperture in power line cycles."""
        return f"{self._aperture(channel) * LINE_FREQUENCY:+.6E}"

    def _aperture(self, channel: int) -> float:
        if self.of("aperture_auto", channel):
            return AUTO_APERTURE
        return float(self.of("aperture", channel))

    def _wait(self, side: str, channel: int) -> float:
        """Return how long a source change keeps the other action waiting."""
        if not self.of(f"{side}_wait", channel):
            return 0.0
        offset = float(self.of(f"{side}_wait_offset", channel))
        automatic = float(self.of(f"{side}_wait_auto", channel))
        return offset + automatic * INITIAL_WAIT * float(self.of(f"{side}_wait_gain", channel))

    def show_tripped(self, channel: int) -> str:
        """Answer whether the last reading was taken in compliance."""
        return str(int(self._limited[channel]))

    def _digest(self, channel: int, times: Array, taken: Array, source: Array) -> Array:
        """Return the readings as the instrument reports them."""
        measured: dict[str, Array] = {}
        over = np.zeros(len(taken), dtype=bool)
        cycles = min(1.0, self._aperture(channel) * LINE_FREQUENCY)
        for key, true in (("volt", taken[:, 0]), ("curr", taken[:, 1])):
            full = self.range_of(f"sense_{key}_range", channel)
            if key == self._key(channel):  # what is sourced is measured on the source's range
                full = max(full, fitting(_RANGES[key], float(np.abs(source).max(initial=0.0))))
            grain = full * 1e-6 / cycles**0.5
            beyond = np.abs(true) > full * (1.02 if full in (1.5, 3.0) else REACH[key])
            measured[key] = np.where(
                beyond, np.copysign(np.inf, true), np.rint(true / grain) * grain
            )
            over |= beyond
        limited = taken[:, 2] > 0
        self._limited[channel] = bool(limited[-1:].any())
        status = (
            SOURCES_CURRENT * (self._key(channel) == "curr")
            + COMPLIANCE * limited + OVER_RANGE * over
        )  # fmt: skip
        return columns(measured["volt"], measured["curr"], times - self._epoch,
                       status.astype(float), source, self._functions[channel])  # fmt: skip

    def _keep(self, channel: int, rows: Array) -> None:
        self._rows[channel] = rows
        if self.of("trace_control", channel) == "NEXT":
            whole = np.concatenate([self._traces[channel], rows])
            self._traces[channel] = whole[: self.of("trace_points", channel)]

    # Format.

    def _wire(self, tables: list[Array], elements: tuple[str, ...]) -> str | bytes:
        return wire(interleaved(tables, elements), self._form, self.settings["order"])

    def sense_data(self, channel: int, offset: int | str = 0, size: int = READINGS) -> str | bytes:
        """Answer some of the readings."""
        return self._part(self._rows[channel], offset, size)

    def sense_latest(self, channel: int) -> str | bytes:
        """Answer the last reading."""
        return self._wire([self._rows[channel][-1:]], self._elements)

    def trace_data(self, channel: int, offset: int | str = 0, size: int = READINGS) -> str | bytes:
        """Answer some of the readings in the trace buffer."""
        return self._part(self._traces[channel], offset, size)

    def _part(self, rows: Array, offset: int | str, size: int) -> str | bytes:
        words: dict[Any, int] = {"STAR": 0, "CURR": max(len(rows) - 1, 0)}
        first = words.get(offset, offset)
        return self._wire([rows[int(first) : int(first) + size]], self._elements)

    def clear_data(self, channel: int) -> None:
        """Forget the readings."""
        self._rows[channel] = NONE

    def clear_trace(self, channel: int) -> None:
        """Empty the trace buffer."""
        self._traces[channel] = NONE

    def trace_actual(self, channel: int) -> str:
        """Answer how many readings the trace buffer holds."""
        return str(len(self._traces[channel]))

    def set_format(self, word: str, bits: int = 32) -> None:
        """Send readings as text or as IEEE-754 numbers."""
        if bits not in (32, 64):
            raise ScpiError(-224)
        self._form = "ASC" if word == "ASC" else f"REAL,{word[4:] or bits}"

    def show_format(self) -> str:
        """Answer the data format."""
        return self._form

    def set_elements(self, *names: str) -> None:
        """Choose what a reading is sent as; the order is the instrument's own."""
        self._elements = tuple(name for name in COLUMNS if name in names)

    def show_elements(self) -> str:
        """Answer what a reading is sent as."""
        return ",".join(self._elements)

    # Time stamps.

    def timer_count(self) -> str:
        """Answer the time stamp."""
        return f"{self.world.now - self._epoch:+.6E}"

    def reset_timer(self) -> None:
        """Count time from now."""
        self._epoch = self.world.now
