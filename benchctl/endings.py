"""How a run ended, which of its errors to tell, and what qualifies its figures."""

from collections.abc import Sequence
from typing import Literal

from benchctl.errors import BenchError, Stopped
from benchctl.procedure import Merit
from benchctl.wiring import Array

Status = Literal["finished", "stopped", "failed"]


def worse(one: BaseException | None, other: BaseException | None) -> BaseException | None:
    """Return the error to report: a failure outranks a stop, the first failure the later ones."""
    if one is None or other is None:
        return one or other
    return other if isinstance(one, Stopped | KeyboardInterrupt | SystemExit) else one


def left_on(error: BaseException | None, text: str) -> BaseException:
    """Return the error to report where outputs stayed on, which no other error may hide."""
    if error is None or isinstance(error, Stopped | KeyboardInterrupt | SystemExit):
        return BenchError(text)
    error.add_note(text)
    return error


def one_line(error: BaseException) -> str:
    """Return what an error and its notes say; the error's kind where benchctl does not know it."""
    notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
    text = " ".join(f"{error}{notes}".split())
    if isinstance(error, BenchError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def exit_code(status: Status, error: BaseException | None) -> int:
    """Return what the command line ends with."""
    if status == "finished":
        return 0
    if status == "stopped":
        return Stopped.exit_code
    return error.exit_code if isinstance(error, BenchError) else BenchError.exit_code


def qualifications(array: Array | None, warnings: Sequence[str]) -> dict[str, Merit]:
    """Return what a reader of any figure must know, whatever the procedure.

    Args:
        array: that the device is a cell of, if it is; it says what else a reading includes.
        warnings: where a simulated device left what its model holds for.
    """
    found = {}
    if array is not None:
        found["array_scheme"] = Merit(
            array.access, "", "Scheme of the array", None, f"a reading is {array.included}"
        )
    if warnings:
        title = "Within the range of the device model"
        found["model_validity"] = Merit(False, "", title, None, "; ".join(warnings))
    return found
