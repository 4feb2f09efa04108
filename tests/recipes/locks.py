"""All that can be held, in one way: what the tests of every lock go through, in one false process
or in many real ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple

from hikari_client import Client
from hikari_client.recipes import (
    Election,
    LeaderLatch,
    Lease,
    Lock,
    MultiLease,
    MultiLock,
    ReadLock,
    ReentrantLock,
    Semaphore,
    WriteLock,
)

PATH = "/locks/x"


@asynccontextmanager
async def term(zk: Client, path: str = PATH, **settings: Any) -> AsyncIterator[Any]:
    terms: Any = aiter(Election(zk, path, **settings))
    async with aclosing(terms), await anext(terms) as held:
        yield held


@asynccontextmanager
async def latch(zk: Client, path: str = PATH, **settings: Any) -> AsyncIterator[Any]:
    async with LeaderLatch(zk, path, **settings) as standing, await standing.elected() as held:
        yield held


@asynccontextmanager
async def twice(zk: Client, path: str = PATH, **settings: Any) -> AsyncIterator[Any]:
    """By one owner. The inner one is told of."""
    mine = ReentrantLock(zk, path, **settings)
    async with mine, mine as held:
        yield held


def semaphore(zk: Client, path: str = PATH, leases: int = 1, **settings: Any) -> Any:
    return Semaphore(zk, path, leases, **settings).acquire()


def multi(zk: Client, path: str = PATH, **settings: Any) -> Any:
    return MultiLock([Lock(zk, path), Lock(zk, f"{path}-too")], **settings)


class Recipe(NamedTuple):
    """`enter(zk, path, **settings)` is to be entered. `rival`: the same of those whom it excludes;
    None: of everybody. `most` may have it at once, beside no rival."""

    enter: Callable[..., Any]
    rival: Callable[..., Any] | None = None
    most: int = 1

    @property
    def other(self) -> Callable[..., Any]:
        return self.rival or self.enter


def read(zk: Client, path: str = PATH, **settings: Any) -> Any:
    return ReadLock(zk, path, **settings)


def write(zk: Client, path: str = PATH, **settings: Any) -> Any:
    return WriteLock(zk, path, **settings)


def lock(zk: Client, path: str = PATH, **settings: Any) -> Any:
    return Lock(zk, path, **settings)


def of_curator(enter: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **settings: enter(*args, layout="curator", **settings)


def three(enter: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **settings: enter(*args, leases=3, **settings)


KAZOO = {
    "lock": Recipe(lock),
    "re-entrant lock": Recipe(twice),
    "read lock": Recipe(read, write, most=1000),
    "write lock": Recipe(write),
    "semaphore": Recipe(semaphore),
    "term of a campaign": Recipe(term),
    "latch": Recipe(latch),
}
CURATOR = {
    f"{name} as Curator has it": Recipe(
        of_curator(one.enter), one.rival and of_curator(one.rival), one.most
    )
    for name, one in KAZOO.items()
}
LOCKS = KAZOO | CURATOR | {"multi lock": Recipe(multi)}
SHARED = {
    "three leases": Recipe(three(semaphore), most=3),
    "three leases as Curator has them": Recipe(of_curator(three(semaphore)), most=3),
}

HOUR_S = 3600.0
LEASES: dict[int, Callable[[Client, str, str], Any]] = {
    1: lambda zk, path, name: Lease(zk, path, HOUR_S, name=name),
    2: lambda zk, path, name: MultiLease(zk, path, 2, HOUR_S, name=name),
}
"""Those that are had by the calendar and not in turn, by how many may have them."""


def places(path: str = PATH) -> list[str]:
    """Where any of them leaves a znode while it is held or waited for."""
    return [path, f"{path}-too", f"{path}-__lock__", f"{path}/locks", f"{path}/leases"]


def contenders_in(names: list[str]) -> list[str]:
    """Without the folders that a semaphore keeps."""
    return [name for name in names if name not in ("locks", "leases")]
