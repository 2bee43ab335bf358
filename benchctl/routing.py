"""Which source plays what: segments become steps, each one program for one source."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise, repeat, starmap

from benchctl.errors import CapabilityError
from benchctl.limits import Limits
from benchctl.program import Program
from benchctl.quantities import show
from benchctl.roles import Source
from benchctl.stimulus import Segment
from benchctl.wiring import Wiring

#: Seconds of bench time in one block: a stop is obeyed between blocks.
BLOCK = 1.0
#: Rests at least this long (s) are left to the clock instead of an instrument's program.
PAUSE = 0.1
#: Which source a segment belongs to.
METER, GENERATOR, GATE = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One program for one source, or `pause` seconds at rest where there is none."""

    source: Source | None
    program: Program | None
    pause: float = 0.0
    on_gate: bool = False
    """the source is on the third terminal, and the device rests"""

    def segments(self) -> tuple[Segment, ...]:
        """Return what one pass of the program gives to both terminals."""
        p = self.program
        if p is None:
            return ()
        levels = p.voltage.tolist()
        gates = [None] * len(levels) if p.gate is None else p.gate.tolist()
        if self.on_gate:
            levels, gates = [0.0] * len(levels), levels
        columns = (levels, p.duration.tolist(), p.ramp.tolist(), p.measure.tolist(), gates)
        return tuple(starmap(Segment, zip(*columns, strict=True)))

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
    contacts: int = 0
    """of a switch matrix, which open or close to connect the cell; those of a walk through all
    cells where none is chosen"""
    before: Source | None = None
    """what the relay connects beforehand; None where nobody knows, or there is no relay"""
    settle: float = 0.0
    """s, for which the device rests while the relay changes over"""

    def applied(self) -> Iterator[Segment]:
        """Yield what the device is given, segment by segment.

        That is the stimulus, and what the bench adds to it: rests while the path changes, 0 V from
        one program to the next (for as long as messages take: they have no duration here), gates of
        an array that are on before a ramp begins.
        """
        before = self.before
        for step in chain.from_iterable(
            chain.from_iterable(repeat(steps, count)) for steps, count in self.passes
        ):
            if step.program is None:
                yield Segment(0.0, step.pause)
                continue
            changes = self.settle > 0 and not step.on_gate and step.source is not before
            yield Segment(0.0, self.settle if changes else 0.0)
            before = before if step.on_gate else step.source
            yield from chain.from_iterable(repeat(step.segments(), step.program.count))

    @property
    def programs(self) -> int:
        """How many times a program is triggered."""
        return sum(n * sum(s.program is not None for s in steps) for steps, n in self.passes)


def joined(
    passes: Iterable[tuple[tuple[Segment, ...], int]], most: int
) -> Iterator[tuple[tuple[Segment, ...], int]]:
    """Yield passes at whose ends the device may rest at 0 V.

    Passes between which a level is held, or a ramp begins off 0 V, are written out as one.

    Raises:
        CapabilityError: that would have more than `most` segments.
    """
    before: tuple[tuple[Segment, ...], int] | None = None
    for segments, count in chain.from_iterable(starmap(_turned, passes)):
        one = segments, count
        if count > 1 and segments[0].ramp > 0 and any(_levels(segments[-1])):
            one = _written_out([one], most)
        if before is not None and _goes_on(before[0][-1], segments[0]):
            one = _written_out([before, one], most)
        elif before is not None:
            yield before
        before = one
    if before is not None:
        yield before


def _turned(segments: tuple[Segment, ...], count: int) -> Iterator[tuple[tuple[Segment, ...], int]]:
    """Yield a loop whose level goes on from pass to pass as one that begins where none does.

    The device may rest between its passes then; best where it rests anyway.
    """
    if count > 1 and _goes_on(segments[-1], segments[0]):
        cuts = [k for k, pair in enumerate(pairwise(segments), 1) if not _goes_on(*pair)]
        if cuts:
            cut = min(cuts, key=lambda k: not _rests(segments[k]))
            head, tail = segments[:cut], segments[cut:]
            yield from ((head, 1), (tail + head, count - 1), (tail, 1))
            return
    yield segments, count


def _goes_on(last: Segment, first: Segment) -> bool:
    """Tell whether what `first` applies depends on the level `last` leaves."""
    both = zip(_levels(last), _levels(first), strict=True)
    return any(level and (first.ramp > 0 or level == then) for level, then in both)


def _levels(segment: Segment) -> tuple[float, float]:
    """Return what the device and its third terminal are given (V)."""
    return segment.voltage, segment.gate or 0.0


def _written_out(
    passes: list[tuple[tuple[Segment, ...], int]], most: int
) -> tuple[tuple[Segment, ...], int]:
    if sum(len(segments) * count for segments, count in passes) > most:
        last = _levels(passes[0][0][-1])
        level = last[0] or last[1]
        raise CapabilityError(
            f"the {show(level, 'V')} that a loop's pass ends at cannot be kept up to what follows: "
            f"that would take more than {most} segments in one program; end the pass at 0 V"
        )
    return tuple(s for segments, count in passes for s in segments * count), 1


def compiled(
    segments: tuple[Segment, ...], count: int, compliance: float, wiring: Wiring, limits: Limits
) -> Iterator[tuple[tuple[Step, ...], int]]:
    """Yield the passes that play `segments` `count` times.

    Raises:
        CapabilityError: the bench has no source for them.
    """
    steps = tuple(_step(*piece, compliance, wiring, limits) for piece in _pieces(segments, wiring))
    if len(steps) == 1 and steps[0].program is not None:
        yield (replace(steps[0], program=replace(steps[0].program, count=count)),), 1
    elif steps:
        yield steps, count


def _pieces(segments: tuple[Segment, ...], wiring: Wiring) -> Iterator[tuple[list[Segment], int]]:
    """Yield runs of neighbours for one source each, and which source.

    A long rest is a run of its own.
    """
    sources = _sources(segments, wiring)
    run: list[Segment] = []
    source, active = METER, False
    elapsed = 0.0
    for segment, wanted in zip(segments, sources, strict=True):
        rests = _rests(segment)
        if rests and segment.duration >= PAUSE:
            if run:
                yield run, source
            yield [segment], METER
            run, elapsed, active, source = [], 0.0, False, METER
            continue
        if active and not rests and wanted != source:
            yield run, source
            run, elapsed, active = [], 0.0, False
        if not rests:
            source, active = wanted, True
        run.append(segment)
        elapsed += segment.ramp + segment.duration
        if active and rests and elapsed >= BLOCK:
            yield run, source
            run, elapsed, active, source = [], 0.0, False, METER
    if run:
        yield run, source


def _sources(segments: tuple[Segment, ...], wiring: Wiring) -> list[int]:
    """Return the source of each segment.

    What is too short for the source-meter is the generator's, and so are the segments a ramp
    ties to it: a ramp starts from the level before it, both belong to the same source.
    """
    shortest, gated = wiring.shortest, wiring.gate is not None
    found = [
        GATE
        if gated and s.gate
        else GENERATOR
        if 0 < s.duration < shortest or 0 < s.ramp < shortest
        else METER
        for s in segments
    ]
    tied = [after.ramp > 0 and not _at_zero(one) for one, after in pairwise(segments)]
    for i, together in enumerate(tied):
        found[i + 1] = max(found[i + 1], found[i] * together)
    for i in range(len(tied) - 1, -1, -1):
        found[i] = max(found[i], found[i + 1] * tied[i])
    return found


def _step(
    piece: list[Segment], source: int, compliance: float, wiring: Wiring, limits: Limits
) -> Step:
    """Return the step that plays one run of segments."""
    if all(_rests(segment) for segment in piece):
        return Step(None, None, math.fsum(segment.duration for segment in piece))
    if wiring.array is not None and wiring.array.first_gate is not None and piece[0].ramp > 0:
        # The gates must be on before the ramp begins, or they would rise with it.
        piece = [Segment(0.0, wiring.source_meter.capabilities.shortest), *piece]
    program = Program.of(piece, 1, compliance)
    gate = wiring.gate_levels(piece, program.voltage)
    if source == GATE and wiring.gate is not None and gate is not None:
        if program.voltage.any() or program.measure.any():
            raise CapabilityError(
                "a generator on the gate is not in step with the source-meter: pulse the gate "
                "while the device rests, and read after that; or use a source-meter with two "
                "channels"
            )
        held = replace(program, voltage=gate, compliance=limits.gate_compliance)
        return Step(wiring.gate, held, on_gate=True)
    sensed = wiring.array is not None and wiring.array.senses
    if gate is not None and (sensed or gate.any()):
        program = replace(program, gate=gate, gate_compliance=limits.gate_compliance)
    if source == METER:
        return Step(wiring.source_meter, program)
    if wiring.generator is None or program.measure.any():
        raise _too_fast(piece, bool(program.measure.any()), wiring)
    return Step(wiring.generator, program)


def _too_fast(piece: list[Segment], measured: bool, wiring: Wiring) -> CapabilityError:
    """Return the error for a run that only a source-meter could play, and this one cannot."""
    shortest = wiring.source_meter.capabilities.shortest
    times = [t for s in piece for t in (s.duration, s.ramp) if 0 < t < wiring.shortest]
    remedy = "" if wiring.generator else " or add a pulse generator to the bench"
    return CapabilityError(
        f"the source-meter cannot {'measure' if measured else 'play'} a segment of "
        f"{show(min(times), 's')}; its shortest is {show(shortest, 's')}, so lengthen the "
        f"widths{remedy}"
    )


def _rests(segment: Segment) -> bool:
    """Tell whether the device is simply left at 0 V."""
    return _at_zero(segment) and segment.ramp == 0 and not segment.measure


def _at_zero(segment: Segment) -> bool:
    return segment.voltage == 0 and not segment.gate
