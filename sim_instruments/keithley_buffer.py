"""The reading buffer of a Keithley 2450: columns of readings, and their answer to a query."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim_instruments.scpi import Device, ScpiError

Array = NDArray[np.float64]

ELEMENTS: Final = (
    "DATE", "FORMatted", "FRACtional", "READing", "RELative", "SEConds", "SOURce", "SOURFORMatted",
    "SOURSTATus", "SOURUNIT", "STATus", "TIME", "TSTamp", "UNIT",
)  # fmt: skip
"""[M: 2450 reference 6-109]"""
BINARY: Final = frozenset({"READ", "REL", "SOUR"})
"""All a binary format can carry; the rest is error 1133 [M: 2461 reference 6-160]."""

PROTECTED, READ_BACK, TOO_HOT, LIMITED, FOUR_WIRE, OUTPUT_ON = 4, 8, 16, 32, 64, 128
"""Source status bits [M: 2450 reference 8-29 from bit 4 on; 4 and 8: 2461 reference 8-31]."""
QUESTIONABLE, FRONT = 2, 8
"""Measurement status bits [M: 2450 reference 8-33]."""
DEFAULT_READINGS: Final = 100_000
"""of defbuffer1 and defbuffer2 [MEM]"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings taken in one go, as columns."""

    reading: Array
    source: Array
    time: Array
    """s of virtual time"""
    source_status: NDArray[np.int64]
    status: NDArray[np.int64]
    unit: str
    source_unit: str

    def __len__(self) -> int:
        return len(self.reading)

    def part(self, start: int, stop: int) -> "Batch":
        """Return the readings from `start` to before `stop`."""
        return Batch(
            self.reading[start:stop],
            self.source[start:stop],
            self.time[start:stop],
            self.source_status[start:stop],
            self.status[start:stop],
            self.unit,
            self.source_unit,
        )


@dataclass(slots=True)
class Buffer:
    """A reading buffer; when it is full, the oldest readings go (CONT) or no more come (ONCE)."""

    capacity: int
    once: bool = False
    batches: list[Batch] = field(default_factory=list)
    first: float | None = None
    """s of virtual time of the reading `RELative` counts from"""

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    def clear(self) -> None:
        """Forget all readings."""
        self.batches.clear()
        self.first = None

    def resize(self, capacity: int) -> None:
        """Change the capacity; the readings go."""
        self.capacity = capacity
        self.clear()

    def add(self, batch: Batch) -> None:
        """Store readings."""
        if self.once:
            batch = batch.part(0, self.capacity - len(self))
        if not len(batch):
            return
        if self.first is None:
            self.first = float(batch.time[0])
        self.batches.append(batch)
        surplus = len(self) - self.capacity
        while surplus > 0:
            oldest = self.batches.pop(0)
            if len(oldest) > surplus:
                self.batches.insert(0, oldest.part(surplus, len(oldest)))
            surplus -= len(oldest)

    def select(self, start: int, stop: int) -> list[Batch]:
        """Return readings `start` to `stop`, counted from 1, both included.

        Raises:
            ScpiError: there are no such readings.
        """
        if not 1 <= start <= stop <= len(self):
            raise ScpiError(-222)
        found, before = [], 0
        for batch in self.batches:
            low, high = max(start - 1 - before, 0), min(stop - before, len(batch))
            if low < high:
                found.append(batch if high - low == len(batch) else batch.part(low, high))
            before += len(batch)
        return found

    def binary(self, batches: list[Batch], elements: tuple[str, ...], kind: str) -> bytes:
        """Return readings as a block; `kind` is a numpy type such as ``<f8``.

        Raises:
            ScpiError: 1133 for an element that is not a plain number.
        """
        if not BINARY.issuperset(elements):
            raise ScpiError(1133)
        table = np.empty((sum(map(len, batches)), len(elements)), kind)
        row = 0
        for batch in batches:
            stop = row + len(batch)
            for column, element in enumerate(elements):
                table[row:stop, column] = self._column(batch, element)
            row = stop
        return b"#0" + table.tobytes()

    def text(self, batches: list[Batch], elements: tuple[str, ...], precision: int) -> str:
        """Return readings as text, elements of one reading side by side."""
        form = f"{{:.{(precision or 7) - 1}E}}".format
        rows: list[str] = []
        for batch in batches:
            columns = [self._words(batch, element, form) for element in elements]
            rows.extend(word for words in zip(*columns, strict=True) for word in words)
        return ", ".join(rows)

    def _column(self, batch: Batch, element: str) -> Array:
        if element == "READ":
            return batch.reading
        if element == "SOUR":
            return batch.source
        return batch.time - (self.first or 0.0)

    def _words(self, batch: Batch, element: str, form: Callable[[Any], str]) -> list[str]:
        """Return one element of each reading as text."""
        if element in BINARY:
            return list(map(form, self._column(batch, element).tolist()))
        if element in ("STAT", "SOURSTAT"):
            numbers = batch.status if element == "STAT" else batch.source_status
            return list(map(str, numbers.tolist()))
        return [_word(batch, element, index) for index in range(len(batch))]


def _word(batch: Batch, element: str, index: int) -> str:
    """Return one of the elements that are not numbers."""
    time = float(batch.time[index])
    seconds = int(time)
    clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    match element:
        case "DATE":
            return "01/01/2026"
        case "TIME":
            return clock
        case "TST":
            return f"01/01/2026 {clock}{f'{time - seconds:.9f}'[1:]}"
        case "SEC":
            return str(seconds)
        case "FRAC":
            return f"{time - seconds:.9f}"
        case "UNIT":
            return batch.unit
        case "SOURUNIT":
            return batch.source_unit
        case "FORM":
            return f"{batch.reading[index]:+.6E} {batch.unit}"
        case _:
            return f"{batch.source[index]:+.6E} {batch.source_unit}"


class ReadingBuffers(Device, ABC):
    """An instrument with named reading buffers: the ``TRACe`` commands and the data formats."""

    def on_reset(self) -> None:
        """Delete the user's buffers, empty the others."""
        self.buffers = {name: Buffer(DEFAULT_READINGS) for name in ("defbuffer1", "defbuffer2")}

    def buffer(self, name: str) -> Buffer:
        """Return a buffer.

        Raises:
            ScpiError: there is none of that name.
        """
        if name not in self.buffers:
            raise ScpiError(-224)
        return self.buffers[name]

    @abstractmethod
    def measure_now(self, count: int, buffer: Buffer, spacing: float = 0.0) -> None:
        """Take `count` readings, at least `spacing` seconds apart."""

    @abstractmethod
    def set_function(self, name: str) -> None:
        """Select what is measured."""

    def make_buffer(self, name: str, capacity: int, style: str = "STAN") -> None:
        """Create a buffer."""
        if name in self.buffers:
            raise ScpiError(-221)
        self.buffers[name] = Buffer(capacity, once=True)

    def delete_buffer(self, name: str) -> None:
        """Delete a user's buffer."""
        self.buffer(name)
        if name.startswith("defbuffer"):
            raise ScpiError(-221)
        del self.buffers[name]

    def clear_buffer(self, name: str = "defbuffer1") -> None:
        """Forget a buffer's readings."""
        self.buffer(name).clear()

    def set_buffer_points(self, capacity: int, name: str = "defbuffer1") -> None:
        """Change a buffer's capacity."""
        self.buffer(name).resize(capacity)

    def buffer_points(self, name: str = "defbuffer1") -> str:
        """Answer a buffer's capacity."""
        return str(self.buffer(name).capacity)

    def buffer_actual(self, name: str = "defbuffer1") -> str:
        """Answer how many readings a buffer holds."""
        return str(len(self.buffer(name)))

    def buffer_start(self, name: str = "defbuffer1") -> str:
        """Answer the index of the first reading."""
        return str(min(1, len(self.buffer(name))))

    def set_fill_mode(self, mode: str, name: str = "defbuffer1") -> None:
        """Say what happens when a buffer is full."""
        self.buffer(name).once = mode == "ONCE"

    def fill_mode(self, name: str = "defbuffer1") -> str:
        """Answer what happens when a buffer is full."""
        return "ONCE" if self.buffer(name).once else "CONT"

    def trigger_buffer(self, name: str = "defbuffer1") -> None:
        """Take readings into a buffer."""
        self.measure_now(self.settings["count"], self.buffer(name))

    def buffer_data(
        self, start: int, stop: int, name: str = "defbuffer1", *elements: str
    ) -> str | bytes:
        """Answer readings `start` to `stop`."""
        buffer = self.buffer(name)
        return self._answer(buffer, buffer.select(start, stop), elements)

    def read_readings(self, name: str = "defbuffer1", *elements: str) -> str | bytes:
        """Take readings and answer the last one."""
        self.trigger_buffer(name)
        return self.fetch_readings(name, *elements)

    def fetch_readings(self, name: str = "defbuffer1", *elements: str) -> str | bytes:
        """Answer the last reading."""
        buffer = self.buffer(name)
        if not len(buffer):
            raise ScpiError(-230)
        return self._answer(buffer, buffer.select(len(buffer), len(buffer)), elements)

    def measure_voltage(self, *options: str) -> str | bytes:
        """Measure voltage."""
        self.set_function("VOLT")
        return self.read_readings(*options)

    def measure_current(self, *options: str) -> str | bytes:
        """Measure current."""
        self.set_function("CURR")
        return self.read_readings(*options)

    def measure_resistance(self, *options: str) -> str | bytes:
        """Measure resistance."""
        self.set_function("RES")
        return self.read_readings(*options)

    def statistics_mean(self, name: str = "defbuffer1") -> str:
        """Answer the mean of a buffer."""
        return f"{self._readings(name).mean():.6E}"

    def statistics_maximum(self, name: str = "defbuffer1") -> str:
        """Answer the largest reading."""
        return f"{self._readings(name).max():.6E}"

    def statistics_minimum(self, name: str = "defbuffer1") -> str:
        """Answer the smallest reading."""
        return f"{self._readings(name).min():.6E}"

    def statistics_deviation(self, name: str = "defbuffer1") -> str:
        """Answer the standard deviation."""
        readings = self._readings(name)
        return f"{readings.std(ddof=1) if len(readings) > 1 else 0.0:.6E}"

    def statistics_span(self, name: str = "defbuffer1") -> str:
        """Answer largest minus smallest."""
        return f"{np.ptp(self._readings(name)):.6E}"

    def _readings(self, name: str) -> Array:
        batches = self.buffer(name).batches
        if not batches:
            raise ScpiError(-230)
        return np.concatenate([batch.reading for batch in batches])

    def _answer(
        self, buffer: Buffer, batches: list[Batch], elements: tuple[str, ...]
    ) -> str | bytes:
        elements = elements or ("READ",)
        if len(elements) > 14:
            raise ScpiError(-223)
        kind = self.settings["format"]
        if kind == "ASC":
            return buffer.text(batches, elements, self.settings["precision"])
        order = "<" if self.settings["order"] == "SWAP" else ">"
        return buffer.binary(batches, elements, order + ("f8" if kind == "REAL" else "f4"))
