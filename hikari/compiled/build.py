"""Makes extension modules of the rooms, beside the sources and never among them."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hikari.compiled.sources import STAMP, fingerprint, homes, modules, read_stamp, stale
from hikari.compiled.spelling import spell_out

GROUP: Final = "hikari"
"""mypyc puts all modules into one library of this name, so that calls between them are direct."""
_MYPY: Final = """[mypy]
follow_imports = silent
ignore_missing_imports = true
[mypy-twisted.*,zope.*,prometheus_client.*,cattrs.*,click.*]
follow_imports = skip
"""


class CompileFailed(Exception):
    """With what mypyc or the compiler said."""


def missing() -> str:
    """What has to be installed first; "" if all is there."""
    if any(find_spec(name) is None for name in ("mypyc", "setuptools")):
        return "mypyc: pip install 'hikari-server[compile]'"
    compiler = os.environ.get("CC", "cc").split()[0]
    if not shutil.which(compiler):
        return f"a C compiler ({compiler})"
    headers = Path(sysconfig.get_path("include"))
    return "" if (headers / "Python.h").exists() else f"Python's headers ({headers}/Python.h)"


def compile_into(folder: Path) -> bool:
    """Make the modules, unless the folder has them already. Takes a minute or two; what was in the
    folder is in use until all is made, and processes that have it go on. Raises CompileFailed."""
    if not stale(read_stamp(folder)):
        return False
    stamp: dict[str, object] = {**fingerprint()}
    with TemporaryDirectory() as place:
        made = Path(place) / "made"
        _compile(_copy(Path(place)), made)
        stamp["files"] = _files(made)
        (made / STAMP).write_text(json.dumps(stamp, indent=1))
        fresh, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(made, fresh)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return True


def _copy(place: Path) -> list[str]:
    """Copy the packages; the files to be compiled, spelled out, relative to `place`."""
    chosen = modules()
    for package, home in homes().items():
        shutil.copytree(home, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    copies = []
    for name, path in chosen.items():
        copy = name.replace(".", "/") + ".py"
        (place / copy).write_text(spell_out(path.read_text()))
        copies.append(copy)
    (place / "mypy.ini").write_text(_MYPY)
    return copies


def _compile(copies: list[str], made: Path) -> None:
    """In a process of its own: it goes by its current folder, and prints."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hikari.compiled.mypyc", str(made), *copies],
        cwd=made.parent,
        env=os.environ | {"PYTHONPATH": _path()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise CompileFailed(done.stdout)


def _path() -> str:
    """Where these packages are, whatever the current folder is."""
    return os.pathsep.join(str(home.parent) for home in homes().values())


def _files(made: Path) -> dict[str, str]:
    """The file of each module that was made, relative to `made`, by the module's name."""
    return {
        ".".join((*file.relative_to(made).parts[:-1], file.name.partition(".")[0])): str(
            file.relative_to(made)
        )
        for file in sorted(made.rglob("*"))
        if file.suffix in (".so", ".pyd")
    }
