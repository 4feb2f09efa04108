"""What docs/client.md shows runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import fields

from hikari_client import State
from hikari_client.operations import Operations
from hikari_client.settings import Settings
from hikari_client.transaction import Transaction

pytestmark = pytest.mark.ensemble
PAGE = Path(__file__).resolve().parents[2] / "docs/client.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_page_runs(number: int, hosts: str) -> None:
    assert len(BLOCKS) == 6
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


def test_the_page_names_every_setting_with_its_default() -> None:
    table = PAGE.read_text().partition("## Connecting")[2].partition("\n## ")[0]
    for one in fields(Settings):
        said = f"| `{one.name}` | "
        if isinstance(one.default, str | tuple):
            said += f"`{one.default!r}` | ".replace("'", '"')
        elif one.default is not None:
            said += f"{one.default:g} | " if isinstance(one.default, float) else f"{one.default} | "
        assert said in table, one.name


def test_the_page_names_every_state_and_all_that_a_transaction_can() -> None:
    text = PAGE.read_text()
    assert [one.name for one in State if f"`{one.name}`" not in text] == []
    for name in vars(Transaction):
        if not name.startswith("_"):
            assert f"| `t.{name}" in text, name
