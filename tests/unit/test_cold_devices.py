"""Colder than any model holds, a device still gives numbers, and gives them at once."""

import numpy as np
import pytest
from model_strokes import MODELS

from sim_instruments.models import create


@pytest.mark.parametrize("kelvin", [1.0, 4.2, 10.0, 77.0])
@pytest.mark.parametrize("model", MODELS)
def test_a_device_in_helium_gives_numbers(model, kelvin):
    device = create(model, seed=3)
    for volts in (1e-3, 0.5, 1.5, -1.5, 3.0):
        pulse = np.array([volts, 0.0, 0.1]), np.array([1e-6, 1e-3, 1e-3]), np.zeros(3)
        played = device.play(*pulse, limit=1e-3, temperature=kelvin)
        device.idle(10.0, kelvin)
        assert np.all(np.isfinite(played.current))
        assert np.all(np.isfinite(list(device.state.values()))), device.state
