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


# What monitors of ZooKeeper read.
MNTR = {
    "zk_version",
    "zk_server_state",
    "zk_avg_latency",
    "zk_min_latency",
    "zk_max_latency",
    "zk_packets_received",
    "zk_packets_sent",
    "zk_num_alive_connections",
    "zk_outstanding_requests",
    "zk_znode_count",
    "zk_watch_count",
    "zk_ephemerals_count",
    "zk_open_file_descriptor_count",
    "zk_max_file_descriptor_count",
}


def figures(text: str) -> dict[str, str]:
    """Each line is a name, a tab and a value."""
    return dict(line.split("\t") for line in text.splitlines())


def test_mntr(say: Callable[[bytes], str], client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a", flags=codes.EPHEMERAL)
    client.ask((codes.GET_DATA, b"/a", True))
    found = figures(say(b"mntr"))
    assert set(found) >= MNTR
    assert found["zk_server_state"] == "standalone"
    assert found["zk_znode_count"] == "5"
    assert found["zk_ephemerals_count"] == found["zk_watch_count"] == "1"
    assert found["zk_num_alive_connections"] == "2"
    assert {found[f"hikari_{name}"] for name in ("read_only", "disk_low", "recovering")} == {"0"}


def test_mntr_tells_of_digests_and_healing(say: Callable[[bytes], str], member: Member) -> None:
    digests = member.replica.digests
    digests.compared, digests.mismatches, digests.last_index = 5, 2, 640
    member.replica.scrub.passes = 3
    member.door.healing = lambda: True
    found = figures(say(b"mntr"))
    assert found["hikari_digests_compared"] == "5"
    assert found["hikari_digest_mismatches"] == "2"
    assert found["hikari_digest_last_index"] == "640"
    assert found["hikari_scrub_passes"] == "3"
    assert found["hikari_healing"] == "1"


def test_mntr_raises_alarms(say: Callable[[bytes], str], cluster: Cluster, member: Member) -> None:
    member.replica.room.low = True
    cluster.tick(60)
    member.door.figures.append(lambda: [("hikari_of_another_room", 7)])
    found = figures(say(b"mntr"))
    assert found["hikari_disk_low"] == found["hikari_read_only"] == "1"
    assert found["hikari_of_another_room"] == "7"


def test_only_the_leader_tells_of_its_followers() -> None:
    cluster = Cluster(3)
    for member in cluster.members.values():
        client = cluster.dial(member)
        client.wire.say(b"mntr")
        cluster.run()
        found = figures(client.wire.told.decode())
        assert found.get("zk_synced_followers") == ("2" if member.leads else None)


def test_a_member_that_does_not_serve_still_tells_its_own_figures() -> None:
    cluster = Cluster(3, elect=False)
    client = cluster.dial(cluster.members[1])
    client.wire.say(b"mntr")
    cluster.run()
    first, _, rest = client.wire.told.decode().partition("\n")
    assert first == "This ZooKeeper instance is not currently serving requests"
    assert figures(rest)["hikari_serving"] == "0"


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


@pytest.mark.parametrize("word", [b"envi", b"kill", b"dump", b"wchp", b"RUOK", b"GET "])
def test_other_words_are_not_answered(
    dial: Dial, cluster: Cluster, member: Member, word: bytes
) -> None:
    client = dial()
    client.wire.say(word)
    cluster.run()
    assert client.wire.told == b""
    assert client.closed
    assert not member.door.connections
