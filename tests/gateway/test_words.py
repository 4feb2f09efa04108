"""Four-letter words, held against what tools look for in ZooKeeper's answers."""

import re
from collections.abc import Callable

import pytest
from attrs import evolve
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari import config
from hikari.gateway.words import WORDS
from hikari.replica.digests import DIGEST_ENTRIES
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
    assert {found[f"zk_hikari_{name}"] for name in ("read_only", "disk_low", "recovering")} == {"0"}


def test_mntr_tells_of_digests_and_healing(say: Callable[[bytes], str], member: Member) -> None:
    digests = member.replica.digests
    digests.compared, digests.mismatches, digests.last_index = 5, 2, 640
    member.replica.scrub.passes = 3
    member.door.healing = lambda: True
    found = figures(say(b"mntr"))
    assert found["zk_hikari_digests_compared"] == "5"
    assert found["zk_hikari_digest_mismatches"] == "2"
    assert found["zk_hikari_digest_last_index"] == "640"
    assert found["zk_hikari_scrub_passes"] == "3"
    assert found["zk_hikari_healing"] == "1"


def test_mntr_raises_alarms(say: Callable[[bytes], str], cluster: Cluster, member: Member) -> None:
    member.replica.room.low = True
    cluster.tick(60)
    member.door.figures.append(lambda: [("hikari_of_another_room", 7)])
    found = figures(say(b"mntr"))
    assert found["zk_hikari_disk_low"] == found["zk_hikari_read_only"] == "1"
    assert found["zk_hikari_of_another_room"] == "7"


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
    assert figures(rest)["zk_hikari_serving"] == "0"


def test_the_role_is_told() -> None:
    cluster = Cluster(3)
    for member in cluster.members.values():
        client = cluster.dial(member)
        client.wire.say(b"srvr")
        cluster.run()
        sized = "\nProposal sizes last/min/max: " in client.wire.told.decode()
        assert sized == member.leads
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


@pytest.mark.parametrize("word", [b"kill", b"lgif", b"RUOK", b"GET ", b"\xff\xf4\xff\xfd"])
def test_other_words_are_not_answered(
    dial: Dial, cluster: Cluster, member: Member, word: bytes
) -> None:
    client = dial()
    client.wire.say(word)
    cluster.run()
    assert client.wire.told == b""
    assert client.closed
    assert not member.door.connections


def test_a_word_outside_the_whitelist_is_told_so(
    say: Callable[[bytes], str], member: Member
) -> None:
    only(member, "isro", "ruok")
    for name in WORDS:
        answer = say(name)
        refusal = f"{name.decode()} is not executed because it is not in the whitelist.\n"
        assert (answer == refusal) == (name not in (b"isro", b"ruok", b"srvr"))


def only(member: Member, *words: str) -> None:
    about = member.door.about
    about.config = evolve(about.config, member=evolve(about.config.member, words=words))


def test_there_are_eighteen_words() -> None:
    assert {word.decode() for word in WORDS} == set(config.WORDS)
    assert len(WORDS) == 18


def test_a_member_serves_all_words_to_the_end(
    say: Callable[[bytes], str], client: Client, cluster: Cluster
) -> None:
    cluster.write(client, b"/e", flags=codes.EPHEMERAL)
    client.ask((codes.GET_DATA, b"/e", True))
    for word in WORDS:
        assert say(word.ljust(12, b"\0")) or word == b"hash", word


def test_the_trace_mask_is_kept(say: Callable[[bytes], str], dial: Dial, cluster: Cluster) -> None:
    assert say(b"gtmk") == "0"
    client = dial()
    client.wire.say(b"stmk" + bytes(7))
    cluster.run()
    assert not client.closed, "there is more to come"
    client.wire.say(b"\x2a")
    cluster.run()
    assert client.wire.told == b"42"
    assert client.closed
    assert say(b"gtmk") == "42"


def test_isro(say: Callable[[bytes], str]) -> None:
    assert say(b"isro") == "rw"
    client = (lone := Cluster(3, elect=False)).dial(lone.members[1])
    client.wire.say(b"isro")
    lone.run()
    assert client.wire.told == b"null"


def test_conf(say: Callable[[bytes], str]) -> None:
    lines = say(b"conf").splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        *("clientPort", "secureClientPort", "dataDir", "dataDirSize", "dataLogDir", "dataLogSize"),
        *("tickTime", "maxClientCnxns", "minSessionTimeout", "maxSessionTimeout"),
        *("clientPortListenBacklog", "serverId"),
    ]
    assert "clientPort=2181" in lines
    assert "minSessionTimeout=4000" in lines


def test_conf_of_an_ensemble_has_its_members() -> None:
    cluster = Cluster(3)
    client = cluster.dial(cluster.members[2])
    client.wire.say(b"conf")
    cluster.run()
    _, _, members = client.wire.told.decode().partition("membership: \n")
    assert members == (
        "server.1=10.0.0.1:2281:2282:participant;10.0.0.1:2181\n"
        "server.2=10.0.0.1:2282:2283:participant;10.0.0.1:2182\n"
        "server.3=10.0.0.1:2283:2284:participant;10.0.0.1:2183\n"
        "version=0"
    )


def test_envi_tells_kazoo_the_version(say: Callable[[bytes], str]) -> None:
    known = dict(line.split("=", 1) for line in say(b"envi").splitlines() if "=" in line)
    assert re.match(r"3\.9\.\d+-", known["zookeeper.version"])
    assert known["java.version"] == "<NA>"
    assert int(known["os.memory.total"].removesuffix("MB")) > 1


CONS = re.compile(
    r" /10\.0\.0\.9:4711\[(\d)\]\(queued=(\d+),recved=(\d+),sent=(\d+)"
    r"(?:,sid=0x([0-9a-f]+),lop=(\w+),est=(\d+),to=(\d+),lcxid=0x([0-9a-f]+)"
    r",lzxid=0x([0-9a-f]+),lresp=(\d+),llat=(\d+),minlat=(\d+),avglat=(\d+),maxlat=(\d+))?\)"
)


def test_cons(say: Callable[[bytes], str], client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a")
    client.ask((codes.GET_DATA, b"/a", False))
    lines = say(b"cons").split("\n")
    assert lines[2:] == ["", ""]
    matches = [CONS.fullmatch(line) for line in lines[:2]]
    assert matches[0] is not None
    assert matches[1] is not None
    ours = matches[0].groups()
    assert ours[:4] == ("1", "0", "3", "3")
    assert (int(ours[4], 16), ours[5], ours[7]) == (client.session, "GETD", "10000")
    assert (int(ours[8], 16), int(ours[9], 16)) == (2, 2)
    assert matches[1][5] is None, "it has no session"


def test_dump(say: Callable[[bytes], str], client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/b", flags=codes.EPHEMERAL)
    cluster.write(client, b"/a", flags=codes.EPHEMERAL)
    id = f"0x{client.session:x}"
    head, date, rest = re.split(r"(?<=expire at )([^:]+:\d\d:\d\d [^:]+)(?=:\n\t0x)", say(b"dump"))
    assert head == "SessionTracker dump:\nSession Sets (1)/(1):\n1 expire at "
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ 20\d\d", date)
    _, ephemerals, connections = re.split("ephemeral nodes dump:\n|Connections dump:\n", rest)
    assert ephemerals == f"Sessions with Ephemerals (1):\n{id}:\n\t/a\n\t/b\n"
    assert connections.startswith("Connections Sets (2)/(2):\n1 expire at ")
    assert f"\tip: /10.0.0.9:4711 sessionId: {id}\n" in connections


def test_a_follower_dumps_sessions_with_their_time_outs() -> None:
    cluster = Cluster(3)
    client = cluster.client(cluster.leader, timeout_ms=7_000)
    cluster.tick(3)
    asked = cluster.dial(cluster.followers[0])
    asked.wire.say(b"dump")
    cluster.run()
    told = asked.wire.told.decode()
    assert f"Global Sessions(1):\n0x{client.session:x}\t7000ms\n" in told


def test_watches_are_told_by_number_by_path_and_by_session(
    say: Callable[[bytes], str], client: Client, other: Client
) -> None:
    client.ask((codes.EXISTS, b"/a", True), (codes.GET_CHILDREN, b"/", True))
    other.ask((codes.EXISTS, b"/a", True))
    one, two = f"0x{client.session:x}", f"0x{other.session:x}"
    assert say(b"wchs") == "2 connections watching 2 paths\nTotal watches:3\n"
    assert say(b"wchc") == f"{one}\n\t/a\n\t/\n{two}\n\t/a\n\n"
    assert say(b"wchp") == f"/a\n\t{one}\n\t{two}\n/\n\t{one}\n\n"


def test_latency_is_that_of_requests_and_begins_anew(
    say: Callable[[bytes], str], client: Client, cluster: Cluster, member: Member
) -> None:
    member.disk.slow = True
    client.create(b"/a")
    cluster.run()
    cluster.clock.advance(0.030)
    member.disk.slow = False
    member.disk.land()
    cluster.run()
    client.ask(*[(codes.GET_DATA, b"/a", False)] * 4)
    assert "Latency min/avg/max: 0/5.0/30\n" in say(b"srvr")
    assert "maxlat=30)" in say(b"cons")
    assert say(b"crst") == "Connection stats reset.\n"
    assert "recved=0,sent=0" in say(b"cons")
    assert "maxlat=0)" in say(b"cons")
    assert "Latency min/avg/max: 0/5.0/30\n" in say(b"srvr"), "the member's own go on"
    assert say(b"srst") == "Server stats reset.\n"
    text = say(b"srvr")
    assert "Latency min/avg/max: 0/0.0/0\nReceived: 1\nSent: 1\n" in text


def test_hash_has_the_digests_by_entry(say: Callable[[bytes], str], member: Member) -> None:
    assert say(b"hash") == ""
    member.replica.digests.reached(DIGEST_ENTRIES, 7)
    assert say(b"hash") == "80: 7\n"


def test_a_member_that_may_only_be_read_says_so() -> None:
    member = (cluster := Cluster(3, elect=False)).members[1]
    member.door.alone = True
    answers = {}
    for word in (b"isro", b"srvr", b"stat"):
        client = cluster.dial(member)
        client.wire.say(word)
        cluster.run()
        answers[word] = client.wire.told.decode()
    assert answers[b"isro"] == "ro"
    for word in (b"srvr", b"stat"):
        _, told, *rest = answers[word].splitlines()
        assert told == "READ-ONLY mode; serving only read-only clients"
        assert "Mode: read-only" in rest


def test_watches_that_stay_are_listed_with_the_others(
    say: Callable[[bytes], str], client: Client
) -> None:
    client.ask((codes.ADD_WATCH, b"/a", 1), (codes.EXISTS, b"/a", True))
    id = f"0x{client.session:x}"
    assert say(b"wchs") == "1 connections watching 1 paths\nTotal watches:2\n"
    assert say(b"wchc") == f"{id}\n\t/a\n\n"
    assert say(b"wchp") == f"/a\n\t{id}\n\n"
