"""Import compiled modules in place of their sources, if somebody asks for them: all or none."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from hikari.compiled.sources import read_stamp, stale

VARIABLE: Final = "HIKARI_COMPILED"


class NotUsable(Exception):
    """What is in the folder was not made of these sources, or for this Python."""


class _Finder(MetaPathFinder):
    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        self.files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = self.files.get(fullname)
        return spec_from_file_location(fullname, self.folder / file) if file else None


def in_use() -> Path | None:
    """The folder that compiled modules come from; None if nothing is compiled."""
    return next((one.folder for one in sys.meta_path if isinstance(one, _Finder)), None)


def use_if_asked() -> None:
    """Use the folder that HIKARI_COMPILED names, if it names one. Raises NotUsable."""
    folder = os.environ.get(VARIABLE)
    if folder and not in_use():
        use(Path(folder).absolute())


def use(folder: Path) -> None:
    """From here on. Raises NotUsable, and nothing is changed. To be called before any of the
    modules is imported: one that is interpreted and one that is compiled do not mix."""
    stamp = read_stamp(folder)
    why = stale(stamp)
    if why:
        raise NotUsable(f"{folder}: {why}; compile it again, or unset {VARIABLE}")
    early = sorted(stamp["files"].keys() & sys.modules.keys())
    if early:
        raise NotUsable(f"{folder}: too late, {early[0]} is imported already")
    sys.meta_path.insert(0, _Finder(folder, stamp["files"]))
