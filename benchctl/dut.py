"""The device under test: stimuli go in, readings come out, and no instrument is in sight.

`Dut` compiles a stimulus into programs for the bench at hand. Each segment goes to the
source-meter where it can play it, because the source-meter limits the current and measures;
shorter ones go to the pulse generator, if the wiring has one. Neighbours on the same
instrument share a program, and the device rests at 0 V wherever the path changes.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise

from benchctl.errors import CapabilityError, ConfigError, Stopped
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Capabilities, Clock, DigitalOutput, PulseGenerator, Source, SourceMeter
from benchctl.stimulus import Readings, Segment, Stimulus
from benchctl.stimulus import read as read_stimulus

#: Seconds of bench time in one block: a stop is obeyed between blocks.
BLOCK = 1.0
#: Rests at least this long (s) are left to the clock instead of an instrument's program.
PAUSE = 0.1
#: Segments of a loop body that are written out before the loop is played pass by pass.
LONGEST_BODY = 100_000


#: Stimuli of at most `SHORT` segments are compiled once; so many are remembered.
SHORT, REMEMBERED = 32, 512


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One device of an array; a lone device is row 0, column 0."""

    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Relay:
    """A change-over relay: line low, the source-meter is on the device; high, the generator."""

    driver: DigitalOutput
    line: int = 1
    settle: float = 2e-3
    """s, bounce included"""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which sources reach the device, and how."""

    source_meter: SourceMeter
    generator: PulseGenerator | None = None
    relay: Relay | None = None
    series_resistance: float = 0.0
    """Ohm, in the generator's path"""
    shortest: float = field(init=False)
    """s, the shortest segment of the source-meter, with room for rounding"""
    generating: Capabilities | None = field(init=False, default=None)
    """of the generator"""

    def __post_init__(self) -> None:
        """Look the capabilities up once: PyMeasure makes every attribute of a driver slow."""
        shortest = self.source_meter.capabilities.shortest * (1 - 1e-9)
        object.__setattr__(self, "shortest", shortest)
        if self.generator is not None:
            object.__setattr__(self, "generating", self.generator.capabilities)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One program for one source, or `pause` seconds at rest where there is none."""

    source: Source | None
    program: Program | None
    pause: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds it takes."""
        return self.pause if self.program is None else self.program.elapsed


Passes = tuple[tuple[tuple[Step, ...], int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the bench will do for a stimulus: passes of steps, each pass `count` times."""

    passes: Passes
    duration: float
    """s, relay settling included"""
    relay_operations: int
    segments: int

    @property
    def programs(self) -> int:
        """How many times a program is triggered."""
        return sum(n * sum(s.program is not None for s in steps) for steps, n in self.passes)


@dataclass
class Dut:
    """One device (or one array of them) behind the bench's wiring."""

    name: str
    limits: Limits
    clock: Clock
    wiring: Wiring
    cells: tuple[Cell, ...] = (Cell(),)
    should_stop: Callable[[], bool] = field(default=lambda: False)
    wear: Callable[[int, int, float], bool] | None = None
    """what `represent` does; None at a real bench"""
    _on_generator: bool | None = field(default=None, init=False)
    """where the relay is; None until it was set, and after a setting that failed"""
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
        elapsed += switches * self.wiring.relay.settle if self.wiring.relay else 0.0
        return Plan(passes, elapsed, switches, stimulus.segments)

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
        level = 0.0
        for segments, count in stimulus.passes(LONGEST_BODY):
            _refuse_broken_ramp(segments, count, level)
            level = segments[-1].voltage
            passes.extend(self._compile(segments, count, limit))
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
        about a second of bench time; a stop is obeyed there.

        Raises:
            LimitExceeded, CapabilityError: nothing was sent.
            Stopped: the run was asked to stop.
            InstrumentError: an instrument failed.
        """
        for steps, count in self._passes(stimulus, compliance):
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

    def select(self, cell: Cell) -> None:
        """Connect `cell`.

        Raises:
            CapabilityError: the bench does not reach it.
        """
        if cell not in self.cells:
            raise CapabilityError(f"the bench's wiring does not reach {cell}")

    def _compile(
        self, segments: tuple[Segment, ...], count: int, compliance: float
    ) -> Iterator[tuple[tuple[Step, ...], int]]:
        """Yield the passes that play `segments` `count` times."""
        steps = tuple(self._step(*piece, compliance) for piece in self._pieces(segments))
        if len(steps) == 1 and steps[0].program is not None:
            yield (replace(steps[0], program=replace(steps[0].program, count=count)),), 1
        elif steps:
            yield steps, count

    def _pieces(self, segments: tuple[Segment, ...]) -> Iterator[tuple[list[Segment], bool]]:
        """Yield runs of neighbours for one source each, and whether they are too fast to measure.

        A long rest is a run of its own.
        """
        fast = self._fast(segments)
        run: list[Segment] = []
        run_fast = active = False
        elapsed = 0.0
        for segment, is_fast in zip(segments, fast, strict=True):
            rests = _rests(segment)
            if rests and segment.duration >= PAUSE:
                if run:
                    yield run, run_fast
                yield [segment], False
                run, elapsed, active, run_fast = [], 0.0, False, False
                continue
            if active and not rests and is_fast != run_fast:
                yield run, run_fast
                run, elapsed, active = [], 0.0, False
            if not rests:
                run_fast, active = is_fast, True
            run.append(segment)
            elapsed += segment.ramp + segment.duration
            if active and rests and elapsed >= BLOCK:
                yield run, run_fast
                run, elapsed, active, run_fast = [], 0.0, False, False
        if run:
            yield run, run_fast

    def _fast(self, segments: tuple[Segment, ...]) -> list[bool]:
        """Tell which segments are too short for the source-meter, or belong to one that is."""
        shortest = self.wiring.shortest
        fast = [0 < s.duration < shortest or 0 < s.ramp < shortest for s in segments]
        # A ramp starts from the level before it: both belong to the same source.
        tied = [after.ramp > 0 and one.voltage != 0 for one, after in pairwise(segments)]
        for i, together in enumerate(tied):
            fast[i + 1] |= together and fast[i]
        for i in range(len(tied) - 1, -1, -1):
            fast[i] |= tied[i] and fast[i + 1]
        return fast

    def _step(self, piece: list[Segment], fast: bool, compliance: float) -> Step:
        """Return the step that plays one run of segments."""
        if any(segment.gate is not None for segment in piece):
            raise CapabilityError(
                "the bench's wiring reaches no third terminal; leave the gate out of the stimulus"
            )
        if all(_rests(segment) for segment in piece):
            return Step(None, None, math.fsum(segment.duration for segment in piece))
        program = Program.of(piece, 1, compliance)
        if not fast:
            return Step(self.wiring.source_meter, program)
        if self.wiring.generator is None or program.measure.any():
            raise self._too_fast(piece, bool(program.measure.any()))
        return Step(self.wiring.generator, program)

    def _too_fast(self, piece: list[Segment], measured: bool) -> CapabilityError:
        """Return the error for a run that only a source-meter could play, and this one cannot."""
        shortest = self.wiring.source_meter.capabilities.shortest
        times = [t for s in piece for t in (s.duration, s.ramp) if 0 < t < self.wiring.shortest]
        remedy = "" if self.wiring.generator else " or add a pulse generator to the bench"
        return CapabilityError(
            f"the source-meter cannot {'measure' if measured else 'play'} a segment of "
            f"{show(min(times), 's')}; its shortest is {show(shortest, 's')}, so lengthen the "
            f"widths{remedy}"
        )

    def _check_step(self, step: Step) -> None:
        """Refuse a step its source cannot play, or cannot play safely."""
        if step.source is None or step.program is None:
            return
        # As it will be played: what one upload cannot hold, the blocks may.
        step.source.check(replace(step.program, count=_in_a_block(step.program)))
        if step.source is self.wiring.generator and self.wiring.generating is not None:
            self.limits.check_unlimited(
                step.program, self.wiring.generating, self.wiring.series_resistance
            )

    def _count_switches(self, passes: Passes) -> int:
        """Return how often the relay will change over."""
        generator, total = self._on_generator, 0
        for steps, count in passes:
            sources = [s.source is self.wiring.generator for s in steps if s.source is not None]
            if not sources:
                continue
            inside = sum(a != b for a, b in pairwise(sources))
            total += (sources[0] != generator) + inside * count
            total += (sources[-1] != sources[0]) * (count - 1)
            generator = sources[-1]
        return total

    def _play_repeated(self, step: Step, program: Program) -> Iterator[Readings]:
        """Yield blocks of one program's passes."""
        fit = _in_a_block(program)
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
            self._switch(generator=True)
            self.wiring.generator.play(program)
            return Readings.join([])
        self._switch(generator=False)
        return self.wiring.source_meter.play(program)

    def connect(self) -> None:
        """Bring the relay to the source-meter, wherever it was.

        A digital line may float high until it is driven, and the generator would then be on
        the device.
        """
        self._on_generator = None
        self._switch(generator=False)

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


def _refuse_broken_ramp(segments: tuple[Segment, ...], count: int, before: float) -> None:
    """Refuse a ramp that would leave from 0 V: the device rests there between passes."""
    last = segments[-1].voltage
    start = before or (last if count > 1 else 0.0)
    if segments[0].ramp > 0 and start != 0:
        raise CapabilityError(
            f"a ramp cannot start from the {show(start, 'V')} that a loop's pass ends at: the "
            "device rests at 0 V between passes; end the pass at 0 V, or write the loop out"
        )


def _in_a_block(program: Program) -> int:
    """Return how many passes of a program are played at once."""
    fit = max(1, int(BLOCK / program.period)) if program.period else program.count
    return min(fit, program.count)


def _rests(segment: Segment) -> bool:
    """Tell whether the device is simply left at 0 V."""
    return segment.voltage == 0 and segment.ramp == 0 and not segment.measure
