"""Who asks a member, and the model beside it."""

from collections import Counter
from typing import Any

from differential import servers
from differential.arguments import OPEN_ACL
from differential.stage import Item, Seat
from keeper.chance import ANN, Chance
from keeper.model import Keeper, Request

STRANGER, FRIEND, WATCHER = range(3)
WHO = (frozenset[tuple[str, str]](), frozenset({ANN}))


class Table:
    """Who asks, and who watches, with what the model says of it."""

    def __init__(self, address: tuple[str, int], seed: int) -> None:
        root = f"/k{seed}"
        self.model = Keeper(root)
        self.chance = Chance(seed, self.model)
        self.watcher = Seat(address, root, WATCHER)
        self.seats = [Seat(address, root, number) for number in (STRANGER, FRIEND)]
        for seat in (*self.seats, self.watcher):
            seat.call({}, [])
            seat.heard.clear()
        self.told(self.seats[FRIEND], ["auth", 0, "digest", "ann:1"])
        self.told(self.seats[FRIEND], ["getData", "/keeper/feature_flags", False])
        self.told(self.watcher, ["auth", 0, "digest", servers.SUPER])
        self.told(self.watcher, ["create", root, "", OPEN_ACL, 0])
        self.told(self.watcher, ["addWatch", root, 1])
        self.figures: Counter[tuple[str, bool]] = Counter()

    def told(self, seat: Seat, request: Request) -> Item:
        """One request that the model is not asked."""
        seat.heard.clear()
        seat.ask([request])
        (reply,) = seat.heard
        seat.heard.clear()
        assert reply[0] == "reply"
        return reply

    def play(self, number: int) -> None:
        """One step of this seat."""
        seat = self.seats[number]
        self._learn()
        requests = self.chance.requests()
        seat.ask(requests)
        replies, seat.heard = seat.heard, []
        for request, reply in zip(requests, replies, strict=True):
            expected = self.model.answer(request, WHO[number], number)
            body = [] if reply[4] else self.view(request, reply[5])
            assert expected.allows(reply[4], body), (request, expected, reply)
            self.figures[request[0], reply[4] == 0] += 1
        self._hear()

    def _learn(self) -> None:
        """The zxids and times of a znode: the model has none of its own."""
        self.model.told.clear()
        path = self.chance.chance.choice(list(self.model.znodes))
        self.model.told[path] = list(self.told(self.watcher, ["exists", path, False])[5][0])

    def _hear(self) -> None:
        self.watcher.send_flush()
        self.watcher.flushed()
        events = [(item[3], item[5]) for item in self.watcher.heard]
        self.watcher.heard.clear()
        for group in self.model.events:
            some, events = events[: len(group)], events[len(group) :]
            assert sorted(some) == sorted(group)
            paths = [path for _, path in some]
            for at, path in enumerate(paths):
                assert not any(later.startswith(f"{path}/") for later in paths[at:])
        assert not events
        self.model.events.clear()

    def view(self, request: Request, body: list[Any]) -> list[Any]:
        """A reply as the model speaks."""
        name = request[0]
        if name in ("multi", "multiRead"):
            parts = [*request[1], ["end"]]
            return [
                one if one[0] in (-1, "end") or one[1] else [*one[:2], *self.view(part, one[2:])]
                for part, one in zip(parts, body, strict=True)
            ]
        if name in ("getChildren", "getChildren2", "filteredList"):
            body = [sorted(body[0]), *body[1:]]
        if name == "filteredListWithData":
            order = sorted(range(len(body[0])), key=body[0].__getitem__)
            assert all(len(more) in (0, len(order)) for more in body[2:])
            sort = [[many[at] for at in order] if many else [] for many in (body[0], *body[2:])]
            body = [sort[0], body[1], *sort[1:]]
        return [self._stat(one) for one in body]

    def _stat(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._stat(one) for one in value]
        if not isinstance(value, tuple):
            return value
        owners = {seat.session: seat.number for seat in self.seats}
        return (value[4], value[6], owners[value[7]] if value[7] else None, *value[8:10])

    def demand_same_tree(self) -> None:
        """All that is below the root, with its data and Stats."""
        root = self.model.root
        found = self.told(self.watcher, ["listRecursive", root, 10_000])[5][0]
        assert sorted([root, *found]) == sorted(self.model.znodes)
        for path, znode in self.model.znodes.items():
            data, stat = self.told(self.watcher, ["getData", path, False])[5]
            assert (data, self._stat(stat)) == (znode.data, self.model.stat(path))

    def close(self) -> None:
        """All of them end their sessions."""
        for seat in (*self.seats, self.watcher):
            seat.ask([["closeSession"]])
