"""The program as it is installed: found, begun, and interrupted at any moment."""

import os
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = tomllib.loads((ROOT / "tools/pyproject.toml").read_text())["project"]["scripts"]
WAIT_S = 60


def helped(words: list[str]) -> str:
    done = subprocess.run(
        [*words, "--help"], capture_output=True, text=True, timeout=WAIT_S, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_the_distribution_names_begins_the_program(name: str) -> None:
    """As the script does that an installer writes."""
    point = EntryPoint(name, SCRIPTS[name], "console_scripts")
    begin = f"import sys; from {point.module} import {point.attr}; sys.argv[0] = {name!r}"
    said = helped([sys.executable, "-c", f"{begin}; sys.exit({point.attr}())"])
    assert said.startswith((f"Usage: {name} ", f"usage: {name} "))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_installed_script_is_there_and_runs(name: str) -> None:
    try:
        points = distribution("hikari-tools").entry_points
    except PackageNotFoundError:
        pytest.skip("hikari-tools is not installed here, only on the path")
    installed = {one.name: one.value for one in points if one.group == "console_scripts"}
    if installed.get(name) != SCRIPTS[name]:
        pytest.skip("what is installed is older than tools/pyproject.toml: ./run renews it")
    script = Path(sys.executable).with_name(name)
    assert name in helped([str(script)]).splitlines()[0]


LOADING = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from hikari_tools.shell.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["click", "hikari_tools.shell.program", "hikari_client.client"])
def test_an_interrupt_while_it_loads_is_no_stack_trace(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING.format(name=name)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=WAIT_S,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (130, "")
