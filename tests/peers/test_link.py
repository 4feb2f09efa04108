"""Links between members: who is let in, what arrives, and what becomes of a broken one."""

import itertools
from typing import Any

import pytest
from peers.loopback import Loopback
from replica.wire import Wire
from twisted.logger import capturedLogs, formatEvent

from hikari.peers.codec import FRAME_BYTES_MAX, HELLO_BYTES_MAX, LENGTH, pack, unpack
from hikari.peers.link import HELLO_S_MAX, RETRY_S_MAX, RETRY_S_MIN, STRANGERS_MAX, Links
from hikari.peers.messages import Forward, Heard, Hello

BOOK = 0xB00C


class Office:
    """One member's links, and what they brought."""

    def __init__(self, loopback: Loopback, member: int, *peers: int, **changed: Any) -> None:
        self.heard: list[Any] = []
        self.lost: list[int] = []
        self.links = Links(
            clock=loopback,
            member=member,
            ensemble=changed.get("ensemble", "hikari"),
            addresses={peer: ("127.0.0.1", peer) for peer in peers},
            members_checksum=changed.get("book", BOOK),
            on_message=self.heard.append,
            on_lost=self.lost.append,
        )
        self.links.start("127.0.0.1", member)


@pytest.fixture
def loopback() -> Loopback:
    return Loopback()


@pytest.fixture
def pair(loopback: Loopback) -> tuple[Office, Office]:
    one, other = Office(loopback, 1, 2), Office(loopback, 2, 1)
    loopback.go(0.1)
    return one, other


@pytest.fixture
def office(loopback: Loopback) -> Office:
    """Member 1, whose peers 2 and 3 do not listen: the test speaks for them."""
    return Office(loopback, 1, 2, 3)


def hello(sender: int = 2, receiver: int = 1, ensemble: str = "hikari", book: int = BOOK) -> bytes:
    return pack([Hello(sender, receiver, ensemble, book)])


def wires(loopback: Loopback) -> list[tuple[Wire, Wire]]:
    return [pair for pair in loopback.pairs if not pair[0].lost]


def test_what_is_sent_arrives_in_order_one_frame_a_peer(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, other = pair
    assert one.links.linked(2)
    assert other.links.linked(1)
    one.links.send([(2, Heard(1, [n])) for n in range(5)])
    one.links.send([(2, Heard(1, [5]))])
    loopback.pump()
    assert other.heard == [Heard(1, [n]) for n in range(6)]
    assert one.heard == []


def test_what_two_peers_are_told_is_packed_once(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = [Office(loopback, n, *({1, 2, 3} - {n})) for n in (1, 2, 3)]
    loopback.go(0.1)
    packed: list[Any] = []

    def counted(messages: list[Any]) -> bytes:
        packed.append(messages)
        return pack(messages)

    monkeypatch.setattr("hikari.peers.link.pack", counted)
    both = Heard(1, [7])
    one.links.send([(2, both), (3, both)])
    one.links.send([(2, Heard(1, [8])), (3, both)])
    loopback.pump()
    assert two.heard == [Heard(1, [7]), Heard(1, [8])]
    assert three.heard == [Heard(1, [7])] * 2
    assert len(packed) == 3


def test_messages_of_one_send_to_a_peer_are_one_frame(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, _ = pair
    (caller, _), *_ = [p for p in wires(loopback) if p[0].protocol.links is one.links]
    one.links.send([(2, Heard(1, [n])) for n in range(5)])
    (size,) = LENGTH.unpack_from(caller.told)
    assert len(caller.told) == 4 + size
    assert len(unpack(caller.told[4:])) == 5


@pytest.mark.parametrize(
    "said",
    [
        hello(ensemble="other"),
        hello(book=1),
        hello(receiver=2),
        hello(sender=9),
        hello(sender=1),
        pack([Heard(2, [])]),
        pack([]),
        pack([Hello(2, 1, "hikari", BOOK)] * 2),
        b"GET / HTTP/1.1\r\nHost: hikari\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50),
        b"\xff\xff\xff\xff",
        LENGTH.pack(HELLO_BYTES_MAX + 1),
        LENGTH.pack(3) + b"\xc1\xc1\xc1",
        LENGTH.pack(0),
    ],
)
def test_a_stranger_is_sent_away(loopback: Loopback, office: Office, said: bytes) -> None:
    stranger = loopback.call(1)
    stranger.say(said)
    loopback.pump()
    assert stranger.lost
    assert not stranger.told, "and learns nothing"
    assert office.heard == []
    assert office.lost == []
    assert not loopback.getDelayedCalls() or all(
        call.func != stranger.protocol.refuse for call in loopback.getDelayedCalls()
    )


@pytest.mark.parametrize("wrong", [hello(ensemble="other"), pack([Heard(2, [])])])
def test_who_was_sent_away_gets_no_second_chance(
    loopback: Loopback, office: Office, wrong: bytes
) -> None:
    friend = loopback.call(1)
    friend.say(hello())
    stranger = loopback.call(1)
    stranger.say(wrong + hello() + pack([Heard(2, [7])]))
    loopback.pump()
    assert stranger.lost
    assert not friend.lost, "its link was not replaced"
    assert office.heard == []


def test_a_stranger_fills_no_log(loopback: Loopback, office: Office) -> None:
    with capturedLogs() as logged:
        loopback.call(1).say(hello(ensemble="x" * 3_000))
        loopback.pump()
    assert [event["why"] for event in logged if "why" in event] != []
    assert all(len(formatEvent(event)) < 300 for event in logged)


def test_the_eldest_of_too_many_strangers_makes_room(loopback: Loopback, office: Office) -> None:
    """Else they use up the files of the process; and a member is let in all the while."""
    friend = loopback.call(1)
    friend.say(hello())
    strangers = [loopback.call(1) for _ in range(STRANGERS_MAX + 10)]
    late = loopback.call(1)
    late.say(hello(sender=3))
    loopback.pump()
    assert [stranger.lost for stranger in strangers[:11]] == [True] * 11
    assert not any(stranger.lost for stranger in strangers[11:])
    assert not friend.lost
    assert not late.lost
    for stranger in strangers[11:]:
        stranger.die()
    assert not office.links._strangers


def test_a_silent_caller_is_sent_away_in_time(loopback: Loopback, office: Office) -> None:
    silent, slow = loopback.call(1), loopback.call(1)
    for byte in hello()[:-1]:
        slow.say(bytes([byte]))
        loopback.go(0.1)
    loopback.go(HELLO_S_MAX)
    assert silent.lost
    assert slow.lost


def test_a_hello_in_pieces_is_a_hello(loopback: Loopback, office: Office) -> None:
    friend = loopback.call(1)
    for byte in hello() + pack([Heard(2, [7])]):
        friend.say(bytes([byte]))
    loopback.go(2 * HELLO_S_MAX)
    assert not friend.lost
    assert office.heard == [Heard(2, [7])]


def test_a_member_that_speaks_for_another_is_sent_away(loopback: Loopback, office: Office) -> None:
    liar = loopback.call(1)
    liar.say(hello())
    liar.say(pack([Heard(2, [1]), Heard(3, [2]), Heard(2, [3])]) + pack([Heard(2, [4])]))
    loopback.pump()
    assert liar.lost
    assert office.heard == [Heard(2, [1])]


def test_a_second_hello_is_not_handed_on(loopback: Loopback, office: Office) -> None:
    """Agreement knows no such message."""
    odd = loopback.call(1)
    odd.say(hello() + hello() + pack([Heard(2, [4])]))
    loopback.pump()
    assert odd.lost
    assert office.heard == []


def test_a_bad_frame_ends_the_link(loopback: Loopback, office: Office) -> None:
    for wrong in (LENGTH.pack(FRAME_BYTES_MAX + 1), LENGTH.pack(3) + b"\xc1\xc1\xc1"):
        friend = loopback.call(1)
        friend.say(hello() + pack([Heard(2, [1])]) + wrong + pack([Heard(2, [2])]))
        loopback.pump()
        assert friend.lost
    assert office.heard == [Heard(2, [1])] * 2


def test_a_newer_link_of_a_member_replaces_the_older(loopback: Loopback, office: Office) -> None:
    older, newer = loopback.call(1), loopback.call(1)
    older.say(hello() + pack([Heard(2, [1])]))
    newer.say(hello())
    newer.say(pack([Heard(2, [2])]))
    older.say(pack([Heard(2, [3])]))
    loopback.pump()
    assert older.lost
    assert not newer.lost
    assert office.heard == [Heard(2, [1]), Heard(2, [2])], "nothing old overtakes"
    newer.say(pack([Heard(2, [4])]))
    assert office.heard[-1] == Heard(2, [4])


def test_large_frames_arrive_whatever_the_pieces(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    friend = loopback.call(1)
    friend.say(hello())
    data = pack([Forward(2, 3, [bytes(300_000)], 1)]) * 3
    for at in range(0, len(data), 7_777):
        friend.say(data[at : at + 7_777])
    assert pair[0].heard == [Forward(2, 3, [bytes(300_000)], 1)] * 3


def test_a_link_that_breaks_is_told_once_and_made_anew(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, other = pair
    for round in range(1, 4):
        loopback.go(5)
        ((caller, _),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
        caller.die()
        assert one.lost == [2] * round
        assert not one.links.linked(2)
        one.links.send([(2, Heard(1, [99]))])  # dropped
        loopback.go(0.1)
        assert one.links.linked(2)
        assert one.lost == [2] * round
        one.links.send([(2, Heard(1, [round]))])
        loopback.pump()
        assert other.heard == [Heard(1, [n]) for n in range(1, round + 1)]
    assert other.lost == [1] * 3, "and who listened on it is told too"


def waits(loopback: Loopback, port: int, since: float = 0) -> list[float]:
    times = [at for at, called in loopback.calls_at if called == port and at >= since]
    return [round(later - at, 2) for at, later in itertools.pairwise(times)]


def test_a_peer_that_is_not_there_is_called_less_and_less_often(
    loopback: Loopback, office: Office
) -> None:
    loopback.go(5)
    found = waits(loopback, 2)
    assert found[0] <= RETRY_S_MIN + 0.02
    assert found == sorted(found)
    assert max(found) <= RETRY_S_MAX + 0.02
    assert found[-3:] == [found[-1]] * 3
    assert office.lost == [], "what was never there is not lost"


def test_a_peer_that_hangs_up_at_once_is_called_less_and_less_often(loopback: Loopback) -> None:
    """As one does that belongs to another ensemble."""
    lonely = Office(loopback, 1, 2)
    Office(loopback, 2, 1, ensemble="other")
    loopback.go(10)
    assert len(waits(loopback, 2)) < 40
    assert not lonely.heard


def test_after_a_long_life_a_link_is_made_anew_quickly(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, _ = pair
    for _ in range(5):
        loopback.go(10)
        since = loopback.seconds()
        ((caller, _),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
        caller.die()
        loopback.go(0.05)
        assert loopback.calls_at[-1][0] - since <= RETRY_S_MIN + 0.02
        assert one.links.linked(2)


def test_a_peer_that_speaks_on_the_wrong_link_is_cut(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, _ = pair
    ((_, called),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
    called.told += pack([Heard(2, [1])])
    loopback.pump()
    assert one.lost == [2]
    assert one.heard == []


def test_a_peer_that_does_not_read_is_cut_at_the_bound(
    loopback: Loopback, pair: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hikari.peers.link.UNSENT_BYTES_MAX", 1_000_000)
    one, other = pair
    ((caller, _),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
    caller.room = 0
    for n in range(50):
        one.links.send([(2, Forward(1, n, [bytes(100_000)], 1))])
    loopback.pump()
    assert caller.lost
    assert len(caller.buffer) < 1_300_000
    assert one.lost == [2]
    assert other.heard == []


def test_a_peer_that_reads_slowly_but_steadily_is_not_cut(
    loopback: Loopback, pair: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link of a busy follower may not be empty for a long time."""
    monkeypatch.setattr("hikari.peers.link.UNSENT_BYTES_MAX", 1_000_000)
    one, other = pair
    ((caller, _),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
    caller.room = 0
    for n in range(3):
        one.links.send([(2, Forward(1, n, [bytes(100_000)], 1))])
    for n in range(3, 50):
        one.links.send([(2, Forward(1, n, [bytes(100_000)], 1))])
        caller.make_room(100_000)
        loopback.pump()
    assert not caller.lost
    caller.make_room()
    loopback.pump()
    assert [message.term for message in other.heard] == list(range(50))


def test_what_is_too_much_for_one_frame_goes_in_several(
    loopback: Loopback, pair: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gets a frame beyond its bound would break the link."""
    monkeypatch.setattr("hikari.peers.link.FRAME_BYTES_SOFT", 250_000)
    one, other = pair
    ((caller, _),) = [p for p in wires(loopback) if p[0].protocol.links is one.links]
    one.links.send([(2, Forward(1, n, [bytes(100_000)], 1)) for n in range(9)])
    at, sizes = 0, []
    while at < len(caller.told):
        sizes.append(LENGTH.unpack_from(caller.told, at)[0])
        at += 4 + sizes[-1]
    assert all(size <= 350_000 for size in sizes)
    loopback.pump()
    assert [message.term for message in other.heard] == list(range(9))


def test_after_stop_nobody_is_called_and_nobody_is_told(
    loopback: Loopback, pair: tuple[Office, Office]
) -> None:
    one, other = pair
    one.links.stop()
    calls = len([port for _, port in loopback.calls_at if port == 2])
    loopback.go(2)
    assert one.lost == []
    assert set(other.lost) == {1}
    assert len([port for _, port in loopback.calls_at if port == 2]) == calls
    assert not wires(loopback)


def test_a_call_that_fails_after_stop_is_the_last(loopback: Loopback, office: Office) -> None:
    office.links.stop()
    loopback.go(2)
    office.links._again(2)
    assert not [call for call in loopback.getDelayedCalls() if call.func == office.links._dial]
