"""The source side of a simulated Keithley 2400: levels, ranges, limits and sweeps."""

import math
from functools import partialmethod
from typing import Any, Final

import numpy as np

from sim_instruments.keithley_2400_commands import MOST
from sim_instruments.keithley_2400_readings import Array
from sim_instruments.scpi import Device, ScpiError
from sim_instruments.world import World

RANGES: Final = {
    "VOLT": (0.2, 2.0, 20.0, 200.0),
    "CURR": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),
    "RES": (20.0, 2e2, 2e3, 2e4, 2e5, 2e6, 2e7, 2e8),
}
"""V, A, Ohm [MEM]; a range reaches 105 % of its name [M: 2401 manual 18-84]"""
REACH: Final = 1.05
STEPS: Final = 40_000
"""source levels a range [MEM: 50 µV on 2 V]"""
ENVELOPE: Final = (21.0, 0.105)
"""above this voltage no more than this current [M: 2420 manual 18-62]"""
NAMES: Final = {"VOLT": '"VOLT:DC"', "CURR": '"CURR:DC"', "RES": '"RES"'}
"""how functions are answered"""
_SLACK: Final = 1 + 1e-9
LEAST_LIMIT: Final = 1e-3
"""compliance per measurement range [MEM]"""
PER_COMMAND: Final = 100
"""list values [M: 18-90]"""


def fitting(kind: str, value: float) -> float:
    """Return the reach of the smallest range that holds `value`; the largest one's if none does."""
    reaches = [REACH * each for each in RANGES[kind]]
    return next((r for r in reaches if r >= abs(value) * (1 - 1e-9)), reaches[-1])


class SourceSide(Device):
    """What a 2400 applies to the device; a subclass measures."""

    def __init__(self, world: World, port: str) -> None:
        self._world = world
        self._port = port
        world.attach(port)
        super().__init__()

    def on_reset(self) -> None:
        """Output off, lists gone; the digital lines stay."""
        self._lists: dict[str, list[float]] = {"VOLT": [], "CURR": []}
        self._functions = {"CURR"}
        self._held = 0.0
        self._world.release(self._port)

    @property
    def _kind(self) -> str:
        return str(self.settings["function"])

    def _of(self, name: str) -> Any:
        """Return the setting `name` of the quantity sourced."""
        return self.settings[f"{self._kind.lower()}_{name}"]

    def resource(self) -> None:
        """Source the other quantity from now on."""
        self.check_power()
        self._hold(self._of("level"))

    def relevel(self) -> None:
        """Source the level at once, where no sweep decides it."""
        self.check_power()
        self._hold(self._of("level"))

    def check_power(self, peak: float = 0.0) -> None:
        """Refuse more than 22 W, of the level, of the list and of `peak` (V or A)."""
        most = max(abs(self._of("level")), peak, *map(abs, self._lists[self._kind]), 0.0)
        if self._kind == "VOLT":
            volts, amperes = most, self.settings["curr_limit"]
        else:
            volts, amperes = self.settings["volt_limit"], most
        if volts > ENVELOPE[0] * _SLACK and abs(amperes) > ENVELOPE[1] * _SLACK:
            raise ScpiError(826)

    def switch(self) -> None:
        """Let the output follow its setting."""
        if self.settings["output"]:
            self._hold(self._of("level"))
        else:
            self._world.release(self._port)

    def switch_off(self) -> None:
        """Switch the output off."""
        self.settings["output"] = False
        self.switch()

    def _hold(self, level: float) -> None:
        self._held = level
        if self.settings["output"]:
            voltage, limit = self._drive(level)
            self._world.hold(self._port, voltage, limit=limit)

    def _drive(self, level: float) -> tuple[float, float]:
        """Return the voltage and the current limit that a level is."""
        if self._kind == "VOLT":
            return float(self._quantised(np.array([level]))[0]), self._current_limit
        limit = abs(self.settings["volt_limit"])
        return math.copysign(limit, level) if level else 0.0, abs(level) or math.inf

    @property
    def _current_limit(self) -> float:
        """A: the compliance, or the reach of a smaller fixed measurement range."""
        limit = abs(float(self.settings["curr_limit"]))
        if "CURR" not in self._functions or self.settings["curr_auto"]:
            return limit
        return min(limit, float(self.settings["curr_range"]))

    def _quantised(self, levels: Array) -> Array:
        """Return levels as the range in use resolves them; one range for a whole sweep."""
        kind = self._kind
        peak = float(np.abs(levels).max(initial=0.0))
        if self.settings[f"{kind.lower()}_source_auto"] or self._of("mode") != "FIX":
            reach = fitting(kind, peak)
        else:
            reach = float(self.settings[f"{kind.lower()}_source_range"])
        step = reach / REACH / STEPS
        return np.clip(np.rint(levels / step) * step, -reach, reach)

    # What is measured, and so which range limits what is sourced.

    def measure_these(self, *names: str) -> None:
        """Measure these as well; alone when not concurrent."""
        functions = {self._function(name) for name in names}
        self._functions = functions | (self._functions if self.settings["concurrent"] else set())

    def measure_not(self, *names: str) -> None:
        """Measure these no more."""
        self._functions -= {self._function(name) for name in names}

    def measure_all(self) -> None:
        """Measure voltage, current and resistance."""
        self._functions = set(NAMES)

    def measure_nothing(self) -> None:
        """Only source."""
        self._functions = set()

    def measured(self) -> str:
        """Answer what is measured."""
        return ",".join(NAMES[name] for name in NAMES if name in self._functions) or '""'

    @staticmethod
    def _function(text: str) -> str:
        for short, long in (("VOLT", "VOLTAGE"), ("CURR", "CURRENT"), ("RES", "RESISTANCE")):
            if text.upper().removesuffix(":DC") in (short, long):
                return short
        raise ScpiError(-224)

    def delay_by_hand(self) -> None:
        """A delay that was set is no longer automatic."""
        self.settings["delay_auto"] = False

    # Ranges and limits.

    def _range_source(self, kind: str) -> None:
        name = f"{kind.lower()}_source"
        self.settings[f"{name}_range"] = fitting(kind, self.settings[f"{name}_range"])
        self.settings[f"{name}_auto"] = False
        if self._kind == kind:
            self._hold(self._held)

    def _range(self, kind: str) -> None:
        if kind == self._kind:
            raise ScpiError(-221)  # the sourced quantity is measured on the source range
        name = kind.lower()
        reach = fitting(kind, self.settings[f"{name}_range"])
        if kind != "RES" and reach > fitting(kind, self.settings[f"{name}_limit"]):
            raise ScpiError(824)
        self.settings[f"{name}_range"], self.settings[f"{name}_auto"] = reach, False
        self._hold(self._held)

    def _limit(self, kind: str) -> None:
        name = kind.lower()
        limit = abs(self.settings[f"{name}_limit"])
        fixed = not self.settings[f"{name}_auto"]
        if fixed and limit < LEAST_LIMIT * self.settings[f"{name}_range"] / REACH * (1 - 1e-9):
            raise ScpiError(822)
        if limit < LEAST_LIMIT * RANGES[kind][0]:
            raise ScpiError(-222)
        self.check_power()
        # A compliance below the measurement range takes the range along.
        reach = min(self.settings[f"{name}_range"], fitting(kind, limit))
        self.settings[f"{name}_limit"], self.settings[f"{name}_range"] = limit, reach
        self._hold(self._held)

    range_volt_source = partialmethod(_range_source, "VOLT")
    range_curr_source = partialmethod(_range_source, "CURR")
    range_volt = partialmethod(_range, "VOLT")
    range_curr = partialmethod(_range, "CURR")
    range_res = partialmethod(_range, "RES")
    limit_volt = partialmethod(_limit, "VOLT")
    limit_curr = partialmethod(_limit, "CURR")

    # Sweeps.

    def _set_list(self, kind: str, *levels: float) -> None:
        if len(levels) > 100:
            raise ScpiError(-223)
        before, self._lists[kind] = self._lists[kind], list(levels)
        try:
            self.check_power()
        except ScpiError:
            self._lists[kind] = before
            raise

    def _append_list(self, kind: str, *levels: float) -> None:
        if len(levels) > 100 or len(self._lists[kind]) + len(levels) > MOST:
            raise ScpiError(-223)
        before = self._lists[kind]
        self._lists[kind] = before + list(levels)
        try:
            self.check_power()
        except ScpiError:
            self._lists[kind] = before
            raise

    def _list(self, kind: str) -> str:
        return ",".join(f"{level:+.6E}" for level in self._lists[kind])

    def _list_points(self, kind: str) -> str:
        return str(len(self._lists[kind]))

    set_volt_list = partialmethod(_set_list, "VOLT")
    set_curr_list = partialmethod(_set_list, "CURR")
    append_volt_list = partialmethod(_append_list, "VOLT")
    append_curr_list = partialmethod(_append_list, "CURR")
    volt_list = partialmethod(_list, "VOLT")
    curr_list = partialmethod(_list, "CURR")
    volt_list_points = partialmethod(_list_points, "VOLT")
    curr_list_points = partialmethod(_list_points, "CURR")

    def couple_volt(self) -> None:
        """Keep the points of a voltage staircase: the step follows."""
        self._couple("volt")

    def couple_curr(self) -> None:
        """Keep the points of a current staircase: the step follows."""
        self._couple("curr")

    def couple_points(self) -> None:
        """Let the steps of both staircases follow the points."""
        self._couple("volt")
        self._couple("curr")

    def _couple(self, name: str) -> None:
        values = self.settings
        span = values[f"{name}_stop"] - values[f"{name}_start"]
        values[f"{name}_step"] = span / max(values["points"] - 1, 1)
        values[f"{name}_center"] = values[f"{name}_start"] + span / 2
        values[f"{name}_span"] = span

    def _step(self, name: str) -> None:
        """Let the points follow the step."""
        values = self.settings
        span, step = values[f"{name}_stop"] - values[f"{name}_start"], values[f"{name}_step"]
        points = round(span / step) + 1 if step else 0
        if not 1 <= points <= MOST:
            raise ScpiError(-221)
        values["points"] = points

    def _centre(self, name: str) -> None:
        """Let start and stop follow centre and span."""
        values = self.settings
        middle, half = values[f"{name}_center"], values[f"{name}_span"] / 2
        values[f"{name}_start"], values[f"{name}_stop"] = middle - half, middle + half
        self._couple(name)

    step_volt = partialmethod(_step, "volt")
    step_curr = partialmethod(_step, "curr")
    centre_volt = partialmethod(_centre, "volt")
    centre_curr = partialmethod(_centre, "curr")

    def _levels(self, count: int) -> Array:
        """Return the levels of `count` triggers in a row."""
        mode = self._of("mode")
        if mode == "FIX":
            return np.full(count, float(self._of("level")))
        cycle = np.array(self._lists[self._kind]) if mode == "LIST" else self._staircase()
        if not cycle.size:
            raise ScpiError(-221)
        return np.resize(cycle, count)

    def _staircase(self) -> Array:
        start, stop, points = self._of("start"), self._of("stop"), self.settings["points"]
        if self.settings["spacing"] == "LOG":
            if start * stop <= 0:
                raise ScpiError(-221)
            levels = np.geomspace(start, stop, points)
        else:
            levels = np.linspace(start, stop, points)
        return levels[::-1] if self.settings["direction"] == "DOWN" else levels

    def drive_lines(self) -> None:
        """Put the pattern on the outputs; line 4 is one in the 4-bit mode only [M: 18-99]."""
        wide = self.settings["port_size"] == 4 and self.settings["line4"] == "EOT"
        if self.settings["lines"] > (15 if wide else 7):
            raise ScpiError(-222)
        for line in range(1, 5 if wide else 4):
            high = bool(self.settings["lines"] >> (line - 1) & 1)
            self._world.set_line(self._port, line, high)

    def actual_lines(self) -> str:
        """Answer the pattern on the digital outputs."""
        return str(self.settings["lines"])
