"""Members with a bug planted in them: what their clients see must be called wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from testing.recorder import Play

from hikari.gateway import reads, watching
from hikari.gateway.connection import Connection
from hikari.gateway.door import Door
from hikari.replica import replica
from hikari.replica.session_clock import SessionClock
from hikari.testing.replay import REPORT_S, judge
from hikari.tree import apply, table
from hikari.tree.tree import Tree
from hikari.tree.undo import Undo
from hikari.watches.lasting import Lasting
from hikari.watches.table import WatchTable
from hikari_wire import codes
from hikari_wire.replies import HEADER

SEEDS = 24
STEPS = 700
Plant = Callable[[pytest.MonkeyPatch], None]


def every(nth: int) -> Callable[[], bool]:
    """True each nth time it is asked."""
    count = [0]

    def due() -> bool:
        count[0] += 1
        return count[0] % nth == 0

    return due


def a_read_is_stale(patch: pytest.MonkeyPatch) -> None:
    get, kept, due = reads.READS[codes.GET_DATA], {}, every(5)

    def stale(connection: Any, xid: int, request: Any) -> bytes:
        reply = get(connection, xid, request)
        if due() and request[1] in kept and len(reply) > HEADER.size:
            _, xid, zxid, _ = HEADER.unpack_from(reply)
            old = kept[request[1]]
            return HEADER.pack(len(old) - 4, xid, zxid, 0) + old[HEADER.size :]
        if len(reply) > HEADER.size:
            kept[request[1]] = reply
        return reply

    patch.setitem(reads.READS, codes.GET_DATA, stale)


def a_read_says_an_older_zxid(patch: pytest.MonkeyPatch) -> None:
    get = reads.READS[codes.EXISTS]

    def older(connection: Any, xid: int, request: Any) -> bytes:
        reply = get(connection, xid, request)
        length, xid, zxid, error = HEADER.unpack_from(reply)
        return HEADER.pack(length, xid, zxid - 3, error) + reply[HEADER.size :]

    patch.setitem(reads.READS, codes.EXISTS, older)


def events_come_after_the_data(patch: pytest.MonkeyPatch) -> None:
    flush, waiting = Connection.flush, {}

    def notify(self: Connection, event: bytes) -> None:
        waiting.setdefault(self, []).append(event)
        self._due()

    def flushed(self: Connection) -> None:
        self.out += waiting.pop(self, [])
        flush(self)

    patch.setattr(Connection, "notify", notify)
    patch.setattr(Connection, "flush", flushed)


def what_was_missed_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watching, "rearm", lambda tree, zxid, *paths: ([], *map(list, paths)))


def watches_are_not_armed_again(patch: pytest.MonkeyPatch) -> None:
    rearm = watching.rearm
    patch.setattr(watching, "rearm", lambda *given: (rearm(*given)[0], [], [], []))


def watches_stay_when_they_have_fired(patch: pytest.MonkeyPatch) -> None:
    fire, due = WatchTable.fire, every(4)

    def again(self: WatchTable, type: int, path: bytes) -> Any:
        told = fire(self, type, path)
        if due() and type == codes.EVENT_DATA_CHANGED:
            for watcher in told:
                self.add_data(path, watcher)
        return told

    patch.setattr(WatchTable, "fire", again)


def a_watch_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    add, due = WatchTable.add_data, every(4)
    patch.setattr(WatchTable, "add_data", lambda *given: None if due() else add(*given))


def lasting_watches_fire_once(patch: pytest.MonkeyPatch) -> None:
    told = Lasting.told

    def once(self: Lasting, type: int, path: bytes, others: Any) -> Any:
        watchers = told(self, type, path, others)
        for watcher in list(self.persistent.get(path, ())):
            self.remove(codes.WATCHER_PERSISTENT, path, watcher)
        return watchers

    patch.setattr(Lasting, "told", once)


def lasting_watches_are_not_set_again(patch: pytest.MonkeyPatch) -> None:
    set_watches = watching.WATCHING[codes.SET_WATCHES2]
    patch.setitem(
        reads.READS,
        codes.SET_WATCHES2,
        lambda connection, xid, request: set_watches(connection, xid, request[:5]),
    )


def recursive_watches_hear_of_children_only(patch: pytest.MonkeyPatch) -> None:
    told = Lasting.told

    def near(self: Lasting, type: int, path: bytes, others: Any) -> Any:
        before = dict(self.recursive)
        above = path[: path.rfind(b"/")] or b"/"
        self.recursive = {at: who for at, who in before.items() if at in (path, above)}
        try:
            return told(self, type, path, others)
        finally:
            self.recursive = before

    patch.setattr(Lasting, "told", near)


def who_watches_in_two_ways_is_told_twice(patch: pytest.MonkeyPatch) -> None:
    told = Lasting.told

    def twice(self: Lasting, type: int, path: bytes, others: Any) -> Any:
        return [*others, *told(self, type, path, ())]

    patch.setattr(Lasting, "told", twice)


def who_may_not_read_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("hikari.gateway.door.readers", lambda watchers, acl: watchers)


def watches_cannot_be_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WatchTable, "remove", WatchTable.has)


def a_sync_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Door, "barrier", lambda self, answer: answer())


def ephemerals_stay(patch: pytest.MonkeyPatch) -> None:
    def close(state: Any, closed: Any) -> None:
        for path in state.ephemerals(closed):
            znode = state.find(path)
            state.disclaim(closed, path)
            state.touch(path, znode)
            znode.owner = 0
        del state.sessions[closed.id]
        state.moved[closed.id] = None

    patch.setattr(apply, "_close", close)


def late_requests_are_let_in(patch: pytest.MonkeyPatch) -> None:
    def admit(self: Tree, session: int, attachment: int) -> int:
        known = not session or session in self.sessions
        return codes.OK if known else codes.SESSION_EXPIRED

    patch.setattr(Tree, "admit", admit)


def dead_sessions_are_let_in(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tree, "admit", lambda self, session, attachment: codes.OK)


def a_multi_is_half_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Undo, "restore", lambda self: None)


def a_number_is_given_twice(patch: pytest.MonkeyPatch) -> None:
    create = apply.create

    def twice(state: Any, request: Any, session: int, identities: Any) -> Any:
        error, path = create(state, request, session, identities)
        if not error and request[4] & 2 and state.zxid % 2 and int(path[-10:]):
            return error, path[:-10] + b"%010d" % (int(path[-10:]) - 1)
        return error, path

    patch.setitem(table.APPLY, codes.CREATE, twice)


def a_lock_is_granted_twice(patch: pytest.MonkeyPatch) -> None:
    create = apply.create

    def granted(state: Any, request: Any, session: int, identities: Any) -> Any:
        error, path = create(state, request, session, identities)
        if error == codes.NODE_EXISTS and request[4] & 1:
            return codes.OK, request[1]
        return error, path

    patch.setitem(table.APPLY, codes.CREATE, granted)


def versions_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    set_data = apply.set_data

    def blind(state: Any, request: Any, session: int, identities: Any) -> Any:
        return set_data(state, (*request[:3], -1), session, identities)

    patch.setitem(table.APPLY, codes.SET_DATA, blind)


def a_proposal_stands_twice_in_the_log(patch: pytest.MonkeyPatch) -> None:
    payloads, due = replica.payloads, every(9)

    def doubled(time_ms: int, proposals: list[bytes]) -> list[bytes]:
        made = payloads(time_ms, proposals)
        return made + made if due() else made

    patch.setattr(replica, "payloads", doubled)


def a_proposal_is_lost_and_called_done(patch: pytest.MonkeyPatch) -> None:
    """The tree counts a write and does not do it."""
    create = apply.create

    def lost(state: Any, request: Any, session: int, identities: Any) -> Any:
        above = request[1][: request[1].rfind(b"/")] or b"/"
        free = state.find(request[1]) is None and state.find(above) is not None
        if state.zxid % 5 == 0 and not request[4] and free:
            return codes.OK, request[1]
        return create(state, request, session, identities)

    patch.setitem(table.APPLY, codes.CREATE, lost)


def sessions_expire_too_early(patch: pytest.MonkeyPatch) -> None:
    opened = SessionClock.open

    def hasty(self: SessionClock, session: int, timeout_ms: int, through: int = 0) -> None:
        opened(self, session, min(timeout_ms, 3_000), through)

    patch.setattr(SessionClock, "open", hasty)


PLANTED: list[tuple[Plant, set[str]]] = [
    (a_read_is_stale, {"read"}),
    (a_read_says_an_older_zxid, {"read", "session view"}),
    (events_come_after_the_data, {"watch"}),
    (what_was_missed_is_not_told, {"watch"}),
    (watches_are_not_armed_again, {"watch"}),
    (watches_stay_when_they_have_fired, {"watch"}),
    (a_watch_is_forgotten, {"watch"}),
    (lasting_watches_fire_once, {"watch"}),
    (lasting_watches_are_not_set_again, {"watch"}),
    (recursive_watches_hear_of_children_only, {"watch"}),
    (who_watches_in_two_ways_is_told_twice, {"watch"}),
    (who_may_not_read_is_told, {"watch"}),
    (watches_cannot_be_taken_back, {"watch"}),
    (a_sync_asks_nobody, {"sync"}),
    (ephemerals_stay, {"read", "result", "atomicity"}),
    (late_requests_are_let_in, {"session order"}),
    (dead_sessions_are_let_in, {"session end"}),
    (a_multi_is_half_done, {"read", "result", "atomicity"}),
    (a_number_is_given_twice, {"read", "result", "atomicity"}),
    (a_lock_is_granted_twice, {"result"}),
    (versions_are_not_compared, {"result"}),
    (a_proposal_stands_twice_in_the_log, {"session order"}),
    (a_proposal_is_lost_and_called_done, {"read", "result", "atomicity"}),
    (sessions_expire_too_early, {"expiry"}),
]


@pytest.mark.parametrize(("plant", "promises"), PLANTED, ids=[row[0].__name__ for row in PLANTED])
def test_a_planted_bug_is_seen(
    plant: Plant, promises: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    for seed in range(SEEDS):
        faults = seed % 3 > 0
        try:
            applied, talks = Play(seed, faults=faults).run(STEPS).history
        except AssertionError:
            continue  # the members have seen it themselves: their clients' view is asked for here
        report_s = REPORT_S if faults else 0.5
        judged = judge(applied, talks, at_rest=True, report_s=report_s)
        found = {one.promise for one in judged}
        if found & promises:
            return
    raise AssertionError(f"{SEEDS} seeds did not show it")
