"""Watches: what each connection had to hear, in which order, and what it heard.

On one connection the order of everything is known: the events of a change come before any reply
that knows of it, and after all replies that do not; a reply to setWatches comes behind the events
that were missed meanwhile. So what came is held against what had to come, one by one.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from attrs import define, field

from hikari.testing.history import Conversation, Event, Operation
from hikari.testing.model import Model
from hikari.testing.permissions import Identity, may
from hikari.testing.violation import Findings
from hikari_wire import codes, paths

WATCH: Final = "watch"

Due = tuple[int, int, bytes]  # zxid, type, path
Told = tuple[int, bytes]


@define(eq=False)
class Listener:
    """One connection. `due` fills as the log is replayed; `missed` is what setWatches has to tell
    at once, by the operation."""

    conversation: Conversation
    identities: tuple[Identity, ...]
    due: list[Due] = field(init=False, factory=list)
    missed: dict[Operation, list[Told]] = field(init=False, factory=dict)


Listeners = dict[Listener, None]


@define(eq=False)
class Armed:
    """All watches of all connections, as the log is replayed."""

    data: dict[bytes, Listeners] = field(init=False, factory=dict)  # and existence
    child: dict[bytes, Listeners] = field(init=False, factory=dict)
    persistent: dict[bytes, Listeners] = field(init=False, factory=dict)
    recursive: dict[bytes, Listeners] = field(init=False, factory=dict)

    def arm_data(self, path: bytes, listener: Listener) -> None:
        self.data.setdefault(path or b"/", {})[listener] = None

    def arm_child(self, path: bytes, listener: Listener) -> None:
        self.child.setdefault(path or b"/", {})[listener] = None

    def fire(self, events: Sequence[tuple[int, bytes, bytes]], zxid: int) -> None:
        """Each listener once, in whatever ways it watches, if the ACL lets it read the znode."""
        for type, path, acl in events:
            if type == codes.EVENT_CHILDREN_CHANGED:
                told = self.child.pop(path, None)
            else:
                told = self.data.pop(path, None)
                if type == codes.EVENT_DELETED and path in self.child:
                    told = (told or {}) | self.child.pop(path)
            if self.persistent or self.recursive:
                told = (told or {}) | self._lasting(type, path)
            if told:
                for listener in told:
                    if not acl or may(acl, codes.PERM_READ, listener.identities):
                        listener.due.append((zxid, type, path))

    def _lasting(self, type: int, path: bytes) -> Listeners:
        told = dict(self.persistent.get(path, {}))
        while path and type != codes.EVENT_CHILDREN_CHANGED:
            told |= self.recursive.get(path, {})
            path = paths.parent(path)
        return told

    def add_watch(self, one: Operation, listener: Listener) -> int:
        """The error that it had to be answered with."""
        _, path, mode = one.request
        lasting = {0: self.persistent, 1: self.recursive}.get(mode)
        if lasting is None:
            return codes.MARSHALLING_ERROR
        lasting.setdefault(path or b"/", {})[listener] = None
        return codes.OK

    def _kinds(self, kind: int) -> list[dict[bytes, Listeners]]:
        """What a watcher's type means."""
        kinds = {1: self.child, 2: self.data, 4: self.persistent, 5: self.recursive}
        return list(kinds.values()) if kind == codes.WATCHER_ANY else [kinds[kind]]

    def find(self, one: Operation, listener: Listener) -> int:
        """checkWatches and removeWatches: the error that they had to be answered with."""
        op, path, kind = one.request
        if not 1 <= kind <= 5:
            return codes.MARSHALLING_ERROR
        of = [one.get(path or b"/", {}) for one in self._kinds(kind)]
        mine = [listeners for listeners in of if listener in listeners]
        if op == codes.REMOVE_WATCHES:
            for listeners in mine:
                del listeners[listener]
        return codes.OK if mine else codes.NO_WATCHER

    def read(self, one: Operation, error: int, listener: Listener) -> None:
        """A read that asked to be told was answered with this error."""
        request = one.request
        op = request[0]
        if op == codes.EXISTS:
            if error in (codes.OK, codes.NO_NODE):
                self.arm_data(request[1], listener)
        elif error == codes.OK:
            if op == codes.GET_DATA:
                self.arm_data(request[1], listener)
            elif op in (codes.GET_CHILDREN, codes.GET_CHILDREN2):
                self.arm_child(request[1], listener)

    def set_watches(self, one: Operation, model: Model, listener: Listener) -> None:
        """The watches of an earlier connection: what fired since is told, the rest is armed. What
        lasts is only armed."""
        _, seen, data, exist, child, *lasting = one.request
        for kind, several in zip((self.persistent, self.recursive), lasting, strict=False):
            for path in several:
                kind.setdefault(path or b"/", {})[listener] = None
        znodes = model.znodes
        told: list[Told] = []
        for path in data:
            znode = znodes.get(path or b"/")
            if znode is None:
                told.append((codes.EVENT_DELETED, path))
            elif znode.mzxid > seen:
                told.append((codes.EVENT_DATA_CHANGED, path))
            else:
                self.arm_data(path, listener)
        for path in exist:
            if (path or b"/") in znodes:
                told.append((codes.EVENT_CREATED, path))
            else:
                self.arm_data(path, listener)
        for path in child:
            znode = znodes.get(path or b"/")
            if znode is None:
                told.append((codes.EVENT_DELETED, path))
            elif znode.pzxid > seen:
                told.append((codes.EVENT_CHILDREN_CHANGED, path))
            else:
                self.arm_child(path, listener)
        hidden = {
            path
            for _, path in told
            if (znode := znodes.get(path or b"/")) is not None
            and not may(znode.acl, codes.PERM_READ, listener.identities)
        }
        listener.missed[one] = [each for each in told if each[1] not in hidden]


def compare(
    listener: Listener, earliest: Sequence[float], at_rest: bool, findings: Findings
) -> None:
    """What came against what was due. `earliest[z]`: the change of zxid z was not asked before.

    `at_rest`: whoever was connected to the end heard everything. Else the last events may still
    have been on their way.
    """
    due, arrived = listener.due, listener.conversation.arrived
    came: list[Event] = []
    at = 0
    for one in arrived:
        if type(one) is not Operation:
            assert type(one) is Event
            came.append(one)
            continue
        if one.request[0] == codes.AUTH:  # its answer names no state
            continue
        first = at
        while at < len(due) and due[at][0] <= one.zxid:
            at += 1
        missed = listener.missed.get(one) if listener.missed else None
        if not came and at == first and not missed:
            continue
        if not _same(came, due[first:at], missed or [], earliest):
            _tell(listener, one, came, due[first:at], missed or [], findings)
            return
        came = []
    left = due[at:]
    whole = at_rest and not listener.conversation.ended
    if not whole:
        left = left[: len(came)]
    if not _same(came, left, [], earliest):
        _tell(listener, None, came, left, [], findings)


def _same(came: list[Event], due: list[Due], missed: list[Told], earliest: Sequence[float]) -> bool:
    if len(came) != len(due) + len(missed):
        return False
    for one, (zxid, type, path) in zip(came, due, strict=False):
        if one.type != type or one.path != path or one.at < earliest[zxid]:
            return False
    behind = came[len(due) :]
    return all((one.type, one.path) == told for one, told in zip(behind, missed, strict=True))


def _tell(
    listener: Listener,
    reply: Operation | None,
    came: list[Event],
    due: list[Due],
    missed: list[Told],
    findings: Findings,
) -> None:
    """The first thing that is wrong, in the words of the promise."""
    wanted = [(type, path) for _, type, path in due] + missed
    heard = [(one.type, one.path) for one in came]
    lacking = list((Counter(wanted) - Counter(heard)).elements())
    beyond = list((Counter(heard) - Counter(wanted)).elements())
    before: tuple[Any, ...] = () if reply is None else (reply,)
    arrived = listener.conversation.arrived
    if lacking:
        type, path = lacking[0]
        place = arrived.index(reply) if reply is not None else len(arrived)
        late = any(
            isinstance(one, Event) and (one.type, one.path) == lacking[0] for one in arrived[place:]
        )
        how = "came after a reply that knows of its change" if late else "never came"
        text = f"{codes.EVENT_NAMES[type]} {path!r} was due on member "
        findings.add(WATCH, f"{text}{listener.conversation.member} and {how}", *before)
    elif beyond:
        extra = next(one for one in came if (one.type, one.path) == beyond[0])
        findings.add(WATCH, "nothing was armed for it, or it came twice or too early", extra)
    elif heard != wanted:
        findings.add(WATCH, f"out of order: {heard} instead of {wanted}", *came[:2], *before)
    else:
        findings.add(WATCH, "heard before anybody had asked for its change", *came[:1], *before)
