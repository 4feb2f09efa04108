"""ZooKeeper's C client, by a small program of ours beside this file."""

import subprocess
from pathlib import Path

import pytest
from foreign.conftest import need

SOURCE = Path(__file__).with_name("recipes.c")
PARTS = 7
SECONDS_MAX = 120

need("gcc")
if not Path("/usr/include/zookeeper/zookeeper.h").exists():
    pytest.skip("not installed: libzookeeper-mt-dev", allow_module_level=True)


def test_every_part_of_the_c_client_works(hosts, tmp_path):
    program = tmp_path / "recipes"
    words = ["gcc", "-Wall", "-Wextra", "-Werror", "-DTHREADED", "-o", program, SOURCE]
    subprocess.run([*words, "-lzookeeper_mt"], check=True)
    done = subprocess.run(
        [program, hosts], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    lines = done.stdout.splitlines()
    assert [one for one in lines if not one.startswith("ok ")] == [], done.stderr[-3000:]
    assert (done.returncode, len(lines)) == (0, PARTS)
