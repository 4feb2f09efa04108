"""Four-letter words, held against what tools look for in ZooKeeper's answers."""

import re
from collections.abc import Callable

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari_wire import codes

Dial = Callable[[], Client]


@pytest.fixture
def say(dial: Dial, cluster: Cluster) -> Callable[[bytes], str]:
    def say(word: bytes) -> str:
        client = dial()
        client.wire.say(word)
        cluster.run()
        assert client.closed
        return client.wire.told.decode()

    return say


def test_ruok(say: Callable[[bytes], str]) -> None:
    assert say(b"ruok") == "imok"
    assert say(b"ruok\n") == "imok"


SRVR = [
    r"^Zookeeper version: \d+\.\d+\.\d+[^,]*, built on \d",
    r"^Latency min/avg/max: (\d+)/(\d+\.\d+)/(\d+)$",
    r"^Received: \d+$",
    r"^Sent: \d+$",
    r"^Connections: \d+$",
    r"^Outstanding: \d+$",
    r"^Zxid: 0x[0-9a-f]+$",
    r"^Mode: (standalone|leader|follower)$",
    r"^Node count: \d+$",
]


def test_srvr(say: Callable[[bytes], str], client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a")
    lines = say(b"srvr").splitlines()
    assert len(lines) == len(SRVR)
    for line, pattern in zip(lines, SRVR, strict=True):
        assert re.match(pattern, line), line
    assert "Mode: standalone" in lines
    assert "Node count: 5" in lines
    assert "Connections: 2" in lines


def test_stat_lists_the_clients(say: Callable[[bytes], str], client: Client) -> None:
    client.ask((codes.EXISTS, b"/", False))
    text = say(b"stat")
    head, clients, rest = re.split(r"\nClients:\n|\n\n", text)
    assert re.match(SRVR[0], head)
    found = re.findall(
        r"^ /([^:]+):(\d+)\[(\d)\]\(queued=(\d+),recved=(\d+),sent=(\d+)\)$", clients, re.M
    )
    assert [one[:4] for one in found] == [
        ("10.0.0.9", "4711", "1", "0"),
        ("10.0.0.9", "4711", "0", "0"),
    ]
    for line, pattern in zip(rest.splitlines(), SRVR[1:], strict=True):
        assert re.match(pattern, line), line


def test_the_role_is_told() -> None:
    cluster = Cluster(3)
    for member in cluster.members.values():
        client = cluster.dial(member)
        client.wire.say(b"srvr")
        cluster.run()
        mode = re.search(r"^Mode: (\w+)$", client.wire.told.decode(), re.M)
        assert mode is not None
        assert mode[1] == ("leader" if member.leads else "follower")


def test_a_member_without_a_leader_says_that_it_does_not_serve() -> None:
    cluster = Cluster(3, elect=False)
    for word, answer in (
        (b"ruok", b"imok"),
        (b"srvr", b"This ZooKeeper instance is not currently serving requests\n"),
        (b"stat", b"This ZooKeeper instance is not currently serving requests\n"),
    ):
        client = cluster.dial(cluster.members[1])
        client.wire.say(word)
        cluster.run()
        assert client.wire.told == answer
        assert client.closed


def test_a_word_in_pieces_is_answered_once(dial: Dial, cluster: Cluster) -> None:
    client = dial()
    for byte in (b"r", b"u", b"o", b"k", b"\n", b"ruok"):
        client.wire.say(byte)
    cluster.run()
    assert client.wire.told == b"imok"


@pytest.mark.parametrize("word", [b"mntr", b"envi", b"kill", b"dump", b"wchp", b"RUOK", b"GET "])
def test_other_words_are_not_answered(
    dial: Dial, cluster: Cluster, member: Member, word: bytes
) -> None:
    client = dial()
    client.wire.say(word)
    cluster.run()
    assert client.wire.told == b""
    assert client.closed
    assert not member.door.connections
