"""A simulated 2400 on a resistor, and how to talk to it."""

from sim_instruments.keithley_2400 import Keithley2400
from sim_instruments.models import create
from sim_instruments.wiring import Wiring
from sim_instruments.world import World

OHM = 1e4


def make(resistance=OHM, **wiring):
    device = create("resistor", seed=1, resistance=resistance)
    world = World(device, wiring=Wiring(**{"name": "direct", "source_meter": "smu"} | wiring))
    return world, Keithley2400(world, "smu")


def tell(box, message):
    box.write(message.encode() + b"\n")


def ask(box, message):
    tell(box, message)
    answer = box.read()
    return None if answer is None else answer.decode().strip()


def errors(box):
    """Empty the queue; what a missing answer adds to it (-420) is not of interest."""
    found = []
    while number := int(ask(box, ":SYST:ERR?").partition(",")[0]):
        found.append(number)
    return [number for number in found if number != -420]


def numbers(text):
    return [float(value) for value in text.split(",")]


# Readings.
