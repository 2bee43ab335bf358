"""The bench that the window holds open. Everything here runs in the bench's thread."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchctl.bench import Bench
    from benchctl.wiring import Cell


class BenchSlot:
    """One bench file, opened when needed, and closed with its outputs off.

    Args:
        path: a bench.toml; None for the built-in simulated bench.
        simulate: open its bench simulated.
        model: of the simulated device, instead of the bench's.
        parameters: of the model, over the bench's.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        simulate: bool = False,
        model: str | None = None,
        parameters: Mapping[str, float | bool | str] = {},
    ) -> None:
        self.path = path
        self.simulate = simulate
        self._model = model
        self._parameters = parameters
        self.bench: Bench | None = None
        self.pristine = False
        """whether the device was a fresh one when the bench was opened"""
        self._used = False
        self._cell: Cell | None = None
        self._picked = False
        """whether a person has chosen among the cells of the array, be it all of them"""

    def open(self, *, pristine: bool = False) -> "Bench":
        """Open the bench, on a device that nothing has been done to where it is simulated."""
        from benchctl.bench import open_bench

        self.close()
        self.bench = open_bench(
            self.path, simulate=self.simulate, pristine=pristine,
            model=self._model, parameters=self._parameters,
        )  # fmt: skip
        self.pristine, self._used = pristine, False
        if self._picked:
            self.choose(self._cell)
        return self.bench

    def choose(self, cell: "Cell | None") -> None:
        """Connect a cell of the array, and offer no other; offer all of them where it is None.

        None stands chosen after a failure.

        Raises:
            BenchError: the bench does not reach it, or the matrix fails.
        """
        if self.bench is None:
            return
        self._cell, self._picked = None, True
        self.bench.dut.offer_all()
        if cell is not None:
            self.bench.dut.choose(cell)
            self._cell = cell

    def leave(self) -> None:
        """Forget the cell that a run through several of them came to last."""
        if self.bench is not None and len(self.bench.dut.cells) > 1:
            self.bench.dut.offer_all()

    def ready_for(self, procedure: Any) -> "Bench":
        """Return the bench, with the device that the recipe `procedure` wants.

        Only the built-in simulated bench has fresh devices to give.
        """
        wants = bool(getattr(procedure, "PRISTINE", False))
        if self.bench is None:
            return self.open(pristine=wants and self.path is None)
        if self.path is None:
            # A device that has been formed here may go on into other recipes.
            stale = not self.pristine or self._used if wants else self.pristine and not self._used
            if stale:
                return self.open(pristine=wants)
        return self.bench

    def use(self) -> None:
        """Note that the device has been through a run."""
        self._used = True

    def close(self) -> None:
        """Turn every output off and let the instruments go."""
        bench, self.bench = self.bench, None
        if bench is not None:
            bench.close()
