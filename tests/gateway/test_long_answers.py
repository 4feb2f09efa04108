"""Words whose answers are long: told in pieces, to who reads them, and no faster."""

import tracemalloc
from collections.abc import Callable

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari.gateway.telling import PATIENCE_S, PIECE_BYTES
from hikari_wire import codes

PATHS = 40_000
Dial = Callable[[], Client]


@pytest.fixture
def watched(client: Client, cluster: Cluster) -> list[str]:
    """So many paths are watched that telling them takes some megabytes."""
    paths = [b"/%s-%06d" % (b"x" * 100, number) for number in range(PATHS)]
    for at in range(0, PATHS, 1_000):
        client.ask(*[(codes.EXISTS, path, True) for path in paths[at : at + 1_000]])
        cluster.run()
    return [path.decode() for path in paths]


@pytest.mark.parametrize("word", [b"wchc", b"wchp"])
def test_all_of_it_arrives_in_order(
    dial: Dial, cluster: Cluster, watched: list[str], word: bytes
) -> None:
    asked = dial()
    asked.wire.say(word)
    cluster.run()
    assert asked.closed
    lines = asked.wire.told.decode().splitlines()
    assert [line.strip() for line in lines if "/" in line] == watched


def test_others_are_served_between_the_pieces(
    dial: Dial, cluster: Cluster, watched: list[str], other: Client
) -> None:
    asked = dial()
    asked.wire.say(b"wchp")
    xid = other.ask((codes.EXISTS, b"/", False))
    assert other.error(xid) == codes.OK
    assert not asked.closed, "it was not all told in one go"


def test_who_does_not_read_costs_little_and_is_cut_off(
    dial: Dial, cluster: Cluster, watched: list[str], member: Member
) -> None:
    asked = dial()
    asked.wire.room = 0
    tracemalloc.start()
    asked.wire.say(b"wchp")
    cluster.run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * PATHS + 20 * PIECE_BYTES, "a list of the keys, and some pieces"
    assert not asked.closed
    cluster.clock.advance(PATIENCE_S)
    cluster.run()
    assert asked.closed
    assert asked.connection not in member.door.connections


def test_who_reads_slowly_gets_it_all(dial: Dial, cluster: Cluster, watched: list[str]) -> None:
    asked = dial()
    asked.wire.room = 0
    asked.wire.say(b"wchp")
    for _ in range(2 * PATHS * 120 // 100_000):
        cluster.clock.advance(PATIENCE_S / 2)
        asked.wire.make_room(100_000)
        cluster.run()
        if asked.closed:
            break
    assert asked.closed
    assert asked.wire.told.count(b"\n/") + 1 == len(watched)


def test_what_goes_while_it_is_told_is_left_out(
    dial: Dial, cluster: Cluster, watched: list[str], client: Client
) -> None:
    asked = dial()
    asked.wire.room = 0
    asked.wire.say(b"wchp")
    client.wire.die()
    asked.wire.make_room()
    cluster.run()
    assert asked.closed
    assert 0 < asked.wire.told.count(b"/x") < len(watched)


def test_ephemerals_are_told_a_thousand_at_a_time(
    dial: Dial, cluster: Cluster, client: Client
) -> None:
    for number in range(2_500):
        client.create(b"/e%04d" % number, flags=codes.EPHEMERAL)
    cluster.run()
    asked = dial()
    asked.wire.say(b"dump")
    cluster.run()
    assert asked.wire.told.count(b"\t/e") == 2_500
