"""What every driver owes, whatever its role."""

import inspect
from typing import Any

import pytest
from pymeasure.instruments import Instrument as PyMeasureInstrument

from benchctl import plugins
from benchctl.errors import InstrumentError
from benchctl.roles import Instrument, PulseGenerator, Source, SourceMeter, SwitchMatrix

pytestmark = pytest.mark.parametrize("name", plugins.names("driver"))
MODELS = {"keysight_b2900": "B2902A"}
"""whose driver is named after a family"""


def test_plays_a_role(name: str, connect: Any) -> None:
    driver = connect(name).driver
    assert isinstance(driver, Instrument)
    assert isinstance(driver, PyMeasureInstrument)
    assert isinstance(driver, Source) != isinstance(driver, SwitchMatrix)
    if isinstance(driver, SwitchMatrix):
        return
    assert isinstance(driver, SourceMeter if driver.capabilities.measures else PulseGenerator)


def test_opening_is_silent(name: str, connect: Any) -> None:
    assert connect(name).world.messages == 0


def test_identifies(name: str, connect: Any) -> None:
    box = connect(name)
    assert MODELS.get(name, name.split("_")[1].upper()) in box.driver.identify()
    maker = box.driver.identify().upper().partition(",")[0]
    for former in ("AGILENT", "HEWLETT-PACKARD"):
        maker = maker.replace(former, "KEYSIGHT")
    assert name.split("_")[0].upper() in maker


@pytest.mark.parametrize("kind", ["identity", "garbage", "drop", "timeout"])
def test_identity_must_be_its_own(name: str, connect: Any, kind: str) -> None:
    box = connect(name, faults=((kind, 1),))
    with pytest.raises(InstrumentError, match="box"):
        box.driver.identify()


def test_prepare_from_any_state(name: str, connect: Any) -> None:
    box = connect(name)
    box.driver.adapter.write(f"{box.engage};:NONSENSE")
    box.driver.prepare()
    assert box.ask(box.engaged) == "0"
    assert box.errors() == 0


@pytest.mark.parametrize("kind", ["drop", "garbage", "timeout"])
def test_prepare_reports_failure(name: str, connect: Any, kind: str) -> None:
    box = connect(name, faults=((kind, 1),))
    with pytest.raises(InstrumentError, match="box"):
        box.driver.prepare()


def test_safe_leaves_nothing_on(name: str, connect: Any) -> None:
    box = connect(name)
    box.driver.prepare()
    box.driver.adapter.write(box.engage)
    assert box.ask(box.engaged) == "1"
    box.driver.safe()
    assert box.ask(box.engaged) == "0"
    assert box.errors() == 0


def test_safe_after_a_failed_message(name: str, connect: Any) -> None:
    box = connect(name)
    box.driver.prepare()
    box.driver.adapter.write(f"{box.engage};:NONSENSE;*IDN?")
    box.driver.adapter.write("*IDN?")  # and nobody reads the answer
    box.driver.safe()
    assert box.ask(box.engaged) == "0"


def test_safe_survives_one_lost_answer(name: str, connect: Any) -> None:
    box = connect(name, faults=(("drop", 2),))
    box.driver.adapter.write(box.engage)
    box.driver.safe()
    assert box.ask(box.engaged) == "0"


def test_safe_on_a_dead_instrument(name: str, connect: Any) -> None:
    box = connect(name, faults=(("timeout", 1),))
    with pytest.raises(InstrumentError, match="box"):
        box.driver.safe()


def test_properties_say_what_they_do(name: str, connect: Any) -> None:
    driver = plugins.load("driver", name)
    own = {
        attribute: value
        for attribute, value in vars(driver).items()
        if isinstance(value, property) and not attribute.startswith("_")
    }
    for attribute, value in own.items():
        words = (inspect.getdoc(value) or "").split()
        assert words, attribute
        if type(value).__module__.startswith("pymeasure"):
            assert words[0] in {"Control", "Get", "Measure", "Set"}, attribute


def test_properties_answer(name: str, connect: Any) -> None:
    box = connect(name)
    box.driver.prepare()
    for attribute, value in vars(type(box.driver)).items():
        if type(value).__module__.startswith("pymeasure") and value.fget is not None:
            getattr(box.driver, attribute)
    assert box.errors() == 0
