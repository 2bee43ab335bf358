"""Parameters of the high-entropy-alloy memristor, see `sim_instruments.models.hea`."""

from dataclasses import dataclass
from typing import Annotated

from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class HeaParameters:
    """Parameters of `Hea`, SI."""

    cu: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """fraction of copper; the five are divided by their sum"""
    al: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """fraction of aluminium"""
    ni: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """fraction of nickel"""
    co: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """fraction of cobalt"""
    x: Annotated[float, Bound("", 0.0, 1.0)] = 0.2
    """fraction of the fifth element"""
    spread_composition: Annotated[float, Bound("", 0.0, 0.05)] = 0.002
    """standard deviation of each fraction between devices, at 0.2 [D: 0.2 % within a wafer]"""
    gradient: Annotated[float, Bound("", -0.1, 0.1)] = 0.0
    """how much more Cu and less of the fifth element there is at the wafer's edge [D]"""
    wafer_radius: Annotated[float, Bound("", 0.0, 1.0)] = 0.0
    """where on the wafer: 0 centre, 1 edge; the gradient grows with its square [D]"""
    sensitivity: Annotated[float, Bound("eV", 0.0, 10.0)] = 2.0
    """eV per unit fraction, of Cu and of the fifth element [D]"""
    disorder: Annotated[float, Bound("eV", 0.0, 0.2)] = 0.03
    """eV, barriers of sub-filaments of an equimolar alloy [D]"""
    gap: Annotated[float, Bound("m", 0.0, 1.5e-9)] = 1.5e-9
    """m, of the fresh device, the off state; such devices need no forming [R]"""
    widest_gap: Annotated[float, Bound("m", 0.5e-9, 2.5e-9)] = 1.5e-9
    """m, lower end of the stroke [D]"""
    largest_radius: Annotated[float, Bound("m", 0.1e-9, 5e-9)] = 2.0e-9
    """m, upper end of the stroke [D]"""
    speed: Annotated[float, Bound("m/s", 1e-6, 1e6)] = 10.0
    """m/s, v0 [R Stanford v1.0]"""
    growth_energy: Annotated[float, Bound("eV", 0.3, 3.0)] = 0.97
    """eV, at V > 0 [D]"""
    loss_energy: Annotated[float, Bound("eV", 0.3, 3.0)] = 0.76
    """eV, at V < 0 [D]"""
    lateral: Annotated[float, Bound("", 0.0, 1.0)] = 0.5
    """how much of the field a bridge feels that grows wider [D]"""
    hop: Annotated[float, Bound("m", 0.05e-9, 1e-9)] = 0.25e-9
    """m, a0 [R Stanford v1.0]"""
    oxide: Annotated[float, Bound("m", 1e-9, 50e-9)] = 12e-9
    """m, t_ox [R Stanford v1.0]"""
    field_factor: Annotated[float, Bound("", 1.0, 100.0)] = 18.7
    """gamma0; with the next, 16 [R Stanford v1.0] at the widest gap [D]"""
    gap_factor: Annotated[float, Bound("", 0.0, 5.0)] = 0.8
    """beta, per nm^3 [R Stanford v1.0]"""
    tunnel_length: Annotated[float, Bound("m", 0.02e-9, 1e-9)] = 0.25e-9
    """m, g_0 [R Stanford v1.0]"""
    tunnel_voltage: Annotated[float, Bound("V", 0.1, 10.0)] = 0.5
    """V, V_0 [D]"""
    thermal_resistance: Annotated[float, Bound("K/W", 0.0, 1e8)] = 1e5
    """K/W [D]"""
    dissolution: Annotated[float, Bound("m2/s", 0.0, 1e-3)] = 1e-7
    """m2/s, A [D]"""
    dissolution_energy: Annotated[float, Bound("eV", 0.3, 3.0)] = 1.15
    """eV, E_d [D]"""
    segregation_shift: Annotated[float, Bound("eV", 0.0, 0.5)] = 0.2
    """eV, by which a decomposed alloy's barriers are lower [D]"""
    spread_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.15
    """log-normal sigma of the off conductance between devices [D]"""
    cycle_energy: Annotated[float, Bound("eV", 0.0, 0.1)] = 0.008
    """eV, standard deviation of each barrier between cycles [D]"""
    cycle_off: Annotated[float, Bound("", 0.0, 1.0)] = 0.10
    """log-normal sigma of the lowest conductance between cycles [D]"""
    step_spread: Annotated[float, Bound("m^0.5", 0.0, 1e-5)] = 0.6e-6
    """m^0.5, standard deviation of a stroke of 1 m; 0.019 nm for one of 1 nm [D]"""
    read_noise: Annotated[float, Bound("", 0.0, 0.2)] = 0.005
    """relative noise of one reading [D]"""
    largest_step: Annotated[float, Bound("m", 1e-12, 0.1e-9)] = 0.04e-9
    """m, the largest change of a gap or a radius in one sub-step (numerics)"""
