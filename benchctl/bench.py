"""The bench: bench.toml becomes instruments, wiring, and one `Dut`, on real or simulated VISA."""

import logging
import math
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from inspect import signature
from pathlib import Path
from platform import node
from time import monotonic
from typing import Any, Self, get_args

import platformdirs
from filelock import FileLock, Timeout

from benchctl import plugins, simulated_device
from benchctl.config import ArrayConfig, BenchConfig, read_config
from benchctl.defaults import refuse_misspelt
from benchctl.dut import Dut
from benchctl.errors import BenchError, ConfigError, InstrumentError, unknown
from benchctl.limits import Limits
from benchctl.roles import (
    Clock,
    DigitalOutput,
    Instrument,
    PulseGenerator,
    Source,
    SwitchMatrix,
)
from benchctl.wiring import Array, Cell, Relay, Wiring

log = logging.getLogger(__name__)


class RealClock:
    """Real seconds since it was made."""

    slice = 0.1

    def __init__(self) -> None:
        self._start = monotonic()
        self._never = threading.Event()

    def now(self) -> float:
        """Return seconds since the bench was opened."""
        return monotonic() - self._start

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._never.wait(seconds)


@dataclass
class Bench:
    """Opened instruments and the DUT behind them; use it as a context manager."""

    name: str
    config: BenchConfig
    simulated: bool
    clock: Clock
    instruments: dict[str, Any]
    dut: Dut
    identities: dict[str, str]
    world: Any = None
    """the simulated World; None at a real bench"""
    _locks: list[FileLock] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def defaults(self) -> dict[str, Any]:
        """Procedure parameters that differ at this bench."""
        return dict(self.config.defaults)

    def safe(self) -> list[str]:
        """Turn every output off, whatever fails on the way; return what failed."""
        self.dut.come_apart()
        return _make_safe(self.instruments)

    def close(self) -> None:
        """Turn every output off and let the instruments go."""
        self.safe()
        _disconnect(self.instruments, self._locks)

    def snapshot(self) -> dict[str, Any]:
        """Return what a file must tell about the bench, as JSON-able values."""
        array = self.dut.wiring.array
        return {
            "name": self.name,
            "simulated": self.simulated,
            "identities": dict(self.identities),
            "config": self.config.model_dump(mode="json"),
            "device": self.world.metadata() if self.world is not None else None,
            "array": None if array is None else array.metadata(),
            "cell": None if array is None else self.dut.chosen,
        }

    def warnings(self) -> list[str]:
        """Return where a simulated device has left the range its model holds for."""
        return list(self.world.warnings) if self.world is not None else []


def open_bench(
    path: str | Path | None = None,
    *,
    simulate: bool = False,
    seed: int | None = None,
    pristine: bool = False,
    model: str | None = None,
    parameters: Mapping[str, float | bool | str] = {},
    procedures: Mapping[str, Any] = {},
) -> Bench:
    """Open the bench of a bench.toml, or the built-in simulated one.

    Args:
        path: a bench.toml; None for the built-in bench.
        simulate: run the same file against simulated copies of its instruments.
        seed: of the simulated device; None takes the file's, or draws one.
        pristine: the built-in bench's device is fresh instead of formed.
        model: of the simulated device, instead of the file's.
        parameters: of the model, over the file's; SI numbers or text with a unit.
        procedures: (name to class) that the file's [defaults] may be for, beside those installed.

    Raises:
        ConfigError: the file is wrong, or a model is chosen for a real device; nothing was opened.
        InstrumentError: an instrument does not answer, or is not what the file says.
    """
    where = Path(path) if path is not None else built_in_bench()
    config = read_config(where)
    refuse_misspelt(config.defaults, procedures, where)
    simulated = simulate or path is None
    if (model is not None or parameters) and not simulated:
        raise ConfigError("a model stands for a simulated device; simulate the bench (--simulate)")
    simulation = config.simulation
    if simulated:
        fresh = pristine and path is None
        simulation = simulated_device.chosen(simulation, model, parameters, pristine=fresh)
    if seed is None:
        seed = secrets.randbits(31) if simulation.seed is None else simulation.seed
    simulation = simulation.model_copy(update={"seed": seed})
    config = config.model_copy(update={"simulation": simulation})
    return _open(where.stem, config, simulated=simulated)


def built_in_bench() -> Path:
    """Return the file of the bench that serves when none is named."""
    return Path(str(files("benchctl") / "built_in_bench.toml"))


def _open(name: str, config: BenchConfig, *, simulated: bool) -> Bench:
    """Connect everything; what was opened before a failure is made safe and closed."""
    drivers = {n: plugins.load("driver", i.driver) for n, i in config.instruments.items()}
    library: Any = _simulation(config) if simulated else config.visa_library
    world: Any = library.world if simulated else None
    clock: Clock = world.clock if simulated else RealClock()
    limits = Limits(**dict(config.dut.limits))
    instruments: dict[str, Any] = {}
    locks: list[FileLock] = []
    try:
        if not simulated:
            locks.extend(_lock(i.address) for i in config.instruments.values())
        for each, driver in drivers.items():
            adapter = _connect(each, config.instruments[each].address, library)
            options = _options(each, driver, config.instruments[each].options)
            try:
                instruments[each] = driver(
                    adapter,
                    name=each,
                    clock=clock,
                    limits=limits.at_the_gate if each == config.wiring.gate else limits,
                    series_resistance=_series_resistance(config, each),
                    **options,
                )
            except (TypeError, ValueError) as error:
                raise ConfigError(f"[instruments.{each}] options: {error}") from None
        identities = {n: str(i.identify()) for n, i in instruments.items()}
        for each in _matrices_last(instruments):
            instruments[each].prepare()
        dut = _dut(config, limits, clock, _wire(config, instruments))
        dut.wear = world.represent if simulated else None
        return Bench(name, config, simulated, clock, instruments, dut, identities, world, locks)
    except BaseException:
        _make_safe(instruments)
        _disconnect(instruments, locks)
        raise


def _series_resistance(config: BenchConfig, name: str) -> float:
    """Return what the wiring puts between an instrument and the device (Ohm)."""
    wiring = config.wiring
    return wiring.gate_resistance if name == wiring.gate else wiring.series_resistance


def _simulation(config: BenchConfig) -> Any:
    """Return the simulated VISA library that holds copies of the bench's instruments."""
    _refuse_no_address(config)
    wiring = config.wiring
    try:
        return plugins.load("simulation", "visa")(
            instruments={n: (i.driver, i.address) for n, i in config.instruments.items()},
            wiring={
                "name": wiring.name,
                "source_meter": config.source_meter,
                "generator": wiring.generator,
                "line": wiring.line,
                "series_resistance": wiring.series_resistance,
                "settle": wiring.settle / 2,  # the relay itself is faster than what we wait
                "gate": wiring.gate,
                "array": None if config.dut.array is None else _array_lines(config.dut.array),
            },
            simulation=simulated_device.in_si(config.simulation),
        )
    except ValueError as error:
        raise ConfigError(f"[simulation] {error}") from None


def _refuse_no_address(config: BenchConfig) -> None:
    """Refuse what no VISA library takes for an address; at a real bench it may be an alias."""
    from pyvisa.rname import InvalidResourceName, ResourceName

    for name, instrument in config.instruments.items():
        try:
            ResourceName.from_string(instrument.address)
        except InvalidResourceName:
            raise ConfigError(
                f"[instruments.{name}] address: '{instrument.address}' is no VISA address, such "
                "as TCPIP0::192.0.2.11::5025::SOCKET or USB0::0x05E6::0x2450::04512345::INSTR"
            ) from None


def _connect(name: str, address: str, library: Any) -> Any:
    """Return a PyMeasure adapter for `address`."""
    from pymeasure.adapters import VISAAdapter

    try:
        return VISAAdapter(address, visa_library=library, read_termination="\n")
    except Exception as error:  # PyVISA-py raises bare ones, of an address nobody answers at too
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise InstrumentError(
            f"{name} does not answer at {address}: {first}; check power, cable and address"
        ) from None


def _options(name: str, driver: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the driver's options, refusing unknown ones: PyMeasure would drop them in silence."""
    named = signature(driver).parameters.values()
    ours = {"clock", "limits", "series_resistance"}
    known = {p.name: p.annotation for p in named if p.kind is p.KEYWORD_ONLY and p.name not in ours}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"[instruments.{name}] options: {unknown('option', key, known)}")
        kinds = set(get_args(known[key]) or (known[key],))
        if (int in kinds and type(value) is not int) or (
            float in kinds and (type(value) not in (int, float) or not math.isfinite(value))
        ):
            wanted = "whole number" if int in kinds else "finite number"
            raise ConfigError(f"[instruments.{name}] options: {key} is a {wanted}, not {value!r}")
    return given


def _wire(config: BenchConfig, instruments: dict[str, Any]) -> Wiring:
    """Return the wiring, each role checked against what its instrument can do."""
    wiring = config.wiring
    if not isinstance(instruments[config.source_meter], Source):
        raise ConfigError(
            f"[wiring] source_meter: {config.source_meter} is no source; name one that is"
        )
    second = wiring.gate == config.second_channel
    for role, named in (("generator", wiring.generator), ("gate", None if second else wiring.gate)):
        if named is not None and not isinstance(instruments[named], PulseGenerator):
            raise ConfigError(f"[wiring] {role}: {named} is no pulse generator; name one that is")
    meter = instruments[config.source_meter]
    if not meter.capabilities.measures:
        raise ConfigError(
            f"[wiring] source_meter: {config.source_meter} cannot measure; name a source-meter"
        )
    if second and meter.capabilities.gate is None:
        raise ConfigError(
            f"[wiring] gate: {config.source_meter} has no second channel; name a source-meter that "
            "has, or a pulse generator"
        )
    generator = instruments[wiring.generator] if wiring.generator else None
    return Wiring(
        meter,
        generator,
        _relay(config, meter) if generator is not None else None,
        wiring.series_resistance,
        second,
        instruments[wiring.gate] if wiring.gate and not second else None,
        wiring.gate_resistance,
        None if config.dut.array is None else _array(config.dut.array, instruments),
    )


def _relay(config: BenchConfig, meter: Any) -> Relay:
    """Return the relay, its line checked against what the source-meter has."""
    line, name = config.wiring.line, config.source_meter
    if not isinstance(meter, DigitalOutput):
        raise ConfigError(f"[wiring] name: {name} has no digital lines to drive a relay with")
    if line > meter.lines:
        raise ConfigError(f"[wiring] line: {name} has digital lines 1 to {meter.lines}, not {line}")
    return Relay(meter, line, config.wiring.settle)


def _array_lines(config: ArrayConfig) -> dict[str, Any]:
    """Return which lines of the matrix lead where."""
    return config.model_dump(exclude={"cell"}) | {"first_column": config.column_outputs.start}


def _array(config: ArrayConfig, instruments: dict[str, Any]) -> Array:
    """Return the array, its lines checked against what its matrix has."""
    matrix = instruments[config.matrix]
    if not isinstance(matrix, SwitchMatrix):
        raise ConfigError(
            f"[dut.array] matrix: {config.matrix} switches nothing; name a switch matrix"
        )
    array = Array(**_array_lines(config) | {"matrix": matrix})
    inputs, outputs = array.lines
    if max(inputs) > matrix.inputs or max(outputs) > matrix.outputs:
        raise ConfigError(
            f"[dut.array] needs {max(inputs)} inputs and {max(outputs)} outputs; {config.matrix} "
            f"has {matrix.inputs} and {matrix.outputs}"
        )
    return array


def _dut(config: BenchConfig, limits: Limits, clock: Clock, wiring: Wiring) -> Dut:
    """Return what is measured, its paths in a known state."""
    dut = Dut(config.dut.sample, limits, clock, wiring)
    dut.connect()
    dut.offer_all()
    if config.dut.array is not None and config.dut.array.cell is not None:
        dut.choose(Cell(*config.dut.array.cell))
    return dut


def _make_safe(instruments: dict[str, Instrument]) -> list[str]:
    failures = []
    for name in _matrices_last(instruments):
        instrument = instruments[name]
        try:
            instrument.safe()
        except Exception as error:
            # Whatever it was, the next instrument must still be switched off.
            failures.append(f"{name}: {error}")
            log.error("%s may still have its output on: %s", name, error)
    return failures


def _matrices_last(instruments: dict[str, Any]) -> list[str]:
    """Return the names: a matrix's contacts do not live long when they open under current."""
    return sorted(instruments, key=lambda name: isinstance(instruments[name], SwitchMatrix))


def _disconnect(instruments: dict[str, Any], locks: list[FileLock]) -> None:
    for name, instrument in instruments.items():
        try:
            instrument.adapter.close()
        except Exception as error:
            log.warning("%s did not close: %s", name, error)
    for lock in locks:
        lock.release()


def _lock(address: str) -> FileLock:
    """Claim an instrument for this process."""
    # There is a folder of this kind for everybody; one for the time of a login not everywhere.
    # Computers that share it have each its own GPIB0.
    folder = Path(platformdirs.user_state_dir("benchctl", appauthor=False, ensure_exists=True))
    claimed = sha256(f"{node()} {address}".encode())
    lock = FileLock(folder / f"{claimed.hexdigest()[:16]}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BenchError(
            f"another benchctl process is using {address}; wait for it or stop it"
        ) from None
    return lock
