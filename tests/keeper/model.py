"""What ClickHouse Keeper answers, in plain Python: a second opinion on opcodes 500 to 507.

Written from what Keeper does, not from what Hikari does; shares no line with it. A tree is a dict.
Requests and replies are those of `differential.shapes`. What Keeper leaves open, by the order of a
hash table, is open here: see `Answer`. Versions, aversions, lengths and numbers of children count
as in ZooKeeper; zxids, times and cversions are not known here: `told` has those somebody was told.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

OK, RUNTIME_INCONSISTENCY, BAD_ARGUMENTS = 0, -2, -8
NO_NODE, NO_AUTH, BAD_VERSION = -101, -102, -103
NO_CHILDREN_FOR_EPHEMERALS, NODE_EXISTS, NOT_EMPTY, INVALID_ACL = -108, -110, -111, -114
READ, WRITE, CREATE, DELETE, ADMIN = 1, 2, 4, 8, 16
CREATED, DELETED, CHANGED = 1, 2, 3
ANY, PERSISTENT, EPHEMERAL = 0, 1, 2
VERSION, AVERSION, OWNER, LENGTH, CHILDREN = 4, 6, 7, 8, 9

Request = list[Any]
Event = tuple[int, str]
Who = frozenset[tuple[str, str]]


@dataclass
class Znode:
    """`owner`: the seat whose ephemeral it is."""

    data: str
    acl: list[Any]
    owner: int | None = None
    version: int = 0
    aversion: int = 0
    created: int = 0


@dataclass
class Answer:
    """Any of the errors may be told; and without one, a body that is `body`, or passes `fits`."""

    errors: tuple[int, ...] = (OK,)
    body: list[Any] = field(default_factory=list)
    fits: Callable[[list[Any]], bool] | None = None

    def allows(self, error: int, body: list[Any]) -> bool:
        """Whether Keeper could have said so."""
        if error not in self.errors:
            return False
        return bool(error) or (self.fits(body) if self.fits else body == self.body)


def _no(error: int) -> Answer:
    return Answer((error,))


def parent_of(path: str) -> str:
    """The path above."""
    return path.rpartition("/")[0] or "/"


class Keeper:
    """One tree. `events` are the groups of events that a recursive watch of all hears: those of
    one group in any order, but children before their parents."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.znodes = {root: Znode("", [[31, "world", "anyone"]])}
        self.told: dict[str, list[int]] = {}
        self.events: list[list[Event]] = []

    def answer(self, request: Request, who: Who, seat: int) -> Answer:
        """What is said, and what comes of it."""
        name, *rest = request
        if name == "multi":
            return self._multi(rest[0], who, seat)
        if name == "multiRead":
            answers = [self.answer(part, who, seat) for part in rest[0]]
            return Answer(fits=lambda body: _fits_all(rest[0], answers, body))
        return getattr(self, f"_{name}")(who, seat, *rest)  # type: ignore[no-any-return]

    # ---- looking

    def _may(self, path: str, permission: int, who: Who) -> bool:
        return any(
            permissions & permission
            and ((scheme, id) == ("world", "anyone") or (scheme, id) in who)
            for permissions, scheme, id in self.znodes[path].acl
        )

    def children(self, path: str) -> list[str]:
        """Whole paths."""
        return [one for one in self.znodes if one != "/" and parent_of(one) == path]

    def below(self, path: str) -> list[str]:
        """All below it, parents first, level by level."""
        found = self.children(path)
        for one in found:
            found += self.children(one)
        return found

    def stat(self, path: str) -> tuple[Any, ...]:
        """What is known of its Stat, see `view`."""
        znode = self.znodes[path]
        owner = None if znode.owner is None else znode.owner
        return (znode.version, znode.aversion, owner, len(znode.data), len(self.children(path)))

    # ---- what ZooKeeper has too

    def _create(
        self, who: Who, seat: int, path: str, data: str, acl: Any, flags: int, known: bool = False
    ) -> Answer:
        parent = parent_of(path)
        if parent not in self.znodes:
            return _no(NO_NODE)
        if not self._may(parent, CREATE, who):
            return _no(NO_AUTH)
        if self.znodes[parent].owner is not None:
            return _no(NO_CHILDREN_FOR_EPHEMERALS)
        if flags & 2:
            if known:
                return _no(BAD_ARGUMENTS)
            path += f"{self.znodes[parent].created:010}"
        if path in self.znodes:
            return Answer(body=[path]) if known else _no(NODE_EXISTS)
        if not all(scheme in ("world", "digest") for _, scheme, _ in acl):
            return _no(INVALID_ACL)
        self.znodes[path] = Znode(data, acl, seat if flags & 1 else None)
        self.znodes[parent].created += 1
        self.events.append([(CREATED, path)])
        return Answer(body=[path])

    def _createContainer(self, who: Who, seat: int, *asked: Any) -> Answer:
        made = self._create(who, seat, *asked)
        if made.errors == (OK,):
            path, shown = made.body[0], self.stat(made.body[0])
            made.fits = lambda body: body == [path, shown]
        return made

    def _delete(self, who: Who, seat: int, path: str, version: int) -> Answer:
        parent = parent_of(path)
        if parent not in self.znodes:
            return _no(NO_NODE)
        if not self._may(parent, DELETE, who):
            return _no(NO_AUTH)
        if path not in self.znodes:
            return _no(NO_NODE)
        if version not in (-1, self.znodes[path].version):
            return _no(BAD_VERSION)
        if self.children(path):
            return _no(NOT_EMPTY)
        del self.znodes[path]
        self.events.append([(DELETED, path)])
        return Answer()

    def _setData(self, who: Who, seat: int, path: str, data: str, version: int) -> Answer:
        if path not in self.znodes:
            return _no(NO_NODE)
        if not self._may(path, WRITE, who):
            return _no(NO_AUTH)
        znode = self.znodes[path]
        if version not in (-1, znode.version):
            return _no(BAD_VERSION)
        znode.data, znode.version = data, znode.version + 1
        self.events.append([(CHANGED, path)])
        return Answer(body=[self.stat(path)])

    def _setACL(self, who: Who, seat: int, path: str, acl: Any, version: int) -> Answer:
        if path not in self.znodes:
            return _no(NO_NODE)
        if not self._may(path, ADMIN, who):
            return _no(NO_AUTH)
        znode = self.znodes[path]
        if version not in (-1, znode.aversion):
            return _no(BAD_VERSION)
        znode.acl, znode.aversion = acl, znode.aversion + 1
        return Answer(body=[self.stat(path)])

    def _readable(self, who: Who, path: str) -> int:
        if path not in self.znodes:
            return NO_NODE
        return OK if self._may(path, READ, who) else NO_AUTH

    def _getData(self, who: Who, seat: int, path: str, watch: bool) -> Answer:
        error = self._readable(who, path)
        return _no(error) if error else Answer(body=[self.znodes[path].data, self.stat(path)])

    def _exists(self, who: Who, seat: int, path: str, watch: bool) -> Answer:
        """Here ZooKeeper 3.9 is followed: it needs READ."""
        error = self._readable(who, path)
        return _no(error) if error else Answer(body=[self.stat(path)])

    def _getChildren(self, who: Who, seat: int, path: str, watch: bool) -> Answer:
        error = self._readable(who, path)
        return _no(error) if error else Answer(body=[_names(self.children(path))])

    def _getChildren2(self, who: Who, seat: int, path: str, watch: bool) -> Answer:
        return self._filteredList(who, seat, path, watch, ANY)

    def _check(self, who: Who, seat: int, path: str, version: int) -> Answer:
        return self._checkStat(who, seat, path, version, [-1] * 11)

    # ---- what only Keeper has

    def _filteredList(self, who: Who, seat: int, path: str, watch: bool, kind: int) -> Answer:
        found = self._filteredListWithData(who, seat, path, watch, kind, False, False)
        found.body = found.body[:2]
        return found

    def _filteredListWithData(
        self,
        who: Who,
        seat: int,
        path: str,
        watch: bool,
        kind: int,
        with_stat: bool,
        with_data: bool,
    ) -> Answer:
        """What is said of a child beyond its name is a secret of who may read it."""
        error = self._readable(who, path)
        if error:
            return _no(error)
        children = sorted(self.children(path))
        if kind != ANY or with_stat or with_data:
            if not all(self._may(child, READ, who) for child in children):
                return _no(NO_AUTH)
            if kind != ANY:
                children = [
                    child
                    for child in children
                    if (self.znodes[child].owner is not None) == (kind == EPHEMERAL)
                ]
        stats = [self.stat(child) for child in children] if with_stat else []
        data = [self.znodes[child].data for child in children] if with_data else []
        return Answer(body=[_names(children), self.stat(path), stats, data])

    def _checkNotExists(self, who: Who, seat: int, path: str, version: int) -> Answer:
        if path not in self.znodes:
            return Answer()
        if not self._may(path, READ, who):
            return _no(NO_AUTH)
        same = version in (-1, self.znodes[path].version)
        return _no(NODE_EXISTS) if same else Answer()

    def _createIfNotExists(self, who: Who, seat: int, *asked: Any) -> Answer:
        return self._create(who, seat, *asked, known=True)

    def _removeRecursive(self, who: Who, seat: int, path: str, limit: int) -> Answer:
        """The limit counts the znode itself. If it is exceeded somewhere and something may not be
        deleted elsewhere, the order in which Keeper meets them decides."""
        parent = parent_of(path)
        if path == "/":
            return _no(BAD_ARGUMENTS)
        if parent not in self.znodes:
            return Answer()
        if not self._may(parent, DELETE, who):
            return _no(NO_AUTH)
        if path not in self.znodes:
            return Answer()
        doomed = [path, *self.below(path)]
        errors = (NOT_EMPTY,) if len(doomed) > limit else ()
        if not all(self._may(one, DELETE, who) for one in doomed):
            errors += (NO_AUTH,)
        if errors:
            return Answer(errors)
        for one in doomed:
            del self.znodes[one]
        self.events.append([(DELETED, one) for one in doomed])
        return Answer()

    def _checkStat(self, who: Who, seat: int, path: str, version: int, stat: list[int]) -> Answer:
        if path not in self.znodes:
            return _no(NO_NODE)
        if not self._may(path, READ, who):
            return _no(NO_AUTH)
        known = self.stat(path)
        is_ = list(self.told.get(path, [-1] * 11))
        is_[VERSION], is_[AVERSION], is_[LENGTH], is_[CHILDREN] = (known[n] for n in (0, 1, 3, 4))
        same = all(want in (-1, found) for want, found in zip(stat, is_, strict=True))
        return Answer() if same and version in (-1, is_[VERSION]) else _no(BAD_VERSION)

    def _tryRemove(self, who: Who, seat: int, path: str, version: int) -> Answer:
        tried = self._delete(who, seat, path, version)
        return _no(NO_AUTH) if tried.errors == (NO_AUTH,) else Answer()

    def _listRecursive(self, who: Who, seat: int, path: str, limit: int) -> Answer:
        """What may not be read is left out with all below it. Level by level; who is behind the
        limit on its level is open."""
        error = self._readable(who, path)
        if error:
            return _no(error)
        levels = [[path]]
        while levels[-1]:
            levels.append(
                [
                    child
                    for above in levels[-1]
                    for child in self.children(above)
                    if self._may(child, READ, who)
                ]
            )
        return Answer(fits=lambda body: _fits_levels(levels[1:], limit, body[0]))

    # ---- many in one

    def _multi(self, parts: list[Request], who: Who, seat: int) -> Answer:
        before = copy.deepcopy(self.znodes), list(self.events)
        answers: list[Answer] = []
        for at, part in enumerate(parts):
            answers.append(self.answer(part, who, seat))
            if answers[-1].errors != (OK,):
                self.znodes, self.events = before
                return Answer(fits=lambda body, at=at: _fits_failed(at, parts, answers[at], body))
        return Answer(fits=lambda body: _fits_all(parts, answers, body))


def _names(paths: list[str]) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in paths)


END = ["end", -1, -1]
TOLD_AS = {"createContainer": "create2"}
"""What a result in a multi is called, as in ZooKeeper."""


def _fits_all(parts: list[Request], answers: list[Answer], body: list[Any]) -> bool:
    """Each result is of its request. Of a read that failed there are two ways to say it."""
    if len(body) != len(parts) + 1 or body[-1] != END:
        return False
    for part, answer, (op, error, *result) in zip(parts, answers, body, strict=False):
        named = op == TOLD_AS.get(part[0], part[0]) or (op == -1 and error and result == [error])
        if not named or not answer.allows(error, result):
            return False
    return True


def _fits_failed(at: int, parts: list[Request], failed: Answer, body: list[Any]) -> bool:
    """Nothing was done: the others are told so."""
    if len(body) != len(parts) + 1 or body[-1] != END:
        return False
    told = [one[1] for one in body[:-1]]
    if any(one[0] != -1 or one[2:] != [one[1]] for one in body[:-1]):
        return False
    behind = len(parts) - at - 1
    return (
        told[:at] == [OK] * at
        and told[at] in failed.errors
        and told[at + 1 :] == [RUNTIME_INCONSISTENCY] * behind
    )


def _fits_levels(levels: list[list[str]], limit: int, listed: list[str]) -> bool:
    left = list(listed)
    room = limit
    for level in levels:
        count = min(len(level), room)
        some, left = left[:count], left[count:]
        if len(set(some)) != count or not set(some) <= set(level):
            return False
        room -= count
    return not left
