"""What a program was translated to is remembered by its content, and not for ever."""

from dataclasses import replace

import numpy as np
import pytest

from benchctl.errors import CapabilityError
from benchctl.program import Program
from benchctl.stimulus import Segment
from drivers.translations import REMEMBERED, Translations


def program(level: float, count: int = 1) -> Program:
    return Program.of([Segment(level, 1e-3, measure=True)], count, 1e-3)


@pytest.fixture
def asked() -> list[Program]:
    return []


@pytest.fixture
def known(asked: list[Program]) -> Translations[int]:
    def translate(each: Program) -> int:
        if each.count > 100:
            raise CapabilityError("too many")
        asked.append(each)
        return len(asked)

    return Translations(translate)


def test_equal_programs_are_translated_once(known: Translations[int], asked: list[Program]) -> None:
    assert known.of(program(0.1)) == known.of(program(0.1)) == 1
    assert len(asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"voltage": np.array([0.2])}, {"duration": np.array([2e-3])}, {"ramp": np.array([1e-3])},
        {"measure": np.array([False])}, {"count": 2}, {"compliance": 1e-4},
        {"gate": np.array([0.0])}, {"gate_compliance": 1e-6},
    ],
)  # fmt: skip
def test_whatever_differs_makes_another(known: Translations[int], other: dict) -> None:
    assert known.of(program(0.1)) == 1
    assert known.of(replace(program(0.1), **other)) == 2


def test_a_refusal_is_not_remembered(known: Translations[int]) -> None:
    for _ in range(2):
        with pytest.raises(CapabilityError):
            known.of(program(0.1, 101))


def test_it_stays_small_and_can_be_emptied(known: Translations[int], asked: list[Program]) -> None:
    for n in range(REMEMBERED + 1):
        known.of(program(n * 1e-3))
    assert known.of(program(REMEMBERED * 1e-3)) == REMEMBERED + 1
    known.of(program(0.0))  # gone with the first few
    assert len(asked) == REMEMBERED + 2
    known.clear()
    known.of(program(0.0))
    assert len(asked) == REMEMBERED + 3
