"""organic: the kernel of iontronic_li with the set of protons."""

import math

import numpy as np
import pytest

from sim_instruments.models.iontronic_li import IontronicLi
from sim_instruments.models.organic import Organic
from sim_instruments.models.parameters import bounds

EXACT = {"spread_conductance": 0.0, "spread_rate": 0.0, "spread_forming": 0.0,
         "step_spread": 0.0, "read_noise": 0.0}  # fmt: skip


def device(kind=Organic, **parameters):
    return kind(seed=0, **{**EXACT, **parameters})


def conductance(organic):
    return organic.current(1e-6) / 1e-6


def facilitation(kind, gap):
    organic = device(kind)
    base = conductance(organic)
    organic.advance(0.8, 10e-3)
    first = conductance(organic) - base
    organic.idle(gap)
    organic.advance(0.8, 10e-3)
    return (conductance(organic) - base) / first


def test_it_is_iontronic_li_with_three_other_defaults():
    same = {"fast_time": 30e-3, "slow_time": 350e-3, "volatile_barrier": 0.55}
    cycle = (np.array([0.9, 0.1, -0.7, 0.1]), np.full(4, 1e-2), np.zeros(4))
    ours = Organic(seed=4, **same).play(*cycle, count=50).current
    assert ours.tobytes() == IontronicLi(seed=4).play(*cycle, count=50).current.tobytes()
    assert Organic.KERNELS is IontronicLi.KERNELS
    assert bounds(Organic.PARAMETERS) == bounds(IontronicLi.PARAMETERS)


@pytest.mark.parametrize(("share", "tau"), [(1.0, 5e-3), (0.0, 2.0)])
def test_its_reservoirs_empty_in_five_milliseconds_and_two_seconds(share, tau):
    organic = device(filling=0.8, fast_share=share)
    before = conductance(organic) - 0.1e-6
    organic.idle(tau)
    assert (conductance(organic) - 0.1e-6) / before == pytest.approx(math.exp(-1), rel=1e-6)


def test_the_slow_reservoir_remembers_pairs_for_seconds():
    gaps = (2e-3, 10e-3, 0.1, 1.0, 5.0)
    organic, li = ([facilitation(kind, gap) for gap in gaps] for kind in (Organic, IontronicLi))
    print(f"\npaired pulses {gaps} s apart: organic {np.round(organic, 3)}, Li {np.round(li, 3)}")
    assert np.all(np.diff(organic) < 0)
    assert organic[3] > 1.04 > li[3]
    assert organic[4] < 1.02


def test_the_low_barrier_makes_it_less_sensitive_to_heat():
    factors = []
    for kind in (Organic, IontronicLi):
        rates = []
        for kelvin in (300.0, 330.0):
            organic = device(kind, filling=0.8, fast_share=1.0)
            before = conductance(organic) - 0.1e-6
            organic.idle(1e-3, kelvin)
            rates.append(-math.log((conductance(organic) - 0.1e-6) / before))
        factors.append(rates[1] / rates[0])
    print(f"forgetting at 330 K over 300 K: organic {factors[0]:.2f}, Li {factors[1]:.2f}")
    assert factors == pytest.approx([4.08, 6.91], rel=0.01)


def test_formed_it_keeps_a_level():
    organic = device(formed=True, filling=0.5)
    before = conductance(organic)
    organic.idle(86400.0)
    assert conductance(organic) == pytest.approx(before, rel=0.02)


def test_its_errors_name_it():
    with pytest.raises(ValueError, match="organic needs lowest < highest"):
        Organic(lowest=1e-4)
