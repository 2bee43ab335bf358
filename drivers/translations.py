"""Programs in an instrument's own words."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from benchctl.program import Program

REMEMBERED: Final = 512
"""a write-verify comes back to some hundred different pulses"""
Words = TypeVar("Words")


class Translations(Generic[Words]):
    """Remembers what the last few programs were translated to, by content."""

    def __init__(self, translate: Callable[[Program], Words]) -> None:
        self._translate = translate
        self._known: dict[tuple[object, ...], Words] = {}

    def of(self, program: Program) -> Words:
        """Return a program's translation.

        Raises:
            CapabilityError: it has none.
        """
        key = (
            program.voltage.tobytes(),
            program.duration.tobytes(),
            program.ramp.tobytes(),
            program.measure.tobytes(),
            program.count,
            program.compliance,
            None if program.gate is None else program.gate.tobytes(),
            program.gate_compliance,
        )
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = self._translate(program)
        return self._known[key]

    def clear(self) -> None:
        """Forget them: the instrument has turned out to be another than was thought."""
        self._known.clear()
