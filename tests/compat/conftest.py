"""Lets kazoo's own tests run here: see members.py, and docs/compatibility.md for which do."""

import gc
import logging
import os
import sys
import types

import kazoo
import pytest
from compat import members
from kazoo.client import KazooClient
from kazoo.tests import util

# The harness makes a cluster of this version; the tests then need not ask the server's own, which
# they would do with the word `envi`.
os.environ["ZOOKEEPER_VERSION"] = "3.9.0"
util.CI_ZK_VERSION = (3, 9, 0)

sys.modules["kazoo.testing.common"] = members


def count(kind: str) -> int:
    """Count the living objects of a class of kazoo's; hypothesis has a TreeNode of its own."""
    types_alive = (type(one) for one in gc.get_objects())
    return sum(1 for t in types_alive if t.__name__ == kind and t.__module__.startswith("kazoo."))


# kazoo's test of its cache looks for lost memory by `objgraph.count`; no more of it is used.
objgraph = types.ModuleType("objgraph")
objgraph.count = count
sys.modules.setdefault("objgraph", objgraph)


@pytest.fixture(scope="session", autouse=True)
def ensemble():
    """Stop what the first test started, after the last, and clients that a test forgot to stop."""
    logging.getLogger("kazoo").addHandler(logging.NullHandler())
    yield
    for client in [one for one in gc.get_objects() if isinstance(one, KazooClient)]:
        client.stop()
    if members.ZookeeperCluster.running:
        members.ZookeeperCluster.running.end()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show the members' logs under a test that failed."""
    outcome = yield
    report = outcome.get_result()
    cluster = members.ZookeeperCluster.running
    if report.failed and cluster:
        report.sections += [("members", log) for log in cluster.get_logs()]


def pytest_terminal_summary(terminalreporter):
    """Say how many of kazoo's own tests ran and passed: docs/compatibility.md has the numbers."""
    counts = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        reports = terminalreporter.stats.get(outcome, [])
        named = {report.nodeid for report in reports if report.when != "teardown"}
        theirs = {name for name in named if "test_kazoo.py::" in name and name.count("::") == 2}
        counts[outcome] = len(theirs)
    if any(counts.values()):
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        terminalreporter.write_line(f"kazoo {kazoo.__version__}: {said}")
