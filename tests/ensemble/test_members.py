"""Members that die, hang, fall behind or lose their folder; sessions that outlive them."""

import time

import pytest
from ensemble.checks import created_once, linear_writes, same_tree, tree_of
from ensemble.ensemble import Ensemble, wait_until
from ensemble.load import Holder, Writer
from ensemble.recorder import OK, SYNC, Client, Event, Expired, Lost, create, exists, get, set_data
from timely import demand_within, timely

from hikari_wire import codes

pytestmark = pytest.mark.ensemble

SHORT_LOG = "[journal]\nentries_kept = 50\nflush_entries = 50\n"
SHORT_SESSIONS = "[sessions]\ntimeout_min_ms = 1000\n[raft]\nleader_lost_ms = 400\n"


def client_of(ensemble: Ensemble, member: int, timeout_ms: int = 8_000) -> Client:
    client = Client(ensemble.ports, timeout_ms=timeout_ms)
    client.open(member)
    return client


def loaded(ensemble: Ensemble, count: int = 3) -> list[Writer]:
    """Writers at work, spread over all members."""
    client = client_of(ensemble, 1)
    for path in (b"/log", b"/registers"):
        assert client.ask(create(path)).outcome == OK
    client.close()
    members = len(ensemble.numbers)
    writers = [Writer(ensemble.ports, 1 + n % members, f"w{n}", 0.003) for n in range(count)]
    for one in writers:
        one.begin()
    return writers


def write_on(writers: list[Writer]) -> None:
    """Wait until every writer has written again."""
    now = time.monotonic()
    wait_until(
        "every writer writes",
        lambda: all(
            any(op.outcome == OK and op.invoked > now for op in one.history[-8:]) for one in writers
        ),
    )


def judge(ensemble: Ensemble, writers: list[Writer]) -> None:
    """Stop the load. Nothing acknowledged is missing, anywhere, and nothing is there twice."""
    for one in writers:
        one.end()
    history = [op for one in writers for op in one.history]
    linear_writes(history)
    for number in ensemble.running:  # who takes a snapshot now would close its clients
        ensemble.wait_caught_up(number)
    tree = same_tree(ensemble)
    created_once(history, tree, b"/log/")
    for one in writers:
        data, stat = tree[one.register]
        assert (int(data), stat.version) == (one.version, one.version)


def fill(client: Client, path: bytes, count: int) -> None:
    """So many entries: one write each."""
    for n in range(count):
        assert client.ask(set_data(path, b"%d" % n)).outcome == OK


def test_any_member_may_die(make):
    """Each in turn, with whatever role it has."""
    ensemble = make()
    writers = loaded(ensemble)
    for member in (1, 2, 3):
        ensemble.kill(member)
        write_on(writers)
        ensemble.launch(member)
        ensemble.wait_caught_up(member)
    judge(ensemble, writers)


def test_all_members_die_at_once(make):
    """Under load, three times."""
    ensemble = make()
    writers = loaded(ensemble, 6)
    holder = Holder(ensemble.ports, 2, [b"/held"])
    holder.begin()
    for _ in range(3):
        write_on(writers)
        ensemble.kill(1, 2, 3)
        ensemble.start()
        write_on(writers)
    judge(ensemble, writers)
    held = same_tree(ensemble, b"/held")
    holder.end()
    assert holder.reconnections
    assert held[b"/held"][1].ephemeral_owner == holder.client.session


def test_a_single_member_dies(make):
    """Whatever it has acknowledged is on its disk."""
    ensemble = make(1)
    writers = loaded(ensemble, 4)
    for _ in range(4):
        write_on(writers)
        ensemble.kill(1)
        ensemble.start()
    write_on(writers)
    judge(ensemble, writers)


def test_all_start_again(make):
    """Stopped gently and started: everything is there, sessions too."""
    ensemble = make()
    client = client_of(ensemble, 2)
    client.ask(create(b"/kept", b"data"))
    client.ask(create(b"/held", b"", codes.EPHEMERAL))
    before = same_tree(ensemble)
    ensemble.terminate(1, 2, 3)
    ensemble.start()
    client.attach(3)
    assert same_tree(ensemble) == before
    assert client.ask(get(b"/held")).value[1].ephemeral_owner == client.session
    client.close()
    assert b"/held" not in same_tree(ensemble)


def test_a_session_outlives_leaders(make):
    """The same session, on another member, after its leader died: nobody sees it end."""
    ensemble = make()
    holder = Holder(ensemble.ports, 1, [b"/held-1", b"/held-2"])
    holder.begin()
    watcher = client_of(ensemble, 1)
    fired = []
    for _ in range(3):
        leader = ensemble.leader()
        watcher.attach(leader % 3 + 1)
        for path in holder.paths:
            assert watcher.ask(exists(path, watch=True)).value.ephemeral_owner
        ensemble.kill(leader)
        ensemble.leader()
        watcher.attach(leader % 3 + 1, avoid=(leader,))
        watcher.ask(SYNC)
        for path in holder.paths:
            seen = watcher.ask(exists(path))
            assert seen.value.ephemeral_owner == holder.client.session
        fired += [one for one in watcher.arrived if isinstance(one, Event)]
        ensemble.launch(leader)
        ensemble.wait_caught_up(leader)
    holder.end()
    assert not fired
    tree = same_tree(ensemble)
    assert {tree[path][1].ephemeral_owner for path in holder.paths} == {holder.client.session}


@timely
def test_a_silent_session_expires_everywhere(make):
    """Its ephemerals go on every member, and each member tells those who watch."""
    ensemble = make(settings="[sessions]\ntimeout_min_ms = 3000\n[raft]\nleader_lost_ms = 1700\n")
    for silent_on in ensemble.numbers:
        silent = client_of(ensemble, silent_on, timeout_ms=3_000)
        path = b"/held-%d" % silent_on
        made = silent.ask(create(path, b"", codes.EPHEMERAL))
        assert made.outcome == OK
        watchers = [client_of(ensemble, member) for member in ensemble.numbers]
        for one in watchers:
            one.ask(SYNC)
            there = one.ask(exists(path, watch=True))
            demand_within(2.5, there.ended - made.invoked, of="s until all watch")
            assert there.outcome == OK
        for one in watchers:
            event = one.receive()
            assert isinstance(event, Event)
            assert (event.type, event.path) == (codes.EVENT_DELETED, path)
            assert event.at - made.invoked > 2.9
            demand_within(5.0, event.at - made.ended, of="s until a session is over")
            assert one.ask(exists(path)).error == codes.NO_NODE
        silent.wait_closed()
        with pytest.raises(Expired):
            silent.open(silent_on)
        for one in watchers:
            one.close()


@timely
def test_a_living_session_does_not_expire(make):
    """Pings through any member keep it, over many time-outs and a change of leader."""
    ensemble = make(settings=SHORT_SESSIONS)
    clients = [client_of(ensemble, member, timeout_ms=1_000) for member in ensemble.numbers]
    pinged = [time.monotonic() for _ in clients]
    end = time.monotonic() + 4.0
    killed = False
    while time.monotonic() < end:
        for number, one in enumerate(clients):
            try:
                asked = time.monotonic()
                try:
                    one.ping()
                except Lost:
                    one.attach()
                pinged[number] = asked
            except Expired:
                demand_within(0.7, time.monotonic() - pinged[number], of="s without a ping")
                raise
        if not killed and time.monotonic() > end - 2.5:
            killed = True
            leader = ensemble.leader()
            ensemble.kill(leader)
        time.sleep(0.25)
    for one in clients:
        assert one.close().outcome == OK


@timely
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_hung_leader_is_replaced(make, attempt, capsys):
    """Its sockets stay open, so the time-out finds it; woken up, it serves nothing stale."""
    ensemble = make()
    old = ensemble.leader()
    client = client_of(ensemble, old % 3 + 1)
    client.ask(create(b"/x", b"old"))
    client.ask(create(b"/y", b"old"))
    stuck = [client_of(ensemble, old) for _ in range(20)]
    ensemble.pause(old)
    began = time.monotonic()
    asked = []
    for n, one in enumerate(stuck):  # it finds these when it wakes up
        asked.append(one.send(*([SYNC, get(b"/x")] if n % 2 else [set_data(b"/y", b"late")])))
    while True:
        try:
            assert client.ask(set_data(b"/x", b"new")).outcome == OK
            break
        except Lost:
            client.attach(old % 3 + 1, avoid=(old,))
    outage = time.monotonic() - began
    ensemble.go_on(old)
    for one, operations in zip(stuck, asked, strict=True):
        try:
            one.finish()
        except Lost:
            continue
        last = operations[-1]
        assert last.outcome == OK
        if last.request[0] == codes.GET_DATA:
            assert last.value[0] == b"new", "a stale read behind a sync"
    wait_until("it follows", lambda: ensemble.mode(old) == "follower")
    late = [ops[0].outcome for ops in asked if ops[0].request[0] == codes.SET_DATA]
    tree = same_tree(ensemble)
    assert tree[b"/x"][0] == b"new"
    assert OK not in late or tree[b"/y"][0] == b"late"
    with capsys.disabled():
        print(f"\na hung leader: {outage:.2f} s without a write")
    demand_within(5.0, outage, of="s without a write")


def test_a_wiped_member_is_healed(make):
    """Its folder is removed; it comes back with everything, and may be needed at once."""
    ensemble = make(settings=SHORT_LOG)
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/a"))
    fill(client, b"/a", 300)
    wiped, other = ensemble.followers()
    ensemble.kill(wiped)
    ensemble.wipe(wiped)
    ensemble.launch(wiped)
    ensemble.wait_caught_up(wiped)
    same_tree(ensemble)
    ensemble.kill(other)
    assert client.ask(set_data(b"/a", b"last")).outcome == OK
    leader = ensemble.leader()
    ensemble.kill(leader)
    ensemble.launch(other)
    ensemble.leader()
    ensemble.wait_serving()
    assert same_tree(ensemble)[b"/a"][0] == b"last"


def test_a_wiped_member_does_not_vote_away_what_it_forgot(make):
    """Two have a write; one of them is wiped, the other is down. The third does not have it, and
    must not lead with the vote of the one that has forgotten."""
    ensemble = make()
    leader = ensemble.leader()
    wiped, lagging = ensemble.followers()
    client = client_of(ensemble, leader)
    client.ask(create(b"/a"))
    ensemble.wait_caught_up(lagging)
    ensemble.pause(lagging)
    fill(client, b"/a", 20)
    ensemble.kill(wiped)
    ensemble.wipe(wiped)
    ensemble.kill(leader)
    ensemble.go_on(lagging)
    ensemble.launch(wiped)
    end = time.monotonic() + 4.0
    while time.monotonic() < end:
        modes = [ensemble.mode(number) for number in (wiped, lagging)]
        assert "leader" not in modes, "a leader without the write"
        time.sleep(0.05)
    ensemble.launch(leader)
    ensemble.leader()
    ensemble.wait_caught_up(wiped)
    assert same_tree(ensemble)[b"/a"][0] == b"19"


def test_a_member_that_was_down_long_is_not_believed_to_be_current(make):
    """A client of the others cannot come to a member that is behind and see time go back."""
    ensemble = make()
    behind = ensemble.followers()[0]
    client = client_of(ensemble, ensemble.leader())
    client.ask(create(b"/a"))
    for turn in range(3):
        ensemble.kill(behind)
        fill(client, b"/a", 100)
        client.ask(set_data(b"/a", b"turn %d" % turn))
        ensemble.launch(behind)
        wait_until("it is back", lambda: not refused(client, behind))
        assert client.ask(get(b"/a")).value[0] == b"turn %d" % turn
        client.open(ensemble.leader())
    assert tree_of(ensemble, behind)[b"/a"][0] == b"turn 2"


def refused(client: Client, member: int) -> bool:
    try:
        client.open(member)
    except Lost:
        return True
    return False
