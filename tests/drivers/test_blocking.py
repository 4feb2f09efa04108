"""The blocking client against real members: threads, signals, forks."""

import inspect
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from hikari_client import (
    BadVersion,
    ClientClosed,
    DeadlineExceeded,
    Event,
    EventType,
    ForkedClient,
    NodeExists,
    NoNode,
    TransactionFailed,
    ZKError,
    blocking,
)
from hikari_client.operations import Operations

pytestmark = pytest.mark.ensemble
SOON_S = 0.3


@pytest.mark.parametrize("kind", [blocking.Blocking, blocking.Pipeline])
def test_every_operation_is_there(kind: type) -> None:
    for name, operation in inspect.getmembers(Operations, inspect.isfunction):
        if not name.startswith("_"):
            assert getattr(kind, name).__doc__ == operation.__doc__


def test_a_call_gives_its_answer_or_raises_its_error(zk: blocking.Blocking) -> None:
    made = zk.create("/a/b", b"1", parents=True)
    assert zk.get("/a/b") == (b"1", made.stat)
    assert zk.set("/a/b", b"2", version=0).version == 1
    with pytest.raises(BadVersion, match="/a/b"):
        zk.set("/a/b", b"3", version=0)
    assert zk.children("/") == ["a"]
    zk.delete("/a", recursive=True)
    with pytest.raises(NoNode):
        zk.get("/a")


def test_many_calls_are_under_way_at_once(zk: blocking.Blocking) -> None:
    with zk.pipeline() as calls:
        made = [calls.create("/s-", sequential=True) for _ in range(300)]
        seen = calls.children("/")
    assert [one.result().path for one in made] == [f"/s-{n:010}" for n in range(300)]
    assert len(seen.result()) == 300


def test_a_pipeline_hides_no_error(zk: blocking.Blocking) -> None:
    with zk.pipeline() as calls:
        calls.create("/a")
        again = calls.create("/a")
        with pytest.raises(NodeExists):
            again.result()
    calls = zk.pipeline()
    calls.get("/b")
    calls.create("/c")
    with pytest.raises(NoNode, match="/b"), calls:
        pass
    assert zk.exists("/c")


def test_a_transaction_is_a_with_block(zk: blocking.Blocking) -> None:
    with zk.transaction() as t:
        t.create("/a", b"1")
        t.set("/a", b"2")
    assert [type(one).__name__ for one in t.results] == ["Created", "Stat"]
    doomed = zk.transaction()
    doomed.delete("/a")
    doomed.check("/b")
    with pytest.raises(TransactionFailed), doomed:
        pass
    assert zk.get("/a").data == b"2"


def test_many_threads_share_one(zk: blocking.Blocking) -> None:
    zk.create("/n", b"0")

    def count() -> None:
        done = 0
        while done < 20:
            data, stat = zk.get("/n")
            try:
                zk.set("/n", b"%d" % (int(data) + 1), version=stat.version)
            except BadVersion:
                continue
            done += 1

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert zk.get("/n").data == b"160"


def test_a_watch_is_an_iterator(zk: blocking.Blocking) -> None:
    with zk.watch("/", recursive=True) as events:
        zk.create("/a")
        zk.create("/b")
        assert next(events)[:2] == (EventType.CREATED, "/a")
        assert events.next(timeout=10).path == "/b"
        with pytest.raises(DeadlineExceeded):
            events.next(timeout=0.05)
        zk.create("/c")
        assert next(events).path == "/c"
        threading.Timer(SOON_S, events.close).start()
        assert list(events) == []


def test_a_watch_ends_with_the_client(zk: blocking.Blocking) -> None:
    events = zk.watch("/")
    threading.Timer(SOON_S, zk.close).start()
    assert list(events) == []
    assert list(events) == []
    with pytest.raises(ClientClosed):
        zk.get("/")
    zk.close()


def test_a_coroutine_and_what_has_an_async_with_run_in_the_loop(zk: blocking.Blocking) -> None:
    async def double(client: Any, path: str, *, sign: bytes) -> bytes:
        data = (await client.get(path)).data + sign
        await client.set(path, data)
        return data

    @asynccontextmanager
    async def holding(client: Any) -> Any:
        await client.create("/held")
        try:
            yield "mine"
        finally:
            await client.delete("/held")

    zk.create("/a", b"1")
    assert zk.run(double, "/a", sign=b"!") == b"1!"
    with zk.within(holding) as held:
        assert held == "mine"
        assert zk.exists("/held")
    assert not zk.exists("/held")
    with pytest.raises(ValueError, match="mine"), zk.within(holding):
        raise ValueError("mine")
    assert not zk.exists("/held")


def test_a_watcher_that_waits_for_its_own_thread_is_told_so(zk: blocking.Blocking) -> None:
    heard: queue.Queue[Any] = queue.Queue()

    def watcher(event: Event) -> None:
        try:
            zk.get("/a")
        except RuntimeError as error:
            heard.put(str(error))

    zk.create("/a")
    zk.get("/a", watch=watcher)
    zk.set("/a", b"1")
    assert "must not wait" in heard.get(timeout=10)


@contextmanager
def interrupt_soon() -> Iterator[None]:
    threading.Timer(SOON_S, os.kill, (os.getpid(), signal.SIGINT)).start()
    yield


def test_an_interrupt_ends_the_waiting_and_not_the_client(zk: blocking.Blocking) -> None:
    with zk.watch("/") as events:
        with pytest.raises(KeyboardInterrupt), interrupt_soon():
            next(events)
        zk.create("/a")
        assert next(events).type is EventType.CHILDREN


def test_nobody_is_waited_for_in_vain() -> None:
    with pytest.raises(DeadlineExceeded):
        blocking.connect("127.0.0.1:1", deadline=0.2)
    with pytest.raises(KeyboardInterrupt), interrupt_soon():
        blocking.connect("127.0.0.1:1")


def test_close_frees_whoever_waits(zk: blocking.Blocking) -> None:
    async def for_ever(client: Any) -> None:
        await client.sleep(3600)

    threading.Timer(SOON_S, zk.close).start()
    with pytest.raises(ClientClosed):
        zk.run(for_ever)


def _ask(zk: blocking.Blocking, said: Any) -> None:
    try:
        with zk:
            zk.get("/")
    except ZKError as error:
        said.put(type(error).__name__)


def test_a_forked_process_is_refused_at_once_and_the_parent_goes_on(
    zk: blocking.Blocking, hosts: str
) -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with os.fdopen(write, "w") as said:
            for call in (zk.get, zk.children, zk.watch):
                try:
                    call("/")
                except ForkedClient:
                    said.write("refused ")
            zk.close()
            with blocking.connect(hosts) as own:
                said.write(f"{own.exists('/') is not None}")
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        assert said.read() == "refused refused refused True"
    assert os.waitpid(child, 0)[1] == 0
    assert zk.exists("/")

    processes = multiprocessing.get_context("fork")
    told = processes.Queue()
    process = processes.Process(target=_ask, args=(zk, told))
    process.start()
    assert told.get(timeout=30) == "ForkedClient"
    process.join(30)
    assert process.exitcode == 0
    assert zk.exists("/")


def test_the_end_of_the_interpreter_waits_for_nothing(hosts: str) -> None:
    script = (
        "import sys; from hikari_client import blocking\n"
        "zk = blocking.connect(sys.argv[1]); events = zk.watch('/'); print(zk.get('/').data)"
    )
    words = [sys.executable, "-c", script, hosts.partition("/")[0]]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "b''\n", "")
