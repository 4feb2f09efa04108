"""Clients that nobody here wrote, against three members: zkCli.sh, Curator, the C client, Node's.

.venv/bin/pytest tests/foreign                       # against Hikari
COMPAT=zookeeper .venv/bin/pytest tests/foreign      # the same against Debian's ZooKeeper
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hikari_tools.bench import peers
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.scripted import ZooKeeper

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "../shared/bench"
JARS = Path("/usr/share/java")
CURATOR = (
    *("curator-recipes.jar", "curator-framework.jar", "curator-client.jar", "zookeeper.jar"),
    *("guava.jar", "slf4j-api.jar", "slf4j-nop.jar"),
    *("jackson-databind.jar", "jackson-core.jar", "jackson-annotations.jar"),
)
SIZE = 3


@pytest.fixture(scope="session")
def ensemble(tmp_path_factory):
    """Three members that all tests here share."""
    folder = tmp_path_factory.mktemp("foreign")
    kind = os.environ.get("COMPAT", "hikari")
    port = free_ports(SIZE)
    if kind == "zookeeper":
        os.environ["ZK_JVMFLAGS"] = "-Dzookeeper.extendedTypesEnabled=true"
        started = ZooKeeper(folder / "data", port, SIZE, BENCH)
    else:
        started = peers.Hikari(folder / "data", port, SIZE)
    try:
        started.start()
        peers.wait_for_roles(started)
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def hosts(ensemble):
    """What clients are given."""
    return peers.hosts(ensemble)


def need(*programs: str, jars: tuple[str, ...] = ()) -> None:
    """Skip the module if one of these is not installed."""
    lacking = [one for one in programs if shutil.which(one) is None]
    lacking += [one for one in jars if not (JARS / one).exists()]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}", allow_module_level=True)


def need_curator() -> None:
    need("java", "javac", jars=CURATOR)


def compiled(source: Path, into: Path) -> list[str]:
    """A program of one file that uses Curator: the words that start it."""
    jars = ":".join(str(JARS / one) for one in CURATOR)
    subprocess.run(["javac", "-nowarn", "-cp", jars, "-d", into, source], check=True)
    return ["java", "-Xmx512m", "-cp", f"{into}:{jars}", source.stem]
