"""Values that several change at once."""

import asyncio
from random import Random

import pytest
from recipes.false_ensemble import FalseEnsemble, play

from hikari_client import BadVersion, ConnectionLoss
from hikari_client.recipes import AtomicValue, Counter
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
        for encoding, data in (("text", b"-5"), ("int", b"\xff" * 3 + b"\xfb")):
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
