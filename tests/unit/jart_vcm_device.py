"""A nominal jart_vcm, without spread or noise."""

import numpy as np

from sim_instruments.models.jart_vcm import JartVcm

PLAIN = {"variable": False, "jumps": False, "drift": 0.0, "relaxation": 0.0, "read_noise": 0.0}
NONE = np.zeros(0)
T0 = 293.0
"""K"""


def nominal(n=0.008, kelvin=T0, **parameters):
    device = JartVcm(seed=0, vacancies=n * 1e26, **{**PLAIN, **parameters})
    device.play(NONE, NONE, NONE, temperature=kelvin)
    return device


def disc(device):
    return device.state["vacancies"] / 1e26
