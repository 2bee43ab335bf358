"""Quantities at the edges: ``"200 ns"`` from a person to ``2e-7`` inside, and back.

Inside benchctl every number is an SI float; only TOML files, the command line and the window
speak in prefixes.
"""

import math
import re
from typing import Final
from unicodedata import normalize

from benchctl.errors import ConfigError, unknown

PREFIXES: Final = {
    "y": 1e-24, "z": 1e-21, "a": 1e-18, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3,
    "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
}  # fmt: skip
UNITS: Final = frozenset({"V", "A", "s", "S", "Ohm", "Hz", "K", "W", "J", "C", "F", "m", "eV"})
#: Units that are a fixed number of another one.
MULTIPLES: Final = {
    ("min", "s"): 60.0,
    ("h", "s"): 3600.0,
    ("d", "s"): 86400.0,
    ("y", "s"): 365.25 * 86400.0,
    ("%", ""): 0.01,
}
_SPELLINGS: Final = {"Ω": "Ohm", "ohm": "Ohm", "ohms": "Ohm", "Ohms": "Ohm"}
_NUMBER: Final = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


def parse(value: object, unit: str, name: str = "value") -> float:
    """Return `value` as a finite SI float.

    Args:
        value: a number already in `unit`, or text such as ``"1.2"``, ``"200 ns"``, ``"10 y"``.
        unit: the SI unit expected, ``""`` for a plain number.
        name: what the value is, for the error.

    Raises:
        ConfigError: not a number, another unit, NaN or infinite.

    >>> parse("200 ns", "s"), parse("-1.5", "V"), parse("5 %", ""), parse("1 kΩ", "Ohm")
    (2e-07, -1.5, 0.05, 1000.0)
    """
    if isinstance(value, bool):
        raise ConfigError(f"{name}: expected {_expected(unit)}, got {value}")
    if isinstance(value, str):
        number, symbol = _split(value, unit, name)
        factor = _factor(symbol, unit, name)
        # 200 * 1e-9 is 2.0000000000000002e-07: what was typed has fewer digits than that.
        result = number if factor == 1 else float(f"{number * factor:.15g}")
    else:
        try:
            result = float(value)  # type: ignore[arg-type]  # numpy scalars convert too
        except (TypeError, ValueError):
            raise ConfigError(f"{name}: expected {_expected(unit)}, got {value!r}") from None
    if not math.isfinite(result):
        raise ConfigError(f"{name}: {result} is not a finite number; expected {_expected(unit)}")
    return result


def show(value: float, unit: str, digits: int = 4) -> str:
    """Return `value` with the prefix a person would use.

    >>> show(2e-7, "s"), show(1e-4, "A"), show(-1.25, "V"), show(3.2e8, "s"), show(0.05, "")
    ('200 ns', '100 µA', '-1.25 V', '10.14 y', '0.05')
    >>> show(1.18e-7, "S", 2)
    '120 nS'
    """
    if not math.isfinite(value):
        return str(value)
    if unit == "s" and abs(value) >= 60:
        for symbol in ("y", "d", "h", "min"):
            if abs(value) >= MULTIPLES[symbol, "s"]:
                return f"{_rounded(value / MULTIPLES[symbol, 's'], digits)} {symbol}"
    if unit not in UNITS or value == 0:
        return f"{value:.{digits}g} {unit}".rstrip()
    exponent = math.floor(math.log10(float(f"{abs(value):.{digits}g}")) / 3) * 3
    exponent = max(-24, min(12, exponent))
    prefix = next(p for p, factor in PREFIXES.items() if math.isclose(factor, 10.0**exponent))
    return f"{_rounded(value / 10.0**exponent, digits)} {prefix.replace('u', 'µ')}{unit}"


def _rounded(value: float, digits: int) -> str:
    """Return `value` with that many digits that count, and zeros for those that do not."""
    text = f"{value:.{digits}g}"
    return f"{float(text):g}" if "e" in text else text


def _expected(unit: str) -> str:
    return f"a quantity in {unit}" if unit else "a plain number"


def _split(text: str, unit: str, name: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ConfigError(f"{name}: expected {_expected(unit)}, got '{text}'")
    return float(match[1]), match[2]


def _factor(symbol: str, unit: str, name: str) -> float:
    if not symbol or symbol == unit:
        return 1.0
    if (symbol, unit) in MULTIPLES:
        return MULTIPLES[symbol, unit]
    symbol = normalize("NFKC", symbol).replace("μ", "u")  # folds both micro and both ohm signs
    for spelling, plain in _SPELLINGS.items():
        symbol = re.sub(f"{spelling}$", plain, symbol)
    prefix = symbol.removesuffix(unit)
    if unit and symbol.endswith(unit) and prefix in PREFIXES:
        return PREFIXES[prefix]
    known = [p + unit for p in PREFIXES] + [s for s, u in MULTIPLES if u == unit]
    error = unknown("unit", symbol, known if unit else ["%"])
    raise ConfigError(f"{name}: expected {_expected(unit)}; {error}")
