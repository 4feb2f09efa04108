"""The differences that are allowed, each with its reason; docs/compatibility.md has the same list.

A rule looks at what the two said and at what was asked. It may not be wider than its reason.
"""

import re
from typing import Any

Item = tuple[Any, ...]

UNORDERED = {"getChildren", "getChildren2", "getEphemerals", "multiRead", "whoAmI"}
"""Names and identities: ZooKeeper gives them in the order of a hash table and promises none."""


def streams(
    judge: Any, step: dict[str, Any], seat: int, theirs: list[Item], ours: list[Item]
) -> tuple[list[Item], list[Item]]:
    """Both streams with what has no order in one, and without what does not matter."""
    theirs, ours = [_plain(item) for item in theirs], [_plain(item) for item in ours]
    judge.memory["refused"] = {
        path for item in theirs if item[0] == "may not read" for path in item[1]
    }
    if _ends_a_session(step):
        theirs, ours = _events_sorted(theirs), _events_sorted(ours)
    return theirs, ours


def _plain(item: Item) -> Item:
    """The zxid in an event's header is -1 up to 3.8 (ZOOKEEPER-4655)."""
    return (item[0], "zxid", *item[2:]) if item[0] == "event" else item


def _ends_a_session(step: dict[str, Any]) -> bool:
    """Its ephemerals go in the order of a hash table."""
    asked = step.get("ask", ())
    return "expire" in step or "open" in step or any(one[0] == "closeSession" for one in asked)


def _events_sorted(items: list[Item]) -> list[Item]:
    at = [number for number, item in enumerate(items) if item[0] == "event"]
    events = iter(sorted((items[number] for number in at), key=str))
    return [next(events) if number in set(at) else item for number, item in enumerate(items)]


def rule(
    judge: Any, request: list[Any] | None, seat: int, theirs: Item | None, ours: Item | None
) -> tuple[str, str]:
    """The name of the rule that allows this difference, "" if none does, and which of the two is
    then done with: "both", "theirs" or "ours"."""
    for name, allows in RULES.items():
        skipped = allows(judge, request, seat, theirs, ours)
        if skipped:
            return name, "both" if skipped is True else skipped
    return "", "both"


def _is_reply(item: Item | None) -> bool:
    return item is not None and item[0] == "reply"


def _null_text(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool:
    """ZooKeeper trips over a null path, scheme or id (MARSHALLINGERROR); in a write it is an empty
    one to us, and refused as such."""
    if not (_is_reply(theirs) and _is_reply(ours) and request):
        return False
    if ours[1] == "sync":
        return bool(ours[4:] == (0, [""]) and theirs[4:] == (0, [None]))
    failed = ours[4] != 0 or (ours[1] == "multi" and ours[5][0][0] == -1)
    return theirs[4] == MARSHALLING_ERROR and failed and _has_null(request)


def _has_null(value: Any) -> bool:
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


def _exists_unread(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool | str:
    """From 3.9.2 on `exists` needs READ (ZOOKEEPER-2590): 3.8 answers, and sets the watch."""
    unread = judge.memory.setdefault("unread", set())
    if not (_is_reply(theirs) and _is_reply(ours)):
        if (
            theirs
            and theirs[0] == "event"
            and theirs[3] in (1, 2, 3)
            and (seat, theirs[5]) in unread
        ):
            unread.discard((seat, theirs[5]))
            return "theirs"
        return False
    if not request:
        return False
    name, path, *_ = *request, None
    if ours[1] == "exists" and (theirs[4], ours[4]) == (0, NO_AUTH):
        if name == "exists" and request[2]:
            unread.add((seat, path))
        return True
    watched = name in ("checkWatches", "removeWatches") and (seat, path) in unread
    return watched and (theirs[4], ours[4]) == (0, NO_WATCHER)


def _missed_unread(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool | str:
    """setWatches tells nothing of znodes that may not be read: ZooKeeper does, though when a watch
    fires it does not (CVE-2024-23944)."""
    if not theirs or theirs[0] != "event" or theirs[3] == DELETED:
        return False
    return "theirs" if theirs[5] in judge.memory["refused"] else False


def _check_of_another(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool:
    """Up to 3.8 checkWatches finds the watches of others too, and trips over what is no path if any
    watch is recursive (mended with ZOOKEEPER-4466)."""
    if not (request and request[0] == "checkWatches" and _is_reply(theirs) and _is_reply(ours)):
        return False
    return theirs[4] in (0, MARSHALLING_ERROR) and ours[4] == NO_WATCHER


def _create2_in_multi(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool:
    """From 3.9.0 on a create2 in a multi gives its Stat (ZOOKEEPER-4026)."""
    if not (request and request[0] == "multi" and _is_reply(theirs) and _is_reply(ours)):
        return False
    fewer = [
        ["create", *part[1:3]] if asked[0] == part[0] == "create2" else part
        for asked, part in zip([*request[1], [None]], ours[5], strict=False)
    ]
    return bool(judge.same(theirs, (*ours[:5], fewer)))


def _not_utf8(judge: Any, request: Any, seat: int, theirs: Any, ours: Any) -> bool:
    """What is not UTF-8 names no znode; ZooKeeper tells it back with U+FFFD in it, and characters
    behind the first 65,536, which name none either, as two surrogates. We tell what came."""
    if theirs is None or ours is None or theirs[0] != ours[0] or not _odd(ours):
        return False
    return bool(judge.same(_mended(theirs), _mended(ours)))


def _odd(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return bool(LATER.search(value.encode("latin-1").decode("utf-8")))
        except UnicodeDecodeError:
            return True
    return isinstance(value, list | tuple) and any(map(_odd, value))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return LATER.sub("?", value.encode("latin-1").decode("utf-8", "replace"))
    if isinstance(value, list | tuple):
        return type(value)(_mended(part) for part in value)
    return value


LATER = re.compile("[\ufffd\U00010000-\U0010ffff]+")
DELETED = 2
MARSHALLING_ERROR, NO_AUTH, NO_WATCHER = -5, -102, -121

RULES: dict[str, Any] = {
    "null text": _null_text,
    "exists needs READ": _exists_unread,
    "setWatches of what may not be read": _missed_unread,
    "checkWatches of another": _check_of_another,
    "create2 in a multi": _create2_in_multi,
    "not UTF-8": _not_utf8,
}
