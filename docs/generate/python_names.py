"""The Python names a script or a plug-in uses, with their signatures and docstrings."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

from benchctl import bench, dut, errors, limits, procedure, roles, run, stimulus, store
from generate.markdown import docstring, fence, field_texts

#: What is promised: names in a module, and for classes the members that count.
NAMES: dict[Any, dict[str, tuple[str, ...]]] = {
    bench: {"open_bench": (), "Bench": ("safe", "close", "snapshot")},
    dut: {"Dut": ("check", "play", "stream", "read", "wait", "measures", "select"), "Plan": ()},
    stimulus: {
        "pulse": (), "read": (), "ramp": (), "wait": (), "staircase": (), "Segment": (),
        "Stimulus": ("segments", "measured", "duration", "extremes", "preview"),
        "Readings": ("conductance",), "Trace": (),
    },
    procedure: {
        "Procedure": ("preview", "record", "record_trace", "progress", "analyze"),
        "Plot": (), "Merit": (), "quantity": (), "count": (), "choice": (), "switch": (),
        "quantities_list": (),
    },
    run: {"Run": ("execute", "stop"), "RunResult": (), "Observer": (
        "started", "rows", "progress", "finished", "message")},
    store: {"StoredRun": ("data", "traces", "status", "analysis", "close"), "repair": ()},
    limits: {"Limits": ("check", "check_unlimited")},
    roles: {
        "Capabilities": (), "Instrument": ("identify", "prepare", "safe"),
        "SourceMeter": ("play",), "PulseGenerator": ("play",), "DigitalOutput": ("set_line",),
    },
    errors: {
        "BenchError": (), "ConfigError": (), "LimitExceeded": (), "CapabilityError": (),
        "InstrumentError": (), "Stopped": (),
    },
}  # fmt: skip


#: Classes that a script makes itself and that are no dataclasses.
MADE_BY_HAND = ("Run", "StoredRun")


def pages(_: Path) -> dict[str, str]:
    """Return the page of Python names."""
    parts = ["# Python", "`from benchctl import open_bench, Run`; the rest is imported from the "
             "module it stands under. Numbers are SI floats throughout."]  # fmt: skip
    for module, names in NAMES.items():
        parts += [f"## {module.__name__}", docstring(module)]
        for name, members in names.items():
            parts += _entry(name, getattr(module, name))
            for member in members:
                parts += _member(name, getattr(module, name), member)
    return {"python.md": "\n\n".join(parts) + "\n"}


def _entry(name: str, thing: Any) -> list[str]:
    if not inspect.isclass(thing):
        return [f"### {name}", _signature(name, thing), docstring(thing)]
    if dataclasses.is_dataclass(thing):
        return [f"### {name}", docstring(thing), _fields(thing)]
    if name not in MADE_BY_HAND:
        return [f"### {name}", docstring(thing)]
    made = [_signature(name, thing.__init__, drop_self=True), docstring(thing.__init__)]
    return [f"### {name}", docstring(thing), *made]


def _member(owner: str, thing: Any, name: str) -> list[str]:
    member = inspect.getattr_static(thing, name)
    function = getattr(member, "fget", None) or getattr(member, "func", None) or member
    if function is not member:
        return [f"**`{owner}.{name}`**", docstring(function)]
    return [_signature(f"{owner}.{name}", function, drop_self=True), docstring(function)]


def _signature(name: str, function: Any, *, drop_self: bool = False) -> str:
    signature = inspect.signature(inspect.unwrap(function))
    parameters = list(signature.parameters.values())[1 if drop_self else 0 :]
    text = _short(str(signature.replace(parameters=parameters)))
    if len(name + text) > 80:
        inside = ",\n".join(f"    {_short(p)}" for p in _written(parameters))
        text = f"(\n{inside},\n) -> {text.rpartition(' -> ')[2]}"
    return fence(f"{name}{text}", "python")


def _written(parameters: list[inspect.Parameter]) -> list[str]:
    """Return each parameter as written, with the mark before keyword-only ones."""
    lines, marked = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not marked:
            lines.append("*")
            marked = True
        lines.append(str(parameter))
    return lines


def _fields(thing: Any) -> str:
    texts = field_texts(thing)
    public = [f.name for f in dataclasses.fields(thing) if f.name[0] != "_"]
    lines = [f"{name}: {_short(str(_annotations(thing)[name]))}" for name in public]
    width = max(map(len, lines))
    noted = [
        f"{line:{width}}  # {' '.join(texts[name].split())}" if name in texts else line
        for name, line in zip(public, lines, strict=True)
    ]
    return fence("\n".join(noted), "python")


def _annotations(thing: Any) -> dict[str, Any]:
    """Return annotations as text that `_short` understands."""
    return {
        f.name: f.type.__name__ if isinstance(f.type, type) else f.type
        for f in dataclasses.fields(thing)
    }


def _short(text: object) -> str:
    """Return types without the modules they live in."""
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", str(text))
    text = re.sub(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(float|bool)\d*_?\]\]", _array, text)
    return re.sub(r"'([A-Z][^']*)'", r"\1", text)


def _array(match: re.Match[str]) -> str:
    return f"{match[1].capitalize()}Array"
