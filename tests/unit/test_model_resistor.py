"""resistor: Ohm's law, whatever happens to it."""

import numpy as np
import pytest

from sim_instruments.models import create


def test_it_obeys_ohm_before_and_after_anything():
    device = create("resistor", resistance=2.5e3)
    device.play(np.array([3.0, -3.0]), np.ones(2), np.ones(2), count=10)
    device.idle(3e8, 400.0)
    assert device.current(-0.5) == pytest.approx(-2e-4, rel=1e-12)
    assert device.state["conductance"] == pytest.approx(4e-4)
