"""What wear does to each model: a narrower window, an earlier set, or nothing but hard failure."""

import math
from importlib.metadata import entry_points

import numpy as np
import pytest

from sim_instruments.models import GROUP, create
from sim_instruments.models.ageing import DAMAGE, DRIFTS, AgeingParameters
from sim_instruments.models.parameters import bounds

MODELS = sorted(point.name for point in entry_points(group=GROUP))
WORN = 1e8
"""damage: the laws below say by how much what has drifted"""
FALLEN, RISEN = (1 + WORN / 1e6) ** -0.05, (1 + WORN / 1e6) ** 0.35
ENDS = {
    "analog_bilayer": ((4.0, 1e-2), (-4.0, 1e-2), -0.3, {}),
    "data_driven": ((1.5, 1e-2), (-1.5, 1e-2), 1e-3, {}),
    "ftj": ((2.5, 1e-3), (-2.5, 1e-3), 0.05, {}),
    "gap_filament": ((2.9, 1e-4), (-2.4, 1e-3), 0.1, {}),
    "hea": ((1.5, 1e-3), (-2.0, 1e-3), 0.1, {"limit": 3e-4}),
    "jart_vcm": ((1.5, 1e-4), (-1.6, 1e-3), 0.1, {"limit": 5e-4}),
    "linear_drift": ((1.0, 1.0), (-1.0, 10.0), 0.01, {}),
    "memtransistor": ((3.0, 1.0), (-3.0, 1.0), 0.1, {}),
    "pcm": ((1.9, 1e-6), (-2.8, 50e-9), 0.1, {"resistance": 2e3}),
    "quantum_dot": ((3.0, 1e-3), (-3.0, 1e-3), 0.1, {}),
    "stanford": ((1.8, 1e-3), (-1.8, 1e-3), 0.1, {"limit": 1e-3}),
    "stanford_width": ((1.2, 1e-6), (-1.5, 1e-6), -0.1, {"limit": 5e-4}),
    "step_synapse": ((3.2, 0.3), (-2.8, 0.3), 0.1, {}),
    "vteam": ((1.0, 1e-3), (-1.0, 1e-3), 0.1, {}),
    "yakopcic": ((0.5, 1e-2), (-0.5, 1e-2), 0.1, {}),
}
"""set and reset (V, s) that reach the ends of the stroke, where to read (V), and the circuit"""
LIMITED = ("hea", "jart_vcm", "stanford", "stanford_width")
"""the circuit, not the model, ends their set"""
SCATTER = ("drift", "relaxation", "c2c", "program_noise")


def quiet(model, seed=1):
    """Return a device without scatter."""
    allowed = bounds(create(model, seed=1).PARAMETERS)
    still = {n: 0.0 for n in allowed if n in SCATTER or n.startswith(("spread", "cycle_"))
             or n.endswith("_noise") or n == "step_spread"}  # fmt: skip
    still |= {n: False for n in ("jumps", "variable") if n in allowed}
    start = {"pcm": {"conductance": 25e-9}}.get(model, {})
    return create(model, seed=seed, **still, **start)


def worn(model, damage, **laws):
    """Return a quiet device after a set, a reset, and that much damage."""
    device = quiet(model)
    device.surround(ageing=AgeingParameters(acceleration=1e-6, life=1e18, **laws))
    set_to(device), reset_to(device)
    device._c[DAMAGE] = damage
    set_to(device), reset_to(device)
    return device


def pulse(device, volts, seconds, limit=math.inf, resistance=0.0):
    device.play(np.array([volts, 0.0]), np.array([seconds, 1e-6]), np.zeros(2), limit=limit,
                resistance=resistance)  # fmt: skip


def set_to(device):
    up, _, at, circuit = ENDS[device.name]
    pulse(device, *up, **circuit)
    return device.current(at) / at


def reset_to(device):
    _, down, at, circuit = ENDS[device.name]
    pulse(device, *down, **({} if "limit" in circuit else circuit))
    return device.current(at) / at


def drifting(what):
    return [name for name in MODELS if what in create(name, seed=1).WEAR.drifts]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_says_what_drifts_or_why_it_only_fails_hard(name):
    device = create(name, seed=1)
    assert device.WEAR.drifts or device.WEAR.why
    missing = set(DRIFTS[:3]) - set(device.WEAR.drifts)
    assert not missing or device.WEAR.why, f"{name} does not say why no {missing} drifts"
    assert device.metadata().get("ageing") is None
    device.surround(ageing=AgeingParameters(acceleration=1.0))
    assert device.metadata()["ageing"]["drifts"] == list(device.WEAR.drifts)


def test_the_ends_of_every_model_that_drifts_are_tried():
    assert set(ENDS) == {name for name in MODELS if create(name, seed=1).WEAR.drifts}


@pytest.mark.parametrize("name", drifting("off conductance"))
def test_damage_narrows_the_window(name):
    fresh, old = worn(name, 0.0), worn(name, WORN)
    on, off = set_to(old) / set_to(fresh), reset_to(old) / reset_to(fresh)
    lower, higher = old.WEAR.window(old._p), create(name, seed=1).WEAR.window(fresh._p)
    print(f"{name}: on x{on:.3f} ({FALLEN:.3f}), off x{off:.2f} ({RISEN:.2f}); window {lower:.3g}"
          f" of {higher:.3g}")  # fmt: skip
    assert off > 1.3
    assert on / off < 0.75
    # Narrow windows end before they close, and what the circuit limits stays where it was.
    if name not in ("data_driven", "analog_bilayer", "stanford_width"):
        assert off == pytest.approx(RISEN, rel=0.15)
    if name not in LIMITED:
        assert on == pytest.approx(FALLEN, rel=0.07)


@pytest.mark.parametrize("name", sorted(ENDS))
def test_no_damage_closes_or_turns_the_window_over(name):
    device = worn(name, 1e17, hrs_drift=5.0, voltage_drift=0.0)
    on, off = set_to(device), reset_to(device)
    print(f"{name}: ON/OFF {on / off:.3f} is left")
    assert on / off > 0.95
    assert math.isfinite(on)


def set_voltage(device):
    """Return the least voltage (V) at which a pulse takes a reset device half of the way."""
    (top, seconds), _, at, circuit = ENDS[device.name]
    on, off = set_to(device), reset_to(device)
    for level in np.linspace(0.05, 1.2, 231) * top:
        pulse(device, level, 1e-2 * seconds, **circuit)
        if device.current(at) / at > math.sqrt(on * off):
            return float(level)
    raise AssertionError("it does not set")


@pytest.mark.parametrize("name", drifting("switching voltage"))
def test_a_worn_device_sets_at_a_lower_voltage(name):
    only = {"hrs_drift": 0.0, "lrs_drift": 0.0, "voltage_drift": 0.1}
    fresh, old = (set_voltage(worn(name, damage, **only)) for damage in (0.0, WORN))
    expected = 1 - 0.1 * math.log10(1 + WORN / 1e6)
    print(f"{name}: sets at {fresh:.3g} V, worn {old:.3g} V: x{old / fresh:.3f} ({expected:.3f})")
    assert 0.7 < old / fresh < 0.97


@pytest.mark.parametrize("name", drifting("spread between cycles"))
def test_what_spreads_grows(name):
    device = create(name, seed=1)
    device.surround(ageing=AgeingParameters(acceleration=1.0, life=1e18))
    slots = [rule.slot for rule in device.WEAR.rules if DRIFTS[rule.kind].startswith("spread")]
    before = device._p[slots].copy()
    device._c[DAMAGE] = WORN
    set_to(device)
    grown = before * (1 + 0.5 * math.log10(1 + WORN / 1e6))
    assert device._p[slots] == pytest.approx(grown, rel=1e-3)


@pytest.mark.parametrize("name", ["resistor", "mtj", "iontronic_li", "nbo2"])
def test_a_model_that_does_not_drift_fails_hard(name):
    device = create(name, seed=1)
    device.surround(ageing=AgeingParameters(acceleration=1e6, life=1.0))
    for _ in range(4):
        for volts in (1.5, -1.5):
            pulse(device, volts, 1e-5, limit=1e-3)
    assert device.wear["stuck"] != 0.0
    assert device.metadata()["ageing"]["drifts"] == []


def test_devices_that_share_a_table_wear_by_themselves():
    old, new = worn("jart_vcm", WORN), quiet("jart_vcm")
    assert reset_to(old) > 3 * reset_to(new)


def test_a_recovery_pulse_takes_damage_back():
    def left(volts, **laws):
        device = quiet("resistor")
        device.surround(ageing=AgeingParameters(acceleration=1.0, life=1e18, **laws))
        device._c[DAMAGE] = 1e6
        pulse(device, volts, 1e-9)
        return device.wear["damage"]

    half = {"recovery": 0.5}
    assert left(-2.0, **half) == pytest.approx(0.5e6, rel=0.01)
    assert left(-1.9, **half) == pytest.approx(1e6, rel=0.01), "not strong enough"
    assert left(2.0, **half) == pytest.approx(1e6, rel=0.01), "the wrong polarity"
    assert left(-2.0) == pytest.approx(1e6, rel=0.01), "off by default"


def test_recovery_brings_the_window_back():
    off = []
    for recovery in (0.0, 0.9):
        device = worn("vteam", WORN, recovery=recovery)
        pulse(device, -1.5, 1e-6)
        set_to(device)
        off.append(reset_to(device))
    expected = ((1 + WORN / 1e6) / (1 + 0.1 * WORN / 1e6)) ** 0.35
    assert off[0] / off[1] == pytest.approx(expected, rel=0.02)
