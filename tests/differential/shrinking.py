"""Cuts a script down to little more than what makes the difference."""

from collections.abc import Callable
from typing import Any

from differential.stage import Step

RUNS_MAX = 150


def shrink(
    script: list[Step], wanted: Any, differs: Callable[[list[Step]], Any], runs: int = RUNS_MAX
) -> list[Step]:
    """Fewer steps, then fewer requests a step, with the same signature of the first difference."""
    budget = [runs]

    def same(candidate: list[Step]) -> bool:
        if budget[0] <= 0:
            return False
        budget[0] -= 1
        return bool(differs(candidate) == wanted)

    script = _fewer(script, same)
    for at in range(len(script)):
        script = _shorter(script, at, same)
    return _fewer(script, same)


def _shorter(script: list[Step], at: int, same: Callable[[list[Step]], bool]) -> list[Step]:
    """Fewer requests in this step."""

    def whole(asked: list[Any]) -> list[Step]:
        return [*script[:at], {**script[at], "ask": asked}, *script[at + 1 :]]

    asked = script[at].get("ask", [])
    if len(asked) < 2:
        return script
    return whole(_fewer(asked, lambda fewer: bool(fewer) and same(whole(fewer))))


def _fewer(items: list[Any], same: Callable[[list[Any]], bool]) -> list[Any]:
    """Leave out halves, then quarters, and so on, from the end on."""
    size = max(1, len(items) // 2)
    while True:
        end, gone = len(items), False
        while end > 0:
            candidate = items[: max(0, end - size)] + items[end:]
            if len(candidate) < len(items) and same(candidate):
                items, gone = candidate, True
            end -= size
            end = min(end, len(items))
        if size == 1 and not gone:
            return items
        size = max(1, size // 2)
