"""A member dies, or its disk fails, at one write to the disk: at each of them, one after another.

One client writes, and waits for each answer. Whatever happens to the member, when it is started
again it must show exactly what was acknowledged, or that and the one write that was under way.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from attrs import define, field
from ensemble.checks import tree_of
from ensemble.recorder import OK, Client, Lost, create, delete, set_data
from faults import figures, shim
from faults.members import IMPATIENT, OFTEN, SMALL, Forked, lane

from hikari_wire import codes

MODES = (*shim.DEADLY, *shim.FAILING, shim.FULL)
LIVES = ("new", "old")
"""From an empty folder on, or from one that has been lived in."""
STEPS = 50
END_S_MAX = 10.0
RESTART_S_MAX = 2.0
"""A figure, not a verdict: it hangs on what else the machine does."""
FULL_S = 0.5
WITHOUT_ROOM = ("enospc", "enospc-on", shim.FULL, "short")
"""All of these say ENOSPC in the end: a member begins anew in its process, and waits for room."""
MAY_LIVE = ("unlink", "rmdir", "rocksdict-config.json", "OPTIONS", "ftruncate", "pid", "IDENTITY")
"""What a member may fail at and go on: nothing is lost if such a file is old, or still there."""

Model = dict[bytes, bytes]
Step = tuple[tuple[Any, ...], Callable[[Model], None]]


def steps(life: str) -> Iterator[Step]:
    """Requests, each with what it does to the model; all data is unique."""

    def made(path: bytes, data: bytes) -> Step:
        return create(path, data), lambda model: model.__setitem__(path, data)

    def both(first: Step, second: Step) -> Step:
        def do(model: Model) -> None:
            first[1](model)
            second[1](model)

        return (codes.MULTI, (first[0], second[0])), do

    name = life.encode()
    yield made(b"/" + name, b"")
    register = b"/" + name + b"/register"
    yield made(register, b"")
    for n in range(STEPS):
        data = b"%s %d " % (name, n) * (200 if n % 3 else 2)
        path = b"/%s/n-%d" % (name, n)
        kept = set_data(register, data), partial(_put, register, data)
        if n % 5 == 4:
            yield both(made(path + b"-a", data), made(path + b"-b", data))
        elif n % 5 == 3:
            gone = b"/%s/n-%d" % (name, n - 1)
            yield both(kept, (delete(gone), lambda model, gone=gone: model.pop(gone)))
        else:
            yield made(path, data)
            yield kept


def _put(path: bytes, data: bytes, model: Model) -> None:
    model[path] = data


@define(frozen=True)
class Case:
    """What happens where."""

    life: str
    mode: str
    point: int

    def __str__(self) -> str:
        return f"{self.life}:{self.mode}:{self.point}"

    @classmethod
    def parse(cls, text: str) -> "Case":
        life, mode, point = text.split(":")
        return cls(life, mode, int(point))


@define
class Verdict:
    """What came of it. `wrong` is empty if all is as it must be."""

    case: Case
    hit: shim.Point | None = None
    end: str = ""  # died, ended with a status, lived, not reached
    acknowledged: int = 0
    restart_s: float = 0.0
    wrong: str = ""


@define
class Bench:
    """One lane: its ensembles of one member, and the folder that has been lived in."""

    number: int
    folder: Path
    nursery: Any
    lived: Path = field(init=False)
    before: Model = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.lived = self.folder / "lived"
        ensemble = self.ensemble("lived-in")
        ensemble.start()
        self.before, _ = self.write(ensemble, "before", {})
        ensemble.close()
        ensemble.layout.home(1).rename(self.lived)
        shutil.rmtree(ensemble.layout.data)

    def ensemble(self, name: str) -> Forked:
        constants = {**SMALL, **IMPATIENT}
        folder = self.folder / name
        return Forked(folder, self.nursery, 1, OFTEN, constants)

    def write(self, ensemble: Forked, life: str, model: Model) -> tuple[Model, Model | None]:
        """Write until all is done or the member is gone; the model after what was acknowledged,
        and after the write that was under way."""
        client = Client(ensemble.ports)
        asked = None
        try:
            client.open(1)
            for request, do in steps(life):
                asked = dict(model)
                do(asked)
                answer = client.ask(request)
                assert answer.outcome == OK, answer
                model, asked = asked, None
            client.close()
        except Lost:
            pass
        return model, asked

    def survey(self, life: str) -> list[shim.Point]:
        """Every point of a life that nothing happens to."""
        trace = self.folder / "trace"
        trace.unlink(missing_ok=True)
        ensemble = self.prepared(Case(life, "", 0), trace)
        ensemble.start()
        self.write(ensemble, life, {})
        ensemble.close()
        shutil.rmtree(ensemble.layout.data)
        return shim.points(trace)

    def prepared(self, case: Case, trace: Path) -> Forked:
        ensemble = self.ensemble(f"case-{case}".replace(":", "-"))
        home = ensemble.layout.home(1)
        if case.life == "old":
            shutil.copytree(self.lived, home)
        ensemble.configure(1)
        flag = ensemble.layout.data / "full"
        flag.touch()
        ensemble.environments[1] = shim.environment(
            home, case.mode, case.point, trace=trace, flag=str(flag)
        )
        return ensemble

    def run(self, case: Case) -> Verdict:
        """One case. Its folder is kept if anything is wrong."""
        verdict = Verdict(case)
        trace = self.folder / f"trace-{case}"
        trace.unlink(missing_ok=True)
        ensemble = self.prepared(case, trace)
        try:
            self._run(case, ensemble, verdict, trace)
        except (AssertionError, Lost) as error:
            verdict.wrong = verdict.wrong or f"{figures.told(error)}\n{ensemble.log(1)[-3000:]}"
        finally:
            ensemble.close()
        if not verdict.wrong:
            shutil.rmtree(ensemble.layout.data)
        trace.unlink(missing_ok=True)
        return verdict

    def _run(self, case: Case, ensemble: Forked, verdict: Verdict, trace: Path) -> None:
        before = dict(self.before) if case.life == "old" else {}
        acknowledged, asked = before, None
        ensemble.launch(1)
        if ensemble.wait_led(1, END_S_MAX):
            acknowledged, asked = self.write(ensemble, case.life, before)
        verdict.acknowledged = len(acknowledged) - len(before)
        term = ensemble.term_led(1)
        hit = shim.points(trace)
        verdict.hit = hit[0] if hit else None
        self._end(case, ensemble, verdict, asked is not None)
        if case.mode == shim.FULL:
            self._start_on_a_full_disk(ensemble)
        del ensemble.environments[1]
        began = time.monotonic()
        ensemble.launch(1)
        again = ensemble.wait_led(1, END_S_MAX)
        assert again, f"it does not start again: {ensemble.running[1].obituary()}"
        verdict.restart_s = time.monotonic() - began
        found = {path: data for path, (data, _) in tree_of(ensemble, 1).items() if path != b"/"}
        judge(found, acknowledged, asked)
        assert ensemble.term_led(1) > term, f"term {term} was led before"
        assert "promised and gone" not in ensemble.said(1)

    def _start_on_a_full_disk(self, ensemble: Forked) -> None:
        """Whatever comes of it: it must not cost anything."""
        ensemble.environments[1]["SHIM_POINT"] = "1"
        ensemble.launch(1)
        ensemble.wait_led(1, FULL_S)
        ensemble.kill(1)

    def _end(self, case: Case, ensemble: Forked, verdict: Verdict, lost: bool) -> None:
        """The member is gone after this, and by itself if it had to go by itself."""
        if verdict.hit is None:
            verdict.end = "not reached"
            ensemble.kill(1)
            return
        deadly = case.mode in shim.DEADLY
        essential = not any(word in f"{verdict.hit.call} {verdict.hit.path}" for word in MAY_LIVE)
        failed = case.mode in ("eio", "eio-on")
        must = deadly or lost or (failed and essential)
        status = ensemble.wait_end(1, END_S_MAX if must else 0.3)
        if status is None:
            verdict.end = "lived"
            lives = not must or case.mode in WITHOUT_ROOM
            assert lives, f"it lives on after {case.mode} at {verdict.hit}"
            ensemble.kill(1)
        else:
            verdict.end = "died" if status == -9 else f"ended {status}"
            assert (status == -9) == deadly, status
            assert status != 0, f"it ended as if all were well after {case.mode}"


def judge(found: Model, acknowledged: Model, asked: Model | None) -> None:
    """What is there is what was acknowledged, or that and the whole of what was asked last."""
    possible = [acknowledged] if asked is None else [acknowledged, asked]
    if found in possible:
        return
    paths = {path for path in {*found, *acknowledged} if found.get(path) != acknowledged.get(path)}
    raise AssertionError(f"of {len(acknowledged)} znodes these are not as acknowledged: {paths}")


def cases_of(points: dict[str, list[shim.Point]], modes: tuple[str, ...] = MODES) -> list[Case]:
    """Each mode at each point where it makes a difference."""
    made = []
    for life, there in points.items():
        for one in there:
            for mode in modes:
                writes = one.call in ("write", "pwrite", "writev", "pwritev")
                if writes or mode in ("kill", "after", "eio", "eio-on"):
                    made.append(Case(life, mode, one.number))
    return made


def campaign(
    *,
    seed: int,
    count: int | None = None,
    seconds: float | None = None,
    lanes: int = 1,
    only: Case | None = None,
    keep: Path | None = None,
) -> dict[str, Any]:
    """Run `count` cases (None: all), or as many as fit into `seconds`; the figures."""
    began = time.monotonic()
    with ExitStack() as stack:
        benches: SimpleQueue[Bench] = SimpleQueue()
        for number in range(lanes):
            bench = Bench(number, *stack.enter_context(lane("points")))
            benches.put(bench)
        points = {life: bench.survey(life) for life in LIVES}
        cases = cases_of(points)
        random.Random(seed).shuffle(cases)
        cases = [only] if only else cases[:count]
        progress = figures.Progress("crash points", len(cases))

        def run(case: Case) -> Verdict | None:
            if seconds is not None and time.monotonic() - began > seconds:
                return None
            mine = benches.get()
            try:
                verdict = mine.run(case)
            finally:
                benches.put(mine)
            progress.step()
            if verdict.wrong:
                _keep(mine, case, keep)
                print(f"{case} at {verdict.hit}: {verdict.wrong}", flush=True)
                print(f"again: python -m faults crash-points --case {case}", flush=True)
            return verdict

        with ThreadPoolExecutor(lanes) as pool:
            verdicts = [one for one in pool.map(run, cases) if one is not None]
    return {
        "seed": seed,
        "points": {life: len(there) for life, there in points.items()},
        **summary(verdicts),
        "seconds": round(time.monotonic() - began, 1),
    }


def _keep(bench: Bench, case: Case, keep: Path | None) -> None:
    name = f"case-{case}".replace(":", "-")
    if keep is not None and (bench.folder / name).exists():
        shutil.copytree(bench.folder / name, keep / name, dirs_exist_ok=True)


def summary(verdicts: list[Verdict]) -> dict[str, Any]:
    """The figures of a campaign."""
    reached = [one for one in verdicts if one.hit is not None]
    lived = Counter(f"{one.hit.call} {one.hit.file}" for one in reached if one.end == "lived")  # type: ignore[union-attr]
    return {
        "cases": len(verdicts),
        "reached": len(reached),
        "modes": dict(Counter(one.case.mode for one in reached)),
        "ends": dict(Counter(one.end for one in verdicts)),
        "lived": dict(lived.most_common()),
        "acknowledged": sum(one.acknowledged for one in verdicts),
        "restart_s": figures.quantiles([one.restart_s for one in verdicts if one.restart_s]),
        "restarts_too_slow": sum(one.restart_s > RESTART_S_MAX for one in verdicts),
        "wrong": sorted(
            f"{one.case}: {one.wrong.splitlines()[0]}" for one in verdicts if one.wrong
        ),
    }
