"""Named moments in the life of a member, at which it is killed.

A moment is told from outside, by what the process does to its disk and says to others: the library
`points.c` stands between it and the kernel, and reads the journal's batches, the messages between
members and the replies to clients. The server does not know of it. A point is a way of such
moments, one after another; at the last one the process dies, before that call, when it is done, or
with half of it written.

What only the server could tell has no name here: that a request was applied, that the changed
znodes were settled (into RocksDB's memory: that writes nothing), that a watch fired. All of that is
in memory, and lies between `entry-synced` and `answer-unsent`. The folder of a snapshot gets its
name when it is made (`snapshot-named`); that it is the tree from now on is a batch of the journal,
which is what `snapshot-…install…` are about.
"""

import mmap
import struct
import subprocess
from pathlib import Path

from attrs import define

SOURCE = Path(__file__).with_name("points.c")
MOMENTS = (
    # a batch of the journal is written that holds
    "append",  # entries
    "first-entry",  # the empty one of a new leader
    "replace",  # entries in the place of others
    "vote",  # a vote for another
    "candidacy",  # one for itself
    "cut",  # a new base: what is before it is forgotten
    "install",  # a new base, with term and vote: the tree that was received is ours
    # other calls to the disk
    "sync",  # of the journal
    "mark",  # the watermark is written
    "secure",  # and fsynced
    "table",  # fsync of a table of a tree
    "log-table",  # of the journal's
    "log-reused",  # a log of the journal is written over from here on
    "tree-made",  # the folder of a new tree, under a name for the time being
    "tree-named",  # it gets its own
    "tree-goes",  # a file of a tree is removed
    "journal-named",  # a new journal gets its name
    "watermark-named",
    # messages to a peer
    "say-append",  # entries
    "say-first-entry",
    "say-acknowledged",
    "say-forward",  # proposals, to the leader
    "say-read",  # a follower asks how far a read must wait
    "say-read-index",  # the leader answers that
    "say-stands",  # a vote is asked for
    "say-vote",  # and given
    "say-piece",  # of a snapshot
    "say-last-piece",
    "say-kept",  # a piece was taken
    # to a client
    "answer",
)
BEFORE, AFTER, TORN = range(3)
IDLE, ARMED, HIT = range(3)
STEPS_MAX = 8
LEADER, FOLLOWER = "leader", "follower"
LOAD, ELECTION, AWAY, EMPTY, CONFLICT = "load", "election", "away", "empty", "conflict"
"""What leads to a point: the load alone; the death of the leader; a follower that missed more than
the log keeps; one that has lost its disk; one that led, and has what nobody else got."""

_HEAD = struct.Struct("=4I")
_STEP = struct.Struct("=2I")
BYTES = _HEAD.size + STEPS_MAX * _STEP.size


@define(frozen=True)
class Point:
    """`way`: moments, the last of which is the point; `who`: whom it can be reached by."""

    name: str
    how: int
    way: tuple[str, ...]
    who: tuple[str, ...]
    by: str = LOAD

    def control(self) -> bytes:
        """The content of the control file that arms it; a moment that stands there twice in a
        row is waited for twice."""
        steps: list[list[int]] = []
        for moment in self.way:
            number = MOMENTS.index(moment)
            if steps and steps[-1][0] == number:
                steps[-1][1] += 1
            else:
                steps.append([number, 1])
        packed = b"".join(_STEP.pack(*step) for step in steps)
        return (_HEAD.pack(ARMED, self.how, len(steps), 0) + packed).ljust(BYTES, b"\0")


BOTH = (LEADER, FOLLOWER)
_LEADS, _FOLLOWS = (LEADER,), (FOLLOWER,)
_RECEIVED = ("tree-named", "table")
ALL = (
    Point("append-unsent", BEFORE, ("say-append",), _LEADS),
    Point("append-sent-to-one", AFTER, ("say-append",), _LEADS),
    Point("append-sent-to-all", AFTER, ("say-append", "say-append"), _LEADS),
    Point("entry-unwritten", BEFORE, ("append",), BOTH),
    Point("entry-torn", TORN, ("append",), BOTH),
    Point("entry-unsynced", AFTER, ("append",), BOTH),
    Point("entry-synced", AFTER, ("append", "sync"), BOTH),
    Point("watermark-torn", TORN, ("append", "sync", "mark"), BOTH),
    Point("watermark-written", AFTER, ("append", "sync", "mark"), BOTH),
    Point("watermark-unsecured", BEFORE, ("append", "secure"), BOTH),
    Point("watermark-secured", AFTER, ("append", "secure"), BOTH),
    Point("acknowledgement-unsent", BEFORE, ("append", "sync", "say-acknowledged"), _FOLLOWS),
    Point("acknowledgement-sent", AFTER, ("append", "sync", "say-acknowledged"), _FOLLOWS),
    Point("forward-unsent", BEFORE, ("say-forward",), _FOLLOWS),
    Point("forward-sent", AFTER, ("say-forward",), _FOLLOWS),
    Point("read-asked", AFTER, ("say-read",), _FOLLOWS),
    Point("read-unanswered", BEFORE, ("say-read-index",), _LEADS),
    Point("answer-unsent", BEFORE, ("append", "sync", "answer"), BOTH),
    Point("answer-sent", AFTER, ("append", "sync", "answer"), BOTH),
    Point("tree-unsynced", BEFORE, ("table",), BOTH),
    Point("tree-synced", AFTER, ("table",), BOTH),
    Point("log-cut-unwritten", BEFORE, ("cut",), BOTH),
    Point("log-cut-written", AFTER, ("cut",), BOTH),
    Point("log-cut-synced", AFTER, ("cut", "sync"), BOTH),
    Point("log-reused", AFTER, ("log-reused",), BOTH),
    Point("log-table-synced", AFTER, ("log-table",), BOTH),
    Point("candidacy-unsynced", AFTER, ("candidacy",), _FOLLOWS, ELECTION),
    Point("candidacy-unsaid", BEFORE, ("candidacy", "sync", "say-stands"), _FOLLOWS, ELECTION),
    Point("candidacy-said", AFTER, ("candidacy", "sync", "say-stands"), _FOLLOWS, ELECTION),
    Point("vote-torn", TORN, ("vote",), _FOLLOWS, ELECTION),
    Point("vote-unsynced", AFTER, ("vote",), _FOLLOWS, ELECTION),
    Point("vote-unsent", BEFORE, ("vote", "sync", "say-vote"), _FOLLOWS, ELECTION),
    Point("vote-sent", AFTER, ("vote", "sync", "say-vote"), _FOLLOWS, ELECTION),
    Point("first-entry-unsent", BEFORE, ("candidacy", "say-first-entry"), _FOLLOWS, ELECTION),
    Point("first-entry-sent", AFTER, ("candidacy", "say-first-entry"), _FOLLOWS, ELECTION),
    Point("first-entry-unsynced", AFTER, ("candidacy", "first-entry"), _FOLLOWS, ELECTION),
    Point("first-entry-synced", AFTER, ("candidacy", "first-entry", "sync"), _FOLLOWS, ELECTION),
    Point("conflict-unwritten", BEFORE, ("replace",), _FOLLOWS, CONFLICT),
    Point("conflict-torn", TORN, ("replace",), _FOLLOWS, CONFLICT),
    Point("conflict-unsynced", AFTER, ("replace",), _FOLLOWS, CONFLICT),
    Point("conflict-synced", AFTER, ("replace", "sync"), _FOLLOWS, CONFLICT),
    Point("snapshot-begun", AFTER, ("tree-made",), _FOLLOWS, AWAY),
    Point("snapshot-unnamed", BEFORE, ("tree-named",), _FOLLOWS, AWAY),
    Point("snapshot-named", AFTER, ("tree-named",), _FOLLOWS, AWAY),
    Point("snapshot-piece-kept", BEFORE, ("tree-named", "say-kept"), _FOLLOWS, AWAY),
    Point("snapshot-piece-told", AFTER, ("tree-named", "say-kept"), _FOLLOWS, AWAY),
    Point("snapshot-unsynced", BEFORE, _RECEIVED, _FOLLOWS, AWAY),
    Point("snapshot-synced", AFTER, _RECEIVED, _FOLLOWS, AWAY),
    Point("snapshot-uninstalled", BEFORE, (*_RECEIVED, "install"), _FOLLOWS, AWAY),
    Point("snapshot-install-torn", TORN, (*_RECEIVED, "install"), _FOLLOWS, AWAY),
    Point("snapshot-install-unsynced", AFTER, (*_RECEIVED, "install"), _FOLLOWS, AWAY),
    Point("snapshot-installed", AFTER, (*_RECEIVED, "install", "sync"), _FOLLOWS, AWAY),
    Point("old-tree-goes", AFTER, (*_RECEIVED, "install", "tree-goes"), _FOLLOWS, AWAY),
    Point("snapshot-piece-sent", AFTER, ("say-piece",), _LEADS, AWAY),
    Point("snapshot-sent", AFTER, ("say-last-piece",), _LEADS, AWAY),
    Point("watermark-named", AFTER, ("watermark-named",), _FOLLOWS, EMPTY),
    Point("journal-unnamed", BEFORE, ("journal-named",), _FOLLOWS, EMPTY),
    Point("journal-named", AFTER, ("journal-named",), _FOLLOWS, EMPTY),
)
BUSY = {"log-reused", "log-table"}
"""Moments that come only when a log of the journal is full: with its usual size, after long."""
SHORT = {"cut", "table", "tree-named", "say-piece", "say-last-piece"}
"""Moments that come only where the log is cut back soon."""


def build(folder: Path) -> Path:
    """The library, compiled into `folder`."""
    library = folder / "points.so"
    moments = ",".join(name.upper().replace("-", "_") for name in MOMENTS)
    words = ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", f"-DMOMENTS={moments}"]
    subprocess.run([*words, "-o", str(library), str(SOURCE), "-lpthread"], check=True)
    return library


class Control:
    """A member's control file: says what it is to die at, and whether it has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(BYTES))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), BYTES)

    def arm(self, point: Point) -> None:
        """The steps first: what is armed is whole."""
        content = point.control()
        self._shared[4:] = content[4:]
        self._shared[:4] = content[:4]

    def disarm(self) -> None:
        self._shared[:4] = struct.pack("=I", IDLE)

    @property
    def hit(self) -> bool:
        return struct.unpack_from("=I", self._shared)[0] == HIT

    @property
    def seen(self) -> int:
        """How many steps of the way were reached."""
        return int(struct.unpack_from("=4I", self._shared)[3])

    def environment(self, home: Path, number: int, port: int) -> dict[str, str]:
        """What the member must find in its environment."""
        return {
            "POINTS_ROOT": str(home),
            "POINTS_CONTROL": str(self.path),
            "POINTS_MEMBER": str(number),
            "POINTS_PORT": str(port),
        }
