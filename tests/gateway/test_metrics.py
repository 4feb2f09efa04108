"""What Prometheus is told: ZooKeeper 3.9's names, without a prefix and without `_total`."""

import json
import re
from pathlib import Path

import pytest
from gateway.test_admin import asked
from prometheus_client.parser import text_string_to_metric_families
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari_wire import codes

# What the panels of Grafana's dashboard 10465 and the usual alerts ask for, as far as every member
# has it. A name of a summary stands for its _sum and its _count.
PLAIN = [
    "avg_latency",
    "max_latency",
    "min_latency",
    "packets_received",
    "packets_sent",
    "num_alive_connections",
    "outstanding_requests",
    "uptime",
    "znode_count",
    "watch_count",
    "ephemerals_count",
    "global_sessions",
    "local_sessions",
    "open_file_descriptor_count",
    "connection_drop_probability",
    "outstanding_tls_handshake",
    "proposal_count",
    "commit_count",
    "looking_count",
    "snap_count",
    "learner_commit_received_count",
    "stale_sessions_expired",
    "connection_request_count",
    "connection_rejected",
    "connection_drop_count",
    "revalidate_count",
    "sessionless_connections_expired",
    "bytes_received_count",
    "digest_mismatches_count",
    "unrecoverable_error_count",
]
OF_AN_ENSEMBLE = ["quorum_size"]
OF_A_LEADER = [
    "learners",
    "synced_followers",
    "synced_non_voting_followers",
    "synced_observers",
    "pending_syncs",
    "leader_uptime",
    "last_proposal_size",
    "min_proposal_size",
    "max_proposal_size",
]
SUMMARIES = [
    "updatelatency",
    "readlatency",
    "election_time",
    "snapshottime",
    "node_created_watch_count",
    "node_deleted_watch_count",
    "node_changed_watch_count",
    "node_children_watch_count",
]


# All that dashboard 10465 asks for, but for the JVM's, and what of it a leader does not tell.
_ASKED = json.loads((Path(__file__).parent / "dashboard.json").read_text())
DASHBOARD, DASHBOARD_SUMMARIES = set(_ASKED["plain"]), set(_ASKED["summaries"])
ABSENT, ABSENT_SUMMARIES = set(_ASKED["absent"]), set(_ASKED["absent_summaries"])
OF_THE_SERVICE = {
    *("approximate_data_size", "fsynctime", "dbinittime", "startup_snap_load_time"),
    *("startup_txns_loaded", "sync_processor_queue_flush_time_ms"),
}
"""They come from a real disk: see tests/test_service.py."""
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def scraped(member: Member) -> dict[str, float]:
    """All samples without labels, by name."""
    status, body = asked(member, b"GET /metrics")
    assert status == 200
    families = text_string_to_metric_families(body.decode())
    samples = [sample for family in families for sample in family.samples]
    found = {sample.name: sample.value for sample in samples if not sample.labels}
    assert len(found) == len([sample for sample in samples if not sample.labels])
    return found


def test_a_leader_and_a_follower_have_their_names() -> None:
    cluster = Cluster(3)
    summaries = [f"{name}_{end}" for name in SUMMARIES for end in ("sum", "count")]
    for member in cluster.members.values():
        found = scraped(member).keys()
        assert not set(PLAIN) - found
        assert not set(summaries) - found
        assert not set(OF_AN_ENSEMBLE) - found
        assert set(OF_A_LEADER) <= found if member.leads else not set(OF_A_LEADER) & found


def test_a_leader_tells_all_that_the_dashboard_asks_for_but_what_has_no_meaning() -> None:
    cluster = Cluster(3)
    cluster.write(cluster.client(cluster.leader), b"/a")
    cluster.tick(3)
    _, body = asked(cluster.leader, b"GET /metrics")
    told = set(re.findall(r"^(\w+?)(?:_sum)?(?:\{.*\})? ", body.decode(), re.M))
    asked_for = DASHBOARD | DASHBOARD_SUMMARIES
    assert asked_for - told - OF_THE_SERVICE == ABSENT | ABSENT_SUMMARIES
    assert not told & (ABSENT | ABSENT_SUMMARIES)


def test_the_documentation_says_how_much_of_the_dashboard_fills_and_names_the_rest() -> None:
    text = " ".join(OPERATIONS.read_text().split())
    plain, summaries = len(DASHBOARD), len(DASHBOARD_SUMMARIES)
    said = (
        f"Of the {plain} plain names of Grafana's dashboard 10465 a leader tells"
        f" {plain - len(ABSENT)}, and of the {summaries} summaries"
        f" {summaries - len(ABSENT_SUMMARIES)}"
    )
    assert said in text
    assert not [name for name in (*ABSENT, *ABSENT_SUMMARIES) if f"`{name}`" not in text]


NAMES = set(json.loads((Path(__file__).parent / "zookeeper_metrics.json").read_text()))
"""Every counter, summary and gauge that the code of ZooKeeper 3.9.5's server registers."""


def test_every_name_of_zookeepers_is_told_or_named_as_absent() -> None:
    cluster = Cluster(3)
    cluster.write(cluster.client(cluster.leader), b"/a")
    cluster.tick(3)
    told = OF_THE_SERVICE | {"startup_txns_load_time"}
    for member in cluster.members.values():
        _, body = asked(member, b"GET /metrics")
        told |= set(re.findall(r"^(\w+?)(?:_sum)?(?:\{.*\})? ", body.decode(), re.M))
    _, _, table = OPERATIONS.read_text().partition("\nAbsent, because")
    rows = table.partition("\n\nThere are no quantiles")[0].splitlines()
    named = [row.split("|")[1] for row in rows if row.startswith("| `")]
    absent = {name for cell in named for name in re.findall(r"`(\w+)`", cell)}
    assert NAMES - told == absent


def test_sizes_of_answers(member: Member, client: Client, cluster: Cluster) -> None:
    cluster.write(client, b"/a", b"x" * 1_000)
    member.door.reset()
    assert [scraped(member)[f"{which}_client_response_size"] for which in ("min", "max")] == [
        -1
    ] * 2
    before = scraped(member)
    client.ask((codes.GET_DATA, b"/a", False))
    client.ask((codes.EXISTS, b"/a", True), (codes.EXISTS, b"/b", False))
    found = scraped(member)
    exists, data, none = 16 + 68, 16 + 4 + 1_000 + 68, 16
    sizes = [found[f"{which}_client_response_size"] for which in ("min", "last", "max")]
    assert sizes == [none + 4, none + 4, data + 4]
    assert found["response_bytes"] - before["response_bytes"] == exists + data + none + 3 * 4
    client.ask((codes.DELETE, b"/a", -1))
    cluster.run()
    event = 16 + 4 + 4 + 4 + 2 + 4
    assert scraped(member)["watch_bytes"] == event
    after = scraped(member)["response_bytes"] - found["response_bytes"]
    assert after == none + 4


def test_a_word_is_no_answer_to_a_client(member: Member, cluster: Cluster) -> None:
    word = cluster.dial(member)
    word.wire.say(b"mntr")
    cluster.run()
    assert word.closed
    assert scraped(member)["max_client_response_size"] == -1


def test_each_follower_has_its_own_acknowledgements() -> None:
    cluster = Cluster(3)
    cluster.write(cluster.client(cluster.leader), b"/a")
    cluster.tick(2)
    _, body = asked(cluster.leader, b"GET /metrics")
    found = re.findall(r'^ack_latency_count\{key="(\d)"\} (\S+)$', body.decode(), re.M)
    assert {number: float(count) for number, count in found} == {"1": 1, "2": 1, "3": 1}


def test_nothing_is_called_total_but_what_python_tells(member: Member) -> None:
    assert not [
        name
        for name in scraped(member)
        if name.endswith("_total") and not name.startswith(("python_", "process_"))
    ]


def test_types_are_told(member: Member) -> None:
    _, body = asked(member, b"GET /metrics")
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", body.decode(), re.M))
    assert types["znode_count"] == types["hikari_serving"] == "gauge"
    assert types["commit_count"] == "untyped"
    assert types["updatelatency"] == "summary"


def test_the_values_are_true(member: Member, client: Client, cluster: Cluster) -> None:
    client.ask((codes.EXISTS, b"/a", True), (codes.GET_CHILDREN, b"/", True))
    before = scraped(member)
    member.disk.slow = True
    client.create(b"/a", b"xyz", codes.EPHEMERAL)
    client.ask((codes.GET_DATA, b"/a", False))
    cluster.run()
    cluster.clock.advance(0.020)
    member.disk.slow = False
    member.disk.land()
    cluster.run()
    after = scraped(member)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown.pop("uptime") == pytest.approx(20)
    expected = {
        "znode_count": 1,
        "ephemerals_count": 1,
        "watch_count": -2,
        "packets_received": 2,
        "packets_sent": 4,
        "proposal_count": 1,
        "commit_count": 1,
        "updatelatency_count": 1,
        "updatelatency_sum": 20,
        "readlatency_count": 1,
        "readlatency_sum": 20,
        "node_created_watch_count_count": 1,
        "node_created_watch_count_sum": 1,
        "node_children_watch_count_count": 1,
        "node_children_watch_count_sum": 1,
        "hikari_zxid": 1,
        "hikari_applied_index": 1,
    }
    assert {name: round(grown[name]) for name in expected} == expected
    assert grown["bytes_received_count"] > 40


def test_ends_and_refusals_of_connections_are_counted(
    member: Member, client: Client, cluster: Cluster
) -> None:
    cluster.dial(member)
    moved = cluster.move(client, member)
    cluster.run()
    assert moved.session
    member.door.tick()
    cluster.clock.advance(10)
    member.door.tick()
    cluster.run()
    member.door.connections_max = 1
    cluster.dial(member)
    cluster.run()
    found = scraped(member)
    assert found["connection_request_count"] == 2
    assert found["revalidate_count"] == 1
    assert found["sessionless_connections_expired"] == 1
    assert found["connection_rejected"] == 1
    assert found["connection_drop_count"] == 2
    assert found["num_alive_connections"] == 1


def test_an_election_is_timed() -> None:
    cluster = Cluster(3)
    member = cluster.followers[0]
    before = scraped(member)
    assert (before["looking_count"], before["election_time_count"]) == (1, 1)
    cluster.stop(cluster.leader)
    cluster.elect()
    after = scraped(member)
    assert (after["looking_count"], after["election_time_count"]) == (2, 2)
    assert after["election_time_sum"] > before["election_time_sum"]
