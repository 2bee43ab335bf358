"""Parameters of device models: one place that checks names, types and ranges."""

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

Values = TypeVar("Values")
Value = float | bool | str


@dataclass(frozen=True, slots=True)
class Bound:
    """The unit and the closed range of one parameter, used as ``Annotated[float, Bound(…)]``."""

    unit: str
    """SI symbol, ``""`` for a pure number"""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The names a text parameter takes, used as ``Annotated[str, Choice(("hard", "soft"))]``.

    A mapping makes them presets: each name stands for values of the other parameters, which hold
    where these are not given themselves. The dataclass defaults are those of the default preset.
    """

    names: Collection[str] | Mapping[str, Mapping[str, Value]]

    def values(self, name: str) -> dict[str, Value]:
        """Return the values of other parameters `name` stands for, none for a plain choice."""
        return dict(self.names[name]) if isinstance(self.names, Mapping) else {}


def bounds(kind: type[Any]) -> dict[str, Bound | Choice | None]:
    """Return the bound or choice of each parameter of dataclass `kind`, None for a switch."""
    hints = get_type_hints(kind, include_extras=True)
    return {f.name: next(iter(getattr(hints[f.name], "__metadata__", ())), None)
            for f in fields(kind)}  # fmt: skip


def checked(kind: type[Values], model: str, given: dict[str, Any]) -> Values:
    """Return the parameter set `kind` with the `given` values: SI floats, booleans or names.

    Raises:
        ValueError: an unknown name, a value of another type or out of range; the text names the
            parameter, its unit and its range, or the names it takes.
    """
    allowed = bounds(kind)
    for name in given:
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            raise ValueError(
                f"{model} has no parameter '{name}'{_near(name, allowed)} (known: {known})"
            )
    values: dict[str, Any] = {}
    for name, bound in allowed.items():
        if isinstance(bound, Choice) and name in given:
            values |= bound.values(_name(model, name, given[name], bound))
    values |= given
    return kind(**{name: _one(model, name, value, allowed[name]) for name, value in values.items()})


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _name(model: str, name: str, value: Any, choice: Choice) -> str:
    if isinstance(value, str) and value in choice.names:
        return value
    hint = _near(value, choice.names) if isinstance(value, str) else ""
    takes = ", ".join(choice.names)
    raise ValueError(f"{model} parameter {name} must be one of {takes}; got {value!r}{hint}")


def _one(model: str, name: str, value: Any, bound: Bound | Choice | None) -> Value:
    if isinstance(bound, Choice):
        return _name(model, name, value, bound)
    if bound is None:
        if not isinstance(value, bool):
            raise ValueError(f"{model} parameter {name} must be true or false, got {value!r}")
        return value
    unit = f" {bound.unit}" if bound.unit else ""
    wanted = f"a number from {bound.low:g}{unit} to {bound.high:g}{unit}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{model} parameter {name} must be {wanted}, got {value!r}")
    if not (math.isfinite(value) and bound.low <= value <= bound.high):
        raise ValueError(f"{model} parameter {name} must be {wanted}, got {value:g}{unit}")
    return float(value)


def as_metadata(values: Any) -> dict[str, Value]:
    """Return a parameter set as plain values for a file's header."""
    return asdict(values)
