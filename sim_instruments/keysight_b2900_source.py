"""The source side of a simulated Keysight B2900: levels, ranges, limits, sweeps, digital lines."""

import math
from functools import partialmethod
from typing import Any, Final

import numpy as np

from sim_instruments.keysight_b2900_commands import (
    CURRENT_RANGES,
    LIST,
    VOLTAGE_RANGES,
    fitting,
    reach,
)
from sim_instruments.models.circuit import Array
from sim_instruments.scpi import Device, ScpiError
from sim_instruments.world import World

ENVELOPE: Final = ((6.0, 3.03), (21.0, 1.515), (210.0, 0.105))
"""up to so many V, so many A [M: B2961A SCPI 2-36]"""
STEPS: Final = 200_000
"""levels per source range [MEM: 5.5 digits, 10 µV on 2 V]"""
CHANNELS: Final = (1, 2)
LINES: Final = range(1, 15)
_RANGES: Final = {"volt": VOLTAGE_RANGES, "curr": CURRENT_RANGES}
_SLACK: Final = 1 + 1e-9


class SourceSide(Device):
    """What a B2900 applies; a subclass measures. Channel 2 is on a port of its own."""

    def __init__(self, world: World, port: str) -> None:
        self.world = world
        self._ports = {1: port, 2: f"{port}.2"}
        self._high = dict.fromkeys(LINES, True)
        for each in self._ports.values():
            world.attach(each)
        super().__init__()

    def on_reset(self) -> None:
        """Outputs off, lists empty but for one 0, lines inputs again."""
        self._lists = {(c, key): [0.0] for c in CHANNELS for key in _RANGES}
        self._triggered: dict[tuple[int, str], float] = {}
        for channel in CHANNELS:
            self.world.release(self._ports[channel])
        self.drive_lines()

    def _key(self, channel: int) -> str:
        """Return the prefix of the settings of the quantity sourced."""
        return str(self.settings[f"source{channel}"]).lower()

    def of(self, name: str, channel: int) -> Any:
        """Return a channel's setting."""
        return self.settings[f"{name}{channel}"]

    # Levels.

    def drive(self, channel: int) -> None:
        """Let an output follow its settings."""
        if not self.of("output", channel):
            self.world.release(self._ports[channel])
            return
        level = self.of(f"{self._key(channel)}_level", channel)
        self.world.hold(self._ports[channel], *self.force(channel, level))

    def relevel(self, channel: int) -> None:
        """Bring the output to a level, or refuse it."""
        key = self._key(channel)
        for each in _RANGES:
            level = abs(self.of(f"{each}_level", channel))
            fixed = not self.of(f"{each}_range_auto", channel)
            if fixed and level > reach(self.of(f"{each}_range", channel)) * _SLACK:
                raise ScpiError(-222)
        self.check_power(channel, abs(self.of(f"{key}_level", channel)))
        self.drive(channel)

    def check_power(self, channel: int, peak: float) -> None:
        """Refuse a level and a limit that are too much together."""
        volts, amperes = peak, self.of("curr_limit", channel)
        if self._key(channel) == "curr":
            volts, amperes = self.of("volt_limit", channel), peak
        if not any(volts <= v * _SLACK and amperes <= a * _SLACK for v, a in ENVELOPE):
            raise ScpiError(-221)

    def force(self, channel: int, level: float) -> tuple[float, float]:
        """Return the voltage and the current limit that a level is."""
        if self._key(channel) == "volt":
            exact = self.quantised(channel, np.array([level]))
            return float(exact[0]), float(self.of("curr_limit", channel))
        # A current source is a voltage source that always sits at its current limit.
        limit = self.of("volt_limit", channel)
        return math.copysign(limit, level) if level else 0.0, abs(level) or 1e-12

    def quantised(self, channel: int, levels: Array) -> Array:
        """Return levels as the source can make them."""
        key = self._key(channel)
        full = self.of(f"{key}_range", channel)
        if self.of(f"{key}_range_auto", channel):
            full = fitting(_RANGES[key], float(np.abs(levels).max(initial=0.0)))
        step = full / STEPS
        return np.asarray(np.rint(levels / step) * step)

    def change_source(self, channel: int) -> None:
        """Turn the output off, as a change of function does [MEM]."""
        self.settings[f"output{channel}"] = False
        self.drive(channel)

    def range_of(self, name: str, channel: int) -> float:
        """Return a range in force; the automatic one follows the level, or the limit."""
        if not self.of(f"{name}_auto", channel):
            return float(self.of(name, channel))
        key = name.removeprefix("sense_")[:4]
        sourced = self._key(channel) == key
        value = self.of(f"{key}_level" if sourced else f"{key}_limit", channel)
        return fitting(_RANGES[key], abs(value))

    def _trigger_level(self, key: str, channel: int, level: float) -> None:
        self._triggered[channel, key] = level

    def _show_trigger_level(self, key: str, channel: int) -> str:
        level = self._triggered.get((channel, key), self.of(f"{key}_level", channel))
        return f"{level:+.6E}"

    # Sweeps.

    def levels(self, channel: int, count: int) -> Array:
        """Return the levels of `count` triggers in a row."""
        key = self._key(channel)
        mode = self.of(f"{key}_mode", channel)
        if mode == "FIX":
            level = self._triggered.get((channel, key), self.of(f"{key}_level", channel))
            return np.full(count, float(level))
        if mode == "LIST":
            cycle = np.array(self._lists[channel, key][self.of(f"{key}_list_start", channel) - 1 :])
        else:
            cycle = self._staircase(key, channel)
        if not cycle.size:
            raise ScpiError(-221)
        return np.resize(cycle, count)

    def _staircase(self, key: str, channel: int) -> Array:
        start, stop = self.of(f"{key}_star", channel), self.of(f"{key}_stop", channel)
        points = self.of("points", channel)
        if self.of("spacing", channel) == "LOG":
            if start * stop <= 0:
                return np.empty(0)
            levels = np.geomspace(start, stop, points)
        else:
            levels = np.linspace(start, stop, points)
        if self.of("direction", channel) == "DOWN":
            levels = levels[::-1]
        if self.of("stair", channel) == "DOUB":
            levels = np.append(levels, levels[::-1])
        return levels

    def _keep_points(self, key: str, channel: int) -> None:
        """Let step, centre and span follow start, stop and points."""
        start, stop = self.of(f"{key}_star", channel), self.of(f"{key}_stop", channel)
        points = self.of("points", channel)
        self.settings[f"{key}_step{channel}"] = (stop - start) / max(points - 1, 1)
        self.settings[f"{key}_cent{channel}"] = (start + stop) / 2
        self.settings[f"{key}_span{channel}"] = stop - start

    def _keep_span(self, key: str, channel: int) -> None:
        """Let the points follow the step [M: B2900 SCPI 4-98]."""
        step, span = self.of(f"{key}_step", channel), self.of(f"{key}_span", channel)
        points = int(span / step * _SLACK) + 1 if step else 1
        if step * span < 0 or not 1 <= points <= LIST:
            raise ScpiError(-221)
        self.settings[f"points{channel}"] = points

    def _centre(self, key: str, channel: int) -> None:
        """Let start and stop follow centre and span."""
        middle, half = self.of(f"{key}_cent", channel), self.of(f"{key}_span", channel) / 2
        self.settings[f"{key}_star{channel}"] = middle - half
        self.settings[f"{key}_stop{channel}"] = middle + half
        self._keep_points(key, channel)

    def _set_list(self, key: str, channel: int, *levels: float) -> None:
        if len(levels) > LIST:
            raise ScpiError(-223)
        self._lists[channel, key] = list(levels)

    def _append_list(self, key: str, channel: int, *levels: float) -> None:
        self._set_list(key, channel, *self._lists[channel, key], *levels)

    def _show_list(self, key: str, channel: int) -> str:
        return ",".join(f"{level:+.6E}" for level in self._lists[channel, key])

    def _count_list(self, key: str, channel: int) -> str:
        return str(len(self._lists[channel, key]))

    set_volt_triggered = partialmethod(_trigger_level, "volt")
    set_curr_triggered = partialmethod(_trigger_level, "curr")
    show_volt_triggered = partialmethod(_show_trigger_level, "volt")
    show_curr_triggered = partialmethod(_show_trigger_level, "curr")
    keep_points_volt = partialmethod(_keep_points, "volt")
    keep_points_curr = partialmethod(_keep_points, "curr")
    keep_span_volt = partialmethod(_keep_span, "volt")
    keep_span_curr = partialmethod(_keep_span, "curr")
    centre_volt = partialmethod(_centre, "volt")
    centre_curr = partialmethod(_centre, "curr")
    set_volt_list = partialmethod(_set_list, "volt")
    set_curr_list = partialmethod(_set_list, "curr")
    append_volt_list = partialmethod(_append_list, "volt")
    append_curr_list = partialmethod(_append_list, "curr")
    show_volt_list = partialmethod(_show_list, "volt")
    show_curr_list = partialmethod(_show_list, "curr")
    count_volt_list = partialmethod(_count_list, "volt")
    count_curr_list = partialmethod(_count_list, "curr")

    # Digital lines.

    def drive_lines(self) -> None:
        """Put the pattern on the lines that are outputs; bit 0 is line 1 [R]."""
        for line in LINES:
            self.drive_line(line)

    def drive_line(self, line: int) -> None:
        """Drive one line; one that is no output floats high [MEM]."""
        high = True
        if self.settings[f"line_function{line}"] == "DIO":
            high = bool(self.settings["lines"] >> (line - 1) & 1)
            high ^= self.settings[f"line_polarity{line}"] == "NEG"
        if high != self._high[line]:
            self._high[line] = high
            self.world.set_line(self._ports[1], line, high)
