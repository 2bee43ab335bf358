"""A simulated Keithley 2400 SourceMeter.

Commands, errors and the format of readings follow the 2400 series user manual, sections 15 and 18
and appendix B [M]; ranges are from memory [MEM]. Virtual time is simple: a run is over when
``INIT`` or ``READ?`` has been executed, unless its arm layer waits for a trigger.

Time of one reading: trigger delay, source delay, one conversion for each of voltage and current
measured (twice with autozero, as often as the filter repeats) and `OVERHEAD` [D; sizes MEM].
Sourcing current is sourcing the voltage compliance with that current as the limit. Auto-ohms
measures with whatever the source is set to.
"""

from functools import partialmethod
from typing import ClassVar, Final

import numpy as np

from sim_instruments import keithley_2400_readings as readings
from sim_instruments.keithley_2400_commands import COMMANDS, MOST
from sim_instruments.keithley_2400_readings import ELEMENTS, Array, Trace
from sim_instruments.keithley_2400_source import SourceSide
from sim_instruments.scpi import ScpiError
from sim_instruments.scpi_parameters import NOT_A_NUMBER, forms
from sim_instruments.status import EXECUTION_ERROR
from sim_instruments.world import World

OVERHEAD: Final = 0.3e-3
"""s per reading [D, from 0.5 ms at 0.01 NPLC, MEM]"""
AUTO_DELAY: Final = 1e-3
"""s of source delay when it is automatic [MEM]"""
READING, BUFFER_AVAILABLE, BUFFER_FULL, IN_COMPLIANCE = 1 << 6, 1 << 8, 1 << 9, 1 << 14
"""of the measurement event register [M: 15-14]"""
WRAP: Final = 99999.999
"""s, after which time stamps begin again [R]"""
FREE: Final = 50_000
"""bytes of buffer memory [D]"""


class Keithley2400(SourceSide):
    """The instrument; `port` is its name on the bench."""

    IDENTITY: ClassVar[str] = (
        "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1234567,C33   Mar 31 2015 09:32:39/A02  /J/H"
    )
    COMMANDS = COMMANDS
    SCPI_VERSION: ClassVar[str] = "1996.0"  # [MEM]
    ERROR_DEPTH: ClassVar[int] = 10
    ERROR_TEXTS: ClassVar[dict[int, str]] = {
        -222: "Parameter data out of range",
        800: "Illegal with storage active",
        803: "Not permitted with OUTPUT off",
        822: "Too small for sense range",
        824: "Cannot exceed compliance range",
        826: "Attempt to exceed power limit",
        830: "Invalid with INF ARM:COUNT",
    }

    def __init__(self, world: World, port: str) -> None:
        self._epoch = world.now
        self._trace = Trace()
        super().__init__(world, port)

    def on_reset(self) -> None:
        """Forget the last run and the format as well; the trace buffer stays."""
        self._run: Array = np.empty((0, 5))
        self._elements = (True,) * len(ELEMENTS)
        self._binary = self._waiting = False
        super().on_reset()

    def event_bit(self, number: int) -> int:
        """Return the ``*ESR?`` bit: +8xx are execution errors [M: 2400 table B-1]."""
        return EXECUTION_ERROR if 800 <= number < 900 else super().event_bit(number)

    # Running.

    def initiate(self) -> None:
        """Run, or wait for the trigger the arm layer asks for."""
        if self._waiting:
            raise ScpiError(-213)
        self._check_output()
        if (
            self.settings["arm_source"] in ("IMM", "TIM")
            and self.settings["trigger_source"] == "IMM"
        ):
            self._take()
        else:
            self._waiting = True

    def trigger(self) -> None:
        """Run, where the arm layer waits for the bus."""
        if not self._waiting or self.settings["arm_source"] != "BUS":
            raise ScpiError(-211)
        self._waiting = False
        self._take()

    def abort(self) -> None:
        """Wait no more."""
        self._waiting = False

    def ignore(self) -> None:
        """Do nothing: remote and local are the same here."""

    def read_answer(self) -> str | bytes | None:
        """Answer the readings of a new run; nothing where it waits for a trigger for ever."""
        self._waiting = False
        if self.settings["arm_source"] == "BUS":
            raise ScpiError(-214)
        if self.settings["arm_count"] == "INF":
            raise ScpiError(830)
        self.initiate()
        return None if self._waiting else self.fetch()

    def fetch(self) -> str | bytes:
        """Answer the readings of the last run."""
        if not len(self._run):
            raise ScpiError(-230)
        return self._wire(self._run)

    def latest(self) -> str | bytes:
        """Answer the last reading."""
        if not len(self._run):
            raise ScpiError(-230)
        return self._wire(self._run[-1:])

    def _configure(self, name: str) -> None:
        """Measure one function once [MEM]; the output is left as it is."""
        self._functions = {name}
        self.settings[f"{name.lower()}_auto"] = True
        self.settings["arm_count"] = self.settings["trigger_count"] = 1
        self.settings["arm_source"] = self.settings["trigger_source"] = "IMM"

    def _measure(self, name: str) -> str | bytes | None:
        self._configure(name)
        return self.read_answer()

    configure_volt = partialmethod(_configure, "VOLT")
    configure_curr = partialmethod(_configure, "CURR")
    configure_res = partialmethod(_configure, "RES")
    measure_volt = partialmethod(_measure, "VOLT")
    measure_curr = partialmethod(_measure, "CURR")
    measure_res = partialmethod(_measure, "RES")
    measure = read_answer

    def recount(self) -> None:
        """Refuse more than 2500 readings a run."""
        arm = self.settings["arm_count"]
        if arm != "INF" and arm * self.settings["trigger_count"] > MOST:
            raise ScpiError(-222)

    def _check_output(self) -> None:
        if not self.settings["output"] and not self.settings["clear_auto"]:
            raise ScpiError(803)

    def _take(self) -> None:
        """Run to the end and store the readings."""
        passes, count = self.settings["arm_count"], self.settings["trigger_count"]
        if passes == "INF":
            raise ScpiError(830)
        levels = self._levels(passes * count)
        self.check_power(float(np.abs(levels).max()))
        if self.settings["clear_auto"]:
            self.settings["output"] = True
            self.switch()
        self._run = self._rows(levels, passes)
        if self.settings["clear_auto"]:
            self.switch_off()
        if len(self._run):
            self._report(self._run)

    def _rows(self, levels: Array, passes: int) -> Array:
        """Source `levels` one after the other and return a reading of each."""
        swept = self._kind == "VOLT" and self._of("mode") != "FIX"
        timed = self.settings["arm_source"] == "TIM"
        whole = swept and self.settings["abort"] == "NEV"
        parts: list[tuple[Array, ...]] = []
        for part in np.split(levels, passes) if timed else [levels]:
            started = self._world.now
            parts.append(self._sweep(part) if whole else self._one_by_one(part))
            if parts[-1][0].size < part.size:
                break  # aborted
            if timed:
                left = self.settings["timer"] - (self._world.now - started)
                self._world.sleep(max(0.0, left))
        told, time, volts, amperes, limited = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return self._table(told, time, volts, amperes, limited)

    def _sweep(self, levels: Array) -> tuple[Array, ...]:
        exact = self._quantised(levels)
        dwell, ramp = np.full(exact.size, self._dwell), np.zeros(exact.size)
        played = self._world.play(
            self._port, exact, dwell, ramp, limit=self._current_limit, aperture=self._aperture
        )
        self._hold(float(levels[-1]))
        limited = played.limited.astype(np.float64)
        return levels, played.time, played.voltage, played.current, limited

    def _one_by_one(self, levels: Array) -> tuple[Array, ...]:
        """Source one after the other; a sweep may end at the compliance, before or after reading.

        (`:SWE:CAB EARL` and `LATE`, [MEM]; the source stays where that was [D].)
        """
        end = "NEV" if self._of("mode") == "FIX" else self.settings["abort"]
        taken = []
        for level in levels.tolist():
            if level != self._held:
                self._hold(level)
            volts, amperes, limited = self._world.measure(self._port, self._dwell, self._aperture)
            if self._kind == "CURR":
                # At the current it was told is no compliance here: less than that is.
                limited = abs(amperes) < abs(level) * (1 - 1e-9)
            if limited and end == "EARL":
                break
            taken.append((level, self._world.now, volts, amperes, limited))
            if limited and end == "LATE":
                break
        return tuple(np.array(taken, dtype=float).reshape(-1, 5).T)

    @property
    def _aperture(self) -> float:
        return float(self.settings["nplc"] / self.settings["hertz"])

    @property
    def _dwell(self) -> float:
        """Seconds one reading takes."""
        values = self.settings
        conversions = len(self._functions & {"VOLT", "CURR"})
        if "RES" in self._functions or not conversions:
            conversions = 2 if "RES" in self._functions else 1
        if values["filter"] and values["filter_kind"] == "REP":
            conversions *= values["filter_count"]
        aperture = conversions * self._aperture
        delay = AUTO_DELAY if values["delay_auto"] else values["delay"]
        return float(
            values["trigger_delay"] + delay + aperture * (1 + values["autozero"]) + OVERHEAD
        )

    def zero(self) -> None:
        """Zero once and leave autozero off, where asked for once."""
        if self.settings["autozero"] == "ONCE":
            self.settings["autozero"] = False
            self._world.sleep(2 * self.settings["nplc"] / self.settings["hertz"])

    def _table(
        self, levels: Array, time: Array, volts: Array, amperes: Array, limited: Array
    ) -> Array:
        """Return the readings as the instrument reports them."""
        sources_voltage = self._kind == "VOLT"
        none = np.full(levels.size, NOT_A_NUMBER)
        ohms = readings.ohms(volts, amperes) if "RES" in self._functions else none
        if "VOLT" not in self._functions:
            volts = levels if sources_voltage else none
        if "CURR" not in self._functions:
            amperes = none if sources_voltage else levels
        real = not sources_voltage or self._current_limit == self.settings["curr_limit"]
        bit = readings.COMPLIANCE if real else readings.RANGE_COMPLIANCE
        status = self._status_word + bit * limited
        return np.column_stack([volts, amperes, ohms, (time - self._epoch) % WRAP, status])

    @property
    def _status_word(self) -> int:
        """What every reading's status word holds now."""
        values = self.settings
        bits = {
            readings.FILTERED: values["filter"],
            readings.FRONT: values["terminals"] == "FRON",
            readings.AUTO_OHMS: "RES" in self._functions and values["ohms"] == "AUTO",
            readings.VOLTS: "VOLT" in self._functions,
            readings.AMPERES: "CURR" in self._functions,
            readings.OHMS: "RES" in self._functions,
            readings.SOURCES_VOLTAGE: self._kind == "VOLT",
            readings.SOURCES_CURRENT: self._kind == "CURR",
            readings.OFFSET_COMPENSATED: values["offset_compensated"],
            readings.FOUR_WIRE: values["four_wire"],
        }
        return sum(bit for bit, is_set in bits.items() if is_set)

    def curr_tripped(self) -> str:
        """Answer whether the last reading was at the compliance."""
        status = int(self._run[-1, 4]) if len(self._run) else 0
        return str(int(status & (readings.COMPLIANCE | readings.RANGE_COMPLIANCE) != 0))

    volt_tripped = curr_tripped

    # Trace buffer and format.

    def _report(self, rows: Array) -> None:
        """Store readings where they are fed, and set the measurement events."""
        register = self.status.measurement
        events = READING
        if (rows[:, 4].astype(int) & readings.COMPLIANCE).any():
            events |= IN_COMPLIANCE
        if self._trace.storing:
            events |= BUFFER_FULL * self._trace.store(rows, self.settings["trace_points"])
            events |= BUFFER_AVAILABLE * (len(self._trace.rows) >= 2)
        register.become(0)
        register.become(events)

    def refuse_while_storing(self) -> None:
        """Refuse to change the buffer while it is filled."""
        if self._trace.storing:
            raise ScpiError(800)

    def control(self, word: str) -> None:
        """Begin to fill the buffer from its start, or stop."""
        self._trace.storing = word == "NEXT"
        if self._trace.storing:
            self._trace.rows = np.empty((0, 5))
            self.status.measurement.become(0)

    def show_control(self) -> str:
        """Answer whether the buffer is being filled."""
        return "NEXT" if self._trace.storing else "NEV"

    def clear_trace(self) -> None:
        """Empty the buffer."""
        self._trace.rows = np.empty((0, 5))

    def stored_points(self) -> str:
        """Answer how many readings the buffer holds."""
        return str(len(self._trace.rows))

    def trace_data(self) -> str | bytes:
        """Answer the readings in the buffer."""
        return self._wire(self._stored())

    def statistics(self) -> str:
        """Answer the statistic chosen, of the readings in the buffer."""
        return readings.statistics(self._stored(), self._elements, self.settings["statistic"])

    def _stored(self) -> Array:
        if not len(self._trace.rows):
            raise ScpiError(-230)
        rows = self._trace.rows.copy()
        if self.settings["stamp"] == "DELT":
            rows[:, 3] = np.diff(rows[:, 3], prepend=rows[0, 3])
        return rows

    def free_memory(self) -> str:
        """Answer bytes free and in use."""
        used = 20 * len(self._trace.rows)
        return f"{FREE - used},{used}"

    def _wire(self, rows: Array) -> str | bytes:
        return readings.wire(
            rows, self._elements, self._binary, self.settings["byte_order"] == "SWAP"
        )

    def set_elements(self, *names: str) -> None:
        """Choose what a reading is sent as; the order is the instrument's own."""
        known = {form for name in ELEMENTS for form in forms(name)}
        if not set(names) <= known:
            raise ScpiError(-224)
        self._elements = tuple(any(form in names for form in forms(name)) for name in ELEMENTS)

    def show_elements(self) -> str:
        """Answer what a reading is sent as."""
        return ",".join(forms(n)[0] for n, on in zip(ELEMENTS, self._elements, strict=True) if on)

    def set_format(self, word: str, bits: int = 32) -> None:
        """Send readings as text or as IEEE-754 singles."""
        self._binary = word != "ASC"

    def show_format(self) -> str:
        """Answer the data format."""
        return "REAL,32" if self._binary else "ASC"

    # The rest.

    def reset_time(self) -> None:
        """Count time from now."""
        self._epoch = self._world.now

    def time(self) -> str:
        """Answer the time stamp."""
        return f"{(self._world.now - self._epoch) % WRAP:+.6E}"

    def next_code(self) -> str:
        """Answer the number of the oldest error, which goes."""
        return self.next_error().partition(",")[0]

    def all_errors(self) -> str:
        """Answer and empty the whole queue."""
        count = max(1, len(self.status.errors.entries))
        return ",".join(self.next_error() for _ in range(count))

    def clear_errors(self) -> None:
        """Empty the error queue."""
        self.status.errors.entries.clear()

    def beep(self, hertz: float, seconds: float) -> None:
        """Beep."""
