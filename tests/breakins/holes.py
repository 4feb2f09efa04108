"""Checks that are left out on purpose, one at a time: what nobody notices shows nothing."""

import operator
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from breakins import listening, monitors, peers, permissions, sessions
from breakins.asking import ASKS, LOOKS, Ask
from breakins.case import Case

from hikari.gateway import (
    admin,
    door,
    filtered,
    handshake,
    http,
    identities,
    reads,
    watching,
)
from hikari.gateway.about import About
from hikari.gateway.reads import READS
from hikari.peers import codec
from hikari.peers.link import Links, _Incoming
from hikari.peers.messages import Hello
from hikari.tree import acl, apply, keeper
from hikari.tree.acl import SUPERUSER
from hikari.tree.table import APPLY, PARTS
from hikari.tree.tree import Tree
from hikari.watches.table import WatchTable
from hikari_wire import codes
from hikari_wire.replies import BODY, frame

Attribute = tuple[Any, str, Any]


class Hole(NamedTuple):
    """What is put in whose place (an attribute, or a key of a table), and which cases may find
    it."""

    name: str
    put: tuple[Attribute, ...]
    cases: Callable[[], Iterator[Case]]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """It is there."""
        with ExitStack() as stack:
            for owner, name, value in self.put:
                if isinstance(owner, dict):
                    stack.enter_context(patch.dict(owner, {name: value}))
                else:
                    stack.enter_context(patch.object(owner, name, value))
            yield


def _of(op: int) -> Callable[[], Iterator[Case]]:
    """Those that ask for this opcode."""

    def cases() -> Iterator[Case]:
        for case in permissions.cases():
            if not case.control and any(type(g) is Ask and g.op == op for g in case.given):
                yield case

    return cases


def _in(word: str, family: Any = permissions) -> Callable[[], Iterator[Case]]:
    """Those with this word, of a family."""

    def cases() -> Iterator[Case]:
        for case in family.cases():
            if not case.control and word in case.name:
                yield case

    return cases


# ---- each opcode asks nobody


def _unasked_read(op: int) -> Hole:
    read = READS[op]

    def anybody(connection: Any, xid: int, request: Any) -> bytes:
        known = connection.identities
        connection.identities = (*known, SUPERUSER)
        try:
            return read(connection, xid, request)
        finally:
            connection.identities = known

    cases = _in("multiRead") if op == codes.MULTI_READ else _of(op)
    return Hole(f"{codes.OP_NAMES[op]} asks nobody", ((READS, op, anybody),), cases)


def _unasked_write(table: Any, op: int) -> Hole:
    apply_ = table[op]

    def anybody(state: Any, request: Any, session: int, identities: Any) -> Any:
        return apply_(state, request, session, (*identities, SUPERUSER))

    where = "in a multi " if table is PARTS else ""
    name = f"{codes.OP_NAMES[op]} {where}asks nobody"
    return Hole(name, ((table, op, anybody),), _of(op))


_LOOKED: Final = sorted({ask.op for ask in ASKS if ask in LOOKS} | {codes.MULTI_READ})
_ALONE: Final = sorted({ask.op for ask in ASKS if ask.op in APPLY})
_IN_MULTI: Final = sorted({ask.op for ask in ASKS if ask.op in PARTS})

# ---- others


def _some_ephemerals(connection: Any, xid: int, request: Any) -> bytes:
    tree = connection.door.tree
    paths = [path for one in tree.sessions.values() for path in tree.ephemerals(one)]
    body = BODY[codes.GET_EPHEMERALS](paths)
    return frame(xid, tree.zxid, codes.OK, body)


def _whoever_watches(self: WatchTable, kind: int, path: bytes, watcher: Any) -> bool:
    return bool(self.watching(path))


def _ends_for_all(self: WatchTable, kind: int, path: bytes, watcher: Any) -> bool:
    for one in self.watching(path):
        self.drop(one)
    return False


def _counts_first(state: Any, path: bytes, count_max: int, identities: Any) -> Any:
    below = [one for level in state.levels_below(path, 1 << 30) for one in level]
    if 1 + len(below) > count_max:
        return codes.NOT_EMPTY, []
    return _DOOMED(state, path, count_max, identities)


def _hash_is_enough(user_password: bytes) -> bytes:
    return user_password if b"=" in user_password else acl.digest(user_password)


def _beginning(one: bytes, other: bytes) -> bool:
    return bytes(one).startswith(bytes(other))


def _as_far_as_it_goes(one: bytes, other: bytes) -> bool:
    return all(map(operator.eq, one, other))


def _computed(state: Any, request: Any, session: int, identities: Any) -> Any:
    error, opened = _CREATE_SESSION(state, request, session, identities)
    opened.password = sessions.of_java(opened.id ^ sessions.SALT)
    return error, opened


def _back_again(state: Any, request: Any, session: int, identities: Any) -> Any:
    if request[1] not in state.sessions:
        return _CREATE_SESSION(state, (0, request[3], request[2]), session, identities)
    return apply.attach(state, request, session, identities)


def _anybody_is_a_member(self: Links, hello: object) -> str:
    return "" if isinstance(hello, Hello) and hello.sender in self.addresses else "no hello"


def _any_name(self: Links, hello: Any) -> str:
    if isinstance(hello, Hello):
        hello.ensemble = self.ensemble
    return _STRANGER(self, hello)


def _believes_at_once(self: Any, messages: Any) -> None:
    for message in messages:
        if type(message) is not Hello:
            self.links.on_message(message)
    _RECEIVED(self, messages)


def _believes_for_all(self: Any, messages: Any) -> None:
    if self.peer:
        for message in messages:
            self.links.on_message(message)
    else:
        _RECEIVED(self, messages)


_STRANGER: Final = Links.stranger
_RECEIVED: Final = _Incoming.framesReceived
_CREATE_SESSION: Final = apply.create_session
_DOOMED: Final = keeper._doomed
_ATTACH: Final = next(op for op, known in APPLY.items() if known is apply.attach)


def _a_page_of_files(request: Any, name: str) -> bytes:
    with open("/" + name.lstrip("./"), "rb") as file:
        return file.read()


def _obeys_any_method(self: Any, request: Any, name: str, page: Any) -> Any:
    return page(request, name)


def _reads_files(door: Any, request: Any, name: str) -> Any:
    try:
        return _a_page_of_files(request, name)
    except (OSError, ValueError):
        return _COMMAND(door, request, name)


_COMMAND: Final = http._command


def _by_the_watch(comparing: Any) -> tuple[Attribute, ...]:
    return tuple((room, "compare_digest", comparing) for room in (handshake, apply))


def _yes(*_: Any) -> bool:
    return True


_NUMBERS: Final = dict.fromkeys(range(10), codec._BUILD[codec.VERSION])

HOLES: Final = (
    *map(_unasked_read, _LOOKED),
    *(_unasked_write(APPLY, op) for op in _ALONE),
    *(_unasked_write(PARTS, op) for op in _IN_MULTI),
    Hole("hashes are shown to readers", ((reads, "without_hashes", bytes),), _in("hashes")),
    Hole("children are listed whoever asks", ((filtered, "may", _yes),), _in("aside")),
    Hole(
        "getEphemerals tells everybody's",
        ((READS, codes.GET_EPHEMERALS, _some_ephemerals),),
        _in("aside"),
    ),
    Hole("a limit counts before it asks", ((keeper, "_doomed", _counts_first),), _in("at most")),
    Hole("an address is any address", ((acl, "_network", lambda text: (32, 0, 32)),), _in("")),
    Hole("a hash is as good as its password", ((identities, "digest", _hash_is_enough),), _in("")),
    Hole(
        "without a super digest everybody is the superuser",
        ((identities, "compare_digest", _beginning),),
        permissions.cases,
    ),
    Hole(
        "who may not read is told",
        ((door, "readers", lambda watchers, acl: list(watchers)),),
        listening.cases,
    ),
    Hole("who comes back is told all", ((watching, "_may_hear", _yes),), listening.cases),
    Hole(
        "checkWatches finds another's",
        ((WatchTable, "has", _whoever_watches),),
        _in("another's", listening),
    ),
    Hole(
        "removeWatches removes another's",
        ((WatchTable, "remove", _ends_for_all),),
        _in("another's", listening),
    ),
    Hole("any password is right", _by_the_watch(_yes), sessions.cases),
    Hole("the beginning of a password is enough", _by_the_watch(_beginning), sessions.cases),
    Hole("a longer password is right too", _by_the_watch(_as_far_as_it_goes), sessions.cases),
    Hole(
        "passwords are compared byte by byte",
        _by_the_watch(operator.eq),
        _in("stopwatch", sessions),
    ),
    Hole(
        "the superuser's is compared byte by byte",
        ((identities, "compare_digest", lambda one, other: other == one),),
        _in("stopwatch", sessions),
    ),
    Hole(
        "ZooKeeper's session passwords",
        ((APPLY, codes.CREATE_SESSION, _computed),),
        sessions.cases,
    ),
    Hole("a session that is over comes back", ((APPLY, _ATTACH, _back_again),), sessions.cases),
    Hole(
        "a request of an older connection is done",
        ((Tree, "admit", lambda self, session, attachment: codes.OK),),
        _in("its owner", sessions),
    ),
    Hole("anybody is a member", ((Links, "stranger", _anybody_is_a_member),), peers.cases),
    Hole("any name is ours", ((Links, "stranger", _any_name),), peers.cases),
    Hole(
        "messages are believed before the hello",
        ((_Incoming, "framesReceived", _believes_at_once),),
        peers.cases,
    ),
    Hole(
        "a member is believed for another",
        ((_Incoming, "framesReceived", _believes_for_all),),
        peers.cases,
    ),
    Hole(
        "every version says hello alike",
        tuple((codec._BUILD, number, built) for number, built in _NUMBERS.items()),
        peers.cases,
    ),
    Hole("every word is answered", ((About, "may", _yes),), monitors.cases),
    Hole(
        "a command obeys any method", ((http._Page, "_below", _obeys_any_method),), monitors.cases
    ),
    Hole("restore is served", ((admin.REFUSED, "x", ""), (admin, "REFUSED", {})), monitors.cases),
    Hole("a command may be a file", ((http, "_command", _reads_files),), monitors.cases),
)
