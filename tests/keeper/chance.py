"""Draws requests for the model of Keeper and for a member: most of them Keeper's own."""

import random
from typing import Any

from differential.arguments import OPEN_ACL, digest
from keeper.model import AVERSION, CHILDREN, LENGTH, VERSION, Keeper, Request

ANN = ("digest", digest("ann:1"))
NOT_DELETABLE, NOT_READABLE = [[23, "world", "anyone"]], [[30, "world", "anyone"]]
NO_CHILDREN, READABLE = [[27, "world", "anyone"]], [[1, "world", "anyone"]]
ACLS: tuple[Any, ...] = (
    *(OPEN_ACL,) * 12,
    *(NOT_DELETABLE, NOT_READABLE, NO_CHILDREN, READABLE, [[31, *ANN]]),
    [[31, *ANN], [1, "world", "anyone"]],
)
INVALID_ACL = [[31, "nonsense", "x"]]
NAMES, DEPTH = "abc", 4
WILD = [-1] * 11
READS = ("getData", "exists", "getChildren", "getChildren2", "filteredList", "filteredListWithData")
WRITES = {
    "create": 8,
    "createContainer": 1,
    "delete": 2,
    "setData": 4,
    "check": 1,
    "checkNotExists": 4,
    "createIfNotExists": 7,
    "removeRecursive": 3,
    "checkStat": 4,
    "tryRemove": 4,
}
ALONE = {"setACL": 1, "listRecursive": 5, "filteredList": 5, "filteredListWithData": 5, **WRITES}


class Chance:
    """Knows the model, so that most of what it asks finds something."""

    def __init__(self, seed: int, model: Keeper) -> None:
        self.chance, self.model = random.Random(f"keeper {seed}"), model
        self.alone = False

    def requests(self) -> list[Request]:
        """Some, sent in one piece."""
        count = self.chance.choice((1, 1, 1, 2, 4))
        return [self._request(count == 1) for _ in range(count)]

    def _request(self, alone: bool) -> Request:
        draw = self.chance.random()
        self.alone = alone and draw >= 0.2
        if draw < 0.12:
            return ["multi", [self._one(WRITES) for _ in range(self.chance.randint(0, 4))]]
        if draw < 0.2:
            reads = self.chance.choices(READS, k=self.chance.randint(0, 4))
            return ["multiRead", [self._of(name) for name in reads]]
        return self._one(ALONE)

    def _one(self, weights: dict[str, int]) -> Request:
        (name,) = self.chance.choices(list(weights), list(weights.values()))
        return self._of(name)

    def _of(self, name: str) -> Request:
        one = self.chance.choice
        path = self._path(name)
        if name.startswith("create"):
            flags = {"createContainer": 4}.get(name) or one((0, 0, 0, 0, 1, 2))
            acl = INVALID_ACL if name == "createIfNotExists" and one("123456") == "1" else one(ACLS)
            return [name, path, "x" * one((0, 1, 5)), acl, flags]
        if name == "setData":
            return [name, path, "y" * one((0, 2)), self._version(path)]
        if name == "setACL":
            return [name, path, one(ACLS), one((-1, 0))]
        if name in ("removeRecursive", "listRecursive"):
            return [name, path, one((0, 1, 2, 3, 5, 100, 2**32 - 1))]
        if name == "checkStat":
            return [name, path, self._version(path), self._stat(path)]
        if name == "filteredList":
            return [name, path, False, one((0, 1, 2))]
        if name == "filteredListWithData":
            return [name, path, False, one((0, 0, 1, 2)), one((True, False)), one((True, False))]
        if name in READS:
            return [name, path, False]
        return [name, path, self._version(path)]

    def _path(self, name: str) -> str:
        """The root of a run is only read: what is above it is not in the model."""
        path = self.chance.choice(list(self.model.znodes))
        likely = 0.8 if name.startswith("create") or name == "checkNotExists" else 0.2
        deeper = self.chance.random() < likely and path.count("/") < DEPTH
        if deeper or (path == self.model.root and name not in (*READS, "listRecursive")):
            path += f"/{self.chance.choice(NAMES)}"
        return f"{path}/none" if self.chance.random() < 0.04 else path

    def _version(self, path: str) -> int:
        znode = self.model.znodes.get(path)
        return self.chance.choice((-1, -1, 0, 1, znode.version if znode else 2))

    def _stat(self, path: str) -> list[int]:
        """Some numbers of a Stat, right or nearly so. Those that somebody was told are used when
        nothing can have changed them since."""
        stat = list(WILD)
        if path not in self.model.znodes:
            return stat
        znode = self.model.znodes[path]
        right = dict(enumerate(self.model.told.get(path, ()))) if self.alone else {}
        right |= {VERSION: znode.version, AVERSION: znode.aversion}
        right |= {LENGTH: len(znode.data), CHILDREN: len(self.model.children(path))}
        for at in self.chance.sample(list(right), self.chance.randint(0, min(4, len(right)))):
            stat[at] = right[at] + self.chance.choice((0, 0, 0, 1))
        return stat
