"""ZooKeeper's admin commands, as JSON over HTTP: each has a name, maybe others, and the keys that
ZooKeeper 3.9 gives. `command` and `error` are in every answer.

What is asked for here changes nothing but what is counted, as in ZooKeeper; what would replace
data (`restore`) or write it out (`snapshot`) is not served.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hikari.gateway import listings
from hikari.gateway.environment import environment
from hikari.gateway.figures import VERSION_TEXT, everything, mode, outstanding, plain
from hikari.gateway.figures import sizes as proposal_sizes
from hikari.gateway.settings import JSON_NAMES, membership, settings
from hikari.gateway.telling import in_pieces
from hikari.gateway.words import NOT_SERVING
from hikari.raft.raft import LEADER

if TYPE_CHECKING:
    from hikari.gateway.door import Door

Arguments = dict[str, str]
Pairs = Iterable[tuple[str, Any]]


class Listed(NamedTuple):
    """A list that is made while it is told."""

    items: Iterator[Any]


class Mapped(NamedTuple):
    """The same of an object."""

    items: Iterator[tuple[Any, Any]]


class Command(NamedTuple):
    run: Callable[["Door", Arguments], Pairs]
    names: tuple[str, ...]  # the first is its own
    always: bool  # answered also by a member that does not serve


class Answer(NamedTuple):
    status: int
    pieces: Iterator[bytes]


def run(door: "Door", name: str, arguments: Arguments) -> Answer:
    """The answer to a command of this name, or to one that there is not."""
    command = COMMANDS.get(name)
    if command is None:
        return Answer(200, _told(name, f"Unknown command: {name}", ()))
    own = command.names[0]
    if own in REFUSED:
        return Answer(501, _told(own, REFUSED[own], ()))
    if not (command.always or door.serving() or door.alone):
        return Answer(200, _told(own, NOT_SERVING, ()))
    pairs = dict(command.run(door, arguments))
    return Answer(200, _told(own, pairs.pop("error", None), pairs.items()))


def _told(command: str, error: str | None, pairs: Pairs) -> Iterator[bytes]:
    return in_pieces(_json(command, error, pairs))


def _json(command: str, error: str | None, pairs: Pairs) -> Iterator[str]:
    yield "{\n"
    for key, value in pairs:
        yield f"  {json.dumps(key)} : "
        yield from _value(value)
        yield ",\n"
    yield f'  "command" : {json.dumps(command)},\n  "error" : {json.dumps(error)}\n}}\n'


def _value(value: Any) -> Iterator[str]:
    if isinstance(value, Listed):
        yield "["
        for number, item in enumerate(value.items):
            yield ", " if number else " "
            yield from _value(item)
        yield " ]"
    elif isinstance(value, Mapped):
        yield "{"
        for number, (key, item) in enumerate(value.items):
            yield ",\n    " if number else "\n    "
            yield f"{json.dumps(str(key))} : "
            yield from _value(item)
        yield "\n  }"
    else:
        yield json.dumps(value)


# ---- the server


def _ruok(door: "Door", _: Arguments) -> Pairs:
    return ()


def _monitor(door: "Door", _: Arguments) -> Pairs:
    return plain(everything(door))


def _server_stats(door: "Door", _: Arguments) -> Pairs:
    about, traffic = door.about, door.traffic()
    least, mean, most = door.latency_ms()
    answers = _sizes(door.sizes.range())
    yield "version", VERSION_TEXT
    yield "read_only", door.alone
    yield (
        "server_stats",
        {
            "packets_sent": traffic.sent,
            "packets_received": traffic.received,
            "num_alive_client_connections": len(door.connections),
            "outstanding_requests": outstanding(door),
            "last_processed_zxid": door.tree.zxid,
            "server_state": mode(door),
            "min_latency": round(least),
            "avg_latency": round(mean, 4),
            "max_latency": round(most),
            "data_dir_size": about.tree_bytes(),
            "log_dir_size": about.journal_bytes(),
            "auth_failed_count": door.counts.auth_failed,
            "uptime": about.uptime_ms,
            "provider_null": False,
            "client_response_stats": answers,
            "non_mtlslocal_conn_count": 0,  # spelt as there
            "non_mtlsremote_conn_count": 0,
        },
    )
    yield "client_response", answers
    if mode(door) == "leader":
        yield "proposal_stats", _sizes(proposal_sizes(door))
    yield "node_count", door.tree.znodes


def _sizes(range: tuple[int, int, int]) -> dict[str, int]:
    last, least, most = range
    return {"last_buffer_size": last, "min_buffer_size": least, "max_buffer_size": most}


def _stats(door: "Door", arguments: Arguments) -> Pairs:
    yield from _server_stats(door, arguments)
    yield "connections", Listed(map(listings.traffic_of, list(door.connections)))
    yield "secure_connections", []


def _connections(door: "Door", _: Arguments) -> Pairs:
    yield "connections", Listed(map(listings.details_of, list(door.connections)))
    yield "secure_connections", []


def _configuration(door: "Door", _: Arguments) -> Pairs:
    for name, value in settings(door).items():
        if name in JSON_NAMES:
            yield JSON_NAMES[name], value if isinstance(value, int) else str(value)


def _initial_configuration(door: "Door", _: Arguments) -> Pairs:
    """The members: the file itself may hold secrets, and this port knows no names."""
    yield "initial_configuration", membership(door)


def _environment(door: "Door", _: Arguments) -> Pairs:
    return environment().items()


def _system_properties(door: "Door", _: Arguments) -> Pairs:
    yield "error", "There is no Java here, and so there are no system properties"


def _dirs(door: "Door", _: Arguments) -> Pairs:
    yield "datadir_size", door.about.tree_bytes()
    yield "logdir_size", door.about.journal_bytes()


def _hash(door: "Door", _: Arguments) -> Pairs:
    """Ours are taken by entry, not by zxid: the same entries on every member."""
    digests = door.replica.digests.own()
    yield "digests", [{"zxid": i, "digest_version": 1, "digest": digest} for i, digest in digests]


def _last_snapshot(door: "Door", _: Arguments) -> Pairs:
    """The last time all of the tree was on disk without the journal."""
    zxid, done_s = door.replica.compaction.newest
    yield "zxid", f"{zxid:x}" if zxid >= 0 else "f" * 16
    yield "timestamp", door.about.wall_of(done_s) if zxid >= 0 else -1


def _is_read_only(door: "Door", _: Arguments) -> Pairs:
    yield "read_only", door.alone


def _get_mask(door: "Door", _: Arguments) -> Pairs:
    yield "tracemask", door.trace_mask


_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
"""As Java reads a long: no white space, no underscores."""


def _set_mask(door: "Door", arguments: Arguments) -> Pairs:
    given = arguments.get("traceMask")
    wanted = "setTraceMask requires long traceMask argument"
    mask = int(given) if given is not None and _WHOLE.fullmatch(given) else 1 << 63
    if not -1 << 63 <= mask < 1 << 63:
        yield "error", wanted if given is None else f"{wanted}, got {given}"
    else:
        door.trace_mask = mask
        yield "tracemask", mask


def _reset(door: "Door", _: Arguments) -> Pairs:
    door.reset()
    return ()


def _reset_connections(door: "Door", _: Arguments) -> Pairs:
    door.reset_connections()
    return ()


# ---- the ensemble


def _leader(door: "Door", _: Arguments) -> Pairs:
    raft = door.replica.raft
    hosts = {m.id: m.peer.host for m in door.about.config.ensemble.members}
    yield "is_leader", raft.role == LEADER
    yield "leader_id", raft.leader
    yield "leader_ip", hosts.get(raft.leader, "")


def _observers(door: "Door", _: Arguments) -> Pairs:
    yield "synced_observers", 0
    yield "observers", []


def _voting_view(door: "Door", _: Arguments) -> Pairs:
    members = door.about.config.ensemble.members if _has_peers(door) else ()
    yield (
        "current_config",
        {
            str(member.id): {
                "server_addresses": [str(member.peer)],
                "election_addresses": [str(member.peer)],
                "client_address": str(member.client or ""),
                "learner_type": "participant",
            }
            for member in members
        },
    )


def _has_peers(door: "Door") -> bool:
    """Who is alone has no address that anybody needs, and maybe none at all."""
    return len(door.replica.raft.voters) > 1


def _zab_state(door: "Door", _: Arguments) -> Pairs:
    """Raft's, in the words of the other: a term is an epoch."""
    raft, config = door.replica.raft, door.about.config
    if not _has_peers(door):
        yield "voting", False
        yield "zabstate", ""
        return
    yield "myid", config.member.id
    yield "is_leader", raft.role == LEADER
    yield "quorum_address", str(config.me.peer)
    yield "election_address", str(config.me.peer)
    yield "client_address", str(config.client)
    yield "voting", not raft.recovering
    yield "last_zxid", f"0x{door.tree.zxid:x}"
    yield "zab_epoch", raft.term
    yield "zab_counter", door.tree.zxid
    yield "zabstate", "broadcast" if door.serving() else "election"


# ---- sessions and watches


def _dump(door: "Door", _: Arguments) -> Pairs:
    """Who expires when, only the leader knows."""
    expiring = listings.expiring(door) if door.replica.raft.role == LEADER else iter(())
    owners = listings.owners(door)
    yield "expiry_time_to_session_ids", Mapped(expiring)
    yield (
        "session_id_to_ephemeral_paths",
        Mapped((owner, Listed(listings.ephemerals_of(door, owner))) for owner in owners),
    )


def _watches(door: "Door", _: Arguments) -> Pairs:
    found = listings.watched_by_session(door)
    yield (
        "session_id_to_watched_paths",
        Mapped((session, Listed(map(listings.text, paths))) for session, paths in found),
    )


def _watches_by_path(door: "Door", _: Arguments) -> Pairs:
    found = listings.sessions_by_path(door)
    yield "path_to_session_ids", Mapped((listings.text(path), ids) for path, ids in found)


def _watch_summary(door: "Door", _: Arguments) -> Pairs:
    watches = door.watches
    yield "num_connections", len(watches.everyone())
    yield "num_paths", len(watches.everywhere())
    yield "num_total_watches", len(watches)


def _never(door: "Door", _: Arguments) -> Pairs:
    raise AssertionError("it is refused")


REFUSED: Final = {
    "snapshot": "Not supported: a member's state is its folder, and the other members",
    "restore": "Not supported: nothing replaces the data of a running member",
}
"""What is not served, and what is said instead."""

_ALL: Final = (
    Command(_reset_connections, ("connection_stat_reset", "crst"), False),
    Command(_configuration, ("configuration", "conf", "config"), False),
    Command(_connections, ("connections", "cons"), False),
    Command(_hash, ("hash",), False),
    Command(_dirs, ("dirs",), False),
    Command(_dump, ("dump",), False),
    Command(_environment, ("environment", "env", "envi"), True),
    Command(_get_mask, ("get_trace_mask", "gtmk"), True),
    Command(_initial_configuration, ("initial_configuration", "icfg"), False),
    Command(_is_read_only, ("is_read_only", "isro"), False),
    Command(_last_snapshot, ("last_snapshot", "lsnp"), False),
    Command(_leader, ("leader", "lead"), False),
    Command(_monitor, ("monitor", "mntr"), True),
    Command(_ruok, ("observer_connection_stat_reset", "orst"), False),
    Command(_never, ("restore", "rest"), True),
    Command(_ruok, ("ruok",), False),
    Command(_set_mask, ("set_trace_mask", "stmk"), True),
    Command(_server_stats, ("server_stats", "srvr"), False),
    Command(_never, ("snapshot", "snap"), True),
    Command(_stats, ("stats", "stat"), False),
    Command(_reset, ("stat_reset", "srst"), False),
    Command(_observers, ("observers", "obsr"), False),
    Command(_system_properties, ("system_properties", "sysp"), True),
    Command(_voting_view, ("voting_view",), False),
    Command(_watches, ("watches", "wchc"), False),
    Command(_watches_by_path, ("watches_by_path", "wchp"), False),
    Command(_watch_summary, ("watch_summary", "wchs"), False),
    Command(_zab_state, ("zabstate",), True),
)
COMMANDS: Final = {name: command for command in _ALL for name in command.names}
NAMES: Final = sorted(command.names[0] for command in _ALL)
