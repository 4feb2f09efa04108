"""Holds the collection of containers and TTL znodes against ZooKeeper's:
`python -m differential.endings --seeds 1..20`.

Both look for what has ended some times a second. Scripts (see `lives`) make znodes that end and
znodes that stay; what was answered, what is left after enough time, and what those heard who
watched, path by path, must be the same. Nothing here waits for a time: a *control*, a znode of
the same kind somewhere else, is polled until it is gone. Masked: times, zxids, and the order in
which znodes of different paths go.

A script is played again if this machine was so slow that it touched what may have ended.
"""

import itertools
import json
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from differential import lives, servers
from differential.bench import Bench
from differential.dues import Dues, Late
from differential.shrinking import shrink
from differential.stage import OPEN_ACL, Item, Seat, Step
from faults.figures import append

INTERVAL_MS = 100
ENDINGS = servers.Endings(INTERVAL_MS, lives.NEVER_USED_MS)
ROUNDS = 5
"""One after the other, so that what is emptied by a collection is collected in the next one."""
PATIENCE_S = 30.0
POLL_S = 0.01
TRIES = 5
RACE_S = INTERVAL_MS / 1_000 / lives.RACED
"""From one container to the next: a round of the collection falls somewhere among them."""
RACES = "/R/raced"
"""Which of these are left is chance."""
NO_NODE = -101


class Play:
    """One script on one server. `heard` is what is compared."""

    def __init__(self, server: Any, root: str) -> None:
        self.server, self.root, self.controls = server, root, f"{root}-controls"
        addresses = server.addresses
        self.control = Seat(addresses[0], root, -1)
        self.seats = [
            Seat(addresses[number % len(addresses)], root, number) for number in range(lives.SEATS)
        ]
        self.dues = Dues()
        self.settled_until = 0.0
        self.numbers = itertools.count()
        self.replies: list[Any] = []
        self.looks: list[dict[str, Any]] = []
        self.raced: dict[str, bool] = {}
        self.events: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

    def heard(self) -> Iterator[tuple[Any, Any]]:
        """What is compared, and what it is about."""
        yield from enumerate(self.replies)
        for number, look in enumerate(self.looks):
            for path in sorted(path for path in look if not path.startswith(RACES)):
                yield (f"look {number}", path), look[path]
        for seat, paths in sorted(self.events.items()):
            for path, kinds in sorted(paths.items()):
                if not path.startswith(RACES):
                    yield (f"events of seat {seat}", path), kinds

    def misled(self) -> list[str]:
        """Where a race has not ended as was told."""
        return [path for path in self.raced if not self._as_told(path)]

    def _as_told(self, path: str) -> bool:
        """Whoever made a child in time has it; else it is gone, and that was heard once."""
        stays = self.raced[path]
        gone = self.events[lives.RECURSIVE][path].count(2) == 1
        return all((path in look) == stays != gone for look in self.looks)

    # ---- the steps

    def run(self, script: list[Step]) -> "Play":
        """Play it."""
        try:
            self.control.call({}, [])
            for path in (self.root, self.controls):
                self._told(["create", path, "", OPEN_ACL, 0])
            for seat in self.seats:
                seat.call({}, self.seats)
                seat.heard.clear()
            for step in script:
                self._step(step)
            return self
        finally:
            self._leave()

    def _step(self, step: Step) -> None:
        if "pass" in step:
            self._pass(step["pass"])
        elif "settle" in step:
            self._settle(step["settle"])
        elif "look" in step:
            self._look()
        elif "restart" in step:
            self._restart()
        elif "race" in step:
            self._race(step["race"])
        else:
            self._ask(self.seats[step["seat"]], step["ask"])

    def _ask(self, seat: Seat, requests: list[list[Any]]) -> None:
        sent = time.monotonic()
        seat.ask(self._meant([["sync", "/R"], *requests]))
        now = time.monotonic()
        for request in requests:
            self.dues.demand_alive(request, now)
        replies = [item for item in self._taken(seat) if item[0] != "event"]
        for request, reply in zip(requests, replies[1:], strict=False):
            self.dues.note(request, reply, sent, now)
        self.replies += [(seat.number, _masked(item)) for item in replies]

    def _taken(self, seat: Seat) -> list[Item]:
        """What it heard; events are put aside."""
        items = [self._shown(item) for item in seat.heard]
        seat.heard.clear()
        for item in items:
            if item[0] == "event":
                self.events[seat.number][item[5]].append(item[3])
        return items

    def _meant(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("/R", self.root)
        return [self._meant(part) for part in value] if isinstance(value, list) else value

    def _shown(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(self.root, "/R")
        if isinstance(value, tuple | list):
            return type(value)(self._shown(part) for part in value)
        return value

    def _race(self, paths: list[str]) -> None:
        """Some are in time and some are not: the reply says which."""
        begun = time.monotonic()
        for number, path in enumerate(paths):
            while time.monotonic() < begun + number * RACE_S:
                self._told(["ping"])
            error = self._told(self._meant(["create", f"{path}/y", "", OPEN_ACL, 0]))[4]
            assert error in (0, NO_NODE), error
            self.raced[path] = not error

    def _restart(self) -> None:
        """Nobody watches from then on, and what was heard is forgotten: a collection may have come
        before it or after."""
        everybody = (self.control, *self.seats)
        for seat in everybody:
            seat.drop()
        self.server.restart()
        for seat in everybody:
            seat.call({"zxid": "seen"}, self.seats)
            assert seat.socket is not None, seat.heard
            seat.heard.clear()
        self.events.clear()

    # ---- time

    def _told(self, request: list[Any]) -> Item:
        """The control's reply."""
        self.control.heard.clear()
        self.control.ask([request])
        return self.control.heard[-1]

    def _wait_gone(self, path: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self._told(["exists", path, False])[4]:
            assert time.monotonic() < deadline, f"{path} stays"
            time.sleep(POLL_S)

    def _pass(self, ms: int) -> None:
        """It is no less than so long until it is gone."""
        path = f"{self.controls}/c{next(self.numbers)}"
        begun = time.monotonic()
        self._told(["createTTL", path, "", OPEN_ACL, 5, ms])
        self._wait_gone(path)
        early = time.monotonic() - begun < ms / 1_000
        self.replies.append(("a TTL znode that was gone too early", early))
        self.settled_until = begun + ms / 1_000

    def _settle(self, ms: int) -> None:
        self._pass(ms)
        until = self.settled_until
        for _ in range(ROUNDS):
            path = f"{self.controls}/c{next(self.numbers)}"
            self._told(["createContainer", path, "", OPEN_ACL, 4])
            self._told(["create", f"{path}/x", "", OPEN_ACL, 0])
            self._told(["delete", f"{path}/x", -1])
            self._wait_gone(path)
        self.dues.settle(until)

    # ---- what is left

    def _look(self) -> None:
        for seat in self.seats:
            if seat.send_flush():
                seat.flushed()
            self._taken(seat)
        found: dict[str, Any] = {}
        paths = [self.root]
        for path in paths:
            data, names = (self._told([name, path, False]) for name in ("getData", "getChildren"))
            acl = self._told(["getACL", path])
            if not names[4]:  # else it has gone since it was listed: see below
                paths += [f"{path}/{name}" for name in names[5][0]]
            found[self._shown(path)] = _masked((data[4:], names[4:], acl[4:]))
        self.dues.demand_settled(time.monotonic())
        self.looks.append(found)

    def _leave(self) -> None:
        for seat in (*self.seats, self.control):
            seat.drop()


def _masked(value: Any) -> Any:
    """Without times and the order of names; of zxids, whether they are those of the creation."""
    if isinstance(value, tuple) and len(value) == 11:
        changed = (value[1] > value[0], value[10] > value[0])
        return (*changed, *value[4:7], bool(value[7]), *value[8:10])
    if isinstance(value, tuple) and value and value[0] == "reply":
        return tuple(_masked(part) for part in (*value[:3], *value[4:]))
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return sorted(value)
    if isinstance(value, list | tuple):
        return type(value)(_masked(part) for part in value)
    return value


class Court:
    """`with Court(…) as court`: plays scripts to both, as many at a time as are given."""

    def __init__(self, members: int = 1) -> None:
        self.bench = Bench(lives.SEATS, members, endings=ENDINGS)
        self.runs = itertools.count(1)

    def __enter__(self) -> "Court":
        self.bench.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.bench.__exit__()

    def judge(self, script: list[Step]) -> tuple[Any, Counter[str]]:
        """The first difference, or None; and figures of what was compared."""
        for _ in range(TRIES):
            judged = self._judge(script)
            if judged is not None:
                return judged
        raise AssertionError("this machine is too slow to judge what ends by itself")

    def _judge(self, script: list[Step]) -> tuple[Any, Counter[str]] | None:
        """None: the machine was too slow this time."""
        root = f"/e{next(self.runs):06}"
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(Play(server, root).run, script) for server in self.bench.servers]
            try:
                theirs, ours = (one.result() for one in both)
            except Late:
                return None
        return difference(theirs, ours), counts(theirs)

    def judge_all(self, scripts: list[list[Step]]) -> list[tuple[Any, Counter[str]]]:
        """All of them at the same time: most of it is waiting. What was too slow then has the
        machine for itself."""
        with ThreadPoolExecutor(len(scripts)) as pool:
            judged = list(pool.map(self._judge, scripts))
        return [one or self.judge(script) for one, script in zip(judged, scripts, strict=True)]


def difference(theirs: Play, ours: Play) -> Any:
    """The first: what it is about, theirs, ours. Or None."""
    there, here = dict(theirs.heard()), dict(ours.heard())
    for about in [*there, *(about for about in here if about not in there)]:
        if there.get(about) != here.get(about):
            return about, there.get(about), here.get(about)
    if theirs.misled() or ours.misled():
        return "races that have not ended as was told", theirs.misled(), ours.misled()
    return None


def counts(play: Play) -> Counter[str]:
    """How much was compared."""
    events = sum(len(kinds) for paths in play.events.values() for kinds in paths.values())
    gone = sum(kinds.count(2) for kinds in play.events[lives.RECURSIVE].values())
    return Counter(
        scripts=1,
        operations=len(play.replies),
        events=events,
        deletions=gone,
        left=len(play.looks[-1]),
        races_won=sum(play.raced.values()),
        races=len(play.raced),
    )


@click.command()
@click.option("--seeds", default="1..8", show_default=True, help="A..B, both included")
@click.option("--together", type=int, default=8, show_default=True, help="so many at a time")
@click.option("--members", type=int, default=1, show_default=True, help="of Hikari")
@click.option("--restart", is_flag=True, help="kill both in the midst; one script at a time")
@click.option("--shrink-runs", type=int, default=0, show_default=True, help="of ten seconds each")
@click.option("--figures", "path", type=click.Path(path_type=Path), help="JSON to append to")
def main(
    seeds: str, together: int, members: int, restart: bool, shrink_runs: int, path: Path | None
) -> None:
    """Play lives of containers and TTL znodes to both."""
    why = servers.missing()
    if why:
        raise click.ClickException(why)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and leave no server behind
    first, _, last = seeds.partition("..")
    wanted = list(range(int(first), int(last or first) + 1))
    totals: Counter[str] = Counter()
    begun = time.monotonic()
    together = 1 if restart else together
    with Court(members) as court:
        for at in range(0, len(wanted), together):
            some = wanted[at : at + together]
            judged = court.judge_all([lives.draw(seed, restart) for seed in some])
            for seed, (found, counted) in zip(some, judged, strict=True):
                totals += counted
                if found is not None:
                    totals["differences"] += 1
                    print(f"{seed}: {found[0]}\n  theirs {found[1]}\n  ours   {found[2]}")
                    if shrink_runs:
                        _shrink(court, lives.draw(seed, restart), found, shrink_runs)
                    sys.stdout.flush()
    seconds = round(time.monotonic() - begun)
    figures = {**totals, "differences": totals["differences"], "seconds": seconds}
    append(path, "differential endings", {"against": "zookeeper-3.8", "seeds": seeds, **figures})
    if totals["differences"]:
        raise SystemExit(1)


def _shrink(court: Court, script: list[Step], found: Any, runs: int) -> None:
    def kind(one: Any) -> Any:
        return one and (one[0][0] if isinstance(one[0], tuple) else "a reply", one[1:])

    small = shrink(script, kind(found), lambda candidate: kind(court.judge(candidate)[0]), runs)
    print("  shrunk to:", *map(json.dumps, small), sep="\n  ")


if __name__ == "__main__":
    main()
