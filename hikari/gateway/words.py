"""The four-letter words, in ZooKeeper's own shape: tools read them. All 18 of them; which are
answered says the whitelist, and only `srvr` is in it by default."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from hikari.gateway import listings
from hikari.gateway.about import date
from hikari.gateway.environment import environment
from hikari.gateway.figures import (
    VERSION_TEXT,
    everything,
    mode,
    of_hikari,
    outstanding,
    plain,
    sizes,
)
from hikari.gateway.settings import membership, settings
from hikari.gateway.telling import in_pieces
from hikari.raft.raft import LEADER

if TYPE_CHECKING:
    from hikari.gateway.door import Door

Lines = Iterator[str]

WORD_BYTES: Final = 4
MASK_BYTES: Final = 8
_SET_MASK: Final = b"stmk"
NOT_SERVING: Final = "This ZooKeeper instance is not currently serving requests"


def bytes_of(door: "Door", word: bytes) -> int:
    """How much of what a client says belongs to the word."""
    return WORD_BYTES + MASK_BYTES if word == _SET_MASK and door.about.may(word) else WORD_BYTES


def answer(door: "Door", said: bytes) -> Iterator[bytes]:
    """The answer in pieces, each made when it is asked for."""
    word = said[:WORD_BYTES]
    if not door.about.may(word):
        name = word.decode("ascii")
        return iter([f"{name} is not executed because it is not in the whitelist.\n".encode()])
    if word == _SET_MASK:
        door.trace_mask = int.from_bytes(said[WORD_BYTES:], "big", signed=True)
        return iter([b"%d" % door.trace_mask])
    served, always = WORDS[word]
    if not (always or door.serving() or door.alone):
        if word == b"isro":
            return iter([b"null"])
        return in_pieces(_not_serving(door, word))
    return in_pieces(served(door))


def _not_serving(door: "Door", word: bytes) -> Lines:
    yield NOT_SERVING
    if word != b"hash":
        yield "\n"
    if word == b"mntr":  # our own figures tell why
        yield from map(_figure, plain(of_hikari(door)))


# ---- the server


def _ruok(door: "Door") -> Lines:
    yield "imok"


def _isro(door: "Door") -> Lines:
    yield "ro" if door.alone else "rw"


def _summary(door: "Door") -> Lines:
    least, mean, most = door.latency_ms()
    traffic = door.traffic()
    yield f"Latency min/avg/max: {least:.0f}/{round(mean, 4)}/{most:.0f}\n"
    yield f"Received: {traffic.received}\n"
    yield f"Sent: {traffic.sent}\n"
    yield f"Connections: {len(door.connections)}\n"
    yield f"Outstanding: {outstanding(door)}\n"
    yield f"Zxid: 0x{door.tree.zxid:x}\n"
    yield f"Mode: {mode(door)}\n"
    yield f"Node count: {door.tree.znodes}\n"
    if mode(door) == "leader":
        yield "Proposal sizes last/min/max: {}/{}/{}\n".format(*sizes(door))


def _version(door: "Door") -> Lines:
    yield f"Zookeeper version: {VERSION_TEXT}\n"
    if door.alone:
        yield "READ-ONLY mode; serving only read-only clients\n"


def _srvr(door: "Door") -> Lines:
    yield from _version(door)
    yield from _summary(door)


def _stat(door: "Door") -> Lines:
    yield from _version(door)
    yield "Clients:\n"
    for connection in list(door.connections):
        yield f"{_brief(listings.traffic_of(connection))})\n"
    yield "\n"
    yield from _summary(door)


def _mntr(door: "Door") -> Lines:
    yield from map(_figure, plain(everything(door)))


def _figure(figure: tuple[str, Any]) -> str:
    return "zk_{}\t{}\n".format(*figure)


def _conf(door: "Door") -> Lines:
    for key, value in settings(door).items():
        yield f"{key}={value}\n"
    if mode(door) != "standalone":
        yield "membership: \n"
        yield membership(door)


def _envi(door: "Door") -> Lines:
    yield "Environment:\n"
    for key, value in environment().items():
        yield f"{key}={value}\n"


def _dirs(door: "Door") -> Lines:
    yield f"datadir_size: {door.about.tree_bytes()}\n"
    yield f"logdir_size: {door.about.journal_bytes()}\n"


def _hash(door: "Door") -> Lines:
    for index, digest in door.replica.digests.own():
        yield f"{index:x}: {digest}\n"


def _get_mask(door: "Door") -> Lines:
    yield str(door.trace_mask)


def _reset(door: "Door") -> Lines:
    door.reset()
    yield "Server stats reset.\n"


def _reset_connections(door: "Door") -> Lines:
    door.reset_connections()
    yield "Connection stats reset.\n"


# ---- clients, sessions, watches


def _brief(known: dict[str, Any]) -> str:
    address, ops, queued, received, sent = list(known.values())[:5]
    return f" /{address}[{ops}](queued={queued},recved={received},sent={sent}"


def _full(known: dict[str, Any]) -> str:
    if not known["session_id"]:
        return _brief(known)
    cxid = known["last_cxid"]
    return (
        f"{_brief(known)},sid=0x{known['session_id']:x},lop={known['last_operation']}"
        f",est={known['established']},to={known['session_timeout']}"
        f"{f',lcxid=0x{cxid:x}' if cxid >= 0 else ''},lzxid=0x{known['last_zxid']:x}"
        f",lresp={known['last_response_time']},llat={known['last_latency']}"
        f",minlat={known['min_latency']},avglat={known['avg_latency']}"
        f",maxlat={known['max_latency']}"
    )


def _cons(door: "Door") -> Lines:
    for connection in list(door.connections):
        yield f"{_full(listings.details_of(connection))})\n"
    yield "\n"


def _dump(door: "Door") -> Lines:
    yield "SessionTracker dump:\n"
    if door.replica.raft.role == LEADER:
        yield from _expiring(door)
    else:
        sessions = door.tree.sessions
        yield f"Global Sessions({len(sessions)}):\n"
        for id in sorted(sessions):
            if session := sessions.get(id):
                yield f"0x{id:x}\t{session.timeout_ms}ms\n"
    yield "ephemeral nodes dump:\n"
    owners = listings.owners(door)
    yield f"Sessions with Ephemerals ({len(owners)}):\n"
    for id in owners:
        yield f"0x{id:x}:\n"
        for path in listings.ephemerals_of(door, id):
            yield f"\t{path}\n"
    yield "Connections dump:\n"
    yield from _patience(door)


def _expiring(door: "Door") -> Lines:
    clock = door.replica.sessions
    count = len(set(clock.deadline.values()))
    yield f"Session Sets ({count})/({len(clock.deadline)}):\n"
    for wall_ms, ids in listings.expiring(door):
        yield f"{len(ids)} expire at {date(wall_ms)}:\n"
        for id in ids:
            yield f"\t0x{id:x}\n"


def _patience(door: "Door") -> Lines:
    """When the connections would be given up if they said nothing from now on."""
    sets: dict[int, list[str]] = {}
    for one in list(door.connections):
        line = f"\tip: /{listings.address(one)} sessionId: 0x{one.session:x}\n"
        sets.setdefault(one.timeout_ms, []).append(line)
    yield f"Connections Sets ({len(sets)})/({len(door.connections)}):\n"
    for timeout_ms in sorted(sets):
        lines = sets[timeout_ms]
        yield f"{len(lines)} expire at {date(door.about.wall_ms() + timeout_ms)}:\n"
        yield from lines


def _wchs(door: "Door") -> Lines:
    watches = door.watches
    everyone, everywhere = len(watches.everyone()), len(watches.everywhere())
    yield f"{everyone} connections watching {everywhere} paths\n"
    yield f"Total watches:{len(watches)}\n"


def _wchc(door: "Door") -> Lines:
    for session, paths in listings.watched_by_session(door):
        yield f"0x{session:x}\n"
        for path in paths:
            yield f"\t{listings.text(path)}\n"
    yield "\n"


def _wchp(door: "Door") -> Lines:
    for path, sessions in listings.sessions_by_path(door):
        yield f"{listings.text(path)}\n"
        for session in sessions:
            yield f"\t0x{session:x}\n"
    yield "\n"


WORDS: Final[dict[bytes, tuple[Callable[["Door"], Lines], bool]]] = {
    b"ruok": (_ruok, True),
    b"envi": (_envi, True),
    b"gtmk": (_get_mask, True),
    b"stmk": (_get_mask, True),
    b"isro": (_isro, False),
    b"srvr": (_srvr, False),
    b"stat": (_stat, False),
    b"mntr": (_mntr, False),
    b"conf": (_conf, False),
    b"cons": (_cons, False),
    b"crst": (_reset_connections, False),
    b"srst": (_reset, False),
    b"dirs": (_dirs, False),
    b"dump": (_dump, False),
    b"hash": (_hash, False),
    b"wchs": (_wchs, False),
    b"wchc": (_wchc, False),
    b"wchp": (_wchp, False),
}
"""Each with whether it is answered also by a member that does not serve."""
