"""The simulated VISA library behaves like a bench to PyVISA."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import pyvisa
from pyvisa.constants import StatusCode

from sim_instruments.visa import SimVisaLibrary, open_library

ADDRESSES = {
    "gpib": "GPIB0::18::INSTR",
    "usb": "USB0::0x05E6::0x2450::04096331::INSTR",
    "socket": "TCPIP0::192.0.2.11::5025::SOCKET",
}


def library(
    faults: tuple[dict[str, Any], ...] = (), latency: float = 0.0, kind: str = "gpib"
) -> SimVisaLibrary:
    return open_library(
        instruments={"smu": ("keithley_2450", ADDRESSES[kind])},
        wiring={"name": "direct", "source_meter": "smu"},
        simulation={"model": "resistor", "seed": 1, "faults": faults, "latency": latency},
    )


@pytest.fixture
def connect() -> Iterator[Any]:
    managers = []

    def make(kind: str = "gpib", **options: Any) -> tuple[Any, SimVisaLibrary]:
        lib = library(kind=kind, **options)
        managers.append(pyvisa.ResourceManager(lib))
        opened = managers[-1].open_resource(
            ADDRESSES[kind], read_termination="\n", write_termination="\n", timeout=2000
        )
        return opened, lib

    yield make
    for manager in managers:
        manager.close()


def fault(kind: str, message: int) -> dict[str, Any]:
    return {"instrument": "smu", "message": message, "kind": kind}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_talks_through_every_interface(connect: Any, kind: str) -> None:
    resource, lib = connect(kind)
    assert "MODEL 2450" in resource.query("*IDN?")
    assert resource.interface_type.name in ("gpib", "usb", "tcpip")
    assert lib.world.messages == 2
    assert lib.world.round_trips == 1


def test_libraries_share_nothing(connect: Any) -> None:
    first, lib_a = connect()
    second, lib_b = connect()
    first.write(":SOUR:VOLT 3")
    assert float(second.query(":SOUR:VOLT?")) == 0.0
    assert lib_a is not lib_b
    assert lib_a.library_path != lib_b.library_path


def test_libraries_are_let_go() -> None:
    lib = library()
    path, known = lib.library_path, SimVisaLibrary._registry
    assert (SimVisaLibrary, path) in known
    del lib
    gc.collect()
    assert (SimVisaLibrary, path) not in known


def test_closed_resource_keeps_the_instrument(connect: Any) -> None:
    resource, _ = connect()
    manager = resource._resource_manager
    resource.write(":SOUR:VOLT 3")
    resource.close()
    again = manager.open_resource(ADDRESSES["gpib"])
    assert float(again.query(":SOUR:VOLT?")) == 3.0
    with pytest.raises(pyvisa.errors.InvalidSession):
        resource.query("*IDN?")


def test_finds_and_refuses_addresses(connect: Any) -> None:
    resource, _ = connect()
    manager = resource._resource_manager
    assert manager.list_resources() == (ADDRESSES["gpib"],)
    with pytest.raises(pyvisa.VisaIOError) as caught:
        manager.open_resource("GPIB0::5::INSTR")
    assert caught.value.error_code == StatusCode.error_resource_not_found


@pytest.mark.parametrize("kind", ["gpib", "socket"])
def test_empty_read_times_out_in_virtual_time(connect: Any, kind: str) -> None:
    resource, lib = connect(kind)
    resource.timeout = 7000
    before = lib.world.now
    with pytest.raises(pyvisa.VisaIOError) as caught:
        resource.read()
    assert caught.value.error_code == StatusCode.error_timeout
    assert lib.world.now - before == pytest.approx(7.0)
    expected = "-420" if kind == "gpib" else "0,"
    assert resource.query(":SYST:ERR?").startswith(expected)


def test_slow_answer_comes_after_the_timeout(connect: Any) -> None:
    resource, lib = connect()
    resource.timeout = 100
    resource.write(":SENS:CURR:NPLC 10;:READ?")
    with pytest.raises(pyvisa.VisaIOError):
        resource.read()
    assert lib.world.now < 1.0
    assert abs(float(resource.read())) < 1e-9


def test_answers_can_be_read_in_pieces(connect: Any) -> None:
    resource, lib = connect()
    resource.write("*IDN?")
    assert resource.read_bytes(8) == b"KEITHLEY"
    assert resource.read().startswith(" INSTRUMENTS")
    resource.chunk_size = 5
    assert "MODEL 2450" in resource.query("*IDN?")
    assert lib.world.round_trips == 2


@pytest.mark.parametrize("kind", ["gpib", "socket"])
def test_binary_passes_the_termination_character(connect: Any, kind: str) -> None:
    resource, _ = connect(kind)
    resource.write(":FORM REAL;:SENS:CURR:NPLC 0.01")
    resource.write(':SOUR:SWE:VOLT:LIN -1,1,101,0,1,FIX,OFF,OFF,"defbuffer1";:INIT')
    values = resource.query_binary_values(
        ':TRAC:DATA? 1,101,"defbuffer1",SOUR', datatype="d", data_points=101
    )
    assert values == pytest.approx([-1 + 0.02 * i for i in range(101)], abs=1e-5)


def test_clear_and_serial_poll(connect: Any) -> None:
    resource, _ = connect()
    resource.write("*IDN?")
    assert resource.read_stb() == 16
    resource.clear()
    assert resource.read_stb() == 0
    resource.write("NONSENSE")
    assert resource.read_stb() == 4
    assert "MODEL 2450" in resource.query("*IDN?")


def test_unread_answer_is_interrupted_but_not_on_a_socket(connect: Any) -> None:
    for kind, expected in (("gpib", "-410"), ("socket", "KEITHLEY")):
        resource, _ = connect(kind)
        resource.write("*IDN?")
        assert resource.query(":SYST:ERR?").startswith(expected)


def test_attributes(connect: Any) -> None:
    resource, _ = connect()
    resource.timeout = None
    assert resource.timeout == float("inf")
    assert resource.resource_class == "INSTR"
    assert resource.send_end
    with pytest.raises(pyvisa.VisaIOError):
        resource.set_visa_attribute(pyvisa.constants.ResourceAttribute.resource_class, "X")
    with pytest.raises(pyvisa.VisaIOError):
        resource.get_visa_attribute(pyvisa.constants.ResourceAttribute.gpib_primary_address)


def test_latency_costs_virtual_time(connect: Any) -> None:
    resource, lib = connect(latency=1e-3)
    resource.query("*IDN?")
    assert lib.world.now == pytest.approx(2e-3)


def test_fault_timeout_is_for_ever(connect: Any) -> None:
    resource, _ = connect(faults=(fault("timeout", 2),))
    assert "2450" in resource.query("*IDN?")
    for _ in range(2):
        with pytest.raises(pyvisa.VisaIOError):
            resource.query("*IDN?")
    assert resource.read_stb() == 0


def test_fault_drop_loses_one_answer(connect: Any) -> None:
    resource, _ = connect(faults=(fault("drop", 1),))
    with pytest.raises(pyvisa.VisaIOError):
        resource.query("*IDN?")
    assert "2450" in resource.query("*IDN?")


def test_fault_error_is_queued_once(connect: Any) -> None:
    resource, _ = connect(faults=(fault("error", 2),))
    resource.query("*IDN?")
    assert resource.query(":SYST:ERR?").startswith('-310,"System error')
    assert resource.query(":SYST:ERR?").startswith("0,")


def test_fault_garbage_is_noise_of_the_same_length(connect: Any) -> None:
    resource, _ = connect(faults=(fault("garbage", 2),))
    clean = resource.query("*IDN?")
    resource.write("*IDN?")
    noise = resource.read_raw()
    assert len(noise) == len(clean) + 1
    assert noise != clean.encode() + b"\n"
    assert resource.query("*IDN?") == clean


def test_fault_identity(connect: Any) -> None:
    resource, _ = connect(faults=(fault("identity", 2),))
    assert "2450" in resource.query("*IDN?")
    assert "SOMEBODY" in resource.query("*IDN?")
    assert resource.query(":OUTP?") == "0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instruments": {"smu": ("keithley_9999", ADDRESSES["gpib"])}}, "keithley_9999"),
        ({"instruments": {"smu": ("keithley_2450", "nowhere")}}, "nowhere"),
        ({"simulation": {"model": "resistr"}}, "resistor"),
        ({"simulation": {"model": "resistor", "faults": [fault("fire", 1)]}}, "fire"),
        ({"simulation": {"model": "resistor",
                         "faults": [fault("drop", 1) | {"instrument": "x"}]}}, "'x'"),
    ],
)  # fmt: skip
def test_refuses_wrong_configurations(change: dict[str, Any], said: str) -> None:
    arguments: dict[str, Any] = {
        "instruments": {"smu": ("keithley_2450", ADDRESSES["gpib"])},
        "wiring": {"name": "direct", "source_meter": "smu"},
        "simulation": {"model": "resistor"},
    }
    with pytest.raises(ValueError, match=said):
        open_library(**(arguments | change))


def test_refuses_two_instruments_at_one_address() -> None:
    with pytest.raises(ValueError, match="two instruments"):
        open_library(
            instruments=dict.fromkeys(("a", "b"), ("keithley_2450", ADDRESSES["usb"])),
            wiring={"name": "direct", "source_meter": "a"},
            simulation={"model": "resistor"},
        )
