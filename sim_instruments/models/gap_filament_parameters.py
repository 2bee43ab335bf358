"""Parameters of `gap_filament`."""

from dataclasses import dataclass
from typing import Annotated

from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class GapFilamentParameters:
    """Parameters of `GapFilament`, SI."""

    formed: bool = True
    """False gives a pristine device that must be formed first"""
    thickness: Annotated[float, Bound("m", 1e-9, 10e-9)] = 3.3e-9
    """m, filament of the fresh formed device; the default is the off state [D]"""
    thinnest: Annotated[float, Bound("m", 1e-9, 10e-9)] = 3.3e-9
    """m, lower end of the stroke [R sky130]"""
    thickest: Annotated[float, Bound("m", 1e-9, 10e-9)] = 4.9e-9
    """m, upper end of the stroke [R sky130]"""
    current_scale: Annotated[float, Bound("A", 1e-7, 1e-3)] = 61.4e-6
    """A, I1 [R sky130]"""
    voltage_scale: Annotated[float, Bound("V", 0.05, 5.0)] = 0.430
    """V, V_ref [R sky130]"""
    oxide: Annotated[float, Bound("m", 1e-9, 12e-9)] = 5.0e-9
    """m, T_ox [R sky130]"""
    reference: Annotated[float, Bound("m", 1e-9, 12e-9)] = 4.7249e-9
    """m, s_ref [R sky130]"""
    speed: Annotated[float, Bound("m/s", 1e-3, 1e6)] = 150.0
    """m/s, v1 [R sky130]"""
    growth_energy: Annotated[float, Bound("eV", 0.5, 3.0)] = 1.501
    """eV, Eg [R sky130]"""
    loss_energy: Annotated[float, Bound("eV", 0.5, 3.0)] = 1.500
    """eV, Er [R sky130]"""
    field_factor: Annotated[float, Bound("", 1.0, 50.0)] = 16.5
    """k0 [R sky130]"""
    gap_factor: Annotated[float, Bound("", -3.0, 0.0)] = -1.25
    """k1 [R sky130]"""
    hop: Annotated[float, Bound("m", 0.05e-9, 1e-9)] = 0.25e-9
    """m, a0 [R sky130]"""
    thermal_resistance: Annotated[float, Bound("K/W", 0.0, 1e8)] = 0.23e-9 / 0.31825e-15
    """K/W, tau_th/C_th [R sky130] = 7.2e5 [C]"""
    forming_voltage: Annotated[float, Bound("V", 0.5, 10.0)] = 2.5
    """V, 63 % of devices have formed here at 1 V/s [D]"""
    forming_slope: Annotated[float, Bound("V", 0.02, 1.0)] = 0.12
    """V, v_f: an e-fold of time to form [D]"""
    forming_shape: Annotated[float, Bound("", 2.0, 1000.0)] = 20.0
    """Weibull shape of the forming voltage [M: 15-40]"""
    area: Annotated[float, Bound("", 1e-4, 1e4)] = 1.0
    """electrode area, relative: forming takes -v_f ln(area) less voltage [D]"""
    spread_on: Annotated[float, Bound("", 0.0, 0.5)] = 0.05
    """log-normal sigma of conductance between devices [D: 5 %]"""
    spread_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.25
    """log-normal sigma of the off conductance between devices [D: 20-30 %]"""
    spread_voltage: Annotated[float, Bound("", 0.0, 0.2)] = 0.03
    """log-normal sigma of the switching voltages between devices [D: 3-5 %]"""
    cycle_on: Annotated[float, Bound("", 0.0, 0.5)] = 0.04
    """log-normal sigma of the highest conductance between cycles [D]"""
    cycle_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.20
    """log-normal sigma of the lowest conductance between cycles [D]"""
    cycle_voltage: Annotated[float, Bound("", 0.0, 0.2)] = 0.015
    """log-normal sigma of the switching voltages between cycles [D]"""
    step_spread: Annotated[float, Bound("m^0.5", 0.0, 1e-5)] = 0.6e-6
    """m^0.5, standard deviation of a stroke of 1 m; 0.019 nm for one of 1 nm [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [R: 0.5-2 % for RRAM]"""
    drift: Annotated[float, Bound("", 0.0, 0.05)] = 0.003
    """loss of conductance per decade of time after a write [R, from 1 us: 4 % in 10 years]"""
    relaxation: Annotated[float, Bound("", 0.0, 0.05)] = 0.0017
    """relative spread per decade of time after a write [R, rescaled: 1 % at 1 s]"""
    retention_energy: Annotated[float, Bound("eV", 0.0, 3.0)] = 1.3
    """eV, activation of drift and relaxation [R: 1.2-1.5]"""
    largest_step: Annotated[float, Bound("m", 1e-12, 0.1e-9)] = 0.05e-9
    """m, the largest change of thickness in one sub-step (numerics)"""
