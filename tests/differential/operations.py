"""The table of what is drawn: each operation with its weight and how its arguments are drawn.

Which of them a server serves is asked at the beginning (`probe`): what it does not is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from differential.arguments import (
    AUTHS,
    BAD_AUTHS,
    BAD_PATHS,
    HOUR_MS,
    INT_MAX,
    LONG_MAX,
    OPEN_ACL,
    SYSTEM_PATHS,
    TTL_MAX_MS,
    Arguments,
)

Draw = Callable[[Arguments], list[Any]]


@dataclass(frozen=True)
class Operation:
    """`last`: the server may close the connection after it, so nothing is sent behind it. `alone`:
    ZooKeeper answers it before what was sent before it."""

    name: str
    weight: float
    draw: Draw
    needs: tuple[str, ...]
    last: bool = False
    alone: bool = False


TABLE: list[Operation] = []


def _operation(
    weight: float, *needs: str, last: bool = False, alone: bool = False
) -> Callable[[Draw], Draw]:
    def enter(draw: Draw) -> Draw:
        TABLE.append(Operation(draw.__name__, weight, draw, needs, last or alone, alone))
        return draw

    return enter


# ---- writes


def _made(a: Arguments, name: str, flags: int) -> list[Any]:
    path, acl = a.to_create(flags in (2, 3)), a.acl()
    a.was_created(path, flags, acl)
    return [name, path, a.data(), acl, flags]


@_operation(14)
def create(a: Arguments) -> list[Any]:
    return _made(a, "create", a.one((0, 0, 0, 0, 0, 1, 1, 2, 3)))


@_operation(5)
def create2(a: Arguments) -> list[Any]:
    return _made(a, "create2", a.one((0, 0, 0, 1, 2, 3)))


@_operation(0.7)
def create_flags(a: Arguments) -> list[Any]:
    """Flags that name no kind of znode."""
    return _made(a, a.one(("create", "create2")), a.one((-1, 7, 8, 9, 64, INT_MAX, -INT_MAX - 1)))


@_operation(0.5, "createContainer")
def create_of_other_kind(a: Arguments) -> list[Any]:
    """Containers and TTLs by opcodes that do not say a TTL."""
    return _made(a, a.one(("create", "create2")), a.one((4, 5, 6)))


@_operation(1, "createContainer")
def create_container(a: Arguments) -> list[Any]:
    return _made(a, "createContainer", 4)


@_operation(1, "createContainer", last=True)
def create_container_of_other_kind(a: Arguments) -> list[Any]:
    """Nothing behind it: until it is done, ZooKeeper takes what becomes a container for what the
    flags say, an ephemeral without children."""
    return _made(a, "createContainer", a.one((0, 1, 2, 3, 5, 6, -1, 7)))


@_operation(2, "createTTL")
def create_ttl(a: Arguments) -> list[Any]:
    """With flags of another kind never with a negative TTL: ZooKeeper dies of it."""
    flags = a.one((5, 5, 5, 6, 6, 0, 1, 2, 3, 4, -1, 7))
    ttls = (HOUR_MS, HOUR_MS, HOUR_MS, TTL_MAX_MS, TTL_MAX_MS + 1, 0, LONG_MAX)
    ttl_ms = a.one((*ttls, -1, -LONG_MAX - 1) if flags in (5, 6) else ttls)
    return [*_made(a, "createTTL", flags), ttl_ms]


@_operation(9)
def delete(a: Arguments) -> list[Any]:
    path = a.to_delete()
    version = a.version(path)
    if version == -1:
        a.was_deleted(path)
    return ["delete", path, version]


@_operation(9)
def set_data(a: Arguments) -> list[Any]:
    path = a.path()
    version = a.version(path)
    a.was_set(path)
    return ["setData", path, a.data(), version]


@_operation(3, last=True)
def set_acl(a: Arguments) -> list[Any]:
    """Nothing behind it: until it is done, ZooKeeper holds writes against the ACL before it."""
    path = a.path()
    if path in ("/R", *SYSTEM_PATHS):
        return ["setACL", path, OPEN_ACL, 77]
    return ["setACL", path, a.acl(), a.one((-1, -1, -1, 0, 1, 2, -2, INT_MAX))]


@_operation(0.3, "deleteContainer")
def delete_container(a: Arguments) -> list[Any]:
    return ["raw", 20, [a.one((a.known(), {"s": a.known()}))]]


# ---- multis


def _check(a: Arguments) -> list[Any]:
    path = a.path()
    return ["check", path, a.version(path)]


# No flags that name no kind of znode: since 3.9.0 the whole multi is malformed (ZOOKEEPER-4026).
MULTI_PARTS = (
    (create, 5),
    (create2, 2),
    (delete, 4),
    (set_data, 4),
    (_check, 3),
)


def _part(a: Arguments, served: set[str]) -> list[Any]:
    """Without a null text: ZooKeeper trips over it in the midst, and the parts before it are half
    done from then on (the parent has counted a child that is not there)."""
    parts = [*MULTI_PARTS, *((draw, 1) for name, draw in OTHER_PARTS if name in served)]
    while True:
        draw: Draw
        (draw,) = a.chance.choices([one for one, _ in parts], [weight for _, weight in parts])
        part = draw(a)
        if part[0].startswith("create") and (part[4] in (5, 6)) != (part[0] == "createTTL"):
            continue  # ZooKeeper takes it for another kind of create, or trips over it
        if part[1] is not None and not _null_in_acl(part):
            return part


def _null_in_acl(part: list[Any]) -> bool:
    acl = part[3] if part[0].startswith("create") else None
    return any(None in entry for entry in acl or ())


OTHER_PARTS = (("createContainer", create_container), ("createTTL", create_ttl))


def multi(a: Arguments, served: set[str]) -> list[Any]:
    """Most fail somewhere if all arguments are as bad as elsewhere: those are kept short."""
    if a.often(0.03):
        return ["multi", []]
    likely, created = dict(a.likely), dict(a.created)
    parts = [_part(a, served) for _ in range(a.one((1, 1, 2, 2, 3, 4, 6)))]
    if a.often(0.6):  # it fails
        a.likely, a.created = likely, created
    return ["multi", parts]


@_operation(0.3, last=True)
def multi_of_others(a: Arguments) -> list[Any]:
    """Parts that do not belong into a multi."""
    other = a.one(
        (
            *(["getData", a.known(), False], ["exists", a.known(), False], ["sync", "/R"]),
            *(["setACL", a.known(), OPEN_ACL, -1], ["raw", 77, []], ["ping"]),
        )
    )
    return ["multi", [set_data(a), other] if a.often(0.5) else [other]]


@_operation(1.5)
def multi_read(a: Arguments) -> list[Any]:
    parts = [
        [a.one(("getData", "getChildren")), a.path(), False] for _ in range(a.one((0, 1, 2, 4)))
    ]
    return ["multiRead", parts]


# ---- reads and watches


@_operation(9)
def get_data(a: Arguments) -> list[Any]:
    return ["getData", a.path(), a.watch()]


@_operation(9)
def exists(a: Arguments) -> list[Any]:
    return ["exists", a.path() if a.often(0.6) else a.fresh(), a.watch()]


@_operation(7)
def get_children(a: Arguments) -> list[Any]:
    return [a.one(("getChildren", "getChildren2")), a.path(), a.watch()]


@_operation(4)
def get_acl(a: Arguments) -> list[Any]:
    return ["getACL", a.path()]


@_operation(1, "getAllChildrenNumber")
def get_all_children_number(a: Arguments) -> list[Any]:
    """Not of the empty path: there ZooKeeper counts the root too."""
    return ["getAllChildrenNumber", a.path() or "/"]


@_operation(1, "getEphemerals")
def get_ephemerals(a: Arguments) -> list[Any]:
    return ["getEphemerals", a.one((a.path(), "/", "/R", "", None, "/R/a", "a"))]


@_operation(1)
def sync(a: Arguments) -> list[Any]:
    return ["sync", a.path()]


@_operation(0.5)
def ping(a: Arguments) -> list[Any]:
    return ["ping"]


def _paths(a: Arguments) -> list[str]:
    """Nothing is null: to that ZooKeeper says MARSHALLINGERROR in the midst of its work."""
    paths = [a.path() if a.often(0.7) else a.fresh() for _ in range(a.one((0, 0, 1, 2, 4)))]
    return [path for path in dict.fromkeys(paths) if path is not None]


def _zxid(a: Arguments) -> Any:
    return a.one((["seen"], ["seen"], ["now"], ["now"], 0, LONG_MAX, -1))


def _lasting(a: Arguments, recursive: bool) -> list[str]:
    """Which of the two modes a path has goes by its length: see `Arguments.watch`."""
    if not a.lasting:
        return []
    return [path for path in _paths(a) if len(path) % 2 == recursive]


def _one_shot(a: Arguments) -> list[list[str]]:
    return [[] if a.lasting else _paths(a) for _ in range(3)]


@_operation(2, last=True)
def set_watches(a: Arguments) -> list[Any]:
    return ["setWatches", _zxid(a), *_one_shot(a)]


@_operation(2, "setWatches2", last=True)
def set_watches2(a: Arguments) -> list[Any]:
    return ["setWatches2", _zxid(a), *_one_shot(a), _lasting(a, False), _lasting(a, True)]


@_operation(5, "addWatch")
def add_watch(a: Arguments) -> list[Any]:
    """Not of a null path: of a session that has such a watch ZooKeeper does not end the
    connection."""
    path = a.path()
    if not a.lasting:
        return ["addWatch", path, a.one((2, -1))]
    return ["addWatch", path or "", len(path or "") % 2]


@_operation(1.5, "removeWatches")
def remove_watches(a: Arguments) -> list[Any]:
    """The types 4 and 5 came with 3.9.0 (ZOOKEEPER-4471): before, 1 and 2 took away those too."""
    return ["removeWatches", a.path(), a.one((3, 3, 0, 6) if a.lasting else (1, 2, 3, 3, 3, 0, 6))]


@_operation(1.5, "checkWatches")
def check_watches(a: Arguments) -> list[Any]:
    return ["checkWatches", a.path(), a.one((3, 3, 0, 6) if a.lasting else (1, 2, 3, 3, 3, 0, 6))]


# ---- who asks


@_operation(2, alone=True)
def auth(a: Arguments) -> list[Any]:
    return ["auth", a.one((0, 0, 0, 100, -1)), *a.one(AUTHS)]


@_operation(0.2, alone=True)
def bad_auth(a: Arguments) -> list[Any]:
    return ["auth", 0, *a.one(BAD_AUTHS)]


@_operation(0.2, "super", alone=True)
def super_auth(a: Arguments) -> list[Any]:
    return ["auth", 0, "digest", a.one(("super:secret", "super:wrong"))]


@_operation(0.5, "whoAmI")
def who_am_i(a: Arguments) -> list[Any]:
    return ["whoAmI"]


@_operation(0.2, "sasl", alone=True)
def sasl(a: Arguments) -> list[Any]:
    return ["sasl", a.one(("", "x"))]


@_operation(0.3, "reconfig")
def reconfig(a: Arguments) -> list[Any]:
    return ["reconfig", a.one((None, "", "server.9=h:1:2;3")), a.one((None, "9")), None, -1]


# ---- quotas

# None that cannot be read: to ZooKeeper every write below it is a MARSHALLINGERROR then.
QUOTAS = (
    *("count=3,bytes=50", "count=-1,bytes=20", "count=4,bytes=-1", ""),
    "count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=3",
    "count=2,bytes=5=;byteHardLimit=-1;countHardLimit=4",
)


@_operation(2, "quota")
def quota(a: Arguments) -> list[Any]:
    """A quota as the command line client makes one, in one multi; or changes it."""
    path = f"/zookeeper/quota{a.one(('/R', '/R/a', '/R/b'))}"
    limits, stats = f"{path}/zookeeper_limits", f"{path}/zookeeper_stats"
    kind = a.one(("make", "make", "set", "remove", "look"))
    if kind == "make":
        above = [["create", "/zookeeper/quota/R", "", OPEN_ACL, 0]] if path.count("/") > 3 else []
        return a.one(
            (
                *above,
                ["create", path, "", OPEN_ACL, 0],
                ["create", limits, a.one(QUOTAS), OPEN_ACL, 0],
                ["create", stats, "count=0,bytes=0", OPEN_ACL, 0],
            )
        )
    if kind == "set":
        return ["setData", limits, a.one(QUOTAS), -1]
    if kind == "remove":
        return ["delete", a.one((limits, stats, path)), -1]
    return ["getData", a.one((limits, stats)), False]


# ---- what nobody should send


@_operation(0.15, alone=True)
def unknown_opcode(a: Arguments) -> list[Any]:
    """Not -10: ZooKeeper lets a client send the createSession of its own log."""
    return ["raw", a.one((0, 10, 23, 77, 99, 108, 1000, -1, -12, -13, INT_MAX)), []]


SHAPED = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 22, 101)


@_operation(0.7)
def malformed(a: Arguments) -> list[Any]:
    """A body that is cut short, or whose lengths lie."""
    lies = ("", "\0", "\0\0\0", "\0\0\0\x05/R", "\x7f\xff\xff\xff/R", "\xff\xff\xff\xfe/R")
    parts = a.one(([], [{"s": "/R"}], [{"s": "/R/a"}, "\0\0"], ["\xff\xff\xff\xff"], [a.one(lies)]))
    return ["raw", a.one(SHAPED), parts]


@_operation(0.3)
def longer(a: Arguments) -> list[Any]:
    """A body with something behind it."""
    return ["raw", a.one((3, 4, 8, 12)), [{"s": "/R"}, "\0", "more"]]


@_operation(0.05, alone=True)
def malformed_header(a: Arguments) -> list[Any]:
    return ["frame", a.one(("", "\0", "\0\0\0\x01", "\0\0\0\x01\0\0\0"))]


@_operation(0.4)
def bad_path(a: Arguments) -> list[Any]:
    """Each kind of bad path at each kind of request."""
    path = a.one(BAD_PATHS)
    return a.one(
        (
            *(["create", path, "", OPEN_ACL, flags] for flags in (0, 1, 2, 3)),
            *(["delete", path, -1], ["setData", path, "", -1], ["setACL", path, OPEN_ACL, -1]),
            *(["exists", path, True], ["getData", path, True], ["getChildren", path, True]),
            *(["getACL", path], ["sync", path], ["getChildren2", path, False]),
            *(["multi", [["check", path, -1]]], ["multiRead", [["getData", path, False]]]),
        )
    )


@_operation(0.4, last=True)
def close_session(a: Arguments) -> list[Any]:
    return ["closeSession"]
