"""What drivers are made of: preparing anew, digital lines, and what has changed."""

import pytest
from pymeasure.adapters import ProtocolAdapter

from benchctl.errors import CapabilityError, InstrumentError
from drivers.conversation import Conversation
from drivers.digital_lines import DigitalLines
from drivers.list_sweep import Sent, messages
from drivers.prepared import Prepared

FINE = '0,"No error"'
DONE = f"1;{FINE}"
ASK = ";*OPC?;:SYST:ERR?"


@pytest.fixture
def done() -> list[str]:
    return []


def prepared(done: list[str], *dialogue: tuple[str, str]) -> Prepared:
    wire = Conversation(ProtocolAdapter(list(dialogue)), "box")
    return Prepared(wire, lambda: done.append("prepare"), lambda: "OFF")


def test_it_prepares_once_for_steps_that_come_to_their_end(done: list[str]) -> None:
    box = prepared(done)
    assert box.carry_out(lambda: len(done)) == 1
    box.carry_out(lambda: done.append("step"))
    assert done == ["prepare", "step"]
    box.forget()
    box.carry_out(lambda: done.append("step"))
    assert done[2:] == ["prepare", "step"]


def test_a_failed_step_switches_off_and_the_next_starts_afresh(done: list[str]) -> None:
    box = prepared(done, ("OFF;:SYST:ERR?", FINE))

    def fail() -> None:
        raise InstrumentError("box is odd")

    with pytest.raises(InstrumentError, match="odd"):
        box.carry_out(fail)
    box.carry_out(lambda: done.append("step"))
    assert done == ["prepare", "prepare", "step"]


def test_an_interrupted_step_sends_nothing_and_the_next_starts_afresh(done: list[str]) -> None:
    box = prepared(done)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        box.carry_out(interrupt)
    box.carry_out(lambda: done.append("step"))
    assert done == ["prepare", "prepare", "step"]


def test_what_fails_while_it_is_prepared_switches_off_too() -> None:
    wire = Conversation(ProtocolAdapter([("A" + ASK, "0;x"), ("OFF;:SYST:ERR?", "-310,x"),
                                         (":SYST:ERR?", FINE)]), "box")  # fmt: skip
    box = Prepared(wire, lambda: wire.command("A"), lambda: "OFF")
    with pytest.raises(InstrumentError, match="box reports -310"):
        box.prepare()


def lines(*dialogue: tuple[str, str]) -> DigitalLines:
    wire = Conversation(ProtocolAdapter(list(dialogue)), "box")
    return DigitalLines(
        wire, "box", 3,
        lambda levels, new: f"SET {dict(sorted(levels.items()))} NEW {sorted(new)}",
    )  # fmt: skip


def test_a_line_is_made_an_output_once_and_all_of_them_after_a_reset() -> None:
    box = lines(
        ("SET {1: True} NEW [1]" + ASK, DONE),
        ("SET {1: True, 3: False} NEW [3]" + ASK, DONE),
        ("SET {1: False, 3: False} NEW []" + ASK, DONE),
        ("SET {1: True, 3: False} NEW []" + ASK, DONE),
    )
    assert box.again() == ""
    box.set_line(1, True)
    box.set_line(3, False)
    box.set_line(1, False)
    assert box.again() == "SET {1: False, 3: False} NEW [1, 3]"
    box.settled()
    box.set_line(1, True)


def test_an_output_is_made_one_again_where_the_reset_failed() -> None:
    box = lines(
        ("SET {1: True} NEW [1]" + ASK, DONE), ("SET {1: True, 2: False} NEW [1, 2]" + ASK, DONE)
    )  # fmt: skip
    box.set_line(1, True)
    box.again()  # and nobody says that it was obeyed
    box.set_line(2, False)


def test_a_line_nobody_knows_is_held_low_through_a_reset() -> None:
    box = lines(
        ("SET {1: True} NEW [1]" + ASK, DONE),
        ("SET {1: True, 2: True} NEW [2]" + ASK, "garbage"),
        (":SYST:ERR?", FINE),
        ("SET {1: True, 2: True} NEW []" + ASK, DONE),
    )
    box.set_line(1, True)
    with pytest.raises(InstrumentError):
        box.set_line(2, True)
    assert box.again() == "SET {1: True, 2: False} NEW [1, 2]"
    box.settled()
    box.set_line(2, True)


@pytest.mark.parametrize("line", [0, 4, -1])
def test_lines_it_has_not(line: int) -> None:
    with pytest.raises(CapabilityError, match="box has digital lines 1 to 3"):
        lines().set_line(line, True)


def test_a_command_that_changes_takes_those_after_it_along() -> None:
    sent = Sent()
    changed = [
        sent.changed(chains)
        for chains in (
            (("a", "b", "c"), ("x",), ()),
            (("a", "b", "c"), ("x",), ()),
            (("a", "B", "c"), ("x",), ("big",)),
            (("a", "B", "c"), ("y",), ()),
            (("a", "B", "C"), ("y",), ("big",)),
            (("A", "B", "C"), ("y",), ("bigger",)),
        )
    ]
    assert changed == [
        ["a", "b", "c", "x"], [], ["B", "c", "big"], ["y"], ["C"], ["A", "B", "C", "bigger"],
    ]  # fmt: skip
    sent.clear()
    assert sent.nothing
    assert sent.changed((("A", "B", "C"), ("y",))) == ["A", "B", "C", "y"]


@pytest.mark.parametrize("longest", [1, 5, 6, 7, 20, 1000])
def test_messages_are_cut_between_commands(longest: int) -> None:
    parts = ["ab;cd", "efg", "h;ijklmnop;q"]
    found = list(messages(parts, longest))
    assert ";".join(found) == ";".join(parts)
    assert all(len(message) <= longest or ";" not in message for message in found)
    assert list(messages([], longest)) == []
