"""Two servers side by side, and a script played to both at once."""

import itertools
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from differential import shapes
from differential.judge import Difference, Judge
from differential.servers import SELDOM, Endings, Hikari, ZooKeeper, settings
from differential.stage import OPEN_ACL, Seat, Stage, Step

from hikari_tools.bench.peers import role

ASKED: dict[str, list[Any]] = {
    "reconfig": ["reconfig", None, None, None, -1],
    "checkWatches": ["checkWatches", "/", 3],
    "removeWatches": ["removeWatches", "/", 3],
    "createContainer": ["createContainer", "/probe-container", "", OPEN_ACL, 4],
    "deleteContainer": ["deleteContainer", "/probe-container"],
    "createTTL": ["createTTL", "/probe-ttl", "", OPEN_ACL, 5, 1 << 30],
    "sasl": ["sasl", ""],
    "getEphemerals": ["getEphemerals", "/"],
    "getAllChildrenNumber": ["getAllChildrenNumber", "/"],
    "setWatches2": ["setWatches2", 0, [], [], [], [], []],
    "addWatch": ["addWatch", "/probe", 0],
    "whoAmI": ["whoAmI"],
}
UNIMPLEMENTED = -6
SHARED = ("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")
"""Znodes that no run has for itself alone."""
CONFIGURED = {"access": "super", "quotas": "quota"}
"""What is served if there is such a table in the configuration."""


class Bench:
    """`with Bench(…) as bench`: both run until the end, and are made anew if they drift apart."""

    def __init__(
        self, seats: int, members: int = 1, jar: str | None = None, endings: Endings = SELDOM
    ) -> None:
        self.seats, self.members, self.jar, self.endings = seats, members, jar, endings
        self.folder = Path(tempfile.mkdtemp(prefix="hikari-differential-"))
        self.runs = itertools.count(1)
        self.starts = itertools.count(1)
        self.pool = ThreadPoolExecutor(2)
        self.servers: tuple[Any, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        for server in self.servers:
            server.stop()
        home = self.folder / f"servers-{next(self.starts)}"
        jar = {"jar": self.jar} if self.jar else {}
        zookeeper = ZooKeeper(home / "zookeeper", **jar, endings=self.endings)
        self.servers = (zookeeper, Hikari(home / "hikari", self.members, self.endings))
        list(self.pool.map(lambda server: server.start(), self.servers))

    def play(self, script: list[Step]) -> tuple[Difference | None, Judge, list[Any]]:
        """The first difference, who found it, and both transcripts."""
        shared = SHARED
        if self.members > 1:  # it lists them, and ZooKeeper is alone
            shared = SHARED[:-1]
            script = json.loads(json.dumps(script).replace(SHARED[-1], "/zookeeper/none"))
        root = f"/d{next(self.runs):06}"
        stages = [Stage(server.addresses, self.seats, root) for server in self.servers]
        begun = list(self.pool.map(lambda stage: stage.begin(shared), stages))
        if begun[0] != begun[1]:
            if root == "/d000001":
                raise AssertionError(f"new servers are not the same: {begun}")
            self._start()
            return self.play(script)
        transcripts = list(self.pool.map(lambda stage: stage.play(script), stages))
        list(self.pool.map(lambda stage: stage.leave(), stages))
        if not all(role(port) for server in self.servers for _, port in server.addresses):
            self._start()  # one of them did not survive it
        judge = Judge()
        return judge.first(script, *transcripts), judge, transcripts

    def served(self) -> set[str]:
        """What our server does, of what may be left out."""
        served = {name for table, name in CONFIGURED.items() if f"[{table}]" in settings()}
        for name, request in ASKED.items():
            seat = Seat(self.servers[1].addresses[0], "", 0)
            seat.call({}, [])
            seat.ask([request])
            reply = seat.heard[1]
            if reply[0] == "reply" and reply[4] != UNIMPLEMENTED:
                served.add(name)
            seat.drop()
        self._start()
        return served


def shown(difference: Difference, script: list[Step]) -> str:
    """For a person."""
    step = script[difference.step] if difference.step >= 0 else "sat down"
    return (
        f"step {difference.step}: {step}\n"
        f"  seat {difference.seat}\n  theirs {_named(difference.theirs)}\n"
        f"  ours   {_named(difference.ours)}"
    )


def _named(item: Any) -> Any:
    if item and item[0] == "reply" and item[1] in shapes.NAMES:
        return (item[0], shapes.NAMES[item[1]], *item[2:])
    return item
