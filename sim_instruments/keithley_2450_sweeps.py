"""List and linear sweeps of a Keithley 2450: what is loaded before ``INIT``."""

from dataclasses import dataclass
from functools import partialmethod
from typing import Any, Final

import numpy as np

from sim_instruments.keithley_buffer import Array, ReadingBuffers
from sim_instruments.scpi import ScpiError

MOST_LISTED: Final = 2500
MOST_AT_ONCE: Final = 100
"""values in a list, and per command [M: 2450 reference 6-78, 6-79]"""
MOST_POINTS: Final = 1_000_000
"""of a sweep [M: 2461 6-126]"""
SHORTEST_DELAY: Final = 50e-6
"""s; 0 is none [M: 2470 reference 12-92]"""
MOST_SIMULATED: Final = 20_000_000
"""readings one trigger may give here, whatever the instrument would do; more is -225"""
MOST_LOOPED: Final = 300_000
ENVELOPE: Final = (21.0, 0.105)
"""V and A; above this voltage no more than this current [MEM: 20 W, as the 2400's]"""
_SLACK: Final = 1 + 1e-9
_NO_LEVEL: Final = ("_level", "_off")


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A loaded trigger model that steps the source."""

    function: str
    levels: Array
    delay: float
    count: int
    abort: bool
    """stop at the first limited point"""
    buffer: str
    source: dict[str, Any]
    """source settings, as its configuration list holds them"""


@dataclass(frozen=True, slots=True)
class Loop:
    """A loaded trigger model that measures at the present level."""

    count: int
    delay: float
    buffer: str


class Sweeps(ReadingBuffers):
    """What a 2450 can be told to run."""

    def on_reset(self) -> None:
        """Forget lists and model."""
        super().on_reset()
        self.lists: dict[str, tuple[Array, dict[str, Any]]] = {}
        self.model: Sweep | Loop | None = None

    def set_volt_list(self, *levels: float) -> None:
        """Replace the voltage list."""
        self._store("volt", levels, append=False)

    def append_volt_list(self, *levels: float) -> None:
        """Lengthen the voltage list."""
        self._store("volt", levels, append=True)

    def set_curr_list(self, *levels: float) -> None:
        """Replace the current list."""
        self._store("curr", levels, append=False)

    def append_curr_list(self, *levels: float) -> None:
        """Lengthen the current list."""
        self._store("curr", levels, append=True)

    def volt_list(self) -> str:
        """Answer the voltage list."""
        return self._show("volt")

    def curr_list(self) -> str:
        """Answer the current list."""
        return self._show("curr")

    def volt_list_points(self) -> str:
        """Answer the length of the voltage list."""
        return str(len(self._listed("volt")[0]))

    def curr_list_points(self) -> str:
        """Answer the length of the current list."""
        return str(len(self._listed("curr")[0]))

    def set_volt_list_sweep(self, *options: Any) -> None:
        """Load a sweep of the voltage list."""
        self._load_list("volt", *options)

    def set_curr_list_sweep(self, *options: Any) -> None:
        """Load a sweep of the current list."""
        self._load_list("curr", *options)

    def _load_linear(self, key: str, start: float, stop: float, points: int, *options: Any) -> None:
        """Load a sweep of so many points."""
        self._load_levels(key, np.linspace(start, stop, points), *options)

    def _load_steps(self, key: str, start: float, stop: float, step: float, *options: Any) -> None:
        """Load a sweep in steps of one size; the last is at `stop` or before [MEM]."""
        points = int(abs((stop - start) / step) * (1 + 1e-9)) + 1 if step else 0
        if not 2 <= points <= MOST_POINTS:
            raise ScpiError(-222)
        size = float(np.copysign(step, stop - start))
        levels: Array = start + size * np.arange(points, dtype=np.float64)
        self._load_levels(key, levels, *options)

    def _load_log(self, key: str, start: float, stop: float, points: int, *options: Any) -> None:
        """Load a sweep of so many points, evenly on a logarithmic scale; without asymptote."""
        if not start * stop > 0:
            raise ScpiError(-221)
        levels: Array = np.geomspace(start, stop, points)
        self._load_levels(key, levels, *options)

    set_volt_linear_sweep = partialmethod(_load_linear, "volt")
    set_curr_linear_sweep = partialmethod(_load_linear, "curr")
    set_volt_step_sweep = partialmethod(_load_steps, "volt")
    set_curr_step_sweep = partialmethod(_load_steps, "curr")
    set_volt_log_sweep = partialmethod(_load_log, "volt")
    set_curr_log_sweep = partialmethod(_load_log, "curr")

    def load_model(
        self, name: str, first: float = 0.0, second: float = 0.0, buffer: str = "defbuffer1"
    ) -> None:
        """Load one of the trigger models the instrument brings along."""
        self.buffer(buffer)
        if not 0 <= second <= 1e4:
            raise ScpiError(-222)
        match name.upper():
            case "EMPTY":
                self.model = None
            case "SIMPLELOOP" if first >= 1:
                self.model = Loop(int(first), second, buffer)
            case "DURATIONLOOP" if first > 0:
                self.model = Loop(max(1, int(first / max(second, 1e-3))), second, buffer)
            case _:
                raise ScpiError(-224)
        if isinstance(self.model, Loop) and self.model.count > MOST_LOOPED:
            self.model = None
            raise ScpiError(-225)

    @staticmethod
    def check_power(key: str, level: float, limit: float) -> None:
        """Refuse a level and a limit that are more than 20 W together; the number is [D]."""
        volts, amperes = (level, limit) if key == "volt" else (limit, level)
        if abs(volts) > ENVELOPE[0] * _SLACK and abs(amperes) > ENVELOPE[1] * _SLACK:
            raise ScpiError(-221)

    def _store(self, key: str, levels: tuple[float, ...], *, append: bool) -> None:
        before = self._listed(key)[0] if append else np.empty(0)
        if len(levels) > MOST_AT_ONCE or len(before) + len(levels) > MOST_LISTED:
            raise ScpiError(-223)
        if not self.settings[f"{key}_range_auto"]:
            most = 1.05 * self.settings[f"{key}_range"]
            if max(map(abs, levels)) > most * (1 + 1e-9):
                raise ScpiError(-222)
        self.lists[key] = (np.append(before, levels), self._snapshot(key))

    def _snapshot(self, key: str) -> dict[str, Any]:
        """Return the source settings a configuration list holds beside the level."""
        return {
            name: value
            for name, value in self.settings.items()
            if name.startswith(f"{key}_") and not name.endswith(_NO_LEVEL)
        }

    def _listed(self, key: str) -> tuple[Array, dict[str, Any]]:
        return self.lists.get(key, (np.empty(0), {}))

    def _show(self, key: str) -> str:
        return ", ".join(f"{level:.6E}" for level in self._listed(key)[0])

    def _load_list(
        self,
        key: str,
        start: int,
        delay: float = 0.0,
        count: int = 1,
        abort: bool = True,
        buffer: str = "defbuffer1",
    ) -> None:
        levels, source = self._listed(key)
        if start > len(levels):
            raise ScpiError(-222)
        self._load(Sweep(key, levels[start - 1 :], delay, count, abort, buffer, source))

    def _load_levels(
        self,
        key: str,
        levels: Array,
        delay: float = -1.0,
        count: int = 1,
        ranging: str = "BEST",
        abort: bool = True,
        dual: bool = False,
        buffer: str = "defbuffer1",
    ) -> None:
        if dual:
            levels = np.append(levels, levels[::-1])
        source = self._snapshot(key)
        if ranging != "FIX":
            source[f"{key}_range_auto"] = True
        self._load(Sweep(key, levels, delay, count, abort, buffer, source))

    def _load(self, sweep: Sweep) -> None:
        self.buffer(sweep.buffer)
        if 0 < sweep.delay < SHORTEST_DELAY:
            raise ScpiError(-222)
        if self.settings["source"].lower() != sweep.function:
            raise ScpiError(-221)
        if len(sweep.levels) * sweep.count > MOST_SIMULATED:
            raise ScpiError(-225)
        limit = sweep.source[f"{sweep.function}_limit"]
        self.check_power(sweep.function, float(np.abs(sweep.levels).max()), limit)
        self.model = sweep
