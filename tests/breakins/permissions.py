"""ACLs: every opcode that names a znode, by every way it can come, from those who may not."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from breakins.asking import ADMIN, ALONE, ASKS, CHANGES, CHECKS, LOOKS, READ, Ask
from breakins.case import Case
from breakins.vault import (
    COLLEAGUE,
    HALF,
    NOBODY,
    OPEN,
    OUTSIDERS,
    TARGETS,
    VAULT,
    Who,
    World,
    log_in,
    password,
)
from replica.wire import Client

from hikari_wire import codes

FAMILY: Final = "permissions"
Heard = list[tuple[int, int, int, bytes]]
Errors = list[int]

_MANY: Final = frozenset(
    (
        *(codes.GET_DATA, codes.GET_CHILDREN, codes.EXISTS, codes.GET_CHILDREN2),
        *(codes.FILTERED_LIST, codes.FILTERED_LIST_WITH_DATA),
    )
)
_MAKE: Final = (codes.CREATE, OPEN + b"/mine", b"", b"", 0)

# ---- ways in: each asks, and gives the errors of what was asked


def _errors(client: Client, *xids: int) -> Errors:
    found = [client.error(xid) for xid in xids]
    return [codes.OK if error is None else error for error in found]


def _direct(world: World, client: Client, request: Any) -> Errors:
    xid = client.ask(request)
    world.cluster.run()
    return _errors(client, xid)


def _behind_a_write(world: World, client: Client, request: Any) -> Errors:
    xid = client.ask(_MAKE, request)
    world.cluster.run()
    return _errors(client, xid)


def _behind_a_sync(world: World, client: Client, request: Any) -> Errors:
    xid = client.ask((codes.SYNC, VAULT), _MAKE, request)
    world.cluster.run()
    return _errors(client, xid)


def _before_the_proof(world: World, client: Client, request: Any) -> Errors:
    """What is proved later holds for nothing that was asked before."""
    xid = client.ask(_MAKE, request)
    log_in(client, password(world.number))
    world.cluster.run()
    return _errors(client, xid)


def _parts(world: World, client: Client, op: int, *requests: Any) -> Errors:
    xid = client.ask((op, requests))
    world.cluster.run()
    if client.error(xid):
        return _errors(client, xid)
    return [error for _, error, _ in client.value(xid)]


def _multi(world: World, client: Client, request: Any) -> Errors:
    return _parts(world, client, codes.MULTI, request)


def _multi_behind(world: World, client: Client, request: Any) -> Errors:
    return _parts(world, client, codes.MULTI, _MAKE, request)[1:]


def _multi_before(world: World, client: Client, request: Any) -> Errors:
    return _parts(world, client, codes.MULTI, request, _MAKE)[:1]


def _multi_read(world: World, client: Client, request: Any) -> Errors:
    return _parts(world, client, codes.MULTI_READ, (codes.GET_DATA, OPEN, False), request)[1:]


def _multi_read_for_keeper(world: World, client: Client, request: Any) -> Errors:
    client.ask((codes.GET_DATA, b"/keeper/api_version", False))
    return _parts(world, client, codes.MULTI_READ, request, request)


Way = Callable[[World, Client, Any], Errors]
WAYS: Final[dict[str, Way]] = {
    "directly": _direct,
    "behind a write": _behind_a_write,
    "behind a sync": _behind_a_sync,
    "before the proof": _before_the_proof,
    "in a multi": _multi,
    "behind others in a multi": _multi_behind,
    "before others in a multi": _multi_before,
    "in a multiRead": _multi_read,
    "in a multiRead of Keeper's": _multi_read_for_keeper,
    "at a follower": _direct,
    "in a session that was hers": _direct,
}


def ways(ask: Ask) -> Iterator[str]:
    """Those by which this can come."""
    for name in WAYS:
        if "multiRead" in name:
            if ask.op in _MANY:
                yield name
        elif "multi" in name:
            if ask in CHECKS or ask not in (*LOOKS, *ALONE):
                yield name
        else:
            yield name


# ---- one try


def _enter(world: World, who: Who, route: str) -> Client:
    if route != "in a session that was hers":
        return world.enter(who)
    proven = world.enter(NOBODY)
    log_in(proven, password(world.number))
    return world.back(proven, who)


def _play(
    number: int, who: Who, route: str, path: bytes, ask: Ask, lacking: int
) -> tuple[Errors, Any, bool]:
    """(errors, all that was heard, whether anything is other than it was)."""
    world = World(number, lacking, size=3 if route == "at a follower" else 1)
    client = _enter(world, who, route)
    before = world.rows()
    errors = WAYS[route](world, client, ask.request(path))
    client.listen()
    return errors, (client.heard, client.events, client.closed), world.rows() != before


def attempt(who: Who, route: str, path: bytes, ask: Ask, lacking: int) -> str:
    """Nothing is done, NOAUTH is said, and both worlds look the same."""
    errors, heard, changed = _play(0, who, route, path, ask, lacking)
    if changed:
        return "it changed something"
    if set(errors) != {codes.NO_AUTH}:
        return f"it was answered {errors}"
    if route == "before the proof":
        return ""  # what comes behind it is hers
    if heard != _play(1, who, route, path, ask, lacking)[1]:
        return "it heard what is protected"
    return ""


def let_in(who: Who, route: str, path: bytes, ask: Ask, lacking: int) -> str:
    """The same of those who may."""
    errors, _, _ = _play(0, who, route, path, ask, lacking)
    refused = codes.NO_AUTH in errors or (ask.exact and any(errors))
    return "" if refused else "as it may"


# ---- many tries


def _applies(ask: Ask, path: bytes) -> bool:
    """Ephemerals have no children; quotas count themselves."""
    return ask not in CHANGES or path in TARGETS[:2] or ask.request(path)[1] == path


def cases() -> Iterator[Case]:
    """Who lacks one permission, by every way, to every kind of znode; who has none, by some."""
    for ask in ASKS:
        for path in TARGETS:
            for route in ways(ask):
                far = path not in TARGETS[:1] and route not in ("directly", "in a multi")
                if not far and _applies(ask, path):
                    yield _case(COLLEAGUE, route, path, ask, ask.permission)
        for who in OUTSIDERS:
            for route in ("directly", "in a multi", "in a multiRead", "at a follower"):
                if route in ways(ask):
                    yield _case(who, route, VAULT, ask, ADMIN | READ)
    yield from _controls()
    yield from _peeps()


def _case(who: Who, route: str, path: bytes, ask: Ask, lacking: int) -> Case:
    what = f"{ask.name} of {path.decode()}"
    return Case(FAMILY, who.name, route, what, attempt, (who, route, path, ask, lacking))


def _controls() -> Iterator[Case]:
    """Who lacks nothing but another permission, and who comes from her network, may."""
    for ask in ASKS:
        others = codes.PERM_ALL & ~ask.permission
        for route in ways(ask):
            if route == "before the proof":
                continue
            for who in (COLLEAGUE, Who("who is inside", "10.66.7.7")):
                given = (who, route, VAULT, ask, others)
                yield Case(FAMILY, who.name, route, ask.name, let_in, given, control=True)


# ---- what is refused or not, but must tell nothing of what is protected


def _asked(*requests: Any) -> Callable[[World, Client], None]:
    def ask(world: World, client: Client) -> None:
        client.ask(*requests)
        world.cluster.run()

    return ask


_PEEPS: Final[dict[str, Any]] = {
    **{
        f"removeRecursive of at most {n} where something below may not go": (
            (codes.REMOVE_RECURSIVE, HALF, n),
        )
        for n in range(2, 10)
    },
    **{
        f"all below the root, at most {n}": ((codes.LIST_RECURSIVE, b"/", n),)
        for n in (1, 5, 8, 100)
    },
    **{f"all below {path.decode()}": ((codes.LIST_RECURSIVE, path, 99),) for path in (HALF, OPEN)},
    **{
        f"children of the root of kind {kind}, {more}": (
            (codes.FILTERED_LIST_WITH_DATA, b"/", False, kind, *more),
        )
        for kind in (0, 1, 2)
        for more in ((True, False), (False, True), (True, True))
    },
    **{
        f"children of the root of kind {n}": ((codes.FILTERED_LIST, b"/", False, n),)
        for n in (1, 2)
    },
    **{
        f"ephemerals below {prefix.decode()!r}": ((codes.GET_EPHEMERALS, prefix),)
        for prefix in (b"", b"/", b"/vault", b"/e", b"/eph", b"vault")
    },
    "who am I": ((codes.WHO_AM_I,),),
    "a sync of what is protected": ((codes.SYNC, VAULT),),
    "deleteContainer": ((codes.DELETE_CONTAINER, b"/box"),),
    "reconfig": ((codes.RECONFIG, b"", b"", b"", -1),),
    "paths that are none": tuple(
        (codes.GET_DATA, path, False)
        for path in (b"/vault/", b"//vault", b"/open/../vault", b"/vault\0", b"/VAULT", b"vault")
    ),
}


def peep(who: Who, requests: Any, lacking: int) -> str:
    """Both worlds look the same."""
    heard = []
    for number in (0, 1):
        world = World(number, lacking)
        client = world.enter(who)
        before = world.rows()
        _asked(*requests)(world, client)
        heard.append(client.listen().heard)
        if world.rows() != before:
            return "it changed something"
        if len(heard[-1]) != len(requests):
            return "it was not answered"
    return "" if heard[0] == heard[1] else "it heard what is protected"


def _peeps() -> Iterator[Case]:
    for who in (COLLEAGUE, NOBODY):
        for name, requests in _PEEPS.items():
            yield Case(FAMILY, who.name, "aside", name, peep, (who, requests, codes.PERM_ALL))
    for path in TARGETS:
        given = (COLLEAGUE, ((codes.GET_ACL, path),), ADMIN)
        what = f"the hashes in the ACL of {path.decode()}"
        yield Case(FAMILY, "who may read", "masked", what, hashes, given)


def hashes(who: Who, requests: Any, lacking: int) -> str:
    """Her hash is in no answer, though the ACL is."""
    world = World(0, lacking)
    client = world.enter(who)
    _asked(*requests)(world, client)
    raw, _ = client.value(client.xid)
    if b"ann" not in raw:
        return "it was told no ACL at all"
    return "it was told a hash" if b"=" in raw else ""
