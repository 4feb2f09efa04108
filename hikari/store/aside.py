"""What of a member's folder was found damaged: noted, set aside under another name, kept a while.

opening                 a folder is being opened: see `hikari.store.opening`
damaged                 the next start must set this folder aside: found while the member ran
damaged-3-journal       what was set aside, the third time, and
damaged-3.txt           what was wrong with it, and when
damaged-3-differences-0 what in damaged-3-tree-0 is not what the others hold
unhealed                how often that happened since the member was last whole
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hikari.store.files import Files
from hikari.store.opening import MARKER

NOTE: Final = "damaged"
UNHEALED: Final = "unhealed"
SETS_KEPT: Final = 2
UNHEALED_MAX: Final = 5
"""So often things are set aside without the member having been whole in between (one start may
find three of them damaged). Then something is broken that a new beginning does not mend, and every
further one would cost disk space."""
COMPARISONS_MAX: Final = 3
"""So often a comparison is begun: a damaged folder may end the process that opens it."""
HUNG: Final = "did not come back from opening"
ESTRANGED: Final = "the others gave up the history that is kept here"
_NOTE_BYTES_MAX: Final = 1 << 16
_SET: Final = re.compile(r"damaged-(\d+)[-.]")
_TREE: Final = re.compile(r"damaged-(\d+)-tree-(\d+)")
_BEGUN: Final = "begun\n"


class TooOften(Exception):
    """UNHEALED_MAX is reached: somebody must look."""


class Aside:
    """The damaged things of one folder. All raise OSError. Whoever calls `put` holds the folder."""

    def __init__(self, folder: Path, files: Files, wall_ms: Callable[[], int]) -> None:
        self._folder = folder
        self._files = files
        self._wall_ms = wall_ms

    def note(self, name: str, why: str) -> None:
        """The next start must not use the folder `name`. Durable on return; any thread."""
        self._write(NOTE, f"{name}\n{why}\n")

    def noted(self) -> dict[str, str]:
        """The folders that must not be used, and why."""
        found = {}
        name, _, trace = self._read(MARKER).partition("\n")
        if name and trace.strip():
            found[name] = f"RocksDB {HUNG} it:\n{trace.strip()}"
        name, _, why = self._read(NOTE).partition("\n")
        if name:
            found[name] = why.strip()
        return found

    def put(self, names: Sequence[str], why: str) -> int:
        """Set these aside, those of them that are there; the number of the set. Raises TooOften."""
        unhealed = self.unhealed()
        if unhealed >= UNHEALED_MAX:
            raise TooOften(
                f"{why}\nThis member has set something aside {unhealed} times already without"
                " becoming whole in between: look for what is wrong with its disk, its memory or"
                f" its peers, then remove {self._folder / UNHEALED} and start it again"
            )
        self._write(UNHEALED, f"{unhealed + 1}\n")
        number = max(self.sets(), default=0) + 1
        when = datetime.fromtimestamp(self._wall_ms() / 1000, UTC).isoformat(timespec="seconds")
        self._write(f"damaged-{number}.txt", f"{when}\n{', '.join(names)}\n{why}\n")
        for name in names:
            if name in self._files.names(self._folder, name):
                self._files.rename(self._folder / name, self._folder / f"damaged-{number}-{name}")
        self._files.remove(self._folder / NOTE)
        self._files.remove(self._folder / MARKER)
        return number

    def acted(self) -> None:
        """What was noted was acted upon, or is no longer there."""
        self._files.remove(self._folder / NOTE)

    def sets(self) -> list[int]:
        """The numbers of the sets that are kept, in order."""
        names = self._files.names(self._folder, f"{NOTE}-")
        return sorted({int(found[1]) for name in names if (found := _SET.match(name))})

    def uncompared(self) -> list[str]:
        """The trees that are kept, can be opened, and have not been compared, the newest first."""
        names = self._files.names(self._folder, f"{NOTE}-")
        trees = [(int(found[1]), name) for name in names if (found := _TREE.fullmatch(name))]
        return [
            name
            for number, name in sorted(trees, reverse=True)
            if HUNG not in self._read(f"damaged-{number}.txt")
            and self._read(_differences(name)) in [_BEGUN * n for n in range(COMPARISONS_MAX)]
        ]

    def comparing(self, name: str) -> None:
        """A comparison of this tree begins."""
        said = _differences(name)
        self._write(said, self._read(said) + _BEGUN)

    def compared(self, name: str, text: str) -> None:
        """It is done: keep what it found beside the tree."""
        self._write(_differences(name), text)

    def unhealed(self) -> int:
        """How often something was set aside since this member was last whole."""
        said = self._read(UNHEALED).strip()
        return int(said) if said.isdigit() else 0

    def healed(self) -> None:
        """The member has all that the others have: only the newest sets are still kept."""
        old = self.sets()[:-SETS_KEPT]
        for name in self._files.names(self._folder, f"{NOTE}-"):
            found = _SET.match(name)
            if found and int(found[1]) in old:
                self._files.remove(self._folder / name)
        self._files.remove(self._folder / UNHEALED)

    def _write(self, name: str, text: str) -> None:
        self._files.create(self._folder / name, text.encode()).close()

    def _read(self, name: str) -> str:
        file = self._files.open(self._folder / name)
        if file is None:
            return ""
        try:
            return file.read(_NOTE_BYTES_MAX).decode("utf-8", "replace")
        finally:
            file.close()


def _differences(tree: str) -> str:
    return tree.replace("-tree-", "-differences-")
