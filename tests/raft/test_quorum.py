"""Majorities, against the definition, for every small ensemble."""

from itertools import product

import pytest

from hikari.raft.quorum import decided, majority, reached


@pytest.mark.parametrize(("voters", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
def test_a_majority_is_more_than_half(voters: int, needed: int) -> None:
    assert majority(voters) == needed
    assert 2 * needed > voters


@pytest.mark.parametrize("voters", [1, 2, 3, 4, 5])
def test_reached_is_the_greatest_that_a_majority_has(voters: int) -> None:
    for values in product(range(4), repeat=voters):
        index = reached(values)
        assert sum(value >= index for value in values) >= majority(voters)
        assert sum(value > index for value in values) < majority(voters)


@pytest.mark.parametrize("voters", [1, 2, 3, 4, 5])
def test_a_vote_is_decided_as_soon_as_the_open_ones_cannot_change_it(voters: int) -> None:
    for votes in product((True, False, None), repeat=voters):
        cast = [vote for vote in votes if vote is not None]
        still_open = voters - len(cast)
        may_win = sum(cast) + still_open >= majority(voters)
        has_won = sum(cast) >= majority(voters)
        assert decided(cast, voters) is (True if has_won else None if may_win else False)
