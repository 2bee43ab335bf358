"""Parameters of device models: one place that checks names, types and ranges."""

import math
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class Bound:
    """The unit and the closed range of one parameter, used as ``Annotated[float, Bound(…)]``."""

    unit: str
    """SI symbol, ``""`` for a pure number"""
    low: float
    high: float


def bounds(kind: type[Any]) -> dict[str, Bound | None]:
    """Return the bound of each parameter of dataclass `kind`, None for a switch."""
    hints = get_type_hints(kind, include_extras=True)
    return {f.name: next(iter(getattr(hints[f.name], "__metadata__", ())), None)
            for f in fields(kind)}  # fmt: skip


def checked(kind: type[Values], model: str, given: dict[str, Any]) -> Values:
    """Return the parameter set `kind` with the `given` values, SI floats or booleans.

    Raises:
        ValueError: an unknown name, a value of another type or out of range; the text names the
            parameter, its unit and its range.
    """
    allowed = bounds(kind)
    for name in given:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(
                f"{model} has no parameter '{name}'{hint} (known: {', '.join(sorted(allowed))})"
            )
    return kind(**{name: _one(model, name, value, allowed[name]) for name, value in given.items()})


def _one(model: str, name: str, value: Any, bound: Bound | None) -> float | bool:
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


def as_metadata(values: Any) -> dict[str, float | bool]:
    """Return a parameter set as plain values for a file's header."""
    return asdict(values)
