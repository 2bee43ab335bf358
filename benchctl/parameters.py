"""What a procedure asks for: PyMeasure parameters that take quantities and refuse nonsense.

A parameter accepts an SI number or text with a unit, checks its bounds, names itself in every
error, and prints all its digits (PyMeasure's own ``%g`` loses them).
"""

import re
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from pymeasure.experiment import (
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    Parameter,
    VectorParameter,
)

from benchctl.errors import ConfigError, unknown
from benchctl.quantities import parse, show

#: PyMeasure's spin boxes round to this many decimals; 30 keeps a femtoampere whole.
_DECIMALS = 30
#: The largest number a Qt spin box holds is 2**31 - 1.
_MOST = 10**9
_BRACKETED = re.compile(r"\s*\[(.*)\]\s*(\S*)\s*")
_SWITCH = {"true": True, "yes": True, "on": True, "1": True,
           "false": False, "no": False, "off": False, "0": False}  # fmt: skip


def _own_name(parameter: Parameter) -> str:
    """Return the attribute's name, as scripts write it; the title before there is a class."""
    return str(getattr(parameter, "attribute", parameter.name))


class Quantity(FloatParameter):
    """A number with a unit; `value` is an SI float."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name that errors use."""
        self.attribute = name

    def convert(self, value: object) -> float:
        """Return `value` in SI units, within the bounds."""
        return _bounded(parse(value, self.units, _own_name(self)), self, _own_name(self))

    def __str__(self) -> str:
        return f"{self.value!r} {self.units}".rstrip() if self.is_set() else ""


class Count(IntegerParameter):
    """A whole number."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name that errors use."""
        self.attribute = name

    def convert(self, value: object) -> int:
        """Return `value` as an int within the bounds; ``"1e5"`` is one, 2.5 is not."""
        who = _own_name(self)
        if isinstance(value, Integral) and not isinstance(value, bool):
            number = int(value)
        else:
            exact = parse(value, "", who)
            number = int(exact)
            if number != exact:
                raise ConfigError(f"{who}: expected a whole number, got {exact:g}")
        if not self.minimum <= number <= self.maximum:
            raise ConfigError(f"{who}: {number} is not within {self.minimum} to {self.maximum}")
        return number


class Choice(ListParameter):
    """One of a few words."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name that errors use."""
        self.attribute = name

    def convert(self, value: object) -> Any:
        """Return the choice that `value` names."""
        known = {str(choice): choice for choice in self.choices}
        if str(value) not in known:
            raise unknown(_own_name(self), str(value), known)
        return known[str(value)]


class Switch(BooleanParameter):
    """On or off."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name that errors use."""
        self.attribute = name

    def convert(self, value: object) -> bool:
        """Return `value` as a bool: True, "yes", "on", 1 and their opposites."""
        try:
            return _SWITCH[str(value).strip().lower()]
        except KeyError:
            raise ConfigError(f"{_own_name(self)}: expected true or false, got {value!r}") from None


class Quantities(VectorParameter):
    """Any number of quantities; `value` is a tuple of SI floats."""

    def __init__(self, title: str, units: str, minimum: float, maximum: float, **more: Any) -> None:
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(title, length=None, units=units, **more)

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name that errors use."""
        self.attribute = name

    def convert(self, value: object) -> tuple[float, ...]:
        """Return each quantity of ``"1 uS, 10 uS"``, ``"[1e-06, 1e-05] S"`` or a sequence."""
        who = _own_name(self)
        entries = _entries(value, who)
        if not entries:
            raise ConfigError(f"{who}: needs at least one value")
        return tuple(_bounded(parse(entry, self.units, who), self, who) for entry in entries)

    def __str__(self) -> str:
        text = ",".join(map(repr, self.value)) if self.is_set() else ""
        return f"[{text}] {self.units}".rstrip() if text else ""


def _bounded(value: float, parameter: Quantity | Quantities, who: str) -> float:
    if parameter.minimum <= value <= parameter.maximum:
        return value
    unit = parameter.units
    raise ConfigError(
        f"{who}: {show(value, unit, 9)} is not within "
        f"{show(parameter.minimum, unit)} to {show(parameter.maximum, unit)}"
    )


def _entries(value: object, who: str) -> list[object]:
    if isinstance(value, str):
        match = _BRACKETED.fullmatch(value)
        text, unit = match.groups() if match else (value, "")
        entries: list[object] = [f"{e} {unit}" for e in re.split("[,;]", text) if e.strip()]
        bare = [bool(re.fullmatch(r"[-+.\deE\s]*", str(entry))) for entry in entries]
        if any(bare) and not all(bare):
            # "1, 10 uS" would silently be one siemens and ten microsiemens.
            raise ConfigError(f"{who}: give every entry of '{value}' its unit, or none")
        return entries
    if isinstance(value, Iterable):
        return list(value)
    return [value]


def quantity(
    title: str,
    default: float | str,
    unit: str,
    minimum: float | str = -1e9,
    maximum: float | str = 1e9,
    description: str | None = None,
) -> Any:
    """Return a parameter that is a number in `unit` ("" for a plain one), bounds included."""
    return Quantity(
        title,
        units=unit,
        minimum=parse(minimum, unit, title),
        maximum=parse(maximum, unit, title),
        default=parse(default, unit, title),
        decimals=_DECIMALS,
        description=description,
    )


def count(
    title: str,
    default: int,
    minimum: int = 1,
    maximum: int = _MOST,
    description: str | None = None,
) -> Any:
    """Return a parameter that is a whole number, bounds included."""
    return Count(title, minimum=minimum, maximum=maximum, default=default, description=description)


def choice(title: str, default: str, choices: Sequence[str], description: str | None = None) -> Any:
    """Return a parameter that is one of `choices`."""
    return Choice(title, choices=choices, default=default, description=description)


def switch(title: str, default: bool, description: str | None = None) -> Any:
    """Return a parameter that is on or off."""
    return Switch(title, default=default, description=description)


def quantities_list(
    title: str,
    default: str | Sequence[float],
    unit: str,
    minimum: float | str = -1e9,
    maximum: float | str = 1e9,
    description: str | None = None,
) -> Any:
    """Return a parameter that is any number of quantities in `unit`, each within the bounds."""
    return Quantities(
        title,
        unit,
        parse(minimum, unit, title),
        parse(maximum, unit, title),
        default=default,
        description=description,
    )
