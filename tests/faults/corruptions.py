"""Files of one member of three are damaged; then it is started against the two healthy ones.

A case begins with the folder that the member's death, or its gentle end, has left behind in the
case before: an older copy would have forgotten what it confirmed, which no disk does unnoticed.
What the member then shows, after a sync, is held against what the leader shows, and its journal
is read from the disk. The verdicts:

fine      nothing was said; what is there is right
healed    it said that something was wrong, or ended and was started again; what is there is right
refused   it ended, each time it was started: an operator is needed
hung      neither served nor ended, or did not become whole again
SILENT    it shows wrong data, or serves with a journal that has a hole or another history

A member that ends is started again, as an init system does, RESTARTS times.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attrs import define, field
from ensemble.checks import tree_of
from ensemble.recorder import OK, Client, Lost, create, set_data
from faults import figures
from faults.members import IMPATIENT, SMALL, Forked, lane
from faults.offline import journal_of, mark_at, recovering
from faults.scribes import one_client

from hikari.raft.journal import JournalDamaged
from hikari.store.aside import UNHEALED

FINE, HEALED, REFUSED, HUNG, SILENT = "fine", "healed", "refused", "hung", "SILENT"
KINDS = ("flip", "cut", "zero", "delete")
NOTHING = "nothing"
"""The control: a folder without damage."""
SETTINGS = "[journal]\nentries_kept = 300\nflush_entries = 40\n"
VICTIM = 3
RESTARTS = 2
SERVE_S_MAX = 60.0
"""A machine that does much else gives a member little: 12 s were once not enough."""
WHOLE_S_MAX = 30.0
ATTEMPTS = 5
ERRORS_MAX = 5
"""So often the healthy members, or the harness, may fail; each begins anew and is reported."""
ZERO_BYTES = 4096
SPARED = ("LOG", "LOCK", "hikari.toml", "pid")
"""Never read at a start, or the operator's."""
ASIDE = "damaged"
"""So begins the name of what a member has set aside: nobody reads it again."""
_TROUBLE = ("#warn", "#error", "#critical", "aside")


def file_class(path: Path) -> str:
    """Which kind of file this is: `journal *.sst`, `tree MANIFEST`, `watermark`."""
    room = path.parts[0].partition("-")[0]
    if len(path.parts) == 1:
        return f"{room} folder" if room in ("journal", "tree") else room
    name = path.name.partition("-")[0]
    return f"{room} {'*' + path.suffix if path.name[0].isdigit() else name}"


def files_of(home: Path) -> dict[str, list[Path]]:
    """All that may be damaged, by class."""
    found: dict[str, list[Path]] = {}
    for path in sorted(home.rglob("*")):
        below = path.relative_to(home)
        if below.parts[0].startswith(ASIDE):
            continue
        if path.is_file() and path.name.partition(".")[0] not in SPARED and path.name not in SPARED:
            found.setdefault(file_class(below), []).append(below)
    for room in [*home.glob("tree-*"), home / "journal"]:
        found.setdefault(file_class(room.relative_to(home)), []).append(room.relative_to(home))
    return found


@define(frozen=True)
class Damage:
    """`which` and `place` are parts of how many files there are and of the file's length."""

    name: str  # the class of file
    kind: str
    which: float = 0.0
    place: float = 0.0
    near_end: int = 0  # place is ignored: so many bytes before the end of what is written
    bit: int = 0
    running: bool = False  # done while the member serves

    def do(self, home: Path) -> str:
        """What was done."""
        if self.kind == NOTHING:
            return NOTHING
        there = files_of(home)[self.name]
        path = home / there[int(self.which * len(there))]
        if path.is_dir():
            shutil.rmtree(path)
            return f"delete {path.name}"
        content = path.read_bytes()
        at = int(self.place * len(content))
        if self.near_end:
            at = max(len(content.rstrip(b"\0")) - self.near_end, 0)
        if self.kind == "delete":
            path.unlink()
        elif self.kind == "cut":
            os.truncate(path, at)
        elif at < len(content):
            flipped = bytes((content[at] ^ 1 << self.bit,))
            zeros = bytes(min(ZERO_BYTES, len(content) - at))
            with path.open("r+b") as file:
                file.seek(at)
                file.write(zeros if self.kind == "zero" else flipped)
        return f"{self.kind} {path.relative_to(home)} at {at} of {len(content)} bit {self.bit}"


def drawn(home: Path, chance: random.Random) -> Damage:
    """Any class of file as likely as any other; half of the places near the end of what is
    written, where the newest is."""
    if chance.random() < 0.02:
        return Damage("", NOTHING)
    name = chance.choice(sorted(files_of(home)))
    kind = chance.choice(KINDS)
    near_end = chance.choice((0, chance.randrange(1, 200)))
    running = name == "tree *.sst" and chance.random() < 0.3
    place = chance.random()
    which = chance.choice((chance.random(), 1 - 1e-9))  # half of them the newest of their class
    return Damage(name, kind, which, place, near_end, chance.randrange(8), running)


@define
class Verdict:
    """What came of one case."""

    case: int
    damage: Damage
    done: str = ""
    what: str = FINE
    why: str = ""
    seconds: float = 0.0


@define
class Bench:
    """Three members, one of which is damaged again and again."""

    folder: Path
    nursery: Any
    seed: int
    ensemble: Forked = field(init=False)
    client: Client = field(init=False)
    before: Path = field(init=False)  # the folder as it was before the damage
    _chance: random.Random = field(init=False)
    _wrote: int = 0
    _restarts: int = 0
    _served: bool = False

    def __attrs_post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.before = self.folder / "before"
        constants = {**SMALL, **IMPATIENT}
        self.ensemble = Forked(self.folder / "ensemble", self.nursery, 3, SETTINGS, constants)

    @property
    def home(self) -> Path:
        return self.ensemble.layout.home(VICTIM)

    def begin(self) -> None:
        """Healthy members with some history, led by another than the one that is damaged."""
        self.ensemble.start()
        if self.ensemble.leader() == VICTIM:
            self.ensemble.kill(VICTIM)
            self.ensemble.leader()
            self.ensemble.start()
        self.client = Client(self.ensemble.ports, timeout_ms=40_000)
        self.client.open(self.ensemble.leader())
        for n in range(40):
            self._ask(create(b"/n-%d" % n))
            self._ask(create(b"/n-%d/below" % n, b"%d" % n))
        self.write(150)
        self.ensemble.wait_caught_up(VICTIM)
        self.ensemble.kill(VICTIM)

    def _ask(self, request: tuple[Any, ...]) -> None:
        assert self.client.ask(request).outcome == OK, request

    def write(self, count: int) -> None:
        """So many entries, with data that never comes again."""
        for _ in range(count):
            self._wrote += 1
            data = b"%d " % self._wrote * (300 if self._wrote % 5 == 0 else 20)
            self._ask(set_data(b"/n-%d" % (self._wrote % 40), data))

    def run(self, case: int, damage: Damage | None = None) -> Verdict:
        """One case, drawn if no damage is named; the member is down before it and after it, with
        nothing wrong."""
        chance = random.Random(f"{self.seed} {case}")
        verdict = Verdict(case, damage or drawn(self.home, chance))
        shutil.rmtree(self.before, ignore_errors=True)
        shutil.copytree(self.home, self.before)
        self.write(chance.choice((2, 2, 2, 2, 50)))
        began = time.monotonic()
        self._served = False
        try:
            self._run(verdict)
        finally:
            verdict.seconds = time.monotonic() - began
            self._end(verdict, chance)
        return verdict

    def _end(self, verdict: Verdict, chance: random.Random) -> None:
        """Leave the folder of a member that has ended one way or the other."""
        latent = verdict.damage.name == "tree *.sst"  # in rows that nobody has read yet
        if verdict.what not in (FINE, HEALED) or latent:
            if VICTIM in self.ensemble.running:
                self.ensemble.kill(VICTIM)
            self.ensemble.empty(VICTIM)
            if not self._served:
                shutil.rmtree(self.home)
                shutil.copytree(self.before, self.home)
            self.launch_well()
        self.client.ping()
        if chance.random() < 0.5 and VICTIM in self.ensemble.running:
            self.ensemble.running[VICTIM].end(signal.SIGTERM)
            if self.ensemble.wait_end(VICTIM, SERVE_S_MAX) is None:
                self.ensemble.kill(VICTIM)
        elif VICTIM in self.ensemble.running:
            self.ensemble.kill(VICTIM)

    def launch_well(self) -> None:
        self.ensemble.launch(VICTIM)
        self.ensemble.wait_serving()
        self.ensemble.wait_caught_up(VICTIM)

    def _run(self, verdict: Verdict) -> None:
        self._restarts = 0
        log = self.ensemble.layout.log(VICTIM)
        begin = log.stat().st_size
        if not verdict.damage.running:
            verdict.done = verdict.damage.do(self.home)
        self.ensemble.launch(VICTIM)
        if verdict.damage.running:
            assert self._comes(verdict), verdict.why
            verdict.done = "while it runs: " + verdict.damage.do(self.home)
        self._judge(verdict)
        if (
            verdict.damage.running and verdict.what == FINE
        ):  # else it would be found in a later case
            if VICTIM in self.ensemble.running:
                self.ensemble.kill(VICTIM)
            self.ensemble.launch(VICTIM)
            self._judge(verdict)
        with log.open("rb") as words:
            words.seek(begin)
            said = words.read().decode("utf-8", "replace")
        self._served = "serves clients" in said
        if verdict.what == FINE and (self._restarts or any(word in said for word in _TROUBLE)):
            verdict.what, verdict.why = HEALED, f"{self._restarts} restarts"
        elif verdict.what in (REFUSED, HUNG):
            verdict.why += "\n" + said[-1500:]

    def _judge(self, verdict: Verdict) -> None:
        while self._comes(verdict):
            try:
                wrong = self._wrong_tree() or self._not_whole()
            except Lost:
                continue
            wrong = wrong or self._wrong_journal()
            if wrong:
                verdict.what = HUNG if wrong.startswith("not whole") else SILENT
                verdict.why = wrong
            return

    def _comes(self, verdict: Verdict) -> bool:
        """Whether it serves and has caught up; if it ends it is started again."""
        goal = self.client.zxid
        deadline = time.monotonic() + SERVE_S_MAX
        while time.monotonic() < deadline:
            member = self.ensemble.running[VICTIM]
            if member.ended:
                del self.ensemble.running[VICTIM]
                if self._restarts == RESTARTS:
                    verdict.what, verdict.why = REFUSED, member.obituary()
                    return False
                self._restarts += 1
                self.ensemble.launch(VICTIM)
            elif self.ensemble.zxid(VICTIM) >= goal:
                return True
            time.sleep(0.004)
        verdict.what, verdict.why = HUNG, f"it does not serve for {SERVE_S_MAX:g} s"
        return False

    def _wrong_tree(self) -> str:
        """What it shows that the leader does not. Raises Lost."""
        self.write(1)
        through = one_client(self.ensemble.ports, VICTIM)
        assert through.ask(set_data(b"/n-0", b"through the damaged %d" % self._wrote)).outcome == OK
        through.close()
        try:
            shown = tree_of(self.ensemble, VICTIM)
        except AssertionError as error:
            return f"not all can be read: {error}"
        truth = tree_of(self.ensemble, self.client.member)
        paths = {path for path in {*shown, *truth} if shown.get(path) != truth.get(path)}
        return f"it shows otherwise {sorted(paths)[:5]}" if paths else ""

    def _not_whole(self) -> str:
        deadline = time.monotonic() + WHOLE_S_MAX
        while time.monotonic() < deadline:
            if not recovering(self.home) and not (self.home / UNHEALED).exists():
                return ""
            time.sleep(0.02)
        return "not whole: it is recovering still"

    def _wrong_journal(self) -> str:
        """What is wrong with the journal on disk, by itself and beside the leader's. Nobody writes
        meanwhile, but a compaction may take a file away while it is read: then once more."""
        theirs = self.ensemble.layout.home(self.client.member)
        for attempt in range(ATTEMPTS):
            try:
                found = journal_of(self.home)
                there = mark_at(theirs, found.last.index)
                break
            except JournalDamaged as error:
                if attempt == ATTEMPTS - 1:
                    return f"its journal: {error}"
                time.sleep(0.1)
        if found.lost:
            return found.lost
        if there is not None and there != found.last:
            return f"another history: {found.last}, the leader has {there}"
        return ""


def campaign(
    *,
    seed: int,
    cases: int,
    lanes: int = 1,
    seconds: float | None = None,
    least: int = 0,
    only: int | None = None,
    keep: Path | None = None,
    strict: bool = False,
) -> dict[str, Any]:
    """So many damages; the figures. `strict` shows and keeps also what was refused. After `seconds`
    no more are done, unless a lane has done fewer than `least`."""
    bad = (REFUSED, HUNG, SILENT) if strict else (HUNG, SILENT)
    began = time.monotonic()
    progress = figures.Progress("corruptions", cases)

    errors: list[str] = []

    def one_lane(number: int) -> list[Verdict]:
        verdicts: list[Verdict] = []
        mine = iter([only] if only is not None else range(number, cases, lanes))
        left = True
        while left and len(errors) < ERRORS_MAX:
            try:
                left = one_bench(mine, verdicts)
            except (AssertionError, Lost, OSError) as error:
                after = verdicts[-1].case if verdicts else None
                errors.append(f"after case {after}: {figures.told(error)}")
                print(errors[-1], flush=True)
        return verdicts

    def one_bench(mine: Iterator[int], verdicts: list[Verdict]) -> bool:
        """Whether there are cases left; it raises what only a new ensemble can mend."""
        with ExitStack() as stack:
            folder, nursery = stack.enter_context(lane("rot", library=None))
            bench = Bench(folder, nursery, seed)
            stack.callback(bench.ensemble.close)
            bench.begin()
            for case in mine:
                late = seconds is not None and time.monotonic() - began > seconds
                if late and len(verdicts) >= least:
                    return False
                verdict = bench.run(case)
                verdicts.append(verdict)
                progress.step(verdict.what)
                if verdict.what in bad or only is not None:
                    print(f"case {case}: {verdict.what}: {verdict.done}: {verdict.why}")
                    print(f"again: python -m faults corruptions --seed {seed} --case {case}")
                    _keep(bench, verdict, keep)
        return False

    with ThreadPoolExecutor(lanes) as pool:
        verdicts = [one for found in pool.map(one_lane, range(lanes)) for one in found]
    return {
        "seed": seed,
        **summary(verdicts, bad),
        "errors": errors,
        "seconds": round(time.monotonic() - began, 1),
    }


def _keep(bench: Bench, verdict: Verdict, keep: Path | None) -> None:
    """The folder as it was, and as it was damaged."""
    if keep is None:
        return
    place = keep / f"corruption-{bench.seed}-{verdict.case}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(bench.before, place / "before")
    shutil.copytree(bench.before, place / "damaged")
    verdict.damage.do(place / "damaged")
    (place / "verdict").write_text(f"{verdict.done}\n{verdict.what}\n{verdict.why}\n")


def summary(verdicts: list[Verdict], bad: tuple[str, ...]) -> dict[str, Any]:
    """The figures of a campaign: how often each verdict, and which files led to it."""
    table: dict[str, Counter[str]] = {}
    for one in verdicts:
        kind = one.damage.name or NOTHING
        kind += " (running)" if one.damage.running else ""
        table.setdefault(kind, Counter())[one.what] += 1
    whats = Counter(one.what for one in verdicts)
    return {
        "cases": len(verdicts),
        **{name: whats[name] for name in (FINE, HEALED, REFUSED, HUNG, SILENT)},
        "kinds": dict(Counter(one.damage.kind for one in verdicts)),
        "table": {name: dict(counts) for name, counts in sorted(table.items())},
        "case_s": figures.quantiles([one.seconds for one in verdicts]),
        "bad": [f"{one.case}: {one.what}: {one.done}" for one in verdicts if one.what in bad],
    }
