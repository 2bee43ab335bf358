"""A page per instrument: what its driver can do, and the properties it adds."""

import inspect
import sys
from pathlib import Path
from typing import Any

from benchctl import plugins, roles
from benchctl.limits import Limits
from benchctl.quantities import show
from generate.markdown import code, docstring, escape, first_line, sentence, table

ROLES = {
    "SourceMeter": "source-meter", "PulseGenerator": "pulse generator",
    "DigitalOutput": "digital output", "SwitchMatrix": "switch matrix",
}  # fmt: skip
ADDRESS = "TCPIP0::192.0.2.1::5025::SOCKET"
#: PyMeasure's grammar: a property's text begins with one of these.
VERBS = ("Control", "Get", "Measure", "Set")


def pages(_: Path) -> dict[str, str]:
    """Return an overview and a page for every installed driver."""
    kinds = {name: plugins.load("driver", name) for name in plugins.names("driver")}
    rows = [
        (f"[{name}]({name}.md)", escape(first_line(sys.modules[k.__module__])), _roles(k))
        for name, k in kinds.items()
    ]
    listed = "\n".join(kinds)
    found = {f"instruments/{name}.md": _page(name, kind) for name, kind in kinds.items()}
    found["instruments/index.md"] = (
        f"# Instruments\n\n{table(('driver', 'is', 'roles'), rows)}\n\n"
        "Each has a simulated twin of the same name in `sim_instruments/`, which answers its bytes."
        f"\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return found


def _page(name: str, kind: Any) -> str:
    parts = [f"# {name}", docstring(sys.modules[kind.__module__]), docstring(kind)]
    parts += ["## Roles", f"{sentence(_roles(kind))}."]
    parts += _abilities(_opened(kind))
    if properties := _properties(kind):
        parts += ["## Properties", table(("name", "does"), properties)]
    twin = sys.modules[plugins.load("simulated instrument", name).__module__]
    parts += ["## Simulated twin", f"`{twin.__name__}`.", docstring(twin)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _roles(kind: Any) -> str:
    """Say which roles a driver plays; those of sources differ in what `play` returns."""
    driver = _opened(kind)
    if isinstance(driver, roles.SwitchMatrix):
        return ROLES["SwitchMatrix"]
    plays = "SourceMeter" if driver.capabilities.measures else "PulseGenerator"
    found = [plays] + (["DigitalOutput"] if hasattr(kind, "set_line") else [])
    return ", ".join(ROLES[role] for role in found)


def _opened(kind: Any) -> Any:
    """Return a driver on its simulated twin, which nothing has been said to."""
    name = next(n for n in plugins.names("driver") if plugins.load("driver", n) is kind)
    from pymeasure.adapters import VISAAdapter

    library = plugins.load("simulation", "visa")(
        instruments={"it": (name, ADDRESS)},
        wiring={"name": "direct", "source_meter": "it"},
        simulation={"model": "resistor", "seed": 1},
    )
    adapter = VISAAdapter(ADDRESS, visa_library=library, read_termination="\n")
    try:
        return kind(adapter, name="it", clock=library.world.clock, limits=Limits())
    finally:
        adapter.close()


def _abilities(driver: Any) -> list[str]:
    """Return what a page says about what a driver can do."""
    if isinstance(driver, roles.SwitchMatrix):
        rows = [("inputs", str(driver.inputs)), ("outputs", str(driver.outputs))]
        return ["## Size", "Where no option says otherwise.", table(("", ""), rows)]
    about = "What the `Dut` holds a stimulus against before anything is sent."
    return ["## Capabilities", about, table(("", ""), _capabilities(driver.capabilities))]


def _capabilities(can: roles.Capabilities) -> list[tuple[str, str]]:
    current = "not limited" if can.current is None else _span(can.current, "A")
    rows = [
        ("voltage", _span(can.voltage, "V")),
        ("compliance", current),
        ("segment", _span((can.shortest, can.longest), "s")),
        ("widths are multiples of", show(can.resolution, "s")),
        ("fastest edge", show(can.edge, "s")),
        ("segments in a program", str(can.segments)),
        ("measures", "yes" if can.measures else "no"),
    ]
    if can.gate is not None:
        rows.insert(1, ("third terminal, in step", _span(can.gate, "V")))
    return [*rows, ("output resistance", show(can.resistance, "Ohm"))] if can.resistance else rows


def _span(pair: tuple[float, float], unit: str) -> str:
    return f"{show(pair[0], unit)} … {show(pair[1], unit)}"


def _properties(kind: Any) -> list[tuple[str, str]]:
    """Return the properties that the driver's own class adds."""
    found = []
    for name, member in vars(kind).items():
        text = inspect.getdoc(member) or ""
        if isinstance(member, property) and text.startswith(VERBS):
            found.append((code(name), text.replace("``", "`")))
    return found
