"""Starts the ensembles that are measured, and stops them, whatever comes between."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hikari_tools.bench import etcd_load, machine
from hikari_tools.bench.peers import BenchError, Hikari, Peer, uninterrupted
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.scripted import Etcd, ZooKeeper

SCRIPTED: Mapping[str, type[ZooKeeper] | type[Etcd]] = {"zookeeper": ZooKeeper, "etcd": Etcd}


@dataclass
class Servers:
    """Who can be started here, and where."""

    folder: Path
    bench_folder: Path
    members: int
    names: Sequence[str]
    """Of those that are there: ours first."""
    earlier: Path | None
    say: Callable[[str], None]
    versions: list[str] = field(default_factory=list)
    """What the peers were, as far as they were started."""
    _homes: int = 0

    @property
    def zookeepers(self) -> list[str]:
        """Those that speak ZooKeeper's protocol."""
        return [name for name in self.names if name != "etcd"]

    @contextlib.contextmanager
    def running(
        self, names: Sequence[str], members: int = 0, heap: str = ""
    ) -> Iterator[list[Peer]]:
        """Start fresh ensembles; stop them in any case, those that are half started too."""
        with contextlib.ExitStack() as stack:
            peers = []
            for name in names:
                peer = self._make(name, members or self.members, heap)
                self.say(f"starting {len(peer.ports)} x {name}")
                stack.callback(_stop, peer)
                peer.start()
                peers.append(peer)
                self._started(peer)
            yield peers

    def _make(self, name: str, members: int, heap: str) -> Peer:
        self._homes += 1
        home, port = self.folder / f"{name}-{self._homes}", free_ports(members)
        if name in SCRIPTED:
            return SCRIPTED[name](home, port, members, self.bench_folder, heap)
        return Hikari(home, port, members, self.earlier if name == "earlier" else None)

    def _started(self, peer: Peer) -> None:
        if isinstance(peer, Etcd):
            etcd_load.fill(peer)
        if isinstance(peer, ZooKeeper | Etcd) and peer.version() not in self.versions:
            self.versions.append(peer.version())


@contextlib.contextmanager
def servers(
    data: Path | None,
    members: int,
    peer_names: Sequence[str],
    bench_folder: Path,
    earlier: Path | None,
    say: Callable[[str], None],
) -> Iterator[tuple[Servers, str]]:
    """Give who can be started, and a note on the machine and on who is missing."""
    unknown = set(peer_names) - set(SCRIPTED)
    if unknown:
        there = ", ".join(SCRIPTED)
        raise BenchError(f"no peer is called {', '.join(sorted(unknown))}; there are {there}")
    missing = {name: SCRIPTED[name].missing(bench_folder) for name in peer_names}
    names = ["hikari", *(["earlier"] if earlier else [])]
    names += [name for name, why in missing.items() if not why]
    with tempfile.TemporaryDirectory(prefix="hikari-bench-", dir=data) as folder:
        note = f"Measured on {machine.describe(Path(folder))}."
        for why in filter(None, missing.values()):
            say(f"{why}; going on without it")
            note += f" **{why}; it was left out.**"
        if earlier:
            note += f" Earlier is {machine.commit_of(earlier) or earlier.name}."
        yield Servers(Path(folder), bench_folder, members, names, earlier, say), note


def _stop(peer: Peer) -> None:
    """Stop it to the end: a second Ctrl-C waits."""
    with uninterrupted():
        peer.stop()
