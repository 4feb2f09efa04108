"""A pipeline of the blocking client: few wake-ups, and nobody forgotten."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
from drivers import relay

from hikari_client import BadArguments, aio, blocking

pytestmark = pytest.mark.ensemble


@pytest.fixture
def held_back() -> Iterator[tuple[blocking.Blocking, relay.HeldBack]]:
    """A client, and its server, which answers no request until it is told to."""
    server = relay.HeldBack()
    with relay.serving(server) as port:
        made = blocking.connect(f"127.0.0.1:{port}", session_timeout=60)
        yield made, server
        server.answer.set()
        made.close()


def test_what_is_asked_while_an_answer_is_awaited_goes_out_together(
    held_back: tuple[blocking.Blocking, relay.HeldBack], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, server = held_back
    written: list[int] = []

    def write(line: Any, data: bytes, write: Any = aio._Line.write) -> None:
        written.append(len(data))
        write(line, data)

    monkeypatch.setattr(aio._Line, "write", write)
    calls = client.pipeline()
    with calls:
        calls.exists("/a")  # nobody is under way: at once, without being waited for
        assert server.asked.wait(30)
        later = [calls.exists(f"/{n}") for n in range(100)]
        assert len(written) == 1
        with pytest.raises(TimeoutError):
            later[0].result(timeout=0)
        server.answer.set()
    assert [call.result() for call in later] == [None] * 100
    assert len(written) == 2


def test_whoever_does_not_wait_is_served_all_the_same(zk: blocking.Blocking, hosts: str) -> None:
    with blocking.connect(hosts) as other, other.watch("/", recursive=True) as events:
        calls = zk.pipeline()
        for n in range(300):
            calls.create(f"/{n}")
            if n % 3 == 2:
                assert [events.next(timeout=30).path for _ in range(3)] == [
                    f"/{m}" for m in range(n - 2, n + 1)
                ]


def test_threads_with_pipelines_and_without_disturb_nobody(zk: blocking.Blocking) -> None:
    zk.create("/n", b"0")
    done: list[int] = []

    def work(kind: int) -> None:
        calls = zk.pipeline()
        for n in range(300):
            asked = [calls.get("/n") for _ in range(n % 7)]
            with pytest.raises(BadArguments):
                calls.get("nonsense").result()
            assert zk.get("/n").data == b"0"
            if kind:
                assert [one.result().data for one in asked] == [b"0"] * len(asked)
        done.append(kind)

    threads = [threading.Thread(target=work, args=(n % 2,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [0, 0, 1, 1]


def test_a_call_can_be_given_up(held_back: tuple[blocking.Blocking, relay.HeldBack]) -> None:
    client, server = held_back
    with client.pipeline() as calls:
        sent = calls.exists("/a")
        assert server.asked.wait(30)
        never = calls.set("/b", b"")
        for call in (never, sent):
            call.cancel()
            with pytest.raises(CancelledError):
                call.result(timeout=30)
            call.cancel()
        server.answer.set()
        assert calls.exists("/c").result() is None
    assert server.paths == ["/a", "/c"]


def test_a_long_pipeline_forgets_what_is_over_but_no_error(zk: blocking.Blocking) -> None:
    calls = zk.pipeline()
    bad = calls.get("/none")
    for _ in range(3 * blocking.CALLS_KEPT):
        calls.exists("/").result()
    assert len(calls._calls) < 2 * blocking.CALLS_KEPT
    assert bad in calls._calls
