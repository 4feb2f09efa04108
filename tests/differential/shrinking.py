"""Cuts a script down to little more than what makes the difference, and writes it as a case."""

import json
import time
from collections.abc import Callable
from math import inf
from typing import Any

from differential.bench import Bench, shown
from differential.judge import Difference
from differential.stage import Step

RUNS_MAX = 150


def shrunk(
    bench: Bench,
    script: list[Step],
    difference: Difference,
    runs: int = RUNS_MAX,
    seconds_max: float = inf,
) -> tuple[list[Step], str]:
    """(the script cut down, what is then heard): no steps, if the difference is not seen again."""

    def differs(candidate: list[Step]) -> Any:
        found = bench.play(candidate)[0]
        return found and found.signature()

    small = shrink(
        script[: difference.step + 1], difference.signature(), differs, runs, seconds_max
    )
    found = bench.play(small)[0]
    return ([], "not seen again") if found is None else (small, shown(found, small))


def case(script: list[Step]) -> str:
    """As it is kept in a file of `cases`."""
    steps = ",\n  ".join(json.dumps(step) for step in script)
    return f'{{"about": "",\n "steps": [\n  {steps}\n ]}}\n'


def shrink(
    script: list[Step],
    wanted: Any,
    differs: Callable[[list[Step]], Any],
    runs: int = RUNS_MAX,
    seconds_max: float = inf,
    seconds: Callable[[], float] = time.monotonic,
) -> list[Step]:
    """Fewer steps, then fewer requests a step, with the same signature of the first difference. Out
    of runs or time it is what it has come to."""
    budget, end = [runs], seconds() + seconds_max

    def same(candidate: list[Step]) -> bool:
        if budget[0] <= 0 or seconds() >= end:
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
