"""Watches: each once, in order, and before its change is seen."""

from typing import Any

from mutants.patching import Set

from hikari.gateway import door, reads, watching
from hikari.gateway.connection import Connection
from hikari.gateway.door import Door
from hikari.tree import apply
from hikari.tree.sessions import Session
from hikari.tree.state import Event, State
from hikari.tree.undo import Undo
from hikari.watches.lasting import Lasting
from hikari.watches.table import WatchTable
from hikari_wire import codes


def a_watch_is_set_after_its_read(set: Set) -> None:
    """ClickHouse/ClickHouse#18217: "may lead to a lost watch": between the read and the setting of
    its watch a change goes by, and is never told."""
    arm = reads.arm

    def later(connection: Connection, add: Any, path: bytes) -> None:
        connection.door.later_s(0.002, arm, connection, add, path)

    set(reads, "arm", later)


def an_event_comes_before_the_reply_that_armed_it(set: Set) -> None:
    """ClickHouse/ClickHouse#28197: the client hears that a watch has fired before it hears that
    there is one."""

    def tell(watchers: Any, event: bytes, due: list[Connection]) -> None:
        for connection in watchers:
            connection.out.insert(0, event)
            connection._due()

    set(door, "tell", tell)


def an_event_comes_after_what_it_tells(set: Set) -> None:
    """apache/druid#1161 and CURATOR-57: events are heard out of order with what is read. ZooKeeper
    promises that a client hears of a change before it sees it."""
    flush = Connection.flush
    late: dict[Connection, list[bytes]] = {}

    def tell(watchers: Any, event: bytes, due: list[Connection]) -> None:
        for connection in watchers:
            late.setdefault(connection, []).append(event)
            connection._due()

    def flush_late(self: Connection) -> None:
        self.out += late.pop(self, [])
        flush(self)

    set(door, "tell", tell)
    set(Connection, "flush", flush_late)


def what_was_missed_is_not_told(set: Set) -> None:
    """python-zk/kazoo#151, pH14/fdb-zk#9: watches are set again after a reconnect, and nobody looks
    at what has changed meanwhile."""

    def rearm(tree: Any, zxid: int, data: Any, exist: Any, child: Any) -> Any:
        return [], list(data), list(exist), list(child)

    set(watching, "rearm", rearm)


def what_was_seen_is_told_again(set: Set) -> None:
    """etcd-io/etcd#20221, #15248: a watch that goes on behind a revision is sent that revision
    once more."""
    rearm = watching.rearm

    def again(tree: Any, zxid: int, data: Any, exist: Any, child: Any) -> Any:
        return rearm(tree, zxid - 1, data, exist, child)

    set(watching, "rearm", again)


def a_list_watch_hears_of_data(set: Set) -> None:
    """ClickHouse/ClickHouse#28190: watches of getChildren fire when the data of a child is set."""
    fired = Door.fired

    def more(self: Door, events: list[Event], zxid: int) -> None:
        for type, path, acl in list(events):
            if type == codes.EVENT_DATA_CHANGED:
                above = path[: path.rfind(b"/")] or b"/"
                events.append((codes.EVENT_CHILDREN_CHANGED, above, acl))
        fired(self, events, zxid)

    set(Door, "fired", more)


def a_multi_that_failed_fires(set: Set) -> None:
    """ClickHouse/ClickHouse#39673, ZOOKEEPER-3127: of what is rolled back something has already
    left: here the events of the parts before the one that failed."""
    restore = Undo.restore

    def keep(self: Undo) -> None:
        events = list(self.state.events)
        restore(self)
        self.state.events[:] = events

    set(Undo, "restore", keep)


def the_end_of_a_session_fires_nothing(set: Set) -> None:
    """ClickHouse/ClickHouse#83583 and its like: ephemerals that go with their session go by
    another way than those that are deleted, and their watches are forgotten."""
    close = apply._close

    def silently(state: State, closed: Session) -> None:
        count = len(state.events)
        close(state, closed)
        del state.events[count:]

    set(apply, "_close", silently)


def who_watches_twice_is_told_twice(set: Set) -> None:
    """ClickHouse/ClickHouse#17203 ("more compatible watches"): who watches a znode and its children
    is told of its deletion once for each."""
    fire = WatchTable.fire

    def both(self: WatchTable, type: int, path: bytes) -> Any:
        interest = self.paths.get(path)
        twice: list[Any] = []
        if interest is not None and type == codes.EVENT_DELETED:
            twice = [one for one in interest.data if one in interest.child]
        return [*fire(self, type, path), *twice]

    set(WatchTable, "fire", both)


def only_who_is_there_is_watched(set: Set) -> None:
    """ClickHouse/ClickHouse#14626: the watch of an `exists` that finds nothing belongs to another
    list than one that does; here it is forgotten."""
    exists = reads._exists

    def forget(connection: Connection, xid: int, request: tuple[Any, ...]) -> bytes:
        op, path, watch = request
        return exists(connection, xid, (op, path, watch and bool(connection.door.tree.look(path))))

    set(reads, "_exists", forget)


def who_may_not_read_is_told(set: Set) -> None:
    """ZOOKEEPER-4799 (CVE-2024-23944): a recursive watch tells the paths of znodes that its owner
    may not read."""
    set(door, "readers", lambda watchers, acl: watchers)


def a_recursive_watch_hears_of_lists(set: Set) -> None:
    """ZOOKEEPER-4475: "Persistent recursive watcher got NodeChildrenChanged event"."""
    told = Lasting.told

    def more(self: Lasting, type: int, path: bytes, others: Any) -> Any:
        who = dict.fromkeys(told(self, type, path, others))
        return [*who, *(one for one in self.recursive.get(path, ()) if one not in who)]

    set(Lasting, "told", more)


def a_watch_that_fires_once_takes_the_place_of_one_that_stays(set: Set) -> None:
    """ZOOKEEPER-4466: "Support different watch modes on same path": the newest was the only one."""
    add = WatchTable.add_data

    def instead(self: WatchTable, path: bytes, watcher: Any) -> None:
        self.lasting.remove(codes.WATCHER_ANY, path, watcher)
        add(self, path, watcher)

    set(WatchTable, "add_data", instead)
