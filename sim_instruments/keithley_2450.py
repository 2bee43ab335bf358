"""A simulated Keithley 2450 SourceMeter in SCPI mode.

Commands and errors follow the 2450 reference manual, and those of the 2461 and 2470 where it was
not read [M]; ranges as QCoDeS lists them [R]. Virtual time is simple: a sweep has run when
``INIT`` returns, so ``ABORt`` finds nothing to stop and an endless sweep is refused (-221).

Time of one point [M: 2450 reference 6-77, 2470 reference 12-92; sizes MEM]: source delay, sweep
delay, aperture (twice with source readback, twice again with autozero), and `OVERHEAD`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from sim_instruments.keithley_2450_commands import (
    COMMANDS,
    CURRENT_RANGES,
    OVER_RANGE,
    RESISTANCE_RANGES,
    VOLTAGE_RANGES,
    fitting,
)
from sim_instruments.keithley_2450_sweeps import Loop, Sweep, Sweeps
from sim_instruments.keithley_buffer import (
    FOUR_WIRE,
    FRONT,
    LIMITED,
    OUTPUT_ON,
    QUESTIONABLE,
    READ_BACK,
    Array,
    Batch,
    Buffer,
)
from sim_instruments.programs import Samples
from sim_instruments.scpi import ScpiError
from sim_instruments.world import World

OVERHEAD: Final = 100e-6
"""s per point on top of delays and apertures [MEM: about 1,700 source-measure points a second]"""
AUTO_DELAY: Final = 1e-3
"""s of source settling when the delay is automatic [MEM]"""
LINE_FREQUENCY: Final = 50.0
"""Hz"""
OVERFLOW: Final = 9.9e37
_STEPS: Final = 40_000
"""levels per source range [MEM: 50 µV on 2 V]"""
_INPUT: Final = ("DIG", "IN", True)
"""kind, direction and state of a digital line after *RST [M: 2450 reference 6-20]"""
_FUNCTIONS: Final = {"VOLT": "VOLT:DC", "CURR": "CURR:DC", "RES": "RES"}
_UNITS: Final = {"VOLT": "V", "CURR": "A", "RES": "Ohm"}
_RANGES: Final = {
    "volt_range": VOLTAGE_RANGES,
    "curr_range": CURRENT_RANGES,
    "sense_vol_range": VOLTAGE_RANGES,
    "sense_cur_range": CURRENT_RANGES,
    "sense_res_range": RESISTANCE_RANGES,
}


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A sweep as the hardware makes it."""

    levels: Array
    """as the source's resolution has them"""
    programmed: Array
    """of all passes"""
    dwell: float
    duration: Array
    ramp: Array


class Keithley2450(Sweeps):
    """The instrument; `port` is its name on the bench."""

    IDENTITY: ClassVar[str] = "KEITHLEY INSTRUMENTS,MODEL 2450,04096331,1.6.7c"
    COMMANDS = COMMANDS
    ERROR_DEPTH: ClassVar[int] = 1000
    ERROR_TEXTS: ClassVar[dict[int, str]] = {
        -222: "Parameter data out of range",
        1133: "Parameter 4, Syntax error, expected valid name parameters.",
    }

    def __init__(self, world: World, port: str) -> None:
        self.world = world
        self.port = port
        self.lines = dict.fromkeys(range(1, 7), _INPUT)
        world.attach(port)
        super().__init__()

    def on_reset(self) -> None:
        """Output off, buffers and lists gone, digital lines inputs again."""
        super().on_reset()
        self.world.release(self.port)
        self.function_name = "CURR"
        self.limited = False
        self._last: tuple[Sweep, Steps] | None = None
        for line, state in self.lines.items():
            if state != _INPUT:
                self.set_line_mode(line, *_INPUT[:2])

    def show_error(self, entry: tuple[int, str] | None) -> str:
        """Return the event log's style: number, "text;type;time" [M: 2461 reference 6-151]."""
        if entry is None:
            return '0,"No error;0;0 0"'
        seconds = int(self.world.now)
        clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f'{entry[0]},"{entry[1]};1;2026/01/01 {clock}.000"'

    # Source.

    @property
    def key(self) -> str:
        """Prefix of the settings of the source function."""
        return str(self.settings["source"]).lower()

    def range_of(self, name: str) -> float:
        """Return a range in force; the automatic one follows the level, or the limit."""
        if not self.settings[f"{name}_auto"]:
            return float(self.settings[name])
        ranges = _RANGES[name]
        if name in ("volt_range", "curr_range"):
            return fitting(ranges, float(self.settings[f"{name[:4]}_level"]))
        low = float(self.settings[f"{name}_low"])
        limit = {"sense_cur_range": "volt_limit", "sense_vol_range": "curr_limit"}.get(name)
        wanted = float(self.settings[limit]) if limit else ranges[-1]
        return max(low, fitting(ranges, wanted))

    def drive(self) -> None:
        """Bring the output to what the source settings say."""
        key, settings = self.key, self.settings
        if not settings["output"]:
            self.world.release(self.port)  # whatever is refused below
        most = self.range_of(f"{key}_range") * OVER_RANGE
        if abs(settings[f"{key}_level"]) > most * (1 + 1e-9):
            raise ScpiError(-222)
        self.check_power(key, settings[f"{key}_level"], settings[f"{key}_limit"])
        if not settings["output"]:
            return
        level = self._stepped(key, np.array([settings[f"{key}_level"]]))[0]
        limit = settings[f"{key}_limit"]
        if key == "volt":
            self.world.hold(self.port, level, limit)
        else:
            # A current source is a voltage source that always sits at its current limit.
            self.world.hold(self.port, float(np.sign(level)) * limit, abs(level) or 1e-12)

    def change_source(self) -> None:
        """Turn the output off, as a change of function or terminals does [MEM]."""
        self.settings["output"] = False
        self.drive()

    def _stepped(self, key: str, levels: Array) -> Array:
        """Return levels as the source can make them."""
        step = self._source_range(key, levels) / _STEPS
        return np.asarray(np.rint(levels / step) * step)

    def _source_range(self, key: str, levels: Array) -> float:
        if not self.settings[f"{key}_range_auto"]:
            return float(self.settings[f"{key}_range"])
        return fitting(_RANGES[f"{key}_range"], float(np.abs(levels).max()))

    def fix_volt_delay(self) -> None:
        """End the automatic delay of the voltage source."""
        self.settings["volt_delay_auto"] = False

    def fix_curr_delay(self) -> None:
        """End the automatic delay of the current source."""
        self.settings["curr_delay_auto"] = False

    def tripped(self) -> str:
        """Answer whether the limit held the source at the last reading."""
        return str(int(self.limited))

    def protection_tripped(self) -> str:
        """Answer ``0``: no device here drives voltage back."""
        return "0"

    def interlock(self) -> str:
        """Answer ``1``: the interlock is closed."""
        return "1"

    # Measure.

    def set_function(self, name: str) -> None:
        """Select what is measured; one function at a time."""
        for short, long in (("VOLT", "VOLTAGE"), ("CURR", "CURRENT"), ("RES", "RESISTANCE")):
            if name.upper().removesuffix(":DC") in (short, long):
                self.function_name = short
                return
        raise ScpiError(-224)

    def function(self) -> str:
        """Answer the function, quoted."""
        return f'"{_FUNCTIONS[self.function_name]}"'

    def zero_once(self) -> None:
        """Refresh the zero reference; two apertures long [MEM]."""
        self.world.sleep(2 * self._aperture)

    @property
    def _sense(self) -> str:
        return f"sense_{self.function_name[:3].lower()}"

    @property
    def _aperture(self) -> float:
        return float(self.settings[f"{self._sense}_nplc"]) / LINE_FREQUENCY

    def _point(self, source: dict[str, Any], key: str) -> float:
        """Return how long one point takes, the sweep's own delay aside."""
        delay = AUTO_DELAY if source[f"{key}_delay_auto"] else source[f"{key}_delay"]
        apertures = 2 if source[f"{key}_readback"] else 1
        if self.settings[f"{self._sense}_autozero"]:
            apertures *= 2
        return float(delay) + apertures * self._aperture + OVERHEAD

    def digest(self, samples: Samples, levels: Array, key: str, *, output: bool = True) -> Batch:
        """Return what the instrument makes of true voltages and currents.

        Args:
            samples: what the World saw.
            levels: programmed source values, one per sample.
            key: prefix of the source's settings.
            output: whether the output was on.
        """
        measured = {"VOLT": samples.voltage, "CURR": samples.current}
        if self.function_name == "RES":
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = samples.voltage / samples.current
            true = np.nan_to_num(ratio, nan=np.inf, posinf=np.inf)
        else:
            true = measured[self.function_name]
        full = self.range_of(f"{self._sense}_range")
        over = np.abs(true) > full * OVER_RANGE
        grain = full * self._fineness
        reading = np.rint(true / grain) * grain
        if over.any():
            reading[over] = OVERFLOW
        source = levels
        if self.settings[f"{key}_readback"]:
            grain = self._source_range(key, levels) * self._fineness
            source = np.rint(measured[key.upper()] / grain) * grain
        four_wire = self.settings[f"{self._sense}_four_wire"]
        bits = READ_BACK * self.settings[f"{key}_readback"] | FOUR_WIRE * four_wire
        status = np.where(samples.limited, bits | LIMITED, bits) | OUTPUT_ON * output
        front = FRONT * (self.settings["terminals"] == "FRON")
        self.limited = bool(samples.limited[-1])
        return Batch(
            reading,
            source,
            samples.time,
            status,
            np.where(over, front | QUESTIONABLE, front),
            _UNITS[self.function_name],
            _UNITS[key.upper()],
        )

    @property
    def _fineness(self) -> float:
        """Resolution as a part of the range: 6.5 digits at 1 PLC, 5.5 at 0.01 PLC [DESIGN]."""
        return float(1e-6 / min(1.0, self.settings[f"{self._sense}_nplc"]) ** 0.5)

    def measure_now(self, count: int, buffer: Buffer, spacing: float = 0.0) -> None:
        """Take `count` readings at the present level, at least `spacing` seconds apart."""
        key = self.key
        each = max(self._point(self.settings, key), spacing)
        taken = []
        for _ in range(count):
            volts, amperes, limited = self.world.measure(self.port, each, self._aperture)
            taken.append((self.world.now, volts, amperes, limited))
        output = bool(self.settings["output"])
        levels = np.full(count, self.settings[f"{key}_level"] if output else 0.0)
        buffer.add(self.digest(Samples.of(taken), levels, key, output=output))

    # Trigger model.

    def initiate(self) -> None:
        """Run the loaded trigger model to its end."""
        model = self.model
        if model is None:
            raise ScpiError(-213)
        buffer = self.buffer(model.buffer)
        if isinstance(model, Loop):
            self.measure_now(model.count, buffer, model.delay)
            return
        if model.count == 0:
            raise ScpiError(-221)
        buffer.clear()
        self.settings.update(model.source)
        steps = self._steps(model)
        guarded = model.abort or model.function == "curr"
        samples = (self._run_guarded if guarded else self._run)(model, steps)
        self.settings[f"{model.function}_level"] = float(steps.levels[-1])
        self.settings["output"] = False
        self.world.release(self.port)
        programmed = steps.programmed[: len(samples.time)]
        buffer.add(self.digest(samples, programmed, model.function))

    def _steps(self, model: Sweep) -> Steps:
        """Return what a sweep comes to under the present settings."""
        dwell = self._point(model.source, model.function) + max(model.delay, 0.0)
        if self._last is None or self._last[0] is not model or self._last[1].dwell != dwell:
            levels = self._stepped(model.function, model.levels)
            self._last = (
                model,
                Steps(
                    levels,
                    np.tile(levels, model.count),
                    dwell,
                    np.full(len(levels), dwell),
                    np.zeros(len(levels)),
                ),
            )
        return self._last[1]

    def _run(self, model: Sweep, steps: Steps) -> Samples:
        """Play the sweep in one go."""
        program, limit = (steps.levels, steps.duration, steps.ramp), model.source["volt_limit"]
        return self.world.play(
            self.port, *program, count=model.count, limit=limit, aperture=self._aperture
        )

    def _run_guarded(self, model: Sweep, steps: Steps) -> Samples:
        """Play the sweep point by point: each one decides about the next."""
        taken = []
        self.settings["output"] = True
        for level in steps.programmed.tolist():
            self.settings[f"{model.function}_level"] = level
            self.drive()
            volts, amperes, limited = self.world.measure(self.port, steps.dwell, self._aperture)
            taken.append((self.world.now, volts, amperes, limited))
            if limited and model.abort:
                break
        return Samples.of(taken)

    def abort(self) -> None:
        """Find nothing to stop."""

    def trigger(self) -> None:
        """Find no trigger block that waits."""

    def trigger_state(self) -> str:
        """Answer idle [MEM form]."""
        return "IDLE;IDLE;0"

    # Digital lines and the rest.

    def set_line_mode(self, line: int, kind: str, direction: str) -> None:
        """Make a digital line an output, low, or an input, which floats high."""
        if direction == "OUT":
            self.lines[line] = (kind, direction, False)
            self.world.set_line(self.port, line, False)
        else:
            self.lines[line] = (kind, direction, True)
            self.world.set_line(self.port, line, True)

    def line_mode(self, line: int) -> str:
        """Answer the mode."""
        return ",".join(self.lines[line][:2])

    def set_line(self, line: int, high: bool) -> None:
        """Drive a digital line; it must be an output."""
        kind, direction, _ = self.lines[line]
        if (kind, direction) != ("DIG", "OUT"):
            raise ScpiError(-221)
        self.lines[line] = (kind, direction, high)
        self.world.set_line(self.port, line, high)

    def line(self, line: int) -> str:
        """Answer the state; an open input floats high [M: 2450 reference 6-20]."""
        return str(int(self.lines[line][2]))

    def language(self) -> str:
        """Answer the command set."""
        return "SCPI"

    def set_language(self, name: str) -> None:
        """Accept; another command set needs a restart [QC Keithley_2450.py]."""

    def clear_errors(self) -> None:
        """Empty the event log."""
        self.status.errors.entries.clear()

    def line_frequency(self) -> str:
        """Answer the power line frequency."""
        return f"{LINE_FREQUENCY:.0f}"

    def beep(self, frequency: float, duration: float) -> None:
        """Beep, silently."""
