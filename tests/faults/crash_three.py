"""A write point of one of three, when its word counts: the third member is down meanwhile.

In half of the cases the one that dies was away for so long that it is sent a snapshot first. What
is acknowledged then is on the leader and on the one that dies. The leader is killed, the other two
are started again: they must show all of it. (A third that only stands still would find what the
leader has sent it in its socket.)
"""

import random
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

from attrs import define, field
from ensemble.checks import same_tree
from ensemble.recorder import OK, Client, Lost, Operation, create
from faults import figures, shim
from faults.crash_points import END_S_MAX, MODES
from faults.members import IMPATIENT, OFTEN, SMALL, Forked, lane
from faults.offline import hard_state_of
from faults.scribes import missing, one_client

from hikari.raft.journal import JournalDamaged

WRITES = 30
POINT_MAX = 400
"""An opening writes some 150 times, a snapshot 100 times, and each entry four times."""
AWAY = 40
"""Entries that the one that dies has missed: the others do not keep so many."""
ANSWER_S_MAX = 2.0


@define
class Three:
    """One ensemble that lives through all cases."""

    folder: Path
    nursery: Any
    seed: int
    acknowledged: int = 0
    how: Counter[str] = field(factory=Counter)
    ensemble: Forked = field(init=False)
    hit: list[shim.Point] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        constants = {**SMALL, **IMPATIENT}
        self.ensemble = Forked(self.folder / "three", self.nursery, 3, OFTEN, constants)

    def run(self, case: int) -> None:
        """Raises AssertionError if anything is wrong."""
        chance = random.Random(f"{self.seed} {case}")
        ensemble = self.ensemble
        leader = ensemble.leader()
        victim, third = chance.sample([n for n in ensemble.numbers if n != leader], 2)
        parent = b"/case-%d" % case
        client = one_client(ensemble.ports, leader)
        assert client.ask(create(parent)).outcome == OK
        ensemble.wait_caught_up(third)
        ensemble.wait_caught_up(victim)
        before = hard_state_of(ensemble.layout.home(victim))
        died = self._attack(chance, client, victim, third)
        wanted = self._acknowledged(client, parent)
        self.acknowledged += len(wanted)
        self.how[died] += 1
        after = hard_state_of(ensemble.layout.home(victim))
        assert after >= before, f"term and vote go back: {before}, {after}"
        ensemble.kill(leader)
        ensemble.launch(victim)
        ensemble.launch(third)
        ensemble.wait_serving()
        for number in (victim, third):
            seen = one_client(ensemble.ports, number)
            lost = [op.request[1] for op in missing(seen, parent, wanted)]
            assert not lost, f"member {number} has not {lost}"
            seen.close()
        assert "promised and gone" not in ensemble.said(victim)
        ensemble.launch(leader)
        ensemble.wait_serving()
        for number in ensemble.numbers:
            ensemble.wait_caught_up(number)
        same_tree(ensemble, parent)

    def _attack(self, chance: random.Random, client: Client, victim: int, third: int) -> str:
        """Give the victim its shim, kill the third, and write until the victim is gone."""
        ensemble = self.ensemble
        parent = client.history[-1].request[1]
        trace = self.folder / "trace"
        trace.unlink(missing_ok=True)
        mode, point = chance.choice(MODES), chance.randrange(1, POINT_MAX)
        home = ensemble.layout.home(victim)
        ensemble.kill(victim)
        if chance.random() < 0.5:
            for n in range(AWAY):
                assert client.ask(create(b"%s/away-%d" % (parent, n), bytes(999))).outcome == OK
        ensemble.environments[victim] = shim.environment(home, mode, point, trace=trace)
        ensemble.launch(victim)
        del ensemble.environments[victim]
        if ensemble.wait_led(victim, END_S_MAX):
            ensemble.kill(third)
            self._write(client, parent, victim)
        else:
            ensemble.kill(third)
        points = shim.points(trace)
        self.hit += points
        status = ensemble.wait_end(victim, END_S_MAX if points and mode in shim.DEADLY else 0.3)
        if status is None:
            assert not (points and mode in shim.DEADLY), f"{mode} at {points[0]}"
            ensemble.kill(victim)
            return "lived" if points else "not reached"
        assert status != 0
        return "died" if status == -9 else f"ended {status}"

    def _write(self, client: Client, parent: bytes, victim: int) -> None:
        try:
            for n in range(WRITES):
                client.send(create(parent + b"/n-%d" % n, b"%d" % n * (1000 if n % 7 == 0 else 9)))
                deadline = time.monotonic() + ANSWER_S_MAX
                while client.history[-1].ended == 0.0:
                    if self.ensemble.running[victim].ended or time.monotonic() > deadline:
                        return
                    if client.readable(0.02):
                        client.receive()
        except Lost:
            pass

    def _acknowledged(self, client: Client, parent: bytes) -> list[Operation]:
        client.drop()
        return [
            op
            for op in client.history
            if op.outcome == OK and op.request[1].startswith(parent + b"/")
        ]


def campaign(
    *, seed: int, cases: int, seconds: float | None = None, keep: Path | None = None
) -> dict[str, Any]:
    """So many cases; the figures."""
    began = time.monotonic()
    wrong: list[str] = []
    done = 0
    progress = figures.Progress("points of one of three", cases)
    with lane("three") as (folder, nursery):
        three = Three(folder, nursery, seed)
        try:
            three.ensemble.start()
            for case in range(cases):
                if seconds is not None and time.monotonic() - began > seconds:
                    break
                three.run(case)
                done += 1
                progress.step()
        except (AssertionError, Lost, JournalDamaged) as error:
            again = f"python -m faults crash-three --seed {seed} --count {done + 1}"
            wrong.append(f"case {done}: {figures.told(error)}\nagain: {again}")
            print(wrong[-1], flush=True)
            if keep is not None:
                shutil.copytree(three.ensemble.layout.data, keep / "three", dirs_exist_ok=True)
        finally:
            three.ensemble.close()
    return {
        "seed": seed,
        "cases": done,
        "ends": dict(three.how),
        "acknowledged": three.acknowledged,
        "calls": dict(Counter(f"{one.call} {one.file}" for one in three.hit).most_common(12)),
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
