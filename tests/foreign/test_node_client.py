"""node-zookeeper-client, by a small script of ours beside this file."""

import os
import subprocess
from pathlib import Path

import pytest
from foreign.conftest import ROOT, need

SCRIPT = Path(__file__).with_name("recipes.js")
MODULES = ROOT / ".node" / "node_modules"
PARTS = 10
SECONDS_MAX = 120

need("node")
if not (MODULES / "node-zookeeper-client").exists():
    pytest.skip("not installed: node-zookeeper-client (.ci/run does)", allow_module_level=True)


def test_every_call_of_the_client_for_node_works(hosts):
    done = subprocess.run(
        ["node", SCRIPT, hosts],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert [one for one in lines if not one.startswith("ok ")] == [], done.stderr[-3000:]
    assert (done.returncode, len(lines)) == (0, PARTS)
