"""Who leads."""

import asyncio
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play

from hikari_client import ClientClosed, DeadlineExceeded, LockLost
from hikari_client.recipes import Election, LeaderLatch

PATH = "/leaders/x"


def test_terms_go_round_and_their_tokens_grow() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        terms: list[tuple[int, int]] = []

        async def stand(who: int) -> None:
            zk = await ensemble.client().start()
            await zk.sleep(who * 0.01)
            async for term in Election(zk, PATH, name=str(who)):
                async with term:
                    terms.append((who, term.token))
                    await zk.sleep(1)
                if len(terms) >= 6:
                    break

        await asyncio.gather(*(stand(who) for who in range(3)))
        assert [who for who, _ in terms][:6] == [0, 1, 2, 0, 1, 2]
        tokens = [token for _, token in terms]
        assert tokens == sorted(set(tokens))
        assert ensemble.names(PATH) == []

    play(story)


def test_a_deposed_leader_is_cancelled_and_stands_again() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        deposed = 0
        async for term in Election(zk, PATH):
            try:
                async with term:
                    if not deposed:
                        await zk.delete(term.path)
                    await zk.sleep(1)
                break
            except LockLost:
                deposed += 1
        assert deposed == 1

    play(story)


def test_who_turns_away_from_a_campaign_leads_no_more() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async for _ in Election(zk, PATH):
            assert len(ensemble.names(PATH)) == 1
            break
        await zk.sleep(0.1)
        assert ensemble.names(PATH) == []

    play(story)


def test_a_latch_leads_until_it_is_closed_and_again_after_a_lost_session() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        one = LeaderLatch(zk, PATH, name="one")
        two = LeaderLatch(other, PATH, name="two")
        one.start()
        first = await one.elected(timeout=1)
        two.start()
        with pytest.raises(DeadlineExceeded):
            await two.elected(timeout=1)
        leader = await two.leader()
        assert leader is not None
        assert (leader.name, leader.token) == ("one", first.token)
        assert [each.name for each in await one.candidates()] == ["one", "two"]
        process: Any = zk.loop
        process.alone = True
        process.cut()
        second = await two.elected(timeout=20)
        assert not one.leads
        assert two.leads
        assert second.token > first.token
        process.alone = False
        await zk.connected()
        await two.close()
        third = await one.elected(timeout=5)
        assert third.token > second.token
        await one.close()
        assert ensemble.names(PATH) == []
        with pytest.raises(ClientClosed):
            await one.elected()

    play(story)


def test_a_latch_that_is_told_to_go_stands_behind_the_others() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async with LeaderLatch(zk, PATH) as one, LeaderLatch(zk, PATH) as two:
            term = await one.elected(timeout=1)
            await term.release()
            await two.elected(timeout=1)
            assert not one.leads
            await two.close()
            await one.elected(timeout=1)

    play(story)
