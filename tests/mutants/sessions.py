"""Sessions: who lives, on which connection, and what ends with it."""

import weakref
from typing import Any

from mutants.patching import Set

from hikari.gateway.handshake import Handshake
from hikari.raft.raft import LEADER
from hikari.replica.replica import Replica
from hikari.replica.session_clock import SessionClock
from hikari.tree import apply
from hikari.tree.keys import ephemerals_prefix
from hikari.tree.sessions import Session
from hikari.tree.state import State
from hikari.tree.tree import Tree
from hikari_wire import codes


def a_new_leader_grants_no_time(set: Set) -> None:
    """ClickHouse/ClickHouse#121361: a new leader has not heard of the sessions of other members,
    and must not count that as their silence."""
    opened = SessionClock.open

    def open(self: SessionClock, session: int, timeout_ms: int, through: int = 0) -> None:
        opened(self, session, timeout_ms if through else self.tick_ms, through)

    set(SessionClock, "open", open)


def followers_keep_to_themselves_whom_they_hear(set: Set) -> None:
    """ClickHouse/ClickHouse#121361, #111102: reads on a follower do not keep a session alive,
    because only the leader decides, and is not told."""
    tick = Replica._tick_sessions

    def keep(self: Replica, late: bool) -> None:
        if self.raft.role != LEADER:
            self.heard.clear()
        tick(self, late)

    set(Replica, "_tick_sessions", keep)


def sessions_go_by_the_wall_clock(set: Set) -> None:
    """ZOOKEEPER-1366: the clock of a server is set forward, and all sessions expire."""
    tick = Replica._tick_sessions
    walls: weakref.WeakKeyDictionary[Replica, int] = weakref.WeakKeyDictionary()

    def by_the_wall(self: Replica, late: bool) -> None:
        now = self.wall_ms()
        ticks = (now - walls.get(self, now)) // self.sessions.tick_ms
        walls[self] = now
        for _ in range(1, min(ticks, 2_000)):
            for session in self.sessions.tick():
                if self.raft.role == LEADER:
                    self._expire(session)
        tick(self, late)

    set(Replica, "_tick_sessions", by_the_wall)


def the_former_connection_is_still_served(set: Set) -> None:
    """ZOOKEEPER-2886, ZOOKEEPER-710: a request that was sent before the session moved comes late
    on the old server, and is applied behind what came from the new one."""

    def admit(self: Tree, session: int, attachment: int) -> int:
        return codes.OK if not session or session in self.sessions else codes.SESSION_EXPIRED

    set(Tree, "admit", admit)


def an_expiry_that_comes_too_late_is_not_void(set: Set) -> None:
    """etcd-io/etcd#15247, #12528: a leader that was stuck revokes leases which have been renewed
    meanwhile."""

    def expire(state: State, request: tuple[Any, ...], session: int, identities: Any) -> Any:
        expired = state.sessions.get(request[1])
        if expired is not None:
            apply._close(state, expired)
        return codes.OK, None

    set(apply, "expire", expire)


def an_unknown_session_becomes_a_new_one(set: Set) -> None:
    """ClickHouse/ClickHouse#116690: who comes back too late is given a new session without a word,
    and never learns that the old one has expired."""
    answered = Handshake.answered

    def open(self: Handshake, error: int, session: Any) -> None:
        if error and self.asked is not None:
            door = self.connection.door
            timeout_ms = door.negotiate(self.asked.timeout_ms)
            wish = (codes.CREATE_SESSION, timeout_ms, door.new_password())
            door.propose(self.connection, [wish], 100)
        else:
            answered(self, error, session)

    set(Handshake, "answered", open)


def what_a_session_made_last_outlives_it(set: Set) -> None:
    """ZOOKEEPER-1208, ZOOKEEPER-3144: an ephemeral that is created while its session is being
    closed is missed by the close, and stays for ever."""

    def settled(self: State, session: Session) -> list[bytes]:
        return sorted(self.rows.scan_keys(ephemerals_prefix(session.id)))

    set(State, "ephemerals", settled)


def a_closed_session_goes_on_creating(set: Set) -> None:
    """ZOOKEEPER-1208: a create that was under way when the session closed is applied behind the
    close; nobody will ever remove what it made."""
    admit, create = Tree.admit, apply.make

    def admit_all(self: Tree, session: int, attachment: int) -> int:
        error = admit(self, session, attachment)
        return codes.OK if error == codes.SESSION_EXPIRED else error

    def create_all(
        state: State, request: Any, session: int, identities: Any, ending: int = 0
    ) -> Any:
        if session not in state.sessions and request[4] & codes.EPHEMERAL:
            request = (*request[:4], request[4] & ~codes.EPHEMERAL)
        return create(state, request, session, identities, ending)

    set(Tree, "admit", admit_all)
    set(apply, "make", create_all)
