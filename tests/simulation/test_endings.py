"""What would go wrong with znodes that end by themselves, and with quotas, is seen."""

from collections.abc import Callable
from typing import Any

import pytest

from hikari.replica.collector import Collector
from hikari.testing import command
from hikari.testing.plan import Plan, draw
from hikari.testing.rarer import LIMITED
from hikari.tree import apply, ending, quotas
from hikari.tree.state import State
from hikari.tree.znode import Znode

SEEDS = 100
TURNS = 1_000
Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module", autouse=True)
def _begun() -> None:
    command.begin()


def nothing_is_ever_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Collector, "tick", lambda *_: [])


def a_ttl_counts_from_the_creation(patch: pytest.MonkeyPatch) -> None:
    def as_created(znode: Znode) -> Znode:
        twin = znode.copy()
        twin.mtime = znode.ctime
        return twin

    ended, key = apply.has_ended, apply.due_key
    patch.setattr(apply, "has_ended", lambda znode, *now: ended(as_created(znode), *now))
    patch.setattr(apply, "due_key", lambda path, znode: key(path, as_created(znode)))


def what_was_due_is_removed_whatever_it_is_now(patch: pytest.MonkeyPatch) -> None:
    tick = Collector.tick
    patch.setattr(Collector, "tick", lambda self, rows, now_ms: tick(self, rows, now_ms + 3_000))
    patch.setattr(apply, "has_ended", lambda znode, *_: not znode.children)


def a_child_that_goes_starts_no_waiting(patch: pytest.MonkeyPatch) -> None:
    unlink = apply.unlink

    def silent(state: State, path: bytes, znode: Any, above: bytes, parent: Any) -> None:
        unlink(state, path, znode, above, parent)
        if parent.owner and not parent.children:
            state.dues.pop(ending.due_key(above, parent), None)

    patch.setattr(apply, "unlink", silent)


def what_is_deleted_still_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(quotas, "went", lambda *_: None)


def a_multi_that_failed_has_counted(patch: pytest.MonkeyPatch) -> None:
    def store(state: State, path: bytes, stats: Any, data: bytes) -> None:
        state.changed[path] = stats
        stats.data, stats.stat, stats.body = data, None, None

    patch.setattr(quotas, "_store", store)


PLANTED = [
    nothing_is_ever_looked_for,
    a_ttl_counts_from_the_creation,
    what_was_due_is_removed_whatever_it_is_now,
    a_child_that_goes_starts_no_waiting,
    what_is_deleted_still_counts,
    a_multi_that_failed_has_counted,
]


@pytest.mark.interpreted
@pytest.mark.parametrize("plant", PLANTED, ids=[plant.__name__ for plant in PLANTED])
def test_it_is_seen(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    seen = next((seed for seed in range(1, SEEDS) if command.live(plan_of(seed)).broken), None)
    assert seen
    monkeypatch.undo()
    assert not command.live(plan_of(seen)).broken, "it was something else that was seen"


def plan_of(seed: int) -> Plan:
    """That of the seed, with more of what fails in a quota, and of what ends."""
    plan = draw(seed, TURNS)
    for script in plan.scripts:
        for at_s in (1.6, 2.0, 2.4):
            fails = [["create", f"{LIMITED}/9", 0], ["delete", "/s/none"]]
            script.acts += [[at_s, "multi", fails], [at_s, "ttl", "/t/9", 2_000]]
    return plan
