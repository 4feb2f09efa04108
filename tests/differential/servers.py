"""Starts the two servers that are compared: Debian's ZooKeeper, and a member of ours or three."""

import shutil
import subprocess
import time
from pathlib import Path

import attrs
from ensemble.ensemble import Ensemble

from hikari.config import Config
from hikari_tools.bench.peers import role
from hikari_tools.bench.ports import free_ports

JAR = Path("/usr/share/java/zookeeper.jar")
TICK_MS = 500
CHECK_NEVER_MS = 3_600_000
"""When nobody asks, nothing changes."""
SUPER = "super:secret"
SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4="
START_S_MAX = 60.0

ZOO_CFG = """\
tickTime={tick_ms}
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
maxClientCnxns=0
minSessionTimeout=2000
maxSessionTimeout=40000
4lw.commands.whitelist=*
admin.enableServer=false
snapCount=1000000
"""
PROPERTIES = (
    "zookeeper.extendedTypesEnabled=true",
    "zookeeper.enforceQuota=true",
    f"zookeeper.DigestAuthenticationProvider.superDigest={SUPER_DIGEST}",
    "zookeeper.forceSync=no",
    "znode.container.maxPerMinute=1000000",
)
OURS = """
[sessions]
timeout_min_ms = 2000
timeout_max_ms = 40000

[raft]
leader_lost_ms = 1100
"""


TABLES = {
    "endings": "per_minute_max = 1000000",
    "quotas": "enforce = true",
    "access": f'super_digest = "{SUPER_DIGEST}"',
}


@attrs.frozen
class Endings:
    """How often both look for what ends by itself, and how long a container may stay unused; 0:
    for ever."""

    interval_ms: int = CHECK_NEVER_MS
    never_used_ms: int = 0

    def properties(self) -> tuple[str, ...]:
        """For ZooKeeper."""
        return (
            f"znode.container.checkIntervalMs={self.interval_ms}",
            f"znode.container.maxNeverUsedIntervalMs={self.never_used_ms}",
        )

    def table(self) -> str:
        """For a member of ours."""
        return f"check_interval_ms = {self.interval_ms}\nnever_used_ms = {self.never_used_ms}\n"


SELDOM = Endings()


def settings(endings: Endings = SELDOM) -> str:
    """What a member's configuration needs besides its addresses."""
    known = {field.name for field in attrs.fields(Config)}
    tables = {name: f"{TABLES[name]}\n" for name in TABLES if name in known}
    tables["endings"] += endings.table()
    return OURS + "".join([f"\n[{name}]\n{table}" for name, table in tables.items()])


def missing() -> str | None:
    """Say what to install, or None if ZooKeeper is there."""
    if not JAR.exists():
        return "ZooKeeper is not installed: apt-get install zookeeper"
    return None if shutil.which("java") else "there is no java: apt-get install zookeeper"


class ZooKeeper:
    """One server of Debian's package, standalone."""

    def __init__(self, folder: Path, jar: str = str(JAR), endings: Endings = SELDOM) -> None:
        self.folder, self.jar, self.endings = folder, jar, endings
        self.port = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where clients call."""
        return [("127.0.0.1", self.port)]

    def start(self) -> None:
        """Start it and wait until it serves."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        config = self.folder / "zoo.cfg"
        config.write_text(ZOO_CFG.format(tick_ms=TICK_MS, folder=self.folder, port=self.port))
        (self.folder / "log4j.properties").write_text("log4j.rootLogger=OFF\n")
        command = [
            *("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *(f"-D{one}" for one in (*PROPERTIES, *self.endings.properties())),
            *("-cp", f"{self.folder}:{self.jar}"),
            *("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(config)),
        ]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_S_MAX
        while not role(self.port):
            said = (self.folder / "log").read_text("utf-8", "replace")[-2000:]
            assert self.process.poll() is None, f"ZooKeeper ended: {said}"
            assert time.monotonic() < deadline, f"ZooKeeper does not serve: {said}"
            time.sleep(0.05)

    def restart(self) -> None:
        """Kill it, and start it again with what it has on disk."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Hikari:
    """A member, or three."""

    def __init__(self, folder: Path, members: int = 1, endings: Endings = SELDOM) -> None:
        self.ensemble = Ensemble(folder, members, settings(endings))

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where clients call."""
        return [("127.0.0.1", port) for port in self.ensemble.ports]

    def start(self) -> None:
        """Start all and wait until they serve."""
        self.ensemble.start()

    def restart(self) -> None:
        """Kill all at once, and start them again."""
        self.ensemble.kill(*self.ensemble.numbers)
        self.ensemble.start()

    def stop(self) -> None:
        """End all, and read what they wrote."""
        self.ensemble.close()
        self.ensemble.demand_clean_logs()
