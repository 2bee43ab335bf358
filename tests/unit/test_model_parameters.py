"""The parameters of a model: numbers with bounds, switches, names and presets."""

from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import pytest

from sim_instruments.models import GROUP
from sim_instruments.models.parameters import Bound, Choice, bounds, checked

MODELS = {point.name: point for point in entry_points(group=GROUP)}
SETS = {
    "slow": {"speed": 1.0, "hop": 2.0},
    "fast": {"speed": 50.0, "window": "hard"},
    "wrong": {"speed": 1e9},
}


@dataclass(frozen=True, slots=True)
class Parameters:
    window: Annotated[str, Choice(("soft", "hard"))] = "soft"
    speed: Annotated[float, Bound("m/s", 0.0, 100.0)] = 1.0
    hop: Annotated[float, Bound("", 0.0, 10.0)] = 2.0
    preset: Annotated[str, Choice(SETS)] = "slow"


def of(**given):
    return checked(Parameters, "toy", given)


def test_a_name_is_taken_as_it_is():
    assert of(window="hard") == Parameters(window="hard")


def test_a_preset_sets_what_it_names_and_leaves_the_rest():
    assert of(preset="fast") == Parameters("hard", 50.0, 2.0, "fast")


def test_what_is_given_wins_over_the_preset():
    assert of(window="soft", speed=3.0, preset="fast") == Parameters("soft", 3.0, 2.0, "fast")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window": "sofd"}, r"^toy parameter window must be one of soft, hard; got 'sofd'; did "
                             r"you mean 'soft'\?$"),
        ({"window": "xyz"}, r"^toy parameter window must be one of soft, hard; got 'xyz'$"),
        ({"window": 1.0}, r"^toy parameter window must be one of soft, hard; got 1.0$"),
        ({"window": ["soft"]}, r"^toy parameter window must be .*; got \['soft'\]$"),
        ({"preset": "fsat"}, r"preset must be one of slow, .*; got 'fsat'; did you mean 'fast'"),
        ({"preset": True}, "preset must be one of slow, fast, wrong; got True"),
        ({"preset": "wrong"}, "speed must be a number from 0 m/s to 100 m/s, got 1e.09 m/s"),
        ({"speed": "slow"}, "speed must be a number from 0 m/s to 100 m/s, got 'slow'"),
        ({"pressed": "slow"}, r"toy has no parameter 'pressed'; did you mean 'preset'\?"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_refused_with_the_nearest(given, message):
    with pytest.raises(ValueError, match=message):
        of(**given)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_the_default_preset_is_the_defaults(model):
    kind = MODELS[model].load().PARAMETERS
    for name, choice in bounds(kind).items():
        if isinstance(choice, Choice):
            assert checked(kind, model, {name: getattr(kind(), name)}) == kind()


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_name_of_every_choice_gives_a_device(model):
    build = MODELS[model].load()
    for name, choice in bounds(build.PARAMETERS).items():
        if isinstance(choice, Choice):
            for value in choice.names:
                assert build(seed=0, **{name: value}).metadata()["parameters"][name] == value


def test_the_docs_page_shows_names_and_presets(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "docs")
    from generate.models import _parameters, _presets

    page = "\n".join([_parameters(Parameters), *_presets(Parameters)])
    assert "| `window` |  | — | `soft`, `hard` | `soft` |" in page
    assert "| preset | `slow` | `fast` | `wrong` |" in page
    assert "| `speed` | 1 | 50 | 1e+09 |" in page
