"""Which server is tried next, and after what pause."""

from random import Random

from client.false_server import ADDRESSES

from hikari_client.search import GOOD_S, Search
from hikari_client.settings import Settings

FIRST_S, MOST_S = 0.5, 8.0
ROUNDS = 12


def pauses(seed: int) -> list[float]:
    """Before each round but the first, as long as nobody answers."""
    settings = Settings(backoff_first=FIRST_S, backoff_max=MOST_S)
    search = Search(settings, ADDRESSES, Random(seed))
    rounds = [[search.next() for _ in ADDRESSES] for _ in range(ROUNDS)]
    for tried in rounds:
        assert sorted(server for server, _ in tried) == sorted(ADDRESSES)
        assert [pause for _, pause in tried[1:]] == [0.0] * (len(ADDRESSES) - 1)
    assert rounds[0][0][1] == 0.0
    return [tried[0][1] for tried in rounds[1:]]


def test_pauses_grow_up_to_a_bound_and_differ_from_client_to_client() -> None:
    by_client = [pauses(seed) for seed in range(200)]
    for number, of_a_round in enumerate(zip(*by_client, strict=True), start=1):
        whole = min(FIRST_S * 2**number, MOST_S)
        assert whole / 2 <= min(of_a_round) < whole * 0.55
        assert whole * 0.95 < max(of_a_round) <= whole
        assert len(set(of_a_round)) == len(of_a_round)


def test_clients_come_back_to_different_servers() -> None:
    first = {Search(Settings(), ADDRESSES, Random(seed)).next()[0] for seed in range(30)}
    assert first == {*ADDRESSES}


def test_only_who_has_served_for_a_while_ends_the_pauses() -> None:
    for served, expected in ((GOOD_S, True), (GOOD_S - 0.1, False)):
        search = Search(Settings(), ADDRESSES, Random(1))
        for _ in range(2 * len(ADDRESSES)):
            search.next()
        search.served(served)
        assert (search.next()[1] == 0.0) == expected
