"""bench.toml as frozen pydantic models: unknown keys are refused, quantities carry units."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from benchctl.config_fields import Amperes, Frozen, Ohms, Seconds, Volts, Window, two
from benchctl.config_simulation import SimulationConfig
from benchctl.errors import ConfigError, unknown
from benchctl.limits import Limits


class InstrumentConfig(Frozen):
    """One instrument: ``[instruments.NAME]``."""

    driver: str
    """name of a driver, as in `benchctl list drivers`"""
    address: str
    """VISA resource string"""
    options: dict[str, float | int | bool | str] = Field(default={})
    """what its driver takes beside, such as terminals = "rear"; its page tells"""


class WiringConfig(Frozen):
    """Who is connected to the device: ``[wiring]``."""

    name: Literal["direct", "relay"] = "direct"
    """direct: the source-meter alone. relay: a change-over relay, driven by a digital line of
    the source-meter; low connects the source-meter, high the generator."""
    source_meter: str | None = None
    """name of the instrument that measures; needed where there are several"""
    generator: str | None = None
    """name of the pulse generator"""
    line: Annotated[int, Field(ge=1)] = 1
    """digital line of the source-meter that drives the relay; how many there are is its own"""
    settle: Annotated[Seconds, Field(gt=0, le=1)] = 2e-3
    """time the relay's contacts need"""
    series_resistance: Annotated[Ohms, Field(ge=0)] = 0.0
    """resistor in the path of `generator`; all that limits its current"""
    gate: str | None = None
    """what drives a third terminal: `smu.2` is the second channel of the source-meter `smu`, in
    step with the first; or the name of a pulse generator, which pulses while the device rests"""
    gate_resistance: Annotated[Ohms, Field(ge=0)] = 0.0
    """resistor in the path of a pulse generator on the gate; all that limits its current"""


class LimitsConfig(Frozen):
    """What the device may be given."""

    voltage: Window = (-2.0, 2.0)
    """lowest and highest voltage"""
    current: Annotated[Amperes, Field(gt=0)] = 1e-3
    """largest current"""
    gate: Window | None = None
    """lowest and highest voltage at a third terminal; those of the device if not given"""
    gate_current: Annotated[Amperes, Field(gt=0)] | None = None
    """largest current into a third terminal; that of the device if not given"""

    @model_validator(mode="after")
    def _hold_rest(self) -> Self:
        try:
            Limits(**dict(self))
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("limits.")) from None
        return self


Index = Annotated[int, Field(ge=0)]


class ArrayConfig(Frozen):
    """An array behind a switch matrix: ``[dut.array]``."""

    matrix: str
    """name of the instrument that switches"""
    rows: Annotated[int, Field(ge=1, le=1024)]
    """their number"""
    columns: Annotated[int, Field(ge=1, le=1024)]
    """their number"""
    scheme: Literal["floating", "grounded", "half", "sensed"] = "floating"
    """where the other rows and columns are: held by nobody, at ground, or at half the voltage,
    for which the source-meter's second channel is on the input `third`. sensed: at ground, the
    column on that channel, which measures this cell alone; pulses then disturb the row"""
    first_row: Annotated[int, Field(ge=1)] = 1
    """output of the matrix that leads to row 0; the others follow"""
    first_column: Annotated[int, Field(ge=1)] | None = None
    """output that leads to column 0; after the rows if not given"""
    first_gate: Annotated[int, Field(ge=1)] | None = None
    """output that leads to the gates of column 0, in an array with transistors"""
    gate: Volts = 2.5
    """at the gates of the chosen column; the other gates are at ground"""
    high: Annotated[int, Field(ge=1)] = 1
    """input of the matrix with the source on it"""
    low: Annotated[int, Field(ge=1)] = 2
    """input with its ground"""
    third: Annotated[int, Field(ge=1)] = 3
    """input with the source-meter's second channel"""
    cell: Annotated[tuple[Index, Index], two("row and column, such as [2, 5]")] | None = None
    """[row, column], from 0, of the cell that is measured where none is named"""

    @property
    def column_outputs(self) -> range:
        """Outputs of the matrix that lead to the columns."""
        first = self.first_column or self.first_row + self.rows
        return range(first, first + self.columns)

    @model_validator(mode="after")
    def _lines_are_apart(self) -> Self:
        outputs = [*range(self.first_row, self.first_row + self.rows), *self.column_outputs]
        if self.first_gate is not None:
            outputs += range(self.first_gate, self.first_gate + self.columns)
        if len(set(outputs)) < len(outputs):
            raise ValueError("rows, columns and gates share outputs of the matrix; move them apart")
        if len({self.high, self.low, self.third}) < 3:
            raise ValueError("high, low and third share inputs of the matrix; move them apart")
        return self


class DutConfig(Frozen):
    """The device: ``[dut]``."""

    sample: str = "device"
    """its name, in file names and headers"""
    limits: LimitsConfig = LimitsConfig()
    array: ArrayConfig | None = None
    """where it is an array of devices; see below"""


Scalar = float | int | bool | str


class BenchConfig(Frozen):
    """A whole bench.toml."""

    instruments: dict[str, InstrumentConfig]
    wiring: WiringConfig = WiringConfig()
    dut: DutConfig = DutConfig()
    simulation: SimulationConfig = SimulationConfig()
    defaults: dict[str, Scalar | dict[str, Scalar]] = Field(default={})
    """procedure parameters that differ at this bench, e.g. set_width = "1 ms"; those of one
    procedure alone in a table of its name, ``[defaults.set-reset]``"""
    visa_library: str = ""
    """PyVISA back end: "" for the system's VISA, "@py" for pyvisa-py"""

    @model_validator(mode="after")
    def _roles_are_filled(self) -> Self:
        wiring, names = self.wiring, sorted(self.instruments)
        if not names:
            raise ValueError("a bench needs at least one [instruments.NAME]")
        for role in (wiring.source_meter, wiring.generator):
            if role is not None and role not in names:
                raise ValueError(f"[wiring] names {unknown('instrument', role, names)}")
        if wiring.source_meter is None and len(names) > 1:
            raise ValueError(f"[wiring] source_meter: say which of {', '.join(names)} measures")
        if wiring.name == "relay" and wiring.generator is None:
            raise ValueError("[wiring] generator: the relay needs the name of the pulse generator")
        if wiring.name == "direct" and wiring.generator is not None:
            raise ValueError('[wiring] name: a generator needs name = "relay"')
        if wiring.generator is not None and wiring.generator == wiring.source_meter:
            raise ValueError("[wiring] one instrument cannot be source_meter and generator")
        self._check_gate()
        self._check_array()
        return self

    def _check_gate(self) -> None:
        gate, taken = self.wiring.gate, (self.source_meter, self.wiring.generator)
        channels = sorted({*self.instruments, self.second_channel} - set(taken))
        if gate is not None and gate not in channels:
            raise ValueError(f"[wiring] gate: {unknown('source', gate, channels)}")
        if self.wiring.gate_resistance and gate in (None, self.second_channel):
            raise ValueError(
                "[wiring] gate_resistance: it is for a pulse generator on the gate, and there is "
                "none; a source-meter's channel limits its current by itself, leave it out"
            )

    def _check_array(self) -> None:
        array = self.dut.array
        if array is None:
            return
        names = sorted(set(self.instruments) - {self.source_meter, self.wiring.generator})
        if array.matrix not in names:
            raise ValueError(f"[dut.array] matrix: {unknown('instrument', array.matrix, names)}")
        if array.cell is not None and not (
            array.cell[0] < array.rows and array.cell[1] < array.columns
        ):
            raise ValueError(
                f"[dut.array] cell: {list(array.cell)} is not in an array of "
                f"{array.rows} x {array.columns}, counted from 0"
            )
        second = array.scheme in ("half", "sensed")
        wants = f"scheme {array.scheme}" if second else "first_gate" if array.first_gate else ""
        if wants and self.wiring.gate != self.second_channel:
            raise ValueError(
                f"[wiring] gate: {wants} needs the second channel of the source-meter, "
                f'gate = "{self.second_channel}"'
            )
        if array.scheme == "half" and self.dut.limits.gate_current is None:
            raise ValueError(
                "[dut.array] scheme half needs [dut] limits gate_current: what the second channel "
                "gives to the half-selected lines can reach the chosen cell beside the compliance; "
                "name what these lines need, and no more"
            )
        if second and array.first_gate:
            raise ValueError(
                f"[dut.array] the second channel cannot serve both first_gate and {wants}; "
                'choose scheme = "floating" or "grounded"'
            )
        if not wants and self.wiring.gate is not None:
            raise ValueError(
                '[wiring] gate: an array takes it for scheme = "half" or "sensed", or for its gate '
                "lines (first_gate); leave it out"
            )

    @property
    def second_channel(self) -> str:
        """What bench.toml calls the second channel of the source-meter."""
        return f"{self.source_meter}.2"

    @property
    def source_meter(self) -> str:
        """Name of the instrument that measures."""
        return self.wiring.source_meter or next(iter(self.instruments))


def defaults_for(
    procedure: str, defaults: Mapping[str, Scalar | dict[str, Scalar]]
) -> dict[str, Scalar]:
    """Return a bench's defaults for `procedure`: its own table over what holds for all."""
    own = defaults.get(procedure, {})
    shared = {name: value for name, value in defaults.items() if not isinstance(value, dict)}
    return shared | (own if isinstance(own, dict) else {})


def read_config(path: Path) -> BenchConfig:
    """Return the bench described by a TOML file.

    Raises:
        ConfigError: names the file, the key, what was expected, and the nearest match.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror or error}; give the path of a bench.toml"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    try:
        return BenchConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    """Return the first complaint as one line: key, what is wrong, what was expected."""
    # A misspelt key is also a missing one; the spelling is what helps.
    complaints = error.errors(include_url=False)
    first = min(complaints, key=lambda each: each["type"] != "extra_forbidden")
    *parents, key = [str(part) for part in first["loc"]] or [""]
    if first["type"] == "extra_forbidden":
        return f"{'.'.join(parents) or 'top level'}: {unknown('key', key, _fields(parents))}"
    where = ".".join([*parents, key]).strip(".")
    if first["type"] == "missing":
        return f"{where}: this key is missing"
    tables = ("dict_type", "model_type")
    said = "expected a table" if first["type"] in tables else first["msg"]
    given = first.get("input")
    if isinstance(given, str | int | float | list) and repr(given) not in said:
        said += f" (got {given!r})"
    said = said.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def _fields(parents: list[str]) -> list[str]:
    """Return the keys known below the tables `parents`; names of instruments are passed over."""
    model: Any = BenchConfig
    for name in parents:
        annotation = getattr(model, "model_fields", {}).get(name)
        if annotation is not None:
            choices = (annotation.annotation, *get_args(annotation.annotation))
            model = next((c for c in choices if hasattr(c, "model_fields")), None)
    return list(getattr(model, "model_fields", {}))
