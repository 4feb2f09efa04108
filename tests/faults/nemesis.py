"""What goes wrong, and when: a script is drawn from a seed, can be kept as JSON, and is acted out.

An act is a dict: `do` says what, `for_s` for how long, `then_s` how long to leave them in peace.
Whom it strikes is drawn as a rank: 0 is the member that leads at that moment, 1 .. are the others,
so that a script means the same in another run.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from itertools import permutations
from typing import Any

from ensemble.ensemble import wait_until
from faults import shim
from faults.faulted import Faulted
from faults.nets import CLIENTS
from faults.points import BUSY, SHORT
from faults.ways import TRIES, Case, Guide, control_all, named

Act = dict[str, Any]
Script = list[Act]

LEADER_S = 1.5
"""So long is waited for somebody who leads, before a victim is chosen without."""
HOUR_S = 3600.0
GIVES_UP_S = 10.0
"""A member whose fsync failed has ended by then. An idle one syncs only with the next write."""


def _times(chance: random.Random, least: float, most: float, then_s: float = 1.0) -> Act:
    return {"for_s": round(chance.uniform(least, most), 3), "then_s": then_s}


def _until(seconds: float, draw: Callable[[], Act]) -> Script:
    """As many acts as fit."""
    script: Script = []
    while sum(act["for_s"] + act["then_s"] for act in script) < seconds:
        script.append(draw())
    return script[:-1] or script


def _kill(chance: random.Random, ranks: list[int]) -> Act:
    return {"do": "kill", "who": ranks, **_times(chance, 0.2, 1.5)}


def _pause(chance: random.Random, ranks: list[int], most: float = 4.0) -> Act:
    return {"do": "pause", "who": ranks, **_times(chance, 0.2, most)}


def _cut(chance: random.Random, links: list[list[int]], least: float = 1.2) -> Act:
    return {"do": "links", "links": [[*link, {"cut": True}] for link in links]} | _times(
        chance, least, 3.0
    )


def _both_ways(some: list[int], others: list[int]) -> list[list[int]]:
    return [[a, b] for a in some for b in others] + [[b, a] for a in some for b in others]


def _halves(chance: random.Random, members: int) -> Act:
    ranks = list(range(members))
    chance.shuffle(ranks)
    cut = chance.randint(1, members // 2)
    return _cut(chance, _both_ways(ranks[:cut], ranks[cut:]))


def _ring(chance: random.Random, members: int) -> Act:
    """Everybody sees a majority, and no two see the same. With three members: a chain."""
    ranks = list(range(members))
    chance.shuffle(ranks)
    gone = [
        [a, b]
        for i, a in enumerate(ranks)
        for j, b in enumerate(ranks)
        if i != j and (i - j) % members not in (1, members - 1)
    ]
    return _cut(chance, gone or _both_ways(ranks[:1], ranks[1:2]))


def _bridge(chance: random.Random, members: int) -> Act:
    """Two halves that both see the one between them."""
    ranks = list(range(members))
    chance.shuffle(ranks)
    half = (members - 1) // 2
    return _cut(chance, _both_ways(ranks[:half], ranks[half + 1 :]))


def _one_way(chance: random.Random, members: int) -> Act:
    """The leader is deaf, or dumb, or one follower is, to the others or to one of them."""
    who = chance.choice([0, 0, chance.randrange(members)])
    others = [rank for rank in range(members) if rank != who]
    if chance.random() < 0.5:
        others = [chance.choice(others)]
    deaf = chance.random() < 0.5
    return _cut(chance, [[o, who] if deaf else [who, o] for o in others])


def _from_clients(chance: random.Random, members: int) -> Act:
    """Some members cannot be reached by any client, in one direction or both."""
    ranks = chance.sample(range(members), chance.randint(1, members - 1))
    ways = chance.choice([[True], [False], [True, False]])
    cut = [["clients", r] if way else [r, "clients"] for r in ranks for way in ways]
    return _cut(chance, cut)


def _packets(chance: random.Random, members: int, faults: dict[str, Any], clients: bool) -> Act:
    places: list[Any] = [*range(members), *(["clients"] if clients else [])]
    links = [[a, b, faults] for a, b in permutations(places, 2)]
    return {"do": "links", "links": links, **_times(chance, 2.0, 4.0, 0.5)}


def _loss(chance: random.Random, members: int) -> Act:
    return _packets(chance, members, {"loss": round(chance.uniform(0.01, 0.30), 3)}, False)


def _delay(chance: random.Random, members: int) -> Act:
    faults = {
        "delay_s": round(chance.uniform(0.0, 0.05), 3),
        "jitter_s": round(chance.uniform(0.0, 0.15), 3),
    }
    return _packets(chance, members, faults, chance.random() < 0.3)


def _mess(chance: random.Random, members: int) -> Act:
    """Some of everything."""
    faults = {
        "loss": round(chance.uniform(0, 0.05), 3),
        "duplicate": round(chance.uniform(0, 0.3), 3),
        "reorder": round(chance.uniform(0, 0.3), 3),
        "jitter_s": round(chance.uniform(0, 0.02), 3),
    }
    return _packets(chance, members, faults, True)


def _slow(chance: random.Random, members: int) -> Act:
    """A member whose lines carry 256 kbit/s."""
    who = chance.randrange(members)
    faults = {"bytes_s": 32_000, "delay_s": 0.01}
    links = [[a, b, faults] for a, b in _both_ways([who], [n for n in range(members) if n != who])]
    return {"do": "links", "links": links, **_times(chance, 2.0, 4.0, 0.5)}


def _clock(chance: random.Random, members: int) -> Act:
    ranks = chance.sample(range(members), chance.randint(1, members))
    ahead = chance.choice([60.0, -60.0, HOUR_S, -HOUR_S])
    return {"do": "clock", "who": ranks, "ahead_s": ahead, **_times(chance, 0.3, 1.0, 0.2)}


def _strobe(chance: random.Random, members: int) -> Act:
    return {"do": "strobe", "who": [0, 1], "ahead_s": HOUR_S, **_times(chance, 2.0, 3.0, 0.5)}


def _half_open(chance: random.Random, members: int) -> Act:
    """Somebody dies and nobody is told: it was cut off before."""
    return {"do": "silent_kill", "who": [chance.randrange(members)], **_times(chance, 0.5, 2.0)}


def _snapshot(chance: random.Random, members: int) -> Act:
    """A follower is away for more than the log keeps, and comes back over a slow line, which may
    break meanwhile; or who sends to it dies."""
    who = chance.randrange(1, members)
    return {
        "do": "snapshot",
        "who": [who],
        "bytes_s": chance.choice([0, 100_000, 1_000_000]),
        "break": chance.choice(["nothing", "line", "sender", "receiver"]),
        **_times(chance, 1.0, 2.0),
    }


def _disk(chance: random.Random, members: int, fsync_s: float) -> Act:
    who = chance.choice([0, chance.randrange(members)])
    return {"do": "disk", "who": [who], "fsync_s": fsync_s, **_times(chance, 1.5, 3.0)}


def _full(chance: random.Random, members: int) -> Act:
    """A disk that refuses what takes room: of who leads, of another, or of a majority."""
    ranks = chance.choice([[0], [chance.randrange(1, members)], list(range(members // 2 + 1))])
    return {"do": "full_disk", "who": ranks, **_times(chance, 0.5, 4.0)}


def _failing(chance: random.Random, members: int) -> Act:
    """One fsync fails, once; `for_s` later somebody starts the member again."""
    who = chance.choice([0, chance.randrange(members)])
    return {"do": "failing_disk", "who": [who], **_times(chance, 0.0, 1.5)}


def _point(chance: random.Random, cases: list[Case]) -> Act:
    return {"do": "point", "point": str(chance.choice(cases)), **_times(chance, 0.0, 1.0)}


Draw = Callable[[random.Random, int], Act]
DRAWS: dict[str, Draw] = {
    "kill-random": lambda chance, members: _kill(chance, [chance.randrange(members)]),
    "kill-leader": lambda chance, members: _kill(chance, [0]),
    "kill-all": lambda chance, members: _kill(chance, list(range(members))) | {"then_s": 2.5},
    "restart": lambda chance, members: {"do": "restart", "for_s": 2.0 * members, "then_s": 1.0},
    "pause-leader": lambda chance, members: _pause(chance, [0]),
    "pause-others": lambda chance, members: _pause(
        chance, chance.sample(range(1, members), chance.randint(1, members - 1))
    ),
    "pause-long": lambda chance, members: {"do": "pause", "who": [0], "for_s": 8.0, "then_s": 1.0},
    "flap": lambda chance, members: {"do": "flap", "who": [0], **_times(chance, 2.0, 4.0)},
    "halves": _halves,
    "leader-alone": lambda chance, members: _cut(chance, _both_ways([0], list(range(1, members)))),
    "ring": _ring,
    "bridge": _bridge,
    "swizzle": lambda chance, members: {"do": "swizzle", **_times(chance, 2.0, 3.0)},
    "one-way": _one_way,
    "clients-cut": _from_clients,
    "loss": _loss,
    "delay": _delay,
    "mess": _mess,
    "slow-link": _slow,
    "half-open": _half_open,
    "snapshot": _snapshot,
    "slow-disk": lambda chance, members: _disk(chance, members, 0.1),
    "frozen-disk": lambda chance, members: _disk(chance, members, 60.0),
    "full-disk": _full,
    "failing-disk": _failing,
    "clock": _clock,
    "strobe": _strobe,
}
NEED_CUTS = {
    *("halves", "leader-alone", "ring", "bridge", "swizzle", "one-way", "clients-cut"),
    *("loss", "delay", "mess", "slow-link", "half-open", "snapshot"),
}
NEED_SLOW_DISKS = {"slow-disk", "frozen-disk"}
DISKS = {"full-disk": shim.FULL, "failing-disk": shim.FAILS_ONCE}
"""Those that need the shim, and its mode."""
NEED_SHORT_LOGS = {"snapshot"}
NEED_CLOCKS = {"clock", "strobe"}
FAULTS = ["calm", *DRAWS, "storm"]
POINT = "point:"
"""Before the name of a point (and perhaps `:leader` or `:follower`), a fault too."""


def cases_of(fault: str) -> list[Case]:
    """Where `fault` kills; nowhere, if it is no point. Raises ValueError if a scenario cannot."""
    if not fault.startswith(POINT):
        return []
    cases = named(fault.removeprefix(POINT))
    if BUSY & set(cases[0].point.way):
        raise ValueError(f"{fault}: no scenario writes so much; see python -m faults at-points")
    return cases


def needs_short_logs(fault: str) -> bool:
    """Then the beginning of the log is gone at the end, and the judges have the rest."""
    return fault in NEED_SHORT_LOGS or any(SHORT & set(c.point.way) for c in cases_of(fault))


def draw(fault: str, seed: str, members: int, seconds: float) -> Script:
    """The acts of so many seconds; the same for the same arguments."""
    chance = random.Random(f"{fault}/{seed}")
    if cases := cases_of(fault):
        return _until(seconds, lambda: _point(chance, cases))
    if fault == "calm":
        return [{"do": "nothing", "for_s": seconds, "then_s": 0.0}]
    if fault != "storm":
        return _until(seconds, lambda: DRAWS[fault](chance, members))
    alone = {*NEED_CLOCKS, *NEED_SLOW_DISKS, *DISKS, *NEED_SHORT_LOGS, "restart", "pause-long"}
    some = sorted(set(DRAWS) - alone)
    return _until(seconds, lambda: DRAWS[chance.choice(some)](chance, members) | {"then_s": 0.3})


class Nemesis(threading.Thread):
    """Acts the script out, and heals everything at the end, whatever happens."""

    def __init__(
        self,
        ensemble: Faulted,
        script: Script,
        seed: str,
        seconds: float,
        with_points: bool = False,
    ) -> None:
        """`seconds`: nothing begins later; acts may take longer than they say. `with_points`:
        members that are launched from here on can be killed at points."""
        super().__init__(daemon=True)
        self.seconds = seconds
        self.ensemble, self.script = ensemble, script
        self.chance = random.Random(f"nemesis/{seed}")
        self.log: list[Act] = []
        self.reached = 0
        """How many points were."""
        self.ended = 0
        """How often a member ended itself and was started again."""
        self.full = 0
        """How often a member had no room, and said so."""
        self.failure: BaseException | None = None
        self._touched: set[tuple[int, int]] = set()
        self.guide = Guide(ensemble, control_all(ensemble), self.chance) if with_points else None

    def run(self) -> None:
        try:
            try:
                until = time.monotonic() + self.seconds
                for act in self.script:
                    if time.monotonic() < until:
                        self._act(act)
            finally:
                self._heal()
        except BaseException as failure:
            self.failure = failure

    def _act(self, act: Act) -> None:
        ranks = self._ranks()
        note = {**act, "began": time.monotonic(), "ranks": ranks}
        self.log.append(note)
        getattr(self, "_" + act["do"])(act, ranks)
        note["ended"] = time.monotonic()
        time.sleep(act["then_s"])

    def _ranks(self) -> list[int]:
        """The members by rank: who leads, then the others."""
        leader = self.ensemble.some_leader(LEADER_S)
        others = [number for number in self.ensemble.numbers if number != leader]
        return [leader, *others] if leader else others

    def _heal(self) -> None:
        if self.guide is not None:
            self.guide.disarm()
        if self._touched:
            self.ensemble.net.set([(a, b, {}) for a, b in sorted(self._touched)])
        for number in self.ensemble.numbers:
            self.ensemble.set_disk(number, 0.0)
            self.ensemble.flag(number).unlink(missing_ok=True)
        for number in list(self.ensemble.paused):
            self.ensemble.go_on(number)
        for number in self.ensemble.numbers:
            if number not in self.ensemble.running:
                self.ensemble.launch(number)

    # ---- the acts

    def _nothing(self, act: Act, ranks: list[int]) -> None:
        time.sleep(act["for_s"])

    def _kill(self, act: Act, ranks: list[int]) -> None:
        victims = [ranks[rank] for rank in act["who"]]
        self.ensemble.kill(*victims)
        time.sleep(act["for_s"])
        for number in victims:
            self.ensemble.launch(number)
        self.ensemble.wait_serving()

    def _point(self, act: Act, ranks: list[int]) -> None:
        assert self.guide is not None
        (case,) = named(act["point"])
        for _ in range(TRIES):
            if self.guide.lead(case):
                break
            self.guide.back()
        else:
            raise AssertionError(f"{case} was never reached; of its way {self.guide.seen} were")
        self.reached += 1
        time.sleep(act["for_s"])
        self.guide.back()

    def _silent_kill(self, act: Act, ranks: list[int]) -> None:
        victim = ranks[act["who"][0]]
        links = self._all_links(victim, ranks)
        self._set([(*link, {"cut": True}) for link in links])
        self.ensemble.kill(victim)
        time.sleep(act["for_s"])
        self._set([(*link, {}) for link in links])
        self.ensemble.launch(victim)
        self.ensemble.wait_serving()

    def _all_links(self, one: int, ranks: list[int]) -> list[tuple[int, int]]:
        others = [CLIENTS, *(number for number in ranks if number != one)]
        return [(a, b) for a, b in _both_ways([one], others)]

    def _snapshot(self, act: Act, ranks: list[int]) -> None:
        away = ranks[act["who"][0]]
        self.ensemble.kill(away)
        time.sleep(act["for_s"])
        links = self._all_links(away, ranks)
        if act["bytes_s"]:
            self._set([(*link, {"bytes_s": act["bytes_s"]}) for link in links])
        self.ensemble.launch(away)
        time.sleep(self.chance.uniform(0.5, 1.0))
        if act["break"] == "line":
            self._set([(*link, {"cut": True}) for link in links])
            time.sleep(1.5)
        elif act["break"] in ("sender", "receiver"):
            victim = away if act["break"] == "receiver" else self.ensemble.some_leader(LEADER_S)
            if victim:
                self.ensemble.kill(victim)
                self.ensemble.launch(victim)
        self._set([(*link, {}) for link in links])
        self.ensemble.wait_serving()
        self.ensemble.wait_caught_up(away)

    def _disk(self, act: Act, ranks: list[int]) -> None:
        victims = [ranks[rank] for rank in act["who"]]
        for number in victims:
            self.ensemble.set_disk(number, act["fsync_s"])
        time.sleep(act["for_s"])
        for number in victims:
            self.ensemble.set_disk(number, 0.0)

    def _full_disk(self, act: Act, ranks: list[int]) -> None:
        """Who ends by it is started again at once, and has to wait for room."""
        victims = [ranks[rank] for rank in act["who"]]
        before = [self.ensemble.full(number) for number in victims]
        for number in victims:
            self.ensemble.flag(number).touch()
        until = time.monotonic() + act["for_s"]
        while time.monotonic() < until:
            for number in victims:
                self._again(number)
            time.sleep(0.02)

        def felt() -> int:
            return sum(map(int.__lt__, before, map(self.ensemble.full, victims)))

        wait_until(f"one of {victims} feels that its disk is full", felt, GIVES_UP_S)
        for number in victims:
            self.ensemble.flag(number).unlink()
        self.full += felt()
        self._demand_back(victims)

    def _failing_disk(self, act: Act, ranks: list[int]) -> None:
        victim = ranks[act["who"][0]]
        self.ensemble.flag(victim).touch()
        member = self.ensemble.running[victim]
        wait_until(f"member {victim} gives up its disk", lambda: member.ended, GIVES_UP_S)
        assert not self.ensemble.flag(victim).exists(), "it ended before an fsync failed"
        time.sleep(act["for_s"])
        self._demand_back([victim])

    def _again(self, number: int) -> None:
        """Start a member that ended itself, as whoever looks after it would."""
        member = self.ensemble.running[number]
        if member.ended:
            assert member.broke, member.obituary()
            del self.ensemble.running[number]
            self.ensemble.launch(number)
            self.ended += 1

    def _demand_back(self, victims: list[int]) -> None:
        """With good disks all of them serve, whatever they have to do for that."""

        def serve() -> bool:
            for number in victims:
                self._again(number)
            return all(self.ensemble.mode(number) for number in victims)

        wait_until(f"members {victims} serve again", serve)
        for number in victims:
            self.ensemble.wait_caught_up(number)

    def _restart(self, act: Act, ranks: list[int]) -> None:
        """One after another, as an operator would."""
        for number in self.ensemble.numbers:
            self.ensemble.terminate(number)
            self.ensemble.launch(number)
            self.ensemble.wait_serving()
            self.ensemble.wait_caught_up(number)

    def _pause(self, act: Act, ranks: list[int]) -> None:
        victims = [ranks[rank] for rank in act["who"]]
        for number in victims:
            self.ensemble.pause(number)
        time.sleep(act["for_s"])
        for number in victims:
            self.ensemble.go_on(number)

    def _flap(self, act: Act, ranks: list[int]) -> None:
        """Whoever leads hangs for 300 ms, again and again."""
        until = time.monotonic() + act["for_s"]
        while time.monotonic() < until:
            leader = self.ensemble.some_leader(LEADER_S)
            if leader:
                self.ensemble.pause(leader)
                time.sleep(0.3)
                self.ensemble.go_on(leader)
            time.sleep(0.3)

    def _links(self, act: Act, ranks: list[int]) -> None:
        def place(who: Any) -> int:
            return CLIENTS if who == "clients" else ranks[who]

        links = [(place(a), place(b), faults) for a, b, faults in act["links"]]
        self._set(links)
        time.sleep(act["for_s"])
        self._set([(a, b, {}) for a, b, _ in links])

    def _swizzle(self, act: Act, ranks: list[int]) -> None:
        """Members are cut off one after another, and come back in another order."""
        some = self.chance.sample(ranks, len(ranks) - 1)
        step = act["for_s"] / (2 * len(some))
        for faults in ({"cut": True}, {}):
            self.chance.shuffle(some)
            for one in some:
                others = [number for number in ranks if number != one]
                self._set([(a, b, faults) for a, b in _both_ways([one], others)])
                time.sleep(step)

    def _set(self, links: list[Any]) -> None:
        self._touched.update((a, b) for a, b, _ in links)
        self.ensemble.net.set(links)

    def _clock(self, act: Act, ranks: list[int]) -> None:
        for rank in act["who"]:
            self.ensemble.set_clock(ranks[rank], act["ahead_s"])
        time.sleep(act["for_s"])
        for rank in act["who"]:
            self.ensemble.set_clock(ranks[rank], 0.0)

    def _strobe(self, act: Act, ranks: list[int]) -> None:
        until = time.monotonic() + act["for_s"]
        while time.monotonic() < until:
            for ahead_s in (act["ahead_s"], -act["ahead_s"], 0.0):
                for rank in act["who"]:
                    self.ensemble.set_clock(ranks[rank], ahead_s)
                time.sleep(0.05)


def written(script: Script) -> str:
    return json.dumps(script, indent=1)
