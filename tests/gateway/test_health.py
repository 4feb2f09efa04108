"""What probes are told, and what nobody is told."""

import json

import pytest
from replica.cluster import Cluster, Member
from twisted.internet.testing import StringTransport

from hikari.gateway.http import admin_port
from hikari.peers.messages import Digest
from hikari.replica.digests import DIGEST_ENTRIES


def asked(member: Member, request: bytes) -> tuple[int, dict]:
    """The status and the body of an answer."""
    port = admin_port(member.door, "/commands")
    protocol = port.buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    protocol.dataReceived(request + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = transport.value().partition(b"\r\n\r\n")
    if b"chunked" in head:
        body = body.split(b"\r\n")[1]
    return int(head.split()[1]), json.loads(body) if body else {}


def test_a_member_that_serves_is_ready() -> None:
    cluster = Cluster()
    for member in cluster.members.values():
        for path in (b"/readyz", b"/health", b"/livez"):
            status, body = asked(member, b"GET " + path)
            assert status == 200
            assert body["ready"]
            assert body["reasons"] == body["alarms"] == []
            assert body["leader"] == cluster.leader.number
            assert body["role"] == ("leader" if member.leads else "follower")


def test_nobody_is_ready_without_a_majority_and_everybody_lives() -> None:
    cluster = Cluster()
    leader, others = cluster.leader, cluster.followers
    for member in others:
        cluster.stop(member)
    cluster.tick(40)
    for path, expected in ((b"/readyz", 503), (b"/health", 503), (b"/livez", 200)):
        assert asked(leader, b"GET " + path)[0] == expected
    for member in others:
        cluster.start(member.number)
    cluster.heal()
    cluster.elect()
    for path in (b"/readyz", b"/health", b"/livez"):
        assert asked(leader, b"GET " + path)[0] == 200


def test_a_member_without_a_leader_lives_but_is_not_ready() -> None:
    member = Cluster(elect=False).members[1]
    for path, expected in ((b"/readyz", 503), (b"/livez", 200), (b"/health", 503)):
        status, body = asked(member, b"GET " + path)
        assert status == expected
        assert not body["ready"]
        assert body["reasons"] == ["no_leader"]


def test_a_disk_short_of_room_is_an_alarm_and_a_full_one_a_reason() -> None:
    cluster = Cluster(1)
    member = cluster.leader
    member.replica.room.low = True
    cluster.tick(60)
    status, body = asked(member, b"GET /readyz")
    assert status == 200, "reads, deletes and sessions are served"
    assert body["alarms"] == ["disk_low", "read_only"]
    member.replica.room.starved = True
    status, body = asked(member, b"GET /readyz")
    assert status == 503
    assert body["reasons"] == ["disk_full"]


def test_a_member_that_is_not_whole_is_not_ready() -> None:
    member = Cluster(1).leader
    member.door.healing = lambda: True
    member.raft.recovering = True
    status, body = asked(member, b"GET /readyz")
    assert status == 503
    assert body["reasons"] == ["recovering", "healing"]


def test_digests_that_nobody_can_judge_are_an_alarm() -> None:
    """It may be the other that is wrong: to send clients away from both would help nobody."""
    member = Cluster(3).leader
    digests, other = member.replica.digests, member.number % 3 + 1
    digests.reached(DIGEST_ENTRIES, 7)
    digests.heard(Digest(other, DIGEST_ENTRIES, 8))
    status, body = asked(member, b"GET /readyz")
    assert (status, body["alarms"]) == (200, ["digests_differ"])
    digests.heard(Digest(other % 3 + 1, DIGEST_ENTRIES, 7))
    assert asked(member, b"GET /readyz")[1]["alarms"] == [], "the third tells"
    for point, theirs, alarms in ((2, 8, ["digests_differ"]), (3, 7, [])):
        digests.reached(point * DIGEST_ENTRIES, 7)
        digests.heard(Digest(other, point * DIGEST_ENTRIES, theirs))
        assert asked(member, b"GET /readyz")[1]["alarms"] == alarms


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"OPTIONS", b"BREW"])
def test_it_can_only_be_looked_at(member: Member, method: bytes) -> None:
    assert asked(member, method + b" /readyz") == (405, {})


@pytest.mark.parametrize(
    "path", [b"/", b"/metrics/x", b"/readyz/", b"/commandsx", b"/..%2f", b"/health/x"]
)
def test_there_is_nothing_else(member: Member, path: bytes) -> None:
    assert asked(member, b"GET " + path) == (404, {})


def test_a_head_has_no_body(member: Member) -> None:
    assert asked(member, b"HEAD /readyz") == (200, {})
