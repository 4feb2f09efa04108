"""Ours against ZooKeeper's: the same, stricter, or unexplained.

ZooKeeper's answers are kept in `answers.json`, so that ours are held against them where there is
no Java. Where ours are others, `ALLOWED` must say why.
"""

import json
from pathlib import Path

from differential.hostile.frames import Row
from differential.hostile.played import Answer
from differential.hostile.rows import rows

ANSWERS = Path(__file__).with_name("answers.json")
STRICTER = "stricter"
FATAL = "refused, where ZooKeeper ends"
REFUSED = "refused by another error"
TOLD = "served, and told otherwise"
ALLOWED: dict[str, tuple[str, str]] = {
    "stranger: length ": (STRICTER, "a connect request has 4 KiB at most"),
    "stranger: 4097 zeros": (STRICTER, "the same"),
    "stranger: 100000 zeros": (STRICTER, "the same"),
    "connect: a password of ": (STRICTER, "the same"),
    "connect: read-only 00 and 5000 more": (STRICTER, "the same"),
    "auth: a very long user": (STRICTER, "the identities of a connection have 16 KiB at most"),
    "opcode -10": (STRICTER, "createSession is of the log; no client may send it"),
    "flags ": (FATAL, "a createTTL of another kind with a negative TTL"),
    "vector: -": (STRICTER, "a vector of less than -1 is a lie; to ZooKeeper it is empty"),
    "vector: -2147483648 ACLs": (REFUSED, "the same"),
    "vector: -2 ACLs": (REFUSED, "the same"),
    "opcode 20": (REFUSED, "deleteContainer is not for clients"),
    "path: create, null": (REFUSED, "as an empty one; ZooKeeper trips over it"),
    "path: delete, null": (REFUSED, "the same"),
    "acl: ": (REFUSED, "a null scheme or id as an empty one; ZooKeeper trips over it"),
    "mode 4: ": (REFUSED, "kinds of watches that 3.9 knows"),
    "mode 5: ": (REFUSED, "the same"),
    "path: sync, ": (TOLD, "a path that is no znode's is told back as it came"),
}
"""By how a row's name begins; the longest holds."""


class Unexplained(AssertionError):
    """Ours is not what it may be."""


def refuses(answer: Answer) -> bool:
    """Closed, or told an error."""
    heard = answer.heard or ()
    return answer.end == "closed" or any(int(one.split()[1]) < 0 for one in heard)


def seen(theirs: Answer | None, ours: Answer) -> str:
    """What kind of difference it is. `theirs` is None if ZooKeeper ended."""
    if theirs == ours:
        return "agreed"
    if theirs is None:
        return FATAL if refuses(ours) else "looser"
    if set(ours.left) - set(theirs.left):
        return "looser"
    if refuses(ours):
        closes = ours.end == "closed" and theirs.end == "open"
        return STRICTER if closes or not refuses(theirs) else REFUSED
    same = theirs.end == ours.end and theirs.left == ours.left
    return TOLD if same and not refuses(theirs) else "looser"


def verdict(row: Row, theirs: Answer | None, ours: Answer) -> str:
    """The kind of difference, if there is any, and if it is allowed. Raises Unexplained."""
    kind = seen(theirs, ours)
    if kind != "agreed":
        why = [name for name in ALLOWED if row.name.startswith(name)]
        if not why or ALLOWED[max(why, key=len)][0] != kind:
            raise Unexplained(f"{row.name}: {kind}\n  theirs {theirs}\n  ours   {ours}")
    return kind


def compare(theirs: dict[str, Answer], ours: dict[str, Answer]) -> dict[str, list[str]]:
    """The names of the rows, by verdict; what is wrong with the others under "unexplained"."""
    found: dict[str, list[str]] = {
        "agreed": [],
        STRICTER: [],
        FATAL: [],
        REFUSED: [],
        TOLD: [],
        "unexplained": [],
    }
    for row in rows():
        try:
            found[verdict(row, theirs.get(row.name), ours[row.name])].append(row.name)
        except Unexplained as wrong:
            found["unexplained"].append(str(wrong))
    return found


def kept() -> dict[str, Answer]:
    """ZooKeeper's answers, as they were heard once."""
    found = json.loads(ANSWERS.read_text())
    return {
        name: Answer(None if heard is None else tuple(heard), end, tuple(left))
        for name, (heard, end, left) in found.items()
    }


def keep(answers: dict[str, Answer]) -> None:
    """Write them down, a row a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers.items()]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
