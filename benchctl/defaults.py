"""A bench's [defaults] against the procedures there are: a misspelt one would change nothing."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from benchctl import plugins
from benchctl.errors import ConfigError, unknown

#: Likeness from which a name is taken for a misspelt one, not for somebody's own.
ALIKE: Final = 0.8


def refuse_misspelt(
    defaults: Mapping[str, Any], also: Mapping[str, Any] = {}, path: Path | str = ""
) -> None:
    """Refuse defaults that no procedure takes.

    A name unlike any that is known passes: it may belong to a procedure in a file of its own.

    Args:
        defaults: of the bench, tables of single procedures among them.
        also: procedures (name to class) that need not be installed.
        path: of the file they are from, for the error.

    Raises:
        ConfigError: a table of no procedure, a parameter its procedure has not, or one that
            looks like a parameter and is none.
    """
    shared = {name for name, value in defaults.items() if not isinstance(value, Mapping)}
    try:
        _refuse_shared(shared, also)
        for name in defaults.keys() - shared:
            _refuse_table(name, defaults[name], also)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}" if path else str(error)) from None


def _refuse_shared(names: set[str], also: Mapping[str, Any]) -> None:
    known: set[str] = set()
    for kind in _kinds(also) if names else ():
        known |= parameters_of(kind)
        if names <= known:
            break
    for name in sorted(names - known):
        near = get_close_matches(name, known, n=1, cutoff=ALIKE)
        if near:
            raise ConfigError(f"[defaults] no procedure has '{name}'; did you mean '{near[0]}'?")


def parameters_of(kind: Any) -> set[str]:
    """Return the names of a procedure class's parameters."""
    from pymeasure.experiment import Parameter

    return {name for name in dir(kind) if isinstance(getattr(kind, name, None), Parameter)}


def _kinds(also: Mapping[str, Any]) -> Iterator[Any]:
    """Return procedure classes, those at hand first: the others cost an import each."""
    yield from also.values()
    for name in plugins.names("procedure"):
        if name not in also:
            yield plugins.load("procedure", name)


def _refuse_table(name: str, table: Iterable[str], also: Mapping[str, Any]) -> None:
    installed = plugins.names("procedure")
    if name not in also and name not in installed:
        if ":" in name:  # package.module:Class, which only its own run loads
            return
        raise ConfigError(f"[defaults.{name}] {unknown('procedure', name, installed)}")
    kind = also[name] if name in also else plugins.load("procedure", name)
    known = parameters_of(kind)
    for key in table:
        if key not in known:
            raise ConfigError(f"[defaults.{name}] {unknown('parameter', key, known)}")
