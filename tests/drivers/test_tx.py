"""What is Twisted's alone."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.ensemble

SCRIPT = """
import sys
from twisted.internet.task import react
from hikari_client import tx

async def main(reactor):
    async with tx.client(sys.argv[1]) as zk:
        print((await zk.get("/")).data)

react(main)
"""


def test_a_script_runs_by_the_global_reactor(hosts: str) -> None:
    servers = hosts.partition("/")[0]
    words = [sys.executable, "-W", "error", "-c", SCRIPT, servers]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("b''\n", "")
