"""Where the time of a read and of a write goes: on the leader, on the follower that is asked, and
on the other one."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench import callgrind, load, spying
from hikari_tools.bench.handmade import Handmade
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import Peer, leader
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.usage import used_during, wait_for_rest

MEMBERS = 3
LEADER, ASKED, THIRD = "leader", "follower", "other follower"
WIDE, LONE = Level(16, 16), Level(1, 1)
KEYS = ("--keys", "10", "--root", "/profile", "--keep")
SLOWLY = ("--connect-timeout", "30000", "--session-timeout", "100000")
REST_S = 5.0
COUNTS = {"get": {WIDE: 4_000, LONE: 200}, "set": {WIDE: 1_000, LONE: 60}}
"""So many operations are few, under valgrind; four times as many are many."""


@dataclass(frozen=True)
class Case:
    """A workload, and whom it is asked of."""

    workload: str
    level: Level
    asked: str
    seen: tuple[str, ...]
    """Whose time is looked at: a read is nobody's but the one's who is asked."""

    @property
    def name(self) -> str:
        """As a table has it."""
        return f"{self.workload} {self.level}"


CASES = [
    *(Case("get", level, asked, (asked,)) for level in (WIDE, LONE) for asked in (LEADER, ASKED)),
    *(Case("set", level, ASKED, (LEADER, ASKED, THIRD)) for level in (WIDE, LONE)),
]


@dataclass(frozen=True)
class Roles:
    """Which member plays which role now."""

    peer: Peer
    of: dict[str, int]

    @classmethod
    def now(cls, peer: Peer) -> "Roles":
        """The first of the followers is the one that is asked."""
        leads = leader(peer)
        asked, third = (number for number, _ in enumerate(peer.ports, 1) if number != leads)
        return cls(peer, {LEADER: leads, ASKED: asked, THIRD: third})

    def host(self, role: str) -> str:
        """Where to ask it."""
        return f"127.0.0.1:{self.peer.ports[self.of[role] - 1]}"

    def pid(self, role: str) -> int:
        """Of its process."""
        return self.peer.pid(self.of[role])


def by_time(
    zkload: Path, peer: Peer, seconds: float, folder: Path, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Processor time for an operation, and by area, if py-spy is there: each case twice, as who is
    looked at is slowed down."""
    for case in CASES:
        roles = Roles.now(peer)
        pids = [roles.pid(role) for role in case.seen]
        run = Run(case.workload, case.level, seconds, options=KEYS)

        def words(run: Run, case: Case = case, roles: Roles = roles) -> list[str]:
            return run.words(zkload, roles.host(case.asked), peer.name, [])

        report, used = used_during(run, words(run), pids)
        areas = _areas(run, words, pids, folder) if spying.program() else {}
        for role, pid, one in zip(case.seen, pids, used, strict=True):
            say(f"{case.name:>10} {role:>14} {one.cpu_us:8.2f} µs, {report['ops_per_s']:,.0f} op/s")
            yield {
                "figure": case.name,
                "label": role,
                "ops_per_s": report["ops_per_s"],
                **dataclasses.asdict(one),
                "areas_us": {
                    name: share * one.user_us for name, share in areas.get(pid, {}).items()
                },
            }


def _areas(
    run: Run, words: Callable[[Run], list[str]], pids: list[int], folder: Path
) -> dict[int, dict[str, float]]:
    longer = dataclasses.replace(run, seconds=run.seconds + spying.SETTLES_S)
    with (
        load.started(words(longer)) as process,
        spying.spied(pids, run.seconds, folder) as files,
    ):
        load.finish(process, longer.seconds + load.SPARE_SECONDS)
    return {pid: spying.shares(file.read_text()) for pid, file in files.items()}


def by_instructions(
    zkload: Path, folder: Path, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Instructions for an operation, of each role: one member runs under valgrind, and comes to
    follow and to lead. A folder of its own."""
    peer = Handmade(folder, free_ports(MEMBERS), MEMBERS, callgrind.under(folder))
    try:
        say("starting 3 members, one of them under valgrind")
        peer.start()
        counted = callgrind.Counted(peer.pid(1), folder)
        for role, play in ((ASKED, peer.let_follow), (LEADER, peer.let_lead)):
            play()
            counted.look_at_rest(REST_S)
            for case in CASES:
                for seen in case.seen:
                    if (role == LEADER) == (seen == LEADER):
                        each = _count(zkload, peer, counted, case, seen)
                        say(f"{case.name:>10} {seen:>14} {sum(each.values()):12,.0f} instructions")
                        yield {"figure": case.name, "label": seen, "instructions": each}
    finally:
        peer.stop()


def _count(
    zkload: Path, peer: Handmade, counted: callgrind.Counted, case: Case, seen: str
) -> dict[str, float]:
    """Of member 1, which plays the role that is seen."""
    roles = Roles.now(peer).of
    if seen == THIRD:  # then it is not the one that is asked
        roles = {**roles, ASKED: roles[THIRD]}
    host = f"127.0.0.1:{peer.ports[roles[case.asked] - 1]}"
    few = COUNTS[case.workload][case.level]

    def run(count: int) -> None:
        words = (*KEYS, *SLOWLY, "--count", str(count))
        asked = Run(case.workload, case.level, 0, 0, options=words)
        load.run(asked.words(zkload, host, peer.name, []), load.SPARE_SECONDS * 3)
        wait_for_rest(peer.pid(1))  # the others commit without it, and it comes behind

    run(few)
    return counted.each(run, few, 4 * few)
