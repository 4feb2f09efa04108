"""What a judge says: which promise was broken, by which operations, in one line each."""

from collections.abc import Iterable
from typing import Any, Final

from attrs import Factory, define, field

from hikari.testing.history import Event, Operation
from hikari_wire import codes

LINE_CHARACTERS_MAX: Final = 400
FOUND_MAX: Final = 50


@define(frozen=True)
class Violation:
    """One broken promise. `promise` is a short fixed word, to be counted and compared."""

    promise: str
    text: str
    operations: tuple[Operation | Event, ...] = ()

    def __str__(self) -> str:
        said = "; ".join([self.text, *map(told, self.operations)])
        if len(said) > LINE_CHARACTERS_MAX:
            said = said[:LINE_CHARACTERS_MAX] + "…"
        return f"{self.promise}: {said}"


@define(eq=False)
class Findings:
    """Violations as they are found; after `most` of them the rest is only counted."""

    most: int = FOUND_MAX
    found: list[Violation] = field(init=False, default=Factory(list))
    unsaid: int = field(init=False, default=0)

    def add(self, promise: str, text: str, *operations: Operation | Event) -> None:
        if len(self.found) < self.most:
            self.found.append(Violation(promise, text, operations))
        else:
            self.unsaid += 1

    def all(self) -> list[Violation]:
        if not self.unsaid:
            return self.found
        return [*self.found, Violation("more", f"{self.unsaid} further findings are not listed")]


def told(one: Operation | Event) -> str:
    """An operation or an event in a few words."""
    if isinstance(one, Event):
        name = codes.EVENT_NAMES.get(one.type, str(one.type))
        return f"[{name} {one.path!r} to session {one.session:#x} at {one.at:.6f}]"
    name = codes.OP_NAMES.get(one.request[0], str(one.request[0]))
    asked = f"{name} {words(one.request[1:])} xid {one.xid} of session {one.session:#x}"
    if not one.ended:
        return f"[{asked}, {one.invoked:.6f} to unknown]"
    error = codes.ERROR_NAMES.get(one.error, str(one.error))
    heard = f"{error} {words((one.value,)) if one.value is not None else ''}".strip()
    return f"[{asked}, {one.invoked:.6f} to {one.ended:.6f}: zxid {one.zxid} {heard}]"


def words(values: Iterable[Any]) -> str:
    """Values, each cut short."""
    shown = [repr(value) for value in values]
    return " ".join(one if len(one) <= 60 else one[:57] + "..." for one in shown)
