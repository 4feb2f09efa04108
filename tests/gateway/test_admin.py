"""ZooKeeper's admin commands over HTTP: which there are, what keys they have, what they refuse."""

import json
import re
from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client
from twisted.internet.testing import StringTransport

from hikari.gateway.callers import BODY_BYTES_MAX
from hikari.gateway.http import admin_port, metrics_port
from hikari.gateway.telling import PATIENCE_S
from hikari.replica.digests import DIGEST_ENTRIES
from hikari_wire import codes


def asked(member: Member, request: bytes, body: bytes = b"", port: Any = None) -> tuple[int, bytes]:
    """The status and the body of an answer."""
    protocol = (port or admin_port(member.door, "/commands")).buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    head = b"%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" % request
    if body:
        head += b"Content-Length: %d\r\n" % len(body)
    protocol.dataReceived(head + b"\r\n" + body)
    head, _, told = transport.value().partition(b"\r\n\r\n")
    if b"chunked" in head:
        told = unchunked(told)
    return int(head.split()[1]) if head else 0, told


def unchunked(told: bytes) -> bytes:
    whole = b""
    while told:
        size, _, told = told.partition(b"\r\n")
        whole += told[: int(size, 16)]
        told = told[int(size, 16) + 2 :]
    return whole


def command(member: Member, name: str) -> dict[str, Any]:
    status, body = asked(member, b"GET /commands/" + name.encode())
    assert status == 200
    answer: dict[str, Any] = json.loads(body)
    return answer


# By the name of a command: its other names, and the keys of ZooKeeper 3.9 beside `command` and
# `error`. Which of a monitor's it has is elsewhere.
KEYS: dict[str, tuple[list[str], set[str]]] = {
    "connection_stat_reset": (["crst"], set()),
    "configuration": (
        ["conf", "config"],
        {
            *("client_port", "data_dir", "data_log_dir", "tick_time", "max_client_cnxns"),
            *("min_session_timeout", "max_session_timeout", "server_id"),
            "client_port_listen_backlog",
        },
    ),
    "connections": (["cons"], {"connections", "secure_connections"}),
    "hash": ([], {"digests"}),
    "dirs": ([], {"datadir_size", "logdir_size"}),
    "dump": ([], {"expiry_time_to_session_ids", "session_id_to_ephemeral_paths"}),
    "environment": (["env", "envi"], {"zookeeper.version", "host.name", "os.name", "java.version"}),
    "get_trace_mask": (["gtmk"], {"tracemask"}),
    "initial_configuration": (["icfg"], {"initial_configuration"}),
    "is_read_only": (["isro"], {"read_only"}),
    "last_snapshot": (["lsnp"], {"zxid", "timestamp"}),
    "leader": (["lead"], {"is_leader", "leader_id", "leader_ip"}),
    "monitor": (["mntr"], {"version", "server_state", "znode_count", "uptime"}),
    "observer_connection_stat_reset": (["orst"], set()),
    "ruok": ([], set()),
    "server_stats": (
        ["srvr"],
        {"version", "read_only", "server_stats", "client_response", "node_count"},
    ),
    "stats": (
        ["stat"],
        {
            *("version", "read_only", "server_stats", "client_response", "node_count"),
            *("connections", "secure_connections"),
        },
    ),
    "stat_reset": (["srst"], set()),
    "observers": (["obsr"], {"synced_observers", "observers"}),
    "voting_view": ([], {"current_config"}),
    "watches": (["wchc"], {"session_id_to_watched_paths"}),
    "watches_by_path": (["wchp"], {"path_to_session_ids"}),
    "watch_summary": (["wchs"], {"num_connections", "num_paths", "num_total_watches"}),
    "zabstate": ([], {"voting", "zabstate"}),  # of a member that is alone
}


@pytest.mark.parametrize("name", KEYS)
def test_each_command_has_its_keys_under_all_its_names(member: Member, name: str) -> None:
    others, keys = KEYS[name]
    for called in (name, *others):
        answer = command(member, called)
        assert answer.pop("command") == name
        assert answer.pop("error") is None
        assert set(answer) >= keys
        if name not in ("monitor", "environment"):
            assert set(answer) == keys


def test_all_commands_are_listed(member: Member) -> None:
    status, body = asked(member, b"GET /commands")
    assert status == 200
    found = re.findall(rb'<a href="/commands/(\w+)">', body)
    others = {"set_trace_mask", "system_properties", "snapshot", "restore"}
    assert {name.decode() for name in found} == KEYS.keys() | others
    assert len(found) == 28


def test_the_path_is_configured(member: Member) -> None:
    port = admin_port(member.door, "/zk/admin")
    assert asked(member, b"GET /zk/admin/ruok", port=port)[0] == 200
    assert asked(member, b"GET /commands/ruok", port=port)[0] == 404


def test_what_there_is_not_is_said_in_error(member: Member) -> None:
    assert command(member, "levitate") == {
        "command": "levitate",
        "error": "Unknown command: levitate",
    }
    assert "no system properties" in command(member, "system_properties")["error"]


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (b"GET /commands/snapshot?streaming=true", "snapshot"),
        (b"GET /commands/snap", "snapshot"),
        (b"POST /commands/restore", "restore"),
        (b"GET /commands/restore", "restore"),
    ],
)
def test_data_is_neither_taken_out_nor_replaced(member: Member, request_: bytes, name: str) -> None:
    status, body = asked(member, request_)
    assert status == 501
    answer = json.loads(body)
    assert answer["command"] == name
    assert answer["error"].startswith("Not supported")


def test_only_what_is_refused_may_be_posted(member: Member) -> None:
    assert asked(member, b"POST /commands/stat_reset") == (405, b"{}\n")
    assert asked(member, b"DELETE /commands/ruok") == (405, b"{}\n")


def test_a_large_body_is_not_kept(member: Member) -> None:
    assert asked(member, b"POST /commands/restore", bytes(BODY_BYTES_MAX))[0] == 501
    assert asked(member, b"POST /commands/restore", bytes(BODY_BYTES_MAX + 1)) == (0, b"")


def test_a_member_without_a_leader_says_so_but_still_tells_what_it_is() -> None:
    member = Cluster(3, elect=False).members[1]
    assert command(member, "srvr") == {
        "command": "server_stats",
        "error": "This ZooKeeper instance is not currently serving requests",
    }
    assert command(member, "monitor")["hikari_serving"] == 0
    assert command(member, "monitor")["peer_state"] == "looking"
    assert command(member, "zabstate")["zabstate"] == "election"


def test_sessions_ephemerals_and_watches(member: Member, client: Client, cluster: Cluster) -> None:
    for path in (b"/a", b'/"\xff'):
        client.create(path, flags=codes.EPHEMERAL)
    client.ask((codes.GET_DATA, b"/a", True), (codes.GET_CHILDREN, b"/", True))
    cluster.run()
    id = str(client.session)
    dump = command(member, "dump")
    assert list(dump["expiry_time_to_session_ids"].values()) == [[client.session]]
    assert dump["session_id_to_ephemeral_paths"] == {id: ["/a"]}
    assert command(member, "watches")["session_id_to_watched_paths"] == {id: ["/a", "/"]}
    assert command(member, "wchp")["path_to_session_ids"] == {
        "/a": [client.session],
        "/": [client.session],
    }
    assert command(member, "wchs")["num_total_watches"] == 2


def test_a_long_answer_comes_in_pieces(member: Member, client: Client, cluster: Cluster) -> None:
    paths = [b"/%s-%05d" % (b"x" * 100, number) for number in range(8_000)]
    client.ask(*[(codes.EXISTS, path, True) for path in paths])
    for word in (b"watches", b"watches_by_path"):
        protocol, transport = admin_port(member.door, "/commands").buildProtocol(None), Slow()
        protocol.makeConnection(transport)
        protocol.dataReceived(b"GET /commands/%s HTTP/1.1\r\nHost: a\r\n\r\n" % word)
        said = 0
        while not transport.value().endswith(b"\r\n0\r\n\r\n"):
            assert len(transport.value()) - said < 40_000, "no more than it reads"
            said = len(transport.value())
            transport.producer.resumeProducing()
            cluster.run()
        _, _, told = transport.value().partition(b"\r\n\r\n")
        text = unchunked(told)
        assert json.loads(text)["error"] is None
        assert [found.encode() for found in re.findall(r"/x+-\d+", text.decode())] == paths


def test_who_does_not_read_a_long_answer_is_cut_off(
    member: Member, client: Client, cluster: Cluster
) -> None:
    paths = [b"/%s-%05d" % (b"x" * 100, number) for number in range(8_000)]
    client.ask(*[(codes.EXISTS, path, True) for path in paths])
    protocol, transport = admin_port(member.door, "/commands").buildProtocol(None), Slow()
    protocol.makeConnection(transport)
    protocol.dataReceived(b"GET /commands/watches HTTP/1.1\r\nHost: a\r\n\r\n")
    cluster.clock.advance(PATIENCE_S - 1)
    assert not transport.disconnecting
    cluster.clock.advance(1)
    assert transport.disconnecting


class Slow(StringTransport):
    """It takes some and then has to be asked whether there is room again."""

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.producer is not None:
            self.producer.pauseProducing()

    def writeSequence(self, data: list[bytes]) -> None:
        self.write(b"".join(data))


def test_connections(member: Member, client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a")
    (known,) = command(member, "cons")["connections"]
    assert known["remote_socket_address"] == "10.0.0.9:4711"
    assert known["last_operation"] == "CREA"
    assert known["packets_received"] == 2
    (brief,) = command(member, "stat")["connections"]
    assert brief.items() <= known.items()
    assert len(brief) == 5


def test_server_stats_reset(member: Member, client: Client) -> None:
    client.ask((codes.GET_DATA, b"/", False))
    assert command(member, "srvr")["server_stats"]["packets_received"] == 2
    command(member, "stat_reset")
    assert command(member, "srvr")["server_stats"]["packets_received"] == 0
    assert command(member, "cons")["connections"][0]["packets_received"] == 2
    command(member, "crst")
    assert command(member, "cons")["connections"][0]["packets_received"] == 0


def test_the_trace_mask_is_set_by_an_argument(member: Member) -> None:
    assert command(member, "set_trace_mask?traceMask=6")["tracemask"] == 6
    assert command(member, "gtmk")["tracemask"] == 6
    assert command(member, f"stmk?traceMask={-(1 << 63)}")["tracemask"] == -(1 << 63)
    assert command(member, "stmk?traceMask=%2B6")["tracemask"] == 6
    for given in ("x", str(1 << 63), str(-(1 << 63) - 1), "9" * 5_000, "1_0", "", "%206"):
        assert "requires long" in command(member, f"stmk?traceMask={given}")["error"]
    assert command(member, "gtmk")["tracemask"] == 6
    assert "got x" in command(member, "stmk?traceMask=x")["error"]
    assert "requires" in command(member, "stmk")["error"]


def test_the_ensemble_is_shown_by_each_member() -> None:
    cluster = Cluster(3)
    leader = cluster.leader
    for member in cluster.members.values():
        found = command(member, "leader")
        assert (found["leader_id"], found["leader_ip"]) == (leader.number, "10.0.0.1")
        assert found["is_leader"] == member.leads
        view = command(member, "voting_view")["current_config"]
        assert view["2"] == {
            "server_addresses": ["10.0.0.1:2282"],
            "election_addresses": ["10.0.0.1:2282"],
            "client_address": "10.0.0.1:2182",
            "learner_type": "participant",
        }
        state = command(member, "zabstate")
        assert set(state) == {
            *("myid", "is_leader", "quorum_address", "election_address", "client_address"),
            *("voting", "last_zxid", "zab_epoch", "zab_counter", "zabstate", "command", "error"),
        }
        assert state["quorum_address"] == f"10.0.0.1:{2280 + member.number}"
        assert "server.2=" in command(member, "icfg")["initial_configuration"]
        assert ("proposal_stats" in command(member, "srvr")) == member.leads
        assert ("pending_syncs" in command(member, "mntr")) == member.leads


def test_a_member_that_is_alone_shows_no_address_that_nobody_needs(member: Member) -> None:
    assert command(member, "voting_view")["current_config"] == {}
    assert command(member, "icfg")["initial_configuration"] == ""
    assert command(member, "zabstate") == {
        "voting": False,
        "zabstate": "",
        "command": "zabstate",
        "error": None,
    }


def test_the_last_snapshot_is_the_last_flush(
    member: Member, client: Client, cluster: Cluster
) -> None:
    assert command(member, "lsnp")["timestamp"] == -1
    cluster.write(client, b"/a")
    member.replica.compaction.hurry()
    cluster.tick(2)
    found = command(member, "lsnp")
    assert found["zxid"] == "2"
    assert abs(found["timestamp"] - member.replica.wall_ms()) < 1_000


def test_digests(member: Member) -> None:
    member.replica.digests.reached(DIGEST_ENTRIES, 7)
    assert command(member, "hash")["digests"] == [{"zxid": 128, "digest_version": 1, "digest": 7}]


def test_a_head_has_no_body(member: Member) -> None:
    for path in (b"/commands", b"/commands/monitor", b"/metrics"):
        assert asked(member, b"HEAD " + path) == (200, b"")


def test_the_port_for_metrics_has_nothing_else(member: Member) -> None:
    port = metrics_port(member.door)
    assert asked(member, b"GET /metrics", port=port)[0] == 200
    assert asked(member, b"GET /commands/ruok", port=port)[0] == 404
    assert asked(member, b"GET /readyz", port=port)[0] == 404
