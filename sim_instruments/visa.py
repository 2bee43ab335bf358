"""The simulated bench as a VISA library: PyVISA talks to it, and to nothing else.

    library = open_library(instruments={"smu": ("keithley_2450", "GPIB0::18::INSTR")},
                           wiring={"name": "direct", "source_meter": "smu"},
                           simulation={"model": "resistor", "seed": 1})
    manager = pyvisa.ResourceManager(library)

A read that would wait waits in virtual time: it times out at once and the World is that much
older. On a raw socket there is no END: a read ends at the termination character or at its count.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final
from uuid import uuid4

from pyvisa import constants, errors, rname
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.highlevel import VisaLibraryBase

from sim_instruments.faults import Box, Faulty
from sim_instruments.loads import make_load
from sim_instruments.noise import read_noise
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

GROUP: Final = "benchctl.sim_instruments"
_MANAGER: Final = 1
_DEFAULTS: Final = {
    ResourceAttribute.timeout_value: 2000,
    ResourceAttribute.termchar: 10,
    ResourceAttribute.termchar_enabled: False,
    ResourceAttribute.send_end_enabled: True,
    ResourceAttribute.suppress_end_enabled: False,
    ResourceAttribute.io_prot: int(constants.IOProtocol.normal),
    ResourceAttribute.resource_lock_state: int(constants.AccessModes.no_lock),
    ResourceAttribute.resource_manager_session: _MANAGER,
    ResourceAttribute.resource_manufacturer_name: "benchctl",
    ResourceAttribute.resource_impl_version: 0x00100000,
    ResourceAttribute.resource_spec_version: 0x00700000,
}
_READ_ONLY: Final = frozenset(
    {
        ResourceAttribute.interface_type,
        ResourceAttribute.interface_number,
        ResourceAttribute.resource_class,
        ResourceAttribute.resource_name,
        ResourceAttribute.resource_lock_state,
        ResourceAttribute.resource_manager_session,
        ResourceAttribute.resource_manufacturer_name,
        ResourceAttribute.resource_impl_version,
        ResourceAttribute.resource_spec_version,
    }
)


@dataclass(slots=True)
class _Session:
    """One opened resource."""

    box: Box
    attributes: dict[ResourceAttribute, Any]
    unread: bytes = b""
    offset: int = 0
    busy: float = 0.0
    """s of virtual time the instrument needed for what it was last told"""

    @property
    def timeout(self) -> float:
        """Seconds; infinite for VI_TMO_INFINITE."""
        milliseconds = self.attributes[ResourceAttribute.timeout_value]
        return math.inf if milliseconds == constants.VI_TMO_INFINITE else milliseconds / 1e3


class SimVisaLibrary(VisaLibraryBase):
    """A VISA library whose instruments are simulated; make it with `open_library`."""

    world: World

    def _init(self) -> None:
        self._boxes: dict[str, Box] = {}
        self._sessions: dict[int, _Session] = {}
        self._next = _MANAGER + 1

    def connect(self, address: str, box: Box) -> None:
        """Put an instrument at a VISA address.

        Raises:
            ValueError: the address does not parse, or is taken.
        """
        try:
            parsed = rname.ResourceName.from_string(address)
        except rname.InvalidResourceName as error:
            raise ValueError(f"'{address}' is no VISA address: {error}") from None
        if str(parsed) in self._boxes:
            raise ValueError(f"two instruments at {address}")
        self._boxes[str(parsed)] = box

    def open_default_resource_manager(self) -> tuple[int, StatusCode]:
        """Return the one session of the resource manager."""
        return _MANAGER, self.handle_return_value(_MANAGER, StatusCode.success)

    def list_resources(self, session: int, query: str = "?*::INSTR") -> tuple[str, ...]:
        """Return the addresses that match a VISA expression."""
        found: tuple[str, ...] = rname.filter(list(self._boxes), query)
        return found

    def open(
        self,
        session: int,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: int = 0,
    ) -> tuple[int, StatusCode]:
        """Open a session to an instrument."""
        try:
            parsed = rname.ResourceName.from_string(resource_name)
        except rname.InvalidResourceName:
            self.handle_return_value(session, StatusCode.error_invalid_resource_name)
            raise
        if str(parsed) not in self._boxes:
            self.handle_return_value(session, StatusCode.error_resource_not_found)
        attributes = {
            **_DEFAULTS,
            ResourceAttribute.resource_name: str(parsed),
            ResourceAttribute.resource_class: parsed.resource_class,
            ResourceAttribute.interface_type: int(parsed.interface_type_const),
            ResourceAttribute.interface_number: int(getattr(parsed, "board", 0)),
        }
        opened, self._next = self._next, self._next + 1
        self._sessions[opened] = _Session(self._boxes[str(parsed)], attributes)
        return opened, self.handle_return_value(opened, StatusCode.success)

    def close(self, session: int) -> StatusCode:
        """Close a session; the instrument keeps its state."""
        if session != _MANAGER and self._sessions.pop(session, None) is None:
            return self.handle_return_value(None, StatusCode.error_invalid_object)
        return self.handle_return_value(session, StatusCode.success)

    def write(self, session: int, data: bytes) -> tuple[int, StatusCode]:
        """Carry `data` to the instrument; it acts on it in virtual time."""
        opened = self._opened(session)
        world = self.world
        if opened.box.message_based:
            opened.unread = b""
        world.message(reply=False)
        started = world.now
        opened.box.write(data)
        opened.busy = world.now - started
        return len(data), self._done(session, StatusCode.success)

    def read(self, session: int, count: int) -> tuple[bytes, StatusCode]:
        """Return up to `count` bytes of the answer.

        An answer that needed longer than the timeout is there for the next read, as it is at a
        real bench.
        """
        opened = self._opened(session)
        if opened.offset >= len(opened.unread):
            self._fetch(opened, session)
        start, stop = opened.offset, min(opened.offset + count, len(opened.unread))
        status = StatusCode.success_max_count_read
        if opened.attributes[ResourceAttribute.termchar_enabled]:
            mark = opened.unread.find(opened.attributes[ResourceAttribute.termchar], start, stop)
            if mark >= 0:
                stop, status = mark + 1, StatusCode.success_termination_character_read
        if stop == len(opened.unread) and opened.box.message_based:
            status = StatusCode.success
        opened.offset = stop
        return opened.unread[start:stop], self._done(session, status)

    def _fetch(self, opened: _Session, session: int) -> None:
        """Let the instrument send its next response message, or time out."""
        if opened.busy > opened.timeout:
            opened.busy = 0.0  # the World has lived through it already
            self.handle_return_value(session, StatusCode.error_timeout)
        reply = opened.box.read()
        if reply is None:
            self.world.sleep(opened.timeout if math.isfinite(opened.timeout) else 0.0)
            self.handle_return_value(session, StatusCode.error_timeout)
            return
        opened.unread, opened.offset = reply, 0
        self.world.message(reply=True)

    def clear(self, session: int) -> StatusCode:
        """Clear the instrument's buffers."""
        opened = self._opened(session)
        opened.unread, opened.offset, opened.busy = b"", 0, 0.0
        self.world.message(reply=False)
        opened.box.clear()
        return self.handle_return_value(session, StatusCode.success)

    def flush(self, session: int, mask: constants.BufferOperation) -> StatusCode:
        """Discard what was received and not read."""
        opened = self._opened(session)
        opened.unread, opened.offset = b"", 0
        return self.handle_return_value(session, StatusCode.success)

    def read_stb(self, session: int) -> tuple[int, StatusCode]:
        """Serial-poll the instrument."""
        opened = self._opened(session)
        self.world.message(reply=True)
        waiting = 16 if opened.offset < len(opened.unread) else 0
        value = opened.box.status_byte() | waiting
        return value, self.handle_return_value(session, StatusCode.success)

    def assert_trigger(self, session: int, protocol: constants.TriggerProtocol) -> StatusCode:
        """Send a group execute trigger."""
        self.write(session, b"*TRG\n")
        return self.handle_return_value(session, StatusCode.success)

    def get_attribute(self, session: int, attribute: ResourceAttribute) -> tuple[Any, StatusCode]:
        """Return a VISA attribute."""
        attributes = self._opened(session).attributes
        if attribute not in attributes:
            self.handle_return_value(session, StatusCode.error_nonsupported_attribute)
        return attributes[attribute], self.handle_return_value(session, StatusCode.success)

    def set_attribute(
        self, session: int, attribute: ResourceAttribute, attribute_state: Any
    ) -> StatusCode:
        """Set a VISA attribute."""
        attributes = self._opened(session).attributes
        if attribute not in attributes:
            return self.handle_return_value(session, StatusCode.error_nonsupported_attribute)
        if attribute in _READ_ONLY:
            return self.handle_return_value(session, StatusCode.error_attribute_read_only)
        if attribute == ResourceAttribute.termchar:
            attribute_state = int(attribute_state)
        attributes[ResourceAttribute(attribute)] = attribute_state
        return self.handle_return_value(session, StatusCode.success)

    def disable_event(
        self, session: int, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Accept: there are no events to disable."""
        return self.handle_return_value(session, StatusCode.success)

    def discard_events(
        self, session: int, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """Accept: there are no events to discard."""
        return self.handle_return_value(session, StatusCode.success)

    def _opened(self, session: int) -> _Session:
        try:
            return self._sessions[session]
        except KeyError:
            raise errors.InvalidSession from None

    def _done(self, session: int, status: StatusCode) -> StatusCode:
        """Note a success without the cost of `handle_return_value`."""
        self._last_status = status
        self._last_status_in_session[session] = status
        return status


def open_library(
    *,
    instruments: Mapping[str, tuple[str, str]],
    wiring: Mapping[str, Any],
    simulation: Mapping[str, Any],
) -> SimVisaLibrary:
    """Return a library with simulated `instruments` around one World.

    Args:
        instruments: name -> (driver name, VISA address).
        wiring: fields of `Wiring`, and `array`, where there is one: `matrix` and which of its
            lines lead where, see `sim_instruments.circuits.array`.
        simulation: model, parameters, seed, latency (s), temperature (K), faults (each with
            instrument, message, kind), noise, circuit, ageing and array (see `make_load`).

    Raises:
        ValueError: an unknown driver, model, parameter, fault or address.
    """
    wires = dict(wiring)
    array = wires.pop("array", None)
    load = make_load(simulation, array)
    # PyVISA hands the same object out again for the same path.
    library = SimVisaLibrary(f"simulated-{uuid4().hex}")
    library.world = World(
        load,
        wiring=Wiring(**wires, matrix=array["matrix"] if array else None),
        latency=simulation.get("latency", 0.0),
        temperature=simulation.get("temperature", 300.0),
        noise=read_noise(simulation.get("noise") or {}, load.seed),
    )
    seed = simulation.get("seed")
    faults = _by_instrument(simulation.get("faults") or (), instruments)
    for name, (driver, address) in instruments.items():
        box = _factory(driver)(library.world, name)
        box.message_based = not address.upper().endswith("::SOCKET")
        if name in faults:
            box = Faulty(box, faults[name], seed or 0)
        library.connect(address, box)
    return library


def _by_instrument(
    faults: Iterable[Mapping[str, Any]], instruments: Mapping[str, Any]
) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for fault in faults:
        if fault["instrument"] not in instruments:
            raise ValueError(f"a fault names '{fault['instrument']}', which is not on the bench")
        found.setdefault(fault["instrument"], []).append(fault)
    return found


def _factory(driver: str) -> Any:
    """Return the simulated instrument that answers `driver`."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if driver not in found:
        known = ", ".join(sorted(found))
        raise ValueError(f"no simulated instrument answers driver '{driver}' (known: {known})")
    return found[driver].load()
