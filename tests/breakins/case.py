"""One try to get in, as data, and what is done with many of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Case(NamedTuple):
    """Who asks, by which way, for what. `attempt` plays it to a member of its own and says how it
    got in, or ""; a `control` is allowed, and must get in."""

    family: str
    who: str
    route: str
    what: str
    attempt: Callable[..., str]
    given: tuple[Any, ...] = ()
    control: bool = False

    @property
    def name(self) -> str:
        """One line for people."""
        return f"{self.family}: {self.who}, {self.route}: {self.what}"

    def got_in(self) -> str:
        """How; "": not at all."""
        return self.attempt(*self.given)


class Verdict(NamedTuple):
    """`tried` and `got_in` by family; `told` names each that got in. `shut_out`: controls that
    did not get in, so that what is refused beside them shows nothing."""

    tried: Counter[str]
    controls: Counter[str]
    got_in: Counter[str]
    told: list[str]
    shut_out: list[str]


def judge(cases: Iterable[Case], stop_at_first: bool = False) -> Verdict:
    """Play all of them."""
    verdict = Verdict(Counter(), Counter(), Counter(), [], [])
    for case in cases:
        how = case.got_in()
        if case.control:
            verdict.controls[case.family] += 1
            if not how:
                verdict.shut_out.append(case.name)
            continue
        verdict.tried[case.family] += 1
        if how:
            verdict.got_in[case.family] += 1
            verdict.told.append(f"{case.name}: {how}")
            if stop_at_first:
                break
    return verdict
