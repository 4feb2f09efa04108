"""Linearizability by search, for judges that trust no zxid: is there one order of the calls that
agrees with time and explains every answer?

The search is Wing and Gong's with Lowe's memory of what was tried before, depth first: calls and
returns stand in a doubly linked list by time; a call that may be next is lifted out, with its
return; at a return that is still there the last choice was wrong. A call whose answer never came
returns at the end of time, so it may have happened at any moment, or never.
Sources: Wing and Gong 1993; Lowe, Testing for linearizability, 2017.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

from attrs import define, evolve

from hikari.testing.history import Conversation, Operation
from hikari.testing.log_order import WRITES
from hikari.testing.violation import Violation
from hikari_wire import codes

NEVER: Final = float("inf")
STEPS_MAX: Final = 2_000_000
"""Of one key: some seconds. Keys with many unknown writes may need more than anybody has."""

FINE: Final = "fine"
BROKEN: Final = "broken"
GAVE_UP: Final = "gave up"
"""Too many steps: it may be fine or broken."""

Action = tuple[Any, ...]
Answer = Any
Step = Callable[[Any, Action], tuple[Hashable, Answer]]


@define(frozen=True, eq=False)
class Call:
    """`ended` is NEVER if no answer came; `answer` is what `Step` has to give otherwise."""

    invoked: float
    ended: float
    action: Action
    answer: Answer = None
    operation: Operation | None = None


@define(frozen=True)
class Verdict:
    """`stuck`: the call that could not be explained when most others were."""

    word: str
    steps: int
    stuck: Call | None = None


def linearizable(
    calls: Sequence[Call], step: Step, state: Hashable, steps_max: int = STEPS_MAX
) -> Verdict:
    """Whether some order explains these calls from this state on. No recursion; the bound is on
    the calls tried, so the time is bounded too."""
    line = _Line(calls)
    after, twin = line.after, _twins(calls)
    chosen: list[tuple[int, Hashable]] = []  # calls lifted out, and the state before each
    tried: set[tuple[int, Hashable]] = set()
    mask, steps, most = 1 << len(calls), 0, 0
    left = sum(call.ended != NEVER for call in calls)
    stuck: Call | None = None
    place, late = after[0], False  # late: the calls without an answer, when no other is left
    while left:
        number = line.number[place]
        call = calls[number]
        known = call.ended != NEVER
        if line.returns[place]:  # it may be next
            if known is late or not (known or mask >> twin[number] & 1):
                place = after[place]
                continue
            steps += 1
            if steps > steps_max:
                return Verdict(GAVE_UP, steps)
            then, answer = step(state, call.action)
            key = (mask | 1 << number, then)
            if (answer == call.answer if known else then != state) and key not in tried:
                tried.add(key)
                chosen.append((place, state))
                mask, state = key
                left -= known
                line.lift(place)
                place, late = after[0], False
            else:
                place = after[place]
            continue
        if not late:
            place, late = after[0], True
            continue
        if len(chosen) >= most:
            most, stuck = len(chosen), call
        if not chosen:
            return Verdict(BROKEN, steps, stuck)
        place, state = chosen.pop()
        number = line.number[place]
        mask ^= 1 << number
        late = calls[number].ended == NEVER
        left += not late
        line.put_back(place)
        place = after[place]
    return Verdict(FINE, steps)


def _twins(calls: Sequence[Call]) -> list[int]:
    """Of calls that were never answered and ask the same, each may wait for the one asked before
    it: whichever of them happened is all one. A call with none before it waits for a bit that is
    always set."""
    always = len(calls)
    twins = [always] * len(calls)
    latest: dict[Action, int] = {}
    unknown = [number for number, call in enumerate(calls) if call.ended == NEVER]
    for number in sorted(unknown, key=lambda number: calls[number].invoked):
        action = calls[number].action
        twins[number] = latest.get(action, always)
        latest[action] = number
    return twins


class _Line:
    """Calls and returns by time, doubly linked; 0 is the head. `returns[place]` is the place of
    a call's return, and 0 for a return."""

    def __init__(self, calls: Sequence[Call]) -> None:
        moments = [(call.invoked, 0, number) for number, call in enumerate(calls)]
        moments += [(call.ended, 1, number) for number, call in enumerate(calls)]
        moments.sort()
        count = len(moments) + 1
        self.number = [0] + [number for _, _, number in moments]
        self.returns = [0] * count
        ends = {number: place for place, (_, kind, number) in enumerate(moments, 1) if kind}
        for place, (_, kind, number) in enumerate(moments, 1):
            if not kind:
                self.returns[place] = ends[number]
        self.after = [*range(1, count), 0]
        self.before = [count - 1, *range(count - 1)]

    def lift(self, place: int) -> None:
        after, before = self.after, self.before
        for one in (place, self.returns[place]):
            after[before[one]] = after[one]
            before[after[one]] = before[one]

    def put_back(self, place: int) -> None:
        after, before = self.after, self.before
        for one in (self.returns[place], place):
            after[before[one]] = one
            before[after[one]] = one


# ---- models; an action is a request as `hikari_wire.requests` has it


def register(state: Any, action: Action) -> tuple[Hashable, Answer]:
    """One znode: None, or (data, version). Answers are (error, what the reply says of those)."""
    op = action[0]
    if op in (codes.CREATE, codes.CREATE2):
        if state is not None:
            return state, (codes.NODE_EXISTS, None)
        return (action[2], 0), (codes.OK, None)
    if state is None:
        return None, (codes.NO_NODE, None)
    data, version = state
    if op == codes.GET_DATA:
        return state, (codes.OK, (data, version))
    if op == codes.EXISTS:
        return state, (codes.OK, version)
    wanted = action[3] if op == codes.SET_DATA else action[2]
    if wanted not in (-1, version):
        return state, (codes.BAD_VERSION, None)
    if op == codes.SET_DATA:
        return (action[2], version + 1), (codes.OK, version + 1)
    if op == codes.DELETE:
        return None, (codes.OK, None)
    assert op == codes.CHECK
    return state, (codes.OK, None)


def existence(state: Any, action: Action) -> tuple[Hashable, Answer]:
    """Whether a znode is there, for creates, deletes of any version, and exists. Answers are
    errors."""
    op = action[0]
    if op in (codes.CREATE, codes.CREATE2):
        return True, codes.NODE_EXISTS if state else codes.OK
    if op == codes.DELETE:
        return False, codes.OK if state else codes.NO_NODE
    assert op == codes.EXISTS
    return state, codes.OK if state else codes.NO_NODE


# ---- from conversations to calls

_KEYED: Final = frozenset(
    (
        *(codes.CREATE, codes.CREATE2, codes.DELETE, codes.SET_DATA, codes.CHECK),
        *(codes.GET_DATA, codes.EXISTS),
    )
)
_WITH_DATA: Final = frozenset((codes.CREATE, codes.CREATE2, codes.SET_DATA))
_STRANGE: Final = frozenset(
    (
        *(codes.CREATE_CONTAINER, codes.CREATE_TTL, codes.CREATE_IF_NOT_EXISTS),
        *(codes.TRY_REMOVE, codes.REMOVE_RECURSIVE),
    )
)
_UNREAD: Final = object()
_PLAIN: Final = frozenset((codes.OK, codes.NO_NODE, codes.NODE_EXISTS, codes.BAD_VERSION))
_NOT_DONE: Final = frozenset(
    (
        *(codes.SESSION_MOVED, codes.SESSION_EXPIRED),
        *(codes.MARSHALLING_ERROR, codes.QUOTA_EXCEEDED),
    )
)


def registers(conversations: Iterable[Conversation]) -> dict[bytes, list[Call]]:
    """By path, the calls on znodes that nothing else can change: no ephemerals, no sequences, no
    parts of a multi, no parents, no ACLs.

    A read behind a sync or a write of its connection is a call from when that was asked; other
    reads promise nothing here.
    """
    calls: dict[bytes, list[Call]] = {}
    others: set[bytes] = set()  # paths that these models do not describe
    removed: set[bytes] = set()  # with all below them
    sequences: set[bytes] = set()
    for conversation in conversations:
        behind: float | None = None  # when the newest answered sync or write was asked
        for one in conversation.asked:
            op = one.request[0]
            if op in _KEYED:
                read = op in (codes.GET_DATA, codes.EXISTS)
                _strangers(one, others, sequences)
                if not read:
                    _keyed(one, one.invoked, calls)
                elif one.ended and behind is not None:
                    _keyed(one, behind, calls)
            elif op == codes.MULTI:
                for part in one.request[1]:
                    others.add(part[1])
                    if part[0] == codes.REMOVE_RECURSIVE:
                        removed.add(part[1])
                    _strange_create(part, others, sequences)
            elif op == codes.SET_ACL or op in _STRANGE:
                others.add(one.request[1])
            if op == codes.REMOVE_RECURSIVE:
                removed.add(one.request[1])
            if one.ended and (op == codes.SYNC or op in WRITES) and one.error not in _NOT_DONE:
                behind = one.invoked
    return {
        path: some
        for path, some in calls.items()
        if path not in others
        and not path.startswith((b"/zookeeper", *[one + b"/" for one in removed]))
        and not (path[:-10] in sequences and path[-10:].isdigit())
        and any(call.action[0] in WRITES for call in some)
    }


def _strangers(one: Operation, others: set[bytes], sequences: set[bytes]) -> None:
    _strange_create(one.request, others, sequences)
    if one.ended and one.error not in _PLAIN | _NOT_DONE:
        others.add(one.request[1])


def _strange_create(request: tuple[Any, ...], others: set[bytes], sequences: set[bytes]) -> None:
    if request[0] in (codes.CREATE, codes.CREATE2):
        _, path, _, acl, flags = request
        others.add(path[: path.rfind(b"/")])
        if flags & 2:
            sequences.add(path)
            if acl or flags & 1:
                others.add(path)
        elif acl or flags:
            others.add(path)


def _keyed(one: Operation, invoked: float, calls: dict[bytes, list[Call]]) -> None:
    op, path = one.request[:2]
    create = op in (codes.CREATE, codes.CREATE2)
    if (create and one.request[4]) or one.error in _NOT_DONE:
        return
    if create and one.error == codes.NO_NODE:
        return  # of its parent
    if not one.ended:
        calls.setdefault(path, []).append(Call(invoked, NEVER, one.request, None, one))
        return
    shown: Any = None
    if not one.error:
        if op == codes.GET_DATA:
            shown = (one.value[0], one.value[1][4])
        elif op in (codes.EXISTS, codes.SET_DATA):
            shown = one.value[4]
    answer = (one.error, shown)
    calls.setdefault(path, []).append(Call(invoked, one.ended, one.request, answer, one))


def _forgetting(calls: list[Call]) -> list[Call]:
    """The same, where all data that nobody read is one: fewer states, and the same verdict."""
    read = {
        call.answer[1][0] for call in calls if call.action[0] == codes.GET_DATA and call.answer[1]
    }
    return [
        evolve(call, action=(call.action[0], call.action[1], _UNREAD, *call.action[3:]))
        if call.action[0] in _WITH_DATA and call.action[2] not in read
        else call
        for call in calls
    ]


def judge_registers(
    conversations: Sequence[Conversation], steps_max: int = STEPS_MAX
) -> tuple[list[Violation], list[bytes]]:
    """The znodes whose calls no order explains, and those on which it gave up: not judged, so
    not fine. All begin as not there."""
    found, unjudged = [], []
    for path, calls in registers(conversations).items():
        calls = _forgetting(calls)
        verdict = linearizable(calls, register, None, steps_max)
        if verdict.word == GAVE_UP:
            unjudged.append(path)
        elif verdict.word == BROKEN:
            stuck = verdict.stuck.operation if verdict.stuck is not None else None
            text = f"no order explains the {len(calls)} calls on {path!r}; hardest to explain"
            found.append(Violation("linearizable", text, (stuck,) if stuck is not None else ()))
    return found, unjudged
