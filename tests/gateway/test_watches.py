"""Watches that stay, taking watches back, setting them again, and who is told at all."""

from collections.abc import Callable
from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of, multi

from hikari.tree.acl import digest
from hikari_wire import codes
from hikari_wire.replies import HEADER, notification

CREATED, DELETED = codes.EVENT_CREATED, codes.EVENT_DELETED
CHANGED, CHILDREN = codes.EVENT_DATA_CHANGED, codes.EVENT_CHILDREN_CHANGED
PERSISTENT, RECURSIVE = codes.ADD_WATCH_PERSISTENT, codes.ADD_WATCH_PERSISTENT_RECURSIVE
ANN = digest(b"ann:secret")
FOR_ANN = acl_of((codes.PERM_ALL, b"digest", ANN))
Dial = Callable[[], Client]


def told(client: Client) -> list[tuple[int, bytes]]:
    """What it has heard since the last time."""
    events = [(event.type, event.path) for event in client.listen().events]
    client.events.clear()
    return events


def log_in(client: Client) -> None:
    client.wire.say(client.frame((codes.AUTH, 0, b"digest", b"ann:secret"), codes.XID_AUTH))


def create(path: bytes, acl: bytes = b"") -> tuple[Any, ...]:
    return (codes.CREATE, path, b"", acl, 0)


def change(path: bytes) -> tuple[Any, ...]:
    return (codes.SET_DATA, path, b"x", -1)


def delete(path: bytes) -> tuple[Any, ...]:
    return (codes.DELETE, path, -1)


def test_an_added_watch_is_answered_as_java_clients_expect(client: Client) -> None:
    client.ask((codes.ADD_WATCH, b"/not/there", PERSISTENT))
    (_, _, error, body) = client.listen().heard[-1]
    assert (error, body) == (codes.OK, bytes(4))


def test_a_persistent_watch_tells_of_one_znode_and_its_children_for_good(
    client: Client, other: Client, cluster: Cluster
) -> None:
    other.ask((codes.ADD_WATCH, b"/a", PERSISTENT))
    for _ in range(2):
        client.ask(create(b"/a"), change(b"/a"), create(b"/a/b"), change(b"/a/b"))
        client.ask(create(b"/a/b/c"), delete(b"/a/b/c"), delete(b"/a/b"), delete(b"/a"))
        cluster.run()
        assert told(other) == [
            (CREATED, b"/a"),
            (CHANGED, b"/a"),
            (CHILDREN, b"/a"),
            (CHILDREN, b"/a"),
            (DELETED, b"/a"),
        ]


def test_a_recursive_watch_tells_of_everything_below_and_of_no_lists(
    client: Client, other: Client, cluster: Cluster
) -> None:
    other.ask((codes.ADD_WATCH, b"/a", RECURSIVE))
    for _ in range(2):
        client.ask(create(b"/a"), create(b"/a/b"), create(b"/a/b/c"), change(b"/a/b/c"))
        client.ask(create(b"/ab"), change(b"/ab"), delete(b"/ab"))
        client.ask(delete(b"/a/b/c"), delete(b"/a/b"), delete(b"/a"))
        cluster.run()
        assert told(other) == [
            (CREATED, b"/a"),
            (CREATED, b"/a/b"),
            (CREATED, b"/a/b/c"),
            (CHANGED, b"/a/b/c"),
            (DELETED, b"/a/b/c"),
            (DELETED, b"/a/b"),
            (DELETED, b"/a"),
        ]


def test_one_event_is_one_frame_however_many_watches_it_fires(
    client: Client, other: Client, cluster: Cluster
) -> None:
    client.create(b"/a")
    cluster.run()
    other.ask((codes.ADD_WATCH, b"/", RECURSIVE), (codes.ADD_WATCH, b"/a", RECURSIVE))
    other.ask((codes.ADD_WATCH, b"/a", PERSISTENT))
    other.ask((codes.GET_DATA, b"/a", True), (codes.GET_CHILDREN, b"/a", True))
    client.ask(change(b"/a"), create(b"/a/b"), delete(b"/a/b"), delete(b"/a"))
    cluster.run()
    assert told(other) == [
        (CHANGED, b"/a"),
        (CREATED, b"/a/b"),
        (CHILDREN, b"/a"),
        (DELETED, b"/a/b"),
        (CHILDREN, b"/a"),
        (DELETED, b"/a"),
    ]


def test_an_event_comes_before_the_reply_of_its_change_and_has_its_zxid(
    client: Client, cluster: Cluster
) -> None:
    client.ask((codes.ADD_WATCH, b"/", RECURSIVE))
    xid = client.ask(multi(create(b"/a"), change(b"/a")))
    told_bytes = len(client.wire.told)
    cluster.run()
    said = client.wire.told[told_bytes:]
    assert client.listen().story[-3:] == [(CREATED, b"/a"), (CHANGED, b"/a"), xid]
    zxids = [HEADER.unpack_from(said, at)[2] for at in (0, 4 + HEADER.unpack_from(said)[0])]
    assert zxids == [client.heard[-1][1]] * 2


def test_an_unknown_mode_is_not_understood(client: Client, member: Member) -> None:
    for mode in (-1, 2):
        xid = client.ask((codes.ADD_WATCH, b"/", mode))
        assert client.error(xid) == codes.MARSHALLING_ERROR
    assert len(member.door.watches) == 0


# Asking for watches, and taking them back.


def test_watches_are_asked_for_by_path_and_kind(client: Client, other: Client) -> None:
    client.ask((codes.GET_DATA, b"/", True), (codes.ADD_WATCH, b"/", RECURSIVE))
    found = {kind: client.error(client.ask((codes.CHECK_WATCHES, b"/", kind))) for kind in range(7)}
    unknown, none = codes.MARSHALLING_ERROR, codes.NO_WATCHER
    assert found == {0: unknown, 1: none, 2: 0, 3: 0, 4: none, 5: 0, 6: unknown}
    assert client.error(client.ask((codes.CHECK_WATCHES, b"/zookeeper", 3))) == none
    assert other.error(other.ask((codes.CHECK_WATCHES, b"/", 3))) == none


def test_what_is_taken_back_tells_nothing_any_more(
    client: Client, other: Client, cluster: Cluster
) -> None:
    cluster.write(client, b"/a")
    for kind in (codes.WATCHER_DATA, codes.WATCHER_CHILDREN, codes.WATCHER_PERSISTENT):
        other.ask((codes.GET_DATA, b"/a", True), (codes.GET_CHILDREN, b"/a", True))
        other.ask((codes.ADD_WATCH, b"/a", PERSISTENT), (codes.ADD_WATCH, b"/a", RECURSIVE))
        assert other.error(other.ask((codes.REMOVE_WATCHES, b"/a", kind))) == codes.OK
        assert other.error(other.ask((codes.REMOVE_WATCHES, b"/a", kind))) == codes.NO_WATCHER
        assert other.error(other.ask((codes.REMOVE_WATCHES, b"/a", codes.WATCHER_ANY))) == codes.OK
        assert other.error(other.ask((codes.CHECK_WATCHES, b"/a", codes.WATCHER_ANY)))
    client.ask(change(b"/a"), create(b"/a/b"))
    cluster.run()
    assert told(other) == [], "nor is anything told of the taking back: clients say so themselves"


def test_of_two_kinds_the_other_stays(client: Client, other: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a")
    other.ask((codes.ADD_WATCH, b"/a", PERSISTENT), (codes.ADD_WATCH, b"/a", RECURSIVE))
    other.ask((codes.REMOVE_WATCHES, b"/a", codes.WATCHER_PERSISTENT))
    client.ask(change(b"/a"), create(b"/a/b"))
    cluster.run()
    assert told(other) == [(CHANGED, b"/a"), (CREATED, b"/a/b")]


def test_who_hangs_up_watches_nothing(client: Client, other: Client, member: Member) -> None:
    other.ask((codes.ADD_WATCH, b"/a", PERSISTENT), (codes.ADD_WATCH, b"/", RECURSIVE))
    assert len(member.door.watches) == 2
    other.wire.die()
    assert len(member.door.watches) == 0
    assert not member.door.watches.lasting.watchers


# Setting them again on another connection.


def test_what_lasts_is_set_again_and_what_it_missed_is_not_told(
    client: Client, other: Client, cluster: Cluster
) -> None:
    cluster.write(client, b"/a")
    client.ask(change(b"/a"))
    cluster.run()
    again = (codes.SET_WATCHES2, 0, (b"/a",), (b"/new",), (b"/a",), (b"/a", b"/p"), (b"/a", b"/r"))
    other.wire.say(other.frame(again, codes.XID_SET_WATCHES))
    assert told(other) == [(CHANGED, b"/a"), (CHILDREN, b"/a")], "what fires once has fired"
    client.ask(create(b"/p"), create(b"/r"), create(b"/r/s"), create(b"/new"), change(b"/a"))
    cluster.run()
    assert told(other) == [
        (CREATED, b"/p"),
        (CREATED, b"/r"),
        (CREATED, b"/r/s"),
        (CREATED, b"/new"),
        (CHANGED, b"/a"),
    ]


# Who is told.


@pytest.mark.parametrize("mode", [PERSISTENT, RECURSIVE])
def test_who_may_not_read_a_znode_does_not_hear_of_it(
    client: Client, other: Client, dial: Dial, cluster: Cluster, mode: int
) -> None:
    """CVE-2024-23944, also for a znode that is gone, with its ACL."""
    third = dial()
    third.hello()
    cluster.run()
    for one in (client, third):
        log_in(one)
    for one in (other, third):
        one.ask((codes.ADD_WATCH, b"/a", mode))
    client.ask(create(b"/a", FOR_ANN), change(b"/a"), create(b"/a/b"), delete(b"/a/b"))
    client.ask(delete(b"/a"))
    cluster.run()
    below = [(CREATED, b"/a/b"), (DELETED, b"/a/b")]
    lists = [(CHILDREN, b"/a"), (CHILDREN, b"/a")]
    first = [(CREATED, b"/a"), (CHANGED, b"/a")]
    between = below if mode == RECURSIVE else lists
    assert told(third) == [*first, *between, (DELETED, b"/a")]
    assert told(other) == (below if mode == RECURSIVE else []), "/a/b itself is open"


def test_the_acl_of_the_moment_of_the_change_decides(
    client: Client, other: Client, cluster: Cluster
) -> None:
    log_in(client)
    cluster.write(client, b"/a")
    other.ask((codes.ADD_WATCH, b"/", RECURSIVE))
    client.ask(change(b"/a"), (codes.SET_ACL, b"/a", FOR_ANN, -1), change(b"/a"))
    cluster.run()
    assert told(other) == [(CHANGED, b"/a")]
    log_in(other)
    client.ask(delete(b"/a"))
    cluster.run()
    assert told(other) == [(DELETED, b"/a")], "now it is somebody who may"


def test_a_one_shot_watch_that_may_not_tell_is_spent(
    client: Client, other: Client, cluster: Cluster, member: Member
) -> None:
    log_in(client)
    cluster.write(client, b"/a")
    other.ask((codes.GET_DATA, b"/a", True))
    client.ask((codes.SET_ACL, b"/a", FOR_ANN, -1), change(b"/a"))
    cluster.run()
    assert told(other) == []
    assert len(member.door.watches) == 0


def test_watches_set_again_tell_nothing_of_what_may_not_be_read(
    client: Client, other: Client, cluster: Cluster
) -> None:
    log_in(client)
    client.ask(create(b"/hidden", FOR_ANN), create(b"/open"))
    cluster.run()
    paths = (b"/hidden", b"/open", b"/gone")
    for op, lasting in ((codes.SET_WATCHES, ()), (codes.SET_WATCHES2, ((), ()))):
        other.ask((op, 0, paths, paths, (), *lasting))
        assert told(other) == [
            (CHANGED, b"/open"),
            (DELETED, b"/gone"),
            (CREATED, b"/open"),
        ]


@pytest.mark.interpreted
def test_an_event_is_made_once_for_all_who_watch(
    client: Client, dial: Dial, cluster: Cluster, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of those with equal identities only one is held against an ACL."""
    watchers = [dial() for _ in range(30)]
    for one in watchers:
        one.hello()
    cluster.run()
    made: list[bytes] = []

    def make(*event: Any) -> bytes:
        made.append(notification(*event))
        return made[-1]

    monkeypatch.setattr("hikari.gateway.door.notification", make)
    for one in watchers:
        one.ask((codes.ADD_WATCH, b"/", RECURSIVE))
    asked: list[bytes] = []

    def may(acl: bytes, *rest: object) -> bool:
        asked.append(acl)
        return True

    monkeypatch.setattr("hikari.gateway.watching.may", may)
    client.ask(create(b"/a"), (codes.CREATE, b"/b", b"", acl_of((1, b"ip", b"10.0.0.9")), 0))
    cluster.run()
    assert [len(one.listen().events) for one in watchers] == [2] * 30
    assert len(made) == 2
    assert len(asked) == 1
