"""The ranges of a source-meter, as parameters and as settings: the smallest that holds a value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim_instruments.scpi_lexer import Token
from sim_instruments.scpi_parameters import Number
from sim_instruments.scpi_tree import Reply, Setting, key
from sim_instruments.status import ScpiError

Reach = Callable[[float], float]
"""how far a range goes"""


def smallest(ranges: tuple[float, ...], value: float, reach: Reach) -> float:
    """Return the smallest of `ranges` that holds `value`, the largest if none does."""
    return next((each for each in ranges if abs(value) <= reach(each)), ranges[-1])


@dataclass(frozen=True, slots=True)
class Range:
    """A range parameter: any number, and the smallest range that holds it is taken."""

    unit: str
    ranges: tuple[float, ...]
    default: float
    reach: Reach
    form: str = "{:+.6E}"

    def parse(self, token: Token, device: Any) -> float:
        """Return the range."""
        if token.kind == "word" and token.text in ("MIN", "MINIMUM"):
            return self.ranges[0]
        most = self.reach(self.ranges[-1])
        value = Number(self.unit, -most, most, self.default).parse(token, device)
        return smallest(self.ranges, float(value), self.reach)

    def show(self, value: float) -> str:
        """Return NR3."""
        return self.form.format(value)


@dataclass(frozen=True, slots=True)
class RangeSetting(Setting):
    """A range; setting it ends autoranging, which lives under the same name plus ``_auto``."""

    def run(
        self, device: Any, query: bool, suffixes: tuple[int, ...], tokens: tuple[Token, ...]
    ) -> Reply:
        """Set, or answer what is in force."""
        if query:
            if tokens:
                raise ScpiError(-108)
            return self.kind.show(device.range_of(self.name, *suffixes))
        auto = key(f"{self.name}_auto", suffixes)
        before, device.settings[auto] = device.settings[auto], False
        try:
            return Setting.run(self, device, query, suffixes, tokens)
        except ScpiError:
            device.settings[auto] = before
            raise
