"""A procedure as somebody else would write it: PyMeasure only, nothing of benchctl.

Run it from this folder: ``benchctl run stock_procedure:RandomWalk -p steps=200``.
"""

from random import Random

from pymeasure.experiment import FloatParameter, IntegerParameter, Procedure


class RandomWalk(Procedure):
    """Walk at random."""

    steps = IntegerParameter("Steps", default=100, minimum=1)
    stride = FloatParameter("Stride", units="V", default=0.1)
    seed = IntegerParameter("Seed of the walk", default=1)

    DATA_COLUMNS = ["Step", "Position (V)"]  # noqa: RUF012 - PyMeasure's way

    def startup(self) -> None:
        """Choose the way."""
        self.random = Random(self.seed)

    def execute(self) -> None:
        """Take the steps."""
        position = 0.0
        for step in range(self.steps):
            if self.should_stop():
                return
            position += self.random.choice((-1, 1)) * self.stride
            self.emit("results", {"Step": step, "Position (V)": position})
            self.emit("progress", 100 * (step + 1) / self.steps)
