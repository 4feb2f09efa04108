"""The recipes of the blocking client on real members: a holder asks, and is told at the end."""

import inspect
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from drivers.relay import freezable, serving
from ensemble.ensemble import wait_until

from hikari_client import Client, DeadlineExceeded, LockLost, blocking
from hikari_client.blocking_recipes import BlockingConveniences
from hikari_client.conveniences import Conveniences
from hikari_client.recipes import Held, Lock

pytestmark = pytest.mark.ensemble
WAIT_S = 10.0


def test_threads_have_every_recipe_that_others_have_as_a_method() -> None:
    for name, method in inspect.getmembers(Conveniences, inspect.isfunction):
        theirs = inspect.signature(method).parameters
        ours = inspect.signature(getattr(BlockingConveniences, name)).parameters
        assert [(one.name, one.kind, one.default) for one in theirs.values()] == [
            (one.name, one.kind, one.default) for one in ours.values()
        ], name


def test_of_many_threads_with_one_lock_one_is_inside(zk: blocking.Blocking) -> None:
    lock = zk.lock("/lock")
    inside: list[int] = []
    tokens: list[int] = []

    def work() -> None:
        for _ in range(5):
            with lock as held:
                inside.append(held.token)
                zk.exists("/")
                held.check()
                tokens.append(held.token)
                assert inside == [held.token]
                inside.clear()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert len(tokens) == 25
    assert tokens == sorted(set(tokens))
    assert lock.waiters() == []


def test_who_does_not_get_it_in_time_leaves_nothing_in_the_queue(zk: blocking.Blocking) -> None:
    with zk.lock("/lock", name="first").acquire(timeout=WAIT_S) as held:
        second = zk.lock("/lock", timeout=0.1)
        assert second.try_acquire() is None
        with pytest.raises(DeadlineExceeded):
            second.acquire()
        with pytest.raises(DeadlineExceeded), second:
            pass
        # What was in doubt when the time was up is taken back in the background.
        wait_until("none is left", lambda: [one.name for one in second.waiters()] == ["first"])
        assert held.waiters() == []
        assert held.surely_for > 0
        assert not held.suspended


@contextmanager
def started(timer: threading.Timer) -> Iterator[None]:
    timer.start()
    yield


def test_an_interrupt_leaves_nothing_in_the_queue(zk: blocking.Blocking) -> None:
    with zk.lock("/lock", name="first"):
        main = threading.get_ident()
        timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
        with pytest.raises(KeyboardInterrupt), started(timer):
            zk.lock("/lock", name="second").acquire()
        timer.join()
    with zk.lock("/lock", name="third", timeout=WAIT_S):
        assert [one.name for one in zk.lock("/lock").waiters()] == ["third"]


def test_who_has_lost_it_is_told_when_it_asks_and_at_the_end(zk: blocking.Blocking) -> None:
    told = threading.Event()

    def lose() -> None:
        with zk.lock("/lock", timeout=WAIT_S) as held:
            held.lost.when(told.set)
            assert not held.lost.is_set
            assert not held.lost.wait(0.01)
            zk.delete(held.path)
            assert held.lost.wait(WAIT_S)
            assert held.is_lost
            with pytest.raises(LockLost):
                held.check()

    with pytest.raises(LockLost):
        lose()
    assert told.is_set()


def test_a_thread_that_nobody_hears_knows_of_the_loss_before_another_holds_it(
    hosts: str, zk: blocking.Blocking
) -> None:
    """Its connection stands still, and says nothing."""
    port = int(hosts.partition("/")[0].split(",")[0].rpartition(":")[2])
    flowing = threading.Event()
    flowing.set()
    told: list[bool] = []

    def hold() -> None:
        with other.lock("/lock", timeout=WAIT_S) as held:
            flowing.clear()
            with zk.lock("/lock", timeout=2 * WAIT_S) as next_one:
                told.extend((held.is_lost, held.lost.is_set, next_one.token > held.token))
                flowing.set()
            with pytest.raises(LockLost):
                held.check()

    with (
        serving(freezable(port, flowing)) as relay,
        blocking.connect(
            f"127.0.0.1:{relay}/{hosts.partition('/')[2]}", session_timeout=2
        ) as other,
        pytest.raises(LockLost),
    ):
        hold()
    assert told == [True, True, True]


def test_what_is_entered_in_the_loop_tells_of_the_loss_at_its_end_too(
    zk: blocking.Blocking,
) -> None:
    def lose() -> None:
        with zk.within(lambda client: Lock(client, "/lock")) as held:
            zk.delete(held.path)
            zk.run(_wait_for, held)
            with pytest.raises(LockLost):
                held.check()

    with pytest.raises(LockLost):
        lose()


async def _wait_for(client: Client, held: Held) -> None:
    await held.lost


def test_what_was_raised_inside_is_not_hidden_by_the_loss(zk: blocking.Blocking) -> None:
    def fail() -> None:
        with zk.lock("/lock") as held:
            zk.delete(held.path)
            assert held.lost.wait(WAIT_S)
            raise KeyError

    with pytest.raises(KeyError):
        fail()


def test_who_gives_it_back_early_has_not_lost_it(zk: blocking.Blocking) -> None:
    with zk.lock("/lock", timeout=WAIT_S) as held:
        held.release()
        with zk.lock("/lock", timeout=WAIT_S) as other:
            assert other.token > held.token


def test_with_the_client_its_locks_end(hosts: str, zk: blocking.Blocking) -> None:
    with blocking.connect(hosts) as other:
        with pytest.raises(LockLost), other.lock("/lock"):
            other.close()
        zk.lock("/lock").acquire(timeout=WAIT_S).release()


def test_who_holds_may_be_asked_to_give_it_back(zk: blocking.Blocking) -> None:
    with zk.lock("/lock") as held:
        assert not held.revoked.is_set
        asked = zk.lock("/lock").revoke()
        assert asked is not None
        assert asked.path == held.path
        assert held.revoked.wait(WAIT_S)


def test_readers_share_and_a_writer_becomes_one(zk: blocking.Blocking) -> None:
    both = zk.read_write_lock("/table", timeout=WAIT_S)
    with both.reader, both.reader:
        assert both.writer.try_acquire() is None
    writer = both.writer.acquire()
    with both.writer.downgrade(writer), both.reader as reader:
        reader.check()


def test_a_semaphore_has_so_many_leases(zk: blocking.Blocking) -> None:
    slots = zk.semaphore("/slots", 2, name="me")
    with slots, slots:
        assert [one.name for one in slots.holders()] == ["me", "me"]
        assert slots.try_acquire() is None
    assert slots.holders() == []


def test_an_election_gives_one_term_after_the_other(zk: blocking.Blocking) -> None:
    election = zk.election("/leader", name="me")
    tokens = []
    for term in election:
        with term:
            tokens.append(term.token)
            leader = election.leader()
            assert leader is not None
            assert leader.name == "me"
        if len(tokens) == 2:
            break
    assert tokens == sorted(set(tokens))
    assert election.candidates() == []


def test_a_counter_counts(zk: blocking.Blocking) -> None:
    counter = zk.counter("/visits", 3)
    assert (counter.add(4), counter.get()) == (7, 7)
    counter.set(1)
    assert counter.get() == 1


def test_an_item_is_consumed_or_comes_back(zk: blocking.Blocking) -> None:
    jobs = zk.queue("/jobs")
    assert jobs.try_get() is None
    jobs.put(b"one", b"two")

    def fail() -> None:
        with jobs.get(timeout=WAIT_S) as item:
            assert item.value == b"one"
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with jobs.get(timeout=WAIT_S) as item:
        assert item.values == (b"one",)
    with jobs.get(timeout=WAIT_S) as item:
        item.consume()
    assert jobs.count() == 0
    with pytest.raises(DeadlineExceeded):
        jobs.get(timeout=0.05)


def test_a_member_of_a_party_is_one_within_its_block(zk: blocking.Blocking) -> None:
    party = zk.party("/party", "me")
    with party:
        assert zk.party("/party").members() == ["me"]
    assert party.members() == []


def test_a_cache_follows_within_its_block(zk: blocking.Blocking) -> None:
    zk.create("/tree/a", b"1", parents=True)
    with zk.cache("/tree") as tree:
        assert (list(tree), len(tree), tree.children("/tree")) == (["/tree", "/tree/a"], 2, ["a"])
        assert tree["/tree/a"].data == b"1"
        assert tree.get("/tree/b") is None
        with tree.changes() as changes:
            zk.create("/tree/b", b"2")
            assert changes.next(timeout=WAIT_S).path == "/tree/b"
        assert "/tree/b" in tree
