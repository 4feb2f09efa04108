"""Numbers that are never given out twice."""

import asyncio
from random import Random

from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client.recipes import UniqueIds


def test_no_number_comes_twice_from_anybody() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        makers = [
            UniqueIds(await ensemble.client().start(), "/ids", block=7, chance=Random(n))
            for n in range(4)
        ]
        numbers = await asyncio.gather(*(maker.next() for maker in makers for _ in range(50)))
        assert len(set(numbers)) == 200
        guids = await asyncio.gather(*(maker.next_guid() for maker in makers for _ in range(50)))
        assert len(set(guids)) == 200
        assert {guid.version for guid in guids} == {8}

    play(story)


def test_guids_do_not_come_again_even_with_a_new_counter() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        first = [await UniqueIds(zk, "/ids").next_guid() for _ in range(3)]
        await zk.delete("/ids")
        again = [await UniqueIds(zk, "/ids").next_guid() for _ in range(3)]
        assert len({*first, *again}) == 6
        assert sorted(first) == first

    play(story)


def test_in_doubt_a_block_is_thrown_away() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        ensemble.lose_frame(zk.loop, number)
        theirs: list[int] = []

        async def interfere() -> None:
            while not ensemble.lost_frames:
                await other.sleep(0.0001)
            maker = UniqueIds(other, "/ids", block=2, chance=Random(2))
            theirs.extend([await maker.next() for _ in range(3)])

        task = asyncio.create_task(interfere())
        maker = UniqueIds(zk, "/ids", block=2, chance=Random(1))
        numbers = [await maker.next() for _ in range(6)]
        await zk.sleep(1)
        task.cancel()
        assert len({*numbers, *theirs}) == 6 + len(theirs)
        assert numbers == sorted(numbers)
        return bool(ensemble.lost_frames)

    each_frame(story)
