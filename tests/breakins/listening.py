"""Watches: every way of setting one, on what may not be read, by those who may not.

In one world the owner does something to what is protected, in the other as many requests fail.
Who hears the same in both has been told nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from breakins.asking import READ
from breakins.case import Case
from breakins.vault import (
    BOB,
    LATER,
    NOBODY,
    NOTHING,
    VAULT,
    Who,
    World,
    log_in,
    password,
)
from replica.wire import Client, multi

from hikari_wire import codes

FAMILY: Final = "watches"
GEM: Final = VAULT + b"/gem"
KINDS: Final = range(1, 6)

Request = tuple[Any, ...]
_ONCE: Final[tuple[int, ...]] = (
    *(codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2),
)


def _set_again(op: int, zxid: int, vector: int, path: bytes) -> Request:
    vectors: list[tuple[bytes, ...]] = [()] * (3 if op == codes.SET_WATCHES else 5)
    vectors[vector] = (path,)
    return (op, zxid, *vectors)


def _ways(path: bytes) -> Iterator[tuple[str, Request]]:
    """Every request that leaves a watch on this path, or could."""
    for op in _ONCE:
        yield codes.OP_NAMES[op], (op, path, True)
    yield "filteredList", (codes.FILTERED_LIST, path, True, codes.LIST_ALL)
    yield "multiRead", (codes.MULTI_READ, tuple((op, path, True) for op in _ONCE))
    for mode, name in enumerate(("persistent", "recursive")):
        yield f"addWatch, {name}", (codes.ADD_WATCH, path, mode)
    yield "addWatch, recursive, at the root", (codes.ADD_WATCH, b"/", 1)
    for op, count in ((codes.SET_WATCHES, 3), (codes.SET_WATCHES2, 5)):
        for vector in range(count):
            for zxid in (0, 1 << 40):
                name = f"{codes.OP_NAMES[op]}, vector {vector}, since {zxid}"
                yield name, _set_again(op, zxid, vector, path)


Doing = Callable[[World], tuple[Request, ...]]
DOINGS: Final[dict[str, tuple[bytes, Doing]]] = {
    "its data changes": (VAULT, lambda w: ((codes.SET_DATA, VAULT, b"new", -1),)),
    "it gets a child": (VAULT, lambda w: ((codes.CREATE, VAULT + b"/n", b"", w.acl, 0),)),
    "it loses one": (VAULT, lambda w: ((codes.DELETE, VAULT + b"/eph-%d" % w.number, -1),)),
    "it changes in a multi": (
        VAULT,
        lambda w: (
            multi((codes.SET_DATA, VAULT, b"", -1), (codes.CREATE, VAULT + b"/m", b"", w.acl, 0)),
        ),
    ),
    "a child's data changes": (GEM, lambda w: ((codes.SET_DATA, GEM, b"new", -1),)),
    "it is removed with all below": (GEM, lambda w: ((codes.REMOVE_RECURSIVE, GEM, 99),)),
    "it comes and goes": (
        LATER,
        lambda w: (
            (codes.CREATE, LATER, b"", w.acl, 0),
            (codes.SET_DATA, LATER, b"x", -1),
            (codes.DELETE, LATER, -1),
        ),
    ),
    "an ephemeral goes": (b"/eph", lambda w: ((codes.DELETE, b"/eph", -1),)),
    "a container gets its first child": (
        b"/box",
        lambda w: ((codes.CREATE, b"/box/first", b"", w.acl, 0),),
    ),
}


def _act(world: World, doing: Doing, really: bool) -> None:
    requests = doing(world)
    world.asked(*(requests if really else (NOTHING,) * len(requests)))
    world.cluster.run()
    if world.cluster.voters != [1]:
        world.cluster.tick(3)


def _heard(client: Client) -> Any:
    client.listen()
    return client.heard, client.events, client.closed


def _before(world: World, who: Who, asked: Request) -> Client:
    client = world.enter(who)
    client.ask(asked)
    world.cluster.run()
    return client


def _before_it_was_closed(world: World, who: Who, asked: Request) -> Client:
    """Who could read it when the watch was set cannot when it fires."""
    opened = [(codes.SET_ACL, path, b"", -1) for path in (VAULT, GEM, b"/eph", b"/box")]
    world.asked(*opened)
    world.cluster.run()
    client = _before(world, who, asked)
    world.asked(*((op, path, world.acl, -1) for op, path, _, _ in opened))
    world.cluster.run()
    client.listen().heard.clear()
    return client


def _by_another(world: World, who: Who, asked: Request) -> Client:
    """Set by a connection that may read; its session comes back without the proof."""
    proven = world.enter(NOBODY)
    log_in(proven, password(world.number))
    proven.ask(asked)
    world.cluster.run()
    client = world.back(proven, who)
    client.ask(asked)
    world.cluster.run()
    return client


ROUTES: Final[dict[str, Any]] = {
    "set before it": _before,
    "set while it was open": _before_it_was_closed,
    "set again without the proof": _by_another,
    "set at a follower": _before,
}


def attempt(who: Who, route: str, asked: Request, doing: Doing) -> str:
    """Nothing that the owner does is told, whatever is watched."""
    told = []
    for really in (False, True):
        world = World(0, READ, size=3 if "follower" in route else 1)
        client = ROUTES[route](world, who, asked)
        _act(world, doing, really)
        told.append(_heard(client))
    return "" if told[0] == told[1] else f"it was told of it: {told[1][1] or 'in a reply'}"


def back_later(who: Who, asked: Request, doing: Doing) -> str:
    """What happened while it was away is not told when it sets its watches again."""
    told = []
    for really in (False, True):
        world = World(0, READ)
        client = world.enter(who)
        zxid = world.member.tree.zxid
        _act(world, doing, really)
        again = world.back(client, who)
        again.ask((asked[0], zxid, *asked[2:]))
        world.cluster.run()
        told.append(_heard(again))
    return "" if told[0] == told[1] else f"it was told of it: {told[1][1] or 'in a reply'}"


# ---- watches of others


def of_others(who: Who, op: int, kind: int, path: bytes) -> str:
    """Whether somebody watches is told to nobody else, and nobody else can end it."""
    answers = []
    for watched in (False, True):
        world = World(0, READ)
        client = world.enter(who)
        asked = [(codes.GET_DATA, path, watched), (codes.GET_CHILDREN, path, watched)]
        asked += [(codes.ADD_WATCH, path if watched else b"/open", mode) for mode in (0, 1)]
        world.asked(*asked)
        world.cluster.run()
        client.ask((op, path, kind))
        world.cluster.run()
        answers.append(_heard(client))
        world.asked((codes.SET_DATA, path, b"", -1))
        world.cluster.run()
        if watched and not world.owner.listen().events:
            return "the owner's watch is gone"
    if answers[0] != answers[1]:
        return "it was told that somebody watches"
    return "" if answers[1][0][0][2] == codes.NO_WATCHER else "it was told that it watches"


AWAY: Final = Who("who may not read", proofs=(BOB,))
INSIDE: Final = Who("who is inside", "10.66.7.7")


def cases() -> Iterator[Case]:
    """Every way of watching, by everything that happens."""
    for what, (path, doing) in DOINGS.items():
        for way, asked in _ways(path):
            name = f"{way}: {what}"
            for route in ROUTES:
                yield Case(FAMILY, AWAY.name, route, name, attempt, (AWAY, route, asked, doing))
            first = next(iter(ROUTES))
            yield Case(FAMILY, NOBODY.name, first, name, attempt, (NOBODY, first, asked, doing))
            if _comes_back(asked) and not _goes(what):
                yield Case(FAMILY, AWAY.name, "back later", name, back_later, (AWAY, asked, doing))
    for op in (codes.CHECK_WATCHES, codes.REMOVE_WATCHES):
        for kind in KINDS:
            for path in (VAULT, GEM):
                name = f"{codes.OP_NAMES[op]} of kind {kind}: {path.decode()}"
                given = (NOBODY, op, kind, path)
                yield Case(FAMILY, NOBODY.name, "another's", name, of_others, given)
    yield from _controls()


def _comes_back(asked: Request) -> bool:
    """It sets again what fires once."""
    return asked[0] in (codes.SET_WATCHES, codes.SET_WATCHES2) and not asked[1] and any(asked[2:5])


def _goes(what: str) -> bool:
    """Of what is gone anybody may hear: so may whoever asks for it."""
    return "goes" in what or "removed" in what


def _controls() -> Iterator[Case]:
    wanted = {
        "its data changes": ("getData", "exists", "addWatch, persistent", "addWatch, recursive"),
        "it gets a child": ("getChildren", "getChildren2", "filteredList", "addWatch, persistent"),
        "a child's data changes": ("addWatch, recursive, at the root",),
        "it comes and goes": ("exists", "setWatches, vector 1, since 0"),
        "an ephemeral goes": ("getData", "setWatches2, vector 4, since 0"),
    }
    for what, names in wanted.items():
        path, doing = DOINGS[what]
        ways = dict(_ways(path))
        for way in names:
            for route in ("set before it", "set at a follower"):
                name, given = f"{way}: {what}", (INSIDE, route, ways[way], doing)
                yield Case(FAMILY, INSIDE.name, route, name, attempt, given, control=True)
