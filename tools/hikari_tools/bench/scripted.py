"""Peers that the bench folder's own scripts start: ZooKeeper and etcd, as Debian has them."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hikari_tools.bench.peers import BenchError, ask, uninterrupted

VERSION = re.compile(r"^Zookeeper version: ([\w.]+)", re.MULTILINE)
ETCD_VERSION = re.compile(r"^etcd Version: ([\w.]+)", re.MULTILINE)
ETCD_PROGRAMS = ("etcd", "etcdctl", "h2load")


class Scripted:
    """Members that one of the scripts starts on a row of ports, in a folder of their own."""

    name = ""
    process = ""
    """What the script calls a member in the names of its files, before the number."""

    def __init__(
        self, folder: Path, port: int, members: int, bench_folder: Path, heap: str = ""
    ) -> None:
        """Touch nothing before `start`. `heap` is for a virtual machine, as `8g`."""
        self.ports: Sequence[int] = range(port, port + members)
        self._folder = folder
        self._bench_folder = bench_folder
        self._script = bench_folder / "peers" / f"{self.name}.sh"
        self._environment = os.environ | ({"ZK_HEAP": heap} if heap else {})

    def start(self) -> None:
        """Start all members; the script waits for their roles."""
        self._folder.mkdir(parents=True)
        self._run("start", self._folder, self.ports[0], len(self.ports))

    def pid(self, member: int) -> int:
        """Read the file that the script wrote."""
        return int((self._folder / "pids" / f"{self.process}{member}.pid").read_text())

    def restart(self, member: int) -> None:
        """Start it by the script."""
        self._run("startnode", self._folder, member)

    def stop(self) -> None:
        """Stop and remove all that the script started."""
        if self._folder.exists():
            self._run("wipe", self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *words: object) -> None:
        with uninterrupted() as as_before:
            process = subprocess.Popen(
                ["bash", self._script, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                env=self._environment,
                preexec_fn=as_before,
            )
            try:
                as_before()
                said, _ = process.communicate()
            except BaseException:
                # It may have started a server, and not written down yet which process it is.
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise
        if process.returncode:
            raise BenchError(f"{self._script.name} {words[0]} failed: {said}".strip())


class ZooKeeper(Scripted):
    """Debian's ZooKeeper."""

    name = "zookeeper"
    process = "zk"

    @staticmethod
    def missing(bench_folder: Path) -> str | None:
        """Say what to install, or where to look, or None if ZooKeeper can be started."""
        if not (bench_folder / "peers" / "zookeeper.sh").is_file():
            return f"there is no peers/zookeeper.sh in {bench_folder}"
        jar = os.environ.get("ZK_JAR")
        there = Path(jar).is_file() if jar else _has_package("zookeeper")
        if there and shutil.which("java"):
            return None
        return "ZooKeeper is not installed: apt-get install zookeeper"

    def version(self) -> str:
        """Ask a running member."""
        found = VERSION.search(ask(self.ports[0]))
        return f"ZooKeeper {found[1] if found else 'of an unknown version'}"


class Etcd(Scripted):
    """Debian's etcd. It speaks no ZooKeeper, so `hikari_tools.bench.etcd_load` measures it."""

    name = "etcd"
    process = "etcd"

    @staticmethod
    def missing(bench_folder: Path) -> str | None:
        """Say what to install, or where to look, or None if etcd can be started and loaded."""
        if not (bench_folder / "peers" / "etcd.sh").is_file():
            return f"there is no peers/etcd.sh in {bench_folder}"
        if all(shutil.which(program) for program in ETCD_PROGRAMS):
            return None
        return "etcd is not installed: apt-get install etcd-server etcd-client nghttp2-client"

    @property
    def generator(self) -> Path:
        """Where the program is that loads it."""
        return self._bench_folder / "peers" / "etcd_load.py"

    @property
    def pid_folder(self) -> Path:
        """Where the files with the members' process ids are."""
        return self._folder / "pids"

    def version(self) -> str:
        """Ask the program."""
        asked = subprocess.run(
            ["etcd", "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        found = ETCD_VERSION.search(asked.stdout)
        return f"etcd {found[1] if found else 'of an unknown version'}"


def _has_package(name: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    asked = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", name]
    done = subprocess.run(
        asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout == "installed"
