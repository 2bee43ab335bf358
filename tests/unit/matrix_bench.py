"""A simulated switch matrix, and a World that writes down what it closes."""


class SpyWorld:
    """Writes down what the matrix closes, and when."""

    def __init__(self):
        self.now = 0.0
        self.changes = []

    def sleep(self, seconds):
        self.now += seconds

    def set_crosspoints(self, port, closed):
        assert port == "matrix"
        assert isinstance(closed, frozenset)
        self.changes.append((self.now, set(closed)))

    @property
    def closed(self):
        return self.changes[-1][1] if self.changes else set()


class MatrixBench:
    """A simulated matrix of some kind, spoken to in its own words."""

    def __init__(self, kind):
        self.world = SpyWorld()
        self.box = kind(self.world, "matrix")
        self.tell("*CLS")

    def tell(self, message):
        self.box.write(message.encode() + b"\n")

    def ask(self, message):
        self.tell(message)
        answer = self.box.read()
        return None if answer is None else answer.decode().strip()

    def errors(self):
        """Empty the queue; what a missing answer adds to it (-420) is not of interest."""
        found = []
        while number := int(self.ask(":SYST:ERR?").partition(",")[0]):
            found.append(number)
        return [number for number in found if number != -420]
