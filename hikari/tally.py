"""Many values told in five numbers: what a summary of ZooKeeper's metrics is made of."""


class Tally:
    """`count` values, their `total`, the `least`, the `most` and the `last` of them; all 0 while
    there are none. The unit is the owner's."""

    __slots__ = ("count", "last", "least", "most", "total")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0
        self.last: float = 0
        self.least: float = 0
        self.most: float = 0
        self.total: float = 0

    def add(self, value: float, count: int = 1) -> None:
        """The same value, `count` times."""
        if not self.count or value < self.least:
            self.least = value
        if value > self.most:
            self.most = value
        self.count += count
        self.last = value
        self.total += value * count

    def among(self, all: int) -> tuple[float, float, float]:
        """(least, mean, most) of `all` values: these, and the rest of them 0."""
        all = max(all, self.count)
        least = self.least if all == self.count else 0
        return least, self.total / max(all, 1), self.most
