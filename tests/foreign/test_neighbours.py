"""A fleet of both: Curator's recipes and ours on one path, with Curator's layout. Each must keep
the other out, and read what the other wrote. What Curator does is told by `Neighbour.java`."""

import asyncio
from pathlib import Path
from typing import Any

from foreign.conftest import compiled, need_curator

from hikari_client import Client, aio
from hikari_client.recipes import (
    Barrier,
    Counter,
    DelayQueue,
    DoubleBarrier,
    Election,
    Group,
    IdQueue,
    LeaderLatch,
    Lock,
    LockingQueue,
    PriorityQueue,
    Queue,
    ReadWriteLock,
    Semaphore,
    ShardedQueue,
    SharedCount,
    revoke,
)

SOURCE = Path(__file__).with_name("Neighbour.java")
SECONDS_MAX = 120  # a busy machine; else about ten
ROUNDS = 8

need_curator()


class Neighbour:
    """The Java process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def __call__(self, line: str) -> str:
        """What it answers to a line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        said = (await self._process.stdout.readline()).decode().rstrip("\n")
        assert said.startswith("ok "), f"{line}: {said}"
        return said[3:]

    def beside(self, line: str) -> "asyncio.Task[str]":
        return asyncio.create_task(self(line))


async def exclusion(zk: Client, java: Neighbour) -> None:
    pairs: list[tuple[str, Any]] = [
        ("mutex /a", Lock(zk, "/a", layout="curator")),
        ("semaphore /b", Semaphore(zk, "/b", 1, layout="curator")),
        ("writer /c", ReadWriteLock(zk, "/c", layout="curator").writer),
    ]
    for theirs, ours in pairs:
        assert await java(f"{theirs} acquire 20000") == "true"
        await zk.sync()
        assert await ours.try_acquire() is None
        waiting = asyncio.create_task(ours._acquire(20, None))
        await zk.sleep(0.05)
        await java(f"{theirs} release")
        held = await waiting
        assert await java(f"{theirs} acquire 50") == "false"
        got = java.beside(f"{theirs} acquire 20000")
        await zk.sleep(0.05)
        assert not got.done()
        await held.release()
        assert await got == "true"
        await java(f"{theirs} release")
        await zk.create(f"{ours.path}-sum", b"0")
        many = java.beside(f"{theirs} contend {ROUNDS}")
        for _ in range(ROUNDS):
            async with ours:
                total = int((await zk.get(f"{ours.path}-sum")).data)
                await zk.sleep(0.001)
                await zk.set(f"{ours.path}-sum", b"%d" % (total + 1))
        await many
        await zk.sync()
        assert (await zk.get(f"{ours.path}-sum")).data == b"%d" % (2 * ROUNDS), theirs


async def readers(zk: Client, java: Neighbour) -> None:
    both = ReadWriteLock(zk, "/d", layout="curator")
    assert await java("reader /d acquire 20000") == "true"
    await zk.sync()
    reader = await both.reader.acquire(timeout=20)
    assert await both.writer.try_acquire() is None
    await java("reader /d release")
    assert await java("writer /d acquire 50") == "false"
    await reader.release()
    assert await java("writer /d acquire 20000") == "true"
    await zk.sync()
    assert await both.reader.try_acquire() is None
    await java("writer /d release")
    async with both.writer.acquire(timeout=20):
        assert await java("reader /d acquire 50") == "false"


async def revocation(zk: Client, java: Neighbour) -> None:
    assert await java("revocable /e acquire 20000") == "true"
    await zk.sync()
    lock = Lock(zk, "/e", layout="curator")
    assert await lock.revoke() is not None
    assert await java("revocable /e revoked 20000") == "true"
    await java("revocable /e release")
    async with lock as held:
        await java(f"revoke {held.path}")
        await held.revoked.wait(20)
        held.check()
    assert not await revoke(zk, held.path)


async def elections(zk: Client, java: Neighbour) -> None:
    async with LeaderLatch(zk, "/f", name="ours", layout="curator") as latch:
        await latch.elected(timeout=20)
        await java("latch /f start theirs")
        assert await java("latch /f await 50") == "false"
        assert await java("latch /f leader") == "ours"
    assert await java("latch /f await 20000") == "true"
    async with LeaderLatch(zk, "/f", name="ours", layout="curator") as latch:
        await zk.sleep(0.05)
        assert not latch.leads
        await zk.sync()
        leader = await latch.leader()
        assert leader is not None
        assert leader.name == "theirs"
        await java("latch /f close")
        await latch.elected(timeout=20)
    async for term in Election(zk, "/g", layout="curator"):
        async with term:
            await java("selector /g start")
            assert await java("selector /g await 50") == "false"
        break
    assert await java("selector /g await 20000") == "true"
    await zk.sync()
    candidates = await Election(zk, "/g", layout="curator").candidates()
    assert len([one for one in candidates if "lock-" in one.path]) >= 1
    await java("selector /g end")


async def numbers(zk: Client, java: Neighbour) -> None:
    for kind, great in (("long", 1 << 40), ("int", 1 << 20)):
        counter = Counter(zk, f"/{kind}", encoding=kind)  # type: ignore[arg-type]
        assert await java(f"{kind} /{kind} add {great}") == str(great)
        await zk.sync()
        assert await counter.add(-2 * great) == -great
        assert await java(f"{kind} /{kind} add -1") == str(-great - 1)
    async with SharedCount(zk, "/count", 7) as count:
        assert await java("count /count await 7") == "7"
        await java("count /count set -5")
        async for number in count.changes():
            if number == -5:
                break
        await count.set(9)
        assert await java("count /count await 9") == "9"


async def queues(zk: Client, java: Neighbour) -> None:
    ours = Queue(zk, "/q", layout="curator")
    await java("queue /q put theirs")
    await java("queue /q many x,y")
    await zk.sync()
    assert [(await ours.get(timeout=20)).value for _ in range(3)] == [b"theirs", b"x", b"y"]
    await java("queue /q take")
    for value in (b"1", b"2"):
        await ours.put(value)
    assert [await java("queue /q next") for _ in range(2)] == ["1", "2"]

    first = PriorityQueue(zk, "/qp", layout="curator")
    for number in (5, -3, 200):
        await java(f"priority /qp put {number}")
        await first.put(b"%d" % (number + 1), number + 1)
    await zk.sync()
    got = [(await first.get(timeout=20)).value for _ in range(6)]
    assert got == [b"-3", b"-2", b"5", b"6", b"200", b"201"]
    for number in (7, -7):
        await first.put(b"%d" % number, number)
    await java("priority /qp take")
    assert [await java("priority /qp next") for _ in range(2)] == ["-7", "7"]

    late = DelayQueue(zk, "/qd", layout="curator")
    await java("delay /qd put 3000")
    await java("delay /qd put 1")
    await zk.sync()
    assert [(await late.get(timeout=20)).value for _ in range(2)] == [b"1", b"3000"]
    await late.put(b"soon")
    await late.put(b"later", delay=0.3)
    await java("delay /qd take")
    assert [await java("delay /qd next") for _ in range(2)] == ["soon", "later"]

    keyed = IdQueue(zk, "/qi", layout="curator")
    for key in ("b", "a"):
        await java(f"id /qi put {key}")
    await zk.sync()
    assert await keyed.remove("b") == 1
    assert await keyed.get(timeout=20) == (b"a", "a")
    await keyed.put(b"v", key="k")
    assert await java("id /qi remove k") == "1"

    simple = Queue(zk, "/qs", layout="simple")
    await java("simple /qs put theirs")
    assert (await simple.get(timeout=20)).value == b"theirs"
    await simple.put(b"ours")
    assert await java("simple /qs take") == "ours"


async def locked_queue(zk: Client, java: Neighbour) -> None:
    ours = LockingQueue(zk, "/ql", layout="curator", taken="/ql-locks")
    await java("queue /ql put theirs")
    await zk.sync()
    async with await ours.get(timeout=20) as item:
        assert item.value == b"theirs"
        await java("queue /ql locked /ql-locks")  # it takes what nobody works on
        await ours.put(b"one", b"two")
        assert [await java("queue /ql next") for _ in range(2)] == ["one", "two"]
        item.check()
    await ours.put(b"slow")
    while len(items := await zk.children("/ql")) != 1 or items != await zk.children("/ql-locks"):
        await zk.sleep(0.01)  # the items before may not be gone yet, and their locks neither
    assert await ours.try_get() is None, "Curator works on it"
    assert await java("queue /ql next") == "slow"
    while await zk.children("/ql-locks") + await zk.children("/ql"):  # Curator deletes beside
        await zk.sleep(0.01)


async def shards(zk: Client, java: Neighbour) -> None:
    assert await java("sharder /s put theirs") == "1"
    while not await zk.exists("/s-leader") or not await zk.children("/s-leader"):
        await zk.sleep(0.01)  # it stands before us

    def make(client: Client, path: str) -> Queue:
        return Queue(client, path, layout="curator")

    async with ShardedQueue(zk, "/s", make, long=1, check_s=0.02) as ours:
        assert (await ours.get(timeout=20)).value == b"theirs"
        await ours.put(b"1")
        await zk.sleep(0.1)
        assert len(ours.shards) == 1, "Curator leads, and is not asked yet"
        assert await java("sharder /s take") == "1"
        assert await java("sharder /s next") == "1"


async def meetings(zk: Client, java: Neighbour) -> None:
    async with Group(zk, "/m", "ours", b"1") as group:
        await java("member /m join theirs")
        assert await java("member /m members 2") == "{ours=1, theirs=theirs}"
        await zk.sync()
        assert await group.members() == {"ours": b"1", "theirs": b"theirs"}
    assert await java("member /m members 1") == "{theirs=theirs}"
    barrier = Barrier(zk, "/z")
    await barrier.close()
    assert await java("barrier /z wait 50") == "false"
    gone = java.beside("barrier /z wait 20000")
    await barrier.open()
    assert await gone == "true"
    for first in ("java", "ours"):
        both = DoubleBarrier(zk, f"/y-{first}", 2)
        line = f"double /y-{first}"
        theirs = java.beside(f"{line} enter 20000") if first == "java" else None
        if theirs:
            await zk.sleep(0.05)
            await both.enter(timeout=20)
        else:
            entering = asyncio.create_task(both.enter(timeout=20))
            await zk.sleep(0.05)
            theirs = java.beside(f"{line} enter 20000")
            await entering
        assert await theirs == "true"
        theirs = java.beside(f"{line} leave 20000")
        await both.leave(timeout=20)
        assert await theirs == "true"


STORIES = (
    exclusion,
    readers,
    revocation,
    elections,
    numbers,
    queues,
    locked_queue,
    shards,
    meetings,
)


def test_curators_recipes_and_ours_keep_each_other_out_and_understand_each_other(
    hosts: str, tmp_path: Path
) -> None:
    words = compiled(SOURCE, tmp_path)

    async def run() -> None:
        async with aio.client(hosts) as root:
            await root.create("/neighbours")
        where = f"{hosts}/neighbours"
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*words, where, stdin=pipe, stdout=pipe)
        try:
            async with aio.client(where) as zk:
                for story in STORIES:
                    await story(zk, Neighbour(process))
        finally:
            process.kill()
            await process.wait()

    asyncio.run(asyncio.wait_for(run(), SECONDS_MAX))
