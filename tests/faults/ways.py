"""Leads a member of a running ensemble under load to a named point, where it dies."""

import random
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field
from ensemble.ensemble import wait_until
from faults import points
from faults.points import AWAY, CONFLICT, ELECTION, EMPTY, LEADER, Control, Point

REACH_S_MAX = 10.0
TRIES = 4
"""Some ways hang on chance: who of two is elected, or whether the log still has what is missed."""
AWAY_ZXIDS = 600
"""Requests that are missed by who is away: more entries than the others keep."""


@define(frozen=True)
class Case:
    """A point, and who is killed at it."""

    point: Point
    who: str

    def __str__(self) -> str:
        return f"{self.point.name}:{self.who}"


CASES = [Case(point, who) for point in points.ALL for who in point.who]


def named(name: str) -> list[Case]:
    """The cases of a point, or the one of `point:who`. Raises ValueError."""
    found = [case for case in CASES if name in (case.point.name, str(case))]
    if not found:
        raise ValueError(f"no point is called {name!r}: see python -m faults points")
    return found


def control_all(ensemble: Any) -> dict[int, Control]:
    """Let every member that is launched from here on be killed at points."""
    made = {}
    ensemble.layout.data.mkdir(parents=True, exist_ok=True)
    for number in ensemble.numbers:
        made[number] = Control(ensemble.layout.data / f"control-{number}")
        home, port = ensemble.layout.home(number), ensemble.layout.client(number).port
        ensemble.environments[number] = made[number].environment(home, number, port)
    return made


@define
class Guide:
    """`demand`: raise what clients have found wrong. `calm`: let them write little, or as ever."""

    ensemble: Any
    controls: dict[int, Control]
    chance: random.Random
    demand: Callable[[], None] = lambda: None
    calm: Callable[[bool], None] = lambda little: None
    seen: int = field(init=False, default=0)
    """How many moments of the way were seen at the last try."""

    def lead(self, case: Case) -> bool:
        """Whether somebody came there, and has died. Raises AssertionError."""
        ways = {AWAY: self._away, ELECTION: self._election, EMPTY: self._empty}
        ways |= {CONFLICT: self._conflict}
        try:
            return bool(self._wait_hit(ways.get(case.point.by, self._load)(case)))
        finally:
            self.calm(False)

    def disarm(self) -> None:
        """None is to die any more."""
        for control in self.controls.values():
            control.disarm()

    def back(self) -> None:
        """Whoever does not run is started, and none is to die."""
        self.disarm()
        for number in self.ensemble.numbers:
            if number not in self.ensemble.running:
                self.ensemble.launch(number)
        self.ensemble.wait_serving()

    def _wait_hit(self, armed: list[int]) -> list[int]:
        running = self.ensemble.running
        deadline = time.monotonic() + REACH_S_MAX
        while not any(running[n].ended for n in armed) and time.monotonic() < deadline:
            self.demand()
            time.sleep(0.003)
        self.seen = max(self.controls[number].seen for number in armed)
        for number in armed:
            if not self.controls[number].hit:
                self.controls[number].disarm()
        found = [number for number in armed if self.controls[number].hit]
        for number in found:
            member = running[number]
            wait_until(f"member {number} is dead", lambda member=member: member.ended)
            del running[number]
        self.ensemble.demand_alive()
        return found

    # ---- what leads to it; each gives those who are armed

    def _roles(self) -> tuple[int, list[int]]:
        leader = self.ensemble.leader()
        others = [number for number in self.ensemble.numbers if number != leader]
        self.chance.shuffle(others)
        return leader, others

    def _load(self, case: Case) -> list[int]:
        leader, followers = self._roles()
        victim = leader if case.who == LEADER else followers[0]
        time.sleep(self.chance.uniform(0.0, 0.05))
        self.controls[victim].arm(case.point)
        return [victim]

    def _election(self, case: Case) -> list[int]:
        """Who stands is not ours to say: of three members, one of the two that comes there."""
        leader, followers = self._roles()
        for number in followers:
            self.controls[number].arm(case.point)
        self.ensemble.kill(leader)
        return followers

    def _away(self, case: Case) -> list[int]:
        leader, (away, *_) = self._roles()
        self.ensemble.kill(away)
        goal = self.ensemble.zxid(leader) + AWAY_ZXIDS
        wait_until("the others go on", lambda: self.ensemble.zxid(leader) > goal)
        victim = leader if case.who == LEADER else away
        self.controls[victim].arm(case.point)
        self.ensemble.launch(away)
        return [victim]

    def _empty(self, case: Case) -> list[int]:
        _, (victim, *_) = self._roles()
        self.ensemble.kill(victim)
        self.ensemble.wipe(victim)
        self.controls[victim].arm(case.point)
        self.ensemble.launch(victim)
        return [victim]

    def _conflict(self, case: Case) -> list[int]:
        """A leader that is left alone takes what nobody else gets, dies, and finds another. The
        other writes little meanwhile, or its log would not reach back so far any more."""
        old, others = self._roles()
        self.ensemble.kill(*others)
        time.sleep(0.1)
        self.calm(True)
        self.ensemble.kill(old)
        for number in others:
            self.ensemble.launch(number)
        self.ensemble.leader()
        self.controls[old].arm(case.point)
        self.ensemble.launch(old)
        return [old]
