"""What the tools of ZooKeeper's users look for in its answers, written down from what they do.

Telegraf takes `mntr` apart line by line and gives up at the first that it does not know. Datadog
reads `stat` by its order. Both are held against a member alone, a leader and a follower.
"""

import re

import pytest
from replica.cluster import Cluster

from hikari_wire import codes


@pytest.fixture(params=["alone", "leader", "follower"])
def told(request: pytest.FixtureRequest) -> dict[str, str]:
    """What a member that has something to do says to each of the words that monitors ask."""
    cluster = Cluster(1 if request.param == "alone" else 3)
    member = cluster.followers[0] if request.param == "follower" else cluster.leader
    client = cluster.client(member)
    cluster.write(client, b"/a", b"x", codes.EPHEMERAL)
    client.ask((codes.GET_DATA, b"/a", True))
    cluster.tick(3)
    answers = {}
    for word in ("ruok", "mntr", "stat", "srvr"):
        asked = cluster.dial(member)
        asked.wire.say(word.encode() + b"\n")
        cluster.run()
        answers[word] = asked.wire.told.decode()
    return answers


def test_telegraf_knows_every_line_of_mntr(told: dict[str, str]) -> None:
    """The name after `zk_`, white space, and then a value of which it takes the first word."""
    line_of = re.compile(r"^zk_(\w[\w.\-]*)\s+([\w.\-]+)")
    lines = told["mntr"].splitlines()
    found = {}
    for line in lines:
        match = line_of.match(line)
        assert match, f"Telegraf gives up at {line!r}"
        found[match[1]] = match[2]
    assert len(found) == len(lines), "no name comes twice"
    assert found["version"].startswith("3.9.")
    assert found["server_state"] in ("standalone", "leader", "follower")
    texts = {"version", "server_state", "peer_state"}
    for name in found.keys() - texts:
        float(found[name])
    assert int(found["znode_count"]) == 5
    assert int(found["watch_count"]) == 1
    assert ("synced_followers" in found) == (found["server_state"] == "leader")


def test_datadog_takes_mntr_by_tabs(told: dict[str, str]) -> None:
    for line in told["mntr"].splitlines():
        key, value = re.split(r"\s", line, maxsplit=1)
        assert key
        assert value.strip()


def test_datadog_reads_stat_in_its_order(told: dict[str, str]) -> None:
    lines = iter(told["stat"].splitlines())
    version = re.match(r"Zookeeper version: (\d+)\.(\d+)\.(\d+)", next(lines))
    assert version is not None
    assert tuple(map(int, version.groups())) >= (3, 4, 4)
    assert next(lines) == "Clients:"
    clients = 0
    while line := next(lines):
        assert re.match(r"^ /\S+\[\d+\]\(queued=\d+,recved=\d+,sent=\d+\)$", line)
        clients += 1
    assert clients == 2
    least, mean, most = next(lines).removeprefix("Latency min/avg/max: ").split("/")
    assert 0 <= int(least) <= float(mean) <= int(most)
    for name in ("Received", "Sent", "Connections", "Outstanding"):
        key, value = next(lines).split(": ")
        assert key == name
        int(value)
    key, value = next(lines).split(": ")
    assert (key, value[:2]) == ("Zxid", "0x")
    int(value, 16)
    assert re.match(r"^Mode: (standalone|leader|follower)$", next(lines))
    assert re.match(r"^Node count: \d+$", next(lines))


def test_ruok_is_four_letters_and_no_more(told: dict[str, str]) -> None:
    assert told["ruok"] == "imok"


def test_the_mode_is_found_by_the_scripts_of_zookeeper(told: dict[str, str]) -> None:
    """They look for a line that begins with it."""
    assert len(re.findall(r"^Mode: \w+$", told["srvr"], re.M)) == 1
