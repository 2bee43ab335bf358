"""What the tables of bench.toml are made of: frozen models, and quantities with their units."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from benchctl.errors import ConfigError
from benchctl.quantities import parse


def _quantity(unit: str) -> BeforeValidator:
    def convert(value: object) -> float:
        try:
            return parse(value, unit)
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("value: ")) from None

    return BeforeValidator(convert, json_schema_input_type=float | str)


def two(words: str) -> BeforeValidator:
    """Return the check that a value is two values; `words` say which."""

    def convert(value: object) -> object:
        if isinstance(value, list | tuple) and len(value) == 2:
            return value
        raise ValueError(f"expected two values, {words}")

    return BeforeValidator(convert)


Volts = Annotated[float, _quantity("V")]
Amperes = Annotated[float, _quantity("A")]
Seconds = Annotated[float, _quantity("s")]
Ohms = Annotated[float, _quantity("Ohm")]
Kelvins = Annotated[float, _quantity("K")]
Window = Annotated[
    tuple[Volts, Volts], two('the lowest and the highest voltage, such as ["-2 V", "2 V"]')
]
Siemens = Annotated[float, _quantity("S")]
Farads = Annotated[float, _quantity("F")]


class Frozen(BaseModel):
    """A table: unknown keys are refused, the docstring under a key is its description."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
