"""Watches that stay, on members that are real processes; and what kazoo sees of the members."""

from itertools import cycle

import pytest
from ensemble.ensemble import Ensemble
from ensemble.recorder import SYNC, Client, Event, create, delete, get, set_data
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError, ReconfigDisabledError

from hikari_wire import acl, codes

pytestmark = pytest.mark.ensemble

RECURSIVE, PERSISTENT = codes.ADD_WATCH_PERSISTENT_RECURSIVE, codes.ADD_WATCH_PERSISTENT
CREATED, DELETED = codes.EVENT_CREATED, codes.EVENT_DELETED
CHANGED, CHILDREN = codes.EVENT_DATA_CHANGED, codes.EVENT_CHILDREN_CHANGED


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three members that nothing happens to; each test has a path of its own."""
    ensemble = Ensemble(tmp_path_factory.mktemp("watches"))
    try:
        yield ensemble.start()
    finally:
        ensemble.close()
    ensemble.demand_clean_logs()


def client_of(ensemble: Ensemble, member: int) -> Client:
    client = Client(ensemble.ports, timeout_ms=8_000)
    client.open(member)
    return client


def heard(client: Client) -> list[tuple[int, bytes]]:
    """Everything that its member told it, up to what is committed now; and forget it."""
    client.ask(SYNC)
    told = [(one.type, one.path) for one in client.arrived if isinstance(one, Event)]
    client.arrived.clear()
    return told


def test_a_recursive_watch_on_any_member_hears_all_in_one_order(three):
    """Several write through different members: each watcher hears all of it, once, in the order
    of the zxids, which is the same for all."""
    watchers = [client_of(three, member) for member in three.numbers]
    for watcher in watchers:
        assert not watcher.ask((codes.ADD_WATCH, b"/tree", RECURSIVE)).error
    writers = [client_of(three, member) for member in three.numbers]
    writers[0].ask(create(b"/tree"))
    for writer in writers:
        writer.ask(SYNC)
    asked = 1
    for number, writer in zip(range(60), cycle(writers), strict=False):
        path = b"/tree/%d" % number
        writer.send(create(path), create(path + b"/leaf"), set_data(path, b"x"))
        writer.send(delete(path + b"/leaf"), delete(path))
        asked += 5
    for writer in writers:
        writer.finish()
    stories = [heard(watcher) for watcher in watchers]
    assert stories[0] == stories[1] == stories[2]
    assert len(stories[0]) == len(set(stories[0])) == asked
    for number in range(60):
        path = b"/tree/%d" % number
        mine = [(type, at) for type, at in stories[0] if at in (path, path + b"/leaf")]
        leaf = path + b"/leaf"
        assert mine == [
            (CREATED, path),
            (CREATED, leaf),
            (CHANGED, path),
            (DELETED, leaf),
            (DELETED, path),
        ]


def test_watches_that_stay_go_on_at_another_member(make):
    """Its member dies; the client goes on elsewhere with its session, and sets its watches."""
    ensemble = make()
    watcher, writer = client_of(ensemble, 1), client_of(ensemble, 2)
    writer.ask(create(b"/a"))
    watcher.ask(SYNC)
    for mode in (PERSISTENT, RECURSIVE):
        watcher.ask((codes.ADD_WATCH, b"/a", mode))
    seen = watcher.ask(get(b"/a", watch=True)).zxid
    ensemble.kill(1)
    ensemble.leader()
    writer.attach(2, avoid=(1,))
    writer.ask(set_data(b"/a", b"while it was away"))
    watcher.attach(3, avoid=(1,))
    watcher.ask(SYNC)
    watcher.ask((codes.SET_WATCHES2, seen, (b"/a",), (), (), (b"/a",), (b"/a",)))
    assert heard(watcher) == [(CHANGED, b"/a")], "by the watch that fires once"
    writer.ask(create(b"/a/b"))
    writer.ask(set_data(b"/a", b""))
    assert heard(watcher) == [(CREATED, b"/a/b"), (CHILDREN, b"/a"), (CHANGED, b"/a")]
    for kind in (codes.WATCHER_PERSISTENT, codes.WATCHER_PERSISTENT_RECURSIVE):
        assert not watcher.ask((codes.REMOVE_WATCHES, b"/a", kind)).error
        assert watcher.ask((codes.CHECK_WATCHES, b"/a", kind)).error == codes.NO_WATCHER
    writer.ask(delete(b"/a/b"))
    assert heard(watcher) == []


def test_who_may_not_read_hears_nothing_on_any_member(three):
    hidden = acl.pack([(codes.PERM_READ, b"digest", b"ann:hash"), (30, b"world", b"anyone")])
    watchers = [client_of(three, member) for member in three.numbers]
    for watcher in watchers:
        watcher.ask((codes.ADD_WATCH, b"/secrets", RECURSIVE))
        watcher.ask((codes.ADD_WATCH, b"/secrets/one", PERSISTENT))
    writer = client_of(three, 1)
    writer.ask(create(b"/secrets"))
    writer.ask((codes.CREATE, b"/secrets/one", b"", hidden, 0))
    writer.ask(set_data(b"/secrets/one", b"x"))
    writer.ask(create(b"/secrets/one/open"))
    writer.ask(delete(b"/secrets/one/open"))
    writer.ask(delete(b"/secrets/one"))
    for watcher in watchers:
        assert heard(watcher) == [
            (CREATED, b"/secrets"),
            (CREATED, b"/secrets/one/open"),
            (DELETED, b"/secrets/one/open"),
        ]


def test_the_small_questions_are_answered_by_every_member(three):
    for member in three.numbers:
        client = client_of(three, member)
        root = b"/mine-%d" % member
        client.ask(create(root))
        for name in (b"/b", b"/a"):
            client.ask(create(root + name, flags=codes.EPHEMERAL))
        paths = (root + b"/a", root + b"/b")
        assert client.ask((codes.GET_EPHEMERALS, b"/")).value == paths
        assert client.ask((codes.GET_ALL_CHILDREN_NUMBER, root)).value == 2
        assert client.ask((codes.WHO_AM_I,)).value == ((b"ip", b"127.0.0.1"),)
        assert client.ask((codes.SASL, b"")).value is None


def test_kazoo_reads_and_watches_the_members_and_may_not_change_them(three):
    ports, told = three.ports, []
    for port in ports:
        kazoo = KazooClient(hosts=f"127.0.0.1:{port}")
        kazoo.start(timeout=20)
        try:
            data, stat = kazoo.get("/zookeeper/config", watch=told.append)
            lines = data.decode().split("\n")
            assert [line.partition("=")[0] for line in lines] == [
                *("server.1", "server.2", "server.3", "version")
            ]
            for line, client_port in zip(lines[:3], ports, strict=True):
                members, _, client = line.partition(";")
                assert client == f"127.0.0.1:{client_port}"
                assert members.endswith(":participant")
            assert int(lines[3].partition("=")[2], 16) == stat.mzxid
            with pytest.raises(ReconfigDisabledError):
                kazoo.reconfig(joining=None, leaving="1", new_members=None)
            with pytest.raises(NoAuthError):
                kazoo.set("/zookeeper/config", b"")
        finally:
            kazoo.stop()
            kazoo.close()
    assert [event.type for event in told] == ["NONE"] * len(told)
