"""One scenario: a workload and a fault, some ten seconds long; then everything is looked at."""

import json
import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from traceback import format_exception
from typing import Any

from attrs import define, field
from ensemble.recorder import children, get
from faults import figures, judges
from faults.clients import Actor, Client, Loop
from faults.evidence import Evidence, circumstances, write_json
from faults.faulted import PROGRAM, SETTINGS, SHORT_LOGS, SLOW_DISK, Faulted
from faults.nemesis import (
    DISKS,
    NEED_CLOCKS,
    NEED_CUTS,
    NEED_SLOW_DISKS,
    Nemesis,
    Script,
    draw,
    needs_short_logs,
)
from faults.nets import Loopback, best_net
from faults.truth import Truth
from faults.workloads import WORKLOADS, Scene, Tree, sync

from hikari.testing.history import OK, UNKNOWN, Applied
from hikari_wire import codes

SECONDS = 10.0
PAUSE_S = 0.03
OPERATIONS_S_MIN = 50
"""A scenario with fewer answered operations a second has shown nothing."""
LOCK_OPERATIONS_S_MIN = 15
"""Of locks: there most clients wait most of the time."""
LIVELY_S = 5.0
"""After everything has healed, each client is served within this time."""
DRAIN_S = 30.0
READ_S = 15.0
"""To read the whole tree through one member."""
BATCH = 200
FORGOTTEN_S = 4.0
"""A session that nobody hears of is gone so long after its time-out."""
TIMEOUT_MS = 4_000
BLINDING = ("pause", "flap", "storm")
READS = {codes.GET_DATA, codes.GET_CHILDREN, codes.EXISTS, codes.MULTI_READ}


@define
class Verdict:
    """What came of a scenario. No failures: it passed."""

    command: str
    failures: list[str] = field(factory=list)
    figures: dict[str, Any] = field(factory=dict)
    acts: Script = field(factory=list)

    def told(self) -> str:
        shown = "  ".join(f"{name} {value}" for name, value in self.figures.items())
        lines = [f"{'FAILED' if self.failures else 'ok'}  {self.command}", f"    {shown}"]
        if self.failures:
            lines += [f"    ! {one}" for one in self.failures]
            lines += [f"    act {json.dumps(act)}" for act in self.acts]
        return "\n".join(lines)


@define
class Scenario:
    """`script`: instead of the one that would be drawn."""

    workload: str
    fault: str
    seed: str
    folder: Path
    members: int = 3
    seconds: float = SECONDS
    script: Script | None = None
    program: tuple[str, ...] = PROGRAM
    net: str = "best"

    def run(self) -> Verdict:
        """Raises nothing for what goes wrong, in the ensemble or in the harness: that is in the
        verdict, and in the folder is what is needed to look into it."""
        run = Run(self)
        try:
            run.all()
        except Exception as error:
            run.failed(error)
        finally:
            try:
                run.close()
            finally:
                run.keep()
        return run.verdict

    def command(self) -> str:
        words = ["-m", "faults", "run", self.workload, self.fault, self.seed]
        words += ["--members", str(self.members), "--seconds", f"{self.seconds:g}"]
        return shlex.join([".venv/bin/python", *words])


class Run:
    """One scenario under way."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.verdict = Verdict(scenario.command())
        self.net = (
            Loopback(scenario.members)
            if scenario.net == "loopback"
            else best_net(scenario.members, scenario.seed)
        )
        self.ensemble = Faulted(
            scenario.folder,
            self.net,
            settings=SHORT_LOGS if needs_short_logs(scenario.fault) else SETTINGS,
            clocks=scenario.fault in NEED_CLOCKS,
            program=SLOW_DISK if scenario.fault in NEED_SLOW_DISKS else scenario.program,
            disks=DISKS.get(scenario.fault, ""),
        )
        self.loop = Loop(self.net, scenario.seed, TIMEOUT_MS)
        self.scene = Scene(self.loop.chance, PAUSE_S)
        script = scenario.script or draw(
            scenario.fault, scenario.seed, scenario.members, scenario.seconds
        )
        with_points = any(act["do"] == "point" for act in script)
        self.nemesis = Nemesis(self.ensemble, script, scenario.seed, scenario.seconds, with_points)
        self.clients: list[Client] = []  # those of the workload
        self.applied: list[Applied] = []
        self.trees: dict[int, Tree] = {}
        self.began = time.monotonic()
        self.healed = 0.0

    def all(self) -> None:
        self.ensemble.start()
        workload = WORKLOADS[self.scenario.workload]
        self._do("prepare", self._prepare)
        for count, cast in workload.cast:
            for _ in range(count):
                self.loop.client(f"c{len(self.loop.clients)}", cast(self.scene))
        self.loop.run(lambda: False, 0.5)
        self.began = time.monotonic()
        self.nemesis.start()
        worst = 60.0 + 4 * self.scenario.seconds
        assert self.loop.run(lambda: not self.nemesis.is_alive(), worst), "the nemesis hangs"
        if self.nemesis.failure is not None:
            raise self.nemesis.failure
        self._demand_life()
        self.loop.run(lambda: False, 0.5)
        self.scene.over = True
        done = self.loop.run(lambda: all(one.done for one in self.loop.clients), DRAIN_S)
        hanging = [one.name for one in self.loop.clients if not one.done]
        assert done, f"clients hang: {hanging}"
        self.clients = self.loop.clients[1:]
        if self.scene.strangers:  # those who just left must be forgotten: no ghosts
            self.loop.run(lambda: False, TIMEOUT_MS / 1000 + FORGOTTEN_S)
        for number in self.ensemble.numbers:
            self.trees[number] = self._tree_of(number)
        self.loop.run(lambda: False, 0.2)
        compared = sum(map(self.ensemble.digests_compared, self.ensemble.numbers))
        self.verdict.figures["digests_compared"] = compared
        for client in self.loop.clients:
            client.leave()
        self.ensemble.demand_alive()
        self.ensemble.terminate(*self.ensemble.numbers)
        self.ensemble.demand_clean_logs()
        self._judge(self.trees)

    def failed(self, error: Exception) -> None:
        """It ended by an exception, of whomever: what is known at this moment is kept."""
        self.verdict.failures.append(f"{type(error).__name__}: {figures.told(error)[:2000]}")
        traceback = "".join(format_exception(error))
        (self.scenario.folder / "traceback").write_text(traceback)
        self._look()

    def _look(self) -> None:
        """Add what the processes are doing; those that have just gone cannot be asked."""
        with suppress(OSError), (self.scenario.folder / "look").open("a") as file:
            print(f"at {time.monotonic():.6f}", *self.ensemble.look(), sep="\n", file=file)

    def _do(self, name: str, act: Callable[[Client], Actor], members: tuple[int, ...] = ()) -> None:
        def whole(client: Client) -> Actor:
            yield from act(client)
            yield (codes.CLOSE_SESSION,)

        client = self.loop.client(name, whole, members)
        assert self.loop.run(lambda: client.done, READ_S), f"{name} takes too long"
        client.leave()

    def _prepare(self, client: Client) -> Actor:
        for request in WORKLOADS[self.scenario.workload].roots:
            made = yield request
            assert made.outcome == OK, made

    def _demand_life(self) -> None:
        """Everybody is served again, soon after all has healed."""
        self.healed = healed = time.monotonic()

        def served(client: Client) -> bool:
            if client.done:
                return True
            recent = client.conversations[-1].asked[-6:] if client.conversations else []
            return any(one.outcome == OK and one.invoked > healed for one in recent)

        if not self.loop.run(lambda: all(map(served, self.loop.clients)), LIVELY_S):
            waiting = [f"{one.name}@{one.member}" for one in self.loop.clients if not served(one)]
            self.verdict.failures.append(
                f"not served {LIVELY_S:g} s after everything healed: {waiting}"
            )
            self.ensemble.demand_alive()
            self._look()
            self.loop.run(lambda: all(map(served, self.loop.clients)), DRAIN_S)
        self.verdict.figures["healed_s"] = round(time.monotonic() - healed, 2)

    def _tree_of(self, number: int) -> Tree:
        """The whole tree, read through one member after a sync."""
        found: Tree = {}

        def read(client: Client) -> Actor:
            yield sync()
            paths = [b"/"]
            while paths:
                some, paths = paths[:BATCH], paths[BATCH:]
                told = yield [get(path) for path in some]
                assert all(one.outcome == OK for one in told), f"member {number}: {told[-1]}"
                found.update((path, one.value) for path, one in zip(some, told, strict=True))
                parents = [path for path in some if found[path][1].num_children]
                listed = (yield [children(path) for path in parents]) if parents else []
                for path, names in zip(parents, listed, strict=True):
                    assert names.outcome == OK, f"{path!r} through member {number}: {names}"
                    paths += [path.rstrip(b"/") + b"/" + name for name in names.value]

        self._do(f"reader of {number}", read, (number,))
        return found

    # ---- the verdict

    def _judge(self, trees: dict[int, Tree]) -> None:
        truths = [Truth(self.ensemble.layout.home(n)) for n in self.ensemble.numbers]
        self.verdict.acts = self.nemesis.log
        told = judges.conversations_of(self.loop.clients)
        wrong = self.verdict.failures
        wrong += judges.of_trees(trees)
        wrong += judges.of_scene(self.scene, trees[1])
        wrong += judges.of_sets(told, trees[1])
        wrong += judges.some("a client", [c for one in self.loop.clients for c in one.complaints])
        unexplained, counts = judges.of_registers(told)
        wrong += unexplained
        self.verdict.figures |= counts
        if needs_short_logs(self.scenario.fault):
            wrong += judges.of_rows(truths)
        else:
            self._judge_by_log(truths, trees[1])
        self._count()

    def _judge_by_log(self, truths: list[Truth], tree: Tree) -> None:
        told = judges.conversations_of(self.loop.clients)
        wrong, fault = self.verdict.failures, self.scenario.fault
        members, self.applied, model = judges.of_members(truths)
        wrong += members
        wrong += judges.of_writes(told, self.applied)
        wrong += judges.of_replay(told, self.applied)
        wrong += judges.of_ghosts(tree, model)
        if fault not in NEED_CLOCKS:
            blind = fault in NEED_CUTS | NEED_SLOW_DISKS or fault.startswith(BLINDING)
            early_ms = judges.EARLY_CUT_MS if blind else judges.EARLY_MS
            ahead = time.time() - time.monotonic()
            wrong += judges.of_expiry(told, self.applied, ahead, early_ms)

    def _count(self) -> None:
        told = judges.conversations_of(self.clients)
        answered = [one for each in told for one in each.asked if one.outcome != UNKNOWN]
        seconds = max(one.ended for one in answered) - self.began
        counted = self.verdict.figures
        counted |= {
            "operations": len(answered),
            "synced_reads": synced_reads(told),
            "events": sum(len(one.arrived) for one in told) - len(answered),
            "unknown": sum(len(one.asked) for one in told) - len(answered),
            "sessions": len({one.session for one in told}),
            "expired": sum(one.expired for one in told),
            "moves": len(told) - len({one.session for one in told}),
            "terms": len({term for term, _ in self.ensemble.terms()}),
            "outage_s": round(self._outage(), 2),
            "grants": len(self.scene.grants),
        }
        counted |= {"points": self.nemesis.reached} if self.nemesis.reached else {}
        counted |= {"full": self.nemesis.full} if self.nemesis.full else {}
        counted |= {"ended": self.nemesis.ended} if self.nemesis.ended else {}
        counted |= {f"packets_{name}": n for name, n in self.net.stats().items() if n}
        locks = self.scenario.workload == "locks"
        least = LOCK_OPERATIONS_S_MIN if locks else OPERATIONS_S_MIN
        if len(answered) < least * seconds:
            self.verdict.failures.append(f"{len(answered)} operations in {seconds:.0f} s: too few")

    def _outage(self) -> float:
        """The longest time without any answered write."""
        done = sorted(
            one.ended
            for told in judges.conversations_of(self.clients)
            for one in told.asked
            if one.outcome == OK and one.request[0] in judges.LOGGED and one.ended > self.began
        )
        return max((after - before for before, after in pairwise(done)), default=0.0)

    def close(self) -> None:
        """Whatever happened, nothing is left running."""
        self.loop.close()
        if self.nemesis.ident is not None:
            self.nemesis.join(60)
        self.ensemble.close()
        self.net.close()

    def keep(self) -> None:
        """What is needed to look into a failure: see `faults.evidence`."""
        folder, verdict = self.scenario.folder, self.verdict
        verdict.acts = self.nemesis.log
        told = {"command": verdict.command, "program": self.scenario.program}
        told |= {"failures": verdict.failures, "figures": verdict.figures, "acts": verdict.acts}
        write_json(folder / "script.json", self.nemesis.script)
        write_json(folder / "verdict.json", told | circumstances())
        if verdict.failures:
            conversations = judges.conversations_of(self.loop.clients)
            scene = self.scene
            Evidence(
                conversations, self.applied, self.trees, scene.grants, scene.used, scene.mirrors
            ).write(folder)


def synced_reads(told: list[Any]) -> int:
    """Reads that were asked right behind a sync of their connection."""
    count = 0
    for one in told:
        for before, after in pairwise(one.asked):
            if before.request[0] == codes.SYNC and after.request[0] in READS:
                count += before.outcome == after.outcome == OK
    return count
