"""Simulated Keysight 81160A pulse generator; channel 1 is wired to the World.

It delivers open-circuit voltages behind its output resistance: the load it has been told of only
scales the numbers on the wire, so that a level programmed for 50 Ohm is doubled at a device that
is none. While the output is on it holds its resting level; a trigger plays the whole burst before
the next command is executed. Continuous waveforms are held at their mean: a device feels what is
triggered, and a bias.
"""

from dataclasses import dataclass, field
from functools import partialmethod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_instruments.keysight_81160a_commands import COMMANDS as TABLE
from sim_instruments.keysight_81160a_commands import FORM, TOP
from sim_instruments.scpi import Device
from sim_instruments.status import ScpiError
from sim_instruments.world import World

POINTS: Final = (2, 131072)
"""samples of a waveform; the largest number [MEM]"""
SWINGS: Final = (0.1, 10.0)
"""V peak to peak into an open circuit: 50 mV to 5 V into 50 Ohm [R]"""
HIGHEST: Final = 10.0
"""V into an open circuit [R]"""
WHOLE_EDGE: Final = 1.25
"""whole edge per edge time from 10 % to 90 % [M: 33250A p. 168]"""
RELAY: Final = 2e-3
"""s the output relay takes [D]"""
SLOTS: Final = 4
"""waveforms the non-volatile memory holds [MEM: 33250A]"""
TOLERANCE: Final = 1e-9
"""relative; numbers on the wire have nine digits or more"""


@dataclass(slots=True)
class _Channel:
    """What `settings` cannot hold: coupled levels and waveforms."""

    high: float = 0.05
    """V into an open circuit"""
    low: float = -0.05
    waveforms: dict[str, NDArray[np.int64]] = field(default_factory=dict)


class Keysight81160A(Device):
    """81160A, two channels."""

    IDENTITY = "Agilent Technologies,81160A,MY51400123,1.0.3.0-2.6"
    COMMANDS = TABLE
    ERROR_DEPTH = 20  # [MEM]

    def __init__(self, world: World, port: str) -> None:
        self._world = world
        self._port = port
        self._on = False
        self._stored: dict[str, NDArray[np.int64]] = {}
        world.attach(port)
        super().__init__()

    def on_reset(self) -> None:
        """Output off, levels and volatile waveforms as at power-on; stored waveforms stay."""
        self._burst: tuple[NDArray[np.float64], ...] | None = None
        self._channels = {1: _Channel(), 2: _Channel()}
        for channel in self._channels.values():
            channel.waveforms = {"VOLATILE": np.array([-TOP, TOP])} | self._stored
        self.switch(1)

    def show_error(self, entry: tuple[int, str] | None) -> str:
        """Return an entry with its sign, as Keysight does."""
        number, text = entry or (0, "No error")
        return f'{number:+d},"{text}"'

    # Levels: volts into an open circuit inside, scaled by the load on the wire.

    def _scale(self, channel: int) -> float:
        """Return volts on the wire per open-circuit volt."""
        load = float(self.settings[f"load{channel}"])
        return load / (load + float(self.settings[f"impedance{channel}"]))

    def _set_levels(self, channel: int, high: float, low: float) -> None:
        scale = self._scale(channel)
        high, low = high / scale, low / scale
        slack = TOLERANCE * HIGHEST
        if max(high, -low) > HIGHEST + slack:
            raise ScpiError(-222)
        if not SWINGS[0] - slack <= high - low <= SWINGS[1] + slack:
            raise ScpiError(-221)
        if self._beyond(channel, high, low):
            raise ScpiError(-222)
        self._channels[channel].high, self._channels[channel].low = high, low
        self.rest(channel)

    def _beyond(self, channel: int, high: float, low: float) -> bool:
        """Return whether levels lie beyond the user's limits."""
        if not self.settings[f"limited{channel}"]:
            return False
        scale = self._scale(channel)
        slack = TOLERANCE * HIGHEST
        return bool(
            high * scale > self.settings[f"limit_high{channel}"] + slack
            or low * scale < self.settings[f"limit_low{channel}"] - slack
        )

    def relimit(self, channel: int) -> None:
        """Refuse limits that the levels are beyond already."""
        levels = self._channels[channel]
        if self.settings[f"limit_high{channel}"] <= self.settings[f"limit_low{channel}"]:
            raise ScpiError(-221)
        if self._beyond(channel, levels.high, levels.low):
            raise ScpiError(-221)

    def _levels(self, channel: int) -> tuple[float, float]:
        """Return high and low as on the wire."""
        levels, scale = self._channels[channel], self._scale(channel)
        return levels.high * scale, levels.low * scale

    def set_high(self, channel: int, volts: float) -> None:
        """Set the high level; the low one stays."""
        self._set_levels(channel, volts, self._levels(channel)[1])

    def set_low(self, channel: int, volts: float) -> None:
        """Set the low level; the high one stays."""
        self._set_levels(channel, self._levels(channel)[0], volts)

    def set_amplitude(self, channel: int, volts: float) -> None:
        """Set the swing; the offset stays. Volts peak to peak whatever the unit."""
        middle = sum(self._levels(channel)) / 2
        self._set_levels(channel, middle + volts / 2, middle - volts / 2)

    def set_offset(self, channel: int, volts: float) -> None:
        """Set the offset; the swing stays."""
        high, low = self._levels(channel)
        self._set_levels(channel, volts + (high - low) / 2, volts - (high - low) / 2)

    def high(self, channel: int) -> str:
        """Answer the high level."""
        return FORM.format(self._levels(channel)[0])

    def low(self, channel: int) -> str:
        """Answer the low level."""
        return FORM.format(self._levels(channel)[1])

    def amplitude(self, channel: int) -> str:
        """Answer the swing."""
        high, low = self._levels(channel)
        return FORM.format(high - low)

    def offset(self, channel: int) -> str:
        """Answer the offset."""
        return FORM.format(sum(self._levels(channel)) / 2)

    # Timing.

    def retime(self, channel: int) -> None:
        """Refuse pulses whose parts do not fit, and forget the burst."""
        self._burst = None
        values = self.settings
        width, edge = values[f"width{channel}"], values[f"edge{channel}"]
        if WHOLE_EDGE * edge > width * (1 + TOLERANCE):
            raise ScpiError(-221)
        repeats = values[f"arm{channel}"] == "IMM" or values[f"burst{channel}"]
        pulses = repeats and values[f"function{channel}"] == "PULS"
        # The period is ignored for a triggered pulse [M: 81160A p. 142].
        if pulses and values[f"period{channel}"] * (1 + TOLERANCE) < width + 1.6 * edge:
            raise ScpiError(-221)
        self.rest(channel)

    reshape = retime

    def set_frequency(self, channel: int, hertz: float) -> None:
        """Set the period by its inverse."""
        self._with(channel, "period", 1.0 / hertz)

    def frequency(self, channel: int) -> str:
        """Answer the inverse of the period."""
        return FORM.format(1.0 / self.settings[f"period{channel}"])

    def set_duty(self, channel: int, percent: float) -> None:
        """Set the width as a share of the period."""
        self._with(channel, "width", self.settings[f"period{channel}"] * percent / 100.0)

    def duty(self, channel: int) -> str:
        """Answer the width as a share of the period."""
        width, period = self.settings[f"width{channel}"], self.settings[f"period{channel}"]
        return FORM.format(100.0 * width / period)

    def set_count(self, channel: int, count: int) -> None:
        """Set the cycles of a trigger; more than one is a burst [PM docstring]."""
        self._with(channel, "cycles", max(count, 2))
        self._with(channel, "burst", count > 1)

    def count(self, channel: int) -> str:
        """Answer the cycles of a trigger."""
        return str(self.settings[f"cycles{channel}"] if self.settings[f"burst{channel}"] else 1)

    def _with(self, channel: int, name: str, value: float) -> None:
        before, self.settings[f"{name}{channel}"] = self.settings[f"{name}{channel}"], value
        try:
            self.retime(channel)
        except ScpiError:
            self.settings[f"{name}{channel}"] = before
            raise

    # Waveforms.

    def load_samples(self, channel: int, name: str, *samples: bytes) -> None:
        """Store samples in volatile memory; anything else is refused whole."""
        if name != "VOLATILE":
            raise ScpiError(-224)
        codes = np.frombuffer(b"".join(samples), dtype=">i2").astype(np.int64)
        if not POINTS[0] <= codes.size <= POINTS[1]:
            raise ScpiError(-223 if codes.size > POINTS[1] else -109)
        if np.abs(codes).max() > TOP:
            raise ScpiError(-222)
        self._channels[channel].waveforms[name] = codes
        self._burst = None
        self.rest(channel)

    def copy_waveform(self, channel: int, name: str, source: str = "VOLATILE") -> None:
        """Copy the volatile waveform to a non-volatile slot."""
        if len(name) > 12 or name == "VOLATILE" or source != "VOLATILE":
            raise ScpiError(-224)
        if name not in self._stored and len(self._stored) >= SLOTS:
            raise ScpiError(-225)
        self._stored[name] = self._channels[channel].waveforms[source]
        for each in self._channels.values():
            each.waveforms[name] = self._stored[name]

    def delete_waveform(self, channel: int, name: str) -> None:
        """Free a non-volatile slot; what a channel plays stays [D, the number as well]."""
        if ("USER", name) in [(self.settings[f"function{c}"], self.settings[f"waveform{c}"])
                              for c in self._channels]:  # fmt: skip
            raise ScpiError(-221)
        if self._stored.pop(name, None) is None:
            raise ScpiError(-224)
        for each in self._channels.values():
            del each.waveforms[name]

    def free_slots(self, channel: int) -> str:
        """Answer how many non-volatile slots are free."""
        return str(SLOTS - len(self._stored))

    def catalog(self, channel: int) -> str:
        """Answer the names of the stored waveforms."""
        return ",".join(f'"{name}"' for name in sorted(self._stored)) or '""'

    # What the device gets.

    def switch(self, channel: int) -> None:
        """Let the output relay follow its setting."""
        if channel == 1 and self._on != self.settings["output1"]:
            if self.settings["output1"]:
                self._resting()  # where there is no such waveform the output stays off
            self._world.sleep(RELAY)
            self._on = self.settings["output1"]
        self.rest(channel)

    def rest(self, channel: int) -> None:
        """Hold the resting level while the output is on."""
        if channel != 1:
            return
        self._burst = None
        if self._on:
            resistance = float(self.settings["impedance1"])
            self._world.hold(self._port, self._resting(), resistance=resistance)
        else:
            self._world.release(self._port)

    def _resting(self) -> float:
        """Return the level between triggers, or the mean of what runs continuously."""
        levels, function = self._channels[1], self.settings["function1"]
        if function == "USER" and self.settings["arm1"] != "IMM":
            return float(self._samples()[0])  # [M: 33220A p. 227]: the first point
        if function == "PULS" and self.settings["arm1"] != "IMM":
            return levels.high if self._inverted else levels.low
        return (levels.high + levels.low) / 2

    @property
    def _inverted(self) -> bool:
        """Inverted about the offset: high and low change places [MEM]."""
        return bool(self.settings["polarity1"] == "INV")

    def _samples(self) -> NDArray[np.float64]:
        """Return the chosen waveform in volts, to 10 nV."""
        levels = self._channels[1]
        codes = levels.waveforms.get(self.settings["waveform1"])
        if codes is None:
            raise ScpiError(-224)
        sign = -1.0 if self._inverted else 1.0
        half = (levels.high - levels.low) / 2
        return np.round((levels.high + levels.low) / 2 + sign * half * codes / TOP, 8)

    def trigger(self) -> None:
        """Play the burst to its end."""
        if self.settings["arm1"] != "MAN":
            raise ScpiError(-211)
        if not self._on:
            return
        if self._burst is None:
            self._burst = self._pulses() if self.settings["function1"] == "PULS" else self._steps()
        count = self.settings["cycles1"] if self.settings["burst1"] else 1
        resistance = float(self.settings["impedance1"])
        self._world.play(self._port, *self._burst, count=count, resistance=resistance, record=False)
        self._world.hold(self._port, self._resting(), resistance=resistance)

    def _pulses(self) -> tuple[NDArray[np.float64], ...]:
        """Return one cycle of the pulse function: voltage, hold and ramp of each part."""
        levels, values = self._channels[1], self.settings
        top, base = (levels.low, levels.high) if self._inverted else (levels.high, levels.low)
        edge, width = WHOLE_EDGE * values["edge1"], values["width1"]
        gap = values["period1"] - width - edge if values["burst1"] else 0.0
        parts = [(top, max(width - edge, 0.0), edge), (base, max(gap, 0.0), edge)]
        if base:
            parts.insert(0, (base, 0.0, 0.0))
        return tuple(np.array(column) for column in zip(*parts, strict=True))

    def _steps(self) -> tuple[NDArray[np.float64], ...]:
        """Return one cycle of a sampled waveform, equal neighbours as one."""
        if self.settings["function1"] != "USER":
            # The built-in continuous shapes are of no use to a device: they stay at their mean.
            return np.array([self._resting()]), np.array([self.settings["period1"]]), np.zeros(1)
        samples = self._samples()
        starts = np.concatenate([[0], np.flatnonzero(np.diff(samples)) + 1])
        lengths = np.diff(np.append(starts, samples.size))
        step = self.settings["period1"] / samples.size
        return samples[starts], lengths * step, np.zeros(starts.size)

    # The rest.

    def _apply(
        self, shape: str, channel: int, hertz: float | str = "DEF",
        swing: float | str = "DEF", offset: float | str = "DEF",
    ) -> None:  # fmt: skip
        """Set function, frequency, swing and offset at once, and switch the output on [MEM].

        All of it or, where a part is refused, nothing.
        """
        before, high, low = dict(self.settings), *self._levels(channel)
        try:
            self.settings[f"function{channel}"] = shape
            if isinstance(hertz, (int, float)):
                if not 1e-6 <= hertz <= 500e6:
                    raise ScpiError(-222)
                self.set_frequency(channel, float(hertz))
            swing = high - low if isinstance(swing, str) else float(swing)
            offset = (high + low) / 2 if isinstance(offset, str) else float(offset)
            self._set_levels(channel, offset + swing / 2, offset - swing / 2)
            self.settings[f"output{channel}"] = True
            self.switch(channel)
        except ScpiError:
            self.settings.update(before)
            self._set_levels(channel, high, low)
            raise

    apply_sin = partialmethod(_apply, "SIN")
    apply_squ = partialmethod(_apply, "SQU")
    apply_ramp = partialmethod(_apply, "RAMP")
    apply_puls = partialmethod(_apply, "PULS")
    apply_nois = partialmethod(_apply, "NOIS")
    apply_user = partialmethod(_apply, "USER")
    apply_dc = partialmethod(_apply, "DC")

    def clear_text(self) -> None:
        """Clear the display."""
        self.settings["text"] = ""

    def beep(self) -> None:
        """Beep."""
