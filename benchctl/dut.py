"""The device under test: stimuli go in, readings come out, and no instrument is in sight.

`Dut` compiles a stimulus into programs for the bench at hand. Each segment goes to the
source-meter where it can play it, because the source-meter limits the current and measures;
shorter ones go to the pulse generator, if the wiring has one. Neighbours on the same
instrument share a program, and the device rests at 0 V wherever the path changes. A third terminal
is driven by the source-meter's second channel, in step, or by a generator of its own, in turn.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise

from benchctl.errors import CapabilityError, ConfigError, InstrumentError, Stopped
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Clock, Source
from benchctl.routing import BLOCK, Passes, Plan, Step, compiled, joined
from benchctl.stimulus import Readings, Stimulus
from benchctl.stimulus import read as read_stimulus
from benchctl.wiring import Cell, Wiring

#: Segments of a loop body that are written out before the loop is played pass by pass.
LONGEST_BODY = 100_000
#: Seconds a level may be held through the passes of a loop: a stop is obeyed after them.
LONGEST_HOLD = 60.0
#: Stimuli of at most `SHORT` segments are compiled once; so many are remembered.
SHORT, REMEMBERED = 32, 512


@dataclass
class Dut:
    """One device (or one array of them) behind the bench's wiring."""

    name: str
    limits: Limits
    clock: Clock
    wiring: Wiring
    cells: tuple[Cell, ...] = (Cell(),)
    """those a procedure may select"""
    cell: Cell | None = field(default_factory=Cell)
    """the one that is connected; None until one of an array is"""
    should_stop: Callable[[], bool] = field(default=lambda: False)
    wear: Callable[[int, int, float], bool] | None = None
    """what `represent` does; None at a real bench"""
    _on_generator: bool | None = field(default=None, init=False)
    """where the relay is; None until it was set, and after a setting that failed"""
    _joined: Cell | None = field(default=None, init=False)
    """the cell whose contacts the matrix has closed; None where none are, or nobody knows"""
    _known: dict[tuple[Stimulus, float], Passes] = field(default_factory=dict, init=False)

    def check(self, stimulus: Stimulus, *, compliance: float | None = None) -> Plan:
        """Return what the bench would do, touching no wire.

        Raises:
            LimitExceeded: outside the DUT's limits.
            CapabilityError: the bench cannot play it.
        """
        passes = self._passes(stimulus, compliance)
        switches = self._count_switches(passes) if self.wiring.relay else 0
        elapsed = math.fsum(n * math.fsum(s.elapsed for s in steps) for steps, n in passes)
        settle = self.wiring.relay.settle if self.wiring.relay else 0.0
        return Plan(
            passes, elapsed + switches * settle, switches, stimulus.segments,
            self._count_contacts(), self._path, settle,
        )  # fmt: skip

    def _passes(self, stimulus: Stimulus, compliance: float | None) -> Passes:
        """Return the checked passes of a stimulus; short ones are remembered.

        A write-verify gives the same few pulses over and over.
        """
        limit = self.limits.current if compliance is None else compliance
        known = self._known.get((stimulus, limit)) if len(stimulus.items) <= SHORT else None
        if known is not None:
            return known
        self.limits.check(stimulus, limit)
        passes: list[tuple[tuple[Step, ...], int]] = []
        for segments, count in joined(stimulus.passes(LONGEST_BODY), LONGEST_BODY):
            passes.extend(compiled(segments, count, limit, self.wiring, self.limits))
        for step in chain.from_iterable(steps for steps, _ in passes):
            self._check_step(step)
        if stimulus.segments <= SHORT:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[stimulus, limit] = tuple(passes)
        return tuple(passes)

    def stream(self, stimulus: Stimulus, *, compliance: float | None = None) -> Iterator[Readings]:
        """Play a stimulus and yield its readings block by block.

        The whole stimulus is checked first. A block ends where the device is at rest, after
        about a second of bench time (a level that a loop holds is not interrupted for one); a
        stop is obeyed there.

        Raises:
            LimitExceeded, CapabilityError: nothing was sent.
            Stopped: the run was asked to stop.
            InstrumentError: an instrument failed.
        """
        passes = self._passes(stimulus, compliance)
        self.need_cell()
        self._hold_gate()
        if self.wiring.array is not None and self.cell not in (None, self._joined):
            self.select(self.cell)
        for steps, count in passes:
            if len(steps) == 1 and steps[0].program is not None:
                yield from self._play_repeated(steps[0], steps[0].program)
                continue
            block: list[Readings] = []
            started = self.clock.now()
            for _ in range(count):
                block.extend(self._play_step(step) for step in steps)
                if self.clock.now() - started >= BLOCK:
                    yield Readings.join(block)
                    block, started = [], self.clock.now()
            if block:
                yield Readings.join(block)

    def play(self, stimulus: Stimulus, *, compliance: float | None = None) -> Readings:
        """Play a stimulus and return all its readings; `stream` is for the long ones."""
        return Readings.join([b for b in self.stream(stimulus, compliance=compliance) if len(b)])

    def read(
        self, voltage: float, *, width: float = 1e-3, compliance: float | None = None
    ) -> float:
        """Return the conductance (S) of one reading at `voltage` (V, not 0)."""
        if voltage == 0:
            raise ConfigError("a conductance cannot be read at 0 V; choose a read voltage")
        readings = self.play(read_stimulus(voltage, width), compliance=compliance)
        return float(readings.current[0] / readings.voltage[0])

    def wait(self, seconds: float) -> None:
        """Let the device rest.

        Raises:
            Stopped: the run was asked to stop.
        """
        end = self.clock.now() + seconds
        while (left := end - self.clock.now()) > 0:
            self._obey_stop()
            self.clock.sleep(min(left, self.clock.slice))
            if self.clock.now() >= end - 1e-9 * seconds:
                break

    def represent(self, cycles: int, like: int, seconds: float) -> bool:
        """Let a simulated device wear by `cycles` that are not played, in `seconds` of its time.

        Each wears it as one of the `like` cycles played since the last call; with no cycles this
        only marks where those begin. Returns whether the device wears at all.

        Raises:
            CapabilityError: the bench is real.
        """
        if self.wear is None:
            raise CapabilityError(
                "cycles can only be represented on a simulated bench; a real one plays every cycle"
            )
        return self.wear(cycles, like, seconds)

    def measures(self, width: float) -> bool:
        """Tell whether the bench can give a reading inside a segment of `width` seconds."""
        return width >= self.wiring.shortest

    def resolution(self, stimulus: Stimulus, *, compliance: float | None = None) -> float:
        """Return the smallest current (A) that the readings of a stimulus tell from 0.

        Not a number where it gives none; noise may hide more.
        """
        steps = [s for steps, _ in self._passes(stimulus, compliance) for s in steps]
        seen = [s.program for s in steps if s.program is not None and s.program.measure.any()]
        return max(map(self.wiring.source_meter.resolution, seen), default=math.nan)

    def need_cell(self) -> None:
        """Refuse to go on without knowing which device is meant.

        Raises:
            ConfigError: the DUT is an array, and no cell is connected.
        """
        if self.cell is None:
            raise ConfigError(
                f"{self.name} is an array and no cell is chosen; name one with --cell ROW,COLUMN, "
                "in [dut.array] cell, or at the top of the window"
            )

    def select(self, cell: Cell) -> None:
        """Connect `cell`; the device rests, because every program ends at 0 V.

        Raises:
            CapabilityError: the bench does not reach it.
        """
        if cell not in self.cells and self.wiring.array is None:
            raise CapabilityError(
                "this bench has no array, only one device; leave the cell out, or describe the "
                "array in [dut.array]"
            )
        if cell not in self.cells:
            last = self.cells[-1]
            raise CapabilityError(
                f"the bench's wiring does not reach row {cell.row}, column {cell.column}; rows end "
                f"at {last.row} and columns at {last.column}, counted from 0"
            )
        array = self.wiring.array
        if array is not None:
            self.cell = self._joined = None
            array.matrix.connect(array.crosspoints(cell))
            self._joined = cell
        self.cell = cell

    def choose(self, cell: Cell) -> None:
        """Connect `cell`, and offer procedures no other.

        Raises:
            CapabilityError: the bench does not reach it.
        """
        self.select(cell)
        self.cells = (cell,)

    def offer_all(self) -> None:
        """Offer procedures every cell again, with none of an array chosen."""
        if self.wiring.array is not None:
            self.cells, self.cell = self.wiring.array.cells, None

    def come_apart(self) -> None:
        """Note that the matrix was opened: the cell is connected again before it is used."""
        self._joined = None

    @property
    def label(self) -> str:
        """Its name, with the cell where it is one of an array: ``R1 r0c3``."""
        if self.wiring.array is None or self.cell is None:
            return self.name
        return f"{self.name} r{self.cell.row}c{self.cell.column}"

    @property
    def chosen(self) -> list[int] | None:
        """[row, column] of the cell that is meant, None where none of several was selected."""
        cell = self.cells[0] if len(self.cells) == 1 else self.cell
        return None if cell is None else [cell.row, cell.column]

    def _check_step(self, step: Step) -> None:
        """Refuse a step its source cannot play, or cannot play safely."""
        if step.source is None or step.program is None:
            return
        if step.program.gate is not None:
            # What the wiring adds for an array is no part of the stimulus that was checked.
            self.limits.check(step.program, step.program.compliance)
        held = self._held(step.program)
        if held and step.program.elapsed > LONGEST_HOLD:
            raise CapabilityError(
                f"{show(held, 'V')} would be held for "
                f"{show(step.program.elapsed, 's', 3)}, in one program that no stop can end; hold "
                f"it for {show(LONGEST_HOLD, 's')} at most, or put a moment at 0 V into the loop"
            )
        # As it will be played: what one upload cannot hold, the blocks may.
        step.source.check(replace(step.program, count=self._in_a_block(step.program)))
        if step.source is self.wiring.generator and self.wiring.generating is not None:
            self.limits.check_unlimited(
                step.program, self.wiring.generating, self.wiring.series_resistance
            )
        if step.source is self.wiring.gate and self.wiring.gate is not None:
            self.limits.at_the_gate.check_unlimited(
                step.program, self.wiring.gate.capabilities, self.wiring.gate_resistance,
                key="gate_resistance",
            )  # fmt: skip

    def _count_switches(self, passes: Passes) -> int:
        """Return how often the relay will change over."""
        generator, total = self._on_generator, 0
        for steps, count in passes:
            sources = [
                s.source is self.wiring.generator
                for s in steps
                if s.source is not None and s.source is not self.wiring.gate
            ]
            if not sources:
                continue
            inside = sum(a != b for a, b in pairwise(sources))
            total += (sources[0] != generator) + inside * count
            total += (sources[-1] != sources[0]) * (count - 1)
            generator = sources[-1]
        return total

    @property
    def _path(self) -> Source | None:
        """What the relay connects; None where there is none, or nobody knows."""
        if self.wiring.relay is None or self._on_generator is None:
            return None
        return self.wiring.generator if self._on_generator else self.wiring.source_meter

    def _count_contacts(self) -> int:
        """Return how many contacts of the matrix will move before the first program."""
        array = self.wiring.array
        if array is None:
            return 0
        return array.walk if self.cell is None else array.moves(self._joined, self.cell)

    def _held(self, program: Program) -> float:
        """Return the level (V) that is held from each pass to the next, 0 for none.

        The gates of an array's transistors may rest while the device does.
        """
        gate = None if self.wiring.array is not None else program.gate
        for levels in (program.voltage, gate):
            if levels is not None and replace(program, voltage=levels).holds:
                return float(levels[0])
        return 0.0

    def _in_a_block(self, program: Program) -> int:
        """Return how many passes are played at once: all of them where a level is held."""
        if self._held(program):
            return program.count
        fit = max(1, int(BLOCK / program.period)) if program.period else program.count
        return min(fit, program.count)

    def _play_repeated(self, step: Step, program: Program) -> Iterator[Readings]:
        """Yield blocks of one program's passes."""
        fit = self._in_a_block(program)
        full = replace(step, program=replace(program, count=fit))
        blocks, rest = divmod(program.count, fit)
        for _ in range(blocks):
            yield self._play_step(full)
        if rest:
            yield self._play_step(replace(step, program=replace(program, count=rest)))

    def _play_step(self, step: Step) -> Readings:
        """Play one step and return its readings."""
        self._obey_stop()
        if step.source is None or step.program is None:
            self.wait(step.pause)
            return Readings.join([])
        try:
            return self._trigger(step, step.program)
        except KeyboardInterrupt:
            # Without a `Run` around it nobody else would: the output goes off, and an answer
            # still under way is thrown away, or it would be taken for the next program's.
            step.source.safe()
            raise

    def _trigger(self, step: Step, program: Program) -> Readings:
        """Connect the step's source and have it play."""
        if step.source is self.wiring.generator and self.wiring.generator is not None:
            if self._on_generator is False:
                self.wiring.generator.arrange(program)
            self._switch(generator=True)
            self.wiring.generator.play(program)
            return Readings.join([])
        if step.source is self.wiring.gate and self.wiring.gate is not None:
            self.wiring.gate.play(program)
            return Readings.join([])
        self._switch(generator=False)
        readings = self.wiring.source_meter.play(program)
        array = self.wiring.array
        if array is not None and array.senses:
            if readings.gate_current is None:
                raise InstrumentError(
                    f"{self.name}: the source-meter measured no current in the column, and that of "
                    "the row is not the cell's; check the driver's second channel"
                )
            # What leaves the column is what went through the cell, and through no other.
            return replace(readings, current=-readings.gate_current, gate_current=None)
        return readings

    def connect(self) -> None:
        """Bring the relay to the source-meter, wherever it was, and a gate to 0 V.

        A digital line may float high until it is driven, and the generator would then be on
        the device. A gate floats as long as its generator's output is off.
        """
        self._on_generator = None
        self._switch(generator=False)
        self._hold_gate()

    def _hold_gate(self) -> None:
        """Have the generator on the gate hold it, where `safe` let go of it."""
        if self.wiring.gate is not None:
            self.wiring.gate.rest()

    def _switch(self, *, generator: bool) -> None:
        """Bring the relay to where the next program needs it."""
        relay = self.wiring.relay
        if relay is None or generator == self._on_generator:
            return
        self._on_generator = None
        relay.driver.set_line(relay.line, high=generator)
        self._on_generator = generator
        self.clock.sleep(relay.settle)

    def _obey_stop(self) -> None:
        if self.should_stop():
            raise Stopped("the run was asked to stop")
