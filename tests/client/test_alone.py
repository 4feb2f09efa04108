"""The distribution alone: its wheel, Python and attrs are all that it needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CLIENT = Path(__file__).resolve().parents[2] / "client"
SCRIPT = """
import importlib, pkgutil, sys
import hikari_client
for package in (hikari_client, __import__("hikari_wire")):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name != "hikari_client.tx":
            importlib.import_module(module.name)
from hikari_client import ClientClosed, aio, blocking
try:
    blocking.connect("127.0.0.1:1", deadline=0.1)
except hikari_client.DeadlineExceeded:
    print("works")
try:
    import hikari_client.tx
except ModuleNotFoundError as missing:
    print(missing.name)
print(sorted({"twisted", "msgpack", "rocksdict", "hikari", "click"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with nothing but the wheel and attrs."""
    folder = tmp_path_factory.mktemp("alone")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=CLIENT, check=True, capture_output=True, timeout=60)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    [packages] = (folder / "env").glob("lib/python*/site-packages")
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(packages)
    for name in ("attr", "attrs"):
        where = __import__(name).__path__[0]
        os.symlink(where, packages / name)
    return folder / "env/bin/python"


def test_it_works_with_nothing_else_installed(python: Path) -> None:
    done = subprocess.run(
        [python, "-I", "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.startswith("no connection to 127.0.0.1:1: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout.split() == ["works", "twisted", "[]"]


def test_it_says_that_it_is_typed(python: Path) -> None:
    [packages] = python.parents[1].glob("lib/python*/site-packages")
    assert (packages / "hikari_client/py.typed").exists()
    assert (packages / "hikari_wire/py.typed").exists()
