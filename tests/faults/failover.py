"""How long nobody is served when the leader dies or hangs, what sessions and watches feel of it,
and that nothing else makes a leader change."""

import random
import threading
import time
from bisect import bisect
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import click
from ensemble.recorder import create, get, set_data
from faults import judges, rotation
from faults.campaigns import FIGURES
from faults.clients import EVENT, TIMEOUT_MS, Actor, Client, Loop
from faults.faulted import PROGRAM, SETTINGS, Faulted
from faults.figures import append
from faults.folders import new_folder
from faults.holders import PATIENCE_S, Counts, Holders, add, conversations_of
from faults.nets import Loopback, Switched
from faults.truth import Truth

from hikari.testing.history import OK
from hikari_wire import codes

PROBES = 6
PROBE_S = 0.004
HOLDERS = 100
"""Sessions whose whole history is judged. More are held by a process of their own, which counts."""
LIGHT_S = 0.005
"""So much longer is waited for each of those."""
PROBE_S_MAX = 0.1
"""Of many sessions, the log is to hold what becomes of them, not mostly probes."""
PREPARE_S = 30.0
SERVED_S = 20.0
RING_S = 15.0
HUNG_S = 2.5
AWAY_S = 2.5
PHASE_S = 0.007
SILENT_SHARE = 10
FORGOTTEN_S = 2.0
"""A session that nobody hears of is gone so long after its time-out."""
BELL = b"/bell"


class Stage:
    """An ensemble, probes that write all the time, and sessions that hold on to something."""

    def __init__(
        self,
        folder: Path,
        net: Loopback | Switched,
        holders: int,
        *,
        clocks: bool = False,
        settings: str = "",
        timeout_ms: int = TIMEOUT_MS,
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        """`holders`: how many sessions; those beyond `HOLDERS` are light, and want no cuts."""
        self.net = net
        settings = SETTINGS + settings
        self.ensemble = Faulted(folder, net, settings=settings, clocks=clocks, program=program)
        self.loop = Loop(net, "failover", timeout_ms)
        self.probes: list[Client] = []
        self.holders: list[Client] = []
        self.rung: dict[str, int] = {}
        self.over = False
        self.silent: list[int] = []  # sessions that hung up for good
        self.blind = False  # somebody hangs, or is cut off: see judges.EARLY_CUT_MS
        self.wrong: list[str] = []
        self._holders = min(holders, HOLDERS)
        self._light = holders - self._holders
        assert not self._light or not net.can_cut
        members = [net.client(number) for number in self.ensemble.numbers]
        self.crowd = Holders(members, self._light, timeout_ms, BELL) if self._light else None
        self.patience_s = LIGHT_S * self._light
        self.probe_s = min(PROBE_S * max(holders, HOLDERS) / HOLDERS, PROBE_S_MAX)
        self.rings, self._same = Counts(), dict[str, int]()

    def __enter__(self) -> "Stage":
        self.ensemble.start()
        first = self.loop.client("first", self._first)
        assert self.loop.run(lambda: first.done, PREPARE_S)
        self.probes = [self.loop.client(f"probe{n}", self._probe) for n in range(PROBES)]
        self.holders = [self.loop.client(f"holder{n}", self._hold) for n in range(self._holders)]
        held = self.loop.run(lambda: all(one.data for one in self.holders), PREPARE_S)
        assert held, "not all sessions have their watch"
        assert self.of_crowd("hold", PREPARE_S + self.patience_s) in (None, True), "nor have these"
        self.scatter()
        self.run(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()
        if self.crowd is not None:
            self.crowd.close()
        self.ensemble.close()
        self.net.close()

    def _first(self, client: Client) -> Actor:
        for path in (BELL, b"/held", *(b"/probe%d" % n for n in range(PROBES))):
            yield create(path)
        yield (codes.CLOSE_SESSION,)

    def _probe(self, client: Client) -> Actor:
        path, number = b"/" + client.name.encode(), 0
        while not self.over:
            number += 1
            yield set_data(path, b"%d" % number)
            yield self.probe_s

    def _hold(self, client: Client) -> Actor:
        """An ephemeral, and a watch that is set again each time it fires."""
        path = b"/held/" + client.name.encode()
        yield create(path, b"", codes.EPHEMERAL)
        yield get(BELL, watch=True)
        while not self.over:
            yield EVENT
            fired, client.events = len(client.events), type(client.events)()
            if fired:
                self.rung[client.name] = self.rung.get(client.name, 0) + fired
                yield get(BELL, watch=True)

    # ---- moving

    def run(self, seconds: float) -> None:
        self.loop.run(lambda: False, seconds)

    def meanwhile(self, work: Callable[[], Any], seconds: float = 90) -> None:
        """Do something that blocks, while the clients go on."""
        failed: list[BaseException] = []

        def guarded() -> None:
            try:
                work()
            except BaseException as failure:
                failed.append(failure)

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        assert self.loop.run(lambda: not thread.is_alive(), seconds), "it hangs"
        if failed:
            raise failed[0]

    def of_crowd(self, *command: Any) -> Any:
        """What the light sessions answer, while the others go on; None if there are none."""
        answers: list[Any] = [None]
        if self.crowd is not None:
            crowd = self.crowd
            self.meanwhile(lambda: answers.append(crowd.ask(*command)), PATIENCE_S)
        return answers[-1]

    def outage(self, begun: float, victim: int) -> tuple[float, float, float]:
        """From that moment: until anybody's new write was done, until everybody's was who was not
        connected to the victim, until everybody's was."""
        spared = [one for one in self.probes if one.up and one.member != victim]
        served = self.loop.run(lambda: all(_next(p, begun) for p in self.probes), SERVED_S)
        assert served, f"{SERVED_S:g} s without a write"
        times = {one: _next(one, begun) - begun for one in self.probes}
        of_spared = max((times[one] for one in spared), default=min(times.values()))
        return min(times.values()), of_spared, max(times.values())

    def ring(self, times: int) -> None:
        """Change what all watch. Each must hear of it, once."""

        def once(client: Client) -> Actor:
            while (yield set_data(BELL, b"%d" % times)).outcome != OK:
                pass
            yield (codes.CLOSE_SESSION,)

        before = dict(self.rung)
        self.of_crowd("mark")
        ringer = self.loop.client("ringer", once)

        def heard() -> bool:
            return ringer.done and all(
                self.rung.get(one.name, 0) > before.get(one.name, 0) for one in self.holders
            )

        self.loop.run(heard, RING_S)
        deaf = {n.name for n in self.holders if self.rung.get(n.name) == before.get(n.name)}
        self._count_ring(deaf)
        if deaf:
            self.wrong.append(f"ring {times}: not heard by {sorted(deaf)}")
        if deaf_too := self.of_crowd("heard", RING_S + self.patience_s):
            self.wrong.append(f"ring {times}: not heard, or no watch again, by {deaf_too} more")
        self.loop.run(lambda: all(one.data for one in self.holders), RING_S)

    def _count_ring(self, deaf: set[str]) -> None:
        for one in self.holders:
            moved, hears = one.same > self._same.get(one.name, 0), one.name not in deaf
            self._same[one.name] = one.same
            self.rings.rings += 1
            self.rings.heard += hears
            self.rings.moved += moved
            self.rings.moved_heard += moved and hears

    def scatter(self) -> None:
        """Some sessions go to another member, or they would all end where nobody is killed; as
        many probes write to each."""
        for number, probe in enumerate(self.probes):
            probe.go(1 + number % self.net.members)
        for client in self.loop.chance.sample(self.holders, len(self.holders) // 3):
            client.drop()
        self.of_crowd("scatter", RING_S + self.patience_s)
        self.loop.run(lambda: all(one.up for one in self.probes + self.holders), RING_S)

    def fall_silent(self) -> None:
        """One in ten hangs up for good, and must be forgotten with its ephemeral; nobody else."""
        some = self.loop.chance.sample(self.holders, len(self.holders) // SILENT_SHARE)
        self.silent = [one.session for one in some]
        self.silent += self.of_crowd("fall_silent", self._light // SILENT_SHARE) or []
        for client in some:
            client.leave()
        self.run(self.loop.timeout_ms / 1000 + FORGOTTEN_S)

    def leader(self) -> int:
        found: list[int] = []
        self.meanwhile(lambda: found.append(self.ensemble.leader()))
        return found[0]

    # ---- the end

    def finish(self) -> dict[str, Any]:
        """Stop, judge all that was heard, and count."""
        self.over = True
        self.run(1.5)
        light, sessions, now_held = self.of_crowd("tell") or (Counts(), [], [])
        now_held += [one.session for one in self.holders if one.up]
        counts = add(add(self._counts(), self.rings), light)
        for client in self.loop.clients:
            client.leave()
        self.ensemble.demand_alive()
        self.ensemble.terminate(*self.ensemble.numbers)
        self.ensemble.demand_clean_logs()
        truths = [Truth(self.ensemble.layout.home(n)) for n in self.ensemble.numbers]
        wrong, applied, model = judges.of_members(truths)
        wrong += judges.of_ghost_rows(truths)
        told = judges.conversations_of(self.loop.clients)
        wrong += judges.of_writes(told, applied)
        wrong += judges.of_replay(told, applied)
        wrong += judges.some("a client", [c for one in self.loop.clients for c in one.complaints])
        if not self.ensemble.clocks:
            signs = told + conversations_of(sessions)
            ahead = time.time() - time.monotonic()
            early_ms = judges.EARLY_CUT_MS if self.blind else judges.EARLY_MS
            wrong += judges.of_expiry(signs, applied, ahead, early_ms)
        gone = [f"{one:#x}" for one in now_held if one not in model.sessions]
        wrong += judges.some("expired, and not told so", gone)
        ghosts = [f"{one:#x}" for one in self.silent if one in model.sessions]
        wrong += judges.some("hung up long ago, and not expired", ghosts)
        return {
            "sessions": len(self.holders) + self._light,
            "sessions_held_at_the_end": len(now_held),
            "hung_up_for_good": len(self.silent),
            "of_those_forgotten": len(self.silent) - len(ghosts),
            "expired": counts.refused,
            **counts.told(),
            "back_s": spread(counts.back_s),
            "operations": sum(len(one.arrived) for one in told),
            "terms": len({term for term, _ in self.ensemble.terms()}),
            "wrong": [*self.wrong, *wrong],
        }

    def _counts(self) -> Counts:
        """What became of the connections of those who are judged word by word."""
        counts = Counts()
        for one in self.holders:
            counts.tries += one.tries
            counts.lost += one.lost
            counts.same += one.same
            counts.refused += one.refused
            counts.back_s += [
                b.began - a.ended
                for a, b in pairwise(one.conversations)
                if a.session == b.session and not b.expired
            ]
        return counts


def _next(client: Client, moment: float) -> float:
    """When its first write was done that it asked after this moment; 0: none was yet."""
    done = 0.0
    for told in reversed(client.conversations):
        if told.ended and told.ended < moment:
            break
        first = bisect(told.asked, moment, key=lambda one: one.invoked)
        found = (one.ended for one in islice(told.asked, first, None) if one.outcome == OK)
        done = next(found, done)
    return done


def spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)

    return {"min": at(0), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)}


def _tell(kind: str, figures: Path | None, told: dict[str, Any]) -> None:
    append(figures, kind, {"at": rotation.now(), **told})
    raise SystemExit(bool(told["wrong"]))


DISK = click.option("--disk", is_flag=True, help="In a folder on disk instead of in memory.")


@click.command()
@click.option("--kills", default=100, show_default=True)
@click.option("--pauses", default=30, show_default=True)
@click.option("--holders", type=click.IntRange(HOLDERS), default=HOLDERS, show_default=True)
@click.option("--rest-s", default=0.0, show_default=True, help="Peace after each of them.")
@click.option("--timeout-ms", default=TIMEOUT_MS, show_default=True, help="Of each session.")
@click.option("--election-ticks", type=int, help="Instead of the default.")
@DISK
@FIGURES
def failover(kills, pauses, holders, rest_s, timeout_ms, election_ticks, disk, figures):
    """Kill the leader, and let it hang, on loopback (scoreboard rows 13 to 16).

    A new leader gives every session a whole time-out: only with more rest than that between two of
    them could one expire by what the first of them did to it.
    """
    times = f"[raft]\nelection_ticks = {election_ticks}\n" if election_ticks else ""
    began = time.monotonic()
    with (
        new_folder(disk) as folder,
        Stage(folder, Loopback(3), holders, settings=times, timeout_ms=timeout_ms) as stage,
    ):
        stage.blind = pauses > 0
        killed, all_killed, hung, spared, all_hung = [], [], [], [], []
        for number in range(kills):
            leader = stage.leader()
            begun = time.monotonic()
            stage.ensemble.kill(leader)
            first, _, last = stage.outage(begun, leader)
            killed.append(first)
            all_killed.append(last)
            stage.ensemble.launch(leader)
            stage.meanwhile(lambda leader=leader: stage.ensemble.wait_caught_up(leader))
            stage.ring(number)
            stage.scatter()
            stage.run(rest_s)
        for number in range(pauses):
            leader = stage.leader()
            stage.run(PHASE_S * number)  # at any moment between two heartbeats
            begun = time.monotonic()
            stage.ensemble.pause(leader)
            first, others, last = stage.outage(begun, leader)
            hung.append(first)
            spared.append(others)
            all_hung.append(last)
            stage.run(max(HUNG_S - (time.monotonic() - begun), 0.0))
            stage.ensemble.go_on(leader)
            stage.meanwhile(lambda leader=leader: stage.ensemble.wait_caught_up(leader))
            stage.ring(kills + number)
            stage.scatter()
            stage.run(rest_s)
        stage.fall_silent()
        told = {
            "kills": kills,
            "killed_s": spread(killed),
            "killed_everybody_s": spread(all_killed),
            "election_ticks": election_ticks or "default",
            "pauses": pauses,
            "hung_s": spread(hung),
            "hung_not_connected_to_it_s": spread(spared),
            "hung_everybody_s": spread(all_hung),
            "rings": kills + pauses,
            "rest_s": rest_s,
            "timeout_ms": timeout_ms,
            "played_s": round(time.monotonic() - began),
            **stage.finish(),
        }
        told["seconds"] = round(time.monotonic() - began)
    _tell("fail-over", figures, told)


@click.command()
@click.option("--times", default=100, show_default=True)
@FIGURES
def rejoin(times, figures):
    """Cut a follower off for long, and let it come back (row 17): nobody else may notice."""
    with new_folder() as folder, Stage(folder, Switched(3), 10) as stage:
        stage.blind = True
        leader, chance = stage.leader(), random.Random("rejoin")
        away: list[float] = []
        for _ in range(times):
            cut = chance.choice([n for n in stage.ensemble.numbers if n != leader])
            others = [n for n in stage.ensemble.numbers if n != cut]
            links = [(a, b) for n in others for a, b in ((n, cut), (cut, n))]
            stage.net.set([(*link, {"cut": True}) for link in links])
            stage.run(AWAY_S)
            stage.net.set([(*link, {}) for link in links])
            healed = time.monotonic()
            stage.meanwhile(lambda cut=cut: stage.ensemble.wait_caught_up(cut))
            away.append(time.monotonic() - healed)
            stage.run(0.3)
        told = {"rejoins": times, "back_s": spread(away), **stage.finish()}
        told["leader_changes"] = told["terms"] - 1
    _tell("rejoin", figures, told)


@click.command("clock-steps")
@click.option("--times", default=40, show_default=True)
@FIGURES
def clock_steps(times, figures):
    """Let wall clocks jump by an hour (row 17): no leader may change, no session expire."""
    with new_folder() as folder, Stage(folder, Loopback(3), 20, clocks=True) as stage:
        chance = random.Random("clocks")
        for number in range(times):
            who = chance.sample(list(stage.ensemble.numbers), chance.randint(1, 3))
            for member in who:
                stage.ensemble.set_clock(member, chance.choice([-3600.0, 3600.0, 0.0]))
            stage.run(1.0)
            if number % 4 == 0:
                stage.ring(number)
        told = {"steps": times, **stage.finish()}
        told["leader_changes"] = told["terms"] - 1
    _tell("clock steps", figures, told)
