"""The differences that are allowed, each with its reason; docs/compatibility.md has the same list.

A rule looks at what the two said and at what was asked. It may not be wider than its reason.
"""

from typing import Any

Item = tuple[Any, ...]

UNORDERED = {"getChildren", "getChildren2", "getEphemerals", "multiRead"}
"""Lists of names: ZooKeeper gives them in the order of a hash table and promises none."""


def streams(
    judge: Any, step: dict[str, Any], seat: int, theirs: list[Item], ours: list[Item]
) -> tuple[list[Item], list[Item]]:
    """Both streams with what has no order in one, and without what does not matter."""
    theirs, ours = [_plain(item) for item in theirs], [_plain(item) for item in ours]
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
) -> str | None:
    """The name of the rule that allows this difference."""
    for name, allows in RULES.items():
        if allows(judge, request, seat, theirs, ours):
            return name
    return None


RULES: dict[str, Any] = {}
