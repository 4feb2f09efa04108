"""Fifty contenders in five processes for each lock on a real ensemble; a member and a process are
killed meanwhile. The session of a contender stands in all queues at once: so the processes start,
and the killed sessions end, once for all locks.

Judged from outside: by the moments at which they were inside, and by their fencing tokens.
"""

import asyncio
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ensemble.ensemble import wait_until
from recipes.live.fleet import WAIT_S, Event, end, launch, make_root, nothing_left, read
from recipes.live.worker import is_rival, lease_of, path_of
from recipes.locks import LEASES, LOCKS, SHARED, Recipe

from hikari_client import aio
from hikari_client.recipes.contenders import contenders

pytestmark = pytest.mark.ensemble
PROCESSES, CONTENDERS, ROUNDS, STEPS = 5, 10, 2, 1
ALL = LOCKS | SHARED
ASKED = [*map(lease_of, LEASES), *ALL]


class Fleet(NamedTuple):
    """What all said of all locks. `killed` is a process with this number that died at a moment."""

    hosts: str
    said: list[Event]
    killed: str
    pid: int
    died: float


@pytest.fixture(scope="module")
def fleet(ensemble: Any, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    hosts = ",".join(f"127.0.0.1:{port}" for port in ensemble.ports) + "/fifty"
    asyncio.run(make_root(hosts))
    folder = tmp_path_factory.mktemp("said")
    files = [folder / str(number) for number in range(PROCESSES)]
    workers = [launch("worker", one, hosts, CONTENDERS, ROUNDS, STEPS, *ASKED) for one in files]
    try:
        died = kill_one(ensemble, workers[0], files)
        for worker in workers[1:]:
            assert worker.wait(WAIT_S) == 0
        ensemble.launch(2)
        ensemble.leader()
    finally:
        end(workers)
    return Fleet(hosts, read(files), files[0].name, workers[0].pid, died)


def kill_one(ensemble: Any, worker: Any, files: list[Path]) -> float:
    """In the middle, when it has had all locks once and stands for them again. When that was."""
    wait_until("it has had all", lambda: len({one.recipe for one in read(files[:1])}) == len(ASKED))
    assert worker.poll() is None, "it has something left to do"
    worker.kill()
    worker.wait()
    died = time.monotonic()
    ensemble.kill(2)
    return died


class Hold(NamedTuple):
    """From when to when somebody surely had it; `alone`: nobody else may have it then."""

    begun: float
    ended: float
    token: int
    alone: bool


def holds(recipe: Recipe, said: list[Event], fleet: Fleet) -> list[Hold]:
    """In the order of beginning. Whoever is killed has it until then at least."""
    turns: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in said:
        if event.token:
            turns[event.name, event.token].append(event)
    found = []
    for (name, token), turn in turns.items():
        assert turn[0].what == "in"
        ended = turn[-1].moment
        if turn[-1].what != "out" and turn[0].whose == fleet.killed:
            ended = fleet.died
        alone = recipe.most == 1 or (
            recipe.rival is not None and is_rival(int(name.partition("-")[2]))
        )
        found.append(Hold(turn[0].moment, ended, token, alone))
    assert len({hold.token for hold in found}) == len(found), "a token is given once"
    return sorted(found)


@pytest.mark.parametrize("name", ALL)
def test_fifty_contenders_never_meet_while_a_member_and_a_process_die(
    fleet: Fleet, name: str
) -> None:
    recipe = ALL[name]
    said = [event for event in fleet.said if event.recipe == name.replace(" ", "-")]
    demand_all_worked(said, fleet)
    found = holds(recipe, said, fleet)
    demand_nobody_met(found, recipe.most)
    demand_order(found, recipe.most)
    asyncio.run(nothing_left(fleet.hosts, [path_of(name)]))


def demand_all_worked(said: list[Event], fleet: Fleet) -> None:
    ends = [event.what for event in said if event.whose != fleet.killed]
    lost = ends.count("lost")
    assert ends.count("out") + lost == (PROCESSES - 1) * CONTENDERS * ROUNDS
    assert lost <= CONTENDERS, "a session lives through the death of a member"


def demand_nobody_met(found: list[Hold], most: int) -> None:
    highest = 0
    for number, hold in enumerate(found):
        others = [other for other in found[:number] if other.ended > hold.begun]
        assert not others or not any(one.alone for one in [hold, *others])
        highest = max(highest, len(others) + 1)
    assert highest <= most
    assert highest > 1 or most == 1, "those who may have it at once have it at once"


def demand_order(found: list[Hold], most: int) -> None:
    """A token says who was first. Of those who have it at once, one may be slow to say so."""
    for number, hold in enumerate(found):
        late = [other for other in found[number + 1 :] if other.token < hold.token]
        assert len(late) < most
        assert not late or not any(one.alone for one in [hold, *late])


@pytest.mark.parametrize("most", LEASES)
def test_of_fifty_that_ask_for_a_lease_no_more_have_it_than_may(fleet: Fleet, most: int) -> None:
    """One of those that died may have it and have told nobody."""
    path = path_of(lease_of(most))
    said = [event for event in fleet.said if event.recipe == lease_of(most).replace(" ", "-")]
    alive = [event for event in said if event.whose != fleet.killed]
    assert {event.what for event in said} <= {"has", "not"}
    assert len({event.name for event in alive}) == len(alive) == (PROCESSES - 1) * CONTENDERS
    told = {event.name for event in said if event.what == "has"}
    have = asyncio.run(lease_holders(fleet.hosts, path, most))
    assert told <= have
    assert all(name.startswith(f"{fleet.pid}-") for name in have - told)


async def lease_holders(hosts: str, path: str, most: int) -> set[str]:
    """As the znodes say; nobody waits any more."""
    places = [path] if most == 1 else [f"{path}/{number}" for number in range(most)]
    async with aio.client(hosts) as zk:
        await zk.sync()
        for place in places:
            async with asyncio.timeout(WAIT_S):
                while await contenders(zk, place):
                    await zk.sleep(0.2)
        found = [await zk.get(f"{place}/lease_holder") for place in places]
        return {json.loads(node.data)["holder"] for node in found}
