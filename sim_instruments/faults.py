"""A simulated instrument that misbehaves, so that recovery can be rehearsed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import numpy as np

KINDS: Final = ("timeout", "drop", "error", "garbage", "identity")
_STRANGER: Final = b"SOMEBODY ELSE,MODEL 0,0,0\n"


class Box(Protocol):
    """What a transport needs of an instrument."""

    message_based: bool

    def write(self, data: bytes) -> None:
        """Take the bytes of one write."""
        ...

    def read(self) -> bytes | None:
        """Return the next response message; None when there is none."""
        ...

    def clear(self) -> None:
        """Do what device clear does."""
        ...

    def status_byte(self) -> int:
        """Return what a serial poll reads."""
        ...


class Faulty:
    """Stands between the transport and an instrument, and counts the instrument's messages.

    Kinds, each from the message number it is given (1 is the first):
    ``timeout`` that and all later messages are lost; ``drop`` the next answer is lost; ``error``
    the instrument queues -310 "System error" once; ``garbage`` the next answer becomes noise of
    the same length; ``identity`` ``*IDN?`` is answered by a stranger.
    """

    def __init__(self, box: Any, faults: Iterable[Mapping[str, Any]], seed: int) -> None:
        self._box = box
        self._from = {fault["kind"]: int(fault["message"]) for fault in faults}
        if unknown := set(self._from) - set(KINDS):
            raise ValueError(f"unknown fault '{unknown.pop()}' (known: {', '.join(KINDS)})")
        self._noise = np.random.default_rng(seed)
        self._count = 0
        self._asked = b""

    @property
    def message_based(self) -> bool:
        """As the instrument's."""
        return bool(self._box.message_based)

    def write(self, data: bytes) -> None:
        """Pass one message on, unless the instrument has died."""
        self._count += 1
        self._asked = data.upper()
        if self._dead:
            return
        if self._strikes("error"):
            self._box.fail(-310)
        self._box.write(data)

    def read(self) -> bytes | None:
        """Return the answer, or what has become of it."""
        if self._dead:
            return None
        reply: bytes | None = self._box.read()
        if reply is None or self._strikes("drop"):
            return None
        if self._count >= self._from.get("identity", self._count + 1) and b"*IDN?" in self._asked:
            return _STRANGER
        if self._strikes("garbage"):
            return self._noise.bytes(max(len(reply) - 1, 1)).replace(b"\n", b"\r") + b"\n"
        return reply

    def clear(self) -> None:
        """Clear the instrument, unless it has died."""
        if not self._dead:
            self._box.clear()

    def status_byte(self) -> int:
        """Return the status byte; 0 from the dead."""
        return 0 if self._dead else self._box.status_byte()

    @property
    def _dead(self) -> bool:
        return self._count >= self._from.get("timeout", self._count + 1)

    def _strikes(self, kind: str) -> bool:
        """Return whether a fault that strikes once does so now."""
        if self._count < self._from.get(kind, self._count + 1):
            return False
        del self._from[kind]
        return True
