"""bench.toml as frozen pydantic models: unknown keys are refused, quantities carry units."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from benchctl.errors import ConfigError, unknown
from benchctl.quantities import parse


def _quantity(unit: str) -> BeforeValidator:
    def convert(value: object) -> float:
        try:
            return parse(value, unit)
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("value: ")) from None

    return BeforeValidator(convert, json_schema_input_type=float | str)


Volts = Annotated[float, _quantity("V")]
Amperes = Annotated[float, _quantity("A")]
Seconds = Annotated[float, _quantity("s")]
Ohms = Annotated[float, _quantity("Ohm")]
Kelvins = Annotated[float, _quantity("K")]
Farads = Annotated[float, _quantity("F")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class InstrumentConfig(_Frozen):
    """One instrument: ``[instruments.NAME]``."""

    driver: str
    """name of a driver, as in `benchctl list drivers`"""
    address: str
    """VISA resource string"""


class WiringConfig(_Frozen):
    """Who is connected to the device: ``[wiring]``."""

    name: Literal["direct", "relay"] = "direct"
    """direct: the source-meter alone. relay: a change-over relay, driven by a digital line of
    the source-meter; low connects the source-meter, high the generator."""
    source_meter: str | None = None
    """name of the instrument that measures; needed where there are several"""
    generator: str | None = None
    """name of the pulse generator"""
    line: Annotated[int, Field(ge=1, le=6)] = 1
    """digital line that drives the relay"""
    settle: Annotated[Seconds, Field(gt=0, le=1)] = 2e-3
    """time the relay's contacts need"""
    series_resistance: Annotated[Ohms, Field(ge=0)] = 0.0
    """resistor in the generator's path; all that limits its current"""


class LimitsConfig(_Frozen):
    """What the device may be given."""

    voltage: tuple[Volts, Volts] = (-2.0, 2.0)
    """lowest and highest voltage"""
    current: Annotated[Amperes, Field(gt=0)] = 1e-3
    """largest current"""


class DutConfig(_Frozen):
    """The device: ``[dut]``."""

    sample: str = "device"
    """its name, in file names and headers"""
    limits: LimitsConfig = LimitsConfig()


class FaultConfig(_Frozen):
    """A fault to inject into a simulated instrument: ``[[simulation.faults]]``."""

    instrument: str
    message: Annotated[int, Field(ge=1)]
    """which of the instrument's messages, from 1"""
    kind: Literal["timeout", "drop", "error", "garbage", "identity"] = "timeout"


class NoiseConfig(_Frozen):
    """What a reading adds to the current, by default nothing: ``[simulation.noise]``."""

    read_noise: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """relative white noise of one reading, beside the model's own parameter `read_noise`"""
    thermal: bool = False
    """thermal noise, 4kTG"""
    shot: Annotated[float, Field(ge=0, le=10)] = 0.0
    """shot noise 2qIF: its Fano factor F, 1 for full shot noise"""
    flicker: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    """1/f noise: the root of f S/I², usually 0.005 to 0.02"""
    flicker_fastest: Annotated[Seconds, Field(ge=1e-12, le=1e6)] = 1e-6
    """shortest time constant of the 1/f noise"""
    flicker_slowest: Annotated[Seconds, Field(ge=1e-12, le=1e6)] = 1e3
    """longest time constant of the 1/f noise"""
    rtn_traps: Annotated[float, Field(ge=0, le=20)] = 0.0
    """random telegraph noise: mean number of traps in a device, usually 1"""
    rtn_amplitude: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """relative change of a resistance of 10 kOhm by one trap"""
    rtn_exponent: Annotated[float, Field(ge=0, le=2)] = 0.7
    """how that grows with resistance; it ends at 0.5"""
    rtn_fastest: Annotated[Seconds, Field(ge=1e-12, le=1e6)] = 1e-6
    """shortest mean time a trap stays full or empty at 300 K"""
    rtn_slowest: Annotated[Seconds, Field(ge=1e-12, le=1e6)] = 10.0
    """longest such time"""
    rtn_attempt: Annotated[Seconds, Field(ge=1e-15, le=1e-6)] = 1e-12
    """attempt time of the traps: how strongly these times depend on temperature"""
    integration: Annotated[Seconds, Field(ge=0, le=100)] = 0.0
    """integration time of a reading; 0 takes the meter's"""


class AgeingConfig(_Frozen):
    """How the device wears out, by default not at all: ``[simulation.ageing]``."""

    acceleration: Annotated[float, Field(ge=0, le=1e12)] = 0.0
    """damage of a nominal set or reset pulse: 0 is no ageing, 1 HfOx, 1e-3 TaOx; a large one shows
    a failure within a short run"""
    voltage_power: Annotated[float, Field(ge=0, le=40)] = 12.0
    """p: damage grows with the p-th power of the device voltage"""
    time_power: Annotated[float, Field(ge=0.05, le=2)] = 0.3
    """q: and with the q-th power of the width"""
    hrs_drift: Annotated[float, Field(ge=0, le=5)] = 0.35
    """decades by which the high resistance falls per decade of damage"""
    hrs_scale: Annotated[float, Field(ge=1, le=1e15)] = 1e6
    """damage from where it does"""
    lrs_drift: Annotated[float, Field(ge=0, le=5)] = 0.05
    """decades by which the low resistance rises per decade of damage"""
    lrs_scale: Annotated[float, Field(ge=1, le=1e15)] = 1e6
    """damage from where it does"""
    voltage_drift: Annotated[float, Field(ge=0, le=1)] = 0.03
    """relative fall of the switching voltage per decade of damage"""
    voltage_scale: Annotated[float, Field(ge=1, le=1e15)] = 1e6
    """damage from where it falls"""
    spread_growth: Annotated[float, Field(ge=0, le=10)] = 0.5
    """relative growth of the spread between cycles per decade of damage"""
    spread_scale: Annotated[float, Field(ge=1, le=1e15)] = 1e6
    """damage from where it grows"""
    life: Annotated[float, Field(ge=1, le=1e18)] = 3e9
    """damage at which 63 % of devices have failed hard (Weibull)"""
    life_shape: Annotated[float, Field(ge=0.1, le=100)] = 1.2
    """Weibull shape of it"""
    stuck_high: Annotated[float, Field(ge=0, le=1)] = 0.7
    """share of hard failures that stay in the low resistance"""


class CircuitConfig(_Frozen):
    """What stands around the simulated device, by default nothing: ``[simulation.circuit]``."""

    series_resistance: Annotated[Ohms, Field(ge=0, le=1e9)] = 0.0
    """between every source and the device, contacts included; the generator's own resistor is
    in the wiring"""
    capacitance: Annotated[Farads, Field(ge=0, le=1e-3)] = 0.0
    """parallel to the device; a device that sets discharges it beyond the source's limit"""
    transistor: bool = False
    """a transistor in series with the device: 1T1R"""
    gate: Annotated[Volts, Field(ge=-10, le=10)] = 1.2
    """at its gate while the source is positive"""
    reset_gate: Annotated[Volts, Field(ge=-10, le=10)] = 3.3
    """at its gate while the source is negative"""
    threshold: Annotated[Volts, Field(ge=-5, le=5)] = 0.5
    """its threshold voltage"""
    transconductance: Annotated[float, Field(ge=1e-9, le=1)] = 1e-3
    """its k in A/V²: half of it times the overdrive squared is the saturation current"""
    modulation: Annotated[float, Field(ge=1e-4, le=1)] = 0.05
    """its slope in saturation in 1/V"""


class SimulationConfig(_Frozen):
    """The device behind simulated instruments: ``[simulation]``."""

    model: str = "gap_filament"
    """name of a device model, as in `benchctl list models`"""
    parameters: dict[str, float | int | bool | str] = {}
    """the model's own parameters; text may carry a unit prefix the model's page names"""
    seed: Annotated[int, Field(ge=0)] | None = None
    """same seed, same rows; none draws one and stores it"""
    latency: Annotated[Seconds, Field(ge=0, le=1)] = 0.0
    """virtual time one message takes on the wire"""
    temperature: Annotated[Kelvins, Field(gt=0, le=1000)] = 300.0
    noise: NoiseConfig = NoiseConfig()
    """thermal, shot and 1/f noise, random telegraph noise; see below"""
    circuit: CircuitConfig = CircuitConfig()
    """series resistance, parasitic capacitance, series transistor; see below"""
    ageing: AgeingConfig = AgeingConfig()
    """drift of the states and hard failure; see below"""
    faults: tuple[FaultConfig, ...] = ()


Scalar = float | int | bool | str


class BenchConfig(_Frozen):
    """A whole bench.toml."""

    instruments: dict[str, InstrumentConfig]
    wiring: WiringConfig = WiringConfig()
    dut: DutConfig = DutConfig()
    simulation: SimulationConfig = SimulationConfig()
    defaults: dict[str, Scalar | dict[str, Scalar]] = {}
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
        return self

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
    try:
        return BenchConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
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
    said = first["msg"].removeprefix("Value error, ")
    given = first.get("input")
    shown = f" (got {given!r})" if isinstance(given, str | int | float) else ""
    return f"{where}: {said}{shown}" if where else said


def _fields(parents: list[str]) -> list[str]:
    """Return the keys known below the tables `parents`; names of instruments are passed over."""
    model: Any = BenchConfig
    for name in parents:
        annotation = getattr(model, "model_fields", {}).get(name)
        if annotation is not None:
            choices = (annotation.annotation, *get_args(annotation.annotation))
            model = next((c for c in choices if hasattr(c, "model_fields")), None)
    return list(getattr(model, "model_fields", {}))
