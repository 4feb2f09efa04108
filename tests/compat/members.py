"""What kazoo's test harness takes for a cluster of Java ZooKeepers, over an ensemble of ours.

`kazoo.testing.common` makes keys and certificates and starts Java processes as soon as it is
imported and used. Here it is replaced as a whole; the harness sees no difference.
"""

import os
import select
import signal
import tempfile
import time
from pathlib import Path

from hikari.ensemble import Layout, write_configs
from hikari_tools.bench.peers import Hikari, role, wait_for_roles
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.scripted import ZooKeeper

SIZE = 3
SERVES_S = 60.0
SETTINGS = "[sessions]\nreadonly_mode = true\n"  # kazoo's harness sets readonlymode.enabled, too
ROOT = Path(__file__).resolve().parents[2]
# COMPAT=zookeeper runs the same tests against Debian's ZooKeeper: is it the test, or is it us?
ZOOKEEPER = os.environ.get("COMPAT") == "zookeeper"


class ManagedMember:
    """One member, with the verbs that kazoo's tests use on a server."""

    def __init__(self, ensemble, number):
        self._ensemble = ensemble
        self._number = number
        self._port = ensemble.ports[number - 1]

    @property
    def address(self):
        """Say where clients connect."""
        return f"127.0.0.1:{self._port}"

    @property
    def running(self):
        """Say whether it serves."""
        return role(self._port) is not None

    def stop(self):
        """End the process gently and see it gone."""
        pid = self._ensemble.pid(self._number)
        process = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGTERM)
            gone, _, _ = select.select([process], [], [], 20)
            assert gone, f"member {self._number} does not stop"
        finally:
            os.close(process)

    def run(self):
        """Start it again by hand, and wait until it serves."""
        if not self.running:
            self._ensemble.restart(self._number)
            deadline = time.monotonic() + SERVES_S
            while not self.running:  # others may still be stopped
                assert time.monotonic() < deadline, f"member {self._number} does not serve"
                time.sleep(0.1)


class ZookeeperCluster:
    """Three members. They go on from one class of tests to the next: each test has its own root."""

    running = None

    def __init__(self, **_):
        self._members = []
        if type(self).running:  # asked for with other settings: it has those of all tests
            self.__dict__ = type(self).running.__dict__
        type(self).running = self

    def __getitem__(self, at):
        return self._members[at]

    def __iter__(self):
        if not self._members:
            self.start()
        return iter(self._members)

    def start(self):
        """Start all members once."""
        if self._members:
            wait_for_roles(self._ensemble)
            return
        self._folder = tempfile.TemporaryDirectory(prefix="hikari-compat-")
        home, port = Path(self._folder.name, "data"), free_ports(SIZE)
        if ZOOKEEPER:
            self._ensemble = ZooKeeper(home, port, SIZE, ROOT / "../shared/bench")
        else:
            layout = Layout(home, SIZE, port)
            write_configs(layout)
            for number in layout.numbers:
                with layout.config(number).open("a") as config:
                    config.write(SETTINGS)
            self._ensemble = Hikari(home, port, SIZE)
        try:
            self._ensemble.start()
        except BaseException:
            self.end()
            raise
        self._members = [ManagedMember(self._ensemble, n) for n in range(1, SIZE + 1)]

    def terminate(self):
        """Do nothing: kazoo asks for this after each class; see `end`."""

    def get_logs(self):
        """Give what the members wrote, for a test that failed."""
        if not self._members:
            return []
        logs = Path(self._folder.name).glob("data/member-*/log")
        return [f"{path}:\n{path.read_text('utf-8', 'replace')[-4000:]}" for path in sorted(logs)]

    def end(self):
        """Stop all members and remove their data."""
        self._ensemble.stop()
        self._folder.cleanup()
        self._members = []
