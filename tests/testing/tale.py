"""Good histories, to be told wrongly: what the judge of the log is judged by."""

from collections.abc import Callable
from typing import Any

import attrs
from testing.ideal import Ideal

from hikari.testing.history import FAIL, Operation
from hikari.testing.replay import judge
from hikari_wire import codes
from hikari_wire.codes import CREATE, GET_DATA, SET_DATA

EXPIRE, ATTACH, READ_ONLY = -13, -12, -20
PASSWORD = b"p" * 16


class Tale:
    """A good history of three sessions, to be told wrongly."""

    def __init__(self) -> None:
        self.ideal = Ideal(1, clients=3)
        self.ann, self.bob, self.cid = self.ideal.talks

    def ask(self, who: Any, *request: Any) -> Operation:
        return self.ideal.ask(who, tuple(request))

    def create(self, who: Any, path: bytes, data: bytes = b"", flags: int = 0) -> Operation:
        return self.ask(who, CREATE, path, data, b"", flags)

    def set(self, who: Any, path: bytes, data: bytes, version: int = -1) -> Operation:
        return self.ask(who, SET_DATA, path, data, version)

    def get(self, who: Any, path: bytes, watch: bool = False) -> Operation:
        return self.ask(who, GET_DATA, path, watch)

    def expire(self, who: Any) -> None:
        attachment = self.ideal.model.sessions[who.session].attachment
        self.ideal.log(0, (EXPIRE, who.session, attachment))
        self.ideal.tell()

    def read_only(self, on: int) -> None:
        self.ideal.log(0, (READ_ONLY, on))

    def refuse(self, who: Any, *request: Any) -> Operation:
        """For want of room, at the door: the log never sees it."""
        one = self.unanswered(who, tuple(request))
        one.zxid, one.ended = self.ideal.model.zxid, self.ideal.moment()
        one.error, one.outcome = codes.QUOTA_EXCEEDED, FAIL
        who.arrived.append(one)
        return one

    def unanswered(self, who: Any, request: tuple[Any, ...]) -> Operation:
        one = Operation(who.session, request, self.ideal.moment(), len(who.asked) + 1)
        who.asked.append(one)
        return one

    def reconnect(self, who: Any, member: int = 2, attach: bool = True) -> Any:
        who.ended = self.ideal.moment()
        if attach:
            self.ideal.log(0, (ATTACH, who.session, PASSWORD, 10_000))
        seen = max([one.zxid for one in who.arrived if type(one) is Operation], default=0)
        talk = attrs.evolve(
            who, member=member, began=self.ideal.moment(), seen=seen, ended=0.0, asked=[],
            arrived=[],
        )  # fmt: skip
        self.ideal.talks.append(talk)
        for watchers in self.ideal.watches.values():
            if who in watchers:
                watchers.remove(who)
        return talk

    def judged(self, at_rest: bool = True, **named: Any) -> list[str]:
        found = judge(self.ideal.applied, self.ideal.talks, at_rest=at_rest, **named)
        assert all(len(str(one).splitlines()) == 1 for one in found)
        return sorted({one.promise for one in found})


def restat(one: Operation, place: int, by: int = 1) -> None:
    """Another number in the Stat of its answer."""
    alone = type(one.value[0]) is int
    stat = list(one.value if alone else one.value[-1])
    stat[place] += by
    one.value = tuple(stat) if alone else (*one.value[:-1], tuple(stat))


def swap(things: list[Any], one: Any, other: Any) -> None:
    a, b = things.index(one), things.index(other)
    things[a], things[b] = other, one


def relog(tale: Tale, order: list[int]) -> None:
    """The log in another order, its zxids numbered anew."""
    log = tale.ideal.applied
    log[:] = [attrs.evolve(log[old], zxid=new + 1) for new, old in enumerate(order)]


def named(wrong: Callable[[Tale], None], promise: str) -> bool:
    """Whether what goes wrong in this tale is called by its name."""
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    tale.create(tale.ann, b"/b", b"1")
    assert tale.judged() == []
    wrong(tale)
    return promise in tale.judged()
