"""The tables of bench.toml that only a simulated bench reads: ``[simulation]`` and below."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from benchctl.config_fields import (
    Farads,
    Frozen,
    Kelvins,
    Ohms,
    Seconds,
    Siemens,
    Volts,
)

Scalars = dict[str, float | int | bool | str]


def _of_a_model(parameters: Scalars) -> Scalars:
    """Refuse what is no model's parameter, and would be taken for something else."""
    for key in ("name", "seed"):
        if key in parameters:
            raise ValueError(f"{key} is no parameter; model and seed are keys of [simulation]")
    return parameters


ModelParameters = Annotated[Scalars, AfterValidator(_of_a_model)]


class FaultConfig(Frozen):
    """A fault to inject into a simulated instrument: ``[[simulation.faults]]``."""

    instrument: str
    message: Annotated[int, Field(ge=1)]
    """which of the instrument's messages, from 1"""
    kind: Literal["timeout", "drop", "error", "garbage", "identity"] = "timeout"


class NoiseConfig(Frozen):
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


class AgeingConfig(Frozen):
    """How the device wears out, by default not at all: ``[simulation.ageing]``."""

    acceleration: Annotated[float, Field(ge=0, le=1e12)] = 0.0
    """damage of a nominal set or reset pulse: 0 is no ageing, 1 HfOx, 1e-3 TaOx; a large one shows
    a failure within a short run. Nothing wears while a gate is driven"""
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
    recovery: Annotated[float, Field(ge=0, le=1)] = 0.0
    """share of the damage that a strong reset pulse takes back; 0 takes nothing back, a half is
    what was reported"""
    recovery_voltage: Annotated[float, Field(ge=1, le=10)] = 1.3
    """times the model's nominal reset voltage, from which a pulse is that strong"""


class CircuitConfig(Frozen):
    """What stands around the simulated device, by default nothing: ``[simulation.circuit]``."""

    name: str = "device"
    """device: the device, with what the other keys put around it. rc_neuron,
    one_transistor_neuron, cascade, relaxation_oscillator: that circuit, made with `parameters`"""
    parameters: Scalars = Field(default={})
    """of a circuit with a name of its own, SI; the page on circuits tells them"""

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


class CellConfig(Frozen):
    """A cell that differs: ``[[simulation.array.cells]]``."""

    row: Annotated[int, Field(ge=0)]
    """from 0"""
    column: Annotated[int, Field(ge=0)]
    """from 0"""
    parameters: ModelParameters = Field(default={})
    """of the model, over those all cells share, such as formed = true"""


class TransistorConfig(Frozen):
    """The access transistors of a 1T1R array: ``[simulation.array.transistor]``."""

    gain: Annotated[float, Field(ge=1e-9, le=1)] = 400e-6
    """k in A/V²: half of it times the overdrive squared is the saturation current"""
    threshold: Annotated[Volts, Field(ge=0, le=5)] = 0.5
    """threshold voltage"""
    leak: Annotated[Siemens, Field(ge=0, le=1e-3)] = 1e-12
    """conductance of one that is off"""
    modulation: Annotated[float, Field(ge=0, le=1)] = 0.0
    """its slope in saturation in 1/V"""


class ArraySimulationConfig(Frozen):
    """The simulated array behind ``[dut.array]``: ``[simulation.array]``."""

    line_resistance: Annotated[Ohms, Field(ge=0, le=1e6)] = 2.5
    """from crossing to crossing"""
    source_resistance: Annotated[Ohms, Field(ge=0, le=1e9)] = 0.0
    """between a row and the matrix"""
    sense_resistance: Annotated[Ohms, Field(ge=0, le=1e9)] = 0.0
    """between a column and the matrix"""
    tolerance: Annotated[Volts, Field(ge=1e-6, le=1)] = 2e-3
    """how far a cell may be from where it was believed before a pulse is divided (numerics)"""
    ramp_step: Annotated[Volts, Field(ge=1e-4, le=0.2)] = 20e-3
    """the coarsest staircase a ramp is resolved into (numerics)"""
    transistor: TransistorConfig | None = None
    """access transistors, where the array has gate lines"""
    cells: tuple[CellConfig, ...] = ()
    """cells that differ from the others"""


class SimulationConfig(Frozen):
    """The device behind simulated instruments: ``[simulation]``."""

    model: str = "gap_filament"
    """name of a device model, as in `benchctl list models`"""
    parameters: ModelParameters = Field(default={})
    """the model's own parameters, in SI or with a unit, such as "40 nm"; its page names them"""
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
    array: ArraySimulationConfig = ArraySimulationConfig()
    """lines and cells of the array in ``[dut.array]``; see below"""
    faults: tuple[FaultConfig, ...] = ()
