"""What every simulated device is: a state, parameters, one random stream, compiled kernels."""

import secrets
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from sim_instruments.load import ROOM, Played
from sim_instruments.models.ageing import (
    NOMINAL,
    AgeingParameters,
    Wear,
    ageing_state,
    packed,
    represent,
)
from sim_instruments.models.circuit import Array, Kernels, Rng
from sim_instruments.models.network import CHARGE, PEAK, SIZE, CircuitParameters, around
from sim_instruments.models.parameters import Bound, as_metadata, bounds, checked

AMBIENT = 0
"""Where every model keeps its temperature (K) among its parameters."""
_NO_TIME = np.zeros(0)
_NOTHING = (_NO_TIME, _NO_TIME, np.zeros(0, dtype=bool))


class Device:
    """One device; a model's class adds its parameters, its kernels and its packing.

    Args:
        seed: of all randomness, spread between devices included; None draws one.
        **parameters: SI floats or booleans, see the model's parameter class.

    Raises:
        ValueError: an unknown parameter, or one out of its range.
    """

    name: ClassVar[str]
    PARAMETERS: ClassVar[type[Any]]
    KERNELS: ClassVar[Kernels]
    APPROXIMATIONS: ClassVar[tuple[str, ...]] = ()
    WEAR: ClassVar[Wear] = Wear(*NOMINAL)

    def __init__(self, seed: int | None = None, **parameters: Any) -> None:
        self.seed = secrets.randbits(32) if seed is None else seed
        self.parameters = checked(self.PARAMETERS, self.name, parameters)
        self.rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed)))
        self._p, self._x = self._pack()
        self._c = _NO_TIME
        self._play: Callable[..., None] = self.KERNELS.play
        self.circuit = CircuitParameters()
        self.ageing = AgeingParameters()

    @classmethod
    def units(cls) -> dict[str, str]:
        """Return the unit of each parameter that is a number."""
        allowed = bounds(cls.PARAMETERS).items()
        return {name: bound.unit for name, bound in allowed if isinstance(bound, Bound)}

    @classmethod
    def switches(cls) -> set[str]:
        """Return the parameters that are true or false."""
        return {name for name, bound in bounds(cls.PARAMETERS).items() if bound is None}

    def surround(
        self, circuit: CircuitParameters | None = None, ageing: AgeingParameters | None = None
    ) -> None:
        """Put a circuit around the fresh device, and let it age; None leaves it as it is."""
        self.circuit = circuit or self.circuit
        self.ageing = ageing or self.ageing
        behind, charged = self.circuit.transistor, self.circuit.capacitance > 0.0
        aged = self.ageing.acceleration > 0.0
        if not (behind or charged or aged):
            return
        self._play = around(self.KERNELS, behind, charged, aged)
        self._c = np.zeros(SIZE)
        if aged:
            self._c = packed(self.ageing, self.WEAR, self._x, self._p, self.seed)
        self._c[:SIZE] = self.circuit.packed()

    @property
    def overshoot(self) -> tuple[float, float]:
        """Largest current (A) beside a capacitance, and the charge (C) beyond the limit so far."""
        return (float(self._c[PEAK]), float(self._c[CHARGE])) if self._c.size else (0.0, 0.0)

    @property
    def wear(self) -> dict[str, float]:
        """Damage in nominal pulses and, where it failed hard, the side: 1 high, -1 low."""
        return ageing_state(self._c) if self.ageing.acceleration > 0.0 else {}

    def _pack(self) -> tuple[Array, Array]:
        """Return the packed parameters (temperature first) and the fresh state."""
        raise TypeError(f"{type(self).__name__} is no device model: it packs no parameters")

    def _warm(self, kelvin: float) -> None:
        """Take the packed parameters to another ambient temperature."""
        self._p[AMBIENT] = kelvin

    @property
    def state(self) -> dict[str, float]:
        """The state as named SI values."""
        raise TypeError(f"{type(self).__name__} is no device model: it has no state")

    @property
    def warnings(self) -> list[str]:
        """What took the device out of its model's range so far: ``name: what, where it ends``."""
        return []

    def _beyond(self, highest: float, most: float) -> list[str]:
        """Warn of a device that had `highest` V across it, where its model ends at `most`."""
        if highest <= most:
            return []
        return [f"{self.name}: {highest:.3g} V across it, the model holds up to {most:g} V"]

    def play(
        self,
        voltage: Array,
        duration: Array,
        ramp: Array,
        count: int = 1,
        limit: float = np.inf,
        resistance: float = 0.0,
        temperature: float = ROOM,
        record: bool = True,
        *,
        before: float = 0.0,
        start: float = 0.0,
    ) -> Played:
        """Play segments `count` times from a source behind `resistance` that gives at most `limit`.

        `before` seconds of rest come first, and the source starts at `start` (V). Arrays are
        float64, contiguous and of one length; recorded is one value per segment and pass.
        """
        if self._p[AMBIENT] != temperature:
            self._warm(temperature)
        size = voltage.size * count if record else 0
        out = (np.empty(size), np.empty(size), np.empty(size, dtype=bool)) if size else _NOTHING
        behind = resistance + self.circuit.series_resistance
        self._play(before, (start, voltage, duration, ramp), count if voltage.size else 0,
                   (limit, behind), out, (self._x, self._p, self._c), self.rng)  # fmt: skip
        return Played(*out)

    def advance(self, voltage: float, duration: float, temperature: float = ROOM) -> None:
        """Hold `voltage` directly across the device for `duration`."""
        self.play(np.array([voltage]), np.array([duration]), np.zeros(1),
                  temperature=temperature, record=False)  # fmt: skip

    def current(self, voltage: float) -> float:
        """Return the noise-free current in A at `voltage`; nothing changes."""
        return self.KERNELS.look(voltage, self._x, self._p)

    def idle(self, duration: float, temperature: float = ROOM) -> None:
        """Let `duration` seconds pass without bias, in closed form."""
        self.play(_NO_TIME, _NO_TIME, _NO_TIME, temperature=temperature, before=duration)

    def represent(self, cycles: int, like: int) -> bool:
        """Let `cycles` wear the device unstepped, each as one of the `like` since the last call.

        Returns whether it wears at all: without ageing nothing happens.
        """
        aged = self.ageing.acceleration > 0.0
        if aged:
            represent(cycles, like, self._x, self._p, self._c)
        return aged

    def parts(self, temperature: float = ROOM) -> tuple[Array, Array, Rng]:
        """Return state, parameters at `temperature` and random stream, for a circuit's kernels."""
        self.idle(0.0, temperature)
        return self._x, self._p, self.rng

    def metadata(self) -> dict[str, Any]:
        """Return what a file's header should say about this device."""
        bare = self.circuit == CircuitParameters()
        drifts = list(self.WEAR.drifts)
        aged = {"parameters": as_metadata(self.ageing), "drifts": drifts, **self.wear}
        return {
            "model": self.name,
            "seed": self.seed,
            "parameters": as_metadata(self.parameters),
            "approximations": list(self.APPROXIMATIONS),
            **({} if bare else {"circuit": as_metadata(self.circuit)}),
            **({"ageing": aged} if self.wear else {}),
        }
