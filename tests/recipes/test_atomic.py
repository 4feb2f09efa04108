"""Values that several change at once."""

import asyncio
from random import Random

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import BadVersion, ConnectionLoss
from hikari_client.recipes import AtomicValue, CachedCounter, Counter, Lock, SharedCount
from hikari_wire import codes

PATH = "/values/x"


@pytest.mark.parametrize("encoding", ["text", "int", "long"])
def test_no_addition_is_lost_or_done_twice(encoding: str) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        clients = [await ensemble.client().start() for _ in range(5)]

        async def work(who: int) -> None:
            counter = Counter(clients[who], PATH, encoding=encoding, chance=Random(who))  # type: ignore[arg-type]
            for _ in range(10):
                await counter.add(who - 1)

        await asyncio.gather(*(work(who) for who in range(5)))
        assert await Counter(clients[0], PATH, encoding=encoding).get() == 50  # type: ignore[arg-type]

    play(story)


def test_layouts_are_those_of_kazoo_and_curator() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        for encoding, data in (
            ("text", b"-5"),
            ("int", b"\xff" * 3 + b"\xfb"),
            ("long", b"\xff" * 7 + b"\xfb"),
        ):
            counter = Counter(zk, f"/values/{encoding}", encoding=encoding)  # type: ignore[arg-type]
            assert await counter.add(-5) == -5
            assert (await zk.get(f"/values/{encoding}")).data == data

    play(story)


def test_an_addition_in_doubt_is_done_once_or_said_to_be_in_doubt() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> str:
        zk = await ensemble.client().start()
        counter = Counter(zk, PATH)
        ensemble.lose_frame(zk.loop, number)
        try:
            value = await counter.add(1)
        except ConnectionLoss as error:
            return f"doubt {error.maybe_applied} {await counter.get()}"
        assert value == await counter.get() == 1
        return "done" if ensemble.lost_frames else ""

    ends = []
    while not ends or ends[-1]:
        ends.append(play(lambda ensemble: story(ensemble, len(ends))))
    assert ends.count("doubt True 1") == 1, "only when the answer itself was lost"
    assert ends.count("done") == len(ends) - 2
    assert len(ends) > 6


def test_who_is_always_too_late_is_told_after_some_tries() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        value = AtomicValue(zk, PATH, b"1", tries_max=5, chance=Random(1))

        def interfere(data: bytes) -> bytes:
            ensemble.apply((codes.SET_DATA, PATH.encode(), b"other", -1))
            return b"mine"

        with pytest.raises(BadVersion, match="5 times"):
            await value.update(interfere)
        assert (await value.get()).data == b"other"
        assert await value.compare_and_set(99, b"x") is None
        assert await value.compare_and_set((await value.get()).stat.version, b"x")

    play(story)


def test_who_is_always_too_late_gets_its_turn_by_a_lock() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        lock = Lock(zk, "/values/x-lock")
        value = AtomicValue(zk, PATH, tries_max=2, promote=lock, chance=Random(1))
        tries = 0

        def change(data: bytes) -> bytes:
            nonlocal tries
            tries += 1
            if not ensemble.names(lock.path):
                ensemble.apply((codes.SET_DATA, PATH.encode(), b"other", -1))
            return data + b"!"

        await zk.ensure_path(lock.path)
        assert await value.update(change) == (b"other", b"other!")
        assert tries == 3
        assert ensemble.names(lock.path) == []

    play(story)


def test_a_cached_counter_gives_each_number_once_and_asks_once_for_a_block() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        clients = [await ensemble.client().start() for _ in range(3)]
        got: list[int] = []

        async def work(counter: CachedCounter) -> None:
            for _ in range(10):
                got.append(await counter.next())

        for zk in clients:
            counter = CachedCounter(Counter(zk, PATH, encoding="long"), block=20)
            await asyncio.gather(work(counter), work(counter))
        assert sorted(got) == list(range(1, 61))
        assert ensemble.count(codes.SET_DATA) == 3

    play(story)


def test_a_cached_block_in_doubt_is_thrown_away() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        counter = CachedCounter(Counter(zk, PATH), block=2)
        got, doubts = [], []
        ensemble.lose_frame(zk.loop, number)
        for _ in range(7):
            try:
                got.append(await counter.next())
            except ConnectionLoss as loss:
                doubts.append(loss.maybe_applied)
        assert len(got) >= 6
        assert all(doubts)
        assert got == sorted(set(got))
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_shared_count_is_followed_by_all_and_set_by_the_quicker_one() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        ensemble.lose_frame(zk.loop, number)
        async with SharedCount(zk, PATH, 7) as here, SharedCount(other, PATH, 1) as there:
            assert here.count == there.count == 7
            assert await there.try_set(8)
            async for count in here.changes():
                if count == 8:
                    break
            ensemble.apply((codes.SET_DATA, PATH.encode(), b"\0\0\0\3", -1))
            assert not await there.try_set(5), "it was changed, though nobody told yet"
            await here.set(-1)
            await other.sleep(1)
            assert there.count == -1
            assert (await zk.get(PATH)).data == b"\xff" * 4
            await other.set(PATH, b"?")
            with pytest.raises(ValueError, match="no count"):
                [count async for count in here.changes()]
        return bool(ensemble.lost_frames)

    each_frame(story)
