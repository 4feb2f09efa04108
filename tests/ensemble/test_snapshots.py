"""Members that are sent a snapshot: whole or not at all, whoever dies meanwhile."""

import time

import pytest
from ensemble.checks import same_tree
from ensemble.ensemble import Ensemble
from ensemble.recorder import OK, Client, Event, create, exists, get, set_data
from timely import demand_within, timely

from hikari_wire import codes

pytestmark = pytest.mark.ensemble

SHORT_LOG = "[journal]\nentries_kept = 50\nflush_entries = 50\n"
DATA = bytes(range(256)) * 16  # 4 KiB: a snapshot of several chunks


def client_of(ensemble: Ensemble, member: int) -> Client:
    client = Client(ensemble.ports)
    client.open(member)
    return client


def fill(client: Client, path: bytes, count: int) -> None:
    """So many entries: one write each."""
    for n in range(count):
        assert client.ask(set_data(path, b"%d" % n)).outcome == OK


@timely
def test_a_far_member_is_sent_a_snapshot(make):
    """What it needs is no longer in anybody's journal; afterwards it is a member like others."""
    ensemble = make(settings=SHORT_LOG)
    behind = ensemble.followers()[0]
    client = client_of(ensemble, ensemble.leader())
    for path in (b"/a", b"/a/b", b"/gone"):
        client.ask(create(path, b"first"))
    client.ask(create(b"/held", b"", codes.EPHEMERAL))
    ensemble.wait_caught_up(behind)
    ensemble.kill(behind)
    client.ask((codes.DELETE, b"/gone", -1))
    for n in range(500):
        client.send(create(b"/a/b/c-", b"%d" % n, codes.PERSISTENT_SEQUENTIAL))
        client.send(set_data(b"/a", b"%d" % n))
        client.finish()
    ensemble.launch(behind)
    began = time.monotonic()
    ensemble.wait_caught_up(behind)
    # Found: one that was begun while the member was down went nowhere, for ten seconds.
    demand_within(8.0, time.monotonic() - began, of="s to catch up")
    home = ensemble.layout.home(behind)
    assert [tree.name for tree in home.glob("tree-*")] != ["tree-0"], "it was sent entries"
    client.ping()
    tree = same_tree(ensemble)
    assert tree[b"/a"][0] == b"499"
    assert tree[b"/held"][1].ephemeral_owner == client.session
    # It leads if it must, it serves the session, and it comes back from what it was sent.
    client.open(behind)
    others = [number for number in ensemble.numbers if number != behind]
    ensemble.kill(others[0])
    client.attach(behind, avoid=(others[0],))
    assert client.ask(set_data(b"/a", b"after")).outcome == OK
    ensemble.kill(behind)
    ensemble.start()
    assert same_tree(ensemble)[b"/a"][0] == b"after"


def test_whoever_dies_while_a_snapshot_is_sent(make):
    """The one who gets it, or the one who sends it, at some moment of it."""
    ensemble = make(settings=SHORT_LOG)
    behind = ensemble.followers()[0]
    client = Client(ensemble.ports, timeout_ms=30_000)
    client.open(ensemble.leader())
    client.ask(create(b"/big"))
    client.ask(create(b"/a"))
    asked = [create(b"/big/n-", DATA, codes.PERSISTENT_SEQUENTIAL) for _ in range(2_500)]
    assert all(op.outcome == OK for op in client.ask_all(asked))
    for turn in range(4):
        ensemble.kill(behind)
        client.attach(ensemble.leader())
        fill(client, b"/a", 120)
        ensemble.launch(behind)
        while ensemble.mode(behind) is None:
            time.sleep(0.002)
        time.sleep(0.03 * turn)
        victim = ensemble.leader() if turn % 2 else behind
        ensemble.kill(victim)
        ensemble.launch(victim)
        ensemble.wait_serving()
        ensemble.wait_caught_up(behind)
    tree = same_tree(ensemble)
    assert tree[b"/a"][0] == b"119"
    assert sum(data == DATA for data, _ in tree.values()) == 2_500


def test_watches_that_are_set_again_miss_nothing(make):
    """Each watch fires once, be the change before, during or after the move of its client."""
    ensemble = make(settings=SHORT_LOG)
    writer = client_of(ensemble, 1)
    watcher = client_of(ensemble, 2)
    paths = [b"/p-%d" % n for n in range(9)]
    writer.ask_all([create(path) for path in paths])
    for turn in range(4):
        watcher.ask_all([get(path, watch=True) for path in paths])
        watcher.ask(exists(b"/new-%d" % turn, watch=True))
        seen = watcher.zxid
        ensemble.kill(watcher.member)
        dead = watcher.member
        watcher.arrived.clear()
        writer.attach(ensemble.leader())
        writer.ask_all([set_data(path, b"x") for path in paths[:3]])
        watcher.attach(ensemble.leader())
        writer.ask_all([set_data(path, b"y") for path in paths[3:6]])
        again = (codes.SET_WATCHES, seen, tuple(paths), (b"/new-%d" % turn,), ())
        assert watcher.ask(again).outcome == OK
        writer.ask_all([set_data(path, b"z") for path in paths])
        writer.ask(create(b"/new-%d" % turn))
        watcher.ask((codes.SYNC, b"/"))
        fired = [(one.type, one.path) for one in watcher.arrived if isinstance(one, Event)]
        changed = {(codes.EVENT_DATA_CHANGED, path) for path in paths}
        assert len(fired) == len(set(fired))
        assert set(fired) == {*changed, (codes.EVENT_CREATED, b"/new-%d" % turn)}
        ensemble.launch(dead)
        ensemble.wait_caught_up(dead)
