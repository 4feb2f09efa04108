"""What docs/client.md shows runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hikari_client.operations import Operations

pytestmark = pytest.mark.ensemble
PAGE = Path(__file__).resolve().parents[2] / "docs/client.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(3))
def test_a_block_of_the_page_runs(number: int, hosts: str) -> None:
    assert len(BLOCKS) == 3
    servers = hosts.partition("/")[0]
    script = BLOCKS[number].replace("127.0.0.1:2181", servers)
    words = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_page_names_every_operation() -> None:
    table = PAGE.read_text().partition("## Every operation")[2].partition("\n## ")[0]
    for name in (*vars(Operations), "transaction", "watch", "forget"):
        if not name.startswith("_"):
            assert f"`{name}(" in table, name
