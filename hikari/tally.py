"""Many values told in five numbers: what a summary of ZooKeeper's metrics is made of."""

from math import inf


class Tally:
    """`count` values, their `total`, the `least`, the `most` and the `last` of them; all 0 while
    there are none. None is below 0. The unit is the owner's."""

    __slots__ = ("_least", "count", "last", "most", "total")

    def __init__(self) -> None:
        self.reset()

    @classmethod
    def of(cls, value: float, count: int = 1) -> "Tally":
        """Of one value, `count` times."""
        tally = cls()
        if count:
            tally.add(value, count)
        return tally

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0
        self._least: float = inf
        self.last: float = 0
        self.most: float = 0
        self.total: float = 0

    @property
    def least(self) -> float:
        """0 if there are none."""
        return self._least if self.count else 0

    def add(self, value: float, count: int = 1) -> None:
        """The same value, `count` times."""
        if value < self._least:
            self._least = value
        if value > self.most:
            self.most = value
        self.count += count
        self.last = value
        self.total += value * count

    def merge(self, other: "Tally") -> None:
        """Those of another, as if they had come after these."""
        if other.count:
            self._least = min(self._least, other._least)
            self.most = max(self.most, other.most)
            self.count += other.count
            self.last = other.last
            self.total += other.total

    def among(self, all: int) -> tuple[float, float, float]:
        """(least, mean, most) of `all` values: these, and the rest of them 0."""
        all = max(all, self.count)
        least = self.least if all == self.count else 0
        return least, self.total / max(all, 1), self.most
