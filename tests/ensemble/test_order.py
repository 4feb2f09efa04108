"""What one client may rely on: its own order, events before effects, sync, and one connection."""

import struct
import threading

import pytest
from ensemble.ensemble import Ensemble
from ensemble.recorder import (
    FAIL,
    OK,
    SYNC,
    Client,
    Event,
    Expired,
    Lost,
    Operation,
    children,
    create,
    delete,
    exists,
    get,
    set_data,
)

from hikari_wire import codes

pytestmark = pytest.mark.ensemble


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three members that nothing happens to; each test has a path of its own."""
    ensemble = Ensemble(tmp_path_factory.mktemp("order"))
    try:
        yield ensemble.start()
    finally:
        ensemble.close()
    ensemble.demand_clean_logs()


def client_of(ensemble: Ensemble, member: int, timeout_ms: int = 8_000) -> Client:
    client = Client(ensemble.ports, timeout_ms=timeout_ms)
    client.open(member)
    return client


@pytest.mark.parametrize("member", [1, 2, 3])
def test_a_read_sees_exactly_the_writes_before_it(three, member):
    """On the leader and on followers, also when all of it comes in one packet."""
    client = client_of(three, member)
    path = b"/fifo-%d" % member
    client.ask(create(path))
    for first in range(0, 400, 20):
        asked = []
        for n in range(first, first + 20):
            asked += [set_data(path, b"%d" % n), get(path), exists(path)]
        answers = client.send(*asked)
        client.finish()
        for at, n in enumerate(range(first, first + 20)):
            written, read, looked = answers[3 * at : 3 * at + 3]
            assert read.value[0] == b"%d" % n
            assert written.value == read.value[1] == looked.value
            assert written.zxid == read.value[1].mzxid <= read.zxid
    client.close()


@pytest.mark.parametrize("member", [1, 2, 3])
def test_errors_keep_their_place(three, member):
    """A refused request takes its place in the order like any other."""
    client = client_of(three, member)
    path = b"/errors-%d" % member
    asked = [
        *(create(path), create(path), get(path), set_data(path, b"x", 7), get(path), delete(path)),
        *(get(path), set_data(path, b"y"), (codes.WHO_AM_I,), create(path), SYNC, exists(path)),
    ]
    answers = client.send(*asked, (codes.PING,), delete(path), exists(path))
    client.finish()
    assert [op.error for op in answers] == [
        *(0, codes.NODE_EXISTS, 0, codes.BAD_VERSION, 0, 0),
        *(codes.NO_NODE, codes.NO_NODE, 0, 0, 0, 0),
        *(0, 0, codes.NO_NODE),
    ]
    client.close()


@pytest.mark.parametrize("member", [1, 2, 3])
def test_a_write_does_not_overtake_the_sync_before_it(three, member):
    """Found: the write was in the log before the sync was answered, so that reads between the
    two saw it, and the zxids of the replies went back."""
    client = client_of(three, member)
    path = b"/behind-sync-%d" % member
    client.ask(create(path))
    for n in range(0, 120, 3):
        answers = client.send(
            *(set_data(path, b"%d" % n), SYNC, get(path), SYNC, get(path)),
            *(set_data(path, b"%d" % (n + 1)), get(path), SYNC, (codes.PING,)),
            *(set_data(path, b"%d" % (n + 2)), get(path)),
        )
        client.finish()  # it checks that zxids do not go back
        read = [int(op.value[0]) for op in answers if op.request[0] == codes.GET_DATA]
        assert read == [n, n, n + 1, n + 2]
    client.close()


@pytest.mark.parametrize("member", [1, 2, 3])
def test_an_event_comes_before_the_effect(three, member):
    """No reply shows a change before the event of that change has come, whoever made it."""
    watcher = client_of(three, member)
    writer = client_of(three, member % 3 + 1)
    path = b"/watched-%d" % member
    writer.ask(create(path, b"0"))
    watcher.ask(SYNC)
    for n in range(1, 151):
        armed = watcher.ask(get(path, watch=True))
        assert armed.value[0] == b"%d" % (n - 1)
        writer.send(set_data(path, b"%d" % n))
        watcher.arrived.clear()
        while not (watcher.arrived and shows(watcher.arrived[-1], n)):
            watcher.ask(get(path))
        fired = [at for at, one in enumerate(watcher.arrived) if isinstance(one, Event)]
        assert len(fired) == 1
        assert watcher.arrived[fired[0]].type == codes.EVENT_DATA_CHANGED
        assert not any(shows(one, n) for one in watcher.arrived[: fired[0]])
        writer.finish()
    watcher.close()
    writer.close()


def shows(arrived: Operation | Event, number: int) -> bool:
    return isinstance(arrived, Operation) and arrived.value[0] == b"%d" % number


@pytest.mark.parametrize("member", [1, 2, 3])
def test_ones_own_change_is_told_before_its_reply(three, member):
    """Also the client that makes the change hears the event first, once for each watch."""
    client = client_of(three, member)
    path = b"/own-%d" % member
    for _ in range(50):
        client.arrived.clear()
        client.send(
            *(exists(path, watch=True), create(path), get(path, watch=True)),
            *(children(path, watch=True), create(path + b"/a"), set_data(path, b"x")),
            *(delete(path + b"/a"), delete(path)),
        )
        client.finish()
        order = [
            (one.type, one.path) if isinstance(one, Event) else one.request[0]
            for one in client.arrived
        ]
        assert order == [
            *(codes.EXISTS, (codes.EVENT_CREATED, path), codes.CREATE, codes.GET_DATA),
            *(codes.GET_CHILDREN, (codes.EVENT_CHILDREN_CHANGED, path), codes.CREATE),
            *((codes.EVENT_DATA_CHANGED, path), codes.SET_DATA, codes.DELETE, codes.DELETE),
        ]
    client.close()


def test_sync_sees_every_write_that_was_acknowledged_before(three):
    """Written through one member, synced and read through another, while others write too."""
    path = b"/synced"
    clients = [client_of(three, member) for member in (1, 2, 3)]
    clients[0].ask(create(path))
    stop = threading.Event()
    noise = threading.Thread(target=make_noise, args=(three, stop))
    noise.start()
    try:
        for n in range(600):
            writer, reader = clients[n % 3], clients[(n + 1 + n // 3 % 2) % 3]
            assert writer.ask(set_data(path, b"%d" % n)).outcome == OK
            _, read = reader.send(SYNC, get(path))
            reader.finish()
            assert read.value[0] == b"%d" % n
    finally:
        stop.set()
        noise.join()
    for client in clients:
        client.close()


def make_noise(ensemble: Ensemble, stop: threading.Event) -> None:
    client = client_of(ensemble, 2)
    client.ask(create(b"/noise"))
    while not stop.is_set():
        client.send(*[set_data(b"/noise", b"x")] * 5)
        client.finish()
    client.close()


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 1), (1, 1)])
def test_a_session_has_one_connection(three, first, second):
    """Moved to another connection, the session's former one is closed, and what still comes on
    it does nothing."""
    old = client_of(three, first)
    path = b"/moved-%d-%d" % (first, second)
    assert old.ask(create(path, b"0")).outcome == OK
    new = Client(
        three.ports, session=old.session, password=old.password, zxid=old.zxid, timeout_ms=8_000
    )
    new.open(second)
    try:
        late = old.send(set_data(path, b"late"), delete(path))
    except Lost:
        late = []
    old.wait_closed()
    assert all(op.outcome != OK and op.error in (0, codes.SESSION_MOVED) for op in late)
    assert new.ask(get(path)).value[0] == b"0"
    assert new.ask(SYNC).outcome == OK
    assert new.ask(get(path)).value[0] == b"0"
    assert new.close().outcome == OK
    with pytest.raises(Expired):
        old.open(first)


def test_many_moves_under_pipelined_writes(three):
    """Each write of a session either happened before the move that followed it, or never."""
    client = client_of(three, 1)
    path = b"/moving"
    client.ask(create(path, b"0"))
    number = 0
    for turn in range(60):
        sent = []
        for _ in range(20):
            number += 1
            sent.append(set_data(path, b"%d" % number))
        operations = client.send(*sent)
        client.open(turn % 3 + 1)  # without having read one reply
        now = int(client.ask(get(path)).value[0])
        assert now == 0 or now <= number
        for _ in range(3):
            assert int(client.ask(get(path)).value[0]) == now
        client.ask(SYNC)
        assert int(client.ask(get(path)).value[0]) == now
        assert not any(op.outcome == FAIL for op in operations)
    client.close()


def test_a_client_from_the_future_is_turned_away(three):
    """Who has seen more than this member has would see time go back."""
    for member in (1, 2, 3):
        client = Client(three.ports)
        with pytest.raises(Lost):
            client.open(member, zxid_last_seen=1 << 40)
        client.open(member)
        session = client.session
        client.drop()
        with pytest.raises(Lost):
            client.open(member, zxid_last_seen=1 << 40)
        client.open(member)
        assert client.session == session
        client.close()


def test_a_wrong_password_is_no_session(three):
    """It is told as an expired session is: nobody learns which sessions there are."""
    owner = client_of(three, 1)
    thief = Client(three.ports, session=owner.session, password=bytes(16))
    with pytest.raises(Expired):
        thief.open(2)
    assert owner.ask(SYNC).outcome == OK
    owner.close()


def test_the_bytes_of_a_packet_may_be_cut_anywhere(three):
    """A request that comes byte by byte is the same request."""
    client = client_of(three, 2)
    whole = client._socket
    assert whole is not None
    sent: list[bytes] = []

    class Slowly:
        def sendall(self, data: bytes) -> None:
            sent.append(data)
            for at in range(len(data)):
                whole.send(data[at : at + 1])

        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

    client._socket = Slowly()  # type: ignore[assignment]
    answers = client.send(create(b"/bytes", b"x"), get(b"/bytes"), delete(b"/bytes"))
    client.finish()
    assert [op.outcome for op in answers] == [OK] * 3
    assert answers[1].value[0] == b"x"
    assert struct.unpack(">i", sent[0][:4])[0] < len(sent[0])
    client.close()
