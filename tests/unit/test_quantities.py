import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchctl.errors import ConfigError
from benchctl.quantities import PREFIXES, UNITS, parse, show


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("200 ns", "s", 2e-7),
        ("200ns", "s", 2e-7),
        ("1.2", "V", 1.2),
        ("-1.5e0 V", "V", -1.5),
        ("100 µA", "A", 1e-4),
        ("100 μA", "A", 1e-4),  # the Greek letter
        ("100 uA", "A", 1e-4),
        ("2 kΩ", "Ohm", 2e3),
        ("2 kOhm", "Ohm", 2e3),
        ("3 MOhm", "Ohm", 3e6),
        ("5 %", "", 0.05),
        ("10 y", "s", 10 * 365.25 * 86400),
        ("2 h", "s", 7200.0),
        (".5 d", "s", 43200.0),
        (3, "V", 3.0),
    ],
)
def test_text_becomes_si(text, unit, value):
    assert parse(text, unit) == value


@pytest.mark.parametrize(
    "wrong", ["nan", "inf", float("nan"), float("-inf"), "1e999 V", True, None]
)
def test_only_finite_numbers(wrong):
    with pytest.raises(ConfigError, match="width: "):
        parse(wrong, "V", "width")


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("5 nV", "s", "expected a quantity in s"),
        ("5 mss", "s", "did you mean 'ms'"),
        ("1.2.3 V", "V", "got '1.2.3 V'"),
        ("two V", "V", "got 'two V'"),
        ("", "V", "got ''"),
        ("5 V", "", "expected a plain number"),
    ],
)
def test_errors_say_what_was_expected(text, unit, words):
    with pytest.raises(ConfigError, match="set_width") as error:
        parse(text, unit, "set_width")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@given(
    st.floats(1e-20, 1e10) | st.floats(-1e10, -1e-20),
    st.sampled_from(sorted(UNITS - {"K"})),
)
def test_what_is_shown_reads_back(value, unit):
    assert parse(show(value, unit, digits=12), unit) == pytest.approx(value, rel=1e-9)


@given(st.sampled_from(sorted(PREFIXES)), st.floats(-999, 999))
def test_every_prefix(prefix, number):
    assert parse(f"{number!r} {prefix}V", "V") == pytest.approx(
        number * PREFIXES[prefix], rel=1e-12, abs=1e-300
    )


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_one_clear_error(text):
    try:
        value = parse(text, "V", "level")
    except ConfigError as error:
        value, words = 0.0, str(error)
        assert words.startswith("level: ")
    assert math.isfinite(value)


def test_shown_digits_carry_over_to_the_next_prefix():
    assert show(999.99996, "Ohm") == "1 kOhm"
    assert show(0.0, "A") == "0 A"
    assert show(float("nan"), "S") == "nan"
