"""The client is typed to its front door: who misspells a setting hears of it before running."""

import os
import re
import subprocess
import sys
from pathlib import Path

from attrs import fields

from hikari_client.settings import Settings, SomeSettings

ROOT = Path(__file__).resolve().parents[2]
USER = Path(__file__).with_name("typed_user.py")


def test_a_users_checker_finds_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    words = ["--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *words, "--follow-imports", "silent", str(USER)],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(ROOT / "client")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {int(number) for number in re.findall(r":(\d+): error:", done.stdout)}
    lines = enumerate(USER.read_text().splitlines(), 1)
    assert found == {number for number, line in lines if line.endswith("# wrong")}, done.stdout


def test_who_makes_a_client_may_give_every_setting() -> None:
    given = SomeSettings.__annotations__
    assert {one.name: one.type for one in fields(Settings)} == given
