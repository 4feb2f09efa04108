"""Cuts a plan that breaks a promise down to little more than what breaks it."""

from collections.abc import Callable
from typing import Any

from hikari.testing.plan import Plan

RUNS_MAX = 200


def shrink(plan: Plan, broken: str, breaks: Callable[[Plan], str], runs: int = RUNS_MAX) -> Plan:
    """A smaller plan that breaks the same promise. `breaks` runs a plan and names the promise that
    it breaks, or "". Faults go first, then clients, then what clients do, then knobs."""
    budget = [runs]

    def same(candidate: Plan) -> bool:
        if budget[0] <= 0:
            return False
        budget[0] -= 1
        return breaks(candidate) == broken

    plan = _fewer(plan, "faults", same)
    plan = _fewer_scripts(plan, same)
    plan = _fewer_acts(plan, same)
    for knob in list(plan.knobs):
        fewer = _copy(plan)
        del fewer.knobs[knob]
        if same(fewer):
            plan = fewer
    return plan


def _copy(plan: Plan) -> Plan:
    return Plan.from_json(plan.to_json())


def _fewer(plan: Plan, name: str, same: Callable[[Plan], bool]) -> Plan:
    """Leave out halves, then quarters, and so on, as long as it still breaks."""
    share = 2
    while True:
        items: list[Any] = getattr(plan, name)
        size = max(1, len(items) // share)
        at, gone = 0, False
        while at < len(items):
            candidate = _copy(plan)
            setattr(candidate, name, items[:at] + items[at + size :])
            if same(candidate):
                plan, items, gone = candidate, getattr(candidate, name), True
            else:
                at += size
        if size == 1 and not gone:
            return plan
        share *= 2 if not gone else 1
        if share > 2 * max(1, len(items)):
            return plan


def _fewer_scripts(plan: Plan, same: Callable[[Plan], bool]) -> Plan:
    for at in reversed(range(len(plan.scripts))):
        candidate = _copy(plan)
        candidate.scripts[at].acts = []
        if same(candidate):
            plan = candidate
    return plan


def _fewer_acts(plan: Plan, same: Callable[[Plan], bool]) -> Plan:
    for at in range(len(plan.scripts)):
        size = len(plan.scripts[at].acts) // 2
        while size:
            first = 0
            while first < len(plan.scripts[at].acts):
                candidate = _copy(plan)
                del candidate.scripts[at].acts[first : first + size]
                if same(candidate):
                    plan = candidate
                else:
                    first += size
            size //= 2
    return plan
