"""A simulated Keysight B2902A, a source-meter with two channels.

Channel 1 is on the instrument's own port, channel 2 on ``<port>.2``; what one ``INITiate`` starts
on both plays in step. Virtual time is simple: a run is over when it has been started, unless it
waits for a trigger; then all of it is played once the trigger comes.

Time of a step: a trigger of the timer, or the end of the slower of both actions where the trigger
source is automatic. Measuring takes trigger delay, wait time and aperture; with fixed ranges
nothing comes on top [D, from M: user's guide 6-5]. After a list or sweep the source is back at its
immediate level, unless it is told to stay (``:FUNC:TRIG:CONT``) [M: user's guide 4-29]. The second
channel's compliance is told and read where it plays in step, but what it drives does not feel it:
its source is ideal there.
"""

from functools import partialmethod
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np

from sim_instruments.keysight_b2900_commands import COMMANDS, FUNCTIONS, LINE_FREQUENCY, READINGS
from sim_instruments.keysight_b2900_measure import MeasureSide
from sim_instruments.keysight_b2900_readings import NONE
from sim_instruments.keysight_b2900_source import CHANNELS
from sim_instruments.keysight_b2900_timeline import Ticks, Timeline, Track, Triggers, merge, ticks
from sim_instruments.models.circuit import Array
from sim_instruments.scpi import ScpiError

Channels = tuple[int, ...]
Reply = str | bytes | None
IDLE: Final = {1: 1 << 1 | 1 << 4, 2: 1 << 7 | 1 << 10}
"""bits of the operation condition: acquisition and transient of a channel are idle [R]"""
_ALL: Final = ("acq", "tran")


class Plan(NamedTuple):
    """What a run does."""

    tracks: list[Track]
    """per channel"""
    line: Timeline


class KeysightB2900(MeasureSide):
    """The instrument; `port` is its name on the bench."""

    IDENTITY: ClassVar[str] = "Agilent Technologies,B2902A,MY51140123,3.2.1644.3960"
    COMMANDS = COMMANDS
    ERROR_DEPTH: ClassVar[int] = 100
    ERROR_TEXTS: ClassVar[dict[int, str]] = {-350: "Error queue overflow"}

    def on_reset(self) -> None:
        """Nothing waits for a trigger."""
        super().on_reset()
        self._planned: tuple[tuple[Any, ...], Plan] | None = None
        self._wait_for(())

    def show_error(self, entry: tuple[int, str] | None) -> str:
        """Return an entry with the sign Keysight gives it [M: B2900 SCPI 5-2]."""
        number, text = entry or (0, self.error_text(0))
        return f'{number:+d},"{text}"'

    def count_errors(self) -> str:
        """Answer with a sign as well [R]."""
        return f"{len(self.status.errors.entries):+d}"

    def all_errors(self) -> str:
        """Answer and empty the whole queue."""
        found = [self.next_error()]
        while self.status.errors.entries:
            found.append(self.next_error())
        return ",".join(found)

    # Running.

    def _initiate(self, actions: tuple[str, ...], channels: Channels = (1,)) -> None:
        """Run, or wait for the trigger that was asked for."""
        if self._waiting:
            raise ScpiError(-213)
        channels = tuple(sorted(set(channels)))
        sources = {
            self.of(f"{action}_{layer}_source", channel)
            for action in actions for layer in ("arm", "trig") for channel in channels
        }  # fmt: skip
        plan = self._plan(channels, actions)
        for channel in channels:
            if self.of("on_auto", channel):
                self.settings[f"output{channel}"] = True
                self.drive(channel)
            self._rows[channel] = NONE
        if sources <= {"AINT", "TIM"}:
            self._run(channels, plan)
        else:
            self._wait_for(channels, actions)

    def _wait_for(self, channels: Channels, actions: tuple[str, ...] = _ALL) -> None:
        self._waiting, self._actions = channels, actions
        self.status.operation.become(sum(IDLE[c] for c in CHANNELS if c not in channels))

    def _release(self, action: str, channels: Channels = (1,)) -> None:
        """Let what waits for a trigger run."""
        waiting, actions = self._waiting, self._actions
        if not waiting or not set(channels) & set(waiting):
            raise ScpiError(-211)
        self._wait_for(())
        self._run(waiting, self._plan(waiting, actions))

    initiate_all = partialmethod(_initiate, _ALL)
    initiate_acq = partialmethod(_initiate, ("acq",))
    initiate_tran = partialmethod(_initiate, ("tran",))
    release_all = partialmethod(_release, "all")
    release_acq = partialmethod(_release, "acq")
    release_tran = partialmethod(_release, "tran")

    def trigger(self) -> None:
        """Run what waits for the bus."""
        self._release("all", self._waiting)

    def abort(self, channels: Channels = (1,)) -> None:
        """Wait no more."""
        if set(channels) & set(self._waiting):
            self._wait_for(())

    def finish(self) -> None:
        """Refuse to wait for a trigger that only this queue of commands could send."""
        if self._waiting:
            raise ScpiError(-214)

    def await_idle(self, channels: Channels = (1,)) -> str:
        """Answer once nothing runs."""
        self.finish()
        return "1"

    def _plan(self, channels: Channels, actions: tuple[str, ...]) -> Plan:
        """Return what will be done: the same as before where nothing has been told since."""
        told = (channels, actions, self.settings, self._lists, self._triggered)
        if self._planned is None or told != self._planned[0]:
            tracks = [self._track(channel, actions) for channel in channels]
            settings, lists, levels = dict(self.settings), dict(self._lists), dict(self._triggered)
            told = (channels, actions, settings, lists, levels)
            self._planned = (told, Plan(tracks, merge(tracks)))
        return self._planned[1]

    def _triggers(self, channel: int, action: str) -> Triggers:
        """Return an action's layers."""
        busy, delay = self._aperture(channel), float(self.of(f"{action}_trig_delay", channel))
        if action == "acq":
            # A measurement waits for its own delay and, after a source change, for its wait time.
            changed = self.of("tran_trig_delay", channel)
            delay = max(delay, changed + self._wait("sense", channel))
        else:
            busy = self._wait("source", channel)
            if self.of("shape", channel) == "PULS":
                busy += self.of("pulse_delay", channel) + self.of("pulse_width", channel)
        timers = {
            layer: self.of(f"{action}_{layer}_source", channel) == "TIM"
            and self.of(f"{action}_{layer}_timer", channel)
            for layer in ("arm", "trig")
        }
        return Triggers(
            self.of(f"{action}_arm_count", channel),
            ticks(self.of(f"{action}_arm_delay", channel)),
            ticks(timers["arm"]),
            self.of(f"{action}_trig_count", channel),
            ticks(delay),
            ticks(timers["trig"]),
            ticks(busy),
        )

    def _track(self, channel: int, actions: tuple[str, ...]) -> Track:
        """Return what a channel will do."""
        layers = {action: self._triggers(channel, action) for action in actions}
        if any(each.arms * each.count > READINGS for each in layers.values()):
            raise ScpiError(-225)
        pace = max(each.own for each in layers.values())
        base = float(self.of(f"{self._key(channel)}_level", channel))
        changes = reads = np.empty(0, dtype=np.int64)
        levels, end = np.empty(0), 0
        if "tran" in layers:
            starts = layers["tran"].starts(pace)
            levels = np.tile(self.levels(channel, layers["tran"].count), layers["tran"].arms)
            self.check_power(channel, float(np.abs(levels).max()))
            changes, levels = self._shaped(channel, starts, levels, base)
            busy = layers["tran"].busy
            end = int(starts[-1]) + (busy if "acq" in layers else layers["tran"].interval(pace))
        if "acq" in layers:
            reads = layers["acq"].starts(pace) + layers["acq"].busy
            end = max(end, int(reads[-1]))
        exact = self.quantised(channel, np.append(levels, base))
        return Track(float(exact[-1]), changes, exact[:-1], reads, end)

    def _shaped(
        self, channel: int, starts: Ticks, levels: Array, base: float
    ) -> tuple[Ticks, Array]:
        """Return when the source changes and to what: once a step, twice a pulse."""
        if self.of("shape", channel) == "DC":
            return starts, levels
        rise = starts + ticks(self.of("pulse_delay", channel))
        fall = rise + ticks(self.of("pulse_width", channel))
        both = np.column_stack([levels, np.full(levels.size, base)])
        return np.column_stack([rise, fall]).ravel(), both.ravel()

    def _run(self, channels: Channels, plan: Plan) -> None:
        """Play, and keep the readings."""
        if self.settings["timer_auto"]:
            self._epoch = self.world.now
        began, line = self.world.now, plan.line
        guarded = any(
            self.of("protection", c) or self._key(c) == "curr" for c in channels
        )  # fmt: skip
        taken = (self._play_guarded if guarded else self._play)(channels, line)
        for place, channel in enumerate(channels):
            reads = line.reads[place]
            reads = reads[reads < len(taken[place])]
            times = began + line.ends[reads] - self._aperture(channel)
            rows = self._digest(channel, times, taken[place][reads], line.levels[place][reads])
            self._keep(channel, rows)
            self._end(channel, plan.tracks[place])

    def _play(self, channels: Channels, line: Timeline) -> list[Array]:
        """Return (V, A, limited) at the end of each segment, per channel."""
        levels = [
            values * bool(self.of("output", c))
            for c, values in zip(channels, line.levels, strict=True)
        ]
        first = channels[0]
        both = len(channels) > 1
        played = self.world.play(
            self._ports[first], levels[0], line.duration, np.zeros(line.duration.size),
            limit=self.of("curr_limit", first), aperture=self._aperture(first),
            gate=levels[1] if both else None, gate_port=self._ports[2] if both else None,
            gate_limit=self.of("curr_limit", 2),
        )  # fmt: skip
        taken = [np.column_stack([played.voltage, played.current, played.limited])]
        if both:
            most = self.of("curr_limit", 2)
            limited = np.abs(played.gate_current) > most
            given = np.clip(played.gate_current, -most, most)
            taken.append(np.column_stack([levels[1], given, limited]))
        return taken

    def _play_guarded(self, channels: Channels, line: Timeline) -> list[Array]:
        """Play segment by segment: a current is held, or the first limit ends it all."""
        taken: list[list[tuple[float, float, bool]]] = [[] for _ in channels]
        for step, seconds in enumerate(line.duration.tolist()):
            for place, channel in enumerate(channels):
                if self.of("output", channel):
                    force = self.force(channel, float(line.levels[place][step]))
                    self.world.hold(self._ports[channel], *force)
            for place, channel in enumerate(channels):
                # Time passes once for both.
                taken[place].append(self._spot(channel, 0.0 if place else seconds))
            tripped = [
                c for place, c in enumerate(channels)
                if self.of("protection", c) and taken[place][-1][2]
            ]  # fmt: skip
            if tripped:
                self.settings.update({f"output{c}": False for c in tripped})
                break
        return [np.array(rows, dtype=float).reshape(-1, 3) for rows in taken]

    def _spot(self, channel: int, seconds: float) -> tuple[float, float, bool]:
        """Return (V, A, limited) after `seconds` at the held level."""
        volts, amperes, limited = self.world.measure(
            self._ports[channel], seconds, min(seconds, self._aperture(channel))
        )
        if self._key(channel) == "curr":
            # At the current it was told is no compliance here: at the voltage limit is.
            limited = abs(volts) >= self.of("volt_limit", channel) * (1 - 1e-9)
        return volts, amperes, limited

    def _end(self, channel: int, track: Track) -> None:
        """Leave the source as a run leaves it."""
        key = self._key(channel)
        stays = self.of(f"{key}_mode", channel) == "FIX" and self.of("shape", channel) == "DC"
        if track.levels.size and (stays or self.of("continuous", channel)):
            self.settings[f"{key}_level{channel}"] = float(track.levels[-1])
        if self.of("off_auto", channel):
            self.settings[f"output{channel}"] = False
        self.drive(channel)

    # Readings.

    def measure(self, channels: Channels, array: bool, element: str) -> Reply:
        """Take a spot measurement and answer it."""
        self.finish()
        longest = max(self._wait("sense", c) + self._aperture(c) for c in channels)
        for place, channel in enumerate(channels):
            taken = np.array([self._spot(channel, 0.0 if place else longest)], dtype=float)
            on = self.of("output", channel)
            source = np.array([on * self.of(f"{self._key(channel)}_level", channel)])
            if element and element in FUNCTIONS:
                self._functions[channel].add(element)
            times = np.array([self.world.now - self._aperture(channel)])
            self._rows[channel] = self._digest(channel, times, taken, source)
        return self.fetch(channels, array, element)

    def read_out(self, channels: Channels, array: bool, element: str) -> Reply:
        """Run and answer the readings."""
        self.initiate_all(channels)
        return self.fetch(channels, array, element)

    def fetch(self, channels: Channels, array: bool, element: str) -> Reply:
        """Answer the readings of the last run."""
        self.finish()
        tables = [self._rows[c] if array else self._rows[c][-1:] for c in channels]
        return self._wire(tables, (element,) if element else self._elements)

    # The rest.

    def line_frequency(self) -> str:
        """Answer the power line frequency."""
        return f"{LINE_FREQUENCY:.0f}"

    def groups(self) -> str:
        """Answer that both channels are one group."""
        return "(@1,2)"

    def interlock(self) -> str:
        """Answer ``0``: the interlock is closed."""
        return "0"

    def beep(self, hertz: float, seconds: float) -> None:
        """Beep, silently."""
