"""What can go wrong at a bench: each error has its exit code and says what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class BenchError(Exception):
    """A failure the user can act on; its text is one line and says what to do."""

    exit_code = 1


class ConfigError(BenchError):
    """A name, value, unit or file is not what was expected."""

    exit_code = 2


class LimitExceeded(BenchError):
    """The stimulus would leave the limits of the DUT; nothing was sent."""

    exit_code = 3


class CapabilityError(BenchError):
    """The bench cannot do what the stimulus asks; nothing was sent."""

    exit_code = 3


class InstrumentError(BenchError):
    """An instrument answered with an error, as somebody else, or not at all."""


class Stopped(BenchError):
    """The run was asked to stop."""

    exit_code = 130


def unknown(kind: str, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error for a misspelt name: what it was, the nearest match, and all that is known.

    >>> str(unknown("model", "gap_filamant", ["gap_filament", "resistor"]))
    "unknown model 'gap_filamant'; did you mean 'gap_filament'? (known: gap_filament, resistor)"
    >>> str(unknown("unit", "mV", ["s", "ms"]))
    "unknown unit 'mV' (known: ms, s)"
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return ConfigError(f"unknown {kind} '{name}'{hint} (known: {', '.join(names) or 'none'})")
