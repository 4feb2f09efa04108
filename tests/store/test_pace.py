"""Where a sync runs, and what is called durable when."""

from collections.abc import Callable

import pytest

from hikari.store.pace import STALL_SECONDS, JournalSync


class Bench:
    """A journal on a disk of settable speed, a thread that runs when told to, and no clock."""

    def __init__(self, first_s: float = 0.0) -> None:
        self.now = 0.0
        self.fsync_s = 0.0001
        self.error: Exception | None = None
        self.synced = 0
        self.log: list[str] = []
        self.thread: list[Callable[[], None]] = []
        self.reactor: list[Callable[[], None]] = []
        self.failures: list[BaseException] = []
        self.pace = JournalSync(
            self,
            lambda: self.now,
            self.thread.append,
            self.reactor.append,
            self.failures.append,
            inline_max_s=0.0005,
            first_s=first_s,
        )

    def sync(self) -> None:
        self.now += self.fsync_s
        if self.error is not None:
            raise self.error
        self.synced += 1
        self.log.append("sync")

    def ask(self, number: int) -> None:
        self.pace.sync(number, self.durable)

    def durable(self, number: int) -> None:
        self.log.append(f"durable {number}")

    def fsync_in_thread(self) -> None:
        self.thread.pop(0)()

    def back_in_the_turn(self) -> None:
        self.reactor.pop(0)()

    def become_threaded(self) -> None:
        self.fsync_s = 0.01
        self.ask(1)
        assert self.pace.threaded
        self.log.clear()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_quick_disk_is_synced_in_the_turn(bench: Bench) -> None:
    for number in range(1, 100):
        bench.ask(number)
    assert bench.log[:4] == ["sync", "durable 1", "sync", "durable 2"]
    assert bench.thread == []
    assert bench.pace.mean_s == pytest.approx(0.0001)


def test_a_slow_disk_is_synced_on_the_thread(bench: Bench) -> None:
    bench.become_threaded()
    bench.ask(2)
    assert bench.log == []
    bench.fsync_in_thread()
    assert bench.log == ["sync"]
    bench.back_in_the_turn()
    assert bench.log == ["sync", "durable 2"]


def test_one_sync_covers_all_that_was_asked_for_while_another_ran(bench: Bench) -> None:
    bench.become_threaded()
    bench.ask(2)
    bench.ask(3)
    bench.ask(4)
    assert len(bench.thread) == 1
    bench.fsync_in_thread()
    bench.ask(5)
    bench.back_in_the_turn()
    assert bench.log == ["sync", "durable 2"]
    assert len(bench.thread) == 1
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    assert bench.log == ["sync", "durable 2", "sync", "durable 5"]
    assert bench.thread == []


def test_what_durable_itself_asks_for_is_called_durable_after(bench: Bench) -> None:
    bench.become_threaded()

    def and_one_more(number: int) -> None:
        bench.durable(number)
        bench.ask(number + 1)

    bench.pace.sync(2, and_one_more)
    bench.ask(2)
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    assert [word for word in bench.log if word != "sync"] == ["durable 2", "durable 2", "durable 3"]


def test_two_hiccups_of_the_last_eight_are_enough_for_the_thread(bench: Bench) -> None:
    bench.fsync_s = 0.00001
    for number in range(1, 50):
        bench.ask(number)
    for fsync_s in (0.0021, 0.00001, 0.00001):
        bench.fsync_s = fsync_s
        bench.ask(50)
    assert not bench.pace.threaded
    bench.fsync_s = 0.0021
    bench.ask(51)
    assert bench.pace.threaded


def test_one_long_sync_is_enough_for_the_thread(bench: Bench) -> None:
    bench.fsync_s = 0.00001
    for number in range(1, 50):
        bench.ask(number)
    bench.fsync_s = 0.0051
    bench.ask(50)
    assert bench.pace.threaded
    assert bench.pace.slowest_s == pytest.approx(0.0051)


def test_a_disk_that_was_slow_at_the_opening_is_never_synced_in_the_turn() -> None:
    bench = Bench(first_s=0.1)
    bench.ask(1)
    assert bench.log == []
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    assert bench.log == ["sync", "durable 1"]


def test_a_sync_that_does_not_come_back_is_a_stall_and_a_slow_disk_is_none(bench: Bench) -> None:
    bench.become_threaded()
    bench.ask(2)
    bench.now += STALL_SECONDS - 0.01
    assert not bench.pace.stalled()
    bench.ask(3)
    bench.fsync_in_thread()
    bench.back_in_the_turn()  # the next one starts
    bench.now += STALL_SECONDS - 0.01
    assert not bench.pace.stalled()
    bench.now += 0.02
    assert bench.pace.stalled()
    bench.fsync_in_thread()
    bench.back_in_the_turn()
    assert not bench.pace.stalled()


def test_one_hiccup_is_forgiven(bench: Bench) -> None:
    for number in range(1, 50):
        bench.fsync_s = 0.0022 if number % 20 == 19 else 0.00005
        bench.ask(number)
        assert not bench.pace.threaded


def test_a_disk_that_has_been_quick_for_a_while_is_synced_in_the_turn_again(bench: Bench) -> None:
    bench.become_threaded()
    bench.fsync_s = 0.0001
    threaded = 0
    while bench.pace.threaded:
        bench.ask(2)
        bench.fsync_in_thread()
        bench.back_in_the_turn()
        threaded += 1
        assert threaded < 200
    assert threaded > 64
    bench.log.clear()
    bench.ask(3)
    assert bench.log == ["sync", "durable 3"]


def test_a_disk_between_quick_and_slow_stays_where_it_is(bench: Bench) -> None:
    bench.become_threaded()
    bench.fsync_s = 0.0004
    for number in range(2, 300):
        bench.ask(number)
        bench.fsync_in_thread()
        bench.back_in_the_turn()
    assert bench.pace.threaded


def test_numbers_are_called_durable_in_order_when_the_thread_is_given_up(bench: Bench) -> None:
    bench.become_threaded()
    bench.fsync_s = 0.0001
    number = 2
    bench.ask(number)
    while bench.pace.threaded:  # there is always one waiting
        number += 1
        bench.ask(number)
        bench.fsync_in_thread()
        bench.back_in_the_turn()
    bench.ask(number + 1)
    while bench.thread:
        bench.fsync_in_thread()
        bench.back_in_the_turn()
    told = [int(word.split()[1]) for word in bench.log if word != "sync"]
    assert told == sorted(told)
    assert told[-1] == number + 1


def test_a_failed_sync_in_the_turn_calls_nothing_durable_any_more(bench: Bench) -> None:
    bench.error = OSError("the disk is gone")
    bench.ask(1)
    assert bench.failures == [bench.error]
    bench.error = None
    bench.ask(2)
    assert bench.log == []
    assert len(bench.failures) == 1


def test_a_failed_sync_on_the_thread_calls_nothing_durable_any_more(bench: Bench) -> None:
    bench.become_threaded()
    bench.error = OSError("the disk is gone")
    bench.ask(2)
    bench.ask(3)
    bench.fsync_in_thread()
    assert bench.failures == []
    bench.back_in_the_turn()
    bench.error = None
    bench.ask(4)
    assert (bench.failures, bench.log, bench.thread) == ([bench.failures[0]], [], [])
