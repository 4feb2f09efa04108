"""The rooms compiled do what their sources do, and are used only if they were made of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hikari.compiled import build, sources
from hikari.compiled.use import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
SEEDS, TURNS = "1..60", "1000"

needs_compiler = pytest.mark.skipif(
    bool(build.missing()), reason=f"to compile, this is missing: {build.missing()}"
)


def hikari(*words, compiled=None):
    """Run the command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "hikari", *map(str, words)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != VARIABLE}
        | ({VARIABLE: str(compiled)} if compiled else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder():
    """Where `./test` has made them already."""
    made = ROOT / "build" / "compiled"
    done = hikari("compile", "--into", made)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@needs_compiler
def test_what_is_compiled_is_what_runs(folder):
    assert f"compiled in {folder}" in hikari("version", compiled=folder).stdout
    assert "compiled" not in hikari("version").stdout
    files = json.loads((folder / sources.STAMP).read_text())["files"]
    assert sources.modules().keys() <= files.keys()


@needs_compiler
def test_it_is_made_once(folder):
    done = hikari("compile", "--into", folder)
    assert "is up to date" in done.stdout


@needs_compiler
def test_a_simulated_ensemble_does_the_same_compiled(folder, tmp_path):
    """Every message, write and reply of it: a trace is a sum over all of them."""
    traces = []
    for compiled in (None, folder):
        told = tmp_path / f"traces-{compiled is None}"
        words = ("--seeds", SEEDS, "--turns", TURNS, "--traces", told)
        done = hikari("simulate", *words, compiled=compiled)
        assert done.returncode == 0, done.stdout + done.stderr
        traces.append(sorted(told.read_text().splitlines()))
    assert traces[0] == traces[1]
    assert len(set(traces[0])) == 60


def stamped(folder, **others):
    """What says of what it was made, with something else in it."""
    folder.mkdir()
    stamp = {**sources.fingerprint(), "files": {}, **others}
    (folder / sources.STAMP).write_text(json.dumps(stamp))
    return folder


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({"sources": "of yesterday"}, "the sources have changed since"),
        ({"python": "3.9"}, "it was compiled for Python 3.9"),
    ],
)
def test_what_was_made_of_something_else_is_refused(tmp_path, others, why):
    done = hikari("version", compiled=stamped(tmp_path / "made", **others))
    assert done.returncode == 3
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_stamp_that_says_nothing_is_refused(tmp_path, text):
    (tmp_path / sources.STAMP).write_text(text)
    done = hikari("version", compiled=tmp_path)
    assert done.returncode == 3
    assert "there is nothing compiled" in done.stderr


def test_what_is_made_of_these_sources_for_this_python_is_taken(tmp_path):
    assert hikari("version", compiled=stamped(tmp_path / "made")).returncode == 0


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    assert build.missing() == "a C compiler (no-such-compiler)"
